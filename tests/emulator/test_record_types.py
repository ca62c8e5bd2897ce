"""Record types: what they offer, who is refused because of them, and how they are deployed, retrieved and described."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from metadata_packages import (
    changed,
    deploy,
    destructive,
    fetched,
    field,
    field_package,
    file,
    flow_package,
    package,
    problems,
    squeeze,
)

from provisioner.emulator.salesforce.automation.refusals import SaveRefused
from provisioner.emulator.salesforce.control.planting import change_by_hand, change_settings, plant_document
from provisioner.emulator.salesforce.state.org import Org

if TYPE_CHECKING:
    from conftest import Emulator

MASTER = "012000000000000AAA"


def picklist(name: str, *values: str, restricted: bool = True, default: str = "") -> str:
    listed = "".join(
        f"<value><fullName>{one}</fullName><default>{str(one == default).lower()}</default></value>" for one in values
    )
    inner = f"<valueSetDefinition><sorted>false</sorted>{listed}</valueSetDefinition>"
    return field(name, "Picklist", f"<valueSet><restricted>{str(restricted).lower()}</restricted>{inner}</valueSet>")


def fields(*given: str, sobject: str = "Lead", names: tuple[str, ...] = ("Level__c",)) -> bytes:
    body = file("CustomObject", "".join(given))
    return package({"CustomField": [f"{sobject}.{name}" for name in names]}, {f"objects/{sobject}.object": body})


def record_type(
    name: str, values: dict[str, list[str]] | None = None, process: str = "Inbound", extra: str = ""
) -> str:
    chosen = "".join(
        f"<picklistValues><picklist>{one}</picklist>"
        + "".join(f"<values><fullName>{value}</fullName><default>false</default></values>" for value in listed)
        + "</picklistValues>"
        for one, listed in (values or {}).items()
    )
    named = f"<businessProcess>{process}</businessProcess>" if process else ""
    head = f"<fullName>{name}</fullName><active>true</active>{named}{extra}<label>{name}</label>"
    return f"<recordTypes>{head}{chosen}</recordTypes>"


def type_package(body: str, name: str = "Lead.Inbound") -> bytes:
    owner = name.partition(".")[0]
    return package({"RecordType": [name]}, {f"objects/{owner}.object": file("CustomObject", body)})


@pytest.fixture
def org(org_in_process: Org) -> Org:
    """Level__c is there before the record type, New__c comes after it."""
    org = org_in_process
    assert deploy(org, fields(picklist("Level__c", "Low", "High", "Top"))).success
    given = {"sobject": "Lead", "name": "Inbound", "label": "Inbound leads", "offers": {"Level__c": ["Low", "High"]}}
    plant_document(org, {"record_types": [given]})
    both = picklist("New__c", "A", "B", default="A") + picklist("Free__c", "A", "B", restricted=False)
    assert deploy(org, fields(both, names=("New__c", "Free__c"))).success
    return org


def inbound(org: Org) -> str:
    (row,) = org.rows.select("RecordType")
    return str(row["Id"])


def saved(org: Org, op: Any = "insert", **values: Any) -> list[tuple[str, str, list[str]]]:
    """The errors of one save by the administrator."""
    row = ({"LastName": "A", "Company": "B"} if op == "insert" else {}) | values
    (result,) = org.automation.save(op, "Lead", [row], user_id=org.admin_id)
    return [(one.code, one.message, list(one.fields)) for one in result.errors]


def bad(value: str, name: str) -> tuple[str, str, list[str]]:
    text = f"A label: bad value for restricted picklist field: {value}"
    return ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, [name])


def test_a_restricted_picklist_takes_what_the_type_of_the_record_offers(org: Org) -> None:
    assert saved(org, RecordTypeId=inbound(org), Level__c="high") == []
    assert saved(org, RecordTypeId=inbound(org), Level__c="Top") == [bad("Top", "Level__c")]
    assert saved(org, Level__c="Top") == []
    assert saved(org, Level__c="Nonsense") == [bad("Nonsense", "Level__c")]
    assert saved(org, RecordTypeId=inbound(org), Level__c="Nonsense") == [bad("Nonsense", "Level__c")]
    assert saved(org, RecordTypeId=MASTER, Level__c="Top") == []
    assert [row["RecordTypeId"] for row in org.rows.select("Lead")] == [inbound(org), None, None]


def test_a_field_that_is_new_is_not_offered_by_the_types_that_were_there(org: Org) -> None:
    assert saved(org, RecordTypeId=inbound(org), New__c="B", Free__c="B") == [bad("B", "New__c")]
    assert saved(org, RecordTypeId=inbound(org), Free__c="B") == []
    assert [row["New__c"] for row in org.rows.select("Lead")] == [None]  # its default is not the type's
    assert saved(org) == []
    assert [row["New__c"] for row in org.rows.select("Lead")] == [None, "A"]


def test_a_value_that_is_new_in_a_field_is_not_offered_either_unless_the_org_does_so(org: Org) -> None:
    more = picklist("Level__c", "Low", "High", "Top", "Peak")
    assert deploy(org, fields(more)).success
    assert saved(org, RecordTypeId=inbound(org), Level__c="Peak") == [bad("Peak", "Level__c")]
    change_settings(org, {"record_types_offer_new_values": True})
    assert deploy(org, fields(picklist("Level__c", "Low", "High", "Top", "Peak", "Zenith"))).success
    assert saved(org, RecordTypeId=inbound(org), Level__c="Zenith") == []
    for value in ("Peak", "Top"):  # not offered before, not new now
        assert saved(org, RecordTypeId=inbound(org), Level__c=value) == [bad(value, "Level__c")]
    assert deploy(org, fields(picklist("Later__c", "X"), names=("Later__c",))).success
    assert saved(org, RecordTypeId=inbound(org), Later__c="X") == []


def test_a_flow_that_writes_such_a_value_refuses_the_save(org: Org) -> None:
    assert deploy(org, flow_package("B", field="New__c")).success
    assert saved(org, RecordTypeId=inbound(org)) == [bad("B", "New__c")]
    assert saved(org) == []


def test_a_value_stays_until_somebody_touches_it(org: Org) -> None:
    assert saved(org, Level__c="Top") == []
    lead = org.rows.select("Lead")[0]["Id"]
    assert saved(org, "update", Id=lead, RecordTypeId=inbound(org)) == []
    assert saved(org, "update", Id=lead, Title="CEO") == []
    assert saved(org, "update", Id=lead, Level__c="Low") == []
    assert saved(org, "update", Id=lead, Level__c="Top") == [bad("Top", "Level__c")]


def test_every_part_of_a_multi_select_is_looked_at(org: Org) -> None:
    multi = picklist("Many__c", "A", "B", "C").replace(
        "<type>Picklist</type>", "<visibleLines>4</visibleLines><type>MultiselectPicklist</type>"
    )
    assert deploy(org, fields(multi, names=("Many__c",))).success
    change_by_hand(org, chosen("select_values", Many__c=["A", "B"]))
    assert saved(org, RecordTypeId=inbound(org), Many__c="B;A") == []
    assert saved(org, RecordTypeId=inbound(org), Many__c="A;C") == [bad("C", "Many__c")]


def chosen(key: str, **values: list[str]) -> dict[str, Any]:
    return {"component": "RecordType", "name": "Lead.Inbound", key: values}


def test_somebody_selects_and_deselects_values_by_hand(org: Org) -> None:
    change_by_hand(org, chosen("select_values", New__c=["B"]))
    assert saved(org, RecordTypeId=inbound(org), New__c="B") == []
    assert saved(org, RecordTypeId=inbound(org), New__c="A") == [bad("A", "New__c")]
    change_by_hand(org, chosen("deselect_values", Level__c=["Low"]))
    assert saved(org, RecordTypeId=inbound(org), Level__c="Low") == [bad("Low", "Level__c")]
    assert saved(org, RecordTypeId=inbound(org), Level__c="High") == []
    with pytest.raises(ValueError, match=re.escape("RecordType Lead.Inbound does not offer 'Low' of Level__c.")):
        change_by_hand(org, chosen("deselect_values", Level__c=["Low"]))
    with pytest.raises(ValueError, match=re.escape("Lead.Inbound: Picklist value: Z in picklist: New__c not found")):
        change_by_hand(org, chosen("select_values", New__c=["Z"]))
    with pytest.raises(ValueError, match=re.escape("CustomField Lead.New__c is no record type.")):
        change_by_hand(org, chosen("select_values", New__c=["A"]) | {"component": "CustomField", "name": "Lead.New__c"})


def test_a_deployed_type_replaces_what_it_names_and_leaves_the_rest(org: Org) -> None:
    outcome = deploy(org, type_package(record_type("Inbound", {"New__c": ["A", "B"]})))
    assert changed(outcome) == [("RecordType", "Lead.Inbound")]
    assert saved(org, RecordTypeId=inbound(org), New__c="A", Level__c="High") == []
    assert saved(org, RecordTypeId=inbound(org), Level__c="Top") == [bad("Top", "Level__c")]
    assert changed(deploy(org, type_package(record_type("Inbound", {"New__c": ["A", "B"]})))) == []
    assert deploy(org, type_package(record_type("Inbound", {"New__c": ["B"]}))).success
    assert saved(org, RecordTypeId=inbound(org), New__c="A") == [bad("A", "New__c")]


def test_a_field_and_the_type_that_offers_it_go_together(org: Org) -> None:
    body = picklist("Late__c", "A") + record_type("Inbound", {"Late__c": ["A"]})
    members = {"CustomField": ["Lead.Late__c"], "RecordType": ["Lead.Inbound"]}
    assert deploy(org, package(members, {"objects/Lead.object": file("CustomObject", body)})).success
    assert saved(org, RecordTypeId=inbound(org), Late__c="A") == []


def test_what_a_retrieve_shows_depends_on_what_is_retrieved_with_it(org: Org) -> None:
    alone = fetched(org, {"RecordType": ["Lead.Inbound"]})["objects/Lead.object"]
    assert "<picklist>LeadSource</picklist>" in alone and "__c" not in alone and "Status</picklist>" not in alone
    names = {"RecordType": ["Lead.Inbound"], "CustomField": ["Lead.Level__c", "Lead.New__c"]}
    with_fields = squeeze(fetched(org, names)["objects/Lead.object"])
    assert (
        "<picklistValues><picklist>Level__c</picklist><values><fullName>High</fullName><default>false</default></values>"
        "<values><fullName>Low</fullName><default>false</default></values></picklistValues>"
    ) in with_fields
    assert "<picklist>New__c</picklist>" not in with_fields  # nothing is offered of it
    head = "<recordTypes><fullName>Inbound</fullName><active>true</active><businessProcess>Inbound</businessProcess>"
    assert head + "<label>Inbound leads</label><picklistValues>" in with_fields
    whole = fetched(org, {"CustomObject": ["Lead"]})["objects/Lead.object"]
    assert "<picklist>Level__c</picklist>" in whole and "<businessProcesses>" in whole


def test_signs_in_values_are_encoded_in_the_file_and_read_either_way(org: Org) -> None:
    assert deploy(org, fields(picklist("Odd__c", "A/B (c)", "D"), names=("Odd__c",))).success
    for given in ("A%2FB %28c%29", "A/B (c)"):
        assert deploy(org, type_package(record_type("Inbound", {"Odd__c": [given]}))).success
        assert saved(org, RecordTypeId=inbound(org), Odd__c="A/B (c)") == []
    names = {"RecordType": ["Lead.Inbound"], "CustomField": ["Lead.Odd__c"]}
    assert "<fullName>A%2FB %28c%29</fullName>" in fetched(org, names)["objects/Lead.object"]


def test_what_the_org_refuses_of_a_type(org: Org) -> None:
    missing = "In field: businessProcess - no BusinessProcess named Lead.No found"
    cases = {
        record_type("Other", process=""): "Required field is missing: businessProcess",
        record_type("Other", process="No"): missing,
        record_type("Other", {"New__c": ["Z"]}): "Picklist value: Z in picklist: New__c not found",
        record_type("Other", {"Company": ["Z"]}): "Picklist: Company not found",
        record_type("Other", {"No__c": ["Z"]}): "Picklist: No__c not found",
        record_type("Other", {"New__c": ["A", "a"]}): "duplicate value found: [a] is defined multiple times",
        record_type("Other", {"Status": ["Open - Not Contacted"]}): "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does "
        "not model Status among the picklistValues of a RecordType: its businessProcess selects it.",
        record_type("Other", extra="<compactLayoutAssignment>X</compactLayoutAssignment>"):
        "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model compactLayoutAssignment of a RecordType.",
        record_type("Other", extra=f"<description>{'x' * 256}</description>"):
        f"description: data value too large: {'x' * 256} (max length=255)",
    }  # fmt: skip
    for body, text in cases.items():
        outcome = deploy(org, type_package(body, "Lead.Other"))
        assert problems(outcome) == [("RecordType", "Lead.Other", text)]
    ill = type_package(record_type("9x"), "Lead.9x")
    assert problems(deploy(org, ill)) == [("RecordType", "Lead.9x", "The record type name 9x is not a valid API name.")]
    text = "businessProcess is not allowed for a record type of Account"
    outcome = deploy(org, type_package(record_type("Other"), "Account.Other"))
    assert problems(outcome) == [("RecordType", "Account.Other", text)]
    assert [row["DeveloperName"] for row in org.rows.select("RecordType")] == ["Inbound"]


def test_a_process_says_which_statuses_a_type_offers(org: Org) -> None:
    lead = org.schema.sobject("Lead")
    process = (
        "<businessProcesses><fullName>Inbound</fullName><isActive>true</isActive><values><fullName>Working - Contacted"
        "</fullName><default>true</default></values></businessProcesses>"
    )
    data = package({"BusinessProcess": ["Lead.Inbound"]}, {"objects/Lead.object": file("CustomObject", process)})
    assert deploy(org, data).success
    shown = org.record_types.offered(inbound(org), lead.field("Status"))
    assert [(one.value, one.default) for one in shown] == [("Working - Contacted", True)]
    assert saved(org, RecordTypeId=inbound(org)) == []
    assert org.rows.select("Lead")[0]["Status"] == "Working - Contacted"
    assert saved(org, RecordTypeId=inbound(org), Status="Anything") == []  # not a restricted picklist
    gone = destructive({"BusinessProcess": ["Lead.Inbound"]})
    text = "This business process is referenced elsewhere in salesforce.com. : RecordType Lead.Inbound"
    assert problems(deploy(org, gone)) == [("BusinessProcess", "Lead.Inbound", text)]
    empty = process.replace("<values><fullName>Working - Contacted</fullName><default>true</default></values>", "")
    data = package({"BusinessProcess": ["Lead.Inbound"]}, {"objects/Lead.object": file("CustomObject", empty)})
    assert problems(deploy(org, data)) == [("BusinessProcess", "Lead.Inbound", "Required field is missing: values")]


def test_a_process_without_a_default_leaves_the_default_of_the_field(org: Org) -> None:
    process = (
        "<businessProcesses><fullName>Inbound</fullName><isActive>true</isActive><values><fullName>Working - Contacted"
        "</fullName><default>false</default></values></businessProcesses>"
    )
    data = package({"BusinessProcess": ["Lead.Inbound"]}, {"objects/Lead.object": file("CustomObject", process)})
    assert deploy(org, data).success
    assert saved(org, RecordTypeId=inbound(org)) == []
    assert org.rows.select("Lead")[0]["Status"] == "Open - Not Contacted"


def test_a_value_that_is_active_again_is_new(org: Org) -> None:
    change_settings(org, {"record_types_offer_new_values": True})
    assert deploy(org, fields(picklist("Level__c", "Low", "High"))).success
    assert deploy(org, fields(picklist("Level__c", "Low", "High", "Top"))).success
    assert saved(org, RecordTypeId=inbound(org), Level__c="Top") == []


def test_a_new_label_is_that_of_the_row(org: Org) -> None:
    outcome = deploy(org, type_package(record_type("Inbound", extra="<description>All that came in</description>")))
    assert changed(outcome) == [("RecordType", "Lead.Inbound")]
    (row,) = org.rows.select("RecordType")
    assert (row["Name"], row["Description"], row["IsActive"]) == ("Inbound", "All that came in", True)


def test_only_objects_have_types(org: Org) -> None:
    shell = file("CustomObject", "<label>Rule</label><pluralLabel>Rules</pluralLabel>")
    assert deploy(org, package({"CustomObject": ["Rule__mdt"]}, {"objects/Rule__mdt.object": shell})).success
    for name in ("No__c", "Rule__mdt"):
        outcome = deploy(org, type_package(record_type("Other", process=""), f"{name}.Other"))
        assert problems(outcome) == [("RecordType", f"{name}.Other", f"no CustomObject named {name} found")]


def test_no_type_goes_through_an_api(org: Org) -> None:
    outcome = deploy(org, destructive({"RecordType": ["Lead.Inbound"]}))
    assert problems(outcome) == [("RecordType", "Lead.Inbound", "Cannot delete record type through API")]
    (result,) = org.automation.save("delete", "RecordType", [{"Id": inbound(org)}], user_id=org.admin_id)
    assert [one.code for one in result.errors] == ["INVALID_TYPE_FOR_OPERATION"]


def test_what_is_gone_is_not_offered_when_it_comes_back(org: Org) -> None:
    assert deploy(org, destructive({"CustomField": ["Lead.Level__c"]}), purge_on_delete=True).success
    assert deploy(org, fields(picklist("Level__c", "Low", "High", "Top"))).success
    assert saved(org, RecordTypeId=inbound(org), Level__c="Low") == [bad("Low", "Level__c")]


def test_a_profile_gives_new_records_its_default_type(org: Org) -> None:
    given = {"sobject": "Lead", "name": "Outbound", "default_for": ["Standard User"]}
    people = [{"username": "rep@x.example"}]
    planted = plant_document(org, {"record_types": [given], "users": people})
    rep, outbound = planted["users"]["rep@x.example"], planted["record_types"]["Lead.Outbound"]
    rows = [{"LastName": "A", "Company": "B"}, {"LastName": "C", "Company": "D", "RecordTypeId": None}]
    assert all(one.success for one in org.automation.save("insert", "Lead", rows, user_id=rep))
    assert saved(org) == []
    assert [row["RecordTypeId"] for row in org.rows.select("Lead")] == [outbound, None, None]


def test_the_type_of_another_object_or_an_inactive_one_is_refused(org: Org) -> None:
    other = {"sobject": "Account", "name": "Partner"}
    rest = {"sobject": "Lead", "name": "Old", "active": False}
    planted = plant_document(org, {"record_types": [other, rest]})["record_types"]
    for name in ("Account.Partner", "Lead.Old"):
        text = f"Record Type ID: this ID value isn't valid for the user: {planted[name]}"
        assert saved(org, RecordTypeId=planted[name]) == [("INVALID_CROSS_REFERENCE_KEY", text, ["RecordTypeId"])]


def test_an_object_has_the_field_once_it_has_a_type(org: Org) -> None:
    assert not org.schema.sobject("Account").has("RecordTypeId")
    made = plant_document(
        org, {"record_types": [{"sobject": "Account", "name": "Partner", "offers": {"Type": ["Other"]}}]}
    )
    values = {"Name": "P", "RecordTypeId": {"record_type": "Account.Partner"}}
    plant_document(org, {"records": [{"sobject": "Account", "values": values}]})
    assert org.rows.select("Account")[0]["RecordTypeId"] == made["record_types"]["Account.Partner"]
    with pytest.raises(ValueError, match=re.escape("There is no record type Account.No.")):
        wrong = {"Name": "P", "RecordTypeId": {"record_type": "Account.No"}}
        plant_document(org, {"records": [{"sobject": "Account", "values": wrong}]})


def test_a_planted_type_that_the_org_refuses_plants_nothing(org: Org) -> None:
    with pytest.raises(ValueError, match="Picklist value: Z in picklist: Level__c not found"):
        plant_document(org, {"record_types": [{"sobject": "Lead", "name": "X", "offers": {"Level__c": ["Z"]}}]})
    assert len(org.rows.select("RecordType")) == 1


def test_a_flow_that_updates_after_the_save_is_refused_like_anybody(org: Org) -> None:
    assert saved(org, RecordTypeId=inbound(org)) == []
    lead = org.rows.select("Lead")[0]["Id"]
    with pytest.raises(SaveRefused, match="bad value for restricted picklist field: A"):
        org.automation.saver.nested("update", "Lead", {"Id": lead, "New__c": "A"}, org.admin_id)


def served(emulator: Emulator) -> str:
    token = emulator.token
    types = [{"sobject": "Lead", "name": "Inbound", "offers": {"LeadSource": ["Web", "Other"]},
              "defaults": {"LeadSource": "Web"}, "statuses": ["Open - Not Contacted", "Closed - Converted"],
              "default_for": ["System Administrator"]}]  # fmt: skip
    made = emulator.control("seed", {"record_types": types})
    assert emulator.token == token
    return str(made["record_types"]["Lead.Inbound"])


def test_describe_and_soql_know_the_types(emulator: Emulator) -> None:
    made = served(emulator)
    infos = emulator.call("GET", "sobjects/Lead/describe").json()["recordTypeInfos"]
    base = "/services/data/v66.0/sobjects/Lead/describe/layouts"
    assert infos == [
        {"active": True, "available": True, "defaultRecordTypeMapping": True, "developerName": "Inbound",
         "master": False, "name": "Inbound", "recordTypeId": made, "urls": {"layout": f"{base}/{made}"}},
        {"active": True, "available": True, "defaultRecordTypeMapping": False, "developerName": "Master",
         "master": True, "name": "Master", "recordTypeId": MASTER, "urls": {"layout": f"{base}/{MASTER}"}},
    ]  # fmt: skip
    (master,) = emulator.call("GET", "sobjects/Task/describe").json()["recordTypeInfos"]
    assert (master["master"], master["defaultRecordTypeMapping"]) == (True, True)
    assert emulator.call("GET", "sobjects/User/describe").json()["recordTypeInfos"] == []
    emulator.create("Lead", LastName="A", Company="B")
    soql = "SELECT RecordType.DeveloperName, LeadSource FROM Lead WHERE RecordTypeId != NULL"
    (lead,) = emulator.query(soql)
    assert (lead["RecordType"]["DeveloperName"], lead["LeadSource"]) == ("Inbound", "Web")
    soql = "SELECT Id, Name, IsActive FROM RecordType WHERE SobjectType = 'Lead'"
    assert emulator.query(soql) == [{"Id": made, "Name": "Inbound", "IsActive": True}]


def test_the_values_of_a_type_over_the_user_interface_api(emulator: Emulator) -> None:
    made = served(emulator)
    path = f"ui-api/object-info/Lead/picklist-values/{made}"
    web = {"attributes": None, "label": "Web", "validFor": [], "value": "Web"}
    assert emulator.call("GET", f"{path}/LeadSource").json() == {
        "controllerValues": {}, "defaultValue": web, "url": f"/services/data/v66.0/{path}/LeadSource",
        "values": [web, web | {"label": "Other", "value": "Other"}],
    }  # fmt: skip
    found = emulator.call("GET", path).json()["picklistFieldValues"]
    assert sorted(found) == ["Industry", "LeadSource", "Rating", "Salutation", "Status"]
    assert found["Status"]["values"] == [
        {"attributes": {"picklistAtrributesValueType": "LeadStatus", "converted": converted}, "label": value,
         "validFor": [], "value": value}
        for value, converted in (("Open - Not Contacted", False), ("Closed - Converted", True))
    ]  # fmt: skip
    master = emulator.call("GET", f"ui-api/object-info/Lead/picklist-values/{MASTER}/LeadSource").json()
    assert [one["value"] for one in master["values"]] == [
        "Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other",
    ]  # fmt: skip
    for wrong in (f"{path}/Company", f"{path}/No__c", path.replace(made, "012000000000999AAA"),
                  path.replace(made, "x"), path.replace("Lead", "No")):  # fmt: skip
        answer = emulator.call("GET", wrong)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_field_nobody_showed_is_in_no_list(emulator: Emulator) -> None:
    made = served(emulator)
    emulator.control("by_hand", {"component": "RecordType", "name": "Lead.Inbound", "set": {"label": "Came in"}})
    assert emulator.query("SELECT Name FROM RecordType") == [{"Name": "Came in"}]
    answer = emulator.call("GET", f"ui-api/object-info/Lead/picklist-values/{made}/Hidden__c")
    assert answer.status_code == 404


def test_a_custom_object_takes_its_types_along(org_in_process: Org) -> None:
    org = org_in_process
    thing = (
        "<deploymentStatus>Deployed</deploymentStatus>" + picklist("Kind__c", "A", "B") + "<label>Thing</label>"
        "<nameField><label>Name</label><type>Text</type></nameField><pluralLabel>Things</pluralLabel>"
        + record_type("Small", {"Kind__c": ["A"]}, process="") + "<sharingModel>ReadWrite</sharingModel>"
    )  # fmt: skip
    data = package({"CustomObject": ["Thing__c"]}, {"objects/Thing__c.object": file("CustomObject", thing)})
    assert deploy(org, data).success
    made = inbound(org)
    results = [
        org.automation.save("insert", "Thing__c", [{"Name": "x", "RecordTypeId": made, "Kind__c": kind}],
                            user_id=org.admin_id)[0].success
        for kind in ("A", "B")
    ]  # fmt: skip
    assert results == [True, False]
    shown = squeeze(fetched(org, {"CustomObject": ["Thing__c"]})["objects/Thing__c.object"])
    assert "<recordTypes><fullName>Small</fullName><active>true</active><label>Small</label>" in shown
    assert deploy(org, destructive({"CustomObject": ["Thing__c"]})).success
    assert org.rows.select("RecordType") == []


def test_the_type_of_the_page(org_in_process: Org) -> None:
    page = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text("utf-8")
    org = org_in_process
    plant_document(org, json.loads(page.partition("<!-- record types -->\n```json\n")[2].partition("\n```")[0]))
    assert saved(org) == []
    (lead,) = org.rows.select("Lead")
    assert (lead["RecordTypeId"], lead["LeadSource"], lead["Status"]) == (inbound(org), "Web", "Open - Not Contacted")
    shown = org.record_types.offered(inbound(org), org.schema.sobject("Lead").field("Status"))
    assert [one.value for one in shown] == ["Open - Not Contacted", "Closed - Converted"]


def test_other_fields_are_none_of_its_business(org: Org) -> None:
    assert deploy(org, field_package("Note__c", "Text", "<length>20</length>")).success
    assert saved(org, RecordTypeId=inbound(org), Note__c="A") == []

"""What a design may ask for beyond the clock: rendered where it asks, absent where it does not."""

from __future__ import annotations

from typing import Any

import contract
import pytest
from strategies.designs import compiled
from test_sf_render import example, files, snapshot

from provisioner.model.design import Design
from provisioner.planning.plan import Cause, Change, Risk
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.compare import compare
from provisioner.targets.salesforce.limits import RULES
from provisioner.targets.salesforce.meanings import meanings
from provisioner.targets.salesforce.package import artifacts
from provisioner.targets.salesforce.parse import parse_package
from provisioner.targets.salesforce.references import references
from provisioner.targets.salesforce.theirs import with_theirs
from provisioner.targets.salesforce.weight import weigh

SURGE = {"surge": {"when": "daily volume > 2x 30-day average", "factor": 1.5}}
SWITCH = Address("CustomMetadata", "STL_Switch.Surge")


def rich(**more: Any) -> Design:
    document = example() | SURGE | more
    document["lead_types"][0]["follow_up"] = {"touches": 6, "within": "2bd"}
    return compiled(document)


@pytest.fixture(scope="module", params=[contract.OLDER, contract.CURRENT], ids=["63", "66"])
def schema(request: pytest.FixtureRequest) -> Any:
    if not request.param.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    return contract.schema(request.param)


def test_all_of_it_is_valid_metadata(schema: Any) -> None:
    assert contract.problems(schema, files(rich())) == []


def test_surge_and_follow_up_bring_these_things_and_no_others() -> None:
    before, after = snapshot(compiled(example())).resources, snapshot(rich()).resources
    assert {str(address) for address in after.keys() - before.keys()} == {
        "CustomField:Activity.STL_Touch_Cycle__c",
        "CustomField:Lead.STL_Follow_Up_Completed_At__c", "CustomField:Lead.STL_Follow_Up_Due_At__c",
        "CustomField:Lead.STL_Follow_Up_Status__c", "CustomField:Lead.STL_Follow_Up_Touches__c",
        "CustomField:Lead.STL_Surge_Factor__c", "CustomField:Lead.STL_Touch_Count__c",
        "CustomField:STL_Lead_Type__mdt.Follow_Up_Minutes__c", "CustomField:STL_Lead_Type__mdt.Follow_Up_Touches__c",
        "CustomField:STL_Settings__mdt.Surge_Factor__c", "CustomField:STL_Switch__mdt.Active__c",
        "CustomMetadata:STL_Switch.Surge", "CustomObject:STL_Switch__mdt",
    }  # fmt: skip
    assert before.keys() - after.keys() == set()


def cells(design: Design, record: str) -> dict[str, Any]:
    found = snapshot(design).resources[Address("CustomMetadata", record)].attributes["values"]
    return {row["field"]: row["value"] for row in found}


def test_the_records_hold_what_was_promised() -> None:
    """The first lead type promises within two business days of its calendar; the others ask for nothing."""
    design = rich()
    day = int(cells(design, "STL_Lead_Type.emea_demo")["Business_Day_Minutes__c"])
    assert cells(design, "STL_Lead_Type.emea_demo")["Follow_Up_Minutes__c"] == str(2 * day)
    assert cells(design, "STL_Lead_Type.emea_demo")["Follow_Up_Touches__c"] == "6"
    assert cells(design, "STL_Lead_Type.content_mql")["Follow_Up_Minutes__c"] is None
    assert cells(design, "STL_Settings.Default")["Surge_Factor__c"] == "1.5"
    assert cells(design, "STL_Switch.Surge") == {"Active__c": "false"}


def switch(active: str, label: str = "Surge") -> Resource:
    row = {"field": "Active__c", "type": "boolean", "value": active}
    return Resource(SWITCH, {"label": label, "protected": "false", "values": [row]})


def test_whether_the_switch_is_on_is_theirs() -> None:
    ours, live = switch("false"), switch("true")
    assert compare(ours, live).attributes == ours.attributes
    assert compare(ours, switch("true", "Rush")).attributes == switch("false", "Rush").attributes
    assert with_theirs(ours, switch("true", "Rush")) == switch("true", "Surge")


def test_other_records_of_that_field_are_ours() -> None:
    def other(active: str) -> Resource:
        return Resource(Address("CustomMetadata", "STL_Settings.Default"), switch(active).attributes)

    assert compare(other("false"), other("true")).attributes == other("true").attributes
    assert with_theirs(other("false"), other("true")) == other("false")


# ------------------------------------------------------- stages and what hangs on them

STAGES = {
    "field": "Status",
    "values": {
        "mql": "Marketing Qualified",
        "sql": "Sales Qualified",
        "recycled": "Recycled",
        "disqualified": "No {fit} & co",
    },
    "history": True,
}
REASONS = ["No budget", "No authority", "No need", "Bad timing", "Competitor & co"]


def staged(**more: Any) -> Design:
    """Everything at once."""
    document = (
        example() | SURGE | {"recycling": {"limit": 2, "reasons": REASONS}, "breach": {"reasons": REASONS}} | more
    )
    document["telemetry"] |= {"stages": STAGES, "conversion": {"to": ["contact", "opportunity"]}}
    document["lead_types"][0]["follow_up"] = {"touches": 6, "within": "2bd"}
    document["lead_types"][0]["after_hours"] = {"clock": "calendar", "sla": "1h", "notify": ["rep"]}
    return compiled(document)


def test_stages_and_conversion_are_valid_metadata(schema: Any) -> None:
    assert contract.problems(schema, files(staged())) == []


def test_what_a_package_says_is_what_was_rendered() -> None:
    wanted = {item.address: item for item in snapshot(staged()) if not item.address.is_by_hand}
    assert parse_package(files(staged())).resources == wanted


def test_stages_bring_these_things_and_no_others() -> None:
    before = snapshot(compiled(example())).resources
    document = example() | {"recycling": {"limit": 2, "reasons": REASONS}, "breach": {"reasons": REASONS}}
    document["telemetry"]["stages"] = STAGES
    after = snapshot(compiled(document)).resources
    new = after.keys() - before.keys()
    assert {address.name for address in new if address.is_by_hand} == {
        "convert_settings", "page_layouts", "record_types",
    }  # fmt: skip
    lead = {address.name.removeprefix("Lead.STL_") for address in new if not address.is_by_hand}
    assert {name for name in lead if not name.startswith("STL_")} == {
        "Breach_Reason__c", "Rejection_Reason__c", "Rejection_Reason_Needed", "Recycle_Limit", "Recycle_Count__c",
        "Stage_Entered_At__c", "Mql_At__c", "Sql_At__c", "Recycled_At__c", "Disqualified_At__c",
        "Mql_To_Sql_Minutes__c", "Sql_To_Recycled_Minutes__c", "Recycled_To_Disqualified_Minutes__c",
    }  # fmt: skip
    others = {str(address) for address in after.keys() - before.keys() if address.name.startswith("STL_")}
    assert others == {
        "CustomObject:STL_Stage_History__c", "Flow:STL_Lead_Stage_History", "Flow:STL_Lead_Converted",
        *(f"CustomField:STL_Stage_History__c.{word}__c" for word in
          ("Lead", "Contact", "Opportunity", "From", "To", "Entered_At", "Duration_Minutes", "Cycle")),
    }  # fmt: skip


def test_without_history_there_is_no_object_and_no_flow_for_it() -> None:
    document = example()
    document["telemetry"]["stages"] = STAGES | {"history": False}
    names = {str(address) for address in snapshot(compiled(document)).resources}
    assert not {name for name in names if "Stage_History" in name or "Converted" in name}


def test_people_may_edit_the_reasons_and_nothing_else() -> None:
    granted = snapshot(staged()).resources[Address("PermissionSet", "STL_Speed_To_Lead")].attributes
    editable = {row["field"] for row in granted["fieldPermissions"] if row["editable"] == "true"}
    assert editable == {"Lead.STL_Breach_Reason__c", "Lead.STL_Rejection_Reason__c"}


def test_every_field_is_granted() -> None:
    """But those of metadata types, which have no field permissions; fields of activities count for tasks and events."""
    wanted = snapshot(staged()).resources
    granted = {
        row["field"] for row in wanted[Address("PermissionSet", "STL_Speed_To_Lead")].attributes["fieldPermissions"]
    }
    fields = {address.name for address in wanted if address.kind == "CustomField" and "__mdt." not in address.name}
    both = {name.replace("Activity", object) for name in fields for object in ("Task", "Event")}
    assert granted == {name for name in both if not name.startswith("Activity")}


def test_what_a_conversion_copies_exists_at_both_ends() -> None:
    wanted = snapshot(staged()).resources
    mapped = [item.attributes for address, item in wanted.items() if address.kind == "LeadConvertMapping"]
    assert {row["outputObject"] for row in mapped} == {"Contact", "Opportunity"}
    for row in mapped:
        source = wanted[Address("CustomField", f"Lead.{row['inputField']}")].attributes
        end = wanted[Address("CustomField", f"{row['outputObject']}.{row['outputField']}")].attributes
        assert not source.get("formula"), "formulas are computed anew"
        assert end["type"] == ("Text" if source["type"] == "Picklist" else source["type"])
        assert float(end.get("precision", 0)) >= float(source.get("precision", 0))
    calculated = {address.name for address, item in wanted.items() if item.attributes.get("formula")}
    assert {name for name in calculated if name.startswith("Contact.")} == {
        f"Contact.STL_{word}__c"
        for word in (
            "Systems_Delay_Minutes",
            "Human_Delay_Minutes",
            "Speed_To_Lead_Minutes",
            "Miss_Minutes",
            "SLA_Result",
        )
    }


def test_only_what_people_fill_in_takes_nothing_but_its_list() -> None:
    """A restricted picklist refuses a value that the lead's record type does not offer. Written by automation before
    the save, that would refuse the save of whoever works with the lead."""
    lists = {
        address.name: item.attributes["valueSet"]["restricted"]
        for address, item in snapshot(staged()).resources.items()
        if address.kind == "CustomField" and item.attributes["type"] == "Picklist"
    }
    assert lists == {
        "Lead.STL_First_Touch_Type__c": "false",
        "Lead.STL_Lead_Type__c": "false",
        "Lead.STL_SLA_Status__c": "false",
        "Lead.STL_Rejection_Reason__c": "true",
        "Lead.STL_Breach_Reason__c": "true",
    }


def test_an_org_where_automation_wrote_restricted_lists_is_told_what_changes() -> None:
    wanted = snapshot(staged()).resources[Address("CustomField", "Lead.STL_SLA_Status__c")]
    old = Resource(wanted.address, {**wanted.attributes, "valueSet": {**wanted.attributes["valueSet"]}})
    old.attributes["valueSet"]["restricted"] = "true"
    assert compare(wanted, old) == old
    change = Change(old, wanted, Cause.DESIGN)
    assert weigh(change) is Risk.BEHAVIOUR
    assert [(said.text, said.lead_types) for said in meanings(change, staged())] == [
        ("SLA Status takes every value, whatever the lead's record type offers: no save is refused for one", ())
    ]


def test_the_stage_that_a_conversion_brings_is_not_copied() -> None:
    """Its moment is never known: a converted lead is not stamped any more (docs/semantics.md, rule 1)."""
    design = staged()
    document = example()
    values = {**STAGES["values"], "converted": "Closed - Converted"}
    document["telemetry"] |= {"stages": STAGES | {"values": values}, "conversion": {"to": ["opportunity"]}}
    wanted = snapshot(compiled(document)).resources
    copied = {address.name for address in wanted if address.kind in ("LeadConvertMapping", "CustomField")}
    assert {name for name in copied if "Converted_At" in name} == {"Lead.STL_Converted_At__c"}
    assert "Opportunity.STL_Mql_At__c" in copied
    assert [(item.code, item.severity, item.pointer) for item in RULES.run(compiled(document), lambda at: None)] == [
        ("S219", "info", "/telemetry/stages/history"),
        ("S219", "info", "/telemetry/stages/values/converted"),
    ]
    assert [item.pointer for item in RULES.run(design, lambda at: None) if item.code == "S219"] == [
        "/telemetry/stages/history"
    ]


def test_a_mapping_of_the_conversion_is_a_thing_of_its_own() -> None:
    """The file says all mappings of the org: those of others are neither read as ours nor lost on the way."""
    theirs = Resource(
        Address("LeadConvertMapping", "Account.Region__c"),
        {"inputField": "Region__c", "inputObject": "Lead", "outputField": "Region__c", "outputObject": "Account"},
    )
    also = Resource(Address("LeadConvertSettings", "LeadConvertSettings"), {"allowOwnerChange": "true"})
    ours = [item for address, item in snapshot(staged()).resources.items() if address.kind == "LeadConvertMapping"]
    written = {item.path: item.content for item in artifacts([*ours, theirs, also])}
    assert parse_package(written).resources == {item.address: item for item in [*ours, theirs, also]}
    assert b"<members>LeadConvertSettings</members>" in written["package.xml"]


def edited(**values: str) -> dict[str, Any]:
    document = example()
    document["telemetry"]["stages"] = {"field": "Status", "values": values}
    return document


@pytest.mark.parametrize(
    ("values", "code", "pointer", "detail"),
    [
        (
            {"engaged": "Open", "b": "B"},
            "S217",
            "/telemetry/stages/values/engaged",
            "The stage 'engaged' needs a field STL_Engaged_At, which is there already.",
        ),
        (
            {"step_2": "Open"},
            "S217",
            "/telemetry/stages/values/step_2",
            "The stage 'step_2' needs a field STL_Step_2_At, which is there already.",
        ),
        (
            {"marketing_qualified": "A", "sales_qualified": "B"},
            "S217",
            "/telemetry/stages/values/sales_qualified",
            "The stage 'sales_qualified' needs a field STL_Marketing_Qualified_To_Sales_Qualified_Minutes "
            "(50 characters).",
        ),
    ],
)
def test_stages_that_are_not_possible(values: dict[str, str], code: str, pointer: str, detail: str) -> None:
    found = [item for item in RULES.run(compiled(edited(**values)), lambda at: None) if item.severity == "error"]
    assert [(item.code, item.pointer, item.detail) for item in found] == [(code, pointer, detail)]


def test_the_stage_field_is_looked_up_with_its_values() -> None:
    found = [item for item in references(staged()) if item.pointer == "/telemetry/stages/values"]
    assert [(item.name, item.use, item.named, item.values) for item in found] == [
        ("Status", "equal", "/telemetry/stages/field", tuple(STAGES["values"].values()))
    ]


def test_what_comes_to_be_refused_and_copied_is_told_in_words() -> None:
    def told(address: Address) -> list[str]:
        change = Change(None, snapshot(staged()).resources[address], Cause.DESIGN)
        return [meaning.text for meaning in meanings(change, staged())]

    assert told(Address("ValidationRule", "Lead.STL_Recycle_Limit")) == [
        "Validation rule Lead.STL_Recycle_Limit is added: leads cannot come back more often than the limit"
    ]
    assert told(Address("LeadConvertMapping", "Contact.STL_SLA_Status__c")) == [
        "When a lead is converted, STL_SLA_Status__c is copied to STL_SLA_Status__c of the contact"
    ]
    assert told(SWITCH) == ["The surge switch is added, switched off; the people of this org turn it"]


@pytest.mark.parametrize(
    ("edit", "text", "effect"),
    [
        (
            {"active": "false"},
            "Validation rule Lead.STL_Rejection_Reason_Needed is switched off: leads can be sent back without a "
            "rejection reason",
            "Leads can be sent back without a rejection reason",
        ),
        (
            {"errorConditionFormula": "FALSE"},
            "Validation rule Lead.STL_Rejection_Reason_Needed refuses other saves than before",
            "Other saves are refused than the design says",
        ),
        (
            {"errorMessage": "No."},
            "What people are told by Lead.STL_Rejection_Reason_Needed: Choose a rejection reason before you send this "
            "lead back. -> No.",
            "",
        ),
    ],
)
def test_a_validation_rule_judges_no_lead(edit: dict[str, str], text: str, effect: str) -> None:
    wanted = snapshot(staged()).resources[Address("ValidationRule", "Lead.STL_Rejection_Reason_Needed")]
    by_hand = Resource(wanted.address, {**wanted.attributes, **edit})
    (said,) = meanings(Change(wanted, by_hand, Cause.HAND), staged())
    assert (said.text, said.lead_types, said.effect) == (text, (), effect)


# ------------------------------------------------------- small changes, small plans


def changed(before: Design, after: Design) -> set[str]:
    one, two = snapshot(before).resources, snapshot(after).resources
    return {str(address) for address in one.keys() | two.keys() if one.get(address) != two.get(address)}


def test_another_surge_factor_is_one_record() -> None:
    assert changed(staged(), staged(surge={"factor": 3})) == {"CustomMetadata:STL_Settings.Default"}


def test_another_number_of_touches_is_one_record() -> None:
    document = example()
    document["lead_types"][0]["follow_up"] = {"touches": 6, "within": "2bd"}
    one = compiled(document)
    document["lead_types"][0]["follow_up"] = {"touches": 8, "within": "3bd"}
    assert changed(one, compiled(document)) == {"CustomMetadata:STL_Lead_Type.emea_demo"}


def test_another_reason_is_one_field() -> None:
    more = {"recycling": {"limit": 2, "reasons": [*REASONS, "Student"]}}
    # Every record type has to offer it, so that step is another one as well.
    assert changed(staged(), staged(**more)) == {"CustomField:Lead.STL_Rejection_Reason__c", "ManualStep:record_types"}


def test_another_limit_is_one_rule() -> None:
    more = {"recycling": {"limit": 3, "reasons": REASONS}}
    assert changed(staged(), staged(**more)) == {"ValidationRule:Lead.STL_Recycle_Limit"}


def test_a_reason_that_is_there_twice_is_found() -> None:
    design = staged(breach={"reasons": [*REASONS, "no BUDGET"]})
    found = [item for item in RULES.run(design, lambda at: None) if item.code == "S218"]
    assert [(item.pointer, item.detail) for item in found] == [
        ("/breach/reasons/5", "The reason 'no BUDGET' is there twice.")
    ]

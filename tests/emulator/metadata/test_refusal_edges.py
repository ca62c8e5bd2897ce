"""What a refusal hangs on: the same component with and without the one fact that makes the server refuse it."""

from __future__ import annotations

import pytest
from metadata_packages import deploy, destructive, field, field_package, file, flow_package, lead, package, problems
from test_metadata_mistakes import CMDT, GOOD, XS, grants, record

from provisioner.emulator.salesforce.state.org import Org

LINK = "<relationshipName>Rs</relationshipName>"
THING = (
    "<deploymentStatus>Deployed</deploymentStatus>{fields}<label>{label}</label>"
    "<nameField><label>{name}</label><type>Text</type></nameField><pluralLabel>{label}s</pluralLabel>"
    "<sharingModel>{sharing}</sharingModel>"
)


def thing(fields: str = "", sharing: str = "ReadWrite", label: str = "Thing", name: str = "Name") -> bytes:
    body = file("CustomObject", THING.format(fields=fields, sharing=sharing, label=label, name=name))
    return package({"CustomObject": ["Thing__c"]}, {"objects/Thing__c.object": body})


def grant(name: str, *, edit: bool, read: bool) -> str:
    facts = f"<editable>{str(edit).lower()}</editable><field>{name}</field><readable>{str(read).lower()}</readable>"
    return f"<fieldPermissions>{facts}</fieldPermissions>"


@pytest.mark.parametrize(("entry", "told"), [
    (grant("Lead.F__c", edit=False, read=True), None),
    (grant("Lead.F__c", edit=True, read=True), "Field Lead.F__c cannot be edited"),
    (grant("Lead.D__c", edit=True, read=True), None),
    (grant("Lead.D__c", edit=False, read=False), None),
    (grant("Lead.D__c", edit=True, read=False), "Field Lead.D__c cannot be editable without being readable"),
    (grant("Lead.C__c", edit=True, read=True), None),  # a checkbox is never required
    (grant("Nope__c.D__c", edit=True, read=True), "In field: field - no CustomField named Nope__c.D__c found"),
    ("<customMetadataTypeAccesses><enabled>true</enabled><name>Rule__mdt</name></customMetadataTypeAccesses>", None),
    ("<customMetadataTypeAccesses><enabled>true</enabled><name>Nope__mdt</name></customMetadataTypeAccesses>",
     "In field: customMetadataType - no CustomObject named Nope__mdt found"),
    ("<customMetadataTypeAccesses><enabled>true</enabled><name>Lead</name></customMetadataTypeAccesses>",
     "In field: customMetadataType - no CustomObject named Lead found"),
])  # fmt: skip
def test_grants(org_in_process: Org, entry: str, told: str | None) -> None:
    org = org_in_process
    body = lead(
        field("F__c", "Text", "<formula>Company</formula>"), field("D__c", "Date"),
        field("C__c", "Checkbox", "<defaultValue>false</defaultValue>"),
    )  # fmt: skip
    files: dict[str, str | bytes] = {"objects/Lead.object": body, "objects/Rule__mdt.object": CMDT}
    members = {"CustomObject": ["Rule__mdt"], "CustomField": ["Lead.F__c", "Lead.D__c", "Lead.C__c"]}
    assert problems(deploy(org, package(members, files))) == []
    assert problems(deploy(org, grants(entry))) == ([] if told is None else [("PermissionSet", "P", told)])


def note(text: str, kind: str = "xsd:string") -> str:
    return f'<values><field>Note__c</field><value xsi:type="{kind}">{text}</value></values>'


def hours(number: str) -> str:
    return f'<values><field>Hours__c</field><value xsi:type="xsd:double">{number}</value></values>'


NEEDS_TEXT = "Invalid value for field Note__c: a value of type String is required"


@pytest.mark.parametrize(("values", "told"), [
    (GOOD + note("12345"), None),
    (hours("9999"), None),
    (hours("-9999"), None),
    (hours("10000"), "A label: value outside of valid range on numeric field: 10000.0"),
    (GOOD + note("x", "xsi:string"), NEEDS_TEXT),
    (GOOD + note("x", "string"), NEEDS_TEXT),
    (GOOD + note("x") + note("y"), "duplicate value found: [Note__c] is defined multiple times"),
    (GOOD + '<values><field>DeveloperName</field><value xsi:type="xsd:string">x</value></values>',
     "no CustomField named Rule__mdt.DeveloperName found"),
])  # fmt: skip
def test_values_of_records(org_in_process: Org, values: str, told: str | None) -> None:
    files: dict[str, str | bytes] = {"objects/Rule__mdt.object": CMDT, "customMetadata/Rule.One.md": record(values)}
    outcome = deploy(org_in_process, package({"CustomObject": ["Rule__mdt"], "CustomMetadata": ["Rule.One"]}, files))
    assert problems(outcome) == ([] if told is None else [("CustomMetadata", "Rule.One", told)])


def test_a_restricted_picklist_of_a_record(org_in_process: Org) -> None:
    values = "<value><fullName>A</fullName><default>false</default></value>"
    pick = "<valueSet><restricted>{}</restricted><valueSetDefinition><sorted>false</sorted>" + values
    pick += "</valueSetDefinition></valueSet>"
    shape = "<label>R</label><pluralLabel>Rs</pluralLabel>"
    for restricted, value, told in (("true", "A", []), ("false", "B", []),
                                    ("true", "B", ["bad value for restricted picklist field: B"])):  # fmt: skip
        types = file("CustomObject", field("P__c", "Picklist", pick.format(restricted)) + shape)
        given = f'<values><field>P__c</field><value xsi:type="xsd:string">{value}</value></values>'
        one = file("CustomMetadata", f"<label>One</label><protected>false</protected>{given}", XS)
        members = {"CustomObject": ["R__mdt"], "CustomMetadata": ["R.One"]}
        files: dict[str, str | bytes] = {"objects/R__mdt.object": types, "customMetadata/R.One.md": one}
        assert [text for _, _, text in problems(deploy(org_in_process, package(members, files)))] == told


def entry(*extra: str, name: str = "Sales", active: bool = True, default: bool = False) -> str:
    flags = f"<active>{str(active).lower()}</active><default>{str(default).lower()}</default>"
    return f"<businessHours>{flags}{''.join(extra)}<name>{name}</name></businessHours>"


def monday(start: str = "", end: str = "") -> str:
    opens = f"<mondayStartTime>{start}</mondayStartTime>" if start else ""
    return (f"<mondayEndTime>{end}</mondayEndTime>" if end else "") + opens


def holiday(extra: str = "", day: str = "2026-12-25", name: str = "<name>Christmas</name>") -> str:
    dated = f"<activityDate>{day}</activityDate>" if day else ""
    rest = f"<businessHours>Default</businessHours><isRecurring>false</isRecurring>{extra}{name}"
    return f"<holidays>{dated}{rest}</holidays>"


UNMODELLED = "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model {}."


@pytest.mark.parametrize(("body", "told"), [
    (entry(monday("09:00:00.000Z", "17:00:00.000Z")), None),
    (entry(monday("09:00:00.000Z", "00:00:00.000Z")), None),  # until midnight
    (entry(monday("09:00:00.000Z")), "Monday: business hours need both a start time and an end time"),
    (entry(monday(end="17:00:00.000Z")), "Monday: business hours need both a start time and an end time"),
    (entry(monday("17:00:00.000Z", "09:00:00.000Z")), "Monday: the end time must be later than the start time"),
    (entry(monday("09:00:00.000Z", "09:00:00.000Z")), "Monday: the end time must be later than the start time"),
    (entry("<timeZoneId>Mars/Olympus</timeZoneId>"), "bad value for restricted picklist field: Mars/Olympus"),
    (entry(default=True, active=False), "The default business hours must be active"),
    (entry(default=True), None),
    (entry(default=True) + entry(default=True, name="Other"), "Only one business hours entry can be the default"),
    (entry() + entry(), "duplicate value found: [Sales] is defined multiple times"),
    (entry(name="Default"), "Default is the default business hours of the org and stays so until another entry is"),
    (entry(name="n" * 80), None),
    (entry(name="n" * 81), f"name: data value too large: {'n' * 81} (max length=80)"),
    (holiday(), None),
    (holiday(day=""), "Required field is missing: activityDate"),
    (holiday(name=""), "Required field is missing: name"),
    (holiday("<endTime>12:00:00.000Z</endTime>"), UNMODELLED.format("holidays of part of a day")),
    (holiday("<startTime>12:00:00.000Z</startTime>"), UNMODELLED.format("holidays of part of a day")),
    (holiday().replace("<isRecurring>false", "<isRecurring>true"), UNMODELLED.format("recurring holidays")),
])  # fmt: skip
def test_hours_and_holidays(org_in_process: Org, body: str, told: str | None) -> None:
    text = file("BusinessHoursSettings", body)
    outcome = deploy(
        org_in_process, package({"Settings": ["BusinessHours"]}, {"settings/BusinessHours.settings": text})
    )
    assert [text for _, _, text in problems(outcome)] == ([] if told is None else [told])


def test_a_default_that_moves_leaves_one_default(org_in_process: Org) -> None:
    org = org_in_process
    text = file("BusinessHoursSettings", entry(default=True))
    assert deploy(org, package({"Settings": ["BusinessHours"]}, {"settings/BusinessHours.settings": text})).success
    assert {row["Name"]: row["IsDefault"] for row in org.rows.select("BusinessHours")} == {
        "Default": False, "Sales": True,
    }  # fmt: skip


CHANGES = [
    ("Text", "<length>5</length>", "Text", "<formula>Company</formula>",
     "Cannot update a field to a Formula from something else"),
    ("Text", "<formula>Company</formula>", "Text", "<length>5</length>",
     "Cannot update a field from a Formula to something else"),
    ("Text", "<formula>Company</formula>", "Checkbox", "<formula>true</formula>",
     "Cannot update a field to a Checkbox from something else"),
    ("Lookup", "<referenceTo>User</referenceTo>" + LINK, "Text", "<length>18</length>",
     "Cannot update a field to a Text from something else"),
    ("Text", "<length>18</length>", "Lookup", "<referenceTo>User</referenceTo>" + LINK,
     "Cannot update a field to a Lookup from something else"),
    ("Text", "<length>5</length>", "Date", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "extra", "new_kind", "new_extra", "told"), CHANGES)
def test_changes_of_type(
    org_in_process: Org, kind: str, extra: str, new_kind: str, new_extra: str, told: str | None
) -> None:
    org = org_in_process
    assert problems(deploy(org, field_package("T__c", kind, extra))) == []
    outcome = deploy(org, field_package("T__c", new_kind, new_extra))
    assert problems(outcome) == ([] if told is None else [("CustomField", "Lead.T__c", told)])


def test_a_type_changes_only_while_the_field_is_empty(org_in_process: Org) -> None:
    org = org_in_process
    assert problems(deploy(org, field_package("T__c", "Text", "<length>5</length>"))) == []
    org.rows.insert("Lead", {"LastName": "A", "Company": "B", "T__c": "x"})
    outcome = deploy(org, field_package("T__c", "Date"))
    assert problems(outcome) == [("CustomField", "Lead.T__c", "Cannot change type due to existing data")]


def test_a_new_checkbox_has_its_default_on_old_records_and_nothing_else_is_filled(org_in_process: Org) -> None:
    org = org_in_process
    org.rows.insert("Lead", {"LastName": "A", "Company": "B"})
    fields = lead(
        field("On__c", "Checkbox", "<defaultValue>true</defaultValue>"),
        field("Text__c", "Text", '<defaultValue>"x"</defaultValue><length>5</length>'),
    )
    members = {"CustomField": ["Lead.On__c", "Lead.Text__c"]}
    assert problems(deploy(org, package(members, {"objects/Lead.object": fields}))) == []
    (row,) = org.rows.select("Lead")
    assert (row["On__c"], row["Text__c"]) == (True, None)


def test_a_deleted_name_is_free_unless_the_org_holds_it(org_in_process: Org) -> None:
    org = org_in_process
    told = "T__c already exists or has been previously used. Please choose a different name."
    for held, expected in ((False, []), (True, [("CustomField", "Lead.T__c", told)])):
        org.settings.change({"deleted_names_held": held})
        assert problems(deploy(org, field_package("T__c", "Date"))) == []
        assert problems(deploy(org, destructive({"CustomField": ["Lead.T__c"]}))) == []
        assert problems(deploy(org, field_package("T__c", "Text", "<length>5</length>"))) == expected
        if not held:
            assert problems(deploy(org, destructive({"CustomField": ["Lead.T__c"]}), purge_on_delete=True)) == []
            org.store.execute("DELETE FROM metadata_recycled")


def test_what_a_custom_object_may_become(org_in_process: Org) -> None:
    org = org_in_process
    assert problems(deploy(org, thing())) == []
    assert problems(deploy(org, thing(label="Case file", name="Title"))) == []
    made = org.schema.sobject("Thing__c")
    assert (made.label, made.label_plural, made.field("Name").label) == ("Case file", "Case files", "Title")
    text = UNMODELLED.format("a change of sharingModel from or to ControlledByParent")
    master = field("M__c", "MasterDetail", "<referenceTo>Account</referenceTo><relationshipLabel>Ts</relationshipLabel>"
                   "<relationshipName>Ts</relationshipName>")  # fmt: skip
    refused = problems(deploy(org, thing(master, "ControlledByParent")))
    assert refused[0] == ("CustomObject", "Thing__c", text)
    alone = problems(deploy(org, thing(sharing="ControlledByParent")))
    assert alone == [("CustomObject", "Thing__c", "Cannot set sharingModel to ControlledByParent on a CustomObject "
                      "without a MasterDetail relationship field")]  # fmt: skip


def test_two_lookups_to_one_object_need_two_names(org_in_process: Org) -> None:
    org = org_in_process
    link = "<referenceTo>{}</referenceTo><relationshipName>{}</relationshipName>"
    assert problems(deploy(org, field_package("A__c", "Lookup", link.format("User", "Rs")))) == []
    told = [("CustomField", "Lead.B__c", "Duplicate child relationship name: Rs on User")]
    for target, name, expected in (("User", "Rs", told), ("Account", "Rs", []), ("User", "Others", [])):
        assert problems(deploy(org, field_package("B__c", "Lookup", link.format(target, name)))) == expected
        deploy(org, destructive({"CustomField": ["Lead.B__c"]}), purge_on_delete=True)
    assert problems(deploy(org, field_package("A__c", "Lookup", link.format("User", "Rs")))) == []  # its own name


def test_a_group_is_no_queue(org_in_process: Org) -> None:
    org = org_in_process
    body = file("Queue", "<name>Q</name><queueSobject><sobjectType>Lead</sobjectType></queueSobject>")
    assert problems(deploy(org, package({"Queue": ["Q"]}, {"queues/Q.queue": body}))) == []
    outcome = deploy(org, destructive({"Group": ["Q"]}), ignore_warnings=True)
    assert outcome.success and [row["DeveloperName"] for row in org.rows.select("Group")] == ["Q"]
    assert problems(deploy(org, destructive({"Queue": ["Q"]}))) == []
    assert org.rows.select("Group") == []


@pytest.mark.parametrize("name", ["Stamp-x", "Stamp-", "Stamp-7"])
def test_a_flow_goes_by_a_version_that_is_there(org_in_process: Org, name: str) -> None:
    org = org_in_process
    assert problems(deploy(org, flow_package("one", "Draft"))) == []
    outcome = deploy(org, destructive({"Flow": [name]}))
    assert problems(outcome) == [("Flow", name, f"No Flow named: {name} found")]
    assert len(org.metadata.flow_versions("Stamp")) == 1


def test_what_is_not_there_is_a_warning(org_in_process: Org) -> None:
    for kind, name in (("CustomField", "Lead.No__c"), ("CustomField", "No__c.X__c"), ("CustomObject", "No__c"),
                       ("RecordType", "Lead.No"), ("BusinessProcess", "Lead.No"), ("ListView", "Lead.No"),
                       ("Queue", "No"), ("PermissionSet", "No"), ("CustomMetadata", "Rule.No")):  # fmt: skip
        outcome = deploy(org_in_process, destructive({kind: [name]}))
        assert problems(outcome) == [(kind, name, f"No {kind} named: {name} found")]
        assert deploy(org_in_process, destructive({kind: [name]}), ignore_warnings=True).success


VIEW = "<listViews><fullName>V</fullName><filterScope>{}</filterScope><label>V</label>{}</listViews>"


def test_a_view_of_what_nobody_owns_has_no_mine(org_in_process: Org) -> None:
    org = org_in_process
    assert problems(deploy(org, package({"CustomObject": ["Rule__mdt"]}, {"objects/Rule__mdt.object": CMDT}))) == []
    for owner, scope, told in (
        ("Lead", "Mine", []), ("Rule__mdt", "Everything", []),
        ("Rule__mdt", "Mine", ["Invalid scope:Mine, not allowed"]),
    ):  # fmt: skip
        body = file("CustomObject", VIEW.format(scope, ""))
        data = package({"ListView": [f"{owner}.V"]}, {f"objects/{owner}.object": body})
        assert [text for _, _, text in problems(deploy(org, data))] == told


def test_a_view_of_a_queue_names_it(org_in_process: Org) -> None:
    body = lead(VIEW.format("Queue", "<queue>Q</queue>"))
    outcome = deploy(org_in_process, package({"ListView": ["Lead.V"]}, {"objects/Lead.object": body}))
    assert problems(outcome) == []


def test_an_element_is_there_once_and_in_one_place(org_in_process: Org) -> None:
    twice = field("T__c", "Date", "<description>a</description><description>b</description>")
    apart = field(
        "T__c", "Date", "<description>a</description><externalId>false</externalId><description>b</description>"
    )
    told = "Element description is duplicated at this location in type CustomField"
    for body in (twice, apart):
        outcome = deploy(org_in_process, package({"CustomField": ["Lead.T__c"]}, {"objects/Lead.object": lead(body)}))
        assert problems(outcome) == [("CustomField", "Lead.T__c", told)]


def test_lists_stand_together(org_in_process: Org) -> None:
    """Elements that may repeat do so in one run: another kind between them makes the second run a duplicate."""
    body = lead(field("A__c", "Date"), VIEW.format("Mine", ""), field("B__c", "Date"))
    members = {"CustomField": ["Lead.A__c", "Lead.B__c"], "ListView": ["Lead.V"]}
    outcome = deploy(org_in_process, package(members, {"objects/Lead.object": body}))
    told = "Element fields is duplicated at this location in type CustomObject"
    assert [text for _, _, text in problems(outcome)] == [told]


@pytest.mark.parametrize(("label", "told"), [
    ("x" * 40, []), ("x" * 41, [f"label: data value too large: {'x' * 41} (max length=40)"]),
])  # fmt: skip
def test_labels_of_records(org_in_process: Org, label: str, told: list[str]) -> None:
    files: dict[str, str | bytes] = {
        "objects/Rule__mdt.object": CMDT, "customMetadata/Rule.One.md": record(GOOD, f"<label>{label}</label>"),
    }  # fmt: skip
    outcome = deploy(org_in_process, package({"CustomObject": ["Rule__mdt"], "CustomMetadata": ["Rule.One"]}, files))
    assert [text for _, _, text in problems(outcome)] == told


def test_a_relationship_between_types_says_to_which(org_in_process: Org) -> None:
    body = file("CustomObject", field("R__c", "MetadataRelationship") + "<label>R</label><pluralLabel>Rs</pluralLabel>")
    outcome = deploy(org_in_process, package({"CustomObject": ["R__mdt"]}, {"objects/R__mdt.object": body}))
    assert problems(outcome) == [("CustomField", "R__mdt.R__c", "Required field is missing: referenceTo")]

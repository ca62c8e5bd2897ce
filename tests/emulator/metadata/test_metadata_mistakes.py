"""Mistake → the server's text. One package per mistake; nothing of it may stay in the org."""

from __future__ import annotations

import pytest
from metadata_packages import (
    NS,
    deploy,
    destructive,
    field,
    field_package,
    file,
    flow_package,
    lead,
    manifest,
    package,
    problems,
    twin,
    zipped,
)  # fmt: skip

from provisioner.emulator.salesforce.state.org import Org

PICK = "<valueSet><valueSetDefinition><sorted>false</sorted>{}</valueSetDefinition></valueSet>"
VALUE = "<value><fullName>{}</fullName><default>false</default><label>x</label></value>"
TWO = PICK.format(VALUE.format("Demo") + VALUE.format("demo"))

FIELD_MISTAKES = [
    ("T__c", "Text", "", "Field length must be specified"),
    ("T__c", "Text", "<length>256</length>", "length: must be between 1 and 255, not 256"),
    ("T__c", "TextArea", "<length>80</length>", "Can not specify 'length' for a CustomField of type TextArea"),
    ("T__c", "Date", "<precision>3</precision>", "Can not specify 'precision' for a CustomField of type Date"),
    ("T__c", "Checkbox", "", "Default Value must be specified"),
    (
        "T__c", "Checkbox", "<defaultValue>false</defaultValue><required>false</required>",
        "Can not specify 'required' for a CustomField of type Checkbox",
    ),
    ("T__c", "LongTextArea", "<length>2000</length>",
     "Must specify 'visibleLines' of at least 2 for a CustomField of type LongTextArea"),
    ("T__c", "Number", "<precision>19</precision><scale>0</scale>",
     "precision: must be between 1 and 18, not 19"),
    ("T__c", "Number", "<precision>3</precision><scale>4</scale>",
     "scale: must be between 0 and the precision 3, not 4"),
    ("T__c", "Number", "<precision>3</precision>", "Must specify 'scale' for a CustomField of type Number"),
    ("T__c", "Picklist", "", "Required field is missing: valueSet"),
    (
        "T__c", "Picklist", "<valueSet><restricted>true</restricted></valueSet>",
        "Value set must reference a value set name or define a value set, but not both",
    ),
    ("T__c", "Picklist", TWO, "duplicate value found: [demo] is defined multiple times"),
    ("T__c", "Lookup", "<referenceTo>Nope__c</referenceTo><relationshipName>R</relationshipName>",
     "referenceTo value of 'Nope__c' does not resolve to a valid sObject type"),
    (
        "T__c", "Lookup",
        "<deleteConstraint>SetNull</deleteConstraint><referenceTo>User</referenceTo>"
        "<relationshipName>R</relationshipName><required>true</required>",
        "Can not specify 'SetNull' as deleteConstraint for a required lookup field",
    ),
    ("T__c", "Text", "<formula>Company</formula><length>80</length>",
     "Can not specify 'length' for a CustomField of type Text"),
    ("T__c", "Checkbox", "<defaultValue>false</defaultValue><formula>true</formula>",
     "Can not specify 'defaultValue' for a CustomField of type Checkbox"),
    ("T__c", "Text", "<formula>Company</formula><required>true</required>",
     "Can not specify 'required' for a CustomField of type Text"),
    ("T__c", "Picklist", "<formula>Company</formula>", "Can not specify 'formula' for a CustomField of type Picklist"),
    ("Nope", "Text", "<length>5</length>", "Could not resolve standard field's name."),
    ("A__x", "Text", "<length>5</length>",
     "fullName must end with: __c or __kav or __x or __b or __e or __p or __mdt or __dll or __dlm"),
    ("T__c", "AutoNumber", "",
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model custom fields of type AutoNumber."),
    ("T__c", "Txt", "", "'Txt' is not a valid value for the enum 'FieldType'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "extra", "text"), FIELD_MISTAKES)
def test_field_mistakes(org_in_process: Org, name: str, kind: str, extra: str, text: str) -> None:
    outcome = deploy(org_in_process, field_package(name, kind, extra))
    assert problems(outcome) == [("CustomField", f"Lead.{name}", text)]
    assert outcome.status == "Failed"
    assert not org_in_process.schema.sobject("Lead").has("T__c")


def test_a_failure_points_behind_the_start_tag(org_in_process: Org) -> None:
    body = lead("\n    " + field("T__c", "Text"))
    outcome = deploy(org_in_process, package({"CustomField": ["Lead.T__c"]}, {"objects/Lead.object": body}))
    assert [(one.line, one.column) for one in outcome.failures] == [(3, 13)]


def test_label_is_required(org_in_process: Org) -> None:
    files: dict[str, str | bytes] = {"objects/Lead.object": lead(field("T__c", "Date", label=None))}
    outcome = deploy(org_in_process, package({"CustomField": ["Lead.T__c"]}, files))
    assert problems(outcome) == [("CustomField", "Lead.T__c", "Required field is missing: label")]


def test_formula_errors_come_from_the_formula_language(org_in_process: Org) -> None:
    outcome = deploy(org_in_process, field_package("T__c", "Text", "<formula>Nope__c</formula>"))
    assert problems(outcome) == [("CustomField", "Lead.T__c", "Field Nope__c does not exist. Check spelling.")]


def test_a_formula_may_use_a_field_further_down(org_in_process: Org) -> None:
    fields = lead(
        field("A__c", "Text", "<formula>B__c</formula><formulaTreatBlanksAs>BlankAsBlank</formulaTreatBlanksAs>"),
        field("B__c", "Text", "<length>10</length>"),
    )
    outcome = deploy(
        org_in_process, package({"CustomField": ["Lead.A__c", "Lead.B__c"]}, {"objects/Lead.object": fields})
    )
    assert problems(outcome) == []


def test_one_wrong_formula_takes_those_that_use_it_along(org_in_process: Org) -> None:
    fields = lead(
        field("A__c", "Text", "<formula>B__c</formula>"),
        field("B__c", "Text", "<formula>Nope__c</formula>"),
        field("C__c", "Date"),
    )
    members = {"CustomField": ["Lead.A__c", "Lead.B__c", "Lead.C__c"]}
    outcome = deploy(org_in_process, package(members, {"objects/Lead.object": fields}), rollback_on_error=False)
    assert sorted(problems(outcome)) == [
        ("CustomField", "Lead.A__c", "Field B__c does not exist. Check spelling."),
        ("CustomField", "Lead.B__c", "Field Nope__c does not exist. Check spelling."),
    ]
    assert outcome.status == "SucceededPartial"
    names = {one.name for one in org_in_process.schema.sobject("Lead").fields if one.custom}
    assert names == {"C__c"}


CMDT = file(
    "CustomObject",
    field("Hours__c", "Number", "<precision>4</precision><required>true</required><scale>0</scale>")
    + field("Note__c", "Text", "<length>5</length>")
    + "<label>Rule</label><pluralLabel>Rules</pluralLabel><visibility>Public</visibility>",
)
XS = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
GOOD = '<values><field>Hours__c</field><value xsi:type="xsd:double">5</value></values>'


def record(values: str, label: str = "<label>One</label>") -> str:
    return file("CustomMetadata", f"{label}<protected>false</protected>{values}", XS)


RECORD_MISTAKES = [
    ("Rule.One", record('<values><field>Hours__c</field><value xsi:type="xsd:string">5</value></values>'),
     "Invalid value for field Hours__c: a value of type Double is required"),
    ("Rule.One", record("<values><field>Hours__c</field><value>5</value></values>"),
     "Invalid value for field Hours__c: a value of type Double is required"),
    ("Rule.One", record('<values><field>Hours__c</field><value xsi:type="xsd:double">x</value></values>'),
     "'x' is not a valid value for the type xsd:double"),
    ("Rule.One", record('<values><field>Hours__c</field><value xsi:nil="true"/></values>'),
     "Required fields are missing: [Hours__c]"),
    ("Rule.One", record(""), "Required fields are missing: [Hours__c]"),
    ("Rule.One", record(GOOD + '<values><field>No__c</field><value xsi:nil="true"/></values>'),
     "no CustomField named Rule__mdt.No__c found"),
    ("Rule.One", record(GOOD + '<values><field>Note__c</field><value xsi:type="xsd:string">123456</value></values>'),
     "A label: data value too large: 123456 (max length=5)"),
    ("Rule.One", record('<values><field>Hours__c</field><value xsi:type="xsd:double">12345</value></values>'),
     "A label: value outside of valid range on numeric field: 12345.0"),
    ("Rule.One", record(GOOD, ""), "Required field is missing: label"),
    ("Other.One", record(GOOD), "no CustomObject named Other__mdt found"),
    ("Rule.A__b", record(GOOD), "The record name A__b must begin with a letter, use only letters, digits and single "
     "underscores, and has at most 40 characters."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "text"), RECORD_MISTAKES)
def test_record_mistakes(org_in_process: Org, name: str, body: str, text: str) -> None:
    members = {"CustomObject": ["Rule__mdt"], "CustomMetadata": [name]}
    files: dict[str, str | bytes] = {"objects/Rule__mdt.object": CMDT, f"customMetadata/{name}.md": body}
    outcome = deploy(org_in_process, package(members, files))
    assert problems(outcome) == [("CustomMetadata", name, text)]


def test_a_protected_type_is_refused(org_in_process: Org) -> None:
    files: dict[str, str | bytes] = {"objects/Rule__mdt.object": CMDT.replace("Public", "Protected")}
    outcome = deploy(org_in_process, package({"CustomObject": ["Rule__mdt"]}, files))
    assert problems(outcome)[0] == (
        "CustomObject", "Rule__mdt",
        "visibility: Protected - a custom metadata type can be Protected only in a package",
    )  # fmt: skip
    assert problems(outcome)[1] == ("CustomField", "Rule__mdt.Hours__c", "Parent entity failed to deploy")


def grants(*entries: str, label: str = "P") -> bytes:
    body = file("PermissionSet", "".join(entries) + f"<label>{label}</label>")
    return package({"PermissionSet": ["P"]}, {"permissionsets/P.permissionset": body})


def grant(name: str, edit: bool = False) -> str:
    editable = str(edit).lower()
    return (f"<fieldPermissions><editable>{editable}</editable><field>{name}</field><readable>true</readable>"
            "</fieldPermissions>")  # fmt: skip


GRANT_MISTAKES = [
    (grants(grant("Lead.No__c")), "In field: field - no CustomField named Lead.No__c found"),
    (grants(grant("Lead.LastName")), "You cannot deploy to a required field: Lead.LastName"),
    (grants(grant("Lead.F__c", edit=True)), "Field Lead.F__c cannot be edited"),
    (grants("<userPermissions><enabled>true</enabled><name>FlyToMoon</name></userPermissions>"),
     "Unknown user permission: FlyToMoon"),
    (grants("<classAccesses><apexClass>No</apexClass><enabled>true</enabled></classAccesses>"),
     "In field: apexClass - no ApexClass named No found"),
    (grants("<license>Salesforce</license>"),
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model license of a PermissionSet."),
    (grants(label="x" * 81), f"label: data value too large: {'x' * 81} (max length=80)"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "text"), GRANT_MISTAKES)
def test_permission_set_mistakes(org_in_process: Org, data: bytes, text: str) -> None:
    assert problems(deploy(org_in_process, field_package("F__c", "Text", "<formula>Company</formula>"))) == []
    assert problems(deploy(org_in_process, data)) == [("PermissionSet", "P", text)]


def test_a_smaller_permission_set_takes_grants_away(org_in_process: Org) -> None:
    org = org_in_process
    fields = lead(field("A__c", "Date"), field("B__c", "Date"))
    deploy(org, package({"CustomField": ["Lead.A__c", "Lead.B__c"]}, {"objects/Lead.object": fields}))
    deploy(org, grants(grant("Lead.A__c", edit=True), grant("Lead.B__c")))
    deploy(org, grants(grant("Lead.A__c")))
    rows = [
        (row["Field"], row["PermissionsRead"], row["PermissionsEdit"]) for row in org.rows.select("FieldPermissions")
    ]
    assert rows == [("Lead.A__c", True, False)]


def queue(members: str = "", objects: str = "Lead") -> bytes:
    sobject = f"<queueSobject><sobjectType>{objects}</sobjectType></queueSobject>"
    body = file("Queue", f"<name>Q</name>{members}{sobject}")
    return package({"Queue": ["Q"]}, {"queues/Q.queue": body})


def test_queue_mistakes(org_in_process: Org) -> None:
    users = "<queueMembers><users><user>who@example.com</user></users></queueMembers>"
    groups = "<queueMembers><publicGroups><publicGroup>G</publicGroup></publicGroups></queueMembers>"
    assert problems(deploy(org_in_process, queue(users))) == [
        ("Queue", "Q", "Cannot find a user that matches any of the following usernames: who@example.com")
    ]
    assert problems(deploy(org_in_process, queue(groups))) == [
        ("Queue", "Q", "In field: publicGroup - no Group named G found")
    ]
    assert problems(deploy(org_in_process, queue(objects="Nope__c"))) == [
        ("Queue", "Q", "In field: sobjectType - no CustomObject named Nope__c found")]  # fmt: skip


def test_a_queue_is_a_group_with_members(org_in_process: Org) -> None:
    org = org_in_process
    user = "<queueMembers><users><user>admin@example.com</user></users></queueMembers>"
    deploy(org, queue(user))
    row = org.rows.select("Group")[0]
    assert (row["DeveloperName"], row["Type"]) == ("Q", "Queue")
    assert [one["UserOrGroupId"] for one in org.rows.select("GroupMember")] == [org.admin_id]
    assert [one["SobjectType"] for one in org.rows.select("QueueSobject")] == ["Lead"]
    deploy(org, queue("<queueMembers></queueMembers>"))
    assert org.rows.select("GroupMember") == []


def apex(kind: str, name: str, body: str) -> bytes:
    folder, suffix = {"ApexClass": ("classes", "cls"), "ApexTrigger": ("triggers", "trigger")}[kind]
    meta = file(kind, "<apiVersion>66.0</apiVersion><status>Active</status>")
    path = f"{folder}/{name}.{suffix}"
    return package({kind: [name]}, {path: body, f"{path}-meta.xml": meta})


APEX_MISTAKES = [
    ("ApexClass", "A", "public class A { void x() { }", "Missing '}' at '<EOF>'"),
    ("ApexClass", "A", "public class B { }", "Invalid name: the file A holds the class B"),
    ("ApexTrigger", "T", "trigger T on Lead (before insert) { }",
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model Apex: it does not run Apex, and the trigger T has no "
     "emulator-twin block."),
    ("ApexTrigger", "T", f"{twin('Lead', 'sla-clock/4')}trigger T on Lead (before insert) {{ }}",
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the emulator-twin block of T: The emulator knows the "
     "twins sla-clock/1, sla-clock/2, sla-clock/3, not 'sla-clock/4'."),
    ("ApexTrigger", "T", f"{twin('Lead', 'sla-clock/2', colour='x')}trigger T on Lead (before insert) {{ }}",
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the emulator-twin block of T: The twin does not know "
     "the name 'colour'."),
    ("ApexTrigger", "T", f"{twin('Lead', follow_up_due_at='x')}trigger T on Lead (before insert) {{ }}",
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the emulator-twin block of T: The twin does not know "
     "the name 'follow_up_due_at'."),
    ("ApexTrigger", "T", "trigger T on Nope (before insert) { }", "Invalid type: Nope"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "body", "text"), APEX_MISTAKES)
def test_apex_mistakes(org_in_process: Org, kind: str, name: str, body: str, text: str) -> None:
    assert problems(deploy(org_in_process, apex(kind, name, body))) == [(kind, name, text)]


def test_braces_in_comments_and_strings_do_not_count(org_in_process: Org) -> None:
    body = "/* } */ public with sharing class A { String s = '{'; // }\n }"
    assert problems(deploy(org_in_process, apex("ApexClass", "A", body))) == []


def notice(name: str, shown: str) -> bytes:
    body = file("CustomNotificationType", f"<customNotifTypeName>{shown}</customNotifTypeName><desktop>true</desktop>"
                "<masterLabel>L</masterLabel><mobile>false</mobile>")  # fmt: skip
    return package({"CustomNotificationType": [name]}, {f"notificationtypes/{name}.notiftype": body})


def test_a_notification_name_is_unique(org_in_process: Org) -> None:
    deploy(org_in_process, notice("A", "Shown"))
    assert problems(deploy(org_in_process, notice("B", "shown"))) == [
        ("CustomNotificationType", "B", "duplicate value found: customNotifTypeName shown is used by A")
    ]


PACKAGE_MISTAKES = [
    (zipped({"a.txt": "x"}), ("", "package.xml", "No package.xml found")),
    (package({"CustomField": ["Lead.X__c"]}, {}),
     ("CustomField", "Lead.X__c",
      "An object 'Lead.X__c' of type CustomField was named in package.xml, but was not found in zipped directory")),
    (package({}, {"flows/F.flow": "x"}), ("Flow", "F", "Not in package.xml")),
    (package({"Flwo": ["F"]}, {}), ("", "package.xml", "Unknown type name 'Flwo' specified in package.xml")),
    (package({"Layout": ["Lead-B"]}, {"layouts/Lead-B.layout": "x"}),
     ("Layout", "Lead-B", "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model Layout.")),
    (package({"Flow": ["F"]}, {"flows/F.flow": "\ufeff<Flow/>".encode()}),
     ("Flow", "F", "Error parsing file: Content is not allowed in prolog.")),
    (package({"Flow": ["F"]}, {"flows/F.flow": "<Flow><a></Flow>"}),
     ("Flow", "F", "Error parsing file: mismatched tag")),
    (package({"Flow": ["F"]}, {"flows/F.flow": '<!DOCTYPE a [<!ENTITY b "c">]><Flow/>'}),
     ("Flow", "F", "Error parsing file: DOCTYPE is disallowed")),
    (package({"Flow": ["F"]}, {"flows/F.flow": file("Flow", "<foo>1</foo><label>x</label>")}),
     ("Flow", "F", f"Element {{{NS}}}foo invalid at this location in type Flow")),
    (package({"Flow": ["F"]}, {"flows/F.flow": file("Flow", "<label>x</label><status>Draft</status><label>y</label>")}),
     ("Flow", "F", "Element label is duplicated at this location in type Flow")),
    (package({"Flow": ["F"]}, {"flows/F.flow": file("Flow", "<status>Draft</status>")}),
     ("Flow", "F", "Required field is missing: label")),
    (package({"Settings": ["Case"]}, {"settings/Case.settings": "<x/>"}),
     ("Settings", "Case", "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the Settings Case.")),
    (zipped({"package.xml": manifest({}, "67.0")}), ("", "package.xml", "Invalid API version: 67.0")),
]  # fmt: skip


@pytest.mark.parametrize(("data", "problem"), PACKAGE_MISTAKES)
def test_package_mistakes(org_in_process: Org, data: bytes, problem: tuple[str, str, str]) -> None:
    outcome = deploy(org_in_process, data)
    assert problem in problems(outcome)
    assert outcome.status == "Failed"


def test_what_is_no_zip_kills_the_deployment(org_in_process: Org) -> None:
    outcome = deploy(org_in_process, b"not a zip")
    assert outcome.error == ("INVALID_OPERATION", "zipFile: not a valid zip file")
    assert outcome.status == "Failed"


def test_type_changes(org_in_process: Org) -> None:
    org = org_in_process
    deploy(org, field_package("S__c", "Text", "<length>20</length>"))
    deploy(org, field_package("F__c", "Text", "<formula>Company</formula>"))
    org.rows.insert("Lead", {"LastName": "A", "Company": "B", "S__c": "text"})
    refused = [
        (field_package("F__c", "Text", "<length>20</length>"),
         "Cannot update a field from a Formula to something else"),
        (field_package("S__c", "Text", "<formula>Company</formula>"),
         "Cannot update a field to a Formula from something else"),
        (field_package("S__c", "Date"), "Cannot change type due to existing data"),
    ]  # fmt: skip
    assert [problems(deploy(org, data))[0][2] for data, _ in refused] == [text for _, text in refused]


def test_a_value_left_out_is_deactivated(org_in_process: Org) -> None:
    org = org_in_process
    deploy(org, field_package("P__c", "Picklist", PICK.format(VALUE.format("A") + VALUE.format("B"))))
    deploy(org, field_package("P__c", "Picklist", PICK.format(VALUE.format("B"))))
    values = [(one.value, one.active) for one in org.schema.sobject("Lead").field("P__c").picklist]
    assert values == [("B", True), ("A", False)]
    body = org.metadata.get("CustomField", "Lead.P__c")
    assert body is not None
    assert body.root.findtext(".//{*}isActive") == "false"


def test_a_missing_component_warns_and_a_warning_fails_unless_ignored(org_in_process: Org) -> None:
    data = destructive({"CustomField": ["Lead.X__c"]})
    outcome = deploy(org_in_process, data)
    assert [(one.problem, one.problem_type) for one in outcome.failures] == [
        ("No CustomField named: Lead.X__c found", "Warning")
    ]
    assert outcome.success is False
    ignoring = deploy(org_in_process, data, ignore_warnings=True)
    assert ignoring.status == "Succeeded"
    assert [one.problem for one in ignoring.successes if one.problem] == ["No CustomField named: Lead.X__c found"]


def test_a_field_in_use_stays(org_in_process: Org) -> None:
    org = org_in_process
    fields = lead(field("A__c", "Text", "<length>9</length>"), field("B__c", "Text", "<formula>A__c</formula>"))
    deploy(org, package({"CustomField": ["Lead.A__c", "Lead.B__c"]}, {"objects/Lead.object": fields}))
    outcome = deploy(org, destructive({"CustomField": ["Lead.A__c"]}))
    text = "This custom field is referenced elsewhere in salesforce.com. : CustomField Lead.B__c"
    assert problems(outcome) == [("CustomField", "Lead.A__c", text)]
    both = deploy(org, destructive({"CustomField": ["Lead.A__c", "Lead.B__c"]}))
    assert problems(both)[0][2] == text  # one manifest is worked off in its own order
    assert problems(deploy(org, destructive({"CustomField": ["Lead.B__c", "Lead.A__c"]}))) == []
    assert not org.schema.sobject("Lead").has("A__c")


def test_an_old_version_of_a_flow_counts_as_use(org_in_process: Org) -> None:
    org = org_in_process
    deploy(org, field_package("A__c", "Text", "<length>9</length>"))
    deploy(org, flow_package("one", field="A__c"))
    deploy(org, flow_package("two"))
    outcome = deploy(org, destructive({"CustomField": ["Lead.A__c"]}))
    assert problems(outcome) == [
        ("CustomField", "Lead.A__c", "This custom field is referenced elsewhere in salesforce.com. : Flow Stamp-1")
    ]

"""Who changed what: the setup audit trail of deployments and of what people change as data."""

from __future__ import annotations

from typing import Any

import pytest
from metadata_packages import deploy, destructive, field, field_package, file, lead, package

from provisioner.emulator.salesforce.control.planting import plant_document
from provisioner.emulator.salesforce.state.org import Org

POLICY = file(
    "CustomObject",
    "<label>Policy</label><pluralLabel>Policies</pluralLabel><visibility>Public</visibility>"
    "<fields><fullName>Minutes__c</fullName><label>Minutes</label><precision>6</precision><scale>0</scale>"
    "<type>Number</type></fields>",
)
XSD = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
NUMBER = "<precision>6</precision><scale>0</scale>"


def record(minutes: int, label: str = "Demo") -> bytes:
    value = f'<values><field>Minutes__c</field><value xsi:type="xsd:double">{minutes}.0</value></values>'
    body = file("CustomMetadata", f"<label>{label}</label><protected>false</protected>{value}", XSD)
    return package({"CustomMetadata": ["Policy.Demo"]}, {"customMetadata/Policy.Demo.md": body})


def permission_set(*grants: tuple[str, bool], label: str = "Reps") -> bytes:
    entries = "".join(
        f"<fieldPermissions><editable>{str(edit).lower()}</editable><field>{name}</field><readable>true</readable>"
        "</fieldPermissions>"
        for name, edit in grants
    )
    body = file("PermissionSet", f"{entries}<label>{label}</label>")
    return package({"PermissionSet": ["Reps"]}, {"permissionsets/Reps.permissionset": body})


def queue(label: str, *users: str) -> bytes:
    names = "".join(f"<user>{name}</user>" for name in users)
    body = file(
        "Queue",
        f"<name>{label}</name><queueMembers><users>{names}</users></queueMembers>"
        "<queueSobject><sobjectType>Lead</sobjectType></queueSobject>",
    )
    return package({"Queue": ["Backup"]}, {"queues/Backup.queue": body})


def trail(org: Org) -> list[tuple[str, str, str]]:
    """The entries so far; they are cleared."""
    rows = org.rows.select("SetupAuditTrail")
    org.store.execute('DELETE FROM "SetupAuditTrail"')
    return [(row["Action"], row["Section"], row["Display"]) for row in rows]


def told(org: Org, data: bytes) -> list[tuple[str, str, str]]:
    trail(org)
    outcome = deploy(org, data)
    assert outcome.success, outcome.failures
    return trail(org)


def test_a_field_from_its_creation_to_its_end(org_in_process: Org) -> None:
    org, leads = org_in_process, "Customize Leads"
    assert told(org, field_package("Due__c", "Number", NUMBER)) == [
        ("createdCF", leads, "Created custom field: A label (Number)")
    ]
    assert told(org, field_package("Due__c", "Number", NUMBER)) == []
    changed = field("Due__c", "Number", "<inlineHelpText>Why</inlineHelpText>" + NUMBER, "Due at")
    data = package({"CustomField": ["Lead.Due__c"]}, {"objects/Lead.object": lead(changed)})
    assert told(org, data) == [
        ("changedCF", leads, "Changed label of custom field from A label to Due at"),
        ("changedCFFieldHelp", leads, "Changed help text of Due at custom field"),
    ]
    assert told(org, destructive({"CustomField": ["Lead.Due__c"]})) == [
        ("deletedCF", leads, "Deleted custom field Due at")
    ]


def test_a_formula_and_its_change(org_in_process: Org) -> None:
    org, leads = org_in_process, "Customize Leads"
    for formula, line in (
        ("1 + 1", ("createdCFFormula", leads, "Created custom formula field: A label (Number)")),
        ("1 + 2", ("changedCFFormula", leads, 'Changed formula of Two custom field from "1 + 1" to "1 + 2"')),
    ):
        extra = f"<formula>{formula}</formula><formulaTreatBlanksAs>BlankAsZero</formulaTreatBlanksAs>" + NUMBER
        assert told(org, field_package("Two__c", "Number", extra)) == [line]


def test_values_of_a_standard_picklist(org_in_process: Org) -> None:
    values = "".join(
        f"<standardValue><fullName>{name}</fullName><default>false</default><label>{name}</label></standardValue>"
        for name in ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Fair")
    )
    body = file("StandardValueSet", f"<sorted>false</sorted>{values}")
    data = package({"StandardValueSet": ["LeadSource"]}, {"standardValueSets/LeadSource.standardValueSet": body})
    color = "with color Assigned dynamically"
    assert sorted(told(org_in_process, data)) == [
        ("createdPicklistWithColor", "Customize Leads", f"Added value Fair to Lead Source picklist {color}"),
        ("deactivatePicklistValueWithColor", "Customize Leads",
         f"Deactivated value Other from Lead Source picklist {color}"),
    ]  # fmt: skip


def test_a_custom_metadata_type_and_its_records(org_in_process: Org) -> None:
    org, types = org_in_process, "Custom Metadata Types"
    assert told(org, package({"CustomObject": ["Policy__mdt"]}, {"objects/Policy__mdt.object": POLICY})) == [
        ("createdCustMdType", types, "Created custom metadata type: Policy"),
        ("createdCFCustom", types, "Created custom field Minutes (Number) on Policy"),
    ]
    assert told(org, record(5)) == [("setupEntityObjectCreated", "Policies", "Demo was created")]
    assert told(org, record(60)) == [
        ("setupEntityObjectFieldUpdated", "Policies", "Demo: Minutes has changed from 5 to 60")
    ]
    assert told(org, destructive({"CustomMetadata": ["Policy.Demo"]})) == [
        ("setupEntityObjectDeleted", "Policies", "Demo was deleted")
    ]


def test_a_permission_set(org_in_process: Org) -> None:
    org, users = org_in_process, "Manage Users"
    deploy(org, field_package("Due__c", "Number", NUMBER))
    assert told(org, permission_set(("Lead.Due__c", True))) == [
        ("PermSetCreateNoLicense", users, "Created permission set Reps: with no license"),
        ("PermSetFlsChanged", users, "Changed permission set Reps: field-level security for Lead: A label was changed "
         "from No Access to Edit"),
    ]  # fmt: skip
    assert told(org, permission_set(("Lead.Due__c", False), label="Sales")) == [
        ("PermSetLabelChange", users, "Changed permission set Sales: Master Label was changed from Reps to Sales"),
        ("PermSetFlsChanged", users, "Changed permission set Sales: field-level security for Lead: A label was changed "
         "from Edit to Read"),
    ]  # fmt: skip
    assert told(org, destructive({"PermissionSet": ["Reps"]})) == [
        ("PermSetDelete", users, "Deleted permission set Sales")
    ]


def test_a_queue(org_in_process: Org) -> None:
    org, data = org_in_process, "Data Management"
    plant_document(org, {"users": [{"username": "ada@x.example"}]})
    membership = ("queueMembership", data, "Changed membership for Queue Backup")
    assert told(org, queue("Backup", "ada@x.example")) == [
        ("createdqueue", data, "Created Queue Backup"), membership,
    ]  # fmt: skip
    assert told(org, queue("Backup")) == [membership]
    text = "Updated Queue Reserve: Changed Name from Backup to Reserve"
    assert told(org, queue("Reserve")) == [("updatedqueue", data, text)]


def test_a_refused_deployment_and_a_validation_leave_no_trace(org_in_process: Org) -> None:
    org = org_in_process
    deploy(org, field_package("Due__c", "Number", NUMBER), check_only=True)
    two = package(
        {"CustomField": ["Lead.Due__c", "Lead.Bad__c"]},
        {"objects/Lead.object": lead(field("Due__c", "Number", NUMBER), field("Bad__c", "Text"))},
    )
    assert not deploy(org, two).success
    assert trail(org) == []


def test_what_people_change_as_data_is_entered_with_their_name(emulator: Any) -> None:
    seed = {
        "users": [{"username": "boss@x.example", "last": "Boss"}, {"username": "rep@x.example", "last": "Rep"}],
        "queues": [{"name": "Backup", "label": "Reserve", "members": ["rep@x.example"]}],
    }
    planted = emulator.control("seed", seed)
    rep, boss = (planted["users"][name] for name in ("rep@x.example", "boss@x.example"))
    token = planted["tokens"]["boss@x.example"]
    member = emulator.query("SELECT Id FROM GroupMember")[0]["Id"]
    assert emulator.call("DELETE", f"sobjects/GroupMember/{member}", token=token).status_code == 204
    assert emulator.call("PATCH", f"sobjects/User/{rep}", {"ManagerId": boss}, token=token).status_code == 204
    assert emulator.call("PATCH", f"sobjects/User/{rep}", {"ManagerId": boss}, token=token).status_code == 204
    emulator.move("2026-01-06T09:00:00Z")
    assert emulator.call("PATCH", f"sobjects/User/{rep}", {"IsActive": False}, token=token).status_code == 204
    asked = "SELECT Action, Section, Display, CreatedBy.Username, CreatedDate FROM SetupAuditTrail ORDER BY CreatedDate"
    told = [(one["Action"], one["Display"], one["CreatedBy"]["Username"]) for one in emulator.query(asked)]
    assert told == [
        ("queueMembership", "Changed membership for Queue Reserve", "boss@x.example"),
        ("changedManager", f"The manager for user Rep (UserID: [{rep[:15]}]) changed from null to Boss",
         "boss@x.example"),
        ("deactivateduser", f"Deactivated user Rep (UserID: [{rep[:15]}])", "boss@x.example"),
    ]  # fmt: skip
    assert emulator.query(asked)[-1]["CreatedDate"] == "2026-01-06T09:00:00.000+0000"


@pytest.mark.parametrize("verb", ["assigned to", "unassigned from"])
def test_an_assignment_and_its_end(emulator: Any, verb: str) -> None:
    user = emulator.control("seed", {"users": [{"username": "rep@x.example", "last": "Rep"}]})["users"]["rep@x.example"]
    held = emulator.create("PermissionSet", Name="Reps", Label="Sales Reps")
    row = emulator.create("PermissionSetAssignment", PermissionSetId=held, AssigneeId=user)
    if verb == "unassigned from":
        assert emulator.call("DELETE", f"sobjects/PermissionSetAssignment/{row}").status_code == 204
    last = emulator.query("SELECT Display FROM SetupAuditTrail ORDER BY Id DESC LIMIT 1")[0]["Display"]
    assert last == f"Permission set Sales Reps: {verb} user Rep (UserID: [{user[:15]}])"

"""Somebody at the setup pages: what changes, who is named, and what the pages refuse."""

from __future__ import annotations

from typing import Any

import pytest
from metadata_packages import deploy, field_package, file, flow_package, package
from test_metadata_trail import NUMBER, POLICY, permission_set, record

from provisioner.emulator.salesforce.control.planting import change_by_hand, plant_document
from provisioner.emulator.salesforce.state.org import Org

BOB = "bob@x.example"


@pytest.fixture
def org(org_in_process: Org) -> Org:
    org = org_in_process
    people = [{"username": BOB, "last": "Bob"}, {"username": "rep@x.example", "last": "Rep"}]
    plant_document(org, {"users": people, "queues": [{"name": "Backup", "members": ["rep@x.example"]}]})
    for data in (
        field_package("Due__c", "Number", NUMBER),
        package({"CustomObject": ["Policy__mdt"]}, {"objects/Policy__mdt.object": POLICY}),
        record(5), flow_package(), permission_set(("Lead.Due__c", True)),
        package({"Group": ["Sales"]}, {"groups/Sales.group": file("Group", "<name>Sales</name>")}),
    ):  # fmt: skip
        assert deploy(org, data).success
    org.store.execute('DELETE FROM "SetupAuditTrail"')
    return org


def entered(org: Org) -> list[tuple[str, str]]:
    """Who, and what."""
    rows = org.rows.select("SetupAuditTrail")
    return [(str((org.rows.get("User", row["CreatedById"]) or {})["Username"]), row["Display"]) for row in rows]


def test_a_record_of_custom_metadata(org: Org) -> None:
    change = {"by": BOB, "component": "CustomMetadata", "name": "Policy.Demo", "set": {"Minutes__c": 60}}
    change_by_hand(org, change)
    assert [row["Minutes__c"] for row in org.rows.select("Policy__mdt")] == [60.0]
    assert entered(org) == [(BOB, "Demo: Minutes has changed from 5 to 60")]
    component = org.metadata.get("CustomMetadata", "Policy.Demo")
    bob = org.rows.select("User")[1]
    assert component is not None and (component.modified_by, bob["Username"]) == (bob["Id"], BOB)


def test_a_field(org: Org) -> None:
    change_by_hand(org, {"by": BOB, "component": "CustomField", "name": "Lead.Due__c", "set": {"label": "Due at"}})
    assert org.schema.sobject("Lead").field("Due__c").label == "Due at"
    assert entered(org) == [(BOB, "Changed label of custom field from A label to Due at")]


def test_values_of_a_picklist(org: Org) -> None:
    change: dict[str, Any] = {"by": BOB, "component": "StandardValueSet", "name": "LeadSource"}
    change_by_hand(org, change | {"add_value": "Fair"})
    change_by_hand(org, change | {"deactivate_value": "Web"})
    values = {one.value: one.active for one in org.schema.sobject("Lead").field("LeadSource").picklist}
    assert (values["Fair"], values["Web"], values["Other"]) == (True, False, True)
    color = "with color Assigned dynamically"
    assert entered(org) == [
        (BOB, f"Added value Fair to Lead Source picklist {color}"),
        (BOB, f"Deactivated value Web from Lead Source picklist {color}"),
    ]


def test_a_status_is_a_row_as_well_and_an_inactive_value_comes_back_last(org: Org) -> None:
    change: dict[str, Any] = {"by": BOB, "component": "StandardValueSet", "name": "LeadStatus"}
    change_by_hand(org, change | {"add_value": "Working - Meeting"})
    change_by_hand(org, change | {"deactivate_value": "Working - Contacted"})
    assert [(row["ApiName"], row["SortOrder"], row["IsConverted"], row["IsDefault"]) for row in statuses(org)] == [
        ("Open - Not Contacted", 1, False, True),
        ("Closed - Converted", 2, True, False),
        ("Closed - Not Converted", 3, False, False),
        ("Working - Meeting", 4, False, False),
    ]
    change_by_hand(org, change | {"add_value": "Working - Contacted"})
    picklist = {one.value: one.active for one in org.schema.sobject("Lead").field("Status").picklist}
    assert picklist["Working - Contacted"] is True
    assert [row["ApiName"] for row in statuses(org)][-2:] == ["Working - Meeting", "Working - Contacted"]


def test_one_status_stays_converted_and_one_closed(org: Org) -> None:
    for name, value, word in (("LeadStatus", "Closed - Converted", "converted"), ("TaskStatus", "Completed", "closed")):
        with pytest.raises(ValueError, match=f"{name}: At least one active value of {name} must be {word}"):
            change_by_hand(org, {"component": "StandardValueSet", "name": name, "deactivate_value": value})


def statuses(org: Org) -> list[dict[str, Any]]:
    return org.rows.select("LeadStatus", order=[("SortOrder", "asc")])


def test_a_flow_off_and_on(org: Org) -> None:
    change_by_hand(org, {"by": BOB, "flow": "Stamp", "active": 0})
    assert org.metadata.active_flows() == []
    change_by_hand(org, {"by": BOB, "flow": "Stamp", "active": 1})
    named = 'Unique Name "Stamp"'
    assert entered(org) == [
        (BOB, f'Deactivated flow with Name "Stamp" and {named}'),
        (BOB, f'Activated flow version #1 "Stamp" for flow with {named}'),
    ]


def test_records_of_people_queues_grants_and_hours(org: Org) -> None:
    rep = org.rows.select("User")[2]
    member = {"GroupId": {"queue": "Backup"}, "UserOrGroupId": {"user": "rep@x.example"}}
    grant = {"ParentId": {"permission_set": "Reps"}, "Field": "Lead.Due__c"}
    for change in (
        {"record": "GroupMember", "where": member, "deleted": True},
        {"record": "User", "where": {"Username": "rep@x.example"}, "set": {"IsActive": False}},
        {"record": "FieldPermissions", "where": grant, "set": {"PermissionsEdit": False}},
        {"record": "BusinessHours", "where": {"Name": "Default"}, "set": {"MondayStartTime": "08:00:00.000Z"}},
    ):
        change_by_hand(org, {"by": BOB} | change)
    assert [text for who, text in entered(org) if who == BOB] == [
        "Changed membership for Queue Backup",
        f"Deactivated user Rep (UserID: [{rep['Id'][:15]}])",
        "Changed permission set Reps: field-level security for Lead: A label was changed from Edit to Read",
        "Changed business hours Default",
    ]


def test_a_component_is_deleted(org: Org) -> None:
    change_by_hand(org, {"by": BOB, "component": "PermissionSet", "name": "Reps", "deleted": True})
    assert org.rows.select("PermissionSet") == []
    assert entered(org) == [(BOB, "Deleted permission set Reps")]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "A change by hand is of a component, a flow or a record."),
        ({"component": "Layout", "name": "x"},
         "There are no components of type 'Layout' that could be changed by hand."),
        ({"component": "CustomField", "name": "Lead.No__c"},
         "There is no CustomField 'Lead.No__c' that could be changed by hand."),
        ({"component": "CustomMetadata", "name": "Policy.Demo", "set": {"No__c": 1}},
         "Policy__mdt has no field 'No__c'."),
        ({"component": "StandardValueSet", "name": "LeadSource", "deactivate_value": "No"},
         "StandardValueSet LeadSource has no value 'No'."),
        ({"flow": "No", "active": 0}, "There is no flow 'No'."),
        ({"flow": "Stamp", "active": 7}, "no Flow version named Stamp-7 found"),
        ({"record": "User", "where": {"Username": "no"}, "set": {}}, "There is no User of {'Username': 'no'}."),
        ({"record": "User", "where": {"Usrname": "no"}}, "User has no field 'Usrname'."),
    ],
)  # fmt: skip
def test_mistakes_are_explained(org: Org, change: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        change_by_hand(org, {"by": BOB} | change)
    assert str(caught.value) == text
    assert entered(org) == []

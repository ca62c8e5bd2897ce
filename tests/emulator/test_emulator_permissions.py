import pytest

from provisioner.emulator.salesforce.state.schema import FieldDef

DUE = FieldDef("Due__c", "Due", "datetime", custom=True)


@pytest.fixture
def org(org_in_process):
    org_in_process.schema.add_field("Lead", DUE)
    return org_in_process


def grant(org, name, *, read, edit, sobject="Lead", field="Due__c", assign=True):
    held = org.rows.insert("PermissionSet", {"Name": name, "Label": name})
    facts = {"ParentId": held, "SobjectType": sobject, "Field": f"{sobject}.{field}"}
    org.rows.insert("FieldPermissions", facts | {"PermissionsRead": read, "PermissionsEdit": edit})
    if assign:
        org.rows.insert("PermissionSetAssignment", {"PermissionSetId": held, "AssigneeId": org.admin_id})


def may(org, sobject="Lead", field="Due__c"):
    definition = org.schema.sobject(sobject)
    item = definition.field(field)
    return (
        org.permissions.readable(org.admin_id, definition, item),
        org.permissions.editable(org.admin_id, definition, item),
    )


def test_nobody_sees_a_new_custom_field(org):
    assert may(org) == (False, False)


def test_a_grant_must_be_assigned_and_say_yes(org):
    grant(org, "Elsewhere", read=True, edit=True, assign=False)
    assert may(org) == (False, False)
    grant(org, "Nothing", read=False, edit=False)
    assert may(org) == (False, False)


def test_several_permission_sets_add_up(org):
    grant(org, "Reader", read=True, edit=False)
    assert may(org) == (True, False)
    grant(org, "Writer", read=True, edit=True)
    grant(org, "Late_Reader", read=True, edit=False)
    assert may(org) == (True, True)


def test_standard_required_and_setup_fields_are_free(org):
    org.schema.add_field("Lead", FieldDef("Must__c", "Must", "string", length=5, nillable=False, custom=True))
    assert may(org, field="Must__c") == (True, True)
    assert may(org, field="LeadSource") == (True, True)


def test_a_grant_on_an_event_counts_for_the_task(org):
    org.schema.add_field("Task", FieldDef("Touch__c", "Touch", "boolean", custom=True))
    assert may(org, "Task", "Touch__c") == (False, False)
    grant(org, "Touches", read=True, edit=True, sobject="Event", field="Touch__c")
    assert may(org, "Task", "Touch__c") == (True, True)


def test_a_grant_that_is_undone_is_gone(org):
    with pytest.raises(LookupError), org.transaction():
        grant(org, "Reader", read=True, edit=False)
        assert may(org) == (True, False)
        raise LookupError
    assert may(org) == (False, False)

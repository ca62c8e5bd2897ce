from datetime import UTC, date, datetime, time, timedelta

import pytest

from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.state.rows import And, Compare, Not, Or
from provisioner.emulator.salesforce.state.schema import FieldDef, PicklistValue, SObjectDef

NOW = datetime(2026, 1, 5, 14, tzinfo=UTC)


def lead(org, **values):
    return org.rows.insert("Lead", {"LastName": "Doe", "Company": "Acme", "OwnerId": org.admin_id} | values)


def test_an_insert_fills_id_audit_fields_name_and_checkboxes(org_in_process):
    org = org_in_process
    row = org.rows.get("lead", lead(org, FirstName="Jane"))
    filled = {name: value for name, value in row.items() if value is not None and value is not False}
    assert filled == {
        "Id": "00Q000000000001EAA",
        "LastName": "Doe",
        "FirstName": "Jane",
        "Name": "Jane Doe",
        "Company": "Acme",
        "OwnerId": org.admin_id,
        "CreatedDate": NOW,
        "CreatedById": org.admin_id,
        "LastModifiedDate": NOW,
        "LastModifiedById": org.admin_id,
        "SystemModstamp": NOW,
    }
    assert row["IsConverted"] is False


def test_an_update_stamps_the_modifier_and_takes_short_ids(org_in_process):
    org = org_in_process
    record_id = lead(org)
    user = org.rows.insert("User", {"Username": "rep@x.example", "LastName": "Rep"})
    org.move_clock(NOW + timedelta(minutes=3))
    org.rows.update("Lead", record_id[:15], {"lastname": "Roe", "Title": ""}, user_id=user)
    row = org.rows.get("Lead", record_id[:15])
    assert (row["Name"], row["Title"], row["LastModifiedById"]) == ("Roe", None, user)
    assert (row["CreatedDate"], row["LastModifiedDate"]) == (NOW, NOW + timedelta(minutes=3))


def test_unknown_names_and_misfits_are_refused(org_in_process):
    org = org_in_process
    with pytest.raises(KeyError):
        lead(org, Nonsense="x")
    with pytest.raises(KeyError):
        org.rows.update("Lead", "00Q000000000009", {"Title": "x"})
    with pytest.raises(TypeError) as refusal:
        lead(org, NumberOfEmployees="many")
    assert str(refusal.value) == "NumberOfEmployees is a int and cannot hold 'many'."
    with pytest.raises(TypeError):
        lead(org, ConvertedDate=NOW)


def test_a_deleted_record_lies_in_the_recycle_bin(org_in_process):
    org = org_in_process
    record_id = lead(org)
    org.rows.delete("Lead", record_id)
    assert org.rows.get("Lead", record_id) is None
    assert org.rows.select("Lead") == []
    assert [row["Id"] for row in org.rows.select("Lead", deleted=True)] == [record_id]
    assert org.rows.get("Lead", record_id, deleted=True)["IsDeleted"] is True


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (Compare("LeadSource", "=", "wEb"), "A"),
        (Compare("LeadSource", "!=", "web"), "BC"),  # null is not 'web'
        (Compare("LeadSource", "=", None), "C"),
        (Compare("LeadSource", "=", ""), "C"),
        (Compare("LeadSource", "!=", None), "AB"),
        (Compare("LeadSource", "in", ["WEB", None]), "AC"),
        (Compare("LeadSource", "not in", ["WEB"]), "BC"),
        (Compare("LeadSource", "not in", [None]), "AB"),
        (Compare("LeadSource", "in", []), ""),
        (Compare("NumberOfEmployees", ">", 10), "B"),
        (Not(Compare("NumberOfEmployees", ">", 10)), "AC"),  # two-valued: null is not greater, so its negation holds
        (Compare("NumberOfEmployees", "<", None), ""),
        (Compare("LastName", "like", "_"), "ABC"),
        (Compare("LeadSource", "like", "%ÜB%"), "B"),
        (Not(Compare("LeadSource", "like", "%e%")), "C"),
        (And(Compare("LastName", ">", "A"), Compare("LastName", "<=", "c")), "BC"),
        (Or(Compare("LastName", "=", "a"), Compare("NumberOfEmployees", ">=", 50)), "AB"),
        (And(), "ABC"),
        (Or(), ""),
    ],
)
def test_conditions_compare_as_soql_does(org_in_process, condition, names):
    lead(org_in_process, LastName="A", LeadSource="Web", NumberOfEmployees=10)
    lead(org_in_process, LastName="B", LeadSource="Überweisung", NumberOfEmployees=50)
    lead(org_in_process, LastName="C")
    found = org_in_process.rows.select("Lead", condition, order=[("LastName", "asc")])
    assert "".join(row["LastName"] for row in found) == names


def test_order_and_limit(org_in_process):
    for name in "bca":
        lead(org_in_process, LastName=name)
    found = org_in_process.rows.select("Lead", order=[("LastName", "desc")], limit=2)
    assert [row["LastName"] for row in found] == ["c", "b"]
    with pytest.raises(ValueError, match=r"^Order is 'asc' or 'desc', not 'up'\.$"):
        org_in_process.rows.select("Lead", order=[("LastName", "up")])


def test_every_type_comes_back_as_it_went_in(org_in_process):
    org = org_in_process
    names = ("datetime", "date", "time", "boolean", "double", "int", "longtextarea", "multipicklist")
    fields = tuple(FieldDef(f"F_{name}__c", name, name, custom=True) for name in names)
    base = (FieldDef("Id", "Id", "id", nillable=False),)
    org.schema.add_object(SObjectDef("Thing__c", "Thing", "a00", custom=True, fields=base + fields))
    values = {
        "F_datetime__c": datetime(2026, 3, 29, 1, 30, 15, tzinfo=UTC),
        "F_date__c": date(2026, 3, 29),
        "F_time__c": time(9, 30),
        "F_boolean__c": True,
        "F_double__c": 1.25,
        "F_int__c": 7,
        "F_longtextarea__c": "two\nlines",
        "F_multipicklist__c": "a;b",
    }
    record_id = org.rows.insert("Thing__c", values)
    assert org.rows.get("Thing__c", record_id) == values | {"Id": "a00000000000001AAA"}


def test_a_transaction_undoes_rows_schema_outbox_and_nests(org_in_process):
    org = org_in_process
    kept = lead(org, LastName="Kept")
    with pytest.raises(LookupError), org.transaction():
        lead(org, LastName="Gone")
        org.schema.add_field("Lead", FieldDef("X__c", "X", "string", length=10, custom=True))
        org.outbox.record(org.now, "bell", ["a@x.example"], "s", "b", None, "Flow/Path")
        raise LookupError
    assert [row["Id"] for row in org.rows.select("Lead")] == [kept]
    assert not org.schema.sobject("Lead").has("X__c")
    assert org.outbox.messages() == []
    with org.transaction():
        lead(org, LastName="Outer")
        with pytest.raises(LookupError), org.transaction():
            lead(org, LastName="Inner")
            raise LookupError
    assert [row["LastName"] for row in org.rows.select("Lead")] == ["Kept", "Outer"]


def test_a_custom_field_of_an_activity_is_on_task_and_event(org_in_process):
    schema = org_in_process.schema
    schema.add_field("Task", FieldDef("Touch__c", "Touch", "boolean", custom=True))
    record_id = org_in_process.rows.insert("Event", {"Touch__c": True})
    assert org_in_process.rows.get("Event", record_id)["Touch__c"] is True
    schema.remove_field("Activity", "Touch__c")
    assert [schema.sobject(name).has("Touch__c") for name in ("Activity", "Task", "Event")] == [False] * 3


def test_replacing_a_formula_by_a_stored_field_makes_room_for_it(org_in_process):
    org = org_in_process
    org.schema.add_field("Lead", FieldDef("X__c", "X", "double", formula="1", custom=True))
    record_id = lead(org)
    assert "X__c" not in org.rows.get("Lead", record_id)
    org.schema.replace_field("Lead", FieldDef("X__c", "X", "double", precision=5, custom=True))
    org.rows.update("Lead", record_id, {"X__c": 3})
    assert org.rows.get("Lead", record_id)["X__c"] == 3.0


def test_a_file_keeps_schema_rows_settings_clock_and_numbers(tmp_path):
    org = assembled(tmp_path / "org.sqlite")
    first = lead(org)
    choice = PicklistValue("A", "Letter A", default=True)
    item = FieldDef("P__c", "P", "picklist", picklist=(choice,), restricted=True, custom=True)
    org.schema.add_field("Lead", item)
    org.settings.change({"name": "Kept Org"})
    org.keep_settings()
    org.move_clock(NOW + timedelta(days=1))
    org.close()
    again = assembled(tmp_path / "org.sqlite")
    assert again.rows.get("Lead", first)["LastName"] == "Doe"
    assert again.schema.sobject("Lead").field("p__C") == item
    assert (again.settings.name, again.now) == ("Kept Org", NOW + timedelta(days=1))
    assert lead(again) == "00Q000000000002EAA"
    again.close()


def test_reset_leaves_the_standard_seed(org_in_process):
    org = org_in_process
    lead(org)
    org.schema.add_field("Lead", FieldDef("X__c", "X", "string", custom=True))
    org.move_clock(NOW + timedelta(days=1))
    org.reset()
    assert (org.now, org.rows.select("Lead"), org.schema.sobject("Lead").has("X__c")) == (NOW, [], False)
    assert [row["Username"] for row in org.rows.select("User")] == ["admin@example.com"]
    assert org.settings.default_workflow_user == org.admin_id

"""Custom objects with records: how they are deployed, counted, related, deleted, and who may see them."""

from __future__ import annotations

import pytest
from built_org import Built, custom_object, field, lookup, whole
from flow_parts import after, filters, flow, get, node, sets
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator.salesforce.ids import make_id
from provisioner.emulator.salesforce.state.rows import counted
from provisioner.emulator.salesforce.state.schema import FieldDef

LEAD = lookup("Lead__c", "Lead", "Changes")
STAGE = field("Stage__c", "Text", "<length>80</length>")
AGE = field(
    "Age__c",
    "Number",
    "<formula>(Left_At__c - Entered_At__c) * 1440</formula><formulaTreatBlanksAs>BlankAsBlank</formulaTreatBlanksAs>",
    "<precision>18</precision><scale>1</scale>",
)
TIMES = field("Entered_At__c", "DateTime") + field("Left_At__c", "DateTime")


def objects(*fields: str, **facts: str) -> dict[str, str]:
    return {"objects/Change__c.object": custom_object(*fields, **facts)}


def test_records_are_numbered_in_the_display_format(built: Built) -> None:
    built.deploy(objects(STAGE))
    built.insert("Change__c", Stage__c="a")
    built.insert("Change__c", Stage__c="b")
    assert built.all("Change__c", "Name", "Stage__c") == [("C-0001", "a"), ("C-0002", "b")]
    assert built.refused("insert", "Change__c", Name="X") == [
        "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create fields: Name. Please check the security settings of this "
        "field and verify that it is read/write for your profile or permission set."
    ]


@given(st.integers(1, 10**9), st.integers(0, 10**6), st.integers(1, 10))
def test_a_number_is_padded_never_cut(number: int, first: int, zeros: int) -> None:
    item = FieldDef("Name", "Name", "string", auto_number=f"A{{{'0' * zeros}}}/Z", first_number=first)
    shown = counted(item, make_id("a00", number))
    assert shown.startswith("A")
    assert shown.endswith("/Z")
    assert int(shown[1:-2]) == number - 1 + first
    assert len(shown[1:-2]) >= zeros


def test_a_flow_keeps_one_row_per_stage(built: Built) -> None:
    """The stage history of a speed-to-lead build: close the open row, open the next one."""
    built.deploy(objects(LEAD, STAGE, TIMES, AGE))
    now = "@$Flow.CurrentDateTime"
    close = node(
        "recordUpdates", "Close",
        filters(("Lead__c", "EqualTo", "@$Record.Id"), ("Left_At__c", "IsNull", True)),
        sets(Left_At__c=now), "<object>Change__c</object>", go="Open",
    )  # fmt: skip
    opened = node("recordCreates", "Open", sets(Lead__c="@$Record.Id", Stage__c="@Stage", Entered_At__c=now),
                  "<object>Change__c</object>")  # fmt: skip
    stage = "<formulas><name>Stage</name><dataType>String</dataType><expression>TEXT({!$Record.Status})</expression></formulas>"  # noqa: E501
    entry = "<filterFormula>OR(ISNEW(), ISCHANGED({!$Record.Status}))</filterFormula>"
    built.flow("Stages", flow(after(entry, first="Close"), close, opened, stage))
    lead = built.lead()
    built.after(minutes=90)
    built.update("Lead", lead, Status="Working - Contacted")
    built.update("Lead", lead, Title="same stage")
    rows = built.org.rows.select("Change__c")
    assert [(row["Stage__c"], row["Lead__c"], row["Left_At__c"] is None) for row in rows] == [
        ("Open - Not Contacted", lead, False), ("Working - Contacted", lead, True)]  # fmt: skip
    item = built.org.schema.sobject("Change__c").field("Age__c")
    assert built.org.automation.formula_value("Change__c", item, rows[0], built.admin) == 90.0


def test_a_flow_on_the_custom_object_itself(built: Built) -> None:
    built.deploy(objects(LEAD, STAGE))
    step = node("recordUpdates", "Tell", filters(("Id", "EqualTo", "@Find.Id")), sets(Title="@$Record.Name"),
                "<object>Lead</object>")  # fmt: skip
    start = after(first="Find").replace("<object>Lead</object>", "<object>Change__c</object>")
    built.flow("Tell", flow(start, get("Find", "Lead", ("Id", "EqualTo", "@$Record.Lead__c"), go="Tell"), step))
    lead = built.lead()
    built.insert("Change__c", Lead__c=lead)
    assert built.get("Lead", lead)["Title"] == "C-0001"


@pytest.mark.parametrize("constraint", ["SetNull", "Restrict", "Cascade"])
def test_what_deleting_a_lead_does_to_what_points_to_it(built: Built, constraint: str) -> None:
    built.deploy(objects(lookup("Lead__c", "Lead", "Changes", constraint)))
    lead = built.lead()
    built.insert("Change__c", Lead__c=lead)
    refused = built.refused("delete", "Lead", Id=lead)
    if constraint == "Restrict":
        assert refused == [
            "DELETE_FAILED: Your attempt to delete Moss could not be completed because it is associated with the "
            "following changes.: C-0001"
        ]
        assert len(built.all("Lead", "Id")) == 1
    else:
        assert refused == []
        assert built.all("Change__c", "Lead__c") == ([(None,)] if constraint == "SetNull" else [])


MASTER = field("Account__c", "MasterDetail", "<referenceTo>Account</referenceTo>",
               "<relationshipName>Changes</relationshipName>")  # fmt: skip


def test_details_go_with_their_master_and_have_no_owner(built: Built) -> None:
    built.deploy(objects(MASTER, sharing="ControlledByParent"))
    account, other = built.insert("Account", Name="A"), built.insert("Account", Name="B")
    detail = built.insert("Change__c", Account__c=account)
    assert "OwnerId" not in built.get("Change__c", detail)
    assert built.refused("insert", "Change__c") == [
        "REQUIRED_FIELD_MISSING: Required fields are missing: [Account__c]"]  # fmt: skip
    (fixed,) = built.refused("update", "Change__c", Id=detail, Account__c=other)
    assert fixed.startswith("INVALID_FIELD_FOR_INSERT_UPDATE: Unable to update fields: Account__c.")
    assert built.refused("delete", "Account", Id=account) == []
    assert built.all("Change__c", "Id") == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (objects(sharing="ControlledByParent"), ["Change__c: Cannot set sharingModel to ControlledByParent on a "
         "CustomObject without a MasterDetail relationship field"]),
        (objects(MASTER.replace(">Account<", ">Lead<"), sharing="ControlledByParent"),
         ["Change__c.Account__c: Lead cannot be the master of a master-detail relationship"]),
        (objects(MASTER), ["Change__c.Account__c: A master-detail field needs a custom object with sharingModel "
         "ControlledByParent"]),
        (objects(lookup("Who__c", "Nobody__c", "Changes")),
         ["Change__c.Who__c: referenceTo value of 'Nobody__c' does not resolve to a valid sObject type"]),
        (objects(LEAD, lookup("Other__c", "Lead", "Changes")),
         ["Change__c.Other__c: Duplicate child relationship name: Changes on Lead"]),
        (objects(lookup("Lead__c", "Lead", "Changes", "SetNull", "<required>true</required>")),
         ["Change__c.Lead__c: Can not specify 'SetNull' as deleteConstraint for a required lookup field"]),
        (objects(name="<label>N</label><type>AutoNumber</type>"),
         ["Change__c: Required field is missing: displayFormat"]),
        (objects(name="<displayFormat>{YYYY}-{0}</displayFormat><label>N</label><type>AutoNumber</type>"),
         ["Change__c: NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the display format {YYYY}-{0}."]),
        (objects(name="<type>Text</type>"), ["Change__c: Required field is missing: label"]),
        (objects(field("Left__c", "DateTime", "<trackHistory>true</trackHistory>")),
         ["Change__c.Left__c: The entity: Change__c does not have history tracking enabled"]),
    ],
)  # fmt: skip
def test_a_mistake_in_an_object_is_named(built: Built, files: dict[str, str], expected: list[str]) -> None:
    assert built.failures(files) == expected
    assert not built.org.schema.has("Change__c")


def test_activities_relate_to_records_of_an_object_that_has_them(built: Built) -> None:
    built.deploy(objects(extra="<enableActivities>true</enableActivities>"))
    change = built.insert("Change__c")
    task = built.insert("Task", Subject="x", WhatId=change, Status="Not Started", Priority="Normal")
    assert built.get("Task", task)["WhatId"] == change
    assert built.failures({}, {"CustomObject": ["Change__c"]}) == []
    assert built.org.schema.sobject("Task").field("WhatId").reference_to == ("Account", "Opportunity")


GRANT = whole(
    "PermissionSet",
    "<fieldPermissions><editable>true</editable><field>Change__c.Stage__c</field><readable>true</readable>"
    "</fieldPermissions><label>P</label><objectPermissions><allowCreate>true</allowCreate><allowDelete>false"
    "</allowDelete><allowEdit>{edit}</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>"
    "<object>Change__c</object><viewAllRecords>false</viewAllRecords></objectPermissions>",
)


@pytest.mark.parametrize(("edit", "expected"), [("true", "edit"), ("false", "read")])
def test_an_object_is_closed_to_a_user_until_a_permission_set_opens_it(built: Built, edit: str, expected: str) -> None:
    built.deploy(objects(STAGE) | {"permissionsets/P.permissionset": GRANT.format(edit=edit)})
    org, user = built.org, built.user("rep@x.example", "Rep")
    org.settings.access[user] = {"permissions": ["ApiEnabled"], "objects": {}}
    definition = org.schema.sobject("Change__c")
    assert not org.access.readable(user, definition)
    held = org.rows.select("PermissionSet")[0]["Id"]
    org.rows.insert("PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": held})
    assert org.access.readable(user, definition)
    assert org.access._level(user, definition) == expected


def test_an_object_goes_with_everything_that_hangs_on_it(built: Built) -> None:
    files = objects(LEAD, STAGE, extra="<enableHistory>true</enableHistory>")
    built.deploy(files | {"permissionsets/P.permissionset": GRANT.format(edit="true")})
    built.insert("Change__c", Stage__c="a")
    assert built.failures({}, {"CustomObject": ["Change__c"]}) == []
    org = built.org
    assert (built.all("ObjectPermissions", "Id"), built.all("FieldPermissions", "Id")) == ([], [])
    assert not org.schema.has("Change__c")
    assert not org.schema.has("Change__History")
    component = org.metadata.get("PermissionSet", "P")
    assert component is not None
    assert b"Change__c" not in component.body
    built.deploy(objects(LEAD))
    assert org.schema.sobject("Change__c").has("Lead__c")


def test_an_object_that_a_flow_names_stays(built: Built) -> None:
    built.deploy(objects(STAGE))
    built.flow("F", flow(after(first="G"), get("G", "Change__c", ("Stage__c", "EqualTo", "x"))))
    text = "Change__c: This custom object is referenced elsewhere in salesforce.com. : Flow F-1"
    assert built.failures({}, {"CustomObject": ["Change__c"]}) == [text]


def test_a_flow_writes_what_the_person_who_saves_may_not(built: Built) -> None:
    """Flows of records run in system context: a lead saved by the rep leaves a row that the rep could not make."""
    from provisioner.emulator.salesforce.rest.writing import save

    built.deploy(objects(LEAD, STAGE))
    made = node("recordCreates", "Make", sets(Lead__c="@$Record.Id", Stage__c="new"), "<object>Change__c</object>")
    built.flow("F", flow(after(first="Make", event="Create"), made))
    org, rep = built.org, built.user("rep@x.example", "Rep")
    org.settings.access[rep] = {"permissions": ["ApiEnabled"], "objects": {"lead": "edit"}}
    (refused,) = save(org, "insert", org.schema.sobject("Change__c"), [{"Stage__c": "x"}], user_id=rep)
    assert [str(error) for error in refused.errors] == [
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: entity type cannot be inserted: Change"
    ]
    (done,) = save(org, "insert", org.schema.sobject("Lead"), [{"LastName": "M", "Company": "A"}], user_id=rep)
    assert done.success
    assert built.all("Change__c", "Lead__c", "Stage__c", "CreatedById") == [(done.id, "new", rep)]

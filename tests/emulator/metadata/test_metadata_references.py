"""What a component names must be there (reference section 10), and what is named stays."""

from __future__ import annotations

import pytest
from metadata_packages import (
    deploy,
    destructive,
    example,
    field,
    field_package,
    file,
    flow,
    flow_package,
    lead,
    package,
    problems,
)  # fmt: skip

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.metadata.packages import archive
from provisioner.emulator.salesforce.soql import query
from provisioner.emulator.salesforce.state.org import Org

SCHEMAS = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
SHAPE = "<label>X</label><pluralLabel>Xs</pluralLabel>"
META = file("ApexClass", "<apiVersion>66.0</apiVersion><status>Active</status>")


def test_a_request_that_is_too_large(org_in_process: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 10 row 3. The size that counts is that of the base64 text."""
    data = package({}, {"flows/F.flow": "x" * 600})
    monkeypatch.setattr(archive, "MAX_REQUEST", len(data) * 4 // 3 - 1)
    text = f"Maximum size of request reached. Maximum size of request is {archive.MAX_REQUEST} bytes."
    assert deploy(org_in_process, data).error == ("LIMIT_EXCEEDED", text)
    monkeypatch.setattr(archive, "MAX_REQUEST", len(data) * 4 // 3)
    assert deploy(org_in_process, data).error is None


def linked_types(value: str) -> bytes:
    """Two custom metadata types, the second pointing to a record of the first."""
    link = field("Plan__c", "MetadataRelationship", "<referenceTo>Plan__mdt</referenceTo>"
                 "<relationshipLabel>Steps</relationshipLabel><relationshipName>Steps</relationshipName>")  # fmt: skip
    values = f'<values><field>Plan__c</field><value xsi:type="xsd:string">{value}</value></values>'
    plain = "<label>L</label><protected>false</protected>"
    return package(
        {"CustomObject": ["Plan__mdt", "Step__mdt"], "CustomMetadata": ["Plan.A", "Step.One"]},
        {
            "objects/Plan__mdt.object": file("CustomObject", SHAPE),
            "objects/Step__mdt.object": file("CustomObject", link + SHAPE),
            "customMetadata/Plan.A.md": file("CustomMetadata", plain, SCHEMAS),
            "customMetadata/Step.One.md": file("CustomMetadata", plain + values, SCHEMAS),
        },
    )


def test_a_record_points_to_a_record_that_is_there(org_in_process: Org) -> None:
    """Section 10 row 12."""
    assert problems(deploy(org_in_process, linked_types("B"))) == [
        ("CustomMetadata", "Step.One", "no CustomMetadata named Plan.B found")
    ]
    assert problems(deploy(org_in_process, linked_types("A"))) == []
    kept = deploy(org_in_process, destructive({"CustomMetadata": ["Plan.A"]}))
    text = "This custom metadata record is referenced elsewhere in salesforce.com. : Step__mdt.Plan__c"
    assert problems(kept) == [("CustomMetadata", "Plan.A", text)]


def test_an_email_template_needs_its_folder(org_in_process: Org) -> None:
    """Section 10 row 37."""
    files: dict[str, str | bytes] = {
        "email/SLA/SLA_Breached.email": example("email/SLA/SLA_Breached.email"),
        "email/SLA/SLA_Breached.email-meta.xml": example("email/SLA/SLA_Breached.email-meta.xml"),
    }
    outcome = deploy(org_in_process, package({"EmailTemplate": ["SLA/SLA_Breached"]}, files))
    assert problems(outcome) == [("EmailTemplate", "SLA/SLA_Breached", "Cannot find folder:SLA")]


def test_an_alert_needs_its_template_and_its_people(org_in_process: Org) -> None:
    """Section 10 rows 42 and 43."""
    people = "<recipients><recipient>who@example.com</recipient><type>user</type></recipients>"
    alert = (
        "<alerts><fullName>A</fullName><description>A</description><protected>false</protected>{}"
        "<senderType>CurrentUser</senderType><template>{}</template></alerts>"
    )
    members = {"Workflow": ["Lead"], "EmailTemplate": ["SLA", "SLA/SLA_Breached"]}
    files: dict[str, str | bytes] = {
        path: example(path)
        for path in ("email/SLA-meta.xml", "email/SLA/SLA_Breached.email", "email/SLA/SLA_Breached.email-meta.xml")
    }
    for body, text in (
        (alert.format("", "SLA/Nope"), "In field: template - no EmailTemplate named SLA/Nope found"),
        (alert.format(people, "SLA/SLA_Breached"), "In field: recipient - no User named who@example.com found"),
    ):
        outcome = deploy(org_in_process, package(members, {**files, "workflows/Lead.workflow": file("Workflow", body)}))
        assert problems(outcome) == [("WorkflowAlert", "Lead.A", text)]


def test_a_list_view_has_a_scope_the_server_knows(org_in_process: Org) -> None:
    """Section 10 row 44."""
    view = "<listViews><fullName>V</fullName><filterScope>{}</filterScope><label>V</label></listViews>"
    for scope, found in (
        ("SalesTeam", "Invalid scope:SalesTeam, not allowed"),
        ("Queue", "Required field is missing: queue"),
    ):
        files: dict[str, str | bytes] = {"objects/Lead.object": lead(view.format(scope))}
        outcome = deploy(org_in_process, package({"ListView": ["Lead.V"]}, files))
        assert problems(outcome) == [("ListView", "Lead.V", found)]


def test_name_fields_are_text_or_count(org_in_process: Org) -> None:
    body = file("CustomObject", "<label>T</label><nameField><displayFormat>T-{0}</displayFormat><label>N</label>"
                "<type>Email</type></nameField><pluralLabel>Ts</pluralLabel>"
                "<deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel>")  # fmt: skip
    outcome = deploy(org_in_process, package({"CustomObject": ["T__c"]}, {"objects/T__c.object": body}))
    text = "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model name fields other than Text and AutoNumber."
    assert problems(outcome) == [("CustomObject", "T__c", text)]


def test_a_field_that_apex_names_stays(org_in_process: Org) -> None:
    org = org_in_process
    assert problems(deploy(org, field_package("A__c", "Date"))) == []
    body = "public class Uses { void go(Lead one) { one.A__c = null; } }"
    files: dict[str, str | bytes] = {"classes/Uses.cls": body, "classes/Uses.cls-meta.xml": META}
    assert problems(deploy(org, package({"ApexClass": ["Uses"]}, files))) == []
    text = "This custom field is referenced elsewhere in salesforce.com. : ApexClass Uses"
    removal = destructive({"CustomField": ["Lead.A__c"]})
    assert problems(deploy(org, removal)) == [("CustomField", "Lead.A__c", text)]
    files["classes/Uses.cls"] = "public class Uses { /* one.A__c */ }"
    assert problems(deploy(org, package({"ApexClass": ["Uses"]}, files))) == []
    assert problems(deploy(org, removal)) == []


def test_an_object_that_a_lookup_points_to_stays(org_in_process: Org) -> None:
    org = org_in_process
    name = "<nameField><label>Name</label><type>Text</type></nameField>"
    thing = file("CustomObject", f"<deploymentStatus>Deployed</deploymentStatus><label>T</label>{name}"
                 "<pluralLabel>Ts</pluralLabel><sharingModel>ReadWrite</sharingModel>")  # fmt: skip
    link = field("T__c", "Lookup", "<referenceTo>Thing__c</referenceTo><relationshipLabel>Leads</relationshipLabel>"
                 "<relationshipName>Leads</relationshipName>")  # fmt: skip
    files: dict[str, str | bytes] = {"objects/Thing__c.object": thing, "objects/Lead.object": lead(link)}
    members = {"CustomObject": ["Thing__c"], "CustomField": ["Lead.T__c"]}
    assert problems(deploy(org, package(members, files))) == []
    removal = destructive({"CustomObject": ["Thing__c"]})
    text = "This custom object is referenced elsewhere in salesforce.com. : Lead.T__c"
    assert problems(deploy(org, removal)) == [("CustomObject", "Thing__c", text)]
    assert problems(deploy(org, destructive({"CustomField": ["Lead.T__c"]}))) == []
    assert problems(deploy(org, removal)) == []


def test_a_permission_set_names_flows_that_are_there(org_in_process: Org) -> None:
    org = org_in_process
    access = "<flowAccesses><enabled>true</enabled><flow>Stamp</flow></flowAccesses><label>P</label>"
    data = package({"PermissionSet": ["P"]}, {"permissionsets/P.permissionset": file("PermissionSet", access)})
    refused = [("PermissionSet", "P", "In field: flow - no Flow named Stamp found")]
    assert problems(deploy(org, data)) == refused
    assert problems(deploy(org, flow_package("one"))) == []
    assert problems(deploy(org, data)) == []


def test_roles_are_no_members_here(org_in_process: Org) -> None:
    members = "<queueMembers><roles><role>Sales</role></roles></queueMembers>"
    body = file("Queue", f"<name>Q</name>{members}<queueSobject><sobjectType>Lead</sobjectType></queueSobject>")
    outcome = deploy(org_in_process, package({"Queue": ["Q"]}, {"queues/Q.queue": body}))
    text = "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model roles of a Queue."
    assert problems(outcome) == [("Queue", "Q", text)]


def test_a_group_goes_with_its_memberships(org_in_process: Org) -> None:
    org = org_in_process
    for name in ("G", "Other"):
        deploy(org, package({"Group": [name]}, {f"groups/{name}.group": file("Group", f"<name>{name}</name>")}))
    ids = {row["DeveloperName"]: row["Id"] for row in org.rows.select("Group")}
    org.rows.insert("GroupMember", {"GroupId": ids["G"], "UserOrGroupId": org.admin_id})
    org.rows.insert("GroupMember", {"GroupId": ids["Other"], "UserOrGroupId": ids["G"]})
    org.rows.insert("GroupMember", {"GroupId": ids["Other"], "UserOrGroupId": org.admin_id})
    assert problems(deploy(org, destructive({"Group": ["G"]}))) == []
    left = [(row["GroupId"], row["UserOrGroupId"]) for row in org.rows.select("GroupMember")]
    assert left == [(ids["Other"], org.admin_id)]


def test_a_global_value_set_goes_when_no_picklist_uses_it(org_in_process: Org) -> None:
    org = org_in_process
    value = "<customValue><fullName>A</fullName><default>false</default><label>A</label></customValue>"
    sets = file("GlobalValueSet", f"{value}<masterLabel>S</masterLabel><sorted>false</sorted>")
    files: dict[str, str | bytes] = {f"globalValueSets/{name}.globalValueSet": sets for name in ("Used", "Free")}
    files["objects/Lead.object"] = lead(
        field("P__c", "Picklist", "<valueSet><valueSetName>Used</valueSetName></valueSet>")
    )
    members = {"GlobalValueSet": ["Used", "Free"], "CustomField": ["Lead.P__c"]}
    assert problems(deploy(org, package(members, files))) == []
    outcome = deploy(org, destructive({"GlobalValueSet": ["Free", "Used"]}), rollback_on_error=False)
    assert problems(outcome) == [("GlobalValueSet", "Used", "The global value set Used is used by a picklist.")]
    assert org.metadata.get("GlobalValueSet", "Free") is None


def test_problems_of_a_flow_have_no_place(org_in_process: Org) -> None:
    body = flow("Bad", "Active", "", "<object>Nope__c</object><recordTriggerType>Create</recordTriggerType>"
                "<triggerType>RecordAfterSave</triggerType>")  # fmt: skip
    outcome = deploy(org_in_process, package({"Flow": ["Bad"]}, {"flows/Bad.flow": body}))
    text = "OBJECT_NOT_FOUND: The start uses the object Nope__c, which doesn't exist."
    assert [(one.problem, one.line, one.column) for one in outcome.failures] == [(text, None, None)]
    shown = outcome.failures[0].to_json("2026-01-05T14:00:00.000Z")
    assert not {"lineNumber", "columnNumber"} & set(shown)


ASYNC = (
    "<connector><targetReference>Set</targetReference></connector>"
    "<doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria><filterLogic>and</filterLogic>"
    "<filters><field>Company</field><operator>EqualTo</operator><value><stringValue>A</stringValue></value></filters>"
    "<object>Lead</object><recordTriggerType>Update</recordTriggerType><scheduledPaths><connector>"
    "<targetReference>Set</targetReference></connector><pathType>AsyncAfterCommit</pathType></scheduledPaths>"
    "<triggerType>RecordAfterSave</triggerType>"
)
UPDATE = (
    "<recordUpdates><name>Set</name><label>Set</label><locationX>0</locationX><locationY>0</locationY>"
    "<inputAssignments><field>Title</field><value><stringValue>x</stringValue></value></inputAssignments>"
    "<inputReference>$Record</inputReference></recordUpdates>"
)


def test_the_view_of_a_flow_says_whether_it_has_an_asynchronous_path(org_in_process: Org) -> None:
    org = org_in_process
    for name, start in (("Later", ASYNC), ("Bare", "")):
        body = flow(name, "Active", UPDATE if start else "", start)
        assert problems(deploy(org, package({"Flow": [name]}, {f"flows/{name}.flow": body}))) == []
    assert problems(deploy(org, flow_package("one"))) == []
    soql = "SELECT ApiName, HasAsyncAfterCommitPath, TriggerType FROM FlowDefinitionView ORDER BY ApiName"
    rows = query(org, soql, user_id=org.admin_id).records()
    assert [(row["ApiName"], row["HasAsyncAfterCommitPath"], row["TriggerType"]) for row in rows] == [
        ("Bare", False, None),
        ("Later", True, "RecordAfterSave"),
        ("Stamp", False, "RecordBeforeSave"),
    ]


def test_the_metadata_column_is_for_one_row(org_in_process: Org) -> None:
    org = org_in_process
    fields = lead(field("A__c", "Date"), field("B__c", "Date"))
    deploy(org, package({"CustomField": ["Lead.A__c", "Lead.B__c"]}, {"objects/Lead.object": fields}))
    soql = "SELECT FullName FROM CustomField WHERE TableEnumOrId = 'Lead'"
    with pytest.raises(ApiError) as caught:
        query(org, soql, user_id=org.admin_id, tooling=True)
    text = (
        "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than "
        "one row for retrieval. Result size: 2"
    )
    assert (caught.value.code, caught.value.message) == ("MALFORMED_QUERY", text)


def test_a_text_formula_holds_thirteen_hundred_characters(org_in_process: Org) -> None:
    org = org_in_process
    fields = lead(
        field("T__c", "Text", "<formula>Company</formula>"),
        field("D__c", "Date", "<formula>TODAY()</formula>"),
    )
    assert (
        problems(deploy(org, package({"CustomField": ["Lead.T__c", "Lead.D__c"]}, {"objects/Lead.object": fields})))
        == []
    )
    sobject = org.schema.sobject("Lead")
    assert [(sobject.field(name).length, sobject.field(name).scale) for name in ("T__c", "D__c")] == [(1300, 0), (0, 0)]


def both_objects_have(name: str) -> bytes:
    shape = field(name, "Text", "<length>80</length>")
    files: dict[str, str | bytes] = {"objects/Lead.object": lead(shape)}
    files["objects/Contact.object"] = file("CustomObject", shape)
    return package({"CustomField": [f"Lead.{name}", f"Contact.{name}"]}, files)


@pytest.mark.parametrize(
    ("body", "start"),
    [
        (
            "",
            "<filters><field>A__c</field><operator>IsNull</operator><value><booleanValue>true</booleanValue></value>"
            "</filters>",
        ),
        (
            "<formulas><name>f</name><dataType>String</dataType><expression>{!$Record.A__c} &amp; &quot;a contact"
            "&quot;</expression></formulas>",
            "",
        ),
    ],
)
def test_a_field_of_a_contact_is_not_the_field_of_a_lead(org_in_process: Org, body: str, start: str) -> None:
    org = org_in_process
    assert problems(deploy(org, both_objects_have("A__c"))) == []
    set_it = (
        "<assignments><name>Set</name><label>Set</label><locationX>5</locationX><locationY>5</locationY>"
        "<assignmentItems><assignToReference>$Record.Description</assignToReference><operator>Assign</operator>"
        "<value><stringValue>of its contact</stringValue></value></assignmentItems></assignments>"
    )
    begin = (
        "<connector><targetReference>Set</targetReference></connector>" + start + "<object>Lead</object>"
        "<recordTriggerType>Create</recordTriggerType><triggerType>RecordBeforeSave</triggerType>"
    )
    files: dict[str, str | bytes] = {"flows/F.flow": flow("F of a contact", "Active", body + set_it, begin)}
    assert problems(deploy(org, package({"Flow": ["F"]}, files))) == []
    text = "This custom field is referenced elsewhere in salesforce.com. : Flow F-1"
    kept = problems(deploy(org, destructive({"CustomField": ["Lead.A__c"]})))
    assert kept == [("CustomField", "Lead.A__c", text)]
    assert problems(deploy(org, destructive({"CustomField": ["Contact.A__c"]}))) == []


def test_a_field_that_a_flow_reads_of_another_object_stays(org_in_process: Org) -> None:
    org = org_in_process
    assert problems(deploy(org, both_objects_have("A__c"))) == []
    look_up = (
        "<recordLookups><name>Find</name><label>Find</label><locationX>0</locationX><locationY>0</locationY>"
        "<assignNullValuesIfNoRecordsFound>false</assignNullValuesIfNoRecordsFound><filterLogic>and</filterLogic>"
        "<filters><field>A__c</field><operator>EqualTo</operator><value><stringValue>x</stringValue></value></filters>"
        "<getFirstRecordOnly>true</getFirstRecordOnly><object>Contact</object>"
        "<storeOutputAutomatically>true</storeOutputAutomatically></recordLookups>"
    )
    begin = (
        "<connector><targetReference>Find</targetReference></connector><object>Lead</object>"
        "<recordTriggerType>Create</recordTriggerType><triggerType>RecordAfterSave</triggerType>"
    )
    files: dict[str, str | bytes] = {"flows/F.flow": flow("F", "Active", look_up, begin)}
    assert problems(deploy(org, package({"Flow": ["F"]}, files))) == []
    text = "This custom field is referenced elsewhere in salesforce.com. : Flow F-1"
    assert problems(deploy(org, destructive({"CustomField": ["Contact.A__c"]}))) == [
        ("CustomField", "Contact.A__c", text)
    ]
    assert problems(deploy(org, destructive({"CustomField": ["Lead.A__c"]}))) == []

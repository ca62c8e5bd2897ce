"""The vendor's table of deploy errors (reference, section 10): for every row a package that makes the mistake, and what
the org says. The words are the table's; the server may add to them, so they are looked for inside what was said.

Rows that the emulator cannot know of are named with the reason, and all 52 rows are accounted for.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from metadata_packages import (
    BEFORE_SAVE,
    deploy,
    destructive,
    field,
    field_package,
    file,
    flow,
    flow_package,
    lead,
    package,
    stamp_flow,
    zipped,
)

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.metadata.options import DeployOptions, check_options
from provisioner.emulator.salesforce.state.org import Org

Said = Callable[[Org], list[str]]

UNKNOWN = {
    18: "record types and dependent picklists are refused by name",
    46: "conversions between lookup and master-detail are refused by name, and what else a validation cannot do is "
    "not established",
    48: "Apex is not run, so a test never meets the org's rules; which tests fail is said by the settings",
}

TEXT = "<length>20</length>"
META = file("ApexClass", "<apiVersion>66.0</apiVersion><status>Active</status>")
VALUE = "<value><fullName>{0}</fullName><default>false</default><label>{0}</label></value>"
PICKLIST = "<valueSet><valueSetDefinition><sorted>false</sorted>{}</valueSetDefinition></valueSet>"


def says(*packages: bytes, **options: object) -> Said:
    """What the org says to the last of the packages, after the others went well."""

    def run(org: Org) -> list[str]:
        for data in packages[:-1]:
            outcome = deploy(org, data)
            assert outcome.success, outcome
        outcome = deploy(org, packages[-1], **options)
        assert not outcome.success
        tests = [text for _, text in (*outcome.tests.warnings, *outcome.tests.flow_warnings)]
        return [str(one.problem) for one in outcome.failures] + tests + list(outcome.error or ())

    return run


def setting(then: Said, **settings: object) -> Said:
    def run(org: Org) -> list[str]:
        org.settings.change(settings)
        return then(org)

    return run


def one(kind: str, name: str, path: str, body: str) -> bytes:
    return package({kind: [name]}, {path: body})


def a_flow(body: str, start: str = BEFORE_SAVE, status: str = "Active", name: str = "F") -> bytes:
    return one("Flow", name, f"flows/{name}.flow", flow("A flow", status, body, start))


def assigning(target: str, value: str) -> str:
    return (
        "<assignments><name>Set</name><label>Set</label><locationX>0</locationX><locationY>0</locationY>"
        f"<assignmentItems><assignToReference>{target}</assignToReference><operator>Assign</operator>"
        f"<value>{value}</value></assignmentItems></assignments>"
    )


SET = assigning("$Record.Description", "<stringValue>x</stringValue>")
DECISION = (
    "<decisions><name>Ask</name><label>Ask</label><locationX>0</locationX><locationY>0</locationY>"
    "<defaultConnectorLabel>No</defaultConnectorLabel><rules><name>Yes</name><conditionLogic>and</conditionLogic>"
    "<conditions><leftValueReference>Ghost</leftValueReference><operator>EqualTo</operator><rightValue><stringValue>x"
    "</stringValue></rightValue></conditions><label>Yes</label></rules></decisions>"
)
COLLECTION = (
    "<variables><name>ids</name><dataType>String</dataType><isCollection>true</isCollection><isInput>false</isInput>"
    "<isOutput>false</isOutput><value><stringValue>x</stringValue></value></variables>"
)
LATER = (
    "<recordUpdates><name>Late</name><label>Late</label><locationX>0</locationX><locationY>0</locationY>"
    "<inputAssignments><field>Description</field><value><stringValue>late</stringValue></value></inputAssignments>"
    "<inputReference>$Record</inputReference></recordUpdates>"
)


def timer(event: str = "Create", status: str = "Active") -> bytes:
    start = (
        f"<object>Lead</object><recordTriggerType>{event}</recordTriggerType><scheduledPaths><name>P</name>"
        "<connector><targetReference>Late</targetReference></connector><label>P</label><offsetNumber>5</offsetNumber>"
        "<offsetUnit>Minutes</offsetUnit><timeSource>RecordTriggerEvent</timeSource></scheduledPaths>"
        "<triggerType>RecordAfterSave</triggerType>"
    )
    return a_flow(LATER, start, status)


def grants(body: str) -> bytes:
    text = file("PermissionSet", f"{body}<label>P</label>")
    return one("PermissionSet", "P", "permissionsets/P.permissionset", text)


def grant(name: str) -> bytes:
    return grants(
        f"<fieldPermissions><editable>false</editable><field>{name}</field><readable>true</readable></fieldPermissions>"
    )


def apex(tests: str = "") -> bytes:
    files: dict[str, str | bytes] = {"classes/C.cls": "public class C { }", "classes/C.cls-meta.xml": META}
    if tests:
        files |= {"classes/T.cls": tests, "classes/T.cls-meta.xml": META}
    return package({"ApexClass": ["C", "T"] if tests else ["C"]}, files)


def production(level: str | None = None, **options: object) -> Said:
    """Before anything is looked at."""

    def run(org: Org) -> list[str]:
        with pytest.raises(ApiError) as caught:
            check_options(DeployOptions(test_level=level, **options), production=True)  # type: ignore[arg-type]
        return [f"{caught.value.code}: {caught.value.message}"]

    return run


def waiting(org: Org) -> list[str]:
    """A flow that was switched off while a path of it waits."""
    assert deploy(org, timer()).success
    saved = org.automation.save("insert", "Lead", [{"LastName": "A", "Company": "B"}], user_id=org.admin_id)
    assert saved[0].success
    off = file("FlowDefinition", "<activeVersionNumber>0</activeVersionNumber>")
    switch = one("FlowDefinition", "F", "flowDefinitions/F.flowDefinition", off)
    return says(switch, destructive({"Flow": ["F-1"]}))(org)


def with_data(org: Org) -> list[str]:
    assert deploy(org, field_package("T__c", "Text", TEXT)).success
    org.rows.insert("Lead", {"LastName": "A", "Company": "B", "T__c": "words"})
    return says(field_package("T__c", "Date"))(org)


def fifty(org: Org) -> list[str]:
    for number in range(50):
        assert deploy(org, flow_package(f"text {number}", "Draft")).success
    return says(flow_package("one more", "Draft"))(org)


def saving(org: Org, **values: object) -> list[str]:
    row = {"LastName": "A", "Company": "B", **values}
    result = org.automation.save("insert", "Lead", [row], user_id=org.admin_id)[0]
    assert not result.success
    return [str(error) for error in result.errors]


def failing_flow(org: Org) -> list[str]:
    """A before-save flow that looks for what a blank field names, which fails an interview."""
    lookup = (
        "<recordLookups><name>Set</name><label>Set</label><locationX>0</locationX><locationY>0</locationY>"
        "<filterLogic>and</filterLogic><filters><field>Username</field><operator>EqualTo</operator><value>"
        "<elementReference>$Record.Email</elementReference></value></filters><getFirstRecordOnly>true"
        "</getFirstRecordOnly><object>User</object><storeOutputAutomatically>true</storeOutputAutomatically>"
        "</recordLookups>"
    )
    assert deploy(org, a_flow(lookup)).success
    return saving(org)


def inactive(org: Org) -> list[str]:
    facts = {"LastName": "Gone", "Username": "gone@example.com", "Email": "gone@example.com", "IsActive": False}
    return saving(org, OwnerId=org.rows.insert("User", facts))


def alert() -> bytes:
    body = (
        "<alerts><fullName>A</fullName><description>d</description><protected>false</protected>"
        "<recipients><type>owner</type></recipients><senderType>CurrentUser</senderType><template>X/Y</template></alerts>"
    )
    return one("WorkflowAlert", "Lead.A", "workflows/Lead.workflow", file("Workflow", body))


def record_pointing_nowhere() -> bytes:
    kind = file(
        "CustomObject",
        "<fields><fullName>Other__c</fullName><fieldManageability>DeveloperControlled</fieldManageability><label>Other"
        "</label><referenceTo>Rule__mdt</referenceTo><relationshipLabel>Rules</relationshipLabel><relationshipName>Rules"
        "</relationshipName><type>MetadataRelationship</type></fields><label>Rule</label><pluralLabel>Rules"
        "</pluralLabel><visibility>Public</visibility>",
    )
    prefixes = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    record = file(
        "CustomMetadata",
        '<label>One</label><protected>false</protected><values><field>Other__c</field><value xsi:type="xsd:string">'
        "Two</value></values>",
        prefixes,
    )
    members = {"CustomObject": ["Rule__mdt"], "CustomMetadata": ["Rule.One"]}
    return package(members, {"objects/Rule__mdt.object": kind, "customMetadata/Rule.One.md": record})


def protected() -> bytes:
    body = "<label>Rule</label><pluralLabel>Rules</pluralLabel><visibility>Protected</visibility>"
    return one("CustomObject", "Rule__mdt", "objects/Rule__mdt.object", file("CustomObject", body))


def list_view(scope: str) -> bytes:
    body = f"<listViews><fullName>V</fullName><filterScope>{scope}</filterScope><label>V</label></listViews>"
    return one("ListView", "User.V", "objects/User.object", file("CustomObject", body))


def value_set(name: str) -> bytes:
    text = (
        "<customValue><fullName>A</fullName><default>false</default><label>A</label></customValue>"
        f"<masterLabel>{name}</masterLabel><sorted>false</sorted>"
    )
    return one("GlobalValueSet", name, f"globalValueSets/{name}.globalValueSet", file("GlobalValueSet", text))


def queue(members: str) -> bytes:
    objects = "<queueSobject><sobjectType>Lead</sobjectType></queueSobject>"
    body = f"<name>Q</name><queueMembers>{members}</queueMembers>{objects}"
    return one("Queue", "Q", "queues/Q.queue", file("Queue", body))


def report(column: str = "LAST_NAME", kind: str = "LeadList", formula: str = "", folder: bool = True) -> bytes:
    """A report by lead source, in a folder that comes along or does not."""
    figure = (
        f"<aggregates><calculatedFormula>{formula}</calculatedFormula><datatype>number</datatype><developerName>FORMULA1"
        "</developerName><isActive>true</isActive><isCrossBlock>false</isCrossBlock><masterLabel>A</masterLabel>"
        "<scale>2</scale></aggregates>"
    )
    body = (
        f"{figure if formula else ''}<columns><field>{column}</field></columns><format>Summary</format><groupingsDown>"
        "<dateGranularity>Day</dateGranularity><field>LEAD_SOURCE</field><sortOrder>Asc</sortOrder></groupingsDown>"
        f"<name>R</name><reportType>{kind}</reportType><scope>org</scope>"
    )
    files: dict[str, str | bytes] = {"reports/SLA/R.report": file("Report", body)}
    if folder:
        files["reports/SLA-meta.xml"] = file("ReportFolder", "<name>SLA</name>")
    return package({"Report": ["SLA", "SLA/R"] if folder else ["SLA/R"]}, files)


def dashboard(name: str) -> bytes:
    section = "<columnSize>Medium</columnSize>"
    body = (
        "<backgroundEndColor>#FFFFFF</backgroundEndColor><backgroundFadeDirection>Diagonal</backgroundFadeDirection>"
        "<backgroundStartColor>#FFFFFF</backgroundStartColor><dashboardType>LoggedInUser</dashboardType>"
        f"<leftSection>{section}</leftSection><rightSection>{section}</rightSection><textColor>#000000</textColor>"
        "<title>B</title><titleColor>#000000</titleColor><titleSize>12</titleSize>"
    )
    files: dict[str, str | bytes] = {
        "dashboards/SLA-meta.xml": file("DashboardFolder", "<name>SLA</name>"),
        f"dashboards/SLA/{name}.dashboard": file("Dashboard", body),
    }
    return package({"Dashboard": ["SLA", f"SLA/{name}"]}, files)


USES = package(
    {"CustomField": ["Lead.A__c", "Lead.B__c"]},
    {"objects/Lead.object": lead(field("A__c", "Text", TEXT), field("B__c", "Text", "<formula>A__c</formula>"))},
)
TRIGGER = package(
    {"ApexTrigger": ["T"]},
    {"triggers/T.trigger": "trigger T on Nope (before insert) { }",
     "triggers/T.trigger-meta.xml": file("ApexTrigger", "<apiVersion>66.0</apiVersion><status>Active</status>")},
)  # fmt: skip
NEWER = stamp_flow().replace("<apiVersion>66.0", "<apiVersion>67.0")

# (row, the table's words with its X and Y filled in, what the org is asked)
TABLE: list[tuple[int, str, Said]] = [
    (1, "An object 'Lead.X__c' of type CustomField was named in package.xml, but was not found in zipped directory",
     says(package({"CustomField": ["Lead.X__c"]}, {}))),
    (2, "INVALID_OPERATION: rollbackOnError option must be true on a production org", production()),
    (3, "Maximum size of request reached. Maximum size of request is 52428800 bytes.",
     lambda org: says(zipped({"a": random.Random(0).randbytes(39_400_000)}))(org)),
    (4, "Element {http://soap.sforce.com/2006/04/metadata}foo invalid at this location in type Flow",
     says(one("Flow", "F", "flows/F.flow", file("Flow", "<foo/><label>x</label>")))),
    (5, "Element label is duplicated at this location in type Flow",
     says(one("Flow", "F", "flows/F.flow", file("Flow", "<label>x</label><label>y</label>")))),
    (6, "'customNotification' is not a valid value for the enum 'InvocableActionType'",
     says(a_flow("<actionCalls><name>N</name><label>N</label><locationX>0</locationX><locationY>0</locationY>"
                 "<actionName>N</actionName><actionType>customNotification</actionType></actionCalls>"))),
    (7, "Required field is missing: label",
     says(one("Flow", "F", "flows/F.flow", file("Flow", "<status>Draft</status>")))),
    (8, "In field: field - no CustomField named Lead.X__c found", says(grant("Lead.X__c"))),
    (9, "no CustomObject named Nope__c found",
     says(one("CustomField", "Nope__c.X__c", "objects/Nope__c.object", lead(field("X__c", "Date"))))),
    (10, "You cannot deploy to a required field: Lead.Company", says(grant("Lead.Company"))),
    (11, "Unknown user permission: FlyToMoon",
     says(grants("<userPermissions><enabled>true</enabled><name>FlyToMoon</name></userPermissions>"))),
    (12, "no CustomMetadata named Rule.Two found", says(record_pointing_nowhere())),
    (13, "Could not resolve standard field's name.", says(field_package("Nope", "Date"))),
    (13, "fullName must end with: __c or ", says(field_package("A__x", "Date"))),
    (14, "Can not specify 'length' for a CustomField of type TextArea", says(field_package("T__c", "TextArea", TEXT))),
    (15, "Cannot update a field from a Formula to something else",
     says(field_package("T__c", "Text", "<formula>Company</formula>"), field_package("T__c", "Text", TEXT))),
    (15, "Cannot update a field to a Lookup from something else",
     says(field_package("T__c", "Text", TEXT), field_package(
         "T__c", "Lookup", "<referenceTo>User</referenceTo><relationshipName>Ts</relationshipName>"))),
    (16, "Cannot change type due to existing data", with_data),
    (17, "Cannot change which global value set this picklist uses",
     says(value_set("A"), value_set("B"),
          field_package("T__c", "Picklist", "<valueSet><valueSetName>A</valueSetName></valueSet>"),
          field_package("T__c", "Picklist", "<valueSet><valueSetName>B</valueSetName></valueSet>"))),
    (19, "duplicate value found: [a] is defined multiple times",
     says(field_package("T__c", "Picklist", PICKLIST.format(VALUE.format("A") + VALUE.format("a"))))),
    (20, "X__c already exists or has been previously used. Please choose a different name.",
     setting(says(field_package("X__c", "Date"), destructive({"CustomField": ["Lead.X__c"]}),
                  field_package("X__c", "Date")), deleted_names_held=True)),
    (21, "This custom field is referenced elsewhere in salesforce.com",
     says(USES, destructive({"CustomField": ["Lead.A__c"]}))),
    (22, 'field integrity exception: unknown (The field "X__c" for the object "Lead" doesn\'t exist.)',
     says(a_flow(assigning("$Record.X__c", "<stringValue>x</stringValue>")))),
    (23, "field integrity exception: unknown (A condition has a reference to Ghost, which doesn't exist.)",
     says(a_flow(DECISION, BEFORE_SAVE.replace("Set<", "Ask<")))),
    (24, 'The element "Late" isn\'t connected', says(a_flow(SET + LATER))),
    (25, 'The value field isn\'t supported when isCollection is set to true and dataType is "Text"',
     says(a_flow(SET + COLLECTION))),
    (26, "Something went wrong. We couldn't retrieve or load the information on the field: Ghost__r.Name.",
     says(a_flow(assigning("$Record.Description", "<elementReference>$Record.Ghost__r.Name</elementReference>")))),
    (27, "The Stamp apiVersion can't be \"67\"", says(one("Flow", "Stamp", "flows/Stamp.flow", NEWER))),
    (28, "FLOW_SCHEDULED_PATH_REQUIRES_RECORD_CHANGED_TO_MEET_CRITERIA", says(timer("CreateAndUpdate"))),
    (29, "REQUIRES_DEFAULT_WORKFLOW_USER", lambda org: _without_workflow_user(org)),
    (30, "insufficient access rights on cross-reference id",
     says(flow_package("one", "Draft"), destructive({"Flow": ["Stamp"]}))),
    (31, "Flow Interview - 0Fo", waiting),
    (32, "Flow name must be unique",
     says(flow_package("one"), one("Flow", "STAMP", "flows/STAMP.flow", stamp_flow("two")))),
    (33, "Maximum number of Versions per flow is 50", fifty),
    (34, "Average test coverage across all Apex Classes and Triggers is 40%, at least 75% test coverage is required.",
     setting(says(apex("@IsTest private class T { @IsTest static void go() { new C(); } }")),
             is_sandbox=False, test_coverage=40)),
    (35, "Invalid type: Nope", says(TRIGGER)),
    (36, "This schedulable class has jobs pending or in progress", setting(says(apex()), apex_jobs=["C"])),
    (37, "Cannot find folder:SLA", says(report(folder=False))),
    (38, "invalid report type", says(report(kind="Nope"))),
    (39, "columns-field: Invalid value", says(report("LastName"))),
    (40, "Invalid custom summary formula definition: You must select a grouping context to use any report summary "
     "function",
     says(report(formula="PARENTGROUPVAL(RowCount, LEAD_SOURCE)"))),
    (41, "Invalid dashboard Unique Name", says(dashboard("Bad-Name"))),
    (42, "Cannot find a user that matches any of the following usernames: who@example.com",
     says(queue("<users><user>who@example.com</user></users>"))),
    (43, "no EmailTemplate named X/Y found", says(alert())),
    (44, "Invalid scope:Mine, not allowed", says(list_view("Mine"))),
    (45, "visibility: Protected", says(protected())),
    (47, "Not available for deploy for this organization",
     setting(says(flow_package("one")), unavailable_types=["Flow"])),
    (49, "Error parsing file: ", says(one("Flow", "F", "flows/F.flow", "<Flow><label>A & B</label></Flow>"))),
    (49, "Error parsing file: ", says(one("Flow", "F", "flows/F.flow", "\ufeff" + stamp_flow()))),
    (50, "UNKNOWN_EXCEPTION: An unexpected error occurred. Please include this ErrorId",
     setting(says(flow_package("one")), broken_deploys=1)),
    (51, "CANNOT_EXECUTE_FLOW_TRIGGER", failing_flow),
    (52, "INACTIVE_OWNER_OR_USER", inactive),
]  # fmt: skip


def _without_workflow_user(org: Org) -> list[str]:
    org.settings.default_workflow_user = None
    return says(timer())(org)


@pytest.mark.parametrize(("row", "text", "said"), TABLE, ids=[f"{row}-{text[:24]}" for row, text, _ in TABLE])
def test_each_mistake_is_answered_in_the_vendors_words(org_in_process: Org, row: int, text: str, said: Said) -> None:
    heard = said(org_in_process)
    assert [one for one in heard if text in one] != [], heard


def test_every_row_is_accounted_for() -> None:
    known = {row for row, _, _ in TABLE}
    assert known & UNKNOWN.keys() == set()
    assert known | UNKNOWN.keys() == set(range(1, 53))


def test_a_purged_field_frees_its_name_and_so_do_fifteen_days(org_in_process: Org) -> None:
    from datetime import timedelta

    org = org_in_process
    org.settings.change({"deleted_names_held": True})
    made, gone = field_package("X__c", "Date"), destructive({"CustomField": ["Lead.X__c"]})
    assert deploy(org, made).success
    assert deploy(org, gone, purge_on_delete=True).success
    assert deploy(org, made).success
    assert deploy(org, gone).success
    org.advance(org.now + timedelta(days=14, hours=23))
    assert not deploy(org, made).success
    org.advance(org.now + timedelta(hours=1))
    assert deploy(org, made).success


def test_production_does_not_purge(org_in_process: Org) -> None:
    org = org_in_process
    org.settings.change({"deleted_names_held": True})
    made, gone = field_package("X__c", "Date"), destructive({"CustomField": ["Lead.X__c"]})
    assert deploy(org, made).success
    org.settings.is_sandbox = False
    assert deploy(org, gone, purge_on_delete=True).success
    assert not deploy(org, made).success


def test_a_fault_of_the_server_is_over_with_the_next_deployment(org_in_process: Org) -> None:
    org_in_process.settings.change({"broken_deploys": 1})
    assert not deploy(org_in_process, flow_package("one")).success
    assert deploy(org_in_process, flow_package("one")).success

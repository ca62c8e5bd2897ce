"""The other types, one by one: what a deploy leaves in schema and rows, and what retrieve and removal make of it."""

from __future__ import annotations

from datetime import time

import pytest
from metadata_packages import (
    changed,
    deploy,
    destructive,
    example,
    fetched,
    field,
    field_package,
    file,
    lead,
    package,
    problems,
    twin,
)  # fmt: skip

from provisioner.emulator.salesforce.state.org import Org
from provisioner.emulator.salesforce.state.rows import Compare

TWIN = twin("Lead")


def value_set(root: str, element: str, names: tuple[str, ...], extra: str = "") -> str:
    values = "".join(
        f"<{element}><fullName>{name}</fullName><default>false</default><label>{name}</label></{element}>"
        for name in names
    )
    return file(root, f"{values}{extra}<sorted>false</sorted>")


def test_a_field_on_activity_is_one_on_task_and_event(org_in_process: Org) -> None:
    org = org_in_process
    assert (
        problems(deploy(org, field_package("Touch__c", "Checkbox", "<defaultValue>false</defaultValue>", "Activity")))
        == []
    )
    assert org.schema.sobject("Task").has("Touch__c")
    assert org.schema.sobject("Event").has("Touch__c")
    refused = deploy(org, field_package("Other__c", "Date", sobject="Task"))
    assert problems(refused) == [("CustomField", "Task.Other__c", "Custom fields of Task are deployed on Activity")]
    assert problems(deploy(org, destructive({"CustomField": ["Activity.Touch__c"]}))) == []
    assert not org.schema.sobject("Task").has("Touch__c")


def test_a_new_checkbox_fills_the_rows_that_are_there(org_in_process: Org) -> None:
    org = org_in_process
    row_id = org.rows.insert("Lead", {"LastName": "A", "Company": "B"})
    deploy(org, field_package("Flag__c", "Checkbox", "<defaultValue>true</defaultValue>"))
    row = org.rows.get("Lead", row_id)
    assert row is not None
    assert row["Flag__c"] is True


def test_a_custom_object_can_be_created_and_removed(org_in_process: Org) -> None:
    org = org_in_process
    body = file(
        "CustomObject",
        "<deploymentStatus>Deployed</deploymentStatus>" + field("Size__c", "Date") + "<label>Thing</label>"
        "<nameField><label>Name</label><type>Text</type></nameField><pluralLabel>Things</pluralLabel>"
        "<sharingModel>ReadWrite</sharingModel>",
    )
    outcome = deploy(org, package({"CustomObject": ["Thing__c"]}, {"objects/Thing__c.object": body}))
    assert changed(outcome) == [("CustomObject", "Thing__c"), ("CustomField", "Thing__c.Size__c")]
    assert org.rows.insert("Thing__c", {"Name": "One"}).startswith("a00")
    assert problems(deploy(org, destructive({"CustomObject": ["Thing__c"]}))) == []
    assert not org.schema.has("Thing__c")
    assert org.metadata.get("CustomField", "Thing__c.Size__c") is None


def test_object_facts_that_are_not_modelled_are_named(org_in_process: Org) -> None:
    body = lead("<searchLayouts></searchLayouts>")
    outcome = deploy(org_in_process, package({"CustomObject": ["Lead"]}, {"objects/Lead.object": body}))
    assert problems(outcome) == [
        (
            "CustomObject",
            "Lead",
            ("NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model searchLayouts of the CustomObject Lead."),
        )
    ]


def test_picklists_follow_their_global_value_set(org_in_process: Org) -> None:
    org = org_in_process

    def values(*names: str) -> str:
        return value_set("GlobalValueSet", "customValue", names, "<masterLabel>Sizes</masterLabel>")

    use = "<valueSet><restricted>true</restricted><valueSetName>Sizes</valueSetName></valueSet>"
    files: dict[str, str | bytes] = {
        "globalValueSets/Sizes.globalValueSet": values("S", "M"),
        "objects/Lead.object": lead(field("Size__c", "Picklist", use)),
    }
    members = {"GlobalValueSet": ["Sizes"], "CustomField": ["Lead.Size__c"]}
    assert problems(deploy(org, package(members, files))) == []
    deploy(org, package({"GlobalValueSet": ["Sizes"]}, {"globalValueSets/Sizes.globalValueSet": values("M", "L")}))
    shown = [(one.value, one.active) for one in org.schema.sobject("Lead").field("Size__c").picklist]
    assert shown == [("M", True), ("L", True), ("S", False)]
    swap = field("Size__c", "Picklist", use.replace("Sizes", "Others"))
    more: dict[str, str | bytes] = {
        "globalValueSets/Others.globalValueSet": values("X"),
        "objects/Lead.object": lead(swap),
    }
    outcome = deploy(org, package({"GlobalValueSet": ["Others"], "CustomField": ["Lead.Size__c"]}, more))
    assert problems(outcome) == [
        ("CustomField", "Lead.Size__c", "Cannot change which global value set this picklist uses")
    ]


def test_standard_values(org_in_process: Org) -> None:
    org = org_in_process
    body = value_set("StandardValueSet", "standardValue", ("Web", "Demo Form"))
    data = package({"StandardValueSet": ["LeadSource"]}, {"standardValueSets/LeadSource.standardValueSet": body})
    assert problems(deploy(org, data)) == []
    active = [one.value for one in org.schema.sobject("Lead").field("LeadSource").picklist if one.active]
    assert active == ["Web", "Demo Form"]
    assert (
        "<fullName>Demo Form</fullName>"
        in fetched(org, {"StandardValueSet": ["LeadSource"]})["standardValueSets/LeadSource.standardValueSet"]
    )


def test_a_trigger_with_a_twin(org_in_process: Org) -> None:
    org = org_in_process
    meta = file("ApexTrigger", "<apiVersion>66.0</apiVersion><status>Active</status>")
    body = TWIN + "trigger Clock on Lead (before insert, before update) { }"
    files: dict[str, str | bytes] = {"triggers/Clock.trigger": body, "triggers/Clock.trigger-meta.xml": meta}
    assert problems(deploy(org, package({"ApexTrigger": ["Clock"]}, files))) == []
    assert org.metadata.active_triggers() == {"Clock": body}
    row = org.rows.select("ApexTrigger")[0]
    assert (row["Name"], row["TableEnumOrId"], row["Body"]) == ("Clock", "Lead", body.strip())
    wrong = {**files, "triggers/Clock.trigger": body.replace('"Lead"', '"Task"')}
    assert problems(deploy(org, package({"ApexTrigger": ["Clock"]}, wrong)))[0][2] == (
        "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model a twin for Task in a trigger on Lead."
    )
    off = {**files, "triggers/Clock.trigger-meta.xml": meta.replace("Active", "Inactive")}
    assert problems(deploy(org, package({"ApexTrigger": ["Clock"]}, off))) == []
    assert org.metadata.active_triggers() == {}, "it is there, and does not run"
    assert org.rows.select("ApexTrigger")[0]["Status"] == "Inactive"


def test_a_static_resource_and_its_two_files(org_in_process: Org) -> None:
    org = org_in_process
    meta = file("StaticResource", "<cacheControl>Private</cacheControl><contentType>application/json</contentType>")
    files: dict[str, str | bytes] = {
        "staticresources/Marks.resource": '{"a": 1}',
        "staticresources/Marks.resource-meta.xml": meta,
    }
    assert problems(deploy(org, package({"StaticResource": ["Marks"]}, files))) == []
    row = org.rows.select("StaticResource")[0]
    assert (row["Name"], row["BodyLength"], row["Body"]) == ("Marks", 8, "eyJhIjogMX0=")
    assert fetched(org, {"StaticResource": ["Marks"]})["staticresources/Marks.resource"] == '{"a": 1}'
    half = deploy(org, package({"StaticResource": ["Marks"]}, {"staticresources/Marks.resource": "x"}))
    assert problems(half) == [
        (
            "StaticResource",
            "Marks",
            (
                "An object 'Marks' of type StaticResource was named in package.xml, "
                "but was not found in zipped directory"
            ),
        )
    ]


def test_business_hours_merge_by_name(org_in_process: Org) -> None:
    org = org_in_process
    path = "settings/BusinessHours.settings"
    deploy(org, package({"Settings": ["BusinessHours"]}, {path: example(path)}))
    rows = org.rows.select("BusinessHours", order=[("Name", "asc")])
    assert [(row["Name"], row["IsDefault"]) for row in rows] == [("Default", True), ("Sales Hours", False)]
    assert (rows[1]["MondayStartTime"], rows[1]["MondayEndTime"]) == (time(9), time(18))
    assert rows[1]["SundayStartTime"] is None
    taking_over = example(path).replace("<default>false", "<default>true")
    deploy(org, package({"Settings": ["BusinessHours"]}, {path: taking_over}))
    rows = org.rows.select("BusinessHours", order=[("Name", "asc")])
    assert [(row["Name"], row["IsDefault"]) for row in rows] == [("Default", False), ("Sales Hours", True)]


HOURS_MISTAKES = [
    ("<timeZoneId>America/New_York", "<timeZoneId>Mars/Base", "bad value for restricted picklist field: Mars/Base"),
    ("<mondayStartTime>09:00:00.000Z</mondayStartTime>", "",
     "Monday: business hours need both a start time and an end time"),
    ("<mondayStartTime>09", "<mondayStartTime>19", "Monday: the end time must be later than the start time"),
    ("<businessHours>Sales Hours</businessHours>", "<businessHours>Nope</businessHours>",
     "In field: businessHours - no BusinessHours named Nope found"),
    ("<isRecurring>false", "<isRecurring>true",
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model recurring holidays."),
    ("<mondayStartTime>09:00:00.000Z", "<mondayStartTime>24:00:00.000Z",
     "'24:00:00.000Z' is not a valid value for the type xsd:time"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "text"), HOURS_MISTAKES)
def test_business_hours_mistakes(org_in_process: Org, old: str, new: str, text: str) -> None:
    path = "settings/BusinessHours.settings"
    body = example(path)
    assert old in body
    outcome = deploy(org_in_process, package({"Settings": ["BusinessHours"]}, {path: body.replace(old, new)}))
    assert [(kind, shown) for kind, _, shown in problems(outcome)] == [("BusinessHoursSettings", text)]
    assert len(org_in_process.rows.select("BusinessHours")) == 1


def test_flow_settings_reach_the_org_only_when_kept(org_in_process: Org) -> None:
    org = org_in_process
    data = package({"Settings": ["Flow"]}, {"settings/Flow.settings": example("settings/Flow.settings")})
    deploy(org, data, check_only=True)
    assert org.settings.deploy_flows_as_active is False
    deploy(org, data)
    assert org.settings.deploy_flows_as_active is True


def test_members_changed_as_data_show_in_the_queue_file(org_in_process: Org) -> None:
    org = org_in_process
    group = org.rows.insert("Group", {"Name": "Q", "DeveloperName": "Q", "Type": "Queue"})
    org.rows.insert("GroupMember", {"GroupId": group, "UserOrGroupId": org.admin_id})
    body = fetched(org, {"Queue": ["Q"]})["queues/Q.queue"]
    assert "<user>admin@example.com</user>" in body


def test_grants_are_retrieved_with_their_field(org_in_process: Org) -> None:
    org = org_in_process
    fields = lead(field("A__c", "Date"), field("B__c", "Date"))
    deploy(org, package({"CustomField": ["Lead.A__c", "Lead.B__c"]}, {"objects/Lead.object": fields}))
    entry = (
        "<fieldPermissions><editable>false</editable><field>Lead.{}</field><readable>true</readable></fieldPermissions>"
    )
    body = file("PermissionSet", entry.format("A__c") + entry.format("B__c") + "<label>P</label>")
    deploy(org, package({"PermissionSet": ["P"]}, {"permissionsets/P.permissionset": body}))
    shown = fetched(org, {"PermissionSet": ["P"], "CustomField": ["Lead.A__c"]})["permissionsets/P.permissionset"]
    assert ("Lead.A__c" in shown, "Lead.B__c" in shown) == (True, False)
    deploy(org, destructive({"CustomField": ["Lead.A__c"]}))
    assert [row["Field"] for row in org.rows.select("FieldPermissions")] == ["Lead.B__c"]


REMOVABLE = [
    ("CustomNotificationType", "A", "notificationtypes/A.notiftype", file(
        "CustomNotificationType", "<customNotifTypeName>A</customNotifTypeName><desktop>true</desktop>"
        "<masterLabel>A</masterLabel><mobile>true</mobile>")),
    ("Group", "G", "groups/G.group", file("Group", "<name>G</name>")),
    ("Queue", "Q", "queues/Q.queue", file(
        "Queue", "<name>Q</name><queueSobject><sobjectType>Lead</sobjectType></queueSobject>")),
    ("PermissionSet", "P", "permissionsets/P.permissionset", file("PermissionSet", "<label>P</label>")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "path", "body"), REMOVABLE)
def test_what_was_deployed_can_be_removed(org_in_process: Org, kind: str, name: str, path: str, body: str) -> None:
    org = org_in_process
    assert problems(deploy(org, package({kind: [name]}, {path: body}))) == []
    outcome = deploy(org, destructive({kind: [name]}))
    assert problems(outcome) == []
    assert [(one.full_name, one.deleted) for one in outcome.successes if one.component_type] == [(name, True)]
    assert org.metadata.reader.entry(kind, name) is None


def test_what_is_still_needed_stays(org_in_process: Org) -> None:
    org = org_in_process
    for _, _, path, body in REMOVABLE[2:]:
        kind, name = ("Queue", "Q") if path.startswith("queues") else ("PermissionSet", "P")
        deploy(org, package({kind: [name]}, {path: body}))
    queue = org.rows.select("Group", Compare("DeveloperName", "=", "Q"))[0]["Id"]
    org.rows.insert("Lead", {"LastName": "A", "Company": "B", "OwnerId": queue})
    grant = org.rows.select("PermissionSet", Compare("Name", "=", "P"))[0]["Id"]
    org.rows.insert("PermissionSetAssignment", {"PermissionSetId": grant, "AssigneeId": org.admin_id})
    outcome = deploy(org, destructive({"Queue": ["Q"], "PermissionSet": ["P"]}))
    assert sorted(text or "" for _, _, text in problems(outcome)) == [
        "You can't delete the permission set P while it is assigned to users (1 assignment(s)).",
        "You can't delete the queue Q while it owns Lead records.",
    ]


def test_list_views_and_validation_rules(org_in_process: Org) -> None:
    org = org_in_process
    view = ("<listViews><fullName>Mine</fullName><columns>{}</columns><filterScope>Mine</filterScope>"
            "<label>M</label></listViews>")  # fmt: skip
    rule = ("<validationRules><fullName>Named</fullName><active>true</active><errorConditionFormula>{}"
            "</errorConditionFormula><errorMessage>No.</errorMessage></validationRules>")  # fmt: skip
    members = {"ListView": ["Lead.Mine"], "ValidationRule": ["Lead.Named"]}
    wrong = lead(view.format("Nope__c"), rule.format("ISBLANK(Nope__c)"))
    assert problems(deploy(org, package(members, {"objects/Lead.object": wrong}))) == [
        ("ListView", "Lead.Mine", "Could not resolve list view column: Nope__c"),
        ("ValidationRule", "Lead.Named", "Field Nope__c does not exist. Check spelling."),
    ]
    right = lead(view.format("LEAD.STATUS"), rule.format("ISBLANK(Company)"))
    assert problems(deploy(org, package(members, {"objects/Lead.object": right}))) == []
    assert [one.full_name for one in org.metadata.validation_rules("Lead")] == ["Lead.Named"]

"""Versions, activation and deletion of flows (reference 4.9)."""

from __future__ import annotations

import pytest
from metadata_packages import (
    changed,
    deploy,
    destructive,
    file,
    flow_package,
    manifest,
    package,
    problems,
    stamp_flow,
    zipped,
)

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.org import Org

SCHEDULED = (
    '<?xml version="1.0" encoding="UTF-8"?><Flow xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<apiVersion>66.0</apiVersion><label>Timer</label><processType>AutoLaunchedFlow</processType>"
    "<recordUpdates><name>Set</name><label>Set</label><locationX>0</locationX><locationY>0</locationY>"
    "<inputAssignments><field>Description</field><value><stringValue>late</stringValue></value></inputAssignments>"
    "<inputReference>$Record</inputReference></recordUpdates>"
    "<start><locationX>0</locationX><locationY>0</locationY>"
    "<object>Lead</object><recordTriggerType>Create</recordTriggerType>"
    "<scheduledPaths><name>Later</name><connector><targetReference>Set</targetReference></connector>"
    "<label>Later</label><offsetNumber>5</offsetNumber><offsetUnit>Minutes</offsetUnit>"
    "<timeSource>RecordTriggerEvent</timeSource></scheduledPaths>"
    "<triggerType>RecordAfterSave</triggerType></start><status>Active</status></Flow>"
)


def statuses(org: Org, name: str = "Stamp") -> list[tuple[int, str]]:
    return [(one.version_number, one.status) for one in org.metadata.flow_versions(name)]


def test_changed_content_is_a_new_version_and_obsoletes_the_old(org_in_process: Org) -> None:
    deploy(org_in_process, flow_package("one"))
    deploy(org_in_process, flow_package("two"))
    assert statuses(org_in_process) == [(1, "Obsolete"), (2, "Active")]


def test_equal_content_is_no_change_whatever_its_bytes(org_in_process: Org) -> None:
    deploy(org_in_process, flow_package("one"))
    spaced = stamp_flow("one").replace("><", ">\n  <").replace("<locationX>5", "<locationX>77")
    outcome = deploy(org_in_process, package({"Flow": ["Stamp"]}, {"flows/Stamp.flow": spaced}))
    assert changed(outcome) == []
    assert statuses(org_in_process) == [(1, "Active")]


def test_a_status_alone_has_no_effect(org_in_process: Org) -> None:
    deploy(org_in_process, flow_package("one", "Draft"))
    assert changed(deploy(org_in_process, flow_package("one", "Active"))) == []
    assert statuses(org_in_process) == [(1, "Draft")]


def test_a_draft_leaves_the_active_version_running(org_in_process: Org) -> None:
    deploy(org_in_process, flow_package("one"))
    deploy(org_in_process, flow_package("two", "Draft"))
    assert statuses(org_in_process) == [(1, "Active"), (2, "Draft")]
    assert [one.version_number for one in org_in_process.metadata.active_flows()] == [1]


def test_an_active_flow_runs(org_in_process: Org) -> None:
    org = org_in_process
    deploy(org, flow_package("hello"))
    result = org.automation.save("insert", "Lead", [{"LastName": "A", "Company": "B"}], user_id=org.admin_id)[0]
    row = org.rows.get("Lead", result.id)
    assert row is not None
    assert row["Description"] == "hello"


def test_production_keeps_flows_inactive_unless_told(org_in_process: Org) -> None:
    org = org_in_process
    org.settings.is_sandbox = False
    deploy(org, flow_package("one"))
    assert statuses(org) == [(1, "Draft")]
    org.settings.deploy_flows_as_active = True
    refused = deploy(org, flow_package("two"))
    assert refused.status == "Failed"
    assert refused.tests.flow_warnings[0][1] == (
        "Average test coverage across all active autolaunched flows and processes is 0%, at least 75% test coverage "
        "is required.")  # fmt: skip
    assert statuses(org) == [(1, "Draft")]


def test_the_fifty_first_version_is_refused(org_in_process: Org) -> None:
    for number in range(50):
        deploy(org_in_process, flow_package(f"text {number}", "Draft"))
    outcome = deploy(org_in_process, flow_package("one more", "Draft"))
    assert problems(outcome) == [("Flow", "Stamp", "Maximum number of Versions per flow is 50")]


def test_another_case_is_another_name_that_is_taken(org_in_process: Org) -> None:
    deploy(org_in_process, flow_package())
    outcome = deploy(org_in_process, flow_package(name="STAMP"))
    assert problems(outcome) == [("Flow", "STAMP", "Flow name must be unique")]


def test_an_api_version_newer_than_the_org(org_in_process: Org) -> None:
    body = stamp_flow().replace("66.0", "67.0")
    outcome = deploy(org_in_process, package({"Flow": ["Stamp"]}, {"flows/Stamp.flow": body}))
    assert problems(outcome) == [("Flow", "Stamp", 'The Stamp apiVersion can\'t be "67"')]


def test_scheduled_paths_need_a_default_workflow_user(org_in_process: Org) -> None:
    data = package({"Flow": ["Timer"]}, {"flows/Timer.flow": SCHEDULED})
    org_in_process.settings.default_workflow_user = None
    texts = [text or "" for _, _, text in problems(deploy(org_in_process, data))]
    assert len(texts) == 1
    assert "FLOW_SCHEDULED_PATH_REQUIRES_DEFAULT_WORKFLOW_USER" in texts[0]
    org_in_process.settings.default_workflow_user = org_in_process.admin_id
    assert problems(deploy(org_in_process, data)) == []


def definition(number: int) -> bytes:
    body = file("FlowDefinition", f"<activeVersionNumber>{number}</activeVersionNumber>")
    return package({"FlowDefinition": ["Stamp"]}, {"flowDefinitions/Stamp.flowDefinition": body})


def test_a_flow_definition_switches(org_in_process: Org) -> None:
    deploy(org_in_process, flow_package("one"))
    deploy(org_in_process, flow_package("two"))
    deploy(org_in_process, definition(1))
    assert statuses(org_in_process) == [(1, "Active"), (2, "Obsolete")]
    deploy(org_in_process, definition(0))
    assert statuses(org_in_process) == [(1, "Obsolete"), (2, "Obsolete")]
    assert problems(deploy(org_in_process, definition(9))) == [
        ("FlowDefinition", "Stamp", "no Flow version named Stamp-9 found")
    ]


def test_flows_are_deleted_by_version_and_only_when_inactive(org_in_process: Org) -> None:
    org = org_in_process
    deploy(org, flow_package("one"))
    deploy(org, flow_package("two"))
    text = "insufficient access rights on cross-reference id"
    assert problems(deploy(org, destructive({"Flow": ["Stamp"]}))) == [("Flow", "Stamp", text)]
    assert problems(deploy(org, destructive({"Flow": ["Stamp-2"]}))) == [("Flow", "Stamp-2", text)]
    assert problems(deploy(org, destructive({"Flow": ["Stamp-1"]}))) == []
    deploy(org, definition(0))
    assert problems(deploy(org, destructive({"Flow": ["Stamp-2"]}))) == []
    assert org.metadata.get("Flow", "Stamp") is None
    assert org.metadata.get("FlowDefinition", "Stamp") is None


def test_tooling_activates_and_deletes(org_in_process: Org) -> None:
    org = org_in_process
    deploy(org, flow_package("one"))
    deploy(org, flow_package("two"))
    first, second = org.metadata.flow_versions("Stamp")
    tooling = org.metadata.tooling
    tooling.activate(first.definition_id, {"Metadata": {"activeVersionNumber": 1}}, org.admin_id)
    assert statuses(org) == [(1, "Active"), (2, "Obsolete")]
    with pytest.raises(ApiError, match="insufficient access rights on cross-reference id"):
        tooling.delete_version(first.version_id, org.admin_id)
    tooling.delete_version(second.version_id, org.admin_id)
    assert statuses(org) == [(1, "Active")]
    with pytest.raises(ApiError, match="no Flow version named Stamp-7 found"):
        tooling.activate(first.definition_id, {"Metadata": {"activeVersionNumber": 7}}, org.admin_id)
    with pytest.raises(ApiError, match="does not model a FlowDefinition Metadata that changes description"):
        tooling.activate(first.definition_id, {"Metadata": {"description": "x"}}, org.admin_id)


def test_activation_leaves_a_trace(org_in_process: Org) -> None:
    deploy(org_in_process, flow_package("one"))
    shown = [(row["Action"], row["Display"]) for row in org_in_process.rows.select("SetupAuditTrail")]
    named = 'flow with Unique Name "Stamp"'
    assert shown == [
        ("activatedinteractiondefinition", f'Activated flow version #1 "Stamp" for {named}'),
        ("createdinteractiondefinition", 'Created flow with Name "Stamp" and Unique Name "Stamp"'),
        ("createdinteractiondefversion", f'Created flow version #1 "Stamp" for {named}'),
    ]


def test_order_inside_a_package_with_deletions(org_in_process: Org) -> None:
    """Pre removes before, Post after: a flow version can go in the same deploy that replaces it only afterwards."""
    org = org_in_process
    deploy(org, flow_package("one"))
    data = zipped({
        "package.xml": manifest({"Flow": ["Stamp"]}), "flows/Stamp.flow": stamp_flow("two"),
        "destructiveChangesPost.xml": manifest({"Flow": ["Stamp-1"]}, None),
    })  # fmt: skip
    assert problems(deploy(org, data)) == []
    assert statuses(org) == [(2, "Active")]
    before = zipped({
        "package.xml": manifest({"Flow": ["Stamp"]}), "flows/Stamp.flow": stamp_flow("three"),
        "destructiveChangesPre.xml": manifest({"Flow": ["Stamp-2"]}, None),
    })  # fmt: skip
    assert problems(deploy(org, before)) == [("Flow", "Stamp-2", "insufficient access rights on cross-reference id")]

"""What the server adds is no difference; what a person changed is."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from strategies.designs import designs
from test_sf_render import acme, snapshot

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.registry import load_target
from provisioner.targets.salesforce.compare import compare, explain_comparison
from provisioner.targets.salesforce.package import artifacts
from provisioner.targets.salesforce.parse import parse_package

PAGE = Path(__file__).parents[3] / "docs" / "what-we-compare.md"
Edit = Callable[[dict[str, Any]], Any]
SNAPSHOT = snapshot(acme())


def edited(address: str, edit: Edit) -> tuple[Resource, Resource]:
    desired = SNAPSHOT.resources[Address.parse(address)]
    attributes: Any = deepcopy(dict(desired.attributes))
    edit(attributes)
    return desired, Resource(desired.address, attributes)


def first(items: list[dict[str, Any]], **keys: str) -> dict[str, Any]:
    return next(item for item in items if all(item.get(key) == value for key, value in keys.items()))


SETTLED = "Flow:STL_Lead_Owner_Settled"
STAMP, TIMERS = "Flow:STL_Lead_Stamp", "Flow:STL_Lead_Timers"
DUE, TYPE = "CustomField:Lead.STL_SLA_Due_At__c", "CustomField:Lead.STL_Lead_Type__c"
MINUTES, RESULT = "CustomField:Lead.STL_SLA_Minutes__c", "CustomField:Lead.STL_SLA_Result__c"
RECORD, HOURS = "CustomMetadata:STL_Lead_Type.demo_request", "BusinessHours:STL us"
HOLIDAY = "Holiday:STL us 2026-12-25 Christmas Day"
RIGHTS, QUEUE, BELL = "PermissionSet:STL_Speed_To_Lead", "Queue:SDR_Backup", "CustomNotificationType:STL_Alert"


@pytest.mark.parametrize(
    ("address", "edit"),
    [
        (
            DUE,
            lambda a: a.update(
                externalId="false", trackFeedHistory="false", trackHistory="false", trackTrending="false"
            ),
        ),
        (DUE, lambda a: a.pop("required")),
        (DUE, lambda a: a.update(inlineHelpText="ask Dana", securityClassification="Internal")),
        (RESULT, lambda a: a.update(externalId="false", unique="false")),
        (TYPE, lambda a: [v.pop("default") for v in a["valueSet"]["valueSetDefinition"]["value"]]),
        (TYPE, lambda a: [v.update(isActive="true") for v in a["valueSet"]["valueSetDefinition"]["value"]]),
        (STAMP, lambda a: a.update(areMetricsLoggedToDataCloud="false", environments=["Default", "Slack"])),
        (
            STAMP,
            lambda a: a["processMetadataValues"].append({"name": "OriginBuilderType", "value": {"stringValue": "x"}}),
        ),
        (TIMERS, lambda a: [c.update(nameSegment="x", versionString="1.0.0") for c in a["actionCalls"]]),
        (TIMERS, lambda a: [c.pop("assignNullValuesIfNoRecordsFound") for c in a["recordLookups"]]),
        (TIMERS, lambda a: a.update(runInMode="DefaultMode")),
        (SETTLED, lambda a: a["start"].update(filterLogic="formula_evaluates_to_true")),
        (RECORD, lambda a: a["values"].append({"field": "Added_By_Hand__c", "value": None})),
        (RIGHTS, lambda a: a.pop("hasActivationRequired")),
        (
            QUEUE,
            lambda a: a.update(queueMembers={"users": {"user": "dana@acme.example"}}, doesSendEmailToMembers="true"),
        ),
        (QUEUE, lambda a: a["queueSobject"].append({"sobjectType": "Case"})),
        (HOURS, lambda a: a.update(default="true")),
        (HOLIDAY, lambda a: a["businessHours"].append("Default")),
        (BELL, lambda a: a.update(slack="false")),
    ],
)
def test_what_the_server_or_others_add_is_no_difference(address: str, edit: Edit) -> None:
    desired, live = edited(address, edit)
    assert compare(desired, live) == desired


def test_a_nil_value_that_is_left_out_is_no_difference() -> None:
    address = "CustomMetadata:STL_Lead_Type.event_attendee"
    desired, live = edited(address, lambda a: a["values"].remove({"field": "SLA_Minutes__c", "value": None}))
    assert compare(desired, live) == desired


def test_what_goes_with_the_design_is_as_it_was_recorded() -> None:
    """The server's additions to an action that is desired no more are nobody's change by hand."""
    recorded, live = edited(TIMERS, lambda a: [c.update(nameSegment="x") for c in a["actionCalls"]])
    _, fewer = edited(TIMERS, lambda a: a["actionCalls"].pop())
    _, none = edited(TIMERS, lambda a: a.pop("actionCalls"))
    assert compare(fewer, live).fingerprint() == recorded.fingerprint()
    assert compare(none, live).fingerprint() == recorded.fingerprint()


def rewire(attributes: dict[str, Any]) -> None:
    node = next(item for item in attributes["assignments"] if "connector" not in item)
    node["connector"] = {"targetReference": "Look"}


@pytest.mark.parametrize(
    ("address", "edit"),
    [
        (DUE, lambda a: a.update(type="Date")),
        (DUE, lambda a: a.update(required="true")),
        (DUE, lambda a: a.update(label="Deadline")),
        (DUE, lambda a: a.update(defaultValue="NOW()")),
        (MINUTES, lambda a: a.update(scale="0")),
        (MINUTES, lambda a: a.update(unique="true")),
        (RESULT, lambda a: a.update(formula='"Hit"')),
        (TYPE, lambda a: a["valueSet"]["valueSetDefinition"]["value"].append({"fullName": "vip", "label": "VIP"})),
        (TYPE, lambda a: a["valueSet"]["valueSetDefinition"]["value"].pop()),
        (TYPE, lambda a: a["valueSet"]["valueSetDefinition"]["value"].reverse()),
        (TYPE, lambda a: a["valueSet"].update(restricted="true")),
        (STAMP, lambda a: a.update(status="Draft")),
        (STAMP, lambda a: a.pop("status")),
        (STAMP, lambda a: a.setdefault("subflows", []).append({"name": "Extra", "flowName": "X"})),
        (STAMP, lambda a: a["assignments"].append({"name": "Extra", "label": "Extra"})),
        (STAMP, lambda a: a["assignments"].pop()),
        (STAMP, lambda a: a["start"].update(filterFormula="TRUE")),
        (STAMP, lambda a: a["start"]["filters"].pop()),
        (STAMP, lambda a: a.update(triggerOrder="1")),
        (STAMP, rewire),
        (TIMERS, lambda a: a["start"]["scheduledPaths"].pop()),
        (TIMERS, lambda a: a["start"]["scheduledPaths"][0].update(offsetNumber="5")),
        (TIMERS, lambda a: first(a["decisions"], name="Open_At_Due")["rules"][0]["conditions"].pop()),
        (TIMERS, lambda a: a["actionCalls"][0].pop("faultConnector")),
        (TIMERS, lambda a: first(a["variables"], name="toldIds").pop("value")),
        (RECORD, lambda a: first(a["values"], field="SLA_Minutes__c").update(value="60")),
        (RECORD, lambda a: first(a["values"], field="SLA_Minutes__c").update(value=None)),
        (RECORD, lambda a: a.update(label="Demo")),
        ("ApexClass:STL_Clock", lambda a: a.update(body=a["body"] + "// by hand\n")),
        (RIGHTS, lambda a: a["fieldPermissions"].pop()),
        (RIGHTS, lambda a: a["fieldPermissions"][0].update(editable="true")),
        (RIGHTS, lambda a: a.update(userPermissions=[{"name": "ModifyAllData", "enabled": "true"}])),
        (QUEUE, lambda a: a["queueSobject"].clear()),
        (HOURS, lambda a: a.update(fridayEndTime="17:00:00.000Z")),
        (HOURS, lambda a: a.update(saturdayStartTime="08:00:00.000Z", saturdayEndTime="12:00:00.000Z")),
        (HOURS, lambda a: a.update(timeZoneId="Europe/Paris")),
        (HOLIDAY, lambda a: a.update(activityDate="2026-12-26")),
        (HOLIDAY, lambda a: a.update(startTime="08:00:00.000Z")),
        (HOLIDAY, lambda a: a["businessHours"].clear()),
        (BELL, lambda a: a.update(mobile="false")),
    ],
)
def test_what_a_person_changed_is_a_difference(address: str, edit: Edit) -> None:
    desired, live = edited(address, edit)
    assert live != desired, "the edit of this test edits nothing"
    assert compare(desired, live) != desired


@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
@given(designs)
def test_what_was_deployed_does_not_differ(design: Design) -> None:
    desired, _ = load_target("salesforce").desire(design, lambda pointer: None)
    live = parse_package({f"unpackaged/{item.path}": item.content for item in artifacts(desired)})
    deployed = [want for want in desired if not want.address.is_by_hand]
    assert [compare(want, live.resources[want.address]) for want in deployed] == deployed


def test_of_a_step_that_a_person_does_everything_counts() -> None:
    address = Address("ManualStep", "permission_set")
    live = Resource(address, {"opened": "It was ticked; since then nobody had it."})
    assert compare(Resource(address, {"title": "Assign it"}), live) == live


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == explain_comparison(), (
        "write explain_comparison() to docs/what-we-compare.md"
    )

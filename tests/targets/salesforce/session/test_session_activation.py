"""Production: who switches flows on, and which tests run for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pieces import apex, field, files, flow, make_plan, snapshot
from scripted_org import ScriptedOrg, error
from test_session_deploy import outcomes, write

from provisioner.planning.plan import Cause, Change
from provisioner.resources import Address, Resource
from provisioner.targets.base import Outcome, Progress
from provisioner.targets.salesforce.session import SalesforceSession
from provisioner.targets.salesforce.session.activation import BY_HAND

STAMP_ID, TIMERS_ID = "300000000000001AAA", "300000000000002AAA"
STAMP = Resource(
    Address("Flow", "STL_Stamp"),
    {**flow("STL_Stamp").attributes, "start": {"triggerType": "RecordBeforeSave", "object": "Lead"}},
)
TIMERS = flow("STL_Timers")


def settings(value: str) -> dict[str, bytes]:
    content = f"<FlowSettings xmlns='http://soap.sforce.com/2006/04/metadata'>{value}</FlowSettings>"
    return {"unpackaged/settings/Flow.settings": content.encode()}


def said(value: bool) -> dict[str, bytes]:
    word = str(value).lower()
    return settings(f"<enableFlowDeployAsActiveEnabled>{word}</enableFlowDeployAsActiveEnabled>")


def version(number: int, name: str, status: str) -> dict[str, Any]:
    id = f"3010000000000{number}{len(name)}AAA"
    return {"Id": id[:18].ljust(18, "A"), "VersionNumber": number, "Status": status,
            "Definition": {"DeveloperName": name}}  # fmt: skip


@pytest.fixture
def production(org: ScriptedOrg) -> ScriptedOrg:
    """Both flows were deployed before; then came a version of each that is not active."""
    org.organization["IsSandbox"] = False
    org.rows["FlowDefinition"] = [
        {"Id": STAMP_ID, "DeveloperName": "STL_Stamp"},
        {"Id": TIMERS_ID, "DeveloperName": "STL_Timers"},
    ]
    org.rows["Flow"] = [
        version(1, "STL_Stamp", "Active"), version(2, "STL_Stamp", "Draft"),
        version(1, "STL_Timers", "Obsolete"), version(3, "STL_Timers", "Draft"),
    ]  # fmt: skip
    return org


@pytest.mark.parametrize(
    ("told", "beginning"),
    [
        (said(True), "This is a production org that deploys flows as active: when flows change it runs tests"),
        (said(False), "This is a production org that does not deploy flows as active: new versions are switched on"),
        (settings(""), "This is a production org, and whether it deploys flows as active could not be read."),
        ({}, "This is a production org, and whether it deploys flows as active could not be read."),
    ],
)
def test_the_plan_says_how_flows_come_to_run(
    org: ScriptedOrg, session: SalesforceSession, told: dict[str, bytes], beginning: str
) -> None:
    org.organization["IsSandbox"] = False
    org.files = files(TIMERS) | told
    org.rows["FlowDefinitionView"] = [{"ApiName": "STL_Timers", "ActiveVersionId": "301", "LatestVersionId": "301"}]
    live = session.read(snapshot(TIMERS), "STL")
    assert (live.notices, list(live.notices_of)) == ((), ["Flow"])
    assert live.notices_of["Flow"].startswith(beginning)
    assert list(live.snapshot) == [TIMERS]  # the setting is none of ours


def test_a_sandbox_is_not_asked(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.files = files(TIMERS)
    org.rows["FlowDefinitionView"] = [{"ApiName": "STL_Timers", "ActiveVersionId": "301", "LatestVersionId": "301"}]
    assert session.read(snapshot(TIMERS), "STL").notices == ()
    assert not [request for request in org.requests if b"<members>Flow</members>" in request.body]


def test_what_the_org_left_inactive_is_switched_on_stamp_last(
    production: ScriptedOrg, session: SalesforceSession
) -> None:
    told, stopped = write(session, make_plan(create=(field("Lead.A__c"),), update=(STAMP, TIMERS)))
    assert stopped is None
    assert outcomes(told) == [
        Outcome(Address("CustomField", "Lead.A__c"), "done"),
        Outcome(TIMERS.address, "done"),
        Outcome(STAMP.address, "done"),
    ]
    assert [event for event in told if isinstance(event, Progress) and event.stage == "activating"] == [
        Progress("activating", "Flow STL_Timers switched on (version 3)", at_rest=True),
        Progress("activating", "Flow STL_Stamp switched on (version 2)", at_rest=True),
    ]
    sent = [(one.path.rpartition("/")[2], json.loads(one.body)) for one in production.seen("PATCH /services")]
    assert sent == [
        (TIMERS_ID, {"Metadata": {"activeVersionNumber": 3}}),
        (STAMP_ID, {"Metadata": {"activeVersionNumber": 2}}),
    ]
    assert len(production.deployments) == 1


def test_what_runs_already_is_left_alone(production: ScriptedOrg, session: SalesforceSession) -> None:
    production.rows["Flow"] = [version(1, "STL_Timers", "Obsolete"), version(3, "STL_Timers", "Active")]
    told, stopped = write(session, make_plan(update=(TIMERS,)))
    assert (stopped, outcomes(told)) == (None, [Outcome(TIMERS.address, "done")])
    assert production.seen("PATCH /services") == []


def test_a_flow_that_is_wanted_inactive_stays_so(production: ScriptedOrg, session: SalesforceSession) -> None:
    plan, final = make_plan(update=(flow("STL_Timers", "Draft"),))
    plan = replace(plan, changes=(Change(TIMERS, flow("STL_Timers", "Draft"), Cause.TAKEN_BACK),))
    production.rows["Flow"] = [version(1, "STL_Timers", "Obsolete"), version(3, "STL_Timers", "Draft")]
    told, stopped = write(session, (plan, final))
    assert (stopped, outcomes(told)) == (None, [Outcome(TIMERS.address, "done")])
    assert production.seen("PATCH /services") == []


def test_no_clock_starts_without_its_timers_after_a_refused_activation(
    production: ScriptedOrg, session: SalesforceSession
) -> None:
    refusal = error(403, "INSUFFICIENT_ACCESS", "no View All Data")
    production.on(lambda request: request.method == "PATCH" and TIMERS_ID in request.path, refusal)
    told, stopped = write(session, make_plan(create=(field("Lead.A__c"),), update=(STAMP, TIMERS)))
    assert stopped is None
    done, timers, stamp = outcomes(told)
    assert (done.status, timers.status) == ("done", "failed")
    assert timers.message.startswith("It was deployed, but not switched on: ")
    assert timers.message.endswith(BY_HAND)
    assert stamp == Outcome(
        STAMP.address,
        "skipped",
        "It was deployed, and left as it was: clocks would start without STL_Timers, which could not be switched on. "
        "See to that one, and apply again.",
    )
    assert not [one for one in production.seen("PATCH /services") if STAMP_ID in one.path]


def test_a_refusal_holds_back_no_other_flow_than_the_one_that_starts_clocks(
    production: ScriptedOrg, session: SalesforceSession
) -> None:
    touch, touch_id = flow("STL_Touch"), "300000000000003AAA"
    production.rows["FlowDefinition"].append({"Id": touch_id, "DeveloperName": "STL_Touch"})
    production.rows["Flow"].append(version(1, "STL_Touch", "Draft"))
    refusal = error(403, "INSUFFICIENT_ACCESS", "no View All Data")
    production.on(lambda request: request.method == "PATCH" and TIMERS_ID in request.path, refusal)
    told, _ = write(session, make_plan(update=(STAMP, TIMERS, touch)))
    assert [(item.address, item.status) for item in outcomes(told)] == [
        (TIMERS.address, "failed"),
        (touch.address, "done"),
        (STAMP.address, "skipped"),
    ]


def test_a_refused_stamp_takes_nothing_from_the_timers(production: ScriptedOrg, session: SalesforceSession) -> None:
    refusal = error(403, "INSUFFICIENT_ACCESS", "no View All Data")
    production.on(lambda request: request.method == "PATCH" and STAMP_ID in request.path, refusal)
    told, _ = write(session, make_plan(update=(STAMP, TIMERS)))
    assert [(item.address, item.status) for item in outcomes(told)] == [
        (TIMERS.address, "done"),
        (STAMP.address, "failed"),
    ]


def test_after_a_lost_activation_the_others_are_not_tried(production: ScriptedOrg, session: SalesforceSession) -> None:
    """Only the flow that the org gave no answer about has failed; what ran already does, and nothing was deleted."""
    trouble = [error(500, "UNKNOWN_EXCEPTION", "x")] * 5
    production.on(lambda request: request.method == "PATCH" and TIMERS_ID in request.path, *trouble)
    plan = make_plan(create=(field("Lead.A__c"),), update=(STAMP, TIMERS), delete=(field("Lead.Old__c"),))
    told, stopped = write(session, plan)
    assert stopped is not None
    assert {str(item.address): (item.status, item.message) for item in outcomes(told)} == {
        "CustomField:Lead.A__c": ("done", ""),
        "Flow:STL_Timers": ("failed", f"It was deployed; switching it on: {stopped.message}"),
        "Flow:STL_Stamp": (
            "skipped",
            "It was deployed, but switching it on was not tried: before it, STL_Timers could not be. Apply again.",
        ),
        "CustomField:Lead.Old__c": ("skipped", "not tried: what comes before deletions did not succeed"),
    }
    assert [STAMP_ID in one.path for one in production.seen("PATCH /services")].count(True) == 0


@pytest.mark.parametrize(
    ("as_active", "work", "tests"),
    [
        (True, make_plan(update=(TIMERS,), keep=(apex("STL_Clock_Test"),)), ["STL_Clock_Test"]),
        (True, make_plan(update=(TIMERS,)), None),
        (True, make_plan(update=(flow("STL_Timers", "Draft"),), keep=(apex("STL_Clock_Test"),)), None),
        (False, make_plan(update=(TIMERS,), keep=(apex("STL_Clock_Test"),)), None),
        (False, make_plan(update=(TIMERS, apex("STL_Clock")), keep=(apex("STL_Clock_Test"),)), ["STL_Clock_Test"]),
    ],
)
def test_tests_launch_flows_that_are_deployed_as_active(
    production: ScriptedOrg, session: SalesforceSession, as_active: bool, work: Any, tests: list[str] | None
) -> None:
    production.files = files(TIMERS) | said(as_active)
    session.read(snapshot(TIMERS), "STL")
    write(session, work)
    (sent,) = production.deployments
    assert sent.options.get("runTests") == tests
    assert sent.options.get("testLevel") == ("RunSpecifiedTests" if tests else None)

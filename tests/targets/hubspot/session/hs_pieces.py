"""Resources and plans for the session's tests; what they contain does not matter to the session."""

from __future__ import annotations

import dataclasses
from typing import Any

from provisioner.applying.apply import Applied, apply
from provisioner.planning.diff import make_plan
from provisioner.planning.plan import Plan
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Outcome
from provisioner.targets.hubspot.session import HubSpotSession

DESIGN, PREFIX = "acme", "stl"


def group(label: str = "Speed to lead") -> Resource:
    return Resource(Address("PropertyGroup", "contacts.stl_speed"), {"name": "stl_speed", "label": label})


def prop(name: str, **more: Any) -> Resource:
    attributes = {
        "name": name, "label": name, "groupName": "stl_speed", "type": "datetime", "fieldType": "date",
        "description": "A moment.", "formField": False, **more,
    }  # fmt: skip
    return Resource(Address("Property", f"contacts.{name}"), attributes)


def formula(name: str, text: str) -> Resource:
    return prop(name, type="number", fieldType="calculation_equation", calculationFormula=text)


def choice(name: str, *values: str) -> Resource:
    options = [{"label": value, "value": value, "displayOrder": n, "hidden": False} for n, value in enumerate(values)]
    return prop(name, type="enumeration", fieldType="select", options=options)


def filters(value: str = "running") -> dict[str, Any]:
    operation = {
        "operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": [value],
        "includeObjectsWithNoValueSet": False,
    }  # fmt: skip
    inner = {"filterType": "PROPERTY", "property": "stl_status", "operation": operation}
    branch = {"filterBranchType": "AND", "filterBranchOperator": "AND", "filterBranches": [], "filters": [inner]}
    return {"filterBranchType": "OR", "filterBranchOperator": "OR", "filters": [], "filterBranches": [branch]}


def segment(key: str = "running", name: str = "SLA running", value: str = "running") -> Resource:
    attributes = {"name": name, "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": filters(value)}
    return Resource(Address("List", key), attributes)


def flow(key: str = "stamp", name: str = "STL stamp", **more: Any) -> Resource:
    action = {
        "type": "SINGLE_CONNECTION", "actionId": "1", "actionTypeId": "0-5", "actionTypeVersion": 0,
        "fields": {
            "property_name": "stl_started_at", "value": {"type": "TIMESTAMP", "timestampType": "EXECUTION_TIME"},
        },
    }  # fmt: skip
    attributes = {
        "type": "CONTACT_FLOW", "flowType": "WORKFLOW", "objectTypeId": "0-1", "isEnabled": True, "name": name,
        "description": "Stamps.", "startActionId": "1", "blockedDates": [], "timeWindows": [], "customProperties": {},
        "dataSources": [], "canEnrollFromSalesforce": False, "suppressionListIds": [{"$ref": "list:running"}],
        "enrollmentCriteria": {"type": "MANUAL", "shouldReEnroll": False}, "actions": [action], **more,
    }  # fmt: skip
    return Resource(Address("Flow", key), attributes)


def step(key: str = "report", text: str = "Click.") -> Resource:
    return Resource(Address("ManualStep", key), {"title": "Report", "text": text})


def whole() -> list[Resource]:
    """One of each, depending on each other."""
    return [
        group(),
        prop("stl_started_at"),
        prop("stl_touched_at"),
        choice("stl_status", "running", "met"),
        formula("stl_wait", "stl_touched_at - stl_started_at"),
        formula("stl_minutes", "stl_wait / 60000"),
        segment(),
        flow(),
    ]


class Subset:
    """`compare` as a target has it: what the desired side does not speak of is dropped."""

    def compare(self, desired: Resource, live: Resource) -> Resource:
        return Resource(live.address, _reduced(desired.attributes, live.attributes))


def _reduced(wanted: Any, live: Any) -> Any:
    if isinstance(wanted, dict) and isinstance(live, dict):
        return {key: _reduced(value, live[key]) for key, value in wanted.items() if key in live}
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        return [_reduced(one, other) for one, other in zip(wanted, live, strict=True)]
    return live


def planned(session: HubSpotSession, *resources: Resource) -> Plan:
    live = session.read(Snapshot.of(resources), PREFIX)
    assert live.resolved is not None
    return make_plan(
        live.resolved, live.snapshot, live.ledger.fingerprints, Subset().compare, design=DESIGN, design_digest="d",
        tool="0.1", org=dataclasses.asdict(session.identity()), created_at="2026-03-02T13:00:00Z", prefix=PREFIX,
        notices=live.notices,
    )  # fmt: skip


def carried_out(session: HubSpotSession, plan: Plan, applied_at: str = "2026-03-02T13:00:00Z") -> Applied:
    """The end of applying this plan the way the commands do. `applied_at` is by our own clock."""
    meta = {"plan_id": "sha256:1", "applied_at": applied_at, "applied_by": "me"}
    last = list(apply(plan, session, Subset(), **meta))[-1]
    assert isinstance(last, Applied)
    return last


def statuses(outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    return {str(outcome.address): outcome.status for outcome in outcomes}


def messages(outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    return {str(outcome.address): outcome.message for outcome in outcomes if outcome.message}


def changes(plan: Plan) -> list[str]:
    return [f"{change.action.value} {change.address}" for change in plan.changes]

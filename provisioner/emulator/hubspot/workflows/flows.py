"""Definitions of workflows: what may be saved, revisions, ids. [spec][docs] reference/hubspot.md 4.1-4.5, 4.9"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from provisioner.emulator.hubspot.bodies import fit, without_blanks
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid, missing, unmodelled
from provisioner.emulator.hubspot.lists import filters
from provisioner.emulator.hubspot.standard import CONTACT, TYPES
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show_full
from provisioner.emulator.hubspot.workflows import actions
from provisioner.emulator.hubspot.workflows.timing import DAYS, MONTHS

_WINDOW = {"day!": DAYS, "startTime": actions.CLOCK, "endTime": actions.CLOCK}
_BLOCKED = {"month!": MONTHS, "dayOfMonth!": "integer", "year": "integer"}
_SAME: Json = {
    "type!": ("CONTACT_FLOW", "PLATFORM_FLOW"),
    "isEnabled!": "boolean",
    "actions!": ["any"],
    "blockedDates!": [_BLOCKED],
    "timeWindows!": [_WINDOW],
    "customProperties!": {"*": "string"},
    "name": "string",
    "description": "string",
    "startActionId": "string",
    "uuid": "string",
    "nextAvailableActionId": "string",
    "enrollmentCriteria": "any",
    "enrollmentSchedule": "any",
}
_OF_CONTACTS: Json = {
    "canEnrollFromSalesforce!": "boolean",
    "suppressionListIds!": ["integer"],
    "eventAnchor": "any",
    "goalFilterBranch": "any",
    "unEnrollmentSetting": "any",
}
_OF_OTHERS: Json = {"suppressionFilterBranch": "any"}
_ONLY_NEW: Json = {
    "objectTypeId!": "string",
    "flowType!": ("ACTION_SET", "UNKNOWN", "WORKFLOW"),
    "dataSources!": ["any"],
}
_REFUSED = ("enrollmentSchedule", "eventAnchor", "goalFilterBranch", "unEnrollmentSetting", "dataSources")
_CRITERIA: dict[str, Json] = {
    "LIST_BASED": {
        "listFilterBranch!": "any",
        "reEnrollmentTriggersFilterBranches!": ["any"],
        "unEnrollObjectsNotMeetingCriteria!": "boolean",
    },
    "EVENT_BASED": {
        "eventFilterBranches!": ["any"],
        "listMembershipFilterBranches!": ["any"],
        "refinementCriteria": "any",
    },
    "MANUAL": {},
}


def find(portal: Portal, flow_id: str) -> Json:
    found = portal.shelves["flow"].get(flow_id)
    if found is None:
        raise missing(f"Flow {flow_id} does not exist.")
    return found


def create(portal: Portal, body: Any) -> Json:
    _type_first(body)
    more = _OF_CONTACTS if body["type"] == "CONTACT_FLOW" else _OF_OTHERS
    fit(body, _SAME | more | _ONLY_NEW, portal.settings.strict_bodies)
    wanted = without_blanks(body)
    _agree(wanted["type"], wanted["objectTypeId"])
    if wanted["flowType"] != "WORKFLOW":
        raise unmodelled(f"flows of flowType {wanted['flowType']}")
    if len(portal.shelves["flow"]) >= portal.settings.workflow_limit:
        raise invalid(f"The limit of {portal.settings.workflow_limit} workflows is reached.")
    now = show_full(portal.now_ms)
    flow_id = str(portal.number("flow", 585_001))
    made = wanted | {"id": flow_id, "revisionId": "1", "createdAt": now}
    made.setdefault("uuid", str(uuid.uuid5(uuid.NAMESPACE_URL, f"flow {flow_id}")))
    return _save(portal, made, was_enabled=False)


def replace(portal: Portal, flow_id: str, body: Any) -> Json:
    """The whole flow anew; the revision must be the present one."""
    old = find(portal, flow_id)
    _type_first(body)
    if body["type"] != old["type"]:
        raise invalid(f"Flow {flow_id} is a {old['type']}; its type cannot change.")
    more = _OF_CONTACTS if body["type"] == "CONTACT_FLOW" else _OF_OTHERS
    fit(body, _SAME | more | {"revisionId!": "string"}, portal.settings.strict_bodies)
    wanted = without_blanks(body)
    if wanted["revisionId"] != old["revisionId"]:
        text = f"Flow {flow_id} is at revision {old['revisionId']}, not {wanted['revisionId']}."
        raise ApiError(portal.settings.stale_revision_status, "CONFLICT", text)
    kept = {key: old[key] for key in ("id", "uuid", "createdAt", "objectTypeId", "flowType", "dataSources")}
    known = {key.removesuffix("!") for key in (*_SAME, *more)}
    made = {key: value for key, value in wanted.items() if key in known} | kept
    made["revisionId"] = str(int(old["revisionId"]) + 1)
    return _save(portal, made, was_enabled=old["isEnabled"])


def edited(portal: Portal, flow_id: str, changes: Json) -> Json:
    """Somebody saves a change in the portal's own pages."""
    old = find(portal, flow_id)
    body = {key: value for key, value in deepcopy(old).items() if key not in SERVER_MADE} | changes
    if "actions" in changes and "nextAvailableActionId" not in changes:
        body.pop("nextAvailableActionId")
    return replace(portal, flow_id, body)


SERVER_MADE = ("id", "createdAt", "updatedAt", "crmObjectCreationStatus", "objectTypeId", "flowType", "dataSources")


def delete(portal: Portal, flow_id: str) -> None:
    """For good."""
    find(portal, flow_id)
    portal.shelves["flow"].remove(flow_id)
    portal.automation.flow_deleted(flow_id)


def _save(portal: Portal, made: Json, was_enabled: bool) -> Json:
    check(portal, made)
    if portal.settings.renumber_actions:
        renumber(made)
    made |= {"updatedAt": show_full(portal.now_ms), "crmObjectCreationStatus": "COMPLETE"}
    made["nextAvailableActionId"] = str(_highest(made) + 1)
    portal.shelves["flow"].put(made["id"], made)
    portal.shelves["revision"].put(f"{made['id']}/{made['revisionId']}", deepcopy(made))
    portal.automation.flow_saved(made["id"], was_enabled)
    return made


def _type_first(body: Any) -> None:
    if not isinstance(body, dict) or body.get("type") is None:
        raise invalid("Some required fields were not set: [type]")
    if body["type"] not in ("CONTACT_FLOW", "PLATFORM_FLOW"):
        raise invalid(f"type is CONTACT_FLOW or PLATFORM_FLOW, not {body['type']!r}.")


def _agree(kind: str, type_id: str) -> None:
    if kind == "PLATFORM_FLOW" and type_id == CONTACT:
        raise invalid('Expected an object type other than "0-1" objectType but got "0-1"')
    if kind == "CONTACT_FLOW" and type_id != CONTACT:
        raise invalid(f'Expected a "0-1" objectType but got "{type_id}"')
    if type_id not in TYPES:
        raise unmodelled(f"workflows of objects of type {type_id}")


def check(portal: Portal, flow: Json) -> None:
    """Everything the vendor refuses, then what the emulator does not model. Raises ApiError."""
    for key in _REFUSED:
        if flow.get(key):
            raise unmodelled(f"{key} of workflows")
    listed = flow["actions"]
    for one in listed:
        actions.check(portal, flow["objectTypeId"], one)
    _check_graph(flow)
    expected = str(_highest(flow) + 1)
    if flow.get("nextAvailableActionId", expected) != expected:
        wrong = flow["nextAvailableActionId"]
        raise invalid(f"nextAvailableActionId was expected to be '{expected}' but was '{wrong}'.")
    for number in flow.get("suppressionListIds", []):
        found = portal.shelves["list"].get(str(number))
        if found is None or "deletedAt" in found:
            raise invalid(f"List {number} does not exist.")
    if flow.get("suppressionFilterBranch"):
        filters.check_root(portal, flow["objectTypeId"], flow["suppressionFilterBranch"])
    if flow.get("enrollmentCriteria") is not None:
        _check_criteria(portal, flow["objectTypeId"], flow["enrollmentCriteria"])
    _check_windows(flow)


def _highest(flow: Json) -> int:
    return max((int(one["actionId"]) for one in flow["actions"]), default=0)


def _check_graph(flow: Json) -> None:
    ids = [one["actionId"] for one in flow["actions"]]
    for one in ids:
        if not one.isdigit():
            raise invalid(f"actionId is a whole number in a text, not {one!r}.")
        if ids.count(one) > 1:
            raise invalid(f"actionId {one} is not unique.")
    start = flow.get("startActionId")
    if (start is None and ids) or (start is not None and start not in ids):
        raise invalid(f"startActionId {start} is not the id of an action.")
    edges: dict[str, list[str]] = {}
    for action in flow["actions"]:
        for one in actions.following(action):
            if one["nextActionId"] not in ids:
                raise invalid(f"Action {action['actionId']} goes on to {one['nextActionId']}, which does not exist.")
            if one["edgeType"] == "STANDARD":
                edges.setdefault(action["actionId"], []).append(one["nextActionId"])
    _check_acyclic(edges)
    _check_outputs(flow)


def _check_outputs(flow: Json) -> None:
    """What is read of earlier actions is there: the action, and of custom code an output it declares."""
    by_id = {one["actionId"]: one for one in flow["actions"]}
    for action in flow["actions"]:
        for value in actions.values(action):
            if value.get("type") != "FIELD_DATA":
                continue
            other, key = by_id.get(value["actionId"]), value["dataKey"]
            if other is None:
                raise invalid(f"Action {action['actionId']} reads action {value['actionId']}, which does not exist.")
            if other["type"] == "CUSTOM_CODE" and key not in [one["name"] for one in other["outputFields"]]:
                text = (
                    f"Action {action['actionId']} reads {key} of action {other['actionId']}, which has no such output."
                )
                raise invalid(text)


def _check_acyclic(edges: dict[str, list[str]]) -> None:
    """Only GOTO may lead back. Removes what nothing leads to until nothing is left."""
    into: dict[str, int] = {}
    for targets in edges.values():
        for one in targets:
            into[one] = into.get(one, 0) + 1
    free = [one for one in edges if one not in into]
    while free:
        for one in edges.pop(free.pop(), []):
            into[one] -= 1
            if not into[one]:
                del into[one]
                free.append(one)
    if into:
        raise invalid(f"Action {min(into)} leads back to itself; only a GOTO may.")


def _check_criteria(portal: Portal, type_id: str, criteria: Any) -> None:
    kind = criteria.get("type") if isinstance(criteria, dict) else None
    if kind is None:
        raise invalid("Some required fields were not set: [type]")
    if kind not in _CRITERIA:
        raise unmodelled(f"enrollmentCriteria of type {kind}")
    shape = {"type!": "string", "shouldReEnroll!": "boolean"} | _CRITERIA[kind]
    fit(criteria, shape, portal.settings.strict_bodies, "enrollmentCriteria")
    if kind == "LIST_BASED":
        filters.check_root(portal, type_id, criteria["listFilterBranch"])
        for one in criteria["reEnrollmentTriggersFilterBranches"]:
            _check_reenrolment(portal, type_id, one)
    elif kind == "EVENT_BASED":
        if not criteria["eventFilterBranches"]:
            raise invalid("EVENT_BASED enrolment needs at least one event.")
        for one in criteria["eventFilterBranches"]:
            filters.check_event(portal, type_id, one)
        for one in criteria["listMembershipFilterBranches"]:
            filters.check_root(portal, type_id, one)
        if criteria.get("refinementCriteria"):
            filters.check_root(portal, type_id, criteria["refinementCriteria"])


def _check_reenrolment(portal: Portal, type_id: str, branch: Any) -> None:
    """An AND on hs_name and hs_value, or an event branch. [docs] 4.3"""
    kind = branch.get("filterBranchType") if isinstance(branch, dict) else None
    if kind == "UNIFIED_EVENTS":
        filters.check_event(portal, type_id, branch)
    elif kind == "AND":
        filters.check_trigger(portal, type_id, branch.get("filters", []), ("hs_name", "hs_value"))
    else:
        raise invalid(f"A re-enrolment trigger is an AND or UNIFIED_EVENTS branch, not {kind}.")


def _check_windows(flow: Json) -> None:
    for one in flow["timeWindows"]:
        for key in ("startTime", "endTime"):
            clock = one.get(key)
            if clock and not (0 <= clock["hour"] <= 23 and 0 <= clock["minute"] <= 59):
                raise invalid(f"{key} is a time of day, not {clock['hour']}:{clock['minute']}.")
        start, end = one.get("startTime"), one.get("endTime")
        if start and end and (start["hour"], start["minute"]) >= (end["hour"], end["minute"]):
            raise invalid(f"The window of {one['day']} ends before it starts.")


def properties_of(flow: Json) -> Iterator[str]:
    """Every property of the enrolled object that a flow names, in criteria or actions."""
    criteria = flow.get("enrollmentCriteria") or {}
    trees = [criteria.get("listFilterBranch"), criteria.get("refinementCriteria"), flow.get("suppressionFilterBranch")]
    for key in ("reEnrollmentTriggersFilterBranches", "eventFilterBranches", "listMembershipFilterBranches"):
        trees += criteria.get(key, [])
    for tree in trees:
        yield from filters.references(tree)
    for one in flow["actions"]:
        yield from actions.references(one)


def renumber(flow: Json) -> None:
    """Ids along the graph from 1, actions in that order, as the vendor's editor leaves them."""
    by_id = {one["actionId"]: one for one in flow["actions"]}
    order: list[str] = []
    waiting = [flow["startActionId"]] if flow.get("startActionId") else []
    while waiting:
        one = waiting.pop(0)
        if one not in order:
            order.append(one)
            waiting = [edge["nextActionId"] for edge in actions.following(by_id[one])] + waiting
    order += [one for one in by_id if one not in order]
    new = {old: str(number) for number, old in enumerate(order, 1)}
    for action in flow["actions"]:
        action["actionId"] = new[action["actionId"]]
        for edge in actions.following(action):
            edge["nextActionId"] = new[edge["nextActionId"]]
        for value in actions.values(action):
            if value.get("type") == "FIELD_DATA":
                value["actionId"] = new[value["actionId"]]
    flow["actions"].sort(key=lambda one: int(one["actionId"]))
    if order:
        flow["startActionId"] = new[flow["startActionId"]]
    flow["nextAvailableActionId"] = str(len(order) + 1)

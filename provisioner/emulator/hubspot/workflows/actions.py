"""Actions of workflows: which there are, what their fields hold, what is refused.

[docs] reference/hubspot.md 4.5, 4.6
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid, unmodelled
from provisioner.emulator.hubspot.lists import filters
from provisioner.emulator.hubspot.standard import TYPES
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import zone
from provisioner.emulator.hubspot.values import BadValue, normal
from provisioner.emulator.hubspot.workflows import code, timing

CONNECTION = {"edgeType!": ("GOTO", "STANDARD"), "nextActionId!": "string"}
CLOCK = {"hour!": "integer", "minute!": "integer"}
DELAY = {
    "delta!": "integer",
    "timeUnit!": timing.UNITS,
    "daysOfWeek!": [timing.DAYS],
    "timeOfDay": CLOCK,
    "timeZoneStrategy": {"type!": ("STATIC_TIME_ZONE",), "timeZoneId!": "string"},
}
VALUES: dict[str, Json] = {
    "STATIC_VALUE": {"staticValue!": "string"},
    "OBJECT_PROPERTY": {"propertyName!": "string"},
    "TIMESTAMP": {"timestampType!": ("EXECUTION_TIME",)},
    "RELATIVE_DATETIME": {"timeDelay!": DELAY},
    "INCREMENT": {"incrementAmount!": "number"},
    "FIELD_DATA": {"actionId!": "string", "dataKey!": "string"},
    "APPEND_OBJECT_PROPERTY": {"appendPropertyName!": "string"},
    "STATIC_APPEND_VALUE": {"staticAppendValue!": "string"},
    "ENROLLMENT_EVENT_PROPERTY": {"enrollmentEventPropertyToken!": "string"},
}
_PEOPLE = {"user_ids": ["string"], "team_ids": ["string"], "owner_properties": ["string"]}
_TO_RECORD = {
    "target!": {"associationCategory!": "string", "associationTypeId!": "integer"},
    "value!": {"type!": "string"},
}
FIELDS: dict[str, Json] = {
    "0-1": {"delta!": "string", "time_unit!": timing.DELAY_UNITS},
    "0-35": {"date!": "any", "delta": "string", "time_unit": timing.DELAY_UNITS, "time_of_day": CLOCK},
    "0-29": {"event_filter_branches!": ["any"], "expiration_minutes": "string"},
    "0-3": {
        "task_type!": ("TODO", "CALL", "EMAIL"),
        "subject!": "string",
        "body": "string",
        "priority": ("NONE", "LOW", "MEDIUM", "HIGH"),
        "use_explicit_associations": "string",
        "associations": [_TO_RECORD],
        "owner_assignment": {"type!": ("CUSTOM",), "value!": "any"},
        "due_time": DELAY,
    },
    "0-5": {"property_name!": "string", "value!": "any"},
    "0-8": {"subject!": "string", "body!": "string"} | _PEOPLE,
    # The same addressees as 0-8: only user_ids is documented for it. [inferred]
    "0-9": {"subject!": "string", "body!": "string", "delivery_method!": ("APP",)} | _PEOPLE,
    "0-11": {
        "user_ids": ["string"],
        "team_ids": ["string"],
        "target_property!": "string",
        "overwrite_current_owner": "string",
    },
    "0-14": {
        "object_type_id!": "string",
        "properties!": [{"targetProperty!": "string", "value!": "any"}],
        "associations": [_TO_RECORD],
        "use_explicit_associations": "string",
    },
    "0-15": {"flow_id!": "string"},
    "0-63809083": {"listId!": "string", "targetObject!": ("{{ enrolled_object }}",)},
    "0-63863438": {"listId!": "string", "targetObject!": ("{{ enrolled_object }}",)},
    "1-179507819": {"slackChannelIds": ["string"], "slackUserIds": ["string"], "message!": "string"},
}
VERSIONS = {"0-63809083": (3, 5), "0-63863438": None, "1-179507819": None}  # all others: 0; None: any
WAITING = ("0-1", "0-35", "0-29")  # not moved by windows
TOKEN = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_SHAPES: dict[str, Json] = {
    "SINGLE_CONNECTION": {
        "actionTypeId!": "string",
        "actionTypeVersion!": "integer",
        "fields!": {"*": "any"},
        "connection": CONNECTION,
    },
    "LIST_BRANCH": {
        "listBranches!": [{"branchName": "string", "connection": CONNECTION, "filterBranch": "any"}],
        "defaultBranch": CONNECTION,
        "defaultBranchName": "string",
    },
    "STATIC_BRANCH": {
        "inputValue!": "any",
        "staticBranches!": [{"branchValue!": "string", "connection": CONNECTION}],
        "defaultBranch": CONNECTION,
        "defaultBranchName": "string",
    },
    "WEBHOOK": {
        "webhookUrl!": "string",
        "method!": ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"),
        "queryParams!": [{"name!": "string", "value!": "any"}],
        "authSettings": {"*": "any"},
        "connection": CONNECTION,
    },
    "CUSTOM_CODE": code.SHAPE | {"connection": CONNECTION},
}


def check(portal: Portal, type_id: str, action: Any) -> None:
    """One action by itself; connections are looked at with the whole flow. Raises ApiError."""
    kind = action.get("type") if isinstance(action, dict) else None
    if kind is None:
        raise invalid("Some required fields were not set: [type]")
    if kind == "AB_TEST_BRANCH":
        raise unmodelled(f"actions of type {kind}")
    if kind not in _SHAPES:
        raise invalid(f"There are no actions of type {kind}.")
    if "filterListBranches" in action:
        raise ApiError(500, "INTERNAL", "", empty=True)
    fit(action, {"type!": "string", "actionId!": "string"} | _SHAPES[kind], portal.settings.strict_bodies, "action")
    if kind == "SINGLE_CONNECTION":
        _check_single(portal, type_id, action)
    elif kind == "LIST_BRANCH":
        _count(action["listBranches"], 20)
        for one in action["listBranches"]:
            if one.get("filterBranch") is None:
                raise invalid("A list branch needs a filterBranch.")
            filters.check_root(portal, type_id, one["filterBranch"])
    elif kind == "STATIC_BRANCH":
        _count(action["staticBranches"], 250)
        check_value(portal, type_id, action["inputValue"])
    else:
        if kind == "CUSTOM_CODE":
            code.check(portal, action)
        for one in [*action.get("queryParams", []), *action.get("inputFields", [])]:
            check_value(portal, type_id, one["value"])


def _count(branches: list[Json], most: int) -> None:
    if not 1 <= len(branches) <= most:
        raise invalid(f"A branch action has 1 to {most} branches, not {len(branches)}.")


def _check_single(portal: Portal, type_id: str, action: Json) -> None:
    number, fields = action["actionTypeId"], action["fields"]
    if number == "0-13":
        raise ApiError(500, "INTERNAL", "", empty=True)
    if number not in FIELDS:
        raise unmodelled(f"actions of actionTypeId {number}")
    versions = VERSIONS.get(number, (0,))
    if versions is not None and action["actionTypeVersion"] not in versions:
        raise invalid(f"Action {number} has no version {action['actionTypeVersion']}.")
    for key in ("association", "queue_id"):
        if key in fields:
            raise unmodelled(f"{key} of action {number}")
    fit(fields, FIELDS[number], portal.settings.strict_bodies, f"fields of action {action['actionId']}")
    for key in ("delta", "expiration_minutes"):
        if key in fields and not re.fullmatch(r"-?\d+", fields[key]):
            raise invalid(f"{key} of action {action['actionId']} is a whole number in a text, not {fields[key]!r}.")
    if number == "0-1" and int(fields["delta"]) < 1:
        raise invalid(f"The delay of action {action['actionId']} is at least 1.")
    _CHECKS.get(number, lambda *_: None)(portal, type_id, fields)
    for key in ("subject", "body", "message"):
        _check_tokens(portal, type_id, fields.get(key, ""))


def _need(portal: Portal, type_id: str, name: str) -> Json:
    found = portal.definition(type_id, name)
    if found is None:
        raise invalid(f"Property {name} does not exist for object type {type_id}")
    return found


def check_value(portal: Portal, type_id: str, value: Any) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind is None:
        raise invalid("Some required fields were not set: [type]")
    if kind not in VALUES:
        raise unmodelled(f"values of type {kind}")
    fit(value, {"type!": "string"} | VALUES[kind], portal.settings.strict_bodies, "value")
    for key in ("propertyName", "appendPropertyName"):
        if key in value:
            _need(portal, type_id, value[key])
    strategy = value.get("timeDelay", {}).get("timeZoneStrategy")
    if strategy and zone(strategy["timeZoneId"]) is None:
        raise invalid(f"There is no time zone {strategy['timeZoneId']!r}.")


def _check_set(portal: Portal, type_id: str, fields: Json) -> None:
    definition = _need(portal, type_id, fields["property_name"])
    if definition["modificationMetadata"]["readOnlyValue"]:
        raise invalid(f"Property {definition['name']} is read only; a workflow cannot set it.")
    value = fields["value"]
    if isinstance(value, dict) and value.get("staticValue") == "":
        raise unmodelled("clearing a property in a workflow, whose representation is not known")
    check_value(portal, type_id, value)
    if value["type"] == "STATIC_VALUE" and not TOKEN.search(value["staticValue"]):
        try:
            normal(definition, value["staticValue"], None, lambda one: portal.owner(one) is not None)
        except BadValue as error:
            raise invalid(f"Property {definition['name']} cannot be set: {error}.") from error
    if value["type"] in ("TIMESTAMP", "RELATIVE_DATETIME") and definition["type"] not in ("date", "datetime"):
        raise invalid(f"Property {definition['name']} of type {definition['type']} cannot hold an instant.")
    if value["type"] == "INCREMENT" and definition["type"] != "number":
        raise invalid(f"Property {definition['name']} of type {definition['type']} cannot be incremented.")


def _check_date(portal: Portal, type_id: str, fields: Json) -> None:
    check_value(portal, type_id, fields["date"])
    value = fields["date"]
    if value["type"] == "OBJECT_PROPERTY":
        if _need(portal, type_id, value["propertyName"])["type"] not in ("date", "datetime"):
            raise invalid(f"Property {value['propertyName']} is no date to wait for.")
    elif value["type"] != "STATIC_VALUE" or not re.fullmatch(r"\d{1,15}", value["staticValue"]):
        raise invalid("A delay waits for an OBJECT_PROPERTY or for a STATIC_VALUE of epoch milliseconds.")


def _check_wait(portal: Portal, type_id: str, fields: Json) -> None:
    for branch in fields["event_filter_branches"]:
        filters.check_event(portal, type_id, branch)


def _check_people(portal: Portal, type_id: str, fields: Json) -> None:
    """User ids, not owner ids. [docs] 4.6"""
    if not any(fields.get(key) for key in _PEOPLE):
        raise invalid("A notification needs user_ids, team_ids or owner_properties.")
    _check_users(portal, fields)
    for name in fields.get("owner_properties", []):
        if _need(portal, type_id, name).get("referencedObjectType") != "OWNER":
            raise invalid(f"Property {name} holds no owner.")


def _check_users(portal: Portal, fields: Json) -> None:
    for user in fields.get("user_ids", []):
        found = portal.shelves["user"].get(user)
        if found is None or found["_gone"]:
            raise invalid(f"User {user} does not exist.")
    for team in fields.get("team_ids", []):
        if team not in portal.shelves["team"]:
            raise invalid(f"Team {team} does not exist.")


def _check_rotation(portal: Portal, type_id: str, fields: Json) -> None:
    if not fields.get("user_ids") and not fields.get("team_ids"):
        raise invalid("A rotation needs user_ids or team_ids.")
    _check_users(portal, fields)
    if _need(portal, type_id, fields["target_property"]).get("referencedObjectType") != "OWNER":
        raise invalid(f"Property {fields['target_property']} holds no owner.")
    _truth(fields, "overwrite_current_owner")


def _check_task(portal: Portal, type_id: str, fields: Json) -> None:
    _truth(fields, "use_explicit_associations")
    _check_associations(fields)
    if "owner_assignment" in fields:
        check_value(portal, type_id, fields["owner_assignment"]["value"])


def _check_associations(fields: Json) -> None:
    for one in fields.get("associations", []):
        if one["value"]["type"] != "ENROLLED_OBJECT":
            raise unmodelled(f"associations to {one['value']['type']}")


def _check_create(portal: Portal, type_id: str, fields: Json) -> None:
    made = fields["object_type_id"]
    if made not in TYPES:
        raise unmodelled(f"objects of type {made}")
    _check_associations(fields)
    for one in fields["properties"]:
        _need(portal, made, one["targetProperty"])
        check_value(portal, type_id, one["value"])


def _check_list(portal: Portal, type_id: str, fields: Json) -> None:
    found = portal.shelves["list"].get(fields["listId"])
    if found is None or "deletedAt" in found:
        raise invalid(f"List {fields['listId']} does not exist.")
    if found["processingType"] == "DYNAMIC":
        raise invalid(f"List {fields['listId']} is DYNAMIC; a workflow cannot change who is in it.")


def _check_flow(portal: Portal, type_id: str, fields: Json) -> None:
    found = portal.shelves["flow"].get(fields["flow_id"])
    if found is None or found["objectTypeId"] != type_id:
        raise invalid(f"There is no workflow {fields['flow_id']} for object type {type_id}.")


def _check_slack(portal: Portal, type_id: str, fields: Json) -> None:
    if not fields.get("slackChannelIds") and not fields.get("slackUserIds"):
        raise invalid("A Slack message needs slackChannelIds or slackUserIds.")


def _truth(fields: Json, key: str) -> None:
    if fields.get(key, "true") not in ("true", "false"):
        raise invalid(f"{key} is the text true or false.")


_CHECKS: dict[str, Any] = {
    "0-35": _check_date,
    "0-29": _check_wait,
    "0-3": _check_task,
    "0-5": _check_set,
    "0-8": _check_people,
    "0-9": _check_people,
    "0-11": _check_rotation,
    "0-14": _check_create,
    "0-15": _check_flow,
    "0-63809083": _check_list,
    "0-63863438": _check_list,
    "1-179507819": _check_slack,
}


def _check_tokens(portal: Portal, type_id: str, text: str) -> None:
    for token in TOKEN.findall(text):
        root, _, name = token.partition(".")
        if root != "enrolled_object" or not name:
            raise unmodelled(f"the token {{{{ {token} }}}}")
        _need(portal, type_id, name)


def references(action: Json) -> Iterator[str]:
    """Properties of the enrolled object that an action names."""
    for one in action.get("listBranches", []):
        yield from filters.references(one.get("filterBranch"))
    fields = action.get("fields", {})
    for key in ("property_name", "target_property"):
        if key in fields:
            yield fields[key]
    yield from fields.get("owner_properties", [])
    for branch in fields.get("event_filter_branches", []):
        yield from filters.references(branch)
    for key in ("subject", "body", "message"):
        for token in TOKEN.findall(fields.get(key, "")):
            yield token.partition(".")[2]
    for value in values(action):
        yield from (value[key] for key in ("propertyName", "appendPropertyName") if key in value)


def values(action: Json) -> Iterator[Json]:
    """The value objects an action reads."""
    fields = action.get("fields", {})
    found = [fields.get("value"), fields.get("date"), action.get("inputValue")]
    found.append(fields.get("owner_assignment", {}).get("value"))
    for one in (*fields.get("properties", []), *action.get("queryParams", []), *action.get("inputFields", [])):
        found.append(one["value"])
    yield from (one for one in found if isinstance(one, dict))


def following(action: Json) -> Iterator[Json]:
    """The connections that leave an action."""
    for one in (action, *action.get("listBranches", []), *action.get("staticBranches", [])):
        if one.get("connection"):
            yield one["connection"]
    if action.get("defaultBranch") is not None:
        yield action["defaultBranch"]

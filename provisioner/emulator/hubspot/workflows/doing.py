"""What single actions of workflows do. People are reached through the outbox, never for real. [docs] 4.6"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from provisioner.emulator.hubspot.crm import pipelines, records
from provisioner.emulator.hubspot.errors import ApiError, Json
from provisioner.emulator.hubspot.lists import lists
from provisioner.emulator.hubspot.standard import DEFAULT_LINKS, TASK, TYPES
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import from_ms, read, show
from provisioner.emulator.hubspot.values import BadValue, normal, plain
from provisioner.emulator.hubspot.workflows import code, timing
from provisioner.emulator.hubspot.workflows.actions import TOKEN


class Failed(Exception):
    """An action did not work; the workflow goes on."""


def act(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    """Does it; the words for the log. Raises Failed."""
    if action["type"] == "WEBHOOK":
        return _webhook(portal, flow, enrolment, record, action)
    if action["type"] == "CUSTOM_CODE":
        return _code(portal, flow, enrolment, record, action)
    return _ACTIONS[action["actionTypeId"]](portal, flow, enrolment, record, action)


def value_of(portal: Portal, enrolment: Json, record: Json, value: Json) -> str | None:
    """A value object, resolved now; instants as ISO text, None for a blank."""
    kind, values = value["type"], record["values"]
    if kind == "STATIC_VALUE":
        return written(value["staticValue"], record)
    if kind == "OBJECT_PROPERTY":
        found: str | None = values.get(value["propertyName"])
        return found
    if kind == "TIMESTAMP":
        return show(portal.now_ms)
    if kind == "RELATIVE_DATETIME":
        return show(timing.relative(value["timeDelay"], portal.now_ms, portal.zone))
    if kind == "FIELD_DATA":
        output: str | None = enrolment["outputs"].get(f"{value['actionId']}/{value['dataKey']}")
        return output
    if kind == "ENROLLMENT_EVENT_PROPERTY":
        name = re.sub(r"[{}\s]", "", value["enrollmentEventPropertyToken"]).rpartition(".")[2]
        told: str | None = enrolment["event"].get(name)
        return told
    raise Failed(f"a value of type {kind} makes no sense here")


def written(text: str, record: Json) -> str:
    """With its tokens replaced by values; blanks leave nothing."""
    return TOKEN.sub(lambda match: record["values"].get(match[1].partition(".")[2], ""), text)


def _source(flow: Json) -> records.Source:
    return records.Source("AUTOMATION_PLATFORM", flow["id"], flow.get("name", ""))


def _set(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    name, value = action["fields"]["property_name"], action["fields"]["value"]
    type_id = flow["objectTypeId"]
    definition = portal.definition(type_id, name)
    if definition is None:
        raise Failed(f"property {name} does not exist")
    current = record["values"].get(name)
    raw = _new(portal, enrolment, record, definition, value, current)
    if raw is None:
        if portal.settings.blank_copy == "keep":
            return f"{name} kept: nothing to copy"
        kept = None
    else:
        try:
            kept = normal(definition, raw, current, lambda one: portal.owner(one) is not None)
        except BadValue as error:
            raise Failed(str(error)) from error
    try:
        placed = pipelines.placed(portal, type_id, {name: kept}, record["values"])
    except ApiError as error:
        raise Failed(error.message) from error
    records.put(portal, TYPES[type_id], record, {name: kept} | placed, _source(flow))
    return f"{name} = {kept}"


def _new(
    portal: Portal, enrolment: Json, record: Json, definition: Json, value: Json, current: str | None
) -> str | None:
    kind = value["type"]
    if kind == "INCREMENT":
        return plain(Decimal(current or "0") + Decimal(str(value["incrementAmount"])))
    if kind in ("STATIC_APPEND_VALUE", "APPEND_OBJECT_PROPERTY"):
        more = value.get("staticAppendValue") or record["values"].get(value.get("appendPropertyName", ""))
        joint = ";" if definition["fieldType"] == "checkbox" else " "
        return joint.join(one for one in (current, more) if one) or None
    found = value_of(portal, enrolment, record, value)
    return None if found is None else _as_kind(portal, definition, found)


def _as_kind(portal: Portal, definition: Json, text: str) -> str:
    """An instant for a date: its day in the portal's zone; for a number: its milliseconds."""
    iso = re.fullmatch(r"\d{4}-\d\d-\d\dT.*", text)
    if iso and definition["type"] in ("date", "number"):
        ms = read(text) or 0
        local = from_ms(ms).astimezone(portal.zone)
        return f"{local:%Y-%m-%d}" if definition["type"] == "date" else str(ms)
    return text


# -- people -----------------------------------------------------------------------------------------------------------


def _users(portal: Portal, fields: Json) -> list[str]:
    """User ids named, and those of the teams named, each once."""
    found = list(fields.get("user_ids", []))
    for team_id in fields.get("team_ids", []):
        team = portal.shelves["team"].get(team_id) or {"userIds": [], "secondaryUserIds": []}
        found += [*team["userIds"], *team["secondaryUserIds"]]
    return list(dict.fromkeys(found))


def _addresses(portal: Portal, record: Json, fields: Json) -> list[str]:
    """Emails of living users: those named, those of the teams, those behind owner properties."""
    users = [portal.shelves["user"].get(one) for one in _users(portal, fields)]
    found = [one["email"] for one in users if one is not None and not one["_gone"]]
    for name in fields.get("owner_properties", []):
        owner = portal.owner(record["values"].get(name, ""))
        found += [owner["email"]] if owner else []
    return list(dict.fromkeys(found))


def _notify(channel: str) -> Action:
    def send(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
        fields = action["fields"]
        to = _addresses(portal, record, fields)
        if not to:
            return f"{channel}: nobody to send to"
        _record(portal, flow, record, action, channel, to, written(fields["subject"], record), fields["body"])
        return f"{channel} to {', '.join(to)}"

    return send


def _record(
    portal: Portal, flow: Json, record: Json, action: Json, channel: str, to: Iterable[str], subject: str, body: str
) -> None:
    source = f"{flow.get('name') or flow['id']}/{action['actionId']}"
    portal.outbox.record(portal.now, channel, list(to), subject, written(body, record), record["id"], source)


def _slack(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    fields = action["fields"]
    if not portal.settings.slack_connected:
        raise Failed("Slack is not connected to this portal")
    known = portal.settings.slack_channels
    if known and (lost := [one for one in fields.get("slackChannelIds", []) if one not in known]):
        raise Failed(f"there is no Slack channel {lost[0]}")
    to = [*fields.get("slackChannelIds", []), *fields.get("slackUserIds", [])]
    _record(portal, flow, record, action, "slack", to, "", fields["message"])
    return f"slack to {', '.join(to)}"


def _webhook(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    """Recorded, not sent; the parameters stand in the body as `name=value` lines."""
    pairs = [(one["name"], value_of(portal, enrolment, record, one["value"])) for one in action["queryParams"]]
    lines = "\n".join(f"{name}={value or ''}" for name, value in pairs)
    url = action["webhookUrl"]
    _record(portal, flow, record, action, "webhook", [url], f"{action['method']} {url}", lines)
    return f"webhook {url}"


def _code(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    """Its outputs stand for later actions under their names; those of an earlier run are gone."""
    for one in action["outputFields"]:
        enrolment["outputs"].pop(f"{action['actionId']}/{one['name']}", None)
    try:
        outputs, said = code.run(portal, flow, record, action, lambda value: value_of(portal, enrolment, record, value))
    except code.CodeFailed as error:
        raise Failed(str(error)) from error
    for name, text in outputs.items():
        enrolment["outputs"][f"{action['actionId']}/{name}"] = text
    told = ", ".join(f"{name} = {text}" for name, text in outputs.items()) or "no outputs"
    return f"code: {told}" + (f"; printed: {said}" if said else "")


def _task(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    fields = action["fields"]
    subject = written(fields["subject"], record)
    values: dict[str, str | None] = {
        "hs_task_subject": subject,
        "hs_task_type": fields["task_type"],
        "hs_task_status": "NOT_STARTED",
        "hs_task_priority": fields.get("priority", "NONE"),
    }
    if fields.get("body"):
        values["hs_task_body"] = written(fields["body"], record)
    due = fields.get("due_time")
    values["hs_timestamp"] = show(timing.relative(due, portal.now_ms, portal.zone) if due else portal.now_ms)
    owner_id = None
    if "owner_assignment" in fields:
        owner_id = value_of(portal, enrolment, record, fields["owner_assignment"]["value"])
    owner = portal.owner(owner_id or "")
    if owner is not None:
        values["hubspot_owner_id"] = owner["id"]
    links = _links(flow, record, fields, DEFAULT_LINKS[TASK, flow["objectTypeId"]])
    made = records.plant(portal, TYPES[TASK], values, links, _source(flow))
    to = [owner["email"]] if owner else []
    _record(portal, flow, record, action, "task", to, subject, fields.get("body", ""))
    return f"task {made['id']}"


def _links(flow: Json, record: Json, fields: Json, default: int) -> list[records.Link]:
    """Explicit associations to the enrolled record, or the usual one."""
    if fields.get("use_explicit_associations") != "true":
        return [(flow["objectTypeId"], record["id"], default)]
    kinds = [one["target"]["associationTypeId"] for one in fields.get("associations", [])]
    return [(flow["objectTypeId"], record["id"], kind) for kind in kinds]


def _rotate(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    """The next in turn, by action; departed people are passed over."""
    fields = action["fields"]
    name = fields["target_property"]
    if record["values"].get(name) and fields.get("overwrite_current_owner", "false") != "true":
        return f"{name} kept"
    owners = [portal.owner_of_user(one) for one in _users(portal, fields)]
    living = [one for one in owners if one is not None]
    if not living:
        raise Failed("there is nobody to rotate among")
    turn = portal.number(f"rotation {flow['id']}/{action['actionId']}", 0)
    owner = living[turn % len(living)]
    records.put(portal, TYPES[flow["objectTypeId"]], record, {name: owner["id"]}, _source(flow))
    return f"{name} = {owner['id']}"


def _create(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    fields = action["fields"]
    where = TYPES[fields["object_type_id"]]
    raw: dict[str, Any] = {}
    for one in fields["properties"]:
        value = value_of(portal, enrolment, record, one["value"])
        if value is not None:
            raw[one["targetProperty"]] = value
    default = DEFAULT_LINKS.get((where.id, flow["objectTypeId"]), 0)
    links = _links(flow, record, fields, default) if default or fields.get("associations") else []
    made = records.create(portal, where, raw, links, _source(flow))
    return f"created {where.singular} {made['id']}"


def _go_to(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    other = portal.shelves["flow"].get(action["fields"]["flow_id"])
    if other is None or not other["isEnabled"]:
        raise Failed(f"workflow {action['fields']['flow_id']} is off or gone")
    again = (other.get("enrollmentCriteria") or {}).get("shouldReEnroll", True)
    done = portal.automation.enroll(other, record, {}, again=again)
    return f"{'enrolled' if done else 'not enrolled'} in {other['id']}"


def _add(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    lists.put_in(portal, action["fields"]["listId"], [record["id"]])
    return f"in list {action['fields']['listId']}"


def _remove(portal: Portal, flow: Json, enrolment: Json, record: Json, action: Json) -> str:
    lists.take_out(portal, action["fields"]["listId"], [record["id"]])
    return f"out of list {action['fields']['listId']}"


Action = Callable[[Portal, Json, Json, Json, Json], str]
_ACTIONS: dict[str, Action] = {
    "0-3": _task,
    "0-5": _set,
    "0-8": _notify("email"),
    "0-9": _notify("bell"),
    "0-11": _rotate,
    "0-14": _create,
    "0-15": _go_to,
    "0-63809083": _add,
    "0-63863438": _remove,
    "1-179507819": _slack,
}

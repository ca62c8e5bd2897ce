"""The actions of one workflow, each as a subject with a text. [docs] reference/hubspot.md 4.5, 4.6"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.targets.hubspot.meanings.conditions import condition, named
from provisioner.targets.hubspot.meanings.words import Told, duration, moment
from provisioner.targets.meaning import Attributes, everybody, rows

SLACK = "1-179507819"
PUT, WAIT_UNTIL, WAIT, EMAIL, BELL, TASK, ROTATE = "0-5", "0-35", "0-1", "0-8", "0-9", "0-3", "0-11"
SECONDS = {"SECONDS": 1, "MINUTES": 60, "HOURS": 3600, "DAYS": 86400}
OWNER = "hubspot_owner_id"
WORDS = ("subject", "body", "message")
WHOM = {"user_ids": "user", "team_ids": "team", "owner_properties": "owner", "slackChannelIds": "channel"}
MESSAGES = {EMAIL: "the email", BELL: "the bell", TASK: "the task", SLACK: "the Slack message"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What an action is about; `lead_type` when it concerns one only; `is_long`: what is said of it is too long to be
    told, only that it is another one."""

    text: str
    lead_type: str = ""
    is_long: bool = False


class Sayings:
    """Of one side of a change."""

    def __init__(self, told: Told, attributes: Attributes) -> None:
        self._told = told
        self._actions = {str(row.get("actionId")): row for row in rows(attributes, "actions")}
        word, _, rest = told.name.partition("_")
        kind = rest.partition(".")[0]
        self._type = kind if word in ("open", "timer") and kind in everybody(told.design) else ""
        self._name = str(attributes.get("name") or told.name)
        self._steps = dict(self._numbered())
        self._stamped = dict(self._stamps())

    def all(self) -> Counter[tuple[Subject, str]]:
        return Counter(saying for id, action in self._actions.items() for saying in self._say(id, action))

    # ------------------------------------------------------------- where an action stands

    def _following(self, action: Attributes) -> str:
        edge = action.get("connection")
        return str(edge.get("nextActionId")) if isinstance(edge, Mapping) else ""

    def _numbered(self) -> Iterator[tuple[str, str]]:
        """Action → number of the step it belongs to: what follows the mark of a step, up to the next decision."""
        for id, action in self._actions.items():
            if _property(action) == self._told.names.prop("escalation_level"):
                number, at = named(_static(action)), id
                while at in self._actions and self._actions[at].get("type") == "SINGLE_CONNECTION":
                    yield at, number
                    at = self._following(self._actions[at])
                    if _property(self._actions.get(at, {})) == self._told.names.prop("escalation_level"):
                        break

    def _stamps(self) -> Iterator[tuple[str, str]]:
        """Action → the lead type that the action before it stamps."""
        for action in self._actions.values():
            if _property(action) == self._told.names.prop("lead_type"):
                yield self._following(action), named(_static(action))

    # ------------------------------------------------------------- what it says

    def _say(self, id: str, action: Attributes) -> Iterator[tuple[Subject, str]]:
        kind = str(action.get("type") or "")
        if kind == "LIST_BRANCH":
            for item in rows(action, "listBranches"):
                yield self._branch(str(item.get("branchName") or "")), condition(item.get("filterBranch"))
        elif kind == "CUSTOM_CODE":
            about = Subject(f"The program of the workflow {self._name}", self._type, True)
            yield about, str(action.get("sourceCode"))
        elif kind == "SINGLE_CONNECTION":
            yield from self._single(id, action)
        else:
            yield Subject(f"Actions of the workflow {self._name}", self._type), f"one of the kind {kind}"

    def _branch(self, name: str) -> Subject:
        design = self._told.design
        if name in everybody(design):
            return Subject(f"Which leads are {self._told.label(name)}", name)
        if name in {item.id for item in design.exclusions}:
            return Subject(f"Excluded leads ({name})")
        return Subject(f"Workflow {self._name}, decision “{name}”", self._type)

    def _single(self, id: str, action: Attributes) -> Iterator[tuple[Subject, str]]:
        kind, fields = str(action.get("actionTypeId") or ""), action.get("fields")
        given: Attributes = fields if isinstance(fields, Mapping) else {}
        if kind == PUT:
            yield self._put(id, given)
        elif kind == WAIT_UNTIL:
            yield self._waits(), f"until {_said(given.get('date'))}{_delay(given)}"
        elif kind == WAIT:
            yield self._waits(), _delay(given).removeprefix(" plus ") or "not at all"
        else:
            about = self._of_step(id)
            yield about, _message(kind, given)
            words = [given.get(key) for key in WORDS if given.get(key)]
            if words:
                text = f"The text of {MESSAGES.get(kind, 'a message')} of {about.text[0].lower()}{about.text[1:]}"
                yield Subject(text, self._type, True), str(words)

    def _waits(self) -> Subject:
        return Subject(f"Workflow {self._name} waits", self._type)

    def _of_step(self, id: str) -> Subject:
        of = f" of {self._told.label(self._type)}" if self._type else ""
        number = self._steps.get(id)
        return Subject(f"Step {number}{of}" if number else f"Actions of the workflow {self._name}", self._type)

    def _put(self, id: str, given: Attributes) -> tuple[Subject, str]:
        name, text = str(given.get("property_name") or ""), _said(given.get("value"))
        prop, label = self._told.names.prop, self._told.label(self._type)
        if name == prop("sla_due_at") and self._type:
            return Subject(f"SLA of {label}", self._type), text.removesuffix(" later")
        if name == prop("sla_minutes") and id in self._stamped:
            stamped = self._stamped[id]
            kind = stamped if stamped in everybody(self._told.design) else ""
            return Subject(f"SLA that is noted for {self._told.label(stamped)}", kind), f"{text} minutes"
        if self._type and name.startswith(prop("step_")):
            number = name.removeprefix(prop("step_")).partition("_")[0]
            return Subject(f"Time of step {number} of {label}", self._type), text.replace(" later", " after the start")
        if name == OWNER:
            return self._of_step(id), f"hands the lead to {text}"
        return Subject(f"Workflow {self._name} sets {name}", self._type), text


def _property(action: Attributes) -> str:
    fields = action.get("fields")
    known = isinstance(fields, Mapping) and action.get("actionTypeId") == PUT
    return str(fields.get("property_name") or "") if known and isinstance(fields, Mapping) else ""


def _static(action: Attributes) -> Any:
    value = action["fields"].get("value")
    return value.get("staticValue") if isinstance(value, Mapping) else value


def _said(value: object) -> str:
    """A value of an action: what it sets, or the instant it waits for."""
    if not isinstance(value, Mapping):
        return str(value)
    kind = value.get("type")
    if kind == "STATIC_VALUE":
        return named(value.get("staticValue"))
    if kind == "OBJECT_PROPERTY":
        return str(value.get("propertyName"))
    if kind == "TIMESTAMP":
        return "now"
    if kind == "INCREMENT":
        return f"{value.get('incrementAmount')} more"
    if kind == "RELATIVE_DATETIME" and isinstance(delay := value.get("timeDelay"), Mapping):
        return _later(delay)
    if kind == "FIELD_DATA":
        return f"{value.get('dataKey')} of the program"
    return str(dict(value))


def _later(delay: Attributes) -> str:
    """`5 minutes later`, or `at 18:00 America/New_York, 1 day later`."""
    count, unit = delay.get("delta"), str(delay.get("timeUnit") or "")
    at, zone = delay.get("timeOfDay"), delay.get("timeZoneStrategy")
    if isinstance(at, Mapping):
        where = f" {zone.get('timeZoneId')}" if isinstance(zone, Mapping) else ""
        days = f", {count} day{'' if count == 1 else 's'} later" if count else " of the day"
        return f"at {moment(at)}{where}{days}"
    if isinstance(count, int) and unit in SECONDS:
        return f"{duration(count * SECONDS[unit])} later"
    return f"{count} {unit.lower()} later"


def _delay(given: Attributes) -> str:
    """` plus 30 minutes`; nothing for no time at all."""
    count, unit = str(given.get("delta") or "0"), str(given.get("time_unit") or "")
    if not count.lstrip("-").isdigit() or unit not in SECONDS:
        return f" plus {count} {unit.lower()}"
    return f" plus {duration(int(count) * SECONDS[unit])}" if int(count) else ""


def _message(kind: str, given: Attributes) -> str:
    told = ", ".join([item for key in WHOM for item in _whom(key, given.get(key))]) or "nobody"
    match kind:
        case _ if kind == EMAIL:
            return f"sends an email to {told}"
        case _ if kind == BELL:
            return f"rings the bell of {told}"
        case _ if kind == TASK:
            return f"makes the task “{given.get('subject')}”"
        case _ if kind == ROTATE:
            return f"hands the lead to {told} in turn"
        case _ if kind == SLACK:
            return f"writes to {told} in Slack"
        case _:
            return f"an action of the kind {kind}"


def _whom(key: str, found: object) -> Iterator[str]:
    """People by their names, or by the ids that stand for them in this account."""
    for item in found if isinstance(found, list | tuple) else ():
        name = named(item)
        yield "the owner" if name == OWNER else f"{WHOM[key]} {name}" if name.isdigit() else name

"""The native twin of the speed-to-lead trigger: what the Apex does before insert and before update.

The emulator runs no Apex. A trigger with the comment `emulator-twin: sla-clock/1` (to `/3`) and a JSON object naming
its fields is run by this module instead; all others are refused when they are deployed. Version 2 also sets the two
promises that begin with the clock: after hours (calendar minutes) and follow-up (open minutes), each where its pair of
names is given. Version 3 also names the field `last_error`: a fault of the clock is noted there, the other fields stay
as they were, and the save goes on; in the earlier versions a fault refuses the save. An object may have several such
triggers: each runs, on the events its first line names.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Literal

from provisioner.emulator.salesforce.automation.apex_header import trigger_header
from provisioner.emulator.salesforce.automation.business_hours import BusinessHours, NeverOpen
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.values import to_number
from provisioner.emulator.salesforce.state.rows import And, Compare, Row

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

Event = Literal["before insert", "before update"]
_COMMENT = re.compile(r"/\*\s*emulator-twin:\s*(\S*)(.*?)\*/", re.DOTALL)
_FIELDS = (
    "started_at",
    "due_at",
    "minutes",
    "hours",
    "escalation",
    "lead_type",
    "first_touch_at",
    "response_minutes",
)
_NAMES = (
    "object",
    *_FIELDS,
    "step_type",
    "step_escalation",
    "step_number",
    "step_percent",
    "step_offset_minutes",
    "step_offset_days",
    "type_type",
    "type_business_day",
)
# What is promised from the start of a clock on: the field of the lead, and the field of the lead type it comes from.
_AFTER_HOURS = ("after_hours_due_at", "type_after_hours_minutes")
_FOLLOW_UP = ("follow_up_due_at", "type_follow_up_minutes")
_BOTH = (_AFTER_HOURS, _FOLLOW_UP)
_PROMISES: dict[str, tuple[tuple[str, str], ...]] = {"sla-clock/1": (), "sla-clock/2": _BOTH, "sla-clock/3": _BOTH}
# The field that keeps the message of a fault, by version.
_NOTED: dict[str, tuple[str, ...]] = {"sla-clock/3": ("last_error",)}


class TwinError(ValueError):
    """The block of a trigger does not say what the twin needs; the text names it."""


@dataclass(frozen=True)
class TwinBlock:
    """The names in a trigger's block: `text` by key, and the fields of the steps in order."""

    text: dict[str, str]
    step_at: tuple[str, ...]

    def __getitem__(self, key: str) -> str:
        return self.text[key]

    def __contains__(self, key: str) -> bool:
        return key in self.text

    def record_fields(self) -> tuple[str, ...]:
        """The fields of the record itself."""
        promised = (field for field, _ in (_AFTER_HOURS, _FOLLOW_UP) if field in self)
        noted = (key for keys in _NOTED.values() for key in keys if key in self)
        return (*(self[key] for key in (*_FIELDS, *promised, *noted)), *self.step_at)

    def type_fields(self) -> tuple[str, ...]:
        """The fields of the lead type that a promise comes from."""
        return tuple(self[field] for _, field in (_AFTER_HOURS, _FOLLOW_UP) if field in self)


def find_block(body: str) -> TwinBlock | None:
    """The block of a trigger body, or None when it has none. TwinError when it is there and wrong."""
    match = _COMMENT.search(body)
    if match is None:
        return None
    version, rest = match.groups()
    if version not in _PROMISES:
        raise TwinError(f"The emulator knows the twins {', '.join(_PROMISES)}, not {version!r}.")
    try:
        raw = json.loads(rest)
    except ValueError as problem:
        raise TwinError(f"The block of the twin is not JSON: {problem}") from problem
    return _read_block(raw, _PROMISES[version], _NOTED.get(version, ()))


def _read_block(raw: Any, promises: tuple[tuple[str, str], ...], noted: tuple[str, ...]) -> TwinBlock:
    if not isinstance(raw, dict):
        raise TwinError("The block of the twin is not a JSON object.")
    names = [*_NAMES, *noted, *(key for pair in promises if raw.keys() & set(pair) for key in pair)]
    for key in names:
        if not isinstance(raw.get(key), str) or not raw[key]:
            raise TwinError(f"The block of the twin lacks the name {key!r}.")
    steps = raw.get("step_at")
    if not isinstance(steps, list) or not all(isinstance(step, str) and step for step in steps):
        raise TwinError("The block of the twin lacks the list 'step_at'.")
    extra = sorted(raw.keys() - {*names, "step_at"})
    if extra:
        raise TwinError(f"The twin does not know the name {extra[0]!r}.")
    return TwinBlock({key: raw[key] for key in names}, tuple(steps))


@dataclass(frozen=True)
class Twin:
    """One trigger that this module runs."""

    trigger: str
    events: tuple[str, ...]
    block: TwinBlock


class ApexTwin:
    """Runs the twins of the org's triggers."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._twins: dict[str, list[Twin]] | None = None
        self._calendars: dict[str, tuple[Row, BusinessHours]] = {}

    def forget(self) -> None:
        """Triggers or holidays may have changed."""
        self._twins = None
        self._calendars.clear()

    def twins(self) -> dict[str, list[Twin]]:
        """The twins of the active triggers by lower-case object name, in the order in which they run.

        The vendor promises no order among the triggers of one event [docs]; here it is that of their names.
        """
        if self._twins is None:
            self._twins = {}
            for name, body in sorted(self.org.metadata.active_triggers().items(), key=lambda one: one[0].lower()):
                block, header = find_block(body), trigger_header(body)
                if block is not None and header is not None:
                    self._twins.setdefault(block["object"].lower(), []).append(Twin(name, header.events, block))
        return self._twins

    def run(self, sobject: str, event: Event, row: Row) -> None:
        """Every trigger of the event changes the row that is about to be saved, each its own fields.

        FlowFault, with the trigger's name before it: a field is not there; or a calendar has no open time, and the
        trigger names no field to note that. As an exception in Apex does, it ends the save; triggers after it do not
        run.
        """
        if not self.org.settings.apex_twin:
            return
        for twin in self.twins().get(sobject.lower(), ()):
            if event in twin.events:
                try:
                    self._run(twin.block, sobject, row)
                except FlowFault as fault:
                    raise FlowFault(f"{twin.trigger}: {fault}") from fault

    def _run(self, block: TwinBlock, sobject: str, row: Row) -> None:
        self._check_fields(sobject, block.record_fields())
        self._check_fields(block["type_type"], block.type_fields())
        starts = row.get(block["started_at"]) is not None and row.get(block["due_at"]) is None
        measures = row.get(block["first_touch_at"]) is not None and row.get(block["response_minutes"]) is None
        if row.get(block["hours"]) is None or not (starts or measures):
            return
        hours, before = self._hours(row[block["hours"]]), dict(row)
        if hours is None:
            return
        try:
            if starts:
                self._start(block, row, hours)
            self._measure(block, row, hours)
        except (NeverOpen, FlowFault) as problem:
            if "last_error" not in block:
                raise FlowFault(str(problem)) from problem
            item = self.org.schema.sobject(sobject).field(block["last_error"])
            row.clear()
            row.update(before | {item.name: str(problem)[: item.length]})

    def _check_fields(self, sobject: str, names: tuple[str, ...]) -> None:
        """FlowFault for the first field that is not there; Apex would not have compiled."""
        for name in names:
            if not self.org.schema.has(sobject) or not self.org.schema.sobject(sobject).has(name):
                raise FlowFault(f"Variable does not exist: {name}")

    def _hours(self, name: str) -> BusinessHours | None:
        matches = And(Compare("Name", "=", name), Compare("IsActive", "=", True))
        found = self.org.rows.select("BusinessHours", matches, limit=1)
        if not found:
            return None
        known = self._calendars.get(name)
        if known is None or known[0] != found[0]:
            holidays = frozenset(self.org.metadata.holidays_of(found[0]["Name"]))
            known = self._calendars[name] = (found[0], BusinessHours(found[0], holidays))
        return known[1]

    def _put_minutes(self, block: TwinBlock, row: Row, key: str, seconds: int) -> None:
        item = self.org.schema.sobject(block["object"]).field(block[key])
        row[item.name] = to_number(item, Decimal(seconds) / 60)

    def _start(self, block: TwinBlock, row: Row, hours: BusinessHours) -> None:
        now = row[block["started_at"]]
        start = hours.next_open(now)
        row[block["started_at"]] = start
        if row.get(block["minutes"]) is None:
            due = hours.close_of(start)
            total = hours.between(start, due)
            self._put_minutes(block, row, "minutes", total)
        else:
            total = _seconds(Decimal(repr(row[block["minutes"]])) * 60)
            due = hours.add(start, total)
        row[block["due_at"]] = due
        for number, field in enumerate(block.step_at, 1):
            row[field] = self._step(block, row, hours, start, due, total, number)
        if "after_hours_due_at" in block:
            row[block["after_hours_due_at"]] = self._after_hours(block, row, now, start, due)
        if "follow_up_due_at" in block:
            minutes = self._of_type(block, row, "type_follow_up_minutes")
            row[block["follow_up_due_at"]] = None if minutes is None else hours.add(start, _seconds(minutes * 60))

    def _step(
        self, block: TwinBlock, row: Row, hours: BusinessHours, start: datetime, due: datetime, total: int, number: int
    ) -> datetime | None:
        escalation = row.get(block["escalation"])
        if escalation is None:
            return None
        matches = And(Compare(block["step_escalation"], "=", escalation), Compare(block["step_number"], "=", number))
        found = self.org.rows.select(block["step_type"], matches, limit=1)
        if not found:
            return None
        step = found[0]
        percent = step.get(block["step_percent"])
        if percent is not None:
            return hours.add(start, _seconds(Decimal(total) * Decimal(repr(percent)) / 100))
        minutes = Decimal(repr(step.get(block["step_offset_minutes"]) or 0))
        days = Decimal(repr(step.get(block["step_offset_days"]) or 0))
        if days:
            minutes += days * self._business_day(block, row)
        offset = _seconds(minutes * 60)
        if offset < 0:
            raise FlowFault(f"Step {number} of {escalation} lies before the due time.")
        return due if offset == 0 else hours.add(due, offset)

    def _business_day(self, block: TwinBlock, row: Row) -> Decimal:
        return self._of_type(block, row, "type_business_day") or Decimal(0)

    def _of_type(self, block: TwinBlock, row: Row, key: str) -> Decimal | None:
        """A number of the row's lead type; None when it has no type or the type has no such number."""
        name = row.get(block["lead_type"])
        found = self.org.rows.select(block["type_type"], Compare("DeveloperName", "=", name), limit=1) if name else []
        value = found[0].get(block[key]) if found else None
        return None if value is None else Decimal(repr(value))

    def _after_hours(
        self, block: TwinBlock, row: Row, now: datetime, start: datetime, due: datetime
    ) -> datetime | None:
        """When the promise of a lead that came while the hours were closed falls due; None when the SLA is tighter."""
        minutes = self._of_type(block, row, "type_after_hours_minutes") if start > now else None
        if minutes is None:
            return None
        promised = now + timedelta(seconds=_seconds(minutes * 60))
        return promised if promised < due else None

    def _measure(self, block: TwinBlock, row: Row, hours: BusinessHours) -> None:
        touched, start = row.get(block["first_touch_at"]), row.get(block["started_at"])
        if touched is None or start is None or row.get(block["due_at"]) is None:
            return
        if row.get(block["response_minutes"]) is None:
            self._put_minutes(block, row, "response_minutes", hours.between(start, touched))


def _seconds(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))

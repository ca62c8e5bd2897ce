"""The native twin of the speed-to-lead trigger: what the Apex does before insert and before update.

The emulator runs no Apex. A trigger that begins with the comment `emulator-twin: sla-clock/1` and a JSON object
naming its fields is run by this module instead; all others are refused when they are deployed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.automation.business_hours import BusinessHours, NeverOpen
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.values import to_number
from provisioner.emulator.salesforce.rows import And, Compare, Row

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.org import Org

MARK = "emulator-twin: sla-clock/1"
_COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)
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


class TwinError(ValueError):
    """The block of a trigger does not say what the twin needs; the text names it."""


@dataclass(frozen=True)
class TwinBlock:
    """The names in a trigger's block: `text` by key, and the fields of the steps in order."""

    text: dict[str, str]
    step_at: tuple[str, ...]

    def __getitem__(self, key: str) -> str:
        return self.text[key]


def find_block(body: str) -> TwinBlock | None:
    """The block of a trigger body, or None when it has none. TwinError when it is there and wrong."""
    for match in _COMMENT.finditer(body):
        comment = match.group(1).strip()
        if not comment.startswith("emulator-twin:"):
            continue
        first, _, rest = comment.partition("\n")
        if first.strip() != MARK:
            raise TwinError(f"The emulator knows only the twin '{MARK}', not '{first.strip()}'.")
        try:
            raw = json.loads(rest)
        except ValueError as problem:
            raise TwinError(f"The block of the twin is not JSON: {problem}") from problem
        return _read_block(raw)
    return None


def _read_block(raw: Any) -> TwinBlock:
    if not isinstance(raw, dict):
        raise TwinError("The block of the twin is not a JSON object.")
    for key in _NAMES:
        if not isinstance(raw.get(key), str) or not raw[key]:
            raise TwinError(f"The block of the twin lacks the name {key!r}.")
    steps = raw.get("step_at")
    if not isinstance(steps, list) or not all(isinstance(step, str) and step for step in steps):
        raise TwinError("The block of the twin lacks the list 'step_at'.")
    extra = sorted(raw.keys() - {*_NAMES, "step_at"})
    if extra:
        raise TwinError(f"The twin does not know the name {extra[0]!r}.")
    return TwinBlock({key: raw[key] for key in _NAMES}, tuple(steps))


class ApexTwin:
    """Runs the twins of the org's triggers."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._blocks: dict[str, tuple[str, TwinBlock]] | None = None
        self._calendars: dict[str, tuple[Row, BusinessHours]] = {}

    def forget(self) -> None:
        """Triggers or holidays may have changed."""
        self._blocks = None
        self._calendars.clear()

    def blocks(self) -> dict[str, tuple[str, TwinBlock]]:
        """Trigger name and block by lower-case object name."""
        if self._blocks is None:
            self._blocks = {}
            for name, body in self.org.metadata.apex_bodies("ApexTrigger").items():
                block = find_block(body)
                if block is not None:
                    self._blocks[block["object"].lower()] = (name, block)
        return self._blocks

    def serves(self, sobject: str) -> bool:
        return self.org.settings.apex_twin and sobject.lower() in self.blocks()

    def name(self, sobject: str) -> str:
        return self.blocks()[sobject.lower()][0]

    def run(self, sobject: str, row: Row) -> None:
        """Changes a row that is about to be saved. FlowFault when a calendar has no open time."""
        block = self.blocks()[sobject.lower()][1]
        definition = self.org.schema.sobject(sobject)
        for key in (*(block[name] for name in _FIELDS), *block.step_at):
            if not definition.has(key):
                raise FlowFault(f"Variable does not exist: {key}")
        starts = row.get(block["started_at"]) is not None and row.get(block["due_at"]) is None
        measures = row.get(block["first_touch_at"]) is not None and row.get(block["response_minutes"]) is None
        if row.get(block["hours"]) is None or not (starts or measures):
            return
        hours = self._hours(row[block["hours"]])
        if hours is None:
            return
        try:
            if starts:
                self._start(block, row, hours)
            self._measure(block, row, hours)
        except NeverOpen as problem:
            raise FlowFault(str(problem)) from problem

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
        start = hours.next_open(row[block["started_at"]])
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
        name = row.get(block["lead_type"])
        found = self.org.rows.select(block["type_type"], Compare("DeveloperName", "=", name), limit=1) if name else []
        return Decimal(repr((found[0].get(block["type_business_day"]) if found else None) or 0))

    def _measure(self, block: TwinBlock, row: Row, hours: BusinessHours) -> None:
        touched, start = row.get(block["first_touch_at"]), row.get(block["started_at"])
        if touched is None or start is None or row.get(block["due_at"]) is None:
            return
        if row.get(block["response_minutes"]) is None:
            self._put_minutes(block, row, "response_minutes", hours.between(start, touched))


def _seconds(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))

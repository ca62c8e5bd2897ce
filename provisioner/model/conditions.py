"""`when:` → a condition tree. Names and values are checked here; whether the fields exist is the target's question."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from provisioner.document.tree import escape
from provisioner.document.wording import did_you_mean, listed, quoted, short, spoken
from provisioner.model.design import All, Any_, Condition, Not, Op, Scalar, Test

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_LISTS: tuple[Op, ...] = ("in", "not_in")
_ORDERED: tuple[Op, ...] = ("gt", "gte", "lt", "lte")
_TEXTS: tuple[Op, ...] = ("starts_with", "ends_with", "contains")
OPS: tuple[Op, ...] = (*_LISTS, *_ORDERED, *_TEXTS, "is_blank")
_COMBINERS = ("all", "any", "not")
_MEANT: dict[Op, str] = {
    "in": "eq equals is == = one_of",
    "not_in": "ne not not_equals != nin",
    "gt": "> more_than greater_than",
    "gte": ">= min at_least",
    "lt": "< less_than",
    "lte": "<= max at_most",
    "starts_with": "begins_with prefix",
    "contains": "like includes",
    "is_blank": "is_null blank is_empty empty",
}
_SYNONYMS = {word: op for op, words in _MEANT.items() for word in words.split()}
_LONGEST = 255
_DEEPEST = 8
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOW = "Write a field and its values, such as {LeadSource: [Webinar, Trade Show]}, or all, any, not."

Report = Callable[[str, str, str, bool], None]  # pointer, detail, advice, is it about the key?


class Reader:
    """Reads one condition. Everything wrong is reported; `read` gives None when nothing usable is left."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def read(self, value: Any, pointer: str, depth: int = 0) -> Condition | None:
        """The condition of the mapping `value` at `pointer`; several entries of one mapping must all hold."""
        if depth > _DEEPEST:
            self._say(pointer, f"Conditions are nested more than {_DEEPEST} levels deep.", "Flatten the condition.")
            return None
        if not isinstance(value, dict):
            self._say(pointer, f"{spoken(pointer)} is {quoted(value)}; a condition is a mapping.", _HOW)
            return None
        if not value:
            self._say(pointer, f"{spoken(pointer)} is empty, so it would match every lead.", _HOW)
            return None
        parts: list[Condition | None] = []
        for name, item in value.items():
            below = f"{pointer}/{escape(name)}"
            if name in _COMBINERS:
                parts.append(self._combined(name, item, below, depth))
            else:
                parts += self._field(name, item, below)
        return _joined(parts)

    def _combined(self, name: str, item: Any, pointer: str, depth: int) -> Condition | None:
        if name == "not":
            inner = self.read(item, pointer, depth + 1)
            return Not(inner) if inner is not None else None
        if not isinstance(item, list) or not item:
            said = "an empty list" if item == [] else quoted(item)
            advice = f"Write {name}: [{{LeadSource: [Webinar]}}, {{Rating: [Hot]}}]."
            self._say(pointer, f"{spoken(pointer)} is {said}; `{name}` needs a list of conditions.", advice)
            return None
        parts = [self.read(part, f"{pointer}/{index}", depth + 1) for index, part in enumerate(item)]
        good = tuple(part for part in parts if part is not None)
        if len(good) < len(parts):
            return None
        return All(good) if name == "all" else Any_(good)

    def _field(self, name: str, item: Any, pointer: str) -> list[Condition | None]:
        if not _FIELD.fullmatch(name) or len(name) > 80:
            detail = f"{quoted(name)} is not a field name; API names are letters, digits, underscores and dots."
            self._report(pointer, detail, "Use the API name of the field, not its label.", True)
            return [None]
        if name.lower() in _COMBINERS:
            self._report(pointer, f"{quoted(name)} is no field.", f"Write {name.lower()} in lower case.", True)
            return [None]
        if not isinstance(item, dict):
            return [self._test(name, "in", item if isinstance(item, list) else [item], pointer)]
        if not item:
            self._say(pointer, f"{spoken(pointer)} compares with nothing.", f"Comparisons: {listed(OPS, 'and')}.")
            return [None]
        return [self._comparison(name, op, value, f"{pointer}/{escape(op)}") for op, value in item.items()]

    def _comparison(self, field: str, op: str, value: Any, pointer: str) -> Test | None:
        for known in OPS:
            if op == known:
                return self._test(field, known, value, pointer)
        meant = f"Did you mean '{_SYNONYMS[op.lower()]}'? " if op.lower() in _SYNONYMS else did_you_mean(op, OPS)
        self._report(pointer, f"{quoted(op)} is not a comparison.", f"{meant}Comparisons: {listed(OPS, 'and')}.", True)
        return None

    def _test(self, field: str, op: Op, value: Any, pointer: str) -> Test | None:
        if op in _LISTS:
            values = self._values(value, pointer)
        elif op in _ORDERED:
            values = self._ordered(op, value, pointer)
        elif op == "is_blank":
            values = (value,) if isinstance(value, bool) else None
            if values is None:
                self._say(pointer, f"{spoken(pointer)} is {quoted(value)}.", "Write is_blank: true or is_blank: false.")
        else:
            values = self._text(op, value, pointer)
        return Test(field, op, values, pointer) if values is not None else None

    def _values(self, value: Any, pointer: str) -> tuple[Scalar, ...] | None:
        if not isinstance(value, list):
            self._say(pointer, f"{spoken(pointer)} is {quoted(value)}; it needs a list.", "Put the values in brackets.")
            return None
        if not value:
            self._say(pointer, f"{spoken(pointer)} is an empty list, so it says nothing.", "Name at least one value.")
            return None
        good = True
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                detail = (
                    f"{spoken(pointer)}[{index}] is {quoted(item)}; a value is text, a number, true, false or null."
                )
                self._say(f"{pointer}/{index}", detail, "Write the plain value.")
                good = False
            elif isinstance(item, str):
                good = self._fits(item, f"{pointer}/{index}") and good
        return tuple(value) if good else None

    def _ordered(self, op: Op, value: Any, pointer: str) -> tuple[Scalar, ...] | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (value,)
        instant = parse_instant(value) if isinstance(value, str) else None
        if instant is not None:
            return (instant,)
        advice = f"Write {op}: 1000, {op}: 2026-01-31 or {op}: 2026-01-31T09:00:00Z."
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            advice = f"Write the number without quotes: {op}: {value}."
        detail = f"{spoken(pointer)} is {quoted(value)}; `{op}` compares with a number or an ISO date."
        self._say(pointer, detail, advice)
        return None

    def _text(self, op: Op, value: Any, pointer: str) -> tuple[Scalar, ...] | None:
        if isinstance(value, str) and value:
            return (value,) if self._fits(value, pointer) else None
        advice = f'Write {op}: "@acme.example".'
        if isinstance(value, list):
            advice = f"For several texts write any: [{{FIELD: {{{op}: …}}}}, {{FIELD: {{{op}: …}}}}]."
        elif isinstance(value, int | float):
            advice = f'Put it in quotes: {op}: "{value}".'
        self._say(pointer, f"{spoken(pointer)} is {quoted(value)}; `{op}` compares with one text.", advice)
        return None

    def _fits(self, text: str, pointer: str) -> bool:
        if len(text) > _LONGEST or "\n" in text or "\t" in text:
            detail = f"{spoken(pointer)} has {len(text)} characters or more than one line: {quoted(text)}."
            self._say(pointer, detail, f"A value is one line of at most {_LONGEST} characters.")
            return False
        return True

    def _say(self, pointer: str, detail: str, advice: str) -> None:
        self._report(pointer, detail, advice, False)


def parse_instant(text: str) -> date | datetime | None:
    """An ISO 8601 day, or a date-time in UTC at whole seconds (UTC is meant when there is no offset); else None."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if "T" not in text and " " not in text:
            return None
        instant = datetime.fromisoformat(short(text, 40))
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return aware.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _joined(parts: list[Condition | None]) -> Condition | None:
    good = tuple(part for part in parts if part is not None)
    if len(good) < len(parts):
        return None
    return good[0] if len(good) == 1 else All(good)

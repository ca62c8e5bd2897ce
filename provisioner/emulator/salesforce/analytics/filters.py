"""Filters of a report: which operators fit a column, what a value means, and how conditions are combined.

[docs] reference/salesforce.md 7.4: several values are separated by commas, an empty value is a blank, booleans are
0/1 or true/false, dates are relative literals or `M/d/yyyy`. Text is compared without case. A blank satisfies
`notEqual`, `notContain` and `excludes`, and no comparison by size.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.emulator.salesforce.analytics.report_types import Column
from provisioner.emulator.salesforce.soql import dates
from provisioner.emulator.salesforce.soql.tree import DateLiteral

COMPARISONS = frozenset(("equals", "notEqual", "lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual"))
_TEXTUAL = COMPARISONS | {"contains", "notContain", "startsWith"}
_EQUALITY = frozenset(("equals", "notEqual"))
_BOOLEANS = {"0": False, "1": True, "false": False, "true": True}
_LITERAL = re.compile(r"([A-Z][A-Z_0-9]*?)(?::(\d+))?")
_FIXED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TOKEN = re.compile(r"\s*(\d+|AND\b|OR\b|NOT\b|\(|\))", re.IGNORECASE)
_UNREFERENCED = "Some filter conditions are defined but not referenced in your filter logic."  # [community]

Test = Callable[[Any], bool]


@dataclass(frozen=True)
class Moment:
    """When and where a report is run: it decides what TODAY is, and where a day begins."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def day_of(self, value: date) -> date:
        """The local day of an instant; a date is itself."""
        return value.astimezone(self.zone).date() if isinstance(value, datetime) else value

    def start_of(self, day: date) -> datetime:
        """The first instant of a local day, in UTC."""
        return datetime.combine(day, time(0), self.zone).astimezone(UTC)


def split(value: str) -> list[str]:
    """The values of a list; quotes keep a comma inside one. An empty text is one blank."""
    if not value.strip():
        return [""]
    return [one.strip() for one in next(csv.reader([value], skipinitialspace=True))]


def problem(column: Column | None, operator: str, value: str) -> str | None:
    """What is wrong with a filter: its `operator`, its `value`, or nothing. `column` None: a bucket field."""
    kind = "string" if column is None else column.item.type
    if kind == "boolean":
        fits, allowed = all(one.lower() in _BOOLEANS for one in split(value)), _EQUALITY
    elif column is not None and column.numeric:
        fits, allowed = all(_number(one) is not None or not one for one in _numbers(operator, value)), COMPARISONS
    elif kind in ("date", "datetime"):
        fits, allowed = all(not one or span(one, _NOON) is not None for one in split(value)), COMPARISONS
    elif kind == "multipicklist":
        fits, allowed = True, _EQUALITY | {"includes", "excludes"}
    else:
        fits, allowed = True, _TEXTUAL
    if operator not in allowed:
        return "operator"
    sized = operator in COMPARISONS - _EQUALITY
    return None if fits and (value or not sized) else "value"


def compile_test(column: Column | None, operator: str, value: str, moment: Moment) -> Test:
    """The test of one filter, on a cell's value as filters see it (text for references, the bucket's label)."""
    kind = "string" if column is None else column.item.type
    if kind == "boolean":
        wanted = {_BOOLEANS[one.lower()] for one in split(value)}
        return lambda cell: (bool(cell) in wanted) == (operator == "equals")
    if column is not None and column.numeric:
        numbers = [_number(one) for one in _numbers(operator, value)]
        return lambda cell: _any(operator, cell, [(one, one) for one in numbers])
    if kind in ("date", "datetime"):
        spans = [span(one, moment) for one in split(value)]
        return lambda cell: _in_days(operator, cell, spans, moment)
    if kind == "multipicklist":
        return _of_values(operator, split(value))
    return _of_text(operator, [one.casefold() for one in split(value)])


def compare_cells(operator: str, left: Any, right: Any) -> bool:
    """A filter between two columns."""
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.casefold(), right.casefold()
    return _any(operator, left, [(right, right)])


def span(text: str, moment: Moment) -> tuple[date, date] | None:
    """First and last day of a relative literal (`LAST_N_DAYS:7`) or a fixed date (`7/31/2026`); None for anything
    else."""
    fixed = _FIXED.fullmatch(text)
    if fixed is not None:
        try:
            day = date(int(fixed[3]), int(fixed[1]), int(fixed[2]))
        except ValueError:
            return None
        return day, day
    literal = _LITERAL.fullmatch(text.upper())
    if literal is None or literal[1] not in (dates.PLAIN if literal[2] is None else dates.WITH_NUMBER):
        return None
    number = None if literal[2] is None else int(literal[2])
    first, after = dates.days(DateLiteral(literal[1], number), moment.today)
    return first, after - timedelta(days=1)


_NOON = Moment(datetime(2026, 1, 1, 12, tzinfo=UTC), ZoneInfo("UTC"))  # only whether a text is a date matters


def _numbers(operator: str, value: str) -> list[str]:
    """A comma separates values of an equality, and thousands elsewhere ([docs] `100,000`)."""
    return split(value) if operator in _EQUALITY else [value.replace(",", "")]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _any(operator: str, cell: Any, bounds: Sequence[tuple[Any, Any]]) -> bool:
    """`bounds`: first and last value of what is compared with; (None, None) is a blank."""
    if operator in _EQUALITY:
        hit = any(cell is None if low is None else cell is not None and low <= cell <= high for low, high in bounds)
        return hit == (operator == "equals")
    return any(_sized(operator, cell, low, high) for low, high in bounds)


def _sized(operator: str, cell: Any, low: Any, high: Any) -> bool:
    if cell is None or low is None:
        return False
    match operator:
        case "lessThan":
            return bool(cell < low)
        case "greaterThan":
            return bool(cell > high)
        case "lessOrEqual":
            return bool(cell <= high)
    return bool(cell >= low)


def _in_days(operator: str, cell: Any, spans: Sequence[tuple[date, date] | None], moment: Moment) -> bool:
    day = None if cell is None else moment.day_of(cell)
    return _any(operator, day, [one or (None, None) for one in spans])


def _of_text(operator: str, wanted: list[str]) -> Test:
    def test(cell: Any) -> bool:
        text = "" if cell is None else str(cell).casefold()
        match operator:
            case "equals":
                return text in wanted
            case "notEqual":
                return text not in wanted
            case "contains":
                return any(one in text for one in wanted)
            case "notContain":
                return not any(one in text for one in wanted)
            case "startsWith":
                return any(text.startswith(one) for one in wanted)
        return _any(operator, text or None, [(one, one) for one in wanted])

    return test


def _of_values(operator: str, wanted: list[str]) -> Test:
    """A multi-select picklist holds its values separated by semicolons."""
    folded = [one.casefold() for one in wanted]

    def test(cell: Any) -> bool:
        text = "" if cell is None else str(cell).casefold()
        if operator in _EQUALITY:
            return (text in folded) == (operator == "equals")
        return bool(set(text.split(";")) & set(folded)) == (operator == "includes")

    return test


# -- filter logic ------------------------------------------------------------------------------------------------------


def logic_problem(text: str, count: int) -> str | None:
    """What is wrong with filter logic over `count` conditions, in words; None when it is fine."""
    used: set[int] = set()

    def ask(number: int) -> bool:
        used.add(number)
        return True

    try:
        combine(text, ask)
    except ValueError:
        return f"filter-booleanFilter: Invalid value specified: {text}"
    if not used <= set(range(1, count + 1)):
        return f"filter-booleanFilter: Invalid value specified: {text}"
    return None if len(used) == count else _UNREFERENCED


def combine(text: str, holds: Callable[[int], bool]) -> bool:
    """Evaluate `1 AND (2 OR NOT 3)`; conditions count from 1, and each one is asked. ValueError for bad logic."""
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"Not filter logic: {text!r}")
        tokens.append(match[1].upper())
        at = match.end()
    value, rest = _either(tokens, holds)
    if rest:
        raise ValueError(f"Not filter logic: {text!r}")
    return value


def _either(tokens: list[str], holds: Callable[[int], bool]) -> tuple[bool, list[str]]:
    """One chain of ANDs or of ORs: the vendor wants parentheses where both meet, and so do we."""
    value, rest = _single(tokens, holds)
    operator = rest[0] if rest and rest[0] in ("AND", "OR") else None
    while rest and rest[0] == operator:
        other, rest = _single(rest[1:], holds)
        value = (value and other) if operator == "AND" else (value or other)
    return value, rest


def _single(tokens: list[str], holds: Callable[[int], bool]) -> tuple[bool, list[str]]:
    if not tokens:
        raise ValueError("Filter logic ends too early.")
    head, rest = tokens[0], tokens[1:]
    if head == "NOT":
        value, rest = _single(rest, holds)
        return not value, rest
    if head == "(":
        value, rest = _either(rest, holds)
        if not rest or rest[0] != ")":
            raise ValueError("A parenthesis is not closed.")
        return value, rest[1:]
    if not head.isdigit():
        raise ValueError(f"Unexpected {head}.")
    return holds(int(head)), rest

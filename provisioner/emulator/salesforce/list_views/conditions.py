"""Filters of a list view as conditions: in SOQL, and as the API tells them. [docs] SOAP guide, SoqlWhereCondition

Values are read as in reports: several are separated by commas, an empty one is a blank, checkboxes are 0 and 1, dates
are relative literals or `M/d/yyyy`, with a time of day where somebody set one ([real]); days are the user's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from provisioner.emulator.salesforce.analytics.filters import Moment, span, split
from provisioner.emulator.salesforce.errors import not_modelled
from provisioner.emulator.salesforce.list_views.columns import Column
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES

_SIGNS = {
    "equals": "=", "notEquals": "!=", "lessThan": "<", "lessThanOrEqualTo": "<=", "greaterThan": ">",
    "greaterThanOrEqualTo": ">=", "like": "LIKE", "in": "IN", "notIn": "NOT IN",
}  # fmt: skip
_OPERATORS = {
    "equals": "equals", "notEqual": "notEquals", "lessThan": "lessThan", "greaterThan": "greaterThan",
    "lessOrEqual": "lessThanOrEqualTo", "greaterOrEqual": "greaterThanOrEqualTo",
}  # fmt: skip
_LISTS = {"equals": "in", "notEquals": "notIn"}
_PATTERNS = {"contains": "%{}%", "notContain": "%{}%", "startsWith": "{}%"}
_BOOLEANS = {"0": "FALSE", "1": "TRUE", "false": "FALSE", "true": "TRUE"}
_LOGIC = re.compile(r"\d+|AND|OR|NOT|\(|\)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_NULL = "null"


@dataclass(frozen=True)
class Single:
    """`values` are SOQL literals."""

    field: str
    operator: str
    values: tuple[str, ...]

    def soql(self) -> str:
        listed = f"({', '.join(self.values)})" if self.operator in ("in", "notIn") else self.values[0]
        return f"{self.field} {_SIGNS[self.operator]} {listed}"

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "operator": self.operator, "values": list(self.values)}


@dataclass(frozen=True)
class Several:
    """`conjunction` is `and` or `or`; there are at least two parts."""

    conjunction: str
    parts: tuple[Condition, ...]

    def soql(self) -> str:
        return f" {self.conjunction.upper()} ".join(_enclosed(part) for part in self.parts)

    def to_json(self) -> dict[str, Any]:
        return {"conditions": [part.to_json() for part in self.parts], "conjunction": self.conjunction}


@dataclass(frozen=True)
class Negated:
    part: Condition

    def soql(self) -> str:
        return f"NOT ({self.part.soql()})"

    def to_json(self) -> dict[str, Any]:
        return {"condition": self.part.to_json()}


Condition = Single | Several | Negated


def joined(conjunction: str, parts: Sequence[Condition]) -> Condition:
    """One condition of one or more."""
    return parts[0] if len(parts) == 1 else Several(conjunction, tuple(parts))


def by_logic(logic: str | None, parts: Sequence[Condition]) -> Condition | None:
    """The filters, combined by the view's logic (checked when it was deployed), else by AND."""
    if not parts:
        return None
    if logic is None:
        return joined("and", parts)
    return _either([token.upper() for token in _LOGIC.findall(logic)], parts)


def condition_of(column: Column, operation: str, value: str, moment: Moment) -> Condition:
    """One filter. ApiError: an operation or a value that the emulator does not model."""
    kind = column.item.type
    if operation in _PATTERNS:
        likes = [Single(column.path, "like", (_like(operation, one),)) for one in split(value)]
        hit = joined("or", likes)
        return Negated(hit) if operation == "notContain" else hit
    if operation not in _OPERATORS or kind == "multipicklist":
        raise not_modelled(f"the list view filter {operation} on {column.path}")
    operator = _OPERATORS[operation]
    listed = operator in _LISTS
    if kind in ("date", "datetime"):
        return _of_days(column, operator, split(value), moment)
    texts = split(value) if listed else [value.replace(",", "") if kind in NUMBER_TYPES else value]
    values = tuple(_literal(column, one) for one in texts)
    return Single(column.path, _LISTS[operator] if len(values) > 1 else operator, values)


def quoted(text: str) -> str:
    """A SOQL text."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _enclosed(part: Condition) -> str:
    return f"({part.soql()})" if isinstance(part, Several) else part.soql()


def _like(operation: str, text: str) -> str:
    plain = re.sub(r"([\\%_])", r"\\\1", text).replace("'", "\\'")
    return "'" + _PATTERNS[operation].format(plain) + "'"


def _literal(column: Column, text: str) -> str:
    kind = column.item.type
    if not text and kind != "boolean":
        return _NULL
    fits = text.lower() in _BOOLEANS if kind == "boolean" else kind not in NUMBER_TYPES or _NUMBER.fullmatch(text)
    if not fits:
        _refuse(column, text)
    if kind == "boolean":
        return _BOOLEANS[text.lower()]
    return text if kind in NUMBER_TYPES else quoted(text)


def _refuse(column: Column, text: str) -> NoReturn:
    raise not_modelled(f"the list view filter value {text!r} of {column.path}")


# -- days --------------------------------------------------------------------------------------------------------------


def _of_days(column: Column, operator: str, texts: list[str], moment: Moment) -> Condition:
    """A fixed day is a span of an instant's field: equal means inside it, less before it, greater after it."""
    if operator != "notEquals":
        return joined("or", [_of_day(column, operator, one, moment) for one in texts])
    hit = joined("or", [_of_day(column, "equals", one, moment) for one in texts])
    return Single(column.path, "notEquals", hit.values) if isinstance(hit, Single) else Negated(hit)


def _of_day(column: Column, operator: str, text: str, moment: Moment) -> Condition:
    if not text:
        return Single(column.path, operator, (_NULL,))
    days = span(text, moment)
    if days is None:
        return Single(column.path, operator, (_instant(column, text, moment),))
    if "/" not in text:
        return Single(column.path, operator, (text.upper(),))
    if column.item.type == "date":
        return Single(column.path, operator, (days[0].isoformat(),))
    start, after = (_utc(moment.start_of(day)) for day in (days[0], days[0] + timedelta(days=1)))
    if operator == "equals":
        inside = ("greaterThanOrEqualTo", start), ("lessThan", after)
        return Several("and", tuple(Single(column.path, sign, (value,)) for sign, value in inside))
    bounds = {"lessThan": ("lessThan", start), "lessThanOrEqualTo": ("lessThan", after),
              "greaterThan": ("greaterThanOrEqualTo", after)}  # fmt: skip
    sign, value = bounds.get(operator, ("greaterThanOrEqualTo", start))
    return Single(column.path, sign, (value,))


def _instant(column: Column, text: str, moment: Moment) -> str:
    """`11/1/2021 12:00 AM`, in the user's zone."""
    try:
        at = datetime.strptime(text, "%m/%d/%Y %I:%M %p").replace(tzinfo=moment.zone)
    except ValueError:
        _refuse(column, text)
    return _utc(at) if column.item.type == "datetime" else _refuse(column, text)


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# -- logic -------------------------------------------------------------------------------------------------------------


def _either(tokens: list[str], parts: Sequence[Condition]) -> Condition:
    """Eats `tokens` up to their end or a closing parenthesis."""
    found = [_one(tokens, parts)]
    conjunction = "and"
    while tokens and tokens[0] in ("AND", "OR"):
        conjunction = tokens.pop(0).lower()
        found.append(_one(tokens, parts))
    return joined(conjunction, found)


def _one(tokens: list[str], parts: Sequence[Condition]) -> Condition:
    head = tokens.pop(0)
    if head == "NOT":
        return Negated(_one(tokens, parts))
    if head != "(":
        return parts[int(head) - 1]
    inner = _either(tokens, parts)
    tokens.pop(0)
    return inner

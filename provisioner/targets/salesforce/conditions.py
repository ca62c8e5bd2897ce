"""Conditions of the design as native flow conditions.

Native comparisons work for text and picklists alike and ignore case [community]. What a comparison with a blank gives
is never left to the platform: every comparison says what it wants of a blank (docs/semantics.md, "Comparing values").
There is no native "does not start with", so a negated text comparison is answered by a decision of its own first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from provisioner.model.design import All, Any_, Condition, Not, Test

LOGIC_MOST = 1000  # characters of conditionLogic. [docs] reference/salesforce.md 4.2

_ORDER = {
    "gt": ("GreaterThan", "LessThanOrEqualTo"),
    "gte": ("GreaterThanOrEqualTo", "LessThan"),
    "lt": ("LessThan", "GreaterThanOrEqualTo"),
    "lte": ("LessThanOrEqualTo", "GreaterThan"),
}
_TEXT = {"starts_with": "StartsWith", "ends_with": "EndsWith", "contains": "Contains"}


Value = dict[str, str]  # {"stringValue": …}, {"elementReference": …} and the like


@dataclass(frozen=True, slots=True)
class Check:
    """One native comparison: `left operator right`."""

    left: str
    operator: str
    right: Value


@dataclass(frozen=True, slots=True)
class Rule:
    """The conditions of one outcome; `logic` is `and`, `or` or numbers such as `1 AND (2 OR 3)`."""

    checks: Sequence[Check]
    logic: str


@dataclass(frozen=True, slots=True)
class Group:
    """Parts joined by one word."""

    word: Literal["AND", "OR"]
    parts: Sequence[Check | Group]


@dataclass(slots=True)
class Translator:
    """Turns the conditions of one flow into rules. `answers` are the negated text comparisons met on the way (variable
    → comparison), which the flow must decide before the rules are used."""

    answers: dict[str, Check] = field(default_factory=dict)

    def rule(self, condition: Condition) -> Rule:
        group = _flat(self._group(condition, negated=False))
        checks = list(_checks(group))
        if all(isinstance(part, Check) for part in group.parts):
            return Rule(checks, group.word.lower())
        return Rule(checks, _logic(group))

    def _group(self, condition: Condition, *, negated: bool) -> Check | Group:
        match condition:
            case Test():
                return self._test(condition, negated=negated)
            case All(parts):
                return Group("OR" if negated else "AND", [self._group(part, negated=negated) for part in parts])
            case Any_(parts):
                return Group("AND" if negated else "OR", [self._group(part, negated=negated) for part in parts])
            case Not(part):
                return self._group(part, negated=not negated)

    def _test(self, test: Test, *, negated: bool) -> Check | Group:
        left = f"$Record.{test.field}"
        if test.op == "is_blank":
            return _is_null(left, bool(test.values[0]) != negated)
        if test.op in ("in", "not_in"):
            return self._one_of(left, test, negated=(test.op == "not_in") != negated)
        wanted = test.values[0]
        if wanted is None or wanted == "":
            return _never(left) if not negated else _always(left)
        value = _value(wanted)
        if test.op in _ORDER:
            plain, opposite = _ORDER[test.op]
            if negated:
                return Group("OR", [_is_null(left), Check(left, opposite, value)])
            return Group("AND", [_is_null(left, False), Check(left, plain, value)])
        check = Check(left, _TEXT[test.op], value)
        if negated:
            return Check(self._answer(check), "EqualTo", {"booleanValue": "false"})
        return Group("AND", [_is_null(left, False), check])

    def _one_of(self, left: str, test: Test, *, negated: bool) -> Check | Group:
        blank = any(value is None or value == "" for value in test.values)
        values: list[Value] = [_value(value) for value in test.values if value is not None and value != ""]
        if not negated:
            same = [Check(left, "EqualTo", value) for value in values]
            return Group("OR", [*([_is_null(left)] if blank else []), *same])
        other = [Check(left, "NotEqualTo", value) for value in values]
        if blank:
            return Group("AND", [_is_null(left, False), *other])
        return Group("OR", [_is_null(left), Group("AND", other)])

    def _answer(self, check: Check) -> str:
        for name, known in self.answers.items():
            if known == check:
                return name
        name = f"Answer_{len(self.answers) + 1}"
        self.answers[name] = check
        return name


def _value(value: str | int | float | bool | date | datetime) -> Value:
    """A value of the design, typed as it was written. Datetimes are UTC. Texts hold no merge field (rule S229)."""
    if isinstance(value, bool):
        return {"booleanValue": str(value).lower()}
    if isinstance(value, int | float):
        return {"numberValue": str(value)}
    if isinstance(value, datetime):
        return {"dateTimeValue": value.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    if isinstance(value, date):
        return {"dateValue": value.isoformat()}
    return {"stringValue": value}


def _is_null(left: str, empty: bool = True) -> Check:
    return Check(left, "IsNull", {"booleanValue": str(empty).lower()})


def _never(left: str) -> Group:
    return Group("AND", [_is_null(left), _is_null(left, False)])


def _always(left: str) -> Group:
    return Group("OR", [_is_null(left), _is_null(left, False)])


def _flat(part: Check | Group) -> Group:
    """Groups of one word inside each other become one; a lone check becomes a group."""
    if isinstance(part, Check):
        return Group("AND", [part])
    parts: list[Check | Group] = []
    for child in part.parts:
        inner = child if isinstance(child, Check) else _flat(child)
        if isinstance(inner, Group) and (inner.word == part.word or len(inner.parts) == 1):
            parts += inner.parts
        else:
            parts.append(inner)
    if len(parts) == 1 and isinstance(parts[0], Group):
        return parts[0]
    return Group(part.word if len(parts) > 1 else "AND", parts)


def _checks(group: Group) -> Iterator[Check]:
    for part in group.parts:
        if isinstance(part, Check):
            yield part
        else:
            yield from _checks(part)


def _logic(group: Group) -> str:
    """`1 AND (2 OR 3)`, numbering the checks in the order of `_checks`."""
    count = iter(range(1, 1 + sum(1 for _ in _checks(group))))

    def written(part: Check | Group) -> str:
        if isinstance(part, Check):
            return str(next(count))
        return "(" + f" {part.word} ".join(written(child) for child in part.parts) + ")"

    return f" {group.word} ".join(written(part) for part in group.parts)


def logic_length(condition: Condition) -> int:
    """Characters of the condition's conditionLogic."""
    return len(Translator().rule(condition).logic)

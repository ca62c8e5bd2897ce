"""Conditions of the design as native flow conditions.

Native comparisons work for text and picklists alike and ignore case [community]. What a comparison with a blank gives
is never left to the platform: every comparison says what it wants of a blank (docs/semantics.md, "Comparing values").
There is no native "does not start with", so a negated text comparison is answered by a decision of its own first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from provisioner.model.design import All, Any_, Condition, Not, Test
from provisioner.targets.salesforce.flow import Check, Flow, Outcome, Value, differs, equals, flag, is_null, scalar

LOGIC_MOST = 1000  # characters of conditionLogic. [docs] reference/salesforce.md 4.2

_ORDER = {
    "gt": ("GreaterThan", "LessThanOrEqualTo"),
    "gte": ("GreaterThanOrEqualTo", "LessThan"),
    "lt": ("LessThan", "GreaterThanOrEqualTo"),
    "lte": ("LessThanOrEqualTo", "GreaterThan"),
}
_TEXT = {"starts_with": "StartsWith", "ends_with": "EndsWith", "contains": "Contains"}


@dataclass(frozen=True, slots=True)
class Group:
    """Parts joined by one word."""

    word: Literal["AND", "OR"]
    parts: Sequence[Check | Group]


@dataclass(slots=True)
class Translator:
    """Turns conditions into outcomes of one flow. `answers` are the negated text comparisons met on the way: variable,
    comparison; the flow must decide them before the outcomes are used."""

    flow: Flow
    answers: dict[str, Check] = field(default_factory=dict)

    def outcome(self, name: str, label: str, condition: Condition, to: str | None) -> Outcome:
        group = _flat(self._group(condition, negated=False))
        checks = list(_checks(group))
        if all(isinstance(part, Check) for part in group.parts):
            return Outcome(name, label, checks, to, group.word.lower())
        return Outcome(name, label, checks, to, _logic(group))

    def prelude(self, to: str | None) -> str | None:
        """Adds the decisions that answer the negated text comparisons and returns the node to begin with."""
        for name, check in reversed(self.answers.items()):
            self.flow.variable(name, "Boolean", value=flag(False))
            yes = self.flow.assign(f"Say_{name}", f"{name} is true", [(name, flag(True))], to)
            rule = Outcome(f"Is_{name}", "Yes", [is_null(check.left, False), check], yes)
            to = self.flow.decide(f"Ask_{name}", f"{check.left} {check.operator}?", [rule], to, "No")
        return to

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
            return is_null(left, bool(test.values[0]) != negated)
        if test.op in ("in", "not_in"):
            return self._one_of(left, test, negated=(test.op == "not_in") != negated)
        wanted = test.values[0]
        if wanted is None or wanted == "":
            return _never(left) if not negated else _always(left)
        value = scalar(self.flow, wanted)
        if test.op in _ORDER:
            plain, opposite = _ORDER[test.op]
            if negated:
                return Group("OR", [is_null(left), Check(left, opposite, value)])
            return Group("AND", [is_null(left, False), Check(left, plain, value)])
        check = Check(left, _TEXT[test.op], value)
        if negated:
            return equals(self._answer(check), flag(False))
        return Group("AND", [is_null(left, False), check])

    def _one_of(self, left: str, test: Test, *, negated: bool) -> Check | Group:
        blank = any(value is None or value == "" for value in test.values)
        values: list[Value] = [scalar(self.flow, value) for value in test.values if value is not None and value != ""]
        if not negated:
            same = [equals(left, value) for value in values]
            return Group("OR", [*([is_null(left)] if blank else []), *same])
        other = [differs(left, value) for value in values]
        if blank:
            return Group("AND", [is_null(left, False), *other])
        return Group("OR", [is_null(left), Group("AND", other)])

    def _answer(self, check: Check) -> str:
        for name, known in self.answers.items():
            if known == check:
                return name
        name = f"Answer_{len(self.answers) + 1}"
        self.answers[name] = check
        return name


def _never(left: str) -> Group:
    return Group("AND", [is_null(left), is_null(left, False)])


def _always(left: str) -> Group:
    return Group("OR", [is_null(left), is_null(left, False)])


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
    translator = Translator(Flow("", "", {}))
    return len(translator.outcome("x", "x", condition, None).logic)

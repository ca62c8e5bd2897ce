"""Conditions of the design as HubSpot filters: negations pushed down to the comparisons, then an OR of ANDs.

What a comparison gives for a blank is said by every filter (docs/semantics.md, "Comparing values"). Enumerations are
compared exactly, texts as HubSpot compares them; which kind a property is comes from the table of its object or from
the document (`target.fields`), because a filter of the wrong kind is refused. [docs] reference/hubspot.md 3.1, 4.4
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import product
from typing import Any

from provisioner.model.design import All, Any_, Condition, Design, Not, Scalar, Test
from provisioner.model.uses import tests_of
from provisioner.targets.hubspot import filters
from provisioner.targets.hubspot.filters import Filter
from provisioner.targets.hubspot.objects import Kind, lead_object

FIELD_KINDS: tuple[Kind, ...] = ("text", "enumeration", "number", "bool", "datetime")

_ORDERS = {
    "gt": ("IS_GREATER_THAN", "IS_LESS_THAN_OR_EQUAL_TO"),
    "gte": ("IS_GREATER_THAN_OR_EQUAL_TO", "IS_LESS_THAN"),
    "lt": ("IS_LESS_THAN", "IS_GREATER_THAN_OR_EQUAL_TO"),
    "lte": ("IS_LESS_THAN_OR_EQUAL_TO", "IS_GREATER_THAN"),
}
# operator, inclusive; then the same of the opposite
_MOMENTS = {
    "gt": (("IS_AFTER", False), ("IS_BEFORE", True)),
    "gte": (("IS_AFTER", True), ("IS_BEFORE", False)),
    "lt": (("IS_BEFORE", False), ("IS_AFTER", True)),
    "lte": (("IS_BEFORE", True), ("IS_AFTER", False)),
}
_TEXTS = {"starts_with": "STARTS_WITH", "ends_with": "ENDS_WITH", "contains": "CONTAINS"}

Group = tuple[Filter, ...]


class Unsayable(Exception):
    """HubSpot has no filter for a comparison. `at` is its JSON pointer; `detail` and `advice` are sentences."""

    def __init__(self, at: str, detail: str, advice: str) -> None:
        super().__init__(detail)
        self.at, self.detail, self.advice = at, detail, advice


def kinds(design: Design) -> dict[str, Kind]:
    """Property → what kind of value it holds, as far as it is known."""
    return {**lead_object(design).known, **design.target.options.get("fields", {})}


def groups(condition: Condition, kind_of: dict[str, Kind], *, negated: bool = False) -> list[Group]:
    """The condition as an OR of ANDs. Raises Unsayable."""
    match condition:
        case Test():
            return _test(condition, kind_of, negated)
        case Not(part):
            return groups(part, kind_of, negated=not negated)
        case All(parts) | Any_(parts):
            found = [groups(part, kind_of, negated=negated) for part in parts]
            if isinstance(condition, Any_) != negated:
                return [group for part in found for group in part]
            size = 1
            for choices in found:
                size *= len(choices)
                if size > _MOST_GROUPS:
                    raise Unsayable(
                        next(tests_of(condition)).at,
                        f"The condition becomes more than {_MOST_GROUPS} groups of filters.",
                        "Split it into several entries, or collect the cases in one property.",
                    )
            return [tuple(item for group in chosen for item in group) for chosen in product(*found)]


_MOST_GROUPS = 250  # reported filters of a trigger. [docs] reference/hubspot.md 4.9


def _test(test: Test, kind_of: dict[str, Kind], negated: bool) -> list[Group]:
    name = test.field
    kind = kind_of.get(name)
    if test.op == "is_blank":
        return [(filters.unknown(name) if bool(test.values[0]) != negated else filters.known(name),)]
    if kind is None:
        raise Unsayable(
            test.at,
            f"Whether {name!r} holds text, a number or something else is not known here.",
            f"Say so under target.fields, such as {{{name}: enumeration}}; kinds are {', '.join(FIELD_KINDS)}.",
        )
    if test.op in ("in", "not_in"):
        return _one_of(test, kind, (test.op == "not_in") != negated)
    wanted = test.values[0]
    if wanted is None or wanted == "":  # never true; its opposite always is
        return (
            [(filters.known(name),), (filters.unknown(name),)]
            if negated
            else [(filters.known(name), filters.unknown(name))]
        )
    if test.op in _TEXTS:
        return _text(test, kind, str(wanted), negated)
    return [(_ordered(test, kind, wanted, negated),)]


def _text(test: Test, kind: Kind, wanted: str, negated: bool) -> list[Group]:
    if kind != "text":
        raise Unsayable(
            test.at,
            f"{test.field!r} is no text (it is {kind}), so HubSpot cannot look for a part of it.",
            f"List its values: {{{test.field}: [value, value]}}.",
        )
    if not negated:
        return [(filters.text(test.field, _TEXTS[test.op], wanted),)]
    if test.op != "contains":
        raise Unsayable(
            test.at,
            f'HubSpot has no filter for "does not {"start" if test.op == "starts_with" else "end"} with".',
            "Turn the condition round, or put the narrow lead type first in the list.",
        )
    return [(filters.text(test.field, "DOES_NOT_CONTAIN", wanted, blank=True),)]


def _ordered(test: Test, kind: Kind, wanted: Scalar, negated: bool) -> Filter:
    if isinstance(wanted, date):
        if kind != "datetime":
            raise Unsayable(
                test.at, f"{test.field!r} is {kind}, which has no order in time.", "Compare a date property."
            )
        operator, inclusive = _MOMENTS[test.op][1 if negated else 0]
        return filters.moment(test.field, operator, _point(wanted), inclusive=inclusive, blank=negated)
    if kind != "number" or not isinstance(wanted, int | float):
        raise Unsayable(
            test.at,
            f"{test.field!r} is {kind}, so HubSpot cannot compare it with {wanted!r}.",
            "Compare a number property.",
        )
    return filters.number(test.field, _ORDERS[test.op][1 if negated else 0], wanted, blank=negated)


def _point(wanted: date) -> dict[str, Any]:
    """An instant in UTC; a day is its midnight."""
    point = {"timeType": "DATE", "year": wanted.year, "month": wanted.month, "day": wanted.day}
    hour, minute, second = (wanted.hour, wanted.minute, wanted.second) if isinstance(wanted, datetime) else (0, 0, 0)
    return {**point, "hour": hour, "minute": minute, "second": second, "zoneId": "UTC", "timezoneSource": "CUSTOM"}


def _one_of(test: Test, kind: Kind, negated: bool) -> list[Group]:
    name = test.field
    blank = any(value is None or value == "" for value in test.values)
    values: list[Scalar] = [value for value in test.values if value is not None and value != ""]
    if not negated:
        found: list[Group] = [(item,) for item in _same(test, kind, values)]
        return found + ([(filters.unknown(name),)] if blank else [])
    other = _different(test, kind, values, blank=not blank)
    return [(*other, *([filters.known(name)] if blank else []))]


def _same(test: Test, kind: Kind, values: list[Scalar]) -> list[Filter]:
    if not values:
        return []
    if kind == "enumeration":
        return [filters.any_of(test.field, [_word(test, value) for value in values])]
    if kind == "text":
        return [filters.texts(test.field, "IS_EQUAL_TO", [_word(test, value) for value in values])]
    if kind == "number":
        return [filters.number(test.field, "IS_EQUAL_TO", _figure(test, value)) for value in values]
    if kind == "bool":
        return [filters.truth(test.field, _truth(test, value)) for value in values]
    raise _no_equality(test)


def _different(test: Test, kind: Kind, values: list[Scalar], *, blank: bool) -> list[Filter]:
    if not values:
        return []
    if kind == "enumeration":
        return [{**filters.none_of(test.field, []), "operation": _none_of(test, values, blank)}]
    if kind == "text":
        return [filters.texts(test.field, "IS_NOT_EQUAL_TO", [_word(test, value) for value in values], blank)]
    if kind == "number":
        return [filters.number(test.field, "IS_NOT_EQUAL_TO", _figure(test, value), blank) for value in values]
    if kind == "bool":
        return [filters.truth(test.field, not _truth(test, value), blank) for value in values]
    raise _no_equality(test)


def _none_of(test: Test, values: list[Scalar], blank: bool) -> dict[str, Any]:
    operation: dict[str, Any] = filters.none_of(test.field, [_word(test, value) for value in values])["operation"]
    return {**operation, "includeObjectsWithNoValueSet": blank}


def _word(test: Test, value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise Unsayable(test.at, f"{value!r} is not a value of {test.field!r}.", "Write the value as text.")


def _figure(test: Test, value: Scalar) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise Unsayable(test.at, f"{test.field!r} is a number; {value!r} is none.", "Write a number, without quotes.")


def _truth(test: Test, value: Scalar) -> bool:
    words: dict[Any, bool] = {True: True, False: False, "true": True, "false": False}
    if isinstance(value, bool | str) and value in words:
        return words[value]
    raise Unsayable(test.at, f"{test.field!r} is yes or no; {value!r} is neither.", "Write true or false.")


def _no_equality(test: Test) -> Unsayable:
    return Unsayable(
        test.at,
        f"{test.field!r} is a point in time, which HubSpot compares by before and after only.",
        "Use gt, gte, lt, lte or is_blank.",
    )

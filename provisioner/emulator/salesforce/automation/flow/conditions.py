"""Conditions and filters of flows, compiled to tests of an interview or to conditions over stored rows.

Null logic ([docs-2nd] reference 4.1; [community] for NotEqualTo): null equals nothing, differs from everything,
and is neither less nor greater. Text is compared without regard to case ([community]).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from provisioner.emulator.salesforce.automation.fields import field_kind
from provisioner.emulator.salesforce.automation.flow.definition import Condition, Filter
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview
from provisioner.emulator.salesforce.automation.flow.logic import Logic
from provisioner.emulator.salesforce.automation.flow.names import NameProblem, Names, Ref
from provisioner.emulator.salesforce.automation.formula import Kind
from provisioner.emulator.salesforce.state.rows import And, Compare, Cond, Not, Or
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, FieldDef, SObjectDef

Test = Callable[[Interview], bool]
_TEXTS = (Kind.TEXT, Kind.PICKLIST, Kind.MULTIPICKLIST, Kind.LONGTEXT)
_MOMENTS = (Kind.DATE, Kind.DATETIME)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
    "Contains": operator.contains,
}
_SIGNS = {
    "EqualTo": "=",
    "NotEqualTo": "!=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
}
_PATTERNS = {"StartsWith": "{}%", "EndsWith": "%{}", "Contains": "%{}%"}
EMPTY_TESTS = ("IsNull", "IsEmpty", "IsBlank")


def like_kinds(left: Kind, right: Kind) -> bool:
    """May the two be compared?"""
    return left is right or (left in _TEXTS and right in _TEXTS) or (left in _MOMENTS and right in _MOMENTS)


def _day(value: date, interview: Interview) -> date:
    return value.astimezone(interview.zone).date() if isinstance(value, datetime) else value


def _pair(left: Any, right: Any, interview: Interview) -> tuple[Any, Any]:
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold(), right.casefold()
    if isinstance(left, datetime) != isinstance(right, datetime) and isinstance(left, date) and isinstance(right, date):
        # A day against an instant: both as days in the running user's zone.
        return _day(left, interview), _day(right, interview)
    return left, right


def compile_comparison(left: Ref, name: str, right: Ref) -> Test:
    """left operator right, for every comparison operator but IsNull and its kin, IsChanged and the Was… family."""
    first, second = left.read, right.read
    if name in ("In", "NotIn"):
        return _membership(left, right, wanted=name == "In")
    if name == "Contains" and left.collection:
        return _membership(right, left, wanted=True)
    if name in ("EqualTo", "NotEqualTo"):
        wanted = name == "EqualTo"

        def equal(interview: Interview) -> bool:
            one, other = first(interview), second(interview)
            if one is None or other is None:
                return not wanted
            one, other = _pair(one, other, interview)
            return bool(one == other) is wanted

        return equal
    compare = _ORDER.get(name) or _TEXT_TESTS.get(name)
    if compare is None:
        raise NameProblem(f"The emulator does not model the operator {name}.")
    chosen = compare

    def test(interview: Interview) -> bool:
        one, other = first(interview), second(interview)
        if one is None or other is None:
            return False
        one, other = _pair(one, other, interview)
        return bool(chosen(one, other))

    return test


def _membership(item: Ref, collection: Ref, *, wanted: bool) -> Test:
    if not collection.collection:
        raise NameProblem("CONDITION_OPERAND_DATATYPES_INCOMPATIBLE: In and NotIn need a collection.")
    one, many = item.read, collection.read

    def test(interview: Interview) -> bool:
        value = one(interview)
        found = any(
            value is not None and entry is not None and _same(value, entry, interview)
            for entry in many(interview) or []
        )
        return found is wanted

    return test


def _same(value: Any, entry: Any, interview: Interview) -> bool:
    left, right = _pair(value, entry, interview)
    return bool(left == right)


def compile_condition(names: Names, condition: Condition, left: Ref, right: Ref) -> Test:
    """One condition of a decision (both operands resolved)."""
    name = condition.operator
    if name in EMPTY_TESTS:
        return _emptiness(left, right, name)
    if name == "IsChanged":
        return is_changed(left, right)
    if name in ("WasSet", "WasSelected", "WasVisited", "HasError", "None"):
        raise NameProblem(f"The emulator does not model the operator {name}.")
    if name not in ("In", "NotIn", "Contains") and left.collection:
        raise NameProblem(f"The emulator does not model the operator {name} on a collection.")
    if left.kind is Kind.RECORD and name not in ("Contains", "In", "NotIn"):
        raise NameProblem("CONDITION_OPERAND_DATATYPES_INCOMPATIBLE: A record can only be compared with IsNull.")
    if not like_kinds(left.kind, right.kind):
        raise NameProblem(
            f"CONDITION_OPERAND_DATATYPES_INCOMPATIBLE: {condition.left} is {left.kind.value} and is compared with "
            f"{right.kind.value}."
        )
    return compile_comparison(left, name, right)


def _emptiness(left: Ref, right: Ref, name: str) -> Test:
    if right.kind is not Kind.BOOLEAN:
        raise NameProblem(f"CONDITION_OPERAND_DATATYPES_INCOMPATIBLE: {name} takes a Boolean.")
    read, wanted = left.read, right.read

    def test(interview: Interview) -> bool:
        value = read(interview)
        empty = value is None or value == [] or (name != "IsNull" and isinstance(value, str) and not value.strip())
        return empty is bool(wanted(interview))

    return test


def is_changed(left: Ref, right: Ref) -> Test:
    """IsChanged of a field of the triggering record: on create everything has changed from null ([inferred])."""
    if left.prior is None:
        raise NameProblem("IsChanged can only be used with a field of $Record.")
    read, prior, wanted = left.read, left.prior, right.read

    def test(interview: Interview) -> bool:
        return (read(interview) != prior(interview)) is bool(wanted(interview))

    return test


# -- filters over stored rows ---------------------------------------------------------------
Make = Callable[[Interview], Cond]


def compile_row_filter(sobject: SObjectDef, item: FieldDef, given: Filter, value: Ref, where: str) -> Make:
    """A filter of Get, Update or Delete Records as a condition over rows. A null value fails the interview."""
    name, read = item.name, value.read
    pattern = _PATTERNS.get(given.operator)
    if pattern is None and given.operator not in (*_SIGNS, "IsNull", "In", "NotIn"):
        raise NameProblem(
            f"RECORDFILTER_INVALID_OPERATOR: {given.operator} cannot filter {sobject.name}.{name} ({where})."
        )
    wanted = Kind.BOOLEAN if given.operator == "IsNull" else field_kind(item)
    if not like_kinds(wanted, value.kind) or (value.collection and given.operator not in ("In", "NotIn")):
        raise NameProblem(f"RECORDFILTER_INVALID_DATATYPE: the filter on {sobject.name}.{name} ({where}).")
    if given.operator == "IsNull":
        return lambda interview: Compare(name, "=" if read(interview) else "!=", None)
    if given.operator in ("In", "NotIn"):
        if not value.collection:
            raise NameProblem(f"RECORDFILTER_INVALID_OPERATOR: {given.operator} needs a collection ({where}).")
        sign = "in" if given.operator == "In" else "not in"
        return lambda interview: Compare(name, sign, [stored(item, one) for one in read(interview) or []])

    def make(interview: Interview) -> Cond:
        found = read(interview)
        if found is None:
            raise FlowFault(f"The value of the filter on {sobject.name}.{name} in {where} is null.")
        if pattern is None:
            return Compare(name, _SIGNS[given.operator], stored(item, found))
        text = str(found).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return Compare(name, "like", pattern.format(text))

    return make


def stored(item: FieldDef, value: Any) -> Any:
    """A flow's value as rows compare it: numbers as floats."""
    if isinstance(value, Decimal) and item.type in NUMBER_TYPES:
        return float(value) if item.type != "int" else int(value)
    return value


def combine(logic: Logic, makers: list[Make]) -> Make:
    """Row conditions under a condition logic."""
    if logic.op == "leaf":
        return makers[logic.index]
    inner = [combine(part, makers) for part in logic.parts]
    if logic.op == "not":
        return lambda interview: Not(inner[0](interview))
    join = And if logic.op == "and" else Or
    return lambda interview: join(*(make(interview) for make in inner))

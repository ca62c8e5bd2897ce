"""Values of the CRM's own fields that a design names, and where it names them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from provisioner.model.design import All, Any_, Condition, Design, Not, Op, Scalar, Test

Part = Literal["stage", "exclusion", "quiet", "lead_type"]
_PARTS_OF_TEXT: Mapping[Op, Callable[[str, str], bool]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": operator.contains,
}


@dataclass(frozen=True, slots=True)
class Named:
    """A value of a field, as the document has it. `op`: `in`, or the part of a text that the value is of another.

    `part` and `id` say what names it. `at` is the pointer of the value, or of the list it stands in; `place` that of
    the value. `is_demanded`: the condition asks for the value (False: for leads that do not have it).
    """

    field: str
    value: str
    op: Op
    part: Part
    id: str
    at: str
    place: str
    is_demanded: bool = True

    def meets(self, value: str, *, exactly: bool = False) -> bool:
        """Whether a lead with `value` has what is named. `exactly`: the CRM tells upper from lower case."""
        test = _PARTS_OF_TEXT.get(self.op)
        if test is None:
            return same_value(value, self.value, exactly=exactly)
        return test(value, self.value) if exactly else test(value.casefold(), self.value.casefold())


def same_value(one: str, other: str, *, exactly: bool = False) -> bool:
    """`exactly`: the CRM tells upper from lower case."""
    return one == other if exactly else one.casefold() == other.casefold()


def named_values(design: Design) -> Iterator[Named]:
    """Everything in stages, exclusions, quiet conditions and rules of lead types, in this order. Blanks, limits of
    numbers and points in time are no values of a field."""
    stages = design.telemetry.stages
    if stages is not None:
        for id, value in stages.values.items():
            at = f"{stages.at}/values/{id}"
            yield Named(stages.field, value, "in", "stage", id, at, at)
    for exclusion in design.exclusions:
        yield from _in_condition(exclusion.when, "exclusion", exclusion.id)
    for quiet in design.alerts.quiet:
        yield from _in_condition(quiet.when, "quiet", quiet.id)
    for lead_type in design.lead_types:
        yield from _in_condition(lead_type.when, "lead_type", lead_type.id)


def _in_condition(condition: Condition, part: Part, id: str, is_demanded: bool = True) -> Iterator[Named]:
    match condition:
        case Test():
            yield from _in_test(condition, part, id, is_demanded)
        case All(parts) | Any_(parts):
            for inner in parts:
                yield from _in_condition(inner, part, id, is_demanded)
        case Not(inner):
            yield from _in_condition(inner, part, id, not is_demanded)


def _in_test(test: Test, part: Part, id: str, is_demanded: bool) -> Iterator[Named]:
    if test.op in ("in", "not_in"):
        demanded = is_demanded == (test.op == "in")
        for place, value in enumerate(test.values):
            if text := _text(value):
                at = f"{test.at}/{place}" if len(test.values) > 1 else test.at
                yield Named(test.field, text, "in", part, id, test.at, at, demanded)
    elif test.op in _PARTS_OF_TEXT and (text := _text(test.values[0])):
        yield Named(test.field, text, test.op, part, id, test.at, test.at, is_demanded)


def _text(value: Scalar) -> str:
    """Empty for a blank, and for what is compared as a point in time."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""

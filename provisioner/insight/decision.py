"""What one field decides about the lead type, when nothing else is known of a lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provisioner.model.design import All, Any_, Condition, Design, LeadType, Not, Scalar, Test
from provisioner.model.uses import tests_of
from provisioner.sla.classification import holds

_STRANGER: Final = "\ufffe"
"""A value that nobody ever wrote: one sign, which is in no other text."""
_TEXTS = ("starts_with", "ends_with", "contains")


@dataclass(frozen=True, slots=True)
class Decision:
    """`lead_type`: what a lead of this value is unless another field makes it one of `possible` first; None = not
    tracked. `mapped`: some rule speaks of the value (not only of the other fields)."""

    lead_type: str | None
    possible: tuple[str, ...]
    mapped: bool

    def allows(self, lead_type: str) -> bool:
        return lead_type == self.lead_type or lead_type in self.possible


def truth(condition: Condition, field: str, value: Scalar) -> bool | None:
    """Whether a lead with this value meets a condition; None: that depends on other fields."""
    match condition:
        case Test():
            return holds(condition, value) if same_field(condition.field, field) else None
        case All(parts):
            return _all(truth(part, field, value) for part in parts)
        case Any_(parts):
            found = _all(_opposite(truth(part, field, value)) for part in parts)
            return _opposite(found)
        case Not(part):
            return _opposite(truth(part, field, value))


def decide(design: Design, field: str, value: Scalar) -> Decision:
    """First match wins, as far as this field alone can tell."""
    possible: list[LeadType] = []
    for lead_type in design.lead_types:
        met = truth(lead_type.when, field, value)
        if met:
            return Decision(lead_type.id, tuple(kind.id for kind in possible), True)
        if met is None:
            possible.append(lead_type)
    mapped = any(truth(kind.when, field, _STRANGER) is False for kind in possible)
    return Decision(design.unmatched.track_as, tuple(kind.id for kind in possible), mapped)


def is_named(design: Design, field: str, value: Scalar) -> bool:
    """Whether some rule or exclusion, at any depth and below any `not`, tells the value from one that nobody ever
    wrote. What is not named is decided as every other such value is: the design was not written with it in mind."""
    conditions = (*(kind.when for kind in design.lead_types), *(item.when for item in design.exclusions))
    return any(
        holds(test, value) != holds(test, _STRANGER)
        for condition in conditions
        for test in tests_of(condition)
        if same_field(test.field, field)
    )


def carriers_of(design: Design) -> tuple[str, ...]:
    """The fields whose values carry the lead type, most important first: those that decide, without any other, at
    least half as many lead types as the field that decides most. When none decides alone, the field most types use.

    A field that only narrows (a country, a size), or that names a few accounts, carries nothing: its other values are
    not missing from the design.
    """
    names: dict[str, str] = {}
    alone: dict[str, int] = {}
    used: dict[str, int] = {}
    for lead_type in design.lead_types:
        fields = {test.field.casefold(): test for test in tests_of(lead_type.when) if test.op in ("in", *_TEXTS)}
        for key, test in fields.items():
            names.setdefault(key, test.field)
            used[key] = used.get(key, 0) + 1
            values = [
                value for item in tests_of(lead_type.when) if same_field(item.field, key) for value in item.values
            ]
            if any(truth(lead_type.when, key, value) for value in values):
                alone[key] = alone.get(key, 0) + 1
    counted = alone or used
    most = max(counted.values(), default=0)
    if not alone:
        return tuple(names[key] for key, count in counted.items() if count == most)[:1]
    chosen = [key for key, count in counted.items() if 2 * count >= most]
    return tuple(names[key] for key in sorted(chosen, key=lambda key: -counted[key]))


def mapped_values(design: Design, field: str) -> Iterator[tuple[str, LeadType, Test]]:
    """Every text that a rule lists for the field, the lead type whose rule it is, and the list it stands in. Lists that
    say what a lead must not be are left out."""
    for lead_type in design.lead_types:
        for test in positive_tests(lead_type.when):
            if test.op == "in" and same_field(test.field, field):
                for value in test.values:
                    if isinstance(value, str) and value:
                        yield value, lead_type, test


def same_field(a: str, b: str) -> bool:
    return a.casefold() == b.casefold()


def positive_tests(condition: Condition) -> Iterator[Test]:
    """Every comparison that is not below a `not`."""
    match condition:
        case Test():
            yield condition
        case All(parts) | Any_(parts):
            for part in parts:
                yield from positive_tests(part)


def _all(parts: Iterator[bool | None]) -> bool | None:
    met: bool | None = True
    for part in parts:
        if part is False:
            return False
        if part is None:
            met = None
    return met


def _opposite(met: bool | None) -> bool | None:
    return None if met is None else not met

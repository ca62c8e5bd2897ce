"""Conditions on records as data, so that a crowd can be asked for all of its records at once.

A condition is a `Leaf`, or `All`, `AnyOf`, `Not` of conditions. A leaf says which properties it reads: whoever has many
records with few values asks it once for every value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provisioner.emulator.hubspot.errors import Json


@dataclass(frozen=True)
class Span:
    """A number, or an instant in ms UTC, between two others (None: no end): the ends included unless `strict`.

    `outside`: everything but that. `blank`: what a record without the property answers. Without ends it asks only
    whether there is a value, and may then be about a property of any kind.
    """

    name: str
    low: float | None = None
    high: float | None = None
    strict: bool = False
    outside: bool = False
    blank: bool = False


def presence(name: str, known: bool) -> Span:
    """Whether there is a value."""
    return Span(name, outside=not known, blank=not known)


@dataclass(frozen=True)
class Leaf:
    """`test` answers for any record (or anything with `values`, `history`, `links`); it reads the properties `names`.

    `dated`: it also reads when values came to be, so no value can stand for all records that have it. `span` and
    `among` (the only values that meet it, in lower case) say the same as the test, for who can look them up.
    """

    names: frozenset[str]
    test: Callable[[Json], bool]
    span: Span | None = None
    dated: bool = False
    among: tuple[str, ...] | None = None


@dataclass(frozen=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    part: Condition


Condition = Leaf | All | AnyOf | Not


def holds(condition: Condition, record: Json) -> bool:
    """Whether one record meets a condition."""
    if isinstance(condition, Leaf):
        return condition.test(record)
    if isinstance(condition, All):
        return all(holds(one, record) for one in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(one, record) for one in condition.parts)
    return not holds(condition.part, record)


EVERYTHING = All(())

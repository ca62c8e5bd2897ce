"""The first match wins: lead types that can never be reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provisioner.document.wording import listed, quoted
from provisioner.model.checks.subject import Subject
from provisioner.model.design import All, Any_, Condition, Scalar, Test
from provisioner.model.implication import implies
from provisioner.model.registry import RULES
from provisioner.rules import Finding

_MOST_COMPARED = 200  # earlier conditions a condition is compared with: the work must not grow with the square


@RULES.rule("D112", "A lead type that no lead can reach")
def unreachable(subject: Subject) -> Iterator[Finding]:
    """Types are tried in order and the first match wins, so a type whose leads all match earlier ones never gets a
    lead, and its SLA is never measured."""
    earlier = _Earlier()
    for lead_type in subject.design.lead_types:
        if (takers := earlier.takers(lead_type.when)) is not None:
            names = listed((quoted(name) for name in dict.fromkeys(takers)), "and")
            detail = f"Every lead of {quoted(lead_type.id)} already matches {names}, which {_come(takers)} first."
            advice = f"Move {quoted(lead_type.id)} up, or make the earlier condition narrower."
            yield Finding(f"{lead_type.at}/when", detail, advice)
        earlier.add(lead_type.id, lead_type.when)


@RULES.rule("D132", "A lead type whose leads are all excluded", severity="warning")
def excluded(subject: Subject) -> Iterator[Finding]:
    """Exclusions come before lead types, so such a type never has a clock."""
    for lead_type in subject.design.lead_types:
        for exclusion in subject.design.exclusions[:_MOST_COMPARED]:
            if implies(lead_type.when, exclusion.when):
                detail = f"Every lead of {quoted(lead_type.id)} matches the exclusion {quoted(exclusion.id)}."
                yield Finding(f"{lead_type.at}/when", detail, "Remove the lead type, or make the exclusion narrower.")
                break


def _come(takers: Sequence[str]) -> str:
    return "comes" if len(set(takers)) == 1 else "come"


class _Earlier:
    """The conditions that were tried before. Plain lists of values, by far the most, are looked up by value."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, Scalar], str] = {}
        self._others: list[tuple[str, Condition]] = []

    def add(self, id: str, when: Condition) -> None:
        if isinstance(when, Test) and when.op == "in":
            for value in when.values:
                self._values.setdefault(_key(when.field, value), id)
        elif len(self._others) < _MOST_COMPARED:
            self._others.append((id, when))

    def takers(self, when: Condition) -> list[str] | None:
        """The earlier types that together take every lead of the condition; None when some lead gets through."""
        for id, other in self._others:
            if implies(when, other):
                return [id]
        match when:
            case Test(op="in"):
                parts: list[Condition] = [Test(when.field, "in", (value,), when.at) for value in when.values]
                found = [self._taker(part) for part in parts]
            case Any_():
                found = [self.takers(part) for part in when.parts]
            case All():
                every = (self.takers(part) for part in when.parts)
                return next((names for names in every if names is not None), None)
            case _:
                return None
        taken = [name for names in found for name in names or ()]
        return None if None in found else taken

    def _taker(self, single: Condition) -> list[str] | None:
        assert isinstance(single, Test), "a list of values falls into tests"
        if (id := self._values.get(_key(single.field, single.values[0]))) is not None:
            return [id]
        return next(([id] for id, other in self._others if implies(single, other)), None)


def _key(field: str, value: Scalar) -> tuple[str, str, Scalar]:
    if isinstance(value, str):
        return field.casefold(), "text", value.casefold()
    return field.casefold(), "truth" if isinstance(value, bool) else "other", value

"""The first match wins: lead types that can never be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from provisioner.document.wording import listed, quoted
from provisioner.model.checks.subject import Subject
from provisioner.model.design import All, Any_, Condition, Scalar, Test
from provisioner.model.implication import implies
from provisioner.model.registry import RULES
from provisioner.rules import Finding

_MOST_COMPARED = 40  # earlier conditions of one kind that are compared: the work must not grow with the square
_Key = tuple[str, str, Scalar]  # field, kind of value, value


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
    exclusions = _Earlier((item.id, item.when) for item in subject.design.exclusions)
    for lead_type in subject.design.lead_types:
        if (takers := exclusions.takers(lead_type.when)) is not None:
            names = listed((quoted(name) for name in dict.fromkeys(takers)), "and")
            detail = f"Every lead of {quoted(lead_type.id)} matches the exclusion {names}."
            yield Finding(f"{lead_type.at}/when", detail, "Remove the lead type, or make the exclusion narrower.")


def _come(takers: Sequence[str]) -> str:
    return "comes" if len(set(takers)) == 1 else "come"


class _Earlier:
    """The conditions that were tried before, found by the values they ask for.

    A condition that asks for one of some values of a field can only be implied by one that asks for some of the same,
    so it is kept under each of them; plain lists of values, by far the most, are answered by looking up each value.
    """

    def __init__(self, named: Iterable[tuple[str, Condition]] = ()) -> None:
        self._values: dict[_Key, str] = {}
        self._asking: dict[_Key, list[tuple[str, Condition]]] = {}
        self._others: list[tuple[str, Condition]] = []
        for id, when in named:
            self.add(id, when)

    def add(self, id: str, when: Condition) -> None:
        asked = _asked(when)
        if isinstance(when, Test) and asked:
            for value in when.values:
                self._values.setdefault(_key(when.field, value), id)
        if not asked:
            self._others.append((id, when))
            return
        rarest = min(asked, key=self._company)
        for value in rarest.values:
            self._asking.setdefault(_key(rarest.field, value), []).append((id, when))

    def _company(self, test: Test) -> int:
        """With how many others a condition would be found, were it kept under the values of this test."""
        return max(len(self._asking.get(_key(test.field, value), ())) for value in test.values)

    def takers(self, when: Condition) -> list[str] | None:
        """The earlier types that together take every lead of the condition; None when some lead gets through."""
        for id, other in self._candidates(when):
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
        return next(([id] for id, other in self._candidates(single) if implies(single, other)), None)

    def _candidates(self, when: Condition) -> Iterator[tuple[str, Condition]]:
        yield from self._others[:_MOST_COMPARED]
        for test in _asked(when):
            yield from self._asking.get(_key(test.field, test.values[0]), ())[:_MOST_COMPARED]


def _asked(when: Condition) -> list[Test]:
    """The lists of values of which a matching lead must have one."""
    match when:
        case Test(op="in"):
            return [when]
        case All():
            return [part for part in when.parts if isinstance(part, Test) and part.op == "in"]
    return []


def _key(field: str, value: Scalar) -> _Key:
    if isinstance(value, str):
        return field.casefold(), "text", value.casefold()
    return field.casefold(), "truth" if isinstance(value, bool) else "other", value

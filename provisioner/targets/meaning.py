"""What a change means: the pieces that the sentences of every target are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeVar

from provisioner.model.design import Design
from provisioner.planning.diff import ABSENT, Difference, attribute_changes
from provisioner.planning.plan import Change
from provisioner.targets.base import Meaning

Attributes = Mapping[str, Any]
_LONGEST = 160  # characters of a value inside a sentence
_LEAD = 40  # of them before the first difference, where two long values begin alike
_SAID = 3  # differences in the sentence of last resort


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One change with its design, as the modules of the kinds want it. A side that is not there has no attributes."""

    change: Change
    design: Design

    @property
    def name(self) -> str:
        return self.change.address.name

    @property
    def before(self) -> Attributes:
        return self.change.before.attributes if self.change.before else {}

    @property
    def after(self) -> Attributes:
        return self.change.after.attributes if self.change.after else {}

    @property
    def either(self) -> Attributes:
        return self.after or self.before

    @property
    def comes(self) -> bool:
        return self.change.before is None

    @property
    def goes(self) -> bool:
        return self.change.after is None

    def moved(self, key: str) -> tuple[str, str] | None:
        """(before, after) of an attribute, when it differs; `none` where it is not there. For `arrow`: not cut."""
        old, new = self.before.get(key), self.after.get(key)
        return None if old == new else (whole(old), whole(new))

    def others(self, *but: str) -> list[Difference]:
        """What differs besides these attributes."""
        found = attribute_changes(self.before, self.after)
        return [item for item in found if item.path.partition(".")[0].partition("[")[0].partition(" ")[0] not in but]

    def label(self, id: str) -> str:
        """What people call a lead type."""
        return next((item.label for item in self.design.lead_types if item.id == id), id)


Told = TypeVar("Told", bound=ToldChange)


def explained(told: Told, tellers: Mapping[str, Callable[[Told], Iterator[Meaning]]]) -> list[Meaning]:
    """What the teller of its kind says, each thing once; never empty."""
    teller = tellers.get(told.change.address.kind)
    found = list(dict.fromkeys(teller(told))) if teller is not None else []
    return found or [_plainly(told)]


def _plainly(told: ToldChange) -> Meaning:
    """The sentence for whatever has none of its own."""
    what = f"{told.change.address.kind} {told.name}"
    if told.comes or told.goes:
        return Meaning(f"{what} is {'added' if told.comes else 'removed'}")
    moved = told.others()
    if not moved:
        return Meaning(f"{what} is the same")
    said = [f"{item.path} {' -> '.join(_both(whole(item.old), whole(item.new)))}" for item in moved[:_SAID]]
    more = f" and {len(moved) - _SAID} more" if len(moved) > _SAID else ""
    return Meaning(f"{what}: {'; '.join(said)}{more}")


def step(told: ToldChange) -> Iterator[Meaning]:
    """What was done by hand is remembered, and open again when it does not count any more."""
    title = shown(told.either.get("title") or told.name)
    if told.goes:
        yield Meaning(f"To be done by hand, and not done: {title}")
    elif told.comes:
        yield Meaning(f"Done by hand: {title}")
    elif told.others():
        yield Meaning(f"Done by hand in another form than it should have now: {title}")


def arrow(subject: str, sides: tuple[str, str] | None, lead_types: Iterable[str] = ()) -> Iterator[Meaning]:
    """`subject: before -> after`; nothing when there is no difference. Sides are cut here, not before: two long values
    that begin alike are a difference too."""
    if sides is not None and sides[0] != sides[1]:
        yield Meaning(f"{subject}: {' -> '.join(_both(*sides))}", tuple(lead_types))


def differing(subject: str, item: Difference, lead_types: Iterable[str] = ()) -> Iterator[Meaning]:
    """`subject, path: before -> after`."""
    yield from arrow(f"{subject}, {item.path}", (whole(item.old), whole(item.new)), lead_types)


def _both(old: str, new: str) -> tuple[str, str]:
    """Two values beside each other, each cut, from where their difference can be seen."""
    said = shown(old), shown(new)
    if said[0] != said[1]:
        return said
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    start = max(alike - _LEAD, 0)
    return (shown(f"…{old[start:]}"), shown(f"…{new[start:]}")) if start else said


def whole(value: object) -> str:
    """A value as people write it, however long."""
    if value is None or value is ABSENT or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(value)


def shown(value: object) -> str:
    """A value inside a sentence; long ones are cut."""
    text = whole(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def rows(attributes: Attributes, key: str) -> list[Attributes]:
    """The entries of a list among the attributes; none where it is not there."""
    found = attributes.get(key)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list | tuple) else []


def everybody(design: Design) -> tuple[str, ...]:
    """The ids of all lead types."""
    return tuple(item.id for item in design.lead_types)

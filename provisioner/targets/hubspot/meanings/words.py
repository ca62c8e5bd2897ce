"""Pieces that all sentences are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.model.design import Design
from provisioner.planning.diff import ABSENT, Difference, attribute_changes
from provisioner.planning.plan import Change
from provisioner.targets.base import Meaning
from provisioner.targets.hubspot.names import Names

LONGEST = 160  # characters of a value inside a sentence
Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One change with its design, as the modules of the kinds want it. A side that is not there has no attributes."""

    change: Change
    design: Design

    @property
    def name(self) -> str:
        return self.change.address.name

    @property
    def names(self) -> Names:
        return Names(self.design.target.prefix)

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
        """(before, after) of an attribute, when it differs."""
        old, new = self.before.get(key), self.after.get(key)
        return None if old == new else (shown(old), shown(new))

    def others(self, *but: str) -> list[Difference]:
        """What differs besides these attributes."""
        found = attribute_changes(self.before, self.after)
        return [item for item in found if item.path.partition(".")[0].partition("[")[0].partition(" ")[0] not in but]

    def label(self, id: str) -> str:
        """What people call a lead type."""
        return next((item.label for item in self.design.lead_types if item.id == id), id)


def shown(value: object) -> str:
    """A value inside a sentence; long ones are cut."""
    if value is None or value is ABSENT or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def rows(attributes: Attributes, key: str) -> list[Attributes]:
    found = attributes.get(key)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list | tuple) else []


def everybody(design: Design) -> tuple[str, ...]:
    return tuple(item.id for item in design.lead_types)


def arrow(subject: str, sides: tuple[str, str] | None, lead_types: Iterable[str] = ()) -> Iterator[Meaning]:
    """`subject: before -> after`; nothing when there is no difference."""
    if sides is not None and sides[0] != sides[1]:
        yield Meaning(f"{subject}: {shown(sides[0])} -> {shown(sides[1])}", tuple(lead_types))


def duration(seconds: int) -> str:
    """`5 minutes`; whole minutes, or seconds."""
    if seconds % 60 == 0:
        return f"{seconds // 60:,} minute{'' if seconds == 60 else 's'}"
    return f"{seconds:,} second{'' if seconds == 1 else 's'}"

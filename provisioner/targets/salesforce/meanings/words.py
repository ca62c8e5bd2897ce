"""Pieces that all sentences are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.model.design import Design
from provisioner.model.uses import steps_of
from provisioner.planning.diff import ABSENT, Difference, attribute_changes
from provisioner.planning.plan import Change
from provisioner.targets.base import Meaning
from provisioner.targets.salesforce.names import Names

LONGEST = 120  # characters of a value inside a sentence


@dataclass(frozen=True, slots=True)
class Told:
    """One change with its design, as the modules of the kinds want it. A side that is not there has no attributes."""

    change: Change
    design: Design

    @property
    def name(self) -> str:
        return self.change.address.name

    @property
    def word(self) -> str:
        """The name without the design's prefix and without the vendor's suffix."""
        bare = self.name.removeprefix(f"{self.design.target.prefix}_")
        return bare.removesuffix("__c").removesuffix("__mdt")

    @property
    def names(self) -> Names:
        return Names(self.design.target.prefix)

    @property
    def before(self) -> Mapping[str, Any]:
        return self.change.before.attributes if self.change.before else {}

    @property
    def after(self) -> Mapping[str, Any]:
        return self.change.after.attributes if self.change.after else {}

    @property
    def comes(self) -> bool:
        return self.change.before is None

    @property
    def goes(self) -> bool:
        return self.change.after is None

    def moved(self, key: str) -> tuple[str, str] | None:
        """(before, after) of an attribute, when it differs; "" where it is not there."""
        old, new = self.before.get(key), self.after.get(key)
        return None if old == new else (shown(old), shown(new))

    def others(self, *but: str) -> list[Difference]:
        """What differs besides these attributes."""
        found = attribute_changes(self.before, self.after)
        return [item for item in found if item.path.partition(".")[0].partition("[")[0].partition(" ")[0] not in but]

    def label(self, id: str) -> str:
        """What people call a lead type."""
        known = {item.id: item.label for item in self.design.lead_types}
        return known.get(id, id)


def shown(value: object) -> str:
    """A value inside a sentence; long ones are cut."""
    if value is None or value is ABSENT or value == "":
        return "none"
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def rows(attributes: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = attributes.get(key)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list | tuple) else []


def by(attributes: Mapping[str, Any], key: str, name: str) -> dict[str, Mapping[str, Any]]:
    """The rows of a list by one of their attributes."""
    return {str(row.get(name)): row for row in rows(attributes, key)}


def everybody(design: Design) -> tuple[str, ...]:
    return tuple(item.id for item in design.lead_types)


def with_escalation(design: Design, escalation: str) -> tuple[str, ...]:
    return tuple(item.id for item in design.lead_types if item.escalation == escalation)


def with_hours(design: Design, hours: str) -> tuple[str, ...]:
    return tuple(item.id for item in design.lead_types if item.clock == "business" and item.hours == hours)


def on_business_clock(design: Design) -> tuple[str, ...]:
    return tuple(item.id for item in design.lead_types if item.clock == "business")


def with_recipient(design: Design, recipient: str) -> tuple[str, ...]:
    """Lead types that tell this recipient something, or hand leads to it."""
    return tuple(
        item.id
        for item in design.lead_types
        if any(recipient in step.notify or step.reassign_to == recipient for step in steps_of(design, item))
    )


def arrow(subject: str, sides: tuple[str, str] | None, lead_types: Iterable[str] = ()) -> Iterator[Meaning]:
    """`subject: before -> after`; nothing when there is no difference."""
    if sides is not None:
        yield Meaning(f"{subject}: {sides[0]} -> {sides[1]}", tuple(lead_types))


def minutes(text: str | None) -> str:
    """`5 minutes`, from a number as the platform writes it (`5`, `5.0`)."""
    if not text:
        return "none"
    try:
        number = float(text)
    except ValueError:
        return shown(text)
    plain = f"{number:g}"
    return f"{plain} minute" if number == 1 else f"{plain} minutes"

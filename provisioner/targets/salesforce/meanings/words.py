"""A change as Salesforce's modules want it, and which lead types it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.model.design import Design
from provisioner.model.uses import steps_of
from provisioner.targets.meaning import ToldChange, rows, shown
from provisioner.targets.salesforce.names import Names


class Told(ToldChange):
    """With the names of everything in the org."""

    __slots__ = ()

    @property
    def word(self) -> str:
        """The name without the design's prefix and without the vendor's suffix."""
        bare = self.name.removeprefix(f"{self.design.target.prefix}_")
        return bare.removesuffix("__c").removesuffix("__mdt")

    @property
    def names(self) -> Names:
        return Names(self.design.target.prefix)


def by(attributes: Mapping[str, Any], key: str, name: str) -> dict[str, Mapping[str, Any]]:
    """The rows of a list by one of their attributes."""
    return {str(row.get(name)): row for row in rows(attributes, key)}


def with_escalation(design: Design, escalation: str) -> tuple[str, ...]:
    return tuple(item.id for item in design.lead_types if item.escalation == escalation)


def with_hours(design: Design, hours: str) -> tuple[str, ...]:
    return tuple(item.id for item in design.lead_types if item.clock == "business" and item.hours == hours)


def on_business_clock(design: Design) -> tuple[str, ...]:
    return tuple(item.id for item in design.lead_types if item.clock == "business")


def with_recipient(design: Design, recipient: str) -> tuple[str, ...]:
    """Lead types that tell this recipient something, by a step or after hours, or hand leads to it."""
    return tuple(
        item.id
        for item in design.lead_types
        if any(recipient in step.notify or step.reassign_to == recipient for step in steps_of(design, item))
        or (item.after_hours is not None and recipient in item.after_hours.notify)
    )


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

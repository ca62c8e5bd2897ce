"""The table of kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from provisioner.model.design import Design
from provisioner.planning.plan import Change
from provisioner.targets.base import Meaning
from provisioner.targets.hubspot.meanings import flows, parts
from provisioner.targets.hubspot.meanings.words import Told
from provisioner.targets.meaning import explained, step

TELLERS: dict[str, Callable[[Told], Iterator[Meaning]]] = {
    "Flow": flows.flow,
    "List": parts.listing,
    "ManualStep": step,
    "Property": parts.property_,
    "PropertyGroup": parts.group,
}


def meanings(change: Change, design: Design) -> list[Meaning]:
    """One per thing that behaves in another way, from what `change` has before to what it has after; never empty."""
    return explained(Told(change, design), TELLERS)

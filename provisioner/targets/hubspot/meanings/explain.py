"""The table of kinds, and the sentence for whatever has none of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from provisioner.model.design import Design
from provisioner.planning.plan import Change
from provisioner.targets.base import Meaning
from provisioner.targets.hubspot.meanings import flows, parts
from provisioner.targets.hubspot.meanings.words import Told, shown

TELLERS: dict[str, Callable[[Told], Iterator[Meaning]]] = {
    "Flow": flows.flow,
    "List": parts.listing,
    "ManualStep": parts.step,
    "Property": parts.property_,
    "PropertyGroup": parts.group,
}
SAID = 3  # differences in the sentence of last resort


def meanings(change: Change, design: Design) -> list[Meaning]:
    """One per thing that behaves in another way, from what `change` has before to what it has after; never empty."""
    told = Told(change, design)
    teller = TELLERS.get(change.address.kind)
    found = list(dict.fromkeys(teller(told))) if teller is not None else []
    return found or [_plainly(told)]


def _plainly(told: Told) -> Meaning:
    what = f"{told.change.address.kind} {told.name}"
    if told.comes or told.goes:
        return Meaning(f"{what} is {'added' if told.comes else 'removed'}")
    moved = told.others()
    if not moved:
        return Meaning(f"{what} is the same")
    said = [f"{item.path} {shown(item.old)} -> {shown(item.new)}" for item in moved[:SAID]]
    more = f" and {len(moved) - SAID} more" if len(moved) > SAID else ""
    return Meaning(f"{what}: {'; '.join(said)}{more}")

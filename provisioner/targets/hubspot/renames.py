"""What HubSpot keeps through a rename: workflows and lists have ids of their own, so their names may change.

A workflow that is replaced under its id keeps its id, its history and the records in it ([docs] reference/hubspot.md
4.2). The internal value of an option is what records hold; another value is another option ([docs] 2.2).
"""

from __future__ import annotations

from provisioner.model.design import Design
from provisioner.model.renaming import Rename, before, renames
from provisioner.planning.plan import Remade
from provisioner.resources import Address
from provisioner.targets.base import Renames
from provisioner.targets.hubspot.desire import build
from provisioner.targets.hubspot.names import Names

_KEPT = frozenset({"Flow", "List"})


def renamed(design: Design) -> Renames:
    """Flows and lists move. The id of a lead type is a value besides, which records hold."""
    if not design.was:
        return Renames()
    now = {item.address for item in build(design)}
    moved: dict[Address, Address] = {}
    remade: dict[Remade, frozenset[Address]] = {}
    for rename in renames(design):
        then = {item.address for item in build(before(design, rename))}
        moved |= {old: new for old in then - now if (new := _called_now(old, rename)) in now - then}
        if rename.section == "lead_types":
            reason = (
                f"its workflows keep their ids, but records hold the old id as a value of "
                f"{Names(design.target.prefix).prop('lead_type')}, and HubSpot cannot rename a value: those with a "
                "running clock would get no further alerts, and reports would count them apart."
            )
            held = frozenset(address for address in now if address.name.endswith(f".{_property(design)}"))
            remade[Remade(rename.old, rename.new, reason[0].upper() + reason[1:], True)] = held
    return Renames(moved, remade)


def _called_now(old: Address, rename: Rename) -> Address | None:
    """None for what has no id of its own in the portal."""
    if old.kind not in _KEPT:
        return None
    return Address(old.kind, old.name.replace(rename.old, rename.new))


def _property(design: Design) -> str:
    return Names(design.target.prefix).prop("lead_type")

"""How many records hold a value in properties that are going to be archived: totals of searches, no record is read.

The search index follows with a delay of seconds ([community] reference/hubspot.md 6.3); a value written in that
moment is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provisioner.errors import Rejected
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.names import OPEN, Names
from provisioner.targets.hubspot.session import records, shapes
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.faults import MissingScopes
from provisioner.targets.hubspot.session.properties import is_calculated

Counts = dict[Address, int | None]


def running(door: Door, object: str, prefix: str, lead_types: Iterable[str]) -> dict[str, int]:
    """Lead type → records whose clock of it runs or waits for opening hours, one request each; those that may not be
    counted are left out."""
    names, found = Names(prefix), {}
    for id in lead_types:
        of_type = {"propertyName": names.prop("lead_type"), "operator": "EQ", "value": id}
        open = {"propertyName": names.prop("sla_status"), "operator": "IN", "values": sorted(("waiting", *OPEN))}
        try:
            found[id] = records.count(door, object, [[of_type, open]])
        except (Rejected, MissingScopes):  # a token that is not accepted says nothing about numbers
            continue
    return found


def records_with(door: Door, resources: Iterable[Resource]) -> Counts:
    """Records with a value, per property; None = the search was refused. Calculated properties, and everything that is
    no property, hold no data of their own and are left out.

    One request per five properties, and one more for each property of a five that holds something.
    """
    found: Counts = {}
    properties: dict[str, list[Resource]] = {}
    for resource in resources:
        if resource.address.kind == shapes.PROPERTY and not is_calculated(resource):
            properties.setdefault(shapes.split(resource.address)[0], []).append(resource)
    for object, items in sorted(properties.items()):
        for start in range(0, len(items), records.MOST_GROUPS):
            found |= _of_some(door, object, items[start : start + records.MOST_GROUPS])
    return found


def _of_some(door: Door, object: str, items: Sequence[Resource]) -> Counts:
    any_of_them = _count(door, object, items)
    if not any_of_them or len(items) == 1:
        return {item.address: any_of_them for item in items}
    return {item.address: _count(door, object, [item]) for item in items}


def _count(door: Door, object: str, items: Sequence[Resource]) -> int | None:
    """Records where at least one of these is known."""
    names = [shapes.split(item.address)[1] for item in items]
    try:
        return records.count(door, object, [[{"propertyName": name, "operator": "HAS_PROPERTY"}] for name in names])
    except (Rejected, MissingScopes):  # a token that is not accepted says nothing about numbers
        return None

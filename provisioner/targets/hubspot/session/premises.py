"""Which properties lists and flows rely on, so that one that is missing is noticed before anything is written."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.session import shapes
from provisioner.targets.hubspot.session.shapes import FLOW, LIST, PROPERTY

# [spec] reference/hubspot.md 4.3: what an event filter calls `property` is a part of the event, not of the record.
OF_EVENTS = frozenset({"hs_name", "hs_value"})
ELSEWHERE = frozenset({"UNIFIED_EVENTS", "ASSOCIATION"})  # branches about something other than the enrolled record
NAMING_KEYS = ("propertyName", "property_name", "comparisonPropertyName", "target_property")
OBJECTS = {id: object for object, id in shapes.OBJECT_TYPES.items()}


class Missing(NamedTuple):
    address: Address
    object: str
    name: str
    near: tuple[str, ...]

    def __str__(self) -> str:
        near = f" (near: {', '.join(self.near)})" if self.near else ""
        return f"uses the property {self.name}, which {self.object} of this portal do not have{near}"


def missing(
    resources: Iterable[Resource], known: Mapping[str, Collection[str]], made: Iterable[Address]
) -> list[Missing]:
    """`known`: the portal's properties by object; `made`: addresses that will be there.

    Names with `hs_` are not judged: HubSpot hides some of its own from the list ([community] reference 3.1).
    """
    there = {object: set(names) for object, names in known.items()}
    for address in made:
        if address.kind == PROPERTY:
            object, name = shapes.split(address)
            there.setdefault(object, set()).add(name)
    found: dict[Missing, None] = {}
    for resource in resources:
        object = OBJECTS.get(str(resource.attributes.get("objectTypeId")), "")
        if resource.address.kind not in (LIST, FLOW) or object not in known:
            continue
        for name in sorted(set(used(resource.attributes)) - there[object] - OF_EVENTS):
            if not name.startswith("hs_"):
                near = tuple(difflib.get_close_matches(name, sorted(there[object]), n=3))
                found[Missing(resource.address, object, name, near)] = None
    return list(found)


def used(value: Any) -> Iterator[str]:
    """Names of properties of the enrolled record, wherever filters and actions write them."""
    if isinstance(value, list | tuple):
        for inner in value:
            yield from used(inner)
        return
    if not isinstance(value, Mapping) or value.get("filterBranchType") in ELSEWHERE or "association" in value:
        return
    is_test = value.get("filterType") == "PROPERTY" or value.get("timeType") == "PROPERTY_REFERENCED"
    names = [value.get("property")] if is_test else []
    names += [value.get(key) for key in NAMING_KEYS]
    owners = value.get("owner_properties")
    names += owners if isinstance(owners, list) else []
    yield from (name for name in names if isinstance(name, str))
    for inner in value.values():
        yield from used(inner)

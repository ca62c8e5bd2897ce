"""What of our resources belongs to the people of the org: whether a switch is on.

It is never compared (`compare`), and whatever is deployed carries what is live (`session.carrying`): a deployment of a
record replaces all of its values. [docs] reference/salesforce.md 5
"""

from __future__ import annotations

from typing import Any

from provisioner.resources import Address, Resource

KIND, TYPE, _FIELD = "CustomMetadata", "_Switch", "Active__c"


def is_switch(address: Address) -> bool:
    """A record of the metadata type of switches."""
    return address.kind == KIND and address.name.partition(".")[0].endswith(TYPE)


def with_theirs(ours: Resource, live: Resource) -> Resource:
    """`ours` with the values of `live` that are theirs; `ours` itself where there are none."""
    if not is_switch(ours.address):
        return ours
    standing = next((row for row in _rows(live) if row.get("field") == _FIELD), None)
    if standing is None:
        return ours
    rows = [dict(standing) if row.get("field") == _FIELD else row for row in _rows(ours)]
    return Resource(ours.address, {**ours.attributes, "values": rows})


def is_on(switch: Resource) -> bool:
    """Whether a record of the metadata type of switches is ticked."""
    return any(row.get("field") == _FIELD and row.get("value") == "true" for row in _rows(switch))


def _rows(resource: Resource) -> list[dict[str, Any]]:
    found = resource.attributes.get("values")
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

"""What a resource cannot be without: properties, groups, lists and workflows that it names. [docs] reference/hubspot.md
2.4, 4, 6"""

from __future__ import annotations

import re

from provisioner.resources import Address, Resource, Snapshot, texts

_WORD = re.compile(r"[A-Za-z]\w*")
_REFERENCES = {"list": "List", "flow": "Flow"}  # of our own; the others are the client's


def needs(resource: Resource, snapshot: Snapshot) -> frozenset[Address]:
    """The resources of `snapshot` that this one names. A manual step needs what its `needs` say, by address."""
    whole = set(texts(resource.attributes))
    words = {word for text in whole for word in _WORD.findall(text)}
    named = {
        f"{_REFERENCES[kind]}:{key}" for kind, _, key in (text.partition(":") for text in whole) if kind in _REFERENCES
    }
    stated = {str(key) for key in resource.attributes.get("needs") or ()} if resource.address.is_by_hand else set()
    found = {
        address
        for address in snapshot.resources
        if str(address) in named | stated or (_is_property(address) and address.name.partition(".")[2] in words)
    }
    return frozenset(found - {resource.address})


def _is_property(address: Address) -> bool:
    return address.kind in ("Property", "PropertyGroup")

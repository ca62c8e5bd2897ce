"""Address, Resource, Snapshot: the currency between rooms. A neutral envelope with vendor-shaped content.

`attributes` is plain JSON-like data (dict, list, str, int, float, bool, None) in the canonical form that the vendor's
package defines; planning compares it without understanding it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BY_HAND = "ManualStep"
"""The one kind that every room knows: what a person does, because the CRM has no API for it.

Its attributes are the same for every vendor: `title`, `why`, `steps` (clicks, in order), `filters`, `measures` (lists
of text), `link` (parts of an address to be joined) and `needs` (address → values it must have). It is live once a
person has said that it is done; with `{"opened": reason}` when that no longer counts.
"""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """What a thing is called, uniquely, inside one org: `CustomField:Lead.STL_Assigned_At__c`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @property
    def is_by_hand(self) -> bool:
        return self.kind == BY_HAND

    @classmethod
    def parse(cls, text: str) -> Address:
        """The inverse of `str()`. ValueError when there is no kind."""
        kind, colon, name = text.partition(":")
        if not (kind and colon and name):
            raise ValueError(f"{text!r} is not an address (expected KIND:NAME)")
        return cls(kind, name)


# What is parsed holds no circles; not looking for them saves a sixth of the slowest part of a large plan.
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False)


@dataclass(frozen=True, slots=True)
class Resource:
    address: Address
    attributes: Mapping[str, Any]

    def fingerprint(self) -> str:
        """SHA-256 (hex) of the canonical JSON of the attributes; equal content, equal fingerprint."""
        return fingerprint(self.attributes)


def fingerprint(attributes: Mapping[str, Any]) -> str:
    text = _CANONICAL.encode(attributes)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def texts(value: Any) -> Iterator[str]:
    """Every text in the attributes, however deep; names of attributes are not among them."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A set of resources, and what could not be looked at (`unread`: unknown, never absent)."""

    resources: Mapping[Address, Resource] = field(default_factory=dict)
    unread: frozenset[Address] = frozenset()

    @classmethod
    def of(cls, resources: Iterable[Resource], unread: Iterable[Address] = ()) -> Snapshot:
        """ValueError when two resources share an address."""
        found: dict[Address, Resource] = {}
        for resource in resources:
            if resource.address in found:
                raise ValueError(f"two resources are called {resource.address}")
            found[resource.address] = resource
        return cls(dict(sorted(found.items())), frozenset(unread))

    def get(self, address: Address) -> Resource | None:
        return self.resources.get(address)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources.values())

    def __len__(self) -> int:
        return len(self.resources)

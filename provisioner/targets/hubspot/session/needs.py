"""What a step done by hand relies on, and whether it is still what it was when the step was ticked.

A step says it in `needs`: address of one of our properties or lists → values that an option must have. What was
recreated under the same name is another thing: HubSpot's reports do not follow it, so it is told by its birth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.session import shapes
from provisioner.targets.hubspot.session.ledger import Entry
from provisioner.targets.hubspot.session.shapes import LIST, PROPERTY
from provisioner.targets.hubspot.session.state import State

_DIGITS = 10  # hex digits of a digest: enough to notice, short enough for an option's description
_OPEN = "open: "
_BIRTH = {PROPERTY: ("createdAt", "type", "fieldType"), LIST: ("listId", "processingType")}


def addresses(step: Resource) -> list[Address]:
    """In order; the order of the digests."""
    return sorted(Address.parse(text) for text in _needs(step))


def objects(step: Resource) -> set[str]:
    """Whose properties have to be known."""
    return {shapes.split(address)[0] for address in addresses(step) if address.kind == PROPERTY}


def digests(step: Resource, state: State) -> str:
    """What is needed, as it is now."""
    return " ".join(_digest(address, state) for address in addresses(step))


def gone(step: Resource, state: State, unread: Collection[Address] = ()) -> list[str]:
    """What is needed and missing, in words. What could not be read is not gone."""
    return [text for address in addresses(step) if address not in unread for text in _gone(address, step, state)]


def opened(entry: Entry, reason: str) -> Entry:
    """A tick that an apply has seen not to count: it stays open, also when what was gone comes back."""
    return replace(entry, premises=_OPEN + reason)


def why_open(step: Resource, entry: Entry, state: State, unread: Collection[Address] = ()) -> str:
    """Why a step that was ticked no longer counts; empty when it does."""
    if step.fingerprint() != entry.fingerprint:
        return "The step is another one than when it was ticked."
    if entry.premises.startswith(_OPEN):
        return entry.premises.removeprefix(_OPEN)
    lost = gone(step, state, unread)
    if lost:
        return f"It was ticked; since then {lost[0]}."
    for address, then in zip(addresses(step), entry.premises.split(), strict=False):
        if address not in unread and then != _digest(address, state):
            return f"It was ticked; since then {address} was made anew, or has another type."
    return ""


def _gone(address: Address, step: Resource, state: State) -> Iterator[str]:
    raw = _raw(address, state)
    if raw is None:
        yield f"{address} was missing"
        return
    options = {str(option.get("value")) for option in raw.get("options") or () if isinstance(option, Mapping)}
    for value in _needs(step)[str(address)]:
        if value not in options:
            yield f"{address} had no option {value!r}"


def _digest(address: Address, state: State) -> str:
    raw = _raw(address, state) or {}
    birth = [str(raw.get(key) or "") for key in _BIRTH[address.kind]]
    return hashlib.sha256(json.dumps(birth).encode()).hexdigest()[:_DIGITS]


def _raw(address: Address, state: State) -> Mapping[str, Any] | None:
    if address.kind == LIST:
        return state.lists.get(address)
    object, name = shapes.split(address)
    return state.properties.get(object, {}).get(name)


def _needs(step: Resource) -> dict[str, list[str]]:
    found = step.attributes.get("needs")
    return {str(key): [str(item) for item in values] for key, values in found.items()} if found else {}

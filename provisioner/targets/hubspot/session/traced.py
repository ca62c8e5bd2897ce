"""What a deleted list leaves behind: workflows that name an id which is nobody's any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.compare import compare
from provisioner.targets.hubspot.marker import unmark
from provisioner.targets.hubspot.session import shapes
from provisioner.targets.hubspot.session.shapes import LIST
from provisioner.targets.hubspot.session.state import WORDS, State, symbolic


def traced(state: State, wanted: Sequence[Resource]) -> Mapping[Address, Sequence[Address]]:
    """Workflow → deleted lists of ours that it names, where nothing else of it differs from what is wanted: with the
    names of those lists in place of the ids that are remembered of them, it is the same."""
    gone = {
        (LIST, entry.id): entry.address
        for entry in state.record.entries.values()
        if entry.address.kind == LIST and entry.id and entry.address not in state.lists
    }
    found: dict[Address, Sequence[Address]] = {}
    for item in wanted if gone else ():
        raw = state.flows.get(item.address)
        if raw is None:
            continue
        text, _ = unmark(raw.get("description"))
        there = symbolic(shapes.flow_attributes(raw, text), state.names())
        named = {key: f"{WORDS[LIST]}:{address.name}" for key, address in gone.items() if _names(there, key)}
        if named and compare(item, Resource(item.address, symbolic(there, named))).fingerprint() == item.fingerprint():
            found[item.address] = sorted(gone[key] for key in named)
    return found


def _names(attributes: Mapping[str, Any], key: tuple[str, str]) -> bool:
    return symbolic(attributes, {key: ""}) != attributes

"""What one reading of a portal found, with the ids and revisions that writing needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.resources import Address
from provisioner.targets.hubspot.resolve import OWN_KINDS, REF
from provisioner.targets.hubspot.session.ledger import Record
from provisioner.targets.hubspot.session.shapes import FLOW, LIST

Raw = dict[str, Any]
WORDS = {kind: word for word, kind in OWN_KINDS.items()}
# Where ids of lists and flows stand in a flow or filter ([spec] reference/hubspot.md 4.2, 4.4, 4.6).
ID_KEYS = {"suppressionListIds": LIST, "listId": LIST, "flow_id": FLOW, "flowIds": FLOW}
INTEGER_KEYS = frozenset({"suppressionListIds"})


@dataclass(slots=True)
class State:
    """`properties`, `archived` and `groups` by object and name; `lists` and `flows` by our address; `unresolved`: what
    references of the design mean nothing here, and why; `people`: user id → email, as far as owners were read
    (`has_all_people`: former ones too); `namesakes`: how many unmarked workflows bear the name of one we look for."""

    prefix: str
    record: Record = field(default_factory=Record)
    properties: dict[str, dict[str, Raw]] = field(default_factory=dict)
    archived: dict[str, dict[str, Raw]] = field(default_factory=dict)
    groups: dict[str, dict[str, Raw]] = field(default_factory=dict)
    lists: dict[Address, Raw] = field(default_factory=dict)
    flows: dict[Address, Raw] = field(default_factory=dict)
    unresolved: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    has_all_people: bool = False
    namesakes: dict[Address, int] = field(default_factory=dict)

    @property
    def emails(self) -> frozenset[str] | None:
        """Of all users, former ones too; None where they were not read."""
        return frozenset(self.people.values()) if self.has_all_people else None

    def id_of(self, address: Address) -> str | None:
        """The portal's id of one of our lists or flows; None while it is not there."""
        if address.kind == LIST:
            return str(self.lists[address]["listId"]) if address in self.lists else None
        return str(self.flows[address]["id"]) if address in self.flows else None

    def rename(self, old: Address, new: Address) -> None:
        """What was ours as `old` is `new` from now on. Twice is no more than once."""
        if new.kind == LIST and new not in self.lists and old in self.lists:
            self.lists[new] = self.lists.pop(old)
        if new.kind == FLOW and new not in self.flows and old in self.flows:
            self.flows[new] = self.flows.pop(old)

    def names(self) -> dict[tuple[str, str], str]:
        """(kind, id) → reference, for every list and flow of ours that is there."""
        found = {}
        for address in (*self.lists, *self.flows):
            found[(address.kind, str(self.id_of(address)))] = f"{WORDS[address.kind]}:{address.name}"
        return found


def symbolic(attributes: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """The same attributes with references where ids of our own lists and flows stand."""

    def walk(value: Any, kind: str | None) -> Any:
        if isinstance(value, Mapping):
            return {key: walk(inner, ID_KEYS.get(key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, kind) for inner in value]
        if kind is not None and isinstance(value, str | int) and (kind, str(value)) in names:
            return {REF: names[(kind, str(value))]}
        return value

    result: dict[str, Any] = walk(attributes, None)
    return result

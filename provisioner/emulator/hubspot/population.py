"""All records of one object: those of their own, and the crowds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from provisioner.emulator.hubspot.conditions import Condition, holds
from provisioner.emulator.hubspot.crowd import Crowd
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.shelf import Shelf

if TYPE_CHECKING:
    from provisioner.emulator.hubspot.portal import Portal


class Population:
    """Archived records included. Whoever changes a record puts it again; then it is one of its own."""

    def __init__(self, portal: Portal, type_id: str, shelf: Shelf) -> None:
        self._portal = portal
        self._type_id = type_id
        self._shelf = shelf
        self.crowds = [Crowd(portal, one) for one in portal.shelves["crowd"] if one["object"] == type_id]

    def get(self, record_id: str) -> Json | None:
        found = self._shelf.get(record_id)
        if found is None:
            for crowd in self.crowds:
                found = found or crowd.get(record_id)
        return found

    def put(self, record_id: str, record: Json) -> Json:
        if self.crowds and record_id not in self._shelf:
            self._take(record_id)
        return self._shelf.put(record_id, record)

    def _take(self, record_id: str) -> None:
        """Workflows remember what it met while it was one of a crowd."""
        for crowd in self.crowds:
            before = crowd.get(record_id)
            if before is not None:
                self._portal.automation.met_before(self._type_id, before)
                crowd.take(record_id)

    def hold(self, record_id: str) -> Json | None:
        """The record, of its own from now on, so that everybody sees the same one."""
        found = self.get(record_id)
        return found if found is None or record_id in self._shelf else self.put(record_id, found)

    def in_crowd(self, record_id: str) -> bool:
        return record_id not in self._shelf and self.get(record_id) is not None

    def own(self) -> Iterator[Json]:
        """Without the crowds."""
        return iter(self._shelf)

    def __iter__(self) -> Iterator[Json]:
        return chain(self._shelf, *self.crowds) if self.crowds else iter(self._shelf)

    def count(self, condition: Condition) -> int:
        """How many that are not archived meet a condition."""
        mine = sum(1 for one in self._shelf if not one["archived"] and holds(condition, one))
        return mine + sum(crowd.count(condition) for crowd in self.crowds)

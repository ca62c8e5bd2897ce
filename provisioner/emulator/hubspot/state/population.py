"""All records of one object: those of their own, and the crowds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from provisioner.emulator.hubspot.conditions import Condition, holds
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.state.engines import Crowd
from provisioner.emulator.hubspot.state.shelf import Shelf


class Population:
    """Archived records included. Whoever changes a record puts it again; then it is one of its own.

    `leaving` is told of a record of a crowd that becomes one of its own, as it was until then.
    """

    def __init__(self, shelf: Shelf, crowds: Sequence[Crowd], leaving: Callable[[Json], None]) -> None:
        self._shelf = shelf
        self._leaving = leaving
        self.crowds = crowds

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
                self._leaving(before)
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

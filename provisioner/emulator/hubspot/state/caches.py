"""What can be worked out again from the shelves: parsed formulas, records by unique value, the lag of search."""

from __future__ import annotations

import time
from collections.abc import Mapping

from provisioner.emulator.clock import Clock
from provisioner.emulator.hubspot import formula
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.state.settings import Settings
from provisioner.emulator.hubspot.state.shelf import Shelves
from provisioner.emulator.hubspot.times import to_ms

Formulas = dict[str, tuple[formula.Node, set[str]]]


class Caches:
    def __init__(self, shelves: Shelves, settings: Settings, clock: Clock) -> None:
        self._shelves = shelves
        self._settings = settings
        self._clock = clock
        self._formulas: dict[str, Formulas] = {}
        self._unique: dict[tuple[str, str], dict[str, str]] = {}
        self._lag: dict[tuple[str, str], tuple[float, dict[str, str] | None]] = {}

    def definitions_changed(self) -> None:
        self._formulas.clear()

    def formulas(self, type_id: str) -> Formulas:
        """Calculated properties of an object: name → (parsed, the properties it reads)."""
        if type_id not in self._formulas:
            found: Formulas = {}
            for name in self._shelves["property"].names():
                definition = self._shelves["property"].get(name)
                if definition and name.startswith(f"{type_id}/") and "calculationFormula" in definition:
                    node = formula.parse(definition["calculationFormula"], lambda one: self._kind(type_id, one))
                    found[definition["name"]] = (node, set(formula.references(node)))
            self._formulas[type_id] = found
        return self._formulas[type_id]

    def _kind(self, type_id: str, name: str) -> str | None:
        definition = self._shelves["property"].get(f"{type_id}/{name}")
        return definition["type"] if definition else None

    def index(self, type_id: str, name: str) -> dict[str, str]:
        """Lower-case value → record id, for a property with unique values."""
        key = (type_id, name)
        if key not in self._unique:
            listed = [
                one for one in self._shelves[f"record {type_id}"] if not one["archived"] and name in one["values"]
            ]
            self._unique[key] = {one["values"][name].lower(): one["id"] for one in listed}
        return self._unique[key]

    def reindex(self, type_id: str, record: Json, changed: Mapping[str, str | None]) -> None:
        for name in changed:
            if len(record["history"].get(name, ())) > 1:
                self._unique.pop((type_id, name), None)  # an earlier value may have been the one that was found
            index = self._unique.get((type_id, name))
            value = record["values"].get(name)
            if index is not None and value is not None:
                index[value.lower()] = record["id"]

    def forget(self, type_id: str) -> None:
        """After a record went away."""
        for key in [key for key in self._unique if key[0] == type_id]:
            del self._unique[key]

    def lagging(self, type_id: str, record_id: str, before: dict[str, str] | None) -> None:
        """A record changed: search goes on with what it knew, None for nothing, until the lag is over."""
        if self._settings.index_lag_seconds:
            known = self._lag.get((type_id, record_id))
            if known is None or self._seconds() - known[0] >= self._settings.index_lag_seconds:
                self._lag[(type_id, record_id)] = (self._seconds(), before)

    def searchable(self, type_id: str, record: Json) -> dict[str, str] | None:
        """The values search sees; None when the record is not in the index (yet)."""
        if record["archived"]:
            return None
        waiting = self._lag.get((type_id, record["id"]))
        if waiting is not None:
            if self._seconds() - waiting[0] < self._settings.index_lag_seconds:
                return waiting[1]
            del self._lag[(type_id, record["id"])]
        values: dict[str, str] = record["values"]
        return values

    def _seconds(self) -> float:
        """Seconds, of the real clock or the portal's own."""
        if self._settings.index_clock == "real":
            return time.monotonic()
        return to_ms(self._clock.now) / 1000

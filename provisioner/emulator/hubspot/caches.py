"""What can be worked out again from the shelves: parsed formulas, records by unique value, the lag of search."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from provisioner.emulator.hubspot import formula
from provisioner.emulator.hubspot.errors import Json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.emulator.hubspot.portal import Portal

Formulas = dict[str, tuple[formula.Node, set[str]]]


class Caches:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._formulas: dict[str, Formulas] = {}
        self._unique: dict[tuple[str, str], dict[str, str]] = {}
        self._lag: dict[tuple[str, str], tuple[float, dict[str, str] | None]] = {}

    def definitions_changed(self) -> None:
        self._formulas.clear()

    def formulas(self, type_id: str) -> Formulas:
        """Calculated properties of an object: name → (parsed, the properties it reads)."""
        if type_id not in self._formulas:
            found: Formulas = {}
            for name in self._portal.shelves["property"].names():
                definition = self._portal.shelves["property"].get(name)
                if definition and name.startswith(f"{type_id}/") and "calculationFormula" in definition:
                    node = formula.parse(definition["calculationFormula"], lambda one: self._kind(type_id, one))
                    found[definition["name"]] = (node, set(formula.references(node)))
            self._formulas[type_id] = found
        return self._formulas[type_id]

    def _kind(self, type_id: str, name: str) -> str | None:
        definition = self._portal.definition(type_id, name)
        return definition["type"] if definition else None

    def index(self, type_id: str, name: str) -> dict[str, str]:
        """Lower-case value → record id, for a property with unique values."""
        key = (type_id, name)
        if key not in self._unique:
            listed = [
                one for one in self._portal.records(type_id).own() if not one["archived"] and name in one["values"]
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
        if self._portal.settings.index_lag_seconds:
            known = self._lag.get((type_id, record_id))
            if known is None or self._clock() - known[0] >= self._portal.settings.index_lag_seconds:
                self._lag[(type_id, record_id)] = (self._clock(), before)

    def searchable(self, type_id: str, record: Json) -> dict[str, str] | None:
        """The values search sees; None when the record is not in the index (yet)."""
        if record["archived"]:
            return None
        waiting = self._lag.get((type_id, record["id"]))
        if waiting is not None:
            if self._clock() - waiting[0] < self._portal.settings.index_lag_seconds:
                return waiting[1]
            del self._lag[(type_id, record["id"])]
        values: dict[str, str] = record["values"]
        return values

    def _clock(self) -> float:
        """Seconds, of the real clock or the portal's own."""
        if self._portal.settings.index_clock == "real":
            return time.monotonic()
        return self._portal.now_ms / 1000

"""Record types: which values of a picklist the records of a type may choose, and which type a new record gets.

A restricted picklist takes only what the record's type offers, whoever writes it; an unrestricted one takes anything
([community] Gearset on picklist errors in data deployments; github MinnPost/object-sync-for-salesforce#128). A value
that is new in the field is not offered by the types that are there already ([community] salesforcedictionary.com on
the master picklist); because reports differ on new fields, `record_types_offer_new_values` turns that round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.rows import And, Compare, Row
from provisioner.emulator.salesforce.state.schema import FieldDef, PicklistValue, SObjectDef
from provisioner.emulator.salesforce.state.standard import read_line
from provisioner.emulator.salesforce.state.tables import Tables

MASTER = "012000000000000AAA"  # the type of a record that has none. [docs] User Interface API, Object Info
PICKLISTS = ("picklist", "multipicklist")
# Object → the picklist whose values a business process selects, not the record type. [docs] BusinessProcess
PROCESSES: dict[str, str] = {"Lead": "Status", "Opportunity": "StageName"}
_TABLE = (
    "CREATE TABLE IF NOT EXISTS record_type_values (record_type TEXT, field TEXT COLLATE NOCASE, "
    "value TEXT COLLATE NOCASE, is_default INTEGER, PRIMARY KEY (record_type, field, value)) WITHOUT ROWID"
)


class RecordTypes:
    """The types of one org. What a type offers of a field is kept by value; a field without a row offers nothing."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        tables.store.execute(_TABLE)

    # -- what there is ----------------------------------------------------------------------------------------------

    def of(self, sobject: str) -> list[Row]:
        """The RecordType rows of an object, by name."""
        return self._tables.rows.select("RecordType", Compare("SobjectType", "=", sobject), [("DeveloperName", "asc")])

    def find(self, sobject: str, name: str) -> Row | None:
        """One of them by its developer name."""
        same = And(Compare("SobjectType", "=", sobject), Compare("DeveloperName", "=", name))
        return next(iter(self._tables.rows.select("RecordType", same, limit=1)), None)

    def offered(self, record_type: str | None, item: FieldDef) -> tuple[PicklistValue, ...]:
        """The active values of a picklist that records of this type may choose; without a type, all of them."""
        active = tuple(value for value in item.picklist if value.active)
        if record_type in (None, MASTER):
            return active
        chosen = self._tables.store.execute(
            "SELECT value, is_default FROM record_type_values WHERE record_type = ? AND field = ?",
            (record_type, item.name),
        ).fetchall()
        defaults = {str(value).lower(): bool(default) for value, default in chosen}
        return tuple(
            replace(value, default=defaults[value.value.lower()]) for value in active if value.value.lower() in defaults
        )

    # -- changes ----------------------------------------------------------------------------------------------------

    def select(self, record_type: str, field: str, values: Mapping[str, bool]) -> None:
        """What a type offers of a field from now on: value → whether it is the default."""
        self._tables.store.execute(
            "DELETE FROM record_type_values WHERE record_type = ? AND field = ?", (record_type, field)
        )
        for value, default in values.items():
            self._tables.store.execute(
                "INSERT INTO record_type_values VALUES (?, ?, ?, ?)", (record_type, field, value, int(default))
            )

    def begin(self, record_type: str, sobject: str) -> None:
        """A new type offers what there is, as a copy of the master does in the setup pages ([inferred] for the API)."""
        schema = self._tables.schema
        if not schema.sobject(sobject).has("RecordTypeId"):
            schema.add_field(sobject, read_line("RecordTypeId reference ->RecordType"))
        for item in schema.sobject(sobject).fields:
            if item.type in PICKLISTS:
                self.select(record_type, item.name, {one.value: one.default for one in item.picklist if one.active})

    def admit(self, sobject: str, before: FieldDef | None, after: FieldDef) -> None:
        """Offer what is new in a field, where the org does that."""
        if not self._tables.settings.record_types_offer_new_values:
            return
        known = {one.value.lower() for one in before.picklist if one.active} if before else set()
        new = [one for one in after.picklist if one.active and one.value.lower() not in known]
        for row in self.of(sobject) if new else ():
            there = {one.value: one.default for one in self.offered(str(row["Id"]), after)}
            self.select(str(row["Id"]), after.name, there | {one.value: one.default for one in new})

    def forget(self, sobject: str, field: str | None = None) -> None:
        """A field, or the whole object with its types, is gone."""
        for row in self.of(sobject):
            if field is not None:
                self.select(str(row["Id"]), field, {})
                continue
            self._tables.store.execute("DELETE FROM record_type_values WHERE record_type = ?", (row["Id"],))
            self._tables.rows.delete("RecordType", str(row["Id"]))

    # -- a record that is saved -------------------------------------------------------------------------------------

    def default_type(self, definition: SObjectDef, user_id: str) -> str | None:
        """The type that a new record of this user gets: the default of the profile; None is the master type."""
        defaults = self._tables.settings.default_record_types
        if not defaults:
            return None
        profile = (self._tables.rows.get("User", user_id) or {}).get("ProfileId")
        return defaults.get(str(profile), {}).get(definition.name)

    def default_value(self, item: FieldDef, record_type: str | None) -> str | None:
        """What a new record holds in a picklist. A type has its own default; a required field falls back on its own.

        [community] salesforcedictionary.com: the default is that of the record type; the fall back is [inferred].
        """
        chosen = next((one.value for one in self.offered(record_type, item) if one.default), None)
        if chosen is None and not item.nillable:
            return next((one.value for one in item.picklist if one.default), None)
        return chosen

    def type_errors(self, definition: SObjectDef, record_type: Any) -> Iterator[ApiError]:
        """A type of another object, or one that is not active, cannot be given. [community] the text"""
        row = self._tables.rows.get("RecordType", record_type)
        if row is not None and (row["SobjectType"] != definition.name or not row["IsActive"]):
            text = f"Record Type ID: this ID value isn't valid for the user: {record_type}"
            yield ApiError("INVALID_CROSS_REFERENCE_KEY", text, ["RecordTypeId"])

    def value_errors(self, definition: SObjectDef, row: Row, names: Iterable[str]) -> Iterator[ApiError]:
        """Values of restricted picklists that the field has and the record's type does not offer."""
        record_type = row.get("RecordTypeId")
        if record_type is None:
            return
        for name in names:
            item, value = definition.field(name), row.get(name)
            if value is None or not item.restricted:
                continue
            active = {one.value.lower() for one in item.picklist if one.active}
            offered = {one.value.lower() for one in self.offered(str(record_type), item)}
            for part in str(value).split(";") if item.type == "multipicklist" else (str(value),):
                if part.lower() in active - offered:
                    text = f"{item.label}: bad value for restricted picklist field: {part}"
                    yield ApiError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, [item.name])

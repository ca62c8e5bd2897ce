"""Field history: what tracked fields were before and are now, in an object of its own (LeadHistory, X__History).

Columns: [docs] the object reference of ContactHistory, whose values have any type; here they are texts. Rows `created`
and `leadConverted`, and two rows for an owner (ids, then names): [community]. Of a long text only the change itself is
kept ([docs]). Limits: reference 2.1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from provisioner.emulator.salesforce.state.rows import Compare, Row
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef
from provisioner.emulator.salesforce.state.standard import make
from provisioner.emulator.salesforce.state.tables import Tables
from provisioner.emulator.salesforce.state.values import to_json

MAX_TRACKED = 20
_STANDARD = {"Lead": "LeadHistory", "Contact": "ContactHistory", "Opportunity": "OpportunityFieldHistory"}
_PREFIX = "017"
_LINES = (
    "IsDeleted boolean ro = false\n{parent} reference ro ->{sobject} as {relation}\nField picklist ro\n"
    "DataType picklist ro\nOldValue longtextarea(255) ro\nNewValue longtextarea(255) ro\n"
)
_NEVER = frozenset(("LastModifiedDate", "LastModifiedById", "SystemModstamp"))


def history_of(sobject: str) -> str | None:
    """The name of an object's history object; None where none is modelled."""
    if sobject.endswith("__c"):
        return sobject.removesuffix("__c") + "__History"
    return _STANDARD.get(sobject)


def is_history(name: str) -> bool:
    """Is this the name of an object that holds field history?"""
    return name in _STANDARD.values() or name.endswith("__History")


def history_object(sobject: str, label: str) -> SObjectDef:
    """The definition of the history of an object."""
    name = history_of(sobject)
    if name is None:
        raise ValueError(f"There is no history of {sobject}.")
    parent = "ParentId" if sobject.endswith("__c") else f"{sobject}Id"
    lines = _LINES.format(parent=parent, sobject=sobject, relation=parent.removesuffix("Id"))
    made = make(name, f"{label} History", _PREFIX, lines, createable=False, updateable=False, deletable=False)
    return replace(made, fields=tuple(one for one in made.fields if one.name not in _NEVER))


class FieldHistory:
    """Writes the rows of an org."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def enable(self, sobject: str, *, on: bool = True) -> None:
        """Switch the history of an object on or off; rows that are there stay."""
        schema = self._tables.schema
        definition, name = schema.sobject(sobject), history_of(sobject)
        if definition.tracks_history != on:
            schema.replace_object(replace(definition, tracks_history=on))
        if on and name is not None and not schema.has(name):
            schema.add_object(history_object(definition.name, definition.label))

    def forget(self, sobject: str) -> None:
        """The object goes, and its history with it."""
        name = history_of(sobject)
        if name is not None and sobject.endswith("__c") and self._tables.schema.has(name):
            self._tables.schema.remove_object(name)

    def created(self, definition: SObjectDef, record_id: str, user_id: str) -> None:
        """A record was created."""
        if definition.tracks_history:
            self._put(definition, record_id, "created", "Text", None, None, user_id)

    def converted(self, definition: SObjectDef, record_id: str, user_id: str) -> None:
        """A lead was converted."""
        if definition.tracks_history:
            self._put(definition, record_id, "leadConverted", "Text", None, None, user_id)

    def changed(self, definition: SObjectDef, before: Row, changes: Row, user_id: str) -> None:
        """Fields of a record have new values."""
        if not definition.tracks_history:
            return
        for name, value in changes.items():
            item = definition.field(name)
            if not item.track_history or before.get(name) == value:
                continue
            if name == "OwnerId":
                self._put(definition, before["Id"], "Owner", "EntityId", before.get(name), value, user_id)
                names = (self._owner(before.get(name)), self._owner(value))
                self._put(definition, before["Id"], "Owner", "Text", *names, user_id)
            elif item.type in ("longtextarea", "multipicklist"):
                self._put(definition, before["Id"], name, "Text", None, None, user_id)
            else:
                values = (_text(item, before.get(name)), _text(item, value))
                self._put(definition, before["Id"], name, _TYPES.get(item.type, "Text"), *values, user_id)

    def _owner(self, record_id: Any) -> str | None:
        row = self._tables.rows.get("User", record_id) or self._tables.rows.get("Group", record_id)
        return str(row["Name"]) if row else None

    def _put(
        self, definition: SObjectDef, record_id: Any, field: str, kind: str, old: Any, new: Any, user_id: str
    ) -> None:
        name = history_of(definition.name)
        if name is None or not self._tables.schema.has(name):
            return
        parent = "ParentId" if definition.name.endswith("__c") else f"{definition.name}Id"
        values = {parent: record_id, "Field": field, "DataType": kind, "OldValue": old, "NewValue": new}
        self._tables.rows.insert(name, values, user_id=user_id)

    def remove_record(self, definition: SObjectDef, record_id: str) -> None:
        """The history of a deleted record goes with it."""
        name = history_of(definition.name)
        if name is None or not self._tables.schema.has(name):
            return
        parent = "ParentId" if definition.name.endswith("__c") else f"{definition.name}Id"
        for row in self._tables.rows.select(name, Compare(parent, "=", record_id)):
            self._tables.rows.delete(name, str(row["Id"]))


_TYPES = {
    "datetime": "DateTime", "date": "DateOnly", "boolean": "Boolean", "double": "Double", "currency": "Currency",
    "percent": "Percent", "int": "Integer", "picklist": "DynamicEnum", "reference": "EntityId", "email": "Email",
    "phone": "PhoneNumber", "url": "Url",
}  # fmt: skip


def _text(item: FieldDef, value: Any) -> str | None:
    if value is None:
        return None
    shown = to_json(item, value)
    return str(shown).lower() if isinstance(shown, bool) else str(shown)[:255]

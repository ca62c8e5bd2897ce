"""Objects and fields of the emulated org: definitions here, one table with one column per stored field in the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from provisioner.emulator.store import Store

TYPES = (
    "id", "string", "textarea", "longtextarea", "double", "int", "boolean", "picklist", "multipicklist", "reference",
    "datetime", "date", "time", "email", "phone", "url", "currency", "percent", "base64",
)  # fmt: skip
TEXT_TYPES = frozenset({"string", "textarea", "longtextarea", "picklist", "multipicklist", "email", "phone", "url"})
NUMBER_TYPES = frozenset({"double", "int", "currency", "percent"})
ACTIVITIES = ("Activity", "Task", "Event")  # custom fields of Activity are fields of Task and Event [docs] 2.1
_INDEXED = frozenset({"OwnerId", "CreatedDate", "LastModifiedDate", "WhoId", "DeveloperName"})
_AFFINITY = {"boolean": "INTEGER", "datetime": "INTEGER", "int": "INTEGER"} | dict.fromkeys(
    ("double", "currency", "percent"), "REAL"
)


@dataclass(frozen=True)
class PicklistValue:
    value: str
    label: str = ""
    active: bool = True
    default: bool = False

    @property
    def shown(self) -> str:
        return self.label or self.value


@dataclass(frozen=True)
class FieldDef:
    """One field. `type` is one of TYPES; `length` counts characters; `precision` counts all digits."""

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    custom: bool = False
    default: Any = None
    formula: str | None = None
    blanks_as_zero: bool = False
    picklist: tuple[PicklistValue, ...] = ()
    restricted: bool = False
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    unique: bool = False
    external_id: bool = False
    description: str = ""
    help: str = ""
    metadata_type: str = ""
    auto_number: str = ""  # display format of a field that counts
    first_number: int = 1
    delete_constraint: str = ""  # what becomes of a record when the one it points to goes: SetNull, Restrict, Cascade
    track_history: bool = False

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"Field {self.name}: {self.type!r} is not one of {', '.join(TYPES)}.")

    @property
    def stored(self) -> bool:
        return self.formula is None

    @cached_property
    def json(self) -> str:
        """As JSON. Kept, because an object is written whole with every field it gets."""
        return json.dumps(asdict(self))

    @property
    def indexed(self) -> bool:
        return self.name in _INDEXED or self.external_id or self.unique

    @property
    def groupable(self) -> bool:
        """[docs] 8.2: formulas, long text and multi-select cannot be grouped; nor can datetimes and doubles."""
        excluded = ("longtextarea", "multipicklist", "base64", "datetime", "double", "currency", "percent", "time")
        return self.stored and self.type not in excluded


@dataclass(frozen=True)
class SObjectDef:
    """One object. Fields are ordered; `field(name)` ignores case."""

    name: str
    label: str
    key_prefix: str
    custom: bool = False
    fields: tuple[FieldDef, ...] = ()
    label_plural: str = ""
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    queryable: bool = True
    tracks_history: bool = False
    setup: bool = False  # configuration held as data (PermissionSet, Group …): no field-level security
    extra: dict[str, Any] = field(default_factory=dict, compare=False)  # for the metadata side, kept as JSON

    @cached_property
    def _by_name(self) -> dict[str, FieldDef]:
        return {item.name.lower(): item for item in self.fields}

    @cached_property
    def _by_relationship(self) -> dict[str, FieldDef]:
        return {item.relationship_name.lower(): item for item in self.fields if item.relationship_name}

    def has(self, name: str) -> bool:
        return name.lower() in self._by_name

    def field(self, name: str) -> FieldDef:
        """Raises KeyError for an unknown name."""
        return self._by_name[name.lower()]

    def get(self, name: str) -> FieldDef | None:
        return self._by_name.get(name.lower())

    def relationship(self, name: str) -> FieldDef | None:
        """The reference field behind `Owner` in `Owner.Name`, if any."""
        return self._by_relationship.get(name.lower())

    @cached_property
    def checkboxes(self) -> tuple[FieldDef, ...]:
        return tuple(item for item in self.fields if item.stored and item.type == "boolean")

    @cached_property
    def counted(self) -> tuple[FieldDef, ...]:
        return tuple(item for item in self.fields if item.auto_number)

    @cached_property
    def stored_fields(self) -> tuple[FieldDef, ...]:
        return tuple(item for item in self.fields if item.stored)


class Schema:
    """All objects. Definitions are immutable; every change swaps a definition and follows with DDL in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._objects: dict[str, SObjectDef] = {}
        self.version = 0  # grows with every change; caches compare it
        store.execute(
            "CREATE TABLE IF NOT EXISTS _schema (name TEXT PRIMARY KEY COLLATE NOCASE, n INTEGER, definition TEXT)"
        )
        for (text,) in store.execute("SELECT definition FROM _schema ORDER BY n").fetchall():
            definition = _from_json(text)
            self._objects[definition.name.lower()] = definition

    def __iter__(self) -> Iterator[SObjectDef]:
        return iter(list(self._objects.values()))

    def has(self, name: str) -> bool:
        return name.lower() in self._objects

    def sobject(self, name: str) -> SObjectDef:
        """Raises KeyError for an unknown name; ignores case."""
        return self._objects[name.lower()]

    def by_prefix(self, record_id: str) -> SObjectDef | None:
        """The object an id belongs to (tooling twins of data objects excluded)."""
        wanted = record_id[:3]
        found = (item for item in self if item.key_prefix == wanted and not item.name.startswith("tooling."))
        return next(found, None)

    def add_object(self, definition: SObjectDef) -> None:
        """Create the object and its table. Raises ValueError when the name is taken."""
        if self.has(definition.name):
            raise ValueError(f"Object {definition.name} exists.")
        columns = ", ".join(_column(item) for item in definition.stored_fields)
        self._store.execute(f'CREATE TABLE "{definition.name}" ({columns})')
        for item in definition.stored_fields:
            self._index(definition.name, item)
        self._put(definition)

    def replace_object(self, definition: SObjectDef) -> None:
        """New object-level facts (label, flags, extra); the fields stay as they are."""
        self._put(replace(definition, fields=self.sobject(definition.name).fields))

    def remove_object(self, name: str) -> None:
        definition = self.sobject(name)
        self._store.execute(f'DROP TABLE "{definition.name}"')
        self._store.execute("DELETE FROM _schema WHERE name = ?", (definition.name,))
        del self._objects[definition.name.lower()]
        self.version += 1

    def add_field(self, sobject: str, item: FieldDef) -> None:
        """Add a field to an object; a custom field of an activity goes to Activity, Task and Event alike."""
        for name in self._sharing(sobject, item):
            definition = self.sobject(name)
            if definition.has(item.name):
                raise ValueError(f"Field {name}.{item.name} exists.")
            if item.stored:
                self._add_column(definition.name, item)
            self._put(replace(definition, fields=(*definition.fields, item)))

    def replace_field(self, sobject: str, item: FieldDef) -> None:
        """Swap the definition of a field. A change of storage (stored ↔ formula, other affinity) empties it."""
        for name in self._sharing(sobject, item):
            definition = self.sobject(name)
            old = definition.field(item.name)
            if (old.stored, _AFFINITY.get(old.type)) != (item.stored, _AFFINITY.get(item.type)):
                if old.stored:
                    self._drop_column(definition.name, old)
                if item.stored:
                    self._add_column(definition.name, item)
            fields = tuple(item if one.name.lower() == item.name.lower() else one for one in definition.fields)
            self._put(replace(definition, fields=fields))

    def remove_field(self, sobject: str, name: str) -> None:
        for owner in self._sharing(sobject, self.sobject(sobject).field(name)):
            definition = self.sobject(owner)
            item = definition.field(name)
            if item.stored:
                self._drop_column(definition.name, item)
            self._put(replace(definition, fields=tuple(one for one in definition.fields if one is not item)))

    def snapshot(self) -> dict[str, SObjectDef]:
        return dict(self._objects)

    def restore(self, snapshot: dict[str, SObjectDef]) -> None:
        """Forget changes that the store has rolled back."""
        if snapshot != self._objects:
            self._objects = dict(snapshot)
            self.version += 1

    def _sharing(self, sobject: str, item: FieldDef) -> tuple[str, ...]:
        name = self.sobject(sobject).name
        return ACTIVITIES if item.custom and name in ACTIVITIES else (name,)

    def _put(self, definition: SObjectDef) -> None:
        self._objects[definition.name.lower()] = definition
        self.version += 1
        self._store.execute(
            "INSERT INTO _schema VALUES (?, (SELECT coalesce(max(n), 0) + 1 FROM _schema), ?) "
            "ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
            (definition.name, _to_json(definition)),
        )

    def _add_column(self, table: str, item: FieldDef) -> None:
        self._store.execute(f'ALTER TABLE "{table}" ADD COLUMN {_column(item)}')
        self._index(table, item)

    def _drop_column(self, table: str, item: FieldDef) -> None:
        self._store.execute(f'DROP INDEX IF EXISTS "{table}.{item.name}"')
        self._store.execute(f'ALTER TABLE "{table}" DROP COLUMN "{item.name}"')

    def _index(self, table: str, item: FieldDef) -> None:
        if item.indexed:
            self._store.execute(f'CREATE INDEX "{table}.{item.name}" ON "{table}" ("{item.name}")')


def _column(item: FieldDef) -> str:
    if item.type == "id":
        return f'"{item.name}" TEXT PRIMARY KEY'
    if item.type == "boolean":
        return f'"{item.name}" INTEGER NOT NULL DEFAULT {int(bool(item.default))}'
    collation = " COLLATE SOQL" if item.type in TEXT_TYPES else ""
    return f'"{item.name}" {_AFFINITY.get(item.type, "TEXT")}{collation}'


def _to_json(definition: SObjectDef) -> str:
    facts = {one.name: getattr(definition, one.name) for one in fields(definition) if one.name != "fields"}
    return f'{{"fields": [{", ".join(item.json for item in definition.fields)}], {json.dumps(facts)[1:]}'


def _from_json(text: str) -> SObjectDef:
    raw = json.loads(text)
    fields = []
    for item in raw.pop("fields"):
        picklist = tuple(PicklistValue(**value) for value in item.pop("picklist"))
        references = tuple(item.pop("reference_to"))
        fields.append(FieldDef(**item, picklist=picklist, reference_to=references))
    return SObjectDef(**raw, fields=tuple(fields))

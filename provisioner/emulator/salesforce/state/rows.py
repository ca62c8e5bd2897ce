"""Rows as they are stored: typed values in and out, conditions, and no automation whatever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from provisioner.emulator.clock import Clock
from provisioner.emulator.salesforce.ids import make_id, normal_id, number_of
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, TEXT_TYPES, FieldDef, Schema, SObjectDef
from provisioner.emulator.store import Store, fold, fold_sql

Row = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEW = 8  # values of an IN
_ORDERED = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class Compare:
    """`field op value`; op is one of = != < <= > >= like in 'not in'. `None` is null; `in` takes a sequence."""

    field: str
    op: str
    value: Any


@dataclass(frozen=True)
class And:
    parts: tuple[Cond, ...]

    def __init__(self, *parts: Cond) -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True)
class Or:
    parts: tuple[Cond, ...]

    def __init__(self, *parts: Cond) -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True)
class Not:
    part: Cond


Cond = Compare | And | Or | Not


class Rows:
    """All stored rows. Values are str, bool, int, float, aware UTC datetime (whole seconds), date, time or None."""

    def __init__(self, store: Store, schema: Schema, clock: Clock, admin_id: str) -> None:
        """`admin_id`: who did what nobody else is named for."""
        self._store = store
        self._schema = schema
        self._clock = clock
        self._admin_id = admin_id
        self._numbers: dict[str, int] = {}
        self._selects: dict[str, tuple[SObjectDef, str]] = {}

    def new_id(self, prefix: str, table: str) -> str:
        """The next id under a key prefix. Numbers are never used twice in one process."""
        number = self._numbers.get(prefix)
        if number is None:
            last = self._store.execute(f'SELECT max("Id") FROM "{table}"').fetchone()[0]  # noqa: S608
            number = number_of(last) if last else 0
        self._numbers[prefix] = number + 1
        return make_id(prefix, number + 1)

    def reserve(self, definition: SObjectDef, count: int) -> int:
        """The number of the first of `count` ids in a row, which nobody else will get."""
        first = number_of(self.new_id(definition.key_prefix, definition.name))
        self._numbers[definition.key_prefix] = first + count - 1
        return first

    def get(self, sobject: str, record_id: str | None, *, deleted: bool = False) -> Row | None:
        """The stored fields of one record, or None. Takes ids of 15 or 18 characters."""
        full_id = normal_id(record_id) if record_id else None
        if full_id is None:
            return None
        definition, select = self._select(sobject)
        found = self._store.execute(f'{select} WHERE "Id" = ?', (full_id,)).fetchone()
        row = _decode_row(definition, found) if found else None
        return None if row and row.get("IsDeleted") and not deleted else row

    def insert(self, sobject: str, values: Mapping[str, Any], *, user_id: str | None = None) -> str:
        """Store a record and give its id. Fills Id and, where absent, the audit fields. KeyError: unknown field."""
        definition = self._schema.sobject(sobject)
        row = {definition.field(name).name: value for name, value in values.items()}
        row.setdefault("Id", None)
        row["Id"] = row["Id"] or self.new_id(definition.key_prefix, definition.name)
        actor = user_id or self._admin_id
        for name, value in self._stamps(actor, created=True).items():
            if definition.has(name) and row.get(name) is None:
                row[name] = value
        for item in definition.checkboxes:
            row.setdefault(item.name, bool(item.default))
        _derive_name(definition, row, {})
        for item in definition.counted:
            row[item.name] = counted(item, str(row["Id"]))
        pairs = [(name, encode(definition.field(name), value)) for name, value in row.items()]
        columns = ", ".join(f'"{name}"' for name, _ in pairs)
        marks = ", ".join("?" * len(pairs))
        statement = f'INSERT INTO "{definition.name}" ({columns}) VALUES ({marks})'  # noqa: S608
        self._store.execute(statement, [value for _, value in pairs])
        return str(pairs[[name for name, _ in pairs].index("Id")][1])

    def update(self, sobject: str, record_id: str, values: Mapping[str, Any], *, user_id: str | None = None) -> None:
        """Change fields of a record and, unless given, who modified it last. KeyError: unknown field or record."""
        definition = self._schema.sobject(sobject)
        row = {definition.field(name).name: value for name, value in values.items()}
        for name, value in self._stamps(user_id or self._admin_id, created=False).items():
            if definition.has(name):
                row.setdefault(name, value)
        if row.keys() & {"FirstName", "LastName"}:
            _derive_name(definition, row, self.get(sobject, record_id) or {})
        sets = ", ".join(f'"{name}" = ?' for name in row)
        encoded = [encode(definition.field(name), value) for name, value in row.items()]
        statement = f'UPDATE "{definition.name}" SET {sets} WHERE "Id" = ?'  # noqa: S608
        if self._store.execute(statement, [*encoded, normal_id(record_id)]).rowcount != 1:
            raise KeyError(record_id)

    def delete(self, sobject: str, record_id: str) -> None:
        """Into the recycle bin where the object has IsDeleted, else gone. KeyError when there is no such record."""
        definition = self._schema.sobject(sobject)
        if definition.has("IsDeleted"):
            return self.update(sobject, record_id, {"IsDeleted": True})
        statement = f'DELETE FROM "{definition.name}" WHERE "Id" = ?'  # noqa: S608
        if self._store.execute(statement, (normal_id(record_id),)).rowcount != 1:
            raise KeyError(record_id)
        return None

    def select(
        self,
        sobject: str,
        where: Cond | None = None,
        order: Sequence[tuple[str, str]] = (),
        limit: int | None = None,
        *,
        deleted: bool = False,
    ) -> list[Row]:
        """Stored fields of the matching records; without `order`, by id. Text is compared without case."""
        definition, statement = self._select(sobject)
        values: list[Any] = []
        tests = [compile_condition(definition, where, values)] if where is not None else []
        if definition.has("IsDeleted") and not deleted:
            tests.append('"IsDeleted" IS NOT 1')
        if tests:
            statement += " WHERE " + " AND ".join(f"({test})" for test in tests)
        keys = [f'"{definition.field(name).name}" {_direction(word)}' for name, word in order]
        statement += " ORDER BY " + ", ".join([*keys, '"Id"'])
        if limit is not None:
            statement += f" LIMIT {int(limit)}"
        return [_decode_row(definition, found) for found in self._store.execute(statement, values)]

    def _select(self, sobject: str) -> tuple[SObjectDef, str]:
        definition = self._schema.sobject(sobject)
        known = self._selects.get(definition.name)
        if known is None or known[0] is not definition:
            columns = ", ".join(f'"{item.name}"' for item in definition.stored_fields)
            known = (definition, f'SELECT {columns} FROM "{definition.name}"')  # noqa: S608
            self._selects[definition.name] = known
        return known

    def _stamps(self, user_id: str, *, created: bool) -> Row:
        now = self._clock.now
        stamps = {"LastModifiedDate": now, "LastModifiedById": user_id, "SystemModstamp": now}
        return {"CreatedDate": now, "CreatedById": user_id} | stamps if created else stamps


def counted(item: FieldDef, record_id: str) -> str:
    """The value of a counting field: `C-{0000}` gives C-0007. Counts as ids do, so a failed save leaves a gap too."""
    before, _, rest = item.auto_number.partition("{")
    zeros, _, end = rest.partition("}")
    return f"{before}{number_of(record_id) - 1 + item.first_number:0{len(zeros)}d}{end}"


def _derive_name(definition: SObjectDef, row: Row, before: Row) -> None:
    """The name of a person is made of its parts."""
    if definition.has("LastName") and definition.has("Name"):
        known = before | row
        row["Name"] = " ".join(part for part in (known.get("FirstName"), known.get("LastName")) if part)


def _direction(word: str) -> str:
    if word not in ("asc", "desc"):
        raise ValueError(f"Order is 'asc' or 'desc', not {word!r}.")
    return word


def encode(item: FieldDef, value: Any) -> Any:
    """A Python value as SQLite keeps it. Blank text becomes null, datetimes keep whole seconds. TypeError: misfit."""
    kind = item.type
    if value is None or value == "":
        return 0 if kind == "boolean" else None  # a stored checkbox is never null
    if kind == "datetime" and isinstance(value, datetime) and value.tzinfo:
        return (value - _EPOCH) // timedelta(seconds=1)
    if kind == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if kind == "time" and isinstance(value, time):
        return value.strftime("%H:%M:%S.") + f"{value.microsecond // 1000:03d}"
    if kind == "boolean" and isinstance(value, bool):
        return int(value)
    if kind in NUMBER_TYPES and not isinstance(value, (bool, str)):
        return int(value) if kind == "int" else float(value)
    if kind in ("id", "reference") and isinstance(value, str):
        return normal_id(value) or value
    if isinstance(value, str) and kind not in NUMBER_TYPES | {"datetime", "date", "time", "boolean"}:
        return value
    raise TypeError(f"{item.name} is a {kind} and cannot hold {value!r}.")


def decode(item: FieldDef, value: Any) -> Any:
    """The inverse of `encode`."""
    if value is None:
        return None
    if item.type == "datetime":
        return _EPOCH + timedelta(seconds=value)
    if item.type == "boolean":
        return bool(value)
    if item.type == "date":
        return date.fromisoformat(value)
    if item.type == "time":
        return time.fromisoformat(value)
    return value


_CONVERTED = frozenset({"datetime", "boolean", "date", "time"})


def _decode_row(definition: SObjectDef, found: Sequence[Any]) -> Row:
    return {
        item.name: (decode(item, value) if value is not None and item.type in _CONVERTED else value)
        for item, value in zip(definition.stored_fields, found, strict=True)
    }


def compile_condition(definition: SObjectDef, condition: Cond, values: list[Any]) -> str:
    """SQL of a condition; appends the bound values. Two-valued like SOQL: a null equals only null."""
    match condition:
        case And(parts):
            return " AND ".join(f"({compile_condition(definition, part, values)})" for part in parts) or "1"
        case Or(parts):
            return " OR ".join(f"({compile_condition(definition, part, values)})" for part in parts) or "0"
        case Not(part):
            return f"({compile_condition(definition, part, values)}) IS NOT TRUE"
        case Compare(name, op, value):
            item = definition.field(name)
            return compile_comparison(f'"{item.name}"', item, op, value, values)


def compile_comparison(column: str, item: FieldDef, op: str, value: Any, values: list[Any]) -> str:
    """SQL of one comparison of a column that holds `item`."""
    if op in ("in", "not in"):
        return _compile_in(column, item, op, value, values)
    if op == "like":
        values.append(value or "")
        return f"soql_like({column}, ?)"
    encoded = encode(item, value)
    if op in ("=", "!="):
        if encoded is None:
            return f"{column} IS {'NOT ' if op == '!=' else ''}NULL"
        if _scanned(item):
            column, encoded = fold_sql(column), fold(encoded)
        values.append(encoded)
        return f"{column} = ?" if op == "=" else f"{column} IS NOT ?"
    if op not in _ORDERED:
        raise ValueError(f"There is no comparison {op!r}.")
    values.append(encoded)
    return f"{column} {op} ?"


def _scanned(item: FieldDef) -> bool:
    """A text without an index: it is folded in SQL, where the collation would ask Python for every row."""
    return item.type in TEXT_TYPES and item.stored and not item.indexed


def _compile_in(column: str, item: FieldDef, op: str, value: Iterable[Any], values: list[Any]) -> str:
    encoded = [encode(item, one) for one in value]
    present = [one for one in encoded if one is not None]
    tested = column
    if _scanned(item) or (item.type in TEXT_TYPES and len(present) > _FEW):
        # Folded once per row, not compared with every value in turn.
        tested = fold_sql(column) if item.stored else f"soql_fold({column})"
        present = [fold(one) for one in present]
    values.extend(present)
    inside = f"{tested} IN ({', '.join('?' * len(present))})"
    if None in encoded:
        inside += f" OR {column} IS NULL"
    return inside if op == "in" else f"({inside}) IS NOT TRUE"

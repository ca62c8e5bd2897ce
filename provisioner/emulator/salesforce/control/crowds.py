"""Very many records from a short description, and counting what is stored; neither passes the vendor's own doors.

The same description and seed give the same records. Every field has its own stream of random numbers, so adding one
leaves the others as they were. The records are stored as an import without automation would leave them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

from provisioner.emulator.clock import iso, parse_instant
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import make_id
from provisioner.emulator.salesforce.state.field_history import is_history
from provisioner.emulator.salesforce.state.rows import decode, encode
from provisioner.emulator.salesforce.state.schema import TEXT_TYPES, FieldDef, SObjectDef
from provisioner.emulator.salesforce.state.values import coerce, to_json

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

MOST, VALUES = 5_000_000, 20_000  # records of a crowd, values of one of its fields
_CHUNK = 50_000
_KINDS = ("values", "numbered", "pattern", "after", "by", "each")
_KEPT_UP = frozenset(("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted"))
Resolve = Callable[[str], str]  # a username, or the developer name of a queue or group → the id
Column = Callable[[Mapping[str, Sequence[Any]], int, int], Sequence[Any]]  # (columns so far, first n, size) → stored


class Crowds:
    """Plants crowds in one org; `firsts` remembers where the named ones begin, for lookups between them."""

    def __init__(self, org: Org, resolve: Resolve) -> None:
        self._org = org
        self._resolve = resolve
        self._named: dict[str, tuple[SObjectDef, int, int]] = {}

    def plant(self, body: Any) -> dict[str, Any]:
        """`{"sobject", "count", "seed", "created": {"from", "to"}, "fields": {name: how}, "ref"}`.

        How, one of: `{"values": [...] or {value: weight}}` ("" is blank; of a lookup: ids, usernames, names of queues),
        `{"numbered": "Source {n}", "count", "skew"}` (1 to count; weights 1 / n^skew), `{"pattern": "Lead {n}"}`
        (n counts records from 1), `{"after": "CreatedDate" or an earlier instant, "minutes": [least, most], "share"}`,
        `{"by": an earlier field, "map": {its value: value}, "otherwise": value}`, `{"each": ref of a crowd}` (a lookup:
        the n-th points to the n-th). Required fields that are not named get their label and n, or the default.
        Answers `{"sobject", "first", "last", "count"}`: ids in a row. Raises ValueError.
        """
        facts = only(body, "sobject count seed created fields ref", "sobject count created", "A crowd")
        definition, count = self._definition(facts["sobject"]), facts["count"]
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
            raise ValueError(f"'count' is a whole number from 1 to {MOST}, not {count!r}.")
        span = only(facts["created"], "from to", "from to", "'created'")
        low, high = (int(parse_instant(span[key]).timestamp()) for key in ("from", "to"))
        if not low < high:
            raise ValueError("'created' begins before it ends.")
        wanted = facts.get("fields", {})
        if not isinstance(wanted, dict):
            raise ValueError("'fields' is an object: field → how it is filled.")
        columns = self._columns(definition, wanted, (low, high), str(facts.get("seed", 0)), count)
        first = self._org.rows.reserve(definition, count)
        self._store(definition, columns, first, count)
        if facts.get("ref"):
            self._named[facts["ref"]] = (definition, first, count)
        ends = (make_id(definition.key_prefix, number) for number in (first, first + count - 1))
        return {"sobject": definition.name} | dict(zip(("first", "last"), ends, strict=True)) | {"count": count}

    def _definition(self, name: str) -> SObjectDef:
        known = self._org.schema.sobject(name) if self._org.schema.has(name) else None
        if known is None or not (known.createable or is_history(known.name)):
            raise ValueError(f"There is no object {name!r} that records could be planted in.")
        return known

    def _columns(
        self, definition: SObjectDef, wanted: dict[str, Any], window: tuple[int, int], seed: str, count: int
    ) -> dict[str, Column]:
        """The columns in the order in which they are made: the creation first."""
        low, high = window
        draw = random.Random(f"{seed}/CreatedDate").random  # noqa: S311 - the same every time
        made: dict[str, Column] = {
            "CreatedDate": lambda done, n, size: [low + int(draw() * (high - low)) for _ in range(size)]
        }
        for name in (one for one in ("LastModifiedDate", "SystemModstamp") if definition.has(one)):
            made[name] = lambda done, n, size: done["CreatedDate"]
        for name, how in wanted.items():
            item = definition.get(name)
            if item is None or not item.stored:
                raise ValueError(f"{definition.name} has no field {name!r} that is stored.")
            if item.name in _KEPT_UP or item.name in made:
                raise ValueError(f"{definition.name}.{item.name} cannot be planted like this, or is there twice.")
            made[item.name] = self._column(definition, item, how, made, f"{seed}/{item.name}", count)
        for item in definition.stored_fields:
            if item.name not in made and item.name != "Id" and (column := self._unsaid(item)) is not None:
                made[item.name] = column
        if definition.has("LastName") and definition.has("Name"):
            made["Name"] = _full_name
        return made

    def _unsaid(self, item: FieldDef) -> Column | None:
        """A field that nobody named: its default; who made it; a text of its own where one is required."""
        default = next((one.value for one in item.picklist if one.default), None)
        if item.type == "boolean" or default is not None or (not item.nillable and item.default is not None):
            value = encode(item, bool(item.default) if item.type == "boolean" else default or item.default)
            return lambda done, n, size: [value] * size
        if item.nillable:
            return None
        if item.name in ("CreatedById", "LastModifiedById", "OwnerId"):
            admin = self._org.admin_id
            return lambda done, n, size: [admin] * size
        if item.type in TEXT_TYPES:
            return _pattern(f"{item.label} {{n}}")
        raise ValueError(f"{item.name} is required and has no default: say how it is filled.")

    def _column(
        self, definition: SObjectDef, item: FieldDef, how: Any, before: Mapping[str, Column], seed: str, count: int
    ) -> Column:
        label = f"{definition.name}.{item.name}"
        facts = only(how, " ".join((*_KINDS, "count skew minutes share map otherwise")), "", label)
        kinds = [one for one in _KINDS if one in facts]
        if len(kinds) != 1:
            raise ValueError(f"{label} has one of {', '.join(_KINDS)}.")
        stream = random.Random(seed)  # noqa: S311 - the same every time
        match kinds[0]:
            case "pattern":
                if item.type not in TEXT_TYPES or facts["pattern"].count("{n}") != 1:
                    raise ValueError(f"{label} takes a pattern only if it is a text, with {{n}} in it once.")
                return _pattern(facts["pattern"])
            case "after":
                return _after(definition, item, facts, before, stream)
            case "by":
                return self._by(definition, item, facts, before)
            case "each":
                return self._each(item, facts["each"], count)
        weights = _weights(label, facts)
        encoded = [self._encoded(item, one) for one in weights]
        summed = list(accumulate(weights.values()))
        return lambda done, n, size: stream.choices(encoded, cum_weights=summed, k=size)

    def _by(self, definition: SObjectDef, item: FieldDef, facts: Any, before: Mapping[str, Column]) -> Column:
        base = definition.get(str(facts["by"]))
        if base is None or base.name not in before or not isinstance(facts.get("map"), dict):
            raise ValueError(f"{definition.name}.{item.name} goes by a field that comes before it here, with a 'map'.")
        source = base.name
        mapped = {self._encoded(base, key): self._encoded(item, value) for key, value in facts["map"].items()}
        otherwise = self._encoded(item, facts.get("otherwise"))
        return lambda done, n, size: [mapped.get(one, otherwise) for one in done[source]]

    def _each(self, item: FieldDef, ref: str, count: int) -> Column:
        if ref not in self._named:
            raise ValueError(f"There is no earlier crowd called {ref!r}.")
        target, first, there = self._named[ref]
        if item.type != "reference" or target.name not in item.reference_to or count > there:
            raise ValueError(f"{item.name} cannot point to {target.name}, or there are fewer than {count} of them.")
        return lambda done, n, size: list(_ids(target.key_prefix, first + n - 1, size))

    def _encoded(self, item: FieldDef, value: Any) -> Any:
        if value is not None and value != "" and item.type == "reference":
            return self._resolve(str(value))
        try:
            return encode(item, coerce(item, value))
        except ApiError as error:
            raise ValueError(f"{item.name}: {error.message}") from error

    def _store(self, definition: SObjectDef, columns: Mapping[str, Column], first: int, count: int) -> None:
        names = ", ".join(f'"{name}"' for name in ("Id", *columns))
        marks = ", ".join("?" * (len(columns) + 1))
        insert = f'INSERT INTO "{definition.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names of the schema
        for begin in range(0, count, _CHUNK):
            size = min(_CHUNK, count - begin)
            done: dict[str, Sequence[Any]] = {}
            for name, column in columns.items():
                done[name] = column(done, begin + 1, size)
            ids = _ids(definition.key_prefix, first + begin, size)
            self._org.store.connection.executemany(insert, zip(ids, *done.values(), strict=True))


def only(body: Any, known: str, needed: str, what: str) -> dict[str, Any]:
    """An object that has these keys at most and at least. Raises ValueError."""
    if not isinstance(body, dict):
        raise ValueError(f"{what} is an object with {', '.join(known.split())}, not {body!r}.")
    if unknown := sorted(body.keys() - set(known.split())):
        raise ValueError(f"{what} has no {unknown[0]!r}; there is {', '.join(known.split())}.")
    if missing := [key for key in needed.split() if key not in body]:
        raise ValueError(f"{what} needs {missing[0]!r}.")
    return body


def _weights(label: str, facts: dict[str, Any]) -> dict[Any, float]:
    weights: dict[Any, float]
    if "numbered" in facts:
        if str(facts["numbered"]).count("{n}") != 1 or not isinstance(facts.get("count"), int):
            raise ValueError(f"'numbered' of {label} has {{n}} in it once, and a 'count'.")
        skew = facts.get("skew", 0)
        weights = {facts["numbered"].replace("{n}", str(n)): 1 / n**skew for n in range(1, facts["count"] + 1)}
    else:
        listed = facts["values"]
        weights = dict(listed) if isinstance(listed, dict) else dict.fromkeys(listed, 1.0)
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in weights.values())
    if not 1 <= len(weights) <= VALUES or not numbers or min(weights.values()) < 0 or not sum(weights.values()) > 0:
        raise ValueError(f"{label} has 1 to {VALUES} values whose weights are not negative and not all 0.")
    return weights


def _pattern(text: str) -> Column:
    before, after = text.split("{n}")
    return lambda done, n, size: [f"{before}{one}{after}" for one in range(n, n + size)]


def _after(
    definition: SObjectDef, item: FieldDef, facts: dict[str, Any], before: Mapping[str, Column], stream: random.Random
) -> Column:
    base = definition.get(str(facts["after"]))
    least, most = facts.get("minutes", [0, 0])
    share = facts.get("share", 1)
    if item.type != "datetime" or base is None or base.type != "datetime" or base.name not in before:
        raise ValueError(f"{item.name} is an instant after CreatedDate or after an instant that comes before it here.")
    if not 0 <= least <= most or not 0 <= share <= 1:
        raise ValueError(f"'minutes' of {item.name} are two numbers, the smaller first; 'share' is from 0 to 1.")
    source, start, width, draw = base.name, int(least * 60), int((most - least) * 60) + 1, stream.random

    def column(done: Mapping[str, Sequence[Any]], n: int, size: int) -> Sequence[Any]:
        chances = ((draw(), draw()) for _ in range(size))
        return [
            at + start + int(late * width) if at is not None and chance < share else None
            for at, (chance, late) in zip(done[source], chances, strict=True)
        ]

    return column


def _full_name(done: Mapping[str, Sequence[Any]], n: int, size: int) -> Sequence[Any]:
    firsts = done.get("FirstName")
    if firsts is None:
        return done["LastName"]
    pairs = zip(firsts, done["LastName"], strict=True)
    return [" ".join(part for part in pair if part) or None for pair in pairs]


def _ids(prefix: str, first: int, size: int) -> Iterator[str]:
    return (make_id(prefix, number) for number in range(first, first + size))


def count(org: Org, body: Any, resolve: Resolve) -> dict[str, Any]:
    """`{"sobject", "by": [fields], "where": {field: value, list or null}, "from", "to"}`: straight from the table.

    No SOQL is involved: texts are told apart by every character, case included. `from` (inclusive) and `to` (exclusive)
    are about the creation. Deleted records are not counted. A lookup is compared with an id, a username or the name
    of a queue. Answers `{"total", "counts": [{"values": [...], "count", "first", "last"}]}`, the most first, then by
    value; first and last are the creations. Raises ValueError.
    """
    facts = only(body, "sobject by where from to", "sobject", "A count")
    if not org.schema.has(str(facts["sobject"])):
        raise ValueError(f"There is no object {facts['sobject']!r}.")
    definition = org.schema.sobject(facts["sobject"])
    by = [_stored(definition, name) for name in facts.get("by", [])]
    values: list[Any] = []
    tests = ['"IsDeleted" = 0'] if definition.has("IsDeleted") else []
    crowds = Crowds(org, resolve)
    for name, wanted in facts.get("where", {}).items():
        item = _stored(definition, name)
        listed = [crowds._encoded(item, one) for one in (wanted if isinstance(wanted, list) else [wanted])]
        values += [one for one in listed if one is not None]
        inside = f'"{item.name}" COLLATE BINARY IN ({", ".join("?" for one in listed if one is not None)})'
        tests.append(f'({inside} OR "{item.name}" IS NULL)' if None in listed else inside)
    for key, sign in (("from", ">="), ("to", "<")):
        if key in facts:
            tests.append(f'"CreatedDate" {sign} ?')
            values.append(int(parse_instant(facts[key]).timestamp()))
    columns = ", ".join([f'"{item.name}"' for item in by] + ["count(*)", 'min("CreatedDate")', 'max("CreatedDate")'])
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    group = f" GROUP BY {', '.join(_exact(item) for item in by)}" if by else ""
    found = org.store.execute(f'SELECT {columns} FROM "{definition.name}"{where}{group}', values).fetchall()  # noqa: S608
    counts = [_counted(by, row) for row in found if row[len(by)]]
    counts.sort(key=lambda one: (-one["count"], [str(value) for value in one["values"]]))
    return {"total": sum(one["count"] for one in counts), "counts": counts}


def _stored(definition: SObjectDef, name: str) -> FieldDef:
    item = definition.get(str(name))
    if item is None or not item.stored:
        raise ValueError(f"{definition.name} has no field {name!r} that is stored.")
    return item


def _exact(item: FieldDef) -> str:
    return f'"{item.name}" COLLATE BINARY' if item.type in TEXT_TYPES else f'"{item.name}"'


def _counted(by: Sequence[FieldDef], row: Sequence[Any]) -> dict[str, Any]:
    number, first, last = islice(row, len(by), None)
    shown = [to_json(item, decode(item, value)) for item, value in zip(by, row[: len(by)], strict=True)]
    ends = {"first": iso(datetime.fromtimestamp(first, UTC)), "last": iso(datetime.fromtimestamp(last, UTC))}
    return {"values": shown, "count": number} | ends

"""Planting a crowd: what the control door says of a million records, and the table made of it; and counting them.

The same description and seed give the same records. Every property has its own stream of random numbers, so adding one
leaves the others as they were.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from provisioner.emulator.clock import parse_instant
from provisioner.emulator.hubspot import times
from provisioner.emulator.hubspot.bodies import only
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.standard import TYPES, object_type
from provisioner.emulator.hubspot.state.engines import Crowd
from provisioner.emulator.hubspot.state.portal import Portal

MOST, WIDEST, VALUES = 5_000_000, 60, 20_000  # records, properties, values of one property
_CHUNK = 100_000
Values = list[Any]


def plant_crowd(portal: Portal, body: Any) -> Json:
    """`{"object": "contacts", "count", "seed", "created": {"from", "to"}, "properties": {name: how}}`.

    How, one of: `{"values": [...] or {value: weight}}` ("" is blank), `{"numbered": "Source {n}", "count", "skew"}`
    (1 to count; weights 1 / n^skew), `{"pattern": "lead{n}@x.example"}` (n counts records from 1),
    `{"after": "created" or another instant of this crowd, "minutes": [least, most], "share"}` (an instant; blank for
    the rest of the share and where the other is blank). Answers `{"first", "count"}`: record ids in a row.
    Raises ValueError.
    """
    facts = only(body, "object count seed created properties", "object count created", "A crowd")
    where, count = object_type(facts["object"]), facts["count"]
    if where.id != "0-1":
        raise ValueError("A crowd is of contacts; the emulator does not model crowds of anything else.")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
        raise ValueError(f"'count' is a whole number from 1 to {MOST}, not {count!r}.")
    span = only(facts["created"], "from to", "from to", "'created'")
    low, high = (times.to_ms(parse_instant(span[key])) for key in ("from", "to"))
    if not low < high:
        raise ValueError("'created' begins before it ends.")
    wanted = facts.get("properties", {})
    if not isinstance(wanted, dict) or len(wanted) > WIDEST:
        raise ValueError(f"'properties' is an object of at most {WIDEST} properties.")
    columns = _columns(portal, where.id, wanted)
    made: Json = {"id": str(portal.number("crowd")), "object": where.id, "count": count, "columns": columns}
    made["first"] = portal.numbers("record", 101, count)
    _fill(portal, made, wanted, (low, high), str(facts.get("seed", 0)))
    portal.shelves["crowd"].put(made["id"], made)
    portal.crowds_changed()
    portal.automation.crowd_planted(where.id)
    return {"first": str(made["first"]), "count": count}


def _columns(portal: Portal, type_id: str, wanted: dict[str, Any]) -> dict[str, Json]:
    columns: dict[str, Json] = {}
    for name, how in wanted.items():
        definition = portal.definition(type_id, name)
        if definition is None:
            raise ValueError(f"{TYPES[type_id].plural} have no property {name!r}.")
        fixed = name in (TYPES[type_id].created, TYPES[type_id].modified, "hs_object_id")
        if definition["calculated"] or fixed or definition["hasUniqueValue"] != ("pattern" in (how or {})):
            raise ValueError(f"{name} cannot be planted like this: it is calculated, kept up, or unique.")
        columns[name] = _column(name, how, definition, columns)
        if columns[name]["kind"] != "pattern":
            columns[name]["at"] = 1 + sum(1 for one in columns.values() if "at" in one)
    return columns


def _column(name: str, how: Any, definition: Json, before: dict[str, Json]) -> Json:
    facts = only(how, "values numbered count skew pattern after minutes share", "", f"Property {name}")
    kinds = [one for one in ("values", "numbered", "pattern", "after") if one in facts]
    if len(kinds) != 1:
        raise ValueError(f"Property {name} has one of values, numbered, pattern, after.")
    if kinds[0] == "pattern":
        if facts["pattern"].count("{n}") != 1:
            raise ValueError(f"The pattern of {name} has {{n}} in it once.")
        return {"kind": "pattern", "text": facts["pattern"]}
    if kinds[0] == "after":
        base = facts["after"]
        if definition["type"] != "datetime" or (base != "created" and before.get(base, {}).get("kind") != "instant"):
            raise ValueError(f"{name} is an instant after 'created' or after an instant that comes before it here.")
        least, most = facts.get("minutes", [0, 0])
        if not 0 <= least <= most or not 0 <= facts.get("share", 1) <= 1:
            raise ValueError(f"'minutes' of {name} are two numbers, the smaller first; 'share' is from 0 to 1.")
        return {"kind": "instant"}
    weights = _weights(name, facts)
    if not 1 <= len(weights) <= VALUES or min(weights.values()) < 0 or not sum(weights.values()) > 0:
        raise ValueError(f"{name} has 1 to {VALUES} values whose weights are not negative and not all 0.")
    total = sum(weights.values())
    shares = [weight / total for weight in weights.values()]
    return {"kind": "coded", "values": [_kept(definition, one) for one in weights], "shares": shares}


def _weights(name: str, facts: Json) -> dict[str, float]:
    if "numbered" in facts:
        if facts["numbered"].count("{n}") != 1 or not isinstance(facts.get("count"), int):
            raise ValueError(f"'numbered' of {name} has {{n}} in it once, and a 'count'.")
        skew = facts.get("skew", 0)
        return {facts["numbered"].replace("{n}", str(n)): 1 / n**skew for n in range(1, facts["count"] + 1)}
    listed = facts["values"]
    if isinstance(listed, dict):
        return {str(value): float(weight) for value, weight in listed.items()}
    return {str(value): 1.0 for value in listed}


def _kept(definition: Json, value: str) -> str:
    """As records keep it: instants as ISO text."""
    ms = times.read(value) if definition["type"] == "datetime" else None
    return value if ms is None else times.show(ms)


def _fill(portal: Portal, made: Json, wanted: dict[str, Any], window: tuple[int, int], seed: str) -> None:
    table, columns = f"crowd_{made['id']}", made["columns"]
    kept = {name: one for name, one in columns.items() if "at" in one}
    names = ", ".join(f"c{n}" for n in range(len(kept) + 1))
    store = portal.store
    with store.savepoint():
        store.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {names.replace(',', ' INTEGER,')} INTEGER)")
        insert = f"INSERT INTO {table} VALUES (?{', ?' * (len(kept) + 1)})"  # noqa: S608 - numbers only
        streams = {name: random.Random(f"{seed}/{name}") for name in ("created", *kept)}  # noqa: S311 - same every time
        for begin in range(0, made["count"], _CHUNK):
            size = min(_CHUNK, made["count"] - begin)
            ids = range(made["first"] + begin, made["first"] + begin + size)
            lists = _lists(kept, wanted, window, streams, size)
            store.connection.executemany(insert, zip(ids, *lists, strict=True))
        for number in [0, *(one["at"] for one in kept.values() if one["kind"] == "coded")]:
            store.execute(f"CREATE INDEX {table}_c{number} ON {table} (c{number})")
        store.execute(f"ANALYZE {table}")


def _lists(
    kept: dict[str, Json], wanted: dict[str, Any], window: tuple[int, int], streams: dict[str, random.Random], size: int
) -> Iterator[Values]:
    """The columns of some records, the creation first. Instants are whole seconds."""
    low, high = window
    draw = streams["created"].random
    made: dict[str, Values] = {"created": [low + int(draw() * (high - low)) // 1000 * 1000 for _ in range(size)]}
    yield made["created"]
    for name, column in kept.items():
        if column["kind"] == "coded":
            summed = list(accumulate(column["shares"]))
            yield streams[name].choices(range(len(summed)), cum_weights=summed, k=size)
            continue
        how, draw = wanted[name], streams[name].random
        least, most = (int(one * 60) for one in how.get("minutes", [0, 0]))
        share, width = how.get("share", 1), most - least + 1
        base = made[how["after"]]
        chance = [(draw(), draw()) for _ in range(size)]
        made[name] = [
            at + (least + int(b * width)) * 1000 if at is not None and a < share else None
            for at, (a, b) in zip(base, chance, strict=True)
        ]
        yield made[name]


def count(portal: Portal, body: Any) -> Json:
    """`{"object", "by": [properties], "from", "to"}`: how many records there are, straight from where they are kept.

    No search is asked. `from` (inclusive) and `to` (exclusive) are about the creation. Archived records are not
    counted; blanks count under "". Answers `{"total", "counts": [{"values", "count"}]}`, the most first.
    """
    facts = only(body, "object by from to", "object", "A count")
    where, names = object_type(facts["object"]), list(facts.get("by", []))
    for name in names:
        if portal.definition(where.id, name) is None:
            raise ValueError(f"{where.plural} have no property {name!r}.")
    low, high = (times.to_ms(parse_instant(facts[key])) if key in facts else None for key in ("from", "to"))
    population = portal.records(where.id)
    found: dict[tuple[str, ...], int] = {}
    for record in population.own():
        early, late = low is not None and record["created"] < low, high is not None and record["created"] >= high
        if not record["archived"] and not early and not late:
            key = tuple(record["values"].get(name, "") for name in names)
            found[key] = found.get(key, 0) + 1
    for crowd in population.crowds:
        _countable(crowd, names)
        for key, number in crowd.grouped(names, low, high).items():
            found[key] = found.get(key, 0) + number
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    counts = [{"values": dict(zip(names, key, strict=True)), "count": number} for key, number in ordered]
    return {"total": sum(found.values()), "counts": counts if names else []}


def _countable(crowd: Crowd, names: list[str]) -> None:
    """By values of which a crowd has few, or none. Raises ValueError."""
    for name in names:
        kind = crowd.columns.get(name, {"kind": "coded"})["kind"]
        if kind != "coded" or not (name in crowd.columns or crowd.has_nothing(name)):
            raise ValueError(f"A crowd cannot be counted by {name}; choose a property it was planted with values of.")

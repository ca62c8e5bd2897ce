"""Where the portal keeps its things: in memory, and in the database file when there is one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.store import Store

_TABLE = (
    "CREATE TABLE IF NOT EXISTS _things (n INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, name TEXT, value TEXT, "
    "UNIQUE (kind, name))"
)


class Shelf:
    """Things of one kind by name, in the order they came. Whoever changes a thing puts it again."""

    def __init__(self, kind: str, things: dict[str, Json]) -> None:
        self.kind = kind
        self._things = things
        self._changed: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[Json]:
        return iter(list(self._things.values()))

    def __len__(self) -> int:
        return len(self._things)

    def get(self, name: str) -> Json | None:
        return self._things.get(name)

    def names(self) -> list[str]:
        return list(self._things)

    def put(self, name: str, thing: Json) -> Json:
        self._things[name] = thing
        self._changed.add(name)
        return thing

    def remove(self, name: str) -> None:
        if self._things.pop(name, None) is not None:
            self._changed.add(name)

    def flush(self, store: Store) -> None:
        """Write what changed since the last time."""
        for name in sorted(self._changed):
            thing = self._things.get(name)
            if thing is None:
                store.execute("DELETE FROM _things WHERE kind = ? AND name = ?", (self.kind, name))
            else:
                store.execute(
                    "INSERT INTO _things (kind, name, value) VALUES (?, ?, ?) "
                    "ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value",
                    (self.kind, name, json.dumps(thing)),
                )
        self._changed.clear()


class Shelves:
    """All shelves by kind. Without a file nothing is written."""

    def __init__(self, store: Store, lasting: bool) -> None:
        self._store = store
        self._lasting = lasting
        self._shelves: dict[str, Shelf] = {}
        store.execute(_TABLE)
        for kind, name, value in store.execute("SELECT kind, name, value FROM _things ORDER BY n").fetchall():
            self._shelves.setdefault(kind, Shelf(kind, {}))._things[name] = json.loads(value)

    def __getitem__(self, kind: str) -> Shelf:
        return self._shelves.setdefault(kind, Shelf(kind, {}))

    def flush(self) -> None:
        if self._lasting:
            with self._store.savepoint():
                for shelf in self._shelves.values():
                    shelf.flush(self._store)

"""One SQLite database per emulated org: the connection, savepoints, text comparison, and small persistent state."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any


class Store:
    """A database file, or memory when `path` is None. Every statement runs inside the caller's savepoint, if any."""

    def __init__(self, path: Path | None = None) -> None:
        # The web server may call from another thread than the one that opened the store, never from two at once.
        self.connection = sqlite3.connect(
            path if path else ":memory:", isolation_level=None, cached_statements=1024, check_same_thread=False
        )
        self.depth = 0
        self.connection.execute(f"PRAGMA journal_mode = {'WAL' if path else 'MEMORY'}")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.create_collation("SOQL", _compare)
        self.connection.create_function("soql_fold", 1, fold, deterministic=True)
        self.connection.create_function("soql_like", 2, like, deterministic=True)
        self.execute("CREATE TABLE IF NOT EXISTS _state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self.connection.execute(statement, values)

    @property
    def error(self) -> type[Exception]:
        """What a statement raises when it fails."""
        return sqlite3.Error

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """All or nothing; nestable."""
        name = f"level_{self.depth}"
        self.execute(f"SAVEPOINT {name}")
        self.depth += 1
        try:
            yield
        except BaseException:
            self.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self.depth -= 1
            self.execute(f"RELEASE {name}")

    def load(self, name: str) -> Any:
        """The JSON value kept under `name`, or None."""
        row = self.execute("SELECT value FROM _state WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, name: str, value: Any) -> None:
        self.execute("INSERT OR REPLACE INTO _state VALUES (?, ?)", (name, json.dumps(value)))

    def wipe(self) -> None:
        """Drop every table but the state table, and empty that."""
        tables = self.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (table,) in tables.fetchall():
            self.execute("DELETE FROM _state" if table == "_state" else f'DROP TABLE "{table}"')

    def close(self) -> None:
        self.connection.close()


def _compare(left: str, right: str) -> int:
    a, b = left.casefold(), right.casefold()
    return (a > b) - (a < b)


def fold(value: object) -> str | None:
    """A text as comparisons see it. Asked once per row, where the collation is asked once per comparison."""
    return None if value is None else str(value).casefold()


def fold_sql(column: str) -> str:
    """SQL of `fold`: texts of ASCII, which have as many bytes as characters, are not handed to Python."""
    plain = f"length({column}) = length(CAST({column} AS BLOB))"
    return (
        f"CASE WHEN {plain} THEN lower({column}) WHEN {column} IS NOT NULL THEN soql_fold({column}) END COLLATE BINARY"
    )


def like(value: object, pattern: str) -> int:
    """SOQL LIKE: `%` any run, `_` one character, backslash escapes; case-insensitive; null never matches."""
    return 0 if value is None else int(_pattern(pattern).fullmatch(str(value)) is not None)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    body = "".join(wild[piece] if piece in wild else re.escape(piece.removeprefix("\\") or piece) for piece in pieces)
    return re.compile(body, re.IGNORECASE | re.DOTALL)

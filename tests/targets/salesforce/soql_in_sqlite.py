"""Runs the SOQL that we write on SQLite, so that its meaning can be held against something that is not ours.

`blanks`: whether `!=` is true of a blank (as SOQL has it) or unknown (as SQL has it); our text must mean the same in
both. Texts compare without regard to case.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

TOKENS = re.compile(
    r"(?P<text>'(?:\\.|[^'\\])*')|(?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<isnt>!= null)|(?P<is>= null)|(?P<not>!=)|(?P<word>\w+)|(?P<other>.)",
    re.DOTALL,
)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def sql(soql: str, *, blanks: bool) -> str:
    out: list[str] = []
    like = False
    for match in TOKENS.finditer(soql):
        kind, text = match.lastgroup, match[0]
        if kind == "text":
            inner = text[1:-1]
            if like:  # \\ \' \% \_ : the two that LIKE knows stay escaped, a backslash is escaped for LIKE
                bare = re.sub(r"\\(.)", lambda m: m[0] if m[1] in "%_" else "\\\\" if m[1] == "\\" else m[1], inner)
                out.append(f"{_quoted(bare)} ESCAPE '\\'")
            else:
                out.append(_quoted(re.sub(r"\\(.)", r"\1", inner)))
            like = False
        elif kind in ("instant", "day"):
            out.append(_quoted(text))
        elif kind in ("isnt", "is"):
            out.append("IS NOT NULL" if kind == "isnt" else "IS NULL")
        elif kind == "not":
            out.append("IS NOT" if blanks else "!=")
        elif text in ("TRUE", "FALSE"):
            out.append("1" if text == "TRUE" else "0")
        else:
            like = like or text == "LIKE"
            out.append(text)
    return "".join(out)


class Table:
    """Leads in memory; a column is made for every field that some row has."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], fields: Iterable[str]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.row_factory = sqlite3.Row
        names = list(fields)
        self._db.execute(
            f"CREATE TABLE Lead (Id INTEGER PRIMARY KEY, {', '.join(f'{n} COLLATE NOCASE' for n in names)})"
        )
        marks = ", ".join("?" for _ in names)
        self._db.executemany(
            f"INSERT INTO Lead ({', '.join(names)}) VALUES ({marks})",
            ([row.get(name) for name in names] for row in rows),
        )

    def query(self, soql: str, *, blanks: bool = True) -> list[dict[str, Any]]:
        return [dict(row) for row in self._db.execute(sql(soql, blanks=blanks))]

    def close(self) -> None:
        self._db.close()

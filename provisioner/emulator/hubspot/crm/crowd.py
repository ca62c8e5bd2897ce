"""Very many records that look alike, in one table: a million in seconds, searched by SQL, made whole on demand.

A property with few values is kept as the number of its value, an instant in ms UTC, a text such as `lead{n}@x.example`
not at all. Whoever changes a record of a crowd takes it out: from then on it is a record like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from typing import Any

from provisioner.emulator.hubspot import formula
from provisioner.emulator.hubspot.conditions import AnyOf, Condition, Leaf, Not, Span
from provisioner.emulator.hubspot.crm import records
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.standard import TYPES
from provisioner.emulator.hubspot.state.engines import Key, Row
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show

_SOURCE = records.Source("IMPORT")
_PAGE = 5000  # rows that are read at once
_SELECTIVE = 0.05  # an index is worth its detour for less than this share of the rows
_SIGNS = ("=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/")


class Crowd:
    """`facts`: id, object, first (record id), count, columns: name → {kind, at, values?, shares?, text?}."""

    def __init__(self, portal: Portal, facts: Json) -> None:
        self._portal = portal
        self.facts = facts
        self.table = f"crowd_{facts['id']}"
        self.where = TYPES[facts["object"]]
        self._calls: list[Callable[[Row], Any]] = []
        width = 1 + max((one["at"] for one in self.columns.values() if "at" in one), default=0)
        self._names = ", ".join(["id", *(f"c{n}" for n in range(width))])

    @property
    def columns(self) -> dict[str, Json]:
        found: dict[str, Json] = self.facts["columns"]
        return found

    # -- single records ----------------------------------------------------------------------------------------------

    def get(self, record_id: str) -> Json | None:
        """A record, made whole; changing it changes nothing here."""
        if not record_id.isdigit() or not 0 <= int(record_id) - self.facts["first"] < self.facts["count"]:
            return None
        row = self._select(self._names, f"id = {int(record_id)}").fetchone()
        return None if row is None else self.whole(row)

    def take(self, record_id: str) -> None:
        """From now on it is no longer one of the crowd."""
        self._portal.store.execute(f"DELETE FROM {self.table} WHERE id = {int(record_id)}")  # noqa: S608 - numbers

    def find(self, name: str, value: str) -> str | None:
        """The id of a record whose property, made by a pattern, has this value in any case."""
        column = self.columns.get(name)
        if column is None or column["kind"] != "pattern":
            return None
        before, _, after = column["text"].partition("{n}")
        match = re.fullmatch(f"{re.escape(before)}([1-9][0-9]*){re.escape(after)}", value, re.IGNORECASE)
        found = self.get(str(self.facts["first"] + int(match[1]) - 1)) if match else None
        return None if found is None else str(found["id"])

    def __iter__(self) -> Iterator[Json]:
        last = 0
        while True:
            rows = self._select(self._names, f"id > {last}", f"ORDER BY id LIMIT {_PAGE}").fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield from (self.whole(row) for row in rows)

    def values_of(self, row: Row) -> dict[str, str]:
        """What was planted, without what follows from it."""
        found: dict[str, str] = {}
        for name, column in self.columns.items():
            text = self._text(column, row)
            if text:
                found[name] = text
        return found

    def _text(self, column: Json, row: Row) -> str | None:
        if column["kind"] == "pattern":
            return str(column["text"].replace("{n}", str(row[0] - self.facts["first"] + 1)))
        kept = row[1 + column["at"]]
        if column["kind"] == "coded":
            return str(column["values"][kept])
        return None if kept is None else show(kept)

    def whole(self, row: Row) -> Json:
        """The record as planting it alone would have made it, at its instant of creation."""
        born = row[1]
        given = self.values_of(row)
        record: Json = {"id": str(row[0]), "values": {}, "history": {}, "created": born, "updated": born}
        record |= {"archived": False, "links": {}}
        records.fill(self._portal, self.where, record, given, _SOURCE, born)
        for name, column in self.columns.items():
            if column["kind"] == "instant" and name in given:
                record["history"][name][-1][0] = max(born, row[1 + column["at"]])
        return record

    # -- all of them -------------------------------------------------------------------------------------------------

    def count(self, condition: Condition) -> int:
        """How many meet a condition."""
        (found,) = self._select("count(*)", self._begin(condition)).fetchone()
        return int(found)

    def ids(self, condition: Condition, most: int = -1) -> list[int]:
        """Ids of those that meet a condition, ascending."""
        where = self._begin(condition)
        return [row[0] for row in self._select("id", where, f"ORDER BY id LIMIT {int(most)}").fetchall()]

    def first_of(self, condition: Condition, name: str | None, key: Key, down: bool, most: int) -> list[Row]:
        """Rows of the first records by a property (None: by id), blanks last; `key` is what it is sorted by."""
        where = self._begin(condition)
        order = "id" if name is None else f"{self._sort(name, key)} {'DESC' if down else 'ASC'} NULLS LAST, id"
        rows: list[Row] = self._select(self._names, where, f"ORDER BY {order} LIMIT {int(most)}").fetchall()
        return rows

    def some(self, row: Row, names: Set[str]) -> dict[str, str]:
        """The values of some properties, blanks left out."""
        if not names <= self.columns.keys() | {self.where.created, self.where.modified, "hs_object_id"}:
            values = self.whole(row)["values"]
            return {name: values[name] for name in names if name in values}
        found = {}
        for name in names:
            own = str(row[0]) if name == "hs_object_id" else show(row[1])
            text = self._text(self.columns[name], row) if name in self.columns else own
            if text:
                found[name] = text
        return found

    def grouped(self, names: list[str], low: int | None, high: int | None) -> dict[tuple[str, ...], int]:
        """Counts by values, straight from the table, of what was created from `low` to before `high`."""
        used = [self.columns.get(name) for name in names]
        picked = [f"c{one['at']}" if one else "0" for one in used]
        where = " AND ".join(
            [f"c0 >= {low}"] * (low is not None) + [f"c0 < {high}"] * (high is not None) + ["1"] * (low is high is None)
        )
        group = f"GROUP BY {', '.join(str(n + 1) for n in range(len(picked)))}" if picked else ""
        found: dict[tuple[str, ...], int] = {}
        for *codes, number in self._select(", ".join([*picked, "count(*)"]), where, group):
            key = tuple(one["values"][code] if one else "" for one, code in zip(used, codes, strict=True))
            found[key] = found.get(key, 0) + number
        return {key: number for key, number in found.items() if number}

    def has_nothing(self, name: str) -> bool:
        """Whether the property is blank in every record."""
        return self._same_for_all(name) and not self._blank(frozenset({name}))["values"]

    def forget(self, name: str) -> None:
        """A property begins again without values."""
        self.columns.pop(name, None)

    def _select(self, what: str, where: str, more: str = "") -> Any:
        """Every part is made of our own words and of numbers: texts of the outside are never in a statement."""
        return self._portal.store.execute(f"SELECT {what} FROM {self.table} WHERE {where} {more}")  # noqa: S608

    # -- conditions as SQL -------------------------------------------------------------------------------------------

    def _begin(self, condition: Condition) -> str:
        """Conditions may call back into `_calls`, which live as long as the statement."""
        self._calls = []
        self._portal.store.connection.create_function("of_crowd", -1, lambda n, *row: self._calls[n](row))
        return self._where(condition)

    def _where(self, condition: Condition) -> str:
        if isinstance(condition, Not):
            return f"NOT ({self._where(condition.part)})"
        if isinstance(condition, Leaf):
            return self._leaf(condition)
        if isinstance(condition, AnyOf):
            return "(" + (" OR ".join(self._where(one) for one in condition.parts) or "0") + ")"
        # What calls back comes last, so that it is asked for few rows.
        parts = sorted((self._where(one) for one in condition.parts), key=lambda one: "of_crowd" in one)
        return "(" + (" AND ".join(parts) or "1") + ")"

    def _leaf(self, leaf: Leaf) -> str:
        own = [name for name in leaf.names if not self._same_for_all(name)]
        if not own and not leaf.dated:
            return "1" if leaf.test(self._blank(leaf.names)) else "0"
        if leaf.span is not None and (number := self._number(leaf.span.name)) is not None:
            return _span(number, leaf.span)
        only = self.columns.get(own[0]) if len(own) == 1 and not leaf.dated else None
        if only is not None and only["kind"] == "coded":
            return self._among(own[0], only, leaf)
        if only is not None and only["kind"] == "pattern" and leaf.among is not None:
            ids = [one for value in leaf.among if (one := self.find(own[0], value)) is not None]
            return f"(id IN ({', '.join(ids)}))"
        if leaf.dated:
            return self._call(lambda row: int(leaf.test(self.whole(row))))
        return self._call(lambda row: int(leaf.test(_bare(self.some(row, leaf.names)))))

    def _call(self, answer: Callable[[Row], Any]) -> str:
        self._calls.append(answer)
        return f"of_crowd({len(self._calls) - 1}, {self._names})"

    def _among(self, name: str, column: Json, leaf: Leaf) -> str:
        """The leaf is asked once for every value there is."""
        fixed = self._blank(leaf.names - {name})["values"]
        met = []
        for code, value in enumerate(column["values"]):
            values = fixed | ({name: value} if value else {})
            if leaf.test(_bare(values)):
                met.append(code)
        share = sum(column["shares"][code] for code in met)
        plus = "" if share < _SELECTIVE else "+"
        return f"({plus}c{column['at']} IN ({', '.join(str(code) for code in met)}))"

    def _number(self, name: str) -> str | None:
        """SQL for the number of a property: of an instant its ms, of a formula its result; None for other kinds."""
        if name == "hs_object_id":
            return "id"
        if name in (self.where.created, self.where.modified):
            return "c0"
        column = self.columns.get(name)
        if column is not None:
            return f"c{column['at']}" if column["kind"] == "instant" else None
        if name == "hubspot_owner_assigneddate" and name in records.followers(self.columns):
            return self._assigned()
        calculated = self._portal.caches.formulas(self.where.id).get(name)
        if calculated is None or calculated[0].kind != "number":
            return None
        return formula_sql(calculated[0], self._term, self._portal.settings.untaken_branch_blanks)

    def _assigned(self) -> str | None:
        """Who has an owner from the beginning was assigned then."""
        owner = self.columns["hubspot_owner_id"]
        if owner["kind"] != "coded":
            return None
        blank = ", ".join(str(code) for code, value in enumerate(owner["values"]) if not value)
        return f"CASE WHEN c{owner['at']} IN ({blank}) THEN NULL ELSE c0 END"

    def _term(self, name: str) -> str | None:
        """What a formula reads; NULL for what no record has."""
        if self._same_for_all(name):
            return "NULL" if self.has_nothing(name) else None
        return self._number(name)

    def _same_for_all(self, name: str) -> bool:
        """Neither planted, nor kept up by the portal, nor calculated from what differs."""
        if name in self.columns or name in (self.where.created, self.where.modified, "hs_object_id"):
            return False
        calculated = self._portal.caches.formulas(self.where.id).get(name)
        if calculated is not None:
            return all(self._same_for_all(one) for one in calculated[1])
        return name not in records.followers(self.columns)

    def _blank(self, names: frozenset[str]) -> Json:
        """A record as the first one, of which nothing is asked that differs from record to record."""
        row = self._select(self._names, "1", "ORDER BY id LIMIT 1").fetchone()
        if row is None:
            return _bare({})
        values = self.whole(row)["values"]
        return _bare({name: values[name] for name in names if name in values and self._same_for_all(name)})

    def _sort(self, name: str, key: Key) -> str:
        return self._number(name) or self._call(lambda row: key(self.some(row, {name})))


def _bare(values: dict[str, str]) -> Json:
    """A record of which only values are asked; every value has been there from the beginning."""
    history = {name: [[0, value, "IMPORT", "", ""]] for name, value in values.items()}
    return {"id": "", "values": values, "history": history, "links": {}, "archived": False, "created": 0}


def _span(number: str, span: Span) -> str:
    """The plus keeps an index from being used, which would be a detour for so many rows."""
    more, less = (">", "<") if span.strict else (">=", "<=")
    inside = [f"+({number}) {more} {span.low}"] if span.low is not None else []
    inside += [f"+({number}) {less} {span.high}"] if span.high is not None else []
    text = " AND ".join(inside)
    if text:  # NULL, of a blank only; the number may be a long formula, which is not asked once more for that
        return f"ifnull({'NOT ' if span.outside else ''}({text}), {int(span.blank)})"
    return f"(CASE WHEN ({number}) IS NULL THEN {int(span.blank)} ELSE {int(not span.outside)} END)"


def formula_sql(node: formula.Node, term: Callable[[str], str | None], untaken_blanks: bool) -> str | None:
    """A formula as SQL with the same blanks; None when it does more than reckon with numbers."""
    text = _reckon(node, term)
    if text is None or not untaken_blanks:
        return text
    missing = [f"({term(name)}) IS NULL" for name in dict.fromkeys(formula.unguarded(node))]
    return f"(CASE WHEN {' OR '.join(missing)} THEN NULL ELSE {text} END)" if missing else text


def _never_blank(node: formula.Node) -> bool:
    return node.op == "is_present" or (node.op in ("and", "or", "not") and all(map(_never_blank, node.parts)))


def _reckon(node: formula.Node, term: Callable[[str], str | None]) -> str | None:
    if node.op == "literal":
        return str(float(node.value)) if isinstance(node.value, int | float) else None
    if node.op == "ref":
        column = term(str(node.value))
        return None if column is None else f"CAST(({column}) AS REAL)"
    parts = [_reckon(part, term) for part in node.parts]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if node.op == "is_present":
        return f"(({known[0]}) IS NOT NULL)"
    if node.op == "if":
        tests, results = known[:-1:2] if len(known) % 2 else known[::2], known[1::2]
        sure = [_never_blank(one) for one in (node.parts[:-1:2] if len(known) % 2 else node.parts[::2])]
        cases = "".join(
            f"{'' if told else f' WHEN ({test}) IS NULL THEN NULL'} WHEN ({test}) THEN ({result})"
            for told, test, result in zip(sure, tests, results, strict=True)
        )
        return f"(CASE{cases} ELSE {known[-1] if len(known) % 2 else 'NULL'} END)"
    if node.op in ("and", "or"):
        pairs = zip(known, node.parts, strict=True)
        blank = " OR ".join(f"({part}) IS NULL" for part, one in pairs if not _never_blank(one))
        joined = f"({f' {node.op} '.join(known)})"
        return f"(CASE WHEN {blank} THEN NULL ELSE {joined} END)" if blank else joined
    if node.op in ("max", "min"):
        return f"{node.op}({', '.join(known)})"
    if node.op in ("not", "negative"):
        return f"({'NOT' if node.op == 'not' else '-'} ({known[0]}))"
    return f"(({known[0]}) {node.op} ({known[1]}))" if node.op in _SIGNS else None

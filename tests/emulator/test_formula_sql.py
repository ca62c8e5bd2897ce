"""Formula fields in queries: the SQL they become holds what the row-wise engine says, row for row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import DecimalException
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.automation.formula import FormulaError
from provisioner.emulator.salesforce.soql import query
from provisioner.emulator.salesforce.soql.formulas import formula_sql
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef
from provisioner.emulator.salesforce.state.values import to_json

NOW = datetime(2026, 3, 2, 12, 0, 0, 500_000, tzinfo=UTC)
EDGES = (datetime(1, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), NOW.replace(microsecond=0),
         datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))  # fmt: skip
STORED = {
    "Whole__c": FieldDef("Whole__c", "Whole", "double", precision=18, custom=True),
    "Fine__c": FieldDef("Fine__c", "Fine", "double", precision=18, scale=2, custom=True),
    "Count__c": FieldDef("Count__c", "Count", "int", precision=9, custom=True),
    "From__c": FieldDef("From__c", "From", "datetime", custom=True),
    "To__c": FieldDef("To__c", "To", "datetime", custom=True),
    "Day__c": FieldDef("Day__c", "Day", "date", custom=True),
    "Text__c": FieldDef("Text__c", "Text", "string", length=80, custom=True),
    "Stage__c": FieldDef("Stage__c", "Stage", "picklist", custom=True),
    "Flag__c": FieldDef("Flag__c", "Flag", "boolean", default=False, custom=True),
    "Parent__c": FieldDef(
        "Parent__c", "Parent", "reference", reference_to=("Thing__c",), relationship_name="Parent__r", custom=True
    ),
}
RESULTS = {
    "number": FieldDef("Result__c", "Result", "double", precision=18, scale=1, custom=True, formula="1"),
    "whole": FieldDef("Result__c", "Result", "double", precision=18, custom=True, formula="1"),
    "text": FieldDef("Result__c", "Result", "string", length=1300, custom=True, formula='""'),
    "truth": FieldDef("Result__c", "Result", "boolean", custom=True, formula="TRUE"),
    "instant": FieldDef("Result__c", "Result", "datetime", custom=True, formula="NOW()"),
    "day": FieldDef("Result__c", "Result", "date", custom=True, formula="TODAY()"),
}

instants = st.one_of(
    st.none(),
    st.sampled_from(EDGES),
    st.integers(-90_000, 90_000).map(lambda seconds: NOW.replace(microsecond=0) + timedelta(seconds=seconds)),
)
stored_rows = st.lists(
    st.fixed_dictionaries(
        {
            "Whole__c": st.none() | st.integers(-12, 12).map(float) | st.sampled_from([0.5, 1e13, -1e15]),
            "Fine__c": st.none()
            | st.integers(-500, 500).map(lambda cents: cents / 100)
            | st.sampled_from([0.005, 1e13]),
            "Count__c": st.none() | st.integers(-5, 5),
            "From__c": instants,
            "To__c": instants,
            "Day__c": st.none() | st.sampled_from([date.min, date(1969, 12, 31), date(2026, 3, 2), date.max]),
            "Text__c": st.none() | st.sampled_from(["a", "A", "ä", "it's", "2", "a%"]),
            "Stage__c": st.none() | st.sampled_from(["open", "Open", "shut"]),
            "Flag__c": st.booleans(),
            "parent": st.integers(0, 3),
        }
    ),
    min_size=1,
    max_size=4,
)


def _formulas() -> Callable[[str], st.SearchStrategy[str]]:
    """Kind → formulas of that kind."""
    numbers = st.sampled_from(["0", "1", "60", "0.1", "2.5", "7", "86400", "1440", "24", "3"])
    leaves = {
        "number": st.sampled_from(["Whole__c", "Fine__c", "Count__c", "Parent__r.Fine__c", "NULL"]) | numbers,
        "text": st.sampled_from(['""', '"a"', '"it\'s"', "Text__c", "TEXT(Stage__c)", "Parent__r.Text__c", "NULL"]),
        "truth": st.sampled_from(["TRUE", "FALSE", "Flag__c", "Parent__r.Flag__c", 'ISPICKVAL(Stage__c, "open")']),
        "instant": st.sampled_from(["From__c", "To__c", "NOW()", "Parent__r.To__c", "NULL"]),
        "day": st.sampled_from(["Day__c", "TODAY()", "Parent__r.Day__c", "NULL"]),
    }

    @cache  # one strategy per kind and depth; made anew they cost more than what they draw
    def grown(kind: str, depth: int) -> st.SearchStrategy[str]:
        if depth == 0:
            return leaves[kind]
        below = {name: grown(name, depth - 1) for name in leaves}
        test, same = below["truth"], below[kind]
        choices = [leaves[kind], shaped("IF({}, {}, {})", test, same, same), *own[kind](below, numbers)]
        if kind != "truth":
            choices.append(shaped("BLANKVALUE({}, {})", same, same))
            choices.append(shaped('CASE(Stage__c, "open", {}, "", {}, {})', same, same, same))
        return st.one_of(choices)

    return lambda kind: grown(kind, 3)


def shaped(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda chosen: pattern.format(*chosen))


Below = dict[str, st.SearchStrategy[str]]


def _numbers(below: Below, numbers: st.SearchStrategy[str]) -> list[st.SearchStrategy[str]]:
    one = below["number"]
    signs = [shaped(f"({{}} {sign} {{}})", one, one) for sign in "+-*"]
    turned = [shaped(f"{name}({{}})", one) for name in ("-", "ABS", "FLOOR", "CEILING")]
    gaps = [shaped("({} - {})", below[kind], below[kind]) for kind in ("instant", "day")]
    more = [shaped("({} / {})", one, numbers), shaped("({} * {})", one, numbers), *gaps]
    rounded = [shaped(f"ROUND({{}}, {places})", one) for places in ("0", "1", "2", "-1")]
    lists = [shaped("MAX({}, {})", one, one), shaped("MIN({}, {})", one, one), shaped("MAX({})", one)]
    parts = [shaped(f"{name}({{}})", below["day"]) for name in ("YEAR", "MONTH", "DAY", "WEEKDAY")]
    chosen = shaped("CASE({}, 1, {}, 2.5, {}, {})", one, one, one, one)
    return [*signs, *turned, *more, *rounded, *lists, *parts, chosen]


def _truths(below: Below, numbers: st.SearchStrategy[str]) -> list[st.SearchStrategy[str]]:
    orders = [
        shaped(f"({{}} {sign} {{}})", below[kind], below[kind])
        for kind in ("number", "instant", "day")
        for sign in ("<", "<=", ">", ">=", "=", "<>")
    ]
    texts = [shaped(f"({{}} {sign} {{}})", below["text"], below["text"]) for sign in ("=", "<>")]
    texts += [shaped(f"{name}({{}}, {{}})", below["text"], below["text"]) for name in ("CONTAINS", "BEGINS")]
    blanks = [shaped("ISBLANK({})", below[kind]) for kind in below]
    truth = below["truth"]
    logic = [shaped(f"{word}({{}}, {{}})", truth, truth) for word in ("AND", "OR")]
    return [*orders, *texts, *blanks, *logic, shaped("NOT({})", truth), shaped("({} = {})", truth, truth)]


own: dict[str, Callable[[Below, st.SearchStrategy[str]], list[st.SearchStrategy[str]]]] = {
    "number": _numbers,
    "truth": _truths,
    "text": lambda below, numbers: [
        shaped("({} & {})", below["text"], below["text"]),
        shaped("TEXT({})", st.one_of(below["number"], below["instant"], below["day"])),
    ],
    "instant": lambda below, numbers: [
        shaped("({} + {})", below["instant"], below["number"]),
        shaped("({} - {} / 1440)", below["instant"], below["number"]),
        shaped("({} + {})", below["number"], below["instant"]),
    ],
    "day": lambda below, numbers: [
        shaped("({} + {})", below["day"], below["number"]),
        shaped("({} - {})", below["day"], below["number"]),
        shaped("DATEVALUE({})", below["instant"]),
    ],
}
formulas = _formulas()
cases = st.sampled_from(sorted(RESULTS)).flatmap(
    lambda result: st.tuples(st.just(result), formulas("number" if result == "whole" else result))
)


class Bench:
    """An object with one formula field that changes, in an org that stands at half a second."""

    def __init__(self) -> None:
        self.org = assembled()
        self.org.move_clock(NOW)
        self.org.rows.update("User", self.org.admin_id, {"TimeZoneSidKey": "GMT"})
        standard = (
            FieldDef("Id", "Id", "id"), FieldDef("Name", "Name", "string", length=80),
            FieldDef("IsDeleted", "Deleted", "boolean", default=False),
        )  # fmt: skip
        fields = (*standard, *STORED.values())
        self.org.schema.add_object(SObjectDef("Thing__c", "Thing", "a0T", custom=True, fields=fields))
        self.org.schema.add_field("Thing__c", RESULTS["number"])

    def fill(self, rows: list[dict[str, Any]]) -> None:
        self.org.store.execute('DELETE FROM "Thing__c"')
        ids: list[str] = []
        for row in rows:
            values = {name: value for name, value in row.items() if name != "parent"}
            if row["parent"] < len(ids):
                values["Parent__c"] = ids[row["parent"]]
            ids.append(self.org.rows.insert("Thing__c", values))

    def define(self, result: str, formula: str, *, zero: bool = False) -> FieldDef:
        item = replace(RESULTS[result], formula=formula, blanks_as_zero=zero)
        self.org.schema.replace_field("Thing__c", item)
        return item

    def asked(self) -> list[Any]:
        """What a query shows."""
        text = "SELECT Result__c FROM Thing__c ORDER BY Id"
        answer = query(self.org, text, user_id=self.org.admin_id, system=True)
        return [record["Result__c"] for record in answer.records()]

    def engine(self, item: FieldDef) -> list[Any]:
        """What the row-wise engine says."""
        rows = self.org.rows.select("Thing__c")
        admin = self.org.admin_id
        return [to_json(item, self.org.automation.formula_value("Thing__c", item, row, admin)) for row in rows]

    def sql(self, item: FieldDef) -> str | None:
        return formula_sql(self.org, self.org.schema.sobject("Thing__c"), item, "t", self.org.admin_id)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.org.close()


def _agree(bench: Bench, result: str, formula: str, zero: bool, rows: list[dict[str, Any]]) -> None:
    item = bench.define(result, formula, zero=zero)
    try:
        bench.org.automation.formulas.formula(bench.org.schema.sobject("Thing__c"), item)
    except FormulaError:
        return  # not a formula that anybody could have saved
    bench.fill(rows)
    try:
        said = bench.engine(item)
    except DecimalException:
        return  # a number with more digits than any field has
    asked = bench.asked()
    assert [repr(one) for one in asked] == [repr(one) for one in said], formula


def row(**values: Any) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(name for name in STORED if name != "Parent__c")
    return blank | {"Flag__c": False, "parent": 3} | values


BASE = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPANS = [row(From__c=BASE, To__c=BASE + timedelta(seconds=gap)) for gap in (-1800, 0, 3, 9, 18, 1799, 1800, 5400)]
TEXTS = [row(Text__c=text, Stage__c=text) for text in (None, "a", "A", "b")]
END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
# Where SQL by itself would say something else: result, formula, rows, what is shown.
TRAPS: list[tuple[str, str, list[dict[str, Any]], list[Any]]] = [
    ("whole", "(To__c - From__c) * 24", SPANS, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]),
    ("number", "ROUND((To__c - From__c) * 86400, 0) / 60", SPANS, [-30.0, 0.0, 0.1, 0.2, 0.3, 30.0, 30.0, 90.0]),
    ("number", "-Fine__c", [row(Fine__c=0.04), row(Fine__c=-0.05), row()], [0.0, 0.1, None]),
    ("number", "Fine__c * 100", [row(Fine__c=0.004), row(Fine__c=0.02)], [0.4, 2.0]),
    ("truth", 'Text__c = "a"', TEXTS, [False, True, False, False]),
    ("truth", 'ISPICKVAL(Stage__c, "A")', TEXTS, [False, False, True, False]),
    ("truth", 'NOT(AND(Whole__c > 1, TRUE))', [row(), row(Whole__c=2.0)], [True, False]),
    ("truth", "To__c + 1 > NOW()", [row(), row(To__c=END), row(To__c=BASE)], [False, False, True]),
    ("truth", "NOW() > To__c", [row(To__c=NOW.replace(microsecond=0)), row()], [True, False]),
    ("instant", "NOW()", [row()], ["2026-03-02T12:00:01.000+0000"]),
    ("number", "MAX(Whole__c)", [row(), row(Whole__c=3.0)], [None, 3.0]),
]  # fmt: skip


@pytest.mark.parametrize(("result", "formula", "rows", "shown"), TRAPS)
def test_a_trap(bench: Bench, result: str, formula: str, rows: list[dict[str, Any]], shown: list[Any]) -> None:
    item = bench.define(result, formula)
    bench.fill(rows)
    assert bench.sql(item) is not None, "a trap for SQL is asked of SQL"
    assert [repr(one) for one in bench.asked()] == [repr(one) for one in shown]
    assert bench.engine(item) == shown


FAST = (
    ("number", "ROUND(ROUND((To__c - From__c) * 86400, 0) / 60, 1)"),
    ("number", "IF(AND(NOT(ISBLANK(Fine__c)), Fine__c <= Whole__c), 0, ROUND((Fine__c * 60) / 60, 1))"),
    ("text", 'IF(ISPICKVAL(Stage__c, "shut"), "", IF(NOW() > To__c, "Miss", "Hit"))'),
    ("text", 'CASE(Stage__c, "open", Parent__r.Text__c, "other")'),
    ("instant", "From__c + Whole__c / 1440"),
    ("day", "TODAY() - Count__c"),
)


@pytest.mark.parametrize(("result", "formula"), FAST)
def test_what_reports_ask_needs_no_row_by_row(bench: Bench, result: str, formula: str) -> None:
    """Rows without anything strange in them are not handed to Python."""
    item = bench.define(result, formula)
    bench.fill([row(From__c=BASE, To__c=BASE, Whole__c=3.0, Fine__c=0.25, Count__c=1, Stage__c="open"), row()])
    handed: list[str] = []
    bench.org.store.connection.create_function("soql_formula", 3, lambda *of: handed.append(of[2]))
    sql = bench.sql(item)
    assert sql is not None
    bench.org.store.execute(f'SELECT {sql} FROM "Thing__c" AS t').fetchall()
    assert handed == []


@pytest.mark.parametrize("formula", ["1 / Whole__c", "MOD(Whole__c, 3)", "VALUE(Text__c)", "FLOOR(Whole__c / 3)"])
def test_what_is_not_sure_to_be_the_same_stays_with_the_engine(bench: Bench, formula: str) -> None:
    assert bench.sql(bench.define("number", formula)) is None


@settings(max_examples=250, deadline=None)
@given(cases, st.booleans(), stored_rows)
def test_a_query_and_the_engine_agree(bench: Bench, case: tuple[str, str], zero: bool, rows: Any) -> None:
    _agree(bench, *case, zero, rows)


@pytest.mark.full
@settings(max_examples=12_000, deadline=None)
@given(cases, st.booleans(), stored_rows)
def test_a_query_and_the_engine_agree_on_very_many_formulas(
    bench: Bench, case: tuple[str, str], zero: bool, rows: Any
) -> None:
    _agree(bench, *case, zero, rows)

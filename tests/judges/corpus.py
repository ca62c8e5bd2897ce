"""Formulas for two implementations to agree on: random ones, and all that the templates render, with random values."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from provisioner.emulator.salesforce.automation.formula import Kind
from provisioner.resources import Resource, Snapshot

Value = Decimal | str | bool | date | datetime | None

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = ("", "-", "at_risk", "breached", "Ada Lovelace", "00Q000000000001AAA", "a, b; c", "Ünïcode & <b>", " padded ")
PICKED = ("", "at_risk", "breached", "excluded", "within_sla")
FIELD_KINDS = {
    "DateTime": Kind.DATETIME, "Date": Kind.DATE, "Number": Kind.NUMBER, "Checkbox": Kind.BOOLEAN,
    "Picklist": Kind.PICKLIST, "Boolean": Kind.BOOLEAN, "Currency": Kind.NUMBER, "Percent": Kind.NUMBER,
}  # fmt: skip
STANDARD = {
    "Form_Submitted_At__c": Kind.DATETIME,  # the client's own
    "IsConverted": Kind.BOOLEAN, "CreatedDate": Kind.DATETIME, "CompletedDateTime": Kind.DATETIME,
    "Status": Kind.PICKLIST, "LeadSource": Kind.PICKLIST, "Rating": Kind.PICKLIST,
}  # fmt: skip
MERGED = re.compile(r"\{!([$\w.]+)\}")
PATH = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z]\w*(?:[:.]\w+)+')  # a text, or a name that leaves the record
NAMED = re.compile(r'"(?:[^"\\]|\\.)*"|\b[A-Za-z]\w*\b(?!\s*\()')
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
CONSTANT = frozenset({"TRUE", "FALSE", "NULL"})


@dataclass(frozen=True, slots=True)
class Case:
    """`origin` says where the formula comes from; `names` are the kinds of what it reads, `values` one set of them."""

    origin: str
    formula: str
    names: Mapping[str, Kind]
    values: Mapping[str, Value]


def value(kind: Kind, dice: random.Random, blanks: float) -> Value:
    """One of a kind. Checkboxes are never blank; a picklist without a value is the empty text, as a text is."""
    if kind is Kind.BOOLEAN:
        return dice.random() < 0.5
    if kind is Kind.TEXT:
        return dice.choice(WORDS)
    if kind is Kind.PICKLIST:
        return dice.choice(PICKED)
    if dice.random() < blanks:
        return None
    if kind is Kind.NUMBER:
        return Decimal(dice.randint(-50_000, 50_000)) / dice.choice((1, 1, 10, 100))
    moment = START + timedelta(seconds=dice.randint(0, 60 * 86_400))
    return moment if kind is Kind.DATETIME else moment.date()


# ------------------------------------------------------------ what the templates render


def rendered(name: str, package: Snapshot, dice: random.Random, times: int, seen: set[str]) -> Iterator[Case]:
    """The formulas of a package that are not among `seen`, which remembers them."""
    for origin, formula, known in _sources(package):
        plain, names = flattened(formula, {**STANDARD, **known})
        if plain in seen:
            continue
        seen.add(plain)
        for blanks in [0.0, 1.0, *[0.3] * times]:
            values = {key: value(kind, dice, blanks) for key, kind in names.items()}
            yield Case(f"{name} {origin}", plain, names, values)


def _sources(package: Snapshot) -> Iterator[tuple[str, str, Mapping[str, Kind]]]:
    """(where, formula, kinds of the names it may read). A flow reads leads before anything else."""
    kinds: dict[str, dict[str, Kind]] = defaultdict(dict)
    for item in package:
        object, _, name = item.address.name.partition(".")
        if item.address.kind == "CustomField":
            kinds[object][name] = FIELD_KINDS.get(str(item.attributes.get("type")), Kind.TEXT)
    everywhere = {name: kind for known in kinds.values() for name, kind in known.items()} | kinds["Lead"]
    for item in package:
        said, object = item.attributes, item.address.name.partition(".")[0]
        if item.address.kind == "CustomField" and said.get("formula"):
            yield item.address.name, str(said["formula"]), kinds[object]
        elif item.address.kind == "ValidationRule":
            yield item.address.name, str(said["errorConditionFormula"]), kinds[object]
        elif item.address.kind == "Flow":
            yield from _of_flow(item, everywhere)
        elif item.address.kind == "Report":
            for row in said.get("aggregates", ()):
                sums = {re.sub(r"\W+", "_", path): Kind.NUMBER for path in PATH.findall(row["calculatedFormula"])}
                yield (
                    f"{item.address.name} {row['masterLabel']}",
                    str(row["calculatedFormula"]),
                    {**sums, "RowCount": Kind.NUMBER},
                )


def _of_flow(flow: Resource, fields: Mapping[str, Kind]) -> Iterator[tuple[str, str, Mapping[str, Kind]]]:
    said, name = flow.attributes, flow.address.name
    own = dict(fields) | {
        str(row["name"]): FIELD_KINDS.get(str(row.get("dataType")), Kind.TEXT)
        for part in ("variables", "formulas")
        for row in said.get(part, ())
    }
    for row in said.get("formulas", ()):
        yield f"{name}.{row['name']}", str(row["expression"]), own
    if entry := dict(said.get("start", {})).get("filterFormula"):
        yield f"{name} entry", str(entry), own


def flattened(formula: str, kinds: Mapping[str, Kind]) -> tuple[str, dict[str, Kind]]:
    """With plain names for what is read, so that any evaluator takes it; and the kinds of these names. What depends on
    the moment or on the save (NOW(), ISNEW(), ISCHANGED()) is a value like any other."""
    text = MERGED.sub(lambda found: re.sub(r"\W+", "_", found[1]).strip("_"), formula)
    text = PATH.sub(lambda found: found[0] if found[0][0] == '"' else re.sub(r"\W+", "_", found[0]), text)
    text = re.sub(r"ISCHANGED\((\w+)\)", r"Changed_\1", text).replace("ISNEW()", "Is_New").replace("NOW()", "Moment")
    names: dict[str, Kind] = {}
    paths = {re.sub(r"\W+", "_", path).strip("_"): path for path in MERGED.findall(formula)}
    for name in NAMED.findall(text):
        if not name.startswith('"') and name.upper() not in CONSTANT:
            names[name] = _kind(name, paths.get(name, name), kinds)
    return text, names


def _kind(name: str, path: str, kinds: Mapping[str, Kind]) -> Kind:
    if name in ("Moment", "Flow_CurrentDateTime"):
        return Kind.DATETIME
    if name == "Is_New" or name.startswith("Changed_"):
        return Kind.BOOLEAN
    return kinds.get(path.rpartition(".")[2], Kind.TEXT)


# ------------------------------------------------------------ random ones

NAMES: Mapping[str, Kind] = {
    "N1": Kind.NUMBER, "N2": Kind.NUMBER, "T1": Kind.TEXT, "T2": Kind.TEXT, "B1": Kind.BOOLEAN, "B2": Kind.BOOLEAN,
    "D1": Kind.DATE, "D2": Kind.DATE, "M1": Kind.DATETIME, "M2": Kind.DATETIME, "P1": Kind.PICKLIST,
}  # fmt: skip
# n t b d m: an expression of that kind (number, text, checkbox, date, instant); p: a picklist; k, j: small whole
# numbers, j above 1 (dividing by zero, characters before the first and days that do not exist are errors of their own).
GRAMMAR: Mapping[str, tuple[str, ...]] = {
    "n": (
        "(n + n)", "(n - n)", "(n * n)", "(n / j)", "(0 - n)", "ROUND(n, k)", "ABS(n)", "FLOOR(n)", "CEILING(n)",
        "MFLOOR(n)", "MCEILING(n)", "MOD(n, j)", "MAX(n, n)", "MIN(n, n)", "LEN(t)", "FIND(t, t)", "SQRT(ABS(n))",
        "YEAR(d)", "MONTH(d)", "DAY(d)", "WEEKDAY(d)", "(m - m)", "(d - d)", "IF(b, n, n)", "BLANKVALUE(n, n)",
        "CASE(t, \"a\", n, \"b\", n, n)", "CASE(p, \"at_risk\", n, n)", "(j ^ k)",
    ),
    "t": (
        "(t & t)", "LEFT(t, k)", "RIGHT(t, k)", "MID(t, 1, k)", "MID(t, j, k)", "TRIM(t)",
        "SUBSTITUTE(t, \"a\", t)", "UPPER(t)", "LOWER(t)", "TEXT(ROUND(n, 0))", "TEXT(p)",
        "TEXT(d)", "TEXT(M1)", "LPAD(t, k, \"x\")", "RPAD(t, k, \"x\")",
        "IF(b, t, t)", "BLANKVALUE(t, t)",
    ),
    "b": (
        "n < n", "n <= n", "n > n", "n >= n", "n = n", "t = t", "t <> t", "m < m", "m <= m", "d > d", "d = d",
        "AND(b, b)", "OR(b, b)", "NOT(b)", "(b && b)", "(b || b)", "ISBLANK(t)", "ISBLANK(n)", "ISBLANK(m)",
        "CONTAINS(t, t)", "BEGINS(t, t)", "ISPICKVAL(p, \"at_risk\")", "IF(b, b, b)",
    ),
    "d": ("DATEVALUE(m)", "(d + k)", "(d - k)", "ADDMONTHS(d, k)", "DATE(2026, j, 28)", "IF(b, d, d)"),
    "m": ("(m + ROUND(n, 0) / 86400)", "(m - k)", "IF(b, m, m)", "BLANKVALUE(m, m)",
          "DATETIMEVALUE(\"2026-03-02 13:00:00\")"),
}  # fmt: skip
LEAVES: Mapping[str, tuple[str, ...]] = {
    "n": ("N1", "N2", "0", "1", "2.5", "60", "86400"), "t": ("T1", "T2", '"a"', '"at_risk"', '" b "', '""'),
    "b": ("B1", "B2", "TRUE", "FALSE"), "d": ("D1", "D2"), "m": ("M1", "M2"), "p": ("P1",),
    "k": ("0", "1", "2", "3", "7"), "j": ("2", "3", "7"),
}  # fmt: skip
SLOT = re.compile(r'"[^"]*"|\b[ntbdmkjp]\b')


def grown(symbol: str, depth: int, dice: random.Random) -> str:
    if symbol not in GRAMMAR or depth == 0:
        return dice.choice(LEAVES[symbol])
    pattern = dice.choice(GRAMMAR[symbol])
    return SLOT.sub(lambda slot: slot[0] if slot[0][0] == '"' else grown(slot[0], depth - 1, dice), pattern)


def random_cases(dice: random.Random, count: int, times: int) -> Iterator[Case]:
    for number in range(count):
        formula = grown(dice.choice("ntbdm"), dice.randint(1, 4), dice)
        _, names = flattened(formula, NAMES)
        for blanks in [0.0, *[0.2] * times]:
            values = {key: value(kind, dice, blanks) for key, kind in names.items()}
            yield Case(f"random {number}", formula, names, values)


def travelling(case: Case) -> dict[str, Any]:
    """As formulas.cjs reads it. Formulon knows no quotes in texts: a text that has some is a value, too."""
    values = {key: _sent(case.names[key], item) for key, item in case.values.items()}

    def named(text: re.Match[str]) -> str:
        if "\\" not in text[0]:
            return text[0]
        name = f"Quoted_{text.start()}"
        values[name] = ("text", text[0][1:-1].replace('\\"', '"').replace("\\\\", "\\"))
        return name

    return {"formula": TEXT.sub(named, case.formula), "values": values}


def _sent(kind: Kind, item: Value) -> tuple[str, Any]:
    if isinstance(item, datetime):
        return "datetime", int(item.timestamp() * 1000)
    if isinstance(item, date):
        return "date", int(datetime(item.year, item.month, item.day, tzinfo=UTC).timestamp() * 1000)
    if isinstance(item, Decimal):
        return "number", float(item)
    return {Kind.BOOLEAN: "checkbox", Kind.TEXT: "text", Kind.PICKLIST: "picklist"}.get(kind, "null"), item

"""Custom summary formulas: `Lead.X__c:SUM / RowCount`. [docs] reference/salesforce.md 7.4

A column is named as in the standard types' files, or with a dot where custom report types have `$` ([docs] example of
the Metadata API guide). Functions are those of every formula; a division by zero, or by a summary of nothing, gives no
value. Formulas of datatype percent are shown times 100 ([inferred] for the API's value).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.analytics.definition import ROW_COUNT, SummaryFormula, summary_key
from provisioner.emulator.salesforce.automation.formula import (
    Formula,
    FormulaError,
    Kind,
    Reference,
    compile_formula,
)
from provisioner.emulator.salesforce.automation.formula.kinds import to_formula

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.analytics.report_types import Column, ReportType

CONTEXTS = ("GRAND_SUMMARY", "GLOBAL")
"""Grouping contexts besides the report's own groupings: the grand total, and everywhere. [docs] and [community]"""
_FUNCTIONS = {"SUM": "Sum", "AVG": "Average", "MAX": "Maximum", "MIN": "Minimum"}


@dataclass(frozen=True)
class Facts:
    """What a formula sees: the summaries of one group, by key, at one moment."""

    values: Mapping[str, Any]
    now: datetime
    zone: tzinfo
    is_new: bool = False


@dataclass(frozen=True)
class Computed:
    """A compiled formula and the column summaries it needs: (column, kind) pairs."""

    formula: SummaryFormula
    run: Formula
    needs: tuple[tuple[Column, str], ...]

    def value(self, facts: Facts) -> float | None:
        """The figure, rounded half up to the formula's scale; None when it cannot be computed."""
        found = self.run.evaluate(facts)
        if not isinstance(found, Decimal):
            return None
        shown = found * 100 if self.formula.datatype == "percent" else found
        return float(shown.quantize(Decimal(1).scaleb(-self.formula.scale), ROUND_HALF_UP))


class _Names:
    """Resolves `RowCount` and `Column:SUM`; remembers what was asked for."""

    merge = False
    patterns = False

    def __init__(self, kind: ReportType) -> None:
        self._kind = kind
        self.needs: dict[tuple[str, str], tuple[Column, str]] = {}

    def resolve(self, name: str) -> Reference:
        if name == ROW_COUNT:
            return Reference(Kind.NUMBER, _reader(ROW_COUNT))
        token, _, function = name.rpartition(":")
        column = self._kind.by_api_name(token)
        summary = _FUNCTIONS.get(function)
        if column is None or summary is None or not column.summable:
            raise FormulaError(f"Field {name} does not exist. Check spelling.")
        if column.item.type == "percent":
            raise FormulaError("The emulator does not model percent fields in summary formulas.")
        self.needs[column.token, summary] = (column, summary)
        return Reference(Kind.NUMBER, _reader(summary_key(column.token, summary)))


def _reader(key: str) -> Callable[[Any], Any]:
    return lambda facts: to_formula(facts.values[key])


def problem(kind: ReportType, expression: str) -> str | None:
    """What is wrong with a formula, in the words of the formula editor; None when it is fine."""
    try:
        compile_formula(expression, _Names(kind), Kind.NUMBER)
    except FormulaError as error:
        return str(error)
    return None


def compute(kind: ReportType, formula: SummaryFormula) -> Computed:
    """Compile a checked formula. FormulaError when a column has gone since."""
    names = _Names(kind)
    run = compile_formula(formula.expression, names, Kind.NUMBER)
    return Computed(formula, run, tuple(names.needs.values()))

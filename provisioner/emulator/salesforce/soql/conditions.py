"""WHERE and HAVING → SQL, with the vendor's checks on the type of every literal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.emulator.salesforce.errors import ApiError, not_modelled
from provisioner.emulator.salesforce.soql import dates
from provisioner.emulator.salesforce.soql.scope import Column, Scope
from provisioner.emulator.salesforce.soql.tree import (
    Aggregate,
    Both,
    Comparison,
    DateLiteral,
    Either,
    FieldPath,
    Membership,
    Negation,
    Statement,
    Test,
    Value,
    pointed,
)
from provisioner.emulator.salesforce.state.rows import compile_comparison
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, TEXT_TYPES, FieldDef

_ORDERABLE = frozenset({"<", "<=", ">", ">="})


@dataclass
class Conditions:
    """Compiles tests of one statement; `measure` gives the SQL of a path or aggregate, `nested` that of a semi-join."""

    scope: Scope
    values: list[Any]
    measure: Callable[[FieldPath | Aggregate], Column]
    nested: Callable[[Statement, FieldDef], str]

    def compile(self, test: Test) -> str:
        match test:
            case Both(parts):
                return " AND ".join(f"({self.compile(part)})" for part in parts)
            case Either(parts):
                return " OR ".join(f"({self.compile(part)})" for part in parts)
            case Negation(part):
                return f"({self.compile(part)}) IS NOT TRUE"
            case Comparison():
                return self._comparison(test)
            case Membership():
                return self._membership(test)

    def _comparison(self, test: Comparison) -> str:
        column = self.measure(test.left)
        self._filterable(column, test)
        if isinstance(test.value, DateLiteral):
            if isinstance(test.left, FieldPath) and test.left.function is not None:  # [docs]; the text is [inferred]
                text = f"{test.left.function}() cannot be compared with the date literal {test.value.name}"
                raise pointed(self.scope.text, test.at, text)
            return self._span(column, test, test.value)
        if test.op == "like" and column.item.type not in TEXT_TYPES:
            raise self._operator(column, test.op, test.at)
        if test.op in _ORDERABLE and column.item.type in ("boolean", "id", "reference"):
            raise self._operator(column, test.op, test.at)
        value = self._typed(column, test.value, test.quoted, test.at)
        if value is None and test.op in _ORDERABLE:
            return "0"
        return compile_comparison(column.sql, column.item, test.op, value, self.values)

    def _membership(self, test: Membership) -> str:
        column = self.measure(test.left)
        self._filterable(column, test)
        if test.query is not None:
            inside = f"{column.sql} IN ({self.nested(test.query, column.item)})"
            return f"({inside}) IS NOT TRUE" if test.negated else inside
        values = []
        for value, quoted in test.values:
            if isinstance(value, DateLiteral):
                raise not_modelled("a date literal inside IN (…)")
            values.append(self._typed(column, value, quoted, test.at))
        return compile_comparison(column.sql, column.item, "not in" if test.negated else "in", values, self.values)

    def _filterable(self, column: Column, test: Comparison | Membership) -> None:
        if column.item.type in ("longtextarea", "base64"):
            text = f"field '{column.item.name}' can not be filtered in a query call"
            raise pointed(self.scope.text, test.at, text, "INVALID_FIELD")
        if column.item.type == "multipicklist" and not (isinstance(test, Comparison) and test.op in ("=", "!=")):
            raise not_modelled(f"filtering the multi-select picklist {column.item.name} other than with = and !=")

    def _operator(self, column: Column, op: str, at: int) -> ApiError:
        text = f"invalid operator on {column.item.type} field"
        return pointed(self.scope.text, at, text, "INVALID_QUERY_FILTER_OPERATOR")

    def _span(self, column: Column, test: Comparison, literal: DateLiteral) -> str:
        """A date literal is a span: equal means inside it, less means before it, greater means after it."""
        zone = ZoneInfo(self._zone())
        start: date
        end: date
        if column.item.type == "datetime":
            start, end = dates.instants(literal, self.scope.org.now, zone)
        elif column.item.type == "date":
            start, end = dates.days(literal, self.scope.org.now.astimezone(zone).date())
        else:
            raise self._wrong_type(column, test.at)

        def compare(op: str, value: date) -> str:
            return compile_comparison(column.sql, column.item, op, value, self.values)

        match test.op:
            case "=":
                return f"{compare('>=', start)} AND {compare('<', end)}"
            case "!=":
                return f"({compare('>=', start)} AND {compare('<', end)}) IS NOT TRUE"
            case "<":
                return compare("<", start)
            case "<=":
                return compare("<", end)
            case ">":
                return compare(">=", end)
            case ">=":
                return compare(">=", start)
        raise self._operator(column, test.op, test.at)

    def _zone(self) -> str:
        user = self.scope.org.rows.get("User", self.scope.user_id) or {}
        return str(user.get("TimeZoneSidKey") or self.scope.org.settings.timezone)

    def _typed(self, column: Column, value: Value, quoted: bool, at: int) -> Any:
        """The literal as a value of the column, or the vendor's complaint about its type."""
        kind = column.item.type
        if value is None:
            return None
        if kind == "boolean":
            fits = isinstance(value, bool)
        elif kind in NUMBER_TYPES:
            fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        elif kind == "datetime":
            fits = isinstance(value, datetime)
        elif kind == "date":
            fits = isinstance(value, date) and not isinstance(value, datetime)
        elif kind == "time":
            raise not_modelled(f"filtering the time field {column.item.name}")
        else:
            fits = quoted
        if not fits:
            raise self._wrong_type(column, at)
        return value

    def _wrong_type(self, column: Column, at: int) -> ApiError:
        kind = column.item.type
        shown = {"datetime": "dateTime", "reference": "reference", "id": "ID", "picklist": "string"}.get(kind, kind)
        unquoted = kind in ("boolean", "datetime", "date") or kind in NUMBER_TYPES
        if kind in TEXT_TYPES:
            shown = "string"
        manner = "should not be enclosed in quotes" if unquoted else "should be enclosed in quotes"
        text = f"value of filter criterion for field '{column.item.name}' must be of type {shown} and {manner}"
        return pointed(self.scope.text, at, text, "INVALID_FIELD")

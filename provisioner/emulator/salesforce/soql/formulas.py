"""A formula field as SQL, where that is sure to give what the row-wise engine gives; else no SQL.

Kept as in the engine: comparisons of blanks are unknown, and unknown is false to AND, OR and IF; blank text is the
empty text; texts are compared with their case. A row in which the two could differ (a stored number with more places
than its field, an instant beyond the calendar, a tie after an inexact division) is sent to the engine by a guard.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from provisioner.emulator.salesforce.automation.engine import Automation
from provisioner.emulator.salesforce.automation.fields import FieldNames, FieldScope, Viewer, field_kind
from provisioner.emulator.salesforce.automation.formula import FormulaError, Kind
from provisioner.emulator.salesforce.automation.formula.syntax import Literal, Name, Node, parse
from provisioner.emulator.salesforce.soql import exact
from provisioner.emulator.salesforce.soql.exact import FIELD_MOST, Guards, Number, Untranslatable
from provisioner.emulator.salesforce.soql.expressions import (
    COUNTED,
    MOMENTS,
    NOTHING,
    TEXTS,
    Expression,
    blank,
    cases,
    constant,
    joined,
    logic,
    quoted,
    text_of,
)
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, FieldDef, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_FIRST, _AFTER = -62_135_596_800, 253_402_300_800  # the calendar of the engine, years 1 to 9999, in seconds
_FOUR_DIGITS = -30_610_224_000  # the year 1000
_UTC = frozenset({"UTC", "GMT", "Etc/UTC", "Etc/GMT"})
_LONGEST = 100_000  # characters of SQL
_PARTS = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d"}


def formula_sql(org: Org, definition: SObjectDef, item: FieldDef, table: str, user_id: str) -> str | None:
    """SQL of the stored form of a formula field over the table alias `table`, now, for a user.

    None when the formula has no SQL of its own, or is not valid: the row-wise engine has the word on it.
    """
    guards = Guards()
    try:
        automation = Automation.of(org)
        automation.formulas.formula(definition, item)
        value = _Translator(org, automation.viewer(user_id), guards).field(definition, item, table)
        sql = _stored(item, value, guards)
    except (FormulaError, Untranslatable, RecursionError):
        return None
    call = row_wise(definition, item, table)
    if guards.tests:
        sql = f"CASE WHEN {' AND '.join(guards.tests)} THEN {sql} ELSE {call} END"
    return f"({sql})" if len(sql) <= _LONGEST else None


def row_wise(definition: SObjectDef, item: FieldDef, table: str) -> str:
    """SQL that asks the engine, row by row."""
    return f"soql_formula('{definition.name}', '{item.name}', {table}.\"Id\")"


def _stored(item: FieldDef, value: Expression, guards: Guards) -> str:
    """As the store encodes the value of a field."""
    if item.type == "boolean":
        return "0" if value.kind is Kind.NULL else f"coalesce({value.sql}, 0)"
    if value.kind is Kind.NULL:
        return "NULL"
    if item.type in NUMBER_TYPES:
        places = 0 if item.type == "int" else item.scale
        number = guards.rounded(value.number, places)
        whole = number.over(10**places)
        return whole if item.type == "int" else f"({whole} / {10**places}.0)"
    if value.kind is Kind.DATETIME:
        number = value.number
        half = number.over(2 * number.below)
        seconds = number.sql if number.below == 1 else exact.floor_sql(f"({half} + {number.below})", 2 * number.below)
        guards.need(seconds, f"{seconds} < {_AFTER}")
        return seconds
    if value.kind is Kind.DATE:
        return f"date({value.number.sql} * {_DAY}, 'unixepoch')"
    if item.type in ("id", "reference") or value.kind is not Kind.TEXT:
        raise Untranslatable(f"a result of type {item.type}")
    return f"nullif({value.sql} COLLATE BINARY, '')"


class _Translator:
    """Trees → expressions. The formulas are valid: kinds were checked when they were compiled."""

    def __init__(self, org: Org, viewer: Viewer, guards: Guards) -> None:
        self.org = org
        self.viewer = viewer
        self.guards = guards

    def field(self, definition: SObjectDef, item: FieldDef, table: str) -> Expression:
        """A formula field of a row, unrounded, as another formula sees it."""
        made = _Fields(self, definition, item.blanks_as_zero, table).node(parse(item.formula or ""))
        kind = field_kind(item)
        if made.kind is Kind.NULL and kind is not Kind.BOOLEAN:
            return Expression(kind, "''")
        if kind is Kind.BOOLEAN:
            return Expression(kind, "0" if made.kind is Kind.NULL else f"coalesce({made.sql}, 0)")
        return made


class _Fields:
    """The formulas of one object, over one table alias."""

    def __init__(self, translator: _Translator, definition: SObjectDef, zero: bool, table: str) -> None:
        self.translator = translator
        self.guards = translator.guards
        self.definition = definition
        self.zero = zero
        self.table = table

    def node(self, node: Node) -> Expression:
        if isinstance(node, Literal):
            return constant(node.value)
        if isinstance(node, Name):
            return self.name(node.text)
        arguments = [self.node(one) for one in node.arguments]
        made = self.operator(node.function, arguments) if node.operator else self.function(node.function, arguments)
        if made is None:
            raise Untranslatable(node.function)
        return made

    # -- fields -----------------------------------------------------------------------------
    def name(self, text: str) -> Expression:
        org = self.translator.org
        if text.startswith("$"):  # the same for every row
            names = FieldNames(org, Automation.of(org).formulas, self.definition, blanks_as_zero=self.zero)
            reference = names.resolve(text)
            value = reference.read(FieldScope(self.translator.viewer, {}))
            if not isinstance(value, Decimal | str | bool | None) or reference.kind not in (Kind.NUMBER, *TEXTS[:2]):
                raise Untranslatable(text)
            if value is None and reference.kind is Kind.NUMBER:
                return Expression(Kind.NUMBER)
            return Expression(reference.kind, quoted(value or "")) if isinstance(value, str | None) else constant(value)
        steps = Automation.of(org).formulas.steps(self.definition, text)
        if steps is None:
            raise Untranslatable(text)
        hops, owner, item = steps
        if item.formula is not None:
            if hops:
                raise Untranslatable("a formula of a related record")
            value_of = self.translator.field(owner, item, self.table)
        else:
            value_of = self.stored(item, self.column(hops, item))
        if self.zero and value_of.kind is Kind.NUMBER:
            number = value_of.number
            filled = Number(f"coalesce({number.sql}, 0)", number.below, number.bound, number.error, number.loose)
            return Expression(Kind.NUMBER, number=filled)
        return value_of

    def column(self, hops: list[tuple[str, str]], item: FieldDef) -> str:
        """The column, or one of a record that a lookup points to; what is in the recycle bin is not found."""
        links, sql = [name for name, _ in hops], self.table
        names = [*links, item.name]
        found = f'{sql}."{names[0]}"'
        for (_, target), name in zip(hops, names[1:], strict=True):
            definition = self.translator.org.schema.sobject(target)
            there = ' AND f."IsDeleted" = 0' if definition.has("IsDeleted") else ""
            found = f'(SELECT f."{name}" FROM "{definition.name}" AS f WHERE f."Id" = {found}{there})'  # noqa: S608
        return found

    def stored(self, item: FieldDef, column: str) -> Expression:
        kind = field_kind(item)
        if kind is Kind.NUMBER:
            scale = 0 if item.type == "int" else item.scale
            if scale > 9:
                raise Untranslatable("a field with very many places")
            whole = f"CAST(round({column} * {10**scale}.0) AS INTEGER)"
            near = f"abs({column}) < {FIELD_MOST // 10**scale}"
            self.guards.need(column, f"({near} AND {whole} / {10**scale}.0 = {column})")
            return Expression(kind, number=Number(whole, 10**scale, FIELD_MOST))
        if kind is Kind.DATETIME:
            return Expression(kind, number=Number(column, 1, _AFTER))
        if kind is Kind.DATE:
            days = f"(CAST(strftime('%s', {column}) AS INTEGER) / {_DAY})"
            return Expression(kind, number=Number(days, 1, _AFTER // _DAY))
        return Expression(kind, column if kind is Kind.BOOLEAN else f"coalesce({column}, '')")

    # -- operators --------------------------------------------------------------------------
    def operator(self, sign: str, arguments: list[Expression]) -> Expression | None:
        if sign == "neg":
            return Expression(Kind.NUMBER, number=exact.negate(arguments[0].number))
        left, right = arguments
        match sign:
            case "&&" | "||":
                return logic("AND" if sign == "&&" else "OR", arguments)
            case "=" | "<>":
                return self.compared(left, sign, right)
            case "<" | "<=" | ">" | ">=":
                return None if Kind.TIME in (left.kind, right.kind) else self.compared(left, sign, right)
            case "&":
                return joined(arguments)
            case "+" | "-":
                return self.additive(sign, left, right)
            case "*" | "/":
                made = (exact.multiply if sign == "*" else exact.divide)(left.number, right.number)
                return Expression(Kind.NUMBER, number=made)
        return None

    def compared(self, left: Expression, sign: str, right: Expression) -> Expression | None:
        kinds = {left.kind, right.kind} - {Kind.NULL}
        if Kind.TEXT in kinds:
            return Expression(Kind.BOOLEAN, f"({text_of(left)} COLLATE BINARY {sign} {text_of(right)})")
        if Kind.NULL in (left.kind, right.kind):
            return Expression(Kind.BOOLEAN, "NULL")
        if left.kind in COUNTED:
            return Expression(Kind.BOOLEAN, self.guards.compared(left.number, sign, right.number))
        return Expression(Kind.BOOLEAN, f"({left.sql} {sign} {right.sql})") if left.kind is Kind.BOOLEAN else None

    def additive(self, sign: str, left: Expression, right: Expression) -> Expression | None:
        if Kind.NULL in (left.kind, right.kind):
            return NOTHING
        if left.kind is Kind.TEXT:
            return joined([left, right])
        if left.kind is Kind.NUMBER and right.kind in MOMENTS:
            left, right = right, left
        if left.kind in MOMENTS and right.kind is Kind.NUMBER:
            return self.shifted(left, sign, right.number)
        if left.kind is not right.kind or left.kind not in COUNTED:
            return None
        gap = exact.add(left.number, right.number, sign)
        if left.kind is Kind.NUMBER or left.kind is Kind.DATE:
            return Expression(Kind.NUMBER, number=gap)
        return Expression(Kind.NUMBER, number=exact.divide(gap, exact.constant(Fraction(_DAY))))

    def shifted(self, moment: Expression, sign: str, days: Number) -> Expression:
        """An instant moves by whole seconds, a date by whole days."""
        days = exact.shortened(days)
        if sign == "-":
            days = Number(f"(-{days.sql})", days.below, days.bound, days.error, days.loose)
        if moment.kind is Kind.DATE:
            step, low, high = self.guards.toward_zero(days), _FIRST // _DAY, _AFTER // _DAY
        else:
            seconds = exact.shortened(exact.multiply(days, exact.constant(Fraction(_DAY))))
            if seconds.below % 2 == 0:  # halves go up here, and away from zero in `rounded`
                self.guards.need(seconds.sql, f"abs(({seconds.sql} * 2) % {2 * seconds.below}) <> {seconds.below}")
            step, low, high = self.guards.rounded(seconds, 0), _FIRST, _AFTER
        moved = exact.add(moment.number, step)
        below = moved.below
        self.guards.need(moved.sql, f"({moved.sql} >= {low * below} AND {moved.sql} < {high * below})")
        return Expression(moment.kind, number=Number(moved.sql, below, high * below))

    # -- functions --------------------------------------------------------------------------
    def function(self, name: str, arguments: list[Expression]) -> Expression | None:
        match name:
            case "IF":
                return cases([(f"CASE WHEN {arguments[0].sql or 'NULL'} THEN", arguments[1])], arguments[2])
            case "CASE":
                return self.case(arguments)
            case "AND" | "OR":
                return logic(name, arguments)
            case "NOT":
                return Expression(Kind.BOOLEAN, f"(NOT {arguments[0].sql or 'NULL'})")
            case "ISBLANK" | "ISNULL":
                return Expression(Kind.BOOLEAN, blank(arguments[0]))
            case "BLANKVALUE" | "NULLVALUE":
                return cases([(f"CASE WHEN NOT {blank(arguments[0])} THEN", arguments[0])], arguments[1])
            case "ISPICKVAL":
                return Expression(Kind.BOOLEAN, f"({text_of(arguments[0])} COLLATE BINARY = {text_of(arguments[1])})")
            case "CONTAINS" | "BEGINS" if Kind.NULL in (arguments[0].kind, arguments[1].kind):
                return Expression(Kind.BOOLEAN, "NULL")
            case "CONTAINS" | "BEGINS":
                place = f"instr({text_of(arguments[0])}, {text_of(arguments[1])})"
                return Expression(Kind.BOOLEAN, f"({place} {'> 0' if name == 'CONTAINS' else '= 1'})")
            case "NOW" | "TODAY" | "ISNEW":
                return self.moment(name)
            case "MAX" | "MIN" | "ABS" | "ROUND" | "FLOOR" | "CEILING":
                return self.number(name, [one.number for one in arguments])
            case "TEXT" | "DATEVALUE" | "YEAR" | "MONTH" | "DAY" | "WEEKDAY":
                return self.converted(name, arguments[0])
        return None

    def case(self, arguments: list[Expression]) -> Expression | None:
        subject, keys = arguments[0], arguments[1:-1:2]
        pairs: list[tuple[str, Expression]] = []
        for key, answer in zip(keys, arguments[2:-1:2], strict=True):
            if subject.kind in (Kind.TEXT, Kind.PICKLIST):
                test = f"({text_of(subject)} COLLATE BINARY = {text_of(key)})"
            elif Kind.NULL in (subject.kind, key.kind):
                test = "NULL"
            elif subject.kind in COUNTED:
                test = self.guards.compared(subject.number, "=", key.number)
            else:
                return None
            pairs.append((f"{'WHEN' if pairs else 'CASE WHEN'} {test} THEN", answer))
        return cases(pairs, arguments[-1])

    def moment(self, name: str) -> Expression:
        viewer = self.translator.viewer
        if name == "ISNEW":
            return Expression(Kind.BOOLEAN, "0")
        if name == "TODAY":
            days = viewer.now.astimezone(viewer.zone).date().toordinal() - _EPOCH.toordinal()
            return Expression(Kind.DATE, number=exact.constant(Fraction(days)))
        gap = viewer.now - _EPOCH
        return Expression(Kind.DATETIME, number=exact.constant(Fraction(gap // timedelta(microseconds=1), 1_000_000)))

    def number(self, name: str, numbers: list[Number]) -> Expression | None:
        first = numbers[0]
        if name in ("MAX", "MIN"):
            parts, shape = exact.either(numbers)
            made = exact.as_one(f"{name.lower()}({', '.join(parts)})", shape) if len(parts) > 1 else first
        elif name == "ABS":
            made = exact.absolute(first)
        elif name == "ROUND":
            places = numbers[1].constant
            if places is None:
                return None
            made = self.guards.rounded(first, int(places))
        elif not first.exact:
            return None
        elif name == "FLOOR":
            made = self.guards.toward_zero(first)
        else:
            more = first.below - 1
            up = f"({first.sql} + CASE WHEN {first.sql} < 0 THEN {-more} ELSE {more} END)"
            made = self.guards.toward_zero(Number(up, first.below, first.bound + more))
        return Expression(Kind.NUMBER, number=made)

    def converted(self, name: str, value: Expression) -> Expression | None:
        number = value.number
        if value.kind in (Kind.PICKLIST, Kind.NULL) and name == "TEXT":
            return Expression(Kind.TEXT, text_of(value))
        if name == "TEXT" and value.kind is Kind.NUMBER and number.below == 1 and number.exact:
            return Expression(Kind.TEXT, f"coalesce(CAST({number.sql} AS TEXT), '')")
        if name == "TEXT" and value.kind is Kind.DATE:
            return Expression(Kind.TEXT, f"coalesce(date({number.sql} * {_DAY}, 'unixepoch'), '')")
        if name == "TEXT" and value.kind is Kind.DATETIME and number.below == 1:
            self.guards.need(number.sql, f"{number.sql} >= {_FOUR_DIGITS}")
            return Expression(Kind.TEXT, f"coalesce(strftime('%Y-%m-%d %H:%M:%SZ', {number.sql}, 'unixepoch'), '')")
        if name == "DATEVALUE" and value.kind is Kind.DATE:
            return value
        if name == "DATEVALUE" and value.kind is Kind.DATETIME and str(self.translator.viewer.zone) in _UTC:
            days = exact.floor_sql(number.sql, number.below * _DAY)
            return Expression(Kind.DATE, number=Number(days, 1, _AFTER // _DAY))
        if value.kind is not Kind.DATE or name in ("TEXT", "DATEVALUE"):
            return None
        moment = f"{number.sql} * {_DAY}, 'unixepoch'"
        letter = _PARTS.get(name, "%w")
        part = f"CAST(strftime('{letter}', {moment}) AS INTEGER)"
        return Expression(Kind.NUMBER, number=Number(part if name in _PARTS else f"({part} + 1)", 1, 9999))

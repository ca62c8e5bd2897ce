"""Values of formulas as SQL, and the few ways in which they are put together whatever formula they are of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from provisioner.emulator.salesforce.automation.formula import Kind
from provisioner.emulator.salesforce.soql import exact
from provisioner.emulator.salesforce.soql.exact import BLANK, Number, Untranslatable

MOMENTS = (Kind.DATE, Kind.DATETIME)
COUNTED = (Kind.NUMBER, *MOMENTS)
TEXTS = (Kind.TEXT, Kind.PICKLIST, Kind.MULTIPICKLIST, Kind.TIME)


@dataclass(frozen=True)
class Expression:
    """Of a number, `number`; of a date, its days since 1970, of an instant its seconds, as `number`; of a truth, `sql`
    (1, 0 or NULL); of other kinds `sql`, a text that is never NULL."""

    kind: Kind
    sql: str = ""
    number: Number = BLANK


NOTHING = Expression(Kind.NULL)


def constant(value: Decimal | str | bool | None) -> Expression:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return Expression(Kind.BOOLEAN, str(int(value)))
    if isinstance(value, str):
        return Expression(Kind.TEXT, quoted(value))
    return Expression(Kind.NUMBER, number=exact.literal(value))


def quoted(text: str) -> str:
    if "\0" in text:
        raise Untranslatable("a text with a zero byte")
    return "'" + text.replace("'", "''") + "'"


def text_of(value: Expression) -> str:
    return value.sql if value.kind is not Kind.NULL else "''"


def joined(values: list[Expression]) -> Expression:
    return Expression(Kind.TEXT, f"({' || '.join(text_of(one) for one in values)})")


def logic(word: str, values: list[Expression]) -> Expression:
    """AND and OR take unknown for false."""
    return Expression(Kind.BOOLEAN, "(" + f" {word} ".join(f"({one.sql or 'NULL'}) IS TRUE" for one in values) + ")")


def blank(value: Expression) -> str:
    if value.kind is Kind.NULL:
        return "1"
    if value.kind in TEXTS:
        return f"({value.sql} COLLATE BINARY = '')"
    return f"({value.sql if value.kind is Kind.BOOLEAN else value.number.sql} IS NULL)"


def cases(pairs: list[tuple[str, Expression]], otherwise: Expression) -> Expression:
    """A choice between values of one kind, some of which may be NULL."""
    values = [*(value for _, value in pairs), otherwise]
    kind = next((one.kind for one in values if one.kind is not Kind.NULL), Kind.NULL)
    if kind is Kind.NULL:
        return NOTHING
    shape = BLANK
    if kind in COUNTED:
        parts, shape = exact.either([one.number for one in values])
    elif kind is Kind.BOOLEAN:
        parts = [one.sql or "NULL" for one in values]
    else:
        parts = [text_of(one) for one in values]
    tests = " ".join(f"{test} {part}" for (test, _), part in zip(pairs, parts, strict=False))
    sql = f"({tests} ELSE {parts[-1]} END)"
    return Expression(kind, number=exact.as_one(sql, shape)) if kind in COUNTED else Expression(kind, sql)

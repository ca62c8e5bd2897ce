"""What a formula can hold and how it fails: kinds, values, errors, the arithmetic context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import Enum
from typing import Any, Protocol

Value = Decimal | str | bool | datetime | date | time | None

# [code: salesforce formula-engine] intermediate results carry 39 digits, rounded half up.
ARITHMETIC = Context(prec=39, rounding=ROUND_HALF_UP)
# [code: salesforce formula-engine] FLOOR and CEILING look at 33 digits so that 1/3*3 is 1.
STEADY = Context(prec=33, rounding=ROUND_HALF_UP)


class Kind(Enum):
    """The data types of formulas, by the vendor's own words."""

    NUMBER = "Number"
    TEXT = "Text"
    BOOLEAN = "Boolean"
    DATE = "Date"
    DATETIME = "DateTime"
    TIME = "Time"
    PICKLIST = "Picklist"
    MULTIPICKLIST = "Multipicklist"
    LONGTEXT = "LongText"
    RECORD = "Record"
    COLLECTION = "Collection"
    NULL = "Null"


FIELD_KINDS = {
    "id": Kind.TEXT,
    "string": Kind.TEXT,
    "textarea": Kind.TEXT,
    "reference": Kind.TEXT,
    "email": Kind.TEXT,
    "phone": Kind.TEXT,
    "url": Kind.TEXT,
    "longtextarea": Kind.LONGTEXT,
    "base64": Kind.LONGTEXT,
    "double": Kind.NUMBER,
    "int": Kind.NUMBER,
    "currency": Kind.NUMBER,
    "percent": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "picklist": Kind.PICKLIST,
    "multipicklist": Kind.MULTIPICKLIST,
    "datetime": Kind.DATETIME,
    "date": Kind.DATE,
    "time": Kind.TIME,
}


class FormulaError(Exception):
    """The formula is not valid; the text is what the vendor's checker says."""


class FormulaFault(Exception):
    """A valid formula that could not be computed for this row (division by zero, VALUE of a word)."""


class Scope(Protocol):
    """What a formula sees of the moment it runs in. Times are UTC; `zone` is the running user's."""

    @property
    def now(self) -> datetime: ...
    @property
    def zone(self) -> tzinfo: ...
    @property
    def is_new(self) -> bool: ...


Read = Callable[[Any], Value]


@dataclass(frozen=True, slots=True)
class Reference:
    """A name a formula may use: its kind and how to read it; `prior` only for fields of the saved record."""

    kind: Kind
    read: Read
    prior: Read | None = None


class Resolver(Protocol):
    """Turns names into references. `merge`: names are written {!Name}; else they are bare. `patterns`: REGEX() may
    be used."""

    @property
    def merge(self) -> bool: ...
    @property
    def patterns(self) -> bool: ...
    def resolve(self, name: str) -> Reference: ...


def to_formula(value: object) -> Value:
    """A stored value as formulas see it: numbers become Decimal (by their shortest digits), the rest stays."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str | Decimal | datetime | date | time):
        return value
    raise FormulaFault(f"A formula cannot use a value of type {type(value).__name__}.")

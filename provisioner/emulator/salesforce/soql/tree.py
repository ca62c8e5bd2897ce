"""The parts of a SOQL statement, and the vendor's way of pointing at a mistake in one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from provisioner.emulator.salesforce.errors import ApiError


@dataclass(frozen=True)
class FieldPath:
    """`Owner.Name` → ("Owner", "Name"); `at` is the offset in the text; `function` a date function in capitals."""

    names: tuple[str, ...]
    at: int
    function: str | None = None

    @property
    def text(self) -> str:
        name = ".".join(self.names)
        return f"{self.function}({name})" if self.function else name


@dataclass(frozen=True)
class Aggregate:
    """`function` in capitals; `path` None only for COUNT()."""

    function: str
    path: FieldPath | None
    alias: str | None
    at: int


@dataclass(frozen=True)
class AliasedField:
    path: FieldPath
    alias: str | None


@dataclass(frozen=True)
class AllFields:
    """FIELDS(ALL | STANDARD | CUSTOM)."""

    kind: str
    at: int


@dataclass(frozen=True)
class DateLiteral:
    """TODAY, LAST_N_DAYS:7 …"""

    name: str
    number: int | None


Value = str | float | int | bool | datetime | date | DateLiteral | None


@dataclass(frozen=True)
class Comparison:
    """op: = != < <= > >= like"""

    left: FieldPath | Aggregate
    op: str
    value: Value
    quoted: bool
    at: int


@dataclass(frozen=True)
class Membership:
    left: FieldPath
    negated: bool
    values: tuple[tuple[Value, bool], ...]  # value, was it quoted
    query: Statement | None
    at: int


@dataclass(frozen=True)
class Both:
    parts: tuple[Test, ...]


@dataclass(frozen=True)
class Either:
    parts: tuple[Test, ...]


@dataclass(frozen=True)
class Negation:
    part: Test


Test = Comparison | Membership | Both | Either | Negation


@dataclass(frozen=True)
class Order:
    by: FieldPath | Aggregate
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Statement:
    select: tuple[AliasedField | Aggregate | AllFields, ...]
    sobject: str
    sobject_at: int
    alias: str | None
    where: Test | None
    group: tuple[FieldPath, ...]
    having: Test | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int | None

    @property
    def counts_rows(self) -> bool:
        """Is this `SELECT COUNT() FROM …`?"""
        first = self.select[0]
        return isinstance(first, Aggregate) and first.path is None

    @property
    def aggregated(self) -> bool:
        return bool(self.group) or any(isinstance(item, Aggregate) for item in self.select)


def pointed(text: str, at: int, complaint: str, code: str = "MALFORMED_QUERY") -> ApiError:
    """The vendor's error: the line, a caret under the place, row and column (from 1), then the complaint."""
    before = text[:at]
    row = before.count("\n") + 1
    start = before.rfind("\n") + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    column = at - start + 1
    return ApiError(code, f"\n{line}\n{' ' * (column - 1)}^\nERROR at Row:{row}:Column:{column}\n{complaint}")

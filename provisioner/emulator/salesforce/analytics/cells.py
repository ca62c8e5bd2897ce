"""One value of one row: what the API gives, what people read, what filters and groupings compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.analytics.definition import Bucket
from provisioner.emulator.salesforce.analytics.filters import Moment
from provisioner.emulator.salesforce.analytics.periods import american
from provisioner.emulator.salesforce.analytics.report_types import Column, ReportType

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org
    from provisioner.emulator.salesforce.state.rows import Row

BLANK = "-"
"""How a blank is shown. [docs]"""
Record = dict[str, "Row | None"]
"""One row of a report: table path → row (None where an outer join found nothing)."""


@dataclass(frozen=True)
class Cell:
    """`value` as stored (an id for a lookup), `text` what filters see (a lookup's name), `order` what sorts."""

    value: Any
    text: Any
    order: Any


class Cells:
    """Reads columns and bucket fields of one report type as one user sees them."""

    def __init__(self, org: Org, kind: ReportType, buckets: tuple[Bucket, ...], user_id: str, moment: Moment) -> None:
        self._org, self._kind, self._user_id, self.moment = org, kind, user_id, moment
        self._buckets = {bucket.token: bucket for bucket in buckets}
        self._names: dict[str, str | None] = {}
        self._orders: dict[str, dict[str, int]] = {}

    def column(self, token: str) -> Column | None:
        """The column of a token; None for a bucket field."""
        return None if token in self._buckets else self._kind.columns[token]

    def source(self, token: str) -> Column:
        """The column of a token, or the one that a bucket field sorts into buckets."""
        bucket = self._buckets.get(token)
        return self._kind.columns[bucket.source if bucket else token]

    def label(self, token: str) -> str:
        bucket = self._buckets.get(token)
        return bucket.label if bucket else self._kind.columns[token].label

    def reader(self, token: str) -> Callable[[Record], Cell]:
        """How to read a column or bucket field."""
        bucket = self._buckets.get(token)
        if bucket is not None:
            inner = self.reader(bucket.source)
            return lambda record: _bucketed(bucket, inner(record))
        column = self._kind.columns[token]
        return lambda record: self._cell(column, self.value(column, record))

    def value(self, column: Column, record: Record) -> Any:
        """The stored or computed value of a column."""
        row = record.get(column.table)
        if row is None:
            return None
        if column.item.formula is None:
            return row.get(column.item.name)
        return self._org.automation.formula_value(column.owner.name, column.item, row, self._user_id)

    def shown(self, column: Column, value: Any) -> str:
        """A value as people read it (en_US)."""
        if value is None:
            return BLANK
        if column.item.type == "reference":
            return self._name(str(value)) or str(value)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime):
            local = value.astimezone(self.moment.zone)
            return f"{american(local.date())}, {local:%I:%M %p}".replace(", 0", ", ")
        if isinstance(value, date):
            return american(value)
        if isinstance(value, time):
            return f"{value:%I:%M %p}".lstrip("0")
        if column.item.type == "picklist":
            found = (one.shown for one in column.item.picklist if one.value == value)
            return next(found, str(value))
        return number_text(column.item.type, value, column.item.scale) if column.numeric else str(value)

    def _cell(self, column: Column, value: Any) -> Cell:
        if column.item.type == "reference" and value is not None:
            name = self._name(str(value))
            return Cell(value, name, (name or "").casefold())
        if column.item.type == "picklist" and value is not None:
            return Cell(value, value, self._picklist_order(column, str(value)))
        return Cell(value, value, value.casefold() if isinstance(value, str) else value)

    def _picklist_order(self, column: Column, value: str) -> tuple[int, str]:
        """Picklist values sort as the picklist lists them, strangers after them. [community]"""
        places = self._orders.get(column.token)
        if places is None:
            places = {one.value: place for place, one in enumerate(column.item.picklist)}
            self._orders[column.token] = places
        return places.get(value, len(places)), value.casefold()

    def _name(self, record_id: str) -> str | None:
        if record_id not in self._names:
            owner = self._org.schema.by_prefix(record_id)
            row = None if owner is None else self._org.rows.get(owner.name, record_id, deleted=True)
            self._names[record_id] = None if row is None or row.get("Name") is None else str(row["Name"])
        return self._names[record_id]


def _bucketed(bucket: Bucket, cell: Cell) -> Cell:
    """The bucket that a value falls into: by listed text (no case), or by range (upper bound included). [docs]"""
    value = 0 if cell.value is None and bucket.null_as_zero and bucket.kind == "number" else cell.text
    for place, one in enumerate(bucket.values):
        if bucket.kind == "number":
            low, high = one.low, one.high
            hit = value is not None and (low is None or value > low) and (high is None or value <= high)
        else:
            hit = ("" if value is None else str(value)).casefold() in {text.casefold() for text in one.sources}
        if hit:
            return Cell(one.label, one.label, place)
    if value is not None and bucket.other is not None:
        return Cell(bucket.other, bucket.other, len(bucket.values))
    return Cell(value, value, len(bucket.values) + 1) if bucket.kind != "number" else Cell(None, None, None)


def number_text(kind: str, value: float, scale: int) -> str:
    """`1,234.50`, `$1,234.50`, `60%`; whole numbers of type int without decimals."""
    text = f"{value:,.{0 if kind == 'int' else scale}f}"
    return {"currency": f"${text}", "percent": f"{text}%"}.get(kind, text)


def to_json(column: Column, value: Any) -> Any:
    """A cell's value as the Analytics API gives it. [docs]"""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if column.item.type == "currency" and value is not None:
        return {"amount": value, "currency": None}
    return value

"""The business calendar: half-open open intervals `[open, close)` of a local week, minus holidays, measured in UTC.

Every calendar is turned into a table of open intervals in epoch seconds with the open seconds before each of them, so
that a question about open time is a binary search. The table grows when an instant outside it is asked for.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from provisioner.model.design import BusinessHours
from provisioner.sla.instants import epoch, from_epoch
from provisioner.sla.localtime import closing, opening

DAY = 86_400
_MARGIN = 2 * DAY  # a local day starts less than two days from the UTC day of the same date
_FIRST_SPAN = 400 * DAY

Intervals = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Table:
    """Open intervals in order, without overlap. Complete for instants in `[low, high]` (epoch seconds).

    `before[i]` and `after[i]` are the open seconds up to the opening and the closing of interval i; `day_close[i]` is
    the last closing instant of the local date that interval i belongs to."""

    low: int
    high: int
    opens: list[int]
    closes: list[int]
    before: list[int]
    after: list[int]
    day_close: list[int]

    def position(self, seconds: int) -> int:
        """Open seconds from the beginning of the table to an instant."""
        index = bisect_right(self.opens, seconds) - 1
        if index < 0:
            return 0
        return self.before[index] + min(seconds, self.closes[index]) - self.opens[index]

    def position_at_high(self) -> int:
        return self.position(self.high)

    def reached(self, position: int) -> int:
        """The earliest instant with that many open seconds since the beginning of the table; position > 0."""
        index = bisect_left(self.after, position)
        return self.closes[index] - (self.after[index] - position)

    def interval_from(self, seconds: int) -> int:
        """Index of the first interval that is not over at an instant."""
        return bisect_right(self.closes, seconds)


@dataclass(frozen=True)
class Calendar:
    """`week[weekday]`: open intervals in minutes after local midnight, Monday first. `business_day`: the minutes that
    one business day (`bd`) means; None for the calendar clock, which knows no business days."""

    timezone: str
    week: tuple[Intervals, ...]
    holidays: frozenset[date] = frozenset()
    business_day: int | None = None
    always: bool = False
    _grown: dict[str, Table] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not any(close > begin for day in self.week for begin, close in day):
            raise ValueError(f"The calendar in {self.timezone} has no open time, so no clock on it could ever end.")

    @classmethod
    def of(cls, hours: BusinessHours) -> Calendar:
        """The calendar of a design's business hours. ValueError when they are never open."""
        week = tuple(tuple(hours.open.get(weekday, ())) for weekday in range(7))
        days_off = frozenset(holiday.day for holiday in hours.holidays)
        return cls(hours.timezone, week, days_off, hours.business_day)

    # --- questions -----------------------------------------------------------------------------------------------

    def open_seconds(self, a: datetime, b: datetime) -> int:
        """Open seconds between the instants a <= b. ValueError when b is before a."""
        begin, end = epoch(a), epoch(b)
        if end < begin:
            raise ValueError(f"Open time is measured forwards, but {b.isoformat()} is before {a.isoformat()}.")
        if self.always:
            return end - begin
        table = self.table(begin, end)
        return table.position(end) - table.position(begin)

    def open_minutes(self, a: datetime, b: datetime) -> Fraction:
        """Open minutes between the instants a <= b, exactly. ValueError when b is before a."""
        return Fraction(self.open_seconds(a, b), 60)

    def add(self, t: datetime, seconds: int) -> datetime:
        """`t` plus open time. With 0: `t` if open at `t`, else the next opening. With more: the earliest instant that
        has `seconds` of open time behind it since `t`, which may be a closing instant. ValueError when negative."""
        if seconds < 0:
            raise ValueError(f"Open time is added forwards; {seconds} s is negative.")
        begin = epoch(t)
        if self.always:
            return from_epoch(begin + seconds)
        if not seconds:
            return self.next_open(t)
        table = self.table_with(begin, begin, seconds)
        return from_epoch(table.reached(table.position(begin) + seconds))

    def is_open(self, t: datetime) -> bool:
        return self.next_open(t) == t

    def next_open(self, t: datetime) -> datetime:
        """The earliest open instant at or after `t`."""
        begin = epoch(t)
        if self.always:
            return t
        table = self.table_with(begin, begin, 1)
        return from_epoch(max(begin, table.opens[table.interval_from(begin)]))

    def close_of_business_day(self, t: datetime) -> datetime:
        """The last closing instant of the local date whose hours contain `t`. ValueError when the calendar is not open
        at `t`, or is the calendar clock, which never closes."""
        if self.always:
            raise ValueError("The calendar clock has no business day, so it has no close of one.")
        begin = epoch(t)
        table = self.table_with(begin, begin, 1)
        index = table.interval_from(begin)
        if table.opens[index] > begin:
            raise ValueError(f"The calendar in {self.timezone} is closed at {t.isoformat()}.")
        return from_epoch(table.day_close[index])

    # --- the table -----------------------------------------------------------------------------------------------

    def table(self, low: int, high: int) -> Table:
        """A table that is complete from `low` to `high` (epoch seconds)."""
        known = self._grown.get("table")
        if known is not None and known.low <= low and high <= known.high:
            return known
        if known is not None:  # grow by at least the present size, so that many small steps stay cheap
            span = known.high - known.low
            low = known.low if known.low <= low else min(low, known.low - span)
            high = known.high if high <= known.high else max(high, known.high + span)
        table = self._build(low, max(high, low + _FIRST_SPAN))
        self._grown["table"] = table  # one assignment: another thread sees the old table or the new one
        return table

    def table_with(self, low: int, last: int, seconds: int) -> Table:
        """A table complete from `low` that has at least `seconds` of open time after the instant `last`."""
        table = self.table(low, last)
        while table.position_at_high() - table.position(last) < seconds:
            table = self.table(table.low, table.high + 1)
        return table

    def _build(self, low: int, high: int) -> Table:
        zone = ZoneInfo(self.timezone)
        day, last = from_epoch(low - _MARGIN).date(), from_epoch(high + _MARGIN).date()
        table = Table(low, high, [], [], [], [], [])
        while day <= last:
            if day not in self.holidays:
                _append_day(table, zone, day, self.week[day.weekday()])
            day += timedelta(days=1)
        return table


def _append_day(table: Table, zone: ZoneInfo, day: date, intervals: Intervals) -> None:
    """Adds one local date. Where a repeated hour makes intervals overlap, the earlier one keeps the overlap."""
    midnight = datetime.combine(day, time())
    count = 0
    for begin_minute, close_minute in intervals:
        begin = opening(zone, midnight + timedelta(minutes=begin_minute))
        begin = max(begin, table.closes[-1]) if table.closes else begin
        close = closing(zone, midnight + timedelta(minutes=close_minute))
        if close <= begin:  # the hours fell into the hour that the clock skipped
            continue
        done = table.after[-1] if table.after else 0
        table.opens.append(begin)
        table.closes.append(close)
        table.before.append(done)
        table.after.append(done + close - begin)
        count += 1
    table.day_close.extend(table.closes[-1:] * count)


ALWAYS = Calendar("UTC", (((0, 1440),),) * 7, always=True)
"""The calendar clock: open at every instant."""

"""Open time of a BusinessHours row: local weekly hours minus all-day holidays, with real time-zone changes.

Half-open intervals [open, close). Start = end = 00:00 means the whole day, both empty means closed
([docs] reference 6.1). An open spell is cut at local midnight and joined again when it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# No opening within this many days means never: a calendar without hours, or closed by holidays.
HORIZON = 3700
Span = tuple[datetime, datetime]


class NeverOpen(Exception):
    """The calendar has no open time ahead."""


class BusinessHours:
    """The calendar of one row. `holidays`: local dates that are closed all day. All instants aware."""

    def __init__(self, row: dict[str, Any], holidays: frozenset[date] = frozenset()) -> None:
        self.zone = ZoneInfo(row["TimeZoneSidKey"])
        self.holidays = holidays
        self.week: list[tuple[time, time] | None] = []
        for day in _DAYS:
            start, end = row.get(f"{day}StartTime"), row.get(f"{day}EndTime")
            self.week.append(None if start is None or end is None else (start, end))
        self._spans: dict[date, Span | None] = {}

    def span(self, day: date) -> Span | None:
        """The open interval of a local day in UTC, or None."""
        if day not in self._spans:
            self._spans[day] = self._make_span(day)
        return self._spans[day]

    def _make_span(self, day: date) -> Span | None:
        hours = self.week[day.weekday()]
        if hours is None or day in self.holidays:
            return None
        start, end = hours
        opening = self._instant(day, start)
        # 00:00 as an end is the end of the day, whether or not the start is 00:00 too.
        closing = self._instant(day + timedelta(days=1), end) if end == time(0) else self._instant(day, end)
        return (opening, closing) if opening < closing else None

    def _instant(self, day: date, moment: time) -> datetime:
        """A local time as an instant; a time that the clocks skip is the moment they jump."""
        local = datetime.combine(day, moment, self.zone)
        instant = local.astimezone(UTC)
        if instant.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            return instant
        return self._jump(day)

    def _jump(self, day: date) -> datetime:
        low = datetime.combine(day - timedelta(days=1), time(0), self.zone).astimezone(UTC)
        high = low + timedelta(days=3)
        before = low.astimezone(self.zone).utcoffset()
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(self.zone).utcoffset() == before:
                low = middle
            else:
                high = middle
        return high

    def _from(self, moment: datetime) -> Iterator[Span]:
        """Open intervals that end after `moment`, in order."""
        day = moment.astimezone(self.zone).date() - timedelta(days=1)
        for offset in range(HORIZON):
            span = self.span(day + timedelta(days=offset))
            if span is not None and span[1] > moment:
                yield span
        raise NeverOpen("These business hours have no open time in the next ten years.")

    def next_open(self, moment: datetime) -> datetime:
        """The first open instant at or after `moment`."""
        return max(moment, next(self._from(moment))[0])

    def close_of(self, moment: datetime) -> datetime:
        """The close of the local business day in which the open instant `moment` lies."""
        return next(self._from(moment))[1]

    def add(self, moment: datetime, seconds: int) -> datetime:
        """The earliest instant with `seconds` of open time since `moment`; a closing instant is an answer.

        With 0 seconds: `moment` when open, else the next opening.
        """
        if seconds == 0:
            return self.next_open(moment)
        left = timedelta(seconds=seconds)
        for opening, closing in self._from(moment):
            begin = max(opening, moment)
            if closing - begin >= left:
                return begin + left
            left -= closing - begin
        raise NeverOpen("These business hours have no open time in the next ten years.")

    def between(self, start: datetime, end: datetime) -> int:
        """Open seconds from `start` to `end`; 0 when `end` is not after `start`."""
        if end <= start:
            return 0
        total = timedelta(0)
        day = start.astimezone(self.zone).date() - timedelta(days=1)
        last = end.astimezone(self.zone).date() + timedelta(days=1)
        while day <= last:
            span = self.span(day)
            if span is not None:
                total += max(timedelta(0), min(span[1], end) - max(span[0], start))
            day += timedelta(days=1)
        return int(total.total_seconds())

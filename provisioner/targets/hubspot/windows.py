"""Opening hours as workflow windows. [docs] reference/hubspot.md 4.8

Windows and blocked dates are in the portal's time zone, one zone per workflow. Hours of a calendar in another zone are
shifted by the difference that holds on most days of the year; while only one of the two zones has changed its clocks
(`Shift.odd_days`) they are wrong by `Shift.odd_minutes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.model.design import BusinessHours
from provisioner.model.hours import zones

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
    "DECEMBER",
)  # fmt: skip
SPREAD = 15  # minutes over which HubSpot spreads what waited for a window. [docs] reference/hubspot.md 4.8
DAY = 1440
WEEK = 7 * DAY
USUAL_ZONE = "US/Eastern"  # of a portal that has set none. [docs] reference/hubspot.md 4.8
_USUAL_YEAR = 2026
_LAST_MINUTE = DAY - 1

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shift:
    """Minutes from a calendar's local time to the portal's."""

    minutes: int
    odd_days: int  # of a year, with another difference
    odd_minutes: int  # by how much that one differs, at most


@cache
def shift(zone: str, portal_zone: str, year: int) -> Shift:
    """The usual difference at noon of the calendar's days, over one year."""
    here, there = ZoneInfo(zone), ZoneInfo(portal_zone)
    found: Counter[int] = Counter()
    day = date(year, 1, 1)
    while day.year == year:
        noon = datetime.combine(day, time(12), here)
        elsewhere = noon.astimezone(there)
        found[round((elsewhere.replace(tzinfo=None) - noon.replace(tzinfo=None)).total_seconds() / 60)] += 1
        day += timedelta(days=1)
    usual = min(found, key=lambda minutes: (-found[minutes], minutes))
    others = [abs(minutes - usual) for minutes in found if minutes != usual]
    return Shift(usual, sum(found.values()) - found[usual], max(others, default=0))


def is_zone(name: str) -> bool:
    return name in zones()


def shift_of(hours: BusinessHours, portal_zone: str) -> Shift:
    return shift(hours.timezone, portal_zone, hours.source.first_year if hours.source else _USUAL_YEAR)


def start_intervals(open: Mapping[int, tuple[Interval, ...]], kept_free: int) -> dict[int, tuple[Interval, ...]]:
    """When a clock may start so that `kept_free` more minutes are open without a break: intervals lose their end."""
    found = {
        day: tuple((a, b - kept_free) for a, b in intervals if b - a > kept_free) for day, intervals in open.items()
    }
    return {day: intervals for day, intervals in found.items() if intervals}


def can_shorten(open: Mapping[int, tuple[Interval, ...]], minutes: int) -> bool:
    """Whether on every open day something is left when the last `minutes` of every interval are taken away."""
    days = [intervals for intervals in open.values() if intervals]
    return bool(days) and all(any(b - a >= minutes + SPREAD for a, b in intervals) for intervals in days)


def time_windows(open: Mapping[int, tuple[Interval, ...]], moved: int) -> list[dict[str, Any]]:
    """The windows of a week, shifted by `moved` minutes; cut at midnight, because a window belongs to one day."""
    pieces: list[Interval] = []
    for weekday, intervals in open.items():
        for begin, end in intervals:
            start = (weekday * DAY + begin + moved) % WEEK
            pieces += _by_day(start, start + end - begin)
    return [_window(begin, end) for begin, end in _joined(sorted(pieces))]


def _by_day(start: int, end: int) -> Iterator[Interval]:
    while start < end:
        stop = min(end, (start // DAY + 1) * DAY)
        yield start % WEEK, start % WEEK + stop - start
        start = stop


def _joined(pieces: list[Interval]) -> Iterator[Interval]:
    """Touching windows of one day become one."""
    last: Interval | None = None
    for begin, end in pieces:
        if last is not None and begin <= last[1] and begin // DAY == last[0] // DAY:
            last = (last[0], max(end, last[1]))
            continue
        if last is not None:
            yield last
        last = (begin, end)
    if last is not None:
        yield last


def _window(begin: int, end: int) -> dict[str, Any]:
    day = begin // DAY
    last = min(end - day * DAY, _LAST_MINUTE)  # a window cannot end at 24:00
    return {"day": DAYS[day], "startTime": _time(begin % DAY), "endTime": _time(last)}


def _time(minutes: int) -> dict[str, int]:
    return {"hour": minutes // 60, "minute": minutes % 60}


def blocked_dates(hours: BusinessHours, moved: int) -> list[dict[str, Any]]:
    """The holidays, each as the date of the portal on which most of its hours lie."""
    return [
        {"month": MONTHS[day.month - 1], "dayOfMonth": day.day, "year": day.year}
        for day in dict.fromkeys(holiday.day + timedelta(days=days_moved(hours, moved)) for holiday in hours.holidays)
    ]


def days_moved(hours: BusinessHours, moved: int) -> int:
    """By how many dates the middle of the usual hours is moved."""
    spans = [(intervals[0][0], intervals[-1][1]) for intervals in hours.open.values() if intervals]
    middle = sum(begin + end for begin, end in spans) // (2 * len(spans)) if spans else DAY // 2
    return (middle + moved) // DAY


def crosses_midnight(hours: BusinessHours, moved: int) -> bool:
    """Whether some hours fall on two dates of the portal, so that blocking a date cannot be a whole holiday."""
    return any(
        (begin + moved) // DAY != (end - 1 + moved) // DAY
        for intervals in hours.open.values()
        for begin, end in intervals
    )

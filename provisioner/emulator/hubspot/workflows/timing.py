"""When things happen in workflows: delays, relative instants, and the windows in which actions may act. [docs] 4.8

Windows and blocked dates are in the portal's zone. They move actions, never delays or branches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.times import from_ms, shifted, to_ms, zone

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MONTHS = (
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
)
UNITS = ("SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS")
DELAY_UNITS = ("MINUTES", "HOURS", "DAYS", "WEEKS")
_SPANS = {"MINUTES": 60_000, "HOURS": 3_600_000, "DAYS": 86_400_000, "WEEKS": 604_800_000}
_HORIZON = 800  # days: longer than a year of blocked dates


def span(delta: str, unit: str) -> int:
    """A delay's length in ms: days and weeks are 24 and 168 hours."""
    return int(delta) * _SPANS[unit]


def relative(delay: Mapping[str, Any], now_ms: int, portal_zone: ZoneInfo) -> int:
    """A `timeDelay` from now, in ms UTC.

    The delta first (days and longer by the calendar of the zone), then the time of day, then forward to the first day
    that is listed, keeping the time of day. [inferred] 4.5
    """
    strategy = delay.get("timeZoneStrategy")
    where = (zone(strategy["timeZoneId"]) if strategy else None) or portal_zone
    local = from_ms(now_ms).astimezone(where)
    local = shifted(local, {delay["timeUnit"].lower(): delay["delta"]}).astimezone(where)
    clock = delay.get("timeOfDay")
    if clock:
        local = local.replace(hour=clock["hour"], minute=clock["minute"], second=0, microsecond=0)
    wanted = delay.get("daysOfWeek") or DAYS
    while DAYS[local.weekday()] not in wanted:
        local += timedelta(days=1)
    return to_ms(local)


def at_time_of_day(ms: int, clock: Mapping[str, int], where: ZoneInfo) -> int:
    local = from_ms(ms).astimezone(where)
    return to_ms(local.replace(hour=clock["hour"], minute=clock["minute"], second=0, microsecond=0))


def next_open(flow: Json, now_ms: int, where: ZoneInfo) -> int | None:
    """The first instant at or after now at which the flow may act, in ms UTC; None if it never may."""
    if not flow["timeWindows"] and not flow["blockedDates"]:
        return now_ms
    today = from_ms(now_ms).astimezone(where).date()
    for number in range(_HORIZON):
        day = today + timedelta(days=number)
        for start, end in _open_on(flow, day, where):
            if now_ms < end:
                return max(now_ms, start)
    return None


def _open_on(flow: Json, day: date, where: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Half-open spans of ms in which the flow acts on a day."""
    for blocked in flow["blockedDates"]:
        same = (MONTHS[day.month - 1], day.day) == (blocked["month"], blocked["dayOfMonth"])
        if same and blocked.get("year") in (None, day.year):
            return
    if not flow["timeWindows"]:
        yield _at(day, 0, where), _at(day + timedelta(days=1), 0, where)
    windows = [one for one in flow["timeWindows"] if one["day"] == DAYS[day.weekday()]]
    for one in sorted(windows, key=lambda window: _minutes(window.get("startTime"), 0)):
        end = _minutes(one.get("endTime"), 1440)
        last = _at(day + timedelta(days=1), 0, where) if end == 1440 else _at(day, end, where)
        yield _at(day, _minutes(one.get("startTime"), 0), where), last


def _minutes(clock: Mapping[str, int] | None, missing: int) -> int:
    return missing if clock is None else clock["hour"] * 60 + clock["minute"]


def _at(day: date, minutes: int, where: ZoneInfo) -> int:
    return to_ms(datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=where))


def spread(record_id: str, minutes: int) -> int:
    """How much later within the spread a moved action acts, in ms: the same for the same record."""
    return int(record_id) * 37 % (minutes * 60) * 1000 if minutes else 0

"""Opening hours as windows of the account's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hs_paper import next_window
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.design import BusinessHours, Holiday
from provisioner.sla.calendar import Calendar
from provisioner.targets.hubspot.week import Week
from provisioner.targets.hubspot.windows import (
    DAY,
    Shift,
    blocked_dates,
    can_shorten,
    crosses_midnight,
    shift,
    start_intervals,
    time_windows,
)


def hours(open: dict[int, Any], zone: str = "Europe/London", holidays: tuple[Holiday, ...] = ()) -> BusinessHours:
    return BusinessHours("x", zone, open, holidays, 600, "/business_hours/x")


@st.composite
def weeks(draw: st.DrawFn) -> dict[int, tuple[tuple[int, int], ...]]:
    found = {}
    for day in draw(st.lists(st.integers(0, 6), min_size=1, unique=True)):
        marks = sorted(draw(st.lists(st.integers(0, DAY - 1), min_size=2, max_size=4, unique=True)))
        found[day] = tuple(zip(marks[::2], marks[1::2], strict=False))
    return found


@settings(deadline=None)
@given(open=weeks(), at=st.integers(0, 7 * DAY))
def test_a_window_opens_when_the_calendar_does(open: dict[int, Any], at: int) -> None:
    """In the calendar's own zone, to the minute. UTC has no clock changes to disagree about."""
    now = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=at)
    flow = {"timeWindows": time_windows(open, 0), "blockedDates": []}
    assert next_window(flow, "UTC", now) == Calendar.of(hours(open, "UTC")).next_open(now)


@settings(deadline=None)
@given(open=weeks(), at=st.integers(0, 7 * DAY), moved=st.sampled_from([-720, -300, -330, 60, 345, 840]))
def test_a_shifted_window_is_the_same_instant(open: dict[int, Any], at: int, moved: int) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=at)
    flow = {"timeWindows": time_windows(open, moved), "blockedDates": []}
    found = next_window(flow, "UTC", now + timedelta(minutes=moved)) - timedelta(minutes=moved)
    error = found - Calendar.of(hours(open, "UTC")).next_open(now)
    assert timedelta() <= error <= timedelta(minutes=1)  # the minute before midnight, which no window can hold


@settings(deadline=None)
@given(open=weeks(), at=st.integers(0, 7 * DAY), minutes=st.integers(0, 3000))
def test_a_usual_week_adds_like_the_calendar(open: dict[int, Any], at: int, minutes: int) -> None:
    calendar, monday = Calendar.of(hours(open, "UTC")), datetime(2026, 3, 2, tzinfo=UTC)
    expected = calendar.add(monday + timedelta(minutes=at), minutes * 60)
    assert monday + timedelta(minutes=Week.of(open).add(at, minutes)) == expected


def test_windows_of_a_week() -> None:
    assert time_windows({0: ((480, 1080),), 5: ((0, 1440),)}, 0) == [
        {"day": "MONDAY", "startTime": {"hour": 8, "minute": 0}, "endTime": {"hour": 18, "minute": 0}},
        {"day": "SATURDAY", "startTime": {"hour": 0, "minute": 0}, "endTime": {"hour": 23, "minute": 59}},
    ]
    assert time_windows({6: ((1320, 1440),)}, 60) == [
        {"day": "MONDAY", "startTime": {"hour": 0, "minute": 0}, "endTime": {"hour": 1, "minute": 0}},
        {"day": "SUNDAY", "startTime": {"hour": 23, "minute": 0}, "endTime": {"hour": 23, "minute": 59}},
    ]


def test_the_usual_difference_between_two_zones() -> None:
    """London is five hours ahead of New York, except between their changes of clocks in spring and autumn of 2026."""
    assert shift("Europe/London", "America/New_York", 2026) == Shift(-300, 28, 60)
    assert shift("America/New_York", "America/New_York", 2026) == Shift(0, 0, 0)
    assert shift("Asia/Kathmandu", "UTC", 2026) == Shift(-345, 0, 0)


def test_holidays_block_the_date_on_which_most_of_the_hours_lie() -> None:
    tokyo = hours({0: ((540, 1080),)}, "Asia/Tokyo", (Holiday(date(2026, 1, 1), "New Year"),))
    assert blocked_dates(tokyo, 0) == [{"month": "JANUARY", "dayOfMonth": 1, "year": 2026}]
    assert blocked_dates(tokyo, -14 * 60) == [{"month": "DECEMBER", "dayOfMonth": 31, "year": 2025}]
    assert crosses_midnight(tokyo, -14 * 60) is True
    assert crosses_midnight(tokyo, -9 * 60) is False


def test_what_is_kept_free_before_closing() -> None:
    open = {0: ((480, 720), (780, 1080)), 1: ((480, 490),)}
    assert start_intervals(open, 15) == {0: ((480, 705), (780, 1065))}
    assert can_shorten(open, 15) is False
    assert can_shorten({0: ((480, 1080),)}, 585) is True
    assert can_shorten({0: ((480, 1080),)}, 586) is False

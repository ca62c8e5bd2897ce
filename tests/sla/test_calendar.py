"""The business calendar against a walk through the minutes of the wall clock, and its laws."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sla_designs import hours, utc

from provisioner.sla.calendar import ALWAYS, Calendar

MINUTE = timedelta(minutes=1)

# zone, first local day of the walk: every one of these weeks has a peculiarity in its middle
WEEKS = {
    "spring forward": ("America/New_York", date(2026, 3, 6)),
    "fall back": ("America/New_York", date(2026, 10, 30)),
    "spring forward, London": ("Europe/London", date(2026, 3, 27)),
    "fall back, London": ("Europe/London", date(2026, 10, 23)),
    "half an hour back": ("Australia/Lord_Howe", date(2026, 4, 3)),
    "half an hour forward": ("Australia/Lord_Howe", date(2026, 10, 2)),
    "quarter of an hour offset": ("Asia/Kathmandu", date(2026, 5, 1)),
    "a day that never was": ("Pacific/Apia", date(2011, 12, 28)),
    "midnight skipped": ("America/Sao_Paulo", date(2018, 11, 2)),
    "last hour repeated": ("America/Sao_Paulo", date(2018, 2, 16)),
    "first hour skipped": ("America/Havana", date(2026, 3, 6)),
    "first hour repeated": ("America/Havana", date(2026, 10, 30)),
    "repeated across midnight": ("America/St_Johns", date(2010, 11, 5)),
    "leap day": ("America/New_York", date(2028, 2, 27)),
    "no leap day": ("America/New_York", date(2026, 2, 26)),
    "year end": ("Europe/London", date(2026, 12, 29)),
}
DAYS = 5


@cache
def walk(week: str) -> tuple[list[datetime], list[datetime]]:
    """Every minute of the week and two days around it: in UTC, and as the wall clock shows it."""
    zone, first = ZoneInfo(WEEKS[week][0]), WEEKS[week][1]
    begin = datetime.combine(first, time(), UTC) - timedelta(days=2)
    instants = [begin + n * MINUTE for n in range((DAYS + 4) * 1440)]
    return instants, [instant.astimezone(zone).replace(tzinfo=None) for instant in instants]


def brute_intervals(week: str, calendar: dict[int, tuple[tuple[int, int], ...]], off: set[date]) -> list[list[int]]:
    """[local ordinal day, first open minute, first minute after it] of every interval, by looking at each minute."""
    _, walls = walk(week)
    found = []
    for n in range(-1, DAYS + 1):
        day = WEEKS[week][1] + timedelta(days=n)
        for begin, close in () if day in off else calendar.get(day.weekday(), ()):
            midnight = datetime.combine(day, time())
            opened, closed = midnight + begin * MINUTE, midnight + close * MINUTE
            first = next(i for i, wall in enumerate(walls) if wall >= opened)
            last = max(i for i, wall in enumerate(walls) if wall < closed)
            if first <= last:
                found.append([day.toordinal(), first, last + 1])
    return found


def brute_open(week: str, intervals: list[list[int]]) -> list[bool]:
    flags = [False] * len(walk(week)[0])
    for _, first, after in intervals:
        flags[first:after] = [True] * (after - first)
    return flags


def intervals() -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    """One or two intervals of a day, with a liking for the hours around clock changes."""
    minute = st.one_of(st.integers(0, 1440), st.sampled_from([0, 1, 30, 60, 90, 120, 150, 180, 480, 1080, 1380, 1440]))
    return st.lists(minute, min_size=2, max_size=4, unique=True).map(
        lambda minutes: tuple(zip(sorted(minutes)[::2], sorted(minutes)[1::2], strict=False))
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, dict[int, tuple[tuple[int, int], ...]], set[date]]:
    week = draw(st.sampled_from(sorted(WEEKS)))
    every_day = st.just(set(range(7)))
    weekdays = draw(st.one_of(every_day, st.sets(st.integers(0, 6), min_size=1, max_size=7)))
    pattern = {weekday: draw(intervals()) for weekday in weekdays}
    off = draw(st.sets(st.integers(0, DAYS - 1), max_size=2))
    return week, pattern, {WEEKS[week][1] + timedelta(days=n) for n in off}


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(0, DAYS * 86_400), st.integers(0, DAYS * 86_400))
def test_open_seconds_is_what_the_wall_clock_shows(case, one, other):
    week, pattern, off = case
    calendar = Calendar.of(hours(WEEKS[week][0], pattern, sorted(off)))
    instants, _ = walk(week)
    flags = brute_open(week, brute_intervals(week, pattern, off))
    begin = instants[2 * 1440]
    a, b = (begin + timedelta(seconds=n) for n in sorted((one, other)))

    expected = 0
    for instant, flag in zip(instants, flags, strict=True):
        if flag:
            expected += max(0, int((min(b, instant + MINUTE) - max(a, instant)).total_seconds()))

    assert calendar.open_seconds(a, b) == expected


NIGHTS = [(0, 15), (0, 60), (0, 90), (15, 105), (30, 120), (60, 120), (90, 150), (120, 180), (135, 155), (150, 240)]
LATE = [(1370, 1440), (1380, 1410), (1395, 1440), (1425, 1435)]


@pytest.mark.parametrize("week", sorted(WEEKS))
def test_hours_around_the_change_are_what_the_wall_clock_shows(week):
    instants, _ = walk(week)
    for interval in NIGHTS + LATE:
        pattern = dict.fromkeys(range(7), (interval,))
        calendar = Calendar.of(hours(WEEKS[week][0], pattern))
        flags = brute_open(week, brute_intervals(week, pattern, set()))
        for n in range(DAYS):
            day = slice((n + 2) * 1440, (n + 3) * 1440)
            a, b = instants[day][0], instants[day][-1] + MINUTE
            assert calendar.open_seconds(a, b) == 60 * sum(flags[day]), (interval, a)


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(0, (DAYS - 1) * 86_400), st.integers(0, 30_000))
def test_add_is_the_first_instant_the_wall_clock_reaches(case, offset, amount):
    week, pattern, off = case
    calendar = Calendar.of(hours(WEEKS[week][0], pattern, sorted(off)))
    instants, _ = walk(week)
    flags = brute_open(week, brute_intervals(week, pattern, off))
    t = instants[2 * 1440] + timedelta(seconds=offset)

    left, expected = amount, None
    for instant, flag in zip(instants, flags, strict=True):
        begin = max(t, instant)
        here = int((instant + MINUTE - begin).total_seconds())
        if not flag or here <= 0:
            continue
        if left == 0 if amount == 0 else left <= here:
            expected = begin + timedelta(seconds=left)
            break
        left -= here
    if expected is None or expected >= instants[(DAYS + 2) * 1440]:
        return  # beyond the walk

    assert calendar.add(t, amount) == expected
    if amount == 0:
        assert calendar.next_open(t) == expected
        assert calendar.is_open(t) == (expected == t)


@settings(max_examples=100, deadline=None)
@given(cases().filter(lambda case: case[0] != "repeated across midnight"), st.integers(0, (DAYS - 1) * 1440))
def test_the_business_day_closes_at_the_last_closing_of_its_date(case, offset):
    week, pattern, off = case
    calendar = Calendar.of(hours(WEEKS[week][0], pattern, sorted(off)))
    instants, walls = walk(week)
    found = brute_intervals(week, pattern, off)
    index = 2 * 1440 + offset

    if brute_open(week, found)[index]:
        last = max(after for day, _, after in found if day == walls[index].toordinal())
        assert calendar.close_of_business_day(instants[index]) == instants[last]
    else:
        with pytest.raises(ValueError) as error:
            calendar.close_of_business_day(instants[index])
        assert str(error.value) == f"The calendar in {WEEKS[week][0]} is closed at {instants[index].isoformat()}."


EXAMPLES = {
    "new_york": Calendar.of(hours(holidays=[date(2026, 12, 25), date(2027, 1, 1)])),
    "two shifts": Calendar.of(hours("Europe/London", dict.fromkeys(range(7), ((0, 90), (600, 720), (1200, 1440))))),
    "round the clock": Calendar.of(hours("America/Sao_Paulo", dict.fromkeys(range(7), ((0, 1440),)))),
    "one minute a week": Calendar.of(hours("Australia/Lord_Howe", {6: ((90, 91),)})),
    "calendar clock": ALWAYS,
}
calendars = st.sampled_from(sorted(EXAMPLES)).map(EXAMPLES.__getitem__)
instants = st.integers(int(utc("2017-01-01").timestamp()), int(utc("2029-01-01").timestamp())).map(
    lambda n: datetime.fromtimestamp(n, UTC)
)
amounts = st.integers(1, 3_000)


@settings(deadline=None)
@given(calendars, instants, amounts)
def test_what_is_added_is_measured(calendar, t, n):
    u = calendar.add(t, n)
    assert calendar.open_seconds(t, u) == n
    assert calendar.open_minutes(t, u) == Fraction(n, 60)
    assert calendar.open_seconds(t, u - timedelta(seconds=1)) == n - 1  # and it is the earliest such instant


@settings(deadline=None)
@given(calendars, instants, amounts, amounts)
def test_adding_twice_is_adding_the_sum(calendar, t, m, n):
    assert calendar.add(calendar.add(t, m), n) == calendar.add(t, m + n)


@settings(deadline=None)
@given(calendars, instants, st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 400_000))
def test_add_is_monotone(calendar, t, m, n, later):
    assert calendar.add(t, min(m, n)) <= calendar.add(t, max(m, n))
    assert calendar.add(t, m) <= calendar.add(t + timedelta(seconds=later), m)


@settings(deadline=None)
@given(calendars, st.lists(instants, min_size=3, max_size=3).map(sorted))
def test_open_time_is_additive(calendar, abc):
    a, b, c = abc
    assert calendar.open_seconds(a, b) + calendar.open_seconds(b, c) == calendar.open_seconds(a, c)


@settings(deadline=None)
@given(calendars, instants)
def test_the_next_opening_is_open_and_has_nothing_before_it(calendar, t):
    u = calendar.next_open(t)
    assert u >= t
    assert calendar.is_open(u)
    assert calendar.open_seconds(t, u) == 0
    assert calendar.add(t, 0) == u


@settings(deadline=None, max_examples=30)
@given(st.lists(instants, min_size=2, max_size=4))
def test_the_order_of_questions_changes_no_answer(asked):
    grown = Calendar.of(hours())
    for t in asked:
        assert grown.add(t, 5_000) == Calendar.of(hours()).add(t, 5_000)
        assert grown.next_open(t) == Calendar.of(hours()).next_open(t)


def test_hand_computed_answers():
    calendar = EXAMPLES["new_york"]
    # Friday 17:30 EST + 2 h = Monday 09:30, which after the night of 8 March is EDT
    assert calendar.add(utc("2026-03-06T22:30"), 7_200) == utc("2026-03-09T13:30")
    # a closing instant is a legal answer, and adding nothing to it goes on to the next opening
    assert calendar.add(utc("2026-03-06T22:30"), 1_800) == utc("2026-03-06T23:00")
    assert calendar.add(utc("2026-03-06T23:00"), 0) == utc("2026-03-09T12:00")
    # Thursday 24 December 17:00 EST: Friday is a holiday
    assert calendar.add(utc("2026-12-24T22:00"), 7_200) == utc("2026-12-28T14:00")
    assert calendar.close_of_business_day(utc("2026-03-09T12:00")) == utc("2026-03-09T22:00")
    # round the clock, 4 November 2018 has 23 hours in Sao Paulo and begins at 01:00
    assert EXAMPLES["round the clock"].close_of_business_day(utc("2018-11-04T03:00")) == utc("2018-11-05T02:00")
    # one closing per date, also with several shifts
    assert EXAMPLES["two shifts"].close_of_business_day(utc("2026-01-05T00:10")) == utc("2026-01-06T00:00")


@pytest.mark.parametrize(
    ("open", "begin", "end", "expected"),
    [
        (((0, 1440),), "2026-03-08T05:00", "2026-03-09T04:00", 23 * 3600),  # spring: 23 hours
        (((0, 1440),), "2026-11-01T04:00", "2026-11-02T05:00", 25 * 3600),  # autumn: 25 hours
        (((120, 180),), "2026-03-08T05:00", "2026-03-09T04:00", 0),  # 02:00-03:00 does not exist in spring
        (((120, 210),), "2026-03-08T05:00", "2026-03-09T04:00", 1800),  # opens when the gap ends, at 03:00
        (((150, 240),), "2026-03-08T05:00", "2026-03-09T04:00", 3600),  # 02:30 is 03:00, too
        (((60, 150),), "2026-03-08T05:00", "2026-03-09T04:00", 3600),  # closes when the gap ends: 01:00-03:00 EDT
        (((60, 120),), "2026-11-01T04:00", "2026-11-02T05:00", 7200),  # 01:00-02:00 happens twice in autumn
        (((90, 180),), "2026-11-01T04:00", "2026-11-02T05:00", 9000),  # opens at the first 01:30
        (((0, 90),), "2026-11-01T04:00", "2026-11-02T05:00", 9000),  # closes at the second 01:30
        (((0, 60),), "2026-11-01T04:00", "2026-11-02T05:00", 3600),  # nothing of it is repeated
        (((0, 90), (90, 120)), "2026-11-01T04:00", "2026-11-02T05:00", 10800),  # overlap counts once
    ],
)
def test_nights_when_the_clock_is_changed(open, begin, end, expected):
    assert Calendar.of(hours(open={6: open})).open_seconds(utc(begin), utc(end)) == expected


def test_the_calendar_clock_is_always_open():
    t = utc("2026-03-08T06:59:59")
    assert ALWAYS.add(t, 0) == t
    assert ALWAYS.add(t, 86_400) == utc("2026-03-09T06:59:59")
    assert ALWAYS.open_seconds(t, utc("2026-03-09T06:59:58")) == 86_399
    assert ALWAYS.is_open(t)
    with pytest.raises(ValueError) as error:
        ALWAYS.close_of_business_day(t)
    assert str(error.value) == "The calendar clock has no business day, so it has no close of one."


@pytest.mark.parametrize("open", [{}, {0: ()}])
def test_a_calendar_that_is_never_open_is_refused(open):
    with pytest.raises(ValueError) as error:
        Calendar.of(hours(open=open))
    assert str(error.value) == "The calendar in America/New_York has no open time, so no clock on it could ever end."


def test_questions_that_have_no_answer():
    calendar = EXAMPLES["new_york"]
    with pytest.raises(ValueError) as error:
        calendar.open_seconds(utc("2026-01-02"), utc("2026-01-01"))
    assert str(error.value) == (
        "Open time is measured forwards, but 2026-01-01T00:00:00+00:00 is before 2026-01-02T00:00:00+00:00."
    )
    with pytest.raises(ValueError) as error:
        calendar.add(utc("2026-01-02"), -1)
    assert str(error.value) == "Open time is added forwards; -1 s is negative."
    with pytest.raises(ValueError) as error:
        calendar.next_open(datetime(2026, 1, 1))
    assert str(error.value) == "2026-01-01T00:00:00 has no time zone, so it is not an instant."
    with pytest.raises(ValueError) as error:
        calendar.next_open(utc("2026-01-01T00:00:00.5"))
    assert str(error.value) == (
        "2026-01-01T00:00:00.500000+00:00 is not at a whole second, the resolution of the clock."
    )

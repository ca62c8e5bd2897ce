"""Calendars: opening hours, zones, holidays."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.design import BusinessHours, Holiday
from provisioner.model.hours import CalendarReader, usual_open_minutes, zones

DAY = ((480, 1080),)
TODAY = date(2026, 3, 1)


def read(open: Any, today: date = TODAY, **more: Any) -> tuple[BusinessHours, list[str]]:
    said: list[str] = []
    reader = CalendarReader(
        lambda rule, pointer, detail, advice, key: said.append(f"{rule.code} {pointer} {detail}"), today
    )
    return reader.read("us", {"timezone": "America/New_York", "open": open, **more}, "/business_hours/us"), said


@pytest.mark.parametrize(
    ("open", "expected"),
    [
        ({"mon-fri": "08:00-18:00"}, {0: DAY, 1: DAY, 2: DAY, 3: DAY, 4: DAY}),
        ({"mon,wed": "08:00-18:00"}, {0: DAY, 2: DAY}),
        ({"mon, sat-sun": "08:00-18:00"}, {0: DAY, 5: DAY, 6: DAY}),
        ({"sat-mon": "08:00-18:00"}, {0: DAY, 5: DAY, 6: DAY}),
        ({"mon": "closed", "tue": "08:00-18:00"}, {1: DAY}),
        ({"mon": "00:00-24:00"}, {0: ((0, 1440),)}),
        ({"mon": "08:00 - 18:00"}, {0: DAY}),
        ({"mon": ["13:00-18:00", "08:00-12:00"]}, {0: ((480, 720), (780, 1080))}),
        ({"mon": ["12:00-18:00", "08:00-12:00"]}, {0: DAY}),  # touching intervals are one
        ({"mon": "08:59-09:00"}, {0: ((539, 540),)}),
    ],
)
def test_opening_hours(open: Any, expected: Any) -> None:
    hours, said = read(open)
    assert (hours.open, said) == (expected, [])


@pytest.mark.parametrize(
    ("open", "expected"),
    [
        ({"mon": "8:00-18:00"}, "D105 /business_hours/us/open/mon '8:00-18:00' is not an interval of hours."),
        ({"mon": "08:00-24:01"},
         "D105 /business_hours/us/open/mon '08:00-24:01' goes beyond 24:00, the end of the day."),
        ({"mon": "18:00-08:00"}, "D105 /business_hours/us/open/mon '18:00-08:00' ends on the next day."),
        ({"mon": "08:00-08:00"}, "D105 /business_hours/us/open/mon '08:00-08:00' has no length."),
        ({"mon": True}, "D105 /business_hours/us/open/mon true is not an interval of hours."),
        ({"mon": None}, "D105 /business_hours/us/open/mon empty is not an interval of hours."),
        ({"mon": []}, "D105 /business_hours/us/open/mon The list of intervals is empty."),
        ({"monday": "08:00-18:00"}, "D105 /business_hours/us/open/monday 'monday' names no days of the week."),
        ({"mon-": "08:00-18:00"}, "D105 /business_hours/us/open/mon- 'mon-' names no days of the week."),
        ({"mon-wed-fri": "08:00-18:00"},
         "D105 /business_hours/us/open/mon-wed-fri 'mon-wed-fri' names no days of the week."),
        ({"mon": ["08:00-12:00", "11:59-13:00"]},
         "D105 /business_hours/us/open/mon/1 '11:59-13:00' overlaps another interval of the same day."),
    ],
)  # fmt: skip
def test_no_opening_hours(open: Any, expected: str) -> None:
    assert read(open)[1] == [expected]


@pytest.mark.parametrize(
    ("open", "minutes"),
    [
        ({}, 0),
        ({0: DAY, 1: DAY, 2: ((0, 60),)}, 600),
        ({0: DAY, 1: ((480, 1020),)}, 600),  # as common: the larger
        ({0: ((480, 720), (780, 1080)), 1: ((0, 540),)}, 540),
    ],
)
def test_the_usual_day(open: Any, minutes: int) -> None:
    assert usual_open_minutes(open) == minutes


def test_the_length_of_a_business_day_can_be_stated() -> None:
    assert read({"mon-fri": "08:00-18:00"}, business_day="8h")[0].business_day == 480
    assert read({"mon-fri": "08:00-18:00"})[0].business_day == 600
    for text, said in (("1bd", "'1bd' cannot"), ("1d", "'1d' cannot"), ("0m", "'0m' cannot"), ("25h", "'25h' cannot")):
        assert read({"mon": "08:00-18:00"}, business_day=text)[1] == [
            f"D101 /business_hours/us/business_day {said} be the length of a business day; it has between 1m and 24h."
        ]


def test_holidays_are_concrete_days_in_english() -> None:
    hours, said = read(
        {"mon": "08:00-18:00"},
        holidays={
            "country": "DE",
            "subdivision": "BY",
            "from": 2026,
            "years": 1,
            "extra": ["2026-12-24", "2026-12-25"],
        },
    )
    assert said == []
    days = {holiday.day: holiday.name for holiday in hours.holidays}
    assert days[date(2026, 1, 6)] == "Epiphany"  # a holiday in Bavaria, not in Berlin
    assert days[date(2026, 5, 1)] == "Labor Day"
    assert days[date(2026, 12, 24)] == "Day off"
    assert days[date(2026, 12, 25)] == "Christmas Day"  # the public name stays
    assert list(days) == sorted(days)
    assert {day.year for day in days} == {2026}


def test_the_horizon_begins_this_year_and_has_three_years() -> None:
    hours, _ = read({"mon": "08:00-18:00"}, today=date(2027, 6, 1), holidays={"country": "US"})
    assert {holiday.day.year for holiday in hours.holidays} == {2027, 2028, 2029}


def test_named_days_off_without_a_country() -> None:
    extra = [{"date": "2026-12-24", "name": "Christmas Eve"}, "2026-12-31"]
    hours, said = read({"mon": "08:00-18:00"}, holidays={"extra": extra})
    assert said == []
    assert hours.holidays == (Holiday(date(2026, 12, 24), "Christmas Eve"), Holiday(date(2026, 12, 31), "Day off"))


@pytest.mark.parametrize(
    ("country", "subdivision", "advice"),
    [
        ("EN", None, "Use its ISO 3166 code, such as GB or US, or list the days under extra."),
        ("USB", None, "Use its ISO 3166 code, such as GB or US, or list the days under extra."),
        ("GB", "England", "Did you mean 'ENG'? Known: ENG, NIR, SCT and WLS."),
        ("GB", "Scotlnd", "Did you mean 'SCT'? Known: ENG, NIR, SCT and WLS."),
    ],
)
def test_unknown_holidays_say_what_is_known(country: str, subdivision: str | None, advice: str) -> None:
    advised: list[tuple[str, str]] = []
    reader = CalendarReader(lambda rule, pointer, detail, advice, key: advised.append((rule.code, advice)), TODAY)
    holidays = {"country": country, **({"subdivision": subdivision} if subdivision else {})}
    data = {"timezone": "Europe/London", "open": {"mon": "08:00-18:00"}, "holidays": holidays}
    assert reader.read("us", data, "/business_hours/us").holidays == ()
    assert advised == [("D106", advice)]


@pytest.mark.parametrize("zone", ["Europe/London", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
def test_zones(zone: str) -> None:
    assert zone in zones()


@pytest.mark.parametrize("zone", ["EDT", "europe/london", "../../etc/passwd", "New York", "GMT+25", "Lond\u00f6n"])
def test_no_zones(zone: str) -> None:
    assert read({"mon": "08:00-18:00"}, timezone=zone)[1] == [
        f"D104 /business_hours/us/timezone '{zone}' is not a time zone of the IANA list."
    ]


@settings(deadline=None)
@given(st.dictionaries(
    st.text("montuewdhfrisa-, ", max_size=8) | st.sampled_from(["mon-fri", "sat", "sun", "fri-mon"]),
    st.none() | st.integers() | st.text() | st.text("0123456789:- ", max_size=12)
    | st.lists(st.sampled_from(["08:00-12:00", "11:00-13:00", "12:00-18:00", "00:00-24:00", "x"]), max_size=4),
    max_size=5,
))  # fmt: skip
def test_intervals_are_sorted_disjoint_and_within_the_day(open: dict[str, Any]) -> None:
    for intervals in read(open)[0].open.values():
        flat = [minute for interval in intervals for minute in interval]
        assert flat == sorted(set(flat))
        assert flat[0] >= 0 and flat[-1] <= 1440

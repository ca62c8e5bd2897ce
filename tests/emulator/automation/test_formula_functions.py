"""Functions of formulas beyond the first set: numbers, padding, instants as numbers, weeks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_formula import problem, value

from provisioner.emulator.salesforce.automation.formula import compile_formula
from provisioner.emulator.salesforce.automation.formula.kinds import Kind


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("TRUNC(2.79, 1)", Decimal("2.7")),
        ("TRUNC(-2.79)", Decimal(-2)),
        ("ROUND(EXP(LN(7)), 6)", Decimal(7)),
        ("LOG(1000)", Decimal(3)),
        ("LN(0)", None),
        ("LOG(-1)", None),
        ("ROUND(PI(), 4)", Decimal("3.1416")),
        ('ISNUMBER("12.5")', True),
        ('ISNUMBER("12x")', False),
        ('ISNUMBER("")', False),
        ('LPAD("7", 3, "0")', "007"),
        ('LPAD("1234", 3, "0")', "123"),
        ('RPAD("ab", 5, "xy")', "abxyx"),
        ('RPAD("ab", 4)', "ab  "),
        ('TIMEVALUE("17:30:45.125")', time(17, 30, 45, 125_000)),
        ('TIMEVALUE("noon")', None),
        ('TIMEVALUE(DATETIMEVALUE("2026-01-05 17:30:00"))', time(17, 30)),
        ('UNIXTIMESTAMP(DATETIMEVALUE("1970-01-02 00:00:01"))', Decimal(86401)),
        ("FROMUNIXTIME(86401)", datetime(1970, 1, 2, 0, 0, 1, tzinfo=UTC)),
        ("DAYOFYEAR(DATE(2024, 12, 31))", Decimal(366)),
        ("ISOWEEK(DATE(2027, 1, 1))", Decimal(53)),
        ("ISOYEAR(DATE(2027, 1, 1))", Decimal(2026)),
    ],
)
def test_values(source: str, expected: Any) -> None:
    found = value(source)
    assert (type(found), found) == (type(expected), expected)


@given(st.integers(-(10**9), 10**10))
def test_an_instant_survives_being_a_number(seconds: int) -> None:
    assert value(f"UNIXTIMESTAMP(FROMUNIXTIME({seconds}))") == seconds


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_weeks_are_the_calendars(day: date) -> None:
    written = f"DATE({day.year}, {day.month}, {day.day})"
    year, week, _ = day.isocalendar()
    assert (value(f"ISOYEAR({written})"), value(f"ISOWEEK({written})")) == (year, week)
    assert value(f"DAYOFYEAR({written})") == (day - date(day.year - 1, 12, 31)).days


@given(st.text(st.characters(categories=["L", "N"]), max_size=20), st.integers(0, 30))
def test_padding_gives_the_length_it_is_asked_for(text: str, size: int) -> None:
    found = value(f'LPAD("{text}", {size}, "*")') or ""
    assert len(found) == size
    assert found.endswith(text[:size])


def test_a_pattern_stands_for_the_whole_text() -> None:
    class Names:
        merge = False
        patterns = True

        def resolve(self, name: str) -> Any:
            raise AssertionError(name)

    class Now:
        now = datetime(2026, 1, 5, tzinfo=UTC)
        zone = UTC
        is_new = False

    for text, wanted in (("abc", True), ("abcd", False), ("xabc", False)):
        assert compile_formula(f'REGEX("{text}", "[a-c]{{3}}")', Names(), Kind.BOOLEAN).evaluate(Now()) is wanted


def test_what_is_not_run_is_refused_by_name() -> None:
    assert problem('INITCAP("a")') == "The emulator does not model the function INITCAP()."

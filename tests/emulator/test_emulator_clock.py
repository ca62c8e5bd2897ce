from datetime import UTC, datetime, timedelta

import pytest

from provisioner.emulator.clock import Clock, ClockError, iso, parse_duration, parse_instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT5M", timedelta(minutes=5)),
        ("P1DT2H", timedelta(days=1, hours=2)),
        ("P2W", timedelta(weeks=2)),
        ("PT90S", timedelta(seconds=90)),
        ("PT0S", timedelta(0)),
    ],
)
def test_a_duration_has_days_hours_minutes_and_seconds(text, expected):
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "P1M", "P1Y", "5m", "-PT5M", "PT1.5H", 5, None])
def test_other_durations_are_refused(text):
    with pytest.raises(ClockError) as refusal:
        parse_duration(text)
    assert str(refusal.value) == (
        f"{text!r} is not an ISO-8601 duration such as PT5M or P1DT2H (weeks, days, hours, …)."
    )


def test_an_instant_is_read_with_its_offset():
    assert parse_instant("2026-01-05T16:00:00+01:00") == datetime(2026, 1, 5, 15, tzinfo=UTC)
    assert iso(parse_instant("2026-01-05T16:00:00.25+01:00")) == "2026-01-05T15:00:00.250Z"


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ClockError) as refusal:
        parse_instant("2026-01-05T16:00:00")
    assert str(refusal.value) == "2026-01-05T16:00:00 has no time zone; write for example 2026-01-05T16:00:00Z."


def test_the_clock_never_goes_back():
    clock = Clock(datetime(2026, 1, 5, 14, tzinfo=UTC))
    clock.move_to(datetime(2026, 1, 5, 14, tzinfo=UTC))
    with pytest.raises(ClockError) as refusal:
        clock.move_to(datetime(2026, 1, 5, 13, 59, tzinfo=UTC))
    assert str(refusal.value) == (
        "The clock stands at 2026-01-05T14:00:00.000Z and never goes back (asked for 2026-01-05T13:59:00.000Z)."
    )
    assert clock.now == datetime(2026, 1, 5, 14, tzinfo=UTC)

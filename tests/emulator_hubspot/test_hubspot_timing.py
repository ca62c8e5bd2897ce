"""Windows and relative instants, against a walk minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.emulator.hubspot.times import from_ms, read, show, to_ms
from provisioner.emulator.hubspot.workflows import timing

MINUTE = 60_000
HOURS = st.integers(0, 23)


def window(day, start, end):
    return {"day": day, "startTime": {"hour": start, "minute": 0}, "endTime": {"hour": end, "minute": 30}}


WINDOWS = st.lists(
    st.tuples(st.sampled_from(timing.DAYS), HOURS, HOURS).filter(lambda one: one[1] <= one[2]), min_size=1, max_size=4
)
ZONES = st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kolkata"])
AROUND_CHANGES = st.datetimes(datetime(2026, 3, 5), datetime(2026, 4, 2)).map(
    lambda one: to_ms(one.replace(tzinfo=UTC, second=0, microsecond=0))
)


def is_open(flow, ms, zone):
    """By definition, at one instant."""
    local = from_ms(ms).astimezone(zone)
    if any((b["month"], b["dayOfMonth"]) == (timing.MONTHS[local.month - 1], local.day) for b in flow["blockedDates"]):
        return False
    clock = local.hour * 60 + local.minute
    return any(
        one["day"] == timing.DAYS[local.weekday()]
        and one["startTime"]["hour"] * 60 <= clock < one["endTime"]["hour"] * 60 + 30
        for one in flow["timeWindows"]
    )


@settings(max_examples=60, deadline=None)
@given(WINDOWS, ZONES, AROUND_CHANGES, st.integers(5, 31))
def test_the_next_opening_is_the_first_open_minute(windows, name, now, blocked):
    zone = ZoneInfo(name)
    flow = {
        "timeWindows": [window(*one) for one in windows],
        "blockedDates": [{"month": "MARCH", "dayOfMonth": blocked}],
    }
    at = now
    while not is_open(flow, at, zone):
        at += MINUTE
    assert show(timing.next_open(flow, now, zone)) == show(at)


def test_blocked_dates_without_windows_and_windows_that_never_open():
    zone = ZoneInfo("US/Eastern")
    now = read("2026-12-25T15:00:00Z")
    blocked = [{"month": "DECEMBER", "dayOfMonth": 25, "year": 2026}]
    assert timing.next_open({"timeWindows": [], "blockedDates": []}, now, zone) == now
    opening = timing.next_open({"timeWindows": [], "blockedDates": blocked}, now, zone)
    assert show(opening) == "2026-12-26T05:00:00Z"
    every_day = [{"month": m, "dayOfMonth": d} for m in timing.MONTHS for d in range(1, 32)]
    assert timing.next_open({"timeWindows": [], "blockedDates": every_day}, now, zone) is None


@given(st.integers(0, 400), st.integers(0, 4_000_000_000_000))
def test_a_relative_instant_in_minutes_is_plain_addition(delta, now):
    delay = {"delta": delta, "timeUnit": "MINUTES", "daysOfWeek": []}
    assert timing.relative(delay, now, ZoneInfo("Europe/Berlin")) == now + delta * MINUTE


@given(st.sets(st.sampled_from(timing.DAYS), min_size=1), st.integers(0, 4_000_000_000_000), HOURS)
def test_a_listed_day_is_reached_within_a_week_at_its_hour(days, now, hour):
    zone = ZoneInfo("Europe/Berlin")
    delay = {"delta": 0, "timeUnit": "DAYS", "daysOfWeek": sorted(days), "timeOfDay": {"hour": hour, "minute": 15}}
    found = from_ms(timing.relative(delay, now, zone)).astimezone(zone)
    assert timing.DAYS[found.weekday()] in days
    assert timedelta(0) <= found.date() - from_ms(now).astimezone(zone).date() < timedelta(days=7)
    assert found.minute == 15


@pytest.mark.parametrize(("record", "minutes"), [("101", 15), ("7", 15), ("101", 0)])
def test_a_spread_stays_within_its_minutes(record, minutes):
    assert 0 <= timing.spread(record, minutes) <= minutes * MINUTE


@given(st.integers(0, 4_000_000_000_000))
def test_instants_survive_being_shown_and_read(ms):
    assert read(show(ms)) == ms

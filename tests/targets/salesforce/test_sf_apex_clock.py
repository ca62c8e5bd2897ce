"""The arithmetic of the Apex clock, transcribed line by line, against the oracle's calendar.

Apex does not run here. What can be tested is the idea: with a `BusinessHours` that counts whole minutes only, as the
vendor documents it, the steps of templates/salesforce/clock.cls.j2 give the oracle's instants to the second. The
transcription follows the template method by method; the vendor's half is counted minute by minute, and its opinion on
whether a closing instant is open is varied, because the vendor does not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.design import BusinessHours, Holiday
from provisioner.sla.calendar import Calendar

MINUTE = timedelta(minutes=1)
FIRST, LAST = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)
ZONES = ("America/New_York", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe")
WEEKS = ({0: (480, 1080), 4: (480, 1020)}, dict.fromkeys(range(7), (0, 1440)), {1: (61, 62), 5: (0, 1439)})


@cache
def hours(zone: str, week: int) -> BusinessHours:
    days = {day: ((start, end),) for day, (start, end) in WEEKS[week].items()}
    return BusinessHours("h", zone, days, (Holiday(date(2026, 3, 9), "H"), Holiday(date(2026, 3, 30), "H")), 600, "")


@cache
def minutes(zone: str, week: int) -> tuple[list[bool], list[int]]:
    """Per minute since FIRST whether it is open, and how many open minutes came before: counted, not computed."""
    local, days, off = ZoneInfo(zone), WEEKS[week], {date(2026, 3, 9), date(2026, 3, 30)}
    is_open, before = [], [0]
    for place in range(int((LAST - FIRST) / MINUTE)):
        there = (FIRST + place * MINUTE).astimezone(local)
        start, end = days.get(there.weekday(), (0, 0))
        is_open.append(start <= there.hour * 60 + there.minute < end and there.date() not in off)
        before.append(before[-1] + is_open[-1])
    return is_open, before


@dataclass(frozen=True)
class Vendor:
    """BusinessHours as documented: whole minutes, seconds ignored. `closing` is its opinion on closing instants."""

    zone: str
    week: int
    closing: bool

    def at(self, instant: datetime) -> int:
        return int((instant - FIRST) // MINUTE)

    def diff(self, start: datetime, end: datetime) -> int:
        _, before = minutes(self.zone, self.week)
        return (before[self.at(end)] - before[self.at(start)]) * 60_000

    def add(self, start: datetime, milliseconds: int) -> datetime:
        is_open, before = minutes(self.zone, self.week)
        wanted = before[self.at(start)] + milliseconds // 60_000
        place = before.index(wanted, self.at(start))
        while not self.closing and not is_open[place]:
            place += 1
        return FIRST + place * MINUTE

    def next_start(self, instant: datetime) -> datetime:
        is_open, _ = minutes(self.zone, self.week)
        place = self.at(instant)
        if self.closing and not is_open[place] and is_open[place - 1]:
            return FIRST + place * MINUTE
        return FIRST + is_open.index(True, place) * MINUTE


@dataclass(frozen=True)
class Clock:
    """templates/salesforce/clock.cls.j2 in Python."""

    vendor: Vendor

    def opens_at(self, minute: datetime) -> bool:
        return self.vendor.diff(minute, minute + MINUTE) > 0

    def next_open(self, instant: datetime) -> datetime:
        minute = instant.replace(second=0)
        return instant if self.opens_at(minute) else self.vendor.next_start(minute + MINUTE)

    def open_minute(self, minute: datetime, count: int) -> datetime:
        found = minute if count == 0 else self.vendor.add(minute, count * 60_000)
        return found if self.opens_at(found) else self.vendor.next_start(found + MINUTE)

    def add(self, instant: datetime, seconds: int) -> datetime:
        opened = self.next_open(instant)
        if seconds == 0:
            return opened
        minute = opened.replace(second=0)
        whole, rest = divmod(opened.second + seconds, 60)
        if rest > 0:
            return self.open_minute(minute, whole) + timedelta(seconds=rest)
        return self.open_minute(minute, whole - 1) + MINUTE

    def open_seconds(self, start: datetime, end: datetime) -> int:
        first, last = start.replace(second=0), end.replace(second=0)
        seconds = self.vendor.diff(first, last) // 1000
        seconds -= start.second if self.opens_at(first) else 0
        return seconds + (end.second if self.opens_at(last) else 0)

    def end_of_local_day(self, instant: datetime) -> datetime:
        zone = ZoneInfo(self.vendor.zone)

        def offset(at: datetime) -> timedelta:
            found = at.astimezone(zone).utcoffset()
            assert found is not None
            return found

        local = instant + offset(instant)
        midnight = datetime.combine(local.date() + timedelta(days=1), time(), UTC)
        return midnight - offset(midnight - offset(instant))


instants = st.integers(0, 30 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
vendors = st.builds(Vendor, st.sampled_from(ZONES), st.integers(0, len(WEEKS) - 1), st.booleans())
spans = st.one_of(st.integers(0, 4000), st.integers(0, 60).map(lambda minutes: minutes * 60))
MANY = settings(max_examples=400, deadline=None)


def calendar(vendor: Vendor) -> Calendar:
    return Calendar.of(hours(vendor.zone, vendor.week))


@MANY
@given(vendors, instants, spans)
def test_adding(vendor: Vendor, at: datetime, seconds: int) -> None:
    seconds = min(seconds, 50) if vendor.week == 2 else seconds
    assert Clock(vendor).add(at, seconds) == calendar(vendor).add(at, seconds)


@MANY
@given(vendors, instants, spans, spans)
def test_steps_count_from_a_closing_instant_too(vendor: Vendor, at: datetime, sla: int, more: int) -> None:
    sla, more = (min(sla, 50), min(more, 50)) if vendor.week == 2 else (sla, more)
    due = calendar(vendor).add(at, sla)
    assert Clock(vendor).add(due, more) == calendar(vendor).add(due, more)


@MANY
@given(vendors, instants, st.integers(0, 4 * 86_400))
def test_measuring(vendor: Vendor, at: datetime, later: int) -> None:
    start = calendar(vendor).next_open(at)
    end = start + timedelta(seconds=later)
    assert Clock(vendor).open_seconds(start, end) == calendar(vendor).open_seconds(start, end)


@MANY
@given(vendors, instants)
def test_the_same_business_day(vendor: Vendor, at: datetime) -> None:
    clock, oracle = Clock(vendor), calendar(vendor)
    start = oracle.next_open(at)
    promised = clock.open_seconds(start, clock.end_of_local_day(start))
    assert clock.add(start, promised) == oracle.close_of_business_day(start)

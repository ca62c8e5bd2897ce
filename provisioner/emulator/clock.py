"""The virtual clock of an emulated vendor: it stands still until somebody moves it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
START = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)


class ClockError(ValueError):
    """The clock was asked for something it does not do; the text says what."""


class Clock:
    """Aware UTC time that only moves forward, and only when told to."""

    def __init__(self, now: datetime = START) -> None:
        self._now = _utc(now)

    @property
    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Stand at `instant`. Raises ClockError when that lies in the past."""
        instant = _utc(instant)
        if instant < self._now:
            raise ClockError(f"The clock stands at {iso(self._now)} and never goes back (asked for {iso(instant)}).")
        self._now = instant


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ClockError(f"{instant.isoformat()} has no time zone; write for example {instant.isoformat()}Z.")
    return instant.astimezone(UTC)


def iso(instant: datetime) -> str:
    """`2026-01-05T14:00:00.000Z`: milliseconds and a Z, as the control door prints instants."""
    instant = instant.astimezone(UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def parse_instant(text: object) -> datetime:
    """An ISO-8601 instant with a zone or offset → aware UTC. Raises ClockError."""
    if not isinstance(text, str):
        raise ClockError(f"An instant is a text such as 2026-01-05T15:00:00Z, not {text!r}.")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ClockError(f"{text!r} is not an ISO-8601 instant such as 2026-01-05T15:00:00Z.") from error
    return _utc(instant)


def parse_duration(text: object) -> timedelta:
    """`PT5M`, `P1DT2H`, `P2W` → timedelta. Months and years have no fixed length and are refused."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    parts = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
    if not parts:
        raise ClockError(f"{text!r} is not an ISO-8601 duration such as PT5M or P1DT2H (weeks, days, hours, …).")
    return timedelta(**parts)

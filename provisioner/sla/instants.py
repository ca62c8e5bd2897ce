"""Instants: timezone-aware datetimes in UTC at whole seconds, and their epoch seconds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")


def epoch(instant: datetime) -> int:
    """Whole seconds since 1970-01-01 UTC. ValueError for a datetime without a zone or with a fraction of a second."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone, so it is not an instant.")
    if instant.microsecond:
        raise ValueError(f"{instant.isoformat()} is not at a whole second, the resolution of the clock.")
    return (instant - EPOCH) // SECOND


def from_epoch(seconds: int) -> datetime:
    """The UTC datetime of epoch seconds. OverflowError outside the years 1 to 9999."""
    return EPOCH + timedelta(seconds=seconds)


def read_instant(value: Any) -> datetime | None:
    """An instant from a datetime, a date (its midnight in UTC) or ISO 8601 text, cut to whole seconds; None for
    anything else. Without a zone the value is taken to be UTC."""
    if isinstance(value, str):
        text = value.strip()
        if not _ISO.fullmatch(text):
            return None
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            return None
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).replace(microsecond=0)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None


def ceil_to(seconds: int, tick: int) -> int:
    """The first multiple of `tick` seconds at or after `seconds`; `tick` 0 means any second."""
    return seconds if tick <= 1 else -(-seconds // tick) * tick

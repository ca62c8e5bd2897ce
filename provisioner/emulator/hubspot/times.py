"""Instants of records: milliseconds since 1970 in UTC inside, ISO 8601 with Z outside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
MINUTE_MS = 60_000
DAY_MS = 86_400_000


def to_ms(instant: datetime) -> int:
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    return _EPOCH + ms * _MILLISECOND


def show(ms: int) -> str:
    """`2026-01-05T14:00:00Z`, with milliseconds only when there are any."""
    instant = from_ms(ms)
    text = f"{instant:%Y-%m-%dT%H:%M:%S}"
    return f"{text}.{instant.microsecond // 1000:03d}Z" if instant.microsecond else f"{text}Z"


def show_full(ms: int) -> str:
    """`2026-01-05T14:00:00.000Z`, as definitions show it. [docs] reference/hubspot.md 2.6"""
    instant = from_ms(ms)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def read(text: str) -> int | None:
    """Epoch milliseconds, `YYYY-MM-DD` (midnight UTC) or an instant with its zone → milliseconds; None otherwise."""
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            return to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return to_ms(instant) if instant.tzinfo is not None else None


def zone(name: str) -> ZoneInfo | None:
    """The IANA zone of this name, if there is one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def shifted(local: datetime, offset: Mapping[str, int]) -> datetime:
    """Years to days by the calendar of the zone, hours and less by the clock."""
    months = offset.get("years", 0) * 12 + offset.get("months", 0)
    if months:
        year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
        last = (datetime(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
        local = local.replace(year=year, month=month + 1, day=min(local.day, last))
    local += timedelta(days=offset.get("days", 0) + 7 * offset.get("weeks", 0))
    names = ("hours", "minutes", "seconds", "milliseconds")
    span = timedelta(**{name: offset.get(name, 0) for name in names})
    return from_ms(to_ms(local)) + span if span else local

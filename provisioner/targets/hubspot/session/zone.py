"""Whether the account's time zone is the one the opening hours are written for.

Windows of workflows are in the account's zone ([docs] reference/hubspot.md 4.8), which no API sets. In another zone
every business clock would open and close hours off, and people would be told at the wrong time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from provisioner.resources import BY_HAND, Address, Resource

STEP = Address(BY_HAND, "time_zone")
EXPECTED = "expected time zone: "  # how the step that a person takes names the zone, among its filters
YEARS = 3  # as far as holidays are written out


def disagreement(resources: Iterable[Resource], actual: str, now: datetime) -> str | None:
    """What is wrong, for people; None when nothing is, or the account does not say. `actual`: an IANA name."""
    wanted = next((_expected(item) for item in resources if item.address == STEP), None)
    if wanted is None or not actual or _same(wanted, actual, now):
        return None
    return f"the account's time zone is {actual}, but the opening hours are written for {wanted}"


def _expected(step: Resource) -> str | None:
    texts = (text for text in step.attributes.get("filters") or () if isinstance(text, str))
    return next((text.removeprefix(EXPECTED) for text in texts if text.startswith(EXPECTED)), None)


def _same(one: str, other: str, now: datetime) -> bool:
    """The same clock from now on: US/Eastern is America/New_York. Names nobody knows are compared as names."""
    if one == other:
        return True
    try:
        zones = ZoneInfo(one), ZoneInfo(other)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    noon = now.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    days = (noon + timedelta(days=day) for day in range(366 * YEARS))
    return all(len({day.astimezone(zone).utcoffset() for zone in zones}) == 1 for day in days)

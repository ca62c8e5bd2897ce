"""Business hours as the workflows carry them: windows in the account's time zone, holidays as blocked dates.
[docs] reference/hubspot.md 4.8"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.facts import Calendar, Unasked
from provisioner.model.design import BusinessHours, Design, LeadType
from provisioner.targets.hubspot.audit.answers import Asking, Raw, Refused
from provisioner.targets.hubspot.code import computes
from provisioner.targets.hubspot.names import hours_of
from provisioner.targets.hubspot.openings import openings, portal_zone
from provisioner.targets.hubspot.windows import MONTHS, days_moved, is_zone, shift_of

PROGRAM = re.compile(r"^HOLIDAYS = frozenset\(\[([\d, ]*)\]\)", re.MULTILINE)  # days since 1970
EPOCH = date(1970, 1, 1)


def used(design: Design) -> dict[str, tuple[BusinessHours, list[LeadType]]]:
    """The calendars that lead types use, by id, with those lead types."""
    found: dict[str, tuple[BusinessHours, list[LeadType]]] = {}
    for item in design.lead_types:
        hours = hours_of(design, item)
        if hours is not None:
            found.setdefault(hours.id, (hours, []))[1].append(item)
    return found


def read(design: Design, ask: Asking, now: datetime) -> tuple[tuple[Calendar, ...], list[Unasked]]:
    """One per calendar that some workflow carries. Its time zone is the design's while the account's is the one that
    the workflows were written for, else the account's: then every window is shifted. Refused when workflows or the
    account may not be read."""
    calendars = used(design)
    if not calendars:
        return (), []
    zone, flows = ask.time_zone(), ask.flows()
    shifted = not _same(zone, portal_zone(design), now)
    found: list[Calendar] = []
    unasked: list[Unasked] = []
    for id, (hours, types) in calendars.items():
        carrying = [flows[key] for item in types for key in _keys(design, item) if key in flows]
        if not carrying:
            continue
        try:
            last = _last_holiday(design, hours, types, flows)
        except Refused as refused:
            unasked.append(Unasked(f"calendars/{id}", refused.why))
            continue
        found.append(Calendar(id, zone if shifted else hours.timezone, last, is_shifted=shifted))
    return tuple(found), unasked


def keys(design: Design) -> tuple[str, ...]:
    """Names of the addresses of all workflows that keep opening hours."""
    return tuple(key for _, types in used(design).values() for item in types for key in _keys(design, item))


def _keys(design: Design, lead_type: LeadType) -> Iterator[str]:
    """Names of the addresses of the workflows that keep opening hours for a lead type."""
    yield from (item.key for item in openings(design, lead_type))
    if not computes(design, lead_type):
        yield f"timer_{lead_type.id}"


def _same(one: str, other: str, now: datetime) -> bool:
    """Whether two names mean the same time, this year (`US/Eastern` and `America/New_York` do)."""
    if one == other:
        return True
    if not is_zone(one) or not is_zone(other):
        return False
    first, second = ZoneInfo(one), ZoneInfo(other)
    days = [datetime(now.astimezone(UTC).year, month, day, 12, tzinfo=UTC) for month in range(1, 13) for day in (1, 15)]
    return all(day.astimezone(first).utcoffset() == day.astimezone(second).utcoffset() for day in days)


def _last_holiday(
    design: Design, hours: BusinessHours, types: Iterable[LeadType], flows: Mapping[str, Raw]
) -> date | None:
    """The earliest of the last holidays that its workflows know; None when one of them knows none."""
    lasts: list[date | None] = []
    moved = timedelta(days=days_moved(hours, shift_of(hours, portal_zone(design)).minutes))
    for item in types:
        for key in _keys(design, item):
            if key in flows:
                days = _of_program(flows[key]) if computes(design, item) else _blocked(flows[key])
                lasts.append(max(days) - (timedelta() if computes(design, item) else moved) if days else None)
    known = [day for day in lasts if day is not None]
    return min(known) if known and len(known) == len(lasts) else None


def _blocked(flow: Raw) -> list[date]:
    """A date without a year comes back every year, so that it never runs out; none of ours is one."""
    listed = flow.get("blockedDates")
    return [day for item in (listed if isinstance(listed, list) else []) if (day := _day(item)) is not None]


def _day(item: Any) -> date | None:
    try:
        return date(int(item["year"]), MONTHS.index(item["month"]) + 1, int(item["dayOfMonth"]))
    except (KeyError, TypeError, ValueError):
        return None


def _of_program(flow: Raw) -> list[date]:
    """The days that are written into the workflow's program. Refused when somebody has written it otherwise."""
    actions = flow.get("actions")
    rows = [item for item in (actions if isinstance(actions, list) else []) if isinstance(item, dict)]
    found = [match for item in rows if (match := PROGRAM.search(str(item.get("sourceCode") or "")))]
    if not found:
        raise Refused("The workflow's program, which holds the holidays, is not the one that was deployed.")
    return [EPOCH + timedelta(days=int(text)) for match in found for text in match[1].split(",") if text.strip()]

"""When a local wall-clock time really is: opening and closing instants, also in nights when the clock is changed.

A wall time the clock skips is the instant the gap ends. A wall time the clock shows twice is its first showing for an
opening, and for a closing the end of its last showing: the instant after the last second before closing time. (So
01:30 in a fold from 01:00 to 02:00 closes at the second 01:30, and 01:00 at the first 01:00, because nothing of what
is shown twice lies before it.)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from provisioner.sla.instants import EPOCH, SECOND


def opening(zone: ZoneInfo, wall: datetime) -> int:
    """Epoch seconds of the first instant whose wall clock has reached the naive `wall`."""
    return _showing(zone, wall, fold=0)


def closing(zone: ZoneInfo, wall: datetime) -> int:
    """Epoch seconds of the instant from which the wall clock stays at or after the naive `wall`."""
    last_second = wall - SECOND
    if _exists(zone, last_second):
        return _showing(zone, last_second, fold=1) + 1
    return _gap_end(zone, last_second)


def _showing(zone: ZoneInfo, wall: datetime, *, fold: int) -> int:
    if not _exists(zone, wall):
        return _gap_end(zone, wall)
    return _seconds(zone, wall, fold)


def _seconds(zone: ZoneInfo, wall: datetime, fold: int) -> int:
    return (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) - EPOCH) // SECOND


def _wall(zone: ZoneInfo, seconds: int) -> datetime:
    return (EPOCH + timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None)


def _exists(zone: ZoneInfo, wall: datetime) -> bool:
    return _wall(zone, _seconds(zone, wall, 0)) == wall


def _gap_end(zone: ZoneInfo, wall: datetime) -> int:
    """The transition that skips `wall`: it lies after `wall` read with the later offset, and not after `wall` read
    with the earlier one (PEP 495)."""
    before, after = _seconds(zone, wall, 1), _seconds(zone, wall, 0)
    while after - before > 1:
        middle = (before + after) // 2
        if _wall(zone, middle) >= wall:
            after = middle
        else:
            before = middle
    return after

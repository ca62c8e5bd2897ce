"""When a local wall-clock time really is: opening and closing instants, also in nights when the clock is changed.

A wall time the clock skips is the instant the gap ends. A wall time the clock shows twice is its first showing for an
opening, and for a closing the end of its last showing: the instant after the last second before closing time. (So
01:30 in a fold from 01:00 to 02:00 closes at the second 01:30, and 01:00 at the first 01:00, because nothing of what
is shown twice lies before it.)
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from provisioner.sla.instants import EPOCH, SECOND


def opening(zone: ZoneInfo, wall: datetime) -> int:
    """Epoch seconds of the first instant whose wall clock has reached the naive `wall`."""
    first, second = _readings(zone, wall)
    return first if first <= second else _gap_end(zone, wall)


def closing(zone: ZoneInfo, wall: datetime) -> int:
    """Epoch seconds of the instant from which the wall clock stays at or after the naive `wall`."""
    last_second = wall - SECOND
    first, second = _readings(zone, last_second)
    return second + 1 if first <= second else _gap_end(zone, last_second)


def _readings(zone: ZoneInfo, wall: datetime) -> tuple[int, int]:
    """Epoch seconds of `wall` with the offset before and the offset after a change of the clock (PEP 495). The same
    on ordinary days, in order where the clock shows `wall` twice, reversed where the clock skips it."""
    before, after = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    return (before - EPOCH) // SECOND, (after - EPOCH) // SECOND


def _gap_end(zone: ZoneInfo, wall: datetime) -> int:
    """The change of the clock that skips `wall`; it lies between the two readings of `wall`."""
    latest, before = _readings(zone, wall)
    while latest - before > 1:
        middle = (before + latest) // 2
        if (EPOCH + timedelta(seconds=middle)).astimezone(zone).replace(tzinfo=None) >= wall:
            latest = middle
        else:
            before = middle
    return latest

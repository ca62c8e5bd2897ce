"""From when on a lead that nobody owns has waited for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from provisioner.model.design import Design
from provisioner.sla.calendar import Calendar

LEAST: Final = 120
"""Open minutes that a lead may always wait, whatever the design's targets."""

FURTHEST: Final = timedelta(days=30)
"""No office stays closed for longer, so the search ends there."""


def patience_ended(design: Design, now: datetime) -> datetime:
    """The latest instant (UTC, whole minutes before `now`) since which every calendar of the design was open for longer
    than the critical systems delay, and than `LEAST` minutes. Without business hours: of calendar time."""
    target = design.targets.systems_delay if design.targets is not None else None
    minutes = max(LEAST, target.critical.minutes if target is not None else 0)
    calendars = [Calendar.of(hours) for hours in design.business_hours.values()]
    least, most = minutes, max(minutes, FURTHEST // timedelta(minutes=1))
    while least < most:  # minutes before now: fewest for which all calendars were open for long enough
        middle = (least + most) // 2
        began = now - timedelta(minutes=middle)
        if all(calendar.open_minutes(began, now) >= minutes for calendar in calendars):
            most = middle
        else:
            least = middle + 1
    return now - timedelta(minutes=least)

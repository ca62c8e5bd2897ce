"""When clocks of one lead type start, and how far from the start everything is due. [docs] reference/hubspot.md 4.8"""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.model.design import Design, LeadType, Step
from provisioner.model.uses import steps_of
from provisioner.targets.hubspot import windows
from provisioner.targets.hubspot.code import computes
from provisioner.targets.hubspot.minutes import due_seconds, promised_minutes, step_seconds
from provisioner.targets.hubspot.names import hours_of
from provisioner.targets.hubspot.windows import DAY, Interval


@dataclass(frozen=True, slots=True)
class When:
    """So many seconds after the start, on the wall clock; or, where `minute` is set, so many minutes after the local
    midnight before the start, in the calendar's zone."""

    seconds: int = 0
    minute: int | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A part of the week in which clocks start (`open`: windows by weekday, in minutes after local midnight; empty =
    always), and when everything is due for a start in it: the due time, then the steps in order."""

    key: str
    open: dict[int, tuple[Interval, ...]]
    due: When
    steps: tuple[When, ...]


def kept_free(design: Design, lead_type: LeadType) -> int:
    """Minutes before closing in which no clock starts: the promise, where the office is open longer than that."""
    hours = hours_of(design, lead_type)
    if hours is None or computes(design, lead_type):
        return 0
    if lead_type.sla == "same_business_day" or lead_type.sla.business_days:
        return 0
    promised = promised_minutes(design, lead_type)
    return promised if windows.can_shorten(hours.open, promised) else 0


def openings(design: Design, lead_type: LeadType) -> list[Opening]:
    """One; for `same_business_day` one per closing time, because that is the due time."""
    hours, steps = hours_of(design, lead_type), steps_of(design, lead_type)
    key = f"open_{lead_type.id}"
    if computes(design, lead_type):
        return [Opening(key, {}, When(), ())]
    if lead_type.sla != "same_business_day":
        open = windows.start_intervals(hours.open, kept_free(design, lead_type)) if hours else {}
        distances = tuple(When(step_seconds(design, lead_type, step)) for step in steps)
        return [Opening(key, open, When(due_seconds(lead_type)), distances)]
    assert hours is not None, "only a business clock has business days"
    closes = sorted({intervals[-1][1] for intervals in hours.open.values() if intervals})
    names = [key, *(f"{key}.{place}" for place in range(2, len(closes) + 1))]
    return [
        Opening(
            name,
            {day: found for day, found in hours.open.items() if found and found[-1][1] == close},
            When(minute=close),
            tuple(_of_day(design, lead_type, step, close) for step in steps),
        )
        for name, close in zip(names, closes, strict=True)
    ]


def _of_day(design: Design, lead_type: LeadType, step: Step, close: int) -> When:
    """Shares are counted back from the close, over a day of the usual length."""
    if step.percent is not None:
        length = promised_minutes(design, lead_type)
        return When(minute=max(0, int(close - length + length * step.percent / 100)))
    assert step.after_due is not None, "a step has a percentage or a time after due"
    return When(minute=close + step.after_due.minutes + DAY * step.after_due.business_days)


def portal_zone(design: Design) -> str:
    """The account's zone; where none is named, what HubSpot uses then."""
    zone: str = design.target.options.get("timezone", windows.USUAL_ZONE)
    return zone

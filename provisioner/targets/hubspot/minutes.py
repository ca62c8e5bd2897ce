"""Durations of the design in seconds of the lead type's clock."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from provisioner.model.design import Design, Duration, LeadType, Step
from provisioner.targets.hubspot.names import hours_of


def duration_minutes(design: Design, lead_type: LeadType, duration: Duration) -> int:
    """Minutes on the type's clock; a business day is what its calendar says."""
    hours = hours_of(design, lead_type)
    return duration.minutes + duration.business_days * (hours.business_day if hours else 0)


def sla_minutes(design: Design, lead_type: LeadType) -> str:
    """As the number property holds it. For `same_business_day` the usual day, which is the longest it can be."""
    return str(promised_minutes(design, lead_type))


def promised_minutes(design: Design, lead_type: LeadType) -> int:
    if lead_type.sla == "same_business_day":
        hours = hours_of(design, lead_type)
        return hours.business_day if hours else 0
    return duration_minutes(design, lead_type, lead_type.sla)


def share_seconds(minutes: int, percent: Decimal) -> int:
    """A share of so many minutes in whole seconds, half up."""
    return int((minutes * 60 * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


def wall_seconds(duration: Duration) -> int:
    """How long a duration is waited for on the wall clock: a business day is a whole day of 24 hours, because the same
    time of the next day is what it usually means."""
    return duration.minutes * 60 + duration.business_days * 86_400


def due_seconds(lead_type: LeadType) -> int:
    """From the start of the clock to the due time, on the wall clock."""
    assert lead_type.sla != "same_business_day", "its due time is a time of the day"
    return wall_seconds(lead_type.sla)


def step_seconds(design: Design, lead_type: LeadType, step: Step) -> int:
    """From the start of the clock to a step, on the wall clock. Not for `same_business_day`."""
    assert lead_type.sla != "same_business_day", "its due time is a time of the day"
    due = wall_seconds(lead_type.sla)
    if step.percent is not None:
        if lead_type.sla.business_days:
            return share_seconds(due // 60, step.percent)
        return share_seconds(promised_minutes(design, lead_type), step.percent)
    assert step.after_due is not None, "a step has a percentage or a time after due"
    return due + wall_seconds(step.after_due)

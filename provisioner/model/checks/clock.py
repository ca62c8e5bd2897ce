"""Clocks, calendars and the order of steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from provisioner.document.wording import quoted
from provisioner.model.checks.subject import Subject
from provisioner.model.design import BusinessHours, Clock, Duration, Escalation, LeadType, Step
from provisioner.model.explain import at_text
from provisioner.model.registry import RULES
from provisioner.rules import Finding

_SOON = timedelta(days=90)


@RULES.rule("D113", "Steps are not in the order of time")
def steps_in_order(subject: Subject) -> Iterator[Finding]:
    """Each step of an escalation must come later than the one before it, for every lead type that uses it: otherwise a
    lead would be escalated backwards, or two steps would act at once."""
    users = _users(subject)
    for escalation in subject.design.escalations.values():
        said: set[int] = set()
        for lead_type in users[escalation.id]:
            offsets = _offsets(subject, lead_type, escalation)
            for index, (before, after) in enumerate(pairwise(offsets), start=1):
                if after > before or index in said:
                    continue
                said.add(index)
                yield _out_of_order(escalation, index, lead_type)


def _out_of_order(escalation: Escalation, index: int, lead_type: LeadType) -> Finding:
    first, second = (at_text(escalation.steps[k]) for k in (index - 1, index))
    detail = f"For the lead type {quoted(lead_type.id)}, '{second}' does not come after '{first}', the step before it."
    return Finding(f"{escalation.steps[index].at}/at", detail, "Put the steps in the order in which they happen.")


def _users(subject: Subject) -> dict[str, list[LeadType]]:
    """Escalation → the lead types that have it, in their order."""
    found: dict[str, list[LeadType]] = {escalation: [] for escalation in subject.design.escalations}
    for item in subject.design.lead_types:
        if item.escalation in found:
            found[item.escalation].append(item)
    return found


def _offsets(subject: Subject, lead_type: LeadType, escalation: Escalation) -> list[tuple[int, Decimal]]:
    """When the steps come, comparable: seconds of open time after the start.

    For `same_business_day` the SLA has no fixed length: its shares compare with each other and come before due.
    """
    hours = subject.design.business_hours.get(lead_type.hours or "")
    day = hours.business_day if hours else 1440
    if isinstance(lead_type.sla, str):
        return [_relative(step, day) for step in escalation.steps]
    sla = seconds(lead_type.sla, day)
    return [(0, _after_start(step, sla, day)) for step in escalation.steps]


def _relative(step: Step, day: int) -> tuple[int, Decimal]:
    if step.percent is not None:
        return (0, step.percent) if step.percent < 100 else (1, step.percent - 100)
    return 1, Decimal(seconds(step.after_due or Duration(), day))


def _after_start(step: Step, sla: int, day: int) -> Decimal:
    if step.percent is not None:
        return (sla * step.percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Decimal(sla + seconds(step.after_due or Duration(), day))


def seconds(duration: Duration, business_day: int) -> int:
    """The length of a duration in seconds of the clock it is used on; `business_day` in minutes."""
    return (duration.minutes + duration.business_days * business_day) * 60


@RULES.rule("D129", "A share of the SLA that is never reached")
def beyond_the_day(subject: Subject) -> Iterator[Finding]:
    """`same_business_day` ends with the day: there is no time after it that a share of it could mean."""
    everyone = _users(subject)
    for escalation in subject.design.escalations.values():
        users = [item for item in everyone[escalation.id] if isinstance(item.sla, str)]
        for step in escalation.steps if users else ():
            if step.percent is not None and step.percent > 100:
                detail = f"'{at_text(step)}' lies after the end of the day for {quoted(users[0].id)}."
                yield Finding(f"{step.at}/at", detail, "Write due + 1h for a step after the end of the day.")


@RULES.rule("D114", "A unit that does not fit the clock")
def unit_fits_clock(subject: Subject) -> Iterator[Finding]:
    """On a business clock a day of 24 hours would be two or three working days, which nobody means by `1d`; on a
    calendar clock there are no business days."""
    for item in subject.design.lead_types:
        if isinstance(item.sla, Duration):
            yield from _fits(item.sla, item.clock, f"{item.at}/sla", "")
        elif item.clock == "calendar":
            detail = "same_business_day needs a business day, and a calendar clock has none."
            yield Finding(f"{item.at}/sla", detail, "Set clock: business and hours, or write a duration such as 8h.")
        if item.after_hours is not None:
            yield from _fits(item.after_hours.sla, item.after_hours.clock, f"{item.after_hours.at}/sla", "")
        if item.follow_up is not None:
            yield from _fits(item.follow_up.within, item.clock, f"{item.follow_up.at}/within", "")
    users = _users(subject)
    for escalation in subject.design.escalations.values():
        for step in escalation.steps:
            seen: set[Clock] = set()
            for item in users[escalation.id]:
                if step.after_due is None or item.clock in seen:
                    continue
                seen.add(item.clock)
                who = f" of the lead type {quoted(item.id)}, which uses this step,"
                yield from _fits(step.after_due, item.clock, f"{step.at}/at", who)


def _fits(duration: Duration, clock: Clock, pointer: str, who: str) -> Iterator[Finding]:
    if clock == "business" and duration.has_days:
        detail = (
            f"'{duration.text}' counts days of 24 hours, but the clock{who} is business: it only runs in opening hours."
        )
        yield Finding(pointer, detail, "Write bd for business days, or h for open hours; or set clock: calendar.")
    if clock == "calendar" and duration.business_days:
        detail = f"'{duration.text}' counts business days, but the clock{who} is calendar: it runs day and night."
        yield Finding(pointer, detail, "Write d for days of 24 hours; or set clock: business and hours.")


@RULES.rule("D115", "No time at all")
def not_zero(subject: Subject) -> Iterator[Finding]:
    """An SLA of zero is missed before anyone can see the lead."""
    for item in subject.design.lead_types:
        if isinstance(item.sla, Duration) and item.sla.is_zero:
            yield Finding(
                f"{item.at}/sla", "The SLA is zero, so every lead would be late at once.", "Write 5m or more."
            )
        for part, duration in (("after_hours/sla", item.after_hours), ("follow_up/within", item.follow_up)):
            length = getattr(duration, "sla", getattr(duration, "within", None))
            if isinstance(length, Duration) and length.is_zero:
                yield Finding(f"{item.at}/{part}", "The duration is zero.", "Write a duration such as 1h.")


@RULES.rule("D116", "Clock and hours do not fit together")
def clock_has_hours(subject: Subject) -> Iterator[Finding]:
    """A business clock needs to know when people work; a calendar clock does not look at it."""
    for item in subject.design.lead_types:
        if item.clock == "business" and item.hours is None and item.at not in subject.doubtful:
            known = subject.names("business_hours")
            advice = f"Add hours: {known[0]}." if known else "Define business_hours and name one of them under hours."
            detail = f"The lead type {quoted(item.id)} has a business clock and no hours."
            yield Finding(f"{item.at}/clock", detail, advice)
        if item.clock == "calendar" and subject.written(f"{item.at}/hours"):
            detail = (
                f"The lead type {quoted(item.id)} has a calendar clock, which runs day and night: hours is ignored."
            )
            yield Finding(f"{item.at}/hours", detail, "Set clock: business, or remove hours.", "warning")
        if item.clock == "calendar" and item.after_hours is not None:
            detail = "A calendar clock never stands still, so after_hours is never used."
            yield Finding(item.after_hours, detail, "Set clock: business, or remove after_hours.", "warning")
        elif item.after_hours is not None and item.after_hours.clock == "business":
            detail = "The promise for the time outside opening hours has a business clock, which stands still then."
            yield Finding(f"{item.after_hours.at}/clock", detail, "Set clock: calendar.")


@RULES.rule("D117", "A calendar that is never open")
def has_open_time(subject: Subject) -> Iterator[Finding]:
    """On a calendar without open time a clock would never start."""
    for hours in subject.design.business_hours.values():
        if not hours.open and f"{hours.at}/open" not in subject.doubtful:
            detail = f"The calendar {quoted(hours.id)} has no open hours on any day."
            yield Finding(f"{hours.at}/open", detail, 'Add hours, such as mon-fri: "08:00-18:00".')


@RULES.rule("D118", "Holidays end soon", severity="warning")
def holidays_last(subject: Subject) -> Iterator[Finding]:
    """Holidays are written into the CRM year by year. After the last one, people are alerted on days off."""
    for hours in subject.design.business_hours.values():
        if (end := horizon(hours)) is None or end - subject.today >= _SOON:
            continue
        left = (end - subject.today).days
        when = f"in {left} days" if left >= 0 else f"{-left} days ago"
        pointer = f"{hours.at}/holidays"
        advice = (
            "Raise holidays.from or holidays.years, or leave out from." if _country(hours) else "Add the coming days."
        )
        detail = f"The holidays of {quoted(hours.id)} end on {end.isoformat()}, {when}."
        yield Finding(pointer, detail, f"{advice} Then apply the design again.")


def horizon(hours: BusinessHours) -> date | None:
    """The last day for which the holidays are known; None when the document names none."""
    source = hours.source
    if source is None or not (source.country or source.extra):
        return None
    last = source.first_year + source.years - 1 if source.country else max(day.day.year for day in source.extra)
    return date(last, 12, 31)


def _country(hours: BusinessHours) -> bool:
    return hours.source is not None and hours.source.country is not None

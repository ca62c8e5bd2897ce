"""B6: does the CRM still know when the office is open?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from provisioner.diagnostics import Severity
from provisioner.facts import Calendar
from provisioner.insight.audit import FINDINGS, Audit, count_text
from provisioner.insight.checks.configuration import ACCOUNT_ZONE
from provisioner.insight.finding import Found
from provisioner.model.design import BusinessHours

HORIZON: Final = timedelta(days=90)
"""Holidays have to be known at least this far ahead."""


@FINDINGS.kind("B601", "The holidays of a calendar run out")
def holidays_end(audit: Audit) -> Iterator[Found]:
    """The last holiday that the CRM knows for a calendar of the design is less than 90 days away, or past. Calendars
    for which the design names no holidays are left out.

    Why: on the first holiday that is missing, every clock runs while the office is closed, and all leads are missed.

    Found: Salesforce: the holidays of the business hours. HubSpot: the days that the workflows leave out.

    Fix: raise `holidays.years` (or `from`) in the design, then apply.

    Example: the last holiday of “us” is 2028-12-25, 40 days from now.
    """
    for hours, calendar in _pairs(audit):
        if calendar is None or not calendar.active or not _has_holidays(hours):
            continue
        last = calendar.last_holiday
        if last is None or last - audit.now.date() < HORIZON:
            ends = "has no holidays in the CRM" if last is None else f"knows no holiday after {last}"
            past = last is None or last < audit.now.date()
            severity: Severity = "error" if past else "warning"
            yield Found(
                subject=hours.id,
                detail=f"The calendar “{hours.id}” {ends}.",
                consequence=f"On the next holiday clocks run while nobody works: {_concerned(audit, hours)}.",
                fix=f"Raise holidays.years of business_hours.{hours.id} in the design, then apply: "
                f"{audit.command('plan')}",
                where=f"{hours.at}/holidays",
                severity=severity,
                lead_types=_types(audit, hours),
                figures={"last_holiday": last.isoformat() if last else None},
            )


@FINDINGS.kind("B602", "The time zone of a calendar was changed", severity="error")
def zone(audit: Audit) -> Iterator[Found]:
    """The business hours in the CRM are in another time zone than the design's.

    Why: the office opens and closes at the wrong hour: leads of the early morning are missed, those of the evening wait
    for free.

    Found: Salesforce: the time zone of the business hours. HubSpot: the time zone of the account, in one finding for
    all calendars.

    Fix: put it back, or correct the design, then apply.

    Example: “us” was moved from America/New_York to America/Los_Angeles.
    """
    pairs = [(hours, calendar) for hours, calendar in _pairs(audit) if calendar is not None and calendar.timezone]
    shifted = [(hours, calendar) for hours, calendar in pairs if calendar.is_shifted]
    if shifted:
        yield _account_moved(audit, shifted)
    for hours, calendar in pairs:
        if not calendar.is_shifted and calendar.timezone != hours.timezone:
            yield Found(
                subject=hours.id,
                detail=f"The calendar “{hours.id}” is in {calendar.timezone} in the CRM; the design says "
                f"{hours.timezone}.",
                consequence=f"Clocks start and stop at the wrong hour: {_concerned(audit, hours)}.",
                fix=f"Put it back, or correct the design: {audit.command('plan')}",
                where=f"{hours.at}/timezone",
                lead_types=_types(audit, hours),
                about=(f"business_hours/{hours.id}",),
            )


def _account_moved(audit: Audit, shifted: Sequence[tuple[BusinessHours, Calendar]]) -> Found:
    """Also where a calendar is of the account's new time zone: its hours were written for the old one."""
    names = ", ".join(f"“{hours.id}”" for hours, _ in shifted)
    said = audit.design.target.options.get(ACCOUNT_ZONE.rpartition("/")[2], "another one")
    types = tuple(kind.id for kind in audit.design.lead_types if kind.hours in {hours.id for hours, _ in shifted})
    return Found(
        subject="account",
        detail=f"The account is in {shifted[0][1].timezone}; the design says {said}. That shifts "
        f"{count_text(len(shifted), 'calendar')}: {names}.",
        consequence=f"Clocks start and stop at the wrong hour: {_leads_of(audit, types)}.",
        fix=f"Put it back, or correct the design: {audit.command('plan')}",
        where=f"/{ACCOUNT_ZONE}",
        lead_types=types,
        about=tuple(f"business_hours/{hours.id}" for hours, _ in shifted),
    )


@FINDINGS.kind("B603", "A calendar of the design is switched off or not in the CRM", severity="error")
def gone(audit: Audit) -> Iterator[Found]:
    """A lead type's clock runs on business hours that are inactive or missing in the CRM. Only asked when the CRM was
    asked for its calendars.

    Why: clocks cannot be computed, or run around the clock.

    Found: Salesforce: the business hours by name. HubSpot has no calendars of its own: one is missing when every
    workflow that keeps its hours was deleted. A workflow that is switched off is a change by hand (C201).

    Fix: switch it on, or apply the design.

    Example: an admin deactivated the business hours “us” while tidying up.
    """
    for hours, calendar in _pairs(audit):
        if calendar is not None and calendar.active:
            continue
        state = "is not in the CRM" if calendar is None else "is switched off in the CRM"
        yield Found(
            subject=hours.id,
            detail=f"The calendar “{hours.id}” {state}.",
            consequence=f"No business clock can be computed: {_concerned(audit, hours)}.",
            fix=f"Switch it on, or apply the design: {audit.command('plan')}",
            where=hours.at,
            lead_types=_types(audit, hours),
            about=(f"business_hours/{hours.id}",),
        )


def _pairs(audit: Audit) -> Iterator[tuple[BusinessHours, Calendar | None]]:
    """The calendars that lead types use, beside what the CRM has; nothing when it was not asked."""
    found = audit.facts.calendars
    unasked = {item.part for item in audit.facts.unasked}
    if found is None or "calendars" in unasked:
        return
    by_id = {calendar.id: calendar for calendar in found}
    for hours in audit.design.business_hours.values():
        if _types(audit, hours) and f"calendars/{hours.id}" not in unasked:
            yield hours, by_id.get(hours.id)


def _types(audit: Audit, hours: BusinessHours) -> tuple[str, ...]:
    return tuple(kind.id for kind in audit.design.lead_types if kind.hours == hours.id)


def _concerned(audit: Audit, hours: BusinessHours) -> str:
    return _leads_of(audit, _types(audit, hours))


def _leads_of(audit: Audit, lead_types: Sequence[str]) -> str:
    return "leads of " + ", ".join(map(audit.type_name, lead_types))


def _has_holidays(hours: BusinessHours) -> bool:
    return bool(hours.holidays) or hours.source is not None

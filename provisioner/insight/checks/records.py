"""R4: single leads whose data contradict the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from provisioner.facts import Check
from provisioner.insight.audit import FINDINGS, Audit, leads_text
from provisioner.insight.finding import Found

RARE: Final = 20
"""One in so many clocks is no reason for a warning yet."""


@FINDINGS.kind("R401", "Leads are owned and no clock started", severity="error")
def no_clock(audit: Audit) -> Iterator[Found]:
    """A person owns the lead, it is of a tracked lead type and not excluded, and it has no start of a clock.

    Why: nobody is alerted for these leads, and they are in no figure: the report looks better than it is.

    Found: Salesforce: a count of such leads. HubSpot: search totals. Leads younger than the grace time are left out.

    Fix: see whether the automation is switched on, and whether leads come in by a way that does not run it.

    Example: 9 leads of a data import have an owner and no clock.
    """
    yield from _found(
        audit,
        "assigned_without_clock",
        "{leads} {have} an owner and a tracked lead type, and no clock started.",
        "Nobody is alerted for them, and no figure counts them.",
        "Look whether the automation is on (the plan tells), and how these leads came in.",
    )


@FINDINGS.kind("R402", "Clocks run without a lead type", severity="error")
def no_type(audit: Audit) -> Iterator[Found]:
    """A clock started on leads that carry no lead type.

    Why: nobody knows which SLA the verdict is about; reports by lead type leave the leads out.

    Found: a count of leads with a start of the clock and without a lead type.

    Fix: look who clears or writes the lead type.

    Example: a cleanup job emptied the field on 31 leads.
    """
    yield from _found(
        audit,
        "clock_without_lead_type",
        "{leads} {have} a clock and no lead type.",
        "Their verdicts belong to no SLA, and figures by lead type leave them out.",
        "Look in their history who emptied the lead type.",
    )


@FINDINGS.kind("R403", "First touches are earlier than the assignment")
def early_touch(audit: Audit) -> Iterator[Found]:
    """The first touch of a lead lies before somebody owned it.

    Why: it counts as met at once. One such lead is a colleague who helped; many are an integration whose touches
    count as a person's.

    Found: a comparison of the two instants.

    Fix: see who made the touches; add what is no person to `ignore_users`.

    Example: 84 leads were “touched” by the mail connector a second after they came in.
    """
    yield from _found(
        audit,
        "touch_before_assignment",
        "{leads} {have} a first touch before anybody owned {them}.",
        "They count as met at once; if the touches are automatic, the compliance figure is too good.",
        "Look who made the touches, and add what is no person to telemetry.first_touch.ignore_users.",
    )


@FINDINGS.kind("R404", "Delays are below zero", severity="error")
def negative(audit: Audit) -> Iterator[Found]:
    """A systems delay or a speed to lead is negative: the lead was assigned, or touched, before it came in.

    Why: averages become too good, and nobody sees why.

    Found: a count of leads whose systems delay or speed to lead is below zero.

    Fix: see which system writes the engagement or the assignment, and with which time zone.

    Example: an import wrote local times as UTC; the engagement is five hours in the future.
    """
    yield from _found(
        audit,
        "negative_delay",
        "{leads} {have} a delay below zero: {they} {were} assigned or touched before {they} came in, as dated.",
        "Averages of systems delay and speed to lead are too good.",
        "Look which system writes the instants of these leads, and in which time zone.",
    )


@FINDINGS.kind("R405", "Steps are overdue and nothing happened", severity="error")
def stuck(audit: Audit) -> Iterator[Found]:
    """A step's time is past by more than the grace time, nobody has touched the lead, and its status did not move.

    Why: alerts do not go out. This is the failure that nobody notices, because silence looks like success.

    Found: a count of untouched leads whose step time is past while the status is still that of before.

    Fix: see whether the flow or workflow is on, whether its errors went to anybody, and whether a limit is used up.

    Example: 22 leads passed their due time yesterday and still say “within SLA”.
    """
    grace = audit.facts.scope.grace
    yield from _found(
        audit,
        "stuck_step",
        f"{{leads}} {{are}} more than {grace} minutes past a step, and the step did not happen.",
        "Their alerts did not go out, and they count as within the SLA.",
        "Look whether the automation is on (the plan tells), and for its errors in the CRM.",
    )


@FINDINGS.kind("R406", "Clocks run on leads that are excluded")
def excluded(audit: Audit) -> Iterator[Found]:
    """An exclusion of the design holds for a lead, and its clock runs all the same.

    Why: people are alerted about leads that nobody should call.

    Found: a count of leads that meet an exclusion and have a running clock.

    Fix: see whether the exclusion was added after they came in; then accept it until they are gone.

    Example: 5 disqualified leads still send alerts.
    """
    yield from _found(
        audit,
        "excluded_with_clock",
        "{leads} {are} excluded by the design, and {their} clock runs.",
        "People are alerted about leads that nobody should call, and the misses count.",
        "Look whether the exclusion is newer than the leads; the plan tells whether it is deployed.",
    )


@FINDINGS.kind("R407", "Clocks run on leads that are finished")
def closed(audit: Audit) -> Iterator[Found]:
    """A lead is converted or otherwise finished, and its clock still runs. It is a warning where these are more than
    one in twenty of all clocks of the window; now and then somebody converts a lead without logging the call.

    Why: it ends as a miss although the work was done.

    Found: Salesforce: converted leads with a running clock. HubSpot: as far as the design says what is finished.

    Fix: see how these leads were closed without a touch on record.

    Example: 12 leads were converted by an integration that logs no activity.
    """
    evidence, totals = audit.facts.checks.get("closed_with_clock"), audit.facts.totals
    is_rare = evidence is not None and totals is not None and evidence.count * RARE <= totals.clocks
    for found in _found(
        audit,
        "closed_with_clock",
        "{leads} {are} finished, and {their} clock still runs.",
        "They end as misses although the work was done.",
        "Look how they were finished without a touch on record.",
    ):
        yield replace(found, severity="info" if is_rare else "warning")


def _found(audit: Audit, check: Check, detail: str, consequence: str, fix: str) -> Iterator[Found]:
    evidence = audit.facts.checks.get(check)
    if evidence is None or not evidence.count:
        return
    one = evidence.count == 1
    words = {
        "leads": leads_text(evidence.count),
        "have": "has" if one else "have",
        "are": "is" if one else "are",
        "them": "it" if one else "them",
        "their": "its" if one else "their",
        "they": "it" if one else "they",
        "were": "was" if one else "were",
    }
    yield Found(check, detail.format(**words), consequence, fix, evidence, figures={"leads": evidence.count})

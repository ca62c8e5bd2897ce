"""P3: who is no longer there?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from provisioner.diagnostics import Severity
from provisioner.facts import Evidence, Person, Standing
from provisioner.insight.audit import FINDINGS, Audit, count_text, day_text, leads_text
from provisioner.insight.finding import Found
from provisioner.model.uses import steps_of

_SILENT, _IGNORED = "silent_to", "ignore_users"


@FINDINGS.kind("P301", "Somebody who left still owns leads", severity="error")
def inactive_owner(audit: Audit) -> Iterator[Found]:
    """A deactivated user owns leads that are not converted. It is an error while a clock of theirs runs, and a warning
    otherwise.

    Why: nobody works these leads, and their alerts go to a mailbox that nobody reads.

    Found: Salesforce: leads grouped by owners whose user is not active. HubSpot: contacts of owners that are archived
    or deactivated.

    Fix: give the leads to somebody else; with `on_reassign: restart` their clocks start anew.

    Example: Sam Lee left on Friday and owns 43 leads, 6 of them with a running clock.
    """
    for person in audit.facts.people or ():
        if not person.active and person.leads:
            severity: Severity = "error" if person.open_clocks else "warning"
            clocks = count_text(person.open_clocks, "running clock")
            yield Found(
                subject=_name(person),
                detail=f"{person.name} is not active any more and owns {leads_text(person.leads)}, "
                f"{person.open_clocks or 'none'} of them with a running clock.",
                consequence=f"Nobody answers these leads; {clocks} will end in a miss, where they have not yet, and "
                "the alerts reach nobody."
                if person.open_clocks
                else "Nobody answers these leads when they come back.",
                fix="Give the leads to somebody who is there.",
                evidence=_evidence(audit, person, person.leads),
                severity=severity,
                figures={"leads": person.leads, "open_clocks": person.open_clocks},
            )


@FINDINGS.kind("P302", "A recipient is not active any more", severity="error")
def inactive_recipient(audit: Audit) -> Iterator[Found]:
    """Somebody whom the design tells is deactivated in the CRM. A warning when no lead type in use tells them.

    Why: the step is carried out, and nobody hears of it; a workflow may fail altogether.

    Found: Salesforce: the users, queues and groups that the design names. HubSpot: owners, users and teams.

    Fix: name somebody else in `recipients`, then apply.

    Example: cro@acme.example was deactivated; the last step of “urgent” tells nobody.
    """
    for standing in audit.facts.standings or ():
        if standing.state == "inactive" and standing.name != _IGNORED:
            yield _recipient(audit, standing, "is not active any more")


@FINDINGS.kind("P303", "A recipient is not in the CRM", severity="error")
def missing_recipient(audit: Audit) -> Iterator[Found]:
    """Somebody whom the design tells cannot be found in the CRM (any more). A warning when no lead type in use tells
    them.

    Why: the alert reaches nobody, and the next apply is refused.

    Found: as for P302; what may not be looked up is reported as not checked instead.

    Fix: correct the name in `recipients`, or make the user, queue or group again, then apply.

    Example: the queue SDR_Backup was deleted.
    """
    for standing in audit.facts.standings or ():
        if standing.state == "missing" and standing.name != _IGNORED:
            yield _recipient(audit, standing, "is not in the CRM")


@FINDINGS.kind("P304", "A queue or group that the design uses has nobody in it", severity="error")
def empty(audit: Audit) -> Iterator[Found]:
    """A queue, group or team of the design has no members, or none that is active.

    Why: leads that are handed to it wait for nobody; alerts to it reach nobody.

    Found: its members, including those of groups in it, as far as they may be read.

    Fix: put people in it.

    Example: SDR_Backup has one member, who left.
    """
    for standing in audit.facts.standings or ():
        members = standing.members
        if standing.state == "active" and members is not None and not any(person.active for person in members):
            gone = f" of its {count_text(len(members), 'member')} none is active" if members else " it has no members"
            yield Found(
                subject=_subject(standing),
                detail=f"{standing.kind.capitalize()} {standing.value} is there, but{gone}.",
                consequence=f"What goes to “{standing.name}” reaches nobody"
                + (f": {uses}." if (uses := _uses(audit, standing.name)) else "; no lead type in use tells it today."),
                fix="Put people in it.",
                evidence=Evidence(f"members of {standing.kind} {standing.value}", len(members)),
                where=standing.pointer,
            )


@FINDINGS.kind("P305", "Somebody who left is still in a queue or group")
def inactive_member(audit: Audit) -> Iterator[Found]:
    """A queue, group or team of the design has inactive members beside active ones.

    Why: fewer people than it seems share the work; a rotation may hand leads to somebody who left.

    Found: its members, as far as they may be read. On HubSpot it was never seen: the local CRM takes who leaves out of
    the teams (a team that this empties is P304), and whether the vendor does is not established.

    Fix: take them out.

    Example: two of the five members of SDR_On_Call left.
    """
    for standing in audit.facts.standings or ():
        members = standing.members or ()
        gone = [person for person in members if not person.active]
        if standing.state == "active" and gone and len(gone) < len(members):
            names = ", ".join(person.name for person in gone)
            yield Found(
                subject=_subject(standing),
                detail=f"{len(gone)} of {count_text(len(members), 'member')} of {standing.kind} {standing.value} "
                f"{'is' if len(gone) == 1 else 'are'} not active any more: {names}.",
                consequence="What it is handed is shared by fewer people, or reaches somebody who left.",
                fix="Take them out of it.",
                evidence=Evidence(f"members of {standing.kind} {standing.value}", len(gone)),
                where=standing.pointer,
            )


@FINDINGS.kind("P306", "Somebody is away while clocks run")
def away(audit: Audit) -> Iterator[Found]:
    """An owner is out of office and owns leads whose clock runs.

    Why: the clock does not know of holidays of single people; the leads go cold, and count as missed.

    Found: HubSpot: the owner's out-of-office hours, where they may be read. Salesforce: nothing tells it.

    Fix: hand the leads over until they are back.

    Example: Kim Park is away until Monday and has 4 running clocks.
    """
    for person in audit.facts.people or ():
        if person.active and person.away and person.open_clocks:
            yield Found(
                subject=_name(person),
                detail=f"{person.name} is away ({person.away}) and has "
                f"{count_text(person.open_clocks, 'running clock')}.",
                consequence=f"{leads_text(person.open_clocks)} will probably be missed.",
                fix="Hand these leads over until they are back.",
                evidence=_evidence(audit, person, person.open_clocks),
                figures={"open_clocks": person.open_clocks},
            )


@FINDINGS.kind("P307", "An owner has no manager to tell")
def no_manager(audit: Audit) -> Iterator[Found]:
    """A step tells the owner's manager, and the CRM knows none for an owner with running clocks. With an `otherwise`
    in the design it is only worth knowing.

    Why: the step that should save the lead tells nobody.

    Found: Salesforce: the manager of the owner's user. HubSpot: the CRM does not keep it, unless the design says
    where.

    Fix: enter the manager in the CRM, or give the recipient an `otherwise`.

    Example: Jo Diaz was hired last week; nobody entered a manager.
    """
    told = [
        recipient
        for recipient in audit.design.recipients.values()
        if recipient.kind == "owner_manager" and _is_told(audit, recipient.id)
    ]
    if not told:
        return
    recipient = next((item for item in told if item.otherwise is None), told[0])
    for person in audit.facts.people or ():
        if person.active and person.manager is False and person.open_clocks:
            fallback = recipient.otherwise
            severity: Severity = "warning" if fallback is None else "info"
            yield Found(
                subject=_name(person),
                detail=f"{person.name} has {count_text(person.open_clocks, 'running clock')} and no manager in the "
                "CRM.",
                consequence=f"What goes to “{recipient.id}” goes to {fallback} instead."
                if fallback
                else f"What goes to “{recipient.id}” reaches nobody.",
                fix="Enter the manager in the CRM.",
                evidence=_evidence(audit, person, person.open_clocks),
                where=recipient.at,
                severity=severity,
                figures={"open_clocks": person.open_clocks},
            )


@FINDINGS.kind("P308", "A user whose touches are ignored is no active user", severity="info")
def ignored(audit: Audit) -> Iterator[Found]:
    """A user of `ignore_users` is deactivated or cannot be found.

    Why: the integration runs under another user now, perhaps: its automatic touches then count as a person's, and
    leads look answered that nobody answered.

    Found: as for P302.

    Fix: name the user that the integration has now.

    Example: integration@acme.example was replaced by api@acme.example.
    """
    for standing in audit.facts.standings or ():
        if standing.name == _IGNORED and standing.state in ("inactive", "missing"):
            gone = "is not active any more" if standing.state == "inactive" else "is not in the CRM"
            yield Found(
                subject=_subject(standing),
                detail=f"{standing.value}, whose touches are ignored, {gone}.",
                consequence="If its work goes on under another user, automatic touches count as a person's.",
                fix="Name the user that does its work now in telemetry.first_touch.ignore_users, or remove it.",
                where=standing.pointer,
            )


@FINDINGS.kind("P309", "Leads wait, and nobody owns them", severity="error")
def unowned(audit: Audit) -> Iterator[Found]:
    """Leads that a rule would track are in a queue, or have no owner at all, untouched and for long: longer than the
    design's critical systems delay, and than two hours, of open time on each of its calendars. It is a warning where
    queues start clocks, as the steps of the escalation tell somebody.

    Why: without a person as owner no clock starts and nobody is alerted. Systems delay grows, and no figure shows it
    until somebody takes the lead.

    Found: Salesforce: leads by queue. HubSpot: contacts with an engagement and without an owner, or with a queue as
    owner. Leads that are excluded, converted or touched, or came in before the window, are left out.

    Fix: see why the assignment did not hand them on, and give them to somebody. A queue whose leads are meant to lie is
    accepted, or excluded in the design.

    Example: the round robin was switched off on Thursday: 31 leads are in “Inbound”, the oldest since that morning.
    """
    for item in audit.facts.waiting or ():
        has_clock = bool(item.place) and audit.design.assignment.queue_starts_clock
        one = item.leads == 1
        it, waits, has = ("it", "waits", "has") if one else ("them", "wait", "have")
        place = f"{waits} in the queue {item.place}" if item.place else f"{has} no owner"
        before = f"{audit.facts.scope.patience_ended.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        yield Found(
            subject=item.place or "(no owner)",
            detail=f"{leads_text(item.leads)} that came in before {before} {place}, untouched; "
            f"{'it' if one else 'the oldest'} came in on {day_text(item.first)}.",
            consequence=f"A clock runs for {it}, and no person is responsible."
            if has_clock
            else f"No clock runs for {it} and nobody is alerted; systems delay grows until somebody takes {it}.",
            fix="See why they were not handed on, and give them to somebody.",
            evidence=item.evidence,
            severity="warning" if has_clock else "error",
            figures={"leads": item.leads, "first": item.first},
        )


@FINDINGS.kind("P310", "Somebody who may not sign in owns leads", severity="error")
def frozen(audit: Audit) -> Iterator[Found]:
    """An active user is frozen and owns leads that are not converted. It is an error while a clock of theirs runs, and
    a warning otherwise.

    Why: administrators freeze whoever is about to leave, before anything else is done. Nothing in the CRM says so where
    leads are handed out: the user counts as active, gets new leads, and cannot answer any.

    Found: Salesforce: the sign-in of users who are active, where the connection may see it (Manage Users; a right that
    an audit need not have, so that nothing is missed without it but this). HubSpot: nothing tells it.

    Fix: give the leads to somebody else, take the user out of queues and assignment rules, or let them in again.

    Example: Sam Lee was frozen on his last day and owns 43 leads, 6 of them with a running clock.
    """
    for person in audit.facts.people or ():
        if person.active and person.frozen and person.leads:
            clocks = count_text(person.open_clocks, "running clock")
            yield Found(
                subject=_name(person),
                detail=f"{person.name} is active and frozen, so cannot sign in, and owns {leads_text(person.leads)}, "
                f"{person.open_clocks or 'none'} of them with a running clock.",
                consequence=f"Nobody answers these leads; {clocks} will end in a miss, where they have not yet."
                if person.open_clocks
                else "Nobody answers these leads when they come back, and new ones may still be assigned.",
                fix="Give the leads to somebody who can sign in, or let this user in again.",
                evidence=_evidence(audit, person, person.leads),
                severity="error" if person.open_clocks else "warning",
                figures={"leads": person.leads, "open_clocks": person.open_clocks},
            )


def _recipient(audit: Audit, standing: Standing, gone: str) -> Found:
    severity: Severity = "error"
    if standing.name == _SILENT and audit.design.alerts.mode == "live":
        severity, consequence = "info", "Alerts are live, so nobody misses anything; going silent would tell nobody."
    elif standing.name == _SILENT:
        consequence = "Alerts are silent and all of them go there: nobody sees any of them."
    elif standing.pointer.endswith("/otherwise/user"):
        consequence = f"Where nobody else can be told, what goes to “{standing.name}” reaches nobody."
        severity = "error" if _uses(audit, standing.name) else "warning"
    elif named := _uses(audit, standing.name):
        consequence = f"What goes to “{standing.name}” reaches nobody: {named}."
    else:
        severity, consequence = "warning", "No lead type in use tells it today; the next plan may be refused."
    return Found(
        subject=_subject(standing),
        detail=f"{standing.kind.capitalize()} {standing.value} {gone}.",
        consequence=consequence,
        fix=f"Name somebody who is there in the design, then apply: {audit.command('plan')}",
        where=standing.pointer,
        severity=severity,
        about=(f"recipients/{standing.name}",) if standing.state == "missing" else (),
    )


def _uses(audit: Audit, recipient: str) -> str:
    """Which lead types' leads are concerned; empty when nobody's."""
    named = [
        f"“{kind.label}”"
        for kind in audit.design.lead_types
        if any(recipient in (*step.notify, step.reassign_to) for step in steps_of(audit.design, kind))
        or (kind.after_hours is not None and recipient in kind.after_hours.notify)
    ]
    return f"leads of {', '.join(named)}" if named else ""


def _is_told(audit: Audit, recipient: str) -> bool:
    return any(
        recipient in (*step.notify, step.reassign_to)
        for kind in audit.design.lead_types
        for step in steps_of(audit.design, kind)
    )


def _subject(standing: Standing) -> str:
    return f"{standing.name}: {standing.value}"


def _name(person: Person) -> str:
    return f"{person.name} ({person.email or person.id})"


def _evidence(audit: Audit, person: Person, count: int) -> Evidence:
    found = audit.facts.people_evidence
    return Evidence(person.query or (found.query if found else ""), count)

"""How far Salesforce is from the design: what is deployed follows docs/semantics.md, timers in whole minutes.

[docs] docs/salesforce.md, "What is approximated"
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.fidelity import Fidelity, Grade
from provisioner.model.design import Design, LeadType
from provisioner.targets.salesforce.alerting import slack_channels

TICK = 1.0  # minutes: a scheduled path runs at the next whole one


def statement(design: Design) -> list[Fidelity]:
    """Per lead type the clock and its steps, then what concerns all of them; in the order of the design."""
    found = [item for lead_type in design.lead_types for item in _clock(design, lead_type)]
    return [*found, *_rest(design)]


def _say(feature: str, grade: Grade, why: str, minutes: float | None = None, lead_type: str | None = None) -> Fidelity:
    return Fidelity(feature, lead_type, grade, minutes, why)


def _clock(design: Design, lead_type: LeadType) -> Iterator[Fidelity]:
    business = lead_type.clock == "business"
    if business:
        why = "To the second, by an Apex class: its arithmetic is tested, transcribed; the class was not compiled."
    else:
        why = "To the second, by a formula in the flow."
    yield _say("clock start and due time", "exact", why, 0.0, lead_type.id)
    if lead_type.follow_up is not None:
        why = "Every activity is marked when it is counted, so it counts once; one deleted later counts no more."
        yield _say("follow-up", "exact", why, 0.0, lead_type.id)
    escalation = design.escalations.get(lead_type.escalation) if lead_type.escalation else None
    if escalation is not None and escalation.steps:
        why = "A scheduled path runs at the next whole minute, later when the org is busy; no measure depends on it."
        yield _say("steps", "approximated", why, TICK, lead_type.id)
    if lead_type.after_hours is not None:
        why = "Told at once after the save, and by a scheduled path at the next whole minute after the promise is over."
        yield _say("after hours", "approximated", why, TICK, lead_type.id)


def _rest(design: Design) -> Iterator[Fidelity]:
    yield _say("measures", "exact", "They come from the stored instants, not from when a path runs.", 0.0)
    yield _say("first touch", "exact", "The activity's own owner and time decide.", 0.0)
    steps = [step for escalation in design.escalations.values() for step in escalation.steps]
    told = {id for step in steps if "email" in step.via for id in step.notify}
    told |= {id for item in design.lead_types if item.after_hours is not None for id in item.after_hours.notify}
    if any(item.kind in ("group", "queue") for item in design.recipients.values() if item.id in told):
        yield _say("email to groups and queues", "approximated", "They get bells, never email.")
    if slack_channels(design):
        why = "Posted by the org's own Slack action: its inputs are unverified, and a person has to connect Slack."
        yield _say("slack", "approximated", why)
    if design.alerts.quiet:
        yield _say("quiet conditions", "exact", "Asked on the lead as a step finds it.", 0.0)
    if design.telemetry.stages is not None:
        yield _say("stages", "exact", "The flow compares the stage field with what it was before the save.", 0.0)
        if design.telemetry.stages.history:
            why = "Rows are linked to contacts and opportunities where conversions run automation (Lead Settings)."
            yield _say("stage history", "approximated", why)
    if design.recycling is not None:
        yield _say("rejections", "exact", "Validation rules refuse the save.", 0.0)
    if design.telemetry.conversion is not None:
        yield _say(
            "conversion", "exact", "The org's field mapping copies the stored facts; picklists become texts.", 0.0
        )
    if design.surge is not None:
        yield _say("surge", "exact", "The flow reads the switch when a clock starts.", 0.0)
    yield from _reports(design)


def _reports(design: Design) -> Iterator[Fidelity]:
    """The org counts them from the stored instants; here is where a figure is not what one may think."""
    asked = design.reports
    if asked is None:
        return
    yield _say("reports", "exact", "The org counts them from the stored instants, whenever they are opened.", 0.0)
    if {"compliance_by_rep", "compliance_by_team", "rep_scores"} & set(asked.include):
        why = "A lead counts for who owns it now, and for that person's role, not for who had the clock."
        yield _say("reports by rep and team", "approximated", why)
    if asked.dashboard or asked.dashboards:
        why = "They show what the user who deployed them may see; folders are shared by a person."
        yield _say("dashboards", "approximated", why)
        if design.targets is not None and design.targets.systems_delay is not None:
            why = "A gauge has three bands: up to good, up to red, beyond. It ends at critical; yellow is not shown."
            yield _say("gauge of the systems delay", "approximated", why)


def impossible(design: Design) -> list[Fidelity]:
    """What is not deployed, with its place: nothing of what a design can say."""
    return []

"""What the flows that tell people are made from: whom, by what, in which cases, and when they keep quiet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.model.design import Design, LeadType, Recipient, Step
from provisioner.model.uses import used_escalations
from provisioner.targets.salesforce.conditions import Translator
from provisioner.targets.salesforce.wording import subject_formula

BATCH_MOST = 200  # records of one scheduled path at a time. [docs] reference/salesforce.md 4.8
CALLOUTS_MOST = 100  # calls out of the org in one transaction. [docs] Apex governor limits


def timers(design: Design) -> dict[str, Any]:
    """What the timer flow does: the steps as cases, and whom and what they need between them."""
    steps = _steps(design)
    cases = [
        {
            "name": f"{escalation.id}_{number}",
            "escalation": escalation.id,
            "number": number,
            "step": step,
            "does": _does(step),
            "posts": "slack" in step.via and bool(_channels(design, step.notify)),
            "subject": None if step.task is None else subject_formula(step.task),
        }
        for escalation in used_escalations(design)
        for number, step in enumerate(escalation.steps, start=1)
    ]
    heirs = {step.reassign_to for step in steps}
    posting = [id for step in steps if "slack" in step.via for id in step.notify]
    return {
        "cases": cases,
        "steps_do": any(_does(step) for step in steps),
        "told": _people(design, [id for step in steps for id in step.notify]),
        "channels": _channels(design, posting),
        "handovers": [
            item for item in design.recipients.values() if item.id in heirs and item.kind in ("user", "queue")
        ],
        "bell": any(step.notify and "bell" in step.via for step in steps),
        "email": any(step.notify and "email" in step.via for step in steps),
        "tasks": any(step.task is not None for step in steps),
        "batch": _batch(_channels(design, posting)),
        **_quiet(design),
    }


def after_hours(design: Design) -> dict[str, Any]:
    """What the after-hours flow does: whom each lead type with such a promise names. People are told by bell and email,
    channels by Slack (docs/semantics.md, "After hours")."""
    promises = [(item.id, item.after_hours.notify) for item in design.lead_types if item.after_hours is not None]
    cases = [
        {"id": id, "notify": told, "people": bool(_people(design, told)), "posts": bool(_channels(design, told))}
        for id, told in promises
    ]
    named = [id for _, told in promises for id in told]
    people, channels = _people(design, named), _channels(design, named)
    return {
        "cases": cases,
        "told": people,
        "channels": channels,
        "bell": bool(people),
        "email": bool(people),
        "batch": _batch(channels),
        **_quiet(design),
    }


def after_hours_types(design: Design) -> list[LeadType]:
    """Lead types that promise something outside business hours."""
    return [item for item in design.lead_types if item.after_hours is not None]


def slack_channels(design: Design) -> list[Recipient]:
    """Every channel that some step or after-hours promise posts to."""
    named = [id for step in _steps(design) if "slack" in step.via for id in step.notify]
    named += [id for item in design.lead_types if item.after_hours is not None for id in item.after_hours.notify]
    return _channels(design, named)


def slack_places(design: Design) -> list[str]:
    """Where the design says that something is posted to these channels, as JSON pointers: steps, then promises."""
    ids = {item.id for item in slack_channels(design)}
    places = [f"{step.at}/via" for step in _steps(design) if "slack" in step.via and ids & set(step.notify)]
    promises = [item.after_hours for item in design.lead_types if item.after_hours is not None]
    return places + [f"{promise.at}/notify" for promise in promises if ids & set(promise.notify)]


def _steps(design: Design) -> list[Step]:
    return [step for escalation in used_escalations(design) for step in escalation.steps]


def _does(step: Step) -> bool:
    """Whether a step does more than to mark the lead."""
    return bool(step.notify) or step.task is not None or step.reassign_to is not None


def _people(design: Design, named: Iterable[str]) -> list[Recipient]:
    """The recipients with a bell or a mailbox, in the design's order."""
    wanted = set(named)
    return [item for item in design.recipients.values() if item.id in wanted and item.kind != "slack"]


def _channels(design: Design, named: Iterable[str]) -> list[Recipient]:
    wanted = set(named)
    return [item for item in design.recipients.values() if item.id in wanted and item.kind == "slack"]


def _batch(channels: list[Recipient]) -> int:
    """Records of a path at a time: each of them may call out once per channel."""
    return min(BATCH_MOST, CALLOUTS_MOST // len(channels)) or 1 if channels else BATCH_MOST


def _quiet(design: Design) -> dict[str, Any]:
    """When nothing is said, in native comparisons."""
    translator = Translator()
    rules = [(item.id, translator.rule(item.when)) for item in design.alerts.quiet]
    return {"quiet": rules, "quiet_answers": translator.answers}

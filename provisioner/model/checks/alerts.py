"""Who is told, how, and what else a step does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.document.wording import listed, quoted
from provisioner.model.checks.subject import Subject
from provisioner.model.design import Channel, Recipient, Step
from provisioner.model.registry import RULES
from provisioner.rules import Finding

PLACEHOLDERS = ("lead.name", "company", "rep", "lead_type")
_ADDRESS = re.compile(r"[^@\s,;<>\"'(){}]+@[^@\s,;<>\"'(){}.]+(\.[^@\s,;<>\"'(){}.]+)+")


def _steps(subject: Subject) -> Iterator[Step]:
    for escalation in subject.design.escalations.values():
        yield from escalation.steps


@RULES.rule("D119", "Recipients and channels belong together")
def notify_and_via(subject: Subject) -> Iterator[Finding]:
    """A channel without a recipient tells nobody; a recipient without a channel is told by e-mail, maybe unawares."""
    for step in _steps(subject):
        if step.via and not step.notify:
            detail = f"The step has {_channels(step)} as its channels, and nobody to tell."
            yield Finding(f"{step.at}/via", detail, "Add notify: [rep], or remove via.")
        elif step.notify and not subject.written(f"{step.at}/via"):
            advice = "Write via: [email] to say so, or name other channels."
            yield Finding(f"{step.at}/notify", "The step does not say how; email is used.", advice, "info")


def _channels(step: Step) -> str:
    return listed(step.via, "and")


@RULES.rule("D120", "A lead cannot be handed over to this")
def reassignment(subject: Subject) -> Iterator[Finding]:
    """Only a user or a queue can own a lead; a role, a group or a channel cannot."""
    for step in _steps(subject):
        recipient = subject.design.recipients.get(step.reassign_to or "")
        if recipient is not None and recipient.kind not in ("user", "queue"):
            detail = f"{quoted(recipient.id)} is {_KINDS[recipient.kind]}; only a user or a queue can be given a lead."
            yield Finding(f"{step.at}/reassign_to", detail, "Name a recipient that is a user or a queue.")


_KINDS = {
    "record_owner": "the role record_owner",
    "owner_manager": "the role owner_manager",
    "user": "a user",
    "group": "a group",
    "queue": "a queue",
    "slack": "a Slack channel",
}


@RULES.rule("D121", "Nobody is told when there is no manager", severity="warning")
def manager_fallback(subject: Subject) -> Iterator[Finding]:
    """Many users have no manager in the CRM, and queues have none: the alert would go nowhere without a word."""
    for recipient in subject.design.recipients.values():
        if recipient.kind == "owner_manager" and recipient.otherwise is None:
            detail = f"{quoted(recipient.id)} does not say whom to tell when the owner has no manager."
            yield Finding(recipient, detail, "Add otherwise: {user: …} with a person who is always there.")
        if recipient.kind == "record_owner" and recipient.otherwise is not None:
            detail = "A lead always has an owner, so otherwise is never used."
            yield Finding(f"{recipient.at}/otherwise", detail, "Remove otherwise, or use role: owner_manager.")


@RULES.rule("D124", "A channel that does not reach the recipient", severity="warning")
def channel_fits(subject: Subject) -> Iterator[Finding]:
    """A Slack channel has no bell and no mailbox; a person is not a Slack channel."""
    for step in _steps(subject):
        known = [subject.design.recipients.get(name) for name in step.notify]
        if not step.via or not step.notify or None in known:
            continue
        recipients = [item for item in known if item is not None]
        for index, recipient in enumerate(recipients):
            if not any(_reaches(channel, recipient) for channel in step.via):
                detail = f"{quoted(recipient.id)} is {_KINDS[recipient.kind]}; {_channels(step)} does not reach it."
                needed = "slack" if recipient.kind == "slack" else "email"
                yield Finding(f"{step.at}/notify/{index}", detail, f"Add {needed} to via, or remove the recipient.")
        for index, channel in enumerate(step.via):
            if not any(_reaches(channel, recipient) for recipient in recipients):
                wanted = "a Slack channel" if channel == "slack" else "a person, a group or a queue"
                detail = f"The channel {channel} needs {wanted}, and none of {listed(step.notify, 'and')} is one."
                yield Finding(f"{step.at}/via/{index}", detail, f"Remove {channel}, or name a recipient it reaches.")


def _reaches(channel: Channel, recipient: Recipient) -> bool:
    return (channel == "slack") == (recipient.kind == "slack")


@RULES.rule("D128", "Not an address")
def addresses(subject: Subject) -> Iterator[Finding]:
    """Users are found by username or e-mail address; both look like name@company.example."""
    for text, pointer in _addresses(subject):
        if len(text) > 254 or not _ADDRESS.fullmatch(text):
            yield Finding(pointer, f"{quoted(text)} is no e-mail address or username.", "Write name@company.example.")


def _addresses(subject: Subject) -> Iterator[tuple[str, str]]:
    design = subject.design
    for name in ("owner", "handoff"):
        if text := getattr(design.contacts, name):
            yield text, f"/contacts/{name}"
    if design.alerts.silent_to:
        yield design.alerts.silent_to, "/alerts/silent_to"
    for index, text in enumerate(design.telemetry.first_touch.ignore_users):
        yield text, f"{design.telemetry.first_touch.at}/ignore_users/{index}"
    for recipient in design.recipients.values():
        if recipient.kind == "user" and recipient.value:
            yield recipient.value, f"{recipient.at}/user"
        if recipient.otherwise:
            yield recipient.otherwise, f"{recipient.at}/otherwise/user"


@RULES.rule("D130", "A step that does nothing", severity="warning")
def does_something(subject: Subject) -> Iterator[Finding]:
    """A step that tells nobody and changes nothing is usually half written. At and after due the status changes."""
    for step in _steps(subject):
        acts = step.notify or step.status or step.task or step.reassign_to
        if not acts and step.percent is not None:
            detail = "The step tells nobody, and changes neither status nor owner."
            yield Finding(step, detail, "Add notify, status, task or reassign_to, or remove the step.")


@RULES.rule("D134", "Unknown placeholder")
def placeholders(subject: Subject) -> Iterator[Finding]:
    """What stands in braces is filled in when the task is created; people would see an unknown name as it is."""
    for step in _steps(subject):
        text = step.task or ""
        rest = text
        for name in PLACEHOLDERS:
            rest = rest.replace("{" + name + "}", "")
        if "{" in rest or "}" in rest:
            detail = f"The task {quoted(text)} has braces around something that cannot be filled in."
            advice = f"Known: {listed(('{' + name + '}' for name in PLACEHOLDERS), 'and')}."
            yield Finding(f"{step.at}/task", detail, advice)

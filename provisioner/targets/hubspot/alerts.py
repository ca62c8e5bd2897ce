"""What a step does besides marking the lead: tell people, create a task, hand the lead over.

Silent mode sends one message per channel to `silent_to`, which names the people who would have been told and what would
have been done, and does nothing else. What people wrote in the design is escaped for where it goes: HTML in bodies, and
no token of HubSpot's anywhere. [docs] reference/hubspot.md 4.6, 4.7
"""

from __future__ import annotations

import html
import re
from typing import Any

from provisioner.model.design import Design, LeadType, Recipient, Step
from provisioner.model.uses import status_after
from provisioner.targets.hubspot.graph import Graph, of, static
from provisioner.targets.hubspot.objects import LeadObject, lead_object

OWNER = "hubspot_owner_id"
SLACK = "1-179507819"
SUBJECT_MOST = 255
REP = "{{ enrolled_object.hubspot_owner_id }}"
RECORD_ID = "{{ enrolled_object.hs_object_id }}"
_PLACEHOLDER = re.compile(r"\{(lead\.name|company|rep|lead_type)\}")
_CHANNELS = {"bell": "by bell", "email": "by email", "slack": "by Slack"}


def plain(text: str) -> str:
    """Text that HubSpot will not take for a token."""
    return re.sub(r"([{}])(?=[{}%#])", r"\1 ", text)


def markup(text: str) -> str:
    """Text as HTML, braces included, so that it is neither markup nor a token."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def slack_text(text: str) -> str:
    """Text as Slack's markup, in which three characters begin something else, and without tokens."""
    return plain(html.escape(text, quote=False))


def task_subject(task: str, label: str, object: LeadObject) -> str:
    """The task's text with its placeholders as tokens; what would go beyond 255 characters is left out of the text."""
    parts = _PLACEHOLDER.split(task)
    tokens = {**_tokens(object), "lead_type": plain(label)}
    room = SUBJECT_MOST
    found = ""
    for place, part in enumerate(parts):
        gap = " " if _would_meet(found, tokens[part] if place % 2 else part) else ""
        piece = gap + (tokens[part] if place % 2 else plain(part))
        if place % 2 == 0:
            piece = piece[:room]
        if len(piece) > room:
            break
        room -= len(piece)
        found += piece
    return found


def _would_meet(before: str, after: str) -> bool:
    """Whether a brace at the seam of two texts would become part of a token."""
    seam = before[-1:] + after[:1]
    return seam in ("{{", "{%", "{#", "}}")


def task_markup(task: str, label: str, object: LeadObject) -> str:
    """The task's text as HTML, with its placeholders as tokens."""
    tokens = {**_tokens(object), "lead_type": markup(label)}
    parts = _PLACEHOLDER.split(task)
    return "".join(tokens[part] if place % 2 else markup(part) for place, part in enumerate(parts))


def _tokens(object: LeadObject) -> dict[str, str]:
    """Placeholder → token. Where the object knows no company, a rule has refused the placeholder."""
    return {"lead.name": object.lead_name, "company": object.company or "", "rep": REP}


class Alerts:
    """Adds the nodes of one lead type's steps to a graph."""

    def __init__(self, design: Design, lead_type: LeadType, graph: Graph) -> None:
        self.design, self.lead_type, self.graph = design, lead_type, graph
        self.live = design.alerts.mode == "live"
        self.object = lead_object(design)

    def step(self, name: str, number: int, step: Step, to: str | None) -> str | None:
        """The first node of what step `number` does; `to` when it does nothing."""
        if not self.live:
            return self._silent(name, number, step, to)
        to = self._handover(name, step, to)
        to = self._task(name, step, to)
        told = self._told(step)
        subject, body = self._subject(step), self._acts(step) + self._body(number, step)
        if "slack" in step.via:
            channels = [{"$ref": f"slack:{item.value}"} for item in told if item.kind == "slack"]
            to = self._slack(name, channels, self._slack_message(step), to) if channels else to
        to = self._email(name, step, told, subject, body, to)
        users = [_user(item) for item in told if item.kind in ("user", "owner_manager")] if "bell" in step.via else []
        return self._bell(name, users, subject, body, to) if users else to

    def _told(self, step: Step) -> list[Recipient]:
        return [self.design.recipients[id] for id in dict.fromkeys(step.notify) if id in self.design.recipients]

    def _email(
        self, name: str, step: Step, told: list[Recipient], subject: str, body: str, to: str | None
    ) -> str | None:
        """The in-app notification knows users only, so owners and teams get an email in place of a bell."""
        by_email = "email" in step.via
        if not by_email and "bell" not in step.via:
            return to
        users = [_user(item) for item in told if item.kind in ("user", "owner_manager")] if by_email else []
        teams = [{"$ref": f"team:{item.value}"} for item in told if item.kind in ("group", "queue")]
        owners = [OWNER] if any(item.kind == "record_owner" for item in told) else []
        if not (users or teams or owners):
            return to
        return self._send(
            name, {"user_ids": _once(users), "team_ids": teams, "owner_properties": owners}, subject, body, to
        )

    def _send(self, name: str, whom: dict[str, Any], subject: str, body: str, to: str | None) -> str:
        return self.graph.act(f"{name} email", "0-8", {**whom, "subject": subject, "body": body}, to)

    def _bell(self, name: str, users: list[Any], subject: str, body: str, to: str | None) -> str:
        fields = {"user_ids": _once(users), "delivery_method": "APP", "subject": subject, "body": body}
        return self.graph.act(f"{name} bell", "0-9", fields, to)

    def _slack(self, name: str, channels: list[Any], message: str, to: str | None) -> str:
        version = self.design.target.options.get("slack_action_version", 0)
        return self.graph.act(f"{name} slack", SLACK, {"slackChannelIds": channels, "message": message}, to, version)

    def _task(self, name: str, step: Step, to: str | None) -> str | None:
        if step.task is None:
            return to
        fields = {
            "task_type": "CALL",
            "subject": task_subject(step.task, self.lead_type.label, self.object),
            "body": f"<p>{markup(self._promise())}</p>",
            "priority": "HIGH",
            "use_explicit_associations": "true",
            "associations": [
                {
                    "target": {
                        "associationCategory": "HUBSPOT_DEFINED",
                        "associationTypeId": self.object.task_association,
                    },
                    "value": {"type": "ENROLLED_OBJECT"},
                }
            ],
            "owner_assignment": {"type": "CUSTOM", "value": of(OWNER)},
            "due_time": {"delta": 1, "timeUnit": "DAYS", "timeOfDay": {"hour": 9, "minute": 0}, "daysOfWeek": []},
        }
        return self.graph.act(f"{name} task", "0-3", fields, to)

    def _handover(self, name: str, step: Step, to: str | None) -> str | None:
        target = self.design.recipients.get(step.reassign_to or "")
        if target is None:
            return to
        if target.kind == "user":
            return self.graph.put(f"{name} handover", OWNER, static({"$ref": f"owner:{target.value}"}), to)
        fields = {
            "team_ids": [{"$ref": f"team:{target.value}"}],
            "target_property": OWNER,
            "overwrite_current_owner": "true",
        }
        return self.graph.act(f"{name} handover", "0-11", fields, to)

    def _silent(self, name: str, number: int, step: Step, to: str | None) -> str | None:
        qa = [{"$ref": f"user:{self.design.alerts.silent_to}"}]
        subject = f"[silent] {self._subject(step)}"
        for channel in ("slack", "email", "bell"):
            if channel not in step.via or not step.notify:
                continue
            body = self._body(number, step) + f"<p>{self._would_have(step, channel)}</p>"
            if channel == "bell":
                to = self._bell(name, qa, subject, body, to)
            else:
                whom = {"user_ids": qa, "team_ids": [], "owner_properties": []}
                to = self._send(f"{name} {channel}", whom, subject, body, to)
        return to

    def _would_have(self, step: Step, channel: str) -> str:
        names = ", ".join(f"{item.id} ({item.value or item.otherwise or item.kind})" for item in self._told(step))
        text = markup(f"Silent mode. Would have told, {_CHANNELS[channel]}: {names}.")
        if step.task is not None:
            text += f" Would have created the task: {task_markup(step.task, self.lead_type.label, self.object)}."
        if step.reassign_to is not None:
            text += f" Would have handed the lead to: {markup(step.reassign_to)}."
        return text

    # texts

    def _acts(self, step: Step) -> str:
        """What the step does besides telling, as HTML; nothing when it only tells."""
        text = "" if (heir := self._heir(step)) is None else f"Handed over to {markup(heir)}. "
        if step.task is not None:
            text += f"Task created: {task_markup(step.task, self.lead_type.label, self.object)}"
        return f"<p>{_headline(step)}. {text.strip()}</p>" if text else ""

    def _slack_acts(self, step: Step) -> str:
        """The same as Slack's markup, after the message."""
        text = "" if (heir := self._heir(step)) is None else f". Handed over to {slack_text(heir)}"
        if step.task is None:
            return text
        task, label = (html.escape(words, quote=False) for words in (step.task, self.lead_type.label))
        return f"{text}. Task created: {task_subject(task, label, self.object)}"

    def _heir(self, step: Step) -> str | None:
        """Who gets the lead, as the design knows them: a user's email, a team's name."""
        target = self.design.recipients.get(step.reassign_to or "")
        return None if target is None else target.value or target.id

    def _subject(self, step: Step) -> str:
        return f"{_headline(step)}: {self.object.lead_name}, {plain(self.lead_type.label)}"

    def _slack_message(self, step: Step) -> str:
        label, promise = slack_text(self.lead_type.label), slack_text(self._promise())
        acts = self._slack_acts(step) if self.live else ""
        return f"{_headline(step)}: {self.object.lead_name}, {label} ({promise}){acts}"

    def _promise(self) -> str:
        sla = self.lead_type.sla
        text = "same business day" if isinstance(sla, str) else sla.text or f"{sla.minutes}m"
        return f"{self.lead_type.label}: first contact within {text}" + (
            f" of business hours ({self.lead_type.hours})" if self.lead_type.hours else ""
        )

    def _body(self, number: int, step: Step) -> str:
        when = f"{step.percent} % of the promise" if step.percent is not None else f"due + {_after(step)}"
        lines = {
            "lead.name": f"Lead: {self.object.lead_name}",
            "lead_type": f"Lead type: {markup(self.lead_type.label)}",
            "company": f"Company: {self.object.company}",
            "rep": f"Owner: {REP}{' (until now)' if self.live and self._heir(step) is not None else ''}",
            "sla": f"SLA: {markup(self._promise())}",
            "elapsed": f"Step {number}, at {markup(when)}, of the escalation",
            "link": f"{self.object.word.capitalize()} record {RECORD_ID}",
        }
        unknown = () if self.object.company else ("company",)
        return "".join(f"<p>{lines[item]}</p>" for item in self.design.alerts.content if item not in unknown)


def _headline(step: Step) -> str:
    status = status_after(step) or "at_risk"
    return {"at_risk": "SLA at risk", "breached": "SLA missed", "escalated": "SLA escalated"}[status]


def _after(step: Step) -> str:
    return "0" if step.after_due is None or step.after_due.is_zero else step.after_due.text


def _user(recipient: Recipient) -> dict[str, str]:
    """Users by email; a manager is not known to HubSpot, so the one named for "otherwise" is told."""
    return {"$ref": f"user:{recipient.value or recipient.otherwise}"}


def _once(values: list[Any]) -> list[Any]:
    return [value for place, value in enumerate(values) if value not in values[:place]]

"""Slack from a flow: needs the org connected, the app installed, and a transaction without open changes.

Input names come from one third-party example and are unverified ([community] reference 4.7); that the message is a
callout, so asynchronous or scheduled paths only, is from there too. That a change made earlier in the same path stands
in the way unless the action has a transaction of its own is [inferred] from what callouts do elsewhere.
"""

from __future__ import annotations

from typing import Any

from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview
from provisioner.emulator.salesforce.automation.flow.mail import words

_OPEN = "You have uncommitted work pending. Please commit or rollback before calling out"


def post(interview: Interview, inputs: dict[str, Any], model: str) -> None:
    """Post `slackMessage` to `slackConversationId`; `to` in the outbox is that conversation."""
    settings = interview.org.settings.slack
    app, workspace = (words(interview, inputs, f"slack{one}IdForToken") for one in ("App", "Workspace"))
    conversation, text = words(interview, inputs, "slackConversationId"), words(interview, inputs, "slackMessage")
    if not interview.asynchronous or (interview.wrote and model in ("CurrentTransaction", "")):
        raise FlowFault(_OPEN)
    if app != settings.get("app") or workspace != settings.get("workspace"):
        raise FlowFault(f"The Slack app {app} isn't installed in the workspace {workspace}.")
    if conversation not in settings.get("conversations", []):
        raise FlowFault(f"channel_not_found: {conversation}")
    org = interview.org
    org.outbox.record(interview.now, "slack", [conversation], "", text, interview.record.get("Id"), interview.source)

"""Whether the org lists the action that posts to Slack, asked of a scripted org."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_org import TOKEN, Answer, ScriptedOrg, error, page, said
from test_session_premises import Pages

from provisioner.errors import NotAllowed
from provisioner.targets.base import Reference
from provisioner.targets.salesforce.session import SalesforceSession

LIST = "GET /services/data/v66.0/actions/standard"
POST = "slackPostMessage"
PLACE = "/escalation/urgent/0/via"


def action(name: str, kind: str) -> dict[str, Any]:
    return {"label": name, "name": name, "type": kind, "url": f"/services/data/v66.0/actions/standard/{name}"}


MAIL, CHATTER = action("emailSimple", "EMAILSIMPLE"), action("chatterPost", "CHATTERPOST")
SLACK = action(POST, "SLACK_POST_MESSAGE")


def posting(*channels: str) -> Reference:
    return Reference(POST, "action", PLACE, PLACE, channels or ("room",))


def test_where_nothing_posts_to_slack_nobody_asks(org: ScriptedOrg, session: SalesforceSession) -> None:
    version = Reference("66.0", "version", "/target/api_version", "/target/api_version")
    assert session.missing([version], Pages()) == []
    assert org.seen(LIST) == []


def test_an_org_that_lists_the_action_is_fine_in_one_request(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    before = session.api_calls
    org.on(LIST, said({"actions": [CHATTER, MAIL, SLACK]}))
    assert session.missing([posting("room", "desk")], Pages()) == []
    assert session.api_calls - before == 1


def test_an_org_that_does_not_list_it_is_a_warning_where_the_design_says_slack(
    org: ScriptedOrg, session: SalesforceSession
) -> None:
    """A name that only resembles it is another one."""
    org.on(LIST, said({"actions": [CHATTER, MAIL, action("slackPostMessageAndFile", "X")]}))
    (found,) = session.missing([posting("room", "desk", "floor")], Pages())
    assert (found.code, found.severity, found.pointer, found.location.line) == ("S232", "warning", PLACE, 2)
    assert found.detail == (
        "This org does not list the action that posts to Slack (slackPostMessage) to this user: either it is not "
        "connected to Slack, or the user may not take the action. Unless it is there all the same, the validation "
        "before a deployment refuses the flows that post to room, desk and floor, and with them everything else; flows "
        "that are in the org already post nothing."
    )
    assert found.advice == (
        "Setup, enter Slack in Quick Find, and connect the org to the workspace (Salesforce for Slack, which needs a "
        "licence): the step slack_app has every click. Or alert by email."
    )


REFUSED = "Salesforce refused to list its actions: "


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (error(501, "NOT_IMPLEMENTED", "not here"), f"{REFUSED}NOT_IMPLEMENTED: not here"),
        (error(404, "NOT_FOUND", f"no {TOKEN}"), f"{REFUSED}NOT_FOUND: no (token)"),
        (
            error(403, "INSUFFICIENT_ACCESS", "no"),
            "Salesforce does not allow this user to list its actions: INSUFFICIENT_ACCESS: no",
        ),
        (
            error(500, "UNKNOWN_EXCEPTION", "oh"),
            "Salesforce could not answer when asked to list its actions: UNKNOWN_EXCEPTION: oh",
        ),
        (said([MAIL]), "Salesforce's answer when asked to list its actions is not an object."),
        (said({"actions": []}), "the org lists none."),
        (said({"actions": None}), "the org lists none."),
        (said({"actions": [None, POST, {"label": POST}]}), "the org lists none."),
    ],
)
def test_what_is_not_told_is_neither_there_nor_absent(
    org: ScriptedOrg, session: SalesforceSession, answer: Answer, why: str
) -> None:
    """Asked once; whoever reads the org goes on without it."""
    org.on(LIST, answer)
    (found,) = session.missing([posting()], Pages())
    assert (found.code, found.severity, found.pointer) == ("S224", "warning", "")
    assert found.detail == (
        f"Whether the org has the action that posts to Slack (slackPostMessage) could not be looked up: {why}"
    )
    assert found.advice == (
        "Look in Setup, Slack, whether the org is connected: without the action it refuses the deployment."
    )
    assert len(org.seen(LIST)) == 1


@pytest.mark.parametrize("answer", [page(503), Answer(drop=True)])
def test_an_org_that_keeps_silent_is_asked_no_more_often_than_for_anything_else(
    org: ScriptedOrg, session: SalesforceSession, answer: Answer
) -> None:
    org.on(LIST, *[answer] * 40)
    (found,) = session.missing([posting()], Pages())
    assert (found.code, found.pointer) == ("S224", "")
    assert 1 < len(org.seen(LIST)) < 10


def test_a_session_that_ended_is_no_missing_action(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(LIST, error(401, "INVALID_SESSION_ID", "Session expired or invalid"))
    with pytest.raises(NotAllowed, match="did not accept the credentials"):
        session.missing([posting()], Pages())

"""Slack messages: where they go, what they say to the letter, and what keeps them from being sent."""

from __future__ import annotations

import pytest

from .conftest import act, changed, on

SLACK = {"slackChannelIds": ["C0123"], "message": "<!here> *{{ enrolled_object.city }}* & <b>co</b> &amp; {no token}"}


def started(hub, **fields):
    flow = hub.flow(act("1-179507819", **(SLACK | fields)), enrollmentCriteria=on(changed("city")))
    contact = hub.contact(city="<R&D>")
    told = hub.door("log", {"flow": flow["id"], "record": contact})
    return [one["what"] for one in told], hub.door("sent"), f"Clock/{flow['actions'][0]['actionId']}", contact


def test_a_message_arrives_to_the_letter(hub):
    told, sent, source, contact = started(hub, slackUserIds=["U1"])
    assert told == ["enrolled", "slack to C0123, U1", "completed"]
    assert sent == [
        {
            "at": "2026-01-05T14:00:00.000Z",
            "channel": "slack",
            "to": ["C0123", "U1"],
            "subject": "",
            "body": "<!here> *<R&D>* & <b>co</b> &amp; {no token}",
            "record": contact,
            "source": source,
        }
    ]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"slack_connected": False}, "failed: Slack is not connected to this portal"),
        ({"slack_channels": ["C0999"]}, "failed: there is no Slack channel C0123"),
    ],
)
def test_what_keeps_a_message_from_being_sent(hub, facts, text):
    hub.door("settings", facts)
    told, sent, _, _ = started(hub)
    assert (told, sent) == (["enrolled", text, "completed"], [])


def test_a_known_channel_is_told(hub):
    hub.door("settings", {"slack_channels": ["C0999", "C0123"]})
    assert started(hub)[0][1] == "slack to C0123"

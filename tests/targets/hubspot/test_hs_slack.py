"""Slack, where a design asks for it: what is sent, how it is escaped, and what it needs."""

from __future__ import annotations

from typing import Any

import pytest
from hs_designs import small
from strategies.designs import compiled
from test_hs_behaviour import START, Twin, at

from provisioner.targets.hubspot.alerts import SLACK, slack_text, task_subject
from provisioner.targets.hubspot.desire import build, desire
from provisioner.targets.hubspot.objects import CONTACTS


def slack(mode: str = "live", label: str = "Demo") -> dict[str, Any]:
    document = small(mode)
    document["target"]["slack_action_version"] = 12
    document["recipients"]["channel"] = {"slack": "C0123456789"}
    document["lead_types"][0]["label"] = label
    document["escalation"]["urgent"][1] = {"at": "due", "notify": ["channel", "cro"], "via": ["slack", "email"]}
    return document


def message(label: str) -> str:
    flow = next(item for item in build(compiled(slack(label=label))) if item.address.name == "timer_demo")
    action = next(item for item in flow.attributes["actions"] if item.get("actionTypeId") == "1-179507819")
    text: str = action["fields"]["message"]
    return text


NAME = "{{ enrolled_object.firstname }} {{ enrolled_object.lastname }}"


@pytest.mark.parametrize(
    ("label", "escaped"),
    [
        ("R&D <!channel>", "R&amp;D &lt;!channel&gt;"),
        ("<https://x.example|click>", "&lt;https://x.example|click&gt;"),
        ("{{ contact.email }}", "{ { contact.email } }"),
        ("&amp;", "&amp;amp;"),
    ],
)
def test_what_people_wrote_is_neither_markup_nor_a_token(label: str, escaped: str) -> None:
    assert slack_text(label) == escaped
    assert message(label) == f"SLA missed: {NAME}, {escaped} ({escaped}: first contact within 10m)"


@pytest.mark.parametrize(
    ("task", "label", "subject"),
    [
        ("Call {{lead.name}", "Demo", f"Call {{ {NAME}"),
        ("{lead.name}} now", "Demo", f"{NAME} }} now"),
        ("{lead_type}{lead.name}", "Demo {", f"Demo {{ {NAME}"),
        ("{lead_type}% off", "Demo {", "Demo { % off"),
        ("Call {lead.name} of {company}", "Demo", f"Call {NAME} of {{{{ enrolled_object.company }}}}"),
    ],
)
def test_a_brace_beside_a_placeholder_is_no_part_of_its_token(task: str, label: str, subject: str) -> None:
    assert task_subject(task, label, CONTACTS) == subject


def test_a_channel_reads_what_the_step_does_besides() -> None:
    document = slack()
    document["escalation"]["urgent"][1] |= {"task": "Call {{lead.name} & <@U1>", "reassign_to": "cro"}
    flow = next(item for item in build(compiled(document)) if item.address.name == "timer_demo")
    (said,) = [item["fields"]["message"] for item in flow.attributes["actions"] if item.get("actionTypeId") == SLACK]
    assert said == (
        f"SLA missed: {NAME}, Demo (Demo: first contact within 10m). Handed over to cro@acme.example. "
        f"Task created: Call {{ {NAME} &amp; &lt;@U1&gt;"
    )


def test_channels_are_told_once_and_people_by_email() -> None:
    twin = Twin(compiled(slack()))
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example")
    twin.paper.advance(at(12))
    told = [(item.kind, item.fields.get("slackChannelIds"), item.fields.get("user_ids")) for item in twin.paper.sent]
    assert told[1:] == [("0-8", None, ["cro@acme.example"]), ("1-179507819", ["C0123456789"], None)]


def test_silently_slack_is_an_email_that_names_the_channel() -> None:
    twin = Twin(compiled(slack("silent")))
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example")
    twin.paper.advance(at(12))
    assert {item.kind for item in twin.paper.sent} == {"0-8", "0-9"}
    bodies = [item.fields["body"] for item in twin.paper.sent]
    assert sum("by Slack: channel (C0123456789), cro (cro@acme.example)." in body for body in bodies) == 1


def test_what_slack_needs_is_said() -> None:
    _, said = desire(compiled(slack()), lambda pointer: pointer)
    assert [(item.severity, item.pointer, item.detail) for item in said if item.code == "H313"] == [
        (
            "info",
            "/target/slack_action_version",
            "Alerts by Slack need the Slack app, connected to the account and invited to: C0123456789.",
        )
    ]
    document = slack()
    del document["target"]["slack_action_version"]
    found, said = desire(compiled(document), lambda pointer: pointer)
    assert len(found) == 0
    assert [(item.code, item.pointer) for item in said if item.severity == "error"] == [
        ("H308", "/escalation/urgent/1/via")
    ]


def test_a_channel_that_is_no_id_and_a_step_that_reaches_none_are_refused_or_said() -> None:
    document = slack()
    document["escalation"]["urgent"][1] |= {"notify": ["cro"]}
    _, said = desire(compiled(document), lambda pointer: pointer)
    assert [(item.severity, item.pointer, item.detail) for item in said if item.code == "H314"] == [
        (
            "warning",
            "/escalation/urgent/1/via",
            "The step tells by Slack, and none of its recipients is a channel, so nobody is told there.",
        )
    ]

"""Touch types and Slack on an emulated account: deployed by the commands, logged as people log them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from .portal import Portal
from .world import iso

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ANN, QA = "ann@acme.example", "qa@acme.example"


@pytest.fixture
def portal() -> Iterator[Portal]:
    emulated = Portal()
    yield emulated
    emulated.close()


def document(object: str, **telemetry: Any) -> dict[str, Any]:
    """Ten minutes on the calendar clock, for every lead."""
    created = {"contacts": "createdate", "leads": "hs_createdate"}[object]
    return {
        "apiVersion": "provisioner/v1",
        "design": "touched",
        "client": "Touched",
        "target": {"platform": "hubspot", "object": object, "prefix": "STL", "expect": {"portal_id": 1234567}},
        "telemetry": {"engagement": [created], **telemetry},
        "lead_types": [
            {
                "id": "all",
                "label": "R&D <all>",
                "when": {"hs_object_id": {"is_blank": False}},
                "sla": "10m",
                "escalation": "e",
            }
        ],
        "escalation": {"e": [{"at": "due", "notify": ["rep"], "via": ["email"]}]},
        "recipients": {"rep": {"role": "record_owner"}},
        "alerts": {"mode": "silent", "silent_to": QA},
    }


def deploy(portal: Portal, document: dict[str, Any], folder: Path) -> None:
    portal.begin(START - timedelta(hours=1), [ANN, QA], "Team")
    (folder / "design.yaml").write_text(yaml.safe_dump(document))
    printed = portal.apply(folder / "design.yaml", folder)
    assert "Switching workflows on" in printed and "failed" not in printed, printed
    portal.door("clock", {"to": iso(START)})


def contact(portal: Portal, name: str) -> str:
    values = {
        "firstname": "Jo",
        "lastname": name,
        "email": f"{name}@client.example",
        "hubspot_owner_id": portal.owners[ANN],
    }
    return str(portal.call("POST", "/crm/v3/objects/contacts", {"properties": values})["id"])


def lead(portal: Portal, name: str) -> str:
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}
    body = {
        "properties": {"hs_lead_name": name, "hubspot_owner_id": portal.owners[ANN]},
        "associations": [{"to": {"id": contact(portal, name)}, "types": [kind]}],
    }
    return str(portal.call("POST", "/crm/v3/objects/leads", body)["id"])


def read(portal: Portal, object: str, id: str) -> tuple[str | None, str | None]:
    names = "stl_sla_status,stl_first_touch_type"
    found = portal.call("GET", f"/crm/v3/objects/{object}/{id}?properties={names}")["properties"]
    return found["stl_sla_status"], found["stl_first_touch_type"] or None


@pytest.mark.parametrize("object", ["contacts", "leads"])
def test_only_touches_of_listed_types_end_a_clock(portal: Portal, tmp_path: Path, object: str) -> None:
    deploy(portal, document(object, first_touch={"types": ["call", "meeting"]}), tmp_path)
    new, about = (contact, "contact") if object == "contacts" else (lead, "lead")
    ids = {kind: new(portal, kind) for kind in ("call", "email", "meeting", "nothing")}
    portal.door("clock", {"to": iso(START + timedelta(minutes=4))})
    for kind in ("call", "email", "meeting"):
        portal.door("touch", {about: ids[kind], "type": kind, "by": ANN})
    portal.door("clock", {"to": iso(START + timedelta(minutes=30))})
    assert {kind: read(portal, object, id) for kind, id in ids.items()} == {
        "call": ("met", "call"),
        "email": ("breached", None),
        "meeting": ("met", "meeting"),
        "nothing": ("breached", None),
    }
    told = sorted(sent["record"] for sent in portal.door("sent", method="GET") if sent["channel"] == "email")
    assert told == sorted([ids["email"], ids["nothing"]])


def test_slack_reaches_the_channel_with_the_words_escaped(portal: Portal, tmp_path: Path) -> None:
    asked = document("contacts")
    asked["target"]["slack_action_version"] = 12
    asked["recipients"]["channel"] = {"slack": "C0123456789"}
    asked["escalation"]["e"] = [{"at": "due", "notify": ["channel"], "via": ["slack"]}]
    asked["alerts"]["mode"] = "live"
    asked["enablement"] = {"sales_trained_on": "2026-01-05", "leadership_trained_on": "2026-01-05"}
    portal.door("settings", {"slack_channels": ["C0123456789"]})
    deploy(portal, asked, tmp_path)
    id = contact(portal, "Abe")
    portal.door("clock", {"to": iso(START + timedelta(minutes=30))})
    sent = [
        (item["channel"], item["to"], item["body"])
        for item in portal.door("sent", method="GET")
        if item["record"] == id
    ]
    assert sent == [
        (
            "slack",
            ["C0123456789"],
            "SLA missed: Jo Abe, R&amp;D &lt;all&gt; (R&amp;D &lt;all&gt;: first contact within 10m)",
        )
    ]


@pytest.mark.parametrize("object", ["contacts", "leads"])
def test_a_touch_in_the_moment_of_the_creation_counts(portal: Portal, tmp_path: Path, object: str) -> None:
    """Workflows are twenty seconds late; a caller is created and called back within three."""
    portal.door("settings", {"automation_lag_seconds": 20})
    deploy(portal, document(object), tmp_path)
    new, about = (contact, "contact") if object == "contacts" else (lead, "lead")
    id = new(portal, "caller")
    portal.door("clock", {"to": iso(START + timedelta(seconds=3))})
    portal.door("touch", {about: id, "type": "call", "by": ANN})
    portal.door("clock", {"to": iso(START + timedelta(minutes=30))})
    assert read(portal, object, id) == ("met", "call")
    assert [sent for sent in portal.door("sent", method="GET") if sent["record"] == id] == []

"""Many lead types, many workflows: who is handed to somebody else gets a clock that is timed from its first step."""

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
TYPES = 16
STEPS = ("50%", "due", "due + 2h")


def document() -> dict[str, Any]:
    """Sixteen lead types: 36 workflows."""
    return {
        "apiVersion": "provisioner/v1",
        "design": "many",
        "client": "Many",
        "target": {
            "platform": "hubspot",
            "object": "contacts",
            "prefix": "STL",
            "expect": {"portal_id": 1234567},
            "timezone": "America/New_York",
            "fields": {"enquiry_country": "text"},
        },
        "telemetry": {"engagement": ["createdate"], "first_touch": {"types": ["call"]}},
        "lead_types": [
            {
                "id": f"t{place}",
                "label": f"T{place}",
                "when": {"enquiry_country": [f"c{place}"]},
                "sla": "10m",
                "escalation": "e",
            }
            for place in range(TYPES)
        ],
        "escalation": {"e": [{"at": at, "notify": ["rep"], "via": ["email"]} for at in STEPS]},
        "recipients": {"rep": {"role": "record_owner"}},
        "alerts": {"mode": "silent", "silent_to": "qa@acme.example"},
    }


@pytest.fixture
def portal() -> Iterator[Portal]:
    emulated = Portal()
    yield emulated
    emulated.close()


@pytest.mark.parametrize("lag", [0, 20])
def test_restarts_among_many_workflows(portal: Portal, tmp_path: Path, lag: int) -> None:
    """Handed over after three minutes (a step is to come), and after thirty (a far one is waited for)."""
    portal.begin(START - timedelta(hours=1), ["ann@acme.example", "bob@acme.example", "qa@acme.example"], "T")
    portal.door("settings", {"automation_lag_seconds": lag})
    (tmp_path / "design.yaml").write_text(yaml.safe_dump(document()))
    printed = portal.apply(tmp_path / "design.yaml", tmp_path)
    assert "Switching workflows on (36/36)" in printed, printed
    portal.door("clock", {"to": iso(START)})
    leads = [created(portal, place) for place in range(TYPES)]
    for minutes, owner in ((3, "bob@acme.example"), (30, "ann@acme.example")):
        portal.door("clock", {"to": iso(START + timedelta(minutes=minutes))})
        for lead in leads:
            change = {"properties": {"hubspot_owner_id": portal.owners[owner]}}
            portal.call("PATCH", f"/crm/v3/objects/contacts/{lead}", change)
    portal.door("clock", {"to": iso(START + timedelta(hours=6))})
    told: dict[str, list[float]] = {lead: [] for lead in leads}
    for sent in portal.door("sent", method="GET"):
        at = datetime.fromisoformat(sent["at"].replace("Z", "+00:00"))
        told[sent["record"]].append((at - START).total_seconds() / 60)
    late = 4 * lag / 60  # stamp, judge, clock, timer
    for lead, minutes_told in told.items():
        assert minutes_told == pytest.approx([8 + late, 13 + late, 35 + late, 40 + late, 160 + late], abs=late + 0.1), (
            lead
        )


def created(portal: Portal, place: int) -> str:
    values = {"lastname": "L", "email": f"l{place}@client.example", "enquiry_country": f"c{place}"}
    values["hubspot_owner_id"] = portal.owners["ann@acme.example"]
    return str(portal.call("POST", "/crm/v3/objects/contacts", {"properties": values})["id"])

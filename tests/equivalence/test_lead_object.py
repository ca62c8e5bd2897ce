"""The lead object of HubSpot: its example is deployed by the commands and carried out by the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioner import assets

from .portal import Portal
from .world import iso

PEOPLE = ["ann@acme.example", "qa@acme.example", "sdr-manager@acme.example", "integration@acme.example"]
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # 10:00 in New York


@pytest.fixture
def portal() -> Iterator[Portal]:
    emulated = Portal()
    yield emulated
    emulated.close()


def new_lead(portal: Portal, at: datetime, label: str) -> str:
    """A lead of Ann's, created at `at`."""
    portal.door("clock", {"to": iso(at)})
    person = {"properties": {"lastname": "Abe", "email": f"{label.lower()}{at:%H%M}@client.example"}}
    contact = portal.call("POST", "/crm/v3/objects/contacts", person)["id"]
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}
    values = {"hs_lead_name": "Abe", "hs_lead_label": label, "hs_lead_type": "NEW BUSINESS"}
    body = {
        "properties": {**values, "hubspot_owner_id": portal.owners["ann@acme.example"]},
        "associations": [{"to": {"id": contact}, "types": [kind]}],
    }
    return str(portal.call("POST", "/crm/v3/objects/leads", body)["id"])


def read(portal: Portal, lead: str) -> dict[str, str]:
    names = "ltl_sla_status,ltl_lead_type,ltl_sla_started_at,ltl_sla_due_at"
    found = portal.call("GET", f"/crm/v3/objects/leads/{lead}?properties={names}")["properties"]
    return {name.removeprefix("ltl_"): value for name, value in found.items() if name.startswith("ltl_")}


def test_the_example_runs_on_the_lead_object(portal: Portal, tmp_path: Path) -> None:
    portal.begin(MONDAY - timedelta(hours=2), PEOPLE, "SDR Backup")
    design = assets.path("examples", "acme-hubspot-leads.yaml")
    printed = portal.apply(design, tmp_path)
    assert "Switching workflows on" in printed, printed
    done = portal.command("plan", design, tmp_path, "--detailed-exitcode")
    assert done.code == 0, done.out + done.err

    hot, cold = new_lead(portal, MONDAY, "HOT"), new_lead(portal, MONDAY + timedelta(minutes=1), "COLD")
    portal.door("clock", {"to": iso(MONDAY + timedelta(minutes=2))})
    seen = read(portal, hot)
    assert (seen["sla_status"], seen["lead_type"]) == ("within_sla", "hot")
    assert read(portal, cold)["sla_status"] == "excluded"
    portal.door("clock", {"to": iso(MONDAY + timedelta(minutes=20))})
    assert read(portal, hot)["sla_status"] == "breached"
    portal.door("clock", {"to": iso(MONDAY + timedelta(hours=4))})
    assert read(portal, hot)["sla_status"] == "escalated"
    told = [(item["channel"], *item["to"]) for item in portal.door("sent", method="GET") if item["record"] == hot]
    assert sorted(told) == [("bell", "qa@acme.example")] * 2 + [("email", "qa@acme.example")] * 2

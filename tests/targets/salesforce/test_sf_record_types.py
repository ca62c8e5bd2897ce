"""A design in an org whose leads have record types: they offer none of the values that were deployed after them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from equivalence.compare import files_of
from equivalence.world import World
from equivalence.worlds import Event, Life
from strategies.designs import compiled
from test_sf_wording import document

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # 10:00 in New York
ANN = "ann@acme.example"
REASONS = ["No budget", "No authority", "No need", "Bad timing", "Competitor"]
LEAD = {"LastName": "Lovelace", "Company": "Engines", "LeadSource": "Demo"}
OURS = ["SLA_Status", "Lead_Type", "First_Touch_Type", "Rejection_Reason"]
NOT_OFFERED = "bad value for restricted picklist field"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    emulated = World()
    yield emulated
    emulated.close()


def with_reasons() -> dict[str, bytes]:
    written = document("silent", sla="1h")
    written["telemetry"]["stages"] = {"field": "Status", "values": {"mql": "Open", "recycled": "Recycled"}}
    written["recycling"] = {"reasons": REASONS}
    return dict(files_of(compiled(written)))


def begun(world: World, files: dict[str, bytes]) -> None:
    """Every lead is of a record type that was there before the design."""
    world.begin(MONDAY - timedelta(hours=1))
    profiles = ["System Administrator", "Standard User"]
    kind = {"sobject": "Lead", "name": "Inbound", "label": "Inbound leads", "default_for": profiles}
    world.door("seed", {"record_types": [kind]})
    assert world.deploy(files) == []
    world.deployed()


def saved(minutes: int, refusal: str = "", **values: Any) -> Event:
    return Event(MONDAY + timedelta(minutes=minutes), "save", values, refusal=refusal)


def after(world: World, minutes: int, *events: Event) -> list[str | None]:
    first = Event(MONDAY, "save", LEAD, ANN)
    world.play([Life(0, (first, *events))], MONDAY + timedelta(minutes=minutes))
    (lead,) = world.query(f"SELECT RecordType.Name, {', '.join(f'STL_{name}__c' for name in OURS)} FROM Lead")
    assert lead["RecordType"]["Name"] == "Inbound leads"
    return [lead[f"STL_{name}__c"] for name in OURS]


def test_no_record_type_keeps_automation_from_writing(world: World) -> None:
    begun(world, with_reasons())
    touched = Event(MONDAY + timedelta(minutes=90), "touch", {}, actor=ANN, subtype="Call")
    assert after(world, 100, touched) == ["touched_late", "demo", "call", None]
    assert world.query("SELECT Message__c FROM STL_Error__c") == []


def test_restricted_the_same_lists_would_refuse_the_save(world: World) -> None:
    """What the test above would look like if the org did not mind."""
    found = with_reasons()
    found["objects/Lead.object"] = found["objects/Lead.object"].replace(b"<restricted>false", b"<restricted>true")
    begun(world, found)
    with pytest.raises(AssertionError, match=NOT_OFFERED):
        after(world, 1)


def test_a_reason_can_be_chosen_once_the_record_type_offers_it(world: World) -> None:
    begun(world, with_reasons())
    reason = {"Status": "Recycled", "STL_Rejection_Reason__c": "No need"}
    assert after(world, 10, saved(5, refusal=NOT_OFFERED, **reason)) == ["within_sla", "demo", None, None]
    select = {"STL_Rejection_Reason__c": REASONS}
    world.door("by_hand", {"component": "RecordType", "name": "Lead.Inbound", "select_values": select})
    world.call("PATCH", f"sobjects/Lead/{world.leads[0]}", reason)
    (lead,) = world.query("SELECT STL_Rejection_Reason__c FROM Lead")
    assert lead["STL_Rejection_Reason__c"] == "No need"

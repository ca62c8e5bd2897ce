"""Stages, rejections, surge, after-hours promises and follow-ups: the deployed metadata and the oracle agree.

The random designs and lives of `worlds`, with these features added to the designs, and to the lives the reasons that
people give.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import yaml

from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.sla.timeline import Switched

from . import oracle, worlds
from .compare import Case, differences, files_of
from .world import World, iso

STAGES = {"open": "Open - Not Contacted", "working": "Working - Contacted", "disqualified": "Disqualified"}
REASONS = ["No budget", "No authority", "No need", "Bad timing", "Competitor"]
SAMPLE, FULL = range(3010, 3026), range(3100, 3160)


def document(seed: int) -> tuple[dict[str, Any], datetime]:
    found, start = worlds.design(seed)
    rng = random.Random(f"more {seed}")
    found["telemetry"]["stages"] = {"field": "Status", "values": STAGES, "history": True}
    found["recycling"] = {"reasons": REASONS}
    found["surge"] = {"factor": rng.choice([0.5, 1.25, 2, 3])}
    for lead_type in found["lead_types"]:
        business = lead_type["clock"] == "business"
        if rng.random() < 0.6:
            within = rng.choice(["30m", "8h", "2bd"] if business else ["30m", "8h", "2d"])
            lead_type["follow_up"] = {"touches": rng.choice([1, 2, 3]), "within": within}
    return found, start


def with_reasons(life: worlds.Life) -> worlds.Life:
    """A rejection without a reason is refused; that is told elsewhere."""
    events = [
        replace(event, values=event.values | {"STL_Rejection_Reason__c": REASONS[0]})
        if event.values.get("Status") == STAGES["disqualified"]
        else event
        for event in life.events
    ]
    return replace(life, events=tuple(events))


def made(seed: int, lives: int) -> Case | None:
    data, start = document(seed)
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    design, findings = compile_design(loads(text, f"world-{seed}.yaml"), today=date(2026, 3, 1))
    if design is None or any(finding.severity == "error" for finding in findings):
        return None
    policy = oracle.policy_of(design)
    lived = tuple(with_reasons(worlds.life(seed, number, start)) for number in range(lives))
    surge = (Switched(start - timedelta(minutes=30), seed % 2 == 1),)
    return Case(seed, design, policy, lived, start, start + timedelta(days=14), switches=surge)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    emulated = World()
    yield emulated
    emulated.close()


def played(seeds: range, lives: int) -> Iterator[Case]:
    found = [case for seed in seeds if (case := made(seed, lives)) is not None]
    assert len(found) > len(seeds) / 2, "most random designs are valid"
    yield from found


def test_the_rest_of_a_leads_life_is_as_the_oracle_says(world: World) -> None:
    pairs, followed, rows = 0, 0, 0
    for case in played(SAMPLE, 12):
        assert differences(world, case) == []
        pairs += len(world.leads)
        rows += len(world.query("SELECT Id FROM STL_Stage_History__c"))
        if any(lead_type.follow_up for lead_type in case.design.lead_types):
            followed += len(world.query("SELECT Id FROM Lead WHERE STL_Follow_Up_Completed_At__c != null"))
    assert pairs > 60 and rows > pairs and followed > 0, "the sample is worth its name"


@pytest.mark.full
def test_many_pairs(world: World) -> None:
    pairs = 0
    for case in played(FULL, 40):
        assert differences(world, case) == []
        pairs += len(world.leads)
    assert pairs > 1000


@pytest.fixture
def org(world: World) -> World:
    """One lead type around the clock, two touches promised; a lead comes back once and no more."""
    data, start = document(3010)
    data["telemetry"]["engagement"] = ["CreatedDate"]
    data["telemetry"]["first_touch"]["types"] = ["call", "meeting"]
    data["telemetry"]["stages"]["values"] = {"open": "Open - Not Contacted", "recycled": "Working - Contacted"}
    data["recycling"] = {"limit": 1, "reasons": REASONS}
    data["lead_types"] = [
        {
            "id": "type_0",
            "label": "T",
            "when": {"Company": {"is_blank": False}},
            "sla": "5m",
            "follow_up": {"touches": 2, "within": "8h"},
        }
    ]
    data |= {"unmatched": {"track_as": "none"}, "exclusions": []}
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    design, findings = compile_design(loads(text, "small.yaml"), today=date(2026, 3, 1))
    assert design is not None, [finding.detail for finding in findings]
    world.reset(files_of(design), start)
    return world


def created(org: World) -> str:
    body = {"LastName": "L", "Company": "C", "OwnerId": org.ids["ann@acme.example"]}
    found: str = org.call("POST", "sobjects/Lead", body)["id"]
    return found


def counted(org: World, lead: str) -> float:
    found: float = org.call("GET", f"sobjects/Lead/{lead}")["STL_Touch_Count__c"]
    return found


def test_touches_that_are_saved_together_are_all_counted(org: World) -> None:
    leads = [created(org), created(org)]
    call = {"attributes": {"type": "Task"}, "Subject": "x", "Status": "Completed", "TaskSubtype": "Call"}
    body = {"allOrNone": True, "records": [call | {"WhoId": lead} for lead in (*leads, *leads, leads[0])]}
    org.call("POST", "composite/sobjects", body, org.tokens["ann@acme.example"])
    assert [counted(org, lead) for lead in leads] == [3, 2]


def test_a_task_that_is_closed_twice_counts_once(org: World) -> None:
    lead, token = created(org), org.tokens["ann@acme.example"]
    body = {"WhoId": lead, "Subject": "x", "Status": "Completed", "TaskSubtype": "Call"}
    task = org.call("POST", "sobjects/Task", body, token)["id"]
    for status in ("Not Started", "Completed"):
        org.call("PATCH", f"sobjects/Task/{task}", {"Status": status}, token)
    assert counted(org, lead) == 1


def test_a_rejection_needs_a_reason_and_has_a_limit(org: World) -> None:
    lead = created(org)
    back, again = {"Status": "Working - Contacted"}, {"Status": "Open - Not Contacted"}
    with pytest.raises(AssertionError, match="Choose a rejection reason before you send this lead back"):
        org.call("PATCH", f"sobjects/Lead/{lead}", back)
    org.call("PATCH", f"sobjects/Lead/{lead}", back | {"STL_Rejection_Reason__c": REASONS[0]})
    org.call("PATCH", f"sobjects/Lead/{lead}", {"Company": "edited as before"})
    org.door("clock", {"to": iso(document(3010)[1] + timedelta(minutes=1))})
    org.call("PATCH", f"sobjects/Lead/{lead}", again)
    with pytest.raises(AssertionError, match="This lead came back once already, and that is the limit"):
        org.call("PATCH", f"sobjects/Lead/{lead}", back)

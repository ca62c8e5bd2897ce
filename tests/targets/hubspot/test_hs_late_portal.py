"""A portal that notices late: who is enrolled, who is taken out, and when an action runs is decided some time after the
change, in any order. What a clock does then is the oracle's, within what the statement says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hs_designs import compiled, small
from test_hs_behaviour import START, Twin, at, business

from provisioner.targets.hubspot.clock import RESTING
from provisioner.targets.hubspot.fidelity import CHAIN, JITTER, statement

MINUTE = timedelta(minutes=1)


def late(document: dict[str, Any], seed: int, leaving: int = 100, enrolling: int = 20) -> Twin:
    """How many seconds enrolling and leaving lag at most; actions lag by up to a second."""
    twin, rng = Twin(compiled(document)), Random(seed)
    twin.paper.lag = lambda: timedelta(seconds=rng.uniform(0, enrolling))
    twin.paper.leaving = lambda: timedelta(seconds=rng.uniform(0, leaving))
    twin.paper.pause = lambda: timedelta(seconds=rng.uniform(0, 1))
    return twin


def told(twin: Twin, since: datetime) -> list[datetime]:
    """When the steps acted, each once: alerts of one step follow each other."""
    found: list[datetime] = []
    for item in twin.paper.sent:
        if item.at >= since and (not found or item.at - found[-1] > MINUTE):
            found.append(item.at)
    return found


@pytest.mark.parametrize("handed", [7, 12, 25, 55])
@pytest.mark.parametrize("seed", range(12))
def test_a_clock_that_starts_anew_is_timed_anew(handed: int, seed: int) -> None:
    """Whatever the timer was waiting for: at 25 minutes, for a step that lies behind all but one of the new ones."""
    twin = late(small(), seed)
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.change(at(handed), "hubspot_owner_id", "other@acme.example")
    twin.paper.advance(at(600))
    state = twin.oracle(at(600))
    assert twin.paper.values["stl_sla_status"] == state.status == "escalated"
    most = max(item.worst_minutes or 0 for item in statement(twin.design) if item.lead_type == "demo")
    acted = told(twin, at(handed) + 2 * MINUTE)
    assert len(acted) == len(state.step_at) == 4
    for ours, true in zip(acted, state.step_at, strict=True):
        assert timedelta(0) <= ours - true <= most * MINUTE, (ours, true)


@pytest.mark.parametrize("seed", range(30))
def test_owners_in_quick_succession_leave_one_clock_that_runs(seed: int) -> None:
    """Seconds apart, as routing does it: no lead is left waiting for ever, and the last owner's clock counts."""
    rng = Random(f"owners {seed}")
    twin = late(small(), seed)
    twin.create(START, enquiry_type="demo", hubspot_owner_id="first@acme.example", email="x@y.example")
    now = START
    for place in range(rng.randrange(1, 5)):
        now += timedelta(seconds=rng.choice([1, 5, 20, 60, 130, 400]))
        twin.change(now, "hubspot_owner_id", f"rep{place}@acme.example")
    twin.paper.advance(now + 8 * MINUTE)
    assert twin.paper.values["stl_sla_status"] in ("within_sla", "at_risk")
    assert timedelta(0) <= twin.paper.values["stl_sla_due_at"] - now - 10 * MINUTE <= 4 * MINUTE
    twin.paper.advance(now + 600 * MINUTE)
    assert twin.paper.values["stl_sla_status"] == "escalated"
    assert len(told(twin, now + 4 * MINUTE)) == 4


def test_a_touch_while_the_old_clock_is_let_go_of_meets_the_promise() -> None:
    twin = late(small(), 1, 5, 5)
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.change(at(12), "hubspot_owner_id", "other@acme.example")
    twin.paper.advance(at(13))
    assert twin.paper.values["stl_sla_status"] == "waiting"
    twin.touch(at(13))
    twin.paper.advance(at(600))
    assert twin.paper.values["stl_sla_status"] == twin.oracle(at(600)).status == "met"
    assert told(twin, at(13)) == []


@pytest.mark.parametrize("code", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_business_clocks_start_anew(code: bool, seed: int) -> None:
    document = business()
    document["target"] |= {"features": ["custom_code"]} if code else {}
    twin = late(document, seed)
    morning = datetime(2026, 3, 3, 15, 0, 0, tzinfo=UTC)
    twin.create(morning, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    handed = morning + 40 * MINUTE  # waits for "due + 2h", at 12:15 New York time
    twin.change(handed, "hubspot_owner_id", "other@acme.example")
    twin.paper.advance(handed + timedelta(hours=8))
    state = twin.oracle(handed + timedelta(hours=8))
    acted = told(twin, handed + 2 * MINUTE)
    for ours, true in zip(acted, state.step_at, strict=True):
        assert timedelta(0) <= ours - true <= (CHAIN + JITTER + RESTING) * MINUTE, (ours, true)
    if code:
        assert twin.paper.values["stl_sla_due_at"] == state.sla_due_at


@pytest.mark.parametrize("seed", range(60))
def test_a_touch_while_the_clock_starts_is_not_forgotten(seed: int) -> None:
    """The start and the touch write the status in either order."""
    twin = late(small(), seed)
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.touch(START + timedelta(seconds=Random(f"touch {seed}").randrange(5, 70)))
    twin.paper.advance(at(600))
    assert twin.paper.values["stl_sla_status"] == twin.oracle(at(600)).status == "met"
    assert twin.paper.sent == []


@pytest.mark.parametrize("seed", range(60))
def test_an_exclusion_while_the_clock_starts_is_not_forgotten(seed: int) -> None:
    twin = late(small(), seed)
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    when = START + timedelta(seconds=Random(f"exclusion {seed}").randrange(5, 70))
    twin.change(when, "hs_lead_status", "UNQUALIFIED")
    twin.paper.advance(at(600))
    assert twin.paper.values["stl_sla_status"] == twin.oracle(at(600)).status == "excluded"
    assert twin.paper.sent == []


def test_an_old_contact_that_is_touched_stays_as_it_was() -> None:
    """It was there before the design, and no owner came."""
    twin = Twin(compiled(small()))
    twin.paper.values = {"createdate": START - timedelta(days=400), "enquiry_type": "demo"}
    twin.paper.advance(START)
    twin.paper.change(START, "notes_last_contacted", START)
    assert {name for name in twin.paper.values if name.startswith("stl_")} == set()

"""Assignment rules run after our before-save flow (save order, step 9): the clock must still be the real owner's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from provisioner import assets
from provisioner.document import load
from provisioner.model.compile import compile_design

from .compare import files_of
from .world import World
from .worlds import ROBOT, STARTS

START = STARTS[0] + timedelta(hours=15)  # Wednesday 10:00 in New York


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    emulated = World()
    yield emulated
    emulated.close()


def acme() -> dict[str, bytes]:
    design, _ = compile_design(load(assets.path("examples", "starter-salesforce.yaml")), today=date(2026, 3, 1))
    assert design is not None
    return files_of(design)


def stamped(world: World, rule_owner: str) -> dict[str, object]:
    """The lead a robot creates while the org's rule gives demo requests to `rule_owner`, ten minutes later."""
    world.reset(acme(), START)
    world.door("seed", {"assignment_rules": [{"when": {"LeadSource": "Demo Request"}, "owner": rule_owner}]})
    lead = {"LastName": "Web", "Company": "Web", "LeadSource": "Demo Request"}
    id = world.call("POST", "sobjects/Lead", lead, world.tokens[ROBOT])["id"]
    world.door("clock", {"advance": "PT10M"})
    fields = "OwnerId, STL_Assigned_At__c, STL_SLA_Due_At__c, STL_SLA_Status__c, STL_Last_Error__c"
    return {**world.query(f"SELECT {fields} FROM Lead WHERE Id = '{id}'")[0], "attributes": None}


def test_the_rules_person_gets_the_clock_from_the_instant_of_assignment(world: World) -> None:
    assert stamped(world, "ann@acme.example") == {
        "attributes": None,
        "OwnerId": world.ids["ann@acme.example"],
        "STL_Assigned_At__c": "2026-03-04T15:00:00.000+0000",
        "STL_SLA_Due_At__c": "2026-03-04T15:05:00.000+0000",
        "STL_SLA_Status__c": "breached",
        "STL_Last_Error__c": None,
    }


def test_a_queue_chosen_by_the_rule_starts_nothing(world: World) -> None:
    assert stamped(world, "Inbound_Queue") == {
        "attributes": None,
        "OwnerId": world.ids["Inbound_Queue"],
        "STL_Assigned_At__c": None,
        "STL_SLA_Due_At__c": None,
        "STL_SLA_Status__c": "not_started",
        "STL_Last_Error__c": None,
    }

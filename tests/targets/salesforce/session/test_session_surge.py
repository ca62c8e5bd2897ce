"""What the last look at the org says of the surge's switch; what nobody looked at is never taken for off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from provisioner import assets
from provisioner.document import loads
from provisioner.facts import Surge, Unasked
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.salesforce.session import surge
from provisioner.targets.salesforce.session.soap import Property

SWITCH = Address("CustomMetadata", "STL_Switch.Surge")
SAVED = Property(SWITCH.kind, SWITCH.name, "customMetadata/STL_Switch.Surge.md", "Ana Ruiz", "2026-06-03T09:00:00.000Z")
OTHER = Property("CustomMetadata", "STL_Settings.Default", "", "Bo Chen", "2026-06-04T09:00:00.000Z")


@pytest.fixture(scope="module")
def design() -> Design:
    found, _ = compile_design(loads(assets.read_text("examples", "acme-salesforce.yaml")), today=date(2026, 6, 1))
    assert found is not None
    return found


def switch(value: str, address: Address = SWITCH) -> Resource:
    return Resource(address, {"label": "Surge", "values": [{"field": "Active__c", "value": value}]})


@pytest.mark.parametrize(("value", "on"), [("true", True), ("false", False)])
def test_the_switch_is_told_with_who_saved_it_and_when(design: Design, value: str, on: bool) -> None:
    found, unasked = surge.look(design, Snapshot.of([switch(value)]), [OTHER, SAVED])
    assert (found, unasked) == (Surge(on, surge.PLACE, "2026-06-03T09:00:00Z", "Ana Ruiz"), ())


def test_an_org_that_does_not_say_when_is_no_org_that_is_off(design: Design) -> None:
    assert surge.look(design, Snapshot.of([switch("true")]), [OTHER]) == (Surge(True, surge.PLACE), ())


def test_an_org_that_was_not_read_is_not_checked_and_only_where_the_design_has_a_surge(design: Design) -> None:
    why = "The org was not read, so that nothing is known of its switch."
    assert surge.look(design, None, ()) == (None, (Unasked("surge", why),))
    assert surge.look(replace(design, surge=None), None, ()) == (None, ())


def test_what_is_gone_or_could_not_be_read_is_left_to_the_plan(design: Design) -> None:
    assert surge.look(design, Snapshot.of([], [SWITCH]), [SAVED]) == (None, ())


def test_only_the_surge_that_is_on_is_worth_knowing() -> None:
    another = Address("CustomMetadata", "STL_Switch.Quiet")
    assert surge.notices([switch("false"), switch("true", another), switch("true", Address("Flow", "Surge"))]) == []
    assert surge.notices([switch("true")]) == [
        "The surge is on: clocks that start get its factor times their SLA, until somebody turns it off (Setup, Custom "
        "Metadata Types, SLA Switch, Manage Records, Surge, Active)."
    ]

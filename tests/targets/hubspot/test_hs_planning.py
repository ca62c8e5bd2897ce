"""What HubSpot keeps through a rename, what its resources need, and what changes do to data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.planning.choices import Choices
from provisioner.planning.diff import make_plan
from provisioner.planning.plan import Cause, Change, Remade, Risk
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.hubspot import target

TEXT = (Path(__file__).parents[3] / "examples" / "acme-hubspot.yaml").read_text(encoding="utf-8")
RENAMED = ("id: demo_request", "id: trial\n    was: demo_request")
ORG = {"platform": "hubspot", "id": "1", "name": "Box", "is_production": False, "url": "https://x", "user": "u"}


def design(*edits: tuple[str, str]) -> Design:
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    found, findings = compile_design(loads(text), today=date(2026, 3, 2))
    assert found is not None and not [item for item in findings if item.severity == "error"]
    return found


def desired(*edits: tuple[str, str]) -> Snapshot:
    found, findings = target.desire(design(*edits), lambda pointer: pointer)
    assert not [item for item in findings if item.severity == "error"]
    return found


WORKFLOWS = {
    str(item.address): str(item.address).replace("demo_request", "trial")
    for item in desired()
    if "demo_request" in item.address.name
}


def test_workflows_move_and_values_do_not() -> None:
    found = target.renamed(design(RENAMED))
    assert {str(old): str(new) for old, new in found.moved.items()} == WORKFLOWS
    assert {"Flow:open_demo_request", "Flow:timer_demo_request"} <= WORKFLOWS.keys()
    reason = (
        "Its workflows keep their ids, but records hold the old id as a value of stl_lead_type, and HubSpot cannot "
        "rename a value: those with a running clock would get no further alerts, and reports would count them apart."
    )
    assert found.remade == {
        Remade("demo_request", "trial", reason, True): frozenset({Address("Property", "contacts.stl_lead_type")})
    }


def test_a_rename_is_an_update_of_the_old_workflow() -> None:
    then, now = desired(), desired(RENAMED)
    recorded = {item.address: item.fingerprint() for item in then}
    made = make_plan(
        now, then, recorded, target.compare,
        design="acme", design_digest="d", tool="0.1.0", org=ORG, created_at="2026-03-02T13:00:00Z",
        choices=Choices(renamed=target.renamed(design(RENAMED)).moved),
    )  # fmt: skip
    renamed = {str(change.was): str(change.address) for change in made.changes if change.cause is Cause.RENAMED}
    assert renamed == WORKFLOWS
    assert not [change for change in made.changes if change.touched], "nothing of it was changed by hand"
    others = {str(change.address): change.cause for change in made.changes if change.cause is not Cause.RENAMED}
    assert others["Property:contacts.stl_lead_type"] is Cause.DESIGN
    assert not [change for change in made.changes if change.before is None or change.after is None]


def test_what_has_no_name_in_the_portal_moves_nothing() -> None:
    edits = (("\n  cro:", "\n  boss:"), ("[cro]", "[boss]"), ("{user: cro@", "{was: cro, user: cro@"))
    found = target.renamed(design(*edits))
    assert (found.moved, found.remade) == ({}, {})


def needs(address: str) -> set[str]:
    snapshot = desired()
    return {str(found) for found in target.needs(snapshot.resources[Address.parse(address)], snapshot)}


def test_a_resource_needs_what_it_names() -> None:
    group = "PropertyGroup:contacts.stl_speed_to_lead"
    assert needs("Property:contacts.stl_engaged_at") == {group}
    assert needs("Property:contacts.stl_miss_minutes") == {
        group,
        "Property:contacts.stl_first_touch_at",
        "Property:contacts.stl_sla_due_at",
        "Property:contacts.stl_sla_status",
    }
    assert needs("List:running") == {"Property:contacts.stl_sla_status"}
    assert "List:excluded" in needs("Flow:timer_demo_request")
    assert "Property:contacts.stl_escalation_level" in needs("Flow:timer_demo_request")
    assert needs(group) == set()


def at(address: str, **attributes: Any) -> Resource:
    return Resource(Address.parse(address), attributes)


def options(*values: str) -> dict[str, Any]:
    return {"type": "enumeration", "options": [{"value": item, "label": item} for item in values]}


NAME = "Property:contacts.a"


@pytest.mark.parametrize(
    ("before", "after", "risk"),
    [
        (at(NAME, type="datetime"), None, Risk.DATA),
        (at(NAME, type="number", calculationFormula="1"), None, Risk.BEHAVIOUR),
        (at("Flow:f"), None, Risk.BEHAVIOUR),
        (at("List:l"), None, Risk.BEHAVIOUR),
        (None, at(NAME), Risk.CREATES),
        (at(NAME, type="string", label="x"), at(NAME, type="string", label="y"), Risk.COSMETIC),
        (at(NAME, **options("a", "b")), at(NAME, **options("a")), Risk.BEHAVIOUR),
        (at(NAME, **options("a")), at(NAME, **options("a", "b")), Risk.BEHAVIOUR),
        (at(NAME, type="string"), at(NAME, type="number"), Risk.DATA),
        (at("Flow:f", isEnabled=True), at("Flow:f", isEnabled=False), Risk.BEHAVIOUR),
    ],
)
def test_what_a_change_does_to_data(before: Resource | None, after: Resource | None, risk: Risk) -> None:
    change = Change(before, after, Cause.DESIGN)
    assert (target.weigh(change) or change.risk) is risk

"""What was there before becomes ours, and what is ours gets another name: nothing is made anew."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import hs_pieces as pieces
import pytest
from hs_portal import Portal, error

from provisioner.errors import Rejected
from provisioner.planning.diff import ledger_digest
from provisioner.planning.plan import Cause, Change, Plan
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger, Outcome
from provisioner.targets.hubspot.marker import Mark, mark, unmark
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]


def stranger(portal: Portal) -> None:
    """All of the whole, made by a person."""
    portal.groups["contacts"]["stl_speed"] = {"name": "stl_speed", "label": "Speed to lead", "archived": False}
    for resource in pieces.whole():
        if resource.address.kind == "Property":
            portal._add("contacts", dict(resource.attributes))
    portal.lists["900"] = {"listId": "900", "listVersion": 1, **pieces.segment().attributes}
    portal.add_flow({**pieces.flow().attributes, "suppressionListIds": [900], "isEnabled": True})


def adoption(session: HubSpotSession, *resources: Resource) -> Plan:
    """The plan that makes all conflicts ours."""
    plan = pieces.planned(session, *resources)
    live = session.read(Snapshot.of(resources), "stl")
    assert live.resolved is not None
    changes = []
    for address in plan.conflicts:
        wanted, found = live.resolved.get(address), live.snapshot.get(address)
        assert wanted is not None
        assert found is not None
        changes.append(Change(pieces.Subset().compare(wanted, found), wanted, Cause.ADOPTED))
    prints = {resource.address: resource.fingerprint() for resource in live.resolved}
    return dataclasses.replace(plan, changes=tuple(changes), conflicts=(), fingerprints=prints)


def test_everything_of_a_stranger_becomes_ours(opened: Opened, portal: Portal) -> None:
    stranger(portal)
    session = opened()
    plan = adoption(session, *pieces.whole())
    assert len(plan.changes) == len(pieces.whole())
    assert all(change.before == change.after for change in plan.changes)
    session.check(plan)
    portal.requests.clear()
    ended = [event for event in session.write(plan, Ledger("acme", plan.fingerprints)) if isinstance(event, Outcome)]
    assert set(pieces.statuses(tuple(ended)).values()) == {"done"}
    assert not [line for line in portal.writes() if line.startswith(("POST", "DELETE")) and "stl_ledger" not in line]
    assert (len(portal.flows), list(portal.lists)) == (1, ["900"])
    again = pieces.planned(opened(), *pieces.whole())
    assert (again.changes, again.conflicts) == ((), ())
    assert again.ledger == ledger_digest(plan.fingerprints)


def test_what_another_design_made_is_not_there_for_the_taking(opened: Opened, portal: Portal) -> None:
    stranger(portal)
    address = Address("Property", "contacts.stl_started_at")
    raw = portal.properties["contacts"]["stl_started_at"]
    raw["description"] = mark(raw["description"], Mark("theirs", "old", address, "0" * 64))
    session = opened()
    with pytest.raises(Rejected) as caught:
        session.check(adoption(session, *pieces.whole()))
    assert caught.value.problems == ((str(address), "belongs to the design 'theirs' and cannot be adopted"),)


def test_of_two_workflows_of_one_name_none_is_chosen(opened: Opened, portal: Portal) -> None:
    stranger(portal)
    portal.add_flow({**pieces.flow().attributes, "suppressionListIds": [900]})
    session = opened()
    with pytest.raises(Rejected) as caught:
        session.check(adoption(session, *pieces.whole()))
    assert caught.value.problems == (
        ("Flow:stamp", "2 workflows have its name; rename all but the one that is meant, then plan again"),
    )


# ------------------------------------------------------------- renamed


def renamed(session: HubSpotSession) -> Plan:
    """The list and the workflow under other addresses and names; all else as it was."""
    old = pieces.whole()
    new = [*old[:6], pieces.segment("open", "SLA open"), pieces.flow("start", "STL start", **used("open"))]
    live = session.read(Snapshot.of(old), "stl")
    plan = pieces.planned(session, *new)
    moved = tuple(
        Change(pieces.Subset().compare(new[place], found), new[place], Cause.RENAMED)
        for place, address in ((7, Address("Flow", "stamp")), (6, Address("List", "running")))
        if (found := live.snapshot.get(address)) is not None
    )
    assert len(moved) == 2
    prints = {resource.address: resource.fingerprint() for resource in new}
    return dataclasses.replace(plan, changes=moved, conflicts=(), fingerprints=prints)


def used(key: str) -> dict[str, object]:
    return {"suppressionListIds": [{"$ref": f"list:{key}"}]}


def write(session: HubSpotSession, plan: Plan) -> dict[str, str]:
    ended = [event for event in session.write(plan, Ledger("acme", plan.fingerprints)) if isinstance(event, Outcome)]
    return pieces.statuses(tuple(ended))


def test_a_rename_keeps_ids(opened: Opened, portal: Portal) -> None:
    session = opened()
    pieces.carried_out(session, pieces.planned(session, *pieces.whole()))
    ids = (list(portal.lists), list(portal.flows))
    session = opened()
    plan = renamed(session)
    session.check(plan)
    portal.requests.clear()
    assert write(session, plan) == {"Flow:start": "done", "List:open": "done"}
    assert (list(portal.lists), list(portal.flows)) == ids
    assert not [line for line in portal.writes() if line.startswith(("POST", "DELETE"))]
    (flow,), (segment,) = portal.flows.values(), portal.lists.values()
    _, note = unmark(flow["description"])
    assert note is not None
    assert (flow["name"], segment["name"], flow["suppressionListIds"]) == ("STL start", "SLA open", [int(ids[0][0])])
    assert (str(note.address), flow["isEnabled"]) == ("Flow:start", True)
    after = opened().read(Snapshot.of([pieces.segment("open", "SLA open")]), "stl").ledger.fingerprints
    assert after.keys() == plan.fingerprints.keys()


def test_a_rename_that_failed_is_still_ours_as_it_was(opened: Opened, portal: Portal) -> None:
    session = opened()
    pieces.carried_out(session, pieces.planned(session, *pieces.whole()))
    session = opened()
    plan = renamed(session)
    portal.on(f"PUT /crm/v3/lists/{next(iter(portal.lists))}/*", error(400, "VALIDATION_ERROR", "no"))
    assert write(session, plan) == {"Flow:start": "skipped", "List:open": "failed"}
    recorded = opened().read(Snapshot(), "stl").ledger.fingerprints
    assert {str(address) for address in recorded if address.kind in ("List", "Flow")} == {"List:running", "Flow:stamp"}


def test_a_property_cannot_be_renamed(opened: Opened, portal: Portal) -> None:
    session = opened()
    pieces.carried_out(session, pieces.planned(session, *pieces.whole()))
    session = opened()
    old, new = pieces.prop("stl_started_at"), pieces.prop("stl_begun_at")
    plan = dataclasses.replace(pieces.planned(session, *pieces.whole()), changes=(Change(old, new, Cause.RENAMED),))
    with pytest.raises(Rejected) as caught:
        session.check(plan)
    assert caught.value.problems[0] == (
        "Property:contacts.stl_begun_at", "was Property:contacts.stl_started_at, and HubSpot cannot rename it",
    )  # fmt: skip

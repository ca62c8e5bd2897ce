"""What people did in the portal meanwhile: options, names, guests, archived names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hs_pieces as pieces
from hs_direct import VirtualTime, direct
from hs_portal import Answer, Portal

from provisioner.resources import Resource
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]


def applied(session: HubSpotSession, *resources: Resource) -> Any:
    return pieces.carried_out(session, pieces.planned(session, *resources))


def test_hand_made_options_stay(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    status = portal.properties["contacts"]["stl_status"]
    status["options"].append({"label": "Parked", "value": "parked", "displayOrder": 7, "hidden": True})
    told = ("Property:contacts.stl_status has options the design does not know: parked. Kept.",)
    alone = pieces.planned(opened(), *pieces.whole())
    assert (alone.changes, alone.notices) == ((), told)  # no difference: an apply would never take it away
    session = opened()
    wanted = [pieces.choice("stl_status", "late", "running", "met") if i.address.name.endswith("status") else i
              for i in pieces.whole()]  # fmt: skip
    plan = pieces.planned(session, *wanted)
    assert plan.notices == told
    assert pieces.carried_out(session, plan).is_complete  # and none when it is read back
    assert [(o["value"], o["displayOrder"]) for o in portal.properties["contacts"]["stl_status"]["options"]] == [
        ("late", 0), ("running", 1), ("met", 2), ("parked", -1),
    ]  # fmt: skip


def test_a_renamed_flow_is_still_ours_and_gets_its_name_back(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    flow = next(iter(portal.flows.values()))
    flow["name"], flow["revisionId"] = "My workflow", "9"
    session = opened()
    plan = pieces.planned(session, *pieces.whole())
    assert pieces.changes(plan) == ["~ Flow:stamp"]
    assert plan.changes[0].cause.value == "changed by hand"
    pieces.carried_out(session, plan)
    assert [flow["name"] for flow in portal.flows.values()] == ["STL stamp"]


def test_a_group_with_guests_stays(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    portal._add("contacts", {"name": "guest", "label": "G", "groupName": "stl_speed", "type": "string",
                             "fieldType": "text"})  # fmt: skip
    end = applied(opened())
    failed = {address: status for address, status in pieces.statuses(end.outcomes).items() if status != "done"}
    assert failed == {"PropertyGroup:contacts.stl_speed": "failed"}
    assert pieces.messages(end.outcomes)["PropertyGroup:contacts.stl_speed"] == (
        "it still holds properties: guest. Move them to another group by hand."
    )
    assert set(portal.groups["contacts"]) == {"native", "stl_speed"}
    del portal.properties["contacts"]["guest"]
    assert applied(opened()).is_complete
    assert portal.picture() == Portal().picture()


def test_an_archived_name_is_announced_and_looked_at(opened: Opened, portal: Portal) -> None:
    old = pieces.prop("stl_started_at").attributes | {"createdAt": "2025-01-01T00:00:00Z", "archived": True}
    portal.archived["contacts"]["stl_started_at"] = dict(old) | {"archivedAt": "2026-09-01T00:00:00Z"}
    session = opened()
    plan = pieces.planned(session, *pieces.whole())
    assert plan.notices == (
        "Property:contacts.stl_started_at was archived on 2026-09-01. Creating the name again may bring the old "
        "property back with its values, or start a new one beside it: look at it after the apply.",
    )
    end = pieces.carried_out(session, plan)
    assert pieces.messages(end.outcomes) == {
        "Property:contacts.stl_started_at": "restored from the archive: records may show values from before"
    }


def test_an_archived_name_that_comes_back_as_something_else_is_a_failure(opened: Opened, portal: Portal) -> None:
    session = opened()
    plan = pieces.planned(session, *pieces.whole())

    def turn(request: Any) -> bool:
        raw = portal.properties["contacts"].get("stl_touched_at")
        if raw is not None:
            raw["type"], raw["fieldType"] = "string", "text"
        return False

    portal.on(turn, Answer())
    end = pieces.carried_out(session, plan)
    assert pieces.messages(end.outcomes)["Property:contacts.stl_touched_at"] == (
        "a property of this name came back as it once was: type 'string', fieldType 'text'"
    )
    assert pieces.statuses(end.outcomes)["Property:contacts.stl_wait"] == "skipped"


def test_new_properties_are_waited_for(portal: Portal, time: VirtualTime) -> None:
    portal.hidden_reads = 3
    end = applied(direct(portal, time), *pieces.whole())
    assert end.is_complete
    assert time.slept == [0.25, 0.5, 1.0] * 3


def test_a_property_that_never_shows_is_a_failure(portal: Portal, time: VirtualTime) -> None:
    portal.hidden_reads = 10_000
    session = direct(portal, time)
    wanted = [pieces.group(), pieces.prop("stl_started_at")]
    plan = pieces.planned(session, *wanted)
    end = pieces.carried_out(session, plan)
    assert pieces.messages(end.outcomes) == {
        "Property:contacts.stl_started_at": "it was created, but cannot be read after 15 s"
    }


def test_an_option_made_by_hand_does_not_make_a_change_of_the_design_one_by_hand(
    opened: Opened, portal: Portal
) -> None:
    applied(opened(), *pieces.whole())
    status = portal.properties["contacts"]["stl_status"]
    status["options"].append({"label": "Parked", "value": "parked", "displayOrder": 7, "hidden": True})
    renamed = [pieces.choice("stl_status", "running", "late") if i.address.name.endswith("status") else i
               for i in pieces.whole()]  # fmt: skip
    (change,) = pieces.planned(opened(), *renamed).changes
    assert (str(change.address), change.cause.value) == ("Property:contacts.stl_status", "design changed")
    status["label"] = "By hand"
    (change,) = pieces.planned(opened(), *renamed).changes
    assert change.cause.value == "design changed, and changed by hand"

"""Writing: the order, one outcome per change, and what a failure stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import hs_pieces as pieces
import pytest
from hs_portal import Answer, Portal, error

from provisioner.errors import PartlyApplied, RateLimited, TargetError
from provisioner.planning.plan import Plan
from provisioner.resources import Resource
from provisioner.targets.hubspot.marker import unmark
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]
CREATE_BATCH = "POST /crm/v3/properties/contacts/batch/create"
CREATE_ONE = "POST /crm/v3/properties/contacts"
FLOWS = "/automation/v4/flows"


def applied(session: HubSpotSession, *resources: Resource) -> Any:
    return pieces.carried_out(session, pieces.planned(session, *resources))


def test_an_empty_portal_gets_everything_and_then_nothing_more(opened: Opened) -> None:
    session = opened()
    end = applied(session, *pieces.whole())
    assert set(pieces.statuses(end.outcomes).values()) == {"done"}
    assert end.surprises == ()
    again = pieces.planned(opened(), *pieces.whole())
    assert (again.changes, again.conflicts, again.unread) == ((), (), ())


def test_the_order(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    flow = next(iter(portal.flows))
    assert portal.writes() == [
        "POST properties/contacts stl_ledger",
        "POST properties/contacts/groups stl_speed",
        "POST properties/contacts/batch/create stl_started_at stl_status stl_touched_at",
        "POST properties/contacts stl_wait",
        "POST properties/contacts stl_minutes",
        "POST lists SLA running",
        f"POST {FLOWS} STL stamp off",
        f"PUT {FLOWS}/{flow} STL stamp on",
        "PATCH properties/contacts/stl_ledger",
    ]


def test_marks_and_ids_are_in_what_was_written(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    raw = portal.properties["contacts"]["stl_started_at"]
    text, note = unmark(raw["description"])
    assert text == "A moment."
    assert note is not None
    assert (note.design, note.prefix, str(note.address)) == ("acme", "stl", "Property:contacts.stl_started_at")
    assert note.fingerprint == pieces.prop("stl_started_at").fingerprint()
    flow = next(iter(portal.flows.values()))
    assert flow["suppressionListIds"] == [int(next(iter(portal.lists)))]
    assert flow["nextAvailableActionId"] == "2"
    assert flow["isEnabled"] is True
    sent = portal.seen(f"PUT {FLOWS}/*")[0].body
    assert not {"objectTypeId", "flowType", "dataSources", "id"} & set(sent)


def test_the_ledger_lives_in_hubspots_own_group_and_names_the_design(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    raw = portal.properties["contacts"]["stl_ledger"]
    assert (raw["groupName"], raw["hidden"]) == ("native", True)
    about = json.loads(raw["description"].partition("edit. ")[2])
    assert about == {
        "design": "acme", "plan": "sha256:1", "applied_at": "2026-03-02T13:00:00Z", "applied_by": "me", "tool": "0.1",
    }  # fmt: skip
    session = opened()
    ledger = session.read(pieces.planned(session, *pieces.whole()) and _snapshot(), "stl").ledger
    assert ledger.design == "acme"
    assert ledger.fingerprints == {item.address: item.fingerprint() for item in pieces.whole()}


def _snapshot() -> Any:
    from provisioner.resources import Snapshot

    return Snapshot.of(pieces.whole())


def test_nothing_is_left_when_everything_goes(opened: Opened, portal: Portal) -> None:
    empty = Portal().picture()
    applied(opened(), *pieces.whole())
    session = opened()
    portal.requests.clear()
    plan = pieces.planned(session)
    end = pieces.carried_out(session, plan)
    assert set(pieces.statuses(end.outcomes).values()) == {"done"}
    assert end.surprises == ()
    assert portal.picture() == empty
    flow = plan.changes[0].address
    assert str(flow) == "Flow:stamp"
    assert [line.split(" STL")[0].partition("?")[0] for line in portal.writes()] == [
        "PATCH properties/contacts/stl_ledger", f"PUT {FLOWS}/1002", f"DELETE {FLOWS}/1002", "DELETE lists/1001",
        "DELETE properties/contacts/stl_minutes", "DELETE properties/contacts/stl_wait",
        "DELETE properties/contacts/stl_started_at", "DELETE properties/contacts/stl_status",
        "DELETE properties/contacts/stl_touched_at", "DELETE properties/contacts/groups/stl_speed",
        "DELETE properties/contacts/stl_ledger",
    ]  # fmt: skip


# ---------------------------------------------------------------- failures


def test_a_batch_that_fails_in_part_gives_one_outcome_per_change(opened: Opened, portal: Portal) -> None:
    portal.partial = {"stl_status"}
    portal.on(
        lambda request: str(request) == CREATE_ONE and request.body["name"] == "stl_status",
        error(400, "VALIDATION_ERROR", "Option labels must be unique"),
    )
    end = applied(opened(), *pieces.whole())
    assert pieces.statuses(end.outcomes) == {
        "PropertyGroup:contacts.stl_speed": "done",
        "Property:contacts.stl_started_at": "done",
        "Property:contacts.stl_touched_at": "done",
        "Property:contacts.stl_wait": "done",
        "Property:contacts.stl_minutes": "done",
        "Property:contacts.stl_status": "failed",
        "List:running": "skipped",
        "Flow:stamp": "skipped",
    }
    assert pieces.messages(end.outcomes) == {
        "Property:contacts.stl_status": "HubSpot refused to create the property stl_status of contacts: "
        "Option labels must be unique (correlationId c-1)",
        "List:running": "not carried out: it needs Property:contacts.stl_status, which failed",
        "Flow:stamp": "not carried out: it needs List:running, which failed",
    }
    assert set(pieces.statuses(applied(opened(), *pieces.whole()).outcomes).values()) == {"done"}


def test_what_fails_keeps_new_flows_switched_off_and_nothing_is_deleted(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    session = opened()
    wanted = [item for item in pieces.whole() if item.address.name != "contacts.stl_touched_at"]
    wanted = [item for item in wanted if item.address.kind != "Property" or "stl_w" not in item.address.name]
    wanted = [item for item in wanted if "stl_minutes" not in item.address.name]
    portal.on("POST /crm/v3/lists", error(400, "VALIDATION_ERROR", "too many lists"))
    end = applied(session, *wanted, pieces.segment("open", "SLA open"), pieces.flow("clock", "STL clock"))
    assert pieces.messages(end.outcomes) == {
        "List:open": "HubSpot refused to create the list 'SLA open': too many lists (correlationId c-1)",
        "Flow:clock": "written, but left switched off because List:open failed",
        "Property:contacts.stl_minutes": "not deleted, because Flow:clock, List:open failed",
        "Property:contacts.stl_touched_at": "not deleted, because Flow:clock, List:open failed",
        "Property:contacts.stl_wait": "not deleted, because Flow:clock, List:open failed",
    }
    assert sorted((flow["name"], flow["isEnabled"]) for flow in portal.flows.values()) == [
        ("STL clock", False), ("STL stamp", True),
    ]  # fmt: skip


def test_a_flow_edited_in_the_portal_after_it_was_read_is_not_overwritten(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    session = opened()
    plan = pieces.planned(session, *[i for i in pieces.whole() if i.address.kind != "Flow"], pieces.flow(name="New"))
    flow = next(iter(portal.flows.values()))

    def edit(request: Any) -> bool:
        if request.method == "PUT" and request.path.startswith(FLOWS):
            flow["name"], flow["revisionId"] = "Ada's", "7"
        return False

    portal.on(edit, Answer())
    end = pieces.carried_out(session, plan)
    assert pieces.messages(end.outcomes) == {
        "Flow:stamp": "workflow 'STL stamp' was changed in HubSpot after it was read (revision 2 is now 7); "
        "it was not overwritten. Plan again and read the new plan."
    }
    assert flow["name"] == "Ada's"


def test_a_flow_left_switched_off_is_no_hand_made_change(opened: Opened, portal: Portal) -> None:
    portal.on("POST /crm/v3/lists", error(400, "VALIDATION_ERROR", "too many lists"))
    wanted = [*pieces.whole(), pieces.flow("clock", "STL clock", suppressionListIds=[])]
    applied(opened(), *wanted)
    causes = {str(change.address): change.cause.value for change in pieces.planned(opened(), *wanted).changes}
    assert causes == {"List:running": "new", "Flow:stamp": "new", "Flow:clock": "design changed"}


def test_a_put_that_arrives_late_is_recognised_as_our_own(opened: Opened, portal: Portal) -> None:
    def arrives_late(request: Any) -> bool:
        if request.method == "PUT" and len(portal.seen(f"PUT {FLOWS}/*")) == 2:
            portal._route(request)
        return False

    portal.on(f"PUT {FLOWS}/*", Answer(502))
    portal.on(arrives_late, Answer())
    end = applied(opened(), *pieces.whole())
    assert end.is_complete
    assert [flow["revisionId"] for flow in portal.flows.values()] == ["2"]


def test_a_flow_whose_content_makes_the_server_fail_is_refused_not_repeated_for_ever(
    opened: Opened, portal: Portal
) -> None:
    portal.on(f"POST {FLOWS}", *[Answer(500)] * 3)
    end = applied(opened(), *pieces.whole())
    assert pieces.statuses(end.outcomes)["Flow:stamp"] == "failed"
    assert pieces.messages(end.outcomes)["Flow:stamp"] == (
        "HubSpot failed 3 times when asked to create the workflow 'STL stamp', and it is not there: HubSpot failed "
        "when asked to create the workflow 'STL stamp': HTTP 500 without a word. A server error that stays is often "
        "HubSpot's way of not accepting the content."
    )
    assert portal.flows == {}


def test_the_next_action_id_is_taken_from_the_servers_message(opened: Opened, portal: Portal) -> None:
    refused = error(400, "VALIDATION_ERROR", "nextAvailableActionId should be 9")
    portal.on(f"POST {FLOWS}", refused)
    applied(opened(), *pieces.whole())
    sent = [request.body["nextAvailableActionId"] for request in portal.seen(f"POST {FLOWS}")]
    assert sent == ["2", "9"]


def test_a_put_refused_as_malformed_is_tried_with_the_types(opened: Opened, portal: Portal) -> None:
    portal.on(f"PUT {FLOWS}/*", error(400, "VALIDATION_ERROR", "Invalid request"))
    end = applied(opened(), *pieces.whole())
    assert set(pieces.statuses(end.outcomes).values()) == {"done"}
    first, second = (request.body for request in portal.seen(f"PUT {FLOWS}/*"))
    assert second == {**first, "flowType": "WORKFLOW", "objectTypeId": "0-1"}


def test_a_missing_scope_fails_what_needs_it(opened: Opened, portal: Portal) -> None:
    scopes = {"errors": [{"message": "x", "context": {"requiredGranularScopes": ["crm.lists.write"]}}]}
    portal.on("POST /crm/v3/lists", error(403, "MISSING_SCOPES", "no", **scopes))
    end = applied(opened(), *pieces.whole())
    assert pieces.messages(end.outcomes)["List:running"] == (
        "HubSpot does not allow this token to create the list 'SLA running': no; x (requiredGranularScopes: "
        "crm.lists.write) (correlationId c-1). Give the key one of these scopes: crm.lists.write."
    )
    assert pieces.statuses(end.outcomes)["Flow:stamp"] == "skipped"


def test_a_lost_portal_stops_the_work_after_every_change_has_its_outcome(opened: Opened, portal: Portal) -> None:
    session = opened()
    plan = pieces.planned(session, *pieces.whole())
    portal.on("POST /crm/v3/lists", *[error(401, "INVALID_AUTHENTICATION", "revoked")] * 9)
    with pytest.raises(PartlyApplied) as caught:
        pieces.carried_out(session, plan)
    assert caught.value.message == (
        "6 of 8 changes done, then: HubSpot did not accept the token when asked to create the list 'SLA running': "
        "revoked (correlationId c-1)"
    )
    portal.rules.clear()
    assert set(pieces.statuses(applied(opened(), *pieces.whole()).outcomes).values()) == {"done"}


def test_another_portals_plan_is_not_written(opened: Opened, portal: Portal) -> None:
    session = opened()
    plan = pieces.planned(session, *pieces.whole())
    other = Plan(**{name: getattr(plan, name) for name in plan.__slots__} | {"org": {"id": "1"}})
    with pytest.raises(TargetError) as caught:
        list(session.write(other, session.read(_snapshot(), "stl").ledger))
    assert caught.value.message == (
        "The plan was made for portal 1, but this connection leads to 62515 (HubSpot portal 62515)."
    )
    assert portal.writes() == []


def test_a_day_without_requests_left_is_seen_before_the_first_write(opened: Opened, portal: Portal) -> None:
    portal.rate_headers = {"X-HubSpot-RateLimit-Daily-Remaining": "43"}
    session = opened()
    with pytest.raises(RateLimited) as caught:
        applied(session, *pieces.whole())
    assert caught.value.message == (
        "This account has 43 API requests left for today; this plan may need 44. Nothing was changed."
    )
    assert portal.writes() == []

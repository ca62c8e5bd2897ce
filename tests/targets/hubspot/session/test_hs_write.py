"""Writing: the order, one outcome per change, and what a failure stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import hs_pieces as pieces
import pytest
from hs_direct import DirectWire, Killed, VirtualTime, direct
from hs_portal import Answer, Portal, error

from provisioner.errors import NotAllowed, PartlyApplied, RateLimited, Rejected, TargetError, Unreachable
from provisioner.planning.plan import Plan
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.marker import mark, unmark
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]
CREATE_BATCH = "POST /crm/v3/properties/contacts/batch/create"
CREATE_ONE = "POST /crm/v3/properties/contacts"
FLOWS = "/automation/v4/flows"


def applied(session: HubSpotSession, *resources: Resource) -> Any:
    return pieces.carried_out(session, pieces.planned(session, *resources))


def writes(portal: Portal) -> list[str]:
    """What was asked that changes something, in order, with the names it is about."""
    found = []
    for request in portal.requests:
        reads = request.path.endswith(("/search", "/batch/read"))
        if request.method != "GET" and not reads:
            body = request.body or {}
            names = [item["name"] for item in body.get("inputs", [])] or [body.get("name")]
            shown = " ".join(str(name) for name in names if name)
            state = {True: " on", False: " off"}.get(body.get("isEnabled"), "")
            found.append(f"{request.method} {request.path.rsplit('/v3/', 1)[-1]} {shown}{state}".strip())
    return found


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
    assert writes(portal) == [
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


# ------------------------------------------------------------ interrupted


def count_of(make: Callable[[Portal, VirtualTime], int]) -> int:
    return make(Portal(), VirtualTime())


def first_run(portal: Portal, time: VirtualTime, dies_at: tuple[int, bool] | None = None) -> int:
    session = direct(portal, time, dies_at)
    applied(session, *pieces.whole())
    return session.api_calls


def change_run(portal: Portal, time: VirtualTime, dies_at: tuple[int, bool] | None = None) -> int:
    """Every kind of change at once, on a portal that has the whole."""
    session = direct(portal, time, dies_at)
    applied(session, *changed())
    return session.api_calls


def changed() -> list[Resource]:
    return [
        pieces.group("Faster"),
        pieces.prop("stl_started_at", label="Started"),
        pieces.choice("stl_status", "running", "met", "late"),
        pieces.prop("stl_new", groupName="stl_speed"),
        pieces.segment("running", "SLA open", "late"),
        pieces.flow("clock", "STL clock"),
    ]


def removal_run(portal: Portal, time: VirtualTime, dies_at: tuple[int, bool] | None = None) -> int:
    session = direct(portal, time, dies_at)
    applied(session)
    return session.api_calls


def prepared(run: Callable[..., int]) -> Portal:
    portal = Portal(hidden_reads=1)
    if run is not first_run:
        first_run(portal, VirtualTime())
    return portal


@pytest.mark.parametrize("run", [first_run, change_run, removal_run])
def test_killed_at_every_call_and_run_again(run: Callable[..., int]) -> None:
    unhurt = prepared(run)
    calls = run(unhurt, VirtualTime())
    expected = unhurt.picture()
    assert calls > 10
    for nth in range(1, calls + 1):
        for after in (False, True):
            portal = prepared(run)
            with pytest.raises(Killed):
                run(portal, VirtualTime(), (nth, after))
            portal.hidden.clear()  # a second later everything can be seen
            run(portal, VirtualTime())
            assert portal.picture() == expected, f"killed {'after' if after else 'before'} request {nth}"


@pytest.mark.parametrize("run", [first_run, change_run, removal_run])
def test_every_answer_lost_once(run: Callable[..., int]) -> None:
    """The request is carried out, the connection breaks: the same portal, in the same run where possible."""
    unhurt = prepared(run)
    before = len(unhurt.requests)
    run(unhurt, VirtualTime())
    for nth in range(before + 1, len(unhurt.requests) + 1):
        portal = prepared(run)
        portal.on(lambda request, p=portal, n=nth: len(p.requests) == n, Answer(drop=True), carried_out=True)  # type: ignore[misc]
        run(portal, VirtualTime())
        assert portal.picture() == unhurt.picture(), f"answer {nth} lost"


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
    assert [line.split(" STL")[0].partition("?")[0] for line in writes(portal)] == [
        f"PUT {FLOWS}/1002", f"DELETE {FLOWS}/1002", "DELETE lists/1001",
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
        "it was not overwritten Plan again and read the new plan."
    }
    assert flow["name"] == "Ada's"


def test_a_flow_whose_content_makes_the_server_fail_is_refused_not_repeated_for_ever(
    opened: Opened, portal: Portal
) -> None:
    portal.on(f"POST {FLOWS}", *[Answer(500)] * 3)
    end = applied(opened(), *pieces.whole())
    assert pieces.statuses(end.outcomes)["Flow:stamp"] == "failed"
    assert pieces.messages(end.outcomes)["Flow:stamp"] == (
        "HubSpot failed 3 times when asked to create the workflow 'STL stamp', and it is not there: HubSpot failed when "
        "asked to create the workflow 'STL stamp': HTTP 500 without a word A server error that stays is often HubSpot's "
        "way of not accepting the content."
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
        "crm.lists.write) (correlationId c-1) Give the key one of these scopes: crm.lists.write."
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
    assert writes(portal) == []


def test_a_day_without_requests_left_is_seen_before_the_first_write(opened: Opened, portal: Portal) -> None:
    portal.rate_headers = {"X-HubSpot-RateLimit-Daily-Remaining": "43"}
    session = opened()
    with pytest.raises(RateLimited) as caught:
        applied(session, *pieces.whole())
    assert caught.value.message == (
        "This account has 43 API requests left for today; this plan may need 44. Nothing was changed."
    )
    assert writes(portal) == []


# -------------------------------------------------------------- by hand


def test_hand_made_options_stay(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    status = portal.properties["contacts"]["stl_status"]
    status["options"].append({"label": "Parked", "value": "parked", "displayOrder": 7, "hidden": True})
    session = opened()
    wanted = [pieces.choice("stl_status", "late", "running", "met") if i.address.name.endswith("status") else i
              for i in pieces.whole()]  # fmt: skip
    plan = pieces.planned(session, *wanted)
    assert plan.notices == ("Property:contacts.stl_status has options the design does not know: parked. Kept.",)
    pieces.carried_out(session, plan)
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
        "it still holds properties: guest Move them to another group by hand."
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
        "Property:contacts.stl_started_at was archived on 2026-09-01. Creating the name again may bring the old property "
        "back with its values, or start a new one beside it: look at it after the apply.",
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


# --------------------------------------------------------- steps and checks


def test_manual_steps_are_skipped_until_a_person_ticks_them(opened: Opened, portal: Portal) -> None:
    session = opened()
    end = applied(session, *pieces.whole(), pieces.step())
    assert pieces.messages(end.outcomes) == {"ManualStep:report": "manual"}
    assert pieces.changes(pieces.planned(session, *pieces.whole(), pieces.step())) == ["+ ManualStep:report"]
    session.tick(pieces.step(), "acme", "stl", by="ada", at="2026-03-03T09:00:00Z")
    assert pieces.changes(pieces.planned(session, *pieces.whole(), pieces.step())) == []
    assert pieces.changes(pieces.planned(session, *pieces.whole(), pieces.step(text="Other."))) == [
        "~ ManualStep:report"
    ]
    assert pieces.messages(applied(session, *pieces.whole()).outcomes) == {
        "ManualStep:report": "forgotten; what was built by hand stays"
    }
    session.tick(pieces.step(), "acme", "stl", by="ada", at="2026-03-03T09:00:00Z")
    assert session.untick(Address("ManualStep", "report"), "stl") is True
    assert session.untick(Address("ManualStep", "report"), "stl") is False
    with pytest.raises(TargetError, match="^This prefix belongs to the design 'acme', not to 'other'"):
        session.tick(pieces.step(), "other", "stl", by="ada", at="x")


def test_conversions_are_refused_before_anything_is_written(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    session = opened()
    wanted = [pieces.prop("stl_started_at", type="string", fieldType="text") if "started" in i.address.name else i
              for i in pieces.whole()]  # fmt: skip
    portal.requests.clear()
    with pytest.raises(Rejected) as caught:
        applied(session, *wanted)
    assert caught.value.problems == (
        (
            "Property:contacts.stl_started_at",
            "type is 'datetime' and cannot become 'string'; archive the property by hand, or give the design another "
            "prefix",
        ),
    )
    assert writes(portal) == []


def test_an_account_without_room_is_seen_before_anything_is_written(opened: Opened, portal: Portal) -> None:
    row = {"objectTypeId": "0-1", "singularLabel": "Contact", "pluralLabel": "Contacts", "limit": 10, "usage": 7}
    portal.limits = Answer(200, {"byObjectType": [row]})
    with pytest.raises(Rejected, match="the account has room for 3 more properties, this plan creates 5"):
        applied(opened(), *pieces.whole())
    assert writes(portal) == []
    portal.limits = error(403, "MISSING_SCOPES", "no")
    assert applied(opened(), *pieces.whole()).is_complete


def test_flows_that_refer_to_each_other_are_made_in_order(opened: Opened, portal: Portal) -> None:
    go = {"type": "SINGLE_CONNECTION", "actionId": "1", "actionTypeId": "0-15", "actionTypeVersion": 0,
          "fields": {"flow_id": {"$ref": "flow:zeta"}}}  # fmt: skip
    wanted = [*pieces.whole(), pieces.flow("alpha", "A", actions=[go]), pieces.flow("zeta", "Z")]
    assert applied(opened(), *wanted).is_complete
    by_name = {flow["name"]: flow for flow in portal.flows.values()}
    assert by_name["A"]["actions"][0]["fields"]["flow_id"] == by_name["Z"]["id"]
    assert pieces.changes(pieces.planned(opened(), *wanted)) == []


def test_a_reference_to_what_is_neither_there_nor_planned_is_refused(opened: Opened) -> None:
    session = opened()
    plan = pieces.planned(session, *pieces.whole())
    kept = tuple(change for change in plan.changes if change.address.kind != "List")
    partial = Plan(**{name: getattr(plan, name) for name in plan.__slots__} | {"changes": kept})
    with pytest.raises(Rejected) as caught:
        session.check(partial)
    assert caught.value.problems == (("Flow:stamp", "refers to List:running, which is neither there nor in this plan"),)


def test_the_mark_gives_way_to_nothing() -> None:
    from provisioner.targets.hubspot.marker import LONGEST, Mark

    note = Mark("acme", "stl", Address("Flow", "stamp"), "0" * 64)
    text = mark("x" * 3000, note)
    assert len(text) == LONGEST
    assert unmark(text)[1] == note

"""Reading: what is ours, what is not, what cannot be known, and how many requests that takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hs_pieces as pieces
import pytest
from hs_portal import Portal, error

from provisioner.errors import NotAllowed, Rejected, TargetError
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]
FORBIDDEN = error(403, "MISSING_SCOPES", "no")


def applied(session: HubSpotSession, *resources: Resource) -> Any:
    return pieces.carried_out(session, pieces.planned(session, *resources))


def owner(id: str, email: str, *, archived: bool = False, type: str = "PERSON") -> dict[str, Any]:
    found = {"id": id, "email": email, "type": type, "firstName": "A", "lastName": "B", "archived": archived}
    return found if archived else found | {"userId": int(id) + 5000}


def told(*references: dict[str, Any]) -> Resource:
    fields = {"user_ids": list(references), "subject": "Late", "body": "<p>x</p>"}
    action = {"type": "SINGLE_CONNECTION", "actionId": "1", "actionTypeId": "0-8", "actionTypeVersion": 0,
              "fields": fields}  # fmt: skip
    return pieces.flow("alert", "STL alert", actions=[action])


@pytest.mark.parametrize("count", [1, 60])
def test_the_number_of_requests_does_not_grow_with_the_design(opened: Opened, portal: Portal, count: int) -> None:
    portal.owners = [owner("1", "ada@acme.example")]
    many = [pieces.prop(f"stl_x{n}") for n in range(count)]
    lists = [pieces.segment(f"l{n}", f"L {n}") for n in range(count)]
    flows = [pieces.flow(f"f{n}", f"F {n}") for n in range(count)]
    wanted = [*pieces.whole(), *many, *lists, *flows, told({"$ref": "user:ada@acme.example"})]
    first = opened()
    plan = pieces.planned(first, *wanted)
    assert first.api_calls == 8
    assert pieces.carried_out(first, plan).is_complete
    again = opened()
    assert pieces.planned(again, *wanted).changes == ()
    assert again.api_calls == 8


def test_pages_are_all_read(opened: Opened, portal: Portal) -> None:
    portal.page = 2
    portal.owners = [owner(str(n), f"p{n}@acme.example") for n in range(7)]
    for n in range(5):
        portal.add_flow({"name": f"other {n}", "flowType": "WORKFLOW", "objectTypeId": "0-1", "actions": []})
    session = opened()
    assert applied(session, *pieces.whole(), told({"$ref": "user:p6@acme.example"})).is_complete
    assert pieces.planned(opened(), *pieces.whole(), told({"$ref": "user:p6@acme.example"})).changes == ()


def test_what_others_made_under_our_names_is_a_conflict(opened: Opened, portal: Portal) -> None:
    portal._add("contacts", {"name": "stl_status", "label": "S", "groupName": "native", "type": "string",
                             "fieldType": "text"})  # fmt: skip
    portal.groups["contacts"]["stl_speed"] = {"name": "stl_speed", "label": "Other"}
    body = dict(pieces.segment().attributes)
    portal.lists["7"] = {"listId": "7", "listVersion": 1, "processingStatus": "COMPLETE", **body}
    portal.add_flow(dict(pieces.flow().attributes) | {"suppressionListIds": [], "description": "by hand"})
    plan = pieces.planned(opened(), *pieces.whole())
    assert [str(address) for address in plan.conflicts] == [
        "Flow:stamp", "List:running", "Property:contacts.stl_status", "PropertyGroup:contacts.stl_speed",
    ]  # fmt: skip


def test_another_design_with_our_prefix_is_named(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    raw = portal.properties["contacts"]["stl_ledger"]
    raw["description"] = raw["description"].replace('"acme"', '"other"')
    assert opened().read(Snapshot.of(pieces.whole()), "stl").ledger.design == "other"


def test_two_prefixes_do_not_see_each_other(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    live = opened().read(Snapshot.of([pieces.prop("abc_x")]), "abc")
    assert (live.ledger.design, dict(live.ledger.fingerprints), len(live.snapshot)) == (None, {}, 0)


def test_without_its_ledger_what_is_marked_is_still_ours(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    del portal.properties["contacts"]["stl_ledger"]
    ledger = opened().read(Snapshot(), "stl").ledger
    assert ledger.design == "acme"
    assert sorted({address.kind for address in ledger.fingerprints}) == ["Flow", "Property"]


def test_a_mark_that_was_edited_away_is_remembered(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    portal.properties["contacts"]["stl_status"]["description"] = "Mine now"
    next(iter(portal.flows.values()))["description"] = "Mine too"
    plan = pieces.planned(opened(), *pieces.whole())
    assert pieces.changes(plan) == ["~ Flow:stamp", "~ Property:contacts.stl_status"]
    assert {change.cause.value for change in plan.changes} == {"changed by hand"}


def test_a_mark_copied_into_another_property_means_nothing(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    raw = dict(portal.properties["contacts"]["stl_status"]) | {"name": "copy_of_status"}
    portal.properties["contacts"]["copy_of_status"] = raw
    ledger = opened().read(Snapshot.of(pieces.whole()), "stl").ledger
    assert Address("Property", "contacts.copy_of_status") not in ledger.fingerprints
    assert len(ledger.fingerprints) == len(pieces.whole())
    del portal.properties["contacts"]["stl_status"], portal.properties["contacts"]["stl_ledger"]
    ledger = opened().read(Snapshot.of(pieces.whole()), "stl").ledger
    assert Address("Property", "contacts.stl_status") not in ledger.fingerprints


def test_a_copied_flow_is_left_alone_and_spoken_of(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    original = next(iter(portal.flows.values()))
    copy = portal.add_flow(dict(original) | {"createdAt": "2020-01-01T00:00:00Z"})
    plan = pieces.planned(opened(), *pieces.whole())
    assert plan.changes == ()
    assert plan.notices == (
        f"Workflow 'STL stamp' ({copy['id']}) carries the mark of Flow:stamp but is a copy of it: it is left alone. If "
        "it is switched on, people are alerted twice.",
    )


def test_a_stranger_that_took_the_name_of_a_list_of_ours_stops_the_apply(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    old = portal.lists.pop(next(iter(portal.lists)))
    portal.lists["77"] = dict(old) | {"listId": "77", "filterBranch": pieces.filters("other")}
    plan = pieces.planned(opened(), *pieces.whole())
    assert plan.unread == (Address("List", "running"),)
    assert plan.notices[0] == (
        "List:running was deleted, and another list is called 'SLA running' now. Rename or delete it, then plan again."
    )


def test_a_stranger_that_took_the_name_of_a_flow_of_ours_is_no_successor(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    portal.flows.clear()
    stranger = portal.add_flow(dict(pieces.flow().attributes) | {"suppressionListIds": [], "description": ""})
    plan = pieces.planned(opened(), *pieces.whole())
    assert pieces.changes(plan) == ["+ Flow:stamp"]
    pieces.carried_out(opened(), plan)
    assert portal.flows[stranger["id"]] == stranger
    assert len(portal.flows) == 2


def test_a_flow_that_was_only_intended_is_not_owned(opened: Opened, portal: Portal) -> None:
    """Written down, then killed; a stranger makes a workflow of that name before the next run."""
    session = opened()
    plan = pieces.planned(session, *pieces.whole())
    portal.on("POST /crm/v3/properties/contacts/groups", *[error(401, "X", "revoked")] * 2)
    with pytest.raises(TargetError):
        pieces.carried_out(session, plan)
    portal.rules.clear()
    portal.add_flow(dict(pieces.flow().attributes) | {"suppressionListIds": [], "description": ""})
    plan = pieces.planned(opened(), *pieces.whole())
    assert plan.conflicts == (Address("Flow", "stamp"),)


def test_what_may_not_be_read_is_unknown(opened: Opened, portal: Portal) -> None:
    portal.on("GET /automation/v4/flows", FORBIDDEN)
    portal.on("POST /crm/v3/lists/search", FORBIDDEN)
    plan = pieces.planned(opened(), *pieces.whole())
    assert [str(address) for address in plan.unread] == ["Flow:stamp", "List:running"]
    assert plan.notices == (
        "Could not be read: Flow:stamp (HubSpot does not allow this token to list its workflows: no (correlationId "
        "c-1) The key lacks a scope, its creator has left, or the account's subscription lacks the feature.)",
        "Could not be read: List:running (HubSpot does not allow this token to list its lists: no (correlationId c-1) "
        "The key lacks a scope, its creator has left, or the account's subscription lacks the feature.)",
    )


def test_a_workflow_is_not_changed_because_the_list_it_names_may_not_be_read(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    (flow,) = portal.flows.values()
    assert flow["suppressionListIds"] == [int(next(iter(portal.lists)))]
    portal.on("GET /crm/v3/lists", FORBIDDEN)
    plan = pieces.planned(opened(), *pieces.whole())
    assert [str(address) for address in plan.unread] == ["List:running"]
    assert plan.changes == ()


def test_without_properties_nothing_is_known(opened: Opened, portal: Portal) -> None:
    portal.on("GET /crm/v3/properties/contacts", FORBIDDEN)
    with pytest.raises(NotAllowed, match="to list the properties of contacts"):
        pieces.planned(opened(), *pieces.whole())


def test_kinds_of_another_version_are_unknown(opened: Opened) -> None:
    live = opened().read(Snapshot.of([Resource(Address("Dashboard", "x"), {})]), "stl")
    assert live.snapshot.unread == {Address("Dashboard", "x")}
    assert live.notices == ("Could not be read: Dashboard:x (a kind that this version does not know)",)


# ------------------------------------------------------------ references


def test_references_become_ids_in_the_plan(opened: Opened, portal: Portal) -> None:
    portal.owners = [owner("11", "ada@acme.example"), owner("12", "bob@acme.example", archived=True)]
    portal.teams = [{"id": "77", "name": "Inbound", "userIds": [], "secondaryUserIds": []}]
    portal.forms = [{"id": "0c1f3a10-0000-4000-8000-000000000001", "name": "Demo request"}]
    portal.lists["9"] = {"listId": "9", "name": "Partners", "objectTypeId": "0-1", "processingType": "MANUAL"}
    references = ["user:Ada@Acme.example", "owner:ada@acme.example", "team:inbound", "form:Demo request",
                  "list:Partners", "slack:C0123456789", "portal:time_zone"]  # fmt: skip
    session = opened()
    plan = pieces.planned(session, *pieces.whole(), told(*({"$ref": text} for text in references)))
    change = next(change for change in plan.changes if change.address.name == "alert")
    assert change.after is not None
    assert change.after.attributes["actions"][0]["fields"]["user_ids"] == [
        "5011", "11", "77", "0c1f3a10-0000-4000-8000-000000000001", "9", "C0123456789", "Europe/Berlin",
    ]  # fmt: skip
    assert plan.notices == (
        "form:Demo request is 0c1f3a10-0000-4000-8000-000000000001", "list:Partners is 9",
        "owner:ada@acme.example is 11", "portal:time_zone is Europe/Berlin", "team:inbound is 77",
        "user:Ada@Acme.example is 5011",
    )  # fmt: skip
    assert pieces.carried_out(session, plan).is_complete


def test_a_plan_with_ids_asks_for_no_owners_again(opened: Opened, portal: Portal) -> None:
    portal.owners = [owner("11", "ada@acme.example")]
    session = opened()
    plan = pieces.planned(session, *pieces.whole(), told({"$ref": "user:ada@acme.example"}))
    portal.requests.clear()
    pieces.carried_out(session, plan)
    assert portal.seen("GET /crm/v3/owners") == []


def test_what_means_nothing_here_is_listed_with_near_names(opened: Opened, portal: Portal) -> None:
    portal.owners = [owner("11", "ada@acme.example"), owner("12", "bob@acme.example", archived=True),
                     owner("13", "queue@acme.example", type="QUEUE")]  # fmt: skip
    portal.teams = [{"id": "77", "name": "Inbound"}, {"id": "78", "name": "Twice"}, {"id": "79", "name": "Twice"}]
    names = ["user:adda@acme.example", "user:bob@acme.example", "user:queue@acme.example", "team:Inbond", "team:Twice",
             "form:Demo", "slack:#sales", "moon:x", "portal:name"]  # fmt: skip
    with pytest.raises(Rejected) as caught:
        pieces.planned(opened(), *pieces.whole(), told(*({"$ref": name} for name in names)))
    assert caught.value.problems == (
        ("Flow:alert", "user:adda@acme.example: no owner has this email (near: ada@acme.example)"),
        ("Flow:alert", "user:bob@acme.example: has left: the owner is deactivated (near: ada@acme.example)"),
        ("Flow:alert", "user:queue@acme.example: is a queue, not a person"),
        ("Flow:alert", "team:Inbond: no team has this name (near: Inbound)"),
        ("Flow:alert", "team:Twice: 2 have this name (78, 79)"),
        ("Flow:alert", "form:Demo: no form has this name"),
        ("Flow:alert", "slack:#sales: is not the id of a Slack channel (C0123456789)"),
        ("Flow:alert", "moon:x: is not a kind of reference"),
        ("Flow:alert", "portal:name: there is only id, time_zone, ui_domain"),
    )
    assert caught.value.message.startswith(
        "The design names 9 that this portal does not have: user:adda@acme.example: "
    )
    assert caught.value.message.endswith("; and 4 more.")


# ----------------------------------------------------------------- ledger


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda raw: raw.update(description="mine"), "its description is not what provisioner wrote"),
        (lambda raw: raw.update(description="{}"), "it names no design"),
        (lambda raw: raw.update(options=[]), "its format is None, this version reads '1'"),
        (lambda raw: raw["options"][0].update(description="2"), "its format is '2', this version reads '1'"),
        (lambda raw: raw["options"][1].update(value="x"), "'x' is not an address (expected KIND:NAME)"),
        (lambda raw: raw["options"][1].update(description="[]"),
         "its entry 'Flow:stamp' is not what provisioner wrote"),
        (lambda raw: raw["options"][1].update(description='{"fingerprint": "f"}'),
         "its entry 'Flow:stamp' holds no fingerprint"),
    ],
)  # fmt: skip
def test_a_damaged_ledger_is_not_taken_for_none(
    opened: Opened, portal: Portal, spoil: Callable[[dict[str, Any]], None], why: str
) -> None:
    applied(opened(), *pieces.whole())
    spoil(portal.properties["contacts"]["stl_ledger"])
    with pytest.raises(TargetError) as caught:
        pieces.planned(opened(), *pieces.whole())
    assert caught.value.message == f"The ledger (contact property stl_ledger) is damaged: {why}."


def test_more_entries_than_options_leave_out_what_is_marked(opened: Opened, portal: Portal) -> None:
    many = [pieces.prop(f"stl_x{n}") for n in range(500)]
    assert applied(opened(), *pieces.whole(), *many).is_complete
    assert len(portal.properties["contacts"]["stl_ledger"]["options"]) == 1 + 3
    assert pieces.planned(opened(), *pieces.whole(), *many).changes == ()


@pytest.mark.parametrize("prefix", ["", "1a", "a-b", "a" * 60, "a.b/../c"])
def test_prefixes_that_are_no_names(opened: Opened, portal: Portal, prefix: str) -> None:
    with pytest.raises(TargetError, match="cannot begin the name of a HubSpot property"):
        opened().read(Snapshot(), prefix)
    assert [str(request) for request in portal.requests if "properties" in request.path] == []

"""Counting and searching records, and the properties that lists and flows rely on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hs_pieces as pieces
import pytest
from hs_portal import Answer, Portal

from provisioner.errors import NotAllowed, Rejected, TargetError, Unreachable
from provisioner.targets.hubspot.session import HubSpotSession
from provisioner.targets.hubspot.session.counting import records_with, running
from provisioner.targets.hubspot.session.premises import used
from provisioner.targets.hubspot.session.records import count, search

Opened = Callable[..., HubSpotSession]
SEARCH = "POST /crm/v3/objects/contacts/search"
OPEN = [[{"propertyName": "stl_status", "operator": "EQ", "value": "running"}]]


def test_counting_takes_one_request(opened: Opened, portal: Portal) -> None:
    portal.on(SEARCH, Answer(200, {"total": 812, "results": []}))
    assert count(opened().door, "contacts", OPEN) == 812
    assert portal.requests[0].body == {
        "filterGroups": [{"filters": OPEN[0]}],
        "properties": [],
        "sorts": [],
        "limit": 1,
        "after": "0",
    }


def test_an_answer_without_a_total_is_no_count(opened: Opened, portal: Portal) -> None:
    portal.on(SEARCH, Answer(200, {"results": []}))
    with pytest.raises(Unreachable, match="names no total"):
        count(opened().door, "contacts", OPEN)


def test_searching_pages(opened: Opened, portal: Portal) -> None:
    first = {"total": 3, "results": [{"id": "1"}, {"id": "2"}], "paging": {"next": {"after": "2"}}}
    portal.on(SEARCH, Answer(200, first), Answer(200, first), Answer(200, {"total": 3, "results": [{"id": "3"}]}))
    rows = list(search(opened().door, "contacts", OPEN, ["stl_status"]))
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert portal.requests[2].body["after"] == "2"


def test_more_than_a_query_gives_is_said_beforehand(opened: Opened, portal: Portal) -> None:
    portal.on(SEARCH, Answer(200, {"total": 10_001, "results": []}))
    with pytest.raises(TargetError, match="10001 contacts match; HubSpot gives at most 10000 per query"):
        list(search(opened().door, "contacts", OPEN, []))
    with pytest.raises(TargetError, match="this one has 6 groups with 6 filters"):
        count(opened().door, "contacts", OPEN * 6)


@pytest.mark.parametrize(("status", "uncounted"), [(403, True), (400, True), (401, False)])
def test_a_token_that_is_not_accepted_says_nothing_about_numbers(
    opened: Opened, portal: Portal, status: int, uncounted: bool
) -> None:
    """What may not be counted is unknown; what was asked with an expired token was not asked."""
    door, status_property = opened().door, pieces.prop("stl_assigned_at")
    refusal = Answer(status, {"status": "error", "message": "no", "category": "X"})
    portal.on(SEARCH, refusal, refusal)
    if uncounted:
        assert records_with(door, [status_property]) == {status_property.address: None}
        assert running(door, "contacts", "stl", ["demo"]) == {}
        return
    with pytest.raises(NotAllowed, match="did not accept the token"):
        records_with(door, [status_property])
    with pytest.raises(NotAllowed, match="did not accept the token"):
        running(door, "contacts", "stl", ["demo"])


# --------------------------------------------------------------- premises


def filtered(name: str) -> dict[str, Any]:
    branch = pieces.filters()
    branch["filterBranches"][0]["filters"][0]["property"] = name
    return branch


def test_a_property_the_portal_does_not_have_is_noticed_before_anything_is_written(
    opened: Opened, portal: Portal
) -> None:
    portal._add("contacts", {"name": "enquiry_kind", "label": "K", "groupName": "native", "type": "string",
                             "fieldType": "text"})  # fmt: skip
    wanted = pieces.segment()
    wanted.attributes["filterBranch"].update(filtered("enquiry_kinds"))  # type: ignore[attr-defined]
    session = opened()
    plan = pieces.planned(session, *[i for i in pieces.whole() if i.address.kind != "List"], wanted)
    said = "uses the property enquiry_kinds, which contacts of this portal do not have (near: enquiry_kind)"
    assert plan.notices == (f"List:running {said}. Applying this is refused until it is there.",)
    with pytest.raises(Rejected) as caught:
        pieces.carried_out(session, plan)
    assert caught.value.problems == (("List:running", said),)
    assert portal.writes() == []


def test_what_counts_as_used() -> None:
    event = {"filterBranchType": "UNIFIED_EVENTS", "filters": [{"filterType": "PROPERTY", "property": "hs_form_id"}]}
    fields = {"property_name": "a", "value": {"type": "OBJECT_PROPERTY", "propertyName": "b"}}
    moment = {"timeType": "PROPERTY_REFERENCED", "property": "c"}
    other = {"property_name": "z", "association": {"associationTypeId": 1}}
    told = {"owner_properties": ["d"], "target_property": "e", "comparisonPropertyName": "f", "property": "not a test"}
    assert sorted(used([event, fields, moment, other, told, pieces.filters()])) == [
        "a", "b", "c", "d", "e", "f", "stl_status",
    ]  # fmt: skip

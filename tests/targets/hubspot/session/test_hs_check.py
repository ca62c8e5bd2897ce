"""Manual steps, and what is refused before the first write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hs_pieces as pieces
import pytest
from hs_portal import Answer, Portal, error

from provisioner.errors import Rejected, TargetError
from provisioner.planning.plan import Plan
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.marker import mark, unmark
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]


def applied(session: HubSpotSession, *resources: Resource) -> Any:
    return pieces.carried_out(session, pieces.planned(session, *resources))


def test_manual_steps_are_skipped_until_a_person_ticks_them(opened: Opened, portal: Portal) -> None:
    session = opened()
    end = applied(session, *pieces.whole(), pieces.step())
    assert pieces.messages(end.outcomes) == {"ManualStep:report": "manual"}
    assert pieces.changes(pieces.planned(session, *pieces.whole(), pieces.step())) == ["! ManualStep:report"]
    session.tick([pieces.step()], "acme", "stl", by="ada", at="2026-03-03T09:00:00Z")
    assert pieces.changes(pieces.planned(session, *pieces.whole(), pieces.step())) == []
    assert pieces.changes(pieces.planned(session, *pieces.whole(), pieces.step(text="Other."))) == [
        "! ManualStep:report"
    ]
    assert pieces.messages(applied(session, *pieces.whole()).outcomes) == {
        "ManualStep:report": "forgotten; what was built by hand stays"
    }
    session.tick([pieces.step()], "acme", "stl", by="ada", at="2026-03-03T09:00:00Z")
    report = Address("ManualStep", "report")
    assert session.untick([report], "stl") == {report}
    assert session.untick([report], "stl") == frozenset()
    with pytest.raises(TargetError, match=r"^This prefix belongs to the design .acme., not to .other.\.$"):
        session.tick([pieces.step()], "other", "stl", by="ada", at="x")


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
    assert portal.writes() == []


def test_an_account_without_room_is_seen_before_anything_is_written(opened: Opened, portal: Portal) -> None:
    row = {"objectTypeId": "0-1", "singularLabel": "Contact", "pluralLabel": "Contacts", "limit": 10, "usage": 7}
    portal.limits = Answer(200, {"byObjectType": [row]})
    with pytest.raises(Rejected, match="the account has room for 3 more properties, this plan creates 5"):
        applied(opened(), *pieces.whole())
    assert portal.writes() == []
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

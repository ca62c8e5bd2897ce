"""Who changed what, and who is applying right now: from what the portal keeps of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import hs_pieces as pieces
import pytest
from hs_portal import Answer, Portal, error

from provisioner.errors import TargetError
from provisioner.planning.plan import Touched
from provisioner.resources import Address, Snapshot
from provisioner.targets.base import Finishing, Ledger, Occupied, Telling
from provisioner.targets.hubspot.session import HubSpotSession, lease
from provisioner.targets.hubspot.session.lease import Lease

Opened = Callable[..., HubSpotSession]
STATUS, LIST, FLOW = Address("Property", "contacts.stl_status"), Address("List", "running"), Address("Flow", "stamp")
GROUP, GONE = Address("PropertyGroup", "contacts.stl_speed"), Address("Property", "contacts.stl_wait")
WRITTEN, LATER = "2026-10-01T09:00:00.000Z", "2026-10-03T10:15:00.000Z"
OWNERS = "GET /crm/v3/owners"


def owner(user: int, email: str, *, archived: bool = False) -> dict[str, Any]:
    return {
        "id": f"9{user}", "email": email, "type": "PERSON", "archived": archived, "createdAt": WRITTEN,
        "updatedAt": WRITTEN, "userIdIncludingInactive": user, **({} if archived else {"userId": user}),
    }  # fmt: skip


@pytest.fixture
def built(opened: Opened, portal: Portal) -> Opened:
    """The whole is there; then people worked in the portal."""
    session = opened()
    pieces.carried_out(session, pieces.planned(session, *pieces.whole()))
    portal.properties["contacts"]["stl_status"] |= {"updatedAt": LATER, "updatedUserId": "71"}
    next(iter(portal.lists.values())).update({"updatedAt": LATER, "updatedById": "72"})
    next(iter(portal.flows.values())).update({"updatedAt": LATER})
    portal.owners = [owner(71, "ann@acme.example"), owner(72, "gone@acme.example", archived=True)]
    return opened


def asked(session: HubSpotSession, *addresses: Address, since: str = "") -> Any:
    session.read(Snapshot.of(pieces.whole()), "stl")
    return session.touched(addresses, since)


def test_people_are_told_by_email_and_workflows_by_time(built: Opened, portal: Portal) -> None:
    session = built()
    portal.requests.clear()
    assert isinstance(session, Telling)
    assert asked(session, STATUS, LIST, FLOW, GROUP) == {
        STATUS: Touched("ann@acme.example", "2026-10-03T10:15:00Z"),
        LIST: Touched("gone@acme.example", "2026-10-03T10:15:00Z"),
        FLOW: Touched("", "2026-10-03T10:15:00Z"),
    }
    assert (len(portal.seen(OWNERS)), len(portal.requests)) == (2, 8)
    assert session.touched([STATUS], "")[STATUS].by == "ann@acme.example"
    assert len(portal.requests) == 8


def test_former_people_are_asked_for_only_when_somebody_is_missing(built: Opened, portal: Portal) -> None:
    portal.requests.clear()
    assert asked(built(), STATUS) == {STATUS: Touched("ann@acme.example", "2026-10-03T10:15:00Z")}
    assert len(portal.seen(OWNERS)) == 1


def test_who_may_not_see_people_is_told_their_number(built: Opened, portal: Portal) -> None:
    portal.on(OWNERS, error(403, "MISSING_SCOPES", "no"))
    assert asked(built(), STATUS) == {STATUS: Touched("user 71", "2026-10-03T10:15:00Z")}


def test_what_is_not_newer_than_the_apply_is_left_out(built: Opened, portal: Portal) -> None:
    assert asked(built(), Address("Property", "contacts.stl_started_at")) == {}
    portal.properties["contacts"]["stl_ledger"]["updatedAt"] = "2026-10-04T00:00:00.000Z"
    assert asked(built(), STATUS) == {}
    found = asked(built(), STATUS, since="2026-10-02T00:00:00Z")  # a step was ticked since, which wrote the ledger
    assert found == {STATUS: Touched("ann@acme.example", "2026-10-03T10:15:00Z")}
    portal.properties["contacts"]["stl_ledger"]["updatedUserId"] = "71"
    assert asked(built(), STATUS, since="2026-10-02T00:00:00Z") == {}, "whoever wrote the ledger afterwards applied"


@pytest.mark.parametrize("ours", ["2026-09-30T20:00:00Z", "2026-10-03T20:00:00Z"], ids=["behind", "ahead"])
def test_a_wrong_clock_of_ours_blames_nobody_and_misses_nobody(opened: Opened, portal: Portal, ours: str) -> None:
    """Ours is half a day behind the portal's, or days ahead; ann changed one thing before the apply and one after it,
    and a step was ticked at last."""
    portal.date = "Thu, 01 Oct 2026 08:59:59 GMT"
    session = opened()
    assert pieces.carried_out(session, pieces.planned(session, *pieces.whole()), applied_at=ours).is_complete
    before, after = Address("Property", "contacts.stl_started_at"), STATUS
    portal.properties["contacts"]["stl_started_at"] |= {"updatedAt": "2026-10-01T03:00:00Z", "updatedUserId": "71"}
    portal.properties["contacts"]["stl_status"] |= {"updatedAt": LATER, "updatedUserId": "71"}
    portal.properties["contacts"]["stl_ledger"]["updatedAt"] = "2026-10-04T00:00:00.000Z"
    portal.owners = [owner(71, "ann@acme.example")]
    late = opened()
    recorded = late.read(Snapshot.of(pieces.whole()), "stl").ledger
    assert recorded.meta["applied_at"] == "2026-10-01T09:00:00Z"
    found = late.touched([before, after], recorded.meta["applied_at"])
    assert found == {STATUS: Touched("ann@acme.example", "2026-10-03T10:15:00Z")}


def test_what_was_archived_by_hand_has_a_time(built: Opened, portal: Portal) -> None:
    portal.flows.clear()
    portal.properties["contacts"].pop("stl_minutes")
    raw = portal.properties["contacts"].pop("stl_wait")
    portal.archived["contacts"]["stl_wait"] = raw | {"archived": True, "archivedAt": "2026-11-01T00:00:00Z"}
    assert asked(built(), GONE) == {GONE: Touched("", "2026-11-01T00:00:00Z")}


def test_nothing_was_read_nothing_is_told(session: HubSpotSession) -> None:
    assert session.touched([STATUS], "2026-10-02T00:00:00Z") == {}
    assert session.api_calls == 0


# ------------------------------------------------------------- the lease


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait(30)
    return process.pid


def held(portal: Portal, **more: Any) -> Lease:
    """Write a lease into the portal's ledger, as another run would have."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = {"run": "r1", "by": "connection box", "since": now, "host": "elsewhere", "pid": 4242} | more
    raw = portal.properties["contacts"]["stl_ledger"]
    title, _, about = raw["description"].partition("edit. ")
    raw["description"] = f"{title}edit. " + json.dumps(json.loads(about) | {"applying": data})
    return Lease(**data)


def test_an_apply_says_so_while_it_writes_and_not_afterwards(opened: Opened, portal: Portal) -> None:
    seen: list[str] = []
    other = opened()

    def look(request: Any) -> bool:
        if request.method == "POST" and request.path == "/automation/v4/flows" and not seen:
            seen.append("asked")
            seen.append(portal.properties["contacts"]["stl_ledger"]["description"])
        return False

    portal.on(look, Answer(500))
    session = opened()
    assert other.occupied() == ""
    pieces.carried_out(session, pieces.planned(session, *pieces.whole()))
    during = json.loads(seen[1].partition("edit. ")[2])["applying"]
    assert (during["by"], during["pid"]) == ("me", os.getpid())
    after = portal.properties["contacts"]["stl_ledger"]["description"]
    assert "applying" not in after
    assert isinstance(other, Occupied)
    assert other.occupied() == ""


def test_another_machines_apply_is_in_the_way_until_it_is_too_old(built: Opened, portal: Portal) -> None:
    told = held(portal)
    assert built().occupied() == (
        f"The design 'acme' is being applied by connection box (process 4242 of another machine, since {told.since})."
    )
    old = (datetime.now(UTC) - lease.LASTS - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    held(portal, since=old)
    assert built().occupied() == ""


def test_a_dead_process_of_this_machine_is_in_nobodys_way(built: Opened, portal: Portal) -> None:
    here = lease.taken("x").host
    held(portal, host=here, pid=os.getppid())
    assert "is being applied by connection box (process" in built().occupied()
    gone = held(portal, host=here, pid=ended_process())
    session = built()
    assert session.occupied() == ""
    notices = session.read(Snapshot.of(pieces.whole()), "stl").notices
    assert f"An apply by {gone} did not come to its end. Applying carries on where it stopped." in notices
    assert isinstance(session, Finishing)
    assert session.is_unfinished()


def test_the_next_apply_takes_a_dead_lease_over(built: Opened, portal: Portal) -> None:
    held(portal, host=lease.taken("x").host, pid=ended_process())
    session = built()
    pieces.carried_out(session, pieces.planned(session, pieces.group("Other"), *pieces.whole()[1:]))
    assert "applying" not in portal.properties["contacts"]["stl_ledger"]["description"]
    session.read(Snapshot.of(pieces.whole()), "stl")
    assert not session.is_unfinished()


def test_of_two_that_begin_at_once_one_stops(built: Opened, portal: Portal) -> None:
    session = built()
    plan = pieces.planned(session, pieces.group("Other"), *pieces.whole()[1:])
    session.check(plan)

    def other_writes_last(request: Any) -> bool:
        if str(request) == "GET /crm/v3/properties/contacts" and portal.seen("PATCH /crm/v3/properties/contacts/*"):
            held(portal)
        return False

    portal.requests.clear()
    portal.on(other_writes_last, Answer(500))
    with pytest.raises(TargetError, match=r"^Another apply began at the same moment: by connection box \(process 4242"):
        list(session.write(plan, Ledger("acme")))
    assert portal.writes() == ["PATCH properties/contacts/stl_ledger"]
    assert portal.groups["contacts"]["stl_speed"]["label"] == "Speed to lead"


def test_garbage_is_no_lease() -> None:
    good = {"run": "r", "by": "b", "since": "s", "host": "h", "pid": 1}
    assert lease.read({"applying": good}) == Lease("r", "b", "s", "h", 1)
    for bad in ("x", {}, good | {"pid": True}, good | {"pid": "1"}, good | {"since": None}):
        assert lease.read({"applying": bad}) is None
    assert Lease("r", "b", "no instant", "h", 1).is_over(datetime.now(UTC))

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_org import FakeOrg, FakeSession, FakeTarget, ledger_of

from provisioner.applying import losses
from provisioner.applying.apply import org_data
from provisioner.applying.journal import Line, Run
from provisioner.errors import Refused
from provisioner.planning.diff import make_plan
from provisioner.planning.plan import Change, Plan, Risk
from provisioner.planning.risk import weighed
from provisioner.resources import Address, Resource, Snapshot

A, B, C = (Resource(Address("Field", name), {"x": 1}) for name in "ABC")


class Counted(FakeSession):
    counts: Mapping[Address, int | None] = {A.address: 3, B.address: 0}

    def records_with(self, resources: Sequence[Resource]) -> Mapping[Address, int | None]:
        self.asked = [resource.address for resource in resources]
        return self.counts


def plan_for(session: FakeSession, *desired: Resource) -> Plan:
    live = session.read(Snapshot.of(desired), "STL")
    return make_plan(
        Snapshot.of(desired), live.snapshot, live.ledger.fingerprints, FakeTarget().compare,
        design="acme", design_digest="d", tool="0.1.0", org=org_data(session.identity()),
        created_at="2026-03-02T13:00:00Z", prefix="STL",
    )  # fmt: skip


def an_org() -> FakeOrg:
    return FakeOrg(A, B, C, ledger=ledger_of("acme", [A, B, C]))


def refusal(counts: Mapping[Address, int | None], allowed: int | losses.Unknown | None) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        losses.check(plan_for(FakeSession(an_org())), counts, allowed)
    return caught.value.message, caught.value.advice


def test_only_what_is_deleted_is_counted() -> None:
    session = Counted(an_org())
    assert losses.count(plan_for(session, C), session) == {A.address: 3, B.address: 0}
    assert session.asked == [A.address, B.address]
    assert losses.count(plan_for(session, A, B, C), session) == {}
    plain = FakeSession(an_org())
    assert losses.count(plan_for(plain, C), plain) == {}


def test_what_is_empty_may_go() -> None:
    plan = plan_for(FakeSession(an_org()))
    assert losses.check(plan, {}, None) is None
    assert losses.check(plan, {A.address: 0}, None) is None


def test_data_is_named_with_its_number() -> None:
    assert refusal({A.address: 3, B.address: 0, C.address: 1}, None) == (
        "This plan deletes 4 recorded values: Field:A (3 records), Field:C (1 record). Nothing was changed.",
        "Export what is needed first. If it may go, give --allow-data-loss=4.",
    )


def test_the_number_given_is_the_most_that_may_go() -> None:
    plan = plan_for(FakeSession(an_org()))
    assert losses.check(plan, {A.address: 4}, 4) is None
    assert losses.check(plan, {A.address: 3}, 4) is None
    assert refusal({A.address: 5}, 4)[0].startswith(
        "--allow-data-loss=4 was given, but this plan deletes 5 recorded values: Field:A (5 records)."
    )


def test_unknown_is_not_none() -> None:
    message, advice = refusal({A.address: None, B.address: 0}, 1000)
    assert message == (
        "How much is recorded in Field:A could not be counted, and this plan deletes it. Nothing was changed."
    )
    assert advice.endswith("If the data may go whatever it is, give --allow-data-loss=unknown.")
    plan = plan_for(FakeSession(an_org()))
    assert losses.check(plan, {A.address: None, B.address: 7}, "unknown") is None


def losing(session: FakeSession) -> Plan:
    """B is deleted; what C says changes, and loses something; A changes, and does not."""
    less, other = Resource(C.address, {"x": 0}), Resource(A.address, {"x": 2})
    plan = plan_for(session, less, other)
    return weighed(plan, lambda change: Risk.DATA if change.address in (B.address, C.address) else Risk.BEHAVIOUR)


def test_an_update_that_loses_data_is_counted_like_a_deletion() -> None:
    session = Counted(an_org())
    session.counts = {B.address: 2, C.address: 5}
    plan = losing(session)
    counts = losses.count(plan, session)
    assert (counts, session.asked) == ({B.address: 2, C.address: 5}, [B.address, C.address])
    with pytest.raises(Refused) as caught:
        losses.check(plan, counts, 6)
    assert caught.value.message == (
        "--allow-data-loss=6 was given, but this plan loses 7 recorded values: Field:B (2 records), Field:C (5 "
        "records). Nothing was changed."
    )
    assert caught.value.advice == "Export what is needed first. If it may go, give --allow-data-loss=7."
    assert losses.check(plan, counts, 7) is None
    with pytest.raises(Refused) as caught:
        losses.check(plan, {C.address: None}, 7)
    assert caught.value.message.startswith("How much is recorded in Field:C could not be counted, and this plan loses")


class Exact(Counted):
    def records_losing(self, changes: Sequence[Change]) -> Mapping[Address, int | None]:
        return {change.address: 1 for change in changes}


def test_who_knows_better_is_asked_about_updates() -> None:
    session = Exact(an_org())
    session.counts = {B.address: 2}
    assert losses.count(losing(session), session) == {B.address: 2, C.address: 1}
    assert session.asked == [B.address]


# ------------------------------------------------------------------ a destroy that was stopped

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WRITING = Line("", "stage", {"stage": "write"})


def run(how: str | None, hours: float = 1, kind: str = "destroy", design: str = "acme", **more: Any) -> Run:
    """A run that wrote, `hours` ago, and ended so; None: its process was killed."""
    began = (NOON - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    begin = {"kind": kind, "design": design, "recorded": {"Field:A": 3}} | more
    return Run("r", Path("r"), begin, (WRITING,), None if how is None else {"how": how}, began)


@pytest.mark.parametrize(
    ("found", "known"),
    [
        ([run("partly")], 3),
        ([run("interrupted"), run("failed")], 3),
        ([run(None, process=None)], 3),
        ([run("partly"), run("completed", design="other")], 3),
        ([], None),
        ([run("partly", hours=25)], None),  # that may not be what there is now
        ([run("completed")], None),
        ([run("partly", kind="apply")], None),
        ([run("partly"), run("partly", kind="apply")], None),  # what was made since is in no count of before
        ([run("partly", design="other")], None),
        ([run("partly", recorded={"Field:B": 3})], None),
    ],
)
def test_what_a_stopped_destroy_counted_is_remembered(found: list[Run], known: int | None) -> None:
    plan = plan_for(FakeSession(an_org()))
    told, source = losses.remembered({A.address: None, C.address: 7}, plan, found, NOON)
    assert told == {A.address: known, C.address: 7}
    assert (source is None) is (known is None)


def test_what_can_be_counted_is_not_remembered() -> None:
    plan = plan_for(FakeSession(an_org()))
    assert losses.remembered({A.address: 1}, plan, [run("partly")], NOON) == ({A.address: 1}, None)

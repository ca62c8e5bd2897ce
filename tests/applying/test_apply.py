from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fake_org import FakeOrg, FakeSession, FakeTarget, failing, ledger_of

from provisioner.applying.apply import Applied, Stage, Surprise, apply, org_data
from provisioner.errors import PartlyApplied, ProvisionerError, Refused, Rejected, Unreachable
from provisioner.planning.diff import make_plan
from provisioner.planning.plan import Plan
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger, Outcome, Progress


def field(name: str, **attributes: Any) -> Resource:
    return Resource(Address("Field", name), attributes)


A, B, C = field("A", length=80), field("B", length=10), field("C", length=1)
TARGET = FakeTarget()


def planned(org: FakeOrg, *desired: Resource) -> Plan:
    session = FakeSession(org)
    live = session.read(Snapshot.of(desired), "STL")
    made = make_plan(
        Snapshot.of(desired), live.snapshot, live.ledger.fingerprints, TARGET.compare,
        design="acme", design_digest="d", tool="0.1.0", org=org_data(session.identity()),
        created_at="2026-03-02T13:00:00Z", prefix="STL",
    )  # fmt: skip
    org.calls.clear()
    return made


def run(plan: Plan, org: FakeOrg) -> list[Any]:
    return list(
        apply(plan, FakeSession(org), TARGET, plan_id="sha256:p", applied_at="2026-03-02T13:05:00Z", applied_by="me")
    )


def an_org() -> FakeOrg:
    """B is changed by hand, C is no longer wanted, and something foreign is there as well."""
    return FakeOrg(field("B", length=11, added_by_server=1), C, field("Foreign", x=1), ledger=ledger_of("acme", [B, C]))


def test_a_plan_is_carried_out_recorded_and_read_back() -> None:
    org = an_org()
    events = run(planned(org, A, B), org)
    assert [event.name for event in events if isinstance(event, Stage)] == ["recheck", "check", "write", "verify"]
    assert Progress("deploy", "Deploying", 0, 3) in events
    done = tuple(Outcome(resource.address, "done") for resource in (A, B, C))
    assert events[-1] == Applied(done, ())
    assert events[-1].is_complete
    assert org.calls == ["identity", "read", "check", "read", "write", *["write one"] * 3, "read"]
    assert org.resources == {
        A.address: {"length": 80},
        B.address: {"length": 10},
        Address("Field", "Foreign"): {"x": 1},
    }
    assert org.ledger == Ledger(
        "acme",
        {A.address: A.fingerprint(), B.address: B.fingerprint()},
        {"plan": "sha256:p", "applied_at": "2026-03-02T13:05:00Z", "applied_by": "me", "tool": "0.1.0"},
    )
    assert planned(org, A, B).is_empty


def refused(plan: Plan, org: FakeOrg) -> str:
    with pytest.raises(Refused) as caught:
        run(plan, org)
    assert "write" not in org.calls
    return caught.value.message


def test_a_touched_resource_that_moved_refuses_the_plan() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.resources[B.address]["length"] = 12
    assert refused(plan, org) == "Field:B changed in the org after this plan was made."


def test_what_appeared_or_vanished_refuses_the_plan() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.resources[A.address] = {"length": 80}
    del org.resources[C.address]
    assert refused(plan, org) == "Field:A (and 1 more) changed in the org after this plan was made."


def test_what_can_no_longer_be_read_refuses_the_plan() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.unread = frozenset({B.address})
    assert refused(plan, org) == "Field:B changed in the org after this plan was made."


def test_edits_elsewhere_and_what_the_server_adds_do_not_matter() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.resources[Address("Field", "Foreign")] = {"x": 2}
    org.resources[B.address]["added_by_server"] = 2
    assert run(plan, org)[-1].is_complete


def test_another_apply_in_between_refuses_the_plan() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.ledger = ledger_of("acme", [B, C, field("D")])
    assert refused(plan, org) == "This design was applied to the org again after this plan was made."
    meta = {"plan": "sha256:q", "applied_at": "2026-03-02T13:04:00Z", "applied_by": "you"}
    org.ledger = Ledger("acme", org.ledger.fingerprints, meta)
    org.resources[B.address]["length"] = 10
    assert refused(plan, org) == (
        "This design was applied to the org again after this plan was made (2026-03-02T13:04:00Z, by you)."
    )


def test_another_apply_during_the_check_refuses_the_plan() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.faults["check"] = lambda: setattr(org, "ledger", ledger_of("acme", [B, C, field("D")]))
    assert refused(plan, org) == "This design was applied to the org again after this plan was made."


def test_another_apply_that_ended_after_ours_is_told() -> None:
    org = an_org()
    plan = planned(org, A, B)
    meta = {"plan": "sha256:q", "applied_at": "2026-03-02T13:06:00Z", "applied_by": "you"}

    class Overtaken(FakeSession):
        def write(self, plan: Plan, ledger: Ledger) -> Any:
            yield from super().write(plan, ledger)
            org.ledger = Ledger("acme", {}, meta)

    last = list(apply(plan, Overtaken(org), TARGET, plan_id="p", applied_at="t", applied_by="me"))[-1]
    said = "was written by another apply at the same time (2026-03-02T13:06:00Z, by you)"
    assert last.surprises == (Surprise(Address("Ledger", plan.prefix), said),)
    assert not last.is_complete


def test_what_another_apply_changed_meanwhile_is_told() -> None:
    org = FakeOrg(field("B", length=11), field("D", length=1), ledger=ledger_of("acme", [B, field("D", length=1)]))
    plan = planned(org, B, field("D", length=1))

    class Meanwhile(FakeSession):
        def write(self, plan: Plan, ledger: Ledger) -> Any:
            org.resources[Address("Field", "D")] = {"length": 2}
            yield from super().write(plan, ledger)

    last = list(apply(plan, Meanwhile(org), TARGET, plan_id="p", applied_at="t", applied_by="me"))[-1]
    said = "was changed by somebody else while this plan was carried out"
    assert last.surprises == (Surprise(Address("Field", "D"), said),)
    assert not last.is_complete


@pytest.mark.parametrize(("also", "told"), [({}, False), ({"Size": 2}, True)], ids=["ours alone", "somebody's too"])
def test_records_that_lose_a_value_with_its_field_were_changed_by_us(also: dict[str, int], told: bool) -> None:
    def record(**values: int) -> Resource:
        return field("Row", values=[{"field": name, "value": value} for name, value in values.items()])

    was, is_wanted, gone = record(Size=1, Tone=1), record(Size=1), field("Type.Tone", length=1)
    org = FakeOrg(was, gone, ledger=ledger_of("acme", [was, gone]))
    plan = replace(planned(org, was), fingerprints={was.address: is_wanted.fingerprint()})

    class WithItsField(FakeSession):
        def write(self, plan: Plan, ledger: Ledger) -> Any:
            org.resources[was.address] = record(**({"Size": 1} | also)).attributes
            yield from super().write(plan, ledger)

    last = list(apply(plan, WithItsField(org), TARGET, plan_id="p", applied_at="t", applied_by="me"))[-1]
    assert [item.address for item in last.surprises] == ([was.address] if told else [])


def test_a_plan_is_carried_out_once() -> None:
    org = an_org()
    plan = planned(org, A, B)
    run(plan, org)
    org.calls.clear()
    assert refused(plan, org) == "This plan was carried out already (2026-03-02T13:05:00Z, by me)."


def test_a_plan_that_was_begun_and_is_not_done_is_not_called_carried_out() -> None:
    org = an_org()
    plan = planned(org, A, B)
    run(plan, org)
    org.resources[B.address] = {"length": 12}
    org.calls.clear()
    said = "This plan was begun already (2026-03-02T13:05:00Z, by me), but Field:B is not as it promises."
    assert refused(plan, org) == f"{said} Nothing was changed."


def test_another_org_another_designs_prefix_and_conflicts_refuse_the_plan() -> None:
    org = an_org()
    plan = planned(org, A, B)
    assert refused(plan, FakeOrg(id="00D000000000002AAA", name="Other")) == (
        "This plan was made for Acme Sandbox (00D000000000001AAA), "
        "but the connection leads to Other (00D000000000002AAA)."
    )
    org.ledger = Ledger("other", org.ledger.fingerprints)
    assert refused(plan, org).startswith("In Acme Sandbox (00D000000000001AAA) this prefix belongs to")
    foreign = FakeOrg(A)
    assert refused(planned(foreign, A), foreign).startswith("Field:A is already in Acme Sandbox")


def test_a_refusal_of_the_server_comes_before_the_first_write() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.faults["check"] = failing(Rejected("The deployment was refused.", problems=[("Field:A", "bad length")]))
    with pytest.raises(Rejected):
        run(plan, org)
    assert "write" not in org.calls


def test_a_failure_before_anything_is_done_is_passed_on() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.faults["write one 1"] = failing(Unreachable("No answer."))
    with pytest.raises(Unreachable) as caught:
        run(plan, org)
    assert caught.value.message == "No answer."


def test_a_failure_in_the_middle_says_how_far_it_came_and_a_second_run_converges() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.faults["write one 3"] = failing(Unreachable("No answer.", advice="Check the network."))
    with pytest.raises(PartlyApplied) as caught:
        run(plan, org)
    assert caught.value.exit_code == 4
    assert caught.value.message == "2 of 3 changes done, then: No answer."
    assert caught.value.advice == (
        "Check the network. Applying again continues. What is left: provisioner plan DESIGN -c NAME"
    )


def test_whoever_destroys_is_not_sent_to_plan_and_apply() -> None:
    org = an_org()
    org.faults["write one 2"] = failing(Unreachable("No answer."))
    plan = replace(planned(org), design_file="acme.yaml", connection="sandbox")
    assert [change.after for change in plan.changes] == [None] * len(plan.changes)
    with pytest.raises(PartlyApplied) as caught:
        run(plan, org)
    assert caught.value.advice == "Running it again continues: provisioner destroy acme.yaml -c sandbox"


def test_a_change_nothing_was_reported_about_is_not_taken_for_done() -> None:
    org = FakeOrg(ledger=Ledger("acme"))
    plan = planned(org, A)

    class Silent(FakeSession):
        def write(self, plan: Plan, ledger: Ledger) -> Any:
            return iter(())

    events = list(apply(plan, Silent(org), TARGET, plan_id="p", applied_at="t", applied_by="me"))
    assert events[-1] == Applied((Outcome(A.address, "failed", "nothing was reported about this change"),), ())
    assert not events[-1].is_complete


@pytest.mark.parametrize(
    ("tamper", "surprises"),
    [
        (lambda org: org.resources.pop(A.address), [Surprise(A.address, "was written, but is not there")]),
        (
            lambda org: org.resources.update({A.address: {"length": 1}}),
            [Surprise(A.address, "was written, but reads back differently: length")],
        ),
        (
            lambda org: org.resources.update({C.address: {"length": 1}, B.address: {"length": 10, "more": 1}}),
            [Surprise(C.address, "was deleted, but is still there")],
        ),
        (
            lambda org: setattr(org, "unread", frozenset({A.address})),
            [Surprise(A.address, "was written, but could not be read back")],
        ),
    ],
)
def test_what_does_not_read_back_as_promised_is_told(tamper: Any, surprises: list[Surprise]) -> None:
    org = an_org()
    plan = planned(org, A, B)

    class Forgetful(FakeSession):
        def write(self, plan: Plan, ledger: Ledger) -> Any:
            yield from super().write(plan, ledger)
            tamper(org)

    last = list(apply(plan, Forgetful(org), TARGET, plan_id="p", applied_at="t", applied_by="me"))[-1]
    assert list(last.surprises) == surprises
    assert not last.is_complete


def test_a_failed_reading_back_says_what_is_done() -> None:
    org = an_org()
    plan = planned(org, A, B)
    org.faults["read 3"] = failing(Unreachable("No answer."))
    with pytest.raises(ProvisionerError) as caught:
        run(plan, org)
    assert caught.value.message == "3 of 3 changes done, but reading back failed: No answer."
    assert caught.value.exit_code == 1


def test_what_the_reading_back_noticed_is_told_once() -> None:
    org = an_org()
    org.notices = ("known before",)
    session = FakeSession(org)
    live = session.read(Snapshot.of([A, B]), "STL")
    plan = replace(planned(org, A, B), notices=live.notices)

    class Inactive(FakeSession):
        def write(self, plan: Plan, ledger: Ledger) -> Any:
            yield from super().write(plan, ledger)
            org.notices = ("known before", "the flow arrived inactive")

    last = list(apply(plan, Inactive(org), TARGET, plan_id="p", applied_at="t", applied_by="me"))[-1]
    assert last.notices == ("the flow arrived inactive",)

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.errors import Refused
from provisioner.planning import guards
from provisioner.planning.plan import Aim, Cause, Change, Plan
from provisioner.resources import Address, Resource

LONG, SHORT = "00D000000000001AAA", "00D000000000001"


def org(**changes: Any) -> dict[str, Any]:
    base = {"platform": "pretend", "id": LONG, "name": "Acme Sandbox", "is_production": False, "url": "", "user": "u"}
    return base | changes


def test_how_an_org_is_named() -> None:
    assert guards.describe_org(org()) == f"Acme Sandbox ({LONG})"
    assert guards.describe_org(org(name="Portal 123", id="123")) == "Portal 123"
    assert guards.describe_org(org(name="Portal 1234", id="123")) == "Portal 1234 (123)"
    assert guards.describe_org(org(name="", id="")) == " ()"


def test_a_design_is_there_once() -> None:
    guards.check_prefix({}, "acme", "STL", org())
    guards.check_prefix({"OLD": "other", "X": "acme-2"}, "acme", "STL", org())
    assert refusal(guards.check_prefix, {"OLD": "acme", "X": "other"}, "acme", "STL", org()) == (
        "Acme Sandbox (00D000000000001AAA) has the design 'acme' with the prefix OLD; with STL it would be there a "
        "second time.",
        "Go back to `prefix: OLD`; or, with that prefix in the design, remove it first "
        "(provisioner destroy DESIGN -c NAME), then change the prefix.",
        5,
    )


def plan(*changes: Change, kept: int = 0, **more: Any) -> Plan:
    fingerprints = {Address("Field", f"K{n}"): "f" for n in range(kept)}
    fingerprints |= {change.address: "f" for change in changes if change.after is not None}
    base: dict[str, Any] = {
        "conflicts": (), "unread": (), "design": "acme", "design_digest": "d", "tool": "0.1.0", "org": org(),
        "created_at": "2026-03-02T13:00:00Z", "fingerprints": fingerprints,
    }  # fmt: skip
    return Plan(changes=changes, **(base | more))


def deletion(name: str) -> Change:
    return Change(Resource(Address("Field", name), {}), None, Cause.ORPHANED)


def creation(name: str) -> Change:
    return Change(None, Resource(Address("Field", name), {}), Cause.NEW)


def refusal(check: Any, *args: Any) -> tuple[str, str, int]:
    with pytest.raises(Refused) as caught:
        check(*args)
    return caught.value.message, caught.value.advice, caught.value.exit_code


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (LONG, LONG, True),
        (LONG, SHORT, True),
        (SHORT, LONG, True),
        (SHORT, SHORT, True),
        (LONG, "00D000000000001EAA", True),
        (LONG, "00d000000000001AAA", False),
        (LONG, "00D000000000002", False),
        (1234567, "1234567", True),
        (1234567, 7654321, False),
        ("", "", False),
        (LONG, LONG[:16], False),
    ],
)
def test_ids_in_both_lengths(left: object, right: object, same: bool) -> None:
    assert guards.same_org(left, right) is same


@pytest.mark.parametrize(
    ("expect", "the_org"),
    [
        ({}, org()),
        ({"org_id": SHORT, "sandbox": True}, org()),
        ({"org_id": LONG}, org(is_production=True)),
        ({"org_id": LONG, "sandbox": False}, org(is_production=True)),
        ({"portal_id": 1234567}, org(id="1234567")),
    ],
)
def test_the_expected_org_passes(expect: dict[str, Any], the_org: dict[str, Any]) -> None:
    assert guards.check_expected(expect, the_org) is None


def test_another_org_is_refused() -> None:
    assert refusal(guards.check_expected, {"org_id": "00D000000000009AAA"}, org()) == (
        "The connection leads to Acme Sandbox (00D000000000001AAA), but the design expects 00D000000000009AAA.",
        "Choose the connection of the expected org with --connection, or correct target.expect in the design.",
        5,
    )


def test_production_instead_of_a_sandbox_is_refused() -> None:
    message, _, _ = refusal(guards.check_expected, {"org_id": LONG, "sandbox": True}, org(is_production=True))
    assert message == ("The design expects sandbox: true, but Acme Sandbox (00D000000000001AAA) is a production org.")


def test_a_sandbox_instead_of_production_is_refused() -> None:
    message, _, _ = refusal(guards.check_expected, {"sandbox": False}, org())
    assert message == (
        "The design expects sandbox: false, but Acme Sandbox (00D000000000001AAA) is not a production org."
    )


def test_production_wants_to_be_expected() -> None:
    message, advice, _ = refusal(guards.check_expected, {}, org(name="Acme", is_production=True))
    assert message == (
        "Acme (00D000000000001AAA) is a production org, and the design does not say that it is meant for it."
    )
    assert "expect: {org_id: 00D000000000001AAA, sandbox: false}" in advice


def test_a_plan_is_for_one_org() -> None:
    message, _, code = refusal(guards.check_same_org, plan(), org(id="00D000000000002AAA", name="Other"))
    assert message == (
        "This plan was made for Acme Sandbox (00D000000000001AAA), "
        "but the connection leads to Other (00D000000000002AAA)."
    )
    assert code == 5
    assert guards.check_same_org(plan(), org(id=SHORT)) is None


def test_another_designs_ledger_is_refused() -> None:
    message, _, _ = refusal(guards.check_ledger, "other", "acme", org())
    assert message == "In Acme Sandbox (00D000000000001AAA) this prefix belongs to the design 'other', not to 'acme'."
    assert guards.check_ledger(None, "acme", org()) is None
    assert guards.check_ledger("acme", "acme", org()) is None


def test_conflicts_and_unread_stand_in_the_way() -> None:
    one, two = Address("Field", "A"), Address("Field", "B")
    assert refusal(guards.check_clear, plan(conflicts=(one, two)))[0] == (
        "Field:A and Field:B are already in Acme Sandbox (00D000000000001AAA), and this design did not make them. "
        "Nothing was changed."
    )
    assert refusal(guards.check_clear, plan(unread=(one,)))[0] == (
        "Field:A could not be read in Acme Sandbox (00D000000000001AAA). What cannot be seen is not changed."
    )
    assert guards.check_clear(plan()) is None


def test_the_brake_counts_against_what_we_own() -> None:
    doomed = [deletion(f"D{n}") for n in range(4)]
    assert guards.check_deletions(plan(*doomed[:3], kept=7), None) is None  # 3 of 10 are the limit
    assert refusal(guards.check_deletions, plan(*doomed, kept=6), None)[:2] == (
        "This plan deletes 4 of 10 resources (the limit is 30%).",
        "If that is the intention, give --allow-deletes=4.",
    )
    # new resources do not loosen the brake
    added = [creation(f"N{n}") for n in range(20)]
    assert refusal(guards.check_deletions, plan(*doomed, *added, kept=6), None)[0].startswith(
        "This plan deletes 4 of 10"
    )


def slices(count: int, size: int, kept: int) -> list[Plan]:
    """`count` deletions, `size` at a time, each slice after the earlier ones were carried out."""
    names = [f"D{n}" for n in range(count)]
    found = []
    for start in range(0, count, size):
        later = names[start + size :]
        aim = Aim(("Field:*",), {}, len(later)) if later else Aim(("Field:*",))
        found.append(plan(*map(deletion, names[start : start + size]), kept=kept + len(later), aim=aim))
    return found


def test_deletions_cannot_be_carried_out_slice_by_slice() -> None:
    first, second, third = slices(60, 10, kept=40)[:3]  # 60 of 100; each slice alone is far below the limit
    assert refusal(guards.check_deletions, first, None)[:2] == (
        "This plan deletes 10 of 100 resources, and leaves 50 changes for later, which may delete as well (the limit "
        "is 30%).",
        "If that is the intention, give --allow-deletes=10.",
    )
    assert guards.check_deletions(first, 10) is None
    assert guards.check_deletions(second, 10) is None
    assert refusal(guards.check_deletions, second, None)[0].startswith("This plan deletes 10 of 90 resources, and")
    assert refusal(guards.check_deletions, third, None)[0].startswith("This plan deletes 10 of 80 resources, and")
    assert refusal(guards.check_deletions, slices(2, 1, kept=3)[0], None)[0] == (
        "This plan deletes 1 of 5 resources, and leaves 1 change for later, which may delete as well (the limit is "
        "30%)."
    )


@given(doomed=st.integers(1, 40), kept=st.integers(0, 60), size=st.integers(1, 40))
def test_what_is_refused_as_a_whole_is_refused_as_its_first_slice(doomed: int, kept: int, size: int) -> None:
    whole = plan(*(deletion(f"D{n}") for n in range(doomed)), kept=kept)
    first = slices(doomed, size, kept)[0]
    assert guards.too_many_deletions(first) == guards.too_many_deletions(whole)


def test_a_slice_without_deletions_is_not_braked() -> None:
    assert guards.check_deletions(plan(creation("N"), kept=5, aim=Aim(("Field:N",), {}, 500)), None) is None


def test_the_stated_count_must_be_the_count() -> None:
    doomed = [deletion(f"D{n}") for n in range(4)]
    assert guards.check_deletions(plan(*doomed), 4) is None
    assert refusal(guards.check_deletions, plan(*doomed), 3)[0] == (
        "--allow-deletes=3 was given, but this plan deletes 4 of 4 resources."
    )


def test_alerts_do_not_go_live_by_accident() -> None:
    assert refusal(guards.check_alerts, plan(goes_live=True), False)[0] == (
        "This plan switches alerts in Acme Sandbox (00D000000000001AAA) to their real recipients."
    )
    assert guards.check_alerts(plan(goes_live=True), True) is None
    assert guards.check_alerts(plan(), False) is None


def test_production_is_confirmed_by_name() -> None:
    production = org(name="Acme's Org", is_production=True)
    message, advice, _ = refusal(guards.check_confirmed, production, None)
    assert message == "Acme's Org (00D000000000001AAA) is a production org. Nothing was changed."
    assert advice == "Name it to confirm: --confirm 'Acme'\\''s Org'."
    assert guards.check_confirmed(production, "Acme's Org") is None
    assert guards.check_confirmed(org(), None) is None
    assert refusal(guards.check_confirmed, org(), "Acme")[0] == (
        "--confirm says 'Acme', but the connection leads to Acme Sandbox (00D000000000001AAA)."
    )


def test_a_plan_knows_whether_the_org_is_production() -> None:
    message, _, code = refusal(guards.check_same_org, plan(), org(is_production=True))
    assert message == "This plan does not know that Acme Sandbox (00D000000000001AAA) is a production org."
    assert code == 5


def test_what_the_ledger_does_not_list_is_left_alone() -> None:
    made = plan(creation("A"), deletion("B"), deletion("C"))
    assert guards.check_owned(made, [Address("Field", "B"), Address("Field", "C")]) is None
    message, _, code = refusal(guards.check_owned, made, [Address("Field", "B")])
    assert message == "Field:C is not recorded as made by this design. Nothing was changed."
    assert code == 5


# ------------------------------------------------------- adoption, renames


def adoption(name: str, **after: Any) -> Change:
    address = Address("Field", name)
    return Change(Resource(address, {"x": 1}), Resource(address, after or {"x": 1}), Cause.ADOPTED)


def test_what_the_plan_adopts_may_be_changed_and_nothing_else_that_is_foreign() -> None:
    guards.check_owned(plan(adoption("A")), [])
    there = Resource(Address("Field", "A"), {"x": 1})
    moved = Resource(Address("Field", "B"), {"x": 1})
    for change in (
        Change(there, None, Cause.ADOPTED),
        Change(there, moved, Cause.ADOPTED),
        Change(there, there, Cause.HAND),
        Change(there, moved, Cause.RENAMED),
    ):
        with pytest.raises(Refused):
            guards.check_owned(plan(change), [])
    guards.check_owned(plan(Change(there, moved, Cause.RENAMED)), [there.address])


def test_what_is_adopted_was_not_ours_before() -> None:
    assert guards.owned_before(plan(adoption("A"), creation("B"), kept=3)) == 3


def test_another_org_names_the_command_for_each_of_the_two() -> None:
    made = plan(connection="sandbox", design_file="acme.yaml", file="acme.plan")
    elsewhere = org(id="00D000000000002AAA", name="Other")
    assert refusal(guards.check_same_org, made, elsewhere, "uat") == (
        "This plan was made for Acme Sandbox (00D000000000001AAA), but the connection leads to "
        "Other (00D000000000002AAA).",
        "Carry it out where it belongs: provisioner apply acme.plan -c sandbox. Or plan for this org: "
        "provisioner plan acme.yaml -c uat -o acme.plan",
        5,
    )

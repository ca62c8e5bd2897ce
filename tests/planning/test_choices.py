from __future__ import annotations

from collections.abc import Iterable

import pytest

from provisioner.planning.choices import aimed, matching, unmatched
from provisioner.planning.commands import again_text, apply_there, import_command, plan_again
from provisioner.planning.hands import in_doubt, told
from provisioner.planning.plan import Aim, Cause, Change, Kept, Plan, Remade, Risk, Touched
from provisioner.planning.risk import by_risk, overwritten, unweighed, weighed, with_risk
from provisioner.resources import BY_HAND, Address, Resource

ORG = {"platform": "p", "id": "00D", "name": "Box", "is_production": False, "url": "", "user": "u"}
A, B, C, D = (Address("Field", name) for name in "ABCD")
KIM = Touched("kim@acme.example", "2026-03-01T09:00:00Z")


def at(address: Address, **attributes: object) -> Resource:
    return Resource(address, attributes)


def plan(*changes: Change, **more: object) -> Plan:
    base: dict[str, object] = {
        "conflicts": (), "unread": (), "design": "acme", "design_digest": "d", "tool": "0.1.0", "org": ORG,
        "created_at": "2026-03-02T13:00:00Z", "fingerprints": {}, "design_file": "acme.yaml", "connection": "box",
    }  # fmt: skip
    return Plan(changes=changes, **(base | more))  # type: ignore[arg-type]


# --------------------------------------------------------------- patterns


def test_a_pattern_names_addresses_and_letter_case_counts() -> None:
    known = [Address("Field", "Lead.A"), Address("Field", "Lead.B"), Address("Flow", "a[1]")]
    assert matching("Field:*", known) == known[:2]
    assert matching("Flow:a[1]", known) == known[2:]  # an address is an address, whatever is in it
    assert matching("field:*", known) == []
    assert unmatched(["Field:Lead.?", "Flow:b"], known) == ["Flow:b"]


def test_what_is_needed_comes_along_however_far_and_in_a_circle() -> None:
    needs = {A: [B], B: [C], C: [A, Address("Not", "known")], D: []}

    def asked(address: Address) -> Iterable[Address]:
        return needs[address]

    only, aim = aimed(["Field:A", "Field:A"], {A, B, C, D}, asked)
    assert only == {A, B, C}
    assert aim == Aim(("Field:A",), {B: A, C: B}, 0)


# ------------------------------------------------------------------- risk


def test_the_riskiest_come_first() -> None:
    changes = [
        Change(None, at(A), Cause.NEW),
        Change(at(B), None, Cause.ORPHANED),
        Change(at(C, x=1), at(C, x=2), Cause.HAND),
        Change(None, at(Address(BY_HAND, "report")), Cause.NEW),
        with_risk(Change(at(D, x=1), at(D, x=2), Cause.DESIGN), Risk.COSMETIC),
    ]
    assert [(risk, [str(change.address) for change in group]) for risk, group in by_risk(changes)] == [
        (Risk.DATA, ["Field:B"]),
        (Risk.BEHAVIOUR, ["Field:C"]),
        (Risk.CREATES, ["Field:A"]),
        (Risk.MANUAL, ["ManualStep:report"]),
        (Risk.COSMETIC, ["Field:D"]),
    ]


def test_what_is_only_marked_as_ours_is_cosmetic_and_the_vendor_knows_the_rest() -> None:
    made = plan(Change(at(A, x=1), at(A, x=1), Cause.ADOPTED), Change(at(B), None, Cause.ORPHANED))
    assert [change.risk for change in weighed(made, unweighed).changes] == [Risk.COSMETIC, Risk.DATA]
    known = weighed(made, lambda change: Risk.BEHAVIOUR)
    assert [change.risk for change in known.changes] == [Risk.COSMETIC, Risk.BEHAVIOUR]
    assert weighed(known, unweighed) == weighed(made, unweighed)


# --------------------------------------------------------------- by hand


def test_who_did_it_is_put_where_it_matters() -> None:
    made = plan(
        Change(at(A, x=1), at(A, x=2), Cause.HAND),
        Change(at(B, x=1), None, Cause.ORPHANED),
        Change(at(C, x=1), None, Cause.ORPHANED),
        Change(at(Address("Field", "Old"), x=1), at(D, x=2), Cause.RENAMED, Touched()),
        kept=(Kept(Address("Field", "K"), Cause.ORPHANED),),
    )
    assert [str(address) for address in in_doubt(made)] == ["Field:A", "Field:B", "Field:C", "Field:K", "Field:Old"]
    recorded = {B: at(B, x=1).fingerprint(), C: "another"}
    found = told(made, dict.fromkeys(in_doubt(made), KIM), recorded, lambda desired, live: live)
    assert [(change.cause, change.touched) for change in found.changes] == [
        (Cause.HAND, KIM),
        (Cause.ORPHANED, None),  # it reads as it was applied
        (Cause.ORPHANED_HAND, KIM),
        (Cause.RENAMED, KIM),
    ]
    assert found.kept == (Kept(Address("Field", "K"), Cause.ORPHANED_HAND, KIM),)
    assert [change.address for change in overwritten(found)] == [A, C, D]


def test_nobody_told_leaves_the_plan_as_it_is() -> None:
    made = plan(Change(at(A, x=1), at(A, x=2), Cause.BOTH), Change(at(B), None, Cause.ORPHANED))
    assert told(made, {}, {}, lambda desired, live: live) == made


# --------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("made", "command"),
    [
        (plan(), "plan acme.yaml -c box"),
        (plan(file="out/acme.plan", design_file="../acme.yaml"), "plan acme.yaml -c box -o out/acme.plan"),
        (plan(file="a b.plan"), "plan acme.yaml -c box -o 'a b.plan'"),
        (plan(design_file="", connection=""), "plan DESIGN -c NAME"),
        (
            plan(
                aim=Aim(("Flow:*",)),
                kept=(Kept(A, Cause.HAND),),
                remade=(Remade("old", "new", "", True), Remade("x", "y", "", False)),
            ),
            "plan acme.yaml -c box --target 'Flow:*' --keep-drift Field:A --remake old",
        ),
        (plan(Change(at(A), at(A), Cause.ADOPTED), aim=Aim(("Field:A",))), "import acme.yaml -c box Field:A"),
        (
            plan(*(Change(at(x), at(x), Cause.ADOPTED) for x in (Address("F", str(n)) for n in range(6)))),
            "import acme.yaml -c box --all",
        ),
    ],
)
def test_the_next_command_has_the_names_of_this_plan(made: Plan, command: str) -> None:
    assert plan_again(made) == f"Make a new plan and read it: provisioner {command}"


def test_other_commands_of_a_plan() -> None:
    assert plan_again(plan(), "other") == "Make a new plan and read it: provisioner plan acme.yaml -c other"
    assert apply_there(plan(file="acme.plan")) == "provisioner apply acme.plan -c box"
    assert import_command(plan()) == "provisioner import acme.yaml -c box"
    assert again_text("", "", "x.plan") == "Make a new plan and read it: provisioner plan DESIGN -c NAME -o x.plan"

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.planning.diff import ABSENT, Difference, attribute_changes, make_plan, promised
from provisioner.planning.plan import Action, Cause, Plan
from provisioner.resources import BY_HAND, Address, Resource, Snapshot, fingerprint

ORG = {"platform": "pretend", "id": "00D", "name": "Box", "is_production": False, "url": "https://x", "user": "u"}


def field(name: str, **attributes: Any) -> Resource:
    return Resource(Address("Field", name), attributes)


def snapshot(*resources: Resource, unread: tuple[Address, ...] = ()) -> Snapshot:
    return Snapshot.of(resources, unread)


def subset(desired: Resource, live: Resource) -> Resource:
    """A comparison as targets make it: what the server adds is dropped."""
    return Resource(live.address, {key: live.attributes[key] for key in desired.attributes if key in live.attributes})


def plan(desired: Snapshot, live: Snapshot, recorded: Mapping[Address, str]) -> Plan:
    return make_plan(
        desired, live, recorded, subset,
        design="acme", design_digest="d", tool="0.1.0", org=ORG, created_at="2026-03-02T13:00:00Z",
    )  # fmt: skip


A, B = field("A", length=80), field("B", length=10)


def told(made: Plan) -> list[tuple[str, str, str]]:
    return [(str(change.action), str(change.address), change.cause.name) for change in made.changes]


@pytest.mark.parametrize(
    ("live", "recorded", "expected"),
    [
        ([], {}, [("+", "Field:A", "NEW")]),
        ([], {A.address: A.fingerprint()}, [("+", "Field:A", "DELETED")]),
        ([A], {A.address: A.fingerprint()}, []),
        ([field("A", length=90)], {A.address: A.fingerprint()}, [("~", "Field:A", "HAND")]),
        (
            [field("A", length=70)],
            {A.address: field("A", length=70).fingerprint()},
            [("~", "Field:A", "DESIGN")],
        ),
        ([field("A", length=90)], {A.address: field("A", length=70).fingerprint()}, [("~", "Field:A", "BOTH")]),
        ([A, B], {A.address: A.fingerprint(), B.address: "old"}, [("-", "Field:B", "ORPHANED")]),
        ([A], {A.address: A.fingerprint(), B.address: "old"}, []),
    ],
)
def test_what_changes_and_why(live: list[Resource], recorded: dict[Address, str], expected: list[Any]) -> None:
    assert told(plan(snapshot(A), snapshot(*live), recorded)) == expected


def test_what_the_server_adds_is_no_difference() -> None:
    made = plan(snapshot(A), snapshot(field("A", length=80, createdBy="x")), {A.address: A.fingerprint()})
    assert made.is_empty


def test_what_exists_and_is_not_ours_is_a_conflict_even_when_it_is_equal() -> None:
    made = plan(snapshot(A, B), snapshot(A, B), {B.address: B.fingerprint()})
    assert (made.changes, made.conflicts) == ((), (A.address,))
    assert A.address not in made.fingerprints


def test_the_ledger_afterwards_has_what_is_there_and_keeps_what_could_not_be_read() -> None:
    live = snapshot(field("C", x=1), unread=(B.address,))
    recorded = {B.address: "b-as-recorded", Address("Field", "C"): "c"}
    made = plan(snapshot(A, B), live, recorded)
    assert dict(made.fingerprints) == {A.address: A.fingerprint(), B.address: "b-as-recorded"}
    assert made.unread == (B.address,)
    assert told(made) == [("+", "Field:A", "NEW"), ("-", "Field:C", "ORPHANED")]


def test_what_was_read_in_part_only_is_unread() -> None:
    """A reader that returns something about an address and calls it unread is taken at its more careful word."""
    live = Snapshot({B.address: B}, frozenset({B.address}))
    made = plan(snapshot(A), live, {B.address: B.fingerprint()})
    assert told(made) == [("+", "Field:A", "NEW")]


# ------------------------------------------------------------------ laws

names = st.sampled_from("ABCDEF").map(lambda name: Address("Field", name))
attributes = st.fixed_dictionaries({"length": st.integers(1, 3)}, optional={"label": st.sampled_from("xy")})
snapshots = st.dictionaries(names, attributes).map(
    lambda found: Snapshot.of(Resource(address, content) for address, content in found.items())
)
ledgers = st.dictionaries(names, attributes.map(fingerprint))


def whole(desired: Resource, live: Resource) -> Resource:
    return live


def law_plan(desired: Snapshot, live: Snapshot, recorded: Mapping[Address, str]) -> Plan:
    return make_plan(
        desired, live, recorded, whole,
        design="acme", design_digest="d", tool="0.1.0", org=ORG, created_at="2026-03-02T13:00:00Z",
    )  # fmt: skip


@given(snapshots, snapshots, ledgers)
def test_a_plan_reaches_what_is_desired_and_then_there_is_nothing_left(desired, live, recorded) -> None:
    made = law_plan(desired, live, recorded)
    after = promised(live, made)
    for resource in desired:
        if resource.address not in made.conflicts:
            assert after.get(resource.address) == resource
    assert law_plan(desired, after, made.fingerprints).changes == ()


@given(snapshots, snapshots, ledgers)
def test_what_is_not_owned_is_never_changed_or_deleted(desired, live, recorded) -> None:
    for change in law_plan(desired, live, recorded).changes:
        assert change.action is Action.CREATE or change.address in recorded
        if change.action is Action.DELETE:
            assert change.address not in desired.resources


@given(snapshots, snapshots, ledgers, st.frozensets(names))
def test_what_could_not_be_read_is_never_touched(desired, live, recorded, unread) -> None:
    seen = Snapshot.of((r for r in live if r.address not in unread), unread)
    made = law_plan(desired, seen, recorded)
    assert not {change.address for change in made.changes} & unread
    assert not set(made.conflicts) & unread
    for address in unread & recorded.keys():
        assert made.fingerprints[address] == recorded[address]


@given(snapshots, snapshots, ledgers)
def test_the_order_of_reading_does_not_matter(desired, live, recorded) -> None:
    backwards = [Snapshot(dict(reversed(side.resources.items()))) for side in (desired, live)]
    assert law_plan(desired, live, recorded) == law_plan(*backwards, dict(reversed(recorded.items())))


@given(snapshots, snapshots, ledgers)
def test_every_update_has_a_difference_to_show(desired, live, recorded) -> None:
    for change in law_plan(desired, live, recorded).changes:
        if change.action is Action.UPDATE:
            assert attribute_changes(change.before.attributes, change.after.attributes)
            assert change.cause in (Cause.HAND, Cause.DESIGN, Cause.BOTH)


# ------------------------------------------------------------ attributes


def test_attributes_are_compared_by_path() -> None:
    before = {"label": "Due", "nested": {"a": 1, "gone": True}, "tags": ["x", "y"]}
    after = {"label": "Due at", "nested": {"a": 1, "b": None}, "tags": ["y", "x"]}
    assert attribute_changes(before, after) == [
        Difference("label", "Due", "Due at"),
        Difference("nested.gone", True, ABSENT),
        Difference("nested.b", ABSENT, None),
        Difference("tags", ["x", "y"], ["y", "x"]),
    ]


def test_list_entries_are_matched_by_their_name() -> None:
    before = {"values": [{"field": "SLA", "value": 5}, {"field": "Old", "value": 1}]}
    after = {"values": [{"field": "New", "value": 2}, {"field": "SLA", "value": 10}]}
    assert attribute_changes(before, after) == [
        Difference("values[SLA].value", 5, 10),
        Difference("values[Old]", {"field": "Old", "value": 1}, ABSENT),
        Difference("values[New]", ABSENT, {"field": "New", "value": 2}),
    ]


def test_another_order_of_named_entries_is_a_difference() -> None:
    before = {"values": [{"name": "a"}, {"name": "b"}]}
    after = {"values": [{"name": "b"}, {"name": "a"}]}
    assert attribute_changes(before, after) == [Difference("values (order)", ["a", "b"], ["b", "a"])]


data = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "x", "y"]), inner),
    max_leaves=8,
)
trees = st.dictionaries(st.sampled_from(["name", "x", "y"]), data)


@given(trees, trees)
def test_no_difference_means_the_same_fingerprint(before, after) -> None:
    assert (attribute_changes(before, after) == []) == (fingerprint(before) == fingerprint(after))
    assert attribute_changes(before, before) == []


# ------------------------------------------------------------ done by hand


def step(**attributes: Any) -> Resource:
    return Resource(Address(BY_HAND, "report"), attributes)


OPENED = step(opened="why")


@pytest.mark.parametrize(
    ("live", "recorded", "expected"),
    [
        ([], {}, [("!", "ManualStep:report", "NEW")]),
        ([step(title="x")], {step().address: "then"}, []),
        ([OPENED], {step().address: "then"}, [("!", "ManualStep:report", "REOPENED")]),
    ],
)
def test_a_step_is_for_a_person_until_it_is_ticked(
    live: list[Resource], recorded: dict[Address, str], expected: list[Any]
) -> None:
    made = make_plan(
        snapshot(step(title="x")), snapshot(*live), recorded, lambda desired, live: live,
        design="acme", design_digest="d", tool="0.1.0", org=ORG, created_at="2026-03-02T13:00:00Z",
    )  # fmt: skip
    assert told(made) == expected
    assert (len(made.by_hand), made.to_write) == (len(expected), ())
    assert dict(made.fingerprints) == recorded  # applying ticks nothing, and forgets no tick


def test_a_step_that_left_the_design_is_forgotten() -> None:
    made = plan(snapshot(), snapshot(OPENED), {OPENED.address: "then"})
    assert told(made) == [("-", "ManualStep:report", "ORPHANED")]
    assert (made.by_hand, dict(made.fingerprints)) == ((), {})

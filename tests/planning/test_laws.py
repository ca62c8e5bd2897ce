"""The laws of planning, over random worlds.

A world is made by a history: what was applied, what the design became, what people did in the CRM, what could not be
read, what the user chose. So the truth about every address is known before a plan is made, and nothing that is expected
comes from the code under test. Comparing is as with real targets: what the server adds is dropped.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from provisioner.planning.choices import Choices
from provisioner.planning.diff import make_plan
from provisioner.planning.plan import Cause, Plan
from provisioner.planning.plandata import from_data, to_data
from provisioner.resources import Address, Resource, Snapshot

ORG = {"platform": "pretend", "id": "00D", "name": "Box", "is_production": False, "url": "https://x", "user": "u"}
SAMPLE, MANY = 2_000, 100_000

Attributes = dict[str, Any]
Expected = dict[Address, tuple[str, Cause]]


def subset(desired: Resource, live: Resource) -> Resource:
    return Resource(live.address, {key: live.attributes[key] for key in desired.attributes if key in live.attributes})


@dataclass
class World:
    """What a planner is given, and what it has to say about it."""

    desired: dict[Address, Attributes] = field(default_factory=dict)
    live: dict[Address, Attributes] = field(default_factory=dict)
    recorded: dict[Address, str] = field(default_factory=dict)
    unread: set[Address] = field(default_factory=set)
    keep: set[Address] = field(default_factory=set)
    adopt: set[Address] = field(default_factory=set)
    renamed: dict[Address, Address] = field(default_factory=dict)
    only: set[Address] | None = None
    # the truth
    changes: Expected = field(default_factory=dict)
    moved: dict[Address, Address] = field(default_factory=dict)  # new → old
    by_hand_before_rename: set[Address] = field(default_factory=set)
    kept: dict[Address, Cause] = field(default_factory=dict)
    conflicts: set[Address] = field(default_factory=set)
    gone: set[Address] = field(default_factory=set)
    foreign: set[Address] = field(default_factory=set)

    @property
    def choices(self) -> Choices:
        only = None if self.only is None else frozenset(self.only)
        return Choices(frozenset(self.keep), frozenset(self.adopt), self.renamed, only)

    def plan(self, chance: random.Random | None = None) -> Plan:
        def side(found: dict[Address, Attributes], unread: set[Address]) -> Snapshot:
            items = [Resource(address, content) for address, content in found.items()]
            if chance is not None:
                chance.shuffle(items)
            return Snapshot({item.address: item for item in items}, frozenset(unread))

        recorded = list(self.recorded.items())
        if chance is not None:
            chance.shuffle(recorded)
        # A reader that returns something about what it calls unread is taken at its more careful word.
        return make_plan(
            side(self.desired, set()), side(self.live, self.unread), dict(recorded), subset,
            design="acme", design_digest="d", tool="0.1.0", org=ORG, created_at="2026-03-02T13:00:00Z",
            choices=self.choices,
        )  # fmt: skip


def served(content: Attributes) -> Attributes:
    """As the CRM returns it."""
    return {**content, "createdBy": "server"}


def other(chance: random.Random, *taken: Attributes) -> Attributes:
    """Attributes that are none of these."""
    while True:
        found = {"length": chance.randint(1, 4), "label": chance.choice("xyz")}
        if found not in taken:
            return found


def history(chance: random.Random) -> World:
    world = World()
    for number in range(chance.randint(1, 6)):
        address = Address("Field", f"{'FGH'[number % 3]}{number}")
        chance.choice((_ours, _ours, _ours, _stranger, _rename))(world, chance, address)
    if chance.random() < 0.25:
        _aim(world, chance)
    return world


def _ours(world: World, chance: random.Random, address: Address) -> None:
    applied = other(chance)
    world.recorded[address] = Resource(address, applied).fingerprint()
    wanted = chance.choice((applied, applied, other(chance, applied), None))
    there = chance.choice((applied, applied, other(chance, applied), None))
    if wanted is not None and there not in (None, applied) and chance.random() < 0.2:
        there = wanted  # two people had the same idea
    if wanted is not None:
        world.desired[address] = wanted
    if there is not None:
        world.live[address] = served(there)
    if chance.random() < 0.15:
        world.unread.add(address)
        return
    _judge(world, chance, address, applied, wanted, there)


def _judge(
    world: World,
    chance: random.Random,
    address: Address,
    applied: Attributes,
    wanted: Attributes | None,
    there: Attributes | None,
) -> None:
    if wanted is None:
        if there is None:
            world.gone.add(address)
        else:
            world.changes[address] = ("-", Cause.ORPHANED)
        return
    if there == wanted:
        return
    if there is None:
        truth = ("+", Cause.DELETED)
    elif wanted == applied:
        truth = ("~", Cause.HAND)
    else:
        truth = ("~", Cause.DESIGN if there == applied else Cause.BOTH)
    asks = chance.random() < 0.3
    if asks:
        world.keep.add(address)
    if asks and truth[1] is not Cause.DESIGN:
        world.kept[address] = truth[1]
    else:
        world.changes[address] = truth


def _stranger(world: World, chance: random.Random, address: Address) -> None:
    """Never applied: new, or somebody else's, under our name or beside it."""
    wanted = other(chance) if chance.random() < 0.7 else None
    there = other(chance) if chance.random() < 0.5 else None
    if wanted is not None:
        world.desired[address] = wanted
    if there is not None:
        world.live[address] = served(there)
        world.foreign.add(address)
    if chance.random() < 0.15:
        world.unread.add(address)
    elif wanted is not None and there is None:
        world.changes[address] = ("+", Cause.NEW)
    elif wanted is not None and chance.random() < 0.4:
        world.adopt.add(address)
        world.changes[address] = ("~", Cause.ADOPTED)
    elif wanted is not None:
        world.conflicts.add(address)


def _rename(world: World, chance: random.Random, new: Address) -> None:
    old = Address(new.kind, f"Old{new.name}")
    applied, wanted = other(chance), other(chance)
    world.recorded[old] = Resource(old, applied).fingerprint()
    world.desired[new] = wanted
    world.renamed[old] = new
    there = chance.choice((applied, applied, other(chance, applied), None))
    if there is not None:
        world.live[old] = served(there)
    taken = chance.random() < 0.15
    if taken:
        world.live[new] = served(other(chance))
        world.foreign.add(new)
    if chance.random() < 0.15:
        world.unread.add(chance.choice((old, new)))
        return
    if taken:
        world.conflicts.add(new)
        world.changes |= {old: ("-", Cause.ORPHANED)} if there is not None else {}
        world.gone |= {old} if there is None else set()
    elif there is None:
        world.changes[new] = ("+", Cause.NEW)
        world.gone.add(old)
    else:
        world.changes[new] = ("~", Cause.RENAMED)
        world.moved[new] = old
        if there != applied:
            world.by_hand_before_rename.add(new)


def _aim(world: World, chance: random.Random) -> None:
    """Only some of it is asked for; of the rest, nothing is expected."""
    every = world.desired.keys() | world.recorded.keys()
    only = {address for address in every if chance.random() < 0.5}
    world.only = only

    def meant(address: Address) -> bool:
        return address in only or world.moved.get(address) in only

    world.changes = {address: truth for address, truth in world.changes.items() if meant(address)}
    world.moved = {new: old for new, old in world.moved.items() if new in world.changes}
    world.kept = {address: cause for address, cause in world.kept.items() if meant(address)}
    world.conflicts = {address for address in world.conflicts if address in only}
    world.gone = {address for address in world.gone if address in only}


def carried_out(world: World, plan: Plan) -> dict[Address, Attributes]:
    """What a CRM holds once every change of the plan is done, by the words of the plan alone."""
    after = dict(world.live)
    for change in plan.changes:
        for address in change.addresses:
            after.pop(address, None)
        if change.after is not None:
            after[change.address] = served(dict(change.after.attributes))
    return after


# -------------------------------------------------------------------- laws


def check(seed: int) -> None:
    chance = random.Random(seed)
    world = history(chance)
    plan = world.plan()
    told = {change.address: (str(change.action), change.cause) for change in plan.changes}
    assert told == world.changes, "the cause is right, and nothing else is said"
    assert {change.address: change.was for change in plan.changes if change.was} == world.moved
    assert {c.address for c in plan.changes if c.cause is Cause.RENAMED and c.touched} == (
        world.by_hand_before_rename & world.moved.keys()
    ), "a rename says that it overwrites what was done by hand"
    assert {item.address: item.cause for item in plan.kept} == world.kept
    assert set(plan.conflicts) == world.conflicts
    assert set(plan.gone) == world.gone
    owned(world, plan)
    unread(world, plan)
    reached(world, plan)
    assert text(world.plan(random.Random(seed + 1))) == text(plan), "the order of reading does not matter"
    assert from_data(json.loads(text(plan))) == plan, "a plan file says the whole plan"


def text(plan: Plan) -> str:
    return json.dumps(to_data(plan), indent=2)


def owned(world: World, plan: Plan) -> None:
    """Nothing is changed or deleted that is not ours, but for what is adopted by name."""
    mine = world.recorded.keys() | world.adopt
    for change in plan.changes:
        assert change.before is None or change.before.address in mine
    after = carried_out(world, plan)
    for address in world.foreign - world.adopt:
        assert after[address] == world.live[address]
        assert address not in plan.fingerprints


def unread(world: World, plan: Plan) -> None:
    """What could not be read is unknown: nothing happens to it, and the ledger goes on to say what it said."""
    concerned = {address for change in plan.changes for address in change.addresses}
    assert not concerned & world.unread
    assert not {*plan.conflicts, *plan.gone} & world.unread
    known = world.desired.keys() | world.recorded.keys()
    meant = known if world.only is None else known & world.only
    assert world.unread & meant <= set(plan.unread)
    for address in world.unread & world.recorded.keys():
        assert plan.fingerprints[address] == world.recorded[address]


def reached(world: World, plan: Plan) -> None:
    """Carrying the plan out reaches what is desired, and then nothing is left but what was chosen to be left."""
    after = carried_out(world, plan)
    for address, (symbol, _) in world.changes.items():
        wanted = world.desired.get(address)
        found = after.get(address)
        assert (found == served(wanted)) if wanted is not None else (found is None), symbol
    for old in world.moved.values():
        assert old not in after
        assert old not in plan.fingerprints
    then = World(
        world.desired, after, dict(plan.fingerprints), world.unread, world.keep, world.adopt, world.renamed, world.only
    )
    again = then.plan()
    assert again.changes == (), "after an apply there is nothing left to do"
    assert {item.address: item.cause for item in again.kept} == world.kept
    assert again.fingerprints == plan.fingerprints
    then.keep = set()
    unkept = {change.address: change.cause for change in then.plan().changes}
    assert unkept == world.kept, "what is kept is noticed again"
    if world.only is None and not world.unread and not world.conflicts and not world.kept:
        assert set(plan.fingerprints) == set(world.desired)


def test_the_laws_hold_in_a_sample() -> None:
    for seed in range(SAMPLE):
        try:
            check(seed)
        except AssertionError as error:
            raise AssertionError(f"world {seed}: {error}") from error


@pytest.mark.full
def test_the_laws_hold_in_a_hundred_thousand_worlds(capsys: pytest.CaptureFixture[str]) -> None:
    causes: dict[Cause, int] = dict.fromkeys(Cause, 0)
    for seed in range(MANY):
        check(seed)
        for _, cause in history(random.Random(seed)).changes.values():
            causes[cause] += 1
    with capsys.disabled():
        met = ", ".join(f"{count} {cause}" for cause, count in causes.items() if count)
        print(f"\n{MANY} worlds: {met}")


def test_the_worlds_are_worth_looking_at() -> None:
    """Every cause and every choice is met often enough to matter."""
    worlds = [history(random.Random(seed)) for seed in range(SAMPLE)]
    causes = [cause for world in worlds for _, cause in world.changes.values()]
    for cause in (Cause.NEW, Cause.DESIGN, Cause.HAND, Cause.BOTH, Cause.DELETED, Cause.ORPHANED):
        assert causes.count(cause) > 50, cause
    for cause in (Cause.ADOPTED, Cause.RENAMED):
        assert causes.count(cause) > 50, cause
    for part in ("kept", "conflicts", "gone", "unread", "moved", "by_hand_before_rename", "foreign"):
        assert sum(bool(getattr(world, part)) for world in worlds) > 50, part
    assert sum(world.only is not None for world in worlds) > 200

"""Manual steps that a person has ticked, kept in the ledger property."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.errors import TargetError
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.session import ledger, needs
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.find import read_lists
from provisioner.targets.hubspot.session.ledger import Entry
from provisioner.targets.hubspot.session.memory import Memory
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.read import read_properties
from provisioner.targets.hubspot.session.shapes import LIST, STEP
from provisioner.targets.hubspot.session.state import Raw, State


def tick(door: Door, pace: Pace, steps: Sequence[Resource], design: str, prefix: str, note: str) -> None:
    """TargetError, and none is remembered, when one is no manual step, what it needs is not there, or the ledger is
    another design's."""
    for step in steps:
        if step.address.kind != STEP:
            raise TargetError(f"{step.address} is not a step that a person does.")
    state = _state(door, prefix)
    if not state.record.exists:
        raise TargetError(
            f"Nothing of {design!r} is in this portal yet, so {steps[0].address} cannot be done.",
            advice="Apply the design first, then do the step.",
        )
    if state.record.design not in (None, design):
        raise TargetError(f"This prefix belongs to the design {state.record.design!r}, not to {design!r}.")
    done = {step.address: _entry(door, step, state, note) for step in steps}
    memory = Memory(door, pace, state, design, state.record.meta)
    memory.write({**state.record.entries, **done}, final=False)


def untick(door: Door, pace: Pace, addresses: Sequence[Address], prefix: str) -> frozenset[Address]:
    state = _state(door, prefix)
    known = {address for address in addresses if address.kind == STEP and address in state.record.entries}
    if not known or state.record.design is None:
        return frozenset()
    rest = {key: entry for key, entry in state.record.entries.items() if key not in known}
    Memory(door, pace, state, state.record.design, state.record.meta).write(rest, final=False)
    return frozenset(known)


def _entry(door: Door, step: Resource, state: State, note: str) -> Entry:
    for object in sorted(needs.objects(step) - state.properties.keys()):
        state.properties[object] = read_properties(door, object)
    state.lists.update(_lists(door, step, state))
    lost = needs.gone(step, state)
    if lost:
        raise TargetError(
            f"{step.address.name} cannot be done yet: {lost[0]}.",
            advice="Apply the design first, then do the step.",
        )
    return Entry(step.address, step.fingerprint(), note=note, premises=needs.digests(step, state))


def _lists(door: Door, step: Resource, state: State) -> dict[Address, Raw]:
    """Our lists that the step needs, by the ids that the ledger remembers."""
    wanted = [address for address in needs.addresses(step) if address.kind == LIST and address in state.record.entries]
    ids = {address: state.record.entries[address].id for address in wanted}
    known = read_lists(door, {id for id in ids.values() if id})
    return {address: known[id] for address, id in ids.items() if id in known}


def _state(door: Door, prefix: str) -> State:
    name = ledger.property_name(prefix)
    state = State(prefix, properties={ledger.OBJECT: read_properties(door, ledger.OBJECT)})
    state.record = ledger.decode(state.properties[ledger.OBJECT].get(name), name)
    return state

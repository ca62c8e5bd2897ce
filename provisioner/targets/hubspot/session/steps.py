"""Manual steps that a person has ticked, kept in the ledger property."""

from __future__ import annotations

from provisioner.errors import TargetError
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.session import ledger
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.ledger import Entry
from provisioner.targets.hubspot.session.memory import Memory
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.read import read_properties
from provisioner.targets.hubspot.session.shapes import STEP
from provisioner.targets.hubspot.session.state import State


def tick(door: Door, pace: Pace, step: Resource, design: str, prefix: str, note: str) -> None:
    """TargetError when this is no manual step, or the ledger is another design's."""
    if step.address.kind != STEP:
        raise TargetError(f"{step.address} is not a step that a person does.")
    state = _state(door, prefix)
    if state.record.design not in (None, design):
        raise TargetError(f"This prefix belongs to the design {state.record.design!r}, not to {design!r}.")
    entry = Entry(step.address, step.fingerprint(), note=note)
    memory = Memory(door, pace, state, design, state.record.meta)
    memory.write({**state.record.entries, step.address: entry}, final=False)


def untick(door: Door, pace: Pace, address: Address, prefix: str) -> bool:
    state = _state(door, prefix)
    if address.kind != STEP or address not in state.record.entries or state.record.design is None:
        return False
    rest = {key: entry for key, entry in state.record.entries.items() if key != address}
    Memory(door, pace, state, state.record.design, state.record.meta).write(rest, final=False)
    return True


def _state(door: Door, prefix: str) -> State:
    name = ledger.property_name(prefix)
    state = State(prefix, properties={ledger.OBJECT: read_properties(door, ledger.OBJECT)})
    state.record = ledger.decode(state.properties[ledger.OBJECT].get(name), name)
    return state

"""Clocks that a plan leaves without their workflow: its lead type is no longer in the design.

A deleted workflow is gone for good, with what waits in it, and no other one takes these records over: a lead's type is
judged again with its next owner only. [inferred] reference/hubspot.md 9
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.errors import NotAllowed, Rejected
from provisioner.resources import Address, Snapshot
from provisioner.targets.hubspot.names import OPEN, Names
from provisioner.targets.hubspot.session import records
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.faults import MissingScopes
from provisioner.targets.hubspot.session.shapes import FLOW
from provisioner.targets.hubspot.session.state import State

TIMER = "timer_"  # and the lead type's id: the name of the workflow in which a clock runs
RUNNING = ("waiting", *OPEN)


def abandoned(door: Door, desired: Snapshot, state: State) -> Iterator[str]:
    """One sentence when clocks would run on without a workflow, or when they cannot be counted. One request, and only
    where the account has a timer of ours that the design has not."""
    types = _types(desired, state)
    names = Names(state.prefix)
    type, status = names.prop("lead_type"), names.prop("sla_status")
    for object, there in sorted(state.properties.items()):
        if not types or type not in there or status not in there:
            continue
        whose = f"the lead type{'s' if len(types) > 1 else ''} {_listed(types)}"
        group = [
            {"propertyName": type, "operator": "IN", "values": types},
            {"propertyName": status, "operator": "IN", "values": list(RUNNING)},
        ]
        try:
            count = records.count(door, object, [group])
        except (NotAllowed, Rejected, MissingScopes):
            yield f"How many {object} have a running clock of {whose} could not be counted. {_END}"
            continue
        if count:
            who = f"{object} have" if count > 1 else f"{object.removesuffix('s')} has"
            yield f"{count} {who} a running clock of {whose}. {_END}"


_END = "The design has no such type any more: applied, they get no further alert, and no miss is recorded for them."


def _types(desired: Snapshot, state: State) -> list[str]:
    known = {*state.flows, *state.record.entries}
    gone = {address for address in known if _is_timer(address) and address not in desired.resources}
    return sorted(address.name.removeprefix(TIMER) for address in gone)


def _is_timer(address: Address) -> bool:
    return address.kind == FLOW and address.name.startswith(TIMER)


def _listed(types: list[str]) -> str:
    more = f" and {len(types) - 3} more" if len(types) > 3 else ""
    return ", ".join(types[:3]) + more

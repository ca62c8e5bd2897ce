"""How much a change can hurt: weighed by who knows the vendor, sorted for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from provisioner.planning.diff import differences
from provisioner.planning.plan import Change, Plan, Risk

Weigh = Callable[[Change], Risk | None]
"""None: the action alone says enough."""


def unweighed(change: Change) -> Risk | None:
    """Nobody knows more than the action says."""
    return None


def with_risk(change: Change, risk: Risk | None) -> Change:
    """The change, weighed; equal changes stay equal when the weight is the usual one."""
    bare = replace(change, weighed=None)
    return bare if risk is None or risk is bare.risk else replace(bare, weighed=risk)


def weighed(plan: Plan, weigh: Weigh) -> Plan:
    """Every change with its risk. What is only marked as ours is cosmetic, whatever it is."""
    return replace(plan, changes=tuple(with_risk(change, _risk(change, weigh)) for change in plan.changes))


def _risk(change: Change, weigh: Weigh) -> Risk | None:
    both = change.before is not None and change.after is not None and not change.address.is_by_hand
    return Risk.COSMETIC if both and not differences(change) else weigh(change)


def by_risk(changes: Iterable[Change]) -> list[tuple[Risk, tuple[Change, ...]]]:
    """The changes in groups, the riskiest first, each in address order; empty groups are left out."""
    found: dict[Risk, list[Change]] = {risk: [] for risk in Risk}
    for change in sorted(changes, key=lambda change: change.address):
        found[change.risk].append(change)
    return [(risk, tuple(group)) for risk, group in found.items() if group]


def overwritten(plan: Plan) -> tuple[Change, ...]:
    """The changes that undo what somebody did by hand."""
    return tuple(change for change in plan.to_write if change.undoes_hand)

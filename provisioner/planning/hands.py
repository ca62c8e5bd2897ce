"""Who changed something by hand, put into a plan. Pure: who is asked, and how, is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from provisioner.planning.diff import Compare, alone
from provisioner.planning.plan import Cause, Change, Kept, Plan, Touched
from provisioner.resources import Address


def in_doubt(plan: Plan) -> list[Address]:
    """The addresses of which it is worth knowing who changed them: what a change undoes, what goes, what is kept, and
    what disappeared. Sorted, each once."""
    changed = (
        change.was or change.address for change in plan.to_write if change.undoes_hand or change.cause is Cause.ORPHANED
    )
    return sorted({*changed, *(item.address for item in plan.kept)})


def told(plan: Plan, touched: Mapping[Address, Touched], recorded: Mapping[Address, str], compare: Compare) -> Plan:
    """The plan with names and moments. What goes anyway is said to be changed by hand when the vendor tells of a change
    after the last apply, and it does not read as it was applied: reading alone proves nothing, because the vendor adds
    to what it keeps."""
    changes = tuple(_told(change, touched, recorded, compare) for change in plan.changes)
    kept = tuple(_told_kept(item, touched.get(item.address)) for item in plan.kept)
    return replace(plan, changes=changes, kept=kept)


def _told(
    change: Change, touched: Mapping[Address, Touched], recorded: Mapping[Address, str], compare: Compare
) -> Change:
    found = touched.get(change.was or change.address)
    if found is None:
        return change
    if change.undoes_hand:
        return replace(change, touched=found)
    if change.cause is Cause.ORPHANED and change.before is not None and not change.address.is_by_hand:
        as_applied = alone(change.before, compare).fingerprint() == recorded.get(change.address)
        return change if as_applied else replace(change, cause=Cause.ORPHANED_HAND, touched=found)
    return change


def _told_kept(kept: Kept, found: Touched | None) -> Kept:
    if found is None:
        return kept
    return replace(kept, cause=Cause.ORPHANED_HAND if kept.cause is Cause.ORPHANED else kept.cause, touched=found)

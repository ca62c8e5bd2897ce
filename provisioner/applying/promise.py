"""What a change promises, held against what is in the org. Pure."""

from __future__ import annotations

from provisioner.planning.diff import Compare
from provisioner.planning.plan import Change, Plan
from provisioner.resources import Address, Resource, Snapshot


def sides(plan: Plan) -> Snapshot:
    """What a plan touches. Also what goes: once it has left the ledger, only asking for it shows that it is gone."""
    found: dict[Address, Resource] = {}
    for change in plan.changes:
        for side in (change.before, change.after):
            if side is not None:
                found[side.address] = side
    return Snapshot.of(found.values())


def is_done(change: Change, live: Snapshot, compare: Compare) -> bool:
    """Whether the org is as this change promises."""
    if any(address in live.unread for address in change.addresses):
        return False
    if change.was is not None and live.get(change.was) is not None:
        return False
    return is_as(change.after, live.get(change.address), compare)


def is_untouched(change: Change, live: Snapshot, compare: Compare) -> bool:
    """Whether the org is as it was before this change, also under the other address of a rename."""
    if any(address in live.unread for address in change.addresses):
        return False
    if change.was is not None and live.get(change.address) is not None:
        return False
    found = live.get(change.was or change.address)
    if change.before is None or found is None:
        return change.before is None and found is None
    seen = compare(change.after, found) if change.after is not None else found
    return seen.fingerprint() == change.before.fingerprint()


def is_as(wanted: Resource | None, found: Resource | None, compare: Compare) -> bool:
    """Whether `found` is `wanted`, as far as it is compared; None = not there."""
    if wanted is None or found is None:
        return wanted is None and found is None
    return compare(wanted, found).fingerprint() == wanted.fingerprint()

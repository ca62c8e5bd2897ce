"""Taking back what a run changed: a plan from what is in the org now to what its backup holds. Pure.

It is computed from live, not from what the journal says was done: a change whose outcome nobody knows is taken back
when it is there, and left alone when it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.applying.backup import Backup, Kept
from provisioner.applying.journal import Run
from provisioner.applying.promise import is_as
from provisioner.errors import Refused
from provisioner.planning.diff import Compare, ledger_digest
from provisioner.planning.guards import describe_org, same_org
from provisioner.planning.plan import Cause, Change, Plan
from provisioner.resources import Address, Resource, Snapshot, fingerprint
from provisioner.targets.base import Live, Reversing

_SHOWN = 5


@dataclass(slots=True)
class Found:
    """How the org stands to a run. `later`: changed since, by hand or by another run; `masked`: what was there cannot
    be said, because it held a secret; `by_hand`: steps of people, which no run takes back."""

    changes: list[Change] = field(default_factory=list)
    later: list[Address] = field(default_factory=list)
    conflicts: list[Address] = field(default_factory=list)
    unread: list[Address] = field(default_factory=list)
    masked: list[Address] = field(default_factory=list)
    by_hand: list[Address] = field(default_factory=list)


def sides(backup: Backup) -> Snapshot:
    """What has to be read: everything the run touched, under both names of a rename."""
    found: dict[Address, Resource] = {}
    for kept in backup.changes:
        for side in (kept.after, kept.before):
            if side is not None:
                found[side.address] = side
    return Snapshot.of(found.values())


def look(backup: Backup, live: Live, compare: Compare) -> Found:
    """Every change of the run, held against what is there now."""
    found = Found()
    for kept in backup.changes:
        if kept.address.is_by_hand:
            found.by_hand.append(kept.address)
        elif kept.is_masked:
            found.masked.append(kept.address)
        elif any(address in live.snapshot.unread for address in kept.addresses):
            found.unread.append(kept.address)
        else:
            _take(kept, live, compare, found)
    return found


def _take(kept: Kept, live: Live, compare: Compare, found: Found) -> None:
    before, after = kept.before, kept.after
    there = live.snapshot.get(kept.address)
    old = live.snapshot.get(kept.was) if kept.was is not None else None
    if kept.was is not None and old is not None:
        if there is None and is_as(before, old, compare):
            return  # not renamed, or renamed back
        found.conflicts.append(kept.was)
        return
    if kept.was is None and is_as(before, there, compare):
        return
    if there is not None and kept.address not in live.ledger.fingerprints:
        found.conflicts.append(kept.address)
        return
    if not is_as(after, there, compare):
        found.later.append(kept.address)
    if before is None and there is None:
        return
    seen = compare(before, there) if before is not None and there is not None else there
    found.changes.append(Change(seen, before, Cause.TAKEN_BACK))


def make(
    backup: Backup, live: Live, found: Found, *, tool: str, org: Mapping[str, Any], created_at: str, target: object
) -> Plan:
    """The plan. Its ledger is the present one, with the entries of the run's changes as they were before it. Refused
    when the backup is of another org than this one."""
    if not same_org(backup.org["id"], org["id"]):
        raise Refused(
            f"The backup of run {backup.run} is of {describe_org(backup.org)}, but the connection leads to "
            f"{describe_org(org)}. Nothing was changed.",
            advice="Use the connection of that org.",
        )
    changes = tuple(sorted(found.changes, key=lambda change: change.address))
    notices = tuple(_notices(found, changes, target))
    return Plan(
        changes=changes,
        conflicts=tuple(sorted(found.conflicts)),
        unread=tuple(sorted(found.unread)),
        design=backup.design,
        design_digest=design_digest(backup.run),
        tool=tool,
        org=dict(org),
        created_at=created_at,
        fingerprints=_ledger(backup, live, found),
        notices=notices,
        prefix=backup.prefix,
        ledger=ledger_digest(live.ledger.fingerprints),
    )


def design_digest(run: str) -> str:
    """What the plan of a rollback has for a design: the run that it takes back."""
    return fingerprint({"run": run})


def is_of(plan: Plan, backup: Backup) -> bool:
    """Whether the plan brings nothing about but what this backup holds."""
    held = {kept.before.address: kept.before.fingerprint() for kept in backup.changes if kept.before is not None}
    wanted = (change.after for change in plan.to_write if change.after is not None)
    return all(held.get(after.address) == after.fingerprint() for after in wanted)


def check_later(found: Found, discard: bool, run: str) -> None:
    """Refused while taking back would also take back what came after the run."""
    if not found.later or discard:
        return
    later = sorted(found.later)
    listed = ", ".join(str(address) for address in later[:_SHOWN])
    more = f" and {len(later) - _SHOWN} more" if len(later) > _SHOWN else ""
    raise Refused(
        f"{listed}{more} {'was' if len(later) == 1 else 'were'} changed again after run {run}, by hand or by a later "
        "run. Nothing was changed.",
        advice="Take later runs back first (provisioner history), or give --discard-later-changes to lose what came "
        "after.",
    )


def _ledger(backup: Backup, live: Live, found: Found) -> dict[Address, str]:
    after = dict(live.ledger.fingerprints)
    left = {*found.conflicts, *found.unread, *found.masked, *found.by_hand}
    for kept in backup.changes:
        if left & set(kept.addresses):
            continue
        for address in kept.addresses:
            recorded = backup.ledger.fingerprints.get(address)
            if recorded is None:
                after.pop(address, None)
            else:
                after[address] = recorded
    return dict(sorted(after.items()))


def _notices(found: Found, changes: tuple[Change, ...], target: object) -> Iterator[str]:
    yield "The design itself is not changed: take it back as well, or the next apply does all of this again."
    for address in sorted(found.later):
        yield f"{address} was changed after that run; this is lost."
    for address in sorted(found.masked):
        yield f"{address} cannot be restored: what was there held a secret, which is in no backup."
    if found.by_hand:
        yield "Steps done by hand stay as they are: a person has to undo them."
    if isinstance(target, Reversing):
        yield from filter(None, map(target.not_restored, changes))


def quietened(run: Run, backup: Backup, every: Sequence[Run]) -> bool | None:
    """Whether the run switched alerts from live to silent; None = nobody knows.

    The ledger before the run names the plan that was applied last; the journal of that plan's run, if it was made on
    this machine, knows whether alerts were live then. Whatever began to go live in between counts as live. Without
    that journal, what the run itself saw in the plan counts.
    """
    if backup.ledger.design is None:
        return False  # nothing of ours was there
    between = [item for item in every if item.id < run.id and item.text("design") == backup.design]
    before = [item for item in between if item.text("plan") == backup.ledger.meta.get("plan")]
    if not before or before[-1].begin.get("alerts") not in ("silent", "live"):
        seen = run.begin.get("quietens")
        return seen if isinstance(seen, bool) else None
    since = [item for item in between if item.id > before[-1].id]
    was_live = before[-1].begin["alerts"] == "live" or any(item.begin.get("goes_live") for item in since)
    return was_live and run.begin.get("alerts") != "live"


def with_switch(plan: Plan, was_quietened: bool | None) -> Plan:
    """The plan, marked when it may switch alerts to their real recipients. `was_quietened`: whether the run switched
    them from live to silent; None = nobody knows."""
    brings_back = any(change.after is not None for change in plan.to_write)
    return replace(plan, goes_live=brings_back and was_quietened is not False)

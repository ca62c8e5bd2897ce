"""The rest of a plan that was begun: proved from its journal, its backup and what is in the org now. Pure but for
reading the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from provisioner.applying import backup, runs
from provisioner.applying.apply import Comparing
from provisioner.applying.backup import Backup
from provisioner.applying.journal import Run
from provisioner.applying.promise import is_as, is_done, is_untouched
from provisioner.planning import guards
from provisioner.planning.diff import ledger_digest
from provisioner.planning.plan import Change, Plan
from provisioner.resources import Address
from provisioner.targets.base import Ledger, Live, Staging

_OPEN = (runs.KILLED, runs.INTERRUPTED, runs.PARTLY, runs.FAILED)


def begun(state: Path, plan: Plan, plan_id: str) -> Run | None:
    """The last run on this machine that began to write exactly this plan to its org and did not come to its end."""
    found, _ = runs.every(state)
    ours = [
        run
        for run in found
        if run.wrote
        and run.text("plan") == plan_id
        and guards.same_org((run.begin.get("org") or {}).get("id"), plan.org["id"])
    ]
    return ours[-1] if ours and runs.ended(ours[-1]) in _OPEN else None


def rest(plan: Plan, run: Run, plan_id: str, live: Live, target: Comparing) -> Plan | None:
    """What is left of `plan`, as a plan; None when something moved that this plan did not promise.

    Every change must be as before, as promised, or where the target itself passes on the way; and every entry of the
    ledger as it was before the run or as the plan leaves it, but for those of its own changes. JournalError when the
    backup of the run cannot be read.
    """
    before = backup.read(run.folder)
    if live.ledger.design not in (None, plan.design) or not _is_own_ledger(plan, before, plan_id, live.ledger):
        return None
    compare = target.compare
    done = {change.address for change in plan.to_write if is_done(change, live.snapshot, compare)}
    waiting = [_from_here(change, live, target) for change in plan.changes if change.address not in done]
    if not all(is_untouched(change, live.snapshot, compare) for change in waiting if not change.address.is_by_hand):
        return None
    return replace(plan, changes=tuple(waiting), ledger=ledger_digest(live.ledger.fingerprints))


def _from_here(change: Change, live: Live, target: Comparing) -> Change:
    """The change, from where the run that was interrupted left it halfway; else as it is."""
    there = live.snapshot.get(change.address)
    left = target.halfway(change) if isinstance(target, Staging) else None
    if there is None or left is None or change.address in live.snapshot.unread:
        return change
    if change.before is None and live.ledger.fingerprints.get(change.address) != left.fingerprint():
        return change  # it came to its end, and somebody took it back there by hand
    return replace(change, before=left) if is_as(left, there, target.compare) else change


def _is_own_ledger(plan: Plan, before: Backup, plan_id: str, now: Ledger) -> bool:
    """Whether nobody but this plan wrote the ledger since the backup."""
    by = now.meta.get("plan") or ""
    if by not in (before.ledger.meta.get("plan") or "", plan_id):
        return False
    own = set(_addresses(plan.changes))
    known = (before.ledger.fingerprints, plan.fingerprints)
    for address in now.fingerprints.keys() | before.ledger.fingerprints.keys() | plan.fingerprints.keys():
        if address not in own and now.fingerprints.get(address) not in [side.get(address) for side in known]:
            return False
    return True


def _addresses(changes: Iterable[Change]) -> Iterable[Address]:
    return (address for change in changes for address in change.addresses)

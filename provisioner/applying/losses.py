"""The guard over recorded data: what holds data goes only when somebody has said how much of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from provisioner.applying import runs
from provisioner.applying.journal import Run
from provisioner.errors import Refused
from provisioner.planning.plan import Action, Change, Plan, Risk
from provisioner.resources import Address
from provisioner.targets.base import Counting, Narrowing, Session

Unknown = Literal["unknown"]
UNKNOWN: Unknown = "unknown"
_SHOWN = 8
RECORDED = "recorded"  # fact of a run's first line: address → how many records, as counted before it
REMEMBERED = timedelta(days=1)  # how long a count of a destroy that was stopped is good for


def count(plan: Plan, session: Session) -> Mapping[Address, int | None]:
    """How many records hold a value in what this plan deletes, or have one that an update loses; None where it is not
    known. Empty when the vendor's session does not count."""
    if not isinstance(session, Counting):
        return {}
    doomed = [change.before for change in plan.to_write if change.action is Action.DELETE and change.before is not None]
    losing = [change for change in plan.to_write if _loses(change)]
    found: dict[Address, int | None] = {}
    if losing and isinstance(session, Narrowing):
        found |= session.records_losing(losing)
    else:
        doomed += [change.before for change in losing if change.before is not None]
    if doomed:
        found |= session.records_with(doomed)
    return found


def _loses(change: Change) -> bool:
    return change.action is Action.UPDATE and change.risk is Risk.DATA


def remembered(
    counts: Mapping[Address, int | None], plan: Plan, found: Iterable[Run], now: datetime
) -> tuple[Mapping[Address, int | None], Run | None]:
    """What cannot be counted any more, because a destroy that was stopped took the right to, is what that run counted:
    the last one that wrote, of this design, not longer ago than REMEMBERED. `found`: the runs in this org, oldest
    first; `now` is UTC. The run is None where nothing was taken from it."""
    wrote = [run for run in found if run.begin.get("design") == plan.design and run.wrote]
    if not wrote or wrote[-1].text("kind") != "destroy":
        return counts, None
    last = wrote[-1]
    recorded = last.begin.get(RECORDED)
    if runs.ended(last) in (runs.COMPLETED, runs.RUNNING) or not isinstance(recorded, Mapping):
        return counts, None
    if now - datetime.fromisoformat(last.began_at) > REMEMBERED:
        return counts, None
    known = {at: recorded[str(at)] for at, number in counts.items() if number is None and str(at) in recorded}
    return {**counts, **known}, last if known else None


def check(plan: Plan, counts: Mapping[Address, int | None], allowed: int | Unknown | None) -> None:
    """Refused when recorded data would go that `allowed` does not cover. The number is the sum over the fields: a
    record that has a value in two of them counts twice. `allowed` is the most that may go, so that a lead that arrives
    in between is refused and one that leaves is not. Unknown is never taken for none."""
    holding = {address: number for address, number in counts.items() if number}
    unknown = [address for address, number in counts.items() if number is None]
    total = sum(holding.values())
    verb = "deletes" if not any(_loses(change) for change in plan.to_write if change.address in counts) else "loses"
    if unknown and allowed != UNKNOWN:
        raise Refused(
            f"How much is recorded in {_listed([str(address) for address in unknown])} could not be counted, "
            f"and this plan {verb} {'it' if len(unknown) == 1 else 'them'}. Nothing was changed.",
            advice="Give the connection's user permission to read it, and run this again. If the data may go whatever "
            "it is, give --allow-data-loss=unknown.",
        )
    if not total or allowed == UNKNOWN or (isinstance(allowed, int) and allowed >= total):
        return
    given = f"--allow-data-loss={allowed} was given, but " if allowed is not None else ""
    named = _listed([f"{address} ({_records(number)})" for address, number in holding.items()])
    values = "1 recorded value" if total == 1 else f"{total} recorded values"
    raise Refused(
        f"{given}{'t' if given else 'T'}his plan {verb} {values}: {named}. Nothing was changed.",
        advice=f"Export what is needed first. If it may go, give --allow-data-loss={total}.",
    )


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number} records"


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more

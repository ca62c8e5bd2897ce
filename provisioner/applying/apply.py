"""One plan, carried out. No vendor by name, no output: what happens is yielded as events."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from provisioner.applying.promise import is_done, is_untouched, sides
from provisioner.errors import PartlyApplied, ProvisionerError, Refused, TargetError
from provisioner.planning import guards
from provisioner.planning.commands import go_on, look_again, plan_again
from provisioner.planning.diff import Compare, attribute_changes, ledger_digest
from provisioner.planning.plan import Action, Change, Plan
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger, Live, OrgIdentity, Outcome, Progress, Rehearsing, Session

ENTRY = re.compile(r"\[([^\]]*)\]")  # `values[Minutes__c]` of a difference's path: the entry called Minutes__c


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the work begins; `name` is one of recheck, check, write, verify."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Surprise:
    """What was written does not read back as promised."""

    address: Address
    message: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The end of every apply that was not refused: one outcome per change, in plan order.

    `notices` is what the reading back found worth saying and the plan had not said: often the reason of a surprise.
    """

    outcomes: tuple[Outcome, ...]
    surprises: tuple[Surprise, ...]
    notices: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """All that apply can do is done. What is left for a person is no failure."""
        return not self.surprises and all(outcome.status == "done" for outcome in self.written)

    @property
    def written(self) -> tuple[Outcome, ...]:
        """Of what apply does; those of open steps are left out."""
        return tuple(item for item in self.outcomes if not (item.address.is_by_hand and item.status == "skipped"))

    def count(self, status: str) -> int:
        return sum(outcome.status == status for outcome in self.written)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The witnesses held: this is what is there right before the first write. Nothing is written before this event has
    been taken, so whoever keeps backups does it then."""

    snapshot: Snapshot
    ledger: Ledger


Event = Stage | Progress | Witnessed | Outcome | Applied


class Comparing(Protocol):
    """The offline half of a target, as far as applying needs it."""

    def compare(self, desired: Resource, live: Resource) -> Resource: ...


def org_data(identity: OrgIdentity) -> dict[str, Any]:
    """The org as plans and outputs carry it: `time_zone` only where there is one."""
    found = asdict(identity)
    return found if found["time_zone"] else {key: value for key, value in found.items() if key != "time_zone"}


def apply(
    plan: Plan,
    session: Session,
    target: Comparing,
    *,
    plan_id: str,
    applied_at: str,
    applied_by: str,
    override: str = "",
    begun: Collection[Address] = (),
) -> Generator[Event, None, None]:
    """Do exactly what `plan` shows, or refuse. `applied_at` is UTC ISO; `plan_id` is the plan's digest;
    `override` is why a gate was passed that was not open: it stays in the ledger. `begun`: what the whole plan touches,
    when this is the rest of it.

    The last event is Applied. Raises Refused before the first write when the plan no longer holds; TargetError when
    the vendor refused or did not answer and nothing is known to be done; PartlyApplied when some changes are done.
    """
    yield Stage("recheck", "Reading again what this plan touches")
    guards.check_same_org(plan, org_data(session.identity()))
    guards.check_clear(plan)
    touched = sides(plan)
    live = session.read(touched, plan.prefix)
    check_witnesses(plan, live, target.compare, plan_id, begun)
    yield Stage("check", "Checking the changes on the server, without saving")
    if isinstance(session, Rehearsing):
        yield from session.rehearse(plan)
    else:
        session.check(plan)
    # The check can take as long as the org's tests do: whoever applied meanwhile must not be overwritten.
    live = session.read(touched, plan.prefix)
    check_witnesses(plan, live, target.compare, plan_id, begun)
    yield Witnessed(live.snapshot, live.ledger)
    yield Stage("write", f"Writing {_changes(len(plan.to_write))}")
    meta = {"plan": plan_id, "applied_at": applied_at, "applied_by": applied_by, "tool": plan.tool}
    reason = override or live.ledger.meta.get("override")
    meta |= {"override": str(reason)} if reason else {}
    outcomes = yield from _write(plan, session, Ledger(plan.design, plan.fingerprints, meta))
    complete = tuple(_reported(change, outcomes) for change in plan.changes)
    yield Stage("verify", "Reading back what was written")
    applied, after = _read_back(plan, complete, session, touched, target.compare, plan_id)
    meanwhile = _meanwhile(plan, live.snapshot, after, touched)
    yield replace(applied, surprises=(*applied.surprises, *meanwhile))


def _write(plan: Plan, session: Session, ledger: Ledger) -> Generator[Event, None, dict[Address, Outcome]]:
    """The outcomes by address. PartlyApplied when the vendor fails after some changes are done."""
    outcomes: dict[Address, Outcome] = {}
    try:
        for event in session.write(plan, ledger):
            if isinstance(event, Outcome):
                outcomes[event.address] = event
            yield event
    except TargetError as error:
        if any(outcome.status == "done" for outcome in outcomes.values()):
            raise _partly(outcomes, plan, error) from error
        raise
    return outcomes


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count} changes"


def _reported(change: Change, outcomes: dict[Address, Outcome]) -> Outcome:
    """A change the session said nothing about is not taken for done."""
    silent = Outcome(change.address, "failed", "nothing was reported about this change")
    return outcomes.get(change.address, silent)


def _partly(outcomes: dict[Address, Outcome], plan: Plan, error: TargetError) -> PartlyApplied:
    done = sum(outcome.status == "done" for outcome in outcomes.values())
    return PartlyApplied(
        f"{done} of {_changes(len(plan.to_write))} done, then: {error.message}",
        advice=f"{error.advice} {go_on(plan)}".strip(),
    )


def check_witnesses(plan: Plan, live: Live, compare: Compare, plan_id: str, begun: Collection[Address] = ()) -> None:
    """Refused when what this plan touches, or the ledger, is not as the plan shows it. Other edits are no matter."""
    guards.check_ledger(live.ledger.design, plan.design, plan.org)
    moved = [change.address for change in plan.changes if not is_untouched(change, live.snapshot, compare)]
    again = plan_again(plan)
    # The ledger speaks first: after another apply, everything that apply touched has moved too.
    if ledger_digest(live.ledger.fingerprints) != plan.ledger:
        left = [change.address for change in plan.to_write if not is_done(change, live.snapshot, compare)]
        raise Refused(_applied_since(live.ledger, plan_id, left), advice=again)
    if moved:
        more = f" (and {len(moved) - 1} more)" if len(moved) > 1 else ""
        raise Refused(f"{moved[0]}{more} changed in the org after this plan was made.", advice=again)
    guards.check_owned(plan, live.ledger.fingerprints, begun)


def _applied_since(ledger: Ledger, plan_id: str, left: Sequence[Address]) -> str:
    """`left`: what is not as the plan promises; whoever began it may have been interrupted."""
    when, who = ledger.meta.get("applied_at"), ledger.meta.get("applied_by")
    facts = f" ({when}, by {who})" if when and who else ""
    if ledger.meta.get("plan") == plan_id and left:
        more = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
        return f"This plan was begun already{facts}, but {left[0]}{more} is not as it promises. Nothing was changed."
    if ledger.meta.get("plan") == plan_id:
        return f"This plan was carried out already{facts}."
    return f"This design was applied to the org again after this plan was made{facts}."


def _read_back(
    plan: Plan, outcomes: tuple[Outcome, ...], session: Session, touched: Snapshot, compare: Compare, plan_id: str
) -> tuple[Applied, Snapshot]:
    try:
        live = session.read(touched, plan.prefix)
    except TargetError as error:
        done = sum(outcome.status == "done" for outcome in outcomes)
        raise ProvisionerError(
            f"{done} of {_changes(len(plan.to_write))} done, but reading back failed: {error.message}",
            advice=f"See what differs, if anything: {look_again(plan)}",
        ) from error
    done_at = {outcome.address for outcome in outcomes if outcome.status == "done"}
    found = (_surprise(change, live.snapshot, compare) for change in plan.changes if change.address in done_at)
    surprises = tuple(surprise for surprise in (*found, _overtaken(live.ledger, plan, plan_id)) if surprise is not None)
    notices = tuple(notice for notice in live.notices if notice not in plan.notices)
    return Applied(outcomes, surprises, notices), live.snapshot


def _meanwhile(plan: Plan, before: Snapshot, after: Snapshot, touched: Snapshot) -> Iterator[Surprise]:
    """What is ours and not in this plan, but moved while it was carried out: another apply was at work.

    With a field that comes or goes, the records of its type gain or lose a value of that name: that is ours.
    """
    own = {change.address.name.rpartition(".")[2] for change in plan.to_write if change.action is not Action.UPDATE}
    for resource in before:
        found = after.get(resource.address)
        ours = resource.address in touched.resources or resource.address in after.unread
        if ours or found is None or found.fingerprint() == resource.fingerprint():
            continue
        if any(
            own.isdisjoint(ENTRY.findall(difference.path))
            for difference in attribute_changes(resource.attributes, found.attributes)
        ):
            yield Surprise(resource.address, "was changed by somebody else while this plan was carried out")


def _overtaken(ledger: Ledger, plan: Plan, plan_id: str) -> Surprise | None:
    """Somebody else's apply ended after ours: what only one of the two made may be in no ledger now."""
    other = ledger.meta.get("plan")
    if not other or other == plan_id:
        return None
    facts = f"{ledger.meta.get('applied_at') or 'when unknown'}, by {ledger.meta.get('applied_by') or 'somebody'}"
    return Surprise(Address("Ledger", plan.prefix), f"was written by another apply at the same time ({facts})")


def _surprise(change: Change, snapshot: Snapshot, compare: Compare) -> Surprise | None:
    found = snapshot.get(change.address)
    if change.address in snapshot.unread:
        return Surprise(change.address, "was written, but could not be read back")
    if change.after is None:
        return Surprise(change.address, "was deleted, but is still there") if found is not None else None
    if found is None:
        return Surprise(change.address, "was written, but is not there")
    if change.was is not None and snapshot.get(change.was) is not None:
        return Surprise(change.was, f"was renamed to {change.address}, but is still there")
    differing = attribute_changes(change.after.attributes, compare(change.after, found).attributes)
    if differing:
        paths = ", ".join(item.path for item in differing[:3]) + (", …" if len(differing) > 3 else "")
        return Surprise(change.address, f"was written, but reads back differently: {paths}")
    return None

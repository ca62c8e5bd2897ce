"""What the options of a command choose, turned into addresses of this very plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from provisioner.errors import Refused, UsageError
from provisioner.model.design import Design
from provisioner.planning.choices import Choices, aimed, matching, unmatched
from provisioner.planning.commands import again_text
from provisioner.planning.plan import Aim, Cause, Change, Plan, Remade
from provisioner.resources import Address, Resource, Snapshot, texts
from provisioner.targets.base import Depending, Fixing, Live, Renames, Renaming, Target

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Wishes:
    """Addresses or patterns, as given. `adopt_all`: everything that is there under the design's names."""

    keep: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    adopt: tuple[str, ...] = ()
    adopt_all: bool = False
    remake: tuple[str, ...] = ()  # former ids whose data may be left behind; `*`: all of them


NO_WISHES = Wishes()
LOOKING = Wishes(remake=("*",))  # nothing is going to be carried out: a rename that is open stops nobody from looking


def renames_of(target: Target, design: Design) -> Renames:
    return target.renamed(design) if isinstance(target, Renaming) else Renames()


def chosen(
    wishes: Wishes, whole: Plan, target: Target, live: Live, desired: Snapshot, renames: Renames
) -> tuple[Choices, Aim]:
    """The choices, and what a targeted plan is limited to. `whole` is the plan without them. UsageError when a pattern
    names nothing that it could be about."""
    only, aim = _aimed(wishes, target, live, desired)
    choices = Choices(
        keep=_kept(wishes.keep, whole),
        adopt=_adopted(wishes, whole),
        renamed=renames.moved,
        only=only,
    )
    return choices, aim


def _aimed(wishes: Wishes, target: Target, live: Live, desired: Snapshot) -> tuple[frozenset[Address] | None, Aim]:
    if not wishes.targets:
        return None, Aim()
    known = desired.resources.keys() | live.ledger.fingerprints.keys()
    _require(wishes.targets, known, "--target", "that the design asks for, or has made,")
    needs = _Needs(target, live.snapshot, desired)
    return aimed(wishes.targets, known, needs)


class _Needs:
    """What an address cannot be without: what it refers to; where it goes, what has to let go of it first."""

    def __init__(self, target: Target, live: Snapshot, desired: Snapshot) -> None:
        self._target = target if isinstance(target, Depending) else None
        self._live, self._desired = live, desired

    def __call__(self, address: Address) -> Iterable[Address]:
        if self._target is None:
            return ()
        wanted = self._desired.get(address)
        if wanted is not None:
            return self._target.needs(wanted, self._desired)
        return [item.address for item in self._live if self._holds(item, address)]

    def _holds(self, item: Resource, address: Address) -> bool:
        assert self._target is not None, "asked only when there is one"
        return item.address != address and address in self._target.needs(item, self._live)


def check_kept(wishes: Wishes, plan: Plan) -> None:
    """UsageError when something that was named is not left as it is after all: it reads as it was applied."""
    kept = {str(item.address) for item in plan.kept}
    changed = {str(change.address) for change in plan.to_write}
    for name in wishes.keep:
        if name in changed and name not in kept:
            raise UsageError(
                f"--keep-drift: {name} was not changed by hand; it is as it was applied.",
                advice="Put it back into the design to keep it.",
            )


def limited(aim: Aim, plan: Plan) -> Aim:
    """Of what came along, only what makes a difference is worth saying."""
    concerned = {address for change in plan.changes for address in change.addresses}
    concerned |= {*plan.conflicts, *plan.unread, *(kept.address for kept in plan.kept)}
    pulled = {needed: by for needed, by in aim.pulled.items() if needed in concerned}
    return replace(aim, pulled=pulled, left_out=plan.aim.left_out)


def _kept(patterns: tuple[str, ...], whole: Plan) -> frozenset[Address]:
    by_hand = {change.address for change in whole.to_write if change.undoes_hand or change.cause is Cause.ORPHANED}
    _require(patterns, by_hand, "--keep-drift", "that was changed by hand")
    return frozenset(address for pattern in patterns for address in matching(pattern, by_hand))


def _adopted(wishes: Wishes, whole: Plan) -> frozenset[Address]:
    if wishes.adopt_all:
        return frozenset(whole.conflicts)
    _require(wishes.adopt, whole.conflicts, "import", "that is in the way")
    return frozenset(address for pattern in wishes.adopt for address in matching(pattern, whole.conflicts))


def _require(patterns: Iterable[str], known: Collection[Address], option: str, what: str) -> None:
    lost = unmatched(patterns, known)
    if not lost:
        return
    raise UsageError(f"{option}: nothing {what} is called {lost[0]!r}.", advice=_advice(lost[0], known))


def _advice(lost: str, known: Collection[Address]) -> str:
    """The addresses that somebody may have meant: which have it in them, or else look like it; else some of them."""
    from difflib import get_close_matches

    names = [str(address) for address in sorted(known)]
    wanted = lost.strip("*?").casefold()
    near = [name for name in names if wanted and wanted in name.casefold()] or get_close_matches(lost, names, 3, 0.8)
    if near:
        return f"Did you mean {' or '.join(near[:_SHOWN])}?"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"There are: {', '.join(names[:_SHOWN])}{more}." if names else "There is nothing of that kind."


def unchangeable(plan: Plan, target: Target) -> dict[Address, str]:
    """What the platform would not bring about, and why: apply would be refused, so the plan says it first."""
    if not isinstance(target, Fixing):
        return {}
    found = ((change.address, target.not_changed(change)) for change in plan.to_write)
    return {address: why for address, why in found if why}


def check_adoptable(plan: Plan, target: Target) -> None:
    """Refused when what is to be adopted cannot become what the design asks for."""
    stuck = unchangeable(plan, target)
    if not stuck:
        return
    told = [f"{address}: {why}." for address, why in list(stuck.items())[:_SHOWN]]
    more = f" And {len(stuck) - _SHOWN} more." if len(stuck) > _SHOWN else ""
    others = " ".join(str(change.address) for change in plan.to_write if change.address not in stuck)
    rest = f" Or adopt the others by name: {others}." if others and len(plan.to_write) <= _SHOWN else ""
    raise Refused(
        f"This cannot be adopted. {' '.join(told)}{more} Nothing was changed.",
        advice=f"Archive it by hand, with what is recorded in it, or give the design another target.prefix.{rest}",
    )


def check_remade(wishes: Wishes, renames: Renames, plan: Plan) -> Plan:
    """The plan, saying which renames the platform cannot keep. Refused when records refer to what has to go, and the
    user did not name it. Renames that were carried out long ago are passed over: nothing bears the old id any more."""
    remade = tuple(item for item, bearing in renames.remade.items() if _is_pending(item, bearing, plan))
    losing = [item for item in remade if item.holds_data and not {item.old, "*"} & {*wishes.remake}]
    if losing:
        first = losing[0]
        options = " ".join(f"--remake {item.old}" for item in losing)
        again = again_text(plan.design_file, plan.connection, "PLANFILE").partition(": ")[2]
        raise Refused(
            f"{first.old} cannot become {first.new} here: {first.reason} Nothing was changed.",
            advice="Keep the old id and change the label, which people see. Or leave behind what refers to the old id, "
            f"and apply that plan: {again} {options}",
        )
    return replace(plan, remade=remade)


def _is_pending(item: Remade, bearing: frozenset[Address], plan: Plan) -> bool:
    """Something that bears the old id goes with this plan, or is gone already."""
    if bearing & {*plan.gone}:
        return True
    return any(_lets_go(change, item.old) for change in plan.to_write if change.address in bearing)


def _lets_go(change: Change, old: str) -> bool:
    if change.before is None:
        return change.cause is Cause.DELETED
    return change.after is None or (
        old in texts(change.before.attributes) and old not in texts(change.after.attributes)
    )

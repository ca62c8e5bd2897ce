"""What differs between desired and live, attribute by attribute, and why. Pure: no clock, no files, no network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from provisioner.planning.choices import Choices, moves
from provisioner.planning.plan import Aim, Cause, Change, Kept, Plan, Tick, Touched
from provisioner.resources import Address, Resource, Snapshot, fingerprint

Compare = Callable[[Resource, Resource], Resource]
"""`(desired, live) -> live`, reduced to what is compared; equal content means no difference."""


NONE_MADE = Choices()


class Absent(Enum):
    """The side of a difference that has no such attribute (None is a value)."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class Difference(NamedTuple):
    """One attribute: `path` reads like `values[SLA].value`; `old` or `new` is ABSENT when it is not there."""

    path: str
    old: Any
    new: Any


# ---------------------------------------------------------------- resources


def ledger_digest(recorded: Mapping[Address, str]) -> str:
    """Identifies the content of a ledger, so that a later reader sees whether it moved."""
    return fingerprint({str(address): value for address, value in recorded.items()})


def make_plan(
    desired: Snapshot,
    live: Snapshot,
    recorded: Mapping[Address, str],
    compare: Compare,
    *,
    design: str,
    design_digest: str,
    tool: str,
    org: Mapping[str, Any],
    created_at: str,
    notices: Iterable[str] = (),
    prefix: str = "",
    design_file: str = "",
    goes_live: bool = False,
    ticked: Iterable[Tick] = (),
    choices: Choices = NONE_MADE,
) -> Plan:
    """The plan that takes `live` to `desired`.

    `recorded` is the ledger: the fingerprints of what this design applied; its keys are what we own. Nothing that is
    not owned is changed or deleted (but for what `choices` adopts), and nothing that could not be read is taken for
    absent. `created_at` is UTC ISO.
    """
    found = _Found(desired, live, recorded, compare, choices)
    known = desired.resources.keys() | recorded.keys()
    return Plan(
        changes=tuple(sorted(found.changes, key=lambda change: change.address)),
        conflicts=tuple(sorted(found.conflicts)),
        unread=tuple(sorted(found.unread & known)),
        design=design,
        design_digest=design_digest,
        tool=tool,
        org=dict(org),
        created_at=created_at,
        fingerprints=found.ledger(),
        notices=tuple(notices),
        prefix=prefix,
        design_file=design_file,
        ledger=ledger_digest(recorded),
        goes_live=goes_live,
        ticked=tuple(sorted(ticked, key=lambda tick: tick.address)),
        kept=tuple(sorted(found.kept, key=lambda kept: kept.address)),
        gone=tuple(sorted(found.gone)),
        aim=Aim(left_out=found.left_out),
    )


class _Found:
    """Every difference, sorted into what is done about it."""

    def __init__(
        self,
        desired: Snapshot,
        live: Snapshot,
        recorded: Mapping[Address, str],
        compare: Compare,
        choices: Choices,
    ) -> None:
        self.desired, self.live, self.recorded, self.compare = desired, live, recorded, compare
        self.choices = choices
        self._prints: dict[Address, str] = {}
        self.changes: list[Change] = []
        self.conflicts: list[Address] = []
        self.kept: list[Kept] = []
        self.gone: list[Address] = []
        self.left_out = 0
        blind = desired.unread | live.unread
        self._moves = moves(choices.renamed, desired, live, recorded, blind)
        # What could not be looked at under its old name is not made anew under the new one, and the other way round.
        blind |= {new for old, new in choices.renamed.items() if old in blind and old in recorded}
        blind |= {old for old, new in choices.renamed.items() if new in blind and old in recorded}
        self._blind = blind
        self._look()

    @property
    def unread(self) -> frozenset[Address]:
        return frozenset(address for address in self._blind if self._is_meant(address))

    def _is_meant(self, address: Address) -> bool:
        return self.choices.only is None or address in self.choices.only

    def _look(self) -> None:
        for wanted in self.desired:
            if wanted.address not in self._blind:
                self._take(wanted.address, self._wanted(wanted))
        moved = set(self._moves.values())
        for address in self.recorded:
            if address not in self.desired.resources and address not in self._blind and address not in moved:
                self._take(address, self._unwanted(address))

    def _take(self, address: Address, change: Change | None) -> None:
        if change is None:
            return
        if not any(self._is_meant(item) for item in change.addresses):
            self.left_out += 1
        elif address in self.choices.keep and self._can_be_kept(change):
            self.kept.append(Kept(address, change.cause))
        else:
            self.changes.append(change)

    def _can_be_kept(self, change: Change) -> bool:
        if change.address.is_by_hand:
            return False
        return change.undoes_hand or (change.cause is Cause.ORPHANED and not self._is_as_applied(change))

    def _is_as_applied(self, change: Change) -> bool:
        assert change.before is not None, "a deletion has a before"
        return alone(change.before, self.compare).fingerprint() == self.recorded[change.address]

    def _wanted(self, wanted: Resource) -> Change | None:
        address = wanted.address
        if address in self._moves:
            return self._moved(wanted, self._moves[address])
        found = self.live.get(address)
        if found is None:
            known = address in self.recorded and not address.is_by_hand
            return Change(None, wanted, Cause.DELETED if known else Cause.NEW)
        # What is the same as a whole is the same in what is compared: looking closer is the slow part of a plan.
        same = found.fingerprint() == self._print(wanted)
        seen = found if same else self.compare(wanted, found)
        if address not in self.recorded:
            if address in self.choices.adopt and not address.is_by_hand:
                return Change(seen, wanted, Cause.ADOPTED)
            if self._is_meant(address):
                self.conflicts.append(address)
            return None
        if same or (print_seen := seen.fingerprint()) == self._print(wanted):
            return None
        return Change(seen, wanted, _cause(address, self._print(wanted), print_seen, self.recorded[address]))

    def _moved(self, wanted: Resource, old: Address) -> Change:
        """An update of what is there under the old address. When it is not as it was applied, that is said."""
        found = self.live.resources[old]
        seen = self.compare(wanted, found)
        as_applied = self.recorded[old] in (seen.fingerprint(), alone(found, self.compare).fingerprint())
        return Change(seen, wanted, Cause.RENAMED, None if as_applied else Touched())

    def _unwanted(self, address: Address) -> Change | None:
        found = self.live.get(address)
        if found is not None:
            return Change(found, None, Cause.ORPHANED)
        if not address.is_by_hand:
            if self._is_meant(address):
                self.gone.append(address)
            else:
                self.left_out += 1
        return None

    def ledger(self) -> dict[Address, str]:
        """The ledger afterwards: what is unread, kept or left out stays as it was recorded, what is not ours does not
        enter. Applying ticks no step that a person does, so those stay as well."""
        kept = {item.address for item in self.kept}
        moved = {self._moves[change.address] for change in self.changes if change.address in self._moves}
        after: dict[Address, str] = {}
        for address, value in self.recorded.items():
            stays = address in self._blind or address in kept
            left_out = not self._is_meant(address) and address not in moved
            if stays or left_out or (address.is_by_hand and address in self.desired.resources):
                after[address] = value
        foreign = self._blind | kept | set(self.conflicts)
        changed = {change.address for change in self.changes}
        for resource in self.desired:
            address = resource.address
            is_ours = address in changed or (self._is_meant(address) and address not in foreign)
            if is_ours and not address.is_by_hand:
                after[address] = self._print(resource)
        return dict(sorted(after.items()))

    def _print(self, wanted: Resource) -> str:
        """The fingerprint of what is desired; taken once, it is asked for several times."""
        found = self._prints.get(wanted.address)
        if found is None:
            found = self._prints[wanted.address] = wanted.fingerprint()
        return found


def alone(live: Resource, compare: Compare) -> Resource:
    """A live resource that nothing is desired of, as far as it can be reduced to what is compared."""
    return compare(live, live)


def _cause(address: Address, wanted: str, seen: str, recorded: str) -> Cause:
    """Who moved, told from fingerprints: the recorded one is that of the desired resource of the last apply."""
    if address.is_by_hand:
        return Cause.REOPENED
    if wanted == recorded:
        return Cause.HAND
    return Cause.DESIGN if seen == recorded else Cause.BOTH


def promised(live: Snapshot, plan: Plan) -> Snapshot:
    """`live` as it will be once `plan` is applied."""
    resources = dict(live.resources)
    for change in plan.changes:
        if change.after is None:
            resources.pop(change.address, None)
        else:
            if change.was is not None:
                resources.pop(change.was, None)
            resources[change.address] = change.after
    return Snapshot.of(resources.values(), live.unread)


# --------------------------------------------------------------- attributes


def differences(change: Change) -> list[Difference]:
    """The attributes that a change moves; all of them for a creation or a deletion."""
    before = change.before.attributes if change.before else {}
    after = change.after.attributes if change.after else {}
    return attribute_changes(before, after)


def attribute_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """In path order of the data. Empty exactly when both have the same fingerprint."""
    return list(_mapping(before, after, ""))


def _same(old: object, new: object) -> bool:
    return type(old) is type(new) and old == new if _is_leaf(old) and _is_leaf(new) else _text(old) == _text(new)


def _is_leaf(value: object) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)


def _value(old: Any, new: Any, path: str) -> Iterator[Difference]:
    if old is ABSENT or new is ABSENT or _is_leaf(old) or _is_leaf(new):
        if old is ABSENT or new is ABSENT or not _same(old, new):
            yield Difference(path, old, new)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mapping(old, new, path)
    elif isinstance(old, Mapping) or isinstance(new, Mapping):
        yield Difference(path, old, new)
    else:
        yield from _sequence(old, new, path)


def _mapping(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for key in dict.fromkeys([*old, *new]):
        inner = f"{path}.{key}" if path else key
        yield from _value(old.get(key, ABSENT), new.get(key, ABSENT), inner)


def _sequence(old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[Difference]:
    """Entries that carry a name are matched by it; other lists are one value."""
    if _same(old, new):
        return
    key = _key(old, new)
    if key is None:
        yield Difference(path, old, new)
        return
    olds, news = ({entry[key]: entry for entry in side} for side in (old, new))
    found = False
    for name in dict.fromkeys([*olds, *news]):
        for difference in _value(olds.get(name, ABSENT), news.get(name, ABSENT), f"{path}[{name}]"):
            found = True
            yield difference
    if not found:
        yield Difference(f"{path} (order)", list(olds), list(news))


def _key(old: Sequence[Any], new: Sequence[Any]) -> str | None:
    """The attribute that names the entries: text, unique on each side, and most often the same on both."""
    entries = [*old, *new]
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        return None
    shared = set(entries[0]).intersection(*entries)
    candidates = sorted(key for key in shared if _names(old, key) and _names(new, key))
    scored = [(len({e[key] for e in old} & {e[key] for e in new}), key) for key in candidates]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best else None


def _names(entries: Sequence[Any], key: str) -> bool:
    values = [entry[key] for entry in entries]
    return all(isinstance(value, str) for value in values) and len(set(values)) == len(values)

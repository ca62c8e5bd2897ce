"""What differs between desired and live, attribute by attribute, and why. Pure: no clock, no files, no network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from provisioner.planning.plan import Cause, Change, Plan, Tick
from provisioner.resources import Address, Resource, Snapshot, fingerprint

Compare = Callable[[Resource, Resource], Resource]
"""`(desired, live) -> live`, reduced to what is compared; equal content means no difference."""


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
) -> Plan:
    """The plan that takes `live` to `desired`.

    `recorded` is the ledger: the fingerprints of what this design applied; its keys are what we own. Nothing that is
    not owned is changed or deleted, and nothing that could not be read is taken for absent. `created_at` is UTC ISO.
    """
    unread = desired.unread | live.unread
    changes, conflicts = _changes(desired, live, recorded, compare, unread)
    return Plan(
        changes=tuple(sorted(changes, key=lambda change: change.address)),
        conflicts=tuple(sorted(conflicts)),
        unread=tuple(sorted(address for address in unread if address in desired.resources or address in recorded)),
        design=design,
        design_digest=design_digest,
        tool=tool,
        org=dict(org),
        created_at=created_at,
        fingerprints=_fingerprints(desired, recorded, unread, frozenset(conflicts)),
        notices=tuple(notices),
        prefix=prefix,
        design_file=design_file,
        ledger=ledger_digest(recorded),
        goes_live=goes_live,
        ticked=tuple(sorted(ticked, key=lambda tick: tick.address)),
    )


def _changes(
    desired: Snapshot, live: Snapshot, recorded: Mapping[Address, str], compare: Compare, unread: frozenset[Address]
) -> tuple[list[Change], list[Address]]:
    changes: list[Change] = []
    conflicts: list[Address] = []
    for wanted in desired:
        found = live.get(wanted.address)
        if wanted.address in unread:
            continue
        if found is None:
            known = wanted.address in recorded and not wanted.address.is_by_hand
            cause = Cause.DELETED if known else Cause.NEW
            changes.append(Change(None, wanted, cause))
        elif wanted.address not in recorded:
            conflicts.append(wanted.address)
        else:
            seen = compare(wanted, found)
            if seen.fingerprint() != wanted.fingerprint():
                changes.append(Change(seen, wanted, _cause(wanted, seen, recorded[wanted.address])))
    for address in recorded:
        found = live.get(address)
        if found is not None and address not in desired.resources and address not in unread:
            changes.append(Change(found, None, Cause.ORPHANED))
    return changes, conflicts


def _cause(wanted: Resource, seen: Resource, recorded: str) -> Cause:
    """Who moved: the recorded fingerprint is the desired resource of the last apply."""
    if wanted.address.is_by_hand:
        return Cause.REOPENED
    if wanted.fingerprint() == recorded:
        return Cause.HAND
    return Cause.DESIGN if seen.fingerprint() == recorded else Cause.BOTH


def _fingerprints(
    desired: Snapshot, recorded: Mapping[Address, str], unread: frozenset[Address], conflicts: frozenset[Address]
) -> dict[Address, str]:
    """The ledger afterwards: what is unread stays as it was recorded, what is not ours does not enter. Applying ticks
    no step that a person does, so those stay as well."""
    after = {address: value for address, value in recorded.items() if address in unread}
    for resource in desired:
        address = resource.address
        if address.is_by_hand and address in recorded:
            after[address] = recorded[address]
        elif address not in unread and address not in conflicts and not address.is_by_hand:
            after[address] = resource.fingerprint()
    return dict(sorted(after.items()))


def promised(live: Snapshot, plan: Plan) -> Snapshot:
    """`live` as it will be once `plan` is applied."""
    resources = dict(live.resources)
    for change in plan.changes:
        if change.after is None:
            resources.pop(change.address, None)
        else:
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

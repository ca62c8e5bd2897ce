"""What the user decided about single addresses, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from provisioner.planning.plan import Aim
from provisioner.resources import Address, Snapshot

Needs = Callable[[Address], Iterable[Address]]
"""Address → what it cannot be without."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Nothing was decided, by default. What does not apply (nothing there to keep, nothing to adopt) is passed over."""

    keep: frozenset[Address] = frozenset()  # what was changed by hand stays so
    adopt: frozenset[Address] = frozenset()  # there already and not ours: becomes ours
    renamed: Mapping[Address, Address] = field(default_factory=dict)  # old → new, where the platform can keep it
    only: frozenset[Address] | None = None  # nothing else is planned; the ledger keeps the rest as recorded


def matching(pattern: str, addresses: Iterable[Address]) -> list[Address]:
    """Those that the pattern names: an address, or one with `*`, `?` and `[…]`; letter case counts. In order."""
    return sorted(address for address in addresses if str(address) == pattern or fnmatchcase(str(address), pattern))


def unmatched(patterns: Iterable[str], addresses: Collection[Address]) -> list[str]:
    """The patterns that name nothing."""
    return [pattern for pattern in patterns if not matching(pattern, addresses)]


def aimed(patterns: Iterable[str], known: Collection[Address], needs: Needs) -> tuple[frozenset[Address], Aim]:
    """What the patterns name among `known`, and everything that needs to be there for it, however far that leads."""
    asked = tuple(dict.fromkeys(patterns))
    chosen = {address for pattern in asked for address in matching(pattern, known)}
    pulled: dict[Address, Address] = {}
    waiting = sorted(chosen, reverse=True)
    while waiting:
        address = waiting.pop()
        for needed in sorted(set(needs(address))):
            if needed in known and needed not in chosen and needed not in pulled:
                pulled[needed] = address
                waiting.append(needed)
    return frozenset(chosen | pulled.keys()), Aim(asked, dict(sorted(pulled.items())))


def moves(
    renamed: Mapping[Address, Address],
    desired: Snapshot,
    live: Snapshot,
    recorded: Mapping[Address, str],
    unread: Collection[Address],
) -> dict[Address, Address]:
    """New address → old, of the renames that can be carried out as such: ours is there under the old name only."""
    return {
        new: old
        for old, new in renamed.items()
        if old in recorded
        and new not in recorded
        and old not in desired.resources
        and new in desired.resources
        and not {old, new} & set(unread)
        and live.get(old) is not None
        and live.get(new) is None
    }

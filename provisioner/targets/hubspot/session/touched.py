"""Who changed what since the last apply: from `updatedUserId` and `updatedAt` of what was read anyway.

The portal's own clock counts, not ours: the last write of an apply is that of its ledger, and the instant that it
records is the portal's too (`memory`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from provisioner.planning.plan import Touched
from provisioner.resources import Address
from provisioner.targets.hubspot.session import ledger, shapes
from provisioner.targets.hubspot.session.directory import owner_rows, people_in
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.faults import MissingScopes
from provisioner.targets.hubspot.session.shapes import FLOW, LIST, PROPERTY
from provisioner.targets.hubspot.session.state import Raw, State


class _Last(NamedTuple):
    at: datetime
    user: str  # id; "" = not told


def touched(door: Door, state: State, addresses: Sequence[Address], since: str) -> dict[Address, Touched]:
    """Properties and lists with who and when, workflows with when ([spec] reference/hubspot.md 2.6, 4.1, 6.5); of
    groups nothing is told. At most two requests and further pages, none when owners were read already.

    What is not newer than the last apply is left out. `since` (UTC ISO, maybe empty) counts where it is earlier than
    the ledger: ticking a step writes the ledger too.
    """
    own = _last(state.properties.get(ledger.OBJECT, {}).get(ledger.property_name(state.prefix), {}))
    given = _instant(since)
    known = [moment for moment in (own.at if own else None, given) if moment is not None]
    found: dict[Address, _Last] = {}
    for address in addresses:
        last = _of(state, address)
        if last is not None and known and last.at > min(known) and not _is_apply(last, own):
            found[address] = last
    people = _people(door, state, {last.user for last in found.values() if last.user})
    return {
        address: Touched(people.get(last.user, f"user {last.user}" if last.user else ""), _text(last.at))
        for address, last in found.items()
    }


def _is_apply(last: _Last, own: _Last | None) -> bool:
    return own is not None and last.at <= own.at and last.user == own.user


def _of(state: State, address: Address) -> _Last | None:
    if address.kind == PROPERTY:
        object, name = shapes.split(address)
        live = state.properties.get(object, {}).get(name)
        if live is not None:
            return _last(live)
        gone = state.archived.get(object, {}).get(name)
        at = _instant(str(gone.get("archivedAt") or "")) if gone is not None else None
        return _Last(at, "") if at is not None else None
    if address.kind == LIST:
        return _last(state.lists.get(address, {}))
    return _last(state.flows.get(address, {})) if address.kind == FLOW else None


def _last(raw: Raw) -> _Last | None:
    at = _instant(str(raw.get("updatedAt") or ""))
    return None if at is None else _Last(at, str(raw.get("updatedUserId") or raw.get("updatedById") or ""))


def _people(door: Door, state: State, wanted: set[str]) -> dict[str, str]:
    """User id → email. Former users only when somebody is not among the present ones."""
    for archived in (False, True):
        if wanted <= state.people.keys() or state.has_all_people:
            break
        try:
            state.people.update(people_in(owner_rows(door, archived)))
        except MissingScopes:
            break  # who may not look is told the number
        state.has_all_people = archived
    return state.people


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

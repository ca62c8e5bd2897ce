"""Who changed what since the last apply: from the org's setup audit trail, and from what a retrieve tells anyway.

The org's own clock counts, not ours: "since" is when the org saved our ledger, which it did in the same transaction as
the changes that the ledger records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.errors import NotAllowed, Rejected
from provisioner.planning.plan import Touched
from provisioner.resources import Address
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.ledger import Saved
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.session.soap import Property

# One deployment saves its components one after the other: entries of whoever applied, so soon after, are the apply's.
SETTLING = timedelta(minutes=10)
MOST_ENTRIES = 2000  # one page of the trail; [docs] reference/salesforce.md 8.2
SUFFIX = r"(?:__c|__mdt)"  # of a custom type; people and the trail leave it out


@dataclass(frozen=True, slots=True)
class _Entry:
    """`who`: a username (trail) or a full name (retrieve). `name`: the full name of the former."""

    at: datetime
    who: str
    text: str
    name: str = ""


def touched(
    rest: Rest, seen: Iterable[Property], saved: Saved, addresses: Sequence[Address], since: str
) -> dict[Address, Touched]:
    """The last change of each address after the last apply, as far as the org tells. One request.

    `seen` is what the last retrieve said of its components; `saved` is when and by whom the org saved the ledger;
    `since` (UTC ISO, maybe empty) counts where there is no ledger. Who may not read the audit trail gets what the
    retrieve told.
    """
    start = instant(saved.at) or instant(since)
    if not addresses or start is None:
        return {}
    components = {Address(item.kind, item.full_name): item for item in seen}
    rows = _trail(rest, start)
    users = _users(rows, saved)
    trail = [entry for entry in rows if not _is_apply(entry, saved, start)]
    found: dict[Address, Touched] = {}
    for address in addresses:
        told = [entry for entry in (_told(trail, address), _retrieved(components.get(address), saved, start)) if entry]
        if told:
            newest = max(told, key=lambda entry: entry.at)
            found[address] = Touched(users.get(newest.who, newest.who), newest.at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return found


def _users(trail: Iterable[_Entry], saved: Saved) -> dict[str, str]:
    """Full name → username, where only one user is known by it: nobody is told of under two names."""
    known: dict[str, set[str]] = {}
    for name, user in [(saved.name, saved.username), *((entry.name, entry.who) for entry in trail)]:
        if name and user:
            known.setdefault(name, set()).add(user)
    return {name: next(iter(found)) for name, found in known.items() if len(found) == 1}


def instant(text: str) -> datetime | None:
    """`2026-03-02T13:00:00.000+0000` or `…Z` as UTC; None when it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _trail(rest: Rest, start: datetime) -> list[_Entry]:
    """Newest first ([docs] reference/salesforce.md 1.11: kept for 180 days)."""
    query = (
        "SELECT Action, Section, Display, CreatedBy.Username, CreatedBy.Name, CreatedDate "  # noqa: S608 - a date
        "FROM SetupAuditTrail "
        f"WHERE CreatedDate > {start.strftime('%Y-%m-%dT%H:%M:%SZ')} ORDER BY CreatedDate DESC LIMIT {MOST_ENTRIES}"
    )
    try:
        rows = rest.query(query, "say who changed its setup")
    except SignedOut:
        raise
    except (NotAllowed, Rejected):
        return []  # who may not look is told nothing: "left out", says the contract
    return [entry for entry in map(_entry, rows) if entry is not None and entry.at > start]


def _entry(row: Mapping[str, Any]) -> _Entry | None:
    at, by = instant(str(row.get("CreatedDate") or "")), row.get("CreatedBy")
    who, name = (str(by.get(key) or "") if isinstance(by, dict) else "" for key in ("Username", "Name"))
    return None if at is None else _Entry(at, who, str(row.get("Display") or ""), name)


def _is_apply(entry: _Entry, saved: Saved, start: datetime) -> bool:
    return entry.who in (saved.username, saved.name) and entry.at <= start + SETTLING


def _told(trail: Sequence[_Entry], address: Address) -> _Entry | None:
    return next((entry for entry in trail if _is_about(entry.text, address)), None)


def _is_about(text: str, address: Address) -> bool:
    """Whether an entry names the component: its whole name, or every part that tells it, with or without a suffix.

    The vendor's wordings are many and not documented ([docs] give none): a label alone is taken for nothing.
    """
    parts = [address.name]
    if address.kind in ("CustomField", "ValidationRule", "LeadConvertMapping"):
        parts = [address.name.rpartition(".")[2]]
    elif address.kind == "CustomMetadata":
        parts = address.name.split(".")
    return all(_has(text, re.sub(rf"{SUFFIX}$", "", part)) for part in parts)


def _has(text: str, name: str) -> bool:
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}{SUFFIX}?(?!\w)", text, re.IGNORECASE) is not None


def _retrieved(component: Property | None, saved: Saved, start: datetime) -> _Entry | None:
    at = instant(component.changed_at) if component is not None else None
    if component is None or at is None or at <= start:
        return None
    entry = _Entry(at, component.changed_by, "")
    return None if _is_apply(entry, saved, start) else entry

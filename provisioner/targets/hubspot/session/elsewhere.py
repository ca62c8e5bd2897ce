"""What else we manage in this portal: other prefixes, told by marks and by ledgers among the properties that were read.

A design whose prefix was changed would otherwise be deployed a second time beside itself, and alert people twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from provisioner.errors import TargetError
from provisioner.targets.hubspot.marker import unmark
from provisioner.targets.hubspot.session import ledger
from provisioner.targets.hubspot.session.state import Raw

_LEDGER = "_ledger"


def elsewhere(properties: Mapping[str, Mapping[str, Raw]], prefix: str) -> dict[str, str]:
    """Prefix → design of everything that carries another prefix than `prefix`, in the order of prefixes. `properties`:
    by object and name, as HubSpot gives them. A ledger that cannot be read is left to its own design to complain."""
    found: dict[str, str] = {}
    for rows in properties.values():
        for name, raw in rows.items():
            _, mark = unmark(raw.get("description"))
            if mark is not None and mark.prefix != prefix:
                found[mark.prefix] = mark.design
            found |= {other: design for other, design in _ledgers(name, raw) if other != prefix.lower()}
    told = {other.lower() for other in found if other != other.lower()}  # a ledger knows no capitals, a mark does
    return {other: found[other] for other in sorted(found) if other not in told}


def _ledgers(name: str, raw: Raw) -> Iterator[tuple[str, str]]:
    if not name.endswith(_LEDGER) or not str(raw.get("description") or "").startswith(ledger.TITLE):
        return
    try:
        record = ledger.decode(raw, name)
    except TargetError:
        return
    if record.design is not None:
        yield name.removesuffix(_LEDGER), record.design


__all__ = ["elsewhere"]

"""Is what the design names in the account there, and fit for its use? Answered from what was read; nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from provisioner.diagnostics import Diagnostic
from provisioner.rules import Finding, Rule
from provisioner.targets.base import Places, Reference
from provisioner.targets.hubspot import limits, references
from provisioner.targets.hubspot.session.state import Raw
from provisioner.targets.naming import at_once

Said = Iterator[tuple[Rule, Finding]]
_ABOUT_NAMES = (limits.NO_PROPERTY, limits.UNSURE)


@dataclass(frozen=True, slots=True)
class Account:
    """`properties` of `object` (contacts, leads) by name; `unresolved`: what references mean nothing here, and why;
    `time_zone` as HubSpot names it."""

    properties: Mapping[str, Raw]
    unresolved: Mapping[str, str]
    time_zone: str
    object: str = "contacts"


def missing(account: Account, wanted: Sequence[Reference], places: Places, today: date) -> list[Diagnostic]:
    """Findings H320 to H325, each once."""
    found: dict[Diagnostic, None] = {}
    unlisted = [item for item in wanted if _is_unlisted(account, item, today)]
    for item in [*(item for item in wanted if item not in unlisted), *at_once(unlisted)]:
        for rule, finding in _said(account, item, today):
            is_key = rule in _ABOUT_NAMES and item.named.endswith(f"/{item.name}")  # else the name is a value
            found[rule.diagnostic(finding, places.locate_key if is_key else places.locate)] = None
    return list(found)


def _is_unlisted(account: Account, item: Reference, today: date) -> bool:
    """Said of a property once, whatever the number of lead types that compare it."""
    return any(rule is limits.UNLISTED_VALUE for rule, _ in _said(account, item, today))


def _said(account: Account, item: Reference, today: date) -> Said:
    if item.use == "zone":
        if (finding := references.another_zone(item, account.time_zone, today)) is not None:
            yield limits.OTHER_ZONE if finding.severity is None else limits.UNSURE, finding
    elif item.use not in references.PROPERTY_USES:
        if (finding := references.nobody(item, account.unresolved)) is not None:
            yield limits.NOBODY, finding
    elif (finding := references.absent(item, account.properties, account.object)) is not None:
        yield limits.NO_PROPERTY if finding.severity is None else limits.UNSURE, finding
    else:
        yield from _unfit(account.properties[item.name], item)


def _unfit(raw: Raw, item: Reference) -> Said:
    if (finding := references.unfit(item, str(raw.get("type") or ""))) is not None:
        yield limits.UNFIT_PROPERTY, finding
    elif (finding := references.unlisted(item, references.options_of(raw))) is not None:
        yield limits.UNLISTED_VALUE, finding

"""Is what the design names in the account there, and fit for its use? Answered from what was read; nothing is asked."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
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
    `time_zone` as HubSpot names it; `people`: the emails of all its users, former ones too, None where they were not
    read."""

    properties: Mapping[str, Raw]
    unresolved: Mapping[str, str]
    time_zone: str
    object: str = "contacts"
    people: Collection[str] | None = None


def missing(account: Account, wanted: Sequence[Reference], places: Places, today: date) -> list[Diagnostic]:
    """Findings H320 to H326, each once."""
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
        elif (finding := _nobody_yet(item, account.people)) is not None:
            yield limits.NOBODY_YET, finding
    elif (finding := references.absent(item, account.properties, account.object)) is not None:
        yield limits.NO_PROPERTY if finding.severity is None else limits.UNSURE, finding
    else:
        yield from _unfit(account.properties[item.name], item)


def _unfit(raw: Raw, item: Reference) -> Said:
    if (finding := references.unfit(item, str(raw.get("type") or ""))) is not None:
        yield limits.UNFIT_PROPERTY, finding
    elif (finding := references.unlisted(item, references.options_of(raw))) is not None:
        yield limits.UNLISTED_VALUE, finding


def _nobody_yet(item: Reference, people: Collection[str] | None) -> Finding | None:
    """Somebody whom no workflow names yet, because alerts are silent."""
    known = {email.casefold(): email for email in sorted(people or ())}
    if item.use != "user" or not known or item.name.casefold() in known:
        return None
    near = difflib.get_close_matches(item.name.casefold(), known, n=1, cutoff=0.6)
    meant = f"Did you mean {known[near[0]]}? " if near else ""
    detail = f"{item.name!r}: nobody of this account has this email. No workflow names it yet, so nothing is stopped."
    return Finding(item.pointer, detail, f"{meant}Live alerts to it are refused until somebody has it.")

"""Counting what is in an account by searches: 4 per second, so that an audit of up to 10,000 leads takes seconds.

Requests: about 20, and one more per 200 leads that are read: those of the window and of the weeks together, those whose
clock runs, those that a step acted for in seven days; 10,000 of each at most (50 requests). When the window and the
weeks hold more, none of their leads is read: then one to seven searches per value of a carrier, ten per week.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar, get_args

from provisioner.errors import NotAllowed
from provisioner.facts import Check, Evidence, Facts, Scope, Unasked
from provisioner.model.design import Design
from provisioner.targets.hubspot.audit import (
    calendars,
    carriers,
    checks,
    choices,
    entrances,
    people,
    periods,
    standings,
    waiting,
)
from provisioner.targets.hubspot.audit.answers import ROWS_MOST, Asking, Refused, Row, Search, lacks
from provisioner.targets.hubspot.audit.leads import Leads
from provisioner.targets.hubspot.audit.where import before, equals, parsed
from provisioner.targets.hubspot.audit.where import since as not_before
from provisioner.targets.hubspot.names import Names
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.find import list_flows, read_flows

SAMPLES = 5
EARLIER_MOST = 50  # values; at 4 searches per second
Found = TypeVar("Found")


@dataclass(slots=True)
class _Parts:
    """Asks part by part, and notes what was refused."""

    unasked: list[Unasked] = field(default_factory=list)

    def of(self, name: str, count: Callable[[], Found]) -> Found | None:
        """None when it was refused."""
        try:
            return count()
        except Refused as refused:
            self.unasked.append(Unasked(name, refused.why))
            return None


def audit(
    ask: Asking,
    properties: Mapping[str, Mapping[str, object]] | None,
    design: Design,
    scope: Scope,
    most: int = ROWS_MOST,
) -> Facts:
    """Everything that can be known; what may not be asked is in `unasked`. NotAllowed when nothing may be asked.

    `properties`: those of the object that holds the leads; None when they may not be read. `most`: leads that are read
    rather than counted.
    """
    leads = Leads(design, scope, properties)
    parts = _Parts()
    standing, unknown = standings.read(design, ask)
    timetable = parts.of("calendars", lambda: calendars.read(design, ask, scope.now))
    parts.unasked += [*unknown, *(timetable[1] if timetable else ())]
    around = Facts(scope, standings=standing, calendars=timetable[0] if timetable else None)
    try:
        whole = _Whole.read(leads, ask, most)
    except Refused as refused:
        if standing is None and timetable is None and properties is None:
            advice = "The key needs crm.objects.contacts.read; docs/permissions.md lists everything."
            raise NotAllowed(f"Nothing of this account could be counted: {refused.why}", advice=advice) from None
        return _without_leads(leads, ask, around, parts, refused.why)
    return _with_leads(leads, ask, around, parts, whole)


def _with_leads(leads: Leads, ask: Asking, around: Facts, parts: _Parts, whole: _Whole) -> Facts:
    told, unasked = carriers.read(leads, ask, whole.window)
    counted, unchecked = checks.read(leads, ask)
    owners, evidence, unseen = people.read(leads, ask)
    offered, unlisted = choices.read(leads, ask, whole.window)
    parts.unasked += [*unasked, *unchecked, *unseen, *unlisted]
    facts = replace(
        around,
        totals=parts.of("totals", lambda: periods.read_totals(leads, ask, whole.window)),
        carriers=tuple(told),
        choices=offered,
        entrances=parts.of("entrances", lambda: entrances.read(leads, ask, whole.window)),
        people=owners,
        people_evidence=evidence,
        checks=counted,
        periods=parts.of("periods", lambda: periods.read(leads, ask, whole.weeks)),
        alerts=parts.of("alerts", lambda: people.read_alerts(leads, ask)),
    )
    if not leads.scope.since < leads.scope.patience_ended:
        facts = replace(facts, waiting=())  # nobody of the window can have waited so long
    else:
        facts = replace(facts, waiting=parts.of("waiting", lambda: waiting.read(leads, ask)))
    return replace(facts, unasked=tuple(dict.fromkeys(parts.unasked)))


def _without_leads(leads: Leads, ask: Asking, around: Facts, parts: _Parts, why: str) -> Facts:
    told, unasked = carriers.uncounted(leads, why)
    named = (
        "totals",
        "entrances",
        "people",
        "waiting",
        "periods",
        "alerts",
        *(f"checks/{check}" for check in get_args(Check)),
    )
    offered, unlisted = choices.read(leads, ask, None, why)
    parts.unasked += [*unasked, *unlisted, *(Unasked(name, why) for name in named)]
    return replace(around, carriers=tuple(told), choices=offered, unasked=tuple(dict.fromkeys(parts.unasked)))


@dataclass(frozen=True, slots=True)
class _Whole:
    """The leads of the window, and those whose clock started in the weeks; None: too many to read."""

    window: tuple[Row, ...] | None
    weeks: tuple[Row, ...] | None

    @classmethod
    def read(cls, leads: Leads, ask: Asking, most: int) -> _Whole:
        begun = leads.prop("sla_started_at")
        search = Search(leads.object.path, ((leads.window,), (periods.in_weeks(leads),)))
        wanted = [
            *carriers.properties(leads),
            *periods.properties(leads),
            *entrances.properties(leads),
            *choices.properties(leads),
        ]
        total = ask.page(search, []).total
        if total > most:
            return cls(None, None)
        rows = [row for row in ask.rows(search, list(dict.fromkeys(wanted))).rows if row.text(leads.object.created_at)]
        if lacks(total, len(rows)):
            raise Refused(f"HubSpot counts {total:,} leads of that time, and gave {len(rows):,} with a creation date.")
        first = periods.midnight(periods.weeks(leads.scope)[0][0])
        window = tuple(row for row in rows if leads.is_in_window(row))
        return cls(window, tuple(row for row in rows if _within(row, begun, first, leads.scope.now)))


def _within(row: Row, name: str, start: datetime, end: datetime) -> bool:
    at = parsed(row.text(name))
    return at is not None and start <= at <= end


def flows_by_name(door: Door, design: Design) -> dict[str, Mapping[str, Any]]:
    """The workflows that carry opening hours, found by their names: for when nothing was read before. One request, one
    more per hundred workflows of the account, and one per hundred of them."""
    names = Names(design.target.prefix)
    keys = {names.title(key.replace("_", " ")): key for key in calendars.keys(design)}
    found = {str(row.get("id")): keys[str(row["name"])] for row in list_flows(door) if row.get("name") in keys}
    return {found[id]: raw for raw in read_flows(door, found) if (id := str(raw.get("id"))) in found}


def earlier(
    ask: Asking, design: Design, scope: Scope, values: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], Evidence]:
    """Field and value → its leads from before the window. One request each; what may not be counted is left out, and so
    is every value beyond the first fifty."""
    leads = Leads(design, scope, None)
    found: dict[tuple[str, str], Evidence] = {}
    for name, value in [(name, value) for name, wanted in values.items() for value in wanted][:EARLIER_MOST]:
        search = leads.search(before(leads.object.created_at, scope.since), equals(name, value))
        try:
            told = ask.page(search, [])
        except Refused:
            continue  # left out, as the contract has it: the caller says what is not known
        found[name, value] = Evidence(str(search), told.total)
    return found


def judged(
    ask: Asking, object: str, prefix: str, since: Mapping[str, str], samples: int = SAMPLES
) -> dict[str, Evidence]:
    """Lead type → its leads whose clock started at or after the instant (UTC ISO). One request each; what may not be
    counted, or is no instant, is left out."""
    names = Names(prefix)
    found: dict[str, Evidence] = {}
    for id, text in since.items():
        at = parsed(text)
        if at is None:
            continue
        search = Search(object, ((equals(names.prop("lead_type"), id), not_before(names.prop("sla_started_at"), at)),))
        try:
            told = ask.page(search, [], samples)
        except Refused:
            continue  # left out, as the contract has it: the caller says what is not known
        found[id] = Evidence(str(search), told.total, tuple(row.id for row in told.rows))
    return found

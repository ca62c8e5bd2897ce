"""Leads whose data contradicts itself.

Where a search can say it, its total is the answer. Where it cannot (two properties against each other, conditions on
parts of a text, opening hours), the leads that come into question are read and looked at, up to 10,000 of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from provisioner.facts import Check, Evidence, Unasked
from provisioner.model.design import All, Any_, Condition, Design, Test
from provisioner.model.uses import step_count, steps_of, tests_of
from provisioner.sla.calendar import Calendar
from provisioner.sla.classification import evaluate
from provisioner.targets.hubspot.audit.answers import Asking, Filter, Refused, Row, Search
from provisioner.targets.hubspot.audit.leads import OWNER, WAITING_FOR_DUE, Leads
from provisioner.targets.hubspot.audit.people import not_persons
from provisioner.targets.hubspot.audit.where import (
    among,
    before,
    between,
    blank,
    compared,
    equals,
    known,
    number,
    parsed,
)
from provisioner.targets.hubspot.code import computes
from provisioner.targets.hubspot.conditions import kinds
from provisioner.targets.hubspot.names import UNTRACKED, hours_of

ASSIGNED_AT = "hubspot_owner_assigneddate"
SETTLES = timedelta(minutes=15)  # that workflows may take with a lead; they run after the event, not with it
WAITS = timedelta(days=7)  # that a lead may wait for an office to open
GROUPS_MOST = 4  # of four filters each, in one search of 18
_NO_CASE = "The design has no such case."


def read(leads: Leads, ask: Asking) -> tuple[dict[Check, Evidence], list[Unasked]]:
    """What was counted; a check that was not answered is named in the second part."""
    found: dict[Check, Evidence] = {}
    unasked: list[Unasked] = []
    for check, count in _COUNTS.items():
        try:
            found[check] = count(leads, ask)
        except Refused as refused:
            unasked.append(Unasked(f"checks/{check}", refused.why))
    text = "HubSpot converts no contact or lead, so that nothing tells that one is finished but its clock."
    unasked.append(Unasked("checks/closed_with_clock", text, untold=True))
    if born(leads) is None and "assigned_without_clock" in found:
        text = "When the design came into the account is not known; leads that no workflow saw were not looked for."
        unasked.append(Unasked("checks/assigned_without_clock/unseen", text))
    return found, unasked


def born(leads: Leads) -> datetime | None:
    """When the design came: its lead type property was created then."""
    raw = (leads.properties or {}).get(leads.names.prop("lead_type"), {})
    return parsed(str(raw.get("createdAt") or ""))


def _total(leads: Leads, ask: Asking, search: Search) -> Evidence:
    told = ask.page(search, [], max(1, leads.scope.samples))
    return Evidence(str(search), told.total, tuple(row.id for row in told.rows[: leads.scope.samples]))


def _looked_at(
    leads: Leads, ask: Asking, searches: Iterable[Search], properties: Iterable[str], is_meant: Callable[[Row], bool]
) -> Evidence:
    """The leads of any of these searches that are meant, each once."""
    ids: dict[str, None] = {}
    asked: list[Search] = []
    sampled = None
    for search in searches:
        asked.append(search)
        told = ask.rows(search, list(dict.fromkeys(properties)))
        ids.update(dict.fromkeys(row.id for row in told.rows if is_meant(row)))
        sampled = told.sampled if sampled is None else sampled
    found = sorted(ids, key=lambda id: (len(id), id))
    return Evidence(" and ".join(map(str, asked)), len(found), tuple(found[: leads.scope.samples]), sampled)


# ------------------------------------------------------------------ the checks


def _without_clock(leads: Leads, ask: Asking) -> Evidence:
    """Leads that were there before the design, and have had no new owner since, are right to have no clock. So are
    those that wait for opening hours, and those that a workflow may not have seen yet."""
    started, assigned = leads.prop("sla_started_at"), leads.prop("assigned_at")
    status, asked = leads.prop("sla_status"), leads.prop("clock_requested_at")
    flag, created = leads.prop("excluded"), leads.object.created_at
    owned: list[list[Filter]] = [[leads.window, known(OWNER), blank(started), known(assigned)]]
    came = born(leads)
    if came is not None and came <= leads.scope.now:
        new = between(created, max(came, leads.scope.since), leads.scope.now)
        owned.append([new, known(OWNER), blank(started)])
    nobody = not_persons(leads.design, ask)
    design, now = leads.design, leads.scope.now
    fields = fields_of([*(item.when for item in design.lead_types), *(item.when for item in design.exclusions)])

    def is_meant(row: Row) -> bool:
        at = max((at for name in (ASSIGNED_AT, created) if (at := parsed(row.text(name)))), default=None)
        waits = parsed(row.text(asked)) if row.text(status) == "waiting" else None
        return not (
            row.text(OWNER) in nobody
            or row.text(flag) == "true"
            or (at is not None and at > now - SETTLES)
            or (waits is not None and waits > now - WAITS)
            or is_excluded(design, row)
            or not is_tracked(design, row)
        )

    search = Search(leads.object.path, tuple(map(tuple, owned)))
    wanted = [OWNER, ASSIGNED_AT, created, status, asked, flag, *fields]
    return _looked_at(leads, ask, [search], wanted, is_meant)


def _without_type(leads: Leads, ask: Asking) -> Evidence:
    kind = leads.prop("lead_type")
    groups = [[known(leads.prop("sla_started_at")), blank(kind)], [leads.running, equals(kind, UNTRACKED)]]
    return _total(leads, ask, leads.in_window().in_any(groups))


def _early_touch(leads: Leads, ask: Asking) -> Evidence:
    """Those without a human delay come into question. A touch of an earlier engagement says nothing."""
    touched, assigned, engaged = leads.prop("first_touch_at"), leads.prop("assigned_at"), leads.prop("engaged_at")
    search = leads.in_window(known(touched), known(assigned), compared(leads.prop("human_delay_minutes"), "LTE", "0"))

    def is_meant(row: Row) -> bool:
        touch, given, began = (parsed(row.text(name)) for name in (touched, assigned, engaged))
        return touch is not None and given is not None and touch < given and (began is None or touch >= began)

    return _looked_at(leads, ask, [search], [touched, assigned, engaged], is_meant)


def _negative(leads: Leads, ask: Asking) -> Evidence:
    delays = [leads.prop("systems_delay_minutes"), leads.prop("speed_to_lead_minutes")]
    return _total(leads, ask, leads.in_window().in_any([compared(name, "LT", "0")] for name in delays))


def _stuck(leads: Leads, ask: Asking) -> Evidence:
    """A step's time, or the due time, is past by more than the grace, and nothing was made of it. Where workflows wait
    for opening hours, the grace is of open time."""
    names, now = leads.names, leads.scope.now
    past = now - timedelta(minutes=leads.scope.grace)
    level, status, due = leads.prop("escalation_level"), leads.prop("sla_status"), leads.prop("sla_due_at")
    touched, engaged = leads.prop("first_touch_at"), leads.prop("engaged_at")
    steps = {number: leads.needed(names.step_at(number)) for number in range(1, step_count(leads.design) + 1)}
    groups = [[among(status, WAITING_FOR_DUE), before(due, past)]]
    groups += [[leads.running, before(at, past), compared(level, "LT", str(n))] for n, at in steps.items()]
    parts = [groups[place : place + GROUPS_MOST] for place in range(0, len(groups), GROUPS_MOST)]
    searches = [leads.in_window().in_any(part) for part in parts]
    clocks = _Clocks(leads)

    def is_meant(row: Row) -> bool:
        kind = leads.type_of(row)
        touch, began = parsed(row.text(touched)), parsed(row.text(engaged))
        if row.text(leads.prop("excluded")) == "true" or (touch and (began is None or touch >= began)):
            return False
        done = number(row.text(level)) or 0
        waiting = [parsed(row.text(at)) for n, at in steps.items() if done < n <= clocks.steps(kind)]
        if row.text(status) in WAITING_FOR_DUE:
            waiting.append(parsed(row.text(due)))
        return any(at is not None and clocks.open_minutes(kind, at) > leads.scope.grace for at in waiting)

    wanted = [level, status, due, touched, engaged, leads.prop("lead_type"), leads.prop("excluded"), *steps.values()]
    return _looked_at(leads, ask, searches, wanted, is_meant)


class _Clocks:
    """Open minutes since an instant, and how many steps there are, by lead type."""

    def __init__(self, leads: Leads) -> None:
        design = leads.design
        self._now = leads.scope.now.astimezone(UTC)
        self._steps = {item.id: len(steps_of(design, item)) for item in design.lead_types}
        self._calendars: dict[str, Calendar] = {}
        for item in design.lead_types:
            hours = hours_of(design, item)
            if hours is not None and not computes(design, item):
                self._calendars[item.id] = Calendar.of(hours)

    def steps(self, lead_type: str | None) -> int:
        return self._steps.get(lead_type or "", 0)

    def open_minutes(self, lead_type: str | None, at: datetime) -> float:
        if at >= self._now:
            return 0
        calendar = self._calendars.get(lead_type or "")
        return float(calendar.open_minutes(at, self._now)) if calendar else (self._now - at).total_seconds() / 60


def _excluded(leads: Leads, ask: Asking) -> Evidence:
    design = leads.design
    if not design.exclusions:
        return Evidence(_NO_CASE, 0)
    narrowed = [_narrowed(item.when, kinds(design)) for item in design.exclusions]
    groups = [group for found in narrowed if found is not None for group in found]
    search = leads.in_window(leads.running)
    if None not in narrowed and len(groups) <= GROUPS_MOST:
        search = search.in_any(groups)
    fields = fields_of(item.when for item in design.exclusions)
    return _looked_at(leads, ask, [search], fields, lambda row: is_excluded(design, row))


def _narrowed(condition: Condition, kind_of: Mapping[str, str]) -> list[list[Filter]] | None:
    """Groups that take every lead that meets the condition, and perhaps others; None when a search cannot say it."""
    match condition:
        case Test(field, "in", values) if kind_of.get(field) == "enumeration" and all(values):
            return [[among(field, map(str, values))]]
        case All(parts):
            return next((found for part in parts if (found := _narrowed(part, kind_of)) is not None), None)
        case Any_(parts):
            each = [_narrowed(part, kind_of) for part in parts]
            return None if None in each else [group for found in each for group in found or ()]
        case _:
            return None


def fields_of(conditions: Iterable[Condition]) -> list[str]:
    return list(dict.fromkeys(test.field for condition in conditions for test in tests_of(condition)))


def is_excluded(design: Design, row: Row) -> bool:
    return any(evaluate(item.when, row.values) for item in design.exclusions)


def is_tracked(design: Design, row: Row) -> bool:
    if design.unmatched.track_as is not None:
        return True
    return any(evaluate(item.when, row.values) for item in design.lead_types)


_COUNTS: dict[Check, Callable[[Leads, Asking], Evidence]] = {
    "assigned_without_clock": _without_clock,
    "clock_without_lead_type": _without_type,
    "touch_before_assignment": _early_touch,
    "negative_delay": _negative,
    "stuck_step": _stuck,
    "excluded_with_clock": _excluded,
}

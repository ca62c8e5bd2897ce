"""Weeks of clocks: how many, how they ended, and how long people waited. Weeks are Monday to Sunday in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from provisioner.facts import Period, Scope, Totals
from provisioner.targets.hubspot.audit.answers import PAGE, Asking, Filter, Row
from provisioner.targets.hubspot.audit.leads import Leads
from provisioner.targets.hubspot.audit.where import between, known, number, outside, parsed
from provisioner.targets.hubspot.names import UNTRACKED

DAYS = 7
DELAYS = ("systems_delay_minutes", "human_delay_minutes")


def weeks(scope: Scope) -> list[tuple[date, date]]:
    """`[start, end)` of the wanted whole weeks and of the running one, oldest first."""
    today = scope.now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=back) for back in range(scope.weeks, -1, -1)]
    return [(start, start + timedelta(weeks=1)) for start in starts]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def properties(leads: Leads) -> list[str]:
    return [leads.prop(word) for word in ("sla_started_at", "sla_status", "sla_due_at", *DELAYS)]


def started(leads: Leads, start: date, end: date) -> Filter:
    """The clock started in these days, and not later than now."""
    last = min(midnight(end) - timedelta(milliseconds=1), leads.scope.now)
    return between(leads.prop("sla_started_at"), midnight(start), max(last, midnight(start)))


def in_weeks(leads: Leads) -> Filter:
    all_weeks = weeks(leads.scope)
    return started(leads, all_weeks[0][0], all_weeks[-1][1])


def read(leads: Leads, ask: Asking, rows: Sequence[Row] | None) -> tuple[Period, ...]:
    """`rows`: the leads whose clock started in these weeks; None when they are too many: then numbers are counted, and
    means are taken over a part of every day."""
    if rows is None:
        return tuple(_counted(leads, ask, start, end) for start, end in weeks(leads.scope))
    name = leads.prop("sla_started_at")
    by_week: dict[date, list[Row]] = {}
    for row in rows:
        at = parsed(row.text(name))
        if at is not None and at <= leads.scope.now:
            by_week.setdefault(at.date() - timedelta(days=at.weekday()), []).append(row)
    return tuple(_of(leads, start, end, by_week.get(start, ())) for start, end in weeks(leads.scope))


def _of(leads: Leads, start: date, end: date, rows: Sequence[Row]) -> Period:
    verdicts = [leads.verdict_of(row) for row in rows]
    systems, human = (_mean([(1, rows)], leads.prop(word)) for word in DELAYS)
    return Period(start, end, len(rows), verdicts.count("Hit"), verdicts.count("Miss"), systems, human)


def _counted(leads: Leads, ask: Asking, start: date, end: date) -> Period:
    of_week = leads.search(started(leads, start, end))
    total = ask.page(of_week, []).total
    if not total:
        return Period(start, end, 0, 0, 0)
    hits, misses = (ask.page(of_week.in_any(leads.judged(verdict)), []).total for verdict in ("Hit", "Miss"))
    days: list[tuple[float, Sequence[Row]]] = []
    for place in range(DAYS):
        day = start + timedelta(days=place)
        if midnight(day) <= leads.scope.now:
            told = ask.page(leads.search(started(leads, day, day + timedelta(days=1))), properties(leads), PAGE)
            if told.rows:
                days.append((told.total / len(told.rows), told.rows))
    seen = sum(len(rows) for _, rows in days)
    systems, human = (_mean(days, leads.prop(word)) for word in DELAYS)
    return Period(start, end, total, hits, misses, systems, human, seen if seen < total else None)


def _mean(parts: Iterable[tuple[float, Sequence[Row]]], name: str) -> float | None:
    """Over all rows; those of a part weigh as many as each stands for."""
    known_ones = [
        (weight, value) for weight, rows in parts for row in rows if (value := number(row.text(name))) is not None
    ]
    size = sum(weight for weight, _ in known_ones)
    return sum(weight * value for weight, value in known_ones) / size if size else None


def read_totals(leads: Leads, ask: Asking, rows: Sequence[Row] | None) -> Totals:
    """`rows`: all leads of the window; None when they are too many, and are counted by four searches."""
    kind, begun = leads.prop("lead_type"), leads.prop("sla_started_at")
    if rows is not None:
        return Totals(
            leads=len(rows),
            typed=sum(leads.type_of(row) is not None for row in rows),
            clocks=sum(row.text(begun) is not None for row in rows),
            judged=sum(leads.verdict_of(row) is not None for row in rows),
        )
    search = leads.in_window()
    verdicts = search.in_any([*leads.judged("Hit"), *leads.judged("Miss")])
    searches = (search, search.also(known(kind), outside(kind, [UNTRACKED])), search.also(known(begun)), verdicts)
    return Totals(*(ask.page(item, []).total for item in searches))

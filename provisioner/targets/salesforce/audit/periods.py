"""Weeks of clocks: how many, how they ended, and how long people waited. Weeks are Monday to Sunday in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from provisioner.facts import Period, Scope, Totals, Unasked
from provisioner.targets.salesforce.audit.answers import Answer, Answers, Refusal, decimal, number, text, unasked
from provisioner.targets.salesforce.audit.leads import LATE, MET, Leads, parsed
from provisioner.targets.salesforce.audit.where import every, instant, some

TOTALS, JUDGED, OVERDUE = "totals", "totals/judged", "periods/overdue"


def weeks(scope: Scope) -> list[tuple[date, date]]:
    """`[start, end)` of the wanted whole weeks and of the running one, oldest first."""
    today = scope.now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=back) for back in range(scope.weeks, -1, -1)]
    return [(start, start + timedelta(weeks=1)) for start in starts]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def questions(leads: Leads) -> dict[str, str]:
    """One query per week, by status, with the means of the delays, and one for the clocks that are overdue although no
    timer has marked them. [docs] A formula can be averaged when it is a number, but not grouped."""
    status, started = leads.field("SLA_Status"), leads.field("SLA_Started_At")
    systems, human = leads.field("Systems_Delay_Minutes"), leads.field("Human_Delay_Minutes")
    what = (
        f"{status}, COUNT(Id) n, AVG({systems}) systems, COUNT({systems}) systems_n, "
        f"AVG({human}) human, COUNT({human}) human_n"
    )
    all_weeks = weeks(leads.scope)
    asked = {
        f"periods/{start}": leads.select(what, _started(leads, start, end), end=f"GROUP BY {status}")
        for start, end in all_weeks
    }
    whole = _started(leads, all_weeks[0][0], all_weeks[-1][1])
    asked[OVERDUE] = leads.select(started, whole, leads.overdue)
    asked[TOTALS] = _totals(leads)
    return asked


def _started(leads: Leads, start: date, end: date) -> str:
    """The clock started in these days, and not later than now (it starts at the next opening)."""
    started = leads.field("SLA_Started_At")
    last = min(midnight(end), leads.scope.now + timedelta(seconds=1))
    return every(f"{started} >= {instant(midnight(start))}", f"{started} < {instant(last)}")


def _totals(leads: Leads) -> str:
    lead_type, started = leads.field("Lead_Type"), leads.field("SLA_Started_At")
    return leads.select(f"COUNT(Id) n, COUNT({lead_type}) typed, COUNT({started}) clocks", leads.window)


def further(leads: Leads, answers: Answers) -> dict[str, str]:
    """When more are overdue than one page tells: how many, week by week."""
    told = answers.get(OVERDUE)
    if not isinstance(told, Answer) or told.total <= len(told.rows):
        return {}
    return {
        f"{OVERDUE}/{start}": leads.select("COUNT(Id) n", _started(leads, start, end), leads.overdue)
        for start, end in weeks(leads.scope)
    }


def read(leads: Leads, answers: Answers) -> tuple[Period, ...] | None:
    """None when a week was not answered, or what is overdue was not."""
    overdue = _overdue(leads, answers)
    found: list[Period] = []
    for start, end in weeks(leads.scope):
        told = answers.get(f"periods/{start}")
        if overdue is None or not isinstance(told, Answer):
            return None
        found.append(_period(leads, start, end, told.rows, overdue.get(start, 0)))
    return tuple(found)


def _overdue(leads: Leads, answers: Answers) -> dict[date, int] | None:
    told = answers.get(OVERDUE)
    if not isinstance(told, Answer):
        return None
    counts: dict[date, int] = {}
    if told.total <= len(told.rows):
        for row in told.rows:
            at = parsed(text(row, leads.field("SLA_Started_At")))
            if at is not None:
                day = at.astimezone(UTC).date()
                monday = day - timedelta(days=day.weekday())
                counts[monday] = counts.get(monday, 0) + 1
        return counts
    for start, _ in weeks(leads.scope):
        one = answers.get(f"{OVERDUE}/{start}")
        if not isinstance(one, Answer):
            return None
        counts[start] = sum(number(row, "n") for row in one.rows)
    return counts


def _period(leads: Leads, start: date, end: date, rows: Iterable[Mapping[str, Any]], overdue: int) -> Period:
    rows = list(rows)
    by_status = {text(row, leads.field("SLA_Status")): number(row, "n") for row in rows}
    return Period(
        start=start,
        end=end,
        clocks=sum(by_status.values()),
        hits=by_status.get(MET, 0),
        misses=by_status.get(LATE, 0) + overdue,
        systems_delay=_mean(rows, "systems"),
        human_delay=_mean(rows, "human"),
    )


def _mean(rows: Iterable[Mapping[str, Any]], name: str) -> float | None:
    """The mean over all groups from the means and sizes of each."""
    weights = [(decimal(row, name), number(row, f"{name}_n")) for row in rows]
    known = [(mean, size) for mean, size in weights if mean is not None and size]
    size = sum(count for _, count in known)
    return sum(mean * count for mean, count in known) / size if size else None


def judged_question(leads: Leads) -> dict[str, str]:
    """Leads with a verdict; for when no values are counted, whose verdicts would tell."""
    clauses = some(leads.verdict("Hit"), leads.verdict("Miss"))
    return {JUDGED: leads.select("COUNT(Id) n", leads.window, clauses)}


def read_totals(answers: Answers, judged: int | None) -> Totals | None:
    """`judged`: leads with a verdict, as counted by value; None = that was not counted."""
    told, alone = answers.get(TOTALS), answers.get(JUDGED)
    if judged is None and isinstance(alone, Answer) and alone.rows:
        judged = number(alone.rows[0], "n")
    if not isinstance(told, Answer) or judged is None or not told.rows:
        return None
    row = told.rows[0]
    return Totals(number(row, "n"), number(row, "typed"), number(row, "clocks"), judged)


def left_out(leads: Leads, answers: Answers) -> Iterator[Unasked]:
    for key in (TOTALS, JUDGED):
        if isinstance(answers.get(key), Refusal):
            yield unasked("totals", answers, key)
    keys = [key for key in questions(leads) if key != TOTALS]
    missing = [key for key in [*keys, *further(leads, answers)] if not isinstance(answers.get(key), Answer)]
    if missing:
        yield unasked("periods", answers, missing[0])

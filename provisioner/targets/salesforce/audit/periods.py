"""Weeks of clocks: how many, how they ended, and how long people waited. Weeks are Monday to Sunday in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from provisioner.facts import Period, Scope, Totals, Unasked
from provisioner.targets.salesforce.audit.answers import (
    GROUPS_MOST,
    Answer,
    Answers,
    Refusal,
    decimal,
    number,
    text,
    unasked,
)
from provisioner.targets.salesforce.audit.leads import LATE, MET, Leads
from provisioner.targets.salesforce.audit.where import every, instant, some

TOTALS, JUDGED, DAYS, OVERDUE = "totals", "totals/judged", "periods/days", "periods/overdue"


def weeks(scope: Scope) -> list[tuple[date, date]]:
    """`[start, end)` of the wanted whole weeks and of the running one, oldest first."""
    today = scope.now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=back) for back in range(scope.weeks, -1, -1)]
    return [(start, start + timedelta(weeks=1)) for start in starts]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def questions(leads: Leads) -> dict[str, str]:
    """By day and status, with the means of the delays; and by day the clocks that are overdue although no timer has
    marked them. [docs] DAY_ONLY is the day in UTC, and may be grouped by; a formula that is a number can be averaged,
    but not grouped. Seventy days of seven statuses stay far below the most groups of one answer."""
    status, started = leads.field("SLA_Status"), leads.field("SLA_Started_At")
    systems, human = leads.field("Systems_Delay_Minutes"), leads.field("Human_Delay_Minutes")
    what = (
        f"DAY_ONLY({started}) day, {status}, COUNT(Id) n, AVG({systems}) systems, COUNT({systems}) systems_n, "
        f"AVG({human}) human, COUNT({human}) human_n"
    )
    within, by_day = _started(leads), f"GROUP BY DAY_ONLY({started})"
    return {
        DAYS: leads.select(what, within, end=f"{by_day}, {status} LIMIT {GROUPS_MOST}"),
        OVERDUE: leads.select(f"DAY_ONLY({started}) day, COUNT(Id) n", within, leads.overdue, end=by_day),
        TOTALS: _totals(leads),
    }


def _started(leads: Leads) -> str:
    """The clock started in the weeks that are wanted, and not later than now (it starts at the next opening)."""
    started, all_weeks = leads.field("SLA_Started_At"), weeks(leads.scope)
    last = min(midnight(all_weeks[-1][1]), leads.scope.now + timedelta(seconds=1))
    return every(f"{started} >= {instant(midnight(all_weeks[0][0]))}", f"{started} < {instant(last)}")


def _totals(leads: Leads) -> str:
    lead_type, started = leads.field("Lead_Type"), leads.field("SLA_Started_At")
    return leads.select(f"COUNT(Id) n, COUNT({lead_type}) typed, COUNT({started}) clocks", leads.window)


def read(leads: Leads, answers: Answers) -> tuple[Period, ...] | None:
    """None when the days were not answered, or what is overdue was not."""
    told, late = answers.get(DAYS), answers.get(OVERDUE)
    if not isinstance(told, Answer) or not isinstance(late, Answer) or len(told.rows) >= GROUPS_MOST:
        return None
    return tuple(
        _period(leads, start, end, list(_of_week(told.rows, start, end)), _sum(_of_week(late.rows, start, end)))
        for start, end in weeks(leads.scope)
    )


def _of_week(rows: Iterable[Mapping[str, Any]], start: date, end: date) -> Iterator[Mapping[str, Any]]:
    return (row for row in rows if start.isoformat() <= text(row, "day") < end.isoformat())


def _sum(rows: Iterable[Mapping[str, Any]]) -> int:
    return sum(number(row, "n") for row in rows)


def _period(leads: Leads, start: date, end: date, rows: Sequence[Mapping[str, Any]], overdue: int) -> Period:
    status = leads.field("SLA_Status")
    by_status: dict[str, int] = {}
    for row in rows:
        by_status[text(row, status)] = by_status.get(text(row, status), 0) + number(row, "n")
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
    missing = [key for key in (DAYS, OVERDUE) if not isinstance(answers.get(key), Answer)]
    if missing:
        yield unasked("periods", answers, missing[0])
    elif read(leads, answers) is None:
        yield Unasked("periods", "The weeks hold more groups than Salesforce tells at once.")

"""M5: does it still work as well as it did? Whole weeks are compared; the running one is not finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from statistics import median
from typing import Final

from provisioner.facts import Evidence, Period
from provisioner.insight.audit import FINDINGS, Audit, count_text
from provisioner.insight.finding import Found

ENOUGH: Final = 20
"""Fewer verdicts (or clocks) than this in a week say nothing about it."""
RISE: Final = Fraction(20, 100)
"""How much the share of misses may rise from one week to the next, relative to itself."""
MORE: Final = 5
"""How many misses more than expected a rise has to be, so that chance in a small team is no alarm."""
DELAY: Final = 3.0
"""Minutes that the mean systems delay of a week may lie above the mean of the weeks before it."""
NOISY: Final = 50
"""Alerts to one person in seven days from which on people stop reading them: ten per working day."""
LOUDER: Final = 2
"""How many times the median of the others somebody has to hear."""


@FINDINGS.kind("M501", "The share of missed leads rose")
def misses(audit: Audit) -> Iterator[Found]:
    """In the last whole week the share of misses was more than 20 % higher (of itself) than in the week before. Both
    weeks need 20 verdicts, and there must be at least 5 misses more than the old share would have given.

    Why: something changed in the team or in what comes in, and it is a week old at most.

    Found: verdicts by the week in which their clock started, Monday to Sunday in UTC.

    Fix: see by lead type and by rep where the misses are; look at who was away.

    Example: 12 % missed in the week before, 19 % last week.
    """
    weeks = _rise(audit)
    if weeks is not None and _delay(audit) is None:
        yield _worse(audit, weeks)


@FINDINGS.kind("M502", "Leads wait longer before anybody has them")
def delay(audit: Audit) -> Iterator[Found]:
    """The mean systems delay of the last whole week lies more than 3 minutes above the mean of the weeks before it
    (each weighed by its clocks). Both sides need 20 clocks.

    Why: this is time that no rep can make good: routing, enrichment or a queue is slower.

    Found: the mean of the systems delay by week.

    Fix: see what was added between the form and the assignment; `delays` finds fixed waits on the way.

    Example: 2.1 minutes on average before, 7.4 last week.
    """
    weeks = _delay(audit)
    if weeks is not None and _rise(audit) is None:
        yield _slower(audit, weeks)


@FINDINGS.kind("M503", "Routing is broken: leads come late, and more are missed", severity="error")
def broken(audit: Audit) -> Iterator[Found]:
    """M501 and M502 at once, in the same week. They are then reported as this one.

    Why: leads reach people late, and people answer late or not at all: most often a routing rule or an integration
    broke.

    Found: as for M501 and M502.

    Fix: follow one lead of last week from the form to its owner.

    Example: the enrichment tool times out; every lead waits for it, and the morning's leads arrive after hours.
    """
    rise, slower = _rise(audit), _delay(audit)
    if rise is not None and slower is not None:
        one, other = _worse(audit, rise), _slower(audit, slower)
        yield Found(
            subject="routing",
            detail=f"{one.detail} {other.detail}",
            consequence="Leads reach people late, and more of them are missed: together this is most often routing.",
            fix="Follow one lead of last week from its form to its owner; look at routing rules and integrations.",
            evidence=one.evidence,
            figures={**one.figures, **other.figures},
        )


@FINDINGS.kind("M504", "Somebody gets more alerts than a person reads")
def noisy(audit: Audit) -> Iterator[Found]:
    """A person got more than 50 alerts in seven days, and more than twice the median of the others (when there are
    others).

    Why: who is alerted all day reads none of them; the urgent one drowns.

    Found: alerts by owner over the last seven days, as the status of their leads tells.

    Fix: alert later or fewer people for the slow lead types, or share the leads out.

    Example: Jo Diaz got 140 alerts, her colleagues about 20.
    """
    alerts = audit.facts.alerts or ()
    for person, count in alerts:
        others = [number for other, number in alerts if other.id != person.id]
        if count > NOISY and (not others or count > LOUDER * median(others)):
            usual = f"; the median of {count_text(len(others), 'other')} is {median(others):g}" if others else ""
            yield Found(
                subject=f"{person.name} ({person.email or person.id})",
                detail=f"{person.name} got {count_text(count, 'alert')} in seven days{usual}.",
                consequence="Alerts that come all day are not read, and the urgent one drowns.",
                fix="Alert later or only for urgent lead types (escalation), or share the leads out.",
                evidence=Evidence("alerts by owner, last seven days", count),
                where="/escalation",
                figures={"alerts": count},
            )


def health_notes(audit: Audit) -> Iterator[str]:
    """What could not be compared for want of numbers."""
    if audit.facts.periods is not None and _judged_weeks(audit) is None:
        yield f"Misses were not compared: two whole weeks with at least {ENOUGH} verdicts each are needed."
    if audit.facts.periods is not None and _timed_weeks(audit) is None:
        yield f"Systems delay was not compared: it needs a last week and earlier weeks with at least {ENOUGH} clocks."


def _whole(audit: Audit) -> list[Period]:
    return [period for period in audit.facts.periods or () if period.end <= audit.now.date()]


def _judged(period: Period) -> int:
    return period.hits + period.misses


def _judged_weeks(audit: Audit) -> tuple[Period, Period] | None:
    weeks = _whole(audit)
    if len(weeks) < 2 or weeks[-2].end != weeks[-1].start or min(map(_judged, weeks[-2:])) < ENOUGH:
        return None
    return weeks[-2], weeks[-1]


def _rise(audit: Audit) -> tuple[Period, Period] | None:
    weeks = _judged_weeks(audit)
    if weeks is None:
        return None
    before, last = weeks
    old, new = Fraction(before.misses, _judged(before)), Fraction(last.misses, _judged(last))
    more = last.misses - old * _judged(last)
    return weeks if new > old * (1 + RISE) and more >= MORE else None


def _timed_weeks(audit: Audit) -> tuple[Sequence[Period], Period] | None:
    weeks = _whole(audit)
    timed = [week for week in weeks if week.systems_delay is not None and week.clocks]
    if not timed or timed[-1] is not weeks[-1]:
        return None
    before, last = timed[:-1], timed[-1]
    if last.clocks < ENOUGH or sum(week.clocks for week in before) < ENOUGH:
        return None
    return before, last


def _delay(audit: Audit) -> tuple[float, Period] | None:
    weeks = _timed_weeks(audit)
    if weeks is None:
        return None
    before, last = weeks
    usual = sum((week.systems_delay or 0.0) * week.clocks for week in before) / sum(week.clocks for week in before)
    return (usual, last) if (last.systems_delay or 0.0) - usual > DELAY else None


def _worse(audit: Audit, weeks: tuple[Period, Period]) -> Found:
    before, last = weeks
    old, new = before.misses / _judged(before), last.misses / _judged(last)
    return Found(
        subject="miss rate",
        detail=f"{new:.0%} of the leads of the week of {last.start} were missed ({last.misses} of {_judged(last)}), "
        f"{old:.0%} in the week before ({before.misses} of {_judged(before)}).",
        consequence=f"About {last.misses - old * _judged(last):.0f} leads waited too long that would not have before.",
        fix="See by lead type and by rep where the misses are.",
        evidence=Evidence(f"verdicts by week, {before.start} to {last.end}", last.misses, sampled=last.sampled),
        figures={"before": round(old, 4), "now": round(new, 4)},
    )


def _slower(audit: Audit, weeks: tuple[float, Period]) -> Found:
    usual, last = weeks
    late = last.systems_delay or 0.0
    return Found(
        subject="systems delay",
        detail=f"Leads of the week of {last.start} waited {late:.1f} minutes on average until somebody had them; "
        f"{usual:.1f} minutes in the weeks before.",
        consequence=f"{late - usual:.1f} minutes of every lead are lost before a rep can act.",
        fix="See what was added between the form and the assignment.",
        evidence=Evidence(f"mean systems delay by week, until {last.end}", last.clocks, sampled=last.sampled),
        figures={"usual_minutes": round(usual, 1), "now_minutes": round(late, 1)},
    )

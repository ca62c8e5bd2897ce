"""What the reports of a design must show, counted from the oracle's outcomes and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from provisioner.model.design import REJECTIONS, Design
from provisioner.sla.state import LeadState, Measures, measures, minutes, response_score

from .oracle import Told

CONVERTED = "Closed - Converted"
ORG_ZONE = ZoneInfo("America/Los_Angeles")
Figures = dict[str, list[float | None]]


@dataclass(frozen=True)
class Fact:
    """A lead as reports see it."""

    state: LeadState
    measures: Measures
    type: str
    owner: str
    team: str
    source: str
    reason: str
    now: datetime

    def passed(self, a: str, b: str) -> float | None:
        begin, end = self.state.stage_at.get(a), self.state.stage_at.get(b)
        return None if begin is None or end is None or end < begin else _minutes((end - begin) // timedelta(seconds=1))

    @property
    def lost(self) -> str:
        if self.state.excluded or self.state.converted or self.state.first_touch_at is not None:
            return ""
        if self.state.assigned_at is None:
            return "Never assigned"
        if self.state.sla_started_at is None:
            return "Assigned without a clock"
        return "Never touched" if self.measures.result == "Miss" else ""


Way = Callable[[Fact], str]


def facts(
    design: Design, stories: Iterable[Told], now: datetime, names: Mapping[str, str], teams: Mapping[str, str]
) -> list[Fact]:
    """`names` and `teams`: of owners, by their key."""
    labels = {lead_type.id: lead_type.label for lead_type in design.lead_types}
    found = []
    for told in stories:
        state = told.state
        assert state is not None and state.owner is not None
        owner, values = state.owner.key, told.values
        reason = values.get(f"{design.target.prefix}_Rejection_Reason__c") or ""
        found.append(
            Fact(
                state, measures(state, now), labels.get(state.lead_type or "", "-"), names[owner],
                teams.get(owner, "-"), values.get("LeadSource") or "-", reason, now,
            )
        )  # fmt: skip
    return found


class Counted:
    """`figure` names are those of the vendor's API: RowCount, s! and a! for sums and averages, FORMULA1 and so on."""

    def __init__(self, design: Design, leads: list[Fact], now: datetime) -> None:
        self.design, self.now, self.prefix = design, now, design.target.prefix
        self.leads = leads

    def report(self, word: str) -> tuple[tuple[str, ...], Figures]:
        """Of a word of `reports.include`: which figures, and these by group."""
        if word.startswith("compliance_by_"):
            return self._compliance(word.removeprefix("compliance_by_"))
        made: Callable[[], tuple[tuple[str, ...], Figures]] = getattr(self, f"_{word}")
        return made()

    def _field(self, word: str) -> str:
        return f"Lead.{self.prefix}_{word}__c"

    def _this_month(self, at: datetime | None) -> bool:
        return at is not None and _month(at) == _month(self.now)

    def _judged(self) -> list[Fact]:
        return [one for one in self.leads if self._this_month(one.state.engaged_at) and one.measures.result]

    def _compliance(self, by: str) -> tuple[tuple[str, ...], Figures]:
        ways: dict[str, Way] = {
            "type": lambda one: one.type,
            "rep": lambda one: one.owner,
            "team": lambda one: one.team,
            "source": lambda one: one.source,
            "week": lambda one: _week(one.state.engaged_at),
        }

        def share(part: list[Fact]) -> list[float | None]:
            hits = sum(one.measures.result == "Hit" for one in part)
            return [hits / len(part) * 100 if part else None, hits, len(part)]

        figures = ("FORMULA1", f"s!{self._field('SLA_Hits')}", "RowCount")
        return figures, _grouped(self._judged(), ways[by], share)

    def _trend(self) -> tuple[tuple[str, ...], Figures]:
        def speed(part: list[Fact]) -> list[float | None]:
            return [_mean(_minutes(one.measures.speed_to_lead) for one in part), len(part)]

        figures = (f"a!{self._field('Speed_To_Lead_Minutes')}", "RowCount")
        return figures, _grouped(self._judged(), lambda one: _day(one.state.engaged_at), speed)

    def _delay_split(self) -> tuple[tuple[str, ...], Figures]:
        def delays(part: list[Fact]) -> list[float | None]:
            return [
                _mean(_minutes(one.measures.systems_delay) for one in part),
                _mean(_minutes(one.measures.human_delay) for one in part),
            ]

        figures = tuple(f"a!{self._field(f'{who}_Delay_Minutes')}" for who in ("Systems", "Human"))
        return figures, _grouped(self._judged(), lambda one: one.type, delays)

    def _breaches_today(self) -> tuple[tuple[str, ...], Figures]:
        today = _day(self.now)
        missed = [one for one in self.leads if one.measures.result == "Miss" and _day(one.state.sla_due_at) == today]
        return ("RowCount",), _grouped(missed, lambda one: one.owner, _count)

    def _aging_open_clocks(self) -> tuple[tuple[str, ...], Figures]:
        def age(part: list[Fact]) -> list[float | None]:
            begun = [one.state.engaged_at for one in part]
            ages = [_minutes((self.now - at) // timedelta(seconds=1)) for at in begun if at is not None]
            return [_mean(ages), len(part)]

        running = [
            one for one in self.leads
            if one.state.sla_due_at and one.state.first_touch_at is None and not one.state.converted
        ]  # fmt: skip
        return (f"a!{self._field('Age_Minutes')}", "RowCount"), _grouped(running, lambda one: one.type, age)

    def _conversion_funnel(self) -> tuple[tuple[str, ...], Figures]:
        assert self.design.telemetry.stages is not None
        steps = [id for id in self.design.telemetry.stages.values if id not in REJECTIONS]
        beside = set(pairwise(self.design.telemetry.stages.values))
        pairs = [pair for pair in pairwise(steps) if pair in beside]
        rates = list(pairwise(range(len(steps))))[:5]

        values = self.design.telemetry.stages.values

        def far(one: Fact, ids: list[str]) -> bool:
            """As far as one of these stages; a conversion stamps nothing, but leaves a status."""
            left = one.state.converted and CONVERTED in (values[id] for id in ids)
            return left or any(id in one.state.stage_at for id in ids)

        def funnel(part: list[Fact]) -> list[float | None]:
            came = [float(sum(far(one, steps[k:]) for one in part)) for k in range(len(steps))]
            between = [_mean(one.passed(*pair) for one in part) for pair in pairs]
            went_on = [came[b] / came[a] * 100 if came[a] else 0.0 for a, b in rates]
            return [*came, *between, *went_on]

        figures = (
            *(f"s!{self._field(f'{id.title()}_Reached')}" for id in steps),
            *(f"a!{self._field(f'{a.title()}_To_{b.title()}_Minutes')}" for a, b in pairs),
            *(f"FORMULA{place}" for place in range(1, len(rates) + 1)),
        )
        came = [one for one in self.leads if self._this_month(one.state.engaged_at)]
        return figures, _grouped(came, lambda one: one.type, funnel)

    def _rejection_reasons(self) -> tuple[tuple[str, ...], Figures]:
        sent_back = [one for one in self.leads if self._this_month(one.state.engaged_at) and one.reason]
        return ("RowCount",), _grouped(sent_back, lambda one: one.reason, _count, lambda one: one.source)

    def _rep_scores(self) -> tuple[tuple[str, ...], Figures]:
        def scores(part: list[Fact]) -> list[float | None]:
            return [
                _mean(response_score(one.measures) for one in part),
                _mean(_hundredths(one.measures.response) for one in part),
                len(part),
            ]

        scored = [
            one for one in self.leads
            if self._this_month(one.state.engaged_at) and response_score(one.measures) is not None
        ]  # fmt: skip
        figures = (f"a!{self._field('Response_Score')}", f"a!{self._field('Response_Minutes')}", "RowCount")
        return figures, _grouped(scored, lambda one: one.owner, scores)

    def _leakage(self) -> tuple[tuple[str, ...], Figures]:
        lost = [one for one in self.leads if self._this_month(one.state.created_at) and one.lost]
        return ("RowCount",), _grouped(lost, lambda one: one.lost, _count, lambda one: one.source)


def _grouped(
    leads: list[Fact], by: Way, worked_out: Callable[[list[Fact]], list[float | None]], within: Way | None = None
) -> Figures:
    parts: dict[str, list[Fact]] = {}
    for one in leads:
        parts.setdefault(by(one), []).append(one)
        if within is not None:
            parts.setdefault(f"{by(one)} / {within(one)}", []).append(one)
    found = {group: worked_out(part) for group, part in parts.items()}
    return {"all": worked_out(leads), **found}


def _count(part: list[Fact]) -> list[float | None]:
    return [len(part)]


def _mean(values: Iterable[float | int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _minutes(seconds: int | None) -> float | None:
    found = minutes(seconds)
    return None if found is None else float(found)


def _hundredths(seconds: int | None) -> float | None:
    return (
        None if seconds is None else float((Decimal(seconds) / 60).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP"))
    )


def _local(at: datetime | None) -> datetime:
    assert at is not None
    return at.astimezone(ORG_ZONE)


def _month(at: datetime) -> tuple[int, int]:
    return _local(at).year, _local(at).month


def _day(at: datetime | None) -> str:
    if at is None:
        return ""
    local = _local(at)
    return f"{local.month}/{local.day}/{local.year}"


def _week(at: datetime | None) -> str:
    local = _local(at)
    sunday = local.date() - timedelta(days=local.isoweekday() % 7)
    saturday = sunday + timedelta(days=6)
    return " - ".join(f"{day.month}/{day.day}/{day.year}" for day in (sunday, saturday))

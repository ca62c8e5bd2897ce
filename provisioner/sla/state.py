"""The state of one lead, and what is measured from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from provisioner.sla.instants import SECOND
from provisioner.sla.policy import Owner

Status = Literal["not_started", "within_sla", "at_risk", "breached", "escalated", "met", "touched_late", "excluded"]
FINISHED: frozenset[Status] = frozenset({"met", "touched_late"})
FollowUpStatus = Literal["Completed", "Completed late", "Ended", "Missed", "In progress"]
_TENTH = Decimal("0.1")
_SCORES = ((5, 10), (15, 8), (30, 6), (60, 4), (240, 2), (1440, 1))  # at most so many minutes: so many points


@dataclass(frozen=True, slots=True)
class LeadState:
    """One lead between two events; instants are UTC. `clocks_started` tells one clock of the lead from another."""

    engaged_at: datetime | None = None
    assigned_at: datetime | None = None
    assigned_to: Owner | None = None
    sla_started_at: datetime | None = None
    sla_due_at: datetime | None = None
    step_at: tuple[datetime, ...] = ()
    first_touch_at: datetime | None = None
    first_touch_type: str | None = None
    lead_type: str | None = None
    sla_seconds: int | None = None
    response_seconds: int | None = None
    status: Status = "not_started"
    excluded: bool = False
    escalation_level: int = 0
    cycle: int = 1
    converted: bool = False
    owner: Owner | None = None
    created_at: datetime | None = None  # known only of leads whose creation was seen
    clocks_started: int = 0
    surge_factor: Decimal | None = None  # of the present clock; None: it was not stretched
    after_hours_due_at: datetime | None = None
    touch_count: int = 0  # of the present cycle; stays 0 where no follow-up was promised to any lead type
    follow_up_touches: int | None = None
    follow_up_due_at: datetime | None = None
    follow_up_completed_at: datetime | None = None
    stage_entered_at: datetime | None = None
    stage_at: Mapping[str, datetime] = field(default_factory=dict)  # stage id → when it was reached last
    recycle_count: int = 0
    values: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def finished(self) -> bool:
        return self.status in FINISHED

    @property
    def sla_minutes(self) -> Decimal | None:
        """The SLA in open minutes, one decimal."""
        return minutes(self.sla_seconds)

    @property
    def response_minutes(self) -> Decimal | None:
        """Open minutes from the start of the clock to the first touch, one decimal."""
        return minutes(self.response_seconds)


@dataclass(frozen=True, slots=True)
class Measures:
    """Exact seconds, None where blank. Calendar time, except response and miss, which are open time of the SLA's
    clock. The `…_minutes` are rounded to one decimal, half up."""

    speed_to_lead: int | None
    systems_delay: int | None
    human_delay: int | None
    response: int | None
    miss: int | None
    result: Literal["Hit", "Miss"] | None

    @property
    def speed_to_lead_minutes(self) -> Decimal | None:
        return minutes(self.speed_to_lead)

    @property
    def systems_delay_minutes(self) -> Decimal | None:
        return minutes(self.systems_delay)

    @property
    def human_delay_minutes(self) -> Decimal | None:
        return minutes(self.human_delay)

    @property
    def response_minutes(self) -> Decimal | None:
        return minutes(self.response)

    @property
    def miss_minutes(self) -> Decimal | None:
        return minutes(self.miss)


def minutes(seconds: int | None) -> Decimal | None:
    """Seconds as minutes with one decimal, half up (away from zero); None stays None."""
    return None if seconds is None else (Decimal(seconds) / 60).quantize(_TENTH, ROUND_HALF_UP)


def measures(state: LeadState, now: datetime) -> Measures:
    """What is measured of a lead at `now`."""
    touch = state.first_touch_at
    return Measures(
        speed_to_lead=_seconds(state.engaged_at, touch),
        systems_delay=_seconds(state.engaged_at, _earlier(state.assigned_at, touch)),
        human_delay=_human_delay(state),
        response=state.response_seconds,
        miss=_miss(state),
        result=_result(state, now),
    )


def after_hours_result(state: LeadState, now: datetime) -> Literal["Hit", "Miss"] | None:
    """What became of the after-hours promise; None without one, or while it is open."""
    due, touched = state.after_hours_due_at, state.first_touch_at
    if due is None:
        return None
    if touched is not None:
        return "Hit" if touched <= due else "Miss"
    return "Miss" if now > due else None


def follow_up_status(state: LeadState, now: datetime) -> FollowUpStatus | None:
    """What became of the promised touches; None where none were promised."""
    due, completed = state.follow_up_due_at, state.follow_up_completed_at
    if due is None:
        return None
    if completed is not None:
        return "Completed" if completed <= due else "Completed late"
    if state.converted:
        return "Ended"
    return "Missed" if now > due else "In progress"


def response_score(found: Measures) -> int | None:
    """Points for the response; a lead that was missed without a touch has none of them, one that still waits has no
    score."""
    if found.response is None:
        return 0 if found.result == "Miss" and found.human_delay is None else None
    return next((points for most, points in _SCORES if found.response <= most * 60), 0)


def _human_delay(state: LeadState) -> int | None:
    if state.first_touch_at is None:
        return None
    return max(0, _seconds(state.assigned_at, state.first_touch_at) or 0)


def _miss(state: LeadState) -> int | None:
    if state.response_seconds is None or state.sla_seconds is None or state.sla_due_at is None:
        return None
    return max(0, state.response_seconds - state.sla_seconds)


def _result(state: LeadState, now: datetime) -> Literal["Hit", "Miss"] | None:
    if state.sla_due_at is None or state.status == "excluded":
        return None
    if state.first_touch_at is not None:
        return "Hit" if state.first_touch_at <= state.sla_due_at else "Miss"
    return "Miss" if now > state.sla_due_at else None


def _earlier(a: datetime | None, b: datetime | None) -> datetime | None:
    return min((instant for instant in (a, b) if instant is not None), default=None)


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return None if begin is None or end is None else (end - begin) // SECOND

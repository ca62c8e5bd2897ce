"""What `sla/` predicts for a life, in the words the run in the emulator is read back in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from provisioner.model.design import RECYCLED, Design
from provisioner.sla.policy import Owner, Policy
from provisioner.sla.state import LeadState, after_hours_result, follow_up_status, measures
from provisioner.sla.timeline import Alert, Converted, Outcome, Saved, Switched, Touched, run
from provisioner.sla.timeline import Event as OracleEvent

from .worlds import CAST, Cast, Event, Life

MINUTE = timedelta(minutes=1)
TOUCH = {
    "Call": "call",
    "Email": "email",
    "LinkedIn": "linkedin",
    "Event": "meeting",
    "Task": "task",
    "Cadence": "cadence",
}


@dataclass(frozen=True, order=True)
class Message:
    """One message that reached someone: the minute it was sent, its channel, its addressees."""

    at: str
    channel: str
    to: tuple[str, ...]


def owner_of(name: str, cast: Cast) -> Owner:
    return Owner(name, "queue", human=False) if name in cast.queues else Owner(name)


def _oracle_event(event: Event, values: dict[str, Any], owner: Owner | None, cast: Cast) -> OracleEvent:
    match event.kind:
        case "save":
            return Saved(event.at, values, owner_of(event.owner, cast) if event.owner is not None else owner)
        case "touch":
            return Touched(event.at, TOUCH[event.subtype], event.actor or "", human=True)
        case _:
            return Converted(event.at)


def reassign(design: Design) -> Any:
    def find(recipient: str) -> Owner:
        who = design.recipients[recipient]
        assert who.value is not None
        return Owner(who.value, "queue", human=False) if who.kind == "queue" else Owner(who.value)

    return find


@dataclass
class Told:
    """The oracle's story so far, event by event: an edit that leaves the owner alone keeps whoever owns the lead then,
    which only the story itself knows (a step may have handed it over)."""

    design: Design
    policy: Policy
    tick: timedelta = MINUTE
    cast: Cast = CAST
    switches: tuple[Switched, ...] = ()
    events: list[OracleEvent] = field(default_factory=list)
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        self.values: dict[str, Any] = {"CreatedDate": None}

    @property
    def state(self) -> LeadState | None:
        return None if self.outcome is None else self.outcome.state

    def until(self, at: datetime) -> None:
        if self.events:
            events = (*self.switches, *self.events)
            self.outcome = run(self.policy, events, until=at, tick=self.tick, reassign=reassign(self.design))

    def tell(self, event: Event) -> None:
        if event.refusal:
            return
        self.until(event.at)
        self.values = self.values | event.values
        owner = self.state.owner if self.state is not None else None
        self.events.append(_oracle_event(event, dict(self.values), owner, self.cast))
        self.until(event.at)
        if self.values["CreatedDate"] is None:
            self.values["CreatedDate"] = event.at


def policy_of(design: Design) -> Policy:
    """Made once for all lives of a design: its calendars remember what they have worked out."""
    return Policy.of(design, created_field="CreatedDate")


def tell(
    design: Design,
    policy: Policy,
    life: Life,
    until: datetime,
    tick: timedelta = MINUTE,
    cast: Cast = CAST,
    switches: tuple[Switched, ...] = (),
) -> Told:
    told = Told(design, policy, tick, cast, switches)
    for event in life.events:
        if event.at <= until:
            told.tell(event)
    told.until(until)
    return told


def interesting(design: Design, policy: Policy, life: Life) -> list[datetime]:
    """The due time and the step times of the clock as it stands after these events."""
    state = tell(design, policy, life, life.events[-1].at).state
    assert state is not None
    return sorted(t for t in (state.sla_due_at, *state.step_at) if t is not None)


def _people(design: Design, recipient: str, owner: Owner | None, channel: str, cast: Cast) -> list[str]:
    who = design.recipients[recipient]
    match who.kind:
        case "record_owner":
            if owner is None or (owner.kind == "queue" and channel == "email"):
                return []
            return [owner.key]
        case "owner_manager":
            manager = cast.people[owner.key][0] if owner is not None and owner.kind == "person" else None
            if manager is not None and cast.people[manager][1]:
                return [manager]
            return [who.otherwise] if who.otherwise else []
        case "group" | "queue" if channel == "email":
            return []
        case _:
            return [who.value] if who.value else []


@dataclass(frozen=True)
class _Telling:
    """What one step, or one event of an after-hours promise, says, by all of its channels."""

    at: str
    channels: tuple[str, ...]
    recipients: tuple[str, ...]
    owner: Owner | None
    silent: bool


def messages(design: Design, outcome: Outcome, cast: Cast = CAST) -> tuple[Message, ...]:
    """Whom the story's alerts and after-hours promises reach."""
    steps: dict[tuple[datetime, datetime, int], list[Alert]] = {}
    for alert in outcome.alerts:
        steps.setdefault((alert.at, alert.due_at, alert.step), []).append(alert)
    said = [
        _Telling(_minute(at), tuple(alert.channel for alert in made), made[0].recipients, made[0].owner, made[0].silent)
        for (at, _, _), made in steps.items()
    ]
    for one in outcome.promised:
        posts, people = (
            any((design.recipients[id].kind == "slack") is slack for id in one.recipients) for slack in (True, False)
        )
        channels = (*(("bell", "email") if people else ()), *(("slack",) if posts else ()))
        said.append(_Telling(_minute(one.at), channels, one.recipients, one.owner, one.silent))
    return tuple(sorted(message for one in said for message in _sent(design, one, cast)))


def _sent(design: Design, said: _Telling, cast: Cast) -> Iterator[Message]:
    silent_to = design.alerts.silent_to or ""
    channels = {id for id in said.recipients if design.recipients[id].kind == "slack"}
    for channel in said.channels:
        if channel == "slack":
            if said.silent and channels:
                yield Message(said.at, "email", (silent_to,))
            elif not said.silent:
                yield from (Message(said.at, "slack", (design.recipients[id].value or "",)) for id in channels)
        elif said.silent:
            if silent_to in cast.people:
                yield Message(said.at, channel, (silent_to,))
            elif channel == "email" or "email" not in said.channels:  # no user to ring: one email says it
                yield Message(said.at, "email", (silent_to,))
        else:
            to: list[str] = []
            for recipient in said.recipients:
                if recipient not in channels:
                    found = _people(design, recipient, said.owner, channel, cast)
                    to += [name for name in found if name not in to]
            if to:
                yield Message(said.at, channel, tuple(sorted(to)))


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def minutes(seconds: int | None, places: str) -> float | None:
    if seconds is None:
        return None
    return float((Decimal(seconds) / 60).quantize(Decimal(places), rounding="ROUND_HALF_UP"))


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def fields(told: Told, now: datetime, steps: int) -> dict[str, Any]:
    """What the lead must hold at `now`, in the words of the org: its own fields by name, ours without the prefix."""
    state = told.state
    assert state is not None
    measured = measures(state, now)
    step_at = [_iso(state.step_at[k]) if k < len(state.step_at) else None for k in range(steps)]
    return {
        "OwnerId": state.owner.key if state.owner else None,
        "Engaged_At": _iso(state.engaged_at),
        "Assigned_At": _iso(state.assigned_at),
        "SLA_Started_At": _iso(state.sla_started_at),
        "SLA_Due_At": _iso(state.sla_due_at),
        "First_Touch_At": _iso(state.first_touch_at),
        "First_Touch_Type": state.first_touch_type,
        "Lead_Type": state.lead_type,
        "SLA_Minutes": minutes(state.sla_seconds, "0.01"),
        "SLA_Status": state.status,
        "SLA_Result": measured.result,
        "Systems_Delay_Minutes": minutes(measured.systems_delay, "0.1"),
        "Human_Delay_Minutes": minutes(measured.human_delay, "0.1"),
        "Speed_To_Lead_Minutes": minutes(measured.speed_to_lead, "0.1"),
        "Response_Minutes": minutes(state.response_seconds, "0.01"),
        "Miss_Minutes": minutes(measured.miss, "0.1"),
        "Escalation_Level": state.escalation_level,
        "Cycle": state.cycle,
        "Excluded": state.excluded,
        "Last_Error": None,
        **{f"Step_{k + 1}_At": step_at[k] for k in range(steps)},
        **_rest(told.design, state, now),
    }


def _rest(design: Design, state: LeadState, now: datetime) -> dict[str, Any]:
    """What features bring, where the design asks for them."""
    found: dict[str, Any] = {}
    if design.surge is not None:
        found["Surge_Factor"] = None if state.surge_factor is None else float(state.surge_factor)
    if any(lead_type.after_hours for lead_type in design.lead_types):
        found["After_Hours_Due_At"] = _iso(state.after_hours_due_at)
        found["After_Hours_Result"] = after_hours_result(state, now)
    if any(lead_type.follow_up for lead_type in design.lead_types):
        found |= {
            "Touch_Count": state.touch_count,
            "Follow_Up_Touches": state.follow_up_touches,
            "Follow_Up_Due_At": _iso(state.follow_up_due_at),
            "Follow_Up_Completed_At": _iso(state.follow_up_completed_at),
            "Follow_Up_Status": follow_up_status(state, now),
        }
    if design.telemetry.stages is not None:
        found["Stage_Entered_At"] = _iso(state.stage_entered_at)
        ids = list(design.telemetry.stages.values)
        found |= {f"{id.title()}_At": _iso(state.stage_at.get(id)) for id in ids}
        for a, b in pairwise(ids):
            found[f"{a.title()}_To_{b.title()}_Minutes"] = _between(state.stage_at.get(a), state.stage_at.get(b))
        if RECYCLED in ids:
            found["Recycle_Count"] = state.recycle_count
    return found


def _between(a: datetime | None, b: datetime | None) -> float | None:
    return None if a is None or b is None or b < a else minutes(int((b - a).total_seconds()), "0.1")


def history(told: Told) -> list[tuple[Any, ...]]:
    """Rows of stage history: from, to, at, minutes there before, cycle."""
    assert told.outcome is not None
    return [
        (row.before, row.after, _iso(row.at), minutes(row.seconds, "0.1"), row.cycle) for row in told.outcome.stages
    ]

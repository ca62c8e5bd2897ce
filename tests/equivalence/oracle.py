"""What `sla/` predicts for a life, in the words the run in the emulator is read back in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from provisioner.model.design import Design
from provisioner.sla.policy import Owner, Policy
from provisioner.sla.state import LeadState, measures
from provisioner.sla.timeline import Alert, Converted, Saved, TaskMade, Touched, run
from provisioner.sla.timeline import Event as OracleEvent

from .worlds import PEOPLE, QUEUES, Event, Life

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


def owner_of(name: str | None) -> Owner | None:
    if name is None:
        return None
    return Owner(name, "queue", human=False) if name in QUEUES else Owner(name)


def _oracle_event(event: Event, values: dict[str, Any], owner: Owner | None) -> OracleEvent:
    match event.kind:
        case "save":
            return Saved(event.at, values, owner_of(event.owner) if event.owner is not None else owner)
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

    def __post_init__(self) -> None:
        self.state: LeadState | None = None
        self.alerts: list[Alert] = []
        self.tasks: list[TaskMade] = []
        self.values: dict[str, Any] = {"CreatedDate": None}

    def until(self, at: datetime, events: tuple[OracleEvent, ...] = ()) -> LeadState | None:
        if self.state is None and not events:
            return None
        told = run(self.policy, events, until=at, tick=self.tick, reassign=reassign(self.design), known=self.state)
        self.state = told.state
        self.alerts += told.alerts
        self.tasks += told.tasks
        return self.state

    def tell(self, event: Event) -> None:
        self.until(event.at)
        self.values = self.values | event.values
        owner = self.state.owner if self.state is not None else None
        self.until(event.at, (_oracle_event(event, dict(self.values), owner),))
        if self.values["CreatedDate"] is None:
            self.values["CreatedDate"] = event.at


def policy_of(design: Design) -> Policy:
    """Made once for all lives of a design: its calendars remember what they have worked out."""
    return Policy.of(design, created_field="CreatedDate")


def tell(design: Design, policy: Policy, life: Life, until: datetime, tick: timedelta = MINUTE) -> Told:
    told = Told(design, policy, tick)
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


def _people(design: Design, recipient: str, owner: Owner | None, channel: str) -> list[str]:
    who = design.recipients[recipient]
    match who.kind:
        case "record_owner":
            if owner is None or (owner.kind == "queue" and channel == "email"):
                return []
            return [owner.key]
        case "owner_manager":
            manager = PEOPLE[owner.key][0] if owner is not None and owner.kind == "person" else None
            if manager is not None and PEOPLE[manager][1]:
                return [manager]
            return [who.otherwise] if who.otherwise else []
        case _:
            return [who.value] if who.value else []


def messages(design: Design, alerts: list[Alert]) -> tuple[Message, ...]:
    found: list[Message] = []
    silent_user = design.alerts.silent_to in PEOPLE
    for alert in alerts:
        at = alert.at.strftime("%Y-%m-%dT%H:%M")
        if alert.silent:
            channel = alert.channel if silent_user else "email"
            message = Message(at, channel, (design.alerts.silent_to,))
            same_step = [a for a in alerts if (a.at, a.step, a.cycle) == (alert.at, alert.step, alert.cycle)]
            if not silent_user and alert.channel == "bell" and len(same_step) > 1:
                continue  # the email of the same step says it already
            found.append(message)
            continue
        to: list[str] = []
        for recipient in alert.recipients:
            to += [name for name in _people(design, recipient, alert.owner, alert.channel) if name not in to]
        if to:
            found.append(Message(at, alert.channel, tuple(sorted(to))))
    return tuple(sorted(found))


def minutes(seconds: int | None, places: str) -> float | None:
    if seconds is None:
        return None
    return float((Decimal(seconds) / 60).quantize(Decimal(places), rounding="ROUND_HALF_UP"))


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def fields(told: Told, now: datetime, steps: int) -> dict[str, Any]:
    """What the lead must hold at `now`, in the words of the org."""
    state = told.state
    assert state is not None
    measured = measures(state, now)
    step_at = [_iso(state.step_at[k]) if k < len(state.step_at) else None for k in range(steps)]
    return {
        "OwnerId": state.owner.key if state.owner else None,
        "STL_Engaged_At__c": _iso(state.engaged_at),
        "STL_Assigned_At__c": _iso(state.assigned_at),
        "STL_SLA_Started_At__c": _iso(state.sla_started_at),
        "STL_SLA_Due_At__c": _iso(state.sla_due_at),
        "STL_First_Touch_At__c": _iso(state.first_touch_at),
        "STL_First_Touch_Type__c": state.first_touch_type,
        "STL_Lead_Type__c": state.lead_type,
        "STL_SLA_Minutes__c": minutes(state.sla_seconds, "0.01"),
        "STL_SLA_Status__c": state.status,
        "STL_SLA_Result__c": measured.result,
        "STL_Systems_Delay_Minutes__c": minutes(measured.systems_delay, "0.1"),
        "STL_Human_Delay_Minutes__c": minutes(measured.human_delay, "0.1"),
        "STL_Speed_To_Lead_Minutes__c": minutes(measured.speed_to_lead, "0.1"),
        "STL_Response_Minutes__c": minutes(state.response_seconds, "0.01"),
        "STL_Miss_Minutes__c": minutes(measured.miss, "0.1"),
        "STL_Escalation_Level__c": state.escalation_level,
        "STL_Cycle__c": state.cycle,
        "STL_Excluded__c": state.excluded,
        "STL_Last_Error__c": None,
        **{f"STL_Step_{k + 1}_At__c": step_at[k] for k in range(steps)},
    }

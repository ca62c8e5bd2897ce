"""What one event makes of a lead: a pure function per event, in the words of docs/semantics.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from provisioner.model.design import RECYCLED
from provisioner.sla.classification import classify, excluded, is_blank
from provisioner.sla.instants import read_instant
from provisioner.sla.policy import Owner, Policy, TimedStep
from provisioner.sla.state import LeadState


def after_save(
    policy: Policy,
    state: LeadState,
    now: datetime,
    values: Mapping[str, Any],
    owner: Owner | None,
    *,
    created: bool,
    surge: bool = False,
) -> LeadState:
    """The lead after it was saved at `now` with these complete `values` and this owner. `surge`: the switch is on."""
    if state.converted:
        return state
    before = state
    state = _stage(policy, state, now, values, created=created)
    state = replace(state, values=values, owner=owner, excluded=excluded(policy, values))
    state = replace(state, created_at=now) if created else state
    state = _engage(policy, state)
    owner_event = created or owner != before.owner or state.cycle != before.cycle
    person = owner is not None and policy.counts_as_person(owner)
    if owner_event and person and state.assigned_at is None:
        state = replace(state, assigned_at=now)
    if state.excluded and not state.finished:
        state = replace(_without_clock(state), status="excluded")
    elif person and _starts(policy, state, owner_event=owner_event):
        state = _start(policy, state, now, policy.surge_factor if surge else None)
    elif state.status == "excluded":
        state = replace(state, status="not_started")
    return _follow_up(_finish(policy, state), now)


def after_touch(policy: Policy, state: LeadState, now: datetime, kind: str, actor: str, *, human: bool) -> LeadState:
    """The lead after an activity of type `kind` by `actor` at `now`. It changes if this is the first touch, or if
    touches are counted."""
    counts = kind in policy.touch_types and policy.is_human(actor, human=human)
    engaged = state.engaged_at is not None and now >= state.engaged_at
    first = state.first_touch_at is None
    if state.converted or not counts or not engaged or not (first or policy.counts_touches):
        return state
    state = replace(state, first_touch_at=now, first_touch_type=kind) if first else state
    state = replace(state, touch_count=state.touch_count + 1) if policy.counts_touches else state
    return after_save(policy, state, now, state.values, state.owner, created=False)


def after_due(state: LeadState) -> LeadState:
    """The lead after the timer of its due time."""
    if _waits(state) and state.status in ("within_sla", "at_risk"):
        return replace(state, status="breached")
    return state


def after_step(state: LeadState, step: TimedStep) -> LeadState:
    """The lead after the timer of a step, before the step's reassignment; unchanged if the step does not act."""
    if not _waits(state) or state.escalation_level >= step.number:
        return state
    return replace(state, escalation_level=step.number, status=step.status or state.status)


def stage_event(policy: Policy, state: LeadState, values: Mapping[str, Any], *, created: bool) -> bool:
    """Whether a save moves the lead to another value of the stage field; other capitals are no other value."""
    if policy.stages is None or state.converted:
        return False
    before, after = state.values.get(policy.stages.field), values.get(policy.stages.field)
    if created or is_blank(before):
        return not is_blank(after)
    return is_blank(after) or str(before).casefold() != str(after).casefold()


def _stage(policy: Policy, state: LeadState, now: datetime, values: Mapping[str, Any], *, created: bool) -> LeadState:
    """The times of the stages, and how often the lead was recycled."""
    if policy.stages is None or not stage_event(policy, state, values, created=created):
        return state
    stage = policy.stage(values.get(policy.stages.field))
    state = replace(state, stage_entered_at=now)
    if stage is None:
        return state
    recycled = state.recycle_count + (stage == RECYCLED)
    return replace(state, stage_at={**state.stage_at, stage: now}, recycle_count=recycled)


def _follow_up(state: LeadState, now: datetime) -> LeadState:
    """Rule 9: the promised touches are complete."""
    promised = state.follow_up_touches
    if promised is None or state.follow_up_completed_at is not None or state.touch_count < promised:
        return state
    return replace(state, follow_up_completed_at=now)


def _waits(state: LeadState) -> bool:
    untouched = state.first_touch_at is None and state.sla_due_at is not None
    return untouched and not state.excluded and not state.converted


def _engage(policy: Policy, state: LeadState) -> LeadState:
    """Rule 3: the engagement of the first cycle, or of a new one after a finished clock."""
    candidate = _engagement(policy, state)
    if state.engaged_at is None:
        return replace(state, engaged_at=candidate)
    touched = state.first_touch_at
    if not state.finished or candidate is None or touched is None or candidate <= touched:
        return state
    return replace(
        _without_clock(state),
        cycle=state.cycle + 1,
        engaged_at=candidate,
        assigned_at=None,
        first_touch_at=None,
        first_touch_type=None,
        lead_type=None,
        status="not_started",
        touch_count=0,
    )


def _engagement(policy: Policy, state: LeadState) -> datetime | None:
    """The first engagement field that has a value. ValueError when that value is not an instant."""
    for field in policy.engagement:
        value = state.values.get(field)
        if is_blank(value) and field == policy.created_field:
            value = state.created_at
        if is_blank(value):
            continue
        instant = read_instant(value)
        if instant is None:
            raise ValueError(f"Engagement field {field} holds {value!r}, which is not a date or time.")
        return instant
    return None


def _starts(policy: Policy, state: LeadState, *, owner_event: bool) -> bool:
    """Rule 6, for an owner that counts as a person."""
    if state.finished:
        return False
    if state.status == "excluded":
        return state.assigned_at is not None
    if not owner_event or state.assigned_to is None:
        return owner_event
    restarts = policy.on_reassign == "restart" and state.first_touch_at is None
    return restarts and state.assigned_to != state.owner


def _start(policy: Policy, state: LeadState, now: datetime, factor: Decimal | None) -> LeadState:
    """Rule 7: a clock starts at `now`, if the lead is of a type that has one. `factor`: that of the surge."""
    level = state.escalation_level
    state = replace(_without_clock(state), clocks_started=state.clocks_started + 1, escalation_level=level)
    state = replace(state, assigned_to=state.owner)
    lead_type = classify(policy, state.values)
    if lead_type is None:
        return replace(state, lead_type=None, status="not_started")
    promise = policy.promise(lead_type)
    clock = promise.clock(now, factor or Decimal(1))
    follow_up = promise.lead_type.follow_up
    return replace(
        state,
        lead_type=lead_type,
        sla_seconds=clock.sla_seconds,
        sla_started_at=clock.start,
        sla_due_at=clock.due,
        step_at=clock.step_at,
        surge_factor=factor,
        after_hours_due_at=clock.after_hours_due,
        follow_up_touches=None if follow_up is None else follow_up.touches,
        follow_up_due_at=clock.follow_up_due,
        escalation_level=0,
        status="within_sla",
    )


def _finish(policy: Policy, state: LeadState) -> LeadState:
    """Rule 8: a touched lead with a clock is met or touched late, for good."""
    start, due, touched = state.sla_started_at, state.sla_due_at, state.first_touch_at
    if start is None or due is None or touched is None or state.lead_type is None:
        return state
    if state.excluded or state.finished:
        return state
    response = policy.promise(state.lead_type).response_seconds(start, touched)
    return replace(state, status="met" if touched <= due else "touched_late", response_seconds=response)


def _without_clock(state: LeadState) -> LeadState:
    return replace(
        state,
        assigned_to=None,
        sla_started_at=None,
        sla_due_at=None,
        step_at=(),
        sla_seconds=None,
        response_seconds=None,
        surge_factor=None,
        after_hours_due_at=None,
        follow_up_touches=None,
        follow_up_due_at=None,
        follow_up_completed_at=None,
        escalation_level=0,
    )

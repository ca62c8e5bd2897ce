"""What is told of a lead that was there before the clock: its history, replayed by the clock's own rules.

Never anything that a timer could wait for: a start, a due time or a status is only told with the touch that ended the
clock. What the history cannot tell stays blank, and a lead whose history contradicts itself is left as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from provisioner.model.design import Design
from provisioner.past import Edit, FinishedClock, Move, PastLead, Reason, Told, Who
from provisioner.sla import Event, LeadState, Owner, Policy, Saved, Touched, run


def told(policy: Policy, lead: PastLead) -> Told | Reason:
    """What is known of `lead`, or why nothing is told of it. `policy` as made by `policy_of`."""
    if lead.doubt is not None:
        return lead.doubt
    events = _events(lead)
    if events is None:
        return "gap"
    state = run(policy, events, until=max(event.at for event in events)).state
    if state.excluded:
        return "excluded"
    if state.engaged_at is None:
        return "nothing"
    if state.assigned_at is not None and state.assigned_at < state.engaged_at:
        return "engaged_later"
    if _unsure(lead, state):
        return "unsure_touch"
    return _facts(policy, lead, state)


def policy_of(design: Design) -> Policy:
    """The design's promises without escalations: in the past nobody was told, and nobody handed a lead over."""
    policy = Policy.of(design)
    return replace(policy, promises=tuple(replace(promise, steps=()) for promise in policy.promises))


def holidays_from(design: Design) -> dict[str, date]:
    """Calendar → the first day of the first year whose holidays the design names; calendars without holidays are not
    in it."""
    calendars = ((id, hours.holidays) for id, hours in design.business_hours.items() if hours.holidays)
    return {id: date(min(holiday.day.year for holiday in holidays), 1, 1) for id, holidays in calendars}


def _events(lead: PastLead) -> list[Event] | None:
    """Saves and touches, in the order of time; None where the changes do not lead to what the lead is now."""
    owner, values = _first_owner(lead), _first_values(lead)
    if owner is None or values is None:
        return None
    events: list[Event] = [Saved(lead.created_at, values, _owner(owner))]
    changes: list[Move | Edit] = [*lead.moves, *lead.edits]
    for change in sorted(changes, key=lambda change: change.at):
        if change.at < lead.created_at:
            return None
        if isinstance(change, Move):
            owner = change.after
        else:
            values = {**values, change.field: change.after}
        events.append(Saved(change.at, values, _owner(owner)))
    sure = [touch for touch in lead.touches if touch.sure]
    events += [Touched(touch.at, touch.type, touch.by.id, human=touch.by.human) for touch in sure]
    return events


def _first_owner(lead: PastLead) -> Who | None:
    """Who owned it when it was created; None where the moves do not follow each other up to the present owner."""
    after = [move.after for move in lead.moves]
    before = [move.before for move in lead.moves]
    if [*before[1:], lead.owner] != (after or [lead.owner]):
        return None
    return before[0] if before else lead.owner


def _first_values(lead: PastLead) -> dict[str, Any] | None:
    """Its values when it was created; None where the edits of a field do not follow each other up to its value."""
    values: dict[str, Any] = dict(lead.values)
    for edit in reversed(lead.edits):
        if not _same(values.get(edit.field), edit.after):
            return None
        values[edit.field] = edit.before
    return values


def _same(one: str | None, other: str | None) -> bool:
    """Texts as a history and a record write them: `1000.0` is `1000`, blank is blank, case says nothing."""
    left, right = one or "", other or ""
    if left.casefold() == right.casefold():
        return True
    try:
        return Decimal(left) == Decimal(right)
    except InvalidOperation:
        return False


def _owner(who: Who) -> Owner:
    return Owner(who.id, "queue" if who.is_queue else "person", human=who.human and not who.is_queue)


def _unsure(lead: PastLead, state: LeadState) -> bool:
    """Whether an activity of which too little is known can have been the first touch."""
    assert state.engaged_at is not None, "asked of engaged leads only"
    first = state.first_touch_at
    return any(not touch.sure and (first is None or touch.at < first) for touch in lead.touches)


def _facts(policy: Policy, lead: PastLead, state: LeadState) -> Told:
    assert state.engaged_at is not None, "told of engaged leads only"
    counted = policy.counts_touches and all(touch.sure for touch in lead.touches)
    found = Told(
        engaged_at=state.engaged_at,
        assigned_at=state.assigned_at,
        first_touch_at=state.first_touch_at,
        first_touch_type=state.first_touch_type,
        cycle=state.cycle,
        clock=_clock(policy, state),
        touch_count=state.touch_count if counted else None,
    )
    if policy.stages is None or not lead.knows_stages:
        return found
    return replace(
        found,
        stage_entered_at=state.stage_entered_at,
        stage_at=dict(state.stage_at),
        recycle_count=state.recycle_count,
    )


def _clock(policy: Policy, state: LeadState) -> FinishedClock | None:
    """The clock, if a touch ended it."""
    started, due, sla, response = state.sla_started_at, state.sla_due_at, state.sla_seconds, state.response_seconds
    if state.status != "met" and state.status != "touched_late":
        return None
    if started is None or due is None or sla is None or response is None or state.lead_type is None:
        return None
    lead_type = policy.promise(state.lead_type).lead_type
    return FinishedClock(
        lead_type=state.lead_type,
        hours=lead_type.hours if lead_type.clock == "business" else None,
        assigned_to=state.assigned_to.key if state.assigned_to is not None else "",
        started_at=started,
        due_at=due,
        sla_seconds=sla,
        response_seconds=response,
        status=state.status,
    )

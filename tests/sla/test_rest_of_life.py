"""Stages, surge, after hours, follow-up, quiet conditions: the second part of docs/semantics.md, computed by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sla_designs import business, design, lead_type, step, utc, where
from sla_leads import ANN, BOB, FAR, saved, touched

from provisioner.model.design import AfterHours, Duration, FollowUp, Quiet, Stages, Surge
from provisioner.sla import (
    Converted,
    Measures,
    Policy,
    Promised,
    StageChange,
    Switched,
    after_hours_result,
    follow_up_status,
    response_score,
    run,
)

STAGES = Stages("Status", {"mql": "Marketing Qualified", "sql": "Qualified", "recycled": "Recycled"}, history=True)
ON_CALL = AfterHours("calendar", Duration(minutes=60, text="1h"), ("rep", "boss", "rep"), "/after")


def policy(made, **changes):
    """The policy of a design with sections that `design` has no word for."""
    telemetry = replace(made.telemetry, stages=changes.pop("stages", None))
    alerts = replace(made.alerts, quiet=changes.pop("quiet", ()))
    return Policy.of(replace(made, telemetry=telemetry, alerts=alerts, **changes))


def staged(**other):
    return policy(design(lead_type("web", 60), **other), stages=STAGES)


# --- stages ---


def test_stages_are_stamped_when_they_are_reached_and_every_move_is_a_row():
    events = [
        saved("2026-03-02T13:00", Status="Open"),
        saved("2026-03-02T13:10", Status="marketing qualified"),
        saved("2026-03-02T13:20", Status="marketing qualified", Phone="1"),
        saved("2026-03-02T13:30", Status="Marketing QUALIFIED"),
        saved("2026-03-02T14:00", Status=None),
        saved("2026-03-02T15:00", Status="Recycled"),
        saved("2026-03-02T16:00", Status="Marketing Qualified"),
        saved("2026-03-02T17:30", Status="Recycled"),
    ]
    outcome = run(staged(), events, until=FAR)
    assert outcome.stages == (
        StageChange(utc("2026-03-02T13:00"), None, "Open", None, 1),
        StageChange(utc("2026-03-02T13:10"), "Open", "marketing qualified", 600, 1),
        StageChange(utc("2026-03-02T14:00"), "Marketing QUALIFIED", None, 3000, 1),
        StageChange(utc("2026-03-02T15:00"), None, "Recycled", 3600, 1),
        StageChange(utc("2026-03-02T16:00"), "Recycled", "Marketing Qualified", 3600, 1),
        StageChange(utc("2026-03-02T17:30"), "Marketing Qualified", "Recycled", 5400, 1),
    )
    assert outcome.state.stage_at == {"mql": utc("2026-03-02T16:00"), "recycled": utc("2026-03-02T17:30")}
    assert (outcome.state.stage_entered_at, outcome.state.recycle_count) == (utc("2026-03-02T17:30"), 2)


def test_a_lead_without_a_value_is_in_no_stage_and_a_converted_one_stays_where_it_was():
    outcome = run(
        staged(),
        [
            saved("2026-03-02T13:00"),
            saved("2026-03-02T13:05", Status="Qualified"),
            Converted(utc("2026-03-02T13:10")),
            saved("2026-03-02T13:20", Status="Recycled"),
        ],
        until=FAR,
    )
    assert outcome.stages == (StageChange(utc("2026-03-02T13:05"), None, "Qualified", None, 1),)
    assert (outcome.state.stage_at, outcome.state.recycle_count) == ({"sql": utc("2026-03-02T13:05")}, 0)


def test_excluded_leads_move_through_stages_too():
    outcome = run(
        staged(exclude=[where("Status", "in", "Qualified")]),
        [saved("2026-03-02T13:00", Status="Qualified")],
        until=FAR,
    )
    assert (outcome.state.status, outcome.state.stage_at) == ("excluded", {"sql": utc("2026-03-02T13:00")})


# --- surge ---


def test_a_surge_stretches_the_clocks_that_start_while_it_is_on():
    made = policy(
        design(lead_type("web", 5, escalation="ladder"), steps=[step("50"), step(after=120)]),
        surge=Surge(Decimal("1.25"), None),
    )
    events = [
        Switched(utc("2026-03-02T12:00"), on=True),
        saved("2026-03-02T13:00"),
        Switched(utc("2026-03-02T13:01"), on=False),
        saved("2026-03-02T13:02", Phone="1"),
    ]
    state = run(made, events, until=utc("2026-03-02T13:02")).state
    assert (state.sla_seconds, state.surge_factor) == (375, Decimal("1.25"))
    assert state.sla_due_at == utc("2026-03-02T13:06:15")
    assert state.step_at == (utc("2026-03-02T13:03:08"), utc("2026-03-02T15:06:15"))
    again = run(made, [*events, saved("2026-03-02T13:04", owner=BOB)], until=utc("2026-03-02T13:04")).state
    assert (again.sla_seconds, again.surge_factor) == (300, None)


def test_a_promise_for_the_day_is_not_stretched():
    made = policy(design(business("web", "same_business_day")), surge=Surge(Decimal(2), None))
    state = run(made, [Switched(utc("2026-03-02T12:00"), on=True), saved("2026-03-02T15:00")], until=FAR).state
    assert state.sla_due_at == utc("2026-03-02T23:00")


# --- after hours ---


def on_call(sla=5, mode="live", **other):
    return policy(design(business("web", sla, after_hours=ON_CALL), mode=mode), **other)


@pytest.mark.parametrize(
    ("assigned", "promise"),
    [
        ("2026-03-02T15:00", None),  # open
        ("2026-03-03T00:30", "2026-03-03T01:30"),  # Monday 19:30 in New York
        ("2026-03-03T12:04:59", "2026-03-03T13:04:59"),  # before the due time of 08:05 there
        ("2026-03-03T12:05", None),  # just as late as the SLA itself
    ],
)
def test_a_promise_outside_hours_is_made_only_where_it_is_the_tighter_one(assigned, promise):
    outcome = run(on_call(), [saved(assigned)], until=utc(assigned))
    due = promise and utc(promise)
    assert outcome.state.after_hours_due_at == due
    told = Promised(utc(assigned), "begun", due, "web", ("rep", "boss"), ANN, False, 1) if due else None
    assert outcome.promised == ((told,) if told else ())
    assert outcome.alerts == ()


def test_a_broken_promise_is_told_once_and_a_kept_one_is_not():
    begin, due = utc("2026-03-03T00:30"), utc("2026-03-03T01:30")
    begun = Promised(begin, "begun", due, "web", ("rep", "boss"), ANN, True, 1)
    broken = run(on_call(mode="silent"), [saved("2026-03-03T00:30")], until=FAR)
    assert broken.promised == (begun, replace(begun, at=due, what="broken"))
    kept = run(on_call(mode="silent"), [saved("2026-03-03T00:30"), touched("2026-03-03T01:30")], until=FAR)
    assert kept.promised == (begun, replace(begun, at=due, what="broken"))  # the timer comes before the touch
    assert after_hours_result(kept.state, FAR) == "Hit"
    assert run(on_call(), [saved("2026-03-03T00:30"), touched("2026-03-03T01:29:59")], until=FAR).promised == (
        replace(begun, silent=False),
    )
    waiting = run(on_call(), [saved("2026-03-03T00:30")], until=begin).state
    assert [after_hours_result(waiting, now) for now in (due, utc("2026-03-03T01:30:01"))] == [None, "Miss"]
    assert after_hours_result(run(on_call(), [saved("2026-03-02T15:00")], until=FAR).state, FAR) is None


def test_a_new_owner_at_night_gets_a_promise_and_nobody_is_told_again():
    outcome = run(on_call(), [saved("2026-03-03T00:30"), saved("2026-03-03T01:00", owner=BOB)], until=FAR)
    assert [(told.at, told.what, told.due_at) for told in outcome.promised] == [
        (utc("2026-03-03T00:30"), "begun", utc("2026-03-03T01:30")),
        (utc("2026-03-03T02:00"), "broken", utc("2026-03-03T02:00")),
    ]


# --- follow-up ---


def followed(touches=2, within=90, **other):
    up = FollowUp(touches, Duration(minutes=within), "/up")
    return Policy.of(design(business("web", 60, follow_up=up), lead_type("other", 60), **other))


def test_touches_are_counted_and_the_promised_ones_complete_the_follow_up():
    events = [
        saved("2026-03-02T22:00"),
        touched("2026-03-02T22:10"),
        touched("2026-03-02T22:20", kind="linkedin"),
        touched("2026-03-02T22:20", actor="x", human=False),
    ]
    state = run(followed(), events, until=FAR).state
    assert (state.touch_count, state.follow_up_touches) == (1, 2)
    assert state.follow_up_due_at == utc("2026-03-03T13:30")  # 17:00 to 18:00, then half an hour of the next morning
    late = utc("2026-03-03T13:30:01")
    assert [follow_up_status(state, now) for now in (utc("2026-03-03T13:30"), late)] == ["In progress", "Missed"]
    assert follow_up_status(replace(state, converted=True), late) == "Ended"
    done = run(followed(), [*events, touched("2026-03-03T13:30")], until=FAR).state
    assert (done.touch_count, done.follow_up_completed_at) == (2, utc("2026-03-03T13:30"))
    assert (done.status, follow_up_status(done, FAR)) == ("met", "Completed")
    slow = run(followed(), [*events, touched("2026-03-03T13:31"), touched("2026-03-03T14:00")], until=FAR).state
    assert (slow.touch_count, follow_up_status(slow, FAR)) == (3, "Completed late")


def test_touches_before_the_clock_count_and_a_new_cycle_begins_at_none():
    early = [saved("2026-03-02T15:00", owner=None), touched("2026-03-02T15:10"), touched("2026-03-02T15:20")]
    state = run(followed(), [*early, saved("2026-03-02T16:00")], until=FAR).state
    assert (state.touch_count, state.follow_up_completed_at) == (2, utc("2026-03-02T16:00"))
    again = run(
        followed(),
        [*early, saved("2026-03-02T16:00"), saved("2026-03-03T16:00", Engaged="2026-03-03T15:00:00Z")],
        until=FAR,
    )
    assert (again.state.cycle, again.state.touch_count, again.state.follow_up_completed_at) == (2, 0, None)
    assert again.state.follow_up_due_at == utc("2026-03-03T17:30")


def test_other_lead_types_count_touches_and_promise_none():
    state = run(followed(), [saved("2026-03-02T15:00", Source="other"), touched("2026-03-02T15:10")], until=FAR).state
    assert (state.touch_count, state.follow_up_touches, follow_up_status(state, FAR)) == (1, None, None)


# --- quiet ---


def test_a_quiet_lead_moves_through_its_steps_and_nobody_hears_of_it():
    steps = [step(after=0), step(after=60, notify=("boss",), task="Call", reassign_to="backup")]
    talks = Quiet("talks", where("Status", "in", "Working"), "/quiet")
    made = policy(design(lead_type("web", 60, escalation="ladder"), steps=steps), quiet=(talks,))
    outcome = run(made, [saved("2026-03-02T13:00", Status="working")], until=FAR)
    assert (outcome.alerts, outcome.tasks, outcome.reassignments) == ((), (), ())
    assert (outcome.state.status, outcome.state.escalation_level) == ("escalated", 2)
    loud = run(made, [saved("2026-03-02T13:00", Status="working"), saved("2026-03-02T14:30", Status="Open")], until=FAR)
    assert [alert.step for alert in loud.alerts] == [2]
    assert [(task.step, back.step) for task, back in zip(loud.tasks, loud.reassignments, strict=True)] == [(2, 2)]
    assert run(on_call(quiet=(talks,)), [saved("2026-03-03T00:30", Status="Working")], until=FAR).promised == ()


# --- score ---


@pytest.mark.parametrize(
    ("seconds", "points"),
    [(0, 10), (300, 10), (301, 8), (900, 8), (1800, 6), (3600, 4), (14400, 2), (86400, 1), (86401, 0)],
)
def test_points_by_response(seconds, points):
    assert response_score(Measures(None, None, 0, seconds, None, "Hit")) == points


def test_no_response_scores_nothing_once_it_is_missed():
    assert response_score(Measures(None, None, None, None, None, "Miss")) == 0
    assert response_score(Measures(None, None, None, None, None, None)) is None

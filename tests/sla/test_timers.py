"""Timers, alerts, coarse ticks and measures: the rules of docs/semantics.md with instants computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sla_designs import step, utc
from sla_leads import ANN, BOB, FAR, LADDER, QUEUE, final, office_policy, saved, touched, web_policy

from provisioner.sla import Owner, Saved, measures, run
from provisioner.sla.transitions import after_due, after_step

# --- timers and alerts ---


def test_an_untouched_lead_climbs_the_ladder():
    outcome = run(web_policy(*LADDER), [saved("2026-03-02T13:05")], until=FAR)
    assert [(c.at, c.cause, c.state.status, c.state.escalation_level) for c in outcome.history] == [
        (utc("2026-03-02T13:05"), "created", "within_sla", 0),
        (utc("2026-03-02T13:35"), "step 1", "at_risk", 1),
        (utc("2026-03-02T14:05"), "due", "breached", 1),
        (utc("2026-03-02T14:05"), "step 2", "breached", 2),
        (utc("2026-03-02T16:05"), "step 3", "escalated", 3),
        (utc("2026-03-02T16:05"), "reassigned", "escalated", 3),
    ]
    assert [
        (a.step, a.channel, a.recipients, a.silent, a.owner, a.escalation, a.lead_type) for a in outcome.alerts
    ] == [
        (1, "bell", ("rep",), False, ANN, "ladder", "web"),
        (2, "bell", ("rep", "boss"), False, ANN, "ladder", "web"),
        (2, "email", ("rep", "boss"), False, ANN, "ladder", "web"),
        (3, "bell", ("boss",), False, ANN, "ladder", "web"),
    ]
    assert [(t.at, t.text, t.owner) for t in outcome.tasks] == [(utc("2026-03-02T16:05"), "Call {lead.name} now", ANN)]
    backup = Owner("SDR_Backup", "queue", human=False)
    assert [(r.recipient, r.before, r.after) for r in outcome.reassignments] == [("backup", ANN, backup)]
    assert (outcome.state.owner, outcome.state.assigned_to) == (backup, ANN)
    assert measures(outcome.state, FAR).result == "Miss"


def test_silent_mode_only_says_what_would_have_been_done():
    outcome = run(web_policy(*LADDER, mode="silent"), [saved("2026-03-02T13:05")], until=FAR)
    assert (outcome.tasks, outcome.reassignments, outcome.state.owner) == ((), (), ANN)
    last = outcome.alerts[-1]
    assert (last.silent, last.recipients, last.task, last.reassign_to) == (
        True,
        ("boss",),
        "Call {lead.name} now",
        "backup",
    )
    assert len(outcome.alerts) == 4


def test_reassigned_to_a_person_starts_a_new_clock_in_live_mode():
    steps = (step(after=0, reassign_to="boss"),)
    outcome = run(
        web_policy(*steps), [saved("2026-03-02T13:05")], until=utc("2026-03-02T15:00"), reassign=lambda recipient: BOB
    )
    state = outcome.state
    assert (state.assigned_to, state.sla_started_at, state.sla_due_at) == (
        BOB,
        utc("2026-03-02T14:05"),
        utc("2026-03-02T15:05"),
    )
    assert (state.status, state.escalation_level, state.assigned_at) == ("within_sla", 0, utc("2026-03-02T13:05"))
    later = run(web_policy(*steps), [saved("2026-03-02T13:05")], until=FAR, reassign=lambda recipient: BOB)
    assert [(alert.at, alert.owner) for alert in later.alerts] == [
        (utc("2026-03-02T14:05"), ANN),
        (utc("2026-03-02T15:05"), BOB),
    ]
    assert later.state.status == "breached"


def test_a_role_owns_nothing_by_itself():
    with pytest.raises(ValueError) as error:
        final(web_policy(step(after=0, reassign_to="rep")), saved("2026-03-02T13:05"))
    assert str(error.value) == "Recipient 'rep' is a record_owner, which names no owner to reassign a lead to."


def test_a_circle_of_reassignments_is_noticed():
    policy = web_policy(step("0", reassign_to="boss"), step("0", reassign_to="backup"))
    with pytest.raises(ValueError) as error:
        final(policy, saved("2026-03-02T13:05"), reassign={"boss": ANN, "backup": BOB}.__getitem__)
    assert str(error.value) == "The steps of web reassign in a circle at 2026-03-02T13:05:00+00:00."


@pytest.mark.parametrize(
    ("last", "status", "level"),
    [
        (step("99"), "within_sla", 1),  # before due: unchanged
        (step("99", status="escalated"), "escalated", 1),
        (step("100"), "breached", 1),
        (step(after=0, status="at_risk"), "at_risk", 1),  # the step's own word, after D's own timer
        (step(after=1), "escalated", 1),
        (step("150"), "escalated", 1),
    ],
)
def test_what_a_step_makes_of_a_lead(last, status, level):
    policy = web_policy(last)
    at = final(policy, saved("2026-03-02T13:05"), until=utc("2026-03-02T13:05")).step_at[0]
    state = final(policy, saved("2026-03-02T13:05"), until=at)
    assert (state.status, state.escalation_level) == (status, level)


def test_due_breaches_what_an_early_step_has_not_escalated():
    early = web_policy(step("50", status="escalated"))
    assert final(early, saved("2026-03-02T13:05")).status == "escalated"
    assert final(web_policy(step("50", status="at_risk")), saved("2026-03-02T13:05")).status == "breached"
    assert final(web_policy(), saved("2026-03-02T13:05")).status == "breached"


def test_a_step_that_was_overtaken_by_a_later_one_does_not_act():
    outcome = run(web_policy(step(after=60), step(after=30)), [saved("2026-03-02T13:05")], until=FAR)
    assert [(alert.step, alert.at) for alert in outcome.alerts] == [(2, utc("2026-03-02T14:35"))]


def test_steps_at_one_instant_run_in_order():
    outcome = run(web_policy(step("100"), step(after=0)), [saved("2026-03-02T13:05")], until=FAR)
    assert [change.cause for change in outcome.history] == ["created", "due", "step 1", "step 2"]


def test_a_timer_acts_only_on_a_lead_that_still_waits():
    policy = web_policy(*LADDER)
    waiting = final(policy, saved("2026-03-02T13:05"), until=utc("2026-03-02T13:05"))
    first = policy.promises[0].steps[0]
    acted = after_step(waiting, first)
    assert (acted.status, acted.escalation_level) == ("at_risk", 1)
    breached = after_due(acted)
    assert breached.status == "breached"
    assert after_step(breached, first) == breached  # a step acts once
    for change in ({"excluded": True}, {"converted": True}, {"first_touch_at": FAR}, {"sla_due_at": None}):
        over = replace(waiting, **change)
        assert after_step(over, first) == over
        assert after_due(over) == over


def test_timers_come_before_saves_of_the_same_instant():
    events = [saved("2026-03-02T13:05"), saved("2026-03-02T14:05", BOB)]
    outcome = run(web_policy(*LADDER[:2]), events, until=utc("2026-03-02T14:05"))
    assert [alert.owner for alert in outcome.alerts] == [ANN, ANN, ANN]
    assert outcome.state.assigned_to == BOB


# --- a coarser timer ---

TICK = timedelta(minutes=1)


def test_a_coarse_timer_runs_at_the_next_tick():
    outcome = run(web_policy(*LADDER[:2]), [saved("2026-03-02T13:05:10")], until=FAR, tick=TICK)
    assert [(alert.at, alert.due_at) for alert in outcome.alerts] == [
        (utc("2026-03-02T13:36"), utc("2026-03-02T13:35:10")),
        (utc("2026-03-02T14:06"), utc("2026-03-02T14:05:10")),
        (utc("2026-03-02T14:06"), utc("2026-03-02T14:05:10")),
    ]
    assert [c.cause for c in outcome.history] == ["created", "step 1", "due", "step 2"]
    on_the_minute = run(web_policy(*LADDER[:1]), [saved("2026-03-02T13:05")], until=FAR, tick=TICK)
    assert on_the_minute.alerts[0].at == utc("2026-03-02T13:35")


def test_what_happens_before_the_tick_counts():
    events = [saved("2026-03-02T13:05:10"), touched("2026-03-02T13:35:40")]
    assert run(web_policy(*LADDER), events, until=FAR, tick=TICK).alerts == ()
    late = [saved("2026-03-02T13:05:10"), touched("2026-03-02T14:05:11")]
    state = final(web_policy(*LADDER), *late, tick=TICK)
    assert (state.status, state.escalation_level) == ("touched_late", 1)  # a miss, though no timer had noticed


def test_the_timers_of_a_clock_that_was_restarted_before_the_tick_are_void():
    events = [saved("2026-03-02T13:05:10"), saved("2026-03-02T13:35:40", BOB)]
    outcome = run(web_policy(*LADDER[:1]), events, until=utc("2026-03-02T14:30"), tick=TICK)
    assert [(alert.at, alert.owner) for alert in outcome.alerts] == [(utc("2026-03-02T14:06"), BOB)]


# --- measures ---


def test_measures_of_an_ordinary_lead():
    state = final(web_policy(), saved("2026-03-02T13:05:03"), touched("2026-03-02T14:20:00"))
    got = measures(state, FAR)
    assert (got.systems_delay, got.human_delay, got.speed_to_lead) == (303, 4497, 4800)
    assert (got.systems_delay_minutes, got.human_delay_minutes) == (Decimal("5.1"), Decimal("75.0"))  # 5.05, 74.95
    assert (got.response, got.miss, got.miss_minutes, got.result) == (4497, 897, Decimal("15.0"), "Miss")


def test_the_result_is_blank_until_due_and_miss_a_second_later():
    state = final(web_policy(), saved("2026-03-02T13:05"), until=utc("2026-03-02T13:05"))
    assert measures(state, utc("2026-03-02T14:05")).result is None
    assert measures(state, utc("2026-03-02T14:05:01")).result == "Miss"
    assert measures(state, utc("2026-03-02T14:05:01")).miss is None  # blank while untouched


def test_measures_of_a_lead_nobody_assigned_or_touched():
    got = measures(final(web_policy(), saved("2026-03-02T13:05", QUEUE)), FAR)
    assert (got.speed_to_lead, got.systems_delay, got.human_delay, got.response, got.result) == (None,) * 5
    got = measures(final(web_policy(), saved("2026-03-02T13:05", QUEUE), touched("2026-03-02T13:10")), FAR)
    assert (got.speed_to_lead, got.systems_delay, got.human_delay, got.response) == (600, 600, 0, None)


def test_an_excluded_lead_has_no_result():
    state = final(web_policy(), saved("2026-03-02T13:05"))
    assert measures(state, FAR).result == "Miss"
    assert measures(replace(state, status="excluded"), FAR).result is None


def test_response_is_open_time_and_delays_are_calendar_time():
    # assigned Friday 17:50 EST, touched Monday 08:20 EDT
    early = Saved(utc("2026-03-06T22:50"), {"Source": "web", "Engaged": "2026-03-06T22:50:00Z"}, ANN)
    state = final(office_policy(15), early, touched("2026-03-09T12:20"))
    got = measures(state, FAR)
    assert (got.response_minutes, got.miss_minutes, got.result) == (Decimal("30.0"), Decimal("15.0"), "Miss")
    assert got.human_delay_minutes == Decimal("3690.0")  # 61.5 hours


# --- policies that cannot be ---


def test_business_days_need_a_business_clock():
    with pytest.raises(ValueError) as error:
        web_policy(step(after=0, after_bd=1))
    assert str(error.value) == "Lead type 'web': due + x needs a business clock."
    with pytest.raises(ValueError) as error:
        web_policy(sla="same_business_day")
    assert str(error.value) == "Lead type 'web': same_business_day needs a business clock."


def test_unknown_ids_are_key_errors():
    with pytest.raises(KeyError):
        web_policy(track_as="nothing")
    with pytest.raises(KeyError):
        web_policy().promise("nothing")

"""What saves and touches make of a lead: every rule of docs/semantics.md with instants computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sla_designs import business, design, hours, lead_type, step, utc, where
from sla_leads import ANN, BOB, BOT, FAR, LADDER, QUEUE, final, office_policy, saved, touched, web_policy

from provisioner.model.design import Duration
from provisioner.sla import Converted, LeadState, Owner, Policy, Saved, measures, run

# --- engaged, assigned, started ---


def test_a_lead_assigned_when_created_starts_at_once():
    outcome = run(web_policy(*LADDER), [saved("2026-03-02T13:05")], until=utc("2026-03-02T13:05"))
    assert outcome.state == LeadState(
        engaged_at=utc("2026-03-02T13:00"),
        assigned_at=utc("2026-03-02T13:05"),
        assigned_to=ANN,
        sla_started_at=utc("2026-03-02T13:05"),
        sla_due_at=utc("2026-03-02T14:05"),
        step_at=(utc("2026-03-02T13:35"), utc("2026-03-02T14:05"), utc("2026-03-02T16:05")),
        lead_type="web",
        sla_seconds=3600,
        status="within_sla",
        owner=ANN,
        created_at=utc("2026-03-02T13:05"),
        clocks_started=1,
    )
    assert outcome.state.sla_minutes == Decimal("60.0")
    assert [(change.at, change.cause) for change in outcome.history] == [(utc("2026-03-02T13:05"), "created")]
    assert outcome.history[0].state == outcome.state


def test_engaged_at_is_the_first_known_field_in_the_documents_order():
    policy = web_policy(engagement=("Form", "Born"))
    assert final(policy, Saved(utc("2026-03-02T13:05"), {"Born": "2026-03-02T13:04:00Z"}, ANN)).engaged_at == utc(
        "2026-03-02T13:04"
    )
    both = {"Form": "2026-03-02T14:00:00+01:00", "Born": "2026-03-02T13:04:00Z"}
    assert final(policy, Saved(utc("2026-03-02T13:05"), both, ANN)).engaged_at == utc("2026-03-02T13:00")
    assert final(policy, Saved(utc("2026-03-02T13:05"), {}, ANN)).engaged_at is None


def test_the_creation_time_counts_as_now():
    policy = Policy.of(design(lead_type("web", 60), engagement=("Form", "Born")), created_field="Born")
    state = final(policy, Saved(utc("2026-03-02T13:05"), {"Form": "", "Source": "web"}, ANN))
    assert state.engaged_at == utc("2026-03-02T13:05")


def test_engagement_that_comes_later_is_taken_once():
    outcome = run(
        web_policy(),
        [
            saved("2026-03-02T13:05", Engaged=None),
            saved("2026-03-02T13:10", Engaged="2026-03-02T13:08:00Z"),
            saved("2026-03-02T13:20", Engaged="2026-03-02T13:18:00Z"),
        ],
        until=FAR,
    )
    assert outcome.state.engaged_at == utc("2026-03-02T13:08")
    assert outcome.state.sla_started_at == utc("2026-03-02T13:05")


def test_engagement_that_is_not_a_time_is_named():
    with pytest.raises(ValueError) as error:
        final(web_policy(), saved("2026-03-02T13:05", Engaged="yesterday"))
    assert str(error.value) == "Engagement field Engaged holds 'yesterday', which is not a date or time."


@pytest.mark.parametrize("nobody", [QUEUE, BOT, Owner("robot", human=False), None])
def test_only_a_person_starts_the_clock(nobody):
    policy = web_policy(ignore=("Integration@acme.example",))
    waiting = final(policy, saved("2026-03-02T13:05", nobody))
    assert (waiting.assigned_at, waiting.sla_due_at, waiting.status) == (None, None, "not_started")
    state = final(
        policy, saved("2026-03-02T13:05", nobody), saved("2026-03-02T13:30", ANN), until=utc("2026-03-02T14:00")
    )
    assert (state.assigned_at, state.sla_due_at, state.status) == (
        utc("2026-03-02T13:30"),
        utc("2026-03-02T14:30"),
        "within_sla",
    )


def test_a_queue_starts_the_clock_where_the_design_says_so():
    policy = web_policy(queue_starts_clock=True)
    state = final(policy, saved("2026-03-02T13:05", QUEUE), saved("2026-03-02T13:30", ANN))
    assert state.assigned_at == utc("2026-03-02T13:05")
    assert (state.assigned_to, state.sla_started_at) == (ANN, utc("2026-03-02T13:30"))


def test_editing_a_lead_that_was_there_before_starts_nothing():
    before = LeadState(owner=ANN)
    state = final(web_policy(), saved("2026-03-02T13:05", ANN), known=before)
    assert (state.engaged_at, state.assigned_at, state.status) == (utc("2026-03-02T13:00"), None, "not_started")
    handed = final(web_policy(), saved("2026-03-02T13:05", ANN), saved("2026-03-02T13:30", BOB), known=before)
    assert (handed.assigned_at, handed.sla_started_at) == (utc("2026-03-02T13:30"), utc("2026-03-02T13:30"))


# --- the SLA on its calendar ---


def test_assigned_on_a_weekend_is_within_sla_until_monday():
    policy = office_policy(15, step("50"), step(after=0))
    state = final(policy, saved("2026-02-28T15:00"), until=utc("2026-03-02T13:00"))
    assert (state.assigned_at, state.sla_started_at) == (utc("2026-02-28T15:00"), utc("2026-03-02T13:00"))
    assert (state.sla_due_at, state.status) == (utc("2026-03-02T13:15"), "within_sla")
    assert state.step_at == (utc("2026-03-02T13:07:30"), utc("2026-03-02T13:15"))


def test_a_friday_evening_before_the_clocks_change():
    # Friday 6 March 17:30 EST: 30 of 90 minutes are left on Friday; Monday 08:00 is EDT, 12:00 UTC
    policy = office_policy(90, step("50"), step(after=0), step(after=60), step(after=0, after_bd=1))
    state = final(policy, saved("2026-03-06T22:30"), until=utc("2026-03-06T22:30"))
    assert state.sla_due_at == utc("2026-03-09T13:00")
    assert state.step_at == (
        utc("2026-03-09T12:15"),
        utc("2026-03-09T13:00"),
        utc("2026-03-09T14:00"),
        utc("2026-03-10T13:00"),  # one business day is 600 open minutes
    )


def test_a_night_the_clock_is_changed_is_an_hour_shorter():
    night = hours(open=dict.fromkeys(range(7), ((0, 1440),)), id="us")
    policy = Policy.of(replace(design(business("web", 240)), business_hours={"us": night}))
    # 8 March 01:00 EST + 4 h = 06:00 EDT
    assert final(policy, saved("2026-03-08T06:00")).sla_due_at == utc("2026-03-08T10:00")


def test_holidays_do_not_count():
    closed = hours(holidays=[date(2026, 3, 3)])
    policy = Policy.of(replace(design(business("web", 120)), business_hours={"us": closed}))
    assert final(policy, saved("2026-03-02T22:00")).sla_due_at == utc("2026-03-04T14:00")


def test_same_business_day_is_the_close_of_the_day_the_clock_starts_in():
    policy = office_policy("same_business_day", step("50"), step(after=30))
    state = final(policy, saved("2026-03-02T15:00:01"), until=utc("2026-03-02T15:00:01"))
    assert state.sla_due_at == utc("2026-03-02T23:00")
    assert state.sla_seconds == 8 * 3600 - 1
    assert state.sla_minutes == Decimal("480.0")
    # half of 28,799 s is 14,399.5 s, rounded up; half an hour after closing is Tuesday 08:30
    assert state.step_at == (utc("2026-03-02T19:00:01"), utc("2026-03-03T13:30"))
    evening = final(policy, saved("2026-03-02T23:00"), until=utc("2026-03-02T23:00"))
    assert (evening.sla_started_at, evening.sla_due_at) == (utc("2026-03-03T13:00"), utc("2026-03-03T23:00"))


def test_business_days_in_an_sla_are_open_minutes():
    two_days = Duration(business_days=2, text="2bd")
    assert final(office_policy(two_days), saved("2026-03-05T15:00")).sla_due_at == utc("2026-03-09T14:00")


# --- touches ---


def test_touched_in_time_is_met_for_good():
    outcome = run(
        web_policy(*LADDER),
        [saved("2026-03-02T13:05"), touched("2026-03-02T13:20"), touched("2026-03-02T13:25", kind="email")],
        until=FAR,
    )
    state = outcome.state
    assert (state.first_touch_at, state.first_touch_type, state.status) == (utc("2026-03-02T13:20"), "call", "met")
    assert state.response_minutes == Decimal("15.0")
    assert outcome.alerts == ()


def test_a_touch_exactly_at_due_is_a_hit_but_the_timer_came_first():
    outcome = run(web_policy(*LADDER), [saved("2026-03-02T13:05"), touched("2026-03-02T14:05")], until=FAR)
    assert outcome.state.status == "met"
    assert measures(outcome.state, FAR).result == "Hit"
    assert [change.cause for change in outcome.history] == ["created", "step 1", "due", "step 2", "touched"]
    assert outcome.state.escalation_level == 2


def test_a_second_late_is_touched_late():
    state = final(web_policy(), saved("2026-03-02T13:05"), touched("2026-03-02T14:05:01"))
    assert (state.status, state.response_seconds) == ("touched_late", 3601)
    assert measures(state, FAR).result == "Miss"
    assert measures(state, FAR).miss == 1


@pytest.mark.parametrize(
    "ignored",
    [
        touched("2026-03-02T13:20", actor="INTEGRATION@acme.example"),
        touched("2026-03-02T13:20", human=False),
        touched("2026-03-02T13:20", kind="linkedin"),
        touched("2026-03-02T12:59:59"),
    ],
)
def test_touches_that_do_not_count(ignored):
    policy = web_policy(ignore=(BOT.key,))
    state = final(policy, ignored, saved("2026-03-02T13:05"), until=utc("2026-03-02T13:30"))
    assert (state.first_touch_at, state.status) == (None, "within_sla")


def test_a_touch_at_the_instant_of_engagement_counts():
    policy = web_policy(engagement=("Engaged",))
    state = final(policy, saved("2026-03-02T12:00", Engaged="2026-03-02T13:00:00Z"), touched("2026-03-02T13:00"))
    assert state.first_touch_at == utc("2026-03-02T13:00")


def test_touched_before_it_was_assigned_is_met_when_it_is_assigned():
    events = [saved("2026-03-02T13:05", QUEUE), touched("2026-03-02T13:20")]
    waiting = final(web_policy(), *events)
    assert (waiting.first_touch_at, waiting.status) == (utc("2026-03-02T13:20"), "not_started")
    state = final(web_policy(), *events, saved("2026-03-02T13:50", ANN))
    assert (state.status, state.response_seconds, state.sla_started_at) == ("met", 0, utc("2026-03-02T13:50"))
    got = measures(state, FAR)
    assert (got.systems_delay, got.human_delay, got.speed_to_lead, got.result) == (1200, 0, 1200, "Hit")


def test_touched_before_the_office_opens_has_no_response_time():
    early = [Saved(utc("2026-02-28T15:00"), {"Source": "web", "Engaged": "2026-02-28T15:00:00Z"}, ANN)]
    state = final(office_policy(15), *early, touched("2026-02-28T16:00"))
    got = measures(state, FAR)
    assert (state.status, got.response, got.miss, got.human_delay) == ("met", 0, 0, 3600)


# --- reassignment ---


def test_restart_gives_the_next_person_a_new_clock():
    outcome = run(
        web_policy(*LADDER[:2]),
        [saved("2026-03-02T13:05"), saved("2026-03-02T13:45", BOB), touched("2026-03-02T14:40", BOB.key)],
        until=FAR,
    )
    state = outcome.state
    assert (state.assigned_at, state.assigned_to) == (utc("2026-03-02T13:05"), BOB)  # systems delay is the first's
    assert (state.sla_started_at, state.sla_due_at, state.status) == (
        utc("2026-03-02T13:45"),
        utc("2026-03-02T14:45"),
        "met",
    )
    assert [(alert.step, alert.at, alert.owner) for alert in outcome.alerts] == [
        (1, utc("2026-03-02T13:35"), ANN),
        (1, utc("2026-03-02T14:15"), BOB),
    ]


def test_keep_moves_nothing():
    state = final(web_policy(on_reassign="keep"), saved("2026-03-02T13:05"), saved("2026-03-02T13:45", BOB))
    assert (state.assigned_to, state.sla_started_at, state.status) == (ANN, utc("2026-03-02T13:05"), "breached")


def test_a_queue_and_the_way_back_to_the_same_person_move_nothing():
    state = final(
        web_policy(),
        saved("2026-03-02T13:05"),
        saved("2026-03-02T13:10", QUEUE),
        saved("2026-03-02T13:15", ANN),
        until=utc("2026-03-02T13:15"),
    )
    assert (state.assigned_to, state.sla_started_at, state.clocks_started) == (ANN, utc("2026-03-02T13:05"), 1)
    other = final(
        web_policy(), saved("2026-03-02T13:05"), saved("2026-03-02T13:10", QUEUE), saved("2026-03-02T13:15", BOB)
    )
    assert (other.assigned_to, other.sla_started_at) == (BOB, utc("2026-03-02T13:15"))


def test_a_reassignment_after_the_touch_moves_nothing():
    state = final(web_policy(), saved("2026-03-02T13:05"), touched("2026-03-02T13:10"), saved("2026-03-02T13:15", BOB))
    assert (state.assigned_to, state.sla_started_at, state.status) == (ANN, utc("2026-03-02T13:05"), "met")


def test_a_reassignment_after_the_touch_starts_nothing_even_without_a_clock():
    other = saved("2026-03-02T13:05", Source="other")
    state = final(web_policy(), other, touched("2026-03-02T13:10"), saved("2026-03-02T13:15", BOB))
    assert (state.assigned_to, state.lead_type, state.sla_due_at, state.status) == (ANN, None, None, "not_started")


def test_other_changes_move_nothing_and_the_type_is_that_of_the_assignment():
    policy = Policy.of(design(lead_type("web", 60), lead_type("fair", 5)))
    state = final(
        policy, saved("2026-03-02T13:05"), saved("2026-03-02T13:06", Source="fair"), until=utc("2026-03-02T13:30")
    )
    assert (state.lead_type, state.sla_due_at) == ("web", utc("2026-03-02T14:05"))
    moved = final(policy, saved("2026-03-02T13:05"), saved("2026-03-02T13:06", BOB, Source="fair"))
    assert (moved.lead_type, moved.sla_due_at) == ("fair", utc("2026-03-02T13:11"))


# --- no lead type ---


def test_a_lead_of_no_type_has_no_clock():
    state = final(web_policy(*LADDER), saved("2026-03-02T13:05", Source="other"), touched("2026-03-02T13:10"))
    assert (state.lead_type, state.sla_due_at, state.step_at, state.status) == (None, None, (), "not_started")
    assert (state.assigned_to, state.assigned_at) == (ANN, utc("2026-03-02T13:05"))
    assert measures(state, FAR).result is None
    assert measures(state, FAR).human_delay == 300


def test_unmatched_leads_are_tracked_as_told():
    state = final(web_policy(track_as="web"), saved("2026-03-02T13:05", Source="other"))
    assert (state.lead_type, state.sla_due_at) == ("web", utc("2026-03-02T14:05"))


def test_a_restart_into_no_type_stops_the_clock():
    outcome = run(
        web_policy(*LADDER), [saved("2026-03-02T13:05"), saved("2026-03-02T13:10", BOB, Source="other")], until=FAR
    )
    state = outcome.state
    assert (state.lead_type, state.sla_seconds, state.sla_started_at, state.sla_due_at) == (None, None, None, None)
    assert (state.step_at, state.status, state.assigned_to, outcome.alerts) == ((), "not_started", BOB, ())


# --- exclusion ---

DEAD = where("Status", "in", "Disqualified")


def test_an_excluded_lead_has_no_clock_but_its_facts():
    state = final(
        web_policy(*LADDER, exclude=[DEAD]), saved("2026-03-02T13:05"), saved("2026-03-02T13:40", Status="disqualified")
    )
    assert (state.status, state.excluded, state.escalation_level) == ("excluded", True, 0)
    assert (state.sla_started_at, state.sla_due_at, state.step_at, state.sla_seconds) == (None, None, (), None)
    assert (state.assigned_to, state.assigned_at, state.lead_type) == (None, utc("2026-03-02T13:05"), "web")
    assert measures(state, FAR).result is None


def test_a_lead_that_is_no_longer_excluded_starts_again():
    outcome = run(
        web_policy(*LADDER, exclude=[DEAD]),
        [
            saved("2026-03-02T13:05"),
            saved("2026-03-02T13:20", Status="Disqualified"),
            saved("2026-03-02T13:50"),
        ],
        until=utc("2026-03-02T14:30"),
    )
    state = outcome.state
    assert (state.assigned_at, state.sla_started_at) == (utc("2026-03-02T13:05"), utc("2026-03-02T13:50"))
    assert [(alert.step, alert.at) for alert in outcome.alerts] == [(1, utc("2026-03-02T14:20"))]


def test_excluded_when_created_and_assigned_is_assigned_and_may_start_later():
    events = [saved("2026-03-02T13:05", Status="Disqualified"), saved("2026-03-02T13:50")]
    policy = web_policy(exclude=[DEAD])
    assert final(policy, events[0]).assigned_at == utc("2026-03-02T13:05")
    assert final(policy, *events).sla_started_at == utc("2026-03-02T13:50")


def test_no_longer_excluded_in_a_queue_is_not_started():
    policy = web_policy(exclude=[DEAD])
    events = [saved("2026-03-02T13:05", QUEUE, Status="Disqualified"), saved("2026-03-02T13:50", QUEUE)]
    assert final(policy, *events[:1]).status == "excluded"
    state = final(policy, *events)
    assert (state.status, state.assigned_at, state.excluded) == ("not_started", None, False)
    state = final(policy, *events, saved("2026-03-02T14:00", ANN))
    assert state.sla_started_at == utc("2026-03-02T14:00")


def test_no_longer_excluded_unknown_since_when_it_is_assigned():
    old = LeadState(owner=ANN)
    policy = web_policy(exclude=[DEAD])
    events = [saved("2026-03-02T13:05", Status="Disqualified"), saved("2026-03-02T13:50")]
    assert final(policy, *events, known=old).status == "not_started"


def test_touched_while_excluded_is_met_when_it_comes_back():
    policy = web_policy(exclude=[DEAD])
    events = [saved("2026-03-02T13:05", Status="Disqualified"), touched("2026-03-02T13:20")]
    assert final(policy, *events).first_touch_at == utc("2026-03-02T13:20")
    assert final(policy, *events).status == "excluded"
    state = final(policy, *events, saved("2026-03-02T13:50"))
    assert (state.status, state.response_seconds) == ("met", 0)


def test_a_finished_clock_keeps_its_result_when_the_lead_is_excluded():
    policy = web_policy(exclude=[DEAD])
    events = [saved("2026-03-02T13:05"), touched("2026-03-02T13:20"), saved("2026-03-02T13:50", Status="Disqualified")]
    state = final(policy, *events)
    assert (state.status, state.excluded, state.response_seconds) == ("met", True, 900)
    assert measures(state, FAR).result == "Hit"


# --- cycles ---


def test_a_second_engagement_after_a_finished_clock_is_a_new_cycle():
    again = {"Engaged": "2026-03-05T09:00:00Z"}
    outcome = run(
        web_policy(*LADDER[:2]),
        [saved("2026-03-02T13:05"), touched("2026-03-02T15:00"), saved("2026-03-05T09:01", **again)],
        until=utc("2026-03-05T09:01"),
    )
    state = outcome.state
    assert (state.cycle, state.engaged_at, state.assigned_at) == (2, utc("2026-03-05T09:00"), utc("2026-03-05T09:01"))
    assert (state.sla_due_at, state.status, state.escalation_level) == (utc("2026-03-05T10:01"), "within_sla", 0)
    assert (state.first_touch_at, state.first_touch_type, state.response_seconds) == (None, None, None)
    assert outcome.history[-2].state.status == "touched_late"  # earlier cycles stay in history


def test_the_new_cycle_of_a_lead_in_a_queue_waits_for_a_person():
    again = {"Engaged": "2026-03-05T09:00:00Z"}
    events = [saved("2026-03-02T13:05"), touched("2026-03-02T13:20"), saved("2026-03-05T09:01", QUEUE, **again)]
    state = final(web_policy(), *events)
    assert (state.cycle, state.assigned_at, state.lead_type, state.status) == (2, None, None, "not_started")
    # the present owner counts as newly assigned in that save only
    assert final(web_policy(), *events, saved("2026-03-05T09:05", ANN, **again)).sla_started_at == utc(
        "2026-03-05T09:05"
    )


def test_no_new_cycle_while_the_clock_runs_or_for_an_engagement_before_the_touch():
    again = {"Engaged": "2026-03-02T13:30:00Z"}
    running = final(web_policy(), saved("2026-03-02T13:05"), saved("2026-03-02T13:31", **again))
    assert (running.cycle, running.engaged_at) == (1, utc("2026-03-02T13:00"))
    events = [saved("2026-03-02T13:05"), touched("2026-03-02T13:30"), saved("2026-03-02T13:31", **again)]
    assert final(web_policy(), *events).cycle == 1


def test_no_new_cycle_for_a_touched_lead_whose_clock_never_finished():
    again = {"Engaged": "2026-03-05T09:00:00Z"}
    events = [saved("2026-03-02T13:05", QUEUE), touched("2026-03-02T13:30"), saved("2026-03-05T09:01", QUEUE, **again)]
    state = final(web_policy(), *events)
    assert (state.cycle, state.first_touch_at, state.status) == (1, utc("2026-03-02T13:30"), "not_started")


def test_an_excluded_lead_may_begin_a_cycle_that_does_not_start():
    again = {"Engaged": "2026-03-05T09:00:00Z", "Status": "Disqualified"}
    policy = web_policy(exclude=[DEAD])
    state = final(policy, saved("2026-03-02T13:05"), touched("2026-03-02T13:20"), saved("2026-03-05T09:01", **again))
    assert (state.cycle, state.status, state.assigned_at, state.sla_due_at) == (
        2,
        "excluded",
        utc("2026-03-05T09:01"),
        None,
    )


# --- conversion ---


def test_after_conversion_nothing_happens_ever_again():
    events = [saved("2026-03-02T13:05"), Converted(utc("2026-03-02T13:10"))]
    before = final(web_policy(*LADDER), *events, until=utc("2026-03-02T13:10"))
    outcome = run(
        web_policy(*LADDER), [*events, touched("2026-03-02T13:20"), saved("2026-03-02T13:30", BOB)], until=FAR
    )
    assert outcome.state == before
    assert (outcome.state.converted, outcome.alerts) == (True, ())


def test_a_conversion_needs_a_lead():
    with pytest.raises(ValueError) as error:
        final(web_policy(), Converted(utc("2026-03-02T13:10")), saved("2026-03-02T13:15"))
    assert str(error.value) == "The lead was converted at 2026-03-02T13:10:00+00:00, before it was created."

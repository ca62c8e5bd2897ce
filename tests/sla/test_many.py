"""Laws of the timeline over random lives, and the vectorised forms against the scalar ones."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sla_designs import business, design, hours, lead_type, seconds, step, utc, where
from sla_leads import ANN, BOB, BOT, QUEUE

from provisioner.model.design import Duration
from provisioner.sla import ALWAYS, Calendar, Converted, Policy, Saved, Touched, measures, run, vector
from provisioner.sla.vector import BLANK, HIT, MISS, NEVER

BEGIN = utc("2026-03-04T12:00")  # Wednesday; the clocks change on Sunday
END = BEGIN + timedelta(days=8)

CALENDARS = [
    Calendar.of(hours(holidays=[date(2026, 3, 9), date(2026, 12, 25)])),
    Calendar.of(hours("Europe/London", {0: ((0, 90), (600, 720)), 6: ((30, 1440),)})),
    Calendar.of(hours("Australia/Lord_Howe", dict.fromkeys(range(7), ((0, 1440),)))),
    ALWAYS,
]


@cache
def varied(mode: str = "live", on_reassign: str = "restart") -> Policy:
    """Types on two business calendars and the calendar clock, with and without steps."""
    emea = hours("Europe/London", {0: ((480, 720), (780, 1080)), 4: ((480, 1020),)}, id="emea", business_day=540)
    one_day = Duration(business_days=1, text="1bd")
    return Policy.of(
        design(
            business("web", 45, escalation="ladder"),
            business("emea", 240, hours="emea", escalation="short"),
            business("today", "same_business_day", escalation="ladder"),
            lead_type("always", 90, escalation="short"),
            business("slow", one_day, escalation="odd"),
            lead_type("bare", 7),
            steps=(
                step("33.3", status="at_risk"),
                step(after=0),
                step(after=90, reassign_to="backup"),
                step(after=5, after_bd=1),
            ),
            escalations={
                "short": (step("0"), step("150", reassign_to="boss")),
                "odd": (step(after=30), step("12.5"), step("100")),
            },
            calendars=[emea],
            mode=mode,
            on_reassign=on_reassign,
            ignore=(BOT.key,),
            exclude=[where("Out", "in", True)],
        )
    )


moments = st.integers(0, 8 * 86_400).map(lambda n: BEGIN + timedelta(seconds=n))
values = st.fixed_dictionaries(
    {
        "Source": st.sampled_from(["web", "emea", "today", "always", "slow", "bare", "other"]),
        "Out": st.sampled_from([False, False, False, True]),
        "Engaged": st.one_of(st.none(), moments),
    }
)
saves = st.builds(Saved, moments, values, st.sampled_from([ANN, BOB, BOT, QUEUE]))
touches = st.builds(Touched, moments, st.sampled_from(["call", "meeting"]), st.sampled_from([ANN.key, BOT.key]))
first_save = st.builds(Saved, st.just(BEGIN), values, st.sampled_from([ANN, QUEUE]))
lives = st.tuples(
    first_save, st.lists(st.one_of(saves, saves, touches, st.builds(Converted, moments)), max_size=8)
).map(lambda life: [life[0], *life[1]])
policies = st.builds(varied, st.sampled_from(["live", "silent"]), st.sampled_from(["restart", "keep"]))
ticks = st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(minutes=15)])


@settings(deadline=None)
@given(policies, lives, ticks)
def test_delays_add_up_to_the_speed(policy, events, tick):
    for change in run(policy, events, until=END, tick=tick).history:
        got = measures(change.state, change.at)
        parts = (got.systems_delay, got.human_delay)
        if got.speed_to_lead is not None:
            assert None not in parts
            assert sum(parts) == got.speed_to_lead


@settings(deadline=None)
@given(policies, lives, ticks, moments)
def test_the_future_does_not_change_the_past(policy, events, tick, earlier):
    whole = run(policy, events, until=END, tick=tick)
    part = run(policy, events, until=earlier, tick=tick)
    assert part.history == tuple(change for change in whole.history if change.at <= earlier)
    assert part.alerts == tuple(alert for alert in whole.alerts if alert.at <= earlier)


@settings(deadline=None)
@given(policies, lives, ticks)
def test_every_state_makes_sense(policy, events, tick):
    outcome = run(policy, events, until=END, tick=tick)
    for change in outcome.history:
        state = change.state
        running = state.status in ("within_sla", "at_risk", "breached", "escalated")
        assert (state.sla_due_at is not None) == (running or state.finished)
        assert (state.sla_started_at is None) == (state.sla_due_at is None) == (state.sla_seconds is None)
        assert state.finished == (state.response_seconds is not None)
        assert not (running and (state.first_touch_at is not None or state.excluded))
        assert (state.status == "excluded") <= state.excluded
        if state.sla_due_at is not None:
            assert state.assigned_at <= state.sla_started_at <= state.sla_due_at
            assert (measures(state, change.at).result == "Hit") == (state.status == "met")
    for alert in outcome.alerts:
        assert timedelta(0) <= alert.at - alert.due_at < max(tick, timedelta(seconds=1))
    if policy.mode == "silent":
        assert (outcome.tasks, outcome.reassignments) == ((), ())


# --- arrays ---

EPOCHS = st.integers(seconds("2026-02-20"), seconds("2026-11-20"))


@settings(deadline=None)
@given(st.sampled_from(CALENDARS), st.lists(st.tuples(EPOCHS, EPOCHS), max_size=20))
def test_open_seconds_of_arrays(calendar, pairs):
    a = np.array([min(pair) for pair in pairs], np.int64)
    b = np.array([max(pair) for pair in pairs], np.int64)
    expected = [calendar.open_seconds(at(x), at(y)) for x, y in zip(a, b, strict=True)]
    assert vector.open_seconds(calendar, a, b).tolist() == expected


@settings(deadline=None)
@given(st.sampled_from(CALENDARS), st.lists(st.tuples(EPOCHS, st.integers(0, 200_000)), max_size=20))
def test_add_of_arrays(calendar, pairs):
    t = np.array([pair[0] for pair in pairs], np.int64)
    n = np.array([pair[1] for pair in pairs], np.int64)
    expected = [int(calendar.add(at(x), int(y)).timestamp()) for x, y in zip(t, n, strict=True)]
    assert vector.add(calendar, t, n).tolist() == expected


def test_arrays_refuse_what_the_scalar_forms_refuse():
    one, two = np.array([1], np.int64), np.array([2], np.int64)
    with pytest.raises(ValueError) as error:
        vector.open_seconds(CALENDARS[0], two, one)
    assert str(error.value) == "Open time is measured forwards, but some end is before its beginning."
    with pytest.raises(ValueError) as error:
        vector.add(CALENDARS[0], one, -two)
    assert str(error.value) == "Open time is added forwards; some amount is negative."


TYPES = st.integers(-1, len(varied().promises) - 1)
ASSIGNED = st.one_of(EPOCHS, EPOCHS, EPOCHS, st.just(NEVER))


@settings(deadline=None)
@given(st.lists(st.tuples(ASSIGNED, TYPES), max_size=30))
def test_clocks_of_arrays(leads):
    policy = varied()
    assigned_at, types = (np.array([lead[n] for lead in leads], np.int64) for n in (0, 1))
    clocks = vector.clock(policy, assigned_at, types)
    assert clocks.steps.shape == (len(leads), 4)
    for row, (assigned, index) in enumerate(leads):
        expected = [NEVER] * 7
        if assigned != NEVER and index >= 0:
            clock = policy.promises[index].clock(at(assigned))
            instants = [clock.start, clock.due, *clock.step_at]
            numbers = [int(instant.timestamp()) for instant in instants]
            expected = [clock.sla_seconds, *numbers, *[NEVER] * (6 - len(numbers))]
        found = [clocks.sla_seconds[row], clocks.start[row], clocks.due[row], *clocks.steps[row]]
        assert found == expected


@settings(deadline=None)
@given(
    st.lists(st.tuples(EPOCHS, TYPES, st.one_of(st.none(), st.integers(0, 90_000))), min_size=1, max_size=20),
    st.integers(0, 400_000),
    st.sampled_from([0, 60, 900]),
)
def test_arrays_tell_the_same_story_as_the_timeline(leads, wait, tick):
    policy = varied("silent")
    assigned_at = np.array([lead[0] for lead in leads], np.int64)
    types = np.array([lead[1] for lead in leads], np.int64)
    now = int(assigned_at.max()) + wait
    touch = [min(now, lead[0] + lead[2]) if lead[2] is not None else NEVER for lead in leads]
    first_touch_at = np.array(touch, np.int64)

    clocks = vector.clock(policy, assigned_at, types)
    verdicts = vector.verdict(policy, clocks, types, first_touch_at, now)
    fired = vector.fired(clocks, first_touch_at, now, tick=tick)

    for row, (assigned, index, _) in enumerate(leads):
        source = policy.promises[index].id if index >= 0 else "other"
        events = [Saved(at(assigned), {"Source": source, "Engaged": at(assigned)}, ANN)]
        if touch[row] != NEVER:
            events.append(Touched(at(touch[row]), "call", ANN.key))
        outcome = run(policy, events, until=at(now), tick=timedelta(seconds=tick))
        got = measures(outcome.state, at(now))
        assert verdicts.result[row] == {None: BLANK, "Hit": HIT, "Miss": MISS}[got.result]
        assert verdicts.response[row] == (NEVER if got.response is None else got.response)
        assert verdicts.miss[row] == (NEVER if got.miss is None else got.miss)
        assert np.flatnonzero(fired[row]).tolist() == sorted(alert.step - 1 for alert in outcome.alerts)


def test_nothing_at_all_is_fine_too():
    none = np.array([], np.int64)
    clocks = vector.clock(varied(), none, none)
    assert clocks.steps.shape == (0, 4)
    assert vector.verdict(varied(), clocks, none, none, 0).result.size == 0
    assert vector.add(CALENDARS[0], none, none).size == 0
    empty = replace(varied(), promises=())
    untyped = vector.clock(empty, np.array([0], np.int64), np.array([-1], np.int64))
    assert untyped.due.tolist() == [NEVER]
    assert untyped.steps.shape == (1, 0)


def test_the_clock_of_one_lead_does_without_numpy():
    code = "import sys, provisioner.sla; print('numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


def at(epoch_seconds: int) -> datetime:
    return datetime.fromtimestamp(int(epoch_seconds), UTC)

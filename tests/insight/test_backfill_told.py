"""What is told of leads from before the clock: by example, and as laws over random pasts."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "sla"))

from sla_designs import business, design, lead_type, step, where

from provisioner.insight.backfill import policy_of, told
from provisioner.model.design import Stages
from provisioner.past import Edit, FinishedClock, Move, PastLead, PastTouch, Told, Who

# 2 March 2026 is a Monday; in New York the office opens at 13:00 UTC and closes at 23:00.
MONDAY = datetime(2026, 3, 2, 14, tzinfo=UTC)
ANN, BO, BOT = Who("ann"), Who("bo"), Who("bot", human=False)
QUEUE = Who("queue", is_queue=True, human=False)
WEB = {"Source": "web", "CreatedDate": MONDAY.isoformat()}
DESIGN = design(
    business("web", 5, escalation="ladder"),
    steps=(step(after=0), step(after=60, reassign_to="boss")),
    engagement=("Engaged", "CreatedDate"),
    exclude=(where("Source", "in", "internal"),),
)
POLICY = policy_of(DESIGN)


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def lead(owner: Who = ANN, **facts: object) -> PastLead:
    return replace(PastLead("00Q1", MONDAY, owner, WEB), **facts)  # type: ignore[arg-type]


def call(minutes: float, by: Who = ANN, *, sure: bool = True) -> PastTouch:
    return PastTouch(at(minutes), "call", by, sure)


def test_a_touched_lead_has_a_finished_clock_on_the_hours_of_its_type() -> None:
    found = told(POLICY, lead(moves=(Move(at(2), QUEUE, ANN),), touches=(call(5),)))
    clock = FinishedClock("web", "us", "ann", at(2), at(7), 300, 180, "met")
    assert found == Told(MONDAY, at(2), at(5), "call", clock=clock)


def test_a_late_touch_is_a_miss_though_no_step_ever_acted() -> None:
    """The design hands leads over an hour after due; in the past nobody did."""
    found = told(POLICY, lead(touches=(call(300),)))
    clock = FinishedClock("web", "us", "ann", MONDAY, at(5), 300, 300 * 60, "touched_late")
    assert found == Told(MONDAY, MONDAY, at(300), "call", clock=clock)


def test_an_untouched_lead_has_no_clock() -> None:
    assert told(POLICY, lead()) == Told(MONDAY, MONDAY)
    assert told(POLICY, lead(QUEUE)) == Told(MONDAY)


def test_a_new_owner_before_the_touch_has_a_clock_of_his_own() -> None:
    found = told(POLICY, lead(BO, moves=(Move(at(60), ANN, BO),), touches=(call(63, BO),)))
    clock = FinishedClock("web", "us", "bo", at(60), at(65), 300, 180, "met")
    assert found == Told(MONDAY, MONDAY, at(63), "call", clock=clock)


def test_the_type_is_that_of_the_day_where_the_history_tells_it() -> None:
    changed = lead(
        values={**WEB, "Source": "other"}, edits=(Edit(at(60), "Source", "web", "other"),), touches=(call(2),)
    )
    found = told(POLICY, changed)
    assert isinstance(found, Told) and found.clock is not None and found.clock.lead_type == "web"
    without = told(POLICY, replace(changed, edits=()))
    assert without == Told(MONDAY, MONDAY, at(2), "call")


@pytest.mark.parametrize(
    ("past", "reason"),
    [
        (lead(doubt="no_history"), "no_history"),
        (lead(BO, moves=(Move(at(1), QUEUE, ANN),)), "gap"),
        (lead(BO, moves=(Move(at(1), QUEUE, ANN), Move(at(2), QUEUE, BO))), "gap"),
        (lead(moves=(Move(at(-1), QUEUE, ANN),)), "gap"),
        (lead(edits=(Edit(at(1), "Source", "web", "other"),)), "gap"),
        (lead(values={**WEB, "Source": "internal"}, touches=(call(2),)), "excluded"),
        (lead(values={**WEB, "Engaged": at(60).isoformat()}, touches=(call(2),)), "engaged_later"),
        (lead(touches=(call(2, sure=False),)), "unsure_touch"),
        (lead(touches=(call(2, sure=False), call(3))), "unsure_touch"),
    ],
)
def test_what_the_history_cannot_tell_is_not_told(past: PastLead, reason: str) -> None:
    assert told(POLICY, past) == reason


def test_a_doubtful_touch_after_a_certain_one_is_no_matter() -> None:
    found = told(POLICY, lead(touches=(call(3), call(4, sure=False))))
    assert isinstance(found, Told) and found.first_touch_at == at(3)


def test_who_is_no_person_neither_touches_nor_has_a_lead() -> None:
    assert told(POLICY, lead(BOT, touches=(call(3, BOT),))) == Told(MONDAY)


def test_stages_are_only_told_where_their_history_goes_back_to_the_creation() -> None:
    stages = Stages("Stage", {"mql": "M", "sal": "S"})
    staged = replace(DESIGN, telemetry=replace(DESIGN.telemetry, stages=stages))
    past = lead(values={**WEB, "Stage": "S"}, edits=(Edit(at(9), "Stage", "M", "S"),), knows_stages=True)
    found = told(policy_of(staged), past)
    assert found == Told(
        MONDAY, MONDAY, stage_entered_at=at(9), stage_at={"mql": MONDAY, "sal": at(9)}, recycle_count=0
    )
    assert told(policy_of(staged), replace(past, knows_stages=False)) == Told(MONDAY, MONDAY)


def test_a_clock_without_a_touch_cannot_even_be_said() -> None:
    clock = FinishedClock("web", None, "ann", at(0), at(5), 300, 60, "met")
    with pytest.raises(ValueError, match="would start timers"):
        Told(MONDAY, MONDAY, clock=clock)
    with pytest.raises(ValueError, match="begin a new cycle"):
        Told(MONDAY, MONDAY, at(-1), "call")


# ------------------------------------------------------------------ laws

instants = st.integers(-60, 3000).map(at)
people = st.sampled_from([ANN, BO, BOT, QUEUE])
sources = st.sampled_from(["web", "round", "other", "internal"])
ANY = policy_of(
    design(
        business("web", 5),
        lead_type("round", 60),
        engagement=("Engaged", "CreatedDate"),
        exclude=(where("Source", "in", "internal"),),
    )
)


@st.composite
def pasts(draw: st.DrawFn) -> PastLead:
    owners = draw(st.lists(people, min_size=1, max_size=4))
    kinds = draw(st.lists(sources, min_size=1, max_size=3))
    moments = sorted(draw(st.lists(instants, min_size=6, max_size=6, unique=True)))
    moves = tuple(Move(when, a, b) for when, (a, b) in zip(moments[:3], itertools.pairwise(owners), strict=False))
    edits = tuple(
        Edit(when, "Source", a, b) for when, (a, b) in zip(moments[3:], itertools.pairwise(kinds), strict=False)
    )
    engaged = draw(st.none() | instants)
    values = {**WEB, "Source": kinds[-1], "Engaged": engaged.isoformat() if engaged else None}
    touches = draw(st.lists(st.builds(PastTouch, instants, st.sampled_from(["call", "fax"]), people, st.booleans())))
    return PastLead("00Q1", MONDAY, owners[-1], values, moves, edits, tuple(touches))


@given(pasts())
def test_nothing_is_told_that_a_timer_could_wait_for(past: PastLead) -> None:
    found = told(ANY, past)
    if not isinstance(found, Told):
        return
    if found.clock is not None:
        assert found.first_touch_at is not None
        assert found.clock.status == ("met" if found.first_touch_at <= found.clock.due_at else "touched_late")
        assert found.assigned_at is not None and found.clock.started_at >= found.assigned_at
    # Nor what a save would take for a new engagement after a finished clock.
    present = past.values["Engaged"]
    engaged = datetime.fromisoformat(present) if present else MONDAY
    assert found.first_touch_at is None or found.first_touch_at >= engaged


@given(pasts())
def test_a_first_touch_is_one_that_was_done(past: PastLead) -> None:
    found = told(ANY, past)
    if isinstance(found, Told) and found.first_touch_at is not None:
        done = {touch.at for touch in past.touches if touch.type == "call" and touch.by.human and touch.sure}
        assert found.first_touch_at == min(when for when in done if when >= found.engaged_at)

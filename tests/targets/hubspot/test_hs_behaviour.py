"""The workflows of a design, executed on paper, against the oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hs_designs import compiled, small
from hs_paper import Paper, named
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.model.design import Design
from provisioner.sla.policy import Owner, Policy
from provisioner.sla.state import LeadState
from provisioner.sla.timeline import Event, Saved, Touched, run
from provisioner.targets.hubspot.desire import build
from provisioner.targets.hubspot.fidelity import statement
from provisioner.targets.hubspot.objects import lead_object

START = datetime(2026, 3, 2, 13, 0, 7, tzinfo=UTC)  # a Monday, 08:00 in New York
SLOW = settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))


def paper(design: Design, seed: int | None = None) -> Paper:
    flows = [named(item) for item in build(design) if item.address.kind == "Flow"]
    return Paper(flows, design.target.options.get("timezone", "UTC"), START, Random(seed) if seed is not None else None)


class Twin:
    """The same contact on paper and before the oracle."""

    def __init__(self, design: Design, seed: int | None = None) -> None:
        self.design = design
        self.policy = Policy.of(design, created_field=lead_object(design).created_at)
        self.paper = paper(design, seed)
        self.events: list[Event] = []
        self.values: dict[str, Any] = {}

    def create(self, at: datetime, **values: Any) -> None:
        self.values = {lead_object(self.design).created_at: at, **values}
        self.paper.create(at, values)
        self._saved(at)

    def change(self, at: datetime, name: str, value: Any) -> None:
        self.values[name] = value
        self.paper.change(at, name, value)
        self._saved(at)

    def touch(self, at: datetime) -> None:
        contacted = lead_object(self.design).contacted
        if contacted != "hs_lead_first_outreach_date" or not self.paper.values.get(contacted):
            self.paper.change(at, contacted, at)  # a first outreach never moves
        self.events.append(Touched(at, "call", "ada@acme.example"))

    def _saved(self, at: datetime) -> None:
        owner = self.paper.values.get("hubspot_owner_id")  # a step may have handed it over
        values = {name: value for name, value in self.values.items() if name != "hubspot_owner_id"}
        self.events.append(Saved(at, values, Owner(owner) if owner else None))

    def oracle(self, until: datetime) -> LeadState:
        return run(self.policy, self.events, until=until, reassign=lambda id: Owner("cro@acme.example")).state


def seen(values: dict[str, Any]) -> dict[str, Any]:
    """What the contact says, in the oracle's words; instants of a clock only while there is one."""
    status = values.get("stl_sla_status") or "not_started"
    status = "within_sla" if status == "waiting" else status
    has_clock = status not in ("not_started", "excluded")
    kind = values.get("stl_lead_type")
    engaged, touched = values.get("stl_engaged_at"), values.get("stl_first_touch_at")
    began, assigned = values.get("stl_cycle_started_at"), values.get("stl_assigned_at")
    reached = values.get("stl_reached_at")
    return {
        "status": status,
        "engaged": engaged,
        "assigned": assigned if assigned and began and assigned >= began else None,
        "touched": touched if touched and engaged and touched >= engaged else None,
        "reached": reached if reached and began and reached >= began else None,
        "cycle": int(values.get("stl_cycle") or 1),
        "type": None if kind == "untracked" or not has_clock else kind,
        "level": int(values.get("stl_escalation_level") or 0) if has_clock else 0,
        "excluded": values.get("stl_excluded") == "true",
    }


def truth(state: LeadState) -> dict[str, Any]:
    has_clock = state.status not in ("not_started", "excluded")
    return {
        "status": state.status,
        "engaged": state.engaged_at,
        "assigned": state.assigned_at,
        "touched": state.first_touch_at,
        "reached": min((at for at in (state.assigned_at, state.first_touch_at) if at is not None), default=None),
        "cycle": state.cycle,
        "type": state.lead_type if has_clock else None,
        "level": state.escalation_level if has_clock else 0,
        "excluded": state.excluded,
    }


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes, seconds=19 if minutes else 0)


NAMES = ("enquiry_type", "company", "hs_lead_status")
VALUES = {
    "enquiry_type": ("demo", "slow", "other", ""),
    "company": ("Acme", ""),
    "hs_lead_status": ("NEW", "UNQUALIFIED"),
}


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[str, str, Any]]:
    """What happens to a contact, in order: owners never come back."""
    found: list[tuple[str, str, Any]] = []
    for place in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(["owner", "nobody", "bot", "value", "touch", "engage"]))
        if kind == "value":
            name = draw(st.sampled_from(NAMES))
            found.append((kind, name, draw(st.sampled_from(VALUES[name]))))
        elif kind in ("owner", "nobody", "bot"):
            owner = {"owner": f"rep{place}@acme.example", "nobody": "", "bot": "bot@acme.example"}[kind]
            found.append(("value", "hubspot_owner_id", owner))
        else:
            found.append((kind, "", None))
    return found


@pytest.mark.parametrize("policy", ["restart", "keep"])
@pytest.mark.parametrize("is_touched", [False, True])
def test_whoever_gets_a_lead_that_was_excluded_starts_its_clock(policy: str, is_touched: bool) -> None:
    """Excluded, given up, no longer excluded, given to somebody: the clock before it is nobody's any more."""
    twin = Twin(compiled(small("silent", policy)))
    twin.create(START, enquiry_type="demo", email="x@y.example", hubspot_owner_id="first@acme.example")
    twin.paper.advance(at(0))
    twin.change(at(10), "hs_lead_status", "UNQUALIFIED")
    twin.paper.advance(at(15))
    if is_touched:
        twin.touch(at(15))
    for minute, name, value in (
        (20, "hubspot_owner_id", ""),
        (30, "hs_lead_status", "NEW"),
        (40, "hubspot_owner_id", "rep3@acme.example"),
    ):
        twin.paper.advance(at(minute) - timedelta(seconds=1))
        twin.change(at(minute), name, value)
        twin.paper.advance(at(minute))
        assert seen(twin.paper.values) == truth(twin.oracle(at(minute)))
    assert seen(twin.paper.values)["status"] == ("met" if is_touched else "within_sla")


@pytest.mark.parametrize("mode", ["silent", "live"])
@pytest.mark.parametrize("policy", ["restart", "keep"])
@SLOW
@given(
    life=lives(),
    gaps=st.lists(st.sampled_from([1, 3, 7, 20, 45, 61, 200]), min_size=10, max_size=10),
    owned=st.booleans(),
    seed=st.one_of(st.none(), st.integers(0, 10_000)),
)
def test_calendar_clocks_are_the_oracles(
    mode: str, policy: str, life: list[tuple[str, str, Any]], gaps: list[int], owned: bool, seed: int | None
) -> None:
    """After every event and between them, whatever order the workflows take turns in."""
    twin = Twin(compiled(small(mode, policy)), seed)
    first = {"enquiry_type": "demo", "email": "x@y.example"}
    twin.create(START, **first, **({"hubspot_owner_id": "first@acme.example"} if owned else {}))
    now = 0
    for (kind, name, value), gap in zip(life, gaps, strict=False):
        now += gap
        twin.paper.advance(at(now) - timedelta(seconds=1))
        assert seen(twin.paper.values) == truth(twin.oracle(at(now) - timedelta(seconds=1)))
        if kind == "touch":
            twin.touch(at(now))
        elif kind == "engage":
            state = twin.oracle(at(now))
            if state.first_touch_at and not state.finished:
                continue  # the cycle would begin with the next change of that property, as the statement says
            twin.change(at(now), "recent_conversion_date", at(now))
        elif mode == "silent" or value not in ("", "bot@acme.example") or name != "hubspot_owner_id":
            # Live, the escalation would hand it back to whom it had before: a restart the fidelity statement announces.
            twin.change(at(now), name, value)
        twin.paper.advance(at(now))
        assert seen(twin.paper.values) == truth(twin.oracle(at(now))), (kind, name, value)
    twin.paper.advance(at(now + 3000))
    assert seen(twin.paper.values) == truth(twin.oracle(at(now + 3000)))


def business(mode: str = "silent") -> dict[str, Any]:
    """The example's hours and promises, with conditions that are quick to meet."""
    document = small(mode)
    document["target"]["timezone"] = "America/New_York"
    document["business_hours"] = {
        "us": {
            "timezone": "America/New_York",
            "open": {"mon-fri": "08:00-18:00"},
            "holidays": {"extra": ["2026-03-12"]},
        },
        "uk": {"timezone": "Europe/London", "open": {"mon-thu": "08:00-18:00", "fri": "08:00-17:00"}},
    }
    types = {"demo": ("15m", "us"), "slow": ("4h", "us"), "abroad": ("1h", "uk"), "today": ("same_business_day", "us")}
    document["lead_types"] = [
        {
            "id": id, "label": id, "when": {"enquiry_type": [id]}, "sla": sla, "clock": "business", "hours": hours,
            "escalation": "urgent",
        }
        for id, (sla, hours) in types.items()
    ]  # fmt: skip
    document["escalation"] = {"urgent": [
        {"at": "50%", "notify": ["rep"], "via": ["bell"], "status": "at_risk"},
        {"at": "due", "notify": ["rep", "cro"], "via": ["email"]},
        {"at": "due + 2h", "notify": ["cro"], "via": ["email"]},
    ]}  # fmt: skip
    return document


@cache
def stated() -> tuple[Design, dict[str, dict[str, float]]]:
    """The design above, and what is said of each of its lead types: feature → minutes."""
    design = compiled(business())
    said: dict[str, dict[str, float]] = {item.id: {} for item in design.lead_types}
    for item in statement(design):
        if item.lead_type is not None and item.worst_minutes is not None:
            said[item.lead_type][item.feature] = item.worst_minutes
    return design, said


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["demo", "slow", "abroad", "today"]),
    arrival=st.integers(0, 14 * 1440),
)
def test_business_clocks_are_within_the_statement(kind: str, arrival: int) -> None:
    """A lead that nobody touches: start, due and steps, measured in open minutes against the oracle."""
    design, said = stated()
    twin = Twin(design)
    created = at(arrival)
    twin.create(created, enquiry_type=kind, hubspot_owner_id="rep@acme.example", email="x@y.example")
    end = created + timedelta(days=16)
    twin.paper.advance(end)
    state, values = twin.oracle(end), twin.paper.values
    assert (values["stl_sla_status"], values["stl_lead_type"]) == (state.status, state.lead_type)
    most = said[kind]
    changes = most.get("opening hours around clock changes", 0)
    calendar = twin.policy.promise(kind).calendar

    def off(ours: datetime, true: datetime | None) -> float:
        assert true is not None
        later, earlier = max(ours, true), min(ours, true)
        return float(calendar.open_minutes(earlier.replace(microsecond=0), later.replace(microsecond=0)))

    assert off(values["stl_sla_started_at"], state.sla_started_at) <= most["clock start"] + changes
    assert off(values["stl_sla_due_at"], state.sla_due_at) <= most["due time"] + changes
    told = [item.at for item in twin.paper.sent]
    assert len(told) == 3  # a silent message per step and channel, each once
    for number, (sent, true) in enumerate(zip(told, state.step_at, strict=True), 1):
        assert off(sent, true) <= most[f"step {number}"] + changes, number


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["demo", "slow", "abroad", "today"]),
    arrival=st.integers(0, 9 * 1440),
    wait=st.integers(1, 2000),
)
def test_a_verdict_differs_only_within_the_statement(kind: str, arrival: int, wait: int) -> None:
    """A lead that is touched: Hit and Miss are the oracle's, unless the touch was as near to the due time as stated."""
    design, said = stated()
    twin = Twin(design)
    created = at(arrival)
    twin.create(created, enquiry_type=kind, hubspot_owner_id="rep@acme.example", email="x@y.example")
    touched = created + timedelta(minutes=wait)
    twin.touch(touched)
    end = touched + timedelta(days=10)
    twin.paper.advance(end)
    state = twin.oracle(end)
    if twin.paper.values["stl_sla_status"] != state.status:
        due = state.sla_due_at
        assert due is not None
        near = twin.policy.promise(kind).calendar.open_minutes(min(due, touched), max(due, touched))
        assert near <= said[kind]["due time"] + said[kind].get("opening hours around clock changes", 0)


def test_a_lead_of_the_night_starts_in_the_morning() -> None:
    twin = Twin(compiled(business()))
    night = datetime(2026, 3, 3, 2, 0, 0, tzinfo=UTC)  # Monday 21:00 in New York
    twin.create(night, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    assert twin.paper.values["stl_sla_status"] == "waiting"
    assert "stl_sla_started_at" not in twin.paper.values
    morning = datetime(2026, 3, 3, 13, 0, 0, tzinfo=UTC)
    twin.paper.advance(morning)
    assert twin.paper.values["stl_sla_status"] == "within_sla"
    assert twin.paper.values["stl_sla_started_at"] == morning
    assert twin.paper.values["stl_sla_due_at"] == morning + timedelta(minutes=15)


def test_a_lead_just_before_closing_starts_at_the_next_opening() -> None:
    """17:50 with fifteen minutes: due at 18:05 would be at night; the oracle says 08:05, HubSpot 08:15."""
    twin = Twin(compiled(business()))
    evening = datetime(2026, 3, 3, 22, 50, 0, tzinfo=UTC)
    twin.create(evening, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.paper.advance(evening + timedelta(days=1))
    assert twin.paper.values["stl_sla_due_at"] == datetime(2026, 3, 4, 13, 15, tzinfo=UTC)
    assert twin.oracle(evening).sla_due_at == datetime(2026, 3, 4, 13, 5, tzinfo=UTC)


def test_a_touch_while_it_waits_meets_the_promise() -> None:
    twin = Twin(compiled(business()))
    night = datetime(2026, 3, 3, 2, 0, 0, tzinfo=UTC)
    twin.create(night, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.touch(night + timedelta(hours=1))
    assert twin.paper.values["stl_sla_status"] == twin.oracle(night + timedelta(hours=1)).status == "met"
    twin.paper.advance(night + timedelta(days=2))
    assert twin.paper.values["stl_sla_status"] == "met"
    assert twin.paper.sent == []


def test_a_holiday_is_closed() -> None:
    twin = Twin(compiled(business()))
    eve = datetime(2026, 3, 12, 2, 0, 0, tzinfo=UTC)  # the evening before 12 March, a day off
    twin.create(eve, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.paper.advance(eve + timedelta(days=3))
    assert twin.paper.values["stl_sla_started_at"] == datetime(2026, 3, 13, 12, 0, tzinfo=UTC)


def test_a_restart_while_the_timer_waits_runs_the_new_clock_from_its_first_step() -> None:
    """Without leaving the workflow: the record is still in it when its clock starts anew."""
    design = compiled(small())
    twin = Twin(design)
    for flow in twin.paper.flows:
        if flow["enrollmentCriteria"]["type"] == "LIST_BASED":
            flow["enrollmentCriteria"]["unEnrollObjectsNotMeetingCriteria"] = False
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.change(at(7), "hubspot_owner_id", "other@acme.example")
    for minutes in (8, 11, 13, 18, 48, 200):
        twin.paper.advance(at(minutes))
        assert seen(twin.paper.values) == truth(twin.oracle(at(minutes)))
    subjects = [(item.at - START, item.fields["subject"].partition(":")[0]) for item in twin.paper.sent]
    minute = timedelta(minutes=1)
    first, second = timedelta(minutes=5), at(7) - START
    assert subjects == [
        (first, "[silent] SLA at risk"),
        (second + 5 * minute, "[silent] SLA at risk"),
        (second + 10 * minute, "[silent] SLA missed"),
        (second + 10 * minute, "[silent] SLA missed"),
        (second + 40 * minute, "[silent] SLA escalated"),
        (second + 130 * minute, "[silent] SLA escalated"),
    ]


def test_who_is_told_in_live_mode() -> None:
    twin = Twin(compiled(small("live")))
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.paper.advance(at(60))
    told = [(item.kind, item.fields.get("user_ids"), item.fields.get("owner_properties")) for item in twin.paper.sent]
    assert told == [
        ("0-8", [], ["hubspot_owner_id"]),  # a bell for the owner is an email
        ("0-9", ["cro@acme.example"], None),
        ("0-8", ["cro@acme.example"], ["hubspot_owner_id"]),
        ("0-8", ["cro@acme.example"], []),
        ("0-3", None, None),
    ]


def test_live_texts_say_first_what_the_step_does_besides() -> None:
    """By email and by bell; who gets the record reads that the owner is another one until now."""
    document = small("live", "keep")
    document["escalation"]["urgent"][2] |= {"reassign_to": "cro"}
    document["escalation"]["urgent"][3] |= {"via": ["bell"]}
    twin = Twin(compiled(document))
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.paper.advance(at(600))
    name = "{{ enrolled_object.firstname }} {{ enrolled_object.lastname }}"
    said = [item.fields["body"].split("</p>") for item in twin.paper.sent if "user_ids" in item.fields]
    owner = "<p>Owner: {{ enrolled_object.hubspot_owner_id }}"
    assert [(lines[0], next(line for line in lines if line.startswith("<p>Owner"))) for lines in said[1:]] == [
        (f"<p>Lead: {name}", owner),
        (f"<p>Lead: {name}", owner),
        (f"<p>SLA escalated. Handed over to cro@acme.example. Task created: Call {name}", f"{owner} (until now)"),
        ("<p>SLA escalated. Handed over to cro@acme.example.", f"{owner} (until now)"),
    ]


def test_silent_mode_names_the_real_recipients_and_does_nothing_else() -> None:
    twin = Twin(compiled(small()))
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example", email="x@y.example")
    twin.paper.advance(at(600))
    assert {item.kind for item in twin.paper.sent} == {"0-8", "0-9"}
    assert all(item.fields["user_ids"] == ["qa@acme.example"] for item in twin.paper.sent)
    assert all(item.fields.get("owner_properties", []) == [] for item in twin.paper.sent)
    last = [item.fields["body"].rpartition("<p>")[2] for item in twin.paper.sent]
    assert last[0] == "Silent mode. Would have told, by bell: rep (record_owner).</p>"
    assert last[-1] == (
        "Silent mode. Would have told, by email: cro (cro@acme.example). Would have handed the lead to: cro.</p>"
    )
    assert twin.paper.values["hubspot_owner_id"] == "rep@acme.example"

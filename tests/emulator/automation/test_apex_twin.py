"""Business hours and the twin of the trigger, against instants computed by hand."""

# ruff: noqa: E501 (tables)
from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from automation_world import World, at
from flow_parts import assign, before, flow
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.emulator.salesforce.automation.apex_twin import TwinError, find_block
from provisioner.emulator.salesforce.automation.business_hours import BusinessHours, NeverOpen
from provisioner.emulator.salesforce.state.rows import Compare

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BLOCK = {
    "object": "Lead",
    "started_at": "Started__c",
    "due_at": "Due__c",
    "minutes": "Minutes__c",
    "hours": "Hours__c",
    "escalation": "Escalation__c",
    "lead_type": "Type__c",
    "first_touch_at": "Touch__c",
    "response_minutes": "Response__c",
    "step_at": ["Step_1__c", "Step_2__c", "Step_3__c", "Step_4__c"],
    "step_type": "Step__mdt",
    "step_escalation": "Escalation__c",
    "step_number": "Number__c",
    "step_percent": "Percent__c",
    "step_offset_minutes": "Offset_Minutes__c",
    "step_offset_days": "Offset_Days__c",
    "type_type": "Type__mdt",
    "type_business_day": "Business_Day__c",
}

PROMISES = {
    "after_hours_due_at": "After_Hours__c",
    "type_after_hours_minutes": "After_Hours_Minutes__c",
    "follow_up_due_at": "Follow_Up__c",
    "type_follow_up_minutes": "Follow_Up_Minutes__c",
}


def hours(zone: str, opening: str = "09:00", closing: str = "17:00", days: str = "Monday-Friday") -> dict[str, Any]:
    first, last = days.split("-")
    row: dict[str, Any] = {"TimeZoneSidKey": zone}
    for day in DAYS[DAYS.index(first) : DAYS.index(last) + 1]:
        row[f"{day}StartTime"], row[f"{day}EndTime"] = time.fromisoformat(opening), time.fromisoformat(closing)
    return row


def trigger(block: dict[str, Any], version: int = 1, events: str = "before insert, before update") -> str:
    return f"/*\nemulator-twin: sla-clock/{version}\n{json.dumps(block)}\n*/\ntrigger T on Lead ({events}) {{ }}"


@pytest.fixture
def clock(world: World) -> World:
    world.fields(
        "Lead",
        Started__c="datetime", Due__c="datetime", Minutes__c="number(2)", Hours__c="text", Escalation__c="text",
        Type__c="text", Touch__c="datetime", Response__c="number(2)", Step_1__c="datetime", Step_2__c="datetime",
        Step_3__c="datetime", Step_4__c="datetime",
    )  # fmt: skip
    numbers = dict.fromkeys(("Number__c", "Percent__c", "Offset_Minutes__c", "Offset_Days__c"), "number(2)")
    steps = {
        "A": {"Escalation__c": "Sales", "Number__c": 1, "Percent__c": 50},
        "B": {"Escalation__c": "Sales", "Number__c": 2, "Offset_Minutes__c": 0},
        "C": {"Escalation__c": "Sales", "Number__c": 3, "Offset_Minutes__c": 30, "Offset_Days__c": 1},
    }
    world.metadata_type("Step__mdt", steps, Escalation__c="text", **numbers)
    world.metadata_type("Type__mdt", {"Demo": {"Business_Day__c": 480}}, Business_Day__c="number(0)")
    world.deployed.triggers["LeadClock"] = trigger(BLOCK)
    for name, row in (("New York", hours("America/New_York")), ("Off", hours("UTC"))):
        world.org.rows.insert("BusinessHours", {"Name": name, "IsActive": name != "Off", **row})
    world.auto.rebuild()
    return world


def stamped(world: World, **values: Any) -> dict[str, Any]:
    facts = {"Hours__c": "New York", "Escalation__c": "Sales", "Type__c": "Demo"} | values
    row = world.get("Lead", world.lead(**facts))
    return {name: row[name] for name in ("Started__c", "Due__c", "Minutes__c", *BLOCK["step_at"])}


def test_a_weekend_in_which_the_clocks_jump(clock: World) -> None:
    # Friday 6 March 2026, 16:30:20 EST. Monday 9 March opens at 09:00 EDT, 13:00Z: 29 min 40 s were left on Friday.
    assert stamped(clock, Started__c=at("2026-03-06T21:30:20"), Minutes__c=60) == {
        "Started__c": at("2026-03-06T21:30:20"),
        "Due__c": at("2026-03-09T13:30:20"),
        "Minutes__c": 60.0,
        "Step_1__c": at("2026-03-09T13:00:20"),  # 30 minutes: 29:40 on Friday, 20 s on Monday
        "Step_2__c": at("2026-03-09T13:30:20"),
        "Step_3__c": at("2026-03-10T14:00:20"),  # 480 + 30 minutes after the due time
        "Step_4__c": None,
    }


def test_a_start_outside_hours_moves_to_the_opening(clock: World) -> None:
    clock.deployed.holidays["New York"] = [date(2026, 3, 9)]
    clock.auto.rebuild()
    found = stamped(clock, Started__c=at("2026-03-07T12:00:00"), Minutes__c=480)
    assert (found["Started__c"], found["Due__c"]) == (at("2026-03-10T13:00:00"), at("2026-03-10T21:00:00"))
    assert found["Step_2__c"] == found["Due__c"], "due + 0 is the due time itself, even at a closing instant"
    assert found["Step_3__c"] == at("2026-03-11T21:00:00") + timedelta(hours=16, minutes=30)


def test_the_closing_instant_is_not_open(clock: World) -> None:
    found = stamped(clock, Started__c=at("2026-03-09T21:00:00"), Minutes__c=1)
    assert (found["Started__c"], found["Due__c"]) == (at("2026-03-10T13:00:00"), at("2026-03-10T13:01:00"))


def test_no_minutes_means_the_same_business_day(clock: World) -> None:
    found = stamped(clock, Started__c=at("2026-03-06T21:30:20"))
    assert (found["Due__c"], found["Minutes__c"]) == (at("2026-03-06T22:00:00"), 29.67)


def test_response_minutes_are_open_minutes(clock: World) -> None:
    lead = clock.lead(Hours__c="New York", Started__c=at("2026-03-06T21:30:20"), Minutes__c=60)
    clock.update("Lead", lead, Touch__c=at("2026-03-09T13:10:00"))
    assert clock.get("Lead", lead)["Response__c"] == 39.67
    early = clock.lead(Hours__c="New York", Started__c=at("2026-03-06T21:30:20"), Minutes__c=60)
    clock.update("Lead", early, Touch__c=at("2026-03-06T20:00:00"))
    assert clock.get("Lead", early)["Response__c"] == 0.0


def test_what_the_twin_leaves_alone(clock: World) -> None:
    start = at("2026-03-07T12:00:00")
    assert stamped(clock, Started__c=start, Hours__c=None)["Due__c"] is None
    assert stamped(clock, Started__c=start, Hours__c="Off")["Due__c"] is None
    assert stamped(clock, Started__c=start, Due__c=start)["Due__c"] == start
    assert stamped(clock)["Due__c"] is None
    clock.org.settings.apex_twin = False
    assert stamped(clock, Started__c=start)["Started__c"] == start


def test_hours_that_are_changed_count_from_the_next_save(clock: World) -> None:
    monday = at("2026-03-09T12:00:00")  # 08:00 in New York
    assert stamped(clock, Started__c=monday, Minutes__c=1)["Started__c"] == at("2026-03-09T13:00:00")
    row = clock.org.rows.select("BusinessHours", Compare("Name", "=", "New York"))[0]
    clock.org.rows.update("BusinessHours", row["Id"], {"MondayStartTime": time(7)})
    assert stamped(clock, Started__c=monday, Minutes__c=1)["Started__c"] == monday


def test_a_field_the_trigger_names_must_exist(clock: World) -> None:
    clock.deployed.triggers["LeadClock"] = trigger(BLOCK | {"due_at": "Gone__c"})
    clock.auto.rebuild()
    facts = {"LastName": "A", "Company": "B", "Hours__c": "New York", "Started__c": at("2026-03-09T14:00:00")}
    assert clock.refused("insert", "Lead", **facts) == [
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: LeadClock: Variable does not exist: Gone__c"
    ]


def test_the_trigger_stands_between_the_flows_and_the_rules(clock: World) -> None:
    """Save order 3, 4, 5: the flow starts the clock, the trigger finds the due time, the rule judges that."""
    clock.deployed.rules["Lead"] = [
        '<active>true</active><errorConditionFormula>Due__c &gt; DATETIMEVALUE("2026-01-05 15:00:00")'
        "</errorConditionFormula><errorMessage>Too late.</errorMessage>"
    ]
    stamp = assign("Go", ("$Record.Started__c", "@$Flow.CurrentDateTime"), ("$Record.Minutes__c", "@$Record.Number__c"))
    clock.fields("Lead", Number__c="number(0)")
    clock.active("Stamp", flow(before(first="Go", event="Create"), stamp))
    assert stamped(clock, Number__c=60)["Due__c"] == at("2026-01-05T15:00:00")  # 09:00 in New York, and an hour
    facts = {"LastName": "A", "Company": "B", "Hours__c": "New York", "Number__c": 61}
    assert clock.refused("insert", "Lead", **facts) == ["FIELD_CUSTOM_VALIDATION_EXCEPTION: Too late."]


def test_hours_that_never_open_refuse_the_save(clock: World) -> None:
    clock.org.rows.insert("BusinessHours", {"Name": "Shut", "IsActive": True, "TimeZoneSidKey": "UTC"})
    text = "These business hours have no open time in the next ten years."
    facts = {"LastName": "A", "Company": "B", "Hours__c": "Shut", "Started__c": at("2026-03-07T12:00:00")}
    assert clock.refused("insert", "Lead", **facts) == [f"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: LeadClock: {text}"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("/* emulator-twin: sla-clock/4\n{} */", "The emulator knows the twins sla-clock/1, sla-clock/2, sla-clock/3, not 'sla-clock/4'."),
        ("/* emulator-twin: sla-clock */", "The emulator knows the twins sla-clock/1, sla-clock/2, sla-clock/3, not 'sla-clock'."),
        (trigger(BLOCK, 3), "The block of the twin lacks the name 'last_error'."),
        (trigger(BLOCK | {"last_error": "E__c"}, 2), "The twin does not know the name 'last_error'."),
        ("/* emulator-twin: sla-clock/1\n[] */", "The block of the twin is not a JSON object."),
        ("/* emulator-twin: sla-clock/1\n{\"object\": \"Lead\"} */", "The block of the twin lacks the name 'started_at'."),
        (trigger(BLOCK | {"step_at": "x"}), "The block of the twin lacks the list 'step_at'."),
        (trigger(BLOCK | {"step_at": ["Step_1__c", ""]}), "The block of the twin lacks the list 'step_at'."),
        (trigger(BLOCK | {"due_at": ""}), "The block of the twin lacks the name 'due_at'."),
        (trigger(BLOCK | {"due_at": 7}), "The block of the twin lacks the name 'due_at'."),
        (trigger(BLOCK | {"colour": "x"}), "The twin does not know the name 'colour'."),
        (trigger(BLOCK | {"colour": "x"}, 2), "The twin does not know the name 'colour'."),
        (trigger(BLOCK | PROMISES), "The twin does not know the name 'after_hours_due_at'."),
        (trigger(BLOCK | {"follow_up_due_at": "F__c"}, 2), "The block of the twin lacks the name 'type_follow_up_minutes'."),
        (trigger(BLOCK | {"type_after_hours_minutes": "M__c"}, 2), "The block of the twin lacks the name 'after_hours_due_at'."),
        (trigger(BLOCK | PROMISES | {"type_follow_up_minutes": ""}, 2), "The block of the twin lacks the name 'type_follow_up_minutes'."),
    ],
)  # fmt: skip
def test_a_wrong_block(body: str, text: str) -> None:
    with pytest.raises(TwinError) as caught:
        find_block(body)
    assert str(caught.value) == text


@pytest.fixture
def noting(clock: World) -> World:
    """Version 3: faults of the clock are noted in a field of 40 characters."""
    clock.fields("Lead", Last_Error__c="text", Other__c="text")
    item = clock.org.schema.sobject("Lead").field("Last_Error__c")
    clock.org.schema.replace_field("Lead", replace(item, length=40))
    clock.org.rows.insert("BusinessHours", {"Name": "Shut", "IsActive": True, "TimeZoneSidKey": "UTC"})
    clock.deployed.triggers["LeadClock"] = trigger(BLOCK | {"last_error": "Last_Error__c"}, 3)
    clock.auto.rebuild()
    return clock


def test_a_fault_is_noted_on_the_lead_and_the_save_goes_on(noting: World) -> None:
    start = at("2026-03-07T12:00:00")
    row = noting.get("Lead", noting.lead(Hours__c="Shut", Started__c=start, Minutes__c=60, Other__c="x"))
    assert row["Last_Error__c"] == "These business hours have no open time i"
    assert (row["Started__c"], row["Due__c"], row["Minutes__c"], row["Other__c"]) == (start, None, 60.0, "x")
    assert stamped(noting, Started__c=start, Minutes__c=60)["Due__c"] == at("2026-03-09T14:00:00")
    noting.org.settings.apex_twin = False
    assert noting.get("Lead", noting.lead(Hours__c="Shut", Started__c=start))["Last_Error__c"] is None


def test_a_step_before_the_due_time_leaves_the_clock_as_it_was(noting: World) -> None:
    step = noting.org.rows.select("Step__mdt", Compare("DeveloperName", "=", "C"))[0]
    noting.org.rows.update("Step__mdt", step["Id"], {"Offset_Minutes__c": -500})
    start = at("2026-03-07T12:00:00")  # a Saturday: a clock that began would have moved it to Monday
    row = noting.get("Lead", noting.lead(Hours__c="New York", Escalation__c="Sales", Type__c="Demo", Started__c=start))
    assert row["Last_Error__c"] == "Step 3 of Sales lies before the due time"
    assert (row["Started__c"], row["Due__c"], row["Step_1__c"]) == (start, None, None)


def test_a_field_that_is_not_there_refuses_the_save_in_any_version(noting: World) -> None:
    noting.deployed.triggers["LeadClock"] = trigger(BLOCK | {"last_error": "Gone__c"}, 3)
    noting.auto.rebuild()
    facts = {"LastName": "A", "Company": "B", "Hours__c": "New York", "Started__c": at("2026-03-09T14:00:00")}
    assert noting.refused("insert", "Lead", **facts) == [
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: LeadClock: Variable does not exist: Gone__c"
    ]


def test_a_trigger_without_a_block() -> None:
    assert find_block("/* hello */ trigger T on Lead (before insert) { }") is None


# -- several triggers on one object -------------------------------------------------------------
SECOND_BLOCK = BLOCK | {
    "started_at": "N_Started__c",
    "due_at": "N_Due__c",
    "minutes": "N_Minutes__c",
    "hours": "N_Hours__c",
    "escalation": "N_Escalation__c",
    "lead_type": "N_Type__c",
    "first_touch_at": "N_Touch__c",
    "response_minutes": "N_Response__c",
    "step_at": ["N_Step_1__c"],
}
BOTH = {
    "Hours__c": "New York", "Escalation__c": "Sales", "Type__c": "Demo", "Minutes__c": 60,
    "N_Hours__c": "Berlin", "N_Escalation__c": "Sales", "N_Type__c": "Demo", "N_Minutes__c": 30,
}  # fmt: skip


@pytest.fixture
def two(clock: World) -> World:
    """A second design's trigger, on Berlin's hours; which of the names comes first must not matter."""
    clock.fields(
        "Lead",
        N_Started__c="datetime", N_Due__c="datetime", N_Minutes__c="number(2)", N_Hours__c="text",
        N_Escalation__c="text", N_Type__c="text", N_Touch__c="datetime", N_Response__c="number(2)",
        N_Step_1__c="datetime",
    )  # fmt: skip
    clock.org.rows.insert("BusinessHours", {"Name": "Berlin", "IsActive": True, **hours("Europe/Berlin")})
    clock.deployed.triggers["AnotherClock"] = trigger(SECOND_BLOCK)
    clock.auto.rebuild()
    return clock


@pytest.mark.parametrize("turned", [False, True])
def test_every_trigger_of_the_object_runs_on_its_own_fields(two: World, turned: bool) -> None:
    if turned:
        names = two.deployed.triggers
        names["LeadClock"], names["AnotherClock"] = names["AnotherClock"], names["LeadClock"]
        two.auto.rebuild()
    # Friday 6 March 2026, 21:30:20Z: 16:30:20 in New York, open; 22:30:20 in Berlin, which opens on Monday at 08:00Z.
    instant = at("2026-03-06T21:30:20")
    lead = two.lead(**BOTH, Started__c=instant, N_Started__c=instant)
    row = two.get("Lead", lead)
    assert [row[name] for name in ("Started__c", "Due__c", "Step_1__c", "Step_3__c")] == [
        instant, at("2026-03-09T13:30:20"), at("2026-03-09T13:00:20"), at("2026-03-10T14:00:20"),
    ]  # fmt: skip
    assert [row[name] for name in ("N_Started__c", "N_Due__c", "N_Step_1__c")] == [
        at("2026-03-09T08:00:00"), at("2026-03-09T08:30:00"), at("2026-03-09T08:15:00"),
    ]  # fmt: skip
    # Monday 13:10Z: 29:40 on Friday and 10 minutes in New York; 5 hours 10 minutes in Berlin.
    two.update("Lead", lead, Touch__c=at("2026-03-09T13:10:00"), N_Touch__c=at("2026-03-09T13:10:00"))
    row = two.get("Lead", lead)
    assert (row["Response__c"], row["N_Response__c"]) == (39.67, 310.0)


def test_a_clock_of_one_design_starts_without_the_other(two: World) -> None:
    """Neither trigger's work, nor its having nothing to do, keeps the other from its own."""
    instant = at("2026-03-09T14:00:00")  # both are open
    first = two.get("Lead", two.lead(**BOTH, Started__c=instant))
    assert (first["Due__c"], first["N_Due__c"]) == (at("2026-03-09T15:00:00"), None)
    second = two.get("Lead", two.lead(**BOTH, N_Started__c=instant))
    assert (second["Due__c"], second["N_Due__c"]) == (None, at("2026-03-09T14:30:00"))


def test_a_trigger_runs_on_its_events_only(two: World) -> None:
    two.deployed.triggers["AnotherClock"] = trigger(SECOND_BLOCK, events="before update, after insert")
    two.deployed.triggers["LeadClock"] = trigger(BLOCK, events="before insert")
    two.auto.rebuild()
    instant = at("2026-03-09T14:00:00")
    lead = two.lead(**BOTH, Started__c=instant, N_Started__c=instant)
    row = two.get("Lead", lead)
    assert (row["Due__c"], row["N_Due__c"]) == (at("2026-03-09T15:00:00"), None)
    two.update("Lead", lead, Due__c=None, Description="again")
    row = two.get("Lead", lead)
    assert (row["Due__c"], row["N_Due__c"]) == (None, at("2026-03-09T14:30:00"))


def test_a_fault_of_one_trigger_is_told_by_its_name(two: World) -> None:
    """The save is refused as by an exception in Apex, nothing is stored, and only the faulty trigger is named."""
    two.org.rows.insert("BusinessHours", {"Name": "Shut", "IsActive": True, "TimeZoneSidKey": "UTC"})
    facts = {"LastName": "A", "Company": "B"} | BOTH
    facts |= {"Started__c": at("2026-03-07T12:00:00"), "N_Started__c": at("2026-03-07T12:00:00")}
    text = "These business hours have no open time in the next ten years."
    assert two.refused("insert", "Lead", **(facts | {"N_Hours__c": "Shut"})) == [
        f"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: AnotherClock: {text}"
    ]
    assert two.refused("insert", "Lead", **(facts | {"Hours__c": "Shut"})) == [
        f"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: LeadClock: {text}"
    ]
    assert two.refused("insert", "Lead", **(facts | {"Hours__c": "Shut", "N_Hours__c": "Shut"})) == [
        f"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: AnotherClock: {text}"
    ], "the first name's exception ends the save"
    assert two.org.rows.select("Lead", Compare("LastName", "=", "A")) == []


# -- version 2: what is promised with the start of a clock ------------------------------------
TYPES: dict[str, dict[str, int]] = {
    "Demo": {"Business_Day__c": 480, "After_Hours_Minutes__c": 60, "Follow_Up_Minutes__c": 960},
    "Plain": {"Business_Day__c": 480},
}


@pytest.fixture
def promised(clock: World) -> World:
    clock.fields("Lead", After_Hours__c="datetime", Follow_Up__c="datetime")
    minutes = dict.fromkeys(("Business_Day__c", "After_Hours_Minutes__c", "Follow_Up_Minutes__c"), "number(0)")
    clock.metadata_type("Type2__mdt", dict(TYPES), **minutes)
    clock.deployed.triggers["LeadClock"] = trigger(BLOCK | PROMISES | {"type_type": "Type2__mdt"}, 2)
    clock.auto.rebuild()
    return clock


def told(world: World, lead: str) -> tuple[datetime | None, ...]:
    """Start, due, after-hours promise and follow-up of a lead."""
    row = world.get("Lead", lead)
    return tuple(row[name] for name in ("Started__c", "Due__c", "After_Hours__c", "Follow_Up__c"))


def instants(*texts: str | None) -> tuple[datetime | None, ...]:
    return tuple(None if text is None else at(text) for text in texts)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Saturday 7 March, noon UTC; Monday 9 March opens at 09:00 EDT = 13:00Z. Two days of 8 hours end on Tuesday.
        ({"Started__c": "2026-03-07T12:00:00", "Minutes__c": 30},
         ("2026-03-09T13:00:00", "2026-03-09T13:30:00", "2026-03-07T13:00:00", "2026-03-10T21:00:00")),
        # In the night the clocks jump (06:30Z; 07:00Z is the jump) an hour on the clock of the world is an hour.
        ({"Started__c": "2026-03-08T06:30:00", "Minutes__c": 30},
         ("2026-03-09T13:00:00", "2026-03-09T13:30:00", "2026-03-08T07:30:00", "2026-03-10T21:00:00")),
        # Sunday 1 November: the hour from 05:30Z crosses the one that comes twice; Monday opens at 09:00 EST = 14:00Z.
        ({"Started__c": "2026-11-01T05:30:00", "Minutes__c": 30},
         ("2026-11-02T14:00:00", "2026-11-02T14:30:00", "2026-11-01T06:30:00", "2026-11-03T22:00:00")),
        # Monday 6 July is a holiday of this test: everything waits until Tuesday, the promise does not.
        ({"Started__c": "2026-07-06T15:00:00", "Minutes__c": 30},
         ("2026-07-07T13:00:00", "2026-07-07T13:30:00", "2026-07-06T16:00:00", "2026-07-08T21:00:00")),
        # The closing instant is not open any more: Friday 17:00 EST = 22:00Z.
        ({"Started__c": "2026-03-06T22:00:00", "Minutes__c": 30},
         ("2026-03-09T13:00:00", "2026-03-09T13:30:00", "2026-03-06T23:00:00", "2026-03-10T21:00:00")),
        # Open: no promise. The opening instant is open.
        ({"Started__c": "2026-03-10T14:00:00", "Minutes__c": 30},
         ("2026-03-10T14:00:00", "2026-03-10T14:30:00", None, "2026-03-12T14:00:00")),
        ({"Started__c": "2026-03-10T13:00:00", "Minutes__c": 480},
         ("2026-03-10T13:00:00", "2026-03-10T21:00:00", None, "2026-03-11T21:00:00")),
        # 12:30Z is before the opening; an SLA of 30 minutes is due at the very instant of the promise, so there is none.
        ({"Started__c": "2026-03-10T12:30:00", "Minutes__c": 30},
         ("2026-03-10T13:00:00", "2026-03-10T13:30:00", None, "2026-03-11T21:00:00")),
        # One minute more, and the promise is the earlier one by that minute; one less, and the SLA is.
        ({"Started__c": "2026-03-10T12:30:00", "Minutes__c": 31},
         ("2026-03-10T13:00:00", "2026-03-10T13:31:00", "2026-03-10T13:30:00", "2026-03-11T21:00:00")),
        ({"Started__c": "2026-03-10T12:30:00", "Minutes__c": 29},
         ("2026-03-10T13:00:00", "2026-03-10T13:29:00", None, "2026-03-11T21:00:00")),
        # The same business day: due at its close.
        ({"Started__c": "2026-03-10T12:30:00"},
         ("2026-03-10T13:00:00", "2026-03-10T21:00:00", "2026-03-10T13:30:00", "2026-03-11T21:00:00")),
        # A type without either, a type that is not there, and no type.
        ({"Started__c": "2026-03-07T12:00:00", "Minutes__c": 30, "Type__c": "Plain"},
         ("2026-03-09T13:00:00", "2026-03-09T13:30:00", None, None)),
        ({"Started__c": "2026-03-07T12:00:00", "Minutes__c": 30, "Type__c": "Gone"},
         ("2026-03-09T13:00:00", "2026-03-09T13:30:00", None, None)),
        ({"Started__c": "2026-03-07T12:00:00", "Minutes__c": 30, "Type__c": None},
         ("2026-03-09T13:00:00", "2026-03-09T13:30:00", None, None)),
    ],
)  # fmt: skip
def test_what_is_promised_at_the_start(
    promised: World, values: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    promised.deployed.holidays["New York"] = [date(2026, 7, 6)]
    promised.auto.rebuild()
    values = values | {"Started__c": at(values["Started__c"])}
    lead = promised.lead(**({"Hours__c": "New York", "Type__c": "Demo"} | values))
    assert told(promised, lead) == instants(*expected)


def test_a_clock_that_restarts_makes_its_promises_anew(promised: World) -> None:
    first = instants("2026-03-09T13:00:00", "2026-03-09T13:30:00", "2026-03-07T13:00:00", "2026-03-10T21:00:00")
    facts = {"Hours__c": "New York", "Type__c": "Demo", "Minutes__c": 30}
    lead = promised.lead(Started__c=at("2026-03-07T12:00:00"), **facts)
    assert told(promised, lead) == first
    promised.update("Lead", lead, LastName="Mossop")
    assert told(promised, lead) == first, "a save that starts no clock leaves the promises alone"
    promised.update("Lead", lead, Started__c=at("2026-03-08T12:00:00"), Due__c=None)
    assert told(promised, lead)[2] == at("2026-03-08T13:00:00")
    promised.update("Lead", lead, Started__c=at("2026-03-10T14:00:00"), Due__c=None)
    assert told(promised, lead)[2:] == instants(None, "2026-03-12T14:00:00"), "started in open hours"
    promised.update("Lead", lead, Started__c=at("2026-03-07T12:00:00"), Due__c=None, Type__c="Plain")
    assert told(promised, lead)[2:] == (None, None), "another type, in the save in which the clock starts"


def test_each_promise_stands_alone(promised: World) -> None:
    facts = {"Hours__c": "New York", "Type__c": "Demo", "Minutes__c": 30, "Started__c": at("2026-03-07T12:00:00")}
    for keys, expected in (
        ((), (None, None)),
        (("after_hours_due_at", "type_after_hours_minutes"), instants("2026-03-07T13:00:00", None)),
        (("follow_up_due_at", "type_follow_up_minutes"), instants(None, "2026-03-10T21:00:00")),
    ):
        block = BLOCK | {"type_type": "Type2__mdt"} | {key: PROMISES[key] for key in keys}
        promised.deployed.triggers["LeadClock"] = trigger(block, 2)
        promised.auto.rebuild()
        assert told(promised, promised.lead(**facts))[2:] == expected


@pytest.mark.parametrize(
    ("key", "value", "missing"),
    [
        ("after_hours_due_at", "Gone__c", "Gone__c"),
        ("type_follow_up_minutes", "Gone__c", "Gone__c"),
        ("type_type", "Gone__mdt", "After_Hours_Minutes__c"),
    ],
)
def test_a_field_of_a_promise_must_exist(promised: World, key: str, value: str, missing: str) -> None:
    promised.deployed.triggers["LeadClock"] = trigger(BLOCK | PROMISES | {"type_type": "Type2__mdt", key: value}, 2)
    promised.auto.rebuild()
    facts = {"LastName": "A", "Company": "B", "Hours__c": "New York", "Started__c": at("2026-03-09T14:00:00")}
    assert promised.refused("insert", "Lead", **facts) == [
        f"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: LeadClock: Variable does not exist: {missing}"
    ]


# -- business hours alone -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("row", "start", "seconds", "expected"),
    [
        # open around the clock: start = end = 00:00
        (hours("America/New_York", "00:00", "00:00", "Monday-Sunday"), "2026-03-08T06:00:00", 86400, "2026-03-09T06:00:00"),
        # the day the clocks jump (07:00Z) has one hour less before noon: 00:00-12:00 is 11 hours
        (hours("America/New_York", "00:00", "12:00", "Sunday-Sunday"), "2026-03-08T05:00:00", 11 * 3600, "2026-03-08T16:00:00"),
        # the day they fall back has one more: 00:00-12:00 is 13 hours, 04:00Z to 17:00Z
        (hours("America/New_York", "00:00", "12:00", "Sunday-Sunday"), "2026-11-01T04:00:00", 13 * 3600, "2026-11-01T17:00:00"),
        # 02:30 does not exist on the eighth of March: the opening is the jump itself, 07:00Z
        (hours("America/New_York", "02:30", "04:00", "Sunday-Sunday"), "2026-03-08T00:00:00", 60, "2026-03-08T07:01:00"),
        # 02:00 exists twice in Berlin in autumn: the first one counts, 00:00Z
        (hours("Europe/Berlin", "02:00", "03:00", "Sunday-Sunday"), "2026-10-24T12:00:00", 60, "2026-10-25T00:01:00"),
        # an end at midnight is the end of that day
        (hours("UTC", "22:00", "00:00", "Monday-Tuesday"), "2026-01-05T23:00:00", 2 * 3600, "2026-01-06T23:00:00"),
    ],
)  # fmt: skip
def test_adding_open_time(row: dict[str, Any], start: str, seconds: int, expected: str) -> None:
    assert BusinessHours(row).add(at(start), seconds) == at(expected)


def test_no_open_time_at_all() -> None:
    with pytest.raises(NeverOpen):
        BusinessHours({"TimeZoneSidKey": "UTC"}).next_open(at("2026-01-05T00:00:00"))


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(lambda one: at(one.isoformat()[:19]))


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.integers(1, 3 * 86400), st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kolkata"]))
def test_what_is_added_can_be_measured(start: datetime, seconds: int, zone: str) -> None:
    calendar = BusinessHours(hours(zone), frozenset({date(2026, 7, 3)}))
    end = calendar.add(start, seconds)
    assert calendar.between(start, end) == seconds
    assert calendar.between(start, end - timedelta(seconds=1)) == seconds - 1, "the earliest such instant"

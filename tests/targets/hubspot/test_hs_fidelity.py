"""What is said about the approximation: grades, sizes and words."""

from __future__ import annotations

import pytest
from hs_designs import HOURS, acme, compiled, designs, example, small
from hypothesis import HealthCheck, given, settings

from provisioner.fidelity import Fidelity
from provisioner.model.design import Design
from provisioner.targets.hubspot import target
from provisioner.targets.hubspot.fidelity import _MONDAY, _Tried, errors, statement
from provisioner.targets.hubspot.windows import WEEK


def stated(design: Design, lead_type: str | None) -> dict[str, tuple[str, float | None]]:
    return {item.feature: (item.grade, item.worst_minutes) for item in statement(design) if item.lead_type == lead_type}


def test_the_example() -> None:
    assert stated(acme(), "demo_request") == {
        # 5 and 3 before closing: too late for the last start; 15 of the spread, 1 for its workflow, 1 between minutes
        "clock start": ("approximated", 25.0),
        "due time": ("approximated", 25.0),
        "step 1": ("approximated", 25.5),
        "step 2": ("approximated", 26.0),
        "step 3": ("approximated", 120.0),  # two hours after due are spent at night: at the opening instead
        "step 4": ("approximated", 600.0),  # a business day after a Friday ends on Saturday: Monday's opening instead
        "response and miss minutes": ("approximated", None),
    }
    assert stated(acme(), None) == {
        "first touch": ("approximated", 1.0),
        "touch types": ("approximated", None),
        "ignored users": ("approximated", None),
        "first_touch_type": ("approximated", None),
        "owner_manager": ("approximated", None),
        "bells": ("approximated", None),
        "queues": ("approximated", None),
        "cycle": ("approximated", None),
        "assignment.on_reassign": ("approximated", None),
        "a clock that starts anew": ("approximated", 2.0),
        "conditions": ("approximated", None),
        "measures": ("approximated", 0.1),
        "alerts.content link": ("approximated", None),
        "alerts.content elapsed": ("approximated", None),
    }


def test_two_zones_that_change_their_clocks_on_different_days() -> None:
    found = [item for item in statement(acme()) if item.feature == "opening hours around clock changes"]
    assert found == [
        Fidelity(
            "opening hours around clock changes",
            "emea_demo",
            "approximated",
            60.0,
            "Europe/London and the account (America/New_York) change their clocks on different days: on about 28 days "
            "of the year the office seems to open 60 minutes off.",
        )
    ]


def test_a_calendar_clock_only_waits_for_workflows() -> None:
    assert stated(compiled(small()), "demo") == {
        "clock start": ("exact", 0.0),
        "due time and steps": ("approximated", 4.0),
    }


def test_the_words_say_both_directions() -> None:
    due = next(item for item in statement(acme()) if (item.feature, item.lead_type) == ("due time", "demo_request"))
    assert due.why == (
        "It never lies in closed hours. Late by what a lead had left of the day before, and by the start. "
        "Never early, up to 24 open minutes late (3744 calendar minutes with closed hours in between, and 1440 more "
        "for each holiday there)."
    )


def test_a_calendar_without_holidays_is_not_told_of_them() -> None:
    document = example()
    del document["business_hours"]["us"]["holidays"]
    due = next(
        item for item in statement(compiled(document)) if (item.feature, item.lead_type) == ("due time", "demo_request")
    )
    assert due.why.endswith("up to 24 open minutes late (3744 calendar minutes with closed hours in between).")


@pytest.mark.parametrize(
    ("sla", "at", "earlier"),
    [
        ("5m", "50%", False),  # within one opening
        ("5m", "due", False),
        ("5m", "due + 2h", False),  # already spent at night as a whole
        ("5m", "due + 1bd", False),  # already spent on a Saturday as a whole
        ("5m", "due + 2bd", False),  # already spent on a weekend as a whole
        ("5m", "due + 3bd", True),  # a usual weekend takes two of three days
        ("3bd", "due", True),
        ("3bd", "50%", False),
        ("same_business_day", "80%", False),
        ("same_business_day", "due + 3bd", True),
    ],
)
def test_holidays_are_told_of_where_they_make_a_step_earlier_than_a_usual_week(
    sla: str, at: str, earlier: bool
) -> None:
    document = example()
    document["lead_types"][1] |= {"sla": sla, "escalation": "tried"}
    document["escalation"]["tried"] = [{"at": at, "notify": ["cro"], "via": ["email"]}]
    found = statement(compiled(document))
    step = next(item for item in found if (item.feature, item.lead_type) == ("step 1", "demo_request"))
    assert ("Each holiday in between makes it up to 600 open minutes earlier." in step.why) is earlier


@pytest.mark.parametrize(("sla", "early"), [("5m", 0.0), ("4h", 0.0), ("9h", 0.0), ("same_business_day", 0.0)])
def test_a_promise_within_a_day_is_never_due_early(sla: str, early: float) -> None:
    document = example()
    document["lead_types"][1]["sla"] = sla
    design = compiled(document)
    _, due, _ = errors(design, design.lead_types[1])
    assert due.early == early


def test_a_promise_of_a_whole_day_is_counted_on_the_wall_clock() -> None:
    document = example()
    document["lead_types"][1]["sla"] = "1bd"
    design = compiled(document)
    _, due, _ = errors(design, design.lead_types[1])
    # Friday 17:59 + 24 hours is Saturday: in open minutes that is Friday's closing, 599 before Monday 17:59
    assert due.early == -599.0
    assert due.calendar >= 48 * 60


def test_reports_are_manual() -> None:
    document = example()
    document["reports"] = {"folder": "Speed to Lead", "include": ["trend"], "dashboard": True}
    found = stated(compiled(document), None)
    assert found["reports"] == ("manual", None)


@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(design=designs)
def test_every_design_has_a_statement(design: Design) -> None:
    found = target.fidelity(design)
    assert {item.lead_type for item in found} == {None, *(item.id for item in design.lead_types)}
    assert all(item.why.endswith(".") for item in found)
    assert all(item.worst_minutes is None or item.worst_minutes >= 0 for item in found)


@pytest.mark.parametrize("sla", ["5m", "47m", "4h", "1bd", "same_business_day"])
@pytest.mark.parametrize("hours", ["us", "late"])
def test_no_minute_of_the_week_is_worse_than_what_is_tried(hours: str, sla: str) -> None:
    document = example()
    document["business_hours"] |= HOURS
    document["lead_types"][1] |= {"sla": sla, "hours": hours}
    design = compiled(document)
    start, due, acts = errors(design, design.lead_types[1])
    every = _Tried(design, design.lead_types[1])
    for arrival in range(_MONDAY, _MONDAY + WEEK, 7):
        every.arrive(arrival)
    for some, all_ in zip((start, due, *acts), (every.start, every.due, *every.acts), strict=True):
        assert some.early <= all_.early + 1 and all_.late <= some.late + 1

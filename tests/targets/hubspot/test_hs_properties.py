"""Properties, stages, reports and Slack: what is sent, word for word."""

from __future__ import annotations

from typing import Any

import pytest
from hs_designs import compiled, example, small
from hs_paper import named

from provisioner.resources import Address
from provisioner.targets.hubspot.desire import build
from provisioner.targets.hubspot.graph import Graph


def of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {str(item.address): dict(item.attributes) for item in build(compiled(document))}


def test_a_datetime_an_enumeration_and_a_formula() -> None:
    found = of(small())
    assert found["Property:contacts.stl_sla_due_at"] == {
        "name": "stl_sla_due_at", "label": "STL SLA due at", "groupName": "stl_speed_to_lead", "type": "datetime",
        "fieldType": "date", "description": "When the first touch is due.", "formField": False, "hidden": False,
        "displayOrder": -1,
    }  # fmt: skip
    options = found["Property:contacts.stl_lead_type"]["options"]
    assert [(item["value"], item["label"]) for item in options] == [
        ("demo", "Demo"), ("slow", "Slow"), ("untracked", "No clock"),
    ]  # fmt: skip
    assert found["Property:contacts.stl_speed_to_lead_minutes"]["calculationFormula"] == (
        "if is_present(stl_first_touch_at) and is_present(stl_engaged_at) and stl_first_touch_at >= stl_engaged_at "
        "then (stl_first_touch_at - stl_engaged_at) / 60000 endif"
    )
    assert found["Property:contacts.stl_sla_result"]["type"] == "string"
    assert found["PropertyGroup:contacts.stl_speed_to_lead"]["name"] == "stl_speed_to_lead"


def test_every_formula_only_uses_properties_that_are_there() -> None:
    found = of(small())
    names = {item["name"] for key, item in found.items() if key.startswith("Property:")}
    for item in found.values():
        words = set(item.get("calculationFormula", "").replace("(", " ").replace(")", " ").replace(",", " ").split())
        assert {word for word in words if word.startswith("stl_")} <= names


def test_stages_are_stamped() -> None:
    document = small()
    document["telemetry"]["stages"] = {"field": "lifecyclestage", "values": {"mql": "marketingqualifiedlead"}}
    found = of(document)
    assert found["Property:contacts.stl_mql_at"]["type"] == "datetime"
    flow = found["Flow:stages"]
    assert [action["type"] for action in flow["actions"]] == ["LIST_BRANCH", "SINGLE_CONNECTION"]
    assert flow["actions"][1]["fields"]["property_name"] == "stl_mql_at"


def test_reports_are_steps_for_people() -> None:
    document = example()
    document["reports"] = {"folder": "Speed to Lead", "include": ["compliance_by_type"], "dashboard": True}
    found = of(document)
    assert found["ManualStep:report_compliance_by_type"] == {
        "title": 'Build the report "STL Compliance by lead type"',
        "why": "HubSpot has no API for reports and dashboards.",
        "steps": [
            "Open Reporting > Reports and click Create report.",
            'Under "Create reports from scratch", click Custom report builder.',
            "Choose your own data sources: Contacts is the primary one, and the only one.",
            "On the Configure tab, choose the chart: stacked column.",
            "As a value, add: count of records.",
            'Break down by: "STL Lead type" (stl_lead_type).',
            'Break down by: "STL SLA result" (stl_sla_result).',
            'On the Filters tab, add: "STL SLA result" (stl_sla_result) is known.',
            'Save the report as "STL Compliance by lead type" in the folder "Speed to Lead".',
        ],
        "filters": ['"STL SLA result" (stl_sla_result) is known'],
        "measures": ["count of records"],
        "needs": {"Property:contacts.stl_lead_type": [], "Property:contacts.stl_sla_result": []},
        "link": ["https://", {"$ref": "portal:ui_domain"}, "/reports-list/", {"$ref": "portal:id"}],
    }
    assert found["ManualStep:reports_dashboard"]["measures"] == ["STL Compliance by lead type"]


def test_slack_is_sent_with_the_ids_of_the_design() -> None:
    document = small("live")
    document["target"]["slack_action_version"] = 12
    document["recipients"]["channel"] = {"slack": "C0123456789"}
    document["escalation"]["urgent"][1] = {"at": "due", "notify": ["channel"], "via": ["slack"]}
    flow = of(document)["Flow:timer_demo"]
    slack = next(action for action in flow["actions"] if action.get("actionTypeId") == "1-179507819")
    assert (slack["actionTypeVersion"], slack["fields"]) == (
        12,
        {
            "slackChannelIds": [{"$ref": "slack:C0123456789"}],
            "message": "SLA missed: {{ enrolled_object.firstname }} {{ enrolled_object.lastname }}, Demo "
            "(Demo: first contact within 10m)",
        },
    )


def test_a_queue_hands_over_to_the_members_of_a_team() -> None:
    document = small("live")
    document["recipients"]["backup"] = {"queue": "SDR Backup"}
    document["escalation"]["urgent"][3]["reassign_to"] = "backup"
    flow = of(document)["Flow:timer_demo"]
    rotate = next(action for action in flow["actions"] if action.get("actionTypeId") == "0-11")
    assert rotate["fields"] == {
        "team_ids": [{"$ref": "team:SDR Backup"}], "target_property": "hubspot_owner_id",
        "overwrite_current_owner": "true",
    }  # fmt: skip


def test_the_timers_of_a_business_clock_have_its_hours_and_the_stamps_have_none() -> None:
    found = {item.address: item for item in build(compiled(example()))}
    timer, opening = (named(found[Address("Flow", name)]) for name in ("timer_emea_demo", "open_emea_demo"))
    monday = {"day": "MONDAY", "startTime": {"hour": 3, "minute": 0}, "endTime": {"hour": 13, "minute": 0}}
    assert timer["timeWindows"][0] == monday
    assert opening["timeWindows"][0] == {**monday, "endTime": {"hour": 12, "minute": 45}}  # 15 minutes
    assert {"month": "DECEMBER", "dayOfMonth": 25, "year": 2026} in timer["blockedDates"]
    for name in ("created", "owner", "engagement", "judge", "touch"):
        assert found[Address("Flow", name)].attributes["timeWindows"] == []


def test_a_graph_refuses_what_leads_nowhere_or_is_never_reached() -> None:
    graph = Graph()
    graph.put("a", "x", {}, "b")
    with pytest.raises(ValueError, match="there is no node b"):
        graph.actions("a")
    graph.put("b", "x", {}, None)
    graph.put("c", "x", {}, None)
    with pytest.raises(ValueError, match=r"never reached: \['c'\]"):
        graph.actions("a")
    with pytest.raises(ValueError, match="two nodes are called a"):
        graph.put("a", "x", {}, None)

"""The lead object: what is sent for it, how its clocks run against the oracle, and what is said where it knows less."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hs_designs import small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies.designs import compiled
from test_hs_behaviour import START, Twin, at, seen, truth
from test_hs_contracts import CONTRACTS, schema, sent

from provisioner.targets.hubspot.desire import build, desire
from provisioner.targets.hubspot.fidelity import statement
from provisioner.targets.hubspot.session.premises import used


def leads(mode: str = "silent", on_reassign: str = "restart") -> dict[str, Any]:
    """The small design on the lead object: type, label and stage decide instead of properties of contacts."""
    document = small(mode, on_reassign)
    document["target"] |= {"object": "leads", "fields": {"enquiry_type": "enumeration"}}
    document["telemetry"]["engagement"] = ["hs_createdate"]
    document["exclusions"] = [{"id": "junk", "when": {"hs_lead_label": ["COLD"]}}]
    return document


def test_everything_is_about_the_lead_object() -> None:
    for resource in build(compiled(leads("live"))):
        kind, body = resource.address.kind, resource.attributes
        if kind in ("Property", "PropertyGroup"):
            assert resource.address.name.startswith("leads.")
        elif kind in ("List", "Flow"):
            assert body["objectTypeId"] == "0-136"
        if kind == "Flow":
            assert (body["type"], body["flowType"]) == ("PLATFORM_FLOW", "WORKFLOW")
            assert not {"suppressionListIds", "canEnrollFromSalesforce"} & body.keys()  # contacts only
            of_contacts = {"notes_last_contacted", "createdate", "company", "firstname"}
            assert not of_contacts & set(used(body)), resource.address


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendor's schemas are not beside the checkout")
@pytest.mark.parametrize("mode", ["silent", "live"])
def test_every_body_is_what_the_vendor_accepts(mode: str) -> None:
    kinds = {"Flow": "PLATFORM_FLOW"}
    for resource in build(compiled(leads(mode))):
        if resource.address.kind in ("Property", "PropertyGroup", "List", "Flow"):
            kind = kinds.get(resource.address.kind, resource.address.kind)
            assert [error.message for error in schema(kind).iter_errors(sent(resource))] == [], resource.address


def test_a_task_is_tied_to_the_lead_and_texts_name_it() -> None:
    flow = next(item for item in build(compiled(leads("live"))) if item.address.name == "timer_demo")
    task = next(item["fields"] for item in flow.attributes["actions"] if item.get("actionTypeId") == "0-3")
    assert task["associations"][0]["target"]["associationTypeId"] == 647
    assert task["subject"] == "Call {{ enrolled_object.hs_lead_name }}"
    mail = next(item["fields"] for item in flow.attributes["actions"] if item.get("actionTypeId") == "0-8")
    assert mail["body"].startswith(
        "<p>SLA escalated. Handed over to cro@acme.example.</p>"
        "<p>Lead: {{ enrolled_object.hs_lead_name }}</p><p>Lead type: Demo</p><p>Owner:"
    )
    assert "<p>Lead record {{ enrolled_object.hs_object_id }}</p>" in mail["body"]


def test_a_task_cannot_name_a_company() -> None:
    document = leads()
    document["escalation"]["urgent"][2]["task"] = "Call {company}"
    found, said = desire(compiled(document), lambda pointer: pointer)
    assert len(found) == 0
    assert [(item.code, item.severity, item.pointer, item.detail) for item in said] == [
        (
            "H301",
            "error",
            "/escalation/urgent/2/task",
            "The task names {company}, and leads of the lead object have no company of their own.",
        )
    ]


def test_what_the_lead_object_cannot_do_is_stated() -> None:
    said = {item.feature: (item.grade, item.why) for item in statement(compiled(leads())) if item.lead_type is None}
    assert "cycle" not in said, "a lead that only its creation engages can have no second cycle"
    assert said["first touch"] == (
        "approximated",
        "The first outreach that HubSpot recorded for the lead, noted within about a minute. It never moves: an "
        "outreach before the engagement is no touch, and the ones after it are not seen.",
    )
    document = leads()
    document["telemetry"]["engagement"] = ["asked_again_at", "hs_createdate"]
    document["target"]["fields"]["asked_again_at"] = "datetime"
    document["alerts"]["content"] = ["company"]
    said = {item.feature: (item.grade, item.why) for item in statement(compiled(document)) if item.lead_type is None}
    assert said["cycle"] == (
        "impossible",
        "A lead of the lead object is one enquiry: its first outreach never moves, so a later engagement begins no "
        "cycle. A new enquiry is a new lead.",
    )
    assert said["alerts.content company"] == (
        "approximated",
        "A lead of the lead object has no company of its own; the line is left out.",
    )


KINDS = st.sampled_from(["touch", "owner", "nobody", "HOT", "COLD"])


@pytest.mark.parametrize("on_reassign", ["restart", "keep"])
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(life=st.lists(KINDS, max_size=6), gaps=st.lists(st.integers(1, 50), min_size=6, max_size=6))
def test_clocks_are_the_oracles(on_reassign: str, life: list[str], gaps: list[int]) -> None:
    """Owners never come back: that a returning one gets a new clock is stated."""
    twin = Twin(compiled(leads("silent", on_reassign)))
    twin.create(START, enquiry_type="demo", hubspot_owner_id="first@x.example")
    now = 0
    for place, (kind, gap) in enumerate(zip(life, gaps, strict=False)):
        now += gap
        if kind == "touch":
            twin.paper.advance(at(now))
            twin.touch(at(now))
        elif kind in ("owner", "nobody"):
            twin.change(at(now), "hubspot_owner_id", f"rep{place}@x.example" if kind == "owner" else "")
        else:
            twin.change(at(now), "hs_lead_label", kind)
        assert seen(twin.paper.values) == truth(twin.oracle(at(now))), kind
    twin.paper.advance(at(now + 3000))
    assert seen(twin.paper.values) == truth(twin.oracle(at(now + 3000)))


def test_the_first_outreach_ends_the_clock() -> None:
    twin = Twin(compiled(leads()))
    twin.create(START, enquiry_type="demo", hubspot_owner_id="rep0@x.example")
    touched = START + timedelta(minutes=12)
    twin.touch(touched)
    assert twin.paper.values["stl_sla_status"] == "touched_late"
    assert twin.paper.values["stl_first_touch_at"] == touched
    assert twin.paper.values["stl_cycle_started_at"] == START == datetime(2026, 3, 2, 13, 0, 7, tzinfo=UTC)

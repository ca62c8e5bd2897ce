"""Which touches count, and what they were: told by HubSpot's own properties, as far as it tells."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hs_designs import small
from strategies.designs import compiled
from test_hs_behaviour import START, Twin, at
from test_hs_leads import leads

from provisioner.targets.hubspot.fidelity import statement


def twin(types: list[str], document: dict[str, Any] | None = None) -> Twin:
    found = document or small()
    found["telemetry"]["first_touch"]["types"] = types
    running = Twin(compiled(found))
    running.create(START, enquiry_type="demo", hubspot_owner_id="rep@acme.example")
    return running


def engage(running: Twin, when: datetime, how: str, *, first: bool = True) -> None:
    """As HubSpot logs it: the first engagement of the owner is remembered, the last contact moves."""
    running.paper.advance(when)
    if first:
        running.paper.values |= {"hs_sa_first_engagement_object_type": how, "hs_sa_first_engagement_date": when}
    running.paper.change(when, "notes_last_contacted", when)


def noted(running: Twin) -> tuple[Any, Any, Any]:
    values = running.paper.values
    return values.get("stl_first_touch_at"), values.get("stl_first_touch_type"), values["stl_sla_status"]


@pytest.mark.parametrize(("how", "kind"), [("CALL", "call"), ("EMAIL", "email"), ("MEETING_EVENT", "meeting")])
def test_a_first_engagement_says_what_it_was(how: str, kind: str) -> None:
    running = twin(["call", "email", "linkedin", "meeting"])
    engage(running, at(3), how)
    assert noted(running) == (at(3), kind, "met")


def test_a_later_contact_is_counted_and_not_told() -> None:
    running = twin(["call", "email"])
    running.paper.values |= {"hs_sa_first_engagement_object_type": "CALL", "hs_sa_first_engagement_date": START}
    engage(running, at(3), "", first=False)
    assert noted(running) == (at(3), "other", "met")


@pytest.mark.parametrize(
    ("types", "how"), [(["call"], "EMAIL"), (["email"], "MEETING_EVENT"), (["call"], "CONVERSATION_SESSION")]
)
def test_a_touch_that_does_not_count_neither_ends_the_clock_nor_its_alerts(types: list[str], how: str) -> None:
    running = twin(types)
    engage(running, at(3), how)
    assert noted(running) == (None, None, "within_sla")
    running.paper.advance(at(45))
    assert noted(running) == (None, None, "escalated")
    assert len(running.paper.sent) == 4
    engage(running, at(50), "", first=False)
    assert noted(running) == (at(50), "other", "touched_late")


def count(running: Twin, when: datetime, **counters: str) -> None:
    """As HubSpot counts on a lead: counters, and the first outreach once."""
    running.paper.advance(when)
    if not running.paper.values.get("hs_lead_first_outreach_date"):
        running.paper.values |= counters
        running.paper.change(when, "hs_lead_first_outreach_date", when)
    for name, value in counters.items():
        running.paper.values.pop(name, None)
        running.paper.change(when, name, value)


@pytest.mark.parametrize(
    ("counter", "kind"),
    [
        ("hs_lead_call_count", "call"),
        ("hs_lead_email_count", "email"),
        ("hs_lead_communication_count", "linkedin"),
        ("hs_lead_meeting_count", "meeting"),
    ],
)
def test_counters_of_a_lead_say_what_it_was(counter: str, kind: str) -> None:
    running = twin(["call", "email", "linkedin", "meeting"], leads())
    count(running, at(3), **{counter: "1"})
    assert noted(running) == (at(3), kind, "met")


def test_a_lead_is_touched_by_the_first_one_that_counts() -> None:
    running = twin(["call"], leads())
    count(running, at(3), hs_lead_email_count="1")
    assert noted(running) == (None, None, "within_sla")
    count(running, at(8), hs_lead_call_count="1")
    assert noted(running) == (at(8), "call", "met")
    count(running, at(9), hs_lead_call_count="2")
    assert noted(running) == (at(8), "call", "met")


def test_a_lead_without_counters_is_touched_all_the_same() -> None:
    running = twin(["call"], leads())
    count(running, at(3))
    assert noted(running) == (at(3), "other", "met")


def test_what_cannot_be_told_is_stated() -> None:
    said = {item.feature: item.why for item in statement(twin(["call"]).design) if item.lead_type is None}
    assert said["touch types"] == (
        "Calls, emails, meetings and chats are told apart where the contact is the first engagement of the present "
        "owner: then only call counts. Any other logged contact counts, whatever it was."
    )
    assert said["first_touch_type"] == (
        "Call, email or meeting, where it was the first engagement of the present owner; otherwise `other`."
    )
    said = {item.feature: item.why for item in statement(twin(["call"], leads()).design) if item.lead_type is None}
    assert said["touch types"] == (
        "The lead's counters tell calls, emails and meetings; LinkedIn is counted together with SMS and WhatsApp. "
        "A touch that comes after one of a type that does not count is noted when it is logged."
    )

"""The lead object: what a lead needs, its pipeline, its workflows, and what activities do to it and to its contact."""

from __future__ import annotations

import pytest

from .conftest import NOW, act, both, changed, event, meeting, on, put, tree, where

LEADS = "/crm/v3/objects/leads"


def primary(contact):
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]
    return [{"to": {"id": contact}, "types": types}]


def lead(hub, contact, **values):
    body = {"properties": {"hs_lead_name": "Ada, demo"} | values, "associations": primary(contact)}
    return str(hub.call("POST", LEADS, body)["id"])


def values(hub, record, *names):
    body = hub.call("GET", f"{LEADS}/{record}?properties={','.join(names)}")
    return [body["properties"][name] for name in names]


def lead_flow(hub, *actions, enabled=True, **more):
    """A workflow of leads: no key that only contact workflows have."""
    listed = []
    for number, action in enumerate(actions, 1):
        goes_on = number < len(actions) and action["type"] == "SINGLE_CONNECTION"
        last = {"connection": {"edgeType": "STANDARD", "nextActionId": str(number + 1)}} if goes_on else {}
        listed.append({"actionId": str(number)} | action | last)
    body = {"type": "PLATFORM_FLOW", "flowType": "WORKFLOW", "objectTypeId": "0-136", "isEnabled": enabled}
    body |= {"name": "Leads", "actions": listed, "startActionId": "1", "nextAvailableActionId": str(len(listed) + 1)}
    body |= {"blockedDates": [], "timeWindows": [], "customProperties": {}, "dataSources": []}
    return hub.call("POST", "/automation/v4/flows", body | more)


@pytest.fixture
def stages(hub):
    """Ids of the stages of two pipelines, by label; Won and Lost are closed."""
    closed = [{"label": "Won", "open": False}, {"label": "Lost", "open": False}]
    seed = [
        {"object": "leads", "label": "Inbound", "stages": ["New", {"label": "Working"}, *closed]},
        {"object": "leads", "label": "Partner", "stages": ["Referred"]},
    ]
    made = hub.door("seed", {"pipelines": seed})["pipelines"]
    return made[0]["stages"] | made[1]["stages"] | {"Inbound": made[0]["id"], "Partner": made[1]["id"]}


def test_a_lead_begins_in_the_first_stage_and_its_stage_brings_its_pipeline(hub, stages):
    one = lead(hub, hub.contact(firstname="Ada"))
    assert values(hub, one, "hs_pipeline", "hs_pipeline_stage") == [stages["Inbound"], stages["New"]]
    hub.call("PATCH", f"{LEADS}/{one}", {"properties": {"hs_pipeline_stage": stages["Referred"]}})
    assert values(hub, one, "hs_pipeline", "hs_pipeline_stage") == [stages["Partner"], stages["Referred"]]
    two = lead(hub, hub.contact(firstname="Bob"), hs_pipeline=stages["Partner"])
    assert values(hub, two, "hs_pipeline_stage") == [stages["Referred"]]


def test_stages_of_other_portals_and_other_pipelines_are_refused(hub, stages):
    contact = hub.contact(firstname="Ada")

    def refusal(**more):
        return hub.refused(
            "POST", LEADS, {"properties": {"hs_lead_name": "x"} | more, "associations": primary(contact)}
        )

    assert refusal(hs_pipeline_stage="4711") == (400, "Stage 4711 does not exist in any pipeline.")
    assert refusal(hs_pipeline="4711") == (400, "Pipeline 4711 does not exist.")
    wrong = {"hs_pipeline": stages["Partner"], "hs_pipeline_stage": stages["New"]}
    assert refusal(**wrong) == (400, f"Stage {stages['New']} is not a stage of pipeline {stages['Partner']}.")


def test_the_contact_knows_when_a_lead_of_it_was_last_opened(hub, stages):
    contact = hub.contact(firstname="Ada")
    one = lead(hub, contact)
    assert hub.values(contact, "hs_latest_open_lead_date") == ["2026-01-05T14:00:00Z"]
    hub.move("2026-01-05T15:00:00Z")
    hub.call("PATCH", f"{LEADS}/{one}", {"properties": {"hs_pipeline_stage": stages["Lost"]}})
    assert hub.values(contact, "hs_latest_open_lead_date") == ["2026-01-05T14:00:00Z"]
    hub.call("PATCH", f"{LEADS}/{one}", {"properties": {"hs_pipeline_stage": stages["Working"]}})
    assert hub.values(contact, "hs_latest_open_lead_date") == ["2026-01-05T15:00:00Z"]


def test_what_the_vendor_keeps_up_cannot_be_written(hub):
    contact = hub.contact(firstname="Ada")
    body = {"properties": {"hs_lead_name": "x", "hs_lead_call_count": "3"}, "associations": primary(contact)}
    status, text = hub.refused("POST", LEADS, body)
    assert (status, "read only property" in text) == (400, True)
    body = {"properties": {"hs_lead_name": "x"}, "associations": primary(contact)}
    body["associations"][0]["types"] += [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 580}]
    assert hub.refused("POST", LEADS, body) == (501, "The emulator does not model associations to companies.")


def test_owners_of_leads(hub, people):
    one = lead(hub, hub.contact(firstname="Ada"), hubspot_owner_id=people["ada"]["id"])
    names = ("hubspot_owner_assigneddate", "hubspot_team_id")
    assert values(hub, one, *names) == ["2026-01-05T14:00:00Z", people["team"]["id"]]
    hub.move("2026-01-05T15:00:00Z")
    hub.call("PATCH", f"{LEADS}/{one}", {"properties": {"hubspot_owner_id": people["bob"]["id"]}})
    assert values(hub, one, *names) == ["2026-01-05T15:00:00Z", people["team"]["id"]]
    found = hub.call("POST", f"{LEADS}/search", {"filterGroups": [{"filters": [
        {"propertyName": "hubspot_owner_id", "operator": "EQ", "value": people["bob"]["id"]}]}]})  # fmt: skip
    assert [item["id"] for item in found["results"]] == [one]
    assert hub.refused("PATCH", f"{LEADS}/{one}", {"properties": {"hubspot_owner_id": people["gone"]["id"]}})[0] == 400


def test_a_workflow_of_leads_stamps_waits_branches_and_alerts(hub, people):
    hub.call("POST", "/crm/v3/properties/leads", {"name": "x_started", "label": "Started", "type": "datetime",
             "groupName": "lead_information", "fieldType": "date"})  # fmt: skip
    untouched = tree(both(where("hs_lead_first_outreach_date", "ALL_PROPERTY", "IS_UNKNOWN")))
    late = {"edgeType": "STANDARD", "nextActionId": "4"}
    branch = {
        "type": "LIST_BRANCH",
        "listBranches": [{"branchName": "Late", "connection": late, "filterBranch": untouched}],
    }
    task = act("0-3", task_type="CALL", subject="Call {{ enrolled_object.hs_lead_name }}", body="", priority="HIGH",
               use_explicit_associations="true",
               associations=[{"target": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 647},
                              "value": {"type": "ENROLLED_OBJECT"}}],
               owner_assignment={"type": "CUSTOM",
                                 "value": {"type": "OBJECT_PROPERTY", "propertyName": "hubspot_owner_id"}})  # fmt: skip
    rotate = act("0-11", user_ids=[people["bob"]["user_id"]], target_property="hubspot_owner_id",
                 overwrite_current_owner="true")  # fmt: skip
    flow = [put("x_started", NOW), act("0-1", delta="5", time_unit="MINUTES"), branch, task, rotate]
    body = lead_flow(hub, *flow, enrollmentCriteria=on(event("4-1463224")))
    assert (body["type"], body["objectTypeId"]) == ("PLATFORM_FLOW", "0-136")
    slow, quick = (
        lead(hub, hub.contact(firstname=name), hs_lead_name=name, hubspot_owner_id=people["ada"]["id"])
        for name in ("Slow", "Quick")
    )
    assert values(hub, slow, "x_started") == ["2026-01-05T14:00:00Z"]
    hub.door("touch", {"lead": quick, "type": "call", "by": "ada@x.example"})
    hub.move("2026-01-05T14:05:00Z")
    assert [(one["channel"], one["to"], one["subject"], one["record"]) for one in hub.door("sent")] == [
        ("task", ["ada@x.example"], "Call Slow", slow)
    ]
    assert values(hub, slow, "hubspot_owner_id") == [people["bob"]["id"]]
    assert values(hub, quick, "hubspot_owner_id") == [people["ada"]["id"]]
    (made,) = hub.call("GET", f"/crm/v4/objects/leads/{slow}/associations/tasks")["results"]
    assert [one["typeId"] for one in made["associationTypes"]] == [648]


def test_criteria_and_property_changes_of_leads(hub):
    flow = lead_flow(hub, put("hs_lead_label", "HOT"), enrollmentCriteria=meeting(
        both(where("hs_lead_type", "ENUMERATION", "IS_ANY_OF", values=["NEW BUSINESS"]))))  # fmt: skip
    lead_flow(hub, put("hs_lead_source", "hot"), enrollmentCriteria=on(changed("hs_lead_label")))
    one = lead(hub, hub.contact(firstname="Ada"), hs_lead_type="NEW BUSINESS")
    two = lead(hub, hub.contact(firstname="Bob"))
    assert values(hub, one, "hs_lead_label", "hs_lead_source") == ["HOT", "hot"]
    assert values(hub, two, "hs_lead_label", "hs_lead_source") == [None, None]
    told = hub.door("log", {"flow": flow["id"], "record": one})
    assert [step["what"] for step in told] == ["enrolled", "hs_lead_label = HOT", "completed"]


COUNTS = {
    "call": "hs_lead_call_count",
    "email": "hs_lead_email_count",
    "meeting": "hs_lead_meeting_count",
    "linkedin": "hs_lead_communication_count",
    "sms": "hs_lead_communication_count",
    "whatsapp": "hs_lead_communication_count",
    "postal_mail": "hs_lead_communication_count",
}
FIRST = ("hs_lead_first_outreach_date", "hs_lead_time_to_first_outreach", "hs_lead_outreach_activity_count")


@pytest.mark.parametrize("kind", [*COUNTS, "note", "task", "reply"])
def test_what_each_activity_does_to_a_lead_and_its_contact(hub, people, kind):
    contact = hub.contact(firstname="Ada", hubspot_owner_id=people["ada"]["id"])
    one = lead(hub, contact)
    hub.move("2026-01-05T14:07:00Z")
    hub.door("touch", {"contact": contact, "lead": one, "type": kind, "by": "ada@x.example"})
    outreach = kind in COUNTS
    at = "2026-01-05T14:07:00Z"
    assert values(hub, one, *FIRST) == ([at, "420000", "1"] if outreach else [None, None, None])
    counters = dict.fromkeys(COUNTS.values())
    for name in counters:
        assert values(hub, one, name) == (["1"] if outreach and name == COUNTS[kind] else [None]), name
    names = ("notes_last_contacted", "notes_last_updated", "hs_sa_first_engagement_date", "hs_sales_email_last_replied")
    assert hub.values(contact, *names) == [
        at if outreach else None,
        at if outreach or kind == "note" else None,
        at if outreach or kind == "task" else None,
        at if kind == "reply" else None,
    ]


def test_the_first_outreach_stays_the_first(hub):
    one = lead(hub, hub.contact(firstname="Ada"))
    for minute, kind in ((1, "call"), (2, "linkedin")):
        hub.move(f"2026-01-05T14:0{minute}:00Z")
        hub.door("touch", {"lead": one, "type": kind})
    assert values(hub, one, *FIRST) == ["2026-01-05T14:01:00Z", "60000", "2"]


def test_messages_are_records_of_their_own(hub, people):
    contact = hub.contact(firstname="Ada")
    made = hub.door("touch", {"contact": contact, "type": "linkedin", "by": "bob@x.example"})["id"]
    names = ("hs_communication_channel_type", "hs_communication_logged_from", "hubspot_owner_id", "hs_timestamp")
    body = hub.call("GET", f"/crm/v3/objects/communications/{made}?properties={','.join(names)}")
    assert [body["properties"][name] for name in names] == [
        "LINKEDIN_MESSAGE", "CRM", people["bob"]["id"], "2026-01-05T14:00:00Z"]  # fmt: skip
    search = {"filterGroups": [{"filters": [
        {"propertyName": "associations.contact", "operator": "EQ", "value": contact}]}]}  # fmt: skip
    assert hub.call("POST", "/crm/v3/objects/communications/search", search)["total"] == 1


def test_activities_of_apps_and_sequences(hub, people):
    app, drip = (hub.contact(firstname=name) for name in ("App", "Drip"))
    logged = hub.door("touch", {"contact": app, "type": "email", "by": "bob@x.example", "via": "integration"})["id"]
    told = hub.call("GET", f"/crm/v3/objects/emails/{logged}?propertiesWithHistory=hubspot_owner_id")
    (entry,) = told["propertiesWithHistory"]["hubspot_owner_id"]
    assert (entry["sourceType"], entry["value"]) == ("INTEGRATION", people["bob"]["id"])
    hub.door("touch", {"contact": drip, "type": "email", "via": "sequence"})
    assert hub.values(drip, "notes_last_contacted") == ["2026-01-05T14:00:00Z"]
    hub.door("settings", {"sequence_email_counts": False})
    other = hub.contact(firstname="Other")
    hub.door("touch", {"contact": other, "type": "email", "via": "sequence"})
    assert hub.values(other, "notes_last_contacted") == [None]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"type": "call"}, "There is no contact ''."),
        ({"lead": "1", "type": "call"}, "There is no lead '1'."),
        ({"contact": "1", "type": "shout"}, "There is no contact '1'."),
    ],
)
def test_touches_of_nobody(hub, body, text):
    answer = hub.knock("touch", body)
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_touches_that_do_not_exist(hub):
    contact = hub.contact(firstname="Ada")
    kinds = "call, email, meeting, note, task, reply, linkedin, sms, whatsapp, postal_mail, chat"
    answer = hub.knock("touch", {"contact": contact, "type": "shout"})
    assert answer.json() == {"error": f"A touch is one of {kinds}, not 'shout'."}
    answer = hub.knock("touch", {"contact": contact, "type": "call", "via": "sequence"})
    text = "'via' is one of person, integration, sequence (sequence for an email), not 'sequence'."
    assert answer.json() == {"error": text}


def test_leads_are_seeded_into_the_past(hub, people, stages):
    contact = hub.door("seed", {"records": [{"object": "contacts", "values": {"firstname": "Ada"}}]})["records"][0][
        "id"
    ]
    seed = {"object": "leads", "contact": contact, "created": "2026-01-02T09:00:00Z",
            "values": {"hs_lead_name": "x", "hs_pipeline_stage": stages["Working"],
                       "hs_lead_call_count": "2"}}  # fmt: skip
    one = hub.door("seed", {"records": [seed]})["records"][0]["id"]
    names = ("hs_createdate", "hs_pipeline", "hs_lead_call_count", "hs_primary_contact_id")
    assert values(hub, one, *names) == ["2026-01-02T09:00:00Z", stages["Inbound"], "2", contact]
    assert hub.values(contact, "hs_latest_open_lead_date") == ["2026-01-02T09:00:00Z"]

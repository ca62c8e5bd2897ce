"""Workflows on the virtual clock."""

from __future__ import annotations

import pytest

from .conftest import FORM, NOW, act, both, changed, event, meeting, on, put, tree, where

SERVER_MADE = ("id", "createdAt", "updatedAt", "crmObjectCreationStatus", "objectTypeId", "flowType", "dataSources")


def copied(name):
    return {"type": "OBJECT_PROPERTY", "propertyName": name}


def test_the_reference_flow_from_a_form_to_a_miss(hub, people):
    hub.door("seed", {"forms": [{"id": FORM, "name": "Demo"}]})
    hub.property("sla_started_at", "datetime")
    hub.property("sla_status", "enumeration", options=["running", "met", "breached"])
    touched = where(
        "notes_last_contacted",
        "TIME_POINT",
        "IS_AFTER",
        type="TIME_POINT",
        endpointBehavior="EXCLUSIVE",
        propertyParser="VALUE",
        timePoint={
            "timeType": "PROPERTY_REFERENCED",
            "property": "sla_started_at",
            "referenceType": "VALUE",
            "zoneId": "UTC",
            "timezoneSource": "CUSTOM",
        },
    )
    ada, bob = people["ada"], people["bob"]
    hub.flow(
        put("sla_started_at", NOW),
        put("sla_status", "running"),
        act("0-1", delta="5", time_unit="MINUTES"),
        {
            "type": "LIST_BRANCH",
            "listBranches": [
                {
                    "branchName": "in time",
                    "filterBranch": tree(both(touched)),
                    "connection": {"edgeType": "STANDARD", "nextActionId": "5"},
                }
            ],
            "defaultBranch": {"edgeType": "STANDARD", "nextActionId": "6"},
        },
        put("sla_status", "met") | {"connection": None},
        put("sla_status", "breached"),
        act(
            "0-3",
            task_type="CALL",
            subject="Call {{ enrolled_object.firstname }}",
            owner_assignment={"type": "CUSTOM", "value": copied("hubspot_owner_id")},
            due_time={"delta": 1, "timeUnit": "DAYS", "timeOfDay": {"hour": 9, "minute": 0}, "daysOfWeek": []},
        ),
        act("0-8", user_ids=[bob["user_id"]], owner_properties=["hubspot_owner_id"], subject="Missed", body="x"),
        act(
            "0-11",
            user_ids=[ada["user_id"], bob["user_id"]],
            target_property="hubspot_owner_id",
            overwrite_current_owner="true",
        ),
        enrollmentCriteria=on(
            event("4-1639801", where("hs_form_id", "ENUMERATION", "IS_ANY_OF", values=[FORM]))
        ),
    )  # fmt: skip
    late = hub.contact(email="l@x.example", firstname="Lea", hubspot_owner_id=ada["id"])
    quick = hub.contact(email="q@x.example", firstname="Quin", hubspot_owner_id=ada["id"])
    for one in (late, quick):
        hub.door("submit", {"form": FORM, "contact": one})
    assert hub.values(late, "sla_status", "sla_started_at") == ["running", "2026-01-05T14:00:00Z"]
    hub.move("2026-01-05T14:03:00Z")
    hub.door("touch", {"contact": quick, "type": "call", "by": "ada@x.example"})
    hub.move("2026-01-05T14:05:00Z")
    assert hub.told(late, "sla_status") == [
        ("2026-01-05T14:00:00.000Z", "running"),
        ("2026-01-05T14:05:00.000Z", "breached"),
    ]
    assert hub.values(quick, "sla_status") == ["met"]
    assert [(one["at"], one["channel"], one["to"], one["subject"], one["record"], one["source"])
            for one in hub.door("sent")] == [
        ("2026-01-05T14:05:00.000Z", "task", ["ada@x.example"], "Call Lea", late, "Clock/7"),
        ("2026-01-05T14:05:00.000Z", "email", ["bob@x.example", "ada@x.example"], "Missed", late, "Clock/8"),
    ]  # fmt: skip
    assert hub.values(late, "hubspot_owner_id") == [ada["id"]]
    tasks = hub.call("GET", "/crm/v3/objects/tasks?properties=hs_task_subject,hs_timestamp,hubspot_owner_id")["results"]
    assert [one["properties"]["hs_timestamp"] for one in tasks] == ["2026-01-06T14:00:00Z"]
    assert hub.door("timers") == []


@pytest.fixture
def mark(hub):
    """A property `mark` that counts."""
    hub.property("mark", "number")
    return put("mark", {"type": "INCREMENT", "incrementAmount": 1})


def test_nobody_is_in_a_workflow_twice_at_once(hub, mark):
    hub.flow(mark, act("0-1", delta="10", time_unit="MINUTES"), enrollmentCriteria=on(changed("city")))
    one = hub.contact(email="a@x.example", city="Rome")
    hub.change(one, city="Oslo")
    assert hub.values(one, "mark") == ["1"]
    hub.move("2026-01-05T14:10:00Z")
    hub.change(one, city="Bern")
    assert hub.values(one, "mark") == ["2"]


def test_without_re_enrolment_once_is_all(hub, mark):
    hub.flow(mark, enrollmentCriteria=on(changed("city"), again=False))
    one = hub.contact(city="Rome")
    hub.change(one, city="Oslo")
    assert hub.values(one, "mark") == ["1"]


def test_first_values_count_as_changes_only_where_the_settings_say_so(hub, mark):
    hub.door("settings", {"create_emits_changes": False})
    hub.flow(mark, enrollmentCriteria=on(changed("city")))
    one = hub.contact(city="Rome")
    assert hub.values(one, "mark") == [None]


def test_the_refinement_must_hold_when_the_event_happens(hub, mark):
    known = where("company", "ALL_PROPERTY", "IS_KNOWN")
    hub.flow(mark, enrollmentCriteria=on(changed("city"), refinementCriteria=tree(both(known))))
    one = hub.contact(city="Rome")
    hub.change(one, company="Acme")
    assert hub.values(one, "mark") == [None]
    hub.change(one, city="Oslo")
    assert hub.values(one, "mark") == ["1"]


def test_the_value_of_the_event_is_filtered(hub, mark):
    hub.flow(
        mark,
        enrollmentCriteria=on(
            changed("hs_lead_status", where("hs_value", "ENUMERATION", "IS_ANY_OF", values=["OPEN"]))
        ),
    )
    one = hub.contact(hs_lead_status="NEW")
    hub.change(one, hs_lead_status="OPEN")
    hub.change(one, hs_lead_status="CONNECTED")
    assert hub.values(one, "mark") == ["1"]


def test_criteria_enrol_once_and_again_by_their_trigger(hub, mark):
    open_ones = both(where("hs_lead_status", "ENUMERATION", "IS_ANY_OF", values=["OPEN", "NEW"]))
    trigger = both(where("hs_name", "STRING", "IS_EQUAL_TO", value="hs_lead_status"))
    hub.flow(mark, enrollmentCriteria=meeting(open_ones, again=True, triggers=[trigger]))
    one = hub.contact(city="Rome")
    assert hub.values(one, "mark") == [None]
    hub.change(one, hs_lead_status="OPEN")
    assert hub.values(one, "mark") == ["1"]
    hub.change(one, city="Oslo")
    assert hub.values(one, "mark") == ["1"]
    hub.change(one, hs_lead_status="NEW")
    assert hub.values(one, "mark") == ["2"]
    hub.change(one, hs_lead_status="CONNECTED")
    assert hub.values(one, "mark") == ["2"]


@pytest.mark.parametrize(("setting", "expected"), [(False, None), (True, "1")])
def test_enabling_finds_who_meets_the_criteria_where_the_settings_say_so(hub, mark, setting, expected):
    hub.door("settings", {"enable_enrolls_existing": setting})
    one = hub.contact(city="Rome")
    in_rome = both(where("city", "STRING", "IS_EQUAL_TO", value="rome"))
    flow = hub.flow(mark, enabled=False, enrollmentCriteria=meeting(in_rome))
    assert hub.values(one, "mark") == [None]
    body = {key: value for key, value in flow.items() if key not in SERVER_MADE}
    saved = hub.call("PUT", f"/automation/v4/flows/{flow['id']}", body | {"isEnabled": True})
    assert saved["revisionId"] == "2"
    hub.change(one, company="Acme")
    assert hub.values(one, "mark") == [expected]


def test_who_no_longer_meets_the_criteria_leaves(hub, mark):
    in_rome = both(where("city", "MULTISTRING", "IS_EQUAL_TO", values=["Rome"]))
    hub.flow(act("0-1", delta="1", time_unit="HOURS"), mark, enrollmentCriteria=meeting(in_rome, leave=True))
    stays, goes = hub.contact(city="Rome"), hub.contact(city="Rome")
    hub.change(goes, city="Oslo")
    hub.move("2026-01-05T15:00:00Z")
    assert (hub.values(stays, "mark"), hub.values(goes, "mark")) == (["1"], [None])
    assert [one["what"] for one in hub.door("log", {"record": goes})] == [
        "enrolled",
        "waits (delay)",
        "left: criteria no longer met",
    ]


def test_the_suppressed_neither_enter_nor_stay(hub, mark):
    body = {"name": "Quiet", "objectTypeId": "0-1", "processingType": "DYNAMIC"}
    quiet = tree(both(where("company", "STRING", "STARTS_WITH", value="ac")))
    made = hub.call("POST", "/crm/v3/lists", body | {"filterBranch": quiet})["list"]
    hub.flow(
        act("0-1", delta="1", time_unit="HOURS"),
        mark,
        enrollmentCriteria=on(changed("city")),
        suppressionListIds=[int(made["listId"])],
    )
    never, leaves, stays = hub.contact(company="Acme", city="Rome"), hub.contact(city="Rome"), hub.contact(city="Rome")
    hub.change(leaves, company="ACE")
    hub.move("2026-01-05T15:00:00Z")
    assert [hub.values(one, "mark") for one in (never, leaves, stays)] == [[None], [None], ["1"]]


WINDOWS = [
    {"day": day, "startTime": {"hour": 9, "minute": 0}, "endTime": {"hour": 17, "minute": 0}}
    for day in ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
]


def test_windows_move_actions_but_neither_delays_nor_branches(hub, mark):
    """The branch decides at night with the values of the night; the action behind it waits for the morning."""
    hub.property("slow")
    hub.flow(
        act("0-1", delta="8", time_unit="HOURS"),
        {
            "type": "LIST_BRANCH",
            "listBranches": [
                {
                    "filterBranch": tree(both(where("city", "STRING", "IS_EQUAL_TO", value="Rome"))),
                    "connection": {"edgeType": "STANDARD", "nextActionId": "3"},
                }
            ],
        },
        put("slow", "yes"),
        timeWindows=WINDOWS,
        blockedDates=[{"month": "JANUARY", "dayOfMonth": 6}],
        enrollmentCriteria=on(event("4-1463224")),
    )
    one = hub.contact(city="Rome")  # 09:00 in New York; the branch runs at 17:00
    hub.move("2026-01-05T22:30:00Z")
    hub.change(one, city="Oslo")
    assert hub.values(one, "slow") == [None]
    assert [(timer["at"], timer["why"]) for timer in hub.door("timers")] == [("2026-01-07T14:00:00.000Z", "window")]
    hub.move("2026-01-07T14:00:00Z")
    assert hub.told(one, "slow") == [("2026-01-07T14:00:00.000Z", "yes")]


def test_moved_actions_can_be_spread(hub, mark):
    hub.door("settings", {"window_spread_minutes": 15})
    hub.flow(mark, timeWindows=WINDOWS, enrollmentCriteria=on(event("4-1463224")))
    hub.move("2026-01-05T23:00:00Z")
    ones = [hub.contact(city="x") for _ in range(4)]
    ats = [timer["at"] for timer in hub.door("timers")]
    assert len(set(ats)) == 4
    assert all("2026-01-06T14:00:00.000Z" <= at < "2026-01-06T14:15:00.000Z" for at in ats)
    hub.move("2026-01-06T14:15:00Z")
    assert [hub.values(one, "mark") for one in ones] == [["1"]] * 4


@pytest.mark.parametrize(("setting", "expected"), [("go_on", ["1"]), ("end", [None])])
@pytest.mark.parametrize("date", ["2026-01-01T00:00:00Z", ""])
def test_a_date_that_is_past_or_blank(hub, mark, setting, expected, date):
    hub.property("when_at", "datetime")
    hub.door("settings", {"past_date": setting})
    until = {"type": "OBJECT_PROPERTY", "propertyName": "when_at"}
    hub.flow(act("0-35", date=until), mark, enrollmentCriteria=on(event("4-1463224")))
    one = hub.contact(email="a@x.example", when_at=date)
    assert hub.values(one, "mark") == expected


def test_a_delay_until_a_date_with_an_offset_reads_it_once(hub, mark):
    hub.property("when_at", "datetime")
    until = {"type": "OBJECT_PROPERTY", "propertyName": "when_at"}
    hub.flow(act("0-35", date=until, delta="-30", time_unit="MINUTES"), mark, enrollmentCriteria=on(event("4-1463224")))
    one = hub.contact(when_at="2026-01-05T16:00:00Z")
    hub.change(one, when_at="2026-01-09T16:00:00Z")
    hub.move("2026-01-05T15:29:59Z")
    assert hub.values(one, "mark") == [None]
    hub.move("2026-01-05T15:30:00Z")
    assert hub.values(one, "mark") == ["1"]


def test_waiting_for_an_event_or_its_end(hub):
    hub.property("outcome")
    hub.flow(
        act("0-29", event_filter_branches=[changed("notes_last_contacted")], expiration_minutes="60"),
        {
            "type": "STATIC_BRANCH",
            "inputValue": {"type": "FIELD_DATA", "actionId": "1", "dataKey": "hs_event_criteria_met"},
            "staticBranches": [{"branchValue": "true", "connection": {"edgeType": "STANDARD", "nextActionId": "3"}}],
            "defaultBranch": {"edgeType": "STANDARD", "nextActionId": "4"},
        },
        put("outcome", "touched") | {"connection": None},
        put("outcome", "timed out"),
        enrollmentCriteria=on(event("4-1463224")),
    )
    touched, alone = hub.contact(city="a"), hub.contact(city="b")
    hub.move("2026-01-05T14:20:00Z")
    hub.door("touch", {"contact": touched, "type": "call"})
    hub.move("2026-01-05T15:00:00Z")
    assert hub.told(touched, "outcome") == [("2026-01-05T14:20:00.000Z", "touched")]
    assert hub.told(alone, "outcome") == [("2026-01-05T15:00:00.000Z", "timed out")]


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        ({"delta": 90, "timeUnit": "MINUTES", "daysOfWeek": []}, "2026-01-09T23:30:00Z"),
        (  # Friday evening plus a day is Saturday: forward to Monday at nine in Berlin
            {
                "delta": 1,
                "timeUnit": "DAYS",
                "daysOfWeek": ["MONDAY", "TUESDAY"],
                "timeOfDay": {"hour": 9, "minute": 0},
                "timeZoneStrategy": {"type": "STATIC_TIME_ZONE", "timeZoneId": "Europe/Berlin"},
            },
            "2026-01-12T08:00:00Z",
        ),
        ({"delta": 2, "timeUnit": "MONTHS", "daysOfWeek": []}, "2026-03-09T21:00:00Z"),  # the same wall clock in summer
    ],
)
def test_relative_instants(hub, delay, expected):
    hub.property("when_at", "datetime")
    hub.move("2026-01-09T22:00:00Z")
    hub.flow(
        put("when_at", {"type": "RELATIVE_DATETIME", "timeDelay": delay}), enrollmentCriteria=on(event("4-1463224"))
    )
    assert hub.values(hub.contact(city="x"), "when_at") == [expected]


def test_values_are_copied_and_converted(hub):
    hub.property("copy_at", "datetime")
    hub.property("copy_ms", "number")
    hub.property("tags", "enumeration", "checkbox", options=["a", "b"])
    born = {"type": "OBJECT_PROPERTY", "propertyName": "createdate"}
    hub.flow(
        put("copy_at", born),
        put("copy_ms", born),
        put("tags", {"type": "STATIC_APPEND_VALUE", "staticAppendValue": "b"}),
        put("jobtitle", {"type": "ENROLLMENT_EVENT_PROPERTY", "enrollmentEventPropertyToken": "{{ event.hs_value }}"}),
        put("company", "Friend of {{ enrolled_object.city }}"),
        put("state", {"type": "OBJECT_PROPERTY", "propertyName": "country"}),
        enrollmentCriteria=on(changed("city")),
    )
    one = hub.contact(city="Rome", tags="a", state="kept")
    assert hub.values(one, "copy_at", "copy_ms", "tags", "jobtitle", "company", "state") == [
        "2026-01-05T14:00:00Z",
        "1767621600000",
        "a;b",
        "Rome",
        "Friend of Rome",
        "kept",
    ]


def test_a_workflow_that_feeds_itself_is_stopped(hub, mark):
    hub.door("settings", {"max_steps": 50})
    hub.flow(mark, enrollmentCriteria=on(changed("mark")))
    one = hub.contact(city="Rome")
    answer = hub.knock("edit", {"record": f"contacts/{one}", "changes": {"mark": "1"}})
    assert (answer.status_code, answer.json()) == (400, {"error": "More than 50 steps at 2026-01-05T14:00:00.000Z."})


def test_one_workflow_starts_another(hub, mark):
    second = hub.flow(mark, name="Second", enrollmentCriteria={"type": "MANUAL", "shouldReEnroll": True})
    hub.flow(act("0-15", flow_id=second["id"]), enrollmentCriteria=on(event("4-1463224")))
    assert hub.values(hub.contact(city="x"), "mark") == ["1"]


def test_lists_slack_bells_and_webhooks(hub, people):
    body = {"name": "Seen", "objectTypeId": "0-1", "processingType": "MANUAL"}
    made = hub.call("POST", "/crm/v3/lists", body)["list"]["listId"]
    hub.flow(
        act("0-63809083", listId=made, targetObject="{{ enrolled_object }}") | {"actionTypeVersion": 3},
        act("1-179507819", slackChannelIds=["C0123"], message="Hello {{ enrolled_object.city }}"),
        act("0-9", team_ids=[people["team"]["id"]], delivery_method="APP", subject="S", body="B"),
        {
            "type": "WEBHOOK",
            "webhookUrl": "https://hooks.example/x",
            "method": "POST",
            "queryParams": [{"name": "city", "value": {"type": "OBJECT_PROPERTY", "propertyName": "city"}}],
        },
        enrollmentCriteria=on(event("4-1463224")),
    )
    one = hub.contact(city="Rome")
    sent = [(m["channel"], m["to"], m["subject"], m["body"]) for m in hub.door("sent")]
    assert sent == [
        ("slack", ["C0123"], "", "Hello Rome"),
        ("bell", ["ada@x.example", "bob@x.example"], "S", "B"),
        ("webhook", ["https://hooks.example/x"], "POST https://hooks.example/x", "city=Rome"),
    ]
    members = hub.call("GET", f"/crm/v3/lists/{made}/memberships")["results"]
    assert [member["recordId"] for member in members] == [one]


def test_rotation_takes_turns_and_leaves_owners_alone(hub, people):
    ids = [people["ada"]["user_id"], people["bob"]["user_id"]]
    hub.flow(
        act("0-11", user_ids=ids, target_property="hubspot_owner_id", overwrite_current_owner="false"),
        enrollmentCriteria=on(event("4-1463224")),
    )
    ones = [hub.contact(city="x") for _ in range(3)] + [hub.contact(hubspot_owner_id=people["bob"]["id"])]
    ada, bob = people["ada"]["id"], people["bob"]["id"]
    assert [hub.values(one, "hubspot_owner_id") for one in ones] == [[ada], [bob], [ada], [bob]]


def test_criteria_that_depend_on_the_present_are_looked_at_now_and_then(hub, mark):
    hub.property("due_at", "datetime")
    passed = where(
        "due_at",
        "TIME_POINT",
        "IS_BEFORE",
        type="TIME_POINT",
        timePoint={"timeType": "INDEXED", "indexReference": {"referenceType": "NOW"}, "zoneId": "UTC"},
    )
    hub.flow(mark, enrollmentCriteria=meeting(both(passed)))
    one = hub.contact(due_at="2026-01-05T14:20:00Z")
    hub.move("2026-01-05T16:00:00Z")
    assert hub.told(one, "mark") == [("2026-01-05T14:30:00.000Z", "1")]


def test_a_workflow_switched_off_or_deleted_ends_what_waits(hub, mark):
    flow = hub.flow(act("0-1", delta="1", time_unit="HOURS"), mark, enrollmentCriteria=on(event("4-1463224")))
    one = hub.contact(city="x")
    hub.door("edit", {"flow": flow["id"], "changes": {"isEnabled": False}})
    hub.move("2026-01-05T15:00:00Z")
    assert hub.values(one, "mark") == [None]
    assert hub.door("log", {"record": one})[-1]["what"] == "left: the workflow is off"
    hub.call("DELETE", f"/automation/v4/flows/{flow['id']}")
    assert hub.refused("GET", f"/automation/v4/flows/{flow['id']}") == (404, f"Flow {flow['id']} does not exist.")


def test_enrolment_can_lag(hub, mark):
    hub.door("settings", {"automation_lag_seconds": 90})
    hub.flow(mark, enrollmentCriteria=on(event("4-1463224")))
    one = hub.contact(city="x")
    assert hub.values(one, "mark") == [None]
    hub.move("2026-01-05T14:01:30Z")
    assert hub.told(one, "mark") == [("2026-01-05T14:01:30.000Z", "1")]


def test_leads_have_workflows_too(hub, people):
    seed = {"object": "contacts", "values": {"email": "p@x.example"}}
    contact = hub.door("seed", {"records": [seed]})["records"][0]["id"]
    body = {
        "type": "PLATFORM_FLOW",
        "flowType": "WORKFLOW",
        "objectTypeId": "0-136",
        "isEnabled": True,
        "startActionId": "1",
        "blockedDates": [],
        "timeWindows": [],
        "customProperties": {},
        "dataSources": [],
        "enrollmentCriteria": on(event("4-1463224")),
        "actions": [put("hs_lead_label", "HOT") | {"actionId": "1"}],
    }
    hub.call("POST", "/automation/v4/flows", body)
    link = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]}
    lead = hub.call(
        "POST", "/crm/v3/objects/leads", {"properties": {"hs_lead_name": "P, demo"}, "associations": [link]}
    )
    hub.door("touch", {"lead": lead["id"], "type": "linkedin", "by": "ada@x.example"})
    names = "hs_lead_label,hs_primary_contact_id,hs_lead_communication_count,hs_lead_time_to_first_outreach"
    shown = hub.call("GET", f"/crm/v3/objects/leads/{lead['id']}?properties={names}")["properties"]
    assert [shown[name] for name in names.split(",")] == ["HOT", contact, "1", "0"]

"""Records, values, activities, forms, search, people."""

from __future__ import annotations

import json

import pytest

from .conftest import FORM

CONTACTS = "/crm/v3/objects/contacts"


@pytest.mark.parametrize(
    ("name", "raw", "kept"),
    [
        ("at", "1767621600000", "2026-01-05T14:00:00Z"),
        ("at", "2026-01-05T15:00:00.250+01:00", "2026-01-05T14:00:00.250Z"),
        ("day", "1767571200000", "2026-01-05"),
        ("amount", 1.50, "1.5"),
        ("amount", "007", "7"),
        ("flag", True, "true"),
        ("tags", "b;a", "b;a"),
        ("city", "  ", None),
    ],
)
def test_how_values_are_kept(hub, name, raw, kept):
    properties_of_all_kinds(hub)
    assert hub.values(hub.contact(email="x@x.example", **{name: raw}), name) == [kept]


def properties_of_all_kinds(hub):
    hub.property("at", "datetime")
    hub.property("day", "date", "date")
    hub.property("amount", "number")
    hub.property("flag", "bool")
    hub.property("tags", "enumeration", "checkbox", options=["a", "b"])


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("nothing", "x", "PROPERTY_DOESNT_EXIST"),
        ("createdate", "2026-01-01T00:00:00Z", "READ_ONLY_VALUE"),
        ("at", "2026-01-05T15:00:00", "INVALID_DATE"),
        ("day", "1767621600000", "INVALID_DATE"),
        ("amount", "NaN", "INVALID_NUMBER"),
        ("flag", "yes", "INVALID_BOOLEAN"),
        ("tags", "a;c", "INVALID_OPTION"),
        ("hubspot_owner_id", "1", "INVALID_OWNER_ID"),
        ("city", "x" * 65_537, "VALUE_TOO_LONG"),
        ("city", None, "INVALID_VALUE"),
    ],
)
def test_values_that_are_refused(hub, name, raw, code):
    properties_of_all_kinds(hub)
    status, message = hub.refused("POST", CONTACTS, {"properties": {name: raw}, "associations": []})
    assert status == 400
    prefix = "Property values were not valid: "
    assert message.startswith(prefix)
    assert [(one["name"], one["error"]) for one in json.loads(message.removeprefix(prefix))] == [(name, code)]


def test_a_leading_semicolon_adds(hub):
    properties_of_all_kinds(hub)
    one = hub.contact(tags="a")
    hub.change(one, tags=";b")
    assert hub.values(one, "tags") == ["a;b"]


def test_the_owner_moves_what_depends_on_it(hub, people):
    one = hub.contact(hubspot_owner_id=people["ada"]["id"])
    assert hub.values(one, "hubspot_owner_assigneddate", "hubspot_team_id", "hs_is_unworked") == [
        "2026-01-05T14:00:00Z",
        people["team"]["id"],
        "true",
    ]
    hub.move("2026-01-05T14:10:00Z")
    hub.door("touch", {"contact": one, "type": "call", "by": "ada@x.example"})
    engaged = ("hs_sa_first_engagement_date", "hs_time_to_first_engagement", "hs_is_unworked", "num_contacted_notes")
    assert hub.values(one, *engaged) == ["2026-01-05T14:10:00Z", "600000", "false", "1"]
    hub.move("2026-01-05T14:20:00Z")
    hub.change(one, hubspot_owner_id=people["bob"]["id"])
    assert hub.values(one, "hubspot_owner_assigneddate", *engaged) == ["2026-01-05T14:20:00Z", None, None, "true", "1"]
    hub.change(one, hubspot_owner_id="")
    assert hub.values(one, "hubspot_owner_assigneddate", "hs_is_unworked") == [None, "true"]


@pytest.mark.parametrize(
    ("kind", "contacted", "updated", "notes"),
    [
        ("call", True, True, "1"),
        ("email", True, True, "1"),
        ("linkedin", True, True, "1"),
        ("note", False, True, "1"),
        ("task", False, False, None),
        ("reply", False, False, None),
    ],
)
def test_what_counts_as_contact(hub, people, kind, contacted, updated, notes):
    one = hub.contact(email="x@x.example")
    hub.door("touch", {"contact": one, "type": kind, "by": "bob@x.example", "at": "2026-01-05T13:00:00Z"})
    at = "2026-01-05T13:00:00Z"
    assert hub.values(one, "notes_last_contacted", "notes_last_updated", "num_notes") == [
        at if contacted else None,
        at if updated else None,
        notes,
    ]
    assert hub.values(one, "hs_sales_email_last_replied") == [at if kind == "reply" else None]


def test_a_meeting_counts_when_it_happens_and_a_late_log_does_not_go_back(hub, people):
    one = hub.contact(email="x@x.example")
    hub.door("touch", {"contact": one, "type": "meeting", "by": "bob@x.example", "at": "2026-01-05T16:00:00Z"})
    assert hub.values(one, "notes_last_contacted", "notes_next_activity_date") == [None, "2026-01-05T16:00:00Z"]
    hub.move("2026-01-05T17:00:00Z")
    hub.door("touch", {"contact": one, "type": "call", "at": "2026-01-05T12:00:00Z"})
    names = ("notes_last_contacted", "notes_next_activity_date", "num_contacted_notes")
    assert hub.values(one, *names) == ["2026-01-05T16:00:00Z", None, "2"]
    assert hub.told(one, "notes_last_contacted") == [("2026-01-05T16:00:00.000Z", "2026-01-05T16:00:00Z")]


def test_a_task_counts_when_it_is_completed(hub, people):
    one = hub.contact(hubspot_owner_id=people["ada"]["id"])
    link = {"to": {"id": one}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]}
    values = {"hs_timestamp": "2026-01-05T14:00:00Z", "hubspot_owner_id": people["ada"]["id"]}
    task = hub.call("POST", "/crm/v3/objects/tasks", {"properties": values, "associations": [link]})
    assert hub.values(one, "hs_sa_first_engagement_date") == [None]
    hub.call("PATCH", f"/crm/v3/objects/tasks/{task['id']}", {"properties": {"hs_task_status": "COMPLETED"}})
    assert hub.values(one, "hs_sa_first_engagement_date", "hs_sa_first_engagement_object_type") == [
        "2026-01-05T14:00:00Z",
        "TASK",
    ]


def test_an_activity_counts_once_it_is_associated(hub):
    one = hub.contact(email="x@x.example")
    call = hub.call("POST", "/crm/v3/objects/calls", {"properties": {"hs_timestamp": "2026-01-05T13:30:00Z"}})
    assert hub.values(one, "notes_last_contacted") == [None]
    path = f"/crm/v4/objects/calls/{call['id']}/associations/default/contacts/{one}"
    for _ in range(2):
        hub.call("PUT", path)
    assert hub.values(one, "notes_last_contacted", "num_notes") == ["2026-01-05T13:30:00Z", "1"]
    listed = hub.call("GET", f"/crm/v4/objects/contacts/{one}/associations/calls")["results"]
    assert [each["toObjectId"] for each in listed] == [call["id"]]


def test_a_form_makes_or_changes_its_contact(hub):
    hub.door("seed", {"forms": [{"id": FORM, "name": "Demo"}, {"name": "News"}]})
    sent = {"form": "Demo", "email": "new@x.example", "values": {"firstname": "Nia"}, "page": "Pricing"}
    one = hub.door("submit", sent)["contact"]
    hub.move("2026-01-05T15:00:00Z")
    assert hub.door("submit", {"form": "News", "email": "NEW@x.example"})["contact"] == one
    names = ("firstname", "first_conversion_event_name", "recent_conversion_event_name", "num_conversion_events",
             "num_unique_conversion_events", "recent_conversion_date", "hs_object_source")  # fmt: skip
    assert hub.values(one, *names) == [
        "Nia", "Pricing: Demo", "Page: News", "2", "2", "2026-01-05T15:00:00Z", "FORM",
    ]  # fmt: skip


def test_lifecycle_dates_and_history_are_bounded(hub):
    one = hub.contact(lifecyclestage="lead")
    hub.move("2026-01-05T15:00:00Z")
    hub.change(one, lifecyclestage="marketingqualifiedlead")
    names = ("hs_lifecyclestage_lead_date", "hs_v2_date_entered_marketingqualifiedlead")
    assert hub.values(one, *names) == ["2026-01-05T14:00:00Z", "2026-01-05T15:00:00Z"]
    hub.door("settings", {"history_limit": 3})
    for city in "abcde":
        hub.change(one, city=city)
    assert [value for _, value in hub.told(one, "city")] == ["c", "d", "e"]


def test_batches_of_records(hub):
    new = [{"properties": {"email": f"{n}@x.example"}, "associations": []} for n in "ab"]
    made = hub.ask("POST", f"{CONTACTS}/batch/create", {"inputs": new})
    assert made.status_code == 201
    first, second = [one["id"] for one in made.json()["results"]]
    again = [{"properties": {"email": f"{n}@x.example"}, "associations": []} for n in "ca"]
    assert hub.ask("POST", f"{CONTACTS}/batch/create", {"inputs": again}).status_code == 409
    assert hub.call("GET", CONTACTS)["results"][-1]["id"] == second  # all or none
    traced = [one | {"objectWriteTraceId": str(n)} for n, one in enumerate(again)]
    partly = hub.ask("POST", f"{CONTACTS}/batch/create", {"inputs": traced})
    assert (partly.status_code, partly.json()["numErrors"], len(partly.json()["results"])) == (207, 1, 1)
    changes = [{"id": first, "properties": {"city": "Rome"}}, {"id": "9", "properties": {"city": "Oslo"}}]
    assert hub.ask("POST", f"{CONTACTS}/batch/update", {"inputs": changes}).status_code == 207
    read = {"inputs": [{"id": first}, {"id": "9"}], "properties": ["city"], "propertiesWithHistory": []}
    answer = hub.ask("POST", f"{CONTACTS}/batch/read", read)
    assert (answer.status_code, answer.json()["results"][0]["properties"]["city"]) == (207, "Rome")
    assert answer.json()["errors"][0]["context"] == {"ids": ["9"]}
    dated = hub.ask("POST", "/crm/objects/2026-09/contacts/batch/read", read)
    assert (dated.status_code, dated.json()["numErrors"]) == (200, 1)
    upsert = [
        {"id": "b@x.example", "idProperty": "email", "properties": {"city": "Bern"}},
        {"id": "z@x.example", "idProperty": "email", "properties": {}},
    ]
    done = hub.call("POST", f"{CONTACTS}/batch/upsert", {"inputs": upsert})["results"]
    assert [(one["id"] == second, one["new"]) for one in done] == [(True, False), (False, True)]
    history = read | {"inputs": [{"id": first}] * 51, "propertiesWithHistory": ["city"]}
    assert hub.refused("POST", f"{CONTACTS}/batch/read", history) == (400, "A batch holds 1 to 50 inputs, not 51.")


def test_archived_records(hub):
    one = hub.contact(email="x@x.example")
    assert hub.ask("DELETE", f"{CONTACTS}/{one}").status_code == 204
    assert hub.ask("DELETE", f"{CONTACTS}/{one}").status_code == 204
    assert hub.ask("GET", f"{CONTACTS}/{one}").status_code == 404
    assert hub.call("GET", f"{CONTACTS}/{one}?archived=true")["archived"] is True
    read = {"inputs": [{"id": one}], "properties": [], "propertiesWithHistory": []}
    assert hub.ask("POST", f"{CONTACTS}/batch/read", read).status_code == 207
    assert hub.call("POST", f"{CONTACTS}/batch/read?archived=true", read)["results"][0]["id"] == one
    assert hub.contact(email="x@x.example") != one


def test_a_lead_needs_its_name_and_its_contact(hub):
    leads = "/crm/v3/objects/leads"
    assert hub.refused("POST", leads, {"properties": {}, "associations": []}) == (
        400,
        "Some required properties were not set: [hs_lead_name]",
    )
    assert hub.refused("POST", leads, {"properties": {"hs_lead_name": "x"}, "associations": []}) == (
        400,
        "A lead needs an association of type 578 to its primary contact.",
    )


# -- search --


def search(hub, *filters, **more):
    groups = [{"filters": list(filters)}] if filters else []
    return hub.call("POST", f"{CONTACTS}/search", {"filterGroups": groups} | more)


def names(found):
    return [one["properties"]["firstname"] for one in found["results"]]


@pytest.fixture
def three(hub):
    hub.contact(firstname="Ada", city="Rome", hs_lead_status="NEW", email="ada@acme.example")
    hub.contact(firstname="Bob", city="Oslo", hs_lead_status="OPEN")
    hub.contact(firstname="Cy")
    return hub


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        ({"operator": "EQ", "value": "rome"}, ["Ada"]),
        ({"operator": "NEQ", "value": "rome"}, ["Bob", "Cy"]),
        ({"operator": "IN", "values": ["rome", "oslo"]}, ["Ada", "Bob"]),
        ({"operator": "IN", "values": ["Rome"]}, []),
        ({"operator": "NOT_IN", "values": ["rome"]}, ["Bob", "Cy"]),
        ({"operator": "HAS_PROPERTY"}, ["Ada", "Bob"]),
        ({"operator": "NOT_HAS_PROPERTY"}, ["Cy"]),
        ({"operator": "CONTAINS_TOKEN", "value": "ro*"}, ["Ada"]),
        ({"propertyName": "hs_lead_status", "operator": "EQ", "value": "open"}, []),
        ({"propertyName": "hs_lead_status", "operator": "IN", "values": ["OPEN"]}, ["Bob"]),
        ({"propertyName": "createdate", "operator": "BETWEEN", "value": "0", "highValue": "1"}, []),
        ({"propertyName": "createdate", "operator": "GTE", "value": "1767621600000"}, ["Ada", "Bob", "Cy"]),
        ({"propertyName": "email", "operator": "CONTAINS_TOKEN", "value": "acme"}, ["Ada"]),
    ],
)
def test_search_filters(three, one, expected):
    assert names(search(three, {"propertyName": "city"} | one)) == expected


def test_search_sorts_pages_and_counts(three):
    found = search(three, sorts=[{"propertyName": "firstname", "direction": "DESCENDING"}], limit=2)
    assert (names(found), found["total"], found["paging"]["next"]["after"]) == (["Cy", "Bob"], 3, "2")
    assert names(search(three, sorts=["firstname"], limit=2, after="2")) == ["Cy"]
    assert names(search(three, query="ACME")) == ["Ada"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"limit": 201}, "limit is a number from 1 to 200, not 201."),
        ({"after": "9999", "limit": 2}, "A search gives at most 10000 results; after + limit is 10001."),
        ({"sorts": ["city", "email"]}, "A search has at most one sort."),
        ({"filterGroups": [{"filters": []}] * 6}, "A search has at most 5 filter groups, not 6."),
        (
            {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "HAS_PROPERTY"}] * 7}]},
            "A filter group has 1 to 6 filters, not 7.",
        ),
        (
            {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "HAS_PROPERTY"}] * 5}] * 4},
            "A search has at most 18 filters, not 20.",
        ),
        (
            {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "HAS_PROPERTY"}]}]},
            "There is no property nope on contacts.",
        ),
        ({"query": "x" * 3000}, "The body of a search holds at most 3000 characters."),
    ],
)
def test_search_limits(hub, body, message):
    assert hub.refused("POST", f"{CONTACTS}/search", body) == (400, message)


def test_the_index_lags(three):
    three.door("settings", {"index_lag_seconds": 30, "index_clock": "virtual"})
    new = three.contact(firstname="Dee", city="Bern")
    bob = search(three, {"propertyName": "firstname", "operator": "EQ", "value": "bob"})["results"][0]["id"]
    three.change(bob, city="Rome")
    assert names(search(three, {"propertyName": "city", "operator": "EQ", "value": "oslo"})) == ["Bob"]
    assert search(three)["total"] == 3
    assert three.values(new, "city") == ["Bern"]
    three.move("2026-01-05T14:00:30Z")
    assert names(search(three, {"propertyName": "city", "operator": "EQ", "value": "rome"})) == ["Ada", "Bob"]
    assert search(three)["total"] == 4


def test_activities_are_found_by_their_contact(hub, people):
    one = hub.contact(email="x@x.example")
    hub.door("touch", {"contact": one, "type": "email", "by": "bob@x.example"})
    wanted = [{"propertyName": "associations.contact", "operator": "EQ", "value": one},
              {"propertyName": "hs_email_direction", "operator": "EQ", "value": "EMAIL"}]  # fmt: skip
    found = hub.call("POST", "/crm/v3/objects/emails/search", {"filterGroups": [{"filters": wanted}]})
    assert found["total"] == 1


# -- people --


def test_three_ids_of_one_person(hub, people):
    ada = people["ada"]
    owner = hub.call("GET", f"/crm/v3/owners/{ada['user_id']}?idProperty=userId")
    user = hub.call("GET", "/settings/v3/users/ada@x.example?idProperty=EMAIL")
    assert (owner["id"], user["id"]) == (ada["id"], ada["user_id"])
    wanted = [{"propertyName": "hs_internal_user_id", "operator": "EQ", "value": ada["user_id"]}]
    found = hub.call("POST", "/crm/v3/objects/users/search", {"filterGroups": [{"filters": wanted}]})
    assert found["total"] == 1
    assert found["results"][0]["id"] not in (ada["id"], ada["user_id"])
    assert hub.call("GET", "/settings/v3/users/teams")["results"] == [
        {
            "id": "178588",
            "name": "Inbound",
            "userIds": [ada["user_id"], people["bob"]["user_id"]],
            "secondaryUserIds": [],
        }
    ]
    assert [one["email"] for one in hub.call("GET", "/settings/users/v3")["results"]] == [
        "ada@x.example",
        "bob@x.example",
    ]


def test_owners_in_the_dated_family_by_email_and_page(hub, people):
    assert [o["email"] for o in hub.call("GET", "/crm/owners/2026-09?email=BOB@x.example")["results"]] == [
        "bob@x.example"
    ]
    page = hub.call("GET", "/crm/v3/owners/?limit=1")
    assert page["paging"]["next"]["after"] == "1"
    assert [o["email"] for o in hub.call("GET", "/crm/v3/owners?limit=1&after=1")["results"]] == ["bob@x.example"]


def test_forms_need_their_types_named(hub):
    forms = [{"name": "A"}, {"name": "B", "type": "captured"}, {"name": "C", "archived": True}]
    hub.door("seed", {"forms": forms})
    path = "/marketing/v3/forms"
    assert [one["name"] for one in hub.call("GET", path)["results"]] == ["A"]
    assert [one["name"] for one in hub.call("GET", f"{path}?formTypes=all")["results"]] == ["A", "B"]
    assert [one["name"] for one in hub.call("GET", f"{path}?formTypes=all&archived=true")["results"]] == ["C"]


def test_pipelines_and_validations_are_read(hub):
    made = hub.door(
        "seed",
        {
            "pipelines": [{"object": "leads", "label": "Leads", "stages": ["New", "Won"]}],
            "validations": [
                {
                    "object": "contacts",
                    "name": "city",
                    "rules": [{"ruleType": "MAX_LENGTH", "ruleArguments": ["9"], "shouldApplyNormalization": False}],
                }
            ],
        },
    )
    read = hub.call("GET", "/crm/v3/pipelines/leads")["results"]
    assert [(one["id"], [stage["label"] for stage in one["stages"]]) for one in read] == [
        (made["pipelines"][0]["id"], ["New", "Won"])
    ]
    rules = hub.call("GET", "/crm/v3/property-validations/0-1/city")["results"]
    assert [one["ruleType"] for one in rules] == ["MAX_LENGTH"]

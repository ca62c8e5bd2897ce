"""What people change by hand, and how the vendor's API then tells of it; what a token may do that only reads."""

from __future__ import annotations

import re

import pytest

from provisioner.emulator.hubspot.rest import routes

from .conftest import both, meeting, put, tree, where

PROPERTY = "/crm/v3/properties/contacts"
READERS = [
    "crm.schemas.contacts.read", "crm.objects.contacts.read", "crm.objects.leads.read", "crm.objects.owners.read",
    "crm.lists.read", "forms", "crm.objects.users.read", "settings.users.teams.read", "settings.users.read",
]  # fmt: skip
# Calls that are a POST and only read.
READING = re.compile(r"/(search|batch/read|get/access-token-info)$")


def test_a_token_that_only_reads_cannot_write(hub):
    hub.door("seed", {"tokens": [{"token": "reader", "scopes": READERS}]})
    hub.contact(firstname="Ada")
    seen = set()
    for one in routes():
        path = one.pattern.pattern.replace("\\", "")
        path = path.replace("(?P<type>[^/]+)", "contacts").replace("(?P<other>[^/]+)", "leads")
        path = re.sub(r"\(\?P<\w+>\[\^/\]\+\)", "1", path)
        answer = hub.ask(one.method, path, {} if one.method != "GET" else None, token="reader")
        if one.method == "GET" or READING.search(path):
            if "/automation/" not in path:
                assert answer.status_code != 403, (one.method, path, answer.text)
            continue
        seen.add(one.method)
        told = answer.json()
        assert (answer.status_code, told["category"]) == (403, "MISSING_SCOPES"), (one.method, path)
        assert told["errors"][0]["context"]["requiredGranularScopes"], path
    assert seen == {"POST", "PATCH", "PUT", "DELETE"}
    found = hub.call("GET", "/crm/v3/objects/contacts?properties=firstname")["results"]
    assert [one["properties"]["firstname"] for one in found] == ["Ada"]


def test_there_is_no_scope_that_reads_workflows_and_cannot_write_them(hub):
    hub.door("seed", {"tokens": [{"token": "planner", "scopes": ["automation"]}]})
    assert hub.call("GET", "/automation/v4/flows", token="planner")["results"] == []
    assert hub.ask("POST", "/automation/v4/flows", {}, token="planner").status_code == 400
    assert hub.ask("POST", PROPERTY, {}, token="planner").status_code == 403


def test_searching_needs_no_more_than_reading(hub):
    hub.contact(firstname="Ada")
    hub.door("seed", {"tokens": [{"token": "reader", "scopes": ["crm.objects.contacts.read"]}]})
    assert hub.call("POST", "/crm/v3/objects/contacts/search", {}, token="reader")["total"] == 1
    read = {"inputs": [{"id": "101"}], "properties": [], "propertiesWithHistory": []}
    assert hub.call("POST", "/crm/v3/objects/contacts/batch/read", read, token="reader")["status"] == "COMPLETE"
    assert hub.ask("POST", "/crm/v3/objects/leads/search", {}, token="reader").status_code == 403


def test_properties_made_changed_and_deleted_by_hand(hub):
    hub.property("ours", label="Ours")
    made = {"label": "Theirs", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    hub.move("2026-01-06T09:00:00Z")
    hub.door("edit", {"property": "contacts/theirs", "created": made, "by": "777"})
    hub.door("edit", {"property": "contacts/ours", "changes": {"label": "Mine"}, "by": "778"})
    names = ("label", "createdUserId", "updatedUserId", "updatedAt")
    assert [hub.call("GET", f"{PROPERTY}/theirs")[name] for name in names] == [
        "Theirs", "777", "777", "2026-01-06T09:00:00.000Z"]  # fmt: skip
    assert [hub.call("GET", f"{PROPERTY}/ours")[name] for name in names] == [
        "Mine", "12345678", "778", "2026-01-06T09:00:00.000Z"]  # fmt: skip
    hub.door("edit", {"property": "contacts/ours", "deleted": True})
    assert hub.ask("GET", f"{PROPERTY}/ours").status_code == 404
    assert hub.call("GET", f"{PROPERTY}/ours?archived=true")["archivedAt"] == "2026-01-06T09:00:00.000Z"


def test_workflows_changed_and_deleted_by_hand(hub):
    flow = hub.flow(put("city", "Rome"), enrollmentCriteria=meeting(both(where("city", "ALL_PROPERTY", "IS_UNKNOWN"))))
    hub.move("2026-01-06T09:00:00Z")
    hub.door("edit", {"flow": flow["id"], "changes": {"isEnabled": False}})
    (listed,) = hub.call("GET", "/automation/v4/flows")["results"]
    assert (listed["isEnabled"], listed["revisionId"], listed["updatedAt"]) == (False, "2", "2026-01-06T09:00:00.000Z")
    hub.door("edit", {"flow": flow["id"], "deleted": True})
    assert hub.call("GET", "/automation/v4/flows")["results"] == []


def test_lists_changed_and_deleted_by_hand(hub):
    branch = tree(both(where("city", "ALL_PROPERTY", "IS_KNOWN")))
    body = {"objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}
    ours = hub.call("POST", "/crm/v3/lists", body | {"name": "Ours"})["list"]["listId"]
    theirs = hub.door("edit", {"list": "Theirs", "created": body, "by": "777"})["id"]
    for one in ("Rome", "Oslo"):
        hub.contact(city=one)
    hub.contact(firstname="Ada")
    hub.move("2026-01-06T09:00:00Z")
    changes = {"name": "Mine", "filterBranch": tree(both(where("city", "ALL_PROPERTY", "IS_UNKNOWN")))}
    hub.door("edit", {"list": ours, "changes": changes, "by": "778"})
    told = {one: hub.call("GET", f"/crm/v3/lists/{one}")["list"] for one in (ours, theirs)}
    names = ("name", "createdById", "updatedById", "updatedAt", "size")
    assert [told[ours][name] for name in names] == ["Mine", "12345678", "778", "2026-01-06T09:00:00.000Z", 1]
    assert [told[theirs][name] for name in names] == ["Theirs", "777", "777", "2026-01-05T14:00:00.000Z", 2]
    hub.door("edit", {"list": theirs, "deleted": True})
    assert hub.ask("GET", f"/crm/v3/lists/{theirs}").status_code == 404


def test_people_who_leave_and_come_back(hub, people):
    ada = people["ada"]
    held = hub.contact(firstname="Lead", hubspot_owner_id=ada["id"])

    def owners(archived):
        found = hub.call("GET", f"/crm/v3/owners?archived={archived}")["results"]
        return {one["email"]: (one.get("userId"), one["userIdIncludingInactive"]) for one in found}

    user = int(ada["user_id"])
    assert owners("false")["ada@x.example"] == (user, user)
    hub.move("2026-01-06T09:00:00Z")
    hub.door("edit", {"owner": "ada@x.example", "changes": {"archived": True}})
    assert "ada@x.example" not in owners("false")
    assert owners("true")["ada@x.example"] == (None, user)
    (team,) = hub.call("GET", "/settings/v3/users/teams")["results"]
    assert team["userIds"] == [people["bob"]["user_id"]]
    assert hub.ask("GET", f"/settings/v3/users/{user}").status_code == 404
    found = hub.call("POST", "/crm/v3/objects/contacts/search", {"filterGroups": [{"filters": [
        {"propertyName": "hubspot_owner_id", "operator": "IN", "values": [ada["id"]]}]}]})  # fmt: skip
    assert [one["id"] for one in found["results"]] == [held]
    hub.door("edit", {"owner": "ada@x.example", "changes": {"archived": False, "teams": ["Inbound"]}})
    assert owners("false")["ada@x.example"] == (user, user)
    assert set(hub.call("GET", "/settings/v3/users/teams")["results"][0]["userIds"]) == {
        people["bob"]["user_id"], str(user)}  # fmt: skip


def test_forms_come_and_go(hub):
    seed = [{"name": "Old", "created": "2025-06-01T00:00:00Z"}, {"name": "New"}]
    old, _ = hub.door("seed", {"forms": seed})["forms"]
    listed = hub.call("GET", "/marketing/v3/forms?formTypes=all")["results"]
    assert [(one["name"], one["createdAt"]) for one in listed] == [
        ("Old", "2025-06-01T00:00:00.000Z"), ("New", "2026-01-05T14:00:00.000Z")]  # fmt: skip
    hub.move("2026-01-06T09:00:00Z")
    hub.door("edit", {"form": "Old", "changes": {"archived": True}})
    assert [one["name"] for one in hub.call("GET", "/marketing/v3/forms?formTypes=all")["results"]] == ["New"]
    (gone,) = hub.call("GET", "/marketing/v3/forms?formTypes=all&archived=true")["results"]
    assert (gone["id"], gone["archivedAt"]) == (old["id"], "2026-01-06T09:00:00.000Z")


def test_history_names_the_person(hub):
    contact = hub.contact(city="Rome")
    hub.door("edit", {"record": f"contacts/{contact}", "changes": {"city": "Oslo"}, "by": "777"})
    body = hub.call("GET", f"/crm/v3/objects/contacts/{contact}?propertiesWithHistory=city")
    told = [
        (one["value"], one["sourceType"], one.get("updatedByUserId")) for one in body["propertiesWithHistory"]["city"]
    ]
    assert told == [("Oslo", "CRM_UI", 777), ("Rome", "INTEGRATION", None)]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"changes": {}}, "An edit names one of flow, property, group, record, list, owner, form and has one of "),
        ({"flow": "1", "created": {}}, "A flow is not created through this door; there is changes, deleted."),
        ({"owner": "x", "changes": {"archived": True}}, "There is no owner 'x'."),
        ({"form": "x", "changes": {"archived": True}}, "There is no form 'x'."),
        ({"property": "contacts/x", "changes": 5}, "'changes' is an object."),
        ({"team": "x", "changes": {}}, "An edit has no 'team'; it has "),
    ],
)
def test_edits_that_make_no_sense(hub, body, text):
    answer = hub.knock("edit", body)
    assert (answer.status_code, answer.json()["error"][: len(text)]) == (400, text)

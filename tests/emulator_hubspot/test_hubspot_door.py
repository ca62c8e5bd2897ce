"""Who may call, how often, what breaks on order, and what stays in a file."""

from __future__ import annotations

import time

import pytest
import requests

from .conftest import Hub, act, emulator, event, on, put

CONTACTS = "/crm/v3/objects/contacts"


def test_account_details_follow_the_zone(hub):
    for path in ("/account-info/v3/details", "/account-info/2026-09/details"):
        told = hub.call("GET", path)
        assert (told["portalId"], told["timeZone"], told["utcOffset"], told["utcOffsetMilliseconds"]) == (
            hub.portal_id,
            "US/Eastern",
            "-05:00",
            -18_000_000,
        )
    hub.door("settings", {"timezone": "Asia/Kolkata"})
    assert hub.call("GET", "/account-info/v3/details")["utcOffset"] == "+05:30"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic x"}, {"Authorization": "Bearer nobody"}])
def test_without_credentials(hub, headers):
    answer = requests.get(f"{hub.url}/account-info/v3/details", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert answer.json()["message"].startswith("Authentication credentials not found")


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("POST", "/crm/v3/properties/contacts", ["crm.schemas.contacts.write"]),
        ("GET", CONTACTS, ["crm.objects.contacts.read"]),
        ("POST", "/crm/v3/objects/leads/search", ["crm.objects.leads.read"]),
        ("GET", "/automation/v4/flows", ["automation"]),
        ("GET", "/crm/v3/owners", ["crm.objects.owners.read", "automation"]),
        ("GET", "/crm/owners/2026-09", ["crm.objects.owners.read", "contacts"]),
        ("PUT", "/crm/v3/lists/1/restore", ["crm.lists.read", "crm.lists.write"]),
        ("GET", "/marketing/v3/forms", ["forms"]),
        ("GET", "/settings/v3/users/teams", ["settings.users.teams.read"]),
    ],
)
def test_scopes(hub, method, path, needed):
    hub.door("seed", {"tokens": [{"token": "poor", "scopes": []}]})
    answer = hub.ask(method, path, {}, token="poor")
    told = answer.json()
    assert (answer.status_code, told["category"]) == (403, "MISSING_SCOPES")
    assert told["errors"][0]["context"] == {"requiredGranularScopes": needed}
    assert hub.call("GET", "/account-info/v3/details", token="poor")["portalId"] == hub.portal_id


def test_unknown_paths_and_parameters(hub):
    assert hub.refused("GET", "/crm/v3/objects/contacts/1/2/3") == (
        404,
        "The emulator does not model GET /crm/v3/objects/contacts/1/2/3.",
    )
    assert hub.refused("PUT", CONTACTS) == (405, f"The emulator does not model PUT {CONTACTS}.")
    assert hub.refused("GET", f"{CONTACTS}?colour=red") == (501, "The emulator does not model the parameter colour.")
    assert hub.refused("GET", "/crm/v3/objects/martians") == (400, "Unable to infer object type from: martians")
    hub.door("settings", {"strict_bodies": False})
    assert hub.ask("GET", f"{CONTACTS}?colour=red").status_code == 200


def test_bursts_are_limited(hub):
    hub.door("settings", {"rate_limits": True, "rate_clock": "virtual", "burst_limit": 2})
    path = "/account-info/v3/details"
    first = hub.ask("GET", path)
    assert (first.headers["X-HubSpot-RateLimit-Max"], first.headers["X-HubSpot-RateLimit-Remaining"]) == ("2", "1")
    hub.ask("GET", path)
    told = hub.ask("GET", path)
    assert (told.status_code, told.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert hub.ask("GET", "/automation/v4/flows/1").status_code == 429
    assert hub.ask("PUT", "/automation/v4/flows/1", {}).status_code == 404  # exempt
    hub.move("2026-01-05T14:00:10Z")
    assert hub.ask("GET", path).status_code == 200


def test_searches_are_limited_by_themselves(hub):
    hub.door("settings", {"rate_limits": True, "rate_clock": "virtual", "burst_limit": 1})
    answers = [hub.ask("POST", f"{CONTACTS}/search", {}) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[5].json()["message"] == "You have reached your secondly limit."
    assert not any("RateLimit" in name for name in answers[0].headers)


def test_days_are_limited_until_midnight_of_the_portal(hub):
    hub.door("settings", {"rate_limits": True, "daily_limit": 1})
    path = "/account-info/v3/details"
    assert [hub.ask("GET", path).status_code for _ in range(2)] == [200, 429]
    assert hub.ask("GET", path).json()["policyName"] == "DAILY"
    hub.move("2026-01-06T05:00:00Z")
    assert hub.ask("GET", path).status_code == 200


def test_faults(hub):
    path = "/account-info/v3/details"
    for status in (429, 500, 502, 423):
        hub.door("faults", {"kind": "status", "status": status, "match": {"path_regex": "details"}})
    answers = [hub.ask("GET", path) for _ in range(5)]
    assert [one.status_code for one in answers] == [429, 500, 502, 423, 200]
    assert (answers[0].json()["policyName"], answers[1].content) == ("TEN_SECONDLY_ROLLING", b"")
    assert answers[3].json()["category"] == "LOCKED"
    hub.door("faults", {"kind": "slow", "seconds": 0.2})
    begun = time.monotonic()
    hub.ask("GET", path)
    assert time.monotonic() - begun >= 0.2
    hub.door("faults", {"kind": "reset", "after": True, "match": {"method": "POST"}})
    with pytest.raises(requests.ConnectionError):
        hub.ask("POST", CONTACTS, {"properties": {"email": "lost@x.example"}})
    assert hub.call("POST", f"{CONTACTS}/search", {"query": "lost@x"})["total"] == 1


@pytest.mark.parametrize(
    ("name", "body", "text"),
    [
        ("settings", {"portal": 1}, "There is no setting 'portal'. There are: "),
        ("settings", {"past_date": "skip"}, "Setting 'past_date' is one of go_on, end, not 'skip'."),
        ("settings", {"timezone": "Mars/X"}, "There is no time zone 'Mars/X'."),
        ("seed", {"contacts": []}, "A seed has no 'contacts'; it has "),
        ("seed", {"owners": [{"first": "x"}]}, "An owner needs 'email'."),
        ("seed", {"owners": [{"email": "a@x.example", "teams": ["T"]}]}, "There is no team 'T'."),
        ("seed", {"records": [{"object": "contacts", "values": {"x": "1"}}]}, "contacts have no property 'x'."),
        ("touch", {"contact": "1", "type": "call"}, "There is no contact '1'."),
        ("submit", {"form": "Demo", "email": "a@x.example"}, "There is no form 'Demo'."),
        ("edit", {"flow": "1", "changes": {}}, "Flow 1 does not exist."),
        ("enroll", {"flow": "1", "record": "1"}, "An enrolment names an enabled 'flow' and a 'record'."),
    ],
)
def test_mistakes_at_the_door_are_explained(hub, name, body, text):
    answer = hub.knock(name, body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(text)


def test_a_seed_of_the_past(hub):
    record = {
        "object": "contacts",
        "values": {"email": "old@x.example", "notes_last_contacted": "2025-11-03T10:00:00Z"},
        "created": "2025-11-01T10:00:00Z",
        "history": {"notes_last_contacted": [["2025-11-03T10:05:00Z", "2025-11-03T10:00:00Z"]]},
    }
    hub.property("mark")
    hub.flow(put("mark", "x"), enrollmentCriteria=on(event("4-1463224")))
    made = hub.door("seed", {"records": [record, {"object": "contacts", "values": {"city": "x"}, "saved": True}]})
    past, saved = (one["id"] for one in made["records"])
    assert hub.values(past, "createdate", "mark") == ["2025-11-01T10:00:00Z", None]
    assert hub.told(past, "notes_last_contacted") == [("2025-11-03T10:05:00.000Z", "2025-11-03T10:00:00Z")]
    assert hub.values(saved, "mark") == ["x"]


def test_what_is_kept_in_a_file(tmp_path, interface):
    file = tmp_path / "portal.db"
    with requests.Session() as session:
        with emulator("--db", str(file), "--clock", "2026-03-02T13:00:00Z") as facts:
            hub = Hub(facts["url"], facts["access_token"], facts["portal_id"], session, interface)
            hub.property("mark")
            wait = act("0-1", delta="1", time_unit="HOURS")
            hub.flow(wait, put("mark", "done"), enrollmentCriteria=on(event("4-1463224")))
            one = hub.contact(email="a@x.example")
        with emulator("--db", str(file)) as facts:
            hub = Hub(facts["url"], facts["access_token"], facts["portal_id"], session, interface)
            assert hub.door("clock") == {"now": "2026-03-02T13:00:00.000Z"}
            assert [timer["at"] for timer in hub.door("timers")] == ["2026-03-02T14:00:00.000Z"]
            hub.move("2026-03-02T14:00:00Z")
            assert hub.values(one, "mark") == ["done"]
            assert hub.contact(email="b@x.example") == str(int(one) + 1)


def test_the_interface_check_notices_a_wrong_reply(interface):
    if interface is None:
        pytest.skip("the published interface files are not beside this checkout")
    with pytest.raises(AssertionError, match="'portalId' is a required property"):
        interface.check("GET", "/account-info/v3/details", 200, {})
    with pytest.raises(AssertionError, match="has no reply 299"):
        interface.check("GET", "/account-info/v3/details", 299, {})

import pytest
import requests

from provisioner.emulator.control import sent_since
from provisioner.emulator.salesforce.app import World


def test_the_clock_moves_when_told(emulator):
    assert emulator.control("clock") == {"now": "2026-01-05T14:00:00.000Z"}
    assert emulator.control("clock", {"advance": "P1DT5M"}) == {"now": "2026-01-06T14:05:00.000Z"}
    assert emulator.control("clock", {"to": "2026-01-06T16:00:00+01:00"}) == {"now": "2026-01-06T15:00:00.000Z"}


@pytest.mark.parametrize(
    ("name", "body", "text"),
    [
        ("clock", {"to": "yesterday"}, "'yesterday' is not an ISO-8601 instant such as 2026-01-05T15:00:00Z."),
        (
            "clock",
            {"to": "2026-01-05T15:00:00Z", "advance": "PT1M"},
            'Say {"to": "2026-01-05T15:00:00Z"} or {"advance": "PT5M"}.',
        ),
        (
            "clock",
            {"to": "2026-01-05T13:00:00Z"},
            "The clock stands at 2026-01-05T14:00:00.000Z and never goes back (asked for 2026-01-05T13:00:00.000Z).",
        ),
        ("settings", {"is_sandbox": "no"}, "Setting 'is_sandbox' takes a bool, not 'no'."),
        (
            "faults",
            {"kind": "flood"},
            "'kind' is one of status, timeout, reset, partial, expired_session, slow, partial_failure, not 'flood'.",
        ),
        ("faults", {"kind": "slow", "match": {"url": "x"}}, "'match' has method and path_regex, not 'url'."),
        (
            "seed",
            {"user": []},
            "A seed has sharing, roles, profiles, record_types, users, groups, queues, assignment_rules, "
            "connected_apps, permission_sets, records, crowds, not 'user'.",
        ),
        ("seed", {"users": [{"last": "x"}]}, "Missing: 'username'"),
        (
            "seed",
            {"users": [{"username": "a@b.example", "manager": "no@b.example"}]},
            "There is no User with Username 'no@b.example'.",
        ),
        ("seed", {"records": [{"sobject": "Lead", "values": {"Due__c": 1}}]}, "Lead has no field 'Due__c'."),
        (
            "seed",
            {"records": [{"sobject": "Lead", "values": {"LastName": "x"}}]},
            "REQUIRED_FIELD_MISSING: Required fields are missing: [Company]",
        ),
        ("convert", {"lead": "00Q000000000009AAA"}, "'00Q000000000009AAA' is no open lead."),
    ],
)  # fmt: skip
def test_mistakes_at_the_door_are_explained(emulator, name, body, text):
    answer = emulator.door(name, body)
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_a_failed_seed_plants_nothing(emulator):
    users = [{"username": "a@b.example"}, {"username": "A@B.example"}]
    answer = emulator.door("seed", {"users": users})
    assert answer.json() == {"error": "There is a User with Username 'A@B.example' already."}
    assert emulator.query("SELECT Username FROM User") == [{"Username": "admin@example.com"}]


def test_a_seed_of_people_queues_and_history(emulator):
    seeded = emulator.control(
        "seed",
        {
            "roles": [{"name": "CRO"}, {"name": "SDR", "parent": "CRO"}],
            "users": [
                {
                    "username": "rep@x.example",
                    "first": "Rita",
                    "last": "Rep",
                    "manager": "boss@x.example",
                    "role": "SDR",
                },
                {"username": "boss@x.example", "timezone": "Europe/London"},
            ],
            "groups": [{"name": "On_Call", "members": ["boss@x.example"]}],
            "queues": [{"name": "Backup", "members": ["rep@x.example", "On_Call"]}],
            "records": [
                {
                    "sobject": "Lead",
                    "ref": "old",
                    "raw": True,
                    "at": "2025-06-01T08:00:00Z",
                    "values": {"LastName": "Old", "Company": "C", "OwnerId": {"user": "rep@x.example"}},
                },
                {
                    "sobject": "Task",
                    "as": "rep@x.example",
                    "at": "2026-01-05T15:00:00Z",
                    "values": {"WhoId": {"ref": "old"}, "Subject": "Call", "Status": "Completed"},
                },
                {
                    "sobject": "Lead",
                    "values": {"LastName": "New", "Company": "C", "OwnerId": {"queue": "Backup"}},
                },
            ],
        },
    )
    assert emulator.control("clock") == {"now": "2026-01-05T15:00:00.000Z"}
    rep = "SELECT Name, Manager.Username, UserRole.Name FROM User WHERE Username = 'rep@x.example'"
    found = emulator.query(rep)[0]
    assert (found["Name"], found["Manager"]["Username"], found["UserRole"]["Name"]) == (
        "Rita Rep",
        "boss@x.example",
        "SDR",
    )
    leads = emulator.query("SELECT Name, CreatedDate, Owner.Type FROM Lead ORDER BY Name")
    assert [(one["Name"], one["CreatedDate"], one["Owner"]["Type"]) for one in leads] == [
        ("New", "2026-01-05T15:00:00.000+0000", "Queue"),
        ("Old", "2025-06-01T08:00:00.000+0000", "User"),
    ]
    task = emulator.query("SELECT CreatedBy.Username, Who.Name, IsClosed, CompletedDateTime FROM Task")[0]
    assert (task["CreatedBy"]["Username"], task["Who"]["Name"], task["IsClosed"]) == ("rep@x.example", "Old", True)
    assert task["CompletedDateTime"] == "2026-01-05T15:00:00.000+0000"
    members = emulator.query(f"SELECT UserOrGroupId FROM GroupMember WHERE GroupId = '{seeded['queues']['Backup']}'")
    assert [one["UserOrGroupId"] for one in members] == [seeded["users"]["rep@x.example"], seeded["groups"]["On_Call"]]
    mine = emulator.call("GET", "/services/oauth2/userinfo", token=seeded["tokens"]["rep@x.example"]).json()
    assert mine["preferred_username"] == "rep@x.example"


def test_settings_reach_the_organization(emulator):
    emulator.control("settings", {"is_sandbox": False, "name": "Live", "org_id": "00D000000000002EAA"})
    facts = emulator.query("SELECT Id, Name, IsSandbox, TrialExpirationDate FROM Organization")
    assert facts == [{"Id": "00D000000000002EAA", "Name": "Live", "IsSandbox": False, "TrialExpirationDate": None}]
    emulator.control("reset", method="POST")
    assert emulator.query("SELECT Id, IsSandbox FROM Organization") == [{"Id": emulator.org_id, "IsSandbox": True}]


def test_a_setting_that_may_be_nothing_can_be_emptied(emulator):
    assert emulator.control("settings", {"default_workflow_user": None})["default_workflow_user"] is None
    refused = emulator.door("settings", {"is_sandbox": None})
    assert (refused.status_code, refused.json()) == (400, {"error": "Setting 'is_sandbox' takes a bool, not None."})


def test_a_conversion_passes_by_all_automation(emulator):
    lead = emulator.create("Lead", LastName="Doe", Company="Acme", Email="d@x.example")
    made = emulator.control("convert", {"lead": lead})
    found = emulator.query(
        "SELECT IsConverted, ConvertedDate, Status, ConvertedContactId, ConvertedAccountId FROM Lead"
    )
    assert found == [
        {
            "IsConverted": True,
            "ConvertedDate": "2026-01-05",
            "Status": "Closed - Converted",
            "ConvertedContactId": made["contact"],
            "ConvertedAccountId": made["account"],
        }
    ]
    assert emulator.query("SELECT Email, Account.Name FROM Contact")[0]["Email"] == "d@x.example"


def test_the_log_has_methods_and_paths_but_no_secrets(emulator):
    emulator.call("GET", "limits")
    emulator.query("SELECT Id FROM Lead")
    log = emulator.control("requests")
    assert log == [
        {"method": "GET", "path": "/services/data/v66.0/limits", "status": 200, "at": "2026-01-05T14:00:00.000Z"},
        {"method": "GET", "path": "/services/data/v66.0/query", "status": 200, "at": "2026-01-05T14:00:00.000Z"},
    ]
    assert emulator.control("requests", method="DELETE") == []


def test_a_fault_is_suffered_as_often_as_ordered(emulator):
    fault = {
        "kind": "status",
        "status": 503,
        "body": "<html>down</html>",
        "times": 2,
        "match": {"path_regex": "limits"},
    }
    emulator.control("faults", fault)
    answers = [emulator.call("GET", "limits") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert (answers[0].text, answers[0].headers["content-type"]) == ("<html>down</html>", "text/html")


def test_a_session_can_seem_to_have_expired(emulator):
    emulator.control("faults", {"kind": "expired_session", "match": {"method": "GET"}})
    assert emulator.call("GET", "limits").json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]
    assert emulator.call("GET", "limits").status_code == 200


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", requests.exceptions.ConnectionError),
        ("timeout", requests.exceptions.ConnectionError),
        ("partial", requests.exceptions.ChunkedEncodingError),
    ],
)
@pytest.mark.parametrize("after", [True, False])
def test_a_broken_answer_may_come_after_the_work(emulator, kind, error, after):
    emulator.control("faults", {"kind": kind, "after": after, "seconds": 0.01, "match": {"method": "POST"}})
    with pytest.raises(error):
        emulator.call("POST", "sobjects/Account", {"Name": "Acme"})
    assert len(emulator.query("SELECT Id FROM Account")) == after


def test_a_slow_answer_is_a_whole_answer(emulator):
    emulator.control("faults", {"kind": "slow", "seconds": 0.2})
    answer = emulator.call("GET", "limits")
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.2


def test_sessions_can_be_ended(emulator):
    emulator.control("expire", method="POST")
    assert emulator.call("GET", "limits").status_code == 401


def test_sent_since_an_instant(org_in_process):
    org = org_in_process
    for minute in (0, 5):
        org.move_clock(org.now.replace(minute=minute))
        org.outbox.record(org.now, "email", ["a@x.example"], f"m{minute}", "body", None, "Flow/Path")
    assert [one["subject"] for one in sent_since(World(org), {})] == ["m0", "m5"]
    assert sent_since(World(org), {"since": "2026-01-05T14:05:00Z"}) == [
        {
            "at": "2026-01-05T14:05:00.000Z",
            "channel": "email",
            "to": ["a@x.example"],
            "subject": "m5",
            "body": "body",
            "record": None,
            "source": "Flow/Path",
        }
    ]


def test_an_unknown_since_is_explained(emulator):
    answer = emulator.door("sent?since=now")
    text = "'now' is not an ISO-8601 instant such as 2026-01-05T15:00:00Z."
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_some_rows_of_a_batch_can_fail(emulator):
    emulator.control("faults", {"kind": "partial_failure", "rows": [1], "code": "UNABLE_TO_LOCK_ROW"})
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in "abc"]
    answer = emulator.call("POST", "composite/sobjects", {"records": records}).json()
    assert [one["success"] for one in answer] == [True, False, True]
    text = "unable to obtain exclusive access to this record or 1 records"
    assert answer[1]["errors"] == [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": text, "fields": []}]
    assert [one["Name"] for one in emulator.query("SELECT Name FROM Account")] == ["a", "c"]


def test_a_single_record_can_fail(emulator):
    emulator.control("faults", {"kind": "partial_failure", "rows": [0], "message": "busy"})
    answer = emulator.call("POST", "sobjects/Account", {"Name": "a"})
    assert (answer.status_code, answer.json()) == (400, [{"message": "busy", "errorCode": "UNABLE_TO_LOCK_ROW"}])
    assert emulator.call("POST", "sobjects/Account", {"Name": "a"}).status_code == 201

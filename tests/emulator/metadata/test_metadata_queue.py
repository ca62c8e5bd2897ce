"""Who deploys just now: the queue as the Tooling API lists it, and deployments of somebody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from metadata_packages import field_package

OPTIONS = {"rollbackOnError": True, "singlePackage": True}
ASKED = (
    "SELECT Id, Status, CheckOnly, CreatedBy.Username, CreatedDate, StartDate, CompletedDate, NumberComponentsTotal, "
    "NumberComponentErrors, ErrorMessage FROM DeployRequest ORDER BY CreatedDate DESC, Id DESC"
)


def listed(emulator: Any, soql: str = ASKED) -> list[dict[str, Any]]:
    answer = emulator.call("GET", "tooling/query", params={"q": soql})
    assert answer.status_code == 200, answer.text
    return [{key: value for key, value in one.items() if key != "attributes"} for one in answer.json()["records"]]


def start(emulator: Any, name: str, *, token: str | None = None, **options: Any) -> str:
    body = json.dumps({"deployOptions": OPTIONS | options})
    parts = {
        "json": (None, body, "application/json"),
        "file": ("d.zip", field_package(name, "Date"), "application/zip"),
    }
    answer = emulator.call("POST", "metadata/deployRequest", files=parts, token=token)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def status(emulator: Any, job: str) -> str:
    return str(emulator.call("GET", f"metadata/deployRequest/{job}").json()["deployResult"]["status"])


def test_deployments_are_listed_with_who_and_when(emulator: Any) -> None:
    assert listed(emulator) == []
    token = emulator.control("seed", {"users": [{"username": "bob@x.example"}]})["tokens"]["bob@x.example"]
    first = start(emulator, "X__c", token=token)
    emulator.move("2026-01-05T14:01:00Z")
    second = start(emulator, "Y__c", checkOnly=True)
    waiting, running = listed(emulator)
    who = waiting.pop("CreatedBy")["Username"], running.pop("CreatedBy")["Username"]
    assert who == ("admin@example.com", "bob@x.example")
    blank = {"CompletedDate": None, "NumberComponentsTotal": 0, "NumberComponentErrors": 0, "ErrorMessage": None}
    assert waiting == blank | {
        "Id": second, "Status": "Pending", "CheckOnly": True, "StartDate": None,
        "CreatedDate": "2026-01-05T14:01:00.000+0000",
    }  # fmt: skip
    assert running == blank | {
        "Id": first, "Status": "InProgress", "CheckOnly": False, "StartDate": "2026-01-05T14:01:00.000+0000",
        "CreatedDate": "2026-01-05T14:00:00.000+0000",
    }  # fmt: skip


def test_the_queue_goes_on_when_it_is_asked_for(emulator: Any) -> None:
    start(emulator, "X__c")
    start(emulator, "Y__c")
    seen = [[one["Status"] for one in listed(emulator)] for _ in range(4)]
    assert seen == [
        ["Pending", "InProgress"], ["Pending", "Succeeded"], ["InProgress", "Succeeded"], ["Succeeded", "Succeeded"],
    ]  # fmt: skip
    fields = "SELECT DeveloperName FROM CustomField ORDER BY DeveloperName"
    assert [one["DeveloperName"] for one in listed(emulator, fields)] == ["X", "Y"]
    assert listed(emulator, "SELECT Id FROM DeployRequest WHERE Status IN ('Pending', 'InProgress')") == []


def test_a_planted_deployment_runs_for_its_minutes_and_the_others_wait(emulator: Any) -> None:
    emulator.control("seed", {"users": [{"username": "bob@x.example"}]})
    planted = emulator.control("deployment", {"minutes": 5, "by": "bob@x.example", "check_only": True})
    assert planted["status"] == "InProgress"
    mine = start(emulator, "X__c")
    assert [status(emulator, mine) for _ in range(4)] == ["Pending"] * 4
    assert status(emulator, planted["id"]) == "InProgress"
    emulator.move("2026-01-05T14:04:59Z")
    assert status(emulator, mine) == "Pending"
    emulator.move("2026-01-05T14:07:00Z")
    assert [status(emulator, mine) for _ in range(2)] == ["InProgress", "Succeeded"]
    theirs = listed(emulator)[1]
    assert (theirs["Id"], theirs["Status"], theirs["CheckOnly"]) == (planted["id"], "Succeeded", True)
    assert theirs["CreatedBy"]["Username"] == "bob@x.example"
    assert (theirs["StartDate"], theirs["CompletedDate"]) == (
        "2026-01-05T14:00:00.000+0000", "2026-01-05T14:05:00.000+0000",
    )  # fmt: skip


def test_a_planted_deployment_can_be_cancelled(emulator: Any) -> None:
    planted = emulator.control("deployment", {"minutes": 60})["id"]
    mine = start(emulator, "X__c")
    body = {"deployResult": {"status": "Canceling"}}
    assert emulator.call("PATCH", f"metadata/deployRequest/{planted}", body).status_code == 202
    assert [status(emulator, planted), status(emulator, mine), status(emulator, mine)] == [
        "Canceled", "InProgress", "Succeeded",
    ]  # fmt: skip


def test_a_list_is_forgotten_after_thirty_days(emulator: Any) -> None:
    emulator.control("deployment", {"minutes": 1})
    emulator.move("2026-02-04T14:00:00Z")
    assert len(listed(emulator)) == 1
    emulator.move("2026-02-04T14:00:01Z")
    assert listed(emulator) == []


def test_only_the_tooling_api_has_it(emulator: Any) -> None:
    answer = emulator.call("GET", "query", params={"q": "SELECT Id FROM DeployRequest"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"minutes": 0}, "'minutes' is a number above 0, a day's at most, not 0."),
        ({"minutes": "5"}, "'minutes' is a number above 0, a day's at most, not '5'."),
        ({"minutes": 5, "by": "no@x.example"}, "There is no User with Username 'no@x.example'."),
        ({"minutes": 5, "until": "x"}, "There is no 'until' here; there is minutes, by, check_only."),
        ({}, "Missing: 'minutes'"),
    ],
)
def test_mistakes_in_a_planted_deployment_are_explained(emulator: Any, body: dict[str, Any], text: str) -> None:
    answer = emulator.door("deployment", body)
    assert (answer.status_code, answer.json()) == (400, {"error": text})

"""Taking a permission set from everybody who has it: 200 at a time, and what one refusal says."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_org import ScriptedOrg, said

from provisioner.errors import Rejected, TargetError
from provisioner.targets.salesforce.session import SalesforceSession
from provisioner.targets.salesforce.session.removal import withdraw

DOOR = "DELETE /services/data/v66.0/composite/sobjects"
GONE = {"success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted", "fields": []}]}


def assigned(count: int) -> list[dict[str, Any]]:
    return [
        {"Id": f"0Pa{number:012}AAA", "Assignee": {"Username": f"rep{number:03}@acme.example"}}
        for number in range(count)
    ]


def done(count: int) -> list[dict[str, Any]]:
    return [{"id": f"0Pa{number:012}AAA", "success": True, "errors": []} for number in range(count)]


def test_450_people_are_three_requests(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.rows["PermissionSetAssignment"] = assigned(450)
    org.on(DOOR, said(done(200)), said([*done(199), GONE]), said(done(50)))
    told = [event.message for event in withdraw(session.rest, {"STL_Speed_To_Lead"})]
    assert [text.partition(":")[0] for text in told] == [
        "Permission set STL_Speed_To_Lead taken from 200 users",
        "Permission set STL_Speed_To_Lead taken from 200 users",
        "Permission set STL_Speed_To_Lead taken from 50 users",
    ]
    names = [name for text in told for name in text.partition(": ")[2].split(", ")]
    assert names == [f"rep{number:03}@acme.example" for number in range(450)]
    asked = [request.path.partition("ids=")[2].partition("&")[0].split(",") for request in org.seen(DOOR)]
    assert [id for ids in asked for id in ids] == [row["Id"] for row in assigned(450)]


def test_one_that_stays_is_said(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.rows["PermissionSetAssignment"] = assigned(2)
    refused = {"success": False, "errors": [{"statusCode": "INSUFFICIENT_ACCESS", "message": "no", "fields": []}]}
    org.on(DOOR, said([*done(1), refused]))
    with pytest.raises(Rejected) as caught:
        list(withdraw(session.rest, {"STL_Speed_To_Lead"}))
    assert caught.value.message == (
        "Salesforce refused to take the permission set STL_Speed_To_Lead from users (0Pa000000000001AAA: "
        "INSUFFICIENT_ACCESS: no)."
    )


def test_an_answer_about_fewer_is_none(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.rows["PermissionSetAssignment"] = assigned(2)
    org.on(DOOR, said(done(1)))
    with pytest.raises(TargetError, match=r"^Salesforce told of 1 of 2 records when asked to take the permission set"):
        list(withdraw(session.rest, {"STL_Speed_To_Lead"}))


def test_nobody_has_it(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert list(withdraw(session.rest, {"STL_Speed_To_Lead"})) == []
    assert org.seen(DOOR) == []

"""A queue that owns leads cannot be deleted: that is found out while nothing is changed yet."""

from __future__ import annotations

import pytest
from pieces import field, make_plan
from scripted_org import ScriptedOrg, error

from provisioner.errors import Rejected
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.session import SalesforceSession

DESK, POOL = "00G000000000001AAA", "00G000000000002AAA"


def queue(name: str) -> Resource:
    return Resource(Address("Queue", name), {"name": name})


@pytest.fixture
def queues(org: ScriptedOrg) -> ScriptedOrg:
    org.rows["Group"] = [{"Id": DESK, "DeveloperName": "Desk"}, {"Id": POOL, "DeveloperName": "Pool"}]
    return org


def test_a_queue_with_leads_stops_everything_before_it_begins(queues: ScriptedOrg, session: SalesforceSession) -> None:
    queues.rows["Lead"] = [{"OwnerId": POOL, "n": 1200}, {"OwnerId": DESK, "n": 1}]
    plan, _ = make_plan(create=(field("Lead.New__c"),), delete=(queue("Desk"), queue("Pool")))
    with pytest.raises(Rejected) as refused:
        session.check(plan)
    assert refused.value.message == (
        "A queue that owns leads cannot be deleted: Pool (1,200 leads), Desk (1 lead). Nothing was changed."
    )
    assert refused.value.advice == "Give these leads to people, or to another queue, and run this again."
    asked = [request.soql for request in queues.requests if request.soql]
    assert asked[-2:] == [
        "SELECT Id, DeveloperName FROM Group WHERE Type = 'Queue' AND DeveloperName IN ('Desk', 'Pool')",
        f"SELECT OwnerId, COUNT(Id) n FROM Lead WHERE OwnerId IN ('{DESK}', '{POOL}') GROUP BY OwnerId",
    ]
    assert queues.deployments == []


def test_an_empty_queue_may_go(queues: ScriptedOrg, session: SalesforceSession) -> None:
    session.check(make_plan(delete=(queue("Desk"),))[0])
    assert queues.deployments == []


def test_who_may_not_count_leads_is_not_stopped(queues: ScriptedOrg, session: SalesforceSession) -> None:
    refusal = error(400, "INVALID_TYPE", "sObject type 'Lead' is not supported.")
    queues.on(lambda request: "FROM Lead" in request.soql, refusal)
    session.check(make_plan(delete=(queue("Desk"),))[0])
    assert queues.rules == []


def test_a_plan_without_queues_asks_nothing(queues: ScriptedOrg, session: SalesforceSession) -> None:
    session.check(make_plan(delete=(field("Lead.Old__c"),))[0])
    assert [request.soql for request in queues.requests if "FROM Group" in request.soql] == []

"""A CRM that tells less than it counts: pages that end too early, records without their values. That is not clean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from crash.proxy import Answer, Asked, Pass

from .drift_bench import Ran
from .hubspot_org import HubSpotOrg
from .recording import Recording
from .salesforce_org import SalesforceOrg

Spoilt = Callable[[dict[str, Any]], dict[str, Any]]


def spoiling(path: str, spoil: Spoilt) -> Recording:
    """Every JSON answer to a POST to the path goes through `spoil`."""

    def answer(asked: Asked, on: Pass) -> Answer | None:
        if asked.method != "POST" or not asked.path.endswith(path):
            return None
        told = on(asked.body)
        return Answer(told.status, json.dumps(spoil(json.loads(told.body))).encode(), told.headers)

    return Recording(spoil=answer)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubSpotOrg]:
    org = HubSpotOrg(tmp_path_factory.mktemp("hubspot"))
    try:
        org.born()
        org.month(60)
        yield org
    finally:
        org.close()


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SalesforceOrg]:
    made = SalesforceOrg(tmp_path_factory.mktemp("salesforce"))
    try:
        made.begin()
        made.month(60)
        yield made
    finally:
        made.close()


def whys(ran: Ran, part: str) -> list[str]:
    return [item["why"] for item in ran.report["unchecked"] if item["part"] == part]


def half_of_a_page(body: dict[str, Any]) -> dict[str, Any]:
    """Of pages with more than one record, the first half, and no further page."""
    body.pop("paging", None)
    return body | {"results": body["results"][: (len(body["results"]) + 1) // 2]}


def bare(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"results": [{"id": row["id"]} for row in body["results"]]}


@pytest.mark.parametrize(("spoil", "given"), [(half_of_a_page, 30), (bare, 0)])
def test_hubspot_gives_fewer_contacts_than_it_counts(portal: HubSpotOrg, spoil: Spoilt, given: int) -> None:
    assert portal.desk.drift(portal.now).code == 0
    ran = portal.desk.drift(portal.now, wire=spoiling("/crm/v3/objects/contacts/search", spoil))
    assert ran.code == 1
    why = f"HubSpot counts 60 leads of that time, and gave {given} with a creation date."
    assert whys(ran, "carriers/enquiry_type") == whys(ran, "totals") == whys(ran, "periods") == [why]


def half_of_the_groups(body: dict[str, Any]) -> dict[str, Any]:
    for item in body["compositeResponse"]:
        rows = item["body"]["records"]
        if rows and rows[0]["attributes"]["type"] == "AggregateResult" and len(rows) > 1:
            item["body"] |= {"records": rows[: len(rows) // 2], "done": False}
    return body


def test_salesforce_gives_fewer_groups_than_it_counts(org: SalesforceOrg) -> None:
    assert org.desk.drift(org.now).code == 0
    ran = org.desk.drift(org.now, wire=spoiling("/composite", half_of_the_groups))
    assert ran.code == 1
    assert {"carriers/LeadSource", "periods"} <= ran.unchecked
    (why,) = whys(ran, "carriers/LeadSource")
    assert why.startswith("Salesforce told ") and why.endswith(" groups.")


def uncounted(body: dict[str, Any]) -> dict[str, Any]:
    """The column of the counts is missing wherever leads are counted by value."""
    for item in body["compositeResponse"]:
        for row in item["body"]["records"]:
            if "LeadSource" in row:
                row.pop("n", None)
    return body


def test_leads_without_their_number_are_not_checked(org: SalesforceOrg) -> None:
    ran = org.desk.drift(org.now, wire=spoiling("/composite", uncounted))
    assert ran.code == 1
    assert whys(ran, "carriers/LeadSource") == ["Salesforce answered None where a count belongs."]


def in_words(body: dict[str, Any]) -> dict[str, Any]:
    """Every count is a text."""
    for item in body["compositeResponse"]:
        for row in item["body"]["records"]:
            if "n" in row:
                row["n"] = str(row["n"])
    return body


def test_counts_that_are_none_are_not_taken_for_nothing(org: SalesforceOrg) -> None:
    ran = org.desk.drift(org.now, wire=spoiling("/composite", in_words))
    assert ran.code == 1
    (why,) = whys(ran, "carriers/LeadSource")
    assert why.startswith("Salesforce answered '") and why.endswith("' where a count belongs.")
    assert {"carriers/LeadSource", "periods"} <= ran.unchecked

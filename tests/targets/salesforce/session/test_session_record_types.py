"""Which record types offer what people have to choose, asked of a scripted org."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import pytest
from pieces import files, snapshot
from scripted_org import METADATA, Answer, ScriptedOrg, envelope, error, fault
from test_session_premises import Pages

from provisioner.resources import Address, Resource
from provisioner.targets.base import Reference
from provisioner.targets.salesforce.session import SalesforceSession
from provisioner.targets.salesforce.session.record_types import RecordTypes

REASONS = ("No budget", "Bad timing", "100% sure (spam)")
REJECTION, BREACH = "STL_Rejection_Reason__c", "STL_Breach_Reason__c"


def picklist(name: str, *values: str, restricted: str = "true") -> Resource:
    listed = [{"default": "false", "fullName": value, "label": value} for value in values]
    definition = {"sorted": "false", "value": listed}
    return Resource(
        Address("CustomField", f"Lead.{name}"),
        {"label": name, "type": "Picklist", "valueSet": {"restricted": restricted, "valueSetDefinition": definition}},
    )


FIELD = picklist(REJECTION, *REASONS)
STATUS = picklist("STL_SLA_Status__c", "met", restricted="false")


def record_type(name: str, label: str, space: str | None = None) -> dict[str, Any]:
    return {"DeveloperName": name, "NamespacePrefix": space, "Name": label}


def offering(**offers: dict[str, list[str]] | None) -> Answer:
    """What readMetadata says: record type → field → values as the vendor writes them; None: an empty record."""
    records = ""
    for name, fields in offers.items():
        if fields is None:
            records += '<records xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
            continue
        rows = "".join(
            f"<picklistValues><picklist>{field}</picklist>"
            + "".join(f"<values><fullName>{escape(v)}</fullName><default>false</default></values>" for v in values)
            + "</picklistValues>"
            for field, values in fields.items()
        )
        records += f"<records><fullName>Lead.{name}</fullName><active>true</active><label>x</label>{rows}</records>"
    return envelope(f"<readMetadataResponse><result>{records}</result></readMetadataResponse>")


def reference(name: str = REJECTION, *values: str) -> Reference:
    return Reference(name, "offered", "/recycling/reasons", "/recycling/reasons", values or REASONS)


def asked(org: ScriptedOrg) -> list[list[str]]:
    from lxml import etree

    return [
        [str(name.text) for name in etree.fromstring(request.body).iter(f"{{{METADATA}}}fullNames")]
        for request in org.seen("readMetadata")
    ]


def test_an_org_without_record_types_is_asked_nothing_more(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.files = files(FIELD)
    session.read(snapshot(FIELD), "STL")
    (query,) = [request.soql for request in org.requests if "RecordType" in request.soql]
    assert query == (
        "SELECT DeveloperName, NamespacePrefix, Name FROM RecordType WHERE SobjectType = 'Lead' AND IsActive = true "
        "ORDER BY DeveloperName"
    )
    assert (session.record_types(), asked(org)) == (RecordTypes(), [])
    assert session.missing([reference()], Pages()) == []


def test_where_people_choose_nothing_nobody_asks(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.files = files(STATUS)
    org.rows["RecordType"] = [record_type("Partner", "Partner lead")]
    session.read(snapshot(STATUS), "STL")
    assert (session.record_types(), asked(org)) == (RecordTypes(), [])
    assert [request for request in org.requests if "RecordType" in request.soql] == []


def test_before_the_field_is_there_no_record_type_offers_its_values(
    org: ScriptedOrg, session: SalesforceSession
) -> None:
    org.rows["RecordType"] = [record_type("Direct", "Direct"), record_type("Partner", "Partner lead")]
    session.read(snapshot(FIELD), "STL")
    lacks = {REJECTION: REASONS}
    assert session.record_types() == RecordTypes({"Direct": lacks, "Partner lead": lacks})
    assert asked(org) == []


def test_who_lacks_which_reason_is_said_with_the_clicks(org: ScriptedOrg, session: SalesforceSession) -> None:
    """Values come percent-encoded; a field that is not among a record type's is not offered at all."""
    org.files = files(FIELD)
    org.rows["RecordType"] = [
        record_type("All", "All"), record_type("Direct", "Same"), record_type("Partner", "Same", "acme"),
        record_type("Web", "Web"),
    ]  # fmt: skip
    every = ["No budget", "Bad timing", "100%25 sure %28spam%29"]
    org.on(
        "readMetadata", offering(All={REJECTION: every}, Direct={REJECTION: ["No budget"]}, acme__Partner={}, Web={})
    )
    session.read(snapshot(FIELD), "STL")
    assert asked(org) == [["Lead.All", "Lead.Direct", "Lead.acme__Partner", "Lead.Web"]]
    assert session.record_types() == RecordTypes(
        {
            "Same (Direct)": {REJECTION: REASONS[1:]},
            "Same (acme__Partner)": {REJECTION: REASONS},
            "Web": {REJECTION: REASONS},
        }
    )
    (found,) = session.missing([reference()], Pages())
    assert (found.code, found.severity, found.pointer) == ("S230", "warning", "/recycling/reasons")
    assert found.detail == (
        "Not every record type of leads offers the reasons of STL_Rejection_Reason__c: 'Same (acme__Partner)' and "
        "'Web' do not offer 'No budget', 'Bad timing' and '100% sure (spam)'; 'Same (Direct)' does not offer 'Bad "
        "timing' and '100% sure (spam)'. For a lead of such a record type the reason cannot be chosen, and a save with "
        "it is refused."
    )
    assert found.advice == (
        "When the field is in the org: Setup, Object Manager, Lead, Record Types, the record type; under Picklists "
        "Available for Editing, Edit beside STL_Rejection_Reason__c; add the reasons to the selected values, and save."
    )


def test_record_types_that_offer_everything_are_no_finding(org: ScriptedOrg, session: SalesforceSession) -> None:
    two = picklist(BREACH, "Vacation")
    org.files = files(FIELD, two)
    org.rows["RecordType"] = [record_type("All", "All")]
    every = ["No budget", "Bad timing", "100%25 sure %28spam%29"]
    org.on("readMetadata", offering(All={REJECTION: every, BREACH: ["Sick"]}))
    session.read(snapshot(FIELD, two), "STL")
    assert session.record_types() == RecordTypes({"All": {BREACH: ("Vacation",)}})
    assert session.missing([reference()], Pages()) == []
    assert [item.code for item in session.missing([reference(BREACH, "Vacation")], Pages())] == ["S230"]


def test_ten_at_a_time_and_no_more_than_twenty(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.files = files(FIELD)
    names = [f"T{number:02}" for number in range(23)]
    org.rows["RecordType"] = [record_type(name, name) for name in names]
    org.on("readMetadata", offering(**{name: {} for name in names[:10]}), offering(**{n: {} for n in names[10:20]}))
    session.read(snapshot(FIELD), "STL")
    assert [len(part) for part in asked(org)] == [10, 10]
    assert list(session.record_types().lacking) == names[:20]
    assert session.record_types().unread == "only 20 of 23 record types of leads were looked at."


@pytest.mark.parametrize("answer", ["query", "read", "empty"])
def test_what_is_not_told_is_not_clean(org: ScriptedOrg, session: SalesforceSession, answer: str) -> None:
    org.files = files(FIELD)
    org.rows["RecordType"] = [record_type("Direct", "Direct")]
    expected = {
        "query": "This user does not see RecordType, or this org has none.",
        "read": "INSUFFICIENT_ACCESS: use of the Metadata API requires a permission",
        "empty": "the org told nothing of the record types Direct.",
    }[answer]
    if answer == "query":
        refusal = error(400, "INVALID_TYPE", "sObject type 'RecordType' is not supported.")
        org.on(lambda request: "FROM RecordType" in request.soql, refusal)
    elif answer == "read":
        org.on("readMetadata", fault("sf:INSUFFICIENT_ACCESS", expected))
    else:
        org.on("readMetadata", offering(Direct=None))
    session.read(snapshot(FIELD), "STL")
    (found,) = session.missing([reference()], Pages())
    assert (found.code, found.severity, found.pointer) == ("S224", "warning", "")
    assert found.detail.startswith(
        "Whether the record types of leads offer the reasons that people choose could not be"
    )
    assert expected in found.detail

"""What the design names, looked up in an org."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pieces import flow, record, snapshot
from scripted_org import TOKEN, ScriptedOrg, error, said

from provisioner.diagnostics import Diagnostic, Location
from provisioner.errors import NotAllowed
from provisioner.resources import Resource
from provisioner.targets.base import Reference
from provisioner.targets.salesforce.session import SalesforceSession

TOOLING = "GET /services/data/v66.0/tooling/query"
DESCRIBE = "GET /services/data/v66.0/sobjects/Lead/describe"
FIELDS = [
    {"QualifiedApiName": "LeadSource", "DataType": "Picklist"},
    {"QualifiedApiName": "Hidden__c", "DataType": "Picklist"},
    {"QualifiedApiName": "Size__c", "DataType": "Number(6, 0)"},
]
LISTED: dict[str, Any] = {
    "fields": [
        {
            "name": "LeadSource",
            "type": "picklist",
            "picklistValues": [{"value": "Web", "active": True}, {"value": "Old", "active": False}],
        },
        {"name": "Size__c", "type": "double"},
    ]
}


class Pages:
    """Keys stand on line 1, values on line 2."""

    def locate(self, pointer: str) -> Location:
        return Location("acme.yaml", 2, len(pointer) + 1)

    def locate_key(self, pointer: str) -> Location:
        return Location("acme.yaml", 1, len(pointer) + 1)


def ask(session: SalesforceSession, *wanted: Reference) -> list[Diagnostic]:
    return session.missing(wanted, Pages())


def equal(name: str, *values: str) -> Reference:
    return Reference(name, "equal", f"/{name}", f"/{name}", values)


def dated(resource: Resource, version: str) -> Resource:
    return Resource(resource.address, {**resource.attributes, "apiVersion": version})


def brief(found: list[Diagnostic]) -> list[tuple[str, str, int, str]]:
    return [(item.code, item.severity, item.location.line, item.detail) for item in found]


def test_everything_is_asked_in_two_requests(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    before = session.api_calls
    org.on(TOOLING, said({"done": True, "records": FIELDS}))
    org.on(DESCRIBE, said(LISTED))
    wanted = [
        equal("LeedSource", "Web"),
        equal("Size__c", "5"),
        equal("LeadSource", "web", "Old"),
        equal("Hidden__c", "x"),
    ]
    assert brief(ask(session, *wanted, *wanted)) == [
        ("S220", "error", 1, "Lead has no field 'LeedSource' in this org."),
        ("S221", "error", 2, "Size__c is a field of the type Number(6, 0); '5' is no value of it."),
        ("S222", "info", 2, "'Old' is no value of the picklist LeadSource in this org."),
    ]
    assert session.api_calls - before == 2
    (asked,) = org.seen(TOOLING)
    assert asked.soql == (
        "SELECT QualifiedApiName, DataType FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Lead'"
    )


def test_the_values_of_a_field_are_told_once_whatever_the_number_of_lead_types(
    org: ScriptedOrg, session: SalesforceSession
) -> None:
    values = ["Web", "Webinar", "Trade Show", "Phone", "Partner", "Letter"]
    offered = [{"value": value, "active": True} for value in values]
    org.on(TOOLING, said({"done": True, "records": FIELDS}))
    org.on(DESCRIBE, said({"fields": [{"name": "LeadSource", "type": "picklist", "picklistValues": offered}]}))
    first, second = equal("LeadSource", "web", "Webinars"), equal("LeadSource", "Phones")
    (found,) = ask(session, equal("LeadSource", "Phone"), first, second)
    assert (found.code, found.detail, found.advice) == (
        "S222",
        "'Webinars' and 'Phones' are no values of the picklist LeadSource in this org.",
        "Did you mean 'Webinar'? It offers 6 values; the nearest: 'Webinar', 'Phone', 'Web'. "
        "No lead matches a value that nothing sets.",
    )


def test_nothing_is_described_where_no_list_is_compared(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(TOOLING, said({"done": True, "records": FIELDS}))
    assert ask(session, Reference("Size__c", "order", "/x", "/x", (5,))) == []
    assert org.seen(DESCRIBE) == []


def test_nothing_is_asked_for_nothing(session: SalesforceSession) -> None:
    assert ask(session) == []
    assert session.api_calls == 0


def test_what_may_not_be_asked_is_a_warning(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(TOOLING, error(403, "INSUFFICIENT_ACCESS", f"no {TOKEN}"), said({"done": True, "records": []}))
    org.on(TOOLING, said({"done": True, "records": FIELDS}))
    org.on(DESCRIBE, error(403, "INSUFFICIENT_ACCESS", "no"))
    refused, none, undescribed = (ask(session, equal("LeadSource", "Web")) for _ in range(3))
    assert brief(refused) == [
        (
            "S224",
            "warning",
            2,
            "The fields that the design names could not be looked up: Salesforce does not allow this user to list the "
            "fields of Lead: INSUFFICIENT_ACCESS: no (token)",
        )
    ]
    assert brief(none) == [
        ("S224", "warning", 2, "The fields that the design names could not be looked up: the org lists none.")
    ]
    assert brief(undescribed) == [
        (
            "S224",
            "warning",
            2,
            "The values of the picklists that the design names could not be looked up: Salesforce does not allow this "
            "user to describe Lead: INSUFFICIENT_ACCESS: no",
        )
    ]


def test_a_session_that_ended_is_no_missing_permission(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(TOOLING, error(401, "INVALID_SESSION_ID", "Session expired or invalid"))
    with pytest.raises(NotAllowed, match="did not accept the credentials"):
        ask(session, equal("LeadSource", "Web"))


def test_nobody_is_told_from_the_last_reading(org: ScriptedOrg, session: SalesforceSession) -> None:
    desired = [
        record("STL_Recipient.gone", Kind__c="user", Value__c="gone@acme.example"),
        record("STL_Recipient.twin", Kind__c="user", Value__c="twin@acme.example"),
        record("STL_Recipient.on_call", Kind__c="group", Value__c="SDR_On_Call"),
        record("STL_Settings.Default", Silent_To__c="qa@acme.example", Alerts_Live__c="true"),
    ]
    org.rows["User"] = [
        {"Username": "gone@acme.example", "Email": "gone@acme.example", "IsActive": False},
        {"Username": "zoe@acme.example", "Email": "twin@acme.example", "IsActive": True},
        {"Username": "abe@acme.example", "Email": "twin@acme.example", "IsActive": True},
    ]
    session.read(snapshot(*desired), "STL")
    before = session.api_calls
    wanted = [
        Reference("gone@acme.example", "user", "/recipients/gone/user", "/recipients/gone/user"),
        Reference("twin@acme.example", "user", "/recipients/twin/user", "/recipients/twin/user"),
        Reference("SDR_On_Call", "group", "/recipients/on_call/group", "/recipients/on_call/group"),
    ]
    found = ask(session, *wanted)
    assert [(item.code, item.severity, item.pointer, item.detail) for item in found] == [
        ("S223", "error", "/recipients/gone/user", "gone@acme.example is not active any more; nobody would be told."),
        (
            "S223",
            "error",
            "/recipients/on_call/group",
            "There is no public group with the developer name SDR_On_Call in this org.",
        ),
    ]
    assert found[0].advice == "Name somebody who is there, or let alerts go to alerts.silent_to only (mode: silent)."
    assert session.api_calls == before


# ---------------------------------------------------------------- the API version


def written_for(version: str) -> Reference:
    return Reference(version, "version", "/target/api_version", "/target/api_version")


def test_a_session_speaks_the_version_of_the_design(org: ScriptedOrg, opened: Any) -> None:
    """Also of another one that the same session reads later; flows that send mail may be written for an older one."""
    session = opened()
    session.read(snapshot(dated(flow("STL_Lead_Timers"), "63.0"), dated(flow("STL_Lead_Stamp"), "64.0")), "STL")
    sent = [request.path for request in org.requests]
    asked = [path for path in sent if "/services/data/v66.0/query?q=" not in path and "userinfo" not in path]
    assert len(sent) - len(asked) == 2  # whose org this is, before anything is known of a design
    assert {version for path in asked for version in re.findall(r"/v?(\d\d\.\d)", path)} == {"64.0"}
    assert all(b"<version>64.0</version>" in request.body for request in org.seen("retrieve"))
    assert ask(session, written_for("64.0")) == []
    session.read(snapshot(dated(flow("STL_Lead_Stamp"), "66.0")), "STL")
    assert ask(session, written_for("66.0")) == []
    session.read(snapshot(), "STL")
    assert session.rest.version == "66.0"


def test_a_connection_of_another_version_is_an_error(org: ScriptedOrg, opened: Any) -> None:
    session = opened(api_version="65.0")
    session.read(snapshot(dated(flow("STL_Lead_Stamp"), "66.0")), "STL")
    (found,) = ask(session, written_for("66.0"))
    assert (found.code, found.severity, found.pointer) == ("S231", "error", "/target/api_version")
    assert found.detail == "The design is written for API version 66.0; the connection says 65.0."
    assert found.advice == (
        'Take api_version out of the connection, which then speaks the design\'s; or write `api_version: "65.0"` under '
        "target."
    )
    assert session.rest.version == "65.0"


def test_an_org_that_is_older_than_the_design_is_an_error(org: ScriptedOrg, opened: Any) -> None:
    session = opened()
    org.versions = ["64.0", "65.0"]
    org.on("GET /services/data/v66.0/query", error(404, "NOT_FOUND", "The requested resource does not exist"))
    session.read(snapshot(dated(flow("STL_Lead_Stamp"), "66.0")), "STL")
    (found,) = ask(session, written_for("66.0"))
    assert (found.code, found.severity) == ("S231", "error")
    assert found.detail == "The design is written for API version 66.0; this org offers 65.0 at most."
    assert found.advice == 'Write `api_version: "65.0"` under target.'

"""Who changed what, and who is deploying: what the org tells, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from pieces import field, files, flow, ledger_of, record, snapshot
from scripted_org import ScriptedOrg, error

from provisioner.errors import NotAllowed
from provisioner.planning.plan import Touched
from provisioner.resources import Address
from provisioner.targets.base import Occupied, Telling
from provisioner.targets.salesforce.session import SalesforceSession, ledger
from provisioner.targets.salesforce.session.ledger import Saved
from provisioner.targets.salesforce.session.soap import Property
from provisioner.targets.salesforce.session.touched import touched

DUE, FLOW = Address("CustomField", "Lead.STL_Due__c"), Address("Flow", "STL_Timers")
TYPE = Address("CustomMetadata", "STL_Lead_Type.demo")
SAVED = Saved("2026-03-02T13:00:00.000+0000", "Deploy User", "deploy@acme.example")
TRAIL = "GET /services/data/v66.0/query?q=SELECT%20Action"


def entry(display: str, at: str, by: str | None = "ann@acme.example", name: str = "") -> dict[str, Any]:
    return {
        "Action": "changed", "Section": "Setup", "Display": display, "CreatedDate": f"{at}.000+0000",
        "CreatedBy": None if by is None else {"Username": by, "Name": name},
    }  # fmt: skip


def told(org: ScriptedOrg, session: SalesforceSession, *rows: dict[str, Any], seen: tuple[Property, ...] = ()) -> Any:
    org.rows["SetupAuditTrail"] = list(rows)
    assert session.rest.version == "66.0"
    before = session.api_calls
    found = touched(session.rest, seen, SAVED, [DUE, FLOW, TYPE], "2020-01-01T00:00:00Z")
    assert session.api_calls - before == 1
    return found


def test_the_trail_names_who_and_when(org: ScriptedOrg, session: SalesforceSession) -> None:
    found = told(
        org, session,
        entry("Changed CustomField Lead.STL_Due__c", "2026-03-04T09:30:00", "bob@acme.example"),
        entry('Activated flow version #3 "STL_Timers"', "2026-03-03T08:00:00"),
        entry("Changed custom field STL_Due (Lead)", "2026-03-03T07:00:00"),
    )  # fmt: skip
    assert found == {
        DUE: Touched("bob@acme.example", "2026-03-04T09:30:00Z"),
        FLOW: Touched("ann@acme.example", "2026-03-03T08:00:00Z"),
    }
    assert org.requests[-1].soql == (
        "SELECT Action, Section, Display, CreatedBy.Username, CreatedBy.Name, CreatedDate FROM SetupAuditTrail "
        "WHERE CreatedDate > 2026-03-02T13:00:00Z ORDER BY CreatedDate DESC LIMIT 2000"
    )


@pytest.mark.parametrize(
    "display",
    [
        "Changed custom field XSTL_Due__c (Lead)",  # another field, whose name ends alike
        "Changed custom field STL_Due_Soon__c (Lead)",
        "Changed STL_Lead_Type demo2",
        "Changed flow STL Timers",  # a label is taken for nothing
    ],
)
def test_what_is_about_something_else(org: ScriptedOrg, session: SalesforceSession, display: str) -> None:
    assert told(org, session, entry(display, "2026-03-04T09:30:00")) == {}


def test_a_record_is_named_with_its_type(org: ScriptedOrg, session: SalesforceSession) -> None:
    for display in ("Changed record demo of STL_Lead_Type__mdt", "Changed CustomMetadata STL_Lead_Type.demo"):
        assert told(org, session, entry(display, "2026-03-04T09:30:00", None)) == {
            TYPE: Touched("", "2026-03-04T09:30:00Z")
        }
    assert told(org, session, entry("Changed record demo of Other__mdt", "2026-03-04T09:30:00")) == {}


@pytest.mark.parametrize(
    ("namesakes", "by"),
    [(["bob@acme.example"], "bob@acme.example"), (["bob@acme.example", "bob.young@acme.example"], "Bob Lee")],
)
def test_nobody_is_told_of_under_two_names(
    org: ScriptedOrg, session: SalesforceSession, namesakes: list[str], by: str
) -> None:
    """What a retrieve tells is a full name: it is a user's where the trail knows one user of that name."""
    other = Property("CustomField", "Lead.STL_Due__c", "x", "Bob Lee", "2026-03-04T10:00:00.000Z")
    rows = [entry("Changed Flow STL_Timers", "2026-03-04T09:30:00", user, "Bob Lee") for user in namesakes]
    assert told(org, session, *rows, seen=(other,)) == {
        DUE: Touched(by, "2026-03-04T10:00:00Z"),
        FLOW: Touched("bob@acme.example", "2026-03-04T09:30:00Z"),
    }


def test_our_own_deployment_is_nobodys_hand(org: ScriptedOrg, session: SalesforceSession) -> None:
    """Its components are saved one after the other; later on the same user is a person like others."""
    mine = "deploy@acme.example"
    assert told(org, session, entry("Changed Flow STL_Timers", "2026-03-02T13:00:41", mine)) == {}
    assert told(org, session, entry("Changed Flow STL_Timers", "2026-03-02T13:00:41", "ann@acme.example")) == {
        FLOW: Touched("ann@acme.example", "2026-03-02T13:00:41Z")
    }
    assert told(org, session, entry("Changed Flow STL_Timers", "2026-03-02T13:10:01", mine)) == {
        FLOW: Touched(mine, "2026-03-02T13:10:01Z")
    }


def test_what_a_retrieve_tells_counts_when_it_is_newer(org: ScriptedOrg, session: SalesforceSession) -> None:
    def component(at: str, by: str = "Ann Admin") -> Property:
        return Property("Flow", "STL_Timers", "flows/STL_Timers.flow", by, at)

    newer, older, ours = (
        component("2026-03-05T10:00:00.000Z"),
        component("2026-03-02T13:00:00.000Z"),
        component("2026-03-02T13:00:20.000Z", "Deploy User"),
    )
    row = entry("Changed Flow STL_Timers", "2026-03-04T09:30:00")
    assert told(org, session, row, seen=(newer,)) == {FLOW: Touched("Ann Admin", "2026-03-05T10:00:00Z")}
    assert told(org, session, row, seen=(older,)) == {FLOW: Touched("ann@acme.example", "2026-03-04T09:30:00Z")}
    assert told(org, session, seen=(older,)) == {}
    assert told(org, session, seen=(ours,)) == {}


def test_who_may_not_read_the_trail_hears_the_rest(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    org.on(TRAIL, error(400, "INVALID_TYPE", "sObject type 'SetupAuditTrail' is not supported."))
    seen = (Property("Flow", "STL_Timers", "f", "Ann Admin", "2026-03-05T10:00:00.000Z"),)
    assert touched(session.rest, seen, SAVED, [DUE, FLOW], "") == {FLOW: Touched("Ann Admin", "2026-03-05T10:00:00Z")}


def test_without_a_time_nothing_is_told(session: SalesforceSession) -> None:
    assert touched(session.rest, (), Saved(), [DUE], "") == {}
    assert touched(session.rest, (), SAVED, [], "") == {}
    assert session.api_calls == 0


def test_the_session_tells(org: ScriptedOrg, session: SalesforceSession) -> None:
    """All of a plan: identity, reading, looking for names, who did it: ten requests when the org packs at once."""
    desired = [
        field("Lead.STL_Due__c"),
        flow("STL_Timers"),
        record("STL_Recipient.r", Kind__c="user", Value__c="a@b.c"),
    ]
    desired += [record("STL_Recipient.g", Kind__c="group", Value__c="G")]
    org.static["STL_Ledger"] = ledger.encode(ledger_of(*desired))
    org.files = files(*desired)
    org.rows["FlowDefinitionView"] = [{"ApiName": "STL_Timers", "ActiveVersionId": "1", "LatestVersionId": "1"}]
    session.read(snapshot(*desired), "STL")
    org.rows["SetupAuditTrail"] = [entry("Changed Flow STL_Timers", "2026-03-04T09:30:00")]
    assert isinstance(session, Telling)
    assert session.touched([FLOW], "2026-03-01T00:00:00Z") == {
        FLOW: Touched("ann@acme.example", "2026-03-04T09:30:00Z")
    }
    assert session.api_calls == 8  # looking for what the design names adds two at most


ROW = {
    "Id": "0Af000000000009AAA", "Status": "InProgress", "CheckOnly": False, "StartDate": "2026-03-02T13:00:00.000+0000",
    "CreatedDate": "2026-03-02T12:59:00.000+0000", "CreatedBy": {"Name": "Ann Admin"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], ""),
        (
            [ROW],
            "A deployment (0Af000000000009AAA) by Ann Admin is running in the org since 2026-03-02 13:00:00 UTC.",
        ),
        (
            [{**ROW, "CheckOnly": True, "Status": "Pending", "StartDate": None, "CreatedBy": None}, ROW],
            "A validation (0Af000000000009AAA) by somebody is waiting in the org's queue since "
            "2026-03-02 12:59:00 UTC (and 1 more).",
        ),
    ],
)
def test_who_is_deploying(org: ScriptedOrg, session: SalesforceSession, rows: list[Any], sentence: str) -> None:
    org.rows["DeployRequest"] = rows
    assert isinstance(session, Occupied)
    assert session.occupied() == sentence
    assert org.requests[-1].path.startswith("/services/data/v66.0/tooling/query")


def test_who_may_not_ask_goes_on(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    org.on("GET /services/data/v66.0/tooling", error(403, "INSUFFICIENT_ACCESS", "no"))
    assert session.occupied() == ""


def test_an_older_org_is_asked_for_its_versions(org: ScriptedOrg, session: SalesforceSession) -> None:
    """The wanted version is tried first; what it costs is one request in old orgs only."""
    org.versions = ["64.0", "65.0"]
    org.on("GET /services/data/v66.0/query", error(404, "NOT_FOUND", "The requested resource does not exist"))
    assert session.identity().name == "Acme Sandbox"
    assert (session.rest.version, session.api_calls) == ("65.0", 4)


def test_a_refused_question_is_no_old_org(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on("GET /services/data/v66.0/query", error(403, "API_DISABLED_FOR_ORG", "no"))
    with pytest.raises(NotAllowed):
        session.identity()
    assert session.identity().name == "Acme Sandbox"

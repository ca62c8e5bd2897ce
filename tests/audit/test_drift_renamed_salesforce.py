"""A Salesforce org in which somebody renames the values that stages and exclusions name, and adds record types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from crash.proxy import Answer, Asked, Pass

from .drift_bench import Ran
from .recording import Recording
from .salesforce_org import REPS, SalesforceOrg

EXAMPLE = Path(__file__).parents[2] / "examples" / "acme-salesforce.yaml"
WANTED = ("--only", "L110", "--only", "C208")
STAGE = "stages:                             # a time per stage, and one row of history per change"


@dataclass
class Told:
    org: SalesforceOrg
    stages: dict[str, Ran] = field(default_factory=dict)

    def audit(self, stage: str) -> None:
        self.stages[stage] = self.org.desk.drift(self.org.now, *WANTED)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    org = SalesforceOrg(tmp_path_factory.mktemp("renamed"), EXAMPLE, ())
    found = Told(org)
    try:
        org.begin()
        found.audit("applied")
        for status, count in (("Disqualified", 2), ("Recycled", 1)):
            for _ in range(count):
                org.patch(org.create("Webinar", REPS[0]), Status=status, STL_Rejection_Reason__c="No budget")
        org.by_hand("LeadStatus", add_value="Disqualified (closed)")
        org.by_hand("LeadStatus", deactivate_value="Disqualified")
        org.create("Webinar", REPS[0], Status="Disqualified (closed)")
        org.forward(minutes=5)
        found.audit("renamed")
        _record_types(org)
        found.audit("record type")
        fields = {"STL_Rejection_Reason__c": _reasons(org, "STL_Rejection_Reason__c"),
                  "STL_Breach_Reason__c": _reasons(org, "STL_Breach_Reason__c")}  # fmt: skip
        org.door(
            "by_hand", {"by": org.admin, "component": "RecordType", "name": "Lead.Inbound", "select_values": fields}
        )
        found.audit("offered")
        yield found
    finally:
        org.close()


def _record_types(org: SalesforceOrg) -> None:
    """Of one, the reasons are not offered; the other was made when they were there."""
    empty = {"STL_Rejection_Reason__c": ["No need"], "STL_Breach_Reason__c": []}
    made = [
        {"sobject": "Lead", "name": "Inbound", "label": "Inbound leads", "offers": empty},
        {"sobject": "Lead", "name": "Other", "label": "Other leads"},
    ]
    org.door("seed", {"record_types": made})


def _reasons(org: SalesforceOrg, name: str) -> list[str]:
    fields = org.call("GET", "sobjects/Lead/describe")["fields"]
    return [row["value"] for item in fields if item["name"] == name for row in item["picklistValues"]]


def test_where_everything_is_offered_nothing_is_found(told: Told) -> None:
    assert (told.stages["applied"].keys, told.stages["applied"].unchecked) == (set(), set())


def test_a_renamed_value_is_found_once_at_its_place_with_its_leads(told: Told) -> None:
    ran = told.stages["renamed"]
    assert (ran.code, ran.keys, ran.unchecked) == (3, {("L110", "Status: Disqualified")}, set())
    found = ran.findings["L110", "Status: Disqualified"]
    assert found["severity"] == "error"
    assert found["detail"] == (
        "The stage “disqualified” and the exclusion “disqualified” name “Disqualified”; Status (Status) does not "
        "offer it any more: it is switched off. 2 leads since 2025-11-04 have it. It offers “Disqualified (closed)”, "
        "which 1 lead has; the design does not name that."
    )
    assert found["fix"] == (
        "Perhaps it is “Disqualified (closed)” now (70% sure: resembles “Disqualified”: one name contains the other). "
        "If so, name that, then plan and apply."
    )
    text = (told.org.desk.folder / "acme.yaml").read_text(encoding="utf-8").splitlines()
    place = found["place"]
    assert text[place["line"] - 1][place["column"] - 1 :].startswith("Disqualified}")
    rows = told.org.query(found["evidence"]["query"].replace("COUNT(Id)", "COUNT(Id) n"))
    assert {row["Status"]: row["n"] for row in rows}["Disqualified"] == found["evidence"]["count"] == 2


def test_the_patch_puts_the_new_value_where_the_old_one_was(told: Told) -> None:
    """Leads still have the old one, so the exclusion keeps it; a stage has one value."""
    desk = told.org.desk
    ran = desk.drift(told.org.now, *WANTED, "--write-patch", "mapping.patch", "--confidence", "0.7")
    assert "Named Status “Disqualified (closed)” in place of and beside “Disqualified”: resembles" in ran.err
    patch = (desk.folder / "mapping.patch").read_text(encoding="utf-8")
    lines = [line[1:].strip() for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert lines == [
        "values: {mql: Marketing Qualified, sal: Sales Accepted, sql: Sales Qualified, recycled: Recycled, "
        "disqualified: Disqualified (closed)}",
        "- {id: disqualified, when: {Status: [Disqualified, Disqualified (closed)]}}",
    ]


def test_a_record_type_that_does_not_offer_the_reasons_is_found_where_they_are_listed(told: Told) -> None:
    ran = told.stages["record type"]
    found = {key: item for key, item in ran.findings.items() if key[0] == "C208"}
    assert sorted((item["place"]["pointer"], item["severity"]) for item in found.values()) == [
        ("/breach/reasons", "warning"),
        ("/recycling/reasons", "warning"),
    ]
    (first,) = (item for item in found.values() if item["place"]["pointer"] == "/recycling/reasons")
    assert "'Inbound leads' does not offer" in first["detail"] and "Other leads" not in first["detail"]
    assert "'No need'" not in first["detail"]  # offered
    assert first["consequence"] == (
        "People cannot choose from this list for some leads, and a save with what is not offered is refused."
    )
    assert "Record Types" in first["fix"]


def test_once_it_offers_them_nothing_is_said(told: Told) -> None:
    assert told.stages["offered"].keys == {("L110", "Status: Disqualified")}


@dataclass
class Dated(Recording):
    """The org's answers carry its own time."""

    at: str = ""

    def __call__(self, asked: Asked, on: Pass) -> Answer:
        answer = super().__call__(asked, on)
        told = format_datetime(datetime.fromisoformat(self.at), usegmt=True)
        return Answer(answer.status, answer.body, {**answer.headers, "Date": told})


def test_an_audit_is_of_the_orgs_time_whatever_this_machines_clock_says(told: Told) -> None:
    """This machine is months ahead: by its clock, no lead would be in the window."""
    org = told.org
    words = ("drift", "acme.yaml", "-c", "local", *WANTED, "--since", "30d", "--json")
    ran = org.desk(*words, wire=Dated(at=org.now))
    assert ran.report["made_at"] == org.now
    since = datetime.fromisoformat(org.now) - timedelta(days=30)
    assert datetime.fromisoformat(ran.report["since"]) == since
    assert f" ahead of that of {ran.report['org']['name']}: audited as of {org.now}." in ran.err
    assert ran.findings["L110", "Status: Disqualified"]["evidence"]["count"] == 2
    asked = org.desk(*words, "--now", "2026-02-09T12:00:00Z", wire=Dated(at=org.now))
    assert (asked.report["made_at"], "clock" in asked.err) == ("2026-02-09T12:00:00Z", False)

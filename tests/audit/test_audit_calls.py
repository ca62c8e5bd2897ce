"""What a whole audit costs, and what it sends: the command, counted by the org."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioner.cli.app import cli
from provisioner.insight.decision import carriers_of
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce import target
from provisioner.targets.salesforce.desire import render

from .audit_org import EXAMPLE, GONE, REPS, AuditOrg, loaded

READS = {
    ("GET", "/services/oauth2/userinfo"),
    ("GET", "/services/data/v66.0/query"),
    ("GET", "/services/data/v66.0/tooling/query"),
    ("GET", "/services/data/v66.0/sobjects/Lead/describe"),
    ("GET", "/services/data/v66.0/sobjects/StaticResource/<id>/Body"),
    ("POST", "/services/data/v66.0/composite"),
    ("POST", "/services/Soap/m/66.0"),
}
BUDGET = 20
MOST_CALLS = 19  # of a drift, whatever the number of leads
REST = "{LeadSource: {not_in: [Partner]}}"
# Two more fields carry lead types, and the last rule takes whatever is left.
THREE_CARRIERS = {
    "{LeadSource: [Demo Request, Pricing Page]}": "{any: [{LeadSource: [Demo Request, Pricing Page]}, "
    "{Industry: [Banking]}, {Rating: [Hot]}]}",
    "{LeadSource: [Webinar, Trade Show]}": "{any: [{LeadSource: [Webinar, Trade Show]}, {Industry: [Energy]}, "
    "{Rating: [Warm]}]}",
    "{LeadSource: [Content Download]}": f"{{any: [{{LeadSource: [Content Download]}}, {REST}]}}",
}
# Two more, values that no field offers in three others, and seventeen steps.
WORST = {
    "{Rating: [Hot]}": "{Rating: [Hot]}, {Country: [Utopia]}, {City: [Ys]}",
    "{Rating: [Warm]}": "{Rating: [Warm]}, {Country: [Erewhon]}, {City: [Vineta]}",
    "  standard:\n": "".join(f"    - {{at: due + {day}bd, notify: [rep], via: [email]}}\n" for day in range(2, 15))
    + "  standard:\n",
    "exclusions:                           # leads without a clock\n": "exclusions:\n"
    "  - {id: names, when: {Salutation: [Earl]}}\n  - {id: calm, when: {ProductInterest__c: [None of it]}}\n",
}


@pytest.fixture(scope="module")
def org() -> Iterator[AuditOrg]:
    made = AuditOrg()
    made.begin()
    made.month(120)
    yield made
    made.close()


def drift(
    org: AuditOrg, folder: Path, monkeypatch: pytest.MonkeyPatch, design: Path = EXAMPLE
) -> tuple[int, str, list[tuple[str, str]]]:
    """Exit code, output, and what the org was asked, ids left out."""
    (folder / "provisioner.toml").write_text(
        f'[connections.local]\nplatform = "salesforce"\ninstance_url = "{org.url}"\n'
        'access_token = {env = "ORG_TOKEN"}\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ORG_TOKEN", org.token)
    now = org.now().isoformat()
    org.door("requests", method="DELETE")
    result = CliRunner().invoke(cli, ["drift", str(design), "-c", "local", "--fail-on", "never", "--now", now])
    asked = [(row["method"], _bare(row["path"])) for row in org.door("requests", method="GET")]
    return result.exit_code, result.output, asked


def _bare(path: str) -> str:
    parts = path.partition("?")[0].split("/")
    return "/".join("<id>" if part.startswith("081") else part for part in parts)


def test_the_dearest_drift_stays_below_twenty_calls(
    org: AuditOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when somebody left, somebody is frozen, leads are private (and all of them seen), a value is new, three
    fields carry lead types, and a threshold was changed by hand, so that who and how many is asked besides."""
    org.leave(GONE)
    sign_in = org.query(f"SELECT Id FROM UserLogin WHERE UserId = '{org.ids[REPS[1]]}'")[0]["Id"]
    org.call("PATCH", f"sobjects/UserLogin/{sign_in}", {"IsFrozen": True})
    org.create("TikTok", REPS[0])
    org.door("seed", {"sharing": {"lead": "None"}})
    design = tmp_path / "rest.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    for before, after in THREE_CARRIERS.items():
        assert before in text
        text = text.replace(before, after)
    design.write_text(text, encoding="utf-8")
    record = render(org.design).get(Address("CustomMetadata", "STL_Lead_Type.demo_request"))
    assert record is not None
    values = [row | {"value": "60"} if row["field"] == "SLA_Minutes__c" else row for row in record.attributes["values"]]
    edited = Resource(record.address, {**record.attributes, "values": values})
    org.deploy({item.path: item.content for item in target.artifacts([edited])})
    exit_code, output, asked = drift(org, tmp_path, monkeypatch, design)
    assert exit_code == 0, output
    assert carriers_of(loaded(design)) == ("LeadSource", "Industry", "Rating")
    assert "L109" in output and "P310" in output and "Leads are private in this org" not in output
    assert "SLA of Demo / pricing request: 5 minutes -> 60 minutes" in output
    assert "gone@acme.example" in output
    assert set(asked) <= READS, Counter(asked)
    assert len(asked) <= MOST_CALLS, Counter(asked)


def test_a_design_of_many_carrying_fields_and_steps_stays_within_twenty_calls(
    org: AuditOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the org of the test above, where everything happened that costs a call."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for before, after in (*THREE_CARRIERS.items(), *WORST.items()):
        assert before in text
        text = text.replace(before, after)
    design = tmp_path / "worst.yaml"
    design.write_text(text, encoding="utf-8")
    assert carriers_of(loaded(design)) == ("LeadSource", "Industry", "Rating", "Country", "City")
    exit_code, output, asked = drift(org, tmp_path, monkeypatch, design)
    assert exit_code == 0, output
    assert "L109" in output and "P310" in output and "L110" in output
    assert "carriers/" not in output  # all of them were counted
    assert set(asked) <= READS, Counter(asked)
    assert len(asked) <= BUDGET, Counter(asked)


def test_more_leads_cost_no_more_calls(org: AuditOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    *_, before = drift(org, tmp_path, monkeypatch)
    more = [{"sobject": "Lead", "values": {"LastName": "L", "Company": "C", "LeadSource": f"Source {n}",
                                           "OwnerId": org.ids[REPS[0]]}} for n in range(300)]  # fmt: skip
    org.door("seed", {"records": more})
    *_, after = drift(org, tmp_path, monkeypatch)
    assert Counter(after) == Counter(before)

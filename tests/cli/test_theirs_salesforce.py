"""What belongs to the people of the org survives everything we deploy: a switch, and mappings of the conversion."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import requests
from salesforce_bench import Bench
from test_plan_on_salesforce import by_hand, desired, edited, planned, told

from provisioner.connections import Connection
from provisioner.resources import Address, Resource, Snapshot
from provisioner.secrets import Secret
from provisioner.targets.salesforce.session import connect

SWITCH = Address("CustomMetadata", "STL_Switch.Surge")
THEIRS = Resource(
    Address("LeadConvertMapping", "Account.Region__c"),
    {"inputField": "Region__c", "inputObject": "Lead", "outputField": "Region__c", "outputObject": "Account"},
)
STAGES = """\
  stages:
    field: Status
    values: {open: Open - Not Contacted, recycled: Closed - Not Converted}
    history: true
"""
MORE = """
recycling: {limit: 2, reasons: [No budget, No authority, No need, Bad timing, Competitor]}
surge: {factor: 2}
breach: {reasons: [In a meeting, Out of office, Wrong owner, No phone number, Other]}
"""


def rows(bench: Bench, soql: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {bench.emulator.access_token}"}
    url = f"{bench.emulator.url}/services/data/v66.0/query"
    answer = requests.get(url, params={"q": soql}, headers=headers, timeout=30)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


def add(bench: Bench, text: str) -> None:
    design = bench.folder / "acme.yaml"
    design.write_text(design.read_text(encoding="utf-8") + text, encoding="utf-8")


def region(object: str) -> Resource:
    attributes = {"label": "Region", "type": "Text", "length": "40"}
    return Resource(Address("CustomField", f"{object}.Region__c"), attributes)


def standing(bench: Bench) -> set[str]:
    """Where the org's conversion copies to."""
    chosen: dict[str, str | Secret] = {"method": "access_token", "access_token": Secret(bench.emulator.access_token)}
    with closing(connect(Connection("box", "salesforce", chosen, instance_url=bench.emulator.url))) as session:
        wanted = Snapshot.of([*(r for r in desired(bench) if r.address.kind == THEIRS.address.kind), THEIRS])
        live = session.read(wanted, "STL").snapshot.resources
    return {address.name for address in live if address.kind == THEIRS.address.kind}


def test_a_switch_stays_as_people_turned_it(bench: Bench) -> None:
    bench.edit("telemetry:\n", f"telemetry:\n{STAGES}")
    add(bench, MORE)
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    mine = desired(bench).resources[SWITCH]
    by_hand(bench, edited(mine, Active__c="true"))
    assert told(planned(bench)) == []
    turned = edited(mine, Active__c="true")
    by_hand(bench, Resource(SWITCH, {**turned.attributes, "label": "Rush"}))
    assert told(planned(bench)) == [("update", str(SWITCH), "hand")]
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    found = rows(bench, "SELECT MasterLabel, Active__c FROM STL_Switch__mdt")
    assert [(row["MasterLabel"], row["Active__c"]) for row in found] == [("Surge", True)]


def test_mappings_of_others_stay_through_every_change_of_ours(bench: Bench) -> None:
    bench.edit("telemetry:\n", f"telemetry:\n  conversion: {{to: [contact]}}\n{STAGES}")
    by_hand(bench, region("Lead"), region("Account"))
    by_hand(
        bench, THEIRS, Resource(Address("LeadConvertSettings", "LeadConvertSettings"), {"allowOwnerChange": "true"})
    )
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    assert told(planned(bench)) == []
    assert standing(bench) == {"Account.Region__c", *ours(bench)}
    add(bench, MORE)
    changes = told(planned(bench))
    assert ("create", "LeadConvertMapping:Contact.STL_Breach_Reason__c", "new") in changes
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    assert standing(bench) == {"Account.Region__c", *ours(bench)}
    bench("destroy", "acme.yaml", "-c", "box", "--yes")
    assert standing(bench) == {"Account.Region__c"}


def ours(bench: Bench) -> set[str]:
    return {address.name for address in desired(bench).resources if address.kind == "LeadConvertMapping"}

"""Two designs in one org: what is done to one leaves the other as it was, byte for byte, and its clocks run on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from salesforce_bench import Bench, last, salesforce_bench

from provisioner import assets
from provisioner.connections import Connection
from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.resources import Snapshot
from provisioner.secrets import Secret
from provisioner.targets.salesforce import target
from provisioner.targets.salesforce.package import members
from provisioner.targets.salesforce.parse import parse_package
from provisioner.targets.salesforce.session import connect
from provisioner.targets.salesforce.session.pace import Pace
from provisioner.targets.salesforce.session.soap import Soap

REP, MANAGER, QA = "ada@northwind.example", "sales-manager@northwind.example", "qa@northwind.example"
BESIDE = (
    "Also in this org: 'northwind-four-tier' (prefix NWT). Where two designs watch the same leads, whatever one hands "
    "over has a new owner for the other too, and with `on_reassign: restart` its clock starts anew."
)
PEOPLE = {
    "users": [
        {"username": MANAGER, "last": "Manager"},
        {"username": QA, "last": "Quality"},
        {"username": "qa@acme.example", "last": "Acme Quality"},
        {"username": REP, "first": "Ada", "last": "Rep", "manager": MANAGER},
    ],
    "groups": [{"name": "On_Call", "members": [REP]}],
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    names = ("acme", "four-tier")
    return salesforce_bench(
        tmp_path, **{name: assets.read_text("examples", f"{name}-salesforce.yaml") for name in names}
    )


def door(bench: Bench, name: str, body: Any = None) -> Any:
    url = f"{bench.emulator.url}/_emulator/{name}"
    answer = requests.get(url, timeout=60) if body is None else requests.post(url, json=body, timeout=60)
    assert answer.status_code < 400, answer.text
    return answer.json()


def desired(bench: Bench, name: str) -> Snapshot:
    document = load(bench.folder / f"{name}.yaml")
    design, _ = compile_design(document, today=date(2026, 3, 2))
    assert design is not None
    return target.desire(design, document.locate)[0]


def there(bench: Bench, wanted: Snapshot, prefix: str) -> Mapping[str, Any]:
    """All that the org has of a design: its files as they are retrieved, of shared files its own part, its flows'
    versions and its ledger."""
    token = Secret(bench.emulator.access_token)
    connection = Connection(
        "box", "salesforce", {"method": "access_token", "access_token": token}, instance_url=bench.emulator.url
    )
    with closing(connect(connection)) as session:
        ours = {item.address for item in wanted if not item.address.is_by_hand}
        files = Soap(session.rest, Pace(poll_first=0.05, retrieve_first=0.05)).retrieve(members(ours)).files
        flows = session.rest.query(
            f"SELECT Id, VersionNumber, Status FROM Flow WHERE Definition.DeveloperName LIKE '{prefix}%'",
            "list versions", tooling=True,
        )  # fmt: skip
        (ledger,) = session.rest.query(
            f"SELECT Id, LastModifiedDate FROM StaticResource WHERE Name = '{prefix}_Ledger'", "find the ledger"
        )
        body = session.rest.read_bytes(f"sobjects/StaticResource/{ledger['Id']}/Body", "read the ledger")
    shared = {path: content for path, content in files.items() if path.startswith("settings/")}
    mine = {str(item.address): item.attributes for item in parse_package(shared) if item.address in ours}
    return {"files": {path: files[path] for path in files.keys() - shared.keys()}, "settings": mine,
            "flows": sorted(map(str, flows)), "ledger": (ledger["LastModifiedDate"], body)}  # fmt: skip


def hot_lead(bench: Bench, name: str) -> None:
    """Ada is given a lead that both designs have a clock for."""
    values = {"LastName": name, "Company": f"{name} Ltd", "Rating": "Hot", "LeadSource": "Demo Request"}
    door(bench, "seed", {"records": [{"sobject": "Lead", "as": REP, "values": values}]})


def told_by(bench: Bench, name: str) -> set[str]:
    """The designs whose flows told somebody of this lead, by prefix."""
    return {
        str(sent["source"]).partition("_")[0]
        for sent in door(bench, "sent")
        if name in json.dumps([sent["subject"], sent["body"]])
    }


def test_what_is_done_to_one_leaves_the_other_alone(bench: Bench) -> None:
    door(bench, "seed", PEOPLE)
    bench("apply", "four-tier.yaml", "-c", "box", "--yes")
    wanted = desired(bench, "four-tier")
    before = there(bench, wanted, "NWT")
    assert len(before["files"]) > 50 and len(before["flows"]) >= 6 and before["settings"]
    door(bench, "clock", {"to": "2026-03-02T16:00:00Z"})  # both are open
    hot_lead(bench, "Waiting")

    told = bench("apply", "acme.yaml", "-c", "box", "--yes")
    assert BESIDE in told  # acme says `restart`, the other one `keep`
    assert there(bench, wanted, "NWT") == before
    assert BESIDE not in bench("plan", "acme.yaml", "-c", "box")  # nothing to change, nothing to know
    bench.edit("sla: 5m", "sla: 6m")
    bench.edit('task: "Call {lead.name} now"', 'task: "Call {lead.name} today"')
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    bench("done", "acme.yaml", "default_workflow_user", "permission_set", "-c", "box", "--by", "Ana Ruiz")
    assert there(bench, wanted, "NWT") == before

    bench("destroy", "acme.yaml", "-c", "box", "--yes", "--allow-data-loss", "unknown")
    assert there(bench, wanted, "NWT") == before
    assert last(bench("plan", "four-tier.yaml", "-c", "box")) == (
        "Plan: 0 to add, 0 to change, 0 to delete, 5 by hand."
    )
    door(bench, "clock", {"advance": "PT30M"})
    assert told_by(bench, "Waiting") == {"NWT"}
    hot_lead(bench, "Later")
    door(bench, "clock", {"advance": "PT30M"})
    assert told_by(bench, "Later") == {"NWT"}


def test_both_clocks_run_on_one_lead(bench: Bench) -> None:
    door(bench, "seed", PEOPLE)
    for name in ("four-tier", "acme"):
        bench("apply", f"{name}.yaml", "-c", "box", "--yes")
    door(bench, "clock", {"to": "2026-03-02T16:00:00Z"})
    hot_lead(bench, "Both")
    door(bench, "clock", {"advance": "PT30M"})
    assert told_by(bench, "Both") == {"STL", "NWT"}

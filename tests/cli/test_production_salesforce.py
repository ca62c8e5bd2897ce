"""The first apply to production, a change and the end, whether or not the org deploys flows as active."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from salesforce_bench import Bench, last, salesforce_bench
from test_plan_on_salesforce import NOTHING

from provisioner import assets

CONFIRMED = ("--yes", "--confirm", "Emulated Org")
LEFT_OFF = "does not deploy flows as active: new versions are switched on one by one"
AS_ACTIVE = "deploys flows as active: when flows change it runs tests"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The starter for a production org."""
    text = assets.read_text("examples", "starter-salesforce.yaml")
    assert "sandbox: true" in text
    return salesforce_bench(tmp_path, acme=text.replace("sandbox: true", "sandbox: false"))


def org_is(bench: Bench, **settings: Any) -> None:
    url = f"{bench.emulator.url}/_emulator/settings"
    requests.post(url, json={"is_sandbox": False, **settings}, timeout=30).raise_for_status()


def versions(bench: Bench) -> dict[str, list[tuple[int, str]]]:
    """Flow → number and status of each of its versions."""
    headers = {"Authorization": f"Bearer {bench.emulator.access_token}"}
    query = "SELECT VersionNumber, Status, Definition.DeveloperName FROM Flow ORDER BY VersionNumber"
    url = f"{bench.emulator.url}/services/data/v66.0/tooling/query"
    answer = requests.get(url, params={"q": query}, headers=headers, timeout=30)
    answer.raise_for_status()
    found: dict[str, list[tuple[int, str]]] = {}
    for row in answer.json()["records"]:
        found.setdefault(row["Definition"]["DeveloperName"], []).append((row["VersionNumber"], row["Status"]))
    return found


@pytest.mark.parametrize(("as_active", "notice"), [(False, LEFT_OFF), (True, AS_ACTIVE)])
def test_flows_run_in_production(bench: Bench, as_active: bool, notice: str) -> None:
    org_is(bench, deploy_flows_as_active=as_active)
    assert notice in bench("plan", "acme.yaml", "-c", "box")
    out = bench("apply", "acme.yaml", "-c", "box", *CONFIRMED)
    assert re.search(r"^Applied: \d+ changes in .*, read back and as planned", out, re.MULTILINE)
    first = versions(bench)
    assert set(first) >= {"STL_Lead_Stamp", "STL_Lead_Timers"}
    assert {tuple(found) for found in first.values()} == {((1, "Active"),)}

    # nothing to change: nothing is deployed, so nobody is told how
    told = bench("plan", "acme.yaml", "-c", "box")
    assert (last(told), notice in told) == (NOTHING, False)

    # new content: the new version runs, the old one no longer
    bench.edit('task: "Call {lead.name} now"', 'task: "Call {lead.name} today"')
    bench("apply", "acme.yaml", "-c", "box", *CONFIRMED)
    assert versions(bench)["STL_Lead_Timers"] == [(1, "Obsolete"), (2, "Active")]
    assert last(bench("plan", "acme.yaml", "-c", "box")) == NOTHING

    bench("destroy", "acme.yaml", "-c", "box", *CONFIRMED)
    assert versions(bench) == {}


def test_an_activation_that_got_lost_is_made_up_for(bench: Bench) -> None:
    """The deployment is done and its ledger says so; whoever applies again finds flows that do not run. One was
    refused, and the flow that starts clocks waits for it."""
    org_is(bench)
    fault = {"kind": "status", "status": 403, "times": 1, "match": {"method": "PATCH", "path_regex": "FlowDefinition/"}}
    requests.post(f"{bench.emulator.url}/_emulator/faults", json=fault, timeout=30).raise_for_status()
    err = bench("apply", "acme.yaml", "-c", "box", *CONFIRMED, code=4)
    off = sorted(name for name, found in versions(bench).items() if found == [(1, "Draft")])
    refused, stamp = off
    assert stamp == "STL_Lead_Stamp"
    assert f"clocks would start without {refused}, which could not be switched on." in err
    plan = json.loads(bench("plan", "acme.yaml", "-c", "box", "--json"))
    assert [item["address"] for item in plan["changes"] if item["action"] != "by_hand"] == [
        f"Flow:{refused}",
        f"Flow:{stamp}",
    ]
    bench("apply", "acme.yaml", "-c", "box", *CONFIRMED)
    assert {tuple(found) for found in versions(bench).values()} == {((1, "Active"),)}
    assert last(bench("plan", "acme.yaml", "-c", "box")) == NOTHING


def test_coverage_that_is_too_low_changes_nothing(bench: Bench) -> None:
    org_is(bench, deploy_flows_as_active=True, flow_coverage=50)
    err = bench("apply", "acme.yaml", "-c", "box", *CONFIRMED, code=1)
    assert "Average test coverage across all active autolaunched flows and processes is 50%" in err
    assert "turn off 'Deploy processes and flows as active' in Setup" in err
    assert versions(bench) == {}

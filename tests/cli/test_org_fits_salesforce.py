"""What a plan says of an org before anything is deployed: record types that offer no reasons, other API versions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from salesforce_bench import Bench, salesforce_bench

from provisioner import assets

REASONS = ["No budget", "No authority", "No need", "Bad timing", "Competitor", "Bad data"]
BREACHES = ["In a meeting", "Out of office", "Wrong owner", "Contact data missing", "Saw it too late"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return salesforce_bench(tmp_path, acme=assets.read_text("examples", "acme-salesforce.yaml"))


def connect(bench: Bench, more: str = "") -> None:
    (bench.folder / "provisioner.toml").write_text(
        '[connections.box]\nplatform = "salesforce"\n'
        f'instance_url = "{bench.emulator.url}"\naccess_token = {{env = "EMULATOR_TOKEN"}}\n{more}',
        encoding="utf-8",
    )


def door(bench: Bench, name: str, body: dict[str, Any]) -> None:
    requests.post(f"{bench.emulator.url}/_emulator/{name}", json=body, timeout=30).raise_for_status()


def unoffered(bench: Bench) -> list[str]:
    """The warnings about record types, found with a command that tells findings on stdout."""
    found = json.loads(bench("drift", "acme.yaml", "-c", "box", "--json", code=3))["findings"]
    return [item["detail"] for item in found if "record type" in item["detail"] and "offer" in item["detail"]]


def test_record_types_that_offer_no_reasons_are_named_in_twelve_calls(bench: Bench) -> None:
    kinds = [{"sobject": "Lead", "name": f"Type_{place}", "label": f"Type {place}"} for place in range(3)]
    door(bench, "seed", {"record_types": kinds})
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    every = {"STL_Rejection_Reason__c": REASONS, "STL_Breach_Reason__c": BREACHES}
    for place in (0, 1):
        door(bench, "by_hand", {"component": "RecordType", "name": f"Lead.Type_{place}", "select_values": every})
    some = every | {"STL_Rejection_Reason__c": REASONS[:4]}
    door(bench, "by_hand", {"component": "RecordType", "name": "Lead.Type_2", "select_values": some})
    bench.calls()
    bench("plan", "acme.yaml", "-c", "box")
    assert len(bench.calls()) <= 12
    (told,) = unoffered(bench)
    assert "'Type 2' does not offer 'Competitor' and 'Bad data'." in told
    door(bench, "by_hand", {"component": "RecordType", "name": "Lead.Type_2", "select_values": every})
    assert unoffered(bench) == []


@pytest.mark.parametrize("version", ["63.0", "66.0"])
def test_everything_is_said_in_the_version_of_the_design(bench: Bench, version: str) -> None:
    bench.edit("  object: Lead\n", f'  object: Lead\n  api_version: "{version}"\n')
    bench.calls()
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    spoken = [re.findall(r"/(?:v|m/)(\d\d\.\d)", call) for call in bench.calls()]
    asked = [found[0] for found in spoken if found]
    assert asked.count("66.0") == (len(asked) if version == "66.0" else 1)  # which org it is, before anything else
    assert set(asked) == {version, "66.0"}


def test_a_connection_of_another_version_is_an_error_with_its_place(bench: Bench) -> None:
    connect(bench, 'api_version = "65.0"\n')
    bench.edit("  object: Lead\n", '  object: Lead\n  api_version: "64.0"\n')
    said = bench("plan", "acme.yaml", "-c", "box", code=2)
    assert re.search(
        r"acme\.yaml:\d+:\d+: error S231: Another API version than the connection's\n"
        r"  The design is written for API version 64\.0; the connection says 65\.0\.\n"
        r"  Take api_version out of the connection, which then speaks the design's; or write `api_version: \"65\.0\"` "
        r"under target\.",
        said,
    )

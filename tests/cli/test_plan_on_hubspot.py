"""Adoption and renames against the emulated HubSpot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hubspot_bench import HubBench, hubspot_bench

APPLY = ("apply", "brew.yaml", "-c", "box", "--yes")
PLAN = ("plan", "brew.yaml", "-c", "box", "--json")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubBench]:
    with hubspot_bench(tmp_path_factory.mktemp("choices")) as made:
        yield made


@pytest.fixture
def bench(running: HubBench) -> HubBench:
    running.prepare()
    return running


def planned(bench: HubBench, *options: str) -> dict[str, Any]:
    process = bench.start(*PLAN, *options)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def told(data: dict[str, Any]) -> list[tuple[str, str, str | None, str]]:
    return [(item["action"], item["address"], item["was"], item["cause"]) for item in data["changes"]]


def test_what_was_there_becomes_ours(bench: HubBench) -> None:
    bench.call("POST", "/crm/v3/properties/contacts", {
        "name": "brw_engaged_at", "label": "Engaged", "groupName": "contactinformation", "type": "datetime",
        "fieldType": "date", "description": "By hand.",
    })  # fmt: skip
    assert "Property:contacts.brw_engaged_at is already in" in bench(*APPLY, code=5)
    shown = bench("import", "brew.yaml", "-c", "box")
    assert "  Property:contacts.brw_engaged_at  (" in shown
    out = bench("import", "brew.yaml", "-c", "box", "--all", "--yes")
    assert "~ Property:contacts.brw_engaged_at  (adopted)" in out
    assert "because" in out or "PropertyGroup" in out
    data = planned(bench)
    assert data["conflicts"] == []
    assert {item[0] for item in told(data)} == {"create"}
    bench(*APPLY)
    assert told(planned(bench)) == []


def test_a_renamed_lead_type_keeps_its_workflows(bench: HubBench) -> None:
    bench(*APPLY)
    before = {flow["name"]: flow["id"] for flow in bench.flows()}
    bench.edit("id: sample, label", "id: tasting, was: sample, label")
    err = bench(*APPLY, code=5)
    assert "sample cannot become tasting here: Its workflows keep their ids" in err
    data = planned(bench, "--remake", "sample", "-o", "brew.plan")
    renamed = [item for item in told(data) if item[3] == "renamed"]
    assert renamed == [
        ("update", "Flow:open_tasting", "Flow:open_sample", "renamed"),
        ("update", "Flow:timer_tasting", "Flow:timer_sample", "renamed"),
    ]
    assert {item[3] for item in told(data)} == {"renamed", "design"}
    bench("apply", "brew.plan", "-c", "box", "--yes")
    after = {flow["name"]: flow["id"] for flow in bench.flows()}
    assert after["BRW open tasting"] == before["BRW open sample"]
    assert after["BRW timer tasting"] == before["BRW timer sample"]
    assert sorted(after.values()) == sorted(before.values())
    again = planned(bench)
    assert (told(again), again["gone"], again["remade"]) == ([], [], [])


def test_a_property_of_another_type_is_not_adopted_and_that_is_said_before_anything(bench: HubBench) -> None:
    for name, kind, field in (("brw_assigned_at", "string", "text"), ("brw_engaged_at", "datetime", "date")):
        bench.call("POST", "/crm/v3/properties/contacts", {
            "name": name, "label": "Theirs", "groupName": "contactinformation", "type": kind, "fieldType": field,
        })  # fmt: skip
    why = (
        "its type is string (text) in HubSpot and datetime (date) in the design, and HubSpot does not turn the one "
        "into the other"
    )
    shown = bench("import", "brew.yaml", "-c", "box")
    assert f"      cannot be adopted: {why}\n" in shown
    assert shown.count("cannot be adopted") == 1
    for options in (("--all", "-o", "never.plan"), ("Property:contacts.brw_assigned_at", "--yes")):
        err = bench("import", "brew.yaml", "-c", "box", *options, code=5)
        assert f"This cannot be adopted. Property:contacts.brw_assigned_at: {why}. Nothing was changed." in err
    assert not (bench.folder / "never.plan").exists()
    bench("import", "brew.yaml", "Property:contacts.brw_engaged_at", "-c", "box", "--yes")
    assert planned(bench)["conflicts"] == ["Property:contacts.brw_assigned_at"]

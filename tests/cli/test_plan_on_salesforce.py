"""Adoption, targets, drift choices and renames against the emulated Salesforce."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import requests
from salesforce_bench import Bench, last

from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.resources import Resource, Snapshot
from provisioner.targets.salesforce import target

SLA = "CustomMetadata:STL_Lead_Type.demo_request"
ASSIGNED = "CustomField:Lead.STL_Assigned_At__c"


def desired(bench: Bench) -> Snapshot:
    document = load(bench.folder / "acme.yaml")
    design, _ = compile_design(document, today=date.today())
    assert design is not None
    return target.desire(design, document.locate)[0]


def by_hand(bench: Bench, *resources: Resource) -> None:
    """Deployed by somebody else, without a word to us."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in target.artifacts(resources):
            archive.writestr(file.path, file.content)
    url = f"{bench.emulator.url}/services/data/v66.0/metadata/deployRequest"
    options = {"deployOptions": {"singlePackage": True, "rollbackOnError": True}}
    headers = {"Authorization": f"Bearer {bench.emulator.access_token}"}
    files = {
        "json": (None, json.dumps(options), "application/json"),
        "file": ("deploy.zip", buffer.getvalue(), "application/zip"),
    }
    id = requests.post(url, headers=headers, files=files, timeout=30).json()["id"]
    result: dict[str, Any] = {"done": False}
    for _ in range(500):
        result = requests.get(f"{url}/{id}?includeDetails=true", headers=headers, timeout=30).json()["deployResult"]
        if result["done"]:
            break
    assert result.get("success"), result


def planned(bench: Bench, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bench("plan", "acme.yaml", "-c", "box", "--json", *options))
    return found


NOTHING = "Plan: 0 to add, 0 to change, 0 to delete, 3 by hand."
"""What is left of the starter design once it is applied: the steps that people do."""


def told(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What apply would do."""
    found = [(item["action"], item["address"], item["cause"]) for item in data["changes"]]
    return [item for item in found if item[0] != "by_hand"]


def edited(resource: Resource, **values: str) -> Resource:
    cells = [{**cell, "value": values.get(cell["field"], cell["value"])} for cell in resource.attributes["values"]]
    return Resource(resource.address, {**resource.attributes, "values": cells})


def test_what_was_there_becomes_ours_and_can_be_destroyed(bench: Bench) -> None:
    field = desired(bench).resources[next(a for a in desired(bench).resources if str(a) == ASSIGNED)]
    by_hand(bench, Resource(field.address, {**field.attributes, "label": "Assigned on"}))
    assert "Assigned_At__c is already in" in bench("apply", "acme.yaml", "-c", "box", "--yes", code=5)
    shown = bench("import", "acme.yaml", "-c", "box")
    assert f"  {ASSIGNED}  (1 difference)" in shown
    assert "~ label: 'Assigned on' -> 'Assigned At'" in shown or "Assigned on" in shown
    out = bench("import", "acme.yaml", ASSIGNED, "-c", "box", "--yes")
    assert last(out).startswith("Applied: 1 change in ")
    data = planned(bench)
    assert data["conflicts"] == []
    assert {item["action"] for item in data["changes"]} == {"create", "by_hand"}
    assert ASSIGNED in data["fingerprints"]
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    assert last(bench("plan", "acme.yaml", "-c", "box")) == NOTHING
    assert ASSIGNED in bench("destroy", "acme.yaml", "-c", "box", "--yes")


def test_a_part_is_deployed_with_what_it_needs(bench: Bench) -> None:
    data = planned(bench, "-target", SLA, "-o", "acme.plan")
    changed = {item["address"] for item in data["changes"]}
    assert data["aim"]["asked"] == [SLA]
    assert changed == {SLA, *data["aim"]["pulled"]}
    assert data["aim"]["pulled"]["CustomObject:STL_Lead_Type__mdt"] == SLA
    assert data["aim"]["left_out"] > 50
    bench("apply", "acme.plan", "-c", "box", "--yes")
    rest = planned(bench)
    assert not {item["address"] for item in rest["changes"]} & changed
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    assert last(bench("plan", "acme.yaml", "-c", "box")) == NOTHING


def test_a_change_by_hand_is_kept_undone_or_taken_in(bench: Bench) -> None:
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    mine = next(item for item in desired(bench) if str(item.address) == SLA)
    by_hand(bench, edited(mine, SLA_Minutes__c="30"))
    data = planned(bench)
    assert told(data) == [("update", SLA, "hand")]
    kept = planned(bench, "--keep-drift", SLA)
    assert (told(kept), [item["address"] for item in kept["kept"]]) == ([], [SLA])
    text = (bench.folder / "acme.yaml").read_text(encoding="utf-8")
    bench("plan", "acme.yaml", "-c", "box", "--accept-drift", SLA, "--yes")
    assert (bench.folder / "acme.yaml").read_text(encoding="utf-8") == text.replace("sla: 5m", "sla: 30m", 1)
    assert last(bench("plan", "acme.yaml", "-c", "box")) == NOTHING


def test_a_rename_is_refused_until_its_data_may_stay_behind(bench: Bench) -> None:
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    bench.edit("id: demo_request", "id: trial\n    was: demo_request")
    err = bench("apply", "acme.yaml", "-c", "box", "--yes", code=5)
    assert "demo_request cannot become trial here: Salesforce knows it by its API name" in err
    assert "provisioner plan acme.yaml -c box -o PLANFILE --remake demo_request" in err
    data = planned(bench, "--remake", "demo_request", "-o", "acme.plan")
    assert [(item["old"], item["new"], item["holds_data"]) for item in data["remade"]] == [
        ("demo_request", "trial", True)
    ]
    bench("apply", "acme.plan", "-c", "box", "--yes")
    after = planned(bench)
    assert (told(after), after["remade"]) == ([], []), "once it is done, `was` asks for nothing any more"

"""`import`: what is in the org already becomes the design's own, as a plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk import Desk

from provisioner.planning.plandata import content_digest
from provisioner.resources import Address

DEMO, OTHER, SETTINGS = Address("Type", "demo"), Address("Type", "other"), Address("Settings", "Default")


@pytest.fixture
def taken(desk: Desk) -> Desk:
    """One resource under our names is as the design wants it, one is not; the third is not there."""
    desk.org.resources |= {DEMO: {"sla": 5, "by": "server"}, OTHER: {"sla": 90}}
    return desk


def test_what_is_there_is_shown_first_and_nothing_is_changed(taken: Desk) -> None:
    before = dict(taken.org.resources)
    result = taken("import", "acme.yaml", "-c", "sandbox")
    assert result.code == 0
    assert result.out == (
        "In Acme Sandbox (00D000000000001AAA), under this design's names, and not made by it:\n"
        "  Type:demo  (as the design wants it)\n"
        "  Type:other  (1 difference)\n"
        "      ~ sla: 90 -> 60\n"
        "Make them this design's own (or name some of them instead of --all): "
        "provisioner import acme.yaml -c sandbox --all\n"
    )
    assert (taken.org.resources, "write" in taken.org.calls) == (before, False)
    data = json.loads(taken("import", "acme.yaml", "-c", "sandbox", "--json").out)
    assert data["found"] == [
        {"address": "Type:demo", "identical": True, "differences": []},
        {"address": "Type:other", "identical": False, "differences": ["sla"]},
    ]


def test_one_is_adopted_and_the_other_stays_in_the_way(taken: Desk) -> None:
    result = taken("import", "acme.yaml", "Type:demo", "-c", "sandbox", "--yes")
    assert result.code == 0, result.err
    assert "~ Type:demo  (adopted)" in result.out
    assert set(taken.org.ledger.fingerprints) == {DEMO}
    assert taken.org.resources[OTHER] == {"sla": 90}
    assert taken("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 5


def test_all_are_adopted_through_a_plan_file_and_then_there_is_only_the_rest(taken: Desk) -> None:
    kept = taken("import", "acme.yaml", "-c", "sandbox", "--all", "-o", "acme.plan")
    assert kept.code == 0, kept.err
    assert "Plan: 0 to add, 1 to change, 0 to delete, 1 to adopt." in kept.out
    changes = json.loads((taken.folder / "acme.plan").read_text())["changes"]
    assert [(item["address"], item["cause"], item["risk"]) for item in changes] == [
        ("Type:demo", "adopted", "cosmetic"),
        ("Type:other", "adopted", "changes_behaviour"),
    ]
    assert taken("apply", "acme.plan", "-c", "sandbox", "--yes").code == 0
    assert taken.org.resources[OTHER] == {"sla": 60}
    data = json.loads(taken("plan", "acme.yaml", "-c", "sandbox", "--json").out)
    assert [(item["action"], item["address"]) for item in data["changes"]] == [("create", "Settings:Default")]
    assert data["conflicts"] == []


def test_nothing_is_adopted_without_a_yes(taken: Desk) -> None:
    assert taken("import", "acme.yaml", "-c", "sandbox", "--all").code == 5
    assert taken.org.ledger.design is None


def test_what_moved_after_the_plan_is_not_adopted(taken: Desk) -> None:
    taken("import", "acme.yaml", "-c", "sandbox", "--all", "-o", "acme.plan")
    taken.org.resources[OTHER] = {"sla": 91}
    result = taken("apply", "acme.plan", "-c", "sandbox", "--yes")
    assert result.code == 5
    assert "Type:other changed in the org after this plan was made." in result.err
    assert "provisioner import acme.yaml -c sandbox Type:demo Type:other -o acme.plan" in result.err


def test_what_is_not_in_the_way_cannot_be_adopted(taken: Desk) -> None:
    result = taken("import", "acme.yaml", "Settings:Default", "-c", "sandbox", "--yes")
    assert result.code == 2
    assert "import: nothing that is in the way is called 'Settings:Default'." in result.err
    assert "There are: Type:demo, Type:other." in result.err
    assert taken("import", "acme.yaml", "Type:demo", "--all", "-c", "sandbox").code == 2


def test_an_org_with_nothing_in_the_way_says_so(desk: Desk) -> None:
    result = desk("import", "acme.yaml", "-c", "sandbox", "--all")
    assert (result.code, result.out) == (
        0,
        "Nothing in Acme Sandbox (00D000000000001AAA) stands under this design's names that it did not make.\n",
    )


@pytest.mark.parametrize("change", [{"cause": "adopted", "action": "delete", "after": None}, {"cause": "hand"}])
def test_a_plan_file_cannot_be_bent_to_take_what_is_not_ours(taken: Desk, change: dict[str, object]) -> None:
    """With a digest that fits: nothing foreign is deleted, or changed under another name for it."""
    taken("import", "acme.yaml", "-c", "sandbox", "--all", "-o", "acme.plan")
    path = Path("acme.plan")
    data = json.loads(path.read_text())
    data["changes"][0].update(change)
    path.write_text(json.dumps(data | {"digest": content_digest(data)}))
    result = taken("apply", "acme.plan", "-c", "sandbox", "--yes")
    assert result.code in (2, 5), result.out
    assert taken.org.resources[DEMO] == {"sla": 5, "by": "server"}
    assert "write" not in taken.org.calls


def test_the_conflict_of_a_plan_names_the_way(taken: Desk) -> None:
    result = taken("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert result.code == 5
    advice = "Or see how they differ, and make them this design's: provisioner import acme.yaml -c sandbox\n"
    assert advice in result.err


def test_the_history_calls_it_an_import_kept_or_not(taken: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from jsonschema import Draft202012Validator

    monkeypatch.setenv("PROVISIONER_STATE_DIR", str(taken.folder / "state"))
    assert taken("import", "acme.yaml", "-c", "sandbox", "--all", "-o", "acme.plan").code == 0
    assert taken("apply", "acme.plan", "-c", "sandbox", "--yes").code == 0
    assert json.loads(taken("history", "--json").out)["runs"][0]["kind"] == "import"
    schema = json.loads((Path(__file__).parents[2] / "specs" / "run.schema.json").read_text(encoding="utf-8"))
    journal = next((taken.folder / "state" / "runs").iterdir()) / "journal.jsonl"
    for line in journal.read_text(encoding="utf-8").splitlines():
        Draft202012Validator(schema).validate(json.loads(line))

"""What the options of plan choose: an org in memory behind the real command line."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from desk import Desk

from provisioner.planning.plan import Remade, Touched
from provisioner.planning.plandata import content_digest
from provisioner.resources import Address
from provisioner.targets.base import Ledger, Renames

DEMO, OTHER, SETTINGS = Address("Type", "demo"), Address("Type", "other"), Address("Settings", "Default")


@pytest.fixture
def applied(desk: Desk) -> Desk:
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    return desk


def planned(desk: Desk, *options: str) -> dict[str, Any]:
    result = desk("plan", "acme.yaml", "-c", "sandbox", "--json", *options)
    assert result.code == 0, result.err
    found: dict[str, Any] = json.loads(result.out)
    return found


def told(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(item["action"], item["address"], item["cause"]) for item in data["changes"]]


# ------------------------------------------------------------------ kept


def test_a_change_by_hand_is_left_alone_and_noticed_again(applied: Desk) -> None:
    applied.org.resources[DEMO] = {"sla": 30}
    applied.edit("sla: 1h", "sla: 2h")
    whole = planned(applied)
    assert told(whole) == [("update", "Type:demo", "hand"), ("update", "Type:other", "design")]
    kept = planned(applied, "--keep-drift", "Type:d*")
    assert told(kept) == [("update", "Type:other", "design")]
    assert kept["kept"] == [{"address": "Type:demo", "cause": "hand", "touched": None}]
    made = applied("plan", "acme.yaml", "-c", "sandbox", "--keep-drift", "Type:demo", "-o", "acme.plan")
    assert made.code == 0
    assert applied("apply", "acme.plan", "-c", "sandbox", "--yes").code == 0
    assert applied.org.resources[DEMO] == {"sla": 30}
    assert applied.org.resources[OTHER] == {"sla": 120}
    assert told(planned(applied)) == [("update", "Type:demo", "hand")]
    left = applied("plan", "acme.yaml", "-c", "sandbox", "--keep-drift", "Type:demo", "--detailed-exitcode")
    assert left.code == 3, "nothing would be done, and the org is not what the design says"


def test_what_was_not_changed_by_hand_cannot_be_kept(applied: Desk) -> None:
    applied.org.resources[DEMO] = {"sla": 30}
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--keep-drift", "Type:other")
    assert result.code == 2
    assert "--keep-drift: nothing that was changed by hand is called 'Type:other'." in result.err
    assert "There are: Type:demo." in result.err


# ---------------------------------------------------------------- targets


def test_a_targeted_plan_does_that_only_and_keeps_the_rest_as_recorded(applied: Desk) -> None:
    applied.edit("sla: 5m", "sla: 6m")
    applied.edit("sla: 1h", "sla: 2h")
    before = dict(applied.org.ledger.fingerprints)
    for spelling in ("--target", "-target"):
        data = planned(applied, spelling, "Type:demo")
        assert told(data) == [("update", "Type:demo", "design")]
        assert data["aim"] == {"asked": ["Type:demo"], "pulled": {}, "left_out": 1}
    applied("plan", "acme.yaml", "-c", "sandbox", "--target", "Type:demo", "-o", "acme.plan")
    assert applied("apply", "acme.plan", "-c", "sandbox", "--yes").code == 0
    after = dict(applied.org.ledger.fingerprints)
    assert {address for address in before if before[address] != after[address]} == {DEMO}
    assert told(planned(applied)) == [("update", "Type:other", "design")]
    left = applied("plan", "acme.yaml", "-c", "sandbox", "--target", "Type:demo", "--detailed-exitcode")
    assert left.code == 3, "the part is as it should be, the rest is not"


def test_a_target_that_is_nothing_is_said(applied: Desk) -> None:
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--target", "Type:demmo")
    assert result.code == 2
    assert result.err == (
        "Error: --target: nothing that the design asks for, or has made, is called 'Type:demmo'.\n"
        "  What to do: Did you mean Type:demo?\n"
    )


@pytest.mark.parametrize("lost", ["demo", "DEMO", "Flow:*demo"])
def test_a_target_without_its_kind_is_guessed(applied: Desk, lost: str) -> None:
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--target", lost)
    assert result.code == 2
    assert result.err.endswith("Did you mean Type:demo?\n") == (":" not in lost)


# ------------------------------------------------------------------- who


def test_who_changed_it_is_asked_since_the_last_apply(applied: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[Address], str]] = []

    def touched(session: object, addresses: list[Address], since: str) -> dict[Address, Touched]:
        asked.append((list(addresses), since))
        return {DEMO: Touched("kim@acme.example", "2026-03-02T09:00:00Z")}

    from fake_org import FakeSession

    monkeypatch.setattr(FakeSession, "touched", touched, raising=False)
    applied.org.resources[DEMO] = {"sla": 30}
    data = planned(applied)
    assert data["changes"][0]["touched"] == {"by": "kim@acme.example", "at": "2026-03-02T09:00:00Z"}
    assert asked == [([DEMO], applied.org.ledger.meta["applied_at"])]
    text = applied("plan", "acme.yaml", "-c", "sandbox").out
    assert "1 change of this plan undoes what was done by hand by kim@acme.example on 2026-03-02 09:00 UTC." in text


def test_what_is_gone_and_not_wanted_leaves_the_ledger_and_is_said(applied: Desk) -> None:
    old = Address("Type", "old")
    meta = applied.org.ledger
    applied.org.ledger = Ledger(meta.design, {**meta.fingerprints, old: "f"}, meta.meta)
    data = planned(applied)
    assert (told(data), data["gone"]) == ([], ["Type:old"])
    text = applied("plan", "acme.yaml", "-c", "sandbox").out
    assert "Not in the org any more, nor in the design (only the ledger forgets them):\n  Type:old\n" in text
    assert applied("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    assert old not in applied.org.ledger.fingerprints


# ---------------------------------------------------------------- accepted


def test_a_change_by_hand_is_written_into_the_design(applied: Desk) -> None:
    design = applied.folder / "acme.yaml"
    text = "# ours\r\n" + design.read_text(encoding="utf-8").replace("sla: 5m,", "sla: '5m',  # quick\n   ")
    design.write_bytes(text.encode())
    design.chmod(0o640)
    assert told(planned(applied)) == []
    applied.org.resources[DEMO] = {"sla": 30}
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--accept-drift", "Type:demo", "--yes")
    assert result.code == 0, result.err
    assert "No changes." in result.out
    assert design.read_bytes().decode() == text.replace("'5m'", "'30m'")
    assert stat.S_IMODE(design.stat().st_mode) == 0o640
    assert sorted(item.name for item in applied.folder.iterdir()) == ["acme.yaml", "provisioner.toml"]


def test_hours_are_written_as_hours(applied: Desk) -> None:
    applied.org.resources[OTHER] = {"sla": 120}
    applied.org.resources[DEMO] = {"sla": 90}
    assert applied("plan", "acme.yaml", "-c", "sandbox", "--accept-drift", "*", "--yes").code == 0
    text = (applied.folder / "acme.yaml").read_text(encoding="utf-8")
    assert "sla: 2h" in text
    assert "sla: 90m" in text


def test_a_pattern_takes_in_what_it_can_and_tells_the_rest(applied: Desk) -> None:
    applied.org.resources[DEMO] = {"sla": 30}
    applied.org.resources[SETTINGS] = {"live": False, "to": 7}
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--accept-drift", "*", "--yes")
    assert result.code == 0
    told_so = "Not taken in: The design has no words for what was changed by hand at Settings:Default (to).\n"
    assert told_so in result.err
    assert "sla: 30m" in (applied.folder / "acme.yaml").read_text(encoding="utf-8")
    assert "~ Settings:Default  (changed by hand)" in result.out
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--accept-drift", "*", "--yes")
    assert result.code == 5, "nothing of it could be taken in"
    assert "The design has no words for what was changed by hand at Settings:Default (to)." in result.err


def test_what_the_design_has_no_words_for_is_refused(applied: Desk) -> None:
    before = (applied.folder / "acme.yaml").read_bytes()
    applied.org.resources[SETTINGS] = {"live": False, "to": 7}
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--accept-drift", "Settings:Default", "--yes")
    assert result.code == 5
    assert "The design has no words for what was changed by hand at Settings:Default (to)." in result.err
    assert (applied.folder / "acme.yaml").read_bytes() == before


def test_what_was_deleted_by_hand_is_no_value(applied: Desk) -> None:
    del applied.org.resources[DEMO]
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--accept-drift", "Type:demo", "--yes")
    assert result.code == 5
    assert "Type:demo was deleted by hand; a design does not say that something is not there." in result.err


def test_without_a_yes_the_design_stays(applied: Desk) -> None:
    before = (applied.folder / "acme.yaml").read_bytes()
    applied.org.resources[DEMO] = {"sla": 30}
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--accept-drift", "Type:demo")
    assert result.code == 5
    assert "+  - {id: demo, label: Demo, when: {LeadSource: [Demo]}, sla: 30m, escalation: urgent}" in result.err
    assert (applied.folder / "acme.yaml").read_bytes() == before


def test_a_value_that_two_share_is_not_written_for_one(applied: Desk) -> None:
    """Both lead types have the same SLA through an alias: the document cannot say it of one alone."""
    design = applied.folder / "acme.yaml"
    text = design.read_text(encoding="utf-8").replace("sla: 5m", "sla: &fast 5m").replace("sla: 1h", "sla: *fast")
    design.write_text(text, encoding="utf-8")
    assert applied("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    applied.org.resources[DEMO] = {"sla": 30}
    result = applied("plan", "acme.yaml", "-c", "sandbox", "--accept-drift", "Type:demo", "--yes")
    assert result.code == 5
    assert design.read_text(encoding="utf-8") == text


# ------------------------------------------------------------------ policy


def policy(desk: Desk, text: str, name: str = "policy.yaml") -> Path:
    path = desk.folder / name
    path.write_text("apiVersion: provisioner/v1\n" + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("max_changes: 0\n", "policy.yaml:2:1: max_changes: this plan has 1 change; at most 0 are allowed."),
        (
            "forbid: [overwriting_by_hand]\n",
            "policy.yaml:2:10: forbid overwriting_by_hand: this plan undoes what was changed by hand at Type:demo.",
        ),
        (
            "require: [simulate]\n",
            "policy.yaml:2:11: require simulate: nobody has simulated what this plan does to leads, and this version "
            "of provisioner has no command that does, so no plan can keep this rule.",
        ),
        (
            "orgs: ['00D000000000002']\n",
            "policy.yaml:2:1: orgs: Acme Sandbox (00D000000000001AAA) is none of the orgs that may be written to.",
        ),
    ],
)
def test_a_policy_warns_in_a_plan_and_stops_an_apply(applied: Desk, rules: str, said: str) -> None:
    applied.org.resources[DEMO] = {"sla": 30}
    policy(applied, rules)
    shown = applied("plan", "acme.yaml", "-c", "sandbox")
    assert (shown.code, f"The policy forbids this: {said}" in shown.err) == (0, True), shown.err
    done = applied("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert f"The policy forbids this plan. {said} Nothing was changed." in done.err
    assert applied.org.resources[DEMO] == {"sla": 30}


def test_a_rule_that_no_plan_can_keep_yet_says_so_and_what_works(applied: Desk) -> None:
    applied.edit("sla: 5m", "sla: 6m")
    path = policy(applied, "require: [simulate]\n")
    done = applied("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert done.err.endswith(
        "  What to do: Take simulate out of `require` in the policy, or wait for a version that simulates. Then: "
        "provisioner plan acme.yaml -c sandbox.\n"
    )
    path.unlink()
    assert applied("plan", "acme.yaml", "-c", "sandbox").code == 0, "what was named works today"


@pytest.mark.parametrize(("simulated", "code"), [("that of the plan", 0), ("another", 5)])
def test_a_simulation_counts_for_its_own_design_only(applied: Desk, simulated: str, code: int) -> None:
    policy(applied, "require: [simulate]\n")
    applied.edit("sla: 5m", "sla: 6m")
    applied("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan")
    file = applied.folder / "acme.plan"
    data = json.loads(file.read_text(encoding="utf-8"))
    own = data["design"]["digest"]
    data["impact"] = {"design": own if simulated == "that of the plan" else "sha256:" + "0" * 64, "alerts": 41}
    file.write_text(json.dumps(data | {"digest": content_digest(data)}), encoding="utf-8")
    done = applied("apply", "acme.plan", "-c", "sandbox", "--yes")
    assert done.code == code
    other = "require simulate: what this plan says it does to leads was simulated with another design."
    assert (other in done.err) is (code == 5)


def test_deletions_are_forbidden_with_their_names(applied: Desk) -> None:
    policy(applied, "forbid: [deletes, data_loss]\n")
    done = applied("destroy", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert "policy.yaml:2:10: forbid deletes: this plan deletes Settings:Default, Type:demo, Type:other." in done.err
    assert "policy.yaml:2:19: forbid data_loss: this plan loses the data of Settings:Default" in done.err
    assert len(applied.org.resources) == 3


def test_a_plan_file_keeps_to_the_policy_it_was_made_under(applied: Desk) -> None:
    applied.edit("sla: 5m", "sla: 6m")
    path = policy(applied, "max_changes: 5\n")
    assert applied("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    path.write_text("apiVersion: provisioner/v1\nmax_changes: 50\n", encoding="utf-8")
    changed = applied("apply", "acme.plan", "-c", "sandbox", "--yes")
    assert (changed.code, "policy.yaml was changed after this plan was made." in changed.err) == (5, True)
    assert "provisioner plan acme.yaml -c sandbox -o acme.plan" in changed.err
    path.unlink()
    missing = applied("apply", "acme.plan", "-c", "sandbox", "--yes")
    assert (missing.code, "This plan was made under a policy, which is not here." in missing.err) == (5, True)
    policy(applied, "max_changes: 5\n", "elsewhere.yaml")
    assert applied("apply", "acme.plan", "-c", "sandbox", "--yes", "--policy", "elsewhere.yaml").code == 0


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("forbid: [delete]\n", "policy.yaml:2:10: policy.yaml is not a policy: 'delete' is not one of"),
        ("forbid: [deletes\n", "policy.yaml:"),
    ],
)
def test_a_policy_that_cannot_be_read_stops_everything(applied: Desk, rules: str, said: str) -> None:
    policy(applied, rules)
    for command in (("plan", "acme.yaml"), ("apply", "acme.yaml", "--yes")):
        result = applied(*command, "-c", "sandbox")
        assert (result.code, said in result.err) == (2, True), result.err


# ----------------------------------------------------------------- renames


@pytest.fixture
def renaming(applied: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A platform that keeps nothing through a rename, and a design that renames `demo`."""
    import fake_target

    remade = Remade("demo", "trial", "Records hold the old id.", True)
    found = Renames(remade={remade: frozenset({DEMO})})
    monkeypatch.setattr(fake_target.Target, "renamed", lambda self, design: found, raising=False)
    applied.edit("id: demo,", "id: trial, was: demo,")
    return applied


def test_a_rename_that_leaves_data_behind_wants_the_old_id_named(renaming: Desk) -> None:
    for command in (("plan", "acme.yaml"), ("apply", "acme.yaml", "--yes")):
        result = renaming(*command, "-c", "sandbox")
        assert result.code == 5
        assert "demo cannot become trial here: Records hold the old id. Nothing was changed." in result.err
        assert "provisioner plan acme.yaml -c sandbox -o PLANFILE --remake demo" in result.err
    data = planned(renaming, "--remake", "demo", "-o", "acme.plan")
    assert told(data) == [("delete", "Type:demo", "orphaned"), ("create", "Type:trial", "new")]
    assert data["remade"] == [{"old": "demo", "new": "trial", "reason": "Records hold the old id.", "holds_data": True}]
    done = renaming("apply", "acme.plan", "-c", "sandbox", "--yes", "--allow-deletes", "1")
    assert done.code == 0, done.err
    assert (told(planned(renaming)), planned(renaming)["remade"]) == ([], [])


def test_an_open_rename_stops_nobody_from_looking(renaming: Desk) -> None:
    assert renaming("done", "acme.yaml", "-c", "sandbox").code == 0
    assert renaming("import", "acme.yaml", "-c", "sandbox").code == 0
    assert renaming("destroy", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    assert renaming.org.resources == {}

"""No way around a policy: not by another command, not by another name of the file, not by a plan that was kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from desk import Desk

from provisioner.resources import Address

DEMO, OTHER = Address("Type", "demo"), Address("Type", "other")
APPLY = ("apply", "acme.yaml", "-c", "sandbox", "--yes")
NO_DELETES = "apiVersion: provisioner/v1\nforbid: [deletes]\n"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROVISIONER_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def run(desk: Desk) -> str:
    """The id of the run that made everything; taking it back deletes everything."""
    assert desk(*APPLY).code == 0
    return str(json.loads(desk("history", "--json").out)["runs"][0]["run"])


def test_a_rollback_keeps_to_the_policy_beside_the_design_of_its_run(desk: Desk, run: str) -> None:
    (desk.folder / "policy.yaml").write_text(NO_DELETES, encoding="utf-8")
    done = desk("rollback", run, "-c", "sandbox", "--yes", "--allow-deletes=3")
    assert (done.code, len(desk.org.resources)) == (5, 3)
    assert "policy.yaml:2:10: forbid deletes: this plan deletes Settings:Default, Type:demo, Type:other." in done.err


def test_a_rollback_keeps_to_the_policy_that_is_named(desk: Desk, run: str) -> None:
    (desk.folder / "rules.yaml").write_text(NO_DELETES, encoding="utf-8")
    command = ("rollback", run, "-c", "sandbox", "--yes", "--allow-deletes=3", "--policy", "rules.yaml")
    assert (desk(*command).code, len(desk.org.resources)) == (5, 3)
    assert desk(*command[:-2]).code == 0
    assert desk.org.resources == {}


def test_a_rollback_of_a_rollback_too(desk: Desk, run: str) -> None:
    assert desk("rollback", run, "-c", "sandbox", "--yes", "--allow-deletes=3").code == 0
    second = str(json.loads(desk("history", "--json").out)["runs"][0]["run"])
    (desk.folder / "policy.yaml").write_text("apiVersion: provisioner/v1\nmax_changes: 2\n", encoding="utf-8")
    done = desk("rollback", second, "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources) == (5, {})
    assert "policy.yaml:2:1: max_changes: this plan has 3 changes; at most 2 are allowed." in done.err


def test_a_rollback_that_is_kept_warns_and_wants_its_policy_again(desk: Desk, run: str) -> None:
    (desk.folder / "policy.yaml").write_text(NO_DELETES, encoding="utf-8")
    kept = desk("rollback", run, "-c", "sandbox", "-o", "back.plan")
    assert kept.code == 0
    assert "The policy forbids this: " in kept.err
    apply = ("apply", "back.plan", "-c", "sandbox", "--yes", "--allow-deletes=3")
    without = desk(*apply)
    assert (without.code, len(desk.org.resources)) == (5, 3)
    assert "This plan was made under a policy, which is not here. Nothing was changed." in without.err
    named = desk(*apply, "--policy", "policy.yaml")
    assert (named.code, len(desk.org.resources)) == (5, 3)
    assert "forbid deletes" in named.err


def test_a_policy_that_is_a_link_to_nothing_stops_everything(desk: Desk) -> None:
    (desk.folder / "policy.yaml").symlink_to(desk.folder / "nowhere.yaml")
    done = desk(*APPLY)
    assert (done.code, desk.org.resources) == (2, {})
    assert "policy.yaml: No such file or directory." in done.err


def test_a_design_that_is_a_link_keeps_to_the_policy_beside_what_it_leads_to(desk: Desk) -> None:
    (desk.folder / "elsewhere").mkdir()
    (desk.folder / "elsewhere" / "link.yaml").symlink_to(desk.folder / "acme.yaml")
    (desk.folder / "policy.yaml").write_text("apiVersion: provisioner/v1\nmax_changes: 0\n", encoding="utf-8")
    done = desk("apply", "elsewhere/link.yaml", "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources) == (5, {})
    assert "at most 0 are allowed" in done.err


@pytest.mark.parametrize("name", ["policy.yml", "policy.json"])
def test_a_policy_under_a_name_that_is_not_read_is_said(desk: Desk, name: str) -> None:
    (desk.folder / name).write_text(NO_DELETES, encoding="utf-8")
    done = desk(*APPLY)
    assert (done.code, desk.org.resources) == (2, {})
    assert done.err.endswith(
        f"Error: {name} is not read: a policy is called policy.yaml.\n"
        "  What to do: Rename it to policy.yaml, or away from the design.\n"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_nobody_waits_for_a_policy(desk: Desk) -> None:
    os.mkfifo(desk.folder / "policy.yaml")
    done = desk(*APPLY)
    assert (done.code, desk.org.resources) == (2, {})
    assert "policy.yaml is a pipe; a policy is read more than once." in done.err


def test_going_live_keeps_to_the_policy_that_is_named(desk: Desk) -> None:
    assert desk(*APPLY).code == 0
    desk.edit("mode: silent", "mode: live")
    (desk.folder / "rules.yaml").write_text("apiVersion: provisioner/v1\nforbid: [live_alerts]\n", encoding="utf-8")
    golive = ("golive", "acme.yaml", "-c", "sandbox", "--yes", "--override", "Agreed with the CRO")
    done = desk(*golive, "--policy", "rules.yaml")
    assert (done.code, desk.org.resources[Address("Settings", "Default")]["live"]) == (5, False)
    assert "rules.yaml:2:10: forbid live_alerts: this plan switches alerts to their real recipients." in done.err
    assert desk(*golive).code == 0


def test_a_plan_that_is_shown_is_held_against_its_policy(desk: Desk) -> None:
    policy = desk.folder / "policy.yaml"
    policy.write_text("apiVersion: provisioner/v1\nmax_changes: 2\n", encoding="utf-8")
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    said = "The policy forbids this: policy.yaml:2:1: max_changes: this plan has 3 changes; at most 2 are allowed."
    shown = desk("plan", "show", "acme.plan")
    assert (shown.code, shown.err.splitlines()[0]) == (0, said)
    assert "The policy forbids this" in desk("plan", "show", "acme.plan", "--format", "markdown").out
    policy.write_text("apiVersion: provisioner/v1\nmax_changes: 3\n", encoding="utf-8")
    changed = "policy.yaml was changed after this plan was made: apply refuses it.\n"
    assert desk("plan", "show", "acme.plan").err == changed
    policy.rename(desk.folder / "rules.yaml")
    gone = "This plan was made under a policy, which is not here: apply refuses it without (--policy FILE).\n"
    assert desk("plan", "show", "acme.plan").err == gone


def test_a_plan_of_no_policy_is_held_against_the_one_that_is_named(desk: Desk) -> None:
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    (desk.folder / "policy.yaml").write_text("apiVersion: provisioner/v1\nmax_changes: 2\n", encoding="utf-8")
    assert desk("plan", "show", "acme.plan").err == ""
    named = desk("plan", "show", "acme.plan", "--policy", "policy.yaml")
    assert "max_changes: this plan has 3 changes; at most 2 are allowed." in named.err

"""Journals and backups that somebody bent, with a digest made anew, or laid in each other's place."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desk import Desk

from provisioner.resources import Address, fingerprint

DEMO = Address("Type", "demo")
APPLY = ("apply", "acme.yaml", "-c", "sandbox", "--yes")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROVISIONER_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state" / "runs"


@pytest.fixture
def ran(desk: Desk, state: Path) -> tuple[Desk, Path]:
    """Two runs; the folder of the second, which changed one threshold from 5 to 6 minutes."""
    assert desk(*APPLY).code == 0
    desk.edit("sla: 5m", "sla: 6m")
    assert desk(*APPLY).code == 0
    return desk, sorted(state.iterdir())[-1]


def bend(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["digest"]
    change(data)
    path.write_text(json.dumps(data | {"digest": "sha256:" + fingerprint(data)}), encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("ledger"),
        lambda data: data.update(ledger=5),
        lambda data: data["ledger"].update(meta=5),
        lambda data: data.update(changes=[{}]),
        lambda data: data["changes"][0].update(before="x"),
        lambda data: data["changes"][0].update(after=[1]),
        lambda data: data["changes"][0].update(address="no kind"),
        lambda data: data["changes"].append(data["changes"][0]),
        lambda data: data.update(org={}),
    ],
)
def test_a_backup_of_another_shape_is_damaged(
    ran: tuple[Desk, Path], change: Callable[[dict[str, Any]], object]
) -> None:
    desk, folder = ran
    bend(folder / "backup.json", change)
    done = desk("rollback", folder.name, "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources[DEMO]) == (1, {"sla": 6})
    assert f"Error: The backup {folder / 'backup.json'} is damaged: what it holds is no backup." in done.err


@pytest.mark.parametrize("changes", [5, "x", {"address": "Type:demo"}, ["Type:demo"], [None]])
def test_one_journal_that_somebody_bent_hides_no_other_run(ran: tuple[Desk, Path], changes: Any) -> None:
    desk, folder = ran
    journal = folder / "journal.jsonl"
    first, *rest = journal.read_text(encoding="ascii").splitlines()
    lines = [json.dumps(json.loads(first) | {"changes": changes}), *rest]
    journal.write_text("".join(line + "\n" for line in lines), encoding="ascii")
    done = desk("history")
    assert (done.code, done.out.count("completed")) == (0, 1)
    assert f"{journal} is damaged: line 1 is not what was written." in done.out + done.err
    assert f"{journal} is damaged: line 1 is not what was written." in desk("history", "show", folder.name).err


def test_an_end_that_somebody_bent_is_damage_and_no_bug(ran: tuple[Desk, Path]) -> None:
    desk, folder = ran
    journal = folder / "journal.jsonl"
    *rest, last = journal.read_text(encoding="ascii").splitlines()
    lines = [*rest, json.dumps(json.loads(last) | {"surprises": 5})]
    journal.write_text("".join(line + "\n" for line in lines), encoding="ascii")
    done = desk("history", "show", folder.name)
    assert (done.code, f"{journal} is damaged: line {len(lines)} is not what was written." in done.err) == (1, True)


def test_a_backup_is_that_of_its_run(ran: tuple[Desk, Path]) -> None:
    desk, folder = ran
    first = sorted(folder.parent.iterdir())[0]
    shutil.copy(first / "backup.json", folder / "backup.json")
    done = desk("rollback", folder.name, "-c", "sandbox", "--yes", "--discard-later-changes", "--allow-deletes=3")
    assert (done.code, desk.org.resources[DEMO]) == (1, {"sla": 6})
    assert f"is damaged: it is that of another run ({first.name}). Nothing was changed." in done.err


def test_a_backup_is_of_the_org_that_it_is_restored_to(ran: tuple[Desk, Path]) -> None:
    desk, folder = ran
    bend(folder / "backup.json", lambda data: data["org"].update(id="00D000000000002AAA", name="Acme"))
    done = desk("rollback", folder.name, "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources[DEMO]) == (5, {"sla": 6})
    assert (
        f"The backup of run {folder.name} is of Acme (00D000000000002AAA), but the connection leads to Acme Sandbox "
        "(00D000000000001AAA). Nothing was changed." in done.err
    )


@pytest.mark.parametrize("org", ["x", 5, ["x"]])
def test_a_journal_whose_org_is_something_else_is_not_readable_and_in_nobodys_way(
    ran: tuple[Desk, Path], org: object
) -> None:
    desk, folder = ran
    _begin(folder, org=org)
    said = f"{folder / 'journal.jsonl'} is damaged: line 1 is not what was written."
    listed = desk("history")
    assert (listed.code, f"Not readable: {said}" in listed.out) == (0, True)
    assert f"Error: {said}" in desk("rollback", folder.name, "-c", "sandbox", "--yes").err
    desk.edit("sla: 6m", "sla: 7m")
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    assert desk("apply", "acme.plan", "-c", "sandbox", "--yes").code == 0


@pytest.mark.parametrize("org", [None, {}, {"platform": "salesforce"}, {"platform": 5, "id": "x", "name": "x"}])
def test_a_run_that_does_not_say_where_it_was_is_not_taken_back(ran: tuple[Desk, Path], org: object) -> None:
    desk, folder = ran
    _begin(folder, org=org)
    done = desk("rollback", folder.name, "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources[DEMO]) == (1, {"sla": 6})
    assert "is damaged: its first line does not say which org it was." in done.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_nobody_waits_for_a_pipe(ran: tuple[Desk, Path]) -> None:
    desk, folder = ran
    for name in ("backup.json", "journal.jsonl"):
        (folder / name).unlink()
        os.mkfifo(folder / name)
        done = desk("rollback", folder.name, "-c", "sandbox", "--yes")
        assert (done.code, desk.org.resources[DEMO]) == (1, {"sla": 6})
        assert f"{folder / name} cannot be read: it is not a file." in done.err


def test_a_place_of_runs_that_is_no_folder_is_said(desk: Desk, state: Path) -> None:
    state.parent.mkdir()
    state.write_text("", encoding="utf-8")
    for command in (("history",), ("history", "show", "x"), ("rollback", "x", "-c", "sandbox")):
        done = desk(*command)
        assert (done.code, done.err) == (1, f"Error: The runs in {state} cannot be listed: Not a directory.\n")


def _begin(folder: Path, **facts: object) -> None:
    first, rest = (folder / "journal.jsonl").read_text(encoding="utf-8").split("\n", 1)
    line = json.dumps(json.loads(first) | facts)
    (folder / "journal.jsonl").write_text(f"{line}\n{rest}", encoding="utf-8")

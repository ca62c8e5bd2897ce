from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.applying import lock, processes
from provisioner.applying.journal import JournalError

KEY = "pretend-00D000000000001"


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    assert lock.take(tmp_path, KEY, "one") is None
    held = lock.take(tmp_path, KEY, "two")
    assert held is not None
    assert (held.run, held.process) == ("one", processes.this())
    assert str(held).startswith(f"another provisioner of this machine (process {processes.this().pid}, run one, since ")
    assert lock.take(tmp_path, "pretend-another", "two") is None


def test_a_lock_is_given_back_by_its_run_only(tmp_path: Path) -> None:
    assert lock.take(tmp_path, KEY, "one") is None
    lock.release(tmp_path, KEY, "two")
    assert lock.take(tmp_path, KEY, "two") is not None
    lock.release(tmp_path, KEY, "one")
    assert lock.take(tmp_path, KEY, "two") is None
    assert [path.name for path in (tmp_path / "locks").iterdir()] == [f"{KEY}.lock"]


def test_a_lock_of_a_process_that_is_gone_is_taken_over(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from provisioner.applying import lock; "
        f"assert lock.take(Path(sys.argv[1]), {KEY!r}, 'gone') is None"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert (tmp_path / "locks" / f"{KEY}.lock").exists()
    assert lock.take(tmp_path, KEY, "two") is None


def test_a_number_that_belongs_to_another_process_now_is_nobody(tmp_path: Path) -> None:
    assert lock.take(tmp_path, KEY, "one") is None
    path = tmp_path / "locks" / f"{KEY}.lock"
    data = json.loads(path.read_text())
    data["process"]["started"] -= 1000
    path.write_text(json.dumps(data))
    assert lock.take(tmp_path, KEY, "two") is None


def test_a_lock_of_another_machine_is_believed(tmp_path: Path) -> None:
    assert lock.take(tmp_path, KEY, "one") is None
    path = tmp_path / "locks" / f"{KEY}.lock"
    data = json.loads(path.read_text())
    data["process"]["host"] = "elsewhere"
    path.write_text(json.dumps(data))
    held = lock.take(tmp_path, KEY, "two")
    assert held is not None and held.process.host == "elsewhere"


@pytest.mark.parametrize("content", ["", "nonsense", "[]", '{"process": {"pid": "x"}}'])
def test_a_damaged_lock_is_nobodys(tmp_path: Path, content: str) -> None:
    path = tmp_path / "locks" / f"{KEY}.lock"
    path.parent.mkdir()
    path.write_text(content)
    assert lock.take(tmp_path, KEY, "one") is None
    held = lock.take(tmp_path, KEY, "two")
    assert held is not None and held.run == "one"


def test_of_many_at_once_one_gets_it(tmp_path: Path) -> None:
    """Also when a stale lock has to be cleared by all of them."""
    code = (
        "import sys; from pathlib import Path; from provisioner.applying import lock\n"
        f"held = lock.take(Path(sys.argv[1]), {KEY!r}, sys.argv[2])\n"
        "print('mine' if held is None else held.run, flush=True); sys.stdin.readline()"
    )
    path = tmp_path / "locks" / f"{KEY}.lock"
    path.parent.mkdir()
    stale = {"run": "gone", "since": "t", "process": {**processes.this().data(), "started": 1.0}}
    path.write_text(json.dumps(stale))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), f"run{number}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(6)
    ]  # fmt: skip
    said = [child.stdout.readline().strip() for child in children if child.stdout is not None]
    for child in children:
        child.communicate("\n", timeout=60)
    assert said.count("mine") == 1
    winner = f"run{said.index('mine')}"
    assert {word for word in said if word != "mine"} == {winner}


def test_a_lock_that_was_taken_over_in_this_moment_is_put_back(tmp_path: Path) -> None:
    """Two see the same stale lock; one has replaced it already when the other clears it away."""
    path = tmp_path / "locks" / f"{KEY}.lock"
    stale = lock.Held(processes.Process("here", 1, 1.0), "gone", "t")
    assert lock.take(tmp_path, KEY, "quicker") is None
    lock._clear(path, stale)
    held = lock.take(tmp_path, KEY, "slower")
    assert held is not None and held.run == "quicker"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_lock_of_another_machine_says_what_to_do(tmp_path: Path) -> None:
    """A container of yesterday had another name, and nobody would ever take its lock away."""
    assert lock.take(tmp_path, KEY, "one") is None
    path = tmp_path / "locks" / f"{KEY}.lock"
    data = json.loads(path.read_text())
    data["process"] |= {"host": "elsewhere", "pid": 7}
    path.write_text(json.dumps(data | {"since": "2026-03-02T13:00:00.000Z"}))
    assert str(lock.take(tmp_path, KEY, "two")) == (
        "another provisioner on elsewhere (process 7, run one, since 2026-03-02T13:00:00.000Z); whether it is still "
        f"there cannot be seen from here. If it is not, remove {path}"
    )


@pytest.mark.parametrize("pid", [-5, 0, True, 1.5, "7"])
def test_what_is_no_process_holds_nothing(tmp_path: Path, pid: object) -> None:
    assert lock.take(tmp_path, KEY, "one") is None
    path = tmp_path / "locks" / f"{KEY}.lock"
    data = json.loads(path.read_text())
    data["process"]["pid"] = pid
    path.write_text(json.dumps(data))
    assert lock.take(tmp_path, KEY, "two") is None


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_lock_in_its_place_is_said(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "locks" / f"{KEY}.lock"
    path.parent.mkdir()
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    with pytest.raises(JournalError) as caught:
        lock.take(tmp_path, KEY, "two")
    assert caught.value.message == f"The journal of this run cannot be written: {path}: it is not a file."
    with pytest.raises(JournalError):
        lock.release(tmp_path, KEY, "two")

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.applying import journal, runs
from provisioner.applying.journal import Journal, JournalError
from provisioner.errors import UsageError

BEGUN: dict[str, Any] = {"format": 1, "kind": "apply", "design": "acme", "org": {"id": "00D", "name": "Acme"}}


def unmasked(data: Any) -> Any:
    return data


def a_run(state: Path, name: str, *events: tuple[str, dict[str, Any]]) -> Path:
    folder = runs.runs_folder(state) / name
    made = Journal(folder, unmasked)
    made.write("begin", **BEGUN)
    for event, facts in events:
        made.write(event, **facts)
    made.close()
    return folder


def test_a_journal_is_lines_for_its_owner_only(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "state", "one", ("stage", {"stage": "write", "message": "Writing"}))
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    assert [(line["line"], line["event"]) for line in lines] == [(1, "begin"), (2, "stage")]
    modes = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").rglob("*")
    }
    assert modes == {"state/runs": 0o700, "state/runs/one": 0o700, "state/runs/one/journal.jsonl": 0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_every_line_is_synchronised_unless_it_may_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(handle))
    made = Journal(tmp_path / "one", unmasked)
    synced.clear()
    made.write("begin", **BEGUN)
    made.write("outcome", sync=False, address="A:b", status="done")
    made.write("end", how="completed")
    assert len(synced) == 2
    made.close()


def test_what_is_masked_is_in_no_line(tmp_path: Path) -> None:
    made = Journal(tmp_path / "one", lambda line: json.loads(json.dumps(line).replace("canary", "***")))
    made.write("begin", **BEGUN | {"design": "canary"})
    made.close()
    assert "canary" not in (tmp_path / "one" / "journal.jsonl").read_text()
    assert journal.read(tmp_path / "one").text("design") == "***"


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = a_run(
        tmp_path,
        "one",
        ("stage", {"stage": "write", "message": "Writing"}),
        ("outcome", {"address": "A:a", "status": "failed", "message": ""}),
        ("outcome", {"address": "A:a", "status": "done", "message": ""}),
        ("end", {"how": "completed", "done": 1}),
    )
    run = journal.read(folder)
    assert (run.id, run.wrote, run.is_cut, dict(run.outcomes)) == ("one", True, False, {"A:a": "done"})
    assert run.end == {"line": 5, "how": "completed", "done": 1}
    assert runs.ended(run) == "completed"


@given(cut=st.integers(min_value=0))
def test_a_power_cut_takes_the_last_line_at_most(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """Whatever is left of the file reads as some beginning of what was written, or says that nothing was begun."""
    folder = a_run(
        tmp_path_factory.mktemp("cut"),
        "one",
        ("outcome", {"address": "A:a", "status": "done"}),
        ("end", {"how": "completed"}),
    )
    path = folder / "journal.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    length = first + cut % (len(whole) - first + 1)
    path.write_bytes(whole[:length])
    run = journal.read(folder)
    kept = whole[:length].count(b"\n")
    assert len(run.lines) == kept
    assert run.is_cut == (not whole[:length].endswith(b"\n"))
    assert (run.end is None) == (kept < 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no journal: it does not begin with what was begun."),
        (b'{"line": 1, "at": "t", "eve', "is no journal: it does not begin with what was begun."),
        (b'{"at": "t", "event": "begin", "format": 2}\n', "has format 2; this version reads 1."),
        (b'{"at": "t", "event": "begin", "format": 1}\nnonsense\n{"at": "t", "event": "end"}\n', "is damaged: line 2"),
        (b'{"at": "t", "event": "begin", "format": 1}\n[]\n{"at": "t", "event": "end"}\n', "is damaged: line 2"),
    ],
)
def test_what_is_no_journal_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "journal.jsonl").write_bytes(content)
    with pytest.raises(JournalError) as caught:
        journal.read(tmp_path)
    assert message in caught.value.message


def test_zeros_at_the_end_are_what_a_power_cut_leaves(tmp_path: Path) -> None:
    folder = a_run(tmp_path, "one", ("end", {"how": "completed"}))
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b"\0" * 100 + b"\n")
    run = journal.read(folder)
    assert (run.is_cut, len(run.lines), runs.ended(run)) == (True, 2, "completed")


def test_a_place_that_cannot_be_written_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(JournalError) as caught:
        Journal(tmp_path / "runs" / "one", unmasked)
    assert caught.value.exit_code == 1
    assert caught.value.message.startswith("The journal of this run cannot be written: ")
    assert caught.value.advice == (
        "Free or allow that place, or choose another with --state-dir DIR (or PROVISIONER_STATE_DIR)."
    )


# ------------------------------------------------------------------- runs


@given(st.lists(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2099, 1, 1)), min_size=2, max_size=20))
def test_ids_sort_by_time(moments: list[datetime]) -> None:
    whole = sorted({moment.replace(microsecond=0, tzinfo=UTC) for moment in moments})
    spread = [moment + timedelta(milliseconds=place) for place, moment in enumerate(whole)]
    ids = [runs.new_id(moment) for moment in spread]
    assert ids == sorted(ids)


def test_a_run_is_found_by_a_part_of_its_id(tmp_path: Path) -> None:
    for name in ("20260302T130000250-3fa8c1", "20260302T140000250-aaaaaa"):
        a_run(tmp_path, name)
    assert runs.find(tmp_path, "20260302T13").id == "20260302T130000250-3fa8c1"
    assert runs.find(tmp_path, "aaaaaa").id == "20260302T140000250-aaaaaa"
    with pytest.raises(UsageError) as caught:
        runs.find(tmp_path, "2026")
    assert caught.value.message == ("2 runs are called 2026…: 20260302T130000250-3fa8c1, 20260302T140000250-aaaaaa.")
    for nothing in ("2027", ""):
        with pytest.raises(UsageError) as caught:
            runs.find(tmp_path, nothing)
        assert caught.value.message == f"There is no run {nothing!r} in {tmp_path / 'runs'}."


def test_a_run_without_an_end_was_killed_unless_its_process_is_there(tmp_path: Path) -> None:
    from provisioner.applying import processes

    here = processes.this()
    for name, started in (("alive", here.started), ("dead", here.started - 1000)):
        made = Journal(tmp_path / "runs" / name, unmasked)
        made.write("begin", **BEGUN, process={**here.data(), "started": started})
        made.close()
    a_run(tmp_path, "unknown")
    found, troubles = runs.every(tmp_path)
    assert {run.id: runs.ended(run) for run in found} == {"alive": "running", "dead": "killed", "unknown": "killed"}
    assert troubles == []


def test_the_state_folder_is_what_was_said(tmp_path: Path) -> None:
    assert runs.state_folder(tmp_path / "a", {"PROVISIONER_STATE_DIR": "/b"}) == tmp_path / "a"
    assert runs.state_folder(None, {"PROVISIONER_STATE_DIR": str(tmp_path)}) == tmp_path
    assert runs.state_folder(None, {}).name == "provisioner"

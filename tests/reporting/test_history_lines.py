"""A run, told: what is of one kind is counted, and what comes next can be typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.applying.apply import Stage
from provisioner.applying.journal import Journal, Run
from provisioner.applying.journal import read as read_journal
from provisioner.reporting.applied import is_worth_a_line
from provisioner.reporting.history import run_text
from provisioner.targets.base import Progress

BEGIN = {
    "format": 1,
    "kind": "apply",
    "design": "acme",
    "design_file": "/clients/acme corp/acme.yaml",
    "connection": "sandbox",
    "org": {"name": "Acme", "id": "00D1"},
}


def run(folder: Path, count: int, how: str = "completed", **facts: str) -> Run:
    journal = Journal(folder / "r1", lambda data: data)
    journal.write(
        "begin", **BEGIN | facts, changes=[{"address": f"Field:F{n}", "action": "create"} for n in range(count)]
    )
    journal.write("stage", stage="write", message="Writing")
    for n in range(count):
        journal.write("progress", message="Writing fields", done=n + 1, total=count)
        journal.write("outcome", address=f"Field:F{n}" if n else "Flow:Stamp", status="done")
    journal.write("outcome", address="Field:Z", status="done", message="restored")
    journal.write("end", how=how)
    journal.close()
    return read_journal(folder / "r1")


def test_many_plain_successes_are_counted(tmp_path: Path) -> None:
    told = run(tmp_path, 20)
    lines = [line.split("s  ", 1)[-1].strip() for line in run_text(told).splitlines()]
    assert [line for line in lines if line.startswith(("Writing fields", "done"))] == [
        "Writing fields",
        "done     20 changes: 19 Field, 1 Flow (-v lists them)",
        "done     Field:Z: restored",
    ]
    everything = run_text(told, verbose=True)
    assert [everything.count(words) for words in ("Writing fields", "done     Field:F", "(-v")] == [20, 19, 0]


def test_a_few_are_listed(tmp_path: Path) -> None:
    text = run_text(run(tmp_path, 3))
    assert [text.count(words) for words in ("Writing fields", "done     Field:F", "-v lists")] == [1, 2, 0]


def test_what_to_do_after_an_interruption_can_be_typed(tmp_path: Path) -> None:
    assert (
        "  What to do: the same command again goes on. Where the org stands: "
        "provisioner plan '/clients/acme corp/acme.yaml' -c sandbox\n"
    ) in run_text(run(tmp_path, 1, "interrupted"))


@pytest.mark.parametrize("kind", ["destroy", "backfill"])
def test_who_destroys_is_not_sent_to_a_plan(tmp_path: Path, kind: str) -> None:
    """A plan, applied, would make everything anew that was to go."""
    told = run_text(run(tmp_path, 1, "partly", kind=kind))
    assert (
        f"  What to do: the same command again goes on: provisioner {kind} '/clients/acme corp/acme.yaml' -c sandbox\n"
    ) in told
    assert "provisioner plan" not in told


@pytest.mark.parametrize(
    ("done", "quiet", "said"), [(1, 0.0, True), (2, 0.0, False), (2, 5.0, True), (9, 0.1, True), (0, 0.0, True)]
)
def test_a_count_that_goes_up_is_not_told_at_every_step(done: int, quiet: float, said: bool) -> None:
    assert is_worth_a_line(Progress("write", "Writing", done, 9 if done else 0), quiet) is said
    assert is_worth_a_line(Stage("write", "Writing"), 0.0)

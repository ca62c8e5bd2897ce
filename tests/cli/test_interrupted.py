"""Ctrl-C, SIGTERM and SIGKILL: real processes, real signals, an emulated org of either CRM."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from both_crms import PLATFORMS, Place, place

APPLY = ("apply", "brew.yaml", "-c", "box", "--yes")


@pytest.fixture(params=PLATFORMS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with place(str(request.param), tmp_path) as made:
        yield made


def is_write(crm: Place) -> Any:
    """The call that writes in the middle of an apply: one deployment there, one list here."""
    seen: list[str] = []

    def at(method: str, path: str) -> bool:
        if crm.platform == "hubspot":
            return method == "POST" and path.rstrip("/").endswith("/crm/v3/lists")
        if method == "POST" and path.endswith("deployRequest"):
            seen.append(path)
        return len(seen) == 2  # the first one only validates

    return at


def one(number: signal.Signals) -> Any:
    return lambda process: process.send_signal(number)


def steps(crm: Place, run: str) -> list[dict[str, Any]]:
    return list(crm.data("history", "show", run)["lines"])


def test_the_first_signal_finishes_the_step_under_way(crm: Place) -> None:
    finishes_its_step(crm, signal.SIGINT)


@pytest.mark.parametrize("crm", ["hubspot"], indirect=True)  # one shows that all signals are treated alike
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_other_signals_are_treated_like_it(crm: Place, number: signal.Signals) -> None:
    finishes_its_step(crm, number)


def finishes_its_step(crm: Place, number: signal.Signals) -> None:
    said = crm.interrupted(*APPLY, at=is_write(crm), signals=one(number))
    assert "Finishing the step under way; then it stops. Press Ctrl-C again to stop at once." in said
    assert "Error: Interrupted: " in said and "changes done, nothing is under way." in said
    assert "What to do: To go on: provisioner apply brew.yaml -c box" in said
    (run,) = crm.runs()
    assert run["how"] == "interrupted"
    lines = steps(crm, run["run"])
    done = [line["address"] for line in lines if line["event"] == "outcome" and line["status"] == "done"]
    assert f"Interrupted: {len(done)} of {run['changes']} changes done" in said
    if crm.platform == "hubspot":
        assert 0 < len(done) < run["changes"]
        assert any(address.startswith("List:") for address in done), "the list under way was finished"
        assert not any(address.startswith("Flow:") for address in done)
    else:
        assert len(done) == run["changes"], "one transaction is one step"
    crm.converges(*APPLY)
    assert crm.differs() == 0


def test_the_second_signal_stops_at_once(crm: Place) -> None:
    def twice(process: Any) -> None:
        process.send_signal(signal.SIGINT)
        crm.has_said("Finishing the step under way")
        process.send_signal(signal.SIGINT)

    said = crm.interrupted(*APPLY, at=is_write(crm), signals=twice)
    assert "Error: Stopped at once: " in said
    assert "known to be done; the CRM may still be working on what was under way." in said
    (run,) = crm.runs()
    assert run["how"] == "interrupted"
    assert steps(crm, run["run"])[-1]["at_once"] is True
    crm.converges(*APPLY)
    assert crm.differs() == 0


def test_before_the_first_write_a_signal_ends_it_at_once(crm: Place) -> None:
    reads: list[str] = []

    def rereading(method: str, path: str) -> bool:
        """The plan is read once before it is shown; whatever is asked after that is the run's own reading."""
        reads.append(path)
        return any("Run " in line for line in crm.lines)

    said = crm.interrupted(*APPLY, at=rereading, signals=one(signal.SIGINT))
    assert "Error: Interrupted before anything was written. Nothing was changed." in said
    (run,) = crm.runs()
    assert (run["how"], run["done"]) == ("interrupted", 0)
    assert crm.differs() == run["changes"]


@pytest.mark.parametrize("crm", ["hubspot"], indirect=True)  # the other CRM has no half of a change
def test_a_plan_file_is_carried_on_where_workflows_are_switched_off_still(crm: Place) -> None:
    """Twice, because the rest of a plan is a plan that can be interrupted as well."""
    seen: list[str] = []

    def is_second_workflow(method: str, path: str) -> bool:
        if method == "POST" and path.rstrip("/").endswith("/automation/v4/flows"):
            seen.append(path)
        return len(seen) == 2

    crm("plan", "brew.yaml", "-c", "box", "-o", "brew.plan")
    for _ in range(2):
        apply = ("apply", "brew.plan", "-c", "box", "--yes")
        crm.interrupted(*apply, at=is_second_workflow, signals=one(signal.SIGTERM))
        seen.clear()
    assert "This is the rest of it." in crm(*apply)
    assert crm.differs() == 0
    assert [run["how"] for run in crm.runs()] == ["completed", "interrupted", "interrupted"]


def test_a_plan_file_is_carried_on_after_a_kill(crm: Place) -> None:
    """The very plan that was shown: its digest is what the ledger remembers in the end."""
    crm("plan", "brew.yaml", "-c", "box", "-o", "brew.plan")
    process: list[Any] = []

    def kill(found: Any) -> None:
        process.append(found)
        found.kill()

    crm.interrupted("apply", "brew.plan", "-c", "box", "--yes", at=is_write(crm), signals=kill, code=-9)
    (run,) = crm.runs()
    assert run["how"] == "killed"
    process[0].wait(10)
    again = crm.converges("apply", "brew.plan", "-c", "box", "--yes", "--wait")
    assert crm.differs() == 0
    if "This plan was carried out already" not in again:  # its deployment may go on without it, and is then the end
        assert f"Run {run['run']} began this plan: " in again
        last = crm.runs()[0]
        assert (last["how"], last["plan"]) == ("completed", run["plan"])
        assert "This plan was carried out already" in crm("apply", "brew.plan", "-c", "box", "--yes", code=5)

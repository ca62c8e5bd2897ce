"""Two applies of one design to one org at the same time: in the end the org is as one of the two wanted it, whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from crash_bench import APPLY, SALESFORCE, Bench, Benches, command_environment

QUICK, SLOW = SALESFORCE.replace("sla: 4h", "sla: 2h"), SALESFORCE.replace("sla: 4h", "sla: 8h")
DONE, FAILED, PARTLY, REFUSED = 0, 1, 4, 5
ROUNDS = 1
SAW = {"quick": "480 -> 120", "slow": "120 -> 480"}  # what the plan of each shows when the other one was there first


def started(bench: Bench, *argv: str, state: str) -> subprocess.Popen[str]:
    """Each as on a machine of its own: what one knows of its runs the other does not see."""
    home = bench.folder / state
    home.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "provisioner.cli", *argv, "-c", "box", "--yes"],
        cwd=bench.folder, env=command_environment(bench.token, bench.folder) | {"XDG_STATE_HOME": str(home)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = process.communicate(timeout=120)
    assert "Traceback" not in said, said
    return process.returncode, said


def wanted(bench: Bench, text: str) -> dict[str, Any]:
    """The org as this design alone makes it."""
    bench.prepare()
    bench.do(APPLY)
    bench.write_design(text)
    bench.do(APPLY)
    return _lasting(bench.picture())


def _lasting(picture: dict[str, Any]) -> dict[str, Any]:
    """How many versions a flow went through says nothing about what it does."""
    return {key: value for key, value in picture.items() if key != "flow versions"}


def raced(bench: Bench, *commands: tuple[str, ...]) -> list[tuple[int, str]]:
    processes = [started(bench, *argv, state=f"home{place}") for place, argv in enumerate(commands)]
    return [ended(process) for process in processes]


def check(bench: Bench, ends: list[tuple[int, str]], outcomes: dict[str, dict[str, Any]]) -> str:
    """The name of the design that won. Who was overtaken says so."""
    codes = sorted(code for code, _ in ends)
    told = "\n----\n".join(f"{code}: {said}" for code, said in ends)
    assert DONE in codes or PARTLY in codes, told
    assert set(codes) <= {DONE, FAILED, PARTLY, REFUSED}, told
    found = _lasting(bench.picture())
    winners = [name for name, picture in outcomes.items() if picture == found]
    assert len(winners) == 1, f"neither of the two\n{told}"
    for (code, said), name in zip(ends, outcomes, strict=True):
        one_after_the_other = any(SAW[winners[0]] in text for _, text in ends)
        fine = code != DONE or name == winners[0] or one_after_the_other
        assert fine, f"{name} says it is done, and is not there\n{said}"
    return winners[0]


@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(10, marks=pytest.mark.full)])
def test_two_designs_at_the_same_time(benches: Benches, rounds: int) -> None:
    bench = benches("salesforce")
    outcomes = {"quick": wanted(bench, QUICK), "slow": wanted(bench, SLOW)}
    assert outcomes["quick"] != outcomes["slow"]
    codes = []
    for _ in range(rounds):
        bench.prepare()
        bench.do(APPLY)
        for name, text in (("quick", QUICK), ("slow", SLOW)):
            (bench.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        ends = raced(bench, (APPLY, "quick.yaml"), (APPLY, "slow.yaml"))
        winner = check(bench, ends, outcomes)
        codes.append(sorted(code for code, _ in ends))
        bench.write_design({"quick": QUICK, "slow": SLOW}[winner])
        assert "Plan: 0 to add, 0 to change, 0 to delete, 2 by hand.\n" in bench.do(APPLY)
    print(f"\nsalesforce: {rounds} races of two applies: exit codes {codes}")


@pytest.mark.full
@pytest.mark.parametrize("rounds", [10])
def test_two_plans_raced(benches: Benches, rounds: int) -> None:
    """Both were made from the same org; at most one of them is carried out as it stands."""
    bench = benches("salesforce")
    outcomes = {"quick": wanted(bench, QUICK), "slow": wanted(bench, SLOW)}
    for _ in range(rounds):
        bench.prepare()
        bench.do(APPLY)
        for name, text in (("quick", QUICK), ("slow", SLOW)):
            (bench.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
            made = bench.ran("plan", f"{name}.yaml", "-c", "box", "-o", f"{name}.plan")
            assert made[0] == DONE, made[1]
            assert json.loads((bench.folder / f"{name}.plan").read_text(encoding="utf-8"))["summary"]["update"] == 1
        ends = raced(bench, (APPLY, "quick.plan"), (APPLY, "slow.plan"))
        winner = check(bench, ends, outcomes)
        assert [code for code, _ in ends].count(DONE) <= 1, ends
        for name, (code, _) in zip(outcomes, ends, strict=True):
            (Path(bench.folder) / f"{name}.plan").unlink()
            assert code != DONE or name == winner


def test_the_one_that_comes_too_late_is_told(benches: Benches) -> None:
    """Not a race: the second plan is carried out after the first, and refused by name."""
    bench = benches("salesforce")
    bench.prepare()
    bench.do(APPLY)
    (bench.folder / "quick.yaml").write_text(QUICK, encoding="utf-8")
    code, said = bench.ran("plan", "quick.yaml", "-c", "box", "-o", "late.plan")
    assert code == DONE, said
    bench.write_design(SLOW)
    bench.do(APPLY)
    code, said = bench.ran(APPLY, "late.plan", "-c", "box", "--yes")
    assert code == REFUSED
    assert "after this plan was made (" in said
    (bench.folder / "late.plan").unlink()

"""Start-up and the offline road, in wall seconds and megabytes: `python benchmarks/bench_cli.py`.

Each figure is the best of several runs of a fresh process, next to a floor measured in the same run: an interpreter
that only imports click. One run before is not measured: it leaves the bytecode that an installed package has, whatever
the environment says about it. Exit code 1 when a budget of the product design (section 10) is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 7
EXAMPLE = Path(__file__).parents[1] / "examples" / "starter-salesforce.yaml"
ROAD = f"""
from datetime import date
from pathlib import Path
from provisioner.cli.road import check
from provisioner.planning.diff import make_plan
checked = check(Path({str(EXAMPLE)!r}), today=date(2026, 3, 2))
desired = checked.desired
org = {{"platform": "p", "id": "1", "name": "n", "is_production": False, "url": "", "user": ""}}
recorded = {{resource.address: resource.fingerprint() for resource in desired}}
plan = make_plan(desired, desired, recorded, checked.target.compare, design="d", design_digest="", tool="t", org=org,
                 created_at="2026-03-02T13:00:00Z")
assert plan.is_empty and len(desired) > 10
"""
# name → (python's arguments, seconds allowed, megabytes allowed); None: the floor itself
WORK: dict[str, tuple[list[str], float | None, float | None]] = {
    "floor: import click": (["-c", "import click"], None, None),
    "--version": (["-m", "provisioner.cli", "--version"], 0.15, 40),
    "--help": (["-m", "provisioner.cli", "--help"], 0.15, 40),
    "validate + render + diff": (["-c", ROAD], 0.24, 150),
}


def best(arguments: list[str]) -> float:
    seconds = []
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak_megabytes(arguments: list[str]) -> float:
    """Of one fresh child, measured by a child of its own so that earlier ones do not count."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, *arguments], check=True, capture_output=True, text=True
    )
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return int(done.stdout) / unit


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = place
        return measured()


def measured() -> int:
    """Prints the table; 1 when a budget is missed."""
    missed = 0
    floor = 0.0
    print(f"{'work':<28}{'seconds':>9}{'floors':>8}{'budget':>8}{'MB':>7}{'budget':>8}")
    for name, (arguments, seconds_allowed, megabytes_allowed) in WORK.items():
        seconds, megabytes = best(arguments), peak_megabytes(arguments)
        floor = floor or seconds
        late = seconds_allowed is not None and seconds > seconds_allowed
        fat = megabytes_allowed is not None and megabytes > megabytes_allowed
        missed += late or fat
        budgets = (f"{seconds_allowed or '':>8}", f"{megabytes_allowed or '':>8}")
        verdict = "  MISSED" if late or fat else ""
        print(f"{name:<28}{seconds:>9.3f}{seconds / floor:>8.1f}{budgets[0]}{megabytes:>7.0f}{budgets[1]}{verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

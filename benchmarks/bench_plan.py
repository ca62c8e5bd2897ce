"""A plan of 100, 1,000 and 10,000 resources, beside the tools people know: `python benchmarks/bench_plan.py`.

Every figure is of a fresh process that reads both sides from disk, start-up included: seconds on the clock (the best
and the median of several runs, taken in turn with the others), seconds of processor time (the best; user and system),
and megabytes (the peak of the process). Before that each runs once without being measured: what is installed has been
compiled to bytecode, and an environment that forbids Python to keep it (PYTHONDONTWRITEBYTECODE) would have every start
compile our whole source again, and that of no one else.

- ours: check the design against its schema and rules, render every file, parse them back, compare with a live snapshot
  (JSON), make the plan.
- octoDNS: the same number of records from one YAML provider to another, dry run. It renders nothing.
- Terraform: the same number of `terraform_data` resources with a state of its own, `plan -refresh=false`; up to 1,000.
  It renders nothing either.

"Changed" means that one attribute of one resource in ten differs. Exit code 1 when a budget of the product design
(section 10) is missed. Sizes may be named: `python benchmarks/bench_plan.py 100 1000`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from big_design import SIZES, design_text

RUNS = {100: 7, 1_000: 5, 10_000: 3}
SECONDS = {100: 0.24, 1_000: 0.6, 10_000: 3.0}
MEGABYTES = {1_000: 150}
CALLS = 12
TERRAFORM_MOST = 1_000  # beyond, one of its plans takes minutes, and no budget asks for it
TODAY = date(2026, 3, 2)
ROOT = Path(__file__).parents[1]
LABELLED = ("CustomField", "CustomMetadata", "CustomObject", "Flow")  # kinds whose label is compared
OURS = """
import gc, json, sys
from datetime import date
from pathlib import Path
gc.set_threshold(1_000_000)  # as the command line does
from provisioner.cli.road import check
from provisioner.planning.diff import make_plan
from provisioner.resources import Address, Resource, Snapshot
checked = check(Path("design.yaml"), today=date(2026, 3, 2))
data = json.loads(Path(sys.argv[1]).read_bytes())
live = Snapshot.of(Resource(Address.parse(name), attributes) for name, attributes in data["resources"].items())
recorded = {Address.parse(name): value for name, value in data["recorded"].items()}
org = {"platform": "p", "id": "1", "name": "n", "is_production": False, "url": "", "user": ""}
plan = make_plan(checked.desired, live, recorded, checked.target.compare, design="big", design_digest="", tool="t",
                 org=org, created_at="2026-03-02T13:00:00Z")
assert len(plan.changes) == int(sys.argv[2]), len(plan.changes)
gc.freeze()  # this as well
"""
OCTO = """
providers:
  want: {class: octodns.provider.yaml.YamlProvider, directory: ./want, enforce_order: false}
  have: {class: octodns.provider.yaml.YamlProvider, directory: ./SIDE, enforce_order: false}
zones:
  big.example.: {sources: [want], targets: [have]}
"""


@dataclass(frozen=True)
class Work:
    """One tool doing one thing: a command in a folder. `expects` is in its output when it did what it should."""

    tool: str
    what: str
    command: list[str]
    folder: Path
    expects: str = ""


def main() -> int:
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    missed = 0
    for line in absent():
        print(line)
    with tempfile.TemporaryDirectory() as place:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(place) / "bytecode")
        for size in sizes:
            works = [work for tool in (ours, octodns, terraform) for work in tool(Path(place), size)]
            missed += report(size, works)
        missed += reports(Path(place) / f"ours-{sizes[-1]}", sizes[-1])
        missed += calls(Path(place))
    print("\nbudgets: " + ("all met" if not missed else f"{missed} MISSED"))
    return 1 if missed else 0


def absent() -> list[str]:
    found = []
    if not shutil.which("terraform"):
        found.append("Terraform is not installed: not measured.")
    if subprocess.run([sys.executable, "-c", "import octodns"], capture_output=True, check=False).returncode:
        found.append("octoDNS is not installed (pip install octodns): not measured.")
    installed = "is installed, but" if shutil.which("sf") else "is not installed; and"
    found.append(f"The sf CLI {installed} it has no plan that works without an org: not measured.")
    return found


# ---------------------------------------------------------------- measuring


def report(size: int, works: list[Work]) -> int:
    """Prints one block; how many budgets were missed."""
    seconds: dict[int, list[float]] = {index: [] for index in range(len(works))}
    cpu: dict[int, list[float]] = {index: [] for index in range(len(works))}
    for work in works:
        timed(work)
    for _ in range(RUNS[size]):
        for index, work in enumerate(works):  # in turn, so that a slow moment hits all of them
            wall, busy = timed(work)
            seconds[index].append(wall)
            cpu[index].append(busy)
    print(
        f"\n{size:,} resources {'':>12}{'best':>8}{'median':>8}{'CPU':>8}{'MB':>6}   of octoDNS, of Terraform; budget"
    )
    best = {(work.tool, work.what): min(seconds[index]) for index, work in enumerate(works)}
    missed = 0
    for index, work in enumerate(works):
        megabytes = peak(work)
        ratios = [
            f"{best[work.tool, work.what] / best[peer, work.what]:.2f}"
            for peer in ("octoDNS", "Terraform")
            if work.tool == "ours" and (peer, work.what) in best
        ]
        verdict = ""
        if work.tool == "ours":
            allowed = [(best[work.tool, work.what], SECONDS[size], "s"), (megabytes, MEGABYTES.get(size), "MB")]
            judged = [(value, most, unit) for value, most, unit in allowed if most is not None]
            missed += sum(value > most for value, most, _ in judged)
            verdict = ", ".join(f"{most} {unit} {'MISSED' if value > most else 'met'}" for value, most, unit in judged)
        times = (min(seconds[index]), statistics.median(seconds[index]), min(cpu[index]))
        figures = "".join(f"{value:>8.3f}" for value in times) + f"{megabytes:>6.0f}"
        print(f"  {work.tool:<10}{work.what:<16}{figures}   {', '.join(ratios)}  {verdict}".rstrip())
    return missed


def timed(work: Work) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(work.command, cwd=work.folder, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    said = done.stdout + done.stderr
    assert done.returncode in (0, 2) and work.expects in said, f"{work.tool}, {work.what}: {said[-2000:]}"
    return seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def peak(work: Work) -> float:
    """Of one fresh child, measured by a child of its own so that earlier ones do not count."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, *work.command]
    done = subprocess.run(command, cwd=work.folder, check=True, capture_output=True, text=True)
    return int(done.stdout) / (1024 * 1024 if sys.platform == "darwin" else 1024)


# ------------------------------------------------------------------- the work


def ours(place: Path, size: int) -> list[Work]:
    from provisioner.cli.road import check

    folder = place / f"ours-{size}"
    folder.mkdir()
    (folder / "design.yaml").write_text(design_text(*SIZES[size]), encoding="utf-8")
    desired = check(folder / "design.yaml", today=TODAY).desired
    assert desired is not None and len(desired) == size, desired and len(desired)
    recorded = {str(item.address): item.fingerprint() for item in desired}
    works = []
    for what, every in (("no change", 0), ("10 % changed", 10)):
        resources = {str(item.address): dict(item.attributes) for item in desired}
        changed = size // every if every else 0
        labelled = [str(item.address) for item in desired if item.address.kind in LABELLED]
        for number in range(changed):
            resources[labelled[number * len(labelled) // changed]]["label"] = "Changed by hand"
        file = f"live-{every}.json"
        (folder / file).write_text(json.dumps({"resources": resources, "recorded": recorded}), encoding="utf-8")
        works.append(Work("ours", what, [sys.executable, "-c", OURS, file, str(changed)], folder))
    return works


def octodns(place: Path, size: int) -> list[Work]:
    if subprocess.run([sys.executable, "-c", "import octodns"], capture_output=True, check=False).returncode:
        return []
    folder = place / f"octodns-{size}"
    for name, every in (("want", 0), ("have-0", 0), ("have-10", 10)):
        (folder / name).mkdir(parents=True)
        lines = ["---"]
        for number in range(size):
            value = "9.9.9.9" if every and number % every == 0 else f"1.2.{number // 250}.{number % 250}"
            lines.append(f"record-{number}: {{type: A, ttl: 300, values: [{value}]}}")
        (folder / name / "big.example.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    works = []
    run = "import sys; from octodns.cmds.sync import main; sys.argv = ['octodns-sync', *sys.argv[1:]]; main()"
    for what, side, expects in (
        ("no change", "have-0", "No changes were planned"),
        ("10 % changed", "have-10", f"Updates={size // 10}"),
    ):
        (folder / f"{side}.yaml").write_text(OCTO.replace("SIDE", side), encoding="utf-8")
        command = [sys.executable, "-c", run, "--config-file", f"{side}.yaml", "--force"]
        works.append(Work("octoDNS", what, command, folder, expects))
    return works


def terraform(place: Path, size: int) -> list[Work]:
    if size > TERRAFORM_MOST or not shutil.which("terraform"):
        return []
    works = []
    for what, every, expects in (
        ("no change", 0, "No changes."),
        ("10 % changed", 10, f"{size // 10} to change, 0 to destroy"),
    ):
        folder = place / f"terraform-{size}-{every}"
        folder.mkdir()
        blocks, instances = {}, []
        for number in range(size):
            values = {"label": f"Record {number}", "minutes": number, "kind": "text", "required": False}
            kept = values | ({"label": "Changed by hand"} if every and number % every == 0 else {})
            blocks[f"r{number}"] = {"input": values}
            instances.append(state_of(f"r{number}", kept, number))
        (folder / "main.tf.json").write_text(json.dumps({"resource": {"terraform_data": blocks}}))
        state = {"version": 4, "terraform_version": "1.0.0", "serial": 1, "lineage": "bench", "outputs": {}}
        (folder / "terraform.tfstate").write_text(json.dumps(state | {"resources": instances}))
        subprocess.run(["terraform", "init", "-input=false"], cwd=folder, check=True, capture_output=True)
        command = ["terraform", "plan", "-input=false", "-no-color", "-refresh=false", "-lock=false"]
        works.append(Work("Terraform", what, command, folder, expects))
    return works


def state_of(name: str, values: dict[str, object], number: int) -> dict[str, object]:
    kinds = ["object", {"label": "string", "minutes": "number", "kind": "string", "required": "bool"}]
    both = {"type": kinds, "value": values}
    attributes = {"id": f"id-{number}", "input": both, "output": both, "triggers_replace": None}
    return {
        "mode": "managed", "type": "terraform_data", "name": name,
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
    }  # fmt: skip


def reports(folder: Path, size: int) -> int:
    """The longest plan there is, every resource changed, as text, comment and page. Budget: 2 s each."""
    code = """
import sys, time
from datetime import date
from pathlib import Path
from provisioner.cli.road import check
from provisioner.cli.reports import rendered
from provisioner.planning.plan import Cause, Change, Plan
from provisioner.reporting.plans import plan_text
from provisioner.resources import Resource
desired = check(Path("design.yaml"), today=date(2026, 3, 2)).desired
changes = tuple(Change(Resource(r.address, {**r.attributes, "label": "Other"}), r, Cause.HAND) for r in desired)
org = {"platform": "p", "id": "1", "name": "n", "is_production": False, "url": "", "user": ""}
plan = Plan(changes, (), (), "big", "", "t", org, "2026-03-02T13:00:00Z", {})
for name, render in (("text", plan_text), ("Markdown", lambda p: rendered(p, "", "markdown")),
                     ("HTML", lambda p: rendered(p, "", "html"))):
    start = time.perf_counter()
    text = render(plan)
    print(name, time.perf_counter() - start, len(text))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    print(f"\n{size:,} changes as a report (inside the process)")
    missed = 0
    for line in done.stdout.splitlines():
        name, seconds, length = line.split()
        missed += float(seconds) > 2
        judged = "MISSED" if float(seconds) > 2 else "met"
        print(f"  {name:<26}{float(seconds):>8.3f} s   {int(length):>10,} characters; 2 s {judged}")
    return missed


def calls(place: Path) -> int:
    """What a plan asks of the local CRM: of an empty org, and of one where the design was applied; two sizes."""
    import requests

    from provisioner.cli.demonstration.process import EmulatorProcess
    from provisioner.cli.emulator import arguments

    print("\nAPI calls of a plan (Salesforce, local emulator)")
    missed = 0
    for size in (100, 1_000):
        folder = place / f"calls-{size}"
        folder.mkdir()
        (folder / "design.yaml").write_text(design_text(*SIZES[size]), encoding="utf-8")
        with EmulatorProcess(arguments("salesforce", clock="2026-03-02T13:00:00Z")) as emulator:
            where = f'instance_url = "{emulator.url}"\naccess_token = {{env = "BENCH_TOKEN"}}\n'
            (folder / "provisioner.toml").write_text(f'[connections.box]\nplatform = "salesforce"\n{where}')
            kept = {"BENCH_TOKEN": emulator.access_token, "PROVISIONER_STATE_DIR": str(folder / "state")}
            for what, command in (("of an empty org", "plan"), ("", "apply"), ("once applied", "plan")):
                requests.delete(f"{emulator.url}/_emulator/requests", timeout=60)
                run = [sys.executable, "-m", "provisioner.cli", command, "design.yaml", "-c", "box"]
                run += ["--yes"] if command == "apply" else []
                subprocess.run(run, cwd=folder, env=os.environ | kept, check=True, capture_output=True)
                count = len(requests.get(f"{emulator.url}/_emulator/requests", timeout=60).json())
                if what:
                    missed += count > CALLS
                    judged = "MISSED" if count > CALLS else "met"
                    print(f"  {size:>6,} resources, {what:<18}{count:>4}   {CALLS} {judged}")
    return missed


if __name__ == "__main__":
    sys.exit(main())

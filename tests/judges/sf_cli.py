"""The official Salesforce CLI takes what is rendered: it converts the packages of the examples to source format and
back without losing anything, deploys them to the emulator, and retrieves them as they were meant.

`sf_cli.py FOLDER NODE_MODULES`: where render.py wrote the packages, and where npm installed `@salesforce/cli`. The CLI
gets a home of its own in FOLDER; it speaks plain http to the emulator, which listens on this machine only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provisioner.cli.demonstration.process import EmulatorProcess
from provisioner.cli.emulator import arguments
from provisioner.resources import Snapshot
from provisioner.targets.salesforce import target
from provisioner.targets.salesforce.parse import parse_package
from tests.judges.render import EXAMPLES

QUIET = {
    "SF_DISABLE_TELEMETRY": "true",
    "SF_AUTOUPDATE_DISABLE": "true",
    "SF_SKIP_NEW_VERSION_CHECK": "true",
    "SF_HIDE_RELEASE_NOTES": "true",
}
PROJECT = {"packageDirectories": [{"path": "source", "default": True}], "sourceApiVersion": "66.0"}
SLACK = {"slack": {"app": "A0123456789", "workspace": "T0123456789", "conversations": ["C0123456789"]}}
PATIENCE = 300  # seconds for one command
# Retrieved in metadata format, the files of these folders are not among what the CLI writes down; what lies in them is.
# Whether it never asks for them, or the emulator does not answer it, is not known.
FOLDERS = frozenset({"ReportFolder", "DashboardFolder"})
Said = dict[str, Any]


class Cli:
    """The CLI in a project folder of its own."""

    def __init__(self, project: Path, modules: Path) -> None:
        self.project = project
        self._command = [str(modules / ".bin" / "node"), str(modules / "@salesforce" / "cli" / "bin" / "run.js")]
        home = project / "home"
        home.mkdir(parents=True)
        (project / "source").mkdir()
        (project / "sfdx-project.json").write_text(json.dumps(PROJECT), encoding="utf-8")
        path = f"{modules / '.bin'}{os.pathsep}{os.environ['PATH']}"
        self._environment = {**os.environ, **QUIET, "HOME": str(home), "PATH": path}

    def __call__(self, *words: str, token: str = "") -> Said:
        """What the command answers; a failing one ends the judgement."""
        environment = {**self._environment, "SF_ACCESS_TOKEN": token}
        done = subprocess.run(
            [*self._command, *words, "--json"],
            cwd=self.project, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"sf {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        said: Said = json.loads(done.stdout)["result"]
        return said


def package_in(folder: Path) -> Snapshot:
    files = (path for path in folder.rglob("*") if path.is_file())
    return parse_package({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})


def differing(wanted: Snapshot, found: Snapshot) -> list[str]:
    """The addresses that are not there, or not as they are wanted."""
    live = {resource.address: resource for resource in found}
    return [
        str(resource.address)
        for resource in wanted
        if resource.address not in live or target.compare(resource, live[resource.address]) != resource
    ]


def converted(cli: Cli, package: Path) -> tuple[list[str], int]:
    """What the way to source format and back changes; and the number of source files."""
    cli("project", "convert", "mdapi", "--root-dir", str(package), "--output-dir", "source")
    cli("project", "convert", "source", "--source-dir", "source", "--output-dir", "back")
    sources = sum(path.is_file() for path in (cli.project / "source").rglob("*"))
    return differing(package_in(package), package_in(cli.project / "back")), sources


def deployed(cli: Cli, package: Path) -> tuple[Said, list[str]]:
    """What the CLI says of its deployment, and what the org gives back differently."""
    with EmulatorProcess(arguments("salesforce", clock="2026-03-02T13:00:00Z")) as emulator:
        requests.post(f"{emulator.url}/_emulator/settings", json=SLACK, timeout=30).raise_for_status()
        box = ("--instance-url", emulator.url, "--alias", "box", "--no-prompt")
        cli("org", "login", "access-token", *box, token=emulator.access_token)
        to_box = ("--target-org", "box", "--wait", "5")
        told = cli("project", "deploy", "start", "--metadata-dir", str(package), *to_box)
        manifest = ("--manifest", str(package / "package.xml"), "--target-metadata-dir", "got", "--unzip")
        cli("project", "retrieve", "start", *manifest, *to_box)
    return told, differing(package_in(package), package_in(cli.project / "got" / "unpackaged" / "unpackaged"))


def judge(name: str, folder: Path, modules: Path) -> bool:
    package = folder / name
    cli = Cli(folder.parent / f"sf-{name}", modules)
    lost, sources = converted(cli, package)
    told, strange = deployed(cli, package)
    components = f"{told['numberComponentsDeployed']} of {told['numberComponentsTotal']} components"
    print(f"sf: {name}: {sources} source files, {told['status']}, {components}, {len(package_in(package))} resources")
    for address in lost:
        print(f"sf: {name}: {address} is not the same after the way to source format and back")
    strange = [address for address in strange if address.partition(":")[0] not in FOLDERS]
    for address in strange:
        print(f"sf: {name}: {address} is retrieved differently")
    return told["status"] == "Succeeded" and not lost and not strange


def main(folder: Path, modules: Path) -> int:
    judged = [judge(name, folder, modules) for name in EXAMPLES]
    return 0 if all(judged) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))

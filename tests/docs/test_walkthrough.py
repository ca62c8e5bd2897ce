"""The pages a newcomer follows: their design is valid, and on their emulator it tells whom they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import requests

from provisioner.cli.demonstration.process import EmulatorProcess
from provisioner.cli.emulator import arguments

DOCS = Path(__file__).parents[2] / "docs"


def block(page: str, name: str) -> str:
    found: list[str] = re.findall(
        rf"<!-- {name} -->\n```\w+\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(found) == 1
    return found[0]


def test_the_design_of_the_page_runs_on_the_emulator_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "northwind.yaml").write_text(block("design.md", "design"), encoding="utf-8")

    def call(*words: str, token: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "provisioner.cli", *words]
        environment = os.environ | {"LOCAL_TOKEN": token}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    checked = call("validate", "northwind.yaml")
    assert checked.returncode == 0
    assert checked.stdout.startswith("northwind.yaml is valid (no findings): ")
    with EmulatorProcess(arguments("salesforce", clock="2026-03-02T00:00:00Z")) as emulator:
        toml = re.findall(r"```toml\n(.*?)```", (DOCS / "emulator.md").read_text(encoding="utf-8"), re.DOTALL)[0]
        (tmp_path / "provisioner.toml").write_text(toml.replace("http://127.0.0.1:8765", emulator.url))
        applied = call("apply", "northwind.yaml", "-c", "local", "--yes", token=emulator.access_token)
        assert applied.returncode == 0
        assert re.search(r"^Applied: \d+ changes in .*, read back and as planned", applied.stdout, re.MULTILINE)
        door = f"{emulator.url}/_emulator"
        requests.post(f"{door}/seed", json=json.loads(block("emulator.md", "seed")), timeout=30).raise_for_status()
        requests.post(f"{door}/clock", json={"advance": "PT2H"}, timeout=30).raise_for_status()
        sent = requests.get(f"{door}/sent", timeout=30).json()
        script = block("emulator.md", "script").replace("127.0.0.1:8765", emulator.url.removeprefix("http://"))
        ran = subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"LOCAL_TOKEN": emulator.access_token}, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert (ran.stdout, ran.stderr) == ("2026-03-02T04:00:00.000+0000\n", "")
    assert [(one["at"], one["channel"], one["to"]) for one in sent] == [
        ("2026-03-02T02:08:00.000Z", "bell", ["qa@northwind.example"]),
        ("2026-03-02T02:15:00.000Z", "bell", ["qa@northwind.example"]),
        ("2026-03-02T02:15:00.000Z", "email", ["qa@northwind.example"]),
    ]
    assert all("rep (Yui Sato)" in one["body"] for one in sent)


def test_the_example_for_the_other_crm_runs_on_the_account_of_the_page(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "acme-hubspot.yaml"
    (tmp_path / "acme.yaml").write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    with EmulatorProcess(arguments("hubspot", clock="2026-03-02T00:00:00Z")) as emulator:

        def call(*words: str) -> subprocess.CompletedProcess[str]:
            environment = os.environ | {"PORTAL_TOKEN": emulator.access_token}
            command = [sys.executable, "-m", "provisioner.cli", *words, "-c", "portal"]
            return subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
            )

        def post(path: str, name: str) -> None:
            headers = {"Authorization": f"Bearer {emulator.access_token}"}
            body = json.loads(block("emulator.md", name))
            requests.post(f"{emulator.url}{path}", json=body, headers=headers, timeout=30).raise_for_status()

        toml = block("emulator.md", "portal").replace("http://127.0.0.1:8766", emulator.url)
        (tmp_path / "provisioner.toml").write_text(toml, encoding="utf-8")
        post("/_emulator/seed", "account")
        post("/crm/v3/properties/contacts/batch/create", "properties")
        applied = call("apply", "acme.yaml", "--yes")
        assert (applied.returncode, applied.stdout.splitlines()[-1].split(":")[0]) == (0, "Applied"), applied.stderr
        post("/_emulator/edit", "by-hand")
        planned = call("plan", "acme.yaml", "--detailed-exitcode")
    assert planned.returncode == 3
    assert "  ~ Property:contacts.stl_assigned_at  (changed by hand" in planned.stdout
    assert '      ~ label: "When it was given away" -> "STL Assigned at"' in planned.stdout
    assert planned.stdout.endswith("Plan: 0 to add, 1 to change, 0 to delete.\n")

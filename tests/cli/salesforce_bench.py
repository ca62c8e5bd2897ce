"""The commands against an emulated Salesforce org, as an implementation engineer would use them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from launching import launched
from launching.orgs import new_org

from provisioner import assets
from provisioner.cli.demonstration.process import EmulatorProcess


@dataclass(frozen=True, slots=True)
class Bench:
    """A directory with a design and a connection to a fresh org."""

    folder: Path
    emulator: EmulatorProcess

    def __call__(self, *options: str, code: int = 0) -> str:
        environment = os.environ | {"EMULATOR_TOKEN": self.emulator.access_token, "XDG_CONFIG_HOME": str(self.folder)}
        ended, out, err = launched(options, self.folder, environment)
        assert ended == code, out + err
        assert self.emulator.access_token not in out + err
        if code in (0, 3):
            return out
        told = [line for line in err.splitlines(keepends=True) if not line.rstrip().endswith(" …")]
        return "".join(told)  # what is told of progress depends on how slow the machine is

    def edit(self, old: str, new: str) -> None:
        design = self.folder / "acme.yaml"
        text = design.read_text(encoding="utf-8")
        assert old in text
        design.write_text(text.replace(old, new, 1), encoding="utf-8")

    def calls(self) -> list[str]:
        """What was asked of the org since the last time."""
        log = requests.get(f"{self.emulator.url}/_emulator/requests", timeout=10).json()
        requests.delete(f"{self.emulator.url}/_emulator/requests", timeout=10)
        return [f"{entry['method']} {entry['path']}" for entry in log]


def salesforce_bench(folder: Path, **designs: str) -> Bench:
    """Files by their names without `.yaml`; without any, the starter as acme.yaml. The org is empty, and it is a
    Monday morning."""
    for name, text in (designs or {"acme": assets.read_text("examples", "starter-salesforce.yaml")}).items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    emulator = new_org("salesforce", "2026-03-02T13:00:00Z")
    (folder / "provisioner.toml").write_text(
        '[connections.box]\nplatform = "salesforce"\n'
        f'instance_url = "{emulator.url}"\naccess_token = {{env = "EMULATOR_TOKEN"}}\n',
        encoding="utf-8",
    )
    return Bench(folder, emulator)


def rest(bench: Bench, method: str, path: str, **options: Any) -> Any:
    """A call of the vendor's own API, as its administrator makes it."""
    url, headers = f"{bench.emulator.url}/services/data/v66.0/{path}", {}
    headers["Authorization"] = f"Bearer {bench.emulator.access_token}"
    answer = requests.request(method, url, headers=headers, timeout=30, **options)
    assert answer.status_code < 400, answer.text
    return answer.json() if answer.content else None


def found(bench: Bench, soql: str) -> list[dict[str, Any]]:
    return list(rest(bench, "GET", "query", params={"q": soql})["records"])


def join(bench: Bench, queue: str) -> None:
    """The administrator is put into a queue."""
    (group,) = found(bench, f"SELECT Id FROM Group WHERE DeveloperName = '{queue}'")
    (user,) = found(bench, "SELECT Id FROM User WHERE Username = 'admin@example.com'")
    rest(bench, "POST", "sobjects/GroupMember", json={"GroupId": group["Id"], "UserOrGroupId": user["Id"]})


def last(text: str) -> str:
    return text.rstrip().splitlines()[-1]

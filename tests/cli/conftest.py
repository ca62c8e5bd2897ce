"""An org in memory behind the real command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "applying"))

import fake_target
from fake_org import FakeOrg
from launching.orgs import end_all
from salesforce_bench import Bench, salesforce_bench

from provisioner.cli.app import run
from provisioner.targets.registry import TARGETS

TOKEN = "canary-token-81c2"
CONFIG = """\
[connections.sandbox]
platform = "salesforce"
instance_url = "https://acme.example"
access_token = {env = "SF_TOKEN"}
"""
DESIGN = """\
apiVersion: provisioner/v1
design: acme
client: Acme
target: {platform: salesforce, object: Lead, prefix: STL, expect: {org_id: 00D000000000001AAA, sandbox: true}}
lead_types:
  - {id: demo, label: Demo, when: {LeadSource: [Demo]}, sla: 5m, escalation: urgent}
  - {id: other, label: Other, when: {LeadSource: [Web]}, sla: 1h, escalation: urgent}
escalation: {urgent: [{at: due, notify: [rep], via: [bell]}]}
recipients: {rep: {role: record_owner}}
alerts: {mode: silent, silent_to: qa@acme.example}
"""


@pytest.fixture(scope="session", autouse=True)
def emulators() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The starter, and a Salesforce org that it fits."""
    return salesforce_bench(tmp_path)


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str


@dataclass(slots=True)
class Desk:
    """A directory with a design and a connection, an org, and the command line."""

    folder: Path
    org: FakeOrg
    _capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Result:
        self._capture.readouterr()
        code = run(arguments)
        captured = self._capture.readouterr()
        return Result(code, captured.out, captured.err)

    def edit(self, old: str, new: str) -> None:
        design = self.folder / "acme.yaml"
        text = design.read_text(encoding="utf-8")
        assert old in text
        design.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def new_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Desk]:
    def make(org: FakeOrg) -> Desk:
        (tmp_path / "acme.yaml").write_text(DESIGN, encoding="utf-8")
        (tmp_path / "provisioner.toml").write_text(CONFIG, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SF_TOKEN", TOKEN)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
        monkeypatch.setitem(TARGETS, "salesforce", "fake_target:target")
        org.identity = replace(org.identity, platform="salesforce")
        monkeypatch.setattr(fake_target.target, "org", org)
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)
        return Desk(tmp_path, org, capsys)

    return make


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk(FakeOrg())

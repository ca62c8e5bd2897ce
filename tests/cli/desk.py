"""The command line as a function: what it said and how it ended, on an org in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_org import FakeOrg

from provisioner.cli.app import run

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

"""A client of HubSpot, and what is done with any client's folder: a design is edited, a command is started."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PEOPLE = ("rep", "boss", "qa")
DESIGN = """\
apiVersion: provisioner/v1
design: brewline
client: Brewline Coffee
target:
  platform: hubspot
  object: contacts
  prefix: BRW
  expect: {portal_id: 1234567}
  timezone: America/New_York
  fields: {brew_interest: enumeration}
lead_types:
  - {id: sample, label: Sample box, when: {brew_interest: [sample]}, sla: 4h, clock: calendar, escalation: cold}
escalation:
  cold:
    - {at: due, notify: [rep, boss], via: [email, bell], task: "Call {lead.name}"}
recipients:
  rep: {role: record_owner}
  boss: {user: boss@brewline.example}
alerts: {mode: silent, silent_to: qa@brewline.example}
exclusions:
  - {id: own, when: {email: {ends_with: "@brewline.example"}}}
"""
INTEREST = {
    "name": "brew_interest",
    "label": "Interest",
    "groupName": "contactinformation",
    "type": "enumeration",
    "fieldType": "select",
    "options": [
        {"label": value, "value": value, "hidden": False, "displayOrder": place}
        for place, value in enumerate(["sample", "quote"])
    ],
}


def owners() -> list[dict[str, object]]:
    """The client's people, as the emulator is given them."""
    return [{"email": f"{name}@brewline.example", "first": name.title()} for name in PEOPLE]


def write(folder: Path, platform: str, url: str, token: str, design: str) -> None:
    """The design, and the connection `box`; `token` names the environment variable that holds its access token."""
    (folder / "brew.yaml").write_text(design, encoding="utf-8")
    (folder / "provisioner.toml").write_text(
        f'[connections.box]\nplatform = "{platform}"\ninstance_url = "{url}"\naccess_token = {{env = "{token}"}}\n',
        encoding="utf-8",
    )


def edit(folder: Path, old: str, new: str) -> None:
    """In the design; the old text must be there."""
    design = folder / "brew.yaml"
    text = design.read_text(encoding="utf-8")
    assert old in text
    design.write_text(text.replace(old, new), encoding="utf-8")


def started(options: Sequence[str], folder: Path, env: Mapping[str, str], errors: int) -> subprocess.Popen[str]:
    """A command as a process that signals can be sent to; `errors` as subprocess takes it."""
    return subprocess.Popen(
        [sys.executable, "-m", "provisioner.cli", *options],
        cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
    )  # fmt: skip

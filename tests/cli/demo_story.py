"""The demo as a user runs it, and what it tells of either CRM."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

COMMAND = [sys.executable, "-m", "provisioner.cli", "demo"]
TITLES = [
    "The design",
    "The org, before",
    "The plan",
    "Apply",
    "Monday, 2 March 2026, 08:00 to 18:30 in New York, on a virtual clock",
    "The evening",
    "Plan again",
    "The day after: marketing starts “TikTok Lead Ad”, and tells nobody",
    "The audit",
]


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """It ended well, and nothing of what it said is ours alone."""
    done = subprocess.run(
        [*COMMAND, *options], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not re.search(r"Traceback|None|Secret|<p>", done.stdout)
    return done


def is_told_to_its_end(said: str) -> None:
    assert re.findall(r"^\d\. (.+)$", said, re.MULTILINE) == TITLES
    assert re.search(r"40 leads arrive, .* and [1-9]\d* alerts go out\.", said)
    assert re.search(r"Touched in time: [1-9]\d* of [1-9]\d* decided, \d+ %\.", said)


def audit_finds(said: str, finding: str, source: str) -> None:
    """This and nothing else; the page shows it."""
    assert f"     error L101: {finding}\n" in said
    assert "\n   Drift: 1 error.\n" in said
    (page,) = re.findall(r"^   As a page: (.+)$", said, re.MULTILINE)
    assert source in Path(page).read_text(encoding="utf-8")


def everything_went_to_the_silent_address(said: str, alert: str) -> None:
    """`alert` is a pattern for how one of them looks."""
    assert "All of them go to qa@acme.example, and name who would have been told." in said
    assert re.search(rf"Mon \d\d:\d\d  {alert}", said)


def keeps_it_running(folder: Path, *options: str) -> dict[str, Any]:
    """What `--keep --json` tells, held against the CRM that it left, which is then stopped."""
    data: dict[str, Any] = json.loads(demo(folder, "--keep", "--json", *options).stdout)
    try:
        alive = requests.get(f"{data['url']}/_emulator/clock", timeout=10).json()
        assert alive == {"now": "2026-03-03T23:55:00.000Z"}
        assert data["second_plan_is_empty"] is True
        assert data["leads"] == sum(sum(counts.values()) for counts in data["results"].values()) == 40
        sent = requests.get(f"{data['url']}/_emulator/sent", timeout=10).json()
        assert len(sent) == data["alerts"] > 0
        assert {person for message in sent for person in message["to"]} == {"qa@acme.example"}
    finally:
        os.kill(data["pid"], signal.SIGTERM)
    return data

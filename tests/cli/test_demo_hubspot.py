"""The same story on the other CRM, as a user runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

COMMAND = [sys.executable, "-m", "provisioner.cli", "demo", "--platform", "hubspot"]


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *more], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return run(tmp_path_factory.mktemp("elsewhere"))


def test_the_story_is_told_to_its_end(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == 0
    assert re.fullmatch(r"((Checking|Counting in) .*\n)*", told.stderr), "what takes more than a second says so"
    assert re.findall(r"^\d\. (.+)$", told.stdout, re.MULTILINE) == [
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
    assert re.search(r"Plan: [1-9]\d* to add, 0 to change, 0 to delete\.", told.stdout)
    assert "By hand" not in told.stdout
    assert re.search(r"40 leads arrive, .* and [1-9]\d* alerts go out\.", told.stdout)
    assert re.search(r"Touched in time: [1-9]\d* of [1-9]\d* decided, \d+ %\.", told.stdout)
    assert "No changes. HubSpot portal 1234567 matches " in told.stdout
    assert not re.search(r"Traceback|None|Secret|<p>", told.stdout)


def test_the_audit_finds_the_new_lead_source_and_nothing_else(told: subprocess.CompletedProcess[str]) -> None:
    assert (
        "     error L101: 12 leads since 2025-12-03 have “tiktok_lead_ad” in Enquiry type (enquiry_type), first seen "
        "2026-03-03, last 2026-03-03. No rule of the design maps it.\n"
    ) in told.stdout
    assert "\n   Drift: 1 error.\n" in told.stdout
    (page,) = re.findall(r"^   As a page: (.+)$", told.stdout, re.MULTILINE)
    assert "tiktok_lead_ad" in Path(page).read_text(encoding="utf-8")


def test_everything_went_to_the_silent_address(told: subprocess.CompletedProcess[str]) -> None:
    assert "All of them go to qa@acme.example, and name who would have been told." in told.stdout
    assert re.search(r"Mon \d\d:\d\d  \[silent\] .+ \(bell\)\n +Silent mode\. Would have told", told.stdout)


def test_keep_leaves_it_running_and_nothing_reached_anybody_else(tmp_path: Path) -> None:
    done = run(tmp_path, "--keep", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    try:
        assert requests.get(f"{data['url']}/_emulator/clock", timeout=10).json() == {"now": "2026-03-03T23:55:00.000Z"}
        assert data["second_plan_is_empty"] is True
        assert data["leads"] == sum(sum(counts.values()) for counts in data["results"].values()) == 40
        assert (data["plan"]["by_hand"], data["plan"]["delete"]) == (0, 0)
        sent = requests.get(f"{data['url']}/_emulator/sent", timeout=10).json()
        assert len(sent) == data["alerts"] > 0
        assert {person for message in sent for person in message["to"]} == {"qa@acme.example"}
    finally:
        os.kill(data["pid"], signal.SIGTERM)

"""The same story on the other CRM, as a user runs it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from demo_story import audit_finds, demo, everything_went_to_the_silent_address, is_told_to_its_end, keeps_it_running

PLATFORM = ("--platform", "hubspot")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return demo(tmp_path_factory.mktemp("elsewhere"), *PLATFORM)


def test_the_story_is_told_to_its_end(told: subprocess.CompletedProcess[str]) -> None:
    assert re.fullmatch(r"((Checking|Counting in) .*\n)*", told.stderr), "what takes more than a second says so"
    is_told_to_its_end(told.stdout)
    assert re.search(r"Plan: [1-9]\d* to add, 0 to change, 0 to delete\.", told.stdout)
    assert "By hand" not in told.stdout
    assert "No changes. HubSpot portal 1234567 matches " in told.stdout


def test_the_audit_finds_the_new_lead_source_and_nothing_else(told: subprocess.CompletedProcess[str]) -> None:
    audit_finds(
        told.stdout,
        "12 leads since 2025-12-03 have “tiktok_lead_ad” in Enquiry type (enquiry_type), first seen 2026-03-03, last "
        "2026-03-03. No rule of the design maps it.",
        "tiktok_lead_ad",
    )


def test_everything_went_to_the_silent_address(told: subprocess.CompletedProcess[str]) -> None:
    alert = r"\[silent\] .+ \(bell\)\n +Silent mode\. Would have told"
    everything_went_to_the_silent_address(told.stdout, alert)


def test_keep_leaves_it_running_and_nothing_reached_anybody_else(tmp_path: Path) -> None:
    plan = keeps_it_running(tmp_path, *PLATFORM)["plan"]
    assert (plan["by_hand"], plan["delete"]) == (0, 0)

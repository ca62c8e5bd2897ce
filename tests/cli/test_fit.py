"""What a platform cannot do stops a design, unless the design says that it goes without."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from provisioner import assets
from provisioner.cli.road import Checked, check

SURGE = 'surge: {when: "daily volume > 2x 30-day average", factor: 2}\n'
FOLLOW_UP = "    follow_up: {touches: 6, within: 48h}\n"


def checked(folder: Path, platform: str, *, accept: str = "", more: str = "", follow_up: bool = False) -> Checked:
    text = assets.path("examples", f"acme-{platform}.yaml").read_text(encoding="utf-8")
    if accept:
        text = text.replace("  prefix: STL", f"  accept: [{accept}]\n  prefix: STL")
    if follow_up:
        text = text.replace("    hand_raiser: true\n", f"    hand_raiser: true\n{FOLLOW_UP}", 1)
    path = folder / "acme.yaml"
    path.write_text(text + more, encoding="utf-8")
    return check(path, today=date(2026, 3, 2))


def said(found: Checked) -> list[tuple[str, str, str, str, str]]:
    return [
        (item.code, item.severity, item.pointer, item.detail, item.advice)
        for item in found.findings
        if item.code in ("D141", "D142")
    ]


@pytest.mark.parametrize("platform", ["salesforce", "hubspot"])
def test_the_examples_ask_for_nothing_impossible(platform: str, tmp_path: Path) -> None:
    assert said(checked(tmp_path, platform)) == []


@pytest.mark.parametrize("platform", ["hubspot"])
def test_what_is_not_possible_is_an_error(platform: str, tmp_path: Path) -> None:
    assert said(checked(tmp_path, platform, more=SURGE, follow_up=True)) == [
        (
            "D141",
            "error",
            "/lead_types/0/follow_up",
            f"`follow_up` of 'emea_demo' is not possible on {platform}. Not deployed by this version.",
            "Leave it out, or write `accept: [follow_up]` under `target`.",
        ),
        (
            "D141",
            "error",
            "/surge",
            f"`surge` is not possible on {platform}. Not deployed by this version.",
            "Leave it out, or write `accept: [surge]` under `target`.",
        ),
    ]


@pytest.mark.parametrize("platform", ["hubspot"])
def test_what_is_accepted_is_said_and_no_error(platform: str, tmp_path: Path) -> None:
    assert said(checked(tmp_path, platform, accept="surge", more=SURGE)) == [
        (
            "D141",
            "info",
            "/surge",
            f"`surge` is not possible on {platform}. Not deployed by this version.",
            "The design accepts it; nothing of it is deployed.",
        )
    ]


@pytest.mark.parametrize("platform", ["hubspot"])
def test_one_word_accepts_nothing_else(platform: str, tmp_path: Path) -> None:
    found = said(checked(tmp_path, platform, accept="surge, cycles", more=SURGE, follow_up=True))
    assert [(item[0], item[1], item[2]) for item in found] == [
        ("D142", "warning", "/target/accept/1"),
        ("D141", "error", "/lead_types/0/follow_up"),
        ("D141", "info", "/surge"),
    ]
    assert found[0][3:] == (
        f"The design asks for no 'cycles' that is not possible on {platform} (not possible, and asked for: follow_up, "
        "surge).",
        "Take the word out.",
    )


@pytest.mark.parametrize("platform", ["hubspot"])
def test_what_is_impossible_is_part_of_the_statement(platform: str, tmp_path: Path) -> None:
    found = checked(tmp_path, platform, more=SURGE, follow_up=True)
    assert found.target is not None and found.design is not None
    stated = [
        (item.feature, item.lead_type, item.at)
        for item in found.target.fidelity(found.design)
        if item.grade == "impossible"
    ]
    assert stated == [("surge", None, "/surge"), ("follow_up", "emea_demo", "/lead_types/0/follow_up")]

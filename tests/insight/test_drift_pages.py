"""The generated page of findings, and the examples for CI."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from provisioner.cli.app import cli
from provisioner.diagnostics import Location
from provisioner.insight.checks import FINDINGS
from provisioner.insight.finding import FAMILIES, Found, Registry, reference

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"


def test_the_page_of_findings_is_not_stale() -> None:
    """`UPDATE_DOCS=1` writes it."""
    page = ROOT / "docs" / "findings.md"
    fresh = reference(list(FINDINGS))
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(fresh, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == fresh


def test_the_page_has_every_code_and_every_family() -> None:
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    for kind in FINDINGS:
        section = page.split(f'<a id="{kind.code.lower()}"></a>')[1].split("\n#")[0]
        for label in ("Why it matters", "How it is found", "What to do", "Example"):
            assert f"**{label}.** " in section, (kind.code, label)
    for name, _ in FAMILIES.values():
        assert f"(`--only {name}`)" in page


def test_the_guide_names_the_codes_there_are() -> None:
    guide = (ROOT / "docs" / "drift.md").read_text(encoding="utf-8")
    for letter, (name, _) in FAMILIES.items():
        codes = [kind.code for kind in FINDINGS if kind.code[0] == letter]
        assert f"| `{name}` |" in guide
        assert f"[{codes[0]} to {codes[-1]}](findings.md#{codes[0].lower()})" in guide


def test_a_kind_says_everything_about_itself() -> None:
    registry = Registry()
    with pytest.raises(ValueError, match="the page of L101 does not say"):
        registry.kind("L101", "T")(lambda audit: ())
    with pytest.raises(ValueError, match="belongs to no family"):
        registry.kind("Z101", "T")(lambda audit: ())


def test_a_check_that_breaks_down_silences_no_other_and_is_not_clean() -> None:
    registry = Registry()

    @registry.kind("L101", "First")
    def first(audit: object) -> list[Found]:
        """It.

        Why: It.

        Found: It.

        Fix: It.

        Example: It.
        """
        raise ZeroDivisionError("in the middle")

    @registry.kind("L102", "Second")
    def second(audit: object) -> list[Found]:
        """It.

        Why: It.

        Found: It.

        Fix: It.

        Example: It.
        """
        return [Found("s", "d", "c", "f")]

    found, crashed = registry.run(None, lambda pointer: Location("d.yaml", 1, 1))
    assert [item.code for item in found] == ["L102"]
    assert [(kind.code, said) for kind, said in crashed] == [("L101", "ZeroDivisionError: in the middle")]


# ------------------------------------------------------------------------------- CI


def scripts() -> list[tuple[str, str]]:
    """Every piece of shell in the examples."""
    found = []
    github = yaml.safe_load((CI / "github-actions.yml").read_text(encoding="utf-8"))
    for job in github["jobs"].values():
        found += [("github-actions.yml", step["run"]) for step in job["steps"] if "run" in step]
    gitlab = yaml.safe_load((CI / "gitlab-ci.yml").read_text(encoding="utf-8"))
    found += [("gitlab-ci.yml", script) for script in gitlab["drift"]["script"]]
    lines = (CI / "cron").read_text(encoding="utf-8").splitlines()
    jobs = [line for line in lines if re.match(r"[0-9*]", line)]
    assert [line.split()[:5] for line in jobs] == [["17", "6", "*", "*", "1"]]
    return [*found, *(("cron", " ".join(line.split()[5:])) for line in jobs)]


def commands() -> list[tuple[str, str]]:
    parts = [(file, part.strip()) for file, text in scripts() for part in re.split(r"\n|&&|;", text)]
    return [(file, part) for file, part in parts if part.startswith("provisioner ")]


def test_every_example_runs_the_audit() -> None:
    assert {file for file, _ in commands()} == {"github-actions.yml", "gitlab-ci.yml", "cron"}


@pytest.mark.parametrize(("file", "line"), commands())
def test_the_commands_of_the_examples_are_understood(file: str, line: str) -> None:
    """Parsed by the command itself, without running it."""
    arguments = [word for word in shlex.split(line)[1:] if not word.startswith("$")]
    assert arguments[0] == "drift"
    command = cli.get_command(click.Context(cli), "drift")
    assert command is not None
    assert command.make_context("drift", arguments[1:]).params["out"] is not None


def test_the_workflow_runs_weekly_with_the_least_it_needs() -> None:
    text = (CI / "github-actions.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow[True]["schedule"] == [{"cron": "17 6 * * 1"}]  # YAML 1.1 reads `on` as true
    assert workflow["permissions"] == {"contents": "read", "security-events": "write"}
    assert not re.search(r"(?i)(token|key|secret)\s*[:=]\s*[\"']?[A-Za-z0-9_-]{16,}", text)


def test_findings_are_a_warning_in_the_other_pipeline_and_failures_are_not() -> None:
    job = yaml.safe_load((CI / "gitlab-ci.yml").read_text(encoding="utf-8"))["drift"]
    assert job["allow_failure"] == {"exit_codes": [3]}
    assert job["artifacts"]["reports"] == {"junit": "drift.xml"}

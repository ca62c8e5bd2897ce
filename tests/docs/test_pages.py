from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from provisioner.cli.app import COMMANDS, cli
from provisioner.cli.manual import manual

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_manual_is_not_stale() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == manual(), "run: python -m provisioner.cli.manual > docs/cli.md"


def test_every_command_is_documented_with_examples() -> None:
    page = manual()
    for name in COMMANDS:
        assert f"\n## `provisioner {name}`\n" in page
        section = page.split(f"\n## `provisioner {name}`\n")[1].split("\n## ")[0]
        assert "Examples:" in section, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not link.startswith("https://"):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if page.name != "index.md" and page.name not in index]
    assert missing == []


def test_the_glossary_is_sorted_and_says_each_word_once() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([^|]+?) \|", text, re.MULTILINE)[1:]
    assert words == sorted(words, key=str.casefold)
    assert len(words) == len(set(words)) > 40


# ---------------------------------------------------------------- the README


def block(name: str) -> str:
    found = re.findall(rf"<!-- {name} -->\n```bash\n(.*?)```", README, re.DOTALL)
    return "".join(found)


def commands(text: str) -> list[list[str]]:
    """The arguments of every `provisioner …` in a piece of shell."""
    lines = [part.strip() for line in text.splitlines() for part in line.split("&&")]
    words = [shlex.split(line) for line in lines if line]
    return [line[1:] for line in words if Path(line[0]).name == "provisioner"]


def test_there_is_one_command_for_the_demo_and_one_for_the_tests() -> None:
    for name in ("demo", "tests"):
        assert len(block(name).splitlines()) == 1
    assert commands(block("demo")) == [["demo"]]
    assert block("tests").endswith(".venv/bin/pip install '.[test]' && .venv/bin/pytest -n auto\n")


@pytest.mark.parametrize("arguments", commands(block("demo") + block("commands")), ids=" ".join)
def test_the_commands_of_the_readme_exist(arguments: list[str]) -> None:
    """Parsed by the command itself, without running it."""
    context = click.Context(cli, info_name="provisioner")
    command = cli.get_command(context, arguments[0])
    assert command is not None, arguments
    parsed = command.make_context(arguments[0], arguments[1:], parent=context)
    assert parsed.args == []


def test_the_connections_of_the_readme_are_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner import config

    toml = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)[0]
    path = tmp_path / "provisioner.toml"
    path.write_text(toml, encoding="utf-8")
    (tmp_path / "server.key").write_text("key")
    methods = {
        name: config.connection(name, paths=(path,), environ={"SF_TOKEN": "t"}).auth["method"]
        for name in ("sandbox", "pipeline", "token")
    }
    assert methods == {"sandbox": "sf_cli", "pipeline": "jwt", "token": "access_token"}


def test_the_readme_says_that_nothing_was_tried_live() -> None:
    assert "**Never tried against a live org.**" in README
    assert "Nothing has been run against a real Salesforce org yet" in README


def test_the_pipeline_runs_the_readmes_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "/^<!-- tests -->$/" in script
    assert 'bash -euo pipefail -c "$test_command"' in script

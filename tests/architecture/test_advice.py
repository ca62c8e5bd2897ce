"""Whatever we tell people to run can be run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from provisioner.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]
# `provisioner plan …`, "run provisioner plan", "(provisioner destroy …", "…: provisioner plan", an indented line
MEANT = re.compile(r"(?:`|\b[Rr]un |\(|: |^[ \t$]+)provisioner ([a-z][a-z-]*)", re.MULTILINE)


def spoken(path: Path) -> Iterator[str]:
    """The texts in a module: constants, with `…` for what an f-string fills in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def typed(page: str) -> Iterator[str]:
    """The blocks of code of a page, indented: whatever begins a line there is a command."""
    for block in re.findall(r"^```.*?^```", page, re.MULTILINE | re.DOTALL):
        yield block.replace("\n", "\n  ")


def commands(texts: Iterator[str]) -> set[str]:
    return {word for text in texts for word in MEANT.findall(text)}


def test_every_command_in_a_message_exists() -> None:
    found = {path: commands(spoken(path)) for path in sorted((ROOT / "provisioner").rglob("*.py"))}
    wrong = {str(path.relative_to(ROOT)): words - COMMANDS.keys() for path, words in found.items()}
    assert {path: words for path, words in wrong.items() if words} == {}
    assert {"plan", "apply", "destroy"} <= set().union(*found.values())


def test_every_command_in_a_page_exists() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").glob("*.yaml"))]
    texts = {path.name: path.read_text(encoding="utf-8") for path in pages}
    found = {name: commands(iter([text, *typed(text)])) - COMMANDS.keys() for name, text in texts.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_what_is_not_there_would_be_noticed() -> None:
    text = (
        "x (provisioner foo); see `provisioner bar`. Run provisioner baz\n  provisioner qux -c x\nWhat provisioner did"
    )
    assert commands(iter([text])) == {"foo", "bar", "baz", "qux"}

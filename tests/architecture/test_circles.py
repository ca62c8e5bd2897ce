"""No file imports one that imports it: not when a module loads, not inside a function, not for the types alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Graph = Mapping[str, Set[str]]


def module_of(path: Path, root: Path) -> str:
    """`provisioner/cli/road.py` → `provisioner.cli.road`; a package is its `__init__`."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def graph_of(root: Path, package: str) -> Graph:
    """Module → the modules of the package that it imports, wherever in the file."""
    files = {module_of(path, root): path for path in (root / package).rglob("*.py")}
    return {name: set(_imported(path, root, files)) - {name} for name, path in files.items()}


def _imported(path: Path, root: Path, known: Mapping[str, Path]) -> Iterator[str]:
    here = path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level + 1]] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{stem}.{alias.name}"
                if whole in known or stem in known:
                    yield whole if whole in known else stem


def in_circles(graph: Graph) -> list[str]:
    """What is left when modules that import none of the others, or that none of them imports, are taken away again and
    again: those of a circle, and those between two."""
    left = {name: set(used) for name, used in graph.items()}
    while True:
        used = {name for names in left.values() for name in names}
        loose = {name for name, names in left.items() if not names or name not in used}
        if not loose:
            return sorted(left)
        left = {name: names - loose for name, names in left.items() if name not in loose}


def test_no_file_stands_in_a_circle() -> None:
    assert in_circles(graph_of(ROOT, "provisioner")) == []


CASES = {
    "when it loads": ("from package import second\n", "import package.first\n"),
    "inside a function": ("def late():\n    from package.second import Thing\n", "from package.first import Other\n"),
    "for its types": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .second import Thing\n",
        "from . import first\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_circle_is_seen(tmp_path: Path, case: str) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "third.py").write_text("from package import first\n", encoding="utf-8")
    for name, text in zip(("first", "second"), CASES[case], strict=True):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    assert in_circles(graph_of(tmp_path, "package")) == ["package.first", "package.second"]
    (folder / "second.py").write_text("", encoding="utf-8")
    assert in_circles(graph_of(tmp_path, "package")) == []

"""Imports go one way, and vendors stay in their rooms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "provisioner"

# room → rooms it may import (its own always, and the package's version)
BASICS = {"errors", "diagnostics", "resources", "secrets", "connections", "assets", "rules", "past"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "diagnostics": set(),
    "resources": set(),
    "secrets": set(),
    "assets": set(),
    "connections": {"secrets"},
    "rules": {"diagnostics"},
    "fidelity": set(),
    "facts": set(),
    "past": set(),
    "document": {"assets", "diagnostics", "errors", "rules"},
    "model": {"document", "rules", "diagnostics", "errors"},
    "sla": {"model", "errors"},
    "planning": {"resources", "diagnostics", "errors", "assets"},
    "targets/terms": {"model", "resources", "planning"},
    "targets/leads": {"model", "facts", "past"},
    "targets/base": {"model", "resources", "planning", "diagnostics", "errors", "connections", "fidelity"}
    | {"targets/terms", "targets/leads"},
    "targets/registry": {"targets/base", "errors"},
    "targets/http": {"errors", "secrets", "connections"},
    "targets/naming": {"targets/base", "model", "facts"},
    "targets/meaning": {"targets/base", "model", "planning"},
    "targets/salesforce": BASICS
    | {"fidelity", "facts", "targets/base", "targets/http", "targets/meaning", "targets/naming", "model", "planning"},
    "targets/hubspot": BASICS
    | {
        "fidelity",
        "facts",
        "targets/base",
        "targets/http",
        "targets/meaning",
        "targets/naming",
        "model",
        "sla",
        "planning",
    },
    "insight": BASICS | {"facts", "model", "sla", "planning", "targets/base", "document"},
    "applying": {"resources", "planning", "diagnostics", "errors", "targets/base", "past"},
    "reporting": {
        "resources",
        "planning",
        "applying",
        "targets/base",
        "diagnostics",
        "fidelity",
        "insight",
        "facts",
        "assets",
        "past",
    },
    "config": {"connections", "secrets", "errors", "assets"},
    "cli": BASICS
    | {"document", "model", "planning", "targets/base", "targets/registry", "applying", "reporting", "config"}
    | {"fidelity", "facts", "insight"},
    "emulator": set(),
}
NEUTRAL = {
    "errors",
    "diagnostics",
    "resources",
    "rules",
    "fidelity",
    "facts",
    "past",
    "insight",
    "document",
    "model",
    "sla",
    "planning",
    "targets/http",
    "targets/meaning",
    "targets/naming",
    "applying",
    "reporting",
}
VENDOR_WORDS = re.compile(r"salesforce|hubspot|sobject|__c\b", re.IGNORECASE)
MODULES = sorted(ROOT.rglob("*.py"))


def room(parts: tuple[str, ...]) -> str:
    """`("targets", "salesforce", "parse")` → `targets/salesforce`."""
    if not parts:
        return ""
    return "/".join(parts[:2]) if parts[0] == "targets" and len(parts) > 1 else parts[0]


def module_parts(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imported(path: Path) -> Iterator[tuple[str, ...]]:
    """What of ours a module imports, without the leading `provisioner`; relative imports included."""
    here = ("provisioner", *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level + 1]] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{stem}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, *rest = name.split(".")
            if first == "provisioner":
                yield tuple(rest)


def target_room(parts: tuple[str, ...]) -> str:
    """The room of an imported name; `from provisioner import __version__` is nobody's room."""
    found = room(parts)
    return "" if found == "__version__" else found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_what_its_room_may(path: Path) -> None:
    mine = room(module_parts(path))
    if mine in ("", "targets"):
        assert not list(imported(path)), "a package that only holds rooms imports nothing"
        return
    used = {target_room(parts) for parts in imported(path)} - {mine, ""}
    assert used <= ALLOWED[mine], f"{mine} must not import {sorted(used - ALLOWED[mine])}"


def test_every_room_has_a_rule() -> None:
    rooms = {room(module_parts(path)) for path in MODULES} - {"", "targets"}
    assert rooms == set(ALLOWED)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_vendor_words_stay_out_of_neutral_rooms(path: Path) -> None:
    """In code: names and strings; a docstring may say where a fact comes from, an enumeration names its platforms."""
    if room(module_parts(path)) not in NEUTRAL:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}
    platform = {id(item) for node in ast.walk(tree) if _is_platform(node) for item in ast.walk(node)}
    found = [
        f"{node.lineno}: {word}"
        for node in ast.walk(tree)
        for word in _words(node)
        if id(node) not in docs | platform and VENDOR_WORDS.search(word)
    ]
    assert found == []


def _has_docstring(node: ast.AST) -> bool:
    bodies = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if not isinstance(node, bodies) or not node.body or not isinstance(node.body[0], ast.Expr):
        return False
    return isinstance(node.body[0].value, ast.Constant)


def _is_platform(node: ast.AST) -> bool:
    """`platform: Literal[…]` is the design's own enumeration of the CRMs there are."""
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "platform"


def _words(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    names = [getattr(node, attribute, None) for attribute in ("id", "attr", "name", "arg", "module")]
    return [name for name in names if isinstance(name, str)]


def test_nobody_imports_the_emulator() -> None:
    users = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if room(module_parts(path)) != "emulator" and any(room(parts) == "emulator" for parts in imported(path))
    ]
    assert users == []


def test_the_rules_bite(tmp_path: Path) -> None:
    module = ROOT / "planning" / "diff.py"
    parts = list(imported(module))
    assert ("planning", "plan", "Plan") in parts
    assert room(("targets", "salesforce", "session", "rest")) == "targets/salesforce"
    assert VENDOR_WORDS.search("STL_Due__c") and VENDOR_WORDS.search("sObject") and not VENDOR_WORDS.search("__class__")

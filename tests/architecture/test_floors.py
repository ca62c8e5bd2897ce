"""Inside an emulator, too, imports go one way: a room stands above all that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "provisioner" / "emulator"
# From the top floor down; rooms of one floor do not know each other. A room is a folder, or a file beside the folders.
FLOORS: dict[str, list[str]] = {
    "hubspot": [
        "app",
        "assembly control rest",
        "workflows",
        "crm lists",
        "state",
        "bodies conditions formula standard values",
        "errors times",
    ],
    "salesforce": [
        "app",
        "assembly control",
        "metadata",
        "list_views",
        "analytics bulk",
        "rest",
        "audit_trail soql",
        "automation",
        "state",
        "errors ids kinds xml",
    ],
}
FILES = [path for vendor in FLOORS for path in sorted((ROOT / vendor).rglob("*.py"))]


def imported(path: Path, vendor: str) -> Iterator[str]:
    """The rooms of this emulator that a file imports."""
    package = f"provisioner.emulator.{vendor}."
    here = ("provisioner", "emulator", *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{stem}.{name}" for name in names]
        yield from (name.removeprefix(package).split(".")[0] for name in names if name.startswith(package))


def room_of(path: Path, vendor: str) -> str:
    return path.relative_to(ROOT / vendor).with_suffix("").parts[0]


def rising(vendor: str, room: str, used: set[str]) -> set[str]:
    """Those of the rooms that do not stand below this one."""
    height = {name: -floor for floor, names in enumerate(FLOORS[vendor]) for name in names.split()}
    return {name for name in used - {room} if height[name] >= height[room]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_stands_above_what_it_imports(path: Path) -> None:
    vendor = path.relative_to(ROOT).parts[0]
    room, used = room_of(path, vendor), set(imported(path, vendor))
    if room == "__init__":
        assert not used, "it draws the way through the house, and takes none"
        return
    assert not rising(vendor, room, used)


@pytest.mark.parametrize("vendor", FLOORS)
def test_every_room_has_a_floor(vendor: str) -> None:
    rooms = {room_of(path, vendor) for path in (ROOT / vendor).rglob("*.py")} - {"__init__"}
    assert rooms == {name for names in FLOORS[vendor] for name in names.split()}


def test_the_floors_bite() -> None:
    assert rising("hubspot", "state", {"errors", "workflows", "state"}) == {"workflows"}
    assert rising("salesforce", "analytics", {"bulk", "rest", "state"}) == {"bulk"}

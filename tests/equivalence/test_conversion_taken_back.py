"""A design that no longer copies anything at conversion: the copies go, what the leads hold stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner import assets

from .streams import EXAMPLES
from .world import World

CONVERSION = "  conversion: {to: [opportunity]}"


@pytest.fixture
def world() -> Iterator[World]:
    emulated = World()
    yield emulated
    emulated.close()


def test_only_the_copies_go(world: World, tmp_path: Path) -> None:
    played, design = EXAMPLES["global"], tmp_path / "design.yaml"
    text = assets.read_text("examples", "global-salesforce.yaml")
    design.write_text(text, encoding="utf-8")
    world.begin(played.start, played.cast)
    world.apply(design, tmp_path)
    world.deployed(played.prefix)
    assert "GLX_Lead_Type__c" in fields(world, "Opportunity")
    before = fields(world, "Lead")
    (line,) = [line for line in text.splitlines() if line.startswith(CONVERSION)]
    design.write_text(text.replace(f"{line}\n", ""), encoding="utf-8")
    world.apply(design, tmp_path)
    assert not {name for name in fields(world, "Opportunity") if name.startswith("GLX_")}
    assert fields(world, "Lead") == before
    assert "Plan: 0 to add, 0 to change, 0 to delete, 7 by hand.\n" in world.command("plan", design, tmp_path)


def fields(world: World, sobject: str) -> set[str]:
    return {field["name"] for field in world.call("GET", f"sobjects/{sobject}/describe")["fields"]}

"""Writes the packages of many designs into a folder, for the judges to read: `render.py FOLDER`."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest has it
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provisioner import assets
from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from tests.equivalence.compare import case, files_of

SEEDS = range(4000, 4040)
EXAMPLES = ("acme", "four-tier", "global", "starter")


def main(folder: Path) -> None:
    designs = {name: _example(name) for name in EXAMPLES}
    designs |= {f"world-{seed}": made.design for seed in SEEDS if (made := case(seed, 1))}
    for name, design in designs.items():
        for path, content in files_of(design).items():
            file = folder / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    print(f"{len(designs)} packages")


def _example(name: str) -> Design:
    design, found = compile_design(load(assets.path("examples", f"{name}-salesforce.yaml")), today=date(2026, 3, 1))
    assert design is not None, found
    return design


if __name__ == "__main__":
    main(Path(sys.argv[1]))

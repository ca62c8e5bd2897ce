"""Bad designs, one file per case: the first line says why it exists, lines with `#=` say everything that is found.

`#= LINE:COLUMN SEVERITY CODE TITLE | DETAIL | ADVICE`, in the order in which it is shown. Nothing else may be found.
"""

from datetime import date
from pathlib import Path

import pytest

from provisioner.document import load
from provisioner.document.faults import FAULTS
from provisioner.model.compile import RULES, compile_design

CASES = sorted((Path(__file__).parents[1] / "cases" / "designs").glob("*.yaml"))
TODAY = date(2026, 11, 21)
# Their own tests show these: they concern the text before it is a tree, a platform, or a rule that crashes.
ELSEWHERE = {
    "D001",
    "D002",
    "D003",
    "D004",
    "D005",
    "D007",
    "D008",
    "D009",
    "D011",
    "D012",
    "D014",
    "D141",
    "D142",
    "D999",
}


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_case(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# why: ")
    expected = [line.removeprefix("#= ") for line in text.splitlines() if line.startswith("#= ")]
    design, findings = compile_design(load(file), today=TODAY)
    found = [
        f"{f.location.line}:{f.location.column} {f.severity} {f.code} {f.title} | {f.detail} | {f.advice}"
        for f in findings
    ]
    assert found == expected
    assert {finding.location.file for finding in findings} <= {str(file)}
    unbuilt = any(f.severity == "error" and f.code < "D110" for f in findings)
    assert (design is None) == unbuilt


def test_every_code_has_a_case() -> None:
    shown = {word for file in CASES for word in file.read_text(encoding="utf-8").split() if word[:2] in ("D0", "D1")}
    codes = {item.code for item in (*FAULTS, *RULES)}
    assert codes - shown - ELSEWHERE == set()

"""Whatever the document says, compiling ends with a design or with reasons; never with a traceback."""

import copy
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.diagnostics import in_order
from provisioner.document import load, loads
from provisioner.model.compile import compile_design

TODAY = date(2026, 3, 2)
ROOT = Path(__file__).parents[2]
EXAMPLE = load(ROOT / "examples" / "starter-salesforce.yaml").data

PIECES = st.sampled_from(
    [
        *(None, True, 0, 5, -1, 2.5, "", "x", "none", "rep", "due", "due + 1bd", "50%", "1bd", "2d", "5 min", "closed"),
        *([], {}, ["x"], {"x": "y"}, "😀", "a\n", "{!x}", "2026-02-30", "business", "calendar", "same_business_day"),
        *("08:00-18:00", ["08:00-18:00"], {"all": []}, {"not": {"A": {"gt": 1}}}, {"role": "record_owner"}, "us"),
    ]
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*at, key))


@settings(deadline=None)
@given(st.data())
def test_a_damaged_design_gives_reasons(data: st.DataObject) -> None:
    design = copy.deepcopy(EXAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(list(paths(design))))
        parent = design
        for step in path[:-1]:
            parent = parent[step]
        if data.draw(st.booleans()):
            parent[path[-1]] = copy.deepcopy(data.draw(PIECES))  # a later step may change it
        else:
            del parent[path[-1]]
    found, findings = compile_design(loads(json.dumps(design, ensure_ascii=False), "d.yaml"), today=TODAY)
    assert findings == in_order(findings)
    assert "D999" not in {finding.code for finding in findings}, findings
    assert found is not None or any(finding.severity == "error" for finding in findings)
    for finding in findings:
        assert finding.detail and finding.advice and finding.title, finding
        assert "\n" not in finding.detail + finding.advice


@settings(deadline=None)
@given(st.text() | st.text("abc:-[]{}&*!|>'\"#%@`? \n,0.~<", max_size=60))
def test_any_text_gives_reasons(text: str) -> None:
    found, findings = compile_design(loads(text), today=TODAY)
    assert found is None
    assert any(finding.severity == "error" for finding in findings)
    assert "D999" not in {finding.code for finding in findings}


def test_the_same_document_gives_the_same_design_every_time() -> None:
    document = load(ROOT / "examples" / "starter-salesforce.yaml")
    assert compile_design(document, today=TODAY) == compile_design(document, today=TODAY)


def test_today_only_matters_where_the_document_leaves_the_year_open() -> None:
    document = load(ROOT / "examples" / "starter-salesforce.yaml")
    assert compile_design(document, today=TODAY)[0] == compile_design(document, today=date(2027, 1, 1))[0]
    text = (ROOT / "examples" / "starter-salesforce.yaml").read_text(encoding="utf-8").replace(", from: 2026", "")
    later, _ = compile_design(loads(text), today=date(2031, 1, 1))
    assert later is not None
    assert {holiday.day.year for holiday in later.business_hours["emea"].holidays} == {2031, 2032, 2033}

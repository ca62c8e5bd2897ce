from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.document import loads
from provisioner.document.editing import replaced, spots

TEXT = (Path(__file__).parents[2] / "examples" / "starter-salesforce.yaml").read_text(encoding="utf-8")
SPOTS = spots(TEXT)


def edit(text: str, pointer: str, value: str) -> str | None:
    return replaced(text, next(spot for spot in spots(text) if spot.pointer == pointer), value)


@pytest.mark.parametrize(
    ("text", "pointer", "value", "expected"),
    [
        ("a: 5m  # quick\nb: 1\n", "/a", "30m", "a: 30m  # quick\nb: 1\n"),
        ("a: '5m'\n", "/a", "it's", "a: 'it''s'\n"),
        ('a: "5m"\n', "/a", 'say "x"', 'a: "say \\"x\\""\n'),
        ("a: [x, y]\n", "/a/1", "z", "a: [x, z]\n"),
        ("a: {b: 5m, c: 1}\n", "/a/b", "6m", "a: {b: 6m, c: 1}\n"),
        ("a: [x, y]\n", "/a/1", "z, w", 'a: [x, "z, w"]\n'),  # plain, it would be two
        ("a: x\n", "/a", "true", 'a: "true"\n'),  # a text stays one
        ("a: x\n", "/a", "# no", 'a: "# no"\n'),
        ("a: 5\n", "/a", "6", "a: 6\n"),
        ("a: true\n", "/a", "false", "a: false\n"),
        ("a: x\r\nb: y\r\n", "/a", "z", "a: z\r\nb: y\r\n"),
        ("a/b: {c~d: x}\n", "/a~1b/c~0d", "y", "a/b: {c~d: y}\n"),
        ("a: &one x\nb: *one\n", "/a", "y", None),  # what is repeated cannot be said of one alone
    ],
)
def test_one_value_is_replaced_where_it_stands(text: str, pointer: str, value: str, expected: str | None) -> None:
    assert edit(text, pointer, value) == expected


def test_block_texts_and_keys_are_no_spots() -> None:
    assert [spot.pointer for spot in spots("a: |\n  x\nb: >\n  y\nc: z\n")] == ["/c"]
    assert spots("a: [") == []
    assert spots("") == []


def values(data: Any) -> int:
    if isinstance(data, dict):
        return sum(map(values, data.values()))
    return sum(map(values, data)) if isinstance(data, list) else 1


def test_every_value_of_a_design_has_a_spot() -> None:
    document = loads(TEXT)
    assert len(SPOTS) == values(document.data)
    for spot in SPOTS:
        location = document.locate(spot.pointer)
        before = TEXT[: spot.start]
        assert (location.line, location.column) == (before.count("\n") + 1, spot.start - before.rfind("\n"))


@given(st.sampled_from(SPOTS), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12))
def test_nothing_else_moves(spot: Any, value: str) -> None:
    after = replaced(TEXT, spot, value)
    if after is None:
        return
    assert after.startswith(TEXT[: spot.start])
    assert after.endswith(TEXT[spot.end :])
    before, now = loads(TEXT), loads(after)
    assert now.findings == ()
    steps = [step.replace("~1", "/").replace("~0", "~") for step in spot.pointer.split("/")[1:]]
    for data in (before.data, now.data):
        for step in steps[:-1]:
            data = data[int(step)] if isinstance(data, list) else data[step]
        last = int(steps[-1]) if isinstance(data, list) else steps[-1]
        data[last] = "the same"
    assert before.data == now.data

"""The fast library that says whether a document is right must never be kinder than the one that says what is wrong."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.designs import documents

from provisioner.document import load
from provisioner.document.schema import _is_fine, _validator

EXAMPLE = Path(__file__).parents[2] / "examples" / "starter-salesforce.yaml"

ODD = st.one_of(
    st.sampled_from([
        None, True, 0, -1, 1.0, 0.5, 10**30, float("nan"), float("inf"), "", " ", "5m", "\x1c5m", "\ufeff5m", "5m\n",
        "5m\x85", "\u20285m", "x\x1c", "\x1fx", "\ud800", "٣", "demo\n", "due + 1h\n", "00D000000000001AAA\n", [], {},
        [1, 1.0], [1, True], {"a": 1}, "08:00-18:00", "2026-02-30",
    ]),
    st.text(max_size=6),
    st.integers(),
)  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(data, dict | list):
        for key, item in data.items() if isinstance(data, dict) else enumerate(data):
            found += places(item, (*path, key))
    return found


def is_right(data: Any) -> bool:
    return next(_validator().iter_errors(data), None) is None


@given(documents())
def test_right_documents_are_fine_at_once(document: dict[str, Any]) -> None:
    assert is_right(document)
    assert _is_fine(document)


@given(documents(), st.data())
def test_what_is_fine_is_right(document: dict[str, Any], data: st.DataObject) -> None:
    """Any value of the document becomes an odd one, or gets a name it should not have."""
    spoilt = copy.deepcopy(document)
    *way, last = data.draw(st.sampled_from(places(spoilt)))
    inner = spoilt
    for step in way:
        inner = inner[step]
    if isinstance(inner, dict) and data.draw(st.booleans()):
        inner[data.draw(st.text(max_size=5))] = inner.pop(last)
    else:
        inner[last] = data.draw(ODD)
    if _is_fine(spoilt):
        assert is_right(spoilt)


@pytest.mark.parametrize("text", ["\x1c", "\x1cAcme", "Acme\x1f", "Acme\x85"])
def test_white_space_is_where_they_differ(text: str) -> None:
    """For Python these are spaces, which a name must not begin or end with; for the other library they are letters."""
    document = copy.deepcopy(load(EXAMPLE).data)
    assert _is_fine(document)
    document["client"] = text
    assert not is_right(document)
    assert not _is_fine(document)

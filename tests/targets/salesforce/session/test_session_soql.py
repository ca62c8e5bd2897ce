from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.errors import TargetError
from provisioner.targets.salesforce.soql import can_be_asked, literal, literals, portions

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)
HOSTILE = st.text(st.sampled_from("'\\\" )(;%_a"), max_size=12)


def read_literal(text: str) -> tuple[str, str]:
    """A reader of SOQL strings written from the rule alone: (value, what follows the closing quote)."""
    assert text[0] == "'"
    value, place = "", 1
    while text[place] != "'":
        place += text[place] == "\\"
        value += text[place]
        place += 1
    return value, text[place + 1 :]


@given(TEXT | HOSTILE)
def test_a_literal_ends_where_we_end_it_and_says_what_was_meant(value: str) -> None:
    assert read_literal(literal(value) + " OR Name != null") == (value, " OR Name != null")


@given(st.sets(TEXT | HOSTILE, min_size=1, max_size=5))
def test_a_list_holds_each_value_once(values: set[str]) -> None:
    rest = literals([*values, *values])
    assert (rest[0], rest[-1]) == ("(", ")")
    rest, found = rest[1:-1], []
    while rest:
        value, rest = read_literal(rest.removeprefix(", "))
        found.append(value)
    assert found == sorted(values)


def test_quotes_and_backslashes_are_escaped() -> None:
    assert literal("O'Brien \\") == r"'O\'Brien \\'"


@pytest.mark.parametrize("value", ["a\nb", "\0", "x\x7f"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(TargetError, match=r"^'.*' holds a control character and cannot be looked up in Salesforce\.$"):
        literal(value)


@pytest.mark.parametrize(
    ("value", "can"),
    [("Web\u00a0inar", True), ("a\u200bb", True), ("", True), ("a\tb", False), ("x\x7f", False), ("\ud800", False)],
)
def test_what_is_merely_not_seen_can_be_asked_for(value: str, can: bool) -> None:
    assert can_be_asked(value) is can
    assert not can or literal(value).encode() == f"'{value}'".encode()


@given(st.sets(TEXT | HOSTILE, max_size=12), st.integers(1, 60))
def test_portions_are_a_partition_within_the_limit(values: set[str], longest: int) -> None:
    parts = [list(part) for part in portions(values, longest)]
    assert [value for part in parts for value in part] == sorted(values)
    assert all(len(part) == 1 or sum(len(literal(v).encode()) + 2 for v in part) <= longest for part in parts)


def test_an_empty_list_is_no_soql() -> None:
    with pytest.raises(ValueError, match=re.escape("a SOQL list needs at least one value")):
        literals([])

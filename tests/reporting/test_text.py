from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.planning.diff import ABSENT
from provisioner.reporting.text import LIMIT, Paint, count_text, duration_text, pair_text, safe, value_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Zürich 東京 🎉", "plain Zürich 東京 🎉"),
        ("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("\u2028x\ud800", "\\u2028x\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_control_characters_become_visible(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text(st.characters()))
def test_what_is_safe_cannot_steer_a_terminal(text: str) -> None:
    shown = safe(text)
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in shown)
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5, "5"),
        (True, "true"),
        (None, "null"),
        ("5", '"5"'),
        (["a", 1], '["a", 1]'),
        (ABSENT, "(nothing)"),
        ("x" * 100, '"' + "x" * 58 + "…"),
        ("\x1b[0m", '"\\u001b[0m"'),
    ],
)
def test_values(value: object, shown: str) -> None:
    assert value_text(value) == shown
    assert len(value_text(value)) <= LIMIT


def test_long_texts_are_shown_where_they_begin_to_differ() -> None:
    same = "same " * 40
    old, new = pair_text(same + "five minutes", same + "ten minutes")
    assert old.endswith('same five minutes"')
    assert new.endswith('same ten minutes"')
    assert old.startswith("…") and len(old) <= LIMIT


def test_short_texts_are_shown_whole() -> None:
    assert pair_text("a", "b") == ('"a"', '"b"')
    assert pair_text(5, 10) == ("5", "10")


def test_long_lists_are_never_shown_as_the_same_words() -> None:
    def branches(*types: str) -> list[dict[str, object]]:
        return [{"filterBranchOperator": "AND", "filterBranchType": "AND", "filters": [{"values": list(types)}]}]

    old, new = pair_text(branches("call", "email"), branches("call"))
    assert old == '… [{"values": ["call", "email"]}]}]'
    assert new == '… [{"values": ["call"]}]}]'
    assert max(len(old), len(new)) <= LIMIT
    hidden = pair_text(["x" * 80, "\u202e"], ["x" * 80, "b"])
    assert "\\u202e" in hidden[0] and hidden[1].endswith('x", "b"]')


def test_colours_are_only_decoration() -> None:
    assert Paint(False)("x", "red", "bold") == "x"
    assert Paint(True)("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"


def test_counts_and_durations() -> None:
    assert [count_text(n, "error") for n in (0, 1, 2)] == ["0 errors", "1 error", "2 errors"]
    assert [duration_text(s) for s in (0.04, 4.25, 61, 125)] == ["0.0 s", "4.2 s", "1 min 01 s", "2 min 05 s"]

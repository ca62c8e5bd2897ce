"""YAML 1.2 core scalars: what is a number, and what stays text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.document import loads

TEXT = [
    *("08:30", "on", "off", "yes", "no", "Yes", "y", "N", "1_000", "2026-12-24", "12:30:45", "0b101", "1.2.3", "+"),
    *(
        ".",
        "e5",
        "1e",
        "tRue",
        "nUll",
        "=",
        "00D000000000001AAA",
        "5m",
        "50%",
        "-5m",
        "0x",
        "0o8",
        "+-1",
        "1,000",
        "0xG",
    ),
]
VALUES = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "0": 0, "7": 7, "+7": 7, "-7": -7, "0o17": 15, "0x1F": 31, "0xff": 255,
    "1.5": 1.5, ".5": 0.5, "1.": 1.0, "1e3": 1000.0, "-1.5E-2": -0.015, "+.5": 0.5, "9007199254740992": 2**53,
}  # fmt: skip


@pytest.mark.parametrize("text", TEXT)
def test_it_stays_text(text: str) -> None:
    document = loads(f"a: {text}\n")
    assert document.data == {"a": text}
    assert document.findings == ()


@pytest.mark.parametrize("text", VALUES)
def test_core_values(text: str) -> None:
    found = loads(f"a: {text}\n")
    assert json.dumps(found.data) == json.dumps({"a": VALUES[text]})  # dumps: 1, 1.0 and true are not the same
    assert found.findings == ()


@pytest.mark.parametrize("text", [*TEXT, *VALUES])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_quoted_is_always_text(text: str, quote: str) -> None:
    assert loads(f"a: {quote}{text}{quote}\n").data == {"a": text}


@pytest.mark.parametrize("text", [*TEXT, *(text for text in VALUES if text)])
def test_keys_are_taken_as_written(text: str) -> None:
    assert loads(f"{text}: 1\n").data == {text: 1}


@pytest.mark.parametrize(("text", "value"), [("0123", 123), ("-007", -7), ("00", 0)])
def test_leading_zeros_are_pointed_out(text: str, value: int) -> None:
    document = loads(f"a: {text}\n", "d.yaml")
    assert document.data == {"a": value}
    (finding,) = document.findings
    assert (finding.code, finding.severity, str(finding.location)) == ("D013", "warning", "d.yaml:1:4")
    assert finding.detail == f"{text} is read as the number {value}."


@pytest.mark.parametrize("text", [".inf", "-.Inf", ".nan", "1e999", "9007199254740993", "9" * 5000, "0x" + "f" * 40])
def test_numbers_that_cannot_be_stored(text: str) -> None:
    (finding,) = loads(f"a: {text}\n").findings
    assert (finding.code, finding.severity, finding.location.column) == ("D011", "error", 4)


ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126))
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | ASCII,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc/~", min_size=1), inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None)
@given(TREES)
def test_json_is_read_as_it_is_and_every_value_has_a_place(value: object) -> None:
    document = loads(json.dumps({"root": value}))
    assert document.data == {"root": value}
    assert document.findings == ()

    def walk(item: object, pointer: str) -> None:
        assert pointer in document.places
        if isinstance(item, dict):
            for key, below in item.items():
                walk(below, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
        elif isinstance(item, list):
            for index, below in enumerate(item):
                walk(below, f"{pointer}/{index}")

    walk(document.data, "")

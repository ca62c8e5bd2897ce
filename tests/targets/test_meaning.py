"""What is said of two values beside each other: every difference is visible, however long they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.targets.hubspot.meanings.words import moment
from provisioner.targets.meaning import arrow, shown
from provisioner.targets.salesforce.meanings.flows import _condition

LONG = "Lead Source is one of " + ", ".join(f"Campaign {number}" for number in range(40))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "none"),
        ("", "none"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ("a" * 160, "a" * 160),
        ("a" * 161, "a" * 159 + "…"),
    ],
)
def test_a_value_in_a_sentence(value: object, expected: str) -> None:
    assert shown(value) == expected


def test_long_values_that_begin_alike_are_told_apart() -> None:
    (told,) = arrow("Which leads are Demo", (f"{LONG}, Fair", f"{LONG}, Form"), ("demo",))
    assert told.lead_types == ("demo",)
    tail = "…Campaign 37, Campaign 38, Campaign 39, F"
    assert told.text == f"Which leads are Demo: {tail}air -> {tail}orm"


def test_no_difference_is_not_told() -> None:
    assert list(arrow("Name", ("a", "a"))) == list(arrow("Name", None)) == []


@given(start=st.text(min_size=1, max_size=400), old=st.text(max_size=400), new=st.text(max_size=400))
def test_two_values_never_look_the_same(start: str, old: str, new: str) -> None:
    if start + old == start + new:
        return
    (told,) = arrow("It", (f"{start}{old}", f"{start}{new}"))
    sides = told.text.removeprefix("It: ")
    half = (len(sides) - len(" -> ")) // 2
    assert sides[:half] != sides[half + len(" -> ") :]
    assert len(sides) <= 2 * 160 + len(" -> ")


@pytest.mark.parametrize(
    ("found", "expected"),
    [({"hour": 8, "minute": 5}, "08:05"), ({"hour": "18"}, "18:00"), ({"hour": "x", "minute": ["y"]}, "x:['y']")],
)
def test_a_moment_of_the_day_as_the_vendor_writes_it(found: dict[str, object], expected: str) -> None:
    assert moment(found) == expected


def test_a_long_condition_that_changed_at_its_end_is_told() -> None:
    sources = [f"Campaign number {number}" for number in range(20)]
    said = [
        {"conditions": [{"leftValueReference": "$Record.LeadSource", "operator": "EqualTo", "rightValue": one}]}
        for one in sources
    ]
    before, after = ({"conditions": [row["conditions"][0] for row in said[:count]]} for count in (20, 19))
    assert len(_condition(after)) > 160
    assert _condition(before) != _condition(after)

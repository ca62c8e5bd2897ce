"""Implication against brute force: whenever we say "implies", no lead may show the opposite."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.design import All, Any_, Condition, Not, Scalar, Test
from provisioner.model.implication import implies

TEXTS = [None, "", "a", "A", "ab", "abc", "bc", "c"]
NUMBERS = [None, -1, 0, 1, 2, 2.5, 3]


def holds(item: Condition, lead: dict[str, Scalar]) -> bool:
    """docs/semantics.md, written again from its text."""
    if isinstance(item, All):
        return all(holds(part, lead) for part in item.parts)
    if isinstance(item, Any_):
        return any(holds(part, lead) for part in item.parts)
    if isinstance(item, Not):
        return not holds(item.part, lead)
    value = lead[item.field]
    low = value.lower() if isinstance(value, str) else value
    wanted = [v.lower() if isinstance(v, str) else v for v in item.values]
    if item.op == "in":
        return low in wanted
    if item.op == "not_in":
        return low not in wanted
    if item.op == "is_blank":
        return (value is None) == item.values[0]
    if value is None:
        return False
    if isinstance(low, str):
        part = str(wanted[0])
        return {"contains": part in low, "starts_with": low.startswith(part), "ends_with": low.endswith(part)}[item.op]
    limit = wanted[0]
    return {"gt": low > limit, "gte": low >= limit, "lt": low < limit, "lte": low <= limit}[item.op]  # type: ignore[operator]


text_values = st.lists(st.sampled_from([v for v in TEXTS if v != ""]), min_size=1, max_size=3).map(tuple)
text_tests = st.builds(Test, st.just("T"), st.sampled_from(["in", "not_in"]), text_values, st.just("")) | st.builds(
    Test, st.just("T"), st.sampled_from(["contains", "starts_with", "ends_with"]),
    st.sampled_from(["a", "A", "ab", "b", "bc"]).map(lambda v: (v,)), st.just(""),
)  # fmt: skip
number_values = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3).map(tuple)
number_tests = st.builds(Test, st.just("N"), st.sampled_from(["in", "not_in"]), number_values, st.just("")) | st.builds(
    Test, st.just("N"), st.sampled_from(["gt", "gte", "lt", "lte"]),
    st.sampled_from([0, 1, 2, 2.5]).map(lambda v: (v,)), st.just(""),
)  # fmt: skip
blank_tests = st.builds(
    Test, st.sampled_from("TN"), st.just("is_blank"), st.booleans().map(lambda v: (v,)), st.just("")
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    text_tests | number_tests | blank_tests,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any_(tuple(parts)))
        | inner.map(Not)
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(conditions, conditions)
def test_what_is_said_is_true(a: Condition, b: Condition) -> None:
    if implies(a, b):
        for text, number in product(TEXTS, NUMBERS):
            lead: dict[str, Scalar] = {"T": text, "N": number}
            assert not holds(a, lead) or holds(b, lead), lead


@settings(deadline=None)
@given(conditions)
def test_every_condition_implies_itself(a: Condition) -> None:
    assert implies(a, a)


def test_fields_and_texts_ignore_case() -> None:
    assert implies(Test("T", "in", ("a",), ""), Test("t", "in", ("A", "b"), ""))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (("in", ("abc",)), ("starts_with", ("AB",)), True),
        (("starts_with", ("abc",)), ("starts_with", ("ab",)), True),
        (("starts_with", ("ab",)), ("starts_with", ("abc",)), False),
        (("ends_with", ("@acme.example",)), ("contains", ("acme",)), True),
        (("gte", (1000,)), ("gte", (500,)), True),
        (("gte", (1000,)), ("gt", (1000,)), False),
        (("gt", (1000,)), ("is_blank", (False,)), True),
        (("in", (None,)), ("is_blank", (True,)), True),
        (("not_in", ("a", "b")), ("not_in", ("A",)), True),
        (("in", ("5",)), ("not_in", (5,)), False),  # a CRM may take the text for the number
    ],
)
def test_known_pairs(a: tuple[object, object], b: tuple[object, object], expected: bool) -> None:
    assert implies(Test("F", *a, ""), Test("F", *b, "")) is expected  # type: ignore[arg-type]

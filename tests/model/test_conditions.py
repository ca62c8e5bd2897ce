"""`when:` → condition tree."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.conditions import Reader, parse_instant
from provisioner.model.design import All, Any_, Condition, Not, Test
from provisioner.model.explain import condition


def read(value: Any) -> tuple[Condition | None, list[tuple[str, str]]]:
    said: list[tuple[str, str]] = []
    found = Reader(lambda pointer, detail, advice, key: said.append((pointer, detail))).read(value, "/when")
    return found, said


ORDERED = "`gt` compares with a number or an ISO date."
A = Test("A", "in", ("x",), "/when/A")
B = Test("B", "gte", (5,), "/when/B/gte")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"A": ["x"]}, A),
        ({"A": "x"}, A),
        ({"A": None}, Test("A", "in", (None,), "/when/A")),
        ({"A": [None, "x", 5, True]}, Test("A", "in", (None, "x", 5, True), "/when/A")),
        ({"B": {"gte": 5}}, B),
        ({"A": ["x"], "B": {"gte": 5}}, All((A, B))),
        ({"B": {"gte": 5, "lt": 9.5}}, All((B, Test("B", "lt", (9.5,), "/when/B/lt")))),
        ({"A": {"not_in": ["x", None]}}, Test("A", "not_in", ("x", None), "/when/A/not_in")),
        ({"A": {"is_blank": True}}, Test("A", "is_blank", (True,), "/when/A/is_blank")),
        ({"A": {"ends_with": "@x"}}, Test("A", "ends_with", ("@x",), "/when/A/ends_with")),
        ({"A": {"gt": "2026-01-31"}}, Test("A", "gt", (date(2026, 1, 31),), "/when/A/gt")),
        ({"A": {"lte": "2026-01-31T09:00:00-05:00"}},
         Test("A", "lte", (datetime(2026, 1, 31, 14, tzinfo=UTC),), "/when/A/lte")),
        ({"A": {"lt": "2026-01-31 09:00"}}, Test("A", "lt", (datetime(2026, 1, 31, 9, tzinfo=UTC),), "/when/A/lt")),
        ({"A": {"in": ["2026-01-31"]}}, Test("A", "in", ("2026-01-31",), "/when/A/in")),
        ({"not": {"A": ["x"]}}, Not(Test("A", "in", ("x",), "/when/not/A"))),
        ({"any": [{"A": ["x"]}, {"all": [{"B": {"gte": 5}}]}]},
         Any_((Test("A", "in", ("x",), "/when/any/0/A"), All((Test("B", "gte", (5,), "/when/any/1/all/0/B/gte"),))))),
        ({"A": ["x"], "not": {"C.D__r": {"contains": "y"}}},
         All((A, Not(Test("C.D__r", "contains", ("y",), "/when/not/C.D__r/contains"))))),
    ],
)  # fmt: skip
def test_conditions(written: Any, expected: Condition) -> None:
    assert read(written) == (expected, [])


@pytest.mark.parametrize(
    ("written", "pointer", "detail"),
    [
        ([], "/when", "when is a list; a condition is a mapping."),
        (None, "/when", "when is empty; a condition is a mapping."),
        ({}, "/when", "when is empty, so it would match every lead."),
        ({"A": {}}, "/when/A", "when.A compares with nothing."),
        ({"A": []}, "/when/A", "when.A is an empty list, so it says nothing."),
        ({"A": [["x"]]}, "/when/A/0", "when.A[0] is a list; a value is text, a number, true, false or null."),
        ({"A": {"in": "x"}}, "/when/A/in", "when.A.in is 'x'; it needs a list."),
        ({"A": {"gt": True}}, "/when/A/gt", f"when.A.gt is true; {ORDERED}"),
        ({"A": {"gt": "tomorrow"}}, "/when/A/gt", f"when.A.gt is 'tomorrow'; {ORDERED}"),
        ({"A": {"gt": "2026-02-30"}}, "/when/A/gt", f"when.A.gt is '2026-02-30'; {ORDERED}"),
        ({"A": {"contains": ["x"]}}, "/when/A/contains",
         "when.A.contains is a list; `contains` compares with one text."),
        ({"A": {"contains": ""}}, "/when/A/contains", "when.A.contains is ''; `contains` compares with one text."),
        ({"A": {"is_blank": "yes"}}, "/when/A/is_blank", "when.A.is_blank is 'yes'."),
        ({"A": {"equals": 5}}, "/when/A/equals", "'equals' is not a comparison."),
        ({"any": []}, "/when/any", "when.any is an empty list; `any` needs a list of conditions."),
        ({"ALL": [{"A": 1}]}, "/when/ALL", "'ALL' is no field."),
        ({"1A": ["x"]}, "/when/1A",
         "'1A' is not a field name; API names are letters, digits, underscores and dots."),
        ({"A": ["x" * 256]}, "/when/A/0", f"when.A[0] has 256 characters or more than one line: '{'x' * 59}…'."),
    ],
)  # fmt: skip
def test_no_conditions(written: Any, pointer: str, detail: str) -> None:
    assert read(written) == (None, [(pointer, detail)])


def test_everything_wrong_is_said_at_once() -> None:
    found, said = read({"all": [{"A": []}, {"B": {"gte": None}}, {"C": "fine"}], "D": {"like": "x"}})
    assert found is None
    assert [pointer for pointer, _ in said] == ["/when/all/0/A", "/when/all/1/B/gte", "/when/D/like"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.just("2026-01-01"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["A", "B", "all", "any", "not", "in", "gte", "contains", "is_blank", "?"]), inner
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(JSON)
def test_read_or_refused_with_a_reason(value: Any) -> None:
    found, said = read(value)
    assert (found is None) == bool(said)


@settings(deadline=None)
@given(JSON)
def test_a_condition_written_out_is_read_the_same(value: Any) -> None:
    found, _ = read(value)
    if found is not None:
        again, said = read(condition(found))
        assert said == []
        assert again is not None
        assert condition(again) == condition(found)


@pytest.mark.parametrize(
    "text", ["2026-1-1", "20260101", "2026-01-01T25:00", "2026-W01-1", "", "x", "2026-01-01T" + "0" * 99]
)
def test_no_instants(text: str) -> None:
    assert parse_instant(text) is None

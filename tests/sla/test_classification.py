"""How values compare, which lead type wins, and that many leads at once get the same answer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sla_designs import design, lead_type, where

from provisioner.model.design import All, Any_, Not
from provisioner.sla import UNTRACKED, Policy, classify, classify_many, evaluate, excluded, excluded_many

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("test", "value", "expected"),
    [
        (where("F", "in", "Web", "Fair"), "web", True),
        (where("F", "in", "Web"), "webinar", False),
        (where("F", "in", "Straße"), "STRASSE", True),
        (where("F", "in", None), None, True),
        (where("F", "in", None), "", True),
        (where("F", "in", None), float("nan"), True),
        (where("F", "in", None), " ", False),
        (where("F", "in", "Web"), None, False),
        (where("F", "in", "Web", None), None, True),
        (where("F", "in", ""), None, True),
        (where("F", "in", 5), 5.0, True),
        (where("F", "in", 5), "5.00", True),
        (where("F", "in", "5"), 5, True),
        (where("F", "in", "5"), "5.0", False),  # text against text is text
        (where("F", "in", 0.1), Decimal("0.1"), True),
        (where("F", "in", 1), True, False),
        (where("F", "in", True), 1, False),
        (where("F", "in", True), True, True),
        (where("F", "in", True), "TRUE", True),
        (where("F", "in", False), "false", True),
        (where("F", "in", False), None, False),  # a blank is not false
        (where("F", "in", date(2026, 3, 2)), "2026-03-02", True),
        (where("F", "in", date(2026, 3, 2)), datetime(2026, 3, 2, tzinfo=UTC), True),
        (where("F", "in", NOON), "2026-03-02T07:00:00-05:00", True),
        (where("F", "in", NOON), "2026-03-02T12:00:00Z", True),
        (where("F", "in", NOON), "noon", False),
        (where("F", "not_in", "Web"), None, True),
        (where("F", "not_in", "Web"), "WEB", False),
        (where("F", "not_in", "Web", None), None, False),
        (where("F", "is_blank", True), None, True),
        (where("F", "is_blank", True), 0, False),
        (where("F", "is_blank", False), False, True),
        (where("F", "gt", 1000), 1000, False),
        (where("F", "gte", 1000), "1000", True),
        (where("F", "gte", 1000), "many", False),
        (where("F", "gte", 1000), "1_000", False),
        (where("F", "lt", 1000), None, False),
        (where("F", "lte", 1000), float("nan"), False),
        (where("F", "gt", 9), "10", True),
        (where("F", "gt", "9"), "10", True),  # numeric text on both sides is a number
        (where("F", "gt", 0), True, False),
        (where("F", "lt", NOON), "2026-03-02", True),
        (where("F", "gte", "2026-03-02"), NOON, True),
        (where("F", "lt", "2026-03-02"), "2026-03-01T23:59:59Z", True),
        (where("F", "gt", "beta"), "Gamma", True),
        (where("F", "starts_with", "EN"), "enterprise", True),
        (where("F", "ends_with", "@acme.example"), "Eve@ACME.example", True),
        (where("F", "ends_with", "@acme.example"), "eve@acme.example.org", False),
        (where("F", "contains", ".*"), "abc", False),
        (where("F", "contains", "corp"), "ACME Corp Ltd", True),
        (where("F", "contains", ""), None, False),
        (where("F", "starts_with", "20"), 2026, True),
    ],
)
def test_one_comparison(test, value, expected):
    assert evaluate(test, {"F": value}) is expected


def test_a_missing_field_is_blank():
    assert evaluate(where("F", "is_blank", True), {})
    assert not evaluate(where("F", "lt", 5), {})


def test_conditions_combine_and_not_is_a_plain_negation():
    big, web = where("Size", "gte", 1000), where("Source", "in", "Web")
    assert evaluate(All((big, web)), {"Size": 1000, "Source": "web"})
    assert not evaluate(All((big, web)), {"Size": 999, "Source": "web"})
    assert evaluate(Any_((big, web)), {"Size": 999, "Source": "web"})
    assert not evaluate(Any_((big, web)), {})
    assert evaluate(Not(big), {"Size": None})  # gte with a blank is false, so its negation is true
    assert evaluate(All(()), {})
    assert not evaluate(Any_(()), {})


def small_policy(track_as: str | None = None) -> Policy:
    return Policy.of(
        design(
            lead_type("big", 5, All((where("Source", "in", "Web"), where("Size", "gte", 1000)))),
            lead_type("web", 15, where("Source", "in", "Web", None)),
            lead_type("rest", 60, Not(where("Size", "is_blank", True))),
            track_as=track_as,
            exclude=[where("Email", "ends_with", "@acme.example"), where("Size", "lt", 0)],
        )
    )


def test_the_first_match_wins_and_unmatched_leads_are_tracked_as_told():
    policy = small_policy()
    assert classify(policy, {"Source": "web", "Size": 1000}) == "big"
    assert classify(policy, {"Source": "web", "Size": 999}) == "web"
    assert classify(policy, {"Source": None, "Size": 5}) == "web"
    assert classify(policy, {"Source": "Fair", "Size": 5}) == "rest"
    assert classify(policy, {"Source": "Fair"}) is None
    assert classify(small_policy("web"), {"Source": "Fair"}) == "web"


def test_any_exclusion_excludes():
    policy = small_policy()
    assert excluded(policy, {"Email": "a@ACME.example"})
    assert excluded(policy, {"Size": -1})
    assert not excluded(policy, {"Email": "a@other.example", "Size": 1})


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2000), st.sampled_from(["Web", "web", "Fair", "", "1000", "-1", 1.0, 0.0])
)


@given(
    st.lists(st.tuples(VALUES, VALUES, st.sampled_from(["a@acme.example", "b@x.example", None])), max_size=30),
    st.sampled_from([None, "rest"]),
)
def test_many_leads_at_once_get_the_same_answer(rows, track_as):
    policy = small_policy(track_as)
    fields = ("Source", "Size", "Email")
    columns = {field: [row[n] for row in rows] for n, field in enumerate(fields)}
    leads = [dict(zip(fields, row, strict=True)) for row in rows]
    ids = {promise.id: index for index, promise in enumerate(policy.promises)}
    expected = [ids.get(classify(policy, lead), UNTRACKED) for lead in leads]

    assert classify_many(policy, columns, count=len(rows)).tolist() == expected
    assert excluded_many(policy, columns, count=len(rows)).tolist() == [excluded(policy, lead) for lead in leads]


def test_arrays_are_columns_and_absent_columns_are_blank():
    policy = small_policy()
    sizes = np.array([1000, 3, np.nan])
    assert classify_many(policy, {"Source": ["Web", "Fair", "Fair"], "Size": sizes}, count=3).tolist() == [0, 2, -1]
    assert classify_many(policy, {"Size": sizes}, count=3).tolist() == [1, 1, 1]


def test_a_column_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError) as error:
        classify_many(small_policy(), {"Source": ["Web"]}, count=2)
    assert str(error.value) == "The column Source has 1 values for 2 leads."

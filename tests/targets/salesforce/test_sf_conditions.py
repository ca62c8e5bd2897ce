"""Conditions as native comparisons mean what the oracle says, whatever a platform thinks of comparing with a blank."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.model.design import All, Any_, Condition, Not, Test
from provisioner.sla.classification import evaluate
from provisioner.targets.salesforce.conditions import Check, Rule, Translator, logic_length

FIELDS = ("A", "B")
VALUES = ("red", "Red wine", "wine", "{$Record.Email}", None)
NUMBERS = (1, 2.5, 3)


def comparisons() -> st.SearchStrategy[Condition]:
    text = st.sampled_from([value for value in VALUES if value is not None])
    some = st.lists(st.sampled_from(VALUES), min_size=1, max_size=3).map(tuple)
    field = st.sampled_from(FIELDS)
    number = st.sampled_from(NUMBERS).map(lambda value: (value,))
    return st.one_of(
        st.builds(Test, field, st.sampled_from(["in", "not_in"]), some, st.just("/x")),
        st.builds(
            Test,
            field,
            st.sampled_from(["starts_with", "ends_with", "contains"]),
            text.map(lambda value: (value,)),
            st.just("/x"),
        ),
        st.builds(Test, field, st.just("is_blank"), st.booleans().map(lambda value: (value,)), st.just("/x")),
        st.builds(Test, st.just("N"), st.sampled_from(["gt", "gte", "lt", "lte"]), number, st.just("/x")),
        st.builds(Test, st.just("N"), st.sampled_from(["in", "not_in"]), number, st.just("/x")),
    )


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any_(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)
leads = st.fixed_dictionaries(
    {"A": st.sampled_from(VALUES), "B": st.sampled_from(VALUES), "N": st.sampled_from([None, 0, 1, 2.5, 3, 4])}
)


class Platform:
    """A little flow engine of its own: decisions on a record, with the platform's opinion about blanks given."""

    def __init__(self, record: dict[str, Any], blank_differs: bool) -> None:
        self.record = record
        self.blank_differs = blank_differs
        self.variables: dict[str, Any] = {}

    def value(self, name: str) -> Any:
        if name.startswith("$Record."):
            return self.record[name.removeprefix("$Record.")]
        return self.variables[name]

    def right(self, value: dict[str, str]) -> Any:
        (kind, text), *rest = value.items()
        assert not rest
        match kind:
            case "booleanValue":
                return text == "true"
            case "numberValue":
                return float(text)
            case "elementReference":
                return self.value(text)
        return text

    def check(self, check: Check) -> bool:
        left, right = self.value(check.left), self.right(check.right)
        if check.operator == "IsNull":
            return (left is None) == right
        if left is None:
            return self.blank_differs and check.operator == "NotEqualTo"
        left, right = (item.lower() if isinstance(item, str) else item for item in (left, right))
        return {
            "EqualTo": lambda: left == right,
            "NotEqualTo": lambda: left != right,
            "GreaterThan": lambda: left > right,
            "GreaterThanOrEqualTo": lambda: left >= right,
            "LessThan": lambda: left < right,
            "LessThanOrEqualTo": lambda: left <= right,
            "StartsWith": lambda: left.startswith(right),
            "EndsWith": lambda: left.endswith(right),
            "Contains": lambda: right in left,
        }[check.operator]()

    def holds(self, rule: Rule) -> bool:
        answers = [self.check(check) for check in rule.checks]
        if rule.logic in ("and", "or"):
            return all(answers) if rule.logic == "and" else any(answers)
        text = re.sub(r"\d+", lambda found: str(answers[int(found[0]) - 1]), rule.logic)
        return bool(eval(text.replace("AND", "and").replace("OR", "or")))


@settings(max_examples=400, deadline=None)
@given(conditions, leads, st.booleans())
@example(Not(Test("A", "in", ("red",), "/x")), {"A": None, "B": None, "N": None}, False)
@example(Not(Test("A", "contains", ("wine",), "/x")), {"A": "Red wine", "B": None, "N": None}, True)
@example(Not(Test("N", "gt", (1,), "/x")), {"A": None, "B": None, "N": None}, False)
def test_native_conditions_mean_the_same(condition: Condition, lead: dict[str, Any], blank_differs: bool) -> None:
    translator = Translator()
    rule = translator.rule(condition)
    platform = Platform(lead, blank_differs)
    for name, check in translator.answers.items():
        platform.variables[name] = lead[check.left.removeprefix("$Record.")] is not None and platform.check(check)
    assert platform.holds(rule) == evaluate(condition, lead)


def test_a_negated_text_comparison_is_answered_before_it_is_used() -> None:
    translator = Translator()
    rule = translator.rule(Not(Test("A", "ends_with", ("@x.example",), "/x")))
    assert rule == Rule([Check("Answer_1", "EqualTo", {"booleanValue": "false"})], "and")
    assert translator.answers == {"Answer_1": Check("$Record.A", "EndsWith", {"stringValue": "@x.example"})}


@pytest.mark.parametrize(
    ("condition", "logic"),
    [
        (Test("A", "in", ("x",), ""), "and"),
        (Test("A", "in", ("x", "y", None), ""), "or"),
        (All((Test("A", "in", ("x",), ""), Test("B", "in", ("y", "z"), ""))), "1 AND (2 OR 3)"),
        (Not(Test("A", "in", ("x", "y"), "")), "1 OR (2 AND 3)"),
        (Not(Test("A", "in", ("x", None), "")), "and"),
    ],
)
def test_the_logic_is_as_short_as_it_can_be(condition: Condition, logic: str) -> None:
    assert Translator().rule(condition).logic == logic
    assert logic_length(condition) == len(logic)

"""Formulas: grammar, kinds, canonical text, blanks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator.hubspot import formula
from provisioner.emulator.hubspot.errors import ApiError

KINDS = {"a": "datetime", "b": "datetime", "n": "number", "m": "number", "s": "string", "e": "enumeration", "t": "bool"}


def value(text, untaken_blanks=True, **terms):
    return formula.evaluate(formula.parse(text, KINDS.get), terms, untaken_blanks)


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("(b - a) / 60000", {"a": 0.0, "b": 90_000.0}, 1.5),
        ("1 + 2 * 3 - 4 / 2", {}, 5.0),
        ("10n", {"n": 2.0}, 20.0),
        ("max(n, m, 3)", {"n": 1.0, "m": 2.0}, 3.0),
        ("min(a, b) - a", {"a": 5.0, "b": 2.0}, -3.0),
        ("if n > 1 then 'big' elseif n = 1 then 'one' else 'small'", {"n": 1.0}, "one"),
        ("if n > 1 then 1 endif", {"n": 1.0}, None),
        ("IF not (n < 1) AND m != 2 THEN true ELSE false", {"n": 1.0, "m": 3.0}, True),
        ("if string(s) equals \"x\" or bool(t) then 1 else 0", {"s": "X", "t": True}, 1.0),
        ("contains(string(e), 'b')", {"e": "abc"}, True),
        ("concatenate('#', number_to_string(n), string(s))", {"n": 2.0, "s": "x"}, "#2x"),
        ("string(s) + '!'", {"s": "x"}, "x!"),
        ("string_to_number(string(s)) + 1", {"s": "41"}, 42.0),
        ("n / m", {"n": 1.0, "m": 0.0}, None),
        ("-n", {"n": 1.0}, -1.0),
        ("is_present(a)", {}, False),
        ("is_present(string(s))", {"s": "x"}, True),
        ("n + m", {"n": 1.0}, None),
    ],
)  # fmt: skip
def test_values(text, terms, expected):
    assert value(text, **terms) == expected


def test_a_missing_term_blanks_even_where_it_is_not_taken_unless_the_settings_say_otherwise():
    text = "if is_present(a) then a else n"
    assert value(text, n=1.0) is None
    assert value(text, untaken_blanks=False, n=1.0) == 1.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x + 1", "property 'x' does not exist"),
        ("s = 'x'", "property 's' is of type string; write string(s)"),
        ("t", "property 't' is of type bool; write bool(t)"),
        ("string(n)", "property 'n' is of type number; write n"),
        ("'x' + 1", "+ cannot join a text and a number"),
        ("'x' < 'y'", "a text stands where a number belongs"),
        ("if n then 1 endif", "a number stands where a boolean belongs"),
        ("if n > 1 then 1 else 'x'", "the branches of an if have different kinds"),
        ("if n > 1 then 1", "expected 'endif' before 'the end'"),
        ("if n > 1 then 1 else 2 endif", "unexpected 'endif'"),
        ("time_between(a, b)", "there is no function 'time_between'"),
        ("max(n)", "max takes 2 to 100 arguments, not 1"),
        ("n > 1 an m > 1", "property 'an' does not exist"),
        ("n ? 1", "unexpected '?'"),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(ApiError) as refused:
        formula.parse(text, KINDS.get)
    assert str(refused.value) == f"Invalid calculation formula: {message}."


def test_the_canonical_text():
    text = 'if string(s)="a  =  b"\n  and n >= 1 and n != 2\n then 1\nelse 0'
    assert formula.canonical(text) == "if string(s) equals 'a  =  b' and n >= 1 and n != 2 then 1 else 0"


NUMBERS = st.recursive(
    st.sampled_from(["n", "m", "1", "2.5"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda one: f"({one[0]} {one[1]} {one[2]})"),
    max_leaves=8,
)


@given(NUMBERS, st.sampled_from(["=", "!=", "<", ">="]), NUMBERS)
def test_canonical_text_means_the_same_and_stays_as_it_is(left, operator, right):
    text = f"if {left}{operator}\n{right} then   \"yes\" else 'no'"
    canonical = formula.canonical(text)
    assert formula.canonical(canonical) == canonical
    assert value(canonical, n=2.0, m=-3.0) == value(text, n=2.0, m=-3.0)


def test_a_calculated_property_on_the_way(hub):
    hub.property("a_at", "datetime")
    hub.property("b_at", "datetime")
    one = hub.contact(a_at="2026-01-05T14:00:00Z")
    made = hub.property(
        "minutes",
        "number",
        "calculation_equation",
        calculationFormula='if is_present(a_at)\nand is_present(b_at) then (b_at - a_at)/60000 endif',
    )  # fmt: skip
    assert made["calculationFormula"] == ("if is_present(a_at) and is_present(b_at) then (b_at - a_at)/60000 endif")
    assert (made["calculated"], made["modificationMetadata"]["readOnlyValue"]) == (True, True)
    hub.property("long", "bool", "calculation_equation", calculationFormula="minutes > 5")
    assert hub.values(one, "minutes", "long") == [None, None]
    hub.change(one, b_at="2026-01-05T14:07:30Z")
    assert hub.values(one, "minutes", "long") == ["7.5", "true"]
    hub.change(one, b_at="")
    assert hub.values(one, "minutes", "long") == [None, None]
    status, message = hub.refused("PATCH", f"/crm/v3/objects/contacts/{one}", {"properties": {"minutes": "1"}})
    assert (status, "READ_ONLY_VALUE" in message) == (400, True)
    assert hub.refused("PATCH", "/crm/v3/properties/contacts/long", {"calculationFormula": "minutes"}) == (
        400,
        "The formula of long yields a number, which is no bool.",
    )


def test_records_get_the_value_of_a_new_formula(hub):
    one = hub.contact(numemployees="1-5")
    hub.property("size", "string", "calculation_equation", calculationFormula="concatenate('~', string(numemployees))")
    assert hub.values(one, "size") == ["~1-5"]

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator.salesforce.ids import is_id, long_id, make_id, normal_id, number_of

short_ids = st.text(string.ascii_letters + string.digits, min_size=15, max_size=15)


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("00D000000000001", "00D000000000001EAA"),  # D is the third of its five: bit 2, so 4, the letter E
        ("a01B0000000AbCd", "a01B0000000AbCdIAK"),  # B fourth of five (8 → I); none (A); A second, C fourth (10 → K)
        ("000000000000001", "000000000000001AAA"),
    ],
)
def test_three_characters_keep_the_capitals(short, whole):
    assert long_id(short) == whole


@given(short_ids)
def test_an_id_survives_the_loss_of_capitals(short):
    whole = long_id(short)
    assert normal_id(whole) == whole
    assert normal_id(short) == whole
    assert normal_id(whole.lower()) == whole


def test_a_hand_made_example_id_stays_as_it_is():
    assert normal_id("00D000000000001AAA") == "00D000000000001AAA"


@given(st.integers(min_value=0, max_value=62**12 - 1), st.integers(min_value=0, max_value=62**12 - 1))
def test_ids_sort_as_their_numbers(one, other):
    assert number_of(make_id("00Q", one)) == one
    assert (make_id("00Q", one) < make_id("00Q", other)) == (one < other)


@pytest.mark.parametrize("text", ["", "00Q", "00Q00000000000!", "00Q000000000001ZZZ9", None, 5])
def test_what_is_no_id(text):
    assert not is_id(text)

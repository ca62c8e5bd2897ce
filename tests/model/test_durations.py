"""Durations and moments of the clock: what is read, and what is said about the rest."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.design import Duration
from provisioner.model.durations import At, UnreadableDuration, parse_at, parse_duration

KNOWN = "Write m (minutes), h (hours), d (24 hours, calendar clock only) or bd (business days), such as 5m, 1h30m, 1bd."


@pytest.mark.parametrize(
    ("text", "minutes", "business_days", "has_days"),
    [
        ("5m", 5, 0, False),
        ("1h30m", 90, 0, False),
        ("48h", 2880, 0, False),
        ("2d", 2880, 0, True),
        ("1d12h", 2160, 0, True),
        ("1bd", 0, 1, False),
        ("1bd 2h", 120, 1, False),
        ("1bd2h5m", 125, 1, False),
        ("0m", 0, 0, False),
        (" 4h ", 240, 0, False),
        ("365d", 525600, 0, True),
    ],
)
def test_durations(text: str, minutes: int, business_days: int, has_days: bool) -> None:
    assert parse_duration(text) == Duration(minutes, business_days, has_days, text.strip())


@pytest.mark.parametrize(
    ("value", "detail", "advice"),
    [
        (5, "The number 5 has no unit; it could be minutes, hours or days.", f"Did you mean 5m? {KNOWN}"),
        ("5", "The number 5 has no unit; it could be minutes, hours or days.", f"Did you mean 5m? {KNOWN}"),
        (1.5, "The number 1.5 has no unit; it could be minutes, hours or days.", f"Did you mean 1.5m? {KNOWN}"),
        ("5 minutes", "'5 minutes' is not a duration.", f"Did you mean 5m? {KNOWN}"),
        ("5min", "'5min' is not a duration.", f"Did you mean 5m? {KNOWN}"),
        ("2 Hours", "'2 Hours' is not a duration.", f"Did you mean 2h? {KNOWN}"),
        ("1 hour and 30 minutes", "'1 hour and 30 minutes' is not a duration.", f"Did you mean 1h30m? {KNOWN}"),
        ("2 business days", "'2 business days' is not a duration.", f"Did you mean 2bd? {KNOWN}"),
        ("1.5h", "'1.5h' is not a duration.", f"Did you mean 1h30m? {KNOWN}"),
        ("1M", "1M could be minutes or months.", "Units are lower case: did you mean 1m (minutes)?"),
        ("-5m", "'-5m' is negative; a duration lies ahead.", KNOWN),
        ("soon", "'soon' is not a duration.", KNOWN),
        ("2 weeks", "'2 weeks' is not a duration.", KNOWN),
        ("PT5M", "'PT5M' is not a duration.", KNOWN),
        ("", "'' is not a duration.", KNOWN),
        (None, "An empty value is not a duration.", KNOWN),
        (True, "'true' is not a duration.", KNOWN),
        (["5m"], "A list or mapping is not a duration.", KNOWN),
        ("30m1h", "'30m1h' names a unit twice or a small unit before a larger one.",
         "Write each unit once, the largest first, such as 1h30m."),
        ("5m5m", "'5m5m' names a unit twice or a small unit before a larger one.",
         "Write each unit once, the largest first, such as 1h30m."),
        ("366d", "'366d' is longer than a year.", "Use a duration of at most 365d or 365bd."),
        ("366bd", "'366bd' is longer than a year.", "Use a duration of at most 365d or 365bd."),
    ],
)  # fmt: skip
def test_no_durations(value: object, detail: str, advice: str) -> None:
    with pytest.raises(UnreadableDuration) as caught:
        parse_duration(value)
    assert (caught.value.detail, caught.value.advice) == (detail, advice)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50%", At(percent=Decimal(50))),
        ("33.5%", At(percent=Decimal("33.5"))),
        ("150 %", At(percent=Decimal(150))),
        ("0%", At(percent=Decimal(0))),
        ("due", At(after_due=Duration())),
        ("due + 2h", At(after_due=Duration(120, 0, False, "2h"))),
        ("due+1bd", At(after_due=Duration(0, 1, False, "1bd"))),
        ("due + 1bd 2h", At(after_due=Duration(120, 1, False, "1bd 2h"))),
    ],
)
def test_moments(text: str, expected: At) -> None:
    assert parse_at(text) == expected


@pytest.mark.parametrize(
    ("value", "detail", "advice"),
    [
        (50, "The number 50 does not say when the step acts.", "Write 50% or due + 50m."),
        (
            "2h",
            "'2h' does not say when the step acts.",
            "Write due + 2h to act that long after due, or a share such as 50%.",
        ),
        (
            "due - 5m",
            "'due - 5m' does not say when the step acts.",
            "A step before due is a share of the SLA, such as 80%.",
        ),
        ("Due", "'Due' does not say when the step acts.", "Write due in lower case."),
        ("at due", "'at due' does not say when the step acts.", "Write 50%, due, or due + 2h."),
        ("-5%", "'-5%' does not say when the step acts.", "Write 50%, due, or due + 2h."),
        (None, "An empty value does not say when the step acts.", "Write 50%, due, or due + 2h."),
        ("due + 5", "The number 5 has no unit; it could be minutes, hours or days.", f"Did you mean 5m? {KNOWN}"),
        ("due +", "'' is not a duration.", KNOWN),
    ],
)
def test_no_moments(value: object, detail: str, advice: str) -> None:
    with pytest.raises(UnreadableDuration) as caught:
        parse_at(value)
    assert (caught.value.detail, caught.value.advice) == (detail, advice)


@settings(deadline=None)
@given(st.text() | st.text("0123456789bdhm%due+-. MH", max_size=12) | st.integers() | st.floats() | st.none())
def test_anything_is_read_or_refused(value: object) -> None:
    for parse in (parse_duration, parse_at):
        try:
            parse(value)
        except UnreadableDuration as refused:
            assert refused.detail and refused.advice


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(0, 23), st.integers(0, 59), st.integers(0, 9))
def test_parts_add_up(days: int, hours: int, minutes: int, business: int) -> None:
    found = parse_duration(f"{business}bd {days}d{hours}h {minutes}m")
    assert (found.minutes, found.business_days, found.has_days) == (days * 1440 + hours * 60 + minutes, business, True)

"""Durations and instants as people write them: `5m`, `1h30m`, `1bd 2h`, `50%`, `due + 2h`. Units are case-sensitive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from provisioner.document.wording import quoted
from provisioner.model.design import Duration

_UNIT_MINUTES = {"m": 1, "h": 60, "d": 1440}
_PART = re.compile(r"([0-9]{1,6})(bd|d|h|m)")
_WHOLE = re.compile(r"(?:[0-9]{1,6}(?:bd|d|h|m) ?)+")
_PERCENT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?)\s?%")
_ORDER = ("bd", "d", "h", "m")
_MOST_MINUTES = 525_600  # a year: nothing in speed to lead is longer, and every engine can count it
_MOST_BUSINESS_DAYS = 365
_WORDS = {
    "m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "d": "d", "day": "d", "days": "d",
    "bd": "bd", "bday": "bd", "bdays": "bd", "business day": "bd", "business days": "bd",
}  # fmt: skip
_LOOSE = re.compile(r"([0-9]+)\s*([a-z]+(?: days?)?)\s*,?\s*(?:and\s+)?")
_KNOWN = (
    "Write m (minutes), h (hours), d (24 hours, calendar clock only) or bd (business days), such as 5m, 1h30m, 1bd."
)


class UnreadableDuration(ValueError):
    """Text that is no duration. `detail` says why, `advice` what to write instead."""

    def __init__(self, detail: str, advice: str) -> None:
        super().__init__(f"{detail} {advice}")
        self.detail = detail
        self.advice = advice


@dataclass(frozen=True, slots=True)
class At:
    """When a step acts: exactly one of `percent` (of the SLA) and `after_due` (zero = at due) is set."""

    percent: Decimal | None = None
    after_due: Duration | None = None


def parse_duration(value: Any) -> Duration:
    """`5m`, `1h30m`, `48h`, `2d`, `1bd`, `1bd 2h` → minutes of the clock it is used on, plus business days.

    Raises UnreadableDuration. Zero is read; whether it makes sense is a rule's business.
    """
    if not isinstance(value, str):
        raise _not_text(value)
    text = value.strip()
    if not _WHOLE.fullmatch(text):
        raise _not_a_duration(text)
    parts = _PART.findall(text)
    units = [unit for _, unit in parts]
    if units != sorted(set(units), key=_ORDER.index):
        raise UnreadableDuration(
            f"{_short(text)} names a unit twice or a small unit before a larger one.",
            "Write each unit once, the largest first, such as 1h30m.",
        )
    minutes = sum(int(number) * _UNIT_MINUTES[unit] for number, unit in parts if unit != "bd")
    days = sum(int(number) for number, unit in parts if unit == "bd")
    if minutes > _MOST_MINUTES or days > _MOST_BUSINESS_DAYS:
        raise UnreadableDuration(f"{_short(text)} is longer than a year.", "Use a duration of at most 365d or 365bd.")
    return Duration(minutes, days, "d" in units, text)


def parse_at(value: Any) -> At:
    """`50%`, `33.5%`, `due`, `due + 2h`, `due+1bd`. Raises UnreadableDuration."""
    if not isinstance(value, str):
        number = _number(value)
        advice = f"Write {number}% or due + {number}m." if number else "Write 50%, due, or due + 2h."
        raise UnreadableDuration(f"{_said(value)} does not say when the step acts.", advice)
    text = value.strip()
    if percent := _PERCENT.fullmatch(text):
        return At(percent=Decimal(percent[1]))
    if text == "due":
        return At(after_due=Duration())
    head, plus, tail = text.partition("+")
    if plus and head.strip() == "due":
        return At(after_due=parse_duration(tail.strip()))
    raise UnreadableDuration(f"{_short(text)} does not say when the step acts.", _at_advice(text))


def _at_advice(text: str) -> str:
    if text.lower().startswith("due") and "-" in text:
        return "A step before due is a share of the SLA, such as 80%."
    if text.lower() == "due":
        return "Write due in lower case."
    try:
        return f"Write due + {parse_duration(text).text} to act that long after due, or a share such as 50%."
    except UnreadableDuration:
        return "Write 50%, due, or due + 2h."


def _not_text(value: Any) -> UnreadableDuration:
    number = _number(value)
    if number is None:
        return UnreadableDuration(f"{_said(value)} is not a duration.", _KNOWN)
    return UnreadableDuration(
        f"The number {number} has no unit; it could be minutes, hours or days.",
        f"Did you mean {number}m? {_KNOWN}",
    )


def _not_a_duration(text: str) -> UnreadableDuration:
    if re.fullmatch(r"[0-9]{1,6}", text):
        return _not_text(int(text))
    if text.startswith("-"):
        return UnreadableDuration(f"{_short(text)} is negative; a duration lies ahead.", _KNOWN)
    if re.fullmatch(r"[0-9]+M", text):
        return UnreadableDuration(
            f"{text} could be minutes or months.", f"Units are lower case: did you mean {text[:-1]}m (minutes)?"
        )
    suggestion = _suggest(text)
    meant = f"Did you mean {suggestion}? " if suggestion else ""
    return UnreadableDuration(f"{_short(text)} is not a duration.", meant + _KNOWN)


def _suggest(text: str) -> str | None:
    """The duration a person meant by `5 minutes`, `1.5h`, `2 business days`; None when it is anyone's guess."""
    lowered = text.lower()
    if half := re.fullmatch(r"([0-9]{1,4})[.,]5\s*(?:h|hours?)", lowered):
        return f"{half[1]}h30m" if half[1] != "0" else "30m"
    found = _LOOSE.findall(lowered)
    if not found or _LOOSE.sub("", lowered).strip():
        return None
    units = [_WORDS.get(word) for _, word in found]
    if None in units:
        return None
    meant = "".join(f"{number}{unit}" for (number, _), unit in zip(found, units, strict=True))
    return meant if _WHOLE.fullmatch(meant) else None


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return f"{value:g}" if abs(value) < 1_000_000 else None


def _said(value: Any) -> str:
    if value is None:
        return "An empty value"
    if isinstance(value, dict | list):
        return "A list or mapping"
    if isinstance(value, bool):
        return "'true'" if value else "'false'"
    return _short(value) if isinstance(value, str) else f"The number {value}"


def _short(text: str) -> str:
    return quoted(text)

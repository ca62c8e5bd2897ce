"""Plain scalars of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/ section 10.3.2), and hostile characters."""

from __future__ import annotations

import math
import re

Plain = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OCT = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_LARGEST = 2**53  # beyond it a number is not the same number in JSON, flows and formulas

# Not storable in XML 1.0, or reordering what people see: C0 and C1 controls except tab and line feed, surrogates,
# non-characters, and the bidirectional overrides and isolates.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)


class BadNumber(ValueError):
    """A number the core schema knows and we do not carry (infinite, not a number, beyond 2**53)."""


def resolve(text: str) -> Plain:
    """What an unquoted scalar means. `08:30`, `on`, `no`, `1_000` and dates are text. Raises BadNumber."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.fullmatch(text):
        return _bounded(text, 10)
    if _OCT.fullmatch(text) or _HEX.fullmatch(text):
        return _bounded(text, 0)
    if _NOT_FINITE.fullmatch(text):
        raise BadNumber(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number) or abs(number) > _LARGEST:
            raise BadNumber(text)
        return number
    return text


def loses_zeros(text: str) -> bool:
    """Is this plain scalar an integer that was written with leading zeros?"""
    return _LEADING_ZERO.fullmatch(text) is not None


def hostile_character(text: str) -> str | None:
    """The first character that must not reach a CRM, as `U+0000`; None when there is none."""
    found = _HOSTILE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def without_hostile(text: str) -> str:
    """The text with a question mark for every such character, so that the rest of it can still be judged."""
    return _HOSTILE.sub("?", text)


def _bounded(text: str, base: int) -> int:
    if len(text) > 20 or abs(number := int(text, base)) > _LARGEST:
        raise BadNumber(text)
    return number

"""What the operators and patterns of formulas compute."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from .kinds import ARITHMETIC, FormulaError, FormulaFault, Value

_DAY = Decimal(86400)


def shift(value: datetime | date, days: Decimal) -> datetime | date:
    """A DateTime moves by whole seconds (rounded half up), a Date by whole days (cut)."""
    if isinstance(value, datetime):
        seconds = (ARITHMETIC.multiply(days, _DAY) + Decimal("0.5")).__floor__()
        return value + timedelta(seconds=seconds)
    return value + timedelta(days=int(days.to_integral_value(ROUND_DOWN)))


def between(left: Any, right: Any) -> Decimal:
    gap = left - right
    seconds = Decimal(gap.days * 86400 + gap.seconds) + Decimal(gap.microseconds) / 1_000_000
    return ARITHMETIC.divide(seconds, _DAY)


def _divide(left: Decimal, right: Decimal) -> Decimal:
    if right == 0:
        raise FormulaFault("Division by zero.")
    return ARITHMETIC.divide(left, right)


def negate(value: Value) -> Value:
    return -value if isinstance(value, Decimal) else None


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if exponent != exponent.to_integral_value() or (base == 0 and exponent < 0):
        raise FormulaFault("Out of range argument to POWER() function")
    return ARITHMETIC.power(base, exponent)


def pattern(text: str) -> re.Pattern[str]:
    """A pattern of REGEX(): Java's, as far as Python reads it alike. FormulaError for any other."""
    if "&&" in text or "\\p{" in text:
        raise FormulaError(f"The emulator does not model the pattern {text}.")
    try:
        return re.compile(text, re.ASCII)
    except re.error as problem:
        raise FormulaError(f"The emulator does not model the pattern {text}: {problem}") from problem


NUMERIC: dict[str, Callable[[Any, Any], Value]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": _divide,
    "^": _power,
}
ORDER: dict[str, Callable[[Any, Any], Value]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

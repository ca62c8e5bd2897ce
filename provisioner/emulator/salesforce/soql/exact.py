"""Numbers of formulas as integer SQL over a fixed denominator, with what is known of how exact the decimals would be.

The formula engine computes in decimals of 39 digits; here a number is the true fraction. Both give the same answer
where the decimal is exact, or where it is so near the fraction that rounding or comparing cannot tell them apart. What
can be told apart in a few rows only (a tie, an equality) becomes a guard: SQL that is true where the answer is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm

_WIDEST = 2**62  # an integer that SQLite adds up without turning it into a float
_STEADY = 2**50  # a quotient of doubles below it rounds as the fraction does: no tie is made or lost
_PLACES = 10**15  # with at most 19 digits above it, such a decimal needs no rounding at 39 digits
_FEW_PLACES = 10**9  # nor at the 28 of Python's own context, which unary minus and ABS go through
_STEP = Fraction(1, 10**38)  # relative error of one decimal operation, generously
FIELD_MOST = 10**12  # larger stored numbers (scaled to integers) are left to the row-wise engine


class Untranslatable(Exception):
    """A formula for which there is no SQL known to give the same answer."""


@dataclass(frozen=True)
class Number:
    """`sql` (an integer or NULL, at most `bound` either way) over `below`.

    `error`: how far the decimal may be from the fraction; `loose`: it may be off even where the fraction has a short
    decimal, because more than one inexact operation made it.
    """

    sql: str
    below: int
    bound: int
    error: Fraction = Fraction(0)
    loose: bool = False
    constant: Fraction | None = None

    def __post_init__(self) -> None:
        if self.bound >= _WIDEST or self.below >= _WIDEST:
            raise Untranslatable("a number too wide for SQL")

    @property
    def exact(self) -> bool:
        return not self.loose and self.error == 0

    @property
    def most(self) -> Fraction:
        return Fraction(self.bound, self.below) + self.error

    def over(self, below: int) -> str:
        """The integer over a multiple of the denominator."""
        times = below // self.below
        if self.bound * times >= _WIDEST:
            raise Untranslatable("a number too wide for SQL")
        return self.sql if times == 1 else f"({self.sql} * {times})"


BLANK = Number("NULL", 1, 0)


def constant(value: Fraction) -> Number:
    """A number that every row shares."""
    below = value.denominator
    if _PLACES % below:
        raise Untranslatable("a constant with very many places")
    return Number(f"({value.numerator})", below, abs(value.numerator), constant=value)


def literal(value: Decimal) -> Number:
    return constant(Fraction(value))


def _computed(sql: str, below: int, bound: int, error: Fraction, parts: Sequence[Number]) -> Number:
    """The result of one decimal operation on `parts`, whose errors came to `error`."""
    if all(part.exact for part in parts):
        if _PLACES % below == 0:
            return Number(sql, below, bound)
        return Number(sql, below, bound, Fraction(bound, below) * _STEP)
    return Number(sql, below, bound, error + (Fraction(bound, below) + error) * _STEP, loose=True)


def add(left: Number, right: Number, sign: str = "+") -> Number:
    below = lcm(left.below, right.below)
    bound = left.bound * (below // left.below) + right.bound * (below // right.below)
    sql = f"({left.over(below)} {sign} {right.over(below)})"
    return _computed(sql, below, bound, left.error + right.error, (left, right))


def multiply(left: Number, right: Number) -> Number:
    if left.constant is not None:
        left, right = right, left
    error = left.error * right.most + right.error * left.most
    if right.constant is not None:
        sql, below, bound = _scaled(left, right.constant)
    else:
        sql, below, bound = f"({left.sql} * {right.sql})", left.below * right.below, left.bound * right.bound
    return _computed(sql, below, bound, error, (left, right))


def divide(left: Number, right: Number) -> Number:
    """Only by a constant other than zero: all else has no fixed denominator, or is a fault of the row."""
    if not right.constant:
        raise Untranslatable("a division by what differs from row to row")
    sql, below, bound = _scaled(left, 1 / right.constant)
    return _computed(sql, below, bound, left.error / abs(right.constant), (left, right))


def _scaled(number: Number, by: Fraction) -> tuple[str, int, int]:
    shared = gcd(by.numerator, number.below) or 1
    times, below = by.numerator // shared, number.below // shared * by.denominator
    return f"({number.sql} * {times})" if times != 1 else number.sql, below, number.bound * abs(times)


def negate(number: Number) -> Number:
    _plain(number)
    if number.constant is not None:
        return constant(-number.constant)
    return Number(f"(-{number.sql})", number.below, number.bound)


def absolute(number: Number) -> Number:
    _plain(number)
    return Number(f"abs({number.sql})", number.below, number.bound)


def shortened(number: Number) -> Number:
    """The number after an operation in Python's own context of 28 digits."""
    if number.exact and _FEW_PLACES % number.below == 0:
        return number
    error = number.error + number.most * _STEP * 10**11
    return Number(number.sql, number.below, number.bound, error, loose=True)


def _plain(number: Number) -> None:
    if not number.exact or _FEW_PLACES % number.below:
        raise Untranslatable("a sign turned on a number that is not exact")


def either(numbers: Sequence[Number]) -> tuple[list[str], Number]:
    """The integers over one denominator, and a number (without SQL) that any of them may be."""
    below = lcm(*(one.below for one in numbers))
    parts = [one.over(below) for one in numbers]
    bound = max(one.bound * (below // one.below) for one in numbers)
    error, loose = max(one.error for one in numbers), any(one.loose for one in numbers)
    return parts, Number("NULL", below, bound, error, loose)


def as_one(sql: str, shape: Number) -> Number:
    """`sql` as a number of the shape that `either` gave."""
    return Number(sql, shape.below, shape.bound, shape.error, shape.loose)


def floor_sql(above: str, below: int) -> str:
    """The quotient, down; SQLite itself divides toward zero."""
    return above if below == 1 else f"(({above} - (({above} % {below}) + {below}) % {below}) / {below})"


@dataclass
class Guards:
    """What has to be true of a row for its SQL to be right; other rows go to the engine."""

    tests: dict[str, None] = field(default_factory=dict)

    def need(self, value: str, test: str) -> None:
        """`test` holds, or `value` is null."""
        self.tests[f"({value} IS NULL OR {test})"] = None

    def rounded(self, number: Number, places: int) -> Number:
        """Half up, away from zero, at `places` (negative: before the point)."""
        if not -15 <= places <= 15:
            raise Untranslatable("a rounding at very many places")
        above, below, bound = _scaled(number, Fraction(10) ** places)
        if bound >= _WIDEST or 2 * below >= _STEADY:
            raise Untranslatable("a number too wide to round")
        if bound + below >= _STEADY:
            bound = _STEADY - below
            self.need(above, f"abs({above}) < {bound}")
        self._apart(number.error * Fraction(10) ** places, 2 * below)
        if number.loose and below % 2 == 0:
            self.need(above, f"abs(({above} * 2) % {2 * below}) <> {below}")
        sql = above if below == 1 else f"CAST(round({above} / {below}.0) AS INTEGER)"
        whole = Number(sql, 1, bound // below + 1)
        shift = Fraction(10) ** -places
        scaled, under, most = _scaled(whole, shift)
        return Number(scaled, under, most)

    def toward_zero(self, number: Number) -> Number:
        """Cut to a whole number."""
        self._apart(number.error, number.below)
        if number.loose:
            self.need(number.sql, f"({number.sql} % {number.below}) <> 0")
        return Number(f"({number.sql} / {number.below})", 1, number.bound // number.below)

    def compared(self, left: Number, sign: str, right: Number) -> str:
        """SQL of a comparison: 1, 0 or NULL."""
        below = lcm(left.below, right.below)
        first, second = left.over(below), right.over(below)
        self._apart(left.error + right.error, below)
        if left.loose or right.loose:
            self.need(f"({first} - {second})", f"{first} <> {second}")
        return f"({first} {sign} {second})"

    @staticmethod
    def _apart(error: Fraction, below: int) -> None:
        if error * below >= 1:
            raise Untranslatable("a number that is not exact enough")

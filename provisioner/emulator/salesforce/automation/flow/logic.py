"""Condition logic: `and`, `or`, `1 AND (2 OR NOT 3)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class LogicError(ValueError):
    """The text is no logic over the given number of conditions."""


@dataclass(frozen=True, slots=True)
class Logic:
    """`op`: and, or, not, or the number of a condition (`index`, from 0)."""

    op: str
    parts: tuple[Logic, ...] = ()
    index: int = 0


_TOKEN = re.compile(r"\s*(\d+|\(|\)|and\b|or\b|not\b)", re.IGNORECASE)


def parse_logic(text: str, count: int) -> Logic:
    """The logic of `count` conditions; blank means `and`. LogicError when it does not fit them."""
    word = text.strip().lower()
    leaves = tuple(Logic("leaf", index=index) for index in range(count))
    if word in ("", "and", "or"):
        return Logic(word or "and", leaves)
    tokens: list[str] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise LogicError(f"{text!r} is not a condition logic.")
        tokens.append(match.group(1).lower())
        position = match.end()
    reader = _Reader(tokens, count, text)
    logic = reader.either()
    if reader.tokens:
        raise LogicError(f"{text!r} is not a condition logic.")
    if reader.used != set(range(count)):
        raise LogicError(f"{text!r} does not use each of the {count} conditions.")
    return logic


class _Reader:
    def __init__(self, tokens: list[str], count: int, text: str) -> None:
        self.tokens = tokens
        self.count = count
        self.text = text
        self.used: set[int] = set()

    def _next(self, *wanted: str) -> bool:
        if self.tokens and self.tokens[0] in wanted:
            self.tokens.pop(0)
            return True
        return False

    def either(self) -> Logic:
        parts = [self.both()]
        while self._next("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Logic("or", tuple(parts))

    def both(self) -> Logic:
        parts = [self.one()]
        while self._next("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Logic("and", tuple(parts))

    def one(self) -> Logic:
        if self._next("not"):
            return Logic("not", (self.one(),))
        if self._next("("):
            inner = self.either()
            if not self._next(")"):
                raise LogicError(f"{self.text!r} lacks a closing parenthesis.")
            return inner
        if not self.tokens or not self.tokens[0].isdigit():
            raise LogicError(f"{self.text!r} is not a condition logic.")
        number = int(self.tokens.pop(0))
        if not 1 <= number <= self.count:
            raise LogicError(f"{self.text!r} names condition {number}, and there are {self.count}.")
        self.used.add(number - 1)
        return Logic("leaf", index=number - 1)


def compile_logic(logic: Logic, tests: Sequence[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    """One test out of the tests of the conditions."""
    if logic.op == "leaf":
        return tests[logic.index]
    inner = [compile_logic(part, tests) for part in logic.parts]
    if logic.op == "not":
        return lambda scope: not inner[0](scope)
    if logic.op == "or":
        return lambda scope: any(test(scope) for test in inner)
    if len(inner) == 1:
        return inner[0]
    return lambda scope: all(test(scope) for test in inner)

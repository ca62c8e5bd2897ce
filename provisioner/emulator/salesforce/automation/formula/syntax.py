"""Formula text to tree: tokens and a small precedence-climbing parser.

Both spellings are read: bare names (field formulas) and {!Name} (flow formulas); which one is
allowed is decided by the compiler. Source limit 3,900 characters ([docs] reference 2.3, 4.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from .kinds import FormulaError

MAX_SOURCE = 3900

_TOKEN = re.compile(
    r"""(?P<space>\s+|/\*.*?\*/)
    |(?P<number>\d+(?:\.\d+)?|\.\d+)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<merge>\{!\s*[^{}]+?\s*\})
    |(?P<name>[A-Za-z_$][A-Za-z0-9_$]*(?:[.:][A-Za-z0-9_$]+)*)
    |(?P<op>&&|\|\||==|!=|<>|<=|>=|[-+*/^&!=<>(),])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}

# Binding powers, loosest first.
_INFIX = {
    "||": 1,
    "&&": 2,
    "=": 3,
    "==": 3,
    "!=": 3,
    "<>": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "&": 5,
    "*": 6,
    "/": 6,
    "^": 8,
}
_UNARY = 7
_SAME = {"==": "=", "!=": "<>"}


@dataclass(frozen=True, slots=True)
class Literal:
    value: Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    merged: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function by upper-case name, or an operator by its sign (unary minus is `neg`)."""

    function: str
    arguments: tuple[Node, ...]
    operator: bool = False


Node = Literal | Name | Call


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


def tokens(source: str) -> list[Token]:
    """All tokens of `source`; FormulaError on a character that starts none."""
    found: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise FormulaError(f"Syntax error. Found '{source[position]}'")
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, match.group()))
        position = match.end()
    return found


def _unescape(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), quoted[1:-1], flags=re.DOTALL)


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = tokens(source)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def is_op(self, text: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].kind == "op" and self.peek() == text

    def take(self) -> Token:
        if self.at >= len(self.tokens):
            raise FormulaError("Syntax error. Found end of formula")
        self.at += 1
        return self.tokens[self.at - 1]

    def close(self) -> None:
        if not self.is_op(")"):
            raise FormulaError("Syntax error. Missing ')'")
        self.at += 1

    def expression(self, floor: int = 0) -> Node:
        left = self.prefix()
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "op":
            sign = self.peek()
            power = _INFIX.get(sign)
            if power is None or power <= floor:
                break
            self.at += 1
            right = self.expression(power)
            left = Call(_SAME.get(sign, sign), (left, right), operator=True)
        return left

    def prefix(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Literal(Decimal(token.text))
        if token.kind == "string":
            return Literal(_unescape(token.text))
        if token.kind == "merge":
            return Name(token.text[2:-1].strip(), merged=True)
        if token.kind == "name":
            return self.name(token.text)
        if token.text == "(":
            inner = self.expression()
            self.close()
            return inner
        if token.text in ("-", "+"):
            operand = self.expression(_UNARY)
            return Call("neg", (operand,), operator=True) if token.text == "-" else operand
        if token.text == "!":
            return Call("NOT", (self.expression(_UNARY),))
        raise FormulaError(f"Syntax error. Found '{token.text}'")

    def name(self, text: str) -> Node:
        if self.is_op("("):
            self.at += 1
            return Call(text.upper(), self.arguments())
        constant = {"TRUE": True, "FALSE": False, "NULL": None}
        if text.upper() in constant:
            return Literal(constant[text.upper()])
        return Name(text, merged=False)

    def arguments(self) -> tuple[Node, ...]:
        if self.is_op(")"):
            self.at += 1
            return ()
        found = [self.expression()]
        while self.is_op(","):
            self.at += 1
            found.append(self.expression())
        self.close()
        return tuple(found)


def parse(source: str) -> Node:
    """The tree of `source`; FormulaError when it is empty, too long or not a formula."""
    if len(source) > MAX_SOURCE:
        raise FormulaError(
            f"Formula is too long ({len(source)} characters). Maximum length is {MAX_SOURCE:,} characters."
        )
    if not source.strip():
        raise FormulaError("Syntax error. Found end of formula")
    parser = _Parser(source)
    tree = parser.expression()
    if parser.at < len(parser.tokens):
        extra = parser.peek()
        raise FormulaError("Syntax error. Extra ')'" if extra == ")" else f"Syntax error. Found '{extra}'")
    return tree

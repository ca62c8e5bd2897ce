"""Formulas of calculated properties: grammar, kinds, canonical text, value. [docs] reference/hubspot.md 2.4

Numbers, dates and instants are numbers (instants in milliseconds); a missing term makes the result blank.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from provisioner.emulator.hubspot.errors import invalid

Value = float | str | bool | None
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<op><=|>=|!=|[-+*/<>=(),]))"
)
_WORDS = {"if", "then", "elseif", "else", "endif", "and", "or", "not", "equals", "true", "false"}
_KIND = {"number": "number", "date": "number", "datetime": "number", "bool": "boolean"}
NUMERIC = frozenset({"number"})


@dataclass(frozen=True)
class Node:
    """`op` is a literal, ref, if, or the name of an operator or function; `kind` number, text or boolean."""

    op: str
    kind: str
    parts: tuple[Node, ...] = ()
    value: Value = None


def canonical(text: str) -> str:
    """As the vendor hands it back: `=` written `equals`, texts in single quotes, white space collapsed."""
    pieces = re.split(r"('[^']*'|\"[^\"]*\")", text)
    out = []
    for number, piece in enumerate(pieces):
        if number % 2:
            out.append(f"'{piece[1:-1]}'")
        else:
            plain = re.sub(r"(?<![<>!])\s*=\s*", " equals ", piece)
            out.append(re.sub(r"\s+", " ", plain))
    return re.sub(r" +(?=')|(?<=') +", " ", "".join(out)).strip()


def parse(text: str, kinds: Callable[[str], str | None]) -> Node:
    """`kinds` tells a property's type, or None when there is no such property.

    Raises ApiError 400 that says what is wrong and where.
    """
    reader = _Reader(text, kinds)
    node = reader.expression()
    reader.end()
    return node


def references(node: Node) -> Iterator[str]:
    if node.op == "ref":
        yield str(node.value)
    for part in node.parts:
        yield from references(part)


class _Reader:
    def __init__(self, text: str, kinds: Callable[[str], str | None]) -> None:
        self.kinds = kinds
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                raise _wrong(f"unexpected {text[place:].strip()[0]!r}")
            kind = str(match.lastgroup)
            word = match[kind]
            if kind == "word" and word.lower() in _WORDS:
                kind, word = "key", word.lower()
            self.tokens.append((kind, word))
            place = match.end()
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end")

    def take(self, *words: str) -> str | None:
        """The next token if it is one of these operators or keywords."""
        kind, word = self.peek()
        if kind in ("op", "key") and word in words:
            self.at += 1
            return word
        return None

    def need(self, word: str) -> None:
        if self.take(word) is None:
            raise _wrong(f"expected {word!r} before {self.peek()[1]!r}")

    def end(self) -> None:
        if self.peek()[0] != "end":
            raise _wrong(f"unexpected {self.peek()[1]!r}")

    def expression(self) -> Node:
        return self._condition() if self.take("if") else self._chain(0)

    def _condition(self) -> Node:
        parts = [*self._guarded()]
        while self.take("elseif"):
            parts += self._guarded()
        if self.take("else"):
            parts.append(self.expression())
        else:
            self.need("endif")
        results = {part.kind for n, part in enumerate(parts) if n % 2 or n == len(parts) - 1}
        if len(results) > 1:
            raise _wrong("the branches of an if have different kinds")
        return Node("if", results.pop(), tuple(parts))

    def _guarded(self) -> list[Node]:
        test = self.expression()
        self.need("then")
        return [_of("boolean", test), self.expression()]

    def _chain(self, level: int) -> Node:
        """or, and, equality, order, sum, product: weakest first."""
        levels = (("or",), ("and",), ("=", "equals", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
        if level == len(levels):
            return self._unary()
        if level == 2 and self.take("not"):
            return Node("not", "boolean", (_of("boolean", self._chain(2)),))
        left = self._chain(level + 1)
        while op := self.take(*levels[level]):
            left = _binary("=" if op == "equals" else op, left, self._chain(level + 1))
        return left

    def _unary(self) -> Node:
        if self.take("-"):
            return Node("negative", "number", (_of("number", self._unary()),))
        if self.take("("):
            inner = self.expression()
            self.need(")")
            return inner
        kind, word = self.peek()
        self.at += 1
        if kind == "number":
            number = Node("literal", "number", value=float(word))
            if self.peek()[0] == "word":  # 10x means 10 * x
                return _binary("*", number, self._unary())
            return number
        if kind == "text":
            return Node("literal", "text", value=word[1:-1])
        if kind == "key" and word in ("true", "false"):
            return Node("literal", "boolean", value=word == "true")
        if kind == "word":
            return self._call(word.lower()) if self.peek() == ("op", "(") else self._reference(word, NUMERIC, "number")
        raise _wrong(f"unexpected {word!r}")

    def _reference(self, name: str, fitting: frozenset[str], kind: str) -> Node:
        known = self.kinds(name)
        if known is None:
            raise _wrong(f"property {name!r} does not exist")
        mine = _KIND.get(known, "text")
        if mine not in fitting:
            hint = {"text": f"string({name})", "boolean": f"bool({name})", "number": name}[mine]
            raise _wrong(f"property {name!r} is of type {known}; write {hint}")
        return Node("ref", kind, value=name)

    def _call(self, name: str) -> Node:
        self.need("(")
        if name in ("string", "bool", "is_present"):
            return self._named(name)
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        self.need(")")
        if name not in _FUNCTIONS:
            raise _wrong(f"there is no function {name!r}")
        takes, fewest, most, kind = _FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise _wrong(f"{name} takes {fewest} to {most} arguments, not {len(arguments)}")
        return Node(name, kind, tuple(_of(takes, one) for one in arguments))

    def _named(self, name: str) -> Node:
        """string(x), bool(x), is_present(x) around a plain property, or is_present around an expression."""
        kind, word = self.peek()
        if kind == "word" and self.tokens[self.at + 1 : self.at + 2] == [("op", ")")]:
            self.at += 2
            fitting = {"string": {"text"}, "bool": {"boolean"}, "is_present": {"number", "text", "boolean"}}[name]
            node = self._reference(word, frozenset(fitting), {"string": "text", "bool": "boolean"}.get(name, "number"))
            return node if name != "is_present" else Node("is_present", "boolean", (node,))
        if name != "is_present":
            raise _wrong(f"{name} takes the name of a property")
        inner = self.expression()
        self.need(")")
        return Node("is_present", "boolean", (inner,))


# name → kind of its arguments, fewest, most, kind of the result
_FUNCTIONS: dict[str, tuple[str, int, int, str]] = {
    "max": ("number", 2, 100, "number"),
    "min": ("number", 2, 100, "number"),
    "contains": ("text", 2, 2, "boolean"),
    "concatenate": ("text", 2, 100, "text"),
    "number_to_string": ("number", 1, 1, "text"),
    "string_to_number": ("text", 1, 1, "number"),
}


def _of(kind: str, node: Node) -> Node:
    if node.kind != kind:
        raise _wrong(f"a {node.kind} stands where a {kind} belongs")
    return node


def _binary(op: str, left: Node, right: Node) -> Node:
    if op in ("and", "or"):
        return Node(op, "boolean", (_of("boolean", left), _of("boolean", right)))
    if left.kind != right.kind:
        raise _wrong(f"{op} cannot join a {left.kind} and a {right.kind}")
    if op in ("=", "!="):
        return Node(op, "boolean", (left, right))
    if op == "+" and left.kind == "text":
        return Node("concatenate", "text", (left, right))
    _of("number", left)
    return Node(op, "boolean" if op in ("<", ">", "<=", ">=") else "number", (left, right))


def _wrong(text: str) -> Exception:
    return invalid(f"Invalid calculation formula: {text}.", sub="PropertyValidationError.INVALID_CALCULATION_FORMULA")


def evaluate(node: Node, terms: Mapping[str, Value], untaken_blanks: bool) -> Value:
    """The value, None for blank. `terms` holds what is known of the properties.

    `untaken_blanks`: a missing term outside is_present blanks the whole, even in a branch that is not taken
    (reported by users; not documented).
    """
    if untaken_blanks and any(name not in terms for name in unguarded(node)):
        return None
    return _value(node, terms)


def unguarded(node: Node) -> Iterator[str]:
    """What a formula reads outside is_present."""
    if node.op == "ref":
        yield str(node.value)
    elif node.op != "is_present":
        for part in node.parts:
            yield from unguarded(part)


def _value(node: Node, terms: Mapping[str, Value]) -> Value:
    if node.op == "literal":
        return node.value
    if node.op == "ref":
        return terms.get(str(node.value))
    if node.op == "if":
        return _choose(node, terms)
    values = [_value(part, terms) for part in node.parts]
    if node.op == "is_present":
        return values[0] is not None
    if any(value is None for value in values):
        return None
    return _OPERATIONS[node.op](*values)


def _choose(node: Node, terms: Mapping[str, Value]) -> Value:
    parts = list(node.parts)
    while len(parts) > 1:
        test, result, *parts = parts
        decided = _value(test, terms)
        if decided is None:
            return None
        if decided:
            return _value(result, terms)
    return _value(parts[0], terms) if parts else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_OPERATIONS: dict[str, Callable[..., Value]] = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else None,
    "negative": lambda a: -a,
    "max": max,
    "min": min,
    "contains": lambda text, part: part in text,
    "concatenate": lambda *texts: "".join(texts),
    "number_to_string": lambda n: written(n),
    "string_to_number": _number,
}


def written(value: Value) -> str:
    """A result as a record keeps it: `1.5`, `12`, `true`, or the text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)

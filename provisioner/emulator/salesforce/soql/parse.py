"""SOQL text → Statement. What the language has and the emulator does not model is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NoReturn, TypeVar

from provisioner.emulator.salesforce.errors import ApiError, not_modelled
from provisioner.emulator.salesforce.soql.dates import FUNCTIONS as DATE_FUNCTIONS
from provisioner.emulator.salesforce.soql.tree import (
    Aggregate,
    AliasedField,
    AllFields,
    Both,
    Comparison,
    DateLiteral,
    Either,
    FieldPath,
    Membership,
    Negation,
    Order,
    Statement,
    Test,
    Value,
    pointed,
)

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)
    |(?P<number>[+-]?\d+(?:\.\d+)?)
    |(?P<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<symbol><=|>=|!=|<>|[=<>(),:])
    |(?P<bad>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
AGGREGATES = ("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX")
_CLAUSES = frozenset(
    re.findall(
        r"\w+",
        "FROM WHERE WITH GROUP HAVING ORDER LIMIT OFFSET FOR ALL USING UPDATE AND OR NOT IN LIKE ASC DESC NULLS BY",
    )
)
_FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        "FISCAL_MONTH FISCAL_QUARTER FISCAL_YEAR CONVERTTIMEZONE CONVERTCURRENCY TOLABEL FORMAT GROUPING "
        "DISTANCE GEOLOCATION",
    )
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'"}
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    at: int

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text


def parse(text: str) -> Statement:
    """Raises ApiError MALFORMED_QUERY with the vendor's pointer, or the emulator's refusal."""
    if len(text) > 100_000:
        raise ApiError("QUERY_TOO_COMPLICATED", "The statement is longer than 100,000 characters.")
    reader = _Reader(text)
    statement = reader.statement()
    if reader.token.kind != "end":
        reader.unexpected()
    return statement


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    place = 0
    while match := _TOKEN.match(text, place):
        kind = match.lastgroup or "bad"
        found.append(Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return [*found, Token("end", "<EOF>", len(text))]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def next(self) -> Token:
        token = self.token
        self.place += 1
        return token

    def unexpected(self) -> NoReturn:
        raise pointed(self.text, self.token.at, f"unexpected token: '{self.token.text}'")

    def accept(self, *words: str) -> bool:
        """Take the words (or symbols) if they are next."""
        ahead = [token.upper for token in self.tokens[self.place : self.place + len(words)]]
        if ahead != list(words):
            return False
        self.place += len(words)
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            self.unexpected()

    def word(self) -> Token:
        if self.token.kind != "word" or self.token.upper in _CLAUSES:
            self.unexpected()
        return self.next()

    def source(self) -> Token:
        """The object's name: `Group` and `Order` are objects as well as words of the language."""
        if self.token.kind == "word" and self.token.upper in ("GROUP", "ORDER"):
            return self.next()
        return self.word()

    def listed(self, read: Callable[[], _Item]) -> tuple[_Item, ...]:
        items = [read()]
        while self.accept(","):
            items.append(read())
        return tuple(items)

    def statement(self) -> Statement:
        self.expect("SELECT")
        select = self.listed(self.selected)
        self.expect("FROM")
        target = self.source()
        if self.token.text == ",":
            raise not_modelled("a FROM clause with several objects")
        alias = self.alias()
        self.accept("USING", "SCOPE") and self.refuse("USING SCOPE")
        where = self.either() if self.accept("WHERE") else None
        self.accept("WITH") and self.refuse("WITH clauses")
        group = self.listed(self.grouped) if self.accept("GROUP", "BY") else ()
        having = self.either() if self.accept("HAVING") else None
        order = self.listed(self.ordered) if self.accept("ORDER", "BY") else ()
        limit = self.count() if self.accept("LIMIT") else None
        offset = self.count() if self.accept("OFFSET") else None
        self.accept("FOR") and self.refuse("FOR VIEW, REFERENCE and UPDATE")
        self.accept("ALL", "ROWS") and self.refuse("ALL ROWS (only Apex has it)")
        return Statement(select, target.text, target.at, alias, where, group, having, order, limit, offset)

    def refuse(self, what: str) -> NoReturn:
        raise not_modelled(f"{what} in SOQL")

    def alias(self) -> str | None:
        if self.token.kind == "word" and self.token.upper not in _CLAUSES and "." not in self.token.text:
            return self.next().text
        return None

    def selected(self) -> AliasedField | Aggregate | AllFields:
        if self.token.text == "(":
            self.refuse("a subquery on child records")
        if self.token.upper == "TYPEOF":
            self.refuse("TYPEOF")
        start = self.word()
        if self.token.text == "(":
            if start.upper == "FIELDS":
                return self.all_fields(start)
            if start.upper in DATE_FUNCTIONS:
                self.place -= 1
                return AliasedField(self.path(), self.alias())
            return self.aggregate(start)
        return AliasedField(FieldPath(tuple(start.text.split(".")), start.at), self.alias())

    def all_fields(self, start: Token) -> AllFields:
        self.expect("(")
        kind = self.next().text.upper()
        if kind not in ("ALL", "STANDARD", "CUSTOM"):
            self.place -= 1
            self.unexpected()
        self.expect(")")
        return AllFields(kind, start.at)

    def aggregate(self, start: Token) -> Aggregate:
        function = start.upper
        if function in _FUNCTIONS:
            self.refuse(f"the function {function}()")
        if function not in AGGREGATES:
            self.unexpected()
        self.expect("(")
        path = None
        if not (function == "COUNT" and self.token.text == ")"):
            if self.token.upper in DATE_FUNCTIONS and self.tokens[self.place + 1].text == "(":
                self.refuse(f"{function}() of {self.token.upper}()")
            path = self.path()
        self.expect(")")
        return Aggregate(function, path, self.alias(), start.at)

    def path(self) -> FieldPath:
        start = self.word()
        if self.token.text == "(" and start.upper in _FUNCTIONS:
            self.refuse(f"the function {start.upper}()")
        if self.token.text == "(" and start.upper in DATE_FUNCTIONS:
            self.expect("(")
            inner = self.path()
            self.expect(")")
            if inner.function is not None:
                raise pointed(self.text, inner.at, f"unexpected token: '{inner.function}'")
            return FieldPath(inner.names, start.at, start.upper)
        return FieldPath(tuple(start.text.split(".")), start.at)

    def grouped(self) -> FieldPath:
        if self.token.upper in ("ROLLUP", "CUBE"):
            self.refuse(f"GROUP BY {self.token.upper}")
        return self.path()

    def measured(self) -> FieldPath | Aggregate:
        ahead = self.tokens[self.place + 1].text if self.token.kind == "word" else ""
        return self.aggregate(self.next()) if ahead == "(" and self.token.upper in AGGREGATES else self.path()

    def ordered(self) -> Order:
        by = self.measured()
        descending = self.accept("DESC")
        if not descending:
            self.accept("ASC")
        last = self.accept("NULLS", "LAST")
        if not last:
            self.accept("NULLS", "FIRST")
        return Order(by, descending, last)

    def count(self) -> int:
        if self.token.kind != "number" or not self.token.text.isdigit():
            self.unexpected()
        return int(self.next().text)

    def either(self) -> Test:
        """A chain of AND or of OR; the vendor refuses a mixture without parentheses."""
        first = self.negation()
        for word, make in (("AND", Both), ("OR", Either)):
            if self.token.upper == word:
                parts = [first]
                while self.accept(word):
                    parts.append(self.negation())
                if self.token.upper in ("AND", "OR"):
                    self.unexpected()
                return make(tuple(parts))
        return first

    def negation(self) -> Test:
        if self.accept("NOT"):
            return Negation(self.negation())
        if self.accept("("):
            inner = self.either()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Test:
        left = self.measured()
        place = self.token
        negated = self.accept("NOT")
        if self.accept("IN"):
            return self.membership(left, negated, place)
        if negated:
            self.unexpected()
        if place.upper in ("INCLUDES", "EXCLUDES"):
            self.refuse(place.upper)
        op = {"<>": "!=", "LIKE": "like"}.get(place.upper, place.text)
        if op not in ("=", "!=", "<", "<=", ">", ">=", "like"):
            self.unexpected()
        self.next()
        value, quoted = self.value(pattern=op == "like")
        return Comparison(left, op, value, quoted, left.at)

    def membership(self, left: FieldPath | Aggregate, negated: bool, place: Token) -> Membership:
        if isinstance(left, Aggregate):
            raise pointed(self.text, place.at, f"unexpected token: '{place.text}'")
        self.expect("(")
        query: Statement | None = None
        values: tuple[tuple[Value, bool], ...] = ()
        if self.token.upper == "SELECT":
            query = self.statement()
        else:
            values = self.listed(self.value)
        self.expect(")")
        return Membership(left, negated, values, query, left.at)

    def value(self, pattern: bool = False) -> tuple[Value, bool]:
        token = self.token
        if token.kind == "word" and token.upper not in ("NULL", "TRUE", "FALSE"):
            return self.date_literal(), False
        if token.kind not in ("string", "datetime", "date", "number", "word"):
            self.unexpected()
        self.next()
        return self.constant(token, pattern), token.kind == "string"

    def constant(self, token: Token, pattern: bool) -> Value:
        match token.kind:
            case "string":
                return self.unquoted(token, pattern)
            case "number":
                return float(token.text) if "." in token.text else int(token.text)
            case "word":
                return {"NULL": None, "TRUE": True, "FALSE": False}[token.upper]
        try:
            if token.kind == "date":
                return date.fromisoformat(token.text)
            return datetime.fromisoformat(token.text).astimezone(UTC)
        except ValueError as error:
            raise pointed(self.text, token.at, f"Invalid {token.kind}: {token.text}") from error

    def unquoted(self, token: Token, pattern: bool) -> str:
        def replaced(match: re.Match[str]) -> str:
            letter = match[1]
            if letter in "%_\\":
                return match[0] if pattern else letter  # LIKE reads these escapes itself
            if letter not in _ESCAPES:
                raise pointed(self.text, token.at + match.start() + 1, f"Illegal escape sequence: {match[0]}")
            return _ESCAPES[letter]

        return re.sub(r"\\(.)", replaced, token.text[1:-1], flags=re.DOTALL)

    def date_literal(self) -> DateLiteral:
        from provisioner.emulator.salesforce.soql.dates import PLAIN, WITH_NUMBER

        token = self.next()
        if token.upper in WITH_NUMBER:
            self.expect(":")
            return DateLiteral(token.upper, self.count())
        if token.upper not in PLAIN:
            self.place -= 1
            self.unexpected()
        return DateLiteral(token.upper, None)

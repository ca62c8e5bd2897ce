"""Tree to closure, with the static checks of the vendor's formula editor on the way.

Error texts: [community] reference 2.3. Null logic: [code: salesforce formula-engine], i.e. Oracle's
three values; AND, OR and IF take "unknown" for false; blank text equals the empty text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any

from .functions import FUNCTIONS, UNMODELLED, Function
from .kinds import FormulaError, FormulaFault, Kind, Reference, Resolver, Scope, Value
from .operations import NUMERIC, ORDER, between, negate, pattern, shift
from .syntax import Call, Literal, Name, Node, parse

Run = Callable[[Any], Value]
_ORDERED = (Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TIME)


@dataclass(frozen=True, slots=True)
class Typed:
    kind: Kind
    run: Run


@dataclass(frozen=True, slots=True)
class Formula:
    """A compiled formula. `kind` is the kind of its result."""

    kind: Kind
    run: Run

    def evaluate(self, scope: Scope) -> Value:
        """The value now: text blank is None, a Boolean is never None; a computing error gives None."""
        try:
            value = self.run(scope)
        except (FormulaFault, DecimalException, OverflowError):
            return None if self.kind is not Kind.BOOLEAN else False
        if self.kind is Kind.BOOLEAN:
            return bool(value)
        return None if value == "" else value


def compile_formula(source: str, resolver: Resolver, expected: Kind | None = None) -> Formula:
    """Parse and check `source`; FormulaError in the vendor's words when it is not valid.

    `expected`: the kind the result must have (None: any).
    """
    typed = _Compiler(resolver).node(parse(source))
    if expected is not None and typed.kind not in (expected, Kind.NULL):
        raise FormulaError(
            f"Error: Formula result is data type ({typed.kind.value}), "
            f"incompatible with expected data type ({expected.value})."
        )
    return Formula(expected or typed.kind, typed.run)


def wrong_kind(where: str, expected: tuple[Kind, ...], received: Kind) -> FormulaError:
    words = ", ".join(kind.value for kind in expected)
    return FormulaError(f"Incorrect parameter type for {where}. Expected {words}, received {received.value}")


def _strict(operation: Callable[[Any, Any], Value], left: Run, right: Run) -> Run:
    def run(scope: Any) -> Value:
        first = left(scope)
        if first is None:
            return None
        second = right(scope)
        return None if second is None else operation(first, second)

    return run


class _Compiler:
    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def node(self, node: Node) -> Typed:
        if isinstance(node, Literal):
            return _literal(node.value)
        if isinstance(node, Name):
            reference = self.reference(node)
            return Typed(reference.kind, reference.read)
        if node.operator:
            return self.operator(node)
        special = getattr(self, f"do_{node.function.lower()}", None)
        if special is not None:
            made: Typed = special(node)
            return made
        return self.plain(node)

    def reference(self, node: Name) -> Reference:
        if node.merged != self.resolver.merge:
            raise FormulaError(f"Field {node.text} does not exist. Check spelling.")
        reference = self.resolver.resolve(node.text)
        if reference.kind is Kind.LONGTEXT:
            raise FormulaError(f"You cannot use the long text field {node.text} in a formula.")
        return reference

    # -- checks -----------------------------------------------------------------------------
    def count(self, node: Call, least: int, most: int) -> None:
        size = len(node.arguments)
        if not least <= size <= most:
            wanted = least if size < least else most
            raise FormulaError(
                f"Incorrect number of parameters for function '{node.function}()'. Expected {wanted}, received {size}"
            )

    def want(self, node: Call, typed: Typed, kinds: tuple[Kind, ...]) -> Typed:
        if typed.kind not in kinds and typed.kind is not Kind.NULL:
            where = f"operator '{node.function}'" if node.operator else f"function '{node.function}()'"
            raise wrong_kind(where, kinds, typed.kind)
        return typed

    def common(self, node: Call, typed: list[Typed]) -> Kind:
        kinds = [item.kind for item in typed if item.kind is not Kind.NULL]
        for item in typed:
            if item.kind in (Kind.PICKLIST, Kind.MULTIPICKLIST, Kind.RECORD, Kind.COLLECTION):
                raise wrong_kind(f"function '{node.function}()'", (Kind.TEXT,), item.kind)
            if kinds and item.kind not in (kinds[0], Kind.NULL):
                raise wrong_kind(f"function '{node.function}()'", (kinds[0],), item.kind)
        return kinds[0] if kinds else Kind.NULL

    # -- operators --------------------------------------------------------------------------
    def operator(self, node: Call) -> Typed:
        typed = [self.node(item) for item in node.arguments]
        sign = node.function
        if sign == "neg":
            run = self.want(Call("-", (), operator=True), typed[0], (Kind.NUMBER,)).run
            return Typed(Kind.NUMBER, lambda scope: negate(run(scope)))
        left, right = typed
        if sign in ("&&", "||"):
            return _logic(sign == "&&", [self.want(node, item, (Kind.BOOLEAN,)).run for item in typed])
        if sign in ("=", "<>"):
            return self.equality(node, left, right)
        if sign in ORDER:
            return self.order(node, left, right)
        if sign == "&":
            return _concat([self.want(node, item, (Kind.TEXT,)).run for item in typed])
        if sign in "+-":
            return self.additive(node, left, right)
        for item in typed:
            self.want(node, item, (Kind.NUMBER,))
        return Typed(Kind.NUMBER, _strict(NUMERIC[sign], left.run, right.run))

    def additive(self, node: Call, left: Typed, right: Typed) -> Typed:
        plus = node.function == "+"
        pair = (left.kind, right.kind)
        moments = (Kind.DATE, Kind.DATETIME)
        if Kind.NULL in pair:
            return Typed(Kind.NULL, lambda scope: None)
        if pair == (Kind.NUMBER, Kind.NUMBER):
            return Typed(Kind.NUMBER, _strict(NUMERIC[node.function], left.run, right.run))
        if left.kind in moments and right.kind is Kind.NUMBER:
            sign = 1 if plus else -1
            return Typed(left.kind, _strict(lambda moment, days: shift(moment, days * sign), left.run, right.run))
        if plus and left.kind is Kind.NUMBER and right.kind in moments:
            return Typed(right.kind, _strict(lambda days, moment: shift(moment, days), left.run, right.run))
        if not plus and left.kind in moments and right.kind is left.kind:
            return Typed(Kind.NUMBER, _strict(between, left.run, right.run))
        if plus and left.kind is Kind.TEXT:
            return _concat([left.run, self.want(node, right, (Kind.TEXT,)).run])
        if Kind.TIME in pair:
            raise FormulaError("The emulator does not model arithmetic with Time values.")
        if left.kind is Kind.NUMBER or left.kind in moments:
            raise wrong_kind(f"operator '{node.function}'", (Kind.NUMBER,), right.kind)
        raise wrong_kind(f"operator '{node.function}'", (Kind.NUMBER, Kind.DATE, Kind.DATETIME), left.kind)

    def equality(self, node: Call, left: Typed, right: Typed) -> Typed:
        for item in (left, right):
            if item.kind in (Kind.PICKLIST, Kind.MULTIPICKLIST, Kind.RECORD, Kind.COLLECTION):
                raise wrong_kind(f"operator '{node.function}'", (Kind.TEXT,), item.kind)
        if left.kind is not right.kind and Kind.NULL not in (left.kind, right.kind):
            raise wrong_kind(f"operator '{node.function}'", (left.kind,), right.kind)
        wanted = node.function == "="
        first, second = left.run, right.run
        if Kind.TEXT in (left.kind, right.kind):
            return Typed(Kind.BOOLEAN, lambda scope: ((first(scope) or "") == (second(scope) or "")) is wanted)
        return Typed(Kind.BOOLEAN, _strict(lambda a, b: (a == b) is wanted, first, second))

    def order(self, node: Call, left: Typed, right: Typed) -> Typed:
        self.want(node, left, _ORDERED)
        if left.kind is Kind.NULL:
            self.want(node, right, _ORDERED)
        else:
            self.want(node, right, (left.kind,))
        return Typed(Kind.BOOLEAN, _strict(ORDER[node.function], left.run, right.run))

    # -- functions --------------------------------------------------------------------------
    def plain(self, node: Call) -> Typed:
        function = FUNCTIONS.get(node.function)
        if function is None:
            if node.function in UNMODELLED:
                raise FormulaError(f"The emulator does not model the function {node.function}().")
            raise FormulaError(f"Unknown function {node.function}. Check spelling.")
        self.count(node, function.least, function.most)
        typed = [self.want(node, self.node(item), function.accepts(at)) for at, item in enumerate(node.arguments)]
        result = function.result
        if node.function == "ADDMONTHS":
            result = typed[0].kind
        return Typed(result, _apply(function, typed))

    def do_if(self, node: Call) -> Typed:
        self.count(node, 3, 3)
        test = self.want(node, self.node(node.arguments[0]), (Kind.BOOLEAN,)).run
        branches = [self.node(item) for item in node.arguments[1:]]
        kind = self.common(node, branches)
        yes, no = branches[0].run, branches[1].run
        return Typed(kind, lambda scope: yes(scope) if test(scope) else no(scope))

    def do_and(self, node: Call) -> Typed:
        self.count(node, 1, 255)
        return _logic(True, [self.want(node, self.node(item), (Kind.BOOLEAN,)).run for item in node.arguments])

    def do_or(self, node: Call) -> Typed:
        self.count(node, 1, 255)
        return _logic(False, [self.want(node, self.node(item), (Kind.BOOLEAN,)).run for item in node.arguments])

    def do_not(self, node: Call) -> Typed:
        self.count(node, 1, 1)
        run = self.want(node, self.node(node.arguments[0]), (Kind.BOOLEAN,)).run
        return Typed(Kind.BOOLEAN, lambda scope: None if (value := run(scope)) is None else not value)

    def do_isblank(self, node: Call) -> Typed:
        self.count(node, 1, 1)
        typed = self.node(node.arguments[0])
        if typed.kind is Kind.COLLECTION:
            raise wrong_kind(f"function '{node.function}()'", (Kind.TEXT,), typed.kind)
        run = typed.run
        return Typed(Kind.BOOLEAN, lambda scope: run(scope) in (None, ""))

    do_isnull = do_isblank

    def do_blankvalue(self, node: Call) -> Typed:
        self.count(node, 2, 2)
        typed = [self.node(item) for item in node.arguments]
        kind = self.common(node, typed)
        first, second = typed[0].run, typed[1].run
        return Typed(kind, lambda scope: second(scope) if (value := first(scope)) in (None, "") else value)

    do_nullvalue = do_blankvalue

    def do_case(self, node: Call) -> Typed:
        size = len(node.arguments)
        if size < 4 or size % 2:
            wanted = max(4, size + 1)
            raise FormulaError(
                f"Incorrect number of parameters for function 'CASE()'. Expected {wanted}, received {size}"
            )
        typed = [self.node(item) for item in node.arguments]
        subject, fallback = typed[0], typed[-1].run
        kind = self.common(node, [*typed[2:-1:2], typed[-1]])
        if Kind.BOOLEAN in (subject.kind, kind):
            raise wrong_kind("function 'CASE()'", (Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.DATETIME), Kind.BOOLEAN)
        comparable = Kind.TEXT if subject.kind is Kind.PICKLIST else subject.kind
        pairs = []
        for at in range(1, size - 1, 2):
            self.want(node, typed[at], (comparable,))
            pairs.append((typed[at].run, typed[at + 1].run))
        blank: Value = "" if comparable is Kind.TEXT else None

        def run(scope: Any) -> Value:
            value = subject.run(scope)
            value = blank if value is None else value
            for key, answer in pairs:
                wanted = key(scope)
                wanted = blank if wanted is None else wanted
                if value is not None and value == wanted:
                    return answer(scope)
            return fallback(scope)

        return Typed(kind, run)

    def do_ispickval(self, node: Call) -> Typed:
        self.count(node, 2, 2)
        field = self.want(node, self.node(node.arguments[0]), (Kind.PICKLIST,)).run
        text = self.want(node, self.node(node.arguments[1]), (Kind.TEXT,)).run
        return Typed(Kind.BOOLEAN, lambda scope: (field(scope) or "") == (text(scope) or ""))

    def do_includes(self, node: Call) -> Typed:
        self.count(node, 2, 2)
        field = self.want(node, self.node(node.arguments[0]), (Kind.MULTIPICKLIST,)).run
        text = self.want(node, self.node(node.arguments[1]), (Kind.TEXT,)).run
        return Typed(Kind.BOOLEAN, lambda scope: (text(scope) or "") in str(field(scope) or "").split(";"))

    def prior(self, node: Call) -> tuple[Reference, Run]:
        self.count(node, 1, 1)
        argument = node.arguments[0]
        reference = self.reference(argument) if isinstance(argument, Name) else None
        if reference is None or reference.prior is None:
            raise FormulaError(
                f"The function {node.function}() can only be used with a field of the record being saved."
            )
        return reference, reference.prior

    def do_ischanged(self, node: Call) -> Typed:
        reference, prior = self.prior(node)
        read = reference.read
        return Typed(Kind.BOOLEAN, lambda scope: not scope.is_new and read(scope) != prior(scope))

    def do_priorvalue(self, node: Call) -> Typed:
        """The value before the save; of a record that is being created its own value ([docs] PRIORVALUE)."""
        reference, prior = self.prior(node)
        read = reference.read
        return Typed(reference.kind, lambda scope: read(scope) if scope.is_new else prior(scope))

    def do_regex(self, node: Call) -> Typed:
        """A whole text against a pattern. Patterns are Java's; those that Python reads alike are modelled."""
        self.count(node, 2, 2)
        if not self.resolver.patterns:
            raise FormulaError("Function REGEX may not be used in this type of formula")
        text = self.want(node, self.node(node.arguments[0]), (Kind.TEXT,)).run
        written = node.arguments[1]
        if not isinstance(written, Literal) or not isinstance(written.value, str):
            raise FormulaError("The emulator models REGEX() with a pattern written in the formula only.")
        compiled = pattern(written.value)
        return Typed(Kind.BOOLEAN, lambda scope: compiled.fullmatch(str(text(scope) or "")) is not None)


def _literal(value: Decimal | str | bool | None) -> Typed:
    kind = Kind.NULL
    if isinstance(value, bool):
        kind = Kind.BOOLEAN
    elif isinstance(value, str):
        kind = Kind.TEXT
    elif isinstance(value, Decimal):
        kind = Kind.NUMBER
    return Typed(kind, lambda scope: value)


def _logic(conjunction: bool, runs: list[Run]) -> Typed:
    if conjunction:
        return Typed(Kind.BOOLEAN, lambda scope: all(run(scope) for run in runs))
    return Typed(Kind.BOOLEAN, lambda scope: any(run(scope) for run in runs))


def _concat(runs: list[Run]) -> Typed:
    return Typed(Kind.TEXT, lambda scope: "".join(str(run(scope) or "") for run in runs))


def _apply(function: Function, typed: list[Typed]) -> Run:
    runs = [item.run for item in typed]
    texts = [Kind.TEXT in function.accepts(at) and item.kind is Kind.TEXT for at, item in enumerate(typed)]
    work = function.run
    if function.scoped and not runs:
        return work

    def run(scope: Any) -> Value:
        values: list[Value] = []
        for one, is_text in zip(runs, texts, strict=True):
            value = one(scope)
            if value is None:
                if not is_text:
                    return None
                value = ""
            values.append(value)
        return work(scope, *values) if function.scoped else work(*values)

    return run


__all__ = ["Formula", "compile_formula"]

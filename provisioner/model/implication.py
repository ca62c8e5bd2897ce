"""Does one condition imply another? Sound, not complete: `True` is certain, `False` means "not that we know"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from provisioner.model.design import All, Any_, Condition, Not, Scalar, Test


def implies(a: Condition, b: Condition) -> bool:
    """Every lead that matches `a` matches `b`."""
    if _same(a, b) or _always(b):
        return True
    match a:
        case Any_():
            return all(implies(part, b) for part in a.parts)
        case Test(op="in") if len(a.values) > 1:
            return all(implies(Test(a.field, "in", (value,), a.at), b) for value in a.values)
    match b:
        case All():
            if all(implies(a, part) for part in b.parts):
                return True
        case Any_():
            if any(implies(a, part) for part in b.parts):
                return True
    if isinstance(a, All):
        return any(implies(part, b) for part in a.parts)
    if isinstance(a, Not) and isinstance(b, Not):
        return implies(b.part, a.part)
    if isinstance(a, Test) and isinstance(b, Not) and isinstance(b.part, Test):
        return _excludes(a, b.part)
    return isinstance(a, Test) and isinstance(b, Test) and _test_implies(a, b)


def _test_implies(a: Test, b: Test) -> bool:
    if a.field.casefold() != b.field.casefold():
        return False
    if a.op == "in":
        return all(_holds(value, b) for value in a.values)
    if a.op == "is_blank":
        return _holds(None, b) if a.values == (True,) else b.op == "not_in" and set(b.values) == {None}
    if b.op == "is_blank":
        return b.values == (False,) and a.op not in ("not_in", "is_blank")
    if a.op == b.op == "not_in":
        return _folded(b.values) <= _folded(a.values)
    if a.op in ("gt", "gte", "lt", "lte"):
        return _range_implies(a, b)
    if a.op in ("starts_with", "ends_with", "contains") and b.op in (a.op, "contains"):
        return _holds(a.values[0], b)
    return False


def _excludes(a: Test, b: Test) -> bool:
    """No value satisfies both tests: known for lists of values of one field."""
    return a.field.casefold() == b.field.casefold() and a.op == "in" and all(_fails(value, b) for value in a.values)


def _range_implies(a: Test, b: Test) -> bool:
    low, high = ("gt", "gte"), ("lt", "lte")
    order = _compared(a.values[0], b.values[0])
    if order is None:
        return False
    if a.op in low and b.op in low:
        return order > 0 or (order == 0 and not (a.op == "gte" and b.op == "gt"))
    if a.op in high and b.op in high:
        return order < 0 or (order == 0 and not (a.op == "lte" and b.op == "lt"))
    return False


def _holds(value: Scalar, test: Test) -> bool:
    """Does a field with this value certainly pass? As docs/semantics.md compares."""
    wanted = test.values[0]
    match test.op:
        case "in":
            return _fold(value) in _folded(test.values)
        case "not_in":
            return all(_differ(value, other) for other in test.values)
        case "is_blank":
            return (value is None) == wanted
    if value is None:
        return False
    if test.op in ("starts_with", "ends_with", "contains"):
        return isinstance(value, str) and _text_holds(value.casefold(), test.op, str(wanted).casefold())
    return _in_order(_compared(value, wanted), test.op) is True


def _fails(value: Scalar, test: Test) -> bool:
    """Does a field with this value certainly not pass?"""
    match test.op:
        case "in":
            return all(_differ(value, other) for other in test.values)
        case "not_in":
            return _fold(value) in _folded(test.values)
        case "gt" | "gte" | "lt" | "lte":
            return value is None or _in_order(_compared(value, test.values[0]), test.op) is False
    return (value is None or isinstance(value, str)) and not _holds(value, test)


def _in_order(order: int | None, op: str) -> bool | None:
    if order is None:
        return None
    return {"gt": order > 0, "gte": order >= 0, "lt": order < 0, "lte": order <= 0}[op]


def _differ(a: Scalar, b: Scalar) -> bool:
    """Certainly not equal. The number 5 and the text "5" may be one value in a CRM, so values of two kinds are not."""
    (kind, left), (other, right) = _fold(a), _fold(b)
    return left != right if kind == other else "blank" in (kind, other)


def _text_holds(text: str, op: str, part: str) -> bool:
    if op == "contains":
        return part in text
    return text.startswith(part) if op == "starts_with" else text.endswith(part)


def _compared(a: Scalar, b: Scalar) -> int | None:
    """-1, 0, 1; None when the two are not of a kind."""
    left, right = _measure(a), _measure(b)
    if left is None or right is None or left[0] != right[0]:
        return None
    return (left[1] > right[1]) - (left[1] < right[1])


def _measure(value: Scalar) -> tuple[str, float] | None:
    match value:
        case bool() | str() | None:
            return None
        case datetime():
            return "time", value.timestamp()
        case date():
            return "day", datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    return "number", float(value)


def _fold(value: Scalar) -> tuple[str, Any]:
    if isinstance(value, str):
        return "text", value.casefold()
    if value is None:
        return "blank", None
    return ("fact" if isinstance(value, bool) else "other"), value


def _folded(values: Iterable[Scalar]) -> set[tuple[str, Any]]:
    return {_fold(value) for value in values}


def _same(a: Condition, b: Condition) -> bool:
    match a, b:
        case Test(), Test():
            same = a.field.casefold() == b.field.casefold() and a.op == b.op
            return same and _folded(a.values) == _folded(b.values)
        case All(), All():
            return _all_same(a.parts, b.parts)
        case Any_(), Any_():
            return _all_same(a.parts, b.parts)
        case Not(), Not():
            return _same(a.part, b.part)
    return False


def _all_same(a: Sequence[Condition], b: Sequence[Condition]) -> bool:
    return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))


def _always(item: Condition) -> bool:
    """Does every lead match? Known for `any` of a condition and its opposite, and for what consists of such."""
    match item:
        case All():
            return all(_always(part) for part in item.parts)
        case Any_():
            return any(_always(part) for part in item.parts) or any(
                _opposite(x, y) for x in item.parts for y in item.parts
            )
    return False


def _opposite(a: Condition, b: Condition) -> bool:
    if isinstance(a, Not) and _same(a.part, b):
        return True
    if not (isinstance(a, Test) and isinstance(b, Test)) or a.field.casefold() != b.field.casefold():
        return False
    if a.op == b.op == "is_blank":
        return a.values != b.values
    return (a.op, b.op) == ("in", "not_in") and _folded(b.values) <= _folded(a.values)

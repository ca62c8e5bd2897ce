"""Which lead type a lead is, and whether it is excluded: conditions on the values of a lead.

How values compare: text ignores case; a blank (nothing, empty text, not-a-number) only ever matches `in: [null]`,
`is_blank` and negations; numbers compare with numbers and numeric text, dates and datetimes with each other and ISO
text (a date is its midnight in UTC), true and false with the words."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from provisioner.model.design import All, Any_, Condition, Not, Op, Test
from provisioner.sla.instants import read_instant
from provisioner.sla.policy import Policy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Column: TypeAlias = "Sequence[Any] | NDArray[Any]"

UNTRACKED = -1
"""Index of "no lead type" in arrays."""

_ORDER: Final[Mapping[Op, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_TEXT: Final[Mapping[Op, Callable[[str, str], bool]]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": operator.contains,
}


def is_blank(value: Any) -> bool:
    """Whether a value counts as blank: None, empty text, NaN."""
    return bool(value is None or value == "" or value != value)


def evaluate(condition: Condition, values: Mapping[str, Any]) -> bool:
    """Whether the values of a lead meet a condition. A field that is missing from `values` is blank."""
    match condition:
        case Test():
            return holds(condition, values.get(condition.field))
        case All(parts):
            return all(evaluate(part, values) for part in parts)
        case Any_(parts):
            return any(evaluate(part, values) for part in parts)
        case Not(part):
            return not evaluate(part, values)


def holds(test: Test, value: Any) -> bool:
    """Whether one value passes one test."""
    if test.op == "in":
        return _is_one_of(value, test.values)
    if test.op == "not_in":
        return not _is_one_of(value, test.values)
    if test.op == "is_blank":
        return is_blank(value) == bool(test.values[0])
    wanted = test.values[0]
    if is_blank(value) or is_blank(wanted):
        return False
    if test.op in _TEXT:
        return _TEXT[test.op](_text(value), _text(wanted))
    pair = _comparable(value, wanted)
    return pair is not None and _ORDER[test.op](*pair)


def classify(policy: Policy, values: Mapping[str, Any]) -> str | None:
    """Id of the first lead type whose condition holds, else the one that unmatched leads are tracked as, else None."""
    for promise in policy.promises:
        if evaluate(promise.lead_type.when, values):
            return promise.id
    return policy.unmatched


def excluded(policy: Policy, values: Mapping[str, Any]) -> bool:
    """Whether any exclusion holds."""
    return any(evaluate(exclusion.when, values) for exclusion in policy.exclusions)


def classify_many(policy: Policy, columns: Mapping[str, Column], *, count: int) -> NDArray[np.int64]:
    """`classify` for `count` leads at once: the index of each lead's type in `policy.promises`, UNTRACKED for none.
    `columns[field][i]` is the value of lead i; a field without a column is blank everywhere."""
    import numpy as np

    table = _Columns(columns, count)
    chosen = np.full(count, UNTRACKED if policy.unmatched is None else policy.index(policy.unmatched), np.int64)
    undecided = np.ones(count, np.bool_)
    for index, promise in enumerate(policy.promises):
        matched = undecided & table.evaluate(promise.lead_type.when)
        chosen[matched] = index
        undecided &= ~matched
    return chosen


def excluded_many(policy: Policy, columns: Mapping[str, Column], *, count: int) -> NDArray[np.bool_]:
    """`excluded` for `count` leads at once; columns as in `classify_many`."""
    import numpy as np

    table = _Columns(columns, count)
    hit = np.zeros(count, np.bool_)
    for exclusion in policy.exclusions:
        hit |= table.evaluate(exclusion.when)
    return hit


class _Columns:
    """Columns of values, each reduced to its distinct values and a code per lead, so that a test runs once per
    distinct value."""

    def __init__(self, columns: Mapping[str, Column], count: int) -> None:
        self._columns = columns
        self._count = count
        self._coded: dict[str, tuple[list[Any], NDArray[np.int64]]] = {}

    def evaluate(self, condition: Condition) -> NDArray[np.bool_]:
        import numpy as np

        match condition:
            case Test():
                distinct, codes = self._codes(condition.field)
                answers = np.fromiter((holds(condition, value) for value in distinct), np.bool_, len(distinct))
                answer: NDArray[np.bool_] = answers[codes]
                return answer
            case All(parts):
                every = np.ones(self._count, np.bool_)
                for part in parts:
                    every &= self.evaluate(part)
                return every
            case Any_(parts):
                some = np.zeros(self._count, np.bool_)
                for part in parts:
                    some |= self.evaluate(part)
                return some
            case Not(part):
                return ~self.evaluate(part)

    def _codes(self, field: str) -> tuple[list[Any], NDArray[np.int64]]:
        import numpy as np

        if field not in self._coded:
            column = self._columns.get(field)
            if column is None:
                self._coded[field] = ([None], np.zeros(self._count, np.int64))
            else:
                self._coded[field] = _factor(field, column, self._count)
        return self._coded[field]


def _factor(field: str, column: Column, count: int) -> tuple[list[Any], NDArray[np.int64]]:
    import numpy as np

    values: Sequence[Any] = column.tolist() if isinstance(column, np.ndarray) else column
    if len(values) != count:
        raise ValueError(f"The column {field} has {len(values)} values for {count} leads.")
    seen: dict[Any, int] = {}
    # 1, 1.0 and True are one key to a dictionary, but not to a test
    keys = (value if type(value) is str else (type(value), value) for value in values)
    codes = np.fromiter((seen.setdefault(key, len(seen)) for key in keys), np.int64, count)
    return [key if type(key) is str else key[1] for key in seen], codes


def _is_one_of(value: Any, wanted: Sequence[Any]) -> bool:
    if is_blank(value):
        return any(is_blank(option) for option in wanted)
    return any(_equal(value, option) for option in wanted if not is_blank(option))


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return _text(value) == _text(wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    pair = _comparable(value, wanted)
    return pair is not None and bool(pair[0] == pair[1])


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any] | None:
    """Both sides as numbers, else as instants, else as text without case; None when they have nothing in common."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return None
    for read in (_number, read_instant):
        left, right = read(value), read(wanted)
        if left is not None and right is not None:
            return left, right
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold(), wanted.casefold()
    return None


def _number(value: Any) -> Decimal | None:
    """The exact value of a number or of numeric text."""
    if isinstance(value, date):
        return None
    try:
        number = Decimal(str(value).strip().replace("_", "?"))  # 1_000 is not how people write a number
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat().casefold()
    return str(value).casefold()

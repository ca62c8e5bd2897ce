"""Conditions of the design, and instants, as SOQL.

What a comparison with a blank gives is never left to the platform: every comparison says what it wants of a blank
(docs/semantics.md, "Comparing values"). SOQL compares text without regard to case, as the semantics do. [docs]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from provisioner.errors import TargetError
from provisioner.model.design import All, Any_, Condition, Not, Scalar, Test
from provisioner.targets.salesforce.soql import literal

NAME = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)
ALWAYS, NEVER = "Id != null", "Id = null"
_ORDER = {"gt": (">", "<="), "gte": (">=", "<"), "lt": ("<", ">="), "lte": ("<=", ">")}
_LIKE = {"starts_with": ("", "%"), "ends_with": ("%", ""), "contains": ("%", "%")}

Kinds = Mapping[str, str]
"""Field → its type in the describe (`string`, `date`, `datetime` …), where it is known."""


def instant(at: datetime) -> str:
    """An aware instant as SOQL writes it: UTC, unquoted, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def field_name(name: str) -> str:
    """`name`, when it can only be the name of a field. TargetError otherwise: it would become part of the query."""
    if not NAME.fullmatch(name):
        raise TargetError(f"{name!r} is no name of a field and cannot be asked for in Salesforce.")
    return name


def every(*clauses: str) -> str:
    """All of them; an empty one says nothing. Each stands in brackets, so no word inside it reaches out."""
    said = [clause for clause in clauses if clause and clause != ALWAYS]
    return " AND ".join(f"({clause})" if len(said) > 1 else clause for clause in said) or ALWAYS


def some(*clauses: str) -> str:
    """One of them at least; none of none."""
    said = [clause for clause in clauses if clause]
    if ALWAYS in said:
        return ALWAYS
    return " OR ".join(f"({clause})" if len(said) > 1 else clause for clause in said) or NEVER


def among(field: str, values: Iterable[str]) -> str:
    """The text is one of these. ValueError when there are none."""
    quoted = [literal(value) for value in sorted(set(values))]
    if not quoted:
        raise ValueError("a list of values needs at least one")
    return f"{field} = {quoted[0]}" if len(quoted) == 1 else f"{field} IN ({', '.join(quoted)})"


def matches(condition: Condition, kinds: Kinds, *, negated: bool = False) -> str:
    """Records that meet the condition; negated: exactly all the others. TargetError for a value or name that cannot
    stand in a query."""
    match condition:
        case Test():
            return _test(condition, kinds, negated)
        case All(parts):
            joined = some if negated else every
            return joined(*(matches(part, kinds, negated=negated) for part in parts))
        case Any_(parts):
            joined = every if negated else some
            return joined(*(matches(part, kinds, negated=negated) for part in parts))
        case Not(part):
            return matches(part, kinds, negated=not negated)


def _test(test: Test, kinds: Kinds, negated: bool) -> str:
    field = field_name(test.field)
    kind = kinds.get(test.field, "")
    if test.op == "is_blank":
        return f"{field} = null" if bool(test.values[0]) != negated else f"{field} != null"
    if test.op in ("in", "not_in"):
        return _one_of(field, kind, test.values, (test.op == "not_in") != negated)
    wanted = test.values[0]
    if wanted is None or wanted == "":
        return ALWAYS if negated else NEVER
    if test.op in _ORDER:
        plain, opposite = _ORDER[test.op]
        value = written(wanted, kind)
        if negated:
            return some(f"{field} = null", f"{field} {opposite} {value}")
        return every(f"{field} != null", f"{field} {plain} {value}")
    before, after = _LIKE[test.op]
    like = f"{field} LIKE {pattern(str(wanted), before, after)}"
    return some(f"{field} = null", f"NOT {like}") if negated else like


def _one_of(field: str, kind: str, values: Iterable[Scalar], negated: bool) -> str:
    wanted = list(values)
    blank = any(value is None or value == "" for value in wanted)
    known = [written(value, kind) for value in wanted if value is not None and value != ""]
    if not negated:
        return some(*([f"{field} = null"] if blank else []), *_each(field, "=", "IN", known))
    others = list(_each(field, "!=", "NOT IN", known))
    if blank:
        return every(f"{field} != null", *others)
    return some(f"{field} = null", every(*others))


def _each(field: str, one: str, many: str, values: list[str]) -> Iterator[str]:
    """Texts go into one list; other values are compared one by one, as not every type may stand in a list."""
    texts = [value for value in values if value.startswith("'")]
    if len(texts) > 1:
        yield f"{field} {many} ({', '.join(texts)})"
    yield from (f"{field} {one} {value}" for value in values if len(texts) < 2 or value not in texts)


def written(value: Any, kind: str = "") -> str:
    """A value as SOQL writes it. A day held against a point in time is its midnight in UTC, as flows take it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return instant(value) if value.tzinfo else value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z" if kind == "datetime" else value.isoformat()
    return literal(str(value))


def pattern(wanted: str, before: str, after: str) -> str:
    """For LIKE: `%` and `_` of the text stand for themselves. [docs] SOQL, reserved characters"""
    quoted = literal(wanted)[1:-1].replace("%", "\\%").replace("_", "\\_")
    return f"'{before}{quoted}{after}'"

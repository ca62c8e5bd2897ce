"""CRM search: filters, one sort, pages, and an index that lags. [docs] reference/hubspot.md 6.3"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.conditions import EVERYTHING, All, AnyOf, Condition, Leaf, Span, holds, presence
from provisioner.emulator.hubspot.crm import records
from provisioner.emulator.hubspot.errors import Json, invalid
from provisioner.emulator.hubspot.standard import TYPES, ObjectType
from provisioner.emulator.hubspot.state.engines import Crowd
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import read

OPERATORS = (
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
)
SHAPE = {
    "filterGroups": [
        {
            "filters!": [
                {
                    "propertyName!": "string",
                    "operator!": OPERATORS,
                    "value": "any",
                    "highValue": "any",
                    "values": ["any"],
                }
            ]
        }
    ],
    "properties": ["string"],
    "sorts": ["any"],
    "limit": "integer",
    "after": "any",
    "query": "string",
}
GROUPS, FILTERS, ALL_FILTERS, PAGE, BODY, MOST = 5, 6, 18, 200, 3000, 10_000
_DEFAULT_TEXT = ("firstname", "lastname", "email", "phone", "company", "website", "hs_lead_name", "hs_email")
Found = tuple[Json, dict[str, str]]  # the record, and its values as the index has them
Test = Callable[[Json, Mapping[str, str]], bool]
Order = tuple[str | None, Callable[[Mapping[str, str]], Any], bool]
_SPANS: dict[str, Callable[[float, float], tuple[float | None, float | None]]] = {
    "EQ": lambda low, high: (low, low),
    "NEQ": lambda low, high: (low, low),
    "LT": lambda low, high: (None, low),
    "LTE": lambda low, high: (None, low),
    "GT": lambda low, high: (low, None),
    "GTE": lambda low, high: (low, None),
    "BETWEEN": lambda low, high: (low, high),
}


def run(portal: Portal, where: ObjectType, body: Any, strict: bool) -> tuple[list[Found], int, str | None]:
    """(the page, the total, the cursor of the next page). Raises ApiError 400."""
    fit(body, SHAPE, strict)
    if len(json.dumps(body, separators=(",", ":"))) > BODY:
        raise invalid(f"The body of a search holds at most {BODY} characters.")
    limit, after = body.get("limit") or 10, body.get("after") or "0"
    if not 1 <= limit <= PAGE:
        raise invalid(f"limit is a number from 1 to {PAGE}, not {limit}.")
    if not str(after).isdigit():
        raise invalid(f"after is a cursor from an earlier reply, not {after!r}.")
    start = int(after)
    if start + limit > MOST:
        raise invalid(f"A search gives at most {MOST} results; after + limit is {start + limit}.")
    wanted = _groups(portal, where, body.get("filterGroups") or [])
    words = (body.get("query") or "").lower()
    if words:
        wanted = All((wanted, _leaf(_DEFAULT_TEXT, _any_text(words))))
    order = _order(portal, where, body.get("sorts") or [])
    found = [_placed(one, order) for one in _indexed(portal, where) if holds(wanted, _as_indexed(*one))]
    total = len(found)
    for crowd in portal.records(where.id).crowds:
        total += crowd.count(wanted)
        found += [_from_crowd(crowd, row, order) for row in crowd.first_of(wanted, *order, start + limit)]
    _sort(found, order[2])
    following = str(start + limit) if start + limit < total else None
    return [one.load() for one in found[start : start + limit]], total, following


@dataclass(frozen=True)
class _Placed:
    """A record in an order; whoever needs it loads it. `key` is None for a blank."""

    id: int
    key: Any
    load: Callable[[], Found]


def _placed(one: Found, order: Order) -> _Placed:
    return _Placed(int(one[0]["id"]), order[1](one[1]), lambda: one)


def _from_crowd(crowd: Crowd, row: Sequence[Any], order: Order) -> _Placed:
    def load() -> Found:
        record = crowd.whole(row)
        return record, record["values"]

    name = order[0]
    return _Placed(row[0], order[1](crowd.some(row, {name})) if name is not None else None, load)


def _indexed(portal: Portal, where: ObjectType) -> list[Found]:
    """Records that are not of a crowd; a crowd is in the index from the beginning."""
    found = []
    for record in portal.records(where.id).own():
        values = portal.caches.searchable(where.id, record)
        if values is not None:
            found.append((record, values))
    return found


def _as_indexed(record: Json, values: dict[str, str]) -> Json:
    return record if values is record["values"] else record | {"values": values}


def _any_text(words: str) -> Test:
    return lambda record, values: any(words in values.get(name, "").lower() for name in _DEFAULT_TEXT)


def _leaf(names: Iterable[str], test: Test, span: Span | None = None) -> Leaf:
    return Leaf(frozenset(names), lambda record: test(record, record["values"]), span)


def _groups(portal: Portal, where: ObjectType, groups: list[Json]) -> Condition:
    if len(groups) > GROUPS:
        raise invalid(f"A search has at most {GROUPS} filter groups, not {len(groups)}.")
    for group in groups:
        if not 1 <= len(group["filters"]) <= FILTERS:
            raise invalid(f"A filter group has 1 to {FILTERS} filters, not {len(group['filters'])}.")
    count = sum(len(group["filters"]) for group in groups)
    if count > ALL_FILTERS:
        raise invalid(f"A search has at most {ALL_FILTERS} filters, not {count}.")
    met = [All(tuple(_filter(portal, where, one) for one in group["filters"])) for group in groups]
    return AnyOf(tuple(met)) if met else EVERYTHING


def _filter(portal: Portal, where: ObjectType, one: Json) -> Condition:
    name = one["propertyName"]
    if name.startswith("associations."):
        return _leaf((), _association(portal, name, one))
    test = _test(portal, where, one)
    definition = portal.definition(where.id, name) or {}
    among = None
    if definition.get("type") == "string" and one["operator"] in ("EQ", "IN"):
        listed = one.get("values") if one["operator"] == "IN" else [str(one["value"]).lower()]
        among = tuple(str(value) for value in listed or ())
    leaf = _leaf((name,), test, _span(name, str(definition.get("type")), one))
    return replace(leaf, among=among)


def _span(name: str, kind: str, one: Json) -> Span | None:
    """What a comparison of numbers or instants, or a question for a value, says in numbers."""
    operator = one["operator"]
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return presence(name, operator == "HAS_PROPERTY")
    if kind not in ("datetime", "number") or operator not in _SPANS:
        return None
    low = float(_comparable(kind, name, one["value"]))
    high = float(_comparable(kind, name, one["highValue"])) if operator == "BETWEEN" else low
    first, last = _SPANS[operator](low, high)
    different = operator == "NEQ"
    return Span(name, first, last, strict=operator in ("LT", "GT"), outside=different, blank=different)


def _test(portal: Portal, where: ObjectType, one: Json) -> Test:
    name, operator = one["propertyName"], one["operator"]
    definition = portal.definition(where.id, name)
    if definition is None:
        raise invalid(f"There is no property {name} on {where.plural}.")
    _check_values(one)
    kind = definition["type"]
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda record, values: (name in values) == (operator == "HAS_PROPERTY")
    if operator in ("IN", "NOT_IN"):
        return _among(name, kind, operator, [str(value) for value in one["values"]])
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        return _token(name, operator, str(one["value"]))
    low = _comparable(kind, name, one["value"])
    high = _comparable(kind, name, one["highValue"]) if operator == "BETWEEN" else None
    return _compare(name, kind, operator, low, high)


def _check_values(one: Json) -> None:
    operator = one["operator"]
    if operator in ("IN", "NOT_IN"):
        if not one.get("values"):
            raise invalid(f"Operator {operator} needs values.")
    elif operator not in ("HAS_PROPERTY", "NOT_HAS_PROPERTY") and one.get("value") is None:
        raise invalid(f"Operator {operator} needs a value.")
    if operator == "BETWEEN" and one.get("highValue") is None:
        raise invalid("Operator BETWEEN needs a value and a highValue.")


def _association(portal: Portal, name: str, one: Json) -> Test:
    """`associations.contact EQ <id>`: records that are associated with one of these."""
    other = next((kind for kind in TYPES.values() if kind.singular == name.partition(".")[2]), None)
    if other is None or one["operator"] not in ("EQ", "IN"):
        raise invalid(f"There is no filter {one['operator']} on {name}.")
    wanted = {str(value) for value in one.get("values") or [one.get("value")]}
    return lambda record, values: bool(wanted & set(records.linked(portal, record, other.id)))


def _among(name: str, kind: str, operator: str, wanted: list[str]) -> Test:
    """Enumerations compare as written; texts in lower case, which the caller must send. A blank is in nothing."""

    def test(record: Json, values: Mapping[str, str]) -> bool:
        value = values.get(name)
        if value is None:
            return operator == "NOT_IN"
        known = {value.lower()} if kind == "string" else set(value.split(";")) if kind == "enumeration" else {value}
        return bool(known & set(wanted)) == (operator == "IN")

    return test


def _token(name: str, operator: str, wanted: str) -> Test:
    pattern = re.compile(".*".join(re.escape(part) for part in wanted.lower().split("*")))

    def test(record: Json, values: Mapping[str, str]) -> bool:
        words = [*re.split(r"[\s@.,;:/]+", values.get(name, "").lower()), values.get(name, "").lower()]
        return any(pattern.fullmatch(word) for word in words) == (operator == "CONTAINS_TOKEN")

    return test


def _comparable(kind: str, name: str, value: Any) -> float | str:
    if kind in ("date", "datetime"):
        ms = read(str(value))
        if ms is None:
            raise invalid(f"{value!r} is no instant to compare {name} with.")
        return float(ms)
    if kind == "number":
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise invalid(f"{value!r} is no number to compare {name} with.") from None
        if not math.isfinite(number):
            raise invalid(f"{value!r} is no number to compare {name} with.")
        return number
    return str(value).lower() if kind == "string" else str(value)


def _compare(name: str, kind: str, operator: str, low: Any, high: Any) -> Test:
    checks: dict[str, Callable[[Any], bool]] = {
        "EQ": lambda value: value == low,
        "NEQ": lambda value: value != low,
        "LT": lambda value: value < low,
        "LTE": lambda value: value <= low,
        "GT": lambda value: value > low,
        "GTE": lambda value: value >= low,
        "BETWEEN": lambda value: low <= value <= high,
    }

    def test(record: Json, values: Mapping[str, str]) -> bool:
        text = values.get(name)
        if text is None:
            return operator == "NEQ"
        return checks[operator](_comparable(kind, name, text))

    return test


def _order(portal: Portal, where: ObjectType, sorts: list[Any]) -> Order:
    """(the property to sort by or None, what to compare, whether downwards) of the one sort there may be."""
    if not sorts:
        return None, lambda values: None, False
    if len(sorts) > 1:
        raise invalid("A search has at most one sort.")
    wanted = sorts[0]
    if isinstance(wanted, str):
        descending, name = wanted.startswith("-"), wanted.lstrip("-")
    else:
        fit(wanted, {"propertyName!": "string", "direction": ("ASCENDING", "DESCENDING")}, strict=True, place="sorts")
        descending, name = wanted.get("direction") == "DESCENDING", wanted["propertyName"]
    definition = portal.definition(where.id, name)
    if definition is None:
        raise invalid(f"There is no property {name} on {where.plural}.")
    kind = definition["type"]
    return name, lambda values: _comparable(kind, name, values[name]) if name in values else None, descending


def _sort(found: list[_Placed], descending: bool) -> None:
    """By id, then by the sort; blanks last."""
    found.sort(key=lambda one: one.id)
    known = [one for one in found if one.key is not None]
    known.sort(key=lambda one: one.key, reverse=descending)
    found[:] = known + [one for one in found if one.key is None]

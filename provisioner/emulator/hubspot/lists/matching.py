"""Whether a record, or an event, meets a filter tree. What was checked by `filters` is evaluated here.

Blanks: an operation on a blank property answers what `includeObjectsWithNoValueSet` says, whatever its operator.
Texts compare without case [inferred], enumerations as written. Days are days of the portal's zone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.emulator.hubspot.conditions import All, AnyOf, Condition, Leaf, Not, Span, presence
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.lists import filters
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import DAY_MS, from_ms, read, shifted, to_ms, zone


def meets(portal: Portal, type_id: str, record: Json, branch: Json) -> bool:
    """A record against a tree, at the portal's present instant."""
    kind = branch["filterBranchType"]
    if kind == "ASSOCIATION":
        return _associated(portal, record, branch)
    answers = [
        *(_filter(portal, type_id, record, one) for one in branch["filters"]),
        *(meets(portal, type_id, record, one) for one in branch["filterBranches"]),
    ]
    if kind == "OR":
        return any(answers)
    if kind == "NOT_ANY":
        return not any(answers)
    return not all(answers) if kind == "NOT_ALL" else all(answers)


def holds(portal: Portal, list_id: str, type_id: str, record: Json) -> bool:
    """Whether a record is in a list now. A deleted list holds nobody."""
    one = portal.shelves["list"].get(list_id)
    if one is None or "deletedAt" in one or one["objectTypeId"] != type_id or record["archived"]:
        return False
    if one["processingType"] == "DYNAMIC":
        return meets(portal, type_id, record, one["filterBranch"])
    return f"{list_id}/{record['id']}" in portal.shelves["member"]


def condition(portal: Portal, type_id: str, branch: Json) -> Condition:
    """The same tree as a condition that a crowd can be asked for."""
    kind = branch["filterBranchType"]
    if kind == "ASSOCIATION":
        return Leaf(frozenset(), lambda record: _associated(portal, record, branch))
    parts: tuple[Condition, ...] = (
        *(_leaf(portal, type_id, one) for one in branch["filters"]),
        *(condition(portal, type_id, one) for one in branch["filterBranches"]),
    )
    if kind in ("OR", "NOT_ANY"):
        return Not(AnyOf(parts)) if kind == "NOT_ANY" else AnyOf(parts)
    return Not(All(parts)) if kind == "NOT_ALL" else All(parts)


def _leaf(portal: Portal, type_id: str, one: Json) -> Condition:
    if one["filterType"] == "IN_LIST":
        listed = portal.shelves["list"].get(one["listId"])
        alive = listed is not None and "deletedAt" not in listed and listed["objectTypeId"] == type_id
        if listed is not None and alive and listed["processingType"] == "DYNAMIC":
            inside = condition(portal, type_id, listed["filterBranch"])
            return inside if one["operator"] == "IN_LIST" else Not(inside)
    names: set[str] = set()
    dated = False
    if one["filterType"] == "PROPERTY":
        operation = one["operation"]
        names = {one["property"], *filters.compared(operation)}
        dated = "UPDATED" in json.dumps([operation["operationType"], *_parsers(operation)])
    elif one["filterType"] == "FORM_SUBMISSION":
        names = {"hs_calculated_form_submissions"}

    def test(record: Json) -> bool:
        return _filter(portal, type_id, record, one)

    return Leaf(frozenset(names), test, _span_of(portal, one), dated)


def _parsers(operation: Json) -> list[Any]:
    """How the instants of an operation are read: by value, or by when they were written."""
    points = [operation.get(key, {}) for key in ("timePoint", "lowerBoundTimePoint", "upperBoundTimePoint")]
    return [operation.get("propertyParser"), *(one.get("referenceType") for one in points)]


_NUMBERS = {
    "IS_GREATER_THAN": (True, True),
    "IS_GREATER_THAN_OR_EQUAL_TO": (True, False),
    "IS_LESS_THAN": (False, True),
    "IS_LESS_THAN_OR_EQUAL_TO": (False, False),
}


def _span_of(portal: Portal, one: Json) -> Span | None:
    """A question for a value, or a comparison with what is the same for every record."""
    operation = one.get("operation", {})
    kind, operator = operation.get("operationType"), operation.get("operator", "")
    if kind == "ALL_PROPERTY":
        return presence(one["property"], operator in ("IS_KNOWN", "IS_NOT_BLANK"))
    if kind == "NUMBER" and operator in _NUMBERS:
        above, strict = _NUMBERS[operator]
        at = float(operation["value"])
        return _beyond(one["property"], at, above, strict, operation)
    if kind != "TIME_POINT" or operation.get("propertyParser") == "UPDATED_AT":
        return None
    point = operation["timePoint"]
    ms = None
    if point["timeType"] != "PROPERTY_REFERENCED":
        ms = instant(portal, {"values": {}, "history": {}}, point)
    if ms is None:
        return None
    strict = operation.get("endpointBehavior") != "INCLUSIVE"
    return _beyond(one["property"], ms, operator == "IS_AFTER", strict, operation)


def _beyond(name: str, at: float, above: bool, strict: bool, operation: Json) -> Span:
    blank = bool(operation["includeObjectsWithNoValueSet"])
    return Span(name, at if above else None, None if above else at, strict=strict, blank=blank)


def event_meets(portal: Portal, branch: Json, facts: Mapping[str, str]) -> bool:
    """An event, as its properties, against the filters of an event branch or a re-enrolment trigger."""
    fake = {"values": dict(facts), "history": {}}
    return all(_property(portal, fake, one) for one in branch["filters"])


def _associated(portal: Portal, record: Json, branch: Json) -> bool:
    type_id = branch["objectTypeId"]
    for other_id, kinds in record["links"].get(type_id, {}).items():
        other = portal.record(type_id, other_id)
        if other is not None and branch["associationTypeId"] in kinds:
            answers = [_filter(portal, type_id, other, one) for one in branch["filters"]]
            if all(answers) if branch["filterBranchOperator"] == "AND" else any(answers):
                return True
    return False


def _filter(portal: Portal, type_id: str, record: Json, one: Json) -> bool:
    kind = one["filterType"]
    if kind == "PROPERTY":
        return _property(portal, record, one)
    if kind == "IN_LIST":
        return holds(portal, one["listId"], type_id, record) is bool(one["operator"] == "IN_LIST")
    if kind == "FORM_SUBMISSION":
        seen = record["values"].get("hs_calculated_form_submissions", "").split(";")
        forms = {text.partition("::")[0] for text in seen if text}
        filled = one["formId"] in forms if one.get("formId") else bool(forms)
        return filled is bool(one["operator"] == "FILLED_OUT")
    return bool(one["shouldAccept"])


def _property(portal: Portal, record: Json, one: Json) -> bool:
    name, operation = one["property"], one["operation"]
    kind, operator = operation["operationType"], operation["operator"]
    value = record["values"].get(name)
    if kind == "ALL_PROPERTY":
        return bool((value is not None) == (operator in ("IS_KNOWN", "IS_NOT_BLANK")))
    if operator.startswith("HAS_"):
        return _ever(kind, operator, operation, [entry[1] for entry in record["history"].get(name, []) if entry[1]])
    if kind in ("ROLLING_PROPERTY_UPDATED", "COMPARATIVE_PROPERTY_UPDATED"):
        return _updated(portal, record, name, operation)
    if value is None:
        return bool(operation["includeObjectsWithNoValueSet"])
    return _KINDS[kind](portal, record, name, value, operation)


Test = Callable[[Portal, Json, str, str, Json], bool]


def _enumeration(portal: Portal, record: Json, name: str, value: str, operation: Json) -> bool:
    return _among(operation["operator"], set(value.split(";")), set(operation["values"]))


def _among(operator: str, known: set[str], wanted: set[str]) -> bool:
    if operator in ("IS_ANY_OF", "IS_NONE_OF"):
        return bool(known & wanted) == (operator == "IS_ANY_OF")
    if operator in ("IS_EXACTLY", "IS_NOT_EXACTLY"):
        return (known == wanted) == (operator == "IS_EXACTLY")
    return (wanted <= known) == (operator == "CONTAINS_ALL")


def _text(operator: str, value: str, wanted: str) -> bool:
    value, wanted = value.lower(), wanted.lower()
    checks = {
        "IS_EQUAL_TO": value == wanted,
        "CONTAINS": wanted in value,
        "CONTAINS_EXACTLY": wanted in value.split(),
        "STARTS_WITH": value.startswith(wanted),
        "ENDS_WITH": value.endswith(wanted),
    }
    return checks[operator]


_NEGATIONS = {
    "IS_NOT_EQUAL_TO": "IS_EQUAL_TO",
    "DOES_NOT_CONTAIN": "CONTAINS",
    "DOES_NOT_CONTAIN_EXACTLY": "CONTAINS_EXACTLY",
}


def _texts(portal: Portal, record: Json, name: str, value: str, operation: Json) -> bool:
    wanted = operation["values"] if operation["operationType"] == "MULTISTRING" else [operation["value"]]
    operator = str(operation["operator"])
    positive: str = _NEGATIONS.get(operator, operator)
    return any(_text(positive, value, one) for one in wanted) == bool(positive == operator)


def _ever(kind: str, operator: str, operation: Json, past: list[str]) -> bool:
    never = operator.startswith("HAS_NEVER")
    shape = operator.removeprefix("HAS_NEVER_").removeprefix("HAS_EVER_")
    if kind == "ENUMERATION":
        plain = {"BEEN_ANY_OF": "IS_ANY_OF", "BEEN_EXACTLY": "IS_EXACTLY", "CONTAINED_ALL": "CONTAINS_ALL"}[shape]
        found = any(_among(plain, set(one.split(";")), set(operation["values"])) for one in past)
    elif kind == "STRING":
        plain = "CONTAINS" if shape == "CONTAINED" else "IS_EQUAL_TO"
        found = any(_text(plain, one, operation["value"]) for one in past)
    elif kind == "NUMBER":
        found = any(float(one) == float(operation["value"]) for one in past)
    else:
        found = any((one == "true") == operation["value"] for one in past)
    return found != never


def _number(portal: Portal, record: Json, name: str, value: str, operation: Json) -> bool:
    number, operator = float(value), operation["operator"]
    if operation["operationType"] == "NUMBER_RANGED":
        inside = operation["lowerBound"] <= number <= operation["upperBound"]
        return bool(inside == (operator == "IS_BETWEEN"))
    wanted = float(operation["value"])
    checks = {
        "IS_EQUAL_TO": number == wanted,
        "IS_NOT_EQUAL_TO": number != wanted,
        "IS_GREATER_THAN": number > wanted,
        "IS_GREATER_THAN_OR_EQUAL_TO": number >= wanted,
        "IS_LESS_THAN": number < wanted,
        "IS_LESS_THAN_OR_EQUAL_TO": number <= wanted,
    }
    return checks[operator]


def _truth(portal: Portal, record: Json, name: str, value: str, operation: Json) -> bool:
    return bool(((value == "true") == operation["value"]) == (operation["operator"] == "IS_EQUAL_TO"))


def _day(portal: Portal, record: Json, name: str, value: str, operation: Json) -> bool:
    """Whole days: in the portal's zone when conversion is asked for, else in UTC."""
    where = portal.zone if operation["requiresTimeZoneConversion"] else ZoneInfo("UTC")
    day = from_ms(read(value) or 0).astimezone(where).date()
    if operation["operationType"] == "DATETIME":
        wanted = from_ms(operation["timestamp"]).astimezone(where).date()
        return {"IS_EQUAL_TO": day == wanted, "IS_BEFORE_DATE": day < wanted, "IS_AFTER_DATE": day > wanted}[
            operation["operator"]
        ]
    low, high = (from_ms(operation[key]).astimezone(where).date() for key in ("lowerBound", "upperBound"))
    return bool((low <= day <= high) == (operation["operator"] == "IS_BETWEEN"))


def _rolling(portal: Portal, record: Json, name: str, value: str, operation: Json) -> bool:
    ahead, span = (read(value) or 0) - portal.now_ms, operation["numberOfDays"] * DAY_MS
    checks: dict[str, bool] = {
        "IS_LESS_THAN_X_DAYS_AGO": -span < ahead <= 0,
        "IS_MORE_THAN_X_DAYS_AGO": ahead < -span,
        "IS_LESS_THAN_X_DAYS_FROM_NOW": 0 <= ahead < span,
        "IS_MORE_THAN_X_DAYS_FROM_NOW": ahead > span,
    }
    return checks[operation["operator"]]


def _comparative(portal: Portal, record: Json, name: str, value: str, operation: Json) -> bool:
    """Against another property; where that is blank, its default value, and without one never."""
    other = record["values"].get(operation["comparisonPropertyName"], operation.get("defaultComparisonValue"))
    if other is None:
        return False
    if operation["operationType"] == "COMPARATIVE_STRING":
        return value.lower() == str(other).lower()
    return _ordered(operation["operator"], read(value), read(str(other)))


def _ordered(operator: str, at: int | None, wanted: int | None, inclusive: bool = False) -> bool:
    if at is None or wanted is None:
        return False
    return (inclusive and at == wanted) or (at < wanted if operator == "IS_BEFORE" else at > wanted)


def _updated(portal: Portal, record: Json, name: str, operation: Json) -> bool:
    at = _updated_at(record, name)
    if operation["operationType"] == "COMPARATIVE_PROPERTY_UPDATED":
        return _ordered(operation["operator"], at, _updated_at(record, operation["comparisonPropertyName"]))
    recent = at is not None and at > portal.now_ms - operation["numberOfDays"] * DAY_MS
    return bool(recent == (operation["operator"] == "UPDATED_IN_LAST_X_DAYS"))


def _updated_at(record: Json, name: str) -> int | None:
    told = record["history"].get(name)
    return told[-1][0] if told else None


def _point(portal: Portal, record: Json, name: str, value: str, operation: Json) -> bool:
    """Against an instant; one that refers to a blank property meets nothing."""
    parsed = _updated_at(record, name) if operation.get("propertyParser") == "UPDATED_AT" else read(value)
    if operation["operationType"] == "TIME_POINT":
        inclusive = operation.get("endpointBehavior") == "INCLUSIVE"
        return _ordered(operation["operator"], parsed, instant(portal, record, operation["timePoint"]), inclusive)
    low, high = (instant(portal, record, operation[f"{side}BoundTimePoint"]) for side in ("lower", "upper"))
    if parsed is None or low is None or high is None:
        return False
    above = parsed > low or (parsed == low and operation.get("lowerBoundEndpointBehavior") != "EXCLUSIVE")
    below = parsed < high or (parsed == high and operation.get("upperBoundEndpointBehavior") != "EXCLUSIVE")
    return bool((above and below) == (operation["operator"] == "IS_BETWEEN"))


def instant(portal: Portal, record: Json, point: Json) -> int | None:
    """A time point in ms UTC."""
    where = portal.zone if point.get("timezoneSource") == "PORTAL" else zone(point["zoneId"]) or portal.zone
    if point["timeType"] == "PROPERTY_REFERENCED":
        if point["referenceType"] == "UPDATED_AT":
            return _updated_at(record, point["property"])
        text = record["values"].get(point["property"])
        return None if text is None else read(text)
    if point["timeType"] == "DATE":
        day = datetime(point["year"], point["month"], point["day"], tzinfo=where)
        return to_ms(_clock(day, point))
    now = portal.now.astimezone(where)
    reference = point["indexReference"]
    if reference["referenceType"] == "TODAY":
        now = _clock(now.replace(hour=0, minute=0, second=0, microsecond=0), reference)
    return to_ms(shifted(now, point.get("offset") or {}))


def _clock(day: datetime, facts: Mapping[str, Any]) -> datetime:
    hour, minute, second, milli = (int(facts.get(name) or 0) for name in ("hour", "minute", "second", "millisecond"))
    return day.replace(hour=hour, minute=minute, second=second, microsecond=milli * 1000)


_KINDS: dict[str, Test] = {
    "ENUMERATION": _enumeration,
    "MULTISTRING": _texts,
    "STRING": _texts,
    "NUMBER": _number,
    "NUMBER_RANGED": _number,
    "BOOL": _truth,
    "DATETIME": _day,
    "RANGED_DATE": _day,
    "ROLLING_DATE_RANGE": _rolling,
    "COMPARATIVE_DATE": _comparative,
    "COMPARATIVE_STRING": _comparative,
    "TIME_POINT": _point,
    "TIME_RANGED": _point,
}

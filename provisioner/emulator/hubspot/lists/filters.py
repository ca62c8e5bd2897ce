"""The filter language of lists and workflows: what may be written. [spec][docs] reference/hubspot.md 4.4

`check` refuses what the vendor refuses with 400, and by name (501) what the emulator does not evaluate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid, unmodelled
from provisioner.emulator.hubspot.standard import TYPES
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import zone

EVENTS = {
    "4-655002": ("hs_name", "hs_value"),  # a property changed
    "4-1463224": (),  # a record was created
    "4-1639801": ("hs_form_id",),  # a form was sent
}
_BOTH = ("IS_EQUAL_TO", "IS_NOT_EQUAL_TO")
_EVER = ("HAS_EVER_BEEN_EQUAL_TO", "HAS_NEVER_BEEN_EQUAL_TO")
_PARTS = ("CONTAINS", "DOES_NOT_CONTAIN", "STARTS_WITH", "ENDS_WITH")
_RANGE = ("IS_BETWEEN", "IS_NOT_BETWEEN")
_ORDER = ("IS_BEFORE", "IS_AFTER")
_DATES = frozenset({"date", "datetime"})
_ANY = frozenset({"bool", "date", "datetime", "enumeration", "number", "phone_number", "string"})
_TEXT = frozenset({"string", "phone_number"})


@dataclass(frozen=True)
class Operation:
    """Keys besides the three every operation has, the operators there are, the property types it goes with."""

    keys: Json
    operators: tuple[str, ...]
    types: frozenset[str]


_ENUM_OPERATORS = (
    "IS_ANY_OF",
    "IS_NONE_OF",
    "IS_EXACTLY",
    "IS_NOT_EXACTLY",
    "CONTAINS_ALL",
    "DOES_NOT_CONTAIN_ALL",
    "HAS_EVER_BEEN_ANY_OF",
    "HAS_NEVER_BEEN_ANY_OF",
    "HAS_EVER_BEEN_EXACTLY",
    "HAS_NEVER_BEEN_EXACTLY",
    "HAS_EVER_CONTAINED_ALL",
    "HAS_NEVER_CONTAINED_ALL",
)
_COMPARED = {"comparisonPropertyName!": "string", "defaultComparisonValue": "string"}
_ZONED = {"requiresTimeZoneConversion!": "boolean"}
_POINTED: Json = {"propertyParser": ("VALUE", "UPDATED_AT")}
_ENDS = ("INCLUSIVE", "EXCLUSIVE")
OPERATIONS = {
    "ENUMERATION": Operation({"values!": ["string"]}, _ENUM_OPERATORS, frozenset({"enumeration"})),
    "MULTISTRING": Operation(
        {"values!": ["string"]}, (*_BOTH, *_PARTS, "CONTAINS_EXACTLY", "DOES_NOT_CONTAIN_EXACTLY"), _TEXT
    ),
    "STRING": Operation(
        {"value!": "string"}, (*_BOTH, *_PARTS, *_EVER, "HAS_EVER_CONTAINED", "HAS_NEVER_CONTAINED"), _TEXT
    ),
    "NUMBER": Operation(
        {"value!": "number"},
        (
            *_BOTH,
            "IS_GREATER_THAN",
            "IS_GREATER_THAN_OR_EQUAL_TO",
            "IS_LESS_THAN",
            "IS_LESS_THAN_OR_EQUAL_TO",
            *_EVER,
        ),
        frozenset({"number"}),
    ),
    "NUMBER_RANGED": Operation({"lowerBound!": "integer", "upperBound!": "integer"}, _RANGE, frozenset({"number"})),
    "BOOL": Operation({"value!": "boolean"}, (*_BOTH, *_EVER), frozenset({"bool"})),
    "ALL_PROPERTY": Operation({}, ("IS_KNOWN", "IS_UNKNOWN", "IS_BLANK", "IS_NOT_BLANK"), _ANY),
    "DATETIME": Operation(
        {"timestamp!": "integer"} | _ZONED, ("IS_EQUAL_TO", "IS_BEFORE_DATE", "IS_AFTER_DATE"), _DATES
    ),
    "COMPARATIVE_DATE": Operation(_COMPARED, _ORDER, _DATES),
    "RANGED_DATE": Operation({"lowerBound!": "integer", "upperBound!": "integer"} | _ZONED, _RANGE, _DATES),
    "ROLLING_DATE_RANGE": Operation(
        {"numberOfDays!": "integer"} | _ZONED,
        (
            "IS_LESS_THAN_X_DAYS_AGO",
            "IS_MORE_THAN_X_DAYS_AGO",
            "IS_LESS_THAN_X_DAYS_FROM_NOW",
            "IS_MORE_THAN_X_DAYS_FROM_NOW",
        ),
        _DATES,
    ),
    "ROLLING_PROPERTY_UPDATED": Operation(
        {"numberOfDays!": "integer"}, ("UPDATED_IN_LAST_X_DAYS", "NOT_UPDATED_IN_LAST_X_DAYS"), _ANY
    ),
    "COMPARATIVE_PROPERTY_UPDATED": Operation(_COMPARED, _ORDER, _ANY),
    "COMPARATIVE_STRING": Operation(_COMPARED, ("IS_EQUAL_TO",), _TEXT),
    "TIME_POINT": Operation(
        {"timePoint!": "any", "type!": ("TIME_POINT",), "endpointBehavior": _ENDS} | _POINTED, _ORDER, _DATES
    ),
    "TIME_RANGED": Operation(
        {
            "lowerBoundTimePoint!": "any",
            "upperBoundTimePoint!": "any",
            "type!": ("TIME_RANGED",),
            "lowerBoundEndpointBehavior": _ENDS,
            "upperBoundEndpointBehavior": _ENDS,
        }
        | _POINTED,
        _RANGE,
        _DATES,
    ),
}
_CLOCK = dict.fromkeys(("hour", "minute", "second", "millisecond"), "integer")
_OFFSETS = dict.fromkeys(("days", "hours", "milliseconds", "minutes", "months", "seconds", "weeks", "years"), "integer")
_POINTS: dict[str, Json] = {
    "DATE": {"year!": "integer", "month!": "integer", "day!": "integer"} | _CLOCK,
    "INDEXED": {"indexReference!": {"referenceType!": "string"} | _CLOCK, "offset": _OFFSETS},
    "PROPERTY_REFERENCED": {"property!": "string", "referenceType!": "string"},
}
_BRANCH = {
    "filterBranchType!": ("OR", "AND", "NOT_ALL", "NOT_ANY", "RESTRICTED", "UNIFIED_EVENTS", "ASSOCIATION"),
    "filterBranchOperator!": "string",
    "filterBranches!": ["any"],
    "filters!": ["any"],
}
_EVENT_BRANCH = _BRANCH | {"eventTypeId!": "string", "operator!": ("HAS_COMPLETED", "HAS_NOT_COMPLETED")}
_ASSOCIATION = _BRANCH | {
    "objectTypeId!": "string",
    "operator!": ("IN_LIST",),
    "associationTypeId!": "integer",
    "associationCategory!": "string",
}
_REFINE = ("pruningRefineBy", "coalescingRefineBy")


def check_root(portal: Portal, type_id: str, branch: Any) -> None:
    """OR without filters over one or more ANDs. Raises ApiError."""
    fit(branch, _BRANCH, portal.settings.strict_bodies, "filterBranch")
    if branch["filterBranchType"] != "OR":
        raise invalid(f"The root of a filter is an OR branch, not {branch['filterBranchType']}.")
    if branch["filters"]:
        raise invalid("The OR branch at the root of a filter has no filters of its own.")
    if not branch["filterBranches"]:
        raise invalid("The OR branch at the root of a filter needs at least one AND branch.")
    for one in branch["filterBranches"]:
        check_and(portal, type_id, one)


def check_and(portal: Portal, type_id: str, branch: Any) -> None:
    """An AND (or NOT_ALL, NOT_ANY) of filters, with associations inside."""
    fit(branch, _BRANCH, portal.settings.strict_bodies, "filterBranch")
    kind = branch["filterBranchType"]
    if kind not in ("AND", "NOT_ALL", "NOT_ANY"):
        raise invalid(f"An AND branch is expected here, not {kind}.")
    if kind == "AND" and branch["filterBranchOperator"] != "AND":
        raise invalid(f"The operator of an AND branch is AND, not {branch['filterBranchOperator']}.")
    for one in branch["filters"]:
        check_filter(portal, type_id, one)
    for one in branch["filterBranches"]:
        kind = one.get("filterBranchType") if isinstance(one, dict) else None
        if kind == "UNIFIED_EVENTS":
            raise unmodelled("past events as a filter; events are modelled as enrolment triggers")
        if kind != "ASSOCIATION":
            raise invalid(f"An AND branch holds UNIFIED_EVENTS and ASSOCIATION branches, not {kind}.")
        _check_association(portal, one)


def _check_association(portal: Portal, branch: Json) -> None:
    fit(branch, _ASSOCIATION, portal.settings.strict_bodies, "filterBranch")
    if branch["objectTypeId"] not in TYPES:
        raise unmodelled(f"objects of type {branch['objectTypeId']}")
    if not branch["filters"]:
        raise invalid("An ASSOCIATION branch needs at least one filter.")
    for one in branch["filters"]:
        check_filter(portal, branch["objectTypeId"], one)


def check_event(portal: Portal, type_id: str, branch: Any) -> None:
    """A UNIFIED_EVENTS branch that triggers."""
    if isinstance(branch, dict) and (refined := [key for key in _REFINE if branch.get(key)]):
        raise unmodelled(f"{refined[0]} of events")
    fit(branch, _EVENT_BRANCH, portal.settings.strict_bodies, "eventFilterBranch")
    if branch["filterBranchType"] != "UNIFIED_EVENTS":
        raise invalid(f"A UNIFIED_EVENTS branch is expected here, not {branch['filterBranchType']}.")
    if branch["filterBranches"]:
        raise invalid("A UNIFIED_EVENTS branch cannot hold other branches.")
    if branch["eventTypeId"] not in EVENTS:
        raise unmodelled(f"events of type {branch['eventTypeId']}")
    if branch["operator"] != "HAS_COMPLETED":
        raise unmodelled("events that did not happen")
    check_trigger(portal, type_id, branch["filters"], EVENTS[branch["eventTypeId"]])


def check_trigger(portal: Portal, type_id: str, filters: list[Any], known: tuple[str, ...]) -> None:
    """Filters on the properties of an event: `hs_name`, `hs_value`, `hs_form_id`."""
    watched: str | None = None
    for one in filters:
        _shape(portal, one)
        name, operation = one["property"], one["operation"]
        if name not in known:
            raise invalid(f"The event has no property {name}; it has {', '.join(known) or 'none'}.")
        if name == "hs_name":
            watched = operation.get("value")
            if operation["operationType"] != "STRING" or operation["operator"] != "IS_EQUAL_TO":
                raise invalid("hs_name is compared by STRING IS_EQUAL_TO.")
            _need(portal, type_id, str(watched))
        elif name == "hs_form_id":
            _check_forms(portal, operation)
    if "hs_name" in known and watched is None:
        raise invalid("A property change names its property in a filter on hs_name.")
    for one in filters:
        if one["property"] == "hs_value" and watched is not None:
            _pair(one["operation"], _need(portal, type_id, watched))


def _check_forms(portal: Portal, operation: Json) -> None:
    if operation["operationType"] != "ENUMERATION":
        raise invalid("hs_form_id is compared by ENUMERATION IS_ANY_OF.")
    for form in operation["values"]:
        if form not in portal.shelves["form"]:
            raise invalid(f"Form {form} does not exist.")


def check_filter(portal: Portal, type_id: str, one: Any) -> None:
    if not isinstance(one, dict) or not isinstance(one.get("filterType"), str):
        raise invalid("Some required fields were not set: [filterType]")
    if refined := [key for key in _REFINE if one.get(key)]:
        raise unmodelled(f"{refined[0]} of filters")
    strict, kind = portal.settings.strict_bodies, one["filterType"]
    if kind == "PROPERTY":
        _shape(portal, one)
        _pair(one["operation"], _need(portal, type_id, one["property"]))
        for name in compared(one["operation"]):
            _need(portal, type_id, name)
    elif kind == "IN_LIST":
        operators = ("IN_LIST", "NOT_IN_LIST")
        fit(one, {"filterType!": "string", "listId!": "string", "operator!": operators}, strict, "filter")
        if one["listId"] not in portal.shelves["list"]:
            raise invalid(f"List {one['listId']} does not exist.")
    elif kind == "FORM_SUBMISSION":
        operators = ("FILLED_OUT", "NOT_FILLED_OUT")
        fit(one, {"filterType!": "string", "formId": "string", "operator!": operators}, strict, "filter")
        if one.get("formId") and one["formId"] not in portal.shelves["form"]:
            raise invalid(f"Form {one['formId']} does not exist.")
    elif kind == "CONSTANT":
        fit(one, {"filterType!": "string", "shouldAccept!": "boolean", "source": "string"}, strict, "filter")
    else:
        raise unmodelled(f"filters of type {kind}")


def _need(portal: Portal, type_id: str, name: str) -> Json:
    definition = portal.definition(type_id, name)
    if definition is None:
        raise invalid(f"Property {name} does not exist for object type {type_id}")
    return definition


def _shape(portal: Portal, one: Any) -> None:
    """A PROPERTY filter's own form, without looking at the property."""
    strict = portal.settings.strict_bodies
    fit(one, {"filterType!": ("PROPERTY",), "property!": "string", "operation!": "any"}, strict, "filter")
    operation = one["operation"]
    kind = operation.get("operationType") if isinstance(operation, dict) else None
    if kind in ("DATE", "CALENDAR_DATE"):
        raise unmodelled(f"operations of type {kind}, whose operators are not documented")
    known = OPERATIONS.get(str(kind))
    if known is None:
        raise _wrong(f"There is no operationType {kind!r}.")
    base = {"operationType!": "string", "operator!": "string", "includeObjectsWithNoValueSet!": "boolean"}
    fit(operation, base | known.keys, strict, "operation")
    if operation["operator"] not in known.operators:
        raise _wrong(f"{operation['operator']} is no operator of {kind}; there are {', '.join(known.operators)}.")
    for key in ("timePoint", "lowerBoundTimePoint", "upperBoundTimePoint"):
        if key in operation:
            _check_point(operation[key], strict)


def _wrong(text: str) -> ApiError:
    """The vendor says no more than this; what is wrong stands in the details. [community, live]"""
    return invalid("Invalid request", errors=[{"message": text}])


def _pair(operation: Json, definition: Json) -> None:
    kind = operation["operationType"]
    if definition["type"] not in OPERATIONS[kind].types:
        raise _wrong(f"{kind} does not go with property {definition['name']} of type {definition['type']}.")


def _check_point(point: Any, strict: bool) -> None:
    kind = point.get("timeType") if isinstance(point, dict) else None
    if kind not in _POINTS:
        raise invalid(f"timeType is one of {', '.join(_POINTS)}, not {kind!r}.")
    base = {"timeType!": "string", "zoneId!": "string", "timezoneSource": ("CUSTOM", "USER", "PORTAL")}
    fit(point, base | _POINTS[kind], strict, "timePoint")
    if zone(point["zoneId"]) is None:
        raise invalid(f"There is no time zone {point['zoneId']!r}.")
    if kind == "INDEXED" and point["indexReference"]["referenceType"] not in ("NOW", "TODAY"):
        raise unmodelled(f"times that refer to {point['indexReference']['referenceType']}")
    if kind == "PROPERTY_REFERENCED" and point["referenceType"] not in ("VALUE", "UPDATED_AT"):
        raise unmodelled(f"times that refer to the {point['referenceType']} of a property")


def compared(operation: Json) -> Iterator[str]:
    """Other properties an operation reads."""
    if "comparisonPropertyName" in operation:
        yield operation["comparisonPropertyName"]
    for key in ("timePoint", "lowerBoundTimePoint", "upperBoundTimePoint"):
        if operation.get(key, {}).get("timeType") == "PROPERTY_REFERENCED":
            yield operation[key]["property"]


def every(branch: Any) -> Iterator[Json]:
    """All filters of a tree, of the object itself (not of associated ones)."""
    if isinstance(branch, dict) and branch.get("filterBranchType") != "ASSOCIATION":
        yield from branch.get("filters", [])
        for one in branch.get("filterBranches", []):
            yield from every(one)


def references(branch: Any) -> Iterator[str]:
    """The properties a tree names; of an event, the property it watches."""
    for one in every(branch):
        if one.get("filterType") != "PROPERTY":
            continue
        if one["property"] == "hs_name":
            yield str(one["operation"].get("value"))
        elif not one["property"].startswith(("hs_value", "hs_form_id")):
            yield one["property"]
        yield from compared(one["operation"])


def timely(portal: Portal, branch: Any) -> bool:
    """Whether the mere passing of time can change the answer, also through a list that is referred to."""
    for one in every(branch):
        if one.get("filterType") == "IN_LIST":
            other = portal.shelves["list"].get(one["listId"])
            if other and other.get("filterBranch") and timely(portal, other["filterBranch"]):
                return True
            continue
        operation = one.get("operation", {})
        if str(operation.get("operationType", "")).startswith("ROLLING"):
            return True
        keys = ("timePoint", "lowerBoundTimePoint", "upperBoundTimePoint")
        if any(operation.get(key, {}).get("timeType") == "INDEXED" for key in keys):
            return True
    return False

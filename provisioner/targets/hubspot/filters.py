"""Filters of flows and lists, one function per question. [docs] reference/hubspot.md 4.4

A filter says itself what it answers for a blank; where a comparison refers to another property, callers make sure that
one is known. Groups are joined as HubSpot wants it: an OR of ANDs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Filter = dict[str, Any]
Groups = Sequence[Sequence[Filter]]  # OR of ANDs


def _filter(property: str, kind: str, operator: str, blank: bool, **more: Any) -> Filter:
    operation = {"operationType": kind, "operator": operator, "includeObjectsWithNoValueSet": blank, **more}
    return {"filterType": "PROPERTY", "property": property, "operation": operation}


def known(property: str) -> Filter:
    return _filter(property, "ALL_PROPERTY", "IS_KNOWN", False)


def unknown(property: str) -> Filter:
    return _filter(property, "ALL_PROPERTY", "IS_UNKNOWN", False)


def any_of(property: str, values: Sequence[Any]) -> Filter:
    """One of the options of an enumeration; a blank is none of them."""
    return _filter(property, "ENUMERATION", "IS_ANY_OF", False, values=list(values))


def none_of(property: str, values: Sequence[Any]) -> Filter:
    """None of the options of an enumeration; a blank is none of them."""
    return _filter(property, "ENUMERATION", "IS_NONE_OF", True, values=list(values))


def texts(property: str, operator: str, values: Sequence[str], blank: bool = False) -> Filter:
    return _filter(property, "MULTISTRING", operator, blank, values=list(values))


def text(property: str, operator: str, value: str, blank: bool = False) -> Filter:
    return _filter(property, "STRING", operator, blank, value=value)


def number(property: str, operator: str, value: float, blank: bool = False) -> Filter:
    return _filter(property, "NUMBER", operator, blank, value=value)


def truth(property: str, value: bool, blank: bool = False) -> Filter:
    return _filter(property, "BOOL", "IS_EQUAL_TO", blank, value=value)


def lately(property: str, days: int) -> Filter:
    """Less than so many days ago."""
    return _filter(
        property,
        "ROLLING_DATE_RANGE",
        "IS_LESS_THAN_X_DAYS_AGO",
        False,
        numberOfDays=days,
        requiresTimeZoneConversion=False,
    )


def moment(
    property: str, operator: str, point: dict[str, Any], *, inclusive: bool = False, blank: bool = False
) -> Filter:
    """IS_BEFORE or IS_AFTER a point in time."""
    return _filter(
        property,
        "TIME_POINT",
        operator,
        blank,
        type="TIME_POINT",
        endpointBehavior="INCLUSIVE" if inclusive else "EXCLUSIVE",
        propertyParser="VALUE",
        timePoint=point,
    )


def _value_of(property: str) -> dict[str, Any]:
    return {
        "timeType": "PROPERTY_REFERENCED",
        "property": property,
        "referenceType": "VALUE",
        "zoneId": "UTC",
        "timezoneSource": "CUSTOM",
    }


def before(property: str, other: str, *, inclusive: bool = False) -> Filter:
    return moment(property, "IS_BEFORE", _value_of(other), inclusive=inclusive)


def after(property: str, other: str, *, inclusive: bool = False) -> Filter:
    return moment(property, "IS_AFTER", _value_of(other), inclusive=inclusive)


_NOW = {"timeType": "INDEXED", "indexReference": {"referenceType": "NOW"}, "zoneId": "UTC", "timezoneSource": "CUSTOM"}


def past(property: str) -> Filter:
    """Now, or before."""
    return moment(property, "IS_BEFORE", dict(_NOW), inclusive=True)


def future(property: str) -> Filter:
    return moment(property, "IS_AFTER", dict(_NOW))


def branch(groups: Groups) -> dict[str, Any]:
    """The tree of an OR of ANDs."""
    return {
        "filterBranchType": "OR",
        "filterBranchOperator": "OR",
        "filters": [],
        "filterBranches": [_all(group) for group in groups],
    }


def _all(filters: Sequence[Filter]) -> dict[str, Any]:
    return {"filterBranchType": "AND", "filterBranchOperator": "AND", "filterBranches": [], "filters": list(filters)}


# ------------------------------------------------------------------ enrolment

CREATED = "4-1463224"
CHANGED = "4-655002"


def event(event_type: str, filters: Sequence[Filter] = ()) -> dict[str, Any]:
    return {
        "filterBranchType": "UNIFIED_EVENTS",
        "filterBranchOperator": "AND",
        "eventTypeId": event_type,
        "operator": "HAS_COMPLETED",
        "filterBranches": [],
        "filters": list(filters),
    }


def changed(property: str, *, to_known: bool = True) -> dict[str, Any]:
    """The event that a property got another value; `to_known`: one that is not blank."""
    name = text("hs_name", "IS_EQUAL_TO", property)
    return event(CHANGED, [name, known("hs_value")] if to_known else [name])


def on_events(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "EVENT_BASED",
        "shouldReEnroll": True,
        "listMembershipFilterBranches": [],
        "eventFilterBranches": list(events),
    }


def on_state(groups: Groups, again: Sequence[tuple[str, str]], *, leave: bool) -> dict[str, Any]:
    """Records in a state. `again`: (enumeration, value) pairs whose arrival enrols a record once more; `leave`: records
    that are no longer in the state are taken out."""
    triggers = [_all([text("hs_name", "IS_EQUAL_TO", name), any_of("hs_value", [value])]) for name, value in again]
    return {
        "type": "LIST_BASED",
        "shouldReEnroll": True,
        "unEnrollObjectsNotMeetingCriteria": leave,
        "listFilterBranch": branch(groups),
        "reEnrollmentTriggersFilterBranches": triggers,
    }

"""Filters as people say them: `enquiry_type is one of demo_request, pricing_page`. [docs] reference/hubspot.md 4.4"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.targets.meaning import Attributes, rows

OPERATORS = {
    "IS_ANY_OF": "is one of", "IS_NONE_OF": "is none of", "IS_EQUAL_TO": "is", "IS_NOT_EQUAL_TO": "is not",
    "IS_KNOWN": "is known", "IS_UNKNOWN": "is blank", "CONTAINS": "contains", "DOES_NOT_CONTAIN": "does not contain",
    "STARTS_WITH": "starts with", "ENDS_WITH": "ends with", "IS_GREATER_THAN": ">", "IS_LESS_THAN": "<",
    "IS_GREATER_THAN_OR_EQUAL_TO": ">=", "IS_LESS_THAN_OR_EQUAL_TO": "<=", "IS_AFTER": "is after",
    "IS_BEFORE": "is before", "IS_LESS_THAN_X_DAYS_AGO": "is less than so many days ago:",
}  # fmt: skip


def condition(branch: object) -> str:
    """A tree of filters; `none` when there is none."""
    if not isinstance(branch, Mapping):
        return "none"
    word = " or " if branch.get("filterBranchOperator") == "OR" else " and "
    inner = [condition(item) for item in rows(branch, "filterBranches")]
    parts = [*(_filter(item) for item in rows(branch, "filters")), *inner]
    if len(parts) > 1:
        parts = [f"({part})" if " and " in part or " or " in part else part for part in parts]
    return word.join(parts) or "none"


def _filter(item: Attributes) -> str:
    operation = item.get("operation")
    if not isinstance(operation, Mapping):
        return f"a filter of the kind {item.get('filterType')}"
    name, operator = str(item.get("property") or "?"), str(operation.get("operator") or "?")
    wanted = _wanted(operation)
    blank = ", or is blank" if operation.get("includeObjectsWithNoValueSet") and operator != "IS_UNKNOWN" else ""
    return f"{name} {OPERATORS.get(operator, operator)}{f' {wanted}' if wanted else ''}{blank}"


def _wanted(operation: Attributes) -> str:
    if "values" in operation:
        return ", ".join(map(named, operation["values"]))
    if "value" in operation:
        return named(operation["value"])
    if "numberOfDays" in operation:
        return str(operation["numberOfDays"])
    point = operation.get("timePoint")
    if not isinstance(point, Mapping):
        return ""
    if point.get("timeType") == "PROPERTY_REFERENCED":
        return str(point.get("property"))
    if point.get("timeType") == "INDEXED":
        return "now"
    return "-".join(str(point.get(key)) for key in ("year", "month", "day"))


def named(value: Any) -> str:
    """A value; what stands for an id of the account is shown by its name."""
    if isinstance(value, Mapping) and "$ref" in value:
        return str(value["$ref"]).partition(":")[2]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

"""A run with other metadata than the report's own: what POST may change, and the refusals. [docs] Execute Sync"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from provisioner.emulator.salesforce.analytics import filters
from provisioner.emulator.salesforce.analytics.definition import MOST_FILTERS, DateFilter, Filter, Report
from provisioner.emulator.salesforce.analytics.metadata_json import interval_of
from provisioner.emulator.salesforce.analytics.report_types import ReportType
from provisioner.emulator.salesforce.errors import ApiError, not_modelled

_CHANGED = ("reportFilters", "reportBooleanFilter", "standardDateFilter", "scope")
_IGNORED = ("id", "name", "developerName", "hasDetailRows", "hasRecordCount", "reportType", "reportFormat")


def bad(message: str) -> ApiError:
    """The refusal of the reporting engine. [community]"""
    return ApiError("BAD_REQUEST", message)


def overridden(report: Report, kind: ReportType, body: dict[str, Any], shown: dict[str, Any]) -> Report:
    """The report with the filters of `reportMetadata`. What else is sent must say what the report says (`shown`, its
    own metadata), because clients send back what they read. Raises ApiError."""
    unknown = set(body) - {"reportMetadata"}
    metadata = body.get("reportMetadata", {})
    if unknown or not isinstance(metadata, dict):
        raise not_modelled(f"{', '.join(sorted(unknown)) or 'this reportMetadata'} in a report run")
    for name, value in metadata.items():
        if name not in (*_CHANGED, *_IGNORED) and value != shown.get(name):
            raise not_modelled(f"a report run with another {name}")
    if "reportFilters" in metadata:
        report = replace(report, filters=tuple(_filter(kind, report, one) for one in metadata["reportFilters"] or []))
    if "reportBooleanFilter" in metadata or "reportFilters" in metadata:
        report = replace(report, boolean_filter=metadata.get("reportBooleanFilter", report.boolean_filter))
    if len(report.filters) > MOST_FILTERS:
        raise bad(f"A report can have at most {MOST_FILTERS} filters.")
    if report.boolean_filter is not None:
        problem = filters.logic_problem(report.boolean_filter, len(report.filters))
        if problem is not None:
            raise bad(problem)
    if metadata.get("standardDateFilter") is not None:
        report = replace(report, dates=_dates(kind, metadata["standardDateFilter"]))
    if metadata.get("scope") is not None:
        if metadata["scope"] not in {scope for scope, _ in kind.scopes}:
            raise bad(f"Invalid value specified: {metadata['scope']}")
        report = replace(report, scope=str(metadata["scope"]))
    return report


def _filter(kind: ReportType, report: Report, raw: Any) -> Filter:
    if not isinstance(raw, dict):
        raise bad("A report filter has column, operator and value.")
    name, operator, value = str(raw.get("column")), str(raw.get("operator")), str(raw.get("value") or "")
    column = kind.by_api_name(name)
    bucket = any(one.token == name for one in report.buckets)
    if column is None and not bucket:
        raise bad(f"Invalid value specified: {name}")
    token = name if column is None else column.token
    if raw.get("filterType") == "fieldToField":
        other = kind.by_api_name(value)
        if other is None or operator not in filters.COMPARISONS:
            raise bad(f"Invalid value specified: {value if other is None else operator}")
        return Filter(token, operator, other.token, True)
    fault = filters.problem(column, operator, value)
    if fault is not None:
        raise bad(f"Invalid value specified: {operator if fault == 'operator' else value}")
    return Filter(token, operator, value)


def _dates(kind: ReportType, raw: Any) -> DateFilter | None:
    if not isinstance(raw, dict):
        raise bad("A standardDateFilter has column and durationValue.")
    if raw.get("column") is None:
        return None
    column, interval = kind.by_api_name(str(raw["column"])), interval_of(str(raw.get("durationValue")))
    if column is None or not column.dated:
        raise bad(f"Invalid value specified: {raw['column']}")
    if interval is None:
        raise bad(f"Invalid value specified: {raw.get('durationValue')}")
    return DateFilter(column.token, interval, _day(raw.get("startDate")), _day(raw.get("endDate")))


def _day(value: Any) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise bad(f"Invalid value specified: {value}") from error

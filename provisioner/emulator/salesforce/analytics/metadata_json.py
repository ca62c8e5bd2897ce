"""What the Analytics API says about reports and report types. [docs] Reports and Dashboards REST API guide"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from provisioner.emulator.salesforce.analytics.cells import Cells
from provisioner.emulator.salesforce.analytics.definition import ROW_COUNT, Filter, Grouping, Report, summary_key
from provisioner.emulator.salesforce.analytics.filters import COMPARISONS, Moment
from provisioner.emulator.salesforce.analytics.periods import CUSTOM, GRANULARITIES, INTERVALS, interval_days
from provisioner.emulator.salesforce.analytics.report_types import Column, ReportType
from provisioner.emulator.salesforce.analytics.run import days_of

Json = dict[str, Any]
_WORDS = {"Sum": "Sum of {}", "Average": "Average {}", "Maximum": "Largest {}", "Minimum": "Smallest {}",
          "Unique": "Unique Count of {}"}  # fmt: skip
_GROUPS = {"DAY": "Day", "WEEK": "Calendar Week", "MONTH": "Calendar Month", "QUARTER": "Calendar Quarter",
           "YEAR": "Calendar Year"}  # fmt: skip
_OPERATORS = {
    "string": ("equals", "notEqual", "lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual", "contains",
               "notContain", "startsWith"),
    "boolean": ("equals", "notEqual"), "multipicklist": ("equals", "notEqual", "includes", "excludes"),
}  # fmt: skip


def api_name(token: str) -> str:
    """A token as the API writes it: a dot where files of custom report types have `$`. [community]"""
    return token.replace("$", ".")


# -- standard date filter ----------------------------------------------------------------------------------------------


def duration_of(interval: str) -> str:
    """The API's name of an interval: `THIS_MONTH`, `LAST_N_DAYS:7`, `CUSTOM`. Spans of several periods: [inferred]"""
    if interval == CUSTOM:
        return "CUSTOM"
    unit, first, last = INTERVALS[interval]
    fiscal = "FISCAL_" if interval.endswith("FY") or interval.removeprefix("INTERVAL_") in _FISCAL else ""
    named = {
        ("DAY", 0, 0): "TODAY", ("DAY", -1, -1): "YESTERDAY", ("DAY", 1, 1): "TOMORROW",
    }.get((unit, first, last))  # fmt: skip
    if named:
        return named
    if unit == "DAY":
        return f"LAST_N_DAYS:{1 - first}" if last == 0 else f"NEXT_N_DAYS:{last}"
    single = {0: "THIS", -1: "LAST", 1: "NEXT"}.get(first) if first == last else None
    if single:
        return f"{single}_{fiscal}{unit}"
    return interval.removeprefix("INTERVAL_")


_FISCAL = frozenset(("CURRENT", "CURNEXT1", "CURPREV1", "NEXT1", "PREV1", "CURNEXT3"))


def interval_of(duration: str) -> str | None:
    """The interval behind the API's name, or None."""
    if duration == "CUSTOM":
        return CUSTOM
    return next((name for name in INTERVALS if duration_of(name) == duration), None)


def date_filter(report: Report, moment: Moment) -> Json:
    """`standardDateFilter` with its present dates."""
    if report.dates is None:
        return {"column": None, "durationValue": "CUSTOM", "endDate": None, "startDate": None}
    first, last = days_of(report, moment)
    return {
        "column": api_name(report.dates.token), "durationValue": duration_of(report.dates.interval),
        "endDate": _iso(last), "startDate": _iso(first),
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


# -- reports -----------------------------------------------------------------------------------------------------------


def report_metadata(report: Report, kind: ReportType, moment: Moment, folder_id: str | None, *, details: bool) -> Json:
    """`reportMetadata`."""
    return {
        "aggregates": list(report.keys),
        "buckets": {one.token: _bucket(report, one.token) for one in report.buckets},
        "chart": _chart(report), "crossFilters": [], "currency": None,
        "customDetailFormula": {}, "customSummaryFormula": {one.name: _formula(report, one.name) for one in
                                                            report.formulas},
        "dashboardSetting": None, "description": report.description,
        "detailColumns": [api_name(one) for one in report.columns], "developerName": report.developer_name,
        "division": None, "folderId": folder_id,
        "groupingsAcross": [_grouping(one, kind) for one in report.across],
        "groupingsDown": [_grouping(one, kind) for one in report.down],
        "hasDetailRows": details, "hasRecordCount": True, "historicalSnapshotDates": [], "id": report.id,
        "name": report.name, "presentationOptions": {"hasStackedSummaries": True},
        "reportBooleanFilter": report.boolean_filter, "reportFilters": [_filter(one) for one in report.filters],
        "reportFormat": report.format.upper(), "reportType": {"label": kind.label, "type": kind.api_name},
        "scope": report.scope or kind.everything, "showGrandTotal": report.shows_grand_total,
        "showSubtotals": report.shows_subtotals, "sortBy": _sort(report),
        "standardDateFilter": date_filter(report, moment), "standardFilters": [], "supportsRoleHierarchy": False,
        "topRows": _top(report), "userOrHierarchyFilterId": None,
    }  # fmt: skip


def _sort(report: Report) -> list[Json]:
    if report.sort_token is None:
        return []
    return [{"sortColumn": api_name(report.sort_token), "sortOrder": "Desc" if report.sort_descending else "Asc"}]


def _top(report: Report) -> Json | None:
    if report.row_limit is None:
        return None
    return {"direction": "Desc" if report.sort_descending else "Asc", "rowLimit": report.row_limit}


def _grouping(one: Grouping, kind: ReportType) -> Json:
    column = kind.columns.get(one.token)
    granularity = one.granularity if column is not None and column.dated else "None"
    order = "Desc" if one.descending else "Asc"
    return {"dateGranularity": granularity, "name": api_name(one.token), "sortAggregate": one.sort_key,
            "sortOrder": order}  # fmt: skip


def _filter(one: Filter) -> Json:
    return {
        "column": api_name(one.token), "filterType": "fieldToField" if one.to_column else "fieldValue",
        "isRunPageEditable": True, "operator": one.operator, "value": api_name(one.value) if one.to_column else
        one.value,
    }  # fmt: skip


def _bucket(report: Report, token: str) -> Json:
    bucket = next(one for one in report.buckets if one.token == token)
    values = [{"label": one.label, "rangeUpperBound": one.high, "sourceDimensionValues": list(one.sources)}
              for one in bucket.values]  # fmt: skip
    return {
        "bucketType": bucket.kind.upper(), "developerName": token, "label": bucket.label,
        "nullTreatedAsZero": bucket.null_as_zero, "otherBucketLabel": bucket.other,
        "sourceColumnName": api_name(bucket.source), "values": values,
    }  # fmt: skip


def _formula(report: Report, name: str) -> Json:
    one = next(formula for formula in report.formulas if formula.name == name)
    return {
        "acrossGroup": _group_of(one.across), "acrossGroupType": _group_type(one.across),
        "decimalPlaces": one.scale, "description": None, "downGroup": _group_of(one.down),
        "downGroupType": _group_type(one.down), "formula": one.expression, "formulaType": one.datatype,
        "label": one.label,
    }  # fmt: skip


def _group_type(context: str | None) -> str:
    return {None: "all", "GLOBAL": "all", "GRAND_SUMMARY": "grand_total"}.get(context, "custom")


def _group_of(context: str | None) -> str | None:
    return context if _group_type(context) == "custom" else None


def _chart(report: Report) -> Json | None:
    chart = report.chart
    if chart is None:
        return None
    return {
        "chartType": chart.kind, "groupings": [api_name(one) for one in chart.groupings],
        "hasLegend": chart.has_legend, "showChartValues": chart.shows_values,
        "summaries": list(chart.summaries) or [ROW_COUNT], "summaryAxisLocations": ["Y"], "title": chart.title,
    }  # fmt: skip


def summary_facts(report: Report, kind: ReportType) -> Mapping[str, tuple[str, str, int]]:
    """Key of each summary → (label, data type, decimals)."""
    found: dict[str, tuple[str, str, int]] = {}
    for aggregate in report.aggregates:
        column = kind.columns[aggregate.token]
        counted = aggregate.kind == "Unique" or (aggregate.kind == "Sum" and column.item.type == "boolean")
        data_type = "int" if counted else "double" if column.item.type == "boolean" else column.data_type
        scale = 0 if counted else max(column.item.scale, 2 if aggregate.kind == "Average" else 0)
        key = summary_key(aggregate.token, aggregate.kind)
        found[key] = (_WORDS[aggregate.kind].format(column.label), data_type, scale)
    for formula in report.formulas:
        if formula.active:
            kind_of = {"number": "double"}.get(formula.datatype, formula.datatype)
            found[formula.name] = (formula.label, kind_of, formula.scale)
    return found | {ROW_COUNT: ("Record Count", "int", 0)}


def extended_metadata(report: Report, kind: ReportType, cells: Cells) -> Json:
    """`reportExtendedMetadata`."""
    contexts = {one.name: (one.down, one.across) for one in report.formulas}
    aggregates = {
        key: {
            "acrossGroupingContext": contexts.get(key, (None, None))[1], "dataType": data_type,
            "downGroupingContext": contexts.get(key, (None, None))[0], "label": label,
        }
        for key, (label, data_type, _) in summary_facts(report, kind).items()
    }  # fmt: skip
    groupings = {
        api_name(one.token): {
            "dataType": _type_of(cells, one.token), "groupingLevel": level, "label": cells.label(one.token),
        }
        for axis in (report.down, report.across) for level, one in enumerate(axis)
    }  # fmt: skip
    return {
        "aggregateColumnInfo": aggregates,
        "detailColumnInfo": {
            api_name(one): {"dataType": _type_of(cells, one), "label": cells.label(one)} for one in report.columns
        },
        "groupingColumnInfo": groupings,
    }


def _type_of(cells: Cells, token: str) -> str:
    column = cells.column(token)
    return "string" if column is None else column.data_type


# -- report types ------------------------------------------------------------------------------------------------------


def type_metadata(kind: ReportType, moment: Moment) -> Json:
    """`reportTypeMetadata`."""
    sections = [
        {"columns": {one.api_name: _column(one) for one in section.columns}, "label": section.label}
        for section in kind.sections
    ]
    types = sorted({one.data_type for one in kind.columns.values()})
    return {
        "categories": sections,
        "dataTypeFilterOperatorMap": {one: [{"label": name, "name": name} for name in _operators(one)]
                                      for one in types},
        "dateGranularityInfos": [{"label": one, "value": one} for one in sorted(GRANULARITIES)],
        "divisionInfo": None, "objects": _objects(kind),
        "scopeInfo": {
            "defaultValue": kind.everything,
            "values": [{"allowsDivision": False, "label": label, "value": value} for value, label in kind.scopes],
        },
        "standardDateFilterDurationGroups": _durations(moment), "standardFilterInfos": {},
        "supportsJoinedFormat": False,
    }  # fmt: skip


def _operators(data_type: str) -> tuple[str, ...]:
    if data_type in ("date", "datetime", "double", "int", "currency", "percent", "number"):
        return tuple(name for name in _OPERATORS["string"] if name in COMPARISONS)
    return _OPERATORS.get(data_type, _OPERATORS["string"])


def _objects(kind: ReportType) -> list[Json]:
    root = {"apiName": kind.base.name, "joinType": "ROOT", "label": kind.base.label}
    joined = [{"apiName": one.sobject, "joinType": "OUTER" if one.outer else "INNER", "label": one.sobject}
              for one in kind.joins]  # fmt: skip
    return [root, *joined]


def _column(column: Column) -> Json:
    values = [{"label": one.shown, "name": one.value} for one in column.item.picklist]
    if column.item.type == "boolean":
        values = [{"label": word, "name": word} for word in ("True", "False")]
    return {
        "allowedInCustomDetailFormula": True, "bucketable": column.numeric or not column.dated,
        "dataType": column.data_type, "entityColumnName": f"{column.owner.name}.{column.item.name}",
        "fieldToFieldFilterable": True, "filterValues": values, "filterable": True, "inactiveFilterValues": [],
        "isCustom": column.item.custom, "isLookup": column.item.type == "reference", "label": column.label,
        "maxLength": column.item.length or None,
        "uniqueCountable": column.item.type not in ("boolean", "longtextarea", "multipicklist"),
    }  # fmt: skip


def _durations(moment: Moment) -> list[Json]:
    groups: dict[str, list[Json]] = {}
    for name, (unit, _, _) in INTERVALS.items():
        first, last = interval_days(name, moment.today)
        duration = duration_of(name)
        label = "Fiscal " + _GROUPS[unit].removeprefix("Calendar ") if "FISCAL" in duration else _GROUPS[unit]
        groups.setdefault(label, []).append(
            {"endDate": last.isoformat(), "label": duration, "startDate": first.isoformat(), "value": duration}
        )
    groups["Custom"] = [{"endDate": None, "label": "Custom", "startDate": None, "value": "CUSTOM"}]
    return [{"label": label, "standardDateFilterDurations": found} for label, found in groups.items()]

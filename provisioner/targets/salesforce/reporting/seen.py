"""What of a live report, dashboard or list view is looked at: what our templates write, and what changes the figures.

A server adds much to them, tiles above all ([docs] reference/salesforce.md 1.10). What is left out here does not depend
on the design, so that a design that changes is never mistaken for somebody's hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REPORT = frozenset({
    "aggregates", "calculatedFormula", "datatype", "developerName", "isActive", "isCrossBlock", "masterLabel", "scale",
    "columns", "aggregateTypes", "field", "description", "filter", "criteriaItems", "column", "columnToColumn",
    "isUnlocked", "operator", "value", "format", "groupingsDown", "dateGranularity", "sortOrder", "name", "reportType",
    "scope", "showDetails", "showGrandTotal", "showSubTotals", "timeFrameFilter", "dateColumn", "interval",
    "startDate", "endDate", "aggregateFilters", "booleanFilter", "crossFilters", "groupingsAcross",
    "roleHierarchyFilter", "rowLimit", "territoryHierarchyFilter", "userFilter",
})  # fmt: skip
VIEW = frozenset({
    "columns", "filterScope", "filters", "field", "operation", "value", "label", "booleanFilter", "queue",
})  # fmt: skip
_TILE = frozenset({
    "autoselectColumnsFromReport", "chartSummary", "aggregate", "axisBinding", "column", "componentType",
    "displayUnits", "header", "report",
})  # fmt: skip
_FIGURE = frozenset({"indicatorHighColor", "indicatorLowColor", "indicatorMiddleColor", "showRange"})
_GAUGE = frozenset({"gaugeMax", "gaugeMin", "indicatorBreakpoint1", "indicatorBreakpoint2"})
_CHART = frozenset({
    "drillEnabled", "drillToDetailEnabled", "enableHover", "expandOthers", "groupingColumn", "legendPosition",
    "showPercentage", "showTotal", "showValues", "sortBy", "useReportChart",
})  # fmt: skip
DASHBOARD = _TILE | _FIGURE | _GAUGE | _CHART | {
    "backgroundEndColor", "backgroundFadeDirection", "backgroundStartColor", "chartTheme", "colorPalette",
    "dashboardGridLayout", "dashboardGridComponents", "dashboardComponent", "colSpan", "columnIndex", "rowIndex",
    "rowSpan", "numberOfColumns", "rowHeight", "dashboardType", "description", "isGridLayout", "textColor", "title",
    "titleColor", "titleSize", "dashboardFilters", "name", "dashboardFilterOptions", "operator", "values",
}  # fmt: skip
_OF_TILES = {"Metric": _TILE | _FIGURE, "Gauge": _TILE | _FIGURE | _GAUGE}


def seen(attributes: Mapping[str, Any], only: frozenset[str]) -> dict[str, Any]:
    """`attributes` with these elements only, at every depth; of a tile only what tiles of its kind are made of."""
    return {name: _seen(name, value, only) for name, value in attributes.items() if name in only}


def _seen(name: str, value: Any, only: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_seen(name, item, only) for item in value]
    if not isinstance(value, Mapping):
        return value
    if name == "dashboardComponent":
        return seen(value, _OF_TILES.get(str(value.get("componentType")), _TILE | _CHART))
    return seen(value, only)

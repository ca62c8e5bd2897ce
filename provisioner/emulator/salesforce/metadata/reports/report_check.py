"""What a deployment may not say of a report. Texts: reference/salesforce.md 7.4 and rows 37 to 40 of section 10.

The vendor says which element is wrong (`columns-field: Invalid value specified: X`); for elements that no public log
shows, the same pattern is used ([inferred]). What the emulator does not compute is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.analytics import filters, summary
from provisioner.emulator.salesforce.analytics.definition import (
    LETTERS,
    MOST_FILTERS,
    ROW_COUNT,
    aggregates_of,
    chart_key,
    sort_key_of,
)
from provisioner.emulator.salesforce.analytics.periods import CUSTOM, GRANULARITIES, INTERVALS
from provisioner.emulator.salesforce.analytics.report_types import LEADS, Column, ReportType
from provisioner.emulator.salesforce.metadata.problems import Refused, refuse, unmodelled

MOST_FORMULAS, MOST_BUCKETS, MOST_CHART_SUMMARIES = 5, 5, 4
_UNMODELLED = (
    "aggregateFilters", "block", "blockInfo", "colorRanges", "crossFilters", "customDetailFormulas", "currency",
    "dataCategoryFilters", "division", "formattingRules", "historicalSelector", "roleHierarchyFilter",
    "territoryHierarchyFilter", "userFilter",
)  # fmt: skip
_CHARTS = frozenset((
    "HorizontalBar", "HorizontalBarGrouped", "HorizontalBarStacked", "HorizontalBarStackedTo100", "VerticalColumn",
    "VerticalColumnGrouped", "VerticalColumnStacked", "VerticalColumnStackedTo100", "Line", "LineGrouped",
    "LineCumulative", "Pie", "Donut", "Funnel",
))  # fmt: skip
TWO_GROUPINGS = ("Grouped", "Stacked", "StackedTo100", "Stacked100")
_ACROSS_PARENTS = re.compile(r"\b(PARENTGROUPVAL|PREVGROUPVAL)\s*\(", re.IGNORECASE)
_CONTEXT = (
    "Invalid custom summary formula definition: You must select a grouping context to use any report summary function"
)


def invalid(place: str, value: object, element: etree._Element | None = None) -> Refused:
    """The vendor's text for a value that an element may not have. [community] row 39"""
    return refuse(f"{place}: Invalid value specified: {value}", element)


class ReportCheck:
    """Checks one file against its report type; `run` raises Refused at the first fault."""

    def __init__(self, kind: ReportType, root: etree._Element) -> None:
        self._kind, self._root = kind, root
        self._buckets = {str(xml.text(one, "developerName")) for one in xml.kids(root, "buckets")}
        self._down = [str(xml.text(one, "field")) for one in xml.kids(root, "groupingsDown")]
        self._across = [str(xml.text(one, "field")) for one in xml.kids(root, "groupingsAcross")]

    def run(self) -> None:
        for name in _UNMODELLED:
            if (found := xml.kid(self._root, name)) is not None:
                raise unmodelled(f"{name} of a Report", found)
        self._check_buckets()
        self._check_format()
        self._check_columns()
        self._check_groupings()
        self._check_formulas()
        self._check_sorting()
        self._check_filters()
        self._check_dates()
        self._check_scope()
        self._check_chart()

    # -- lookups ------------------------------------------------------------------------------------------------------

    def _column(self, node: etree._Element, name: str, place: str) -> Column | None:
        """The column an element names; None for a bucket field. Refused when there is none."""
        element = xml.kid(node, name)
        token = "" if element is None else xml.own_text(element)
        if token in self._buckets:
            return None
        column = self._kind.columns.get(token)
        if column is None:
            raise invalid(place, token, element)
        return column

    def _summaries(self) -> set[str]:
        formulas = (str(xml.text(one, "developerName")) for one in xml.kids(self._root, "aggregates"))
        return {ROW_COUNT, *formulas, *(one.key for one in aggregates_of(self._root))}

    # -- parts --------------------------------------------------------------------------------------------------------

    def _check_format(self) -> None:
        shown, grouped = str(xml.text(self._root, "format")), [*self._down, *self._across]
        element = xml.kid(self._root, "format")
        if shown == "MultiBlock":
            raise unmodelled("joined reports", element)
        if shown == "Tabular" and grouped:
            raise refuse("Groupings are not supported on a tabular report.", xml.kid(self._root, "groupingsDown"))
        if shown == "Summary" and self._across:
            raise invalid("groupingsAcross-field", self._across[0], xml.kid(self._root, "groupingsAcross"))
        if shown != "Tabular" and not self._down:
            raise refuse("Required field is missing: groupingsDown", element)
        if shown == "Matrix" and not self._across:
            raise refuse("Required field is missing: groupingsAcross", element)
        most = 3 if shown == "Summary" else 2
        for name, found in (("groupingsDown", self._down), ("groupingsAcross", self._across)):
            if len(found) > most:
                raise refuse(
                    f"{name}: at most {most} groupings are allowed in a {shown} report, not {len(found)}",
                    xml.kids(self._root, name)[most],
                )
        limit = xml.kid(self._root, "rowLimit")
        if limit is not None and (shown != "Tabular" or xml.kid(self._root, "sortColumn") is None):
            raise refuse("rowLimit: a row limit needs a tabular report with a sortColumn", limit)

    def _check_columns(self) -> None:
        nodes = xml.kids(self._root, "columns")
        if not nodes:
            raise refuse("Required field is missing: columns")
        seen: set[str] = set()
        for node in nodes:
            column, token = self._column(node, "field", "columns-field"), str(xml.text(node, "field"))
            if token in seen:
                raise refuse(f"columns-field: duplicate value found: {token}", node)
            if token in (*self._down, *self._across):
                # Retrieved files omit a grouped field among the columns [real]; that a deployment refuses it
                # is [inferred].
                raise refuse(f"columns-field: {token} is a grouping and cannot be a column, too", node)
            seen.add(token)
            for kind in xml.kids(node, "aggregateTypes"):
                self._check_aggregate(column, kind)

    def _check_aggregate(self, column: Column | None, node: etree._Element) -> None:
        kind = xml.own_text(node)
        if kind in ("None", "Noop"):
            return
        if kind not in LETTERS:
            raise unmodelled(f"the summary {kind} of a report column", node)
        if kind == "Unique":
            allowed = column is not None and column.item.type not in ("boolean", "longtextarea", "multipicklist")
        elif kind in ("Maximum", "Minimum"):
            allowed = column is not None and (column.summable or column.dated)
        else:
            allowed = column is not None and column.summable
        if not allowed:
            raise invalid("columns-aggregateTypes", kind, node)

    def _check_groupings(self) -> None:
        for name in ("groupingsDown", "groupingsAcross"):
            for node in xml.kids(self._root, name):
                column = self._column(node, "field", f"{name}-field")
                if column is not None and column.item.type in ("longtextarea", "multipicklist", "time", "id"):
                    raise invalid(f"{name}-field", column.token, node)
                granularity = xml.text(node, "dateGranularity") or "None"
                if granularity not in GRANULARITIES:
                    raise unmodelled(f"grouping by {granularity}", node)
        grouped = [*self._down, *self._across]
        repeated = [one for place, one in enumerate(grouped) if one in grouped[:place]]
        if repeated:
            raise refuse(f"groupingsDown-field: duplicate value found: {repeated[0]}")

    def _check_sorting(self) -> None:
        for name in ("groupingsDown", "groupingsAcross"):
            for node in xml.kids(self._root, name):
                key = sort_key_of(node)
                if key is not None and key not in self._summaries():
                    raise invalid(f"{name}-sortByName", xml.text(node, "sortByName"), node)
        element = xml.kid(self._root, "sortColumn")
        if element is None:
            return
        chosen = {str(xml.text(one, "field")) for one in xml.kids(self._root, "columns")}
        if xml.own_text(element) not in chosen | {*self._down, *self._across}:
            raise refuse("The sort column name must be from a selected column.", element)  # [community]

    def _check_formulas(self) -> None:
        nodes, names = xml.kids(self._root, "aggregates"), set()
        if nodes and xml.text(self._root, "format") == "Tabular":
            raise refuse("Custom summary formulas are not supported on a tabular report.", nodes[0])
        if len(nodes) > MOST_FORMULAS:
            raise refuse(f"aggregates: at most {MOST_FORMULAS} custom summary formulas are allowed", nodes[-1])
        for node in nodes:
            name = str(xml.text(node, "developerName"))
            if not re.fullmatch(r"[A-Za-z]\w*", name) or name == ROW_COUNT or name in names:
                raise invalid("aggregates-developerName", name, node)
            names.add(name)
            if not 0 <= int(xml.text(node, "scale") or 0) <= 18:
                raise invalid("aggregates-scale", xml.text(node, "scale"), node)
            if xml.flag(node, "isCrossBlock"):
                raise unmodelled("cross-block formulas", node)
            self._check_contexts(node)
            expression = str(xml.text(node, "calculatedFormula"))
            problem = summary.problem(self._kind, expression)
            if problem is not None:
                text = f"Invalid custom summary formula definition: {problem}"
                raise refuse(text, xml.kid(node, "calculatedFormula"))

    def _check_contexts(self, node: etree._Element) -> None:
        both = (("downGroupingContext", self._down), ("acrossGroupingContext", self._across))
        for name, groupings in both:
            value = xml.text(node, name)
            if value is not None and value not in (*summary.CONTEXTS, *groupings):
                raise invalid(f"aggregates-{name}", value, xml.kid(node, name))
        if _ACROSS_PARENTS.search(str(xml.text(node, "calculatedFormula"))):
            if not any(xml.text(node, name) for name, _ in both):
                raise refuse(_CONTEXT, xml.kid(node, "calculatedFormula"))
            raise unmodelled("PARENTGROUPVAL and PREVGROUPVAL", xml.kid(node, "calculatedFormula"))

    def _check_filters(self) -> None:
        holder = xml.kid(self._root, "filter")
        if holder is None:
            return
        nodes = xml.kids(holder, "criteriaItems")
        if len(nodes) > MOST_FILTERS:
            raise refuse(f"filter-criteriaItems: at most {MOST_FILTERS} filters are allowed", nodes[MOST_FILTERS])
        for node in nodes:
            place = "filter-criteriaItems"
            column = self._column(node, "column", f"{place}-column")
            operator, value = str(xml.text(node, "operator")), xml.text(node, "value") or ""
            if xml.kid(node, "snapshot") is not None:
                raise unmodelled("historical filters", node)
            if xml.flag(node, "columnToColumn"):
                self._column(node, "value", f"{place}-value")
                if operator not in filters.COMPARISONS:
                    raise invalid(f"{place}-operator", operator, node)
                continue
            fault = filters.problem(column, operator, value)
            if fault is not None:
                raise invalid(f"{place}-{fault}", operator if fault == "operator" else value, xml.kid(node, fault))
        logic = xml.kid(holder, "booleanFilter")
        problem = None if logic is None else filters.logic_problem(xml.own_text(logic), len(nodes))
        if problem is not None:
            raise refuse(problem, logic)

    def _check_dates(self) -> None:
        node = xml.kid(self._root, "timeFrameFilter")
        if node is None:
            return
        column, interval = self._column(node, "dateColumn", "timeFrameFilter-dateColumn"), xml.text(node, "interval")
        if column is None or not column.dated:
            raise invalid("timeFrameFilter-dateColumn", xml.text(node, "dateColumn"), xml.kid(node, "dateColumn"))
        if interval != CUSTOM and interval not in INTERVALS:
            raise unmodelled(f"the interval {interval}", xml.kid(node, "interval"))

    def _check_scope(self) -> None:
        value = xml.text(self._root, "scope")
        if value is not None and value not in {scope for scope, _ in self._kind.scopes}:
            raise invalid("scope", value, xml.kid(self._root, "scope"))
        for node in xml.kids(self._root, "params"):
            pair = (xml.text(node, "name"), xml.text(node, "value"))
            if pair != ("co", "1") or self._kind.api_name not in (LEADS,):
                raise unmodelled(f"the report parameter {pair[0]}={pair[1]}", node)

    def _check_buckets(self) -> None:
        nodes = xml.kids(self._root, "buckets")
        if len(nodes) > MOST_BUCKETS:
            raise refuse(f"buckets: at most {MOST_BUCKETS} bucket fields are allowed", nodes[MOST_BUCKETS])
        for node in nodes:
            name, source = str(xml.text(node, "developerName")), str(xml.text(node, "sourceColumnName"))
            column, kind = self._kind.columns.get(source), xml.text(node, "bucketType")
            if not re.fullmatch(r"BucketField_\w+", name):
                raise invalid("buckets-developerName", name, node)
            if column is None:
                raise invalid("buckets-sourceColumnName", source, xml.kid(node, "sourceColumnName"))
            if (kind == "number") != column.numeric or (kind == "picklist") != (column.item.type == "picklist"):
                raise invalid("buckets-bucketType", kind, xml.kid(node, "bucketType"))
            if kind == "number":
                self._check_ranges(node)

    @staticmethod
    def _check_ranges(node: etree._Element) -> None:
        """The first bucket has only an upper bound, the last only a lower one, and they touch. [docs]"""
        bounds = [
            (xml.text(one, "sourceValues/from"), xml.text(one, "sourceValues/to")) for one in xml.kids(node, "values")
        ]
        for place, (low, high) in enumerate(bounds):
            first, last = place == 0, place == len(bounds) - 1
            if (low is None) != first or (high is None) != last or (not first and low != bounds[place - 1][1]):
                raise invalid("buckets-values", f"{low}..{high}", xml.kids(node, "values")[place])

    def _check_chart(self) -> None:
        node = xml.kid(self._root, "chart")
        if node is None:
            return
        kind = str(xml.text(node, "chartType"))
        if xml.text(self._root, "format") == "Tabular":
            raise refuse("Charts are not supported on a tabular report.", node)
        if kind not in _CHARTS:
            raise unmodelled(f"charts of type {kind}", xml.kid(node, "chartType"))
        for name in ("legendPosition", "location", "size", "summaryAxisRange", "groupingColumn"):
            if xml.text(node, name) is None:
                raise refuse(f"Required field is missing: {name}", node)
        names = ["groupingColumn", *(["secondaryGroupingColumn"] if kind.endswith(TWO_GROUPINGS) else [])]
        for name in names:
            if xml.text(node, name) not in (*self._down, *self._across):
                raise invalid(f"chart-{name}", xml.text(node, name), xml.kid(node, name))
        for one in self._bad_summaries(node):
            # The vendor ignores it without a word and shows the record count. [docs] ReportChart
            raise unmodelled(f"a chart summary that the report does not have ({xml.text(one, 'column')})", one)

    def _bad_summaries(self, node: etree._Element) -> Iterator[etree._Element]:
        for number, one in enumerate(xml.kids(node, "chartSummaries")):
            if chart_key(one) not in self._summaries() or number >= MOST_CHART_SUMMARIES:
                yield one

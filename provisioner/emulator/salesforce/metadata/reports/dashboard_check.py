"""What a deployment may not say of a dashboard. [docs] reference/salesforce.md 7.5, rows 37 and 41 of section 10

Texts that no public log shows follow the pattern of those that do ([inferred]).
"""

from __future__ import annotations

from itertools import combinations

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.analytics.definition import (
    CHARTS,
    LETTERS,
    NUMBERS,
    ROW_COUNT,
    Report,
    chart_key,
    components_of,
    read_report,
    summary_key,
)
from provisioner.emulator.salesforce.analytics.report_types import find_type
from provisioner.emulator.salesforce.metadata.problems import limit, refuse, unmodelled
from provisioner.emulator.salesforce.metadata.reports.report_check import TWO_GROUPINGS, invalid
from provisioner.emulator.salesforce.metadata.work import Item, Work

MOST_COMPONENTS = 20
MOST_FILTERS = 3  # the results resource takes filter1 to filter3 [docs]
MOST_OPTIONS = 50
TABLES = ("Table", "FlexTable")
# Organization type → how many dashboards may be dynamic (LoggedInUser, MyTeamUser). [community]
_DYNAMIC = {"Enterprise Edition": 5, "Unlimited Edition": 10, "Developer Edition": 3}


class DashboardCheck:
    """Checks one file; `run` raises Refused at the first fault."""

    def __init__(self, work: Work, item: Item) -> None:
        self._work, self._item, self._root = work, item, item.element

    def run(self) -> None:
        limit(self._root, "title", 40)
        limit(self._root, "description", 255)
        self._check_grid()
        self._check_audience()
        self._check_filters()
        components = list(components_of(self._root))
        if len(components) > MOST_COMPONENTS:
            text = (
                f"MAXIMUM_DASHBOARD_COMPONENTS_EXCEEDED: A dashboard can have at most {MOST_COMPONENTS} components, "
                f"not {len(components)}"
            )
            raise refuse(text, components[MOST_COMPONENTS])
        for component in components:
            self._check_component(component)

    # -- the whole ----------------------------------------------------------------------------------------------------

    def _check_grid(self) -> None:
        grid = xml.kid(self._root, "dashboardGridLayout")
        sections = [one for name in ("leftSection", "middleSection", "rightSection") for one in
                    xml.kids(self._root, name)]  # fmt: skip
        if grid is None:
            if not sections:
                raise refuse("Required field is missing: dashboardGridLayout")
            return
        if sections:
            raise refuse("A dashboard has either dashboardGridLayout or sections", sections[0])
        width = int(xml.text(grid, "numberOfColumns") or 0)
        if width not in (9, 12):
            raise invalid("dashboardGridLayout-numberOfColumns", width, xml.kid(grid, "numberOfColumns"))
        places = [(node, *_place(node)) for node in xml.kids(grid, "dashboardGridComponents")]
        for node, left, top, right, bottom in places:
            if left < 0 or top < 0 or right <= left or bottom <= top or right > width:
                raise refuse(f"A dashboard component reaches outside the grid of {width} columns", node)
        for (_, *one), (node, *other) in combinations(places, 2):
            if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]:
                raise refuse("Dashboard components overlap", node)

    def _check_audience(self) -> None:
        kind = xml.text(self._root, "dashboardType") or "SpecifiedUser"
        if kind == "SpecifiedUser":
            return
        org = self._work.org
        most = _DYNAMIC.get(org.settings.organization_type, 0)
        others = sum(
            xml.text(one.root, "dashboardType") in ("LoggedInUser", "MyTeamUser")
            for one in self._work.components.all("Dashboard")
            if one.full_name.lower() != self._item.full_name.lower() and "/" in one.full_name
        )
        if others >= most:
            text = f"dashboardType: this organization can have at most {most} dynamic dashboards"
            raise refuse(text, xml.kid(self._root, "dashboardType"))

    def _check_filters(self) -> None:
        nodes = xml.kids(self._root, "dashboardFilters")
        if len(nodes) > MOST_FILTERS:
            raise refuse(f"dashboardFilters: at most {MOST_FILTERS} filters are allowed", nodes[MOST_FILTERS])
        for node in nodes:
            options = xml.kids(node, "dashboardFilterOptions")
            if not options or len(options) > MOST_OPTIONS:
                raise refuse(f"dashboardFilters: a filter has 1 to {MOST_OPTIONS} options", node)
            for option in options:
                if xml.text(option, "operator") == "between":
                    raise unmodelled("dashboard filters of operator between", option)

    # -- components ---------------------------------------------------------------------------------------------------

    def _check_component(self, node: etree._Element) -> None:
        kind = str(xml.text(node, "componentType"))
        if kind not in (*TABLES, *NUMBERS, *CHARTS):
            raise unmodelled(f"dashboard components of type {kind}", xml.kid(node, "componentType"))
        for name, most in (("header", 80), ("footer", 80), ("title", 40), ("metricLabel", 80)):
            limit(node, name, most)
        report = self._report(node)
        if report.format == "Tabular" and report.row_limit is None:
            text = "A tabular report needs a row limit to be used in a dashboard."  # [community]
            raise refuse(text, xml.kid(node, "report"))
        if report.format == "Tabular" and kind not in TABLES:
            text = f"A component of type {kind} needs a report with groupings."
            raise refuse(text, xml.kid(node, "report"))
        self._check_filter_columns(node, report)
        if kind in TABLES:
            self._check_table(node, report)
        elif not xml.flag(node, "useReportChart"):
            self._check_numbers(node, kind, report)
        elif report.chart is None:
            raise invalid("dashboardComponent-useReportChart", "true", xml.kid(node, "useReportChart"))
        if kind == "Gauge":
            self._check_gauge(node)

    def _report(self, node: etree._Element) -> Report:
        name = xml.text(node, "report")
        if name is None:
            raise refuse("Required field is missing: report", node)
        found = self._work.components.get("Report", name) if "/" in name else None
        if found is None:
            raise refuse(f"In field: report - no Report named {name} found", xml.kid(node, "report"))
        return read_report(found.root, found.full_name, found.id)

    def _check_filter_columns(self, node: etree._Element, report: Report) -> None:
        columns = xml.kids(node, "dashboardFilterColumns")
        declared = xml.kids(self._root, "dashboardFilters")
        if len(columns) != len(declared):
            text = f"dashboardFilterColumns: {len(declared)} filters need as many columns, not {len(columns)}"
            raise refuse(text, node)
        kind = find_type(self._work.org, report.type_name)
        for one in columns:
            column = str(xml.text(one, "column"))
            if kind is None or column not in kind.columns:
                raise invalid("dashboardFilterColumns-column", column, one)

    def _check_numbers(self, node: etree._Element, kind: str, report: Report) -> None:
        """The summaries and groupings of a chart, metric or gauge are those of the report."""
        summaries = xml.kids(node, "chartSummary")
        if not summaries:
            raise refuse("Required field is missing: chartSummary", node)
        if kind in NUMBERS and len(summaries) > 1:
            raise invalid("dashboardComponent-chartSummary", xml.text(summaries[1], "column"), summaries[1])
        for one in summaries:
            if chart_key(one) not in report.keys:
                raise invalid("dashboardComponent-chartSummary-column", xml.text(one, "column"), one)
        groupings = xml.kids(node, "groupingColumn")
        known = {one.token for one in (*report.down, *report.across)}
        for one in groupings:
            if xml.own_text(one) not in known:
                raise invalid("dashboardComponent-groupingColumn", xml.own_text(one), one)
        wanted = 0 if kind in NUMBERS else 2 if kind.endswith(TWO_GROUPINGS) else 1
        if len(groupings) != wanted:
            text = f"A component of type {kind} needs {wanted} groupingColumn, not {len(groupings)}"
            raise refuse(text, node)

    def _check_table(self, node: etree._Element, report: Report) -> None:
        """Columns of a table are columns, groupings or summaries of the report. Dots stand for `$`. [community]"""
        grouped = [one.token for one in (*report.down, *report.across)]
        known = {name for token in (*report.columns, *grouped) for name in (token, token.replace("$", "."))}
        known |= {ROW_COUNT, *(one.name for one in report.formulas)}
        for one in xml.kids(node, "dashboardTableColumn"):
            kind, column = xml.text(one, "aggregateType"), str(xml.text(one, "column"))
            if column not in known or (kind in LETTERS and summary_key(column, str(kind)) not in report.keys):
                raise invalid("dashboardTableColumn-column", column, xml.kid(one, "column"))
        flexible = xml.kid(node, "flexComponentProperties")
        for one in [] if flexible is None else xml.kids(flexible, "flexTableColumn"):
            column = str(xml.text(one, "reportColumn"))
            if column not in known | set(report.keys):
                raise invalid("flexTableColumn-reportColumn", column, one)

    @staticmethod
    def _check_gauge(node: etree._Element) -> None:
        names = ("gaugeMin", "indicatorBreakpoint1", "indicatorBreakpoint2", "gaugeMax")
        for name in names:
            if xml.text(node, name) is None:
                raise refuse(f"Required field is missing: {name}", node)
        bounds = [float(str(xml.text(node, name))) for name in names]
        if bounds != sorted(bounds) or bounds[0] == bounds[-1]:
            shown = ", ".join(f"{value:g}" for value in bounds)
            raise refuse(f"gaugeMin, breakpoints and gaugeMax must ascend, not {shown}", node)


def _place(node: etree._Element) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (the last two excluded)."""
    names = ("columnIndex", "rowIndex", "colSpan", "rowSpan")
    left, top, width, height = (int(xml.text(node, name) or 0) for name in names)
    return left, top, left + width, top + height

"""At the edge of what reports and dashboards may be: the last good one and the first refused one."""

from __future__ import annotations

import pytest
from analytics_packages import across, column, criteria, down, formula, problems, put_report, report, with_fields
from test_report_mistakes import (
    BY_SOURCE,
    CHART,
    COUNT,
    GAUGE,
    GROUPED,
    LAST,
    METRIC,
    NOT_MODELLED,
    NUMBERS,
    ONE,
    cell,
    component,
    dashboard,
    filtered,
    put_dashboard,
)

from provisioner.emulator.salesforce.state.org import Org

SORTED = "<sortColumn>LAST_NAME</sortColumn><sortOrder>Asc</sortOrder>"
LIMIT = "<rowLimit>10</rowLimit>"
CO = "<params><name>co</name><value>1</value></params>"
OUTSIDE = "A dashboard component reaches outside the grid of 12 columns"


@pytest.fixture
def org(org_in_process: Org) -> Org:
    return with_fields(org_in_process)


def numbered(count: int) -> str:
    return "".join(formula("RowCount", name=f"FORMULA{n}") for n in range(count))


def buckets(count: int) -> str:
    return "".join(NUMBERS.replace("BucketField_Speed", f"BucketField_{n}") for n in range(count))


def charted(count: int) -> str:
    one = "<chartSummaries><axisBinding>y</axisBinding><column>RowCount</column></chartSummaries>"
    return CHART.replace(one, one * count)


REPORTS: list[tuple[str, str | None]] = [
    (report(LAST + down("CITY") + down("STATE") + down("COUNTRY")), None),
    (report(LAST + across("RATING") + across("STATE") + down("CITY") + down("COUNTRY"), "Matrix"), None),
    (report(LIMIT + LAST + SORTED, "Tabular"), None),
    (report(LIMIT + LAST, "Tabular"), "rowLimit: a row limit needs a tabular report with a sortColumn"),
    (report(LIMIT + BY_SOURCE + SORTED), "rowLimit: a row limit needs a tabular report with a sortColumn"),
    (report(numbered(5) + BY_SOURCE), None),
    (report(numbered(6) + BY_SOURCE), "aggregates: at most 5 custom summary formulas are allowed"),
    (report(formula("RowCount", scale=0) + BY_SOURCE), None),
    (report(formula("RowCount", scale=18) + BY_SOURCE), None),
    (report(formula("RowCount", scale=-1) + BY_SOURCE), "aggregates-scale: Invalid value specified: -1"),
    (report(formula("RowCount", name="1ST") + BY_SOURCE), "aggregates-developerName: Invalid value specified: 1ST"),
    (report(formula("RowCount", name="RowCount") + BY_SOURCE),
     "aggregates-developerName: Invalid value specified: RowCount"),
    (report(BY_SOURCE + filtered(*[ONE] * 20)), None),
    (report(BY_SOURCE + CO), None),
    (report(BY_SOURCE + CO.replace("<value>1", "<value>0")), NOT_MODELLED.format("the report parameter co=0")),
    (report(buckets(5) + BY_SOURCE), None),
    (report(buckets(6) + BY_SOURCE), "buckets: at most 5 bucket fields are allowed"),
    (report(NUMBERS.replace("<bucketType>number", "<bucketType>picklist") + BY_SOURCE),
     "buckets-bucketType: Invalid value specified: picklist"),
    (report(NUMBERS.replace("Lead.Minutes__c", "Lead.Nope__c") + BY_SOURCE),
     "buckets-sourceColumnName: Invalid value specified: Lead.Nope__c"),
    (report(NUMBERS.replace("<sourceValues><to>10", "<sourceValues><from>1</from><to>10") + BY_SOURCE),
     "buckets-values: Invalid value specified: 1..10"),
    (report(NUMBERS.replace("<from>10</from>", "<from>10</from><to>20</to>") + BY_SOURCE),
     "buckets-values: Invalid value specified: 10..20"),
    (report(BY_SOURCE + filtered(criteria("CITY", "equals", "STATE", "<columnToColumn>true</columnToColumn>"))), None),
    (report(BY_SOURCE + charted(4)), None),
    (report(BY_SOURCE + charted(5)),
     NOT_MODELLED.format("a chart summary that the report does not have (RowCount)")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), REPORTS)
def test_the_edges_of_reports(org: Org, text: str, problem: str | None) -> None:
    assert problems(put_report(org, text)) == ([] if problem is None else [problem])


def source_filter(options: int) -> str:
    one = "<dashboardFilterOptions><operator>equals</operator><values>Web</values></dashboardFilterOptions>"
    return f"<dashboardFilters>{one * options}<name>Source</name></dashboardFilters>"


FILTERED = component("Metric", COUNT + "<dashboardFilterColumns><column>LEAD_SOURCE</column></dashboardFilterColumns>")
COLUMNS = "<dashboardTableColumn>{}<column>{}</column></dashboardTableColumn>"
SUM = "<aggregateType>Sum</aggregateType>"
BOARDS: list[tuple[str, str | None]] = [
    (dashboard(cell(METRIC, 8)), None),
    (dashboard(cell(METRIC, -1)), OUTSIDE),
    (dashboard(cell(METRIC, 0, -1)), OUTSIDE),
    (dashboard(cell(METRIC, 0, 0, 0)), OUTSIDE),
    (dashboard(cell(METRIC, 0, 0, 4, 0)), OUTSIDE),
    (dashboard(cell(METRIC, 4, 4), cell(METRIC, 0, 4), cell(METRIC, 8, 4), cell(METRIC, 4, 0), cell(METRIC, 4, 8)),
     None),
    (dashboard(cell(METRIC, 4, 4), cell(METRIC, 1, 4)), "Dashboard components overlap"),
    (dashboard(cell(METRIC, 4, 4), cell(METRIC, 4, 7)), "Dashboard components overlap"),
    (dashboard(cell(METRIC, 4, 4), cell(METRIC, 4, 1)), "Dashboard components overlap"),
    (dashboard(*(cell(METRIC, 0, 4 * row) for row in range(20))), None),
    (dashboard(cell(FILTERED), more=source_filter(0)), "dashboardFilters: a filter has 1 to 50 options"),
    (dashboard(cell(FILTERED), more=source_filter(50)), None),
    (dashboard(cell(FILTERED), more=source_filter(51)), "dashboardFilters: a filter has 1 to 50 options"),
    (dashboard(cell(FILTERED.replace("LEAD_SOURCE</column>", "Nope</column>")), more=source_filter(1)),
     "dashboardFilterColumns-column: Invalid value specified: Nope"),
    (dashboard(cell(component("Metric", COUNT * 2))),
     "dashboardComponent-chartSummary: Invalid value specified: RowCount"),
    (dashboard(cell(component("Bar", COUNT + GROUPED))), None),
    (dashboard(cell(component("Table", COLUMNS.format("", "LAST_NAME"), "SLA/Few"))), None),
    (dashboard(cell(component("Bar", COUNT + GROUPED, "SLA/Few"))),
     "A component of type Bar needs a report with groupings."),
    (dashboard(cell(component("Table", COLUMNS.format(SUM, "Lead.Minutes__c"), "SLA/Sums"))), None),
    (dashboard(cell(component("Table", COLUMNS.format(SUM, "LAST_NAME")))),
     "dashboardTableColumn-column: Invalid value specified: LAST_NAME"),
    (dashboard(cell(component("Gauge", COUNT, more=GAUGE.format(100, 0, 75, 85)))), None),
    (dashboard(cell(component("Gauge", COUNT, more=GAUGE.format(5, 5, 5, 5)))),
     "gaugeMin, breakpoints and gaugeMax must ascend, not 5, 5, 5, 5"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), BOARDS)
def test_the_edges_of_dashboards(org: Org, text: str, problem: str | None) -> None:
    assert put_report(org, report(BY_SOURCE)).success
    assert put_report(org, report(LIMIT + LAST + SORTED, "Tabular"), "Few").success
    assert put_report(org, report(column("Lead.Minutes__c", "Sum") + BY_SOURCE), "Sums").success
    assert put_dashboard(org, text) == ([] if problem is None else [problem])

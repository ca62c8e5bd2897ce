"""Mistake → what the server says; and what is saved comes back and changes nothing when it is deployed again."""

from __future__ import annotations

import io
import zipfile

import pytest
from analytics_packages import (
    DASHBOARDS,
    FOLDER,
    across,
    column,
    criteria,
    deploy,
    down,
    formula,
    frame,
    problems,
    put_report,
    report,
    with_fields,
    xml_file,
)

from provisioner.emulator.salesforce.metadata.packages.manifest import read_manifest
from provisioner.emulator.salesforce.metadata.retrieving.retrieve import retrieve
from provisioner.emulator.salesforce.state.org import Org

LAST = column("LAST_NAME")
BY_SOURCE = LAST + down("LEAD_SOURCE")
CHART = (
    "<chart><chartSummaries><axisBinding>y</axisBinding><column>RowCount</column></chartSummaries>"
    "<chartType>VerticalColumn</chartType><groupingColumn>LEAD_SOURCE</groupingColumn>"
    "<legendPosition>Right</legendPosition><location>CHART_TOP</location><size>Medium</size>"
    "<summaryAxisRange>Auto</summaryAxisRange></chart>"
)
NUMBERS = (
    "<buckets><bucketType>number</bucketType><developerName>BucketField_Speed</developerName>"
    "<masterLabel>Speed</masterLabel><sourceColumnName>Lead.Minutes__c</sourceColumnName><useOther>false</useOther>"
    "<values><sourceValues><to>10</to></sourceValues><value>Fast</value></values>"
    "<values><sourceValues><from>10</from></sourceValues><value>Slow</value></values></buckets>"
)


def filtered(*items: str, logic: str = "") -> str:
    shown = f"<booleanFilter>{logic}</booleanFilter>" if logic else ""
    return f"<filter>{shown}{''.join(items)}</filter>"


@pytest.fixture
def org(org_in_process: Org) -> Org:
    return with_fields(org_in_process)


ONE = criteria("CITY", "equals", "x")
NOT_MODELLED = "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model {}."
MISTAKES: list[tuple[str, str]] = [
    (report(LAST, "Tabular", kind="Nope"), "invalid report type"),
    (report(LAST, "Tabular", kind="SLA_Leads"), "invalid report type"),
    (report(LAST, "Tabular", kind="CustomEntity$Lead"), "invalid report type"),
    (report("", "Tabular"), "Required field is missing: columns"),
    (report(column("LastName"), "Tabular"), "columns-field: Invalid value specified: LastName"),
    (report(column("Lead.LeadSource"), "Tabular"), "columns-field: Invalid value specified: Lead.LeadSource"),
    (report(column("Lead.Nope__c"), "Tabular"), "columns-field: Invalid value specified: Lead.Nope__c"),
    (report(column("Lead$Minutes__c"), "Tabular"), "columns-field: Invalid value specified: Lead$Minutes__c"),
    (report(LAST + LAST, "Tabular"), "columns-field: duplicate value found: LAST_NAME"),
    (report(column("LEAD_SOURCE") + BY_SOURCE),
     "columns-field: LEAD_SOURCE is a grouping and cannot be a column, too"),
    (report(column("LAST_NAME", "Sum") + down("CITY")), "columns-aggregateTypes: Invalid value specified: Sum"),
    (report(column("CREATED_DATE", "Average") + down("CITY")),
     "columns-aggregateTypes: Invalid value specified: Average"),
    (report(column("Lead.Breached__c", "Unique") + down("CITY")),
     "columns-aggregateTypes: Invalid value specified: Unique"),
    (report(column("Lead.Minutes__c", "Median") + down("CITY")),
     NOT_MODELLED.format("the summary Median of a report column")),
    (report(BY_SOURCE, scope="organization"), "scope: Invalid value specified: organization"),
    (report(BY_SOURCE, scope="everyone"), "scope: Invalid value specified: everyone"),
    (report(BY_SOURCE, "Tabular"), "Groupings are not supported on a tabular report."),
    (report(LAST), "Required field is missing: groupingsDown"),
    (report(BY_SOURCE, "Matrix"), "Required field is missing: groupingsAcross"),
    (report(BY_SOURCE + across("CITY")), "groupingsAcross-field: Invalid value specified: CITY"),
    (report(LAST + down("CITY") + down("STATE") + down("COUNTRY") + down("RATING")),
     "groupingsDown: at most 3 groupings are allowed in a Summary report, not 4"),
    (report(LAST + across("RATING") + down("CITY") + down("STATE") + down("COUNTRY"), "Matrix"),
     "groupingsDown: at most 2 groupings are allowed in a Matrix report, not 3"),
    (report(LAST + across("CITY") + down("CITY"), "Matrix"), "groupingsDown-field: duplicate value found: CITY"),
    (report(LAST + down("Nope")), "groupingsDown-field: Invalid value specified: Nope"),
    (report(LAST + down("Lead.Tags__c")), "groupingsDown-field: Invalid value specified: Lead.Tags__c"),
    (report(LAST + down("CREATED_DATE", "FiscalWeek")), NOT_MODELLED.format("grouping by FiscalWeek")),
    (report(LAST, "MultiBlock"), NOT_MODELLED.format("joined reports")),
    (report(BY_SOURCE + filtered(criteria("LEAD.IS_CONVERTED", "equals", "0"))),
     "filter-criteriaItems-column: Invalid value specified: LEAD.IS_CONVERTED"),
    (report(BY_SOURCE + filtered(criteria("CITY", "includes", "x"))),
     "filter-criteriaItems-operator: Invalid value specified: includes"),
    (report(BY_SOURCE + filtered(criteria("CONVERTED", "equals", "no"))),
     "filter-criteriaItems-value: Invalid value specified: no"),
    (report(BY_SOURCE + filtered(criteria("Lead.Minutes__c", "greaterThan", "ten"))),
     "filter-criteriaItems-value: Invalid value specified: ten"),
    (report(BY_SOURCE + filtered(criteria("Lead.Minutes__c", "greaterThan", ""))),
     "filter-criteriaItems-value: Invalid value specified: "),
    (report(BY_SOURCE + filtered(criteria("CREATED_DATE", "equals", "2026-01-05"))),
     "filter-criteriaItems-value: Invalid value specified: 2026-01-05"),
    (report(BY_SOURCE + filtered(*[ONE] * 21)), "filter-criteriaItems: at most 20 filters are allowed"),
    (report(BY_SOURCE + filtered(ONE, ONE, logic="1 OR 1")),
     "Some filter conditions are defined but not referenced in your filter logic."),
    (report(BY_SOURCE + filtered(ONE, logic="1 AND 2")),
     "filter-booleanFilter: Invalid value specified: 1 AND 2"),
    (report(BY_SOURCE + filtered(ONE, ONE, ONE, logic="1 AND 2 OR 3")),
     "filter-booleanFilter: Invalid value specified: 1 AND 2 OR 3"),
    (report(BY_SOURCE + frame("INTERVAL_TODAY", "CITY")), "timeFrameFilter-dateColumn: Invalid value specified: CITY"),
    (report(BY_SOURCE + frame("INTERVAL_TODAY", "CreatedDate")),
     "timeFrameFilter-dateColumn: Invalid value specified: CreatedDate"),
    (report(BY_SOURCE + frame("THIS_FISCALWEEK")), NOT_MODELLED.format("the interval THIS_FISCALWEEK")),
    (report(BY_SOURCE + frame("INTERVAL_CURMONTH")),
     "'INTERVAL_CURMONTH' is not a valid value for the enum 'UserDateInterval'"),
    (report(formula("PARENTGROUPVAL(RowCount, LEAD_SOURCE)") + BY_SOURCE),
     "Invalid custom summary formula definition: You must select a grouping context to use any report summary "
     "function"),
    (report(formula("Minutes__c:SUM") + BY_SOURCE),
     "Invalid custom summary formula definition: Field Minutes__c:SUM does not exist. Check spelling."),
    (report(formula("Lead.Minutes__c") + BY_SOURCE),
     "Invalid custom summary formula definition: Field Lead.Minutes__c does not exist. Check spelling."),
    (report(formula("LAST_NAME:MAX") + BY_SOURCE),
     "Invalid custom summary formula definition: Field LAST_NAME:MAX does not exist. Check spelling."),
    (report(formula("Lead.Rate__c:AVG") + BY_SOURCE),
     "Invalid custom summary formula definition: The emulator does not model percent fields in summary formulas."),
    (report(formula("RowCount", more="<downGroupingContext>CITY</downGroupingContext>") + BY_SOURCE),
     "aggregates-downGroupingContext: Invalid value specified: CITY"),
    (report(formula("RowCount", scale=19) + BY_SOURCE), "aggregates-scale: Invalid value specified: 19"),
    (report(formula("RowCount") + formula("RowCount") + BY_SOURCE),
     "aggregates-developerName: Invalid value specified: FORMULA1"),
    (report(formula("RowCount") + LAST, "Tabular"),
     "Custom summary formulas are not supported on a tabular report."),
    (report(BY_SOURCE + CHART.replace("<groupingColumn>LEAD_SOURCE", "<groupingColumn>CITY")),
     "chart-groupingColumn: Invalid value specified: CITY"),
    (report(BY_SOURCE + CHART.replace("VerticalColumn", "VerticalColumnStacked")),
     "chart-secondaryGroupingColumn: Invalid value specified: None"),
    (report(BY_SOURCE + CHART.replace("<column>RowCount", "<column>FORMULA1")),
     NOT_MODELLED.format("a chart summary that the report does not have (FORMULA1)")),
    (report(BY_SOURCE + CHART.replace("<size>Medium</size>", "")), "Required field is missing: size"),
    (report(BY_SOURCE + CHART.replace("VerticalColumn", "Scatter")), NOT_MODELLED.format("charts of type Scatter")),
    (report(LAST + CHART, "Tabular"), "Charts are not supported on a tabular report."),
    (report(NUMBERS.replace("BucketField_Speed", "Speed") + BY_SOURCE),
     "buckets-developerName: Invalid value specified: Speed"),
    (report(NUMBERS.replace("<sourceColumnName>Lead.Minutes__c", "<sourceColumnName>CITY") + BY_SOURCE),
     "buckets-bucketType: Invalid value specified: number"),
    (report(NUMBERS.replace("<from>10", "<from>11") + BY_SOURCE),
     "buckets-values: Invalid value specified: 11..None"),
    (report(BY_SOURCE + "<params><name>open</name><value>all</value></params>"),
     NOT_MODELLED.format("the report parameter open=all")),
    (report(LAST + "<sortColumn>CITY</sortColumn><sortOrder>Asc</sortOrder>", "Tabular"),
     "The sort column name must be from a selected column."),
    (report(BY_SOURCE).replace("A report<", f"{'n' * 41}<"),
     f"name: data value too large: {'n' * 41} (max length=40)"),
    (report(BY_SOURCE + f"<description>{'d' * 256}</description>"),
     f"description: data value too large: {'d' * 256} (max length=255)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), MISTAKES)
def test_mistakes_of_reports(org: Org, text: str, problem: str) -> None:
    assert problems(put_report(org, text)) == [problem]
    assert org.metadata.components.all("Report") == []


def test_folders_and_names(org: Org) -> None:
    text = report(BY_SOURCE)
    lost = deploy(org, {"Report": ["SLA/R"]}, {"reports/SLA/R.report": text})
    assert problems(lost) == ["Cannot find folder:SLA"]
    odd = deploy(
        org, {"Report": ["SLA", "SLA/My R"]}, {"reports/SLA-meta.xml": FOLDER, "reports/SLA/My R.report": text}
    )
    assert problems(odd) == ["Invalid report Unique Name"]
    public = deploy(org, {"Report": ["unfiled$public/R"]}, {"reports/unfiled$public/R.report": text})
    assert problems(public) == []
    share = (
        "<folderShares><accessLevel>View</accessLevel><sharedTo>{}</sharedTo><sharedToType>{}</sharedToType>"
        "</folderShares>"
    )
    for name, kind, problem in (
        ("AllInternalUsers", "Group", None), ("AllInternalUsers", "Organization", None),
        ("Nobody", "Group", "In field: sharedTo - no Group named Nobody found"),
        ("x@y.example", "User", "In field: sharedTo - no User named x@y.example found"),
    ):  # fmt: skip
        folder = xml_file("ReportFolder", f"<accessType>Public</accessType>{share.format(name, kind)}<name>S</name>")
        found = problems(deploy(org, {"Report": ["SLA"]}, {"reports/SLA-meta.xml": folder}))
        assert found == ([] if problem is None else [problem])
    hidden = xml_file("ReportFolder", "<accessType>Hidden</accessType><name>S</name>")
    found = problems(deploy(org, {"Report": ["SLA"]}, {"reports/SLA-meta.xml": hidden}))
    assert found == [NOT_MODELLED.format("folders of access type Hidden")]


TYPE = (
    "<baseObject>{base}</baseObject><deployed>true</deployed>{join}<label>L</label><sections><columns>"
    "<checkedByDefault>true</checkedByDefault><field>{field}</field><table>{table}</table></columns>"
    "<masterLabel>S</masterLabel></sections>"
)
JOIN = "<join><outerJoin>true</outerJoin><relationship>{}</relationship></join>"


@pytest.mark.parametrize(
    ("base", "join", "field", "table", "problem"),
    [
        ("Nope__c", "", "Name", "Nope__c", "no CustomObject named Nope__c found"),
        ("Lead", "", "Nope__c", "Lead", "Could not find field Nope__c in table Lead"),
        ("Lead", "", "OwnerId", "Lead", "Could not find field OwnerId in table Lead"),
        ("Lead", "", "Name", "Owner", "Could not find table for path Owner"),
        ("Lead", JOIN.format("Nope__r"), "Name", "Lead", "Could not find table for path Lead.Nope__r"),
        ("Lead", JOIN.format("Tasks"), "Name", "Lead",
         NOT_MODELLED.format("the standard relationship Tasks in report types")),
    ],
)  # fmt: skip
def test_mistakes_of_report_types(org: Org, base: str, join: str, field: str, table: str, problem: str) -> None:
    text = xml_file("ReportType", TYPE.format(base=base, join=join, field=field, table=table))
    assert problems(deploy(org, {"ReportType": ["T"]}, {"reportTypes/T.reportType": text})) == [problem]


def component(kind: str, body: str, name: str = "SLA/R", more: str = "") -> str:
    return (
        f"<dashboardComponent><autoselectColumnsFromReport>false</autoselectColumnsFromReport>{body}"
        f"<componentType>{kind}</componentType><header>H</header><report>{name}</report>{more}</dashboardComponent>"
    )


def cell(inner: str, left: int = 0, top: int = 0, wide: int = 4, high: int = 4) -> str:
    return (
        f"<dashboardGridComponents><colSpan>{wide}</colSpan><columnIndex>{left}</columnIndex>{inner}"
        f"<rowIndex>{top}</rowIndex><rowSpan>{high}</rowSpan></dashboardGridComponents>"
    )


def dashboard(*cells: str, more: str = "", title: str = "A board", kind: str = "") -> str:
    return xml_file(
        "Dashboard",
        "<backgroundEndColor>#FFFFFF</backgroundEndColor><backgroundFadeDirection>Diagonal</backgroundFadeDirection>"
        f"<backgroundStartColor>#FFFFFF</backgroundStartColor>{more}<dashboardGridLayout>{''.join(cells)}"
        f"<numberOfColumns>12</numberOfColumns><rowHeight>36</rowHeight></dashboardGridLayout>{kind}"
        f"<textColor>#000000</textColor><title>{title}</title><titleColor>#000000</titleColor><titleSize>12</titleSize>",
    )


COUNT = "<chartSummary><column>RowCount</column></chartSummary>"
GROUPED = "<groupingColumn>LEAD_SOURCE</groupingColumn>"
METRIC = component("Metric", COUNT)
GAUGE = (
    "<gaugeMax>{}</gaugeMax><gaugeMin>{}</gaugeMin><indicatorBreakpoint1>{}</indicatorBreakpoint1>"
    "<indicatorBreakpoint2>{}</indicatorBreakpoint2>"
)
BOARD_MISTAKES: list[tuple[str, str]] = [
    (dashboard(cell(component("Metric", COUNT, "SLA/Nope"))), "In field: report - no Report named SLA/Nope found"),
    (dashboard(cell(component("Metric", COUNT, "SLA"))), "In field: report - no Report named SLA found"),
    (dashboard(cell(component("Metric", ""))), "Required field is missing: chartSummary"),
    (dashboard(cell(component("Metric", COUNT.replace("RowCount", "FORMULA9")))),
     "dashboardComponent-chartSummary-column: Invalid value specified: FORMULA9"),
    (dashboard(cell(component("Metric", COUNT.replace("<column>RowCount", "<aggregate>Sum</aggregate><column>"
                                                      "Lead.Minutes__c")))),
     "dashboardComponent-chartSummary-column: Invalid value specified: Lead.Minutes__c"),
    (dashboard(cell(component("Donut", COUNT))), "A component of type Donut needs 1 groupingColumn, not 0"),
    (dashboard(cell(component("ColumnStacked", COUNT + GROUPED))),
     "A component of type ColumnStacked needs 2 groupingColumn, not 1"),
    (dashboard(cell(component("Bar", COUNT + GROUPED.replace("LEAD_SOURCE", "CITY")))),
     "dashboardComponent-groupingColumn: Invalid value specified: CITY"),
    (dashboard(cell(component("Bar", COUNT, more="<useReportChart>true</useReportChart>"))),
     "dashboardComponent-useReportChart: Invalid value specified: true"),
    (dashboard(cell(component("Scatter", COUNT + GROUPED))),
     NOT_MODELLED.format("dashboard components of type Scatter")),
    (dashboard(cell(component("Gauge", COUNT))), "Required field is missing: gaugeMin"),
    (dashboard(cell(component("Gauge", COUNT, more=GAUGE.format(100, 0, 85, 75)))),
     "gaugeMin, breakpoints and gaugeMax must ascend, not 0, 85, 75, 100"),
    (dashboard(cell(component("Metric", COUNT, "SLA/Flat"))),
     "A tabular report needs a row limit to be used in a dashboard."),
    (dashboard(cell(component("Table", "<dashboardTableColumn><column>CITY</column></dashboardTableColumn>"))),
     "dashboardTableColumn-column: Invalid value specified: CITY"),
    (dashboard(cell(METRIC), cell(METRIC, 3)), "Dashboard components overlap"),
    (dashboard(cell(METRIC, 9)), "A dashboard component reaches outside the grid of 12 columns"),
    (dashboard(*(cell(METRIC, 0, 4 * row) for row in range(21))),
     "MAXIMUM_DASHBOARD_COMPONENTS_EXCEEDED: A dashboard can have at most 20 components, not 21"),
    (dashboard(cell(METRIC), title="t" * 41), f"title: data value too large: {'t' * 41} (max length=40)"),
    (dashboard(cell(METRIC).replace("<header>H", f"<header>{'h' * 81}")),
     f"header: data value too large: {'h' * 81} (max length=80)"),
    (dashboard(cell(METRIC), more="<dashboardFilters><dashboardFilterOptions><operator>equals</operator><values>Web"
               "</values></dashboardFilterOptions><name>Source</name></dashboardFilters>"),
     "dashboardFilterColumns: 1 filters need as many columns, not 0"),
]  # fmt: skip


def put_dashboard(org: Org, text: str, name: str = "D") -> list[str | None]:
    files = {"dashboards/SLA-meta.xml": DASHBOARDS, f"dashboards/SLA/{name}.dashboard": text}
    return problems(deploy(org, {"Dashboard": ["SLA", f"SLA/{name}"]}, files))


@pytest.mark.parametrize(("text", "problem"), BOARD_MISTAKES)
def test_mistakes_of_dashboards(org: Org, text: str, problem: str) -> None:
    assert put_report(org, report(BY_SOURCE)).success
    assert put_report(org, report(LAST, "Tabular"), "Flat").success
    assert put_dashboard(org, text) == [problem]


def test_dashboards_need_a_folder_and_a_name(org: Org) -> None:
    assert put_report(org, report(BY_SOURCE)).success
    text = dashboard(cell(METRIC))
    assert put_dashboard(org, text, "Bad-Name") == ["Invalid dashboard Unique Name"]
    lost = deploy(org, {"Dashboard": ["No/D"]}, {"dashboards/No/D.dashboard": text})
    assert problems(lost) == ["Cannot find folder:No"]


def test_an_edition_has_room_for_so_many_dynamic_dashboards(org: Org) -> None:
    assert put_report(org, report(BY_SOURCE)).success
    text = dashboard(cell(METRIC), kind="<dashboardType>LoggedInUser</dashboardType>")
    assert [put_dashboard(org, text, f"D{n}") for n in range(5)] == [[]] * 5
    assert put_dashboard(org, text, "D5") == ["dashboardType: this organization can have at most 5 dynamic dashboards"]
    assert put_dashboard(org, text, "D3") == []


def test_what_is_retrieved_can_be_deployed_and_changes_nothing(org: Org) -> None:
    text = report(BY_SOURCE + filtered(criteria("CITY", "notEqual", "")) + frame("INTERVAL_THISMONTH") + CHART)
    assert put_report(org, text).success
    assert put_dashboard(org, dashboard(cell(component("Donut", COUNT + GROUPED)))) == []
    members = {"Dashboard": ["SLA", "SLA/D"], "Report": ["SLA", "SLA/R"]}
    wanted = "".join(
        "<types>" + "".join(f"<members>{one}</members>" for one in names) + f"<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    manifest = read_manifest(xml_file("Package", f"{wanted}<version>66.0</version>").encode())
    found = retrieve(org, org.metadata.components, manifest, single_package=True)
    assert found.messages == []
    with zipfile.ZipFile(io.BytesIO(found.zip)) as source:
        files = {name: source.read(name).decode() for name in source.namelist() if name != "package.xml"}
    assert sorted(files) == [
        "dashboards/SLA-meta.xml", "dashboards/SLA/D.dashboard", "reports/SLA-meta.xml", "reports/SLA/R.report",
    ]  # fmt: skip
    assert "<dateGranularity>Day</dateGranularity>" in files["reports/SLA/R.report"]
    assert "<runningUser>admin@example.com</runningUser>" in files["dashboards/SLA/D.dashboard"]
    again = deploy(org, members, files)
    assert [(one.full_name, one.changed) for one in again.successes if one.component_type] == [
        ("SLA", False), ("SLA/R", False), ("SLA", False), ("SLA/D", False),
    ]  # fmt: skip

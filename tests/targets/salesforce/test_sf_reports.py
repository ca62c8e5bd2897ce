"""Reports, dashboards and list views: only what exists is named, a design gets what it asks for, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import contract
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.designs import compiled, read
from test_sf_render import example, files, snapshot

from provisioner.model.design import Design
from provisioner.planning.plan import Cause, Change
from provisioner.resources import Address, Resource, Snapshot, fingerprint
from provisioner.targets.registry import load_target
from provisioner.targets.salesforce.compare import compare
from provisioner.targets.salesforce.dependencies import needs
from provisioner.targets.salesforce.fidelity import statement
from provisioner.targets.salesforce.meanings import meanings
from provisioner.targets.salesforce.package import members
from provisioner.targets.salesforce.reporting.dashboards import boards
from provisioner.targets.salesforce.session.removal import destructive_files

WORDS = [
    "trend", "delay_split", "compliance_by_type", "compliance_by_rep", "compliance_by_team", "compliance_by_source",
    "compliance_by_week", "breaches_today", "aging_open_clocks", "conversion_funnel", "rejection_reasons",
    "rep_scores", "leakage",
]  # fmt: skip
STAGES = {"mql": "A", "sal": "B", "sql": "C", "won": "D", "kept": "E", "loved": "F", "recycled": "R"}
REASONS = ["No budget", "No authority", "No need", "Bad timing", "Competitor"]
TARGETS = {
    "compliance": {"good": "87.5%", "red": "75%"},
    "systems_delay": {"good": "2m", "yellow": "5m", "red": "15m", "critical": "30m"},
}
HOSTILE = "<b>\"R&D\"</b> {!Lead.Name} ]]> & 'co'"
# [docs] reference/salesforce.md 7.4, 7.6
REPORT_COLUMNS = {"LAST_NAME", "COMPANY", "OWNER", "LEAD_SOURCE", "CREATED_DATE", "CONVERTED", "RowCount"}
VIEW_COLUMNS = {"FULL_NAME", "LEAD.COMPANY", "LEAD.STATUS", "CORE.USERS.ALIAS"}


def document(*, stages: Mapping[str, str] | None = STAGES, **reports: Any) -> dict[str, Any]:
    found = example() | {"targets": TARGETS, "recycling": {"reasons": REASONS}}
    if stages is not None:
        found["telemetry"]["stages"] = {"field": "Status", "values": dict(stages)}
    asked = {"folder": "Speed", "include": WORDS, "dashboard": True} | reports
    return found | {"reports": {name: value for name, value in asked.items() if value is not None}}


def design(**reports: Any) -> Design:
    return compiled(document(**reports))


EMEA = {"id": "emea", "label": "EMEA", "lead_types": ["emea_demo"]}
FULL = design(dashboards=[EMEA])


@pytest.fixture(scope="module", params=[contract.OLDER, contract.CURRENT], ids=["63", "66"])
def schema(request: pytest.FixtureRequest) -> Any:
    if not request.param.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    return contract.schema(request.param)


asked_for = st.builds(
    design,
    include=st.lists(st.sampled_from(WORDS), min_size=1, unique=True),
    dashboard=st.booleans(),
    dashboards=st.none()
    | st.just([EMEA, {"id": "x" * 40, "label": "L" * 80, "lead_types": ["demo_request", "emea_demo"]}]),
    folder=st.sampled_from(["Speed", HOSTILE, "F" * 80]),
    stages=st.sampled_from([None, {"mql": "A"}, STAGES]),
)
SLOW = settings(deadline=None, max_examples=20)


@SLOW
@given(asked_for)
def test_whatever_is_asked_for_is_valid_metadata(schema: Any, design: Design) -> None:
    assert contract.problems(schema, files(design)) == []


def of_kind(found: Snapshot, *kinds: str) -> list[Resource]:
    return [item for item in found if item.address.kind in kinds]


def tiles(board: Resource) -> list[dict[str, Any]]:
    placed = board.attributes["dashboardGridLayout"]["dashboardGridComponents"]
    return [item["dashboardComponent"] for item in placed]


@SLOW
@given(asked_for)
def test_only_what_is_there_is_named(design: Design) -> None:
    """Every column is a standard one or a field of ours that is deployed; what a tile shows, its report has."""
    found = snapshot(design)
    own = {item.address.name for item in of_kind(found, "CustomField")}
    reports = {item.address.name: item.attributes for item in of_kind(found, "Report")}
    for report in reports.values():
        groups = [item["field"] for item in report["groupingsDown"]]
        columns = [item["field"] for item in report["columns"]]
        filtered = [item["column"] for item in report.get("filter", {}).get("criteriaItems", ())]
        assert {*groups, *columns, *filtered, report["timeFrameFilter"]["dateColumn"]} <= own | REPORT_COLUMNS
        assert len({*groups, *columns}) == len(groups) + len(columns), "a grouped column is not repeated"
        for formula in report.get("aggregates", ()):
            summed = {
                word.strip("()").partition(":")[0] for word in formula["calculatedFormula"].split() if ":" in word
            }
            assert {word.removeprefix("IF(") for word in summed} <= set(columns)
    for board in of_kind(found, "Dashboard"):
        for tile in tiles(board):
            report = reports[tile["report"]]
            shown = tile["chartSummary"][0]
            formulas = {item["developerName"] for item in report.get("aggregates", ())}
            summaries = {(item["field"], kind) for item in report["columns"] for kind in item.get("aggregateTypes", ())}
            assert (shown["column"], shown.get("aggregate")) in summaries or shown["column"] in {"RowCount", *formulas}
            assert tile.get("groupingColumn", []) in ([], [report["groupingsDown"][0]["field"]])
    for view in of_kind(found, "ListView"):
        named = {*view.attributes["columns"], *(item["field"] for item in view.attributes["filters"])}
        assert {f"Lead.{name}" for name in named - VIEW_COLUMNS} <= own


@SLOW
@given(asked_for)
def test_everything_is_as_short_and_as_few_as_the_vendor_wants(design: Design) -> None:
    found = snapshot(design)
    for item in of_kind(found, "Report"):
        assert len(item.attributes["name"]) <= 40 and len(item.attributes["description"]) <= 255
        assert len(item.address.name.partition("/")[2]) <= 80 and len(item.attributes.get("aggregates", ())) <= 5
        assert all(len(formula["masterLabel"]) <= 40 for formula in item.attributes.get("aggregates", ()))
    for board in of_kind(found, "Dashboard"):
        assert len(board.attributes["title"]) <= 40 and len(board.attributes["description"]) <= 255
        assert 0 < len(tiles(board)) <= 20
        assert all(len(tile["header"]) <= 80 for tile in tiles(board))
        placed = board.attributes["dashboardGridLayout"]["dashboardGridComponents"]
        cells = [(item["columnIndex"], item["rowIndex"], item["colSpan"], item["rowSpan"]) for item in placed]
        assert len({cell[:2] for cell in cells}) == len(cells)
        assert all(cell[0] in ("0", "4", "8") and int(cell[1]) % 6 == 0 and cell[2:] == ("4", "6") for cell in cells)
    for view in of_kind(found, "ListView"):
        assert len(view.attributes["label"]) <= 40


def test_who_asks_for_no_reports_gets_nothing_of_them() -> None:
    without = document()
    del without["reports"]
    before, after = snapshot(compiled(without)).resources, snapshot(FULL).resources
    brought = sorted(str(address) for address in after.keys() - before.keys() if address.kind != "Report")
    assert brought == [
        "CustomField:Lead.STL_Age_Minutes__c", "CustomField:Lead.STL_Kept_Reached__c",
        "CustomField:Lead.STL_Lead_Type_Id__c", "CustomField:Lead.STL_Leakage__c",
        "CustomField:Lead.STL_Loved_Reached__c", "CustomField:Lead.STL_Mql_Reached__c",
        "CustomField:Lead.STL_Owner_Team__c", "CustomField:Lead.STL_Response_Score__c",
        "CustomField:Lead.STL_SLA_Hits__c", "CustomField:Lead.STL_Sal_Reached__c",
        "CustomField:Lead.STL_Sql_Reached__c", "CustomField:Lead.STL_Won_Reached__c",
        "Dashboard:STL_Dashboards/STL_Speed_To_Lead", "Dashboard:STL_Dashboards/STL_Speed_To_Lead_emea",
        "DashboardFolder:STL_Dashboards", "ListView:Lead.STL_Breached", "ListView:Lead.STL_Mine_At_Risk",
        "ListView:Lead.STL_Open_Clocks", "ManualStep:report_folders", "ReportFolder:STL_Reports",
    ]  # fmt: skip
    assert {address.name for address in after.keys() - before.keys() if address.kind == "Report"} == {
        f"STL_Reports/STL_{word.title()}{about}" for word in WORDS for about in ("", "_emea")
    }
    small = snapshot(design(include=["trend"], dashboard=False))
    fields = {item.address for item in of_kind(small, "CustomField")} - before.keys()
    kinds = sorted(str(item.address) for item in of_kind(small, "Report", "Dashboard", "DashboardFolder"))
    assert (fields, kinds) == (set(), ["Report:STL_Reports/STL_Trend"])


def test_a_folder_is_a_member_of_what_lies_in_it() -> None:
    listed = members(item.address for item in snapshot(design(include=["trend"])) if not item.address.is_by_hand)
    assert listed["Report"] == ["STL_Reports", "STL_Reports/STL_Trend"]
    assert listed["Dashboard"] == ["STL_Dashboards", "STL_Dashboards/STL_Speed_To_Lead"]
    assert listed["ListView"] == ["Lead.STL_Breached", "Lead.STL_Mine_At_Risk", "Lead.STL_Open_Clocks"]


def test_hostile_labels_stay_labels() -> None:
    found = snapshot(design(folder=HOSTILE, dashboards=[EMEA | {"label": HOSTILE}], include=["trend"]))
    said = {str(item.address): item.attributes for item in found}
    assert said["ReportFolder:STL_Reports"] == said["DashboardFolder:STL_Dashboards"] == {"name": HOSTILE}
    assert said["Dashboard:STL_Dashboards/STL_Speed_To_Lead_emea"]["title"] == HOSTILE[:40].strip()
    assert said["Report:STL_Reports/STL_Trend_emea"]["name"] == "Speed to lead by day: emea"


@pytest.mark.parametrize("ids", [("americas", "emea"), ("north_america", "north_asia"), ("a" * 40, "b" * 40)])
def test_reports_of_several_dashboards_have_names_that_tell_them_apart(ids: tuple[str, str]) -> None:
    """A report's name holds 40 characters, [docs] 7.4: a long label would cut off what differs."""
    asked = [{"id": id, "label": f"Speed to Lead of {id}", "lead_types": ["emea_demo"]} for id in ids]
    reports = [item for item in snapshot(design(dashboards=asked)) if item.address.kind == "Report"]
    names = [str(item.attributes["name"]) for item in reports]
    assert len(names) == len(WORDS) * 3
    assert (len(set(names)), max(map(len, names)) <= 40) == (len(names), True)


def test_reports_are_about_this_month_but_for_what_is_about_now() -> None:
    found = {item.address.name[16:]: item.attributes for item in of_kind(snapshot(design()), "Report")}
    times = {name: tuple(report["timeFrameFilter"].values()) for name, report in found.items()}
    month = ("Lead.STL_Engaged_At__c", "INTERVAL_THISMONTH")
    assert times == {word.title(): month for word in WORDS} | {
        "Aging_Open_Clocks": ("CREATED_DATE", "INTERVAL_CUSTOM"),
        "Breaches_Today": ("Lead.STL_SLA_Due_At__c", "INTERVAL_TODAY"),
        "Leakage": ("CREATED_DATE", "INTERVAL_THISMONTH"),
    }
    assert {report["scope"] for report in found.values()} == {"org"}


def test_a_dashboard_about_some_types_reads_reports_about_these() -> None:
    found = snapshot(design(dashboards=[{"id": "two", "label": "Two", "lead_types": ["emea_demo", "demo_request"]}]))
    about = {"column": "Lead.STL_Lead_Type_Id__c", "columnToColumn": "false", "isUnlocked": "true"}
    about |= {"operator": "equals", "value": "emea_demo,demo_request"}
    board = found.resources[Address("Dashboard", "STL_Dashboards/STL_Speed_To_Lead_two")]
    for name in {tile["report"] for tile in tiles(board)}:
        assert found.resources[Address("Report", name)].attributes["filter"]["criteriaItems"][-1] == about


def formula(word: str) -> str:
    text = snapshot(FULL).resources[Address("CustomField", f"Lead.STL_{word}__c")].attributes["formula"]
    return str(text).replace("STL_", "").replace("__c", "")


def test_points_are_those_of_the_semantics() -> None:
    """docs/semantics.md, "Response score"."""
    steps = "".join(
        f"IF(Response_Minutes <= {most}, {points}, "
        for most, points in ((5, 10), (15, 8), (30, 6), (60, 4), (240, 2), (1440, 1))
    )
    missed = 'IF(AND(ISBLANK(First_Touch_At), SLA_Result = "Miss"), 0, NULL)'
    assert formula("Response_Score") == f"IF(ISBLANK(Response_Minutes), {missed}, {steps}0)))))))"


def test_who_is_lost() -> None:
    """Nobody who is excluded, was touched or is converted."""
    assert formula("Leakage") == (
        'IF(OR(Excluded, IsConverted, NOT(ISBLANK(First_Touch_At))), "", IF(ISBLANK(Assigned_At), "Never assigned", '
        'IF(ISBLANK(SLA_Started_At), "Assigned without a clock", IF(SLA_Result = "Miss", "Never touched", ""))))'
    )


def test_gauges_turn_where_the_targets_say() -> None:
    board = snapshot(design()).resources[Address("Dashboard", "STL_Dashboards/STL_Speed_To_Lead")]
    shown = [
        [
            tile["header"], tile["gaugeMin"], tile["indicatorLowColor"], tile["indicatorBreakpoint1"],
            tile["indicatorMiddleColor"], tile["indicatorBreakpoint2"], tile["indicatorHighColor"], tile["gaugeMax"],
        ]
        for tile in tiles(board)
        if tile["componentType"] == "Gauge"
    ]  # fmt: skip
    green, yellow, red = "#54C254", "#C2C254", "#C25454"
    assert shown == [
        ["Compliance: % of judged leads touched in time", "0", red, "75", yellow, "87.5", green, "100"],
        ["Systems delay only: average minutes to assignment", "0", green, "2", yellow, "15", red, "30"],
    ]


def test_without_targets_there_is_a_figure_and_no_gauge() -> None:
    without = document(include=["compliance_by_type", "delay_split"])
    del without["targets"]
    board = snapshot(compiled(without)).resources[Address("Dashboard", "STL_Dashboards/STL_Speed_To_Lead")]
    assert [tile["componentType"] for tile in tiles(board)] == ["Metric", "Bar", "Bar", "Bar"]


def test_no_running_user_is_named() -> None:
    found = of_kind(snapshot(FULL), "Dashboard")
    assert [item.attributes.get("runningUser") for item in found] == [None, None]
    assert {item.attributes["dashboardType"] for item in found} == {"SpecifiedUser"}


# ------------------------------------------------------------------ compared

BOARD, TREND = "Dashboard:STL_Dashboards/STL_Speed_To_Lead", "Report:STL_Reports/STL_Trend"
TYPES, VIEW = "Report:STL_Reports/STL_Compliance_By_Type", "ListView:Lead.STL_Mine_At_Risk"


def noisy(item: Resource) -> Resource:
    """As a server gives it back. [docs] reference/salesforce.md 1.10"""
    attributes: Any = deepcopy(dict(item.attributes))
    if item.address.kind == "Report":
        attributes |= {"params": [{"name": "co", "value": "1"}], "chart": {"chartType": "Line"}}
        for group in attributes["groupingsDown"]:
            group.setdefault("dateGranularity", "Day")
    elif item.address.kind == "Dashboard":
        attributes |= {"dashboardChartTheme": "light", "runningUser": "me@acme.example", "owner": "me@acme.example"}
        for tile in (
            item["dashboardComponent"] for item in attributes["dashboardGridLayout"]["dashboardGridComponents"]
        ):
            tile |= {"componentChartTheme": "light", "decimalPrecision": "-1", "groupingSortProperties": {"a": "b"}}
            if tile["componentType"] not in ("Metric", "Gauge"):
                tile |= {"indicatorBreakpoint1": "33", "indicatorHighColor": "#000000", "showRange": "false"}
            else:
                tile |= {"drillEnabled": "false", "useReportChart": "false"}
    elif item.address.kind in ("ReportFolder", "DashboardFolder"):
        attributes |= {"folderShares": {"sharedTo": "AllInternalUsers"}, "accessType": "Public"}
    elif item.address.kind == "ListView":
        attributes |= {"sharedTo": {"group": "AllInternalUsers"}, "language": "en_US"}
    return Resource(item.address, attributes)


KINDS = ("Report", "ReportFolder", "Dashboard", "DashboardFolder", "ListView")


@SLOW
@given(asked_for, asked_for)
def test_a_design_that_changes_is_never_taken_for_somebodys_hand(before: Design, after: Design) -> None:
    """What was deployed looks the same whatever is wanted now: that is how a change by hand is told."""
    wanted = snapshot(after).resources
    for item in of_kind(snapshot(before), *KINDS):
        now = wanted.get(item.address, item)
        assert fingerprint(compare(now, noisy(item)).attributes) == item.fingerprint()


def by_hand(address: str, edit: Callable[[dict[str, Any]], object], design: Design = FULL) -> list[str]:
    item = snapshot(design).resources[Address.parse(address)]
    attributes: Any = deepcopy(dict(noisy(item).attributes))
    edit(attributes)
    live = compare(item, Resource(item.address, attributes))
    assert live.attributes != item.attributes, "it is not noticed"
    return [said.text for said in meanings(Change(live, item, Cause.HAND), design)]


def gauge(attributes: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = attributes["dashboardGridLayout"]["dashboardGridComponents"][0]["dashboardComponent"]
    return found


SUBJECT = "Report Speed to lead by day (STL_Reports/STL_Trend)"
BY_TYPE = "Report Compliance by type (STL_Reports/STL_Compliance_By_Type)"
LIST = "List view Speed to lead: mine, at risk (Lead.STL_Mine_At_Risk)"


@pytest.mark.parametrize(
    ("address", "edit", "said"),
    [
        (TREND, lambda a: a["filter"]["criteriaItems"].pop(), [f"{SUBJECT} counts other leads: its figures change"]),
        (TREND, lambda a: a.update(scope="user"), [f"{SUBJECT} counts the leads of other people: its figures change"]),
        (
            TREND,
            lambda a: a["timeFrameFilter"].update(interval="INTERVAL_LASTMONTH"),
            [f"{SUBJECT} counts another time: its figures change"],
        ),
        (
            TREND,
            lambda a: a["groupingsDown"][0].update(dateGranularity="Week"),
            [f"{SUBJECT} is grouped in another way"],
        ),
        (
            TREND,
            lambda a: a["columns"].append({"field": "EMAIL"}),
            [f"{SUBJECT} shows other columns, or sums them up in another way"],
        ),
        (TREND, lambda a: a.update(rowLimit="10"), [f"{SUBJECT}, rowLimit: 10 -> none"]),
        (
            TYPES,
            lambda a: a["aggregates"][0].update(calculatedFormula="RowCount"),
            [f"{BY_TYPE} works its shares out in another way"],
        ),
        (TYPES, lambda a: a.update(name="Mine"), ["Name of the report STL_Reports/STL_Compliance_By_Type: Mine -> "
                                                  "Compliance by type"]),
        (
            BOARD,
            lambda a: gauge(a).update(indicatorBreakpoint1="10"),
            ["Dashboard Speed (STL_Dashboards/STL_Speed_To_Lead) shows other figures, or its gauges turn red at other "
             "values"],
        ),
        (
            BOARD,
            lambda a: a.update(dashboardType="LoggedInUser"),
            ["Dashboard Speed (STL_Dashboards/STL_Speed_To_Lead) shows what other people may see: its figures change"],
        ),
        (VIEW, lambda a: a.update(filterScope="Everything"), [f"{LIST} lists other leads"]),
        (VIEW, lambda a: a["columns"].pop(), [f"{LIST} shows other columns"]),
        ("ReportFolder:STL_Reports", lambda a: a.update(name="X"), ["Name of the folder of reports STL_Reports: X -> "
                                                                   "Speed"]),
    ],
)  # fmt: skip
def test_what_a_person_changed_is_seen_and_said(
    address: str, edit: Callable[[dict[str, Any]], object], said: list[str]
) -> None:
    assert by_hand(address, edit) == said


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        (TREND, SUBJECT),
        (BOARD, "Dashboard Speed (STL_Dashboards/STL_Speed_To_Lead)"),
        (VIEW, LIST),
        ("ReportFolder:STL_Reports", "Folder of reports STL_Reports"),
        ("DashboardFolder:STL_Dashboards", "Folder of dashboards STL_Dashboards"),
    ],
)
def test_what_comes_and_goes_is_said(address: str, subject: str) -> None:
    item = snapshot(FULL).resources[Address.parse(address)]
    assert [one.text for one in meanings(Change(None, item, Cause.NEW), FULL)] == [f"{subject} is added"]
    assert [one.text for one in meanings(Change(item, None, Cause.DESIGN), FULL)] == [f"{subject} is removed"]


# --------------------------------------------------------- order, rules, words


def test_dashboards_go_before_reports_before_folders_before_fields() -> None:
    """Members in the order in which they are listed; what refers to others is in the first of the two files."""
    doomed = of_kind(snapshot(design(include=["compliance_by_type"])), *KINDS, "CustomField")
    listed = {item.path: item.content.decode() for item in destructive_files(doomed, {})}
    before, after = listed["destructiveChangesPre.xml"], listed["destructiveChangesPost.xml"]
    order = [
        "STL_Dashboards/STL_Speed_To_Lead<", ">STL_Dashboards<", "STL_Reports/STL_Compliance_By_Type<", ">STL_Reports<",
        "Lead.STL_Breached<",
    ]  # fmt: skip
    assert sorted(before.index(word) for word in order) == [before.index(word) for word in order]
    assert "Lead.STL_SLA_Hits__c" in after and "STL_Reports" not in after


def test_a_report_brings_along_its_folder_and_its_fields() -> None:
    found = snapshot(FULL)
    report = found.resources[Address("Report", "STL_Reports/STL_Rep_Scores")]
    named = {str(address) for address in needs(report, found)}
    assert named == {
        "CustomField:Lead.STL_Engaged_At__c", "CustomField:Lead.STL_Response_Minutes__c",
        "CustomField:Lead.STL_Response_Score__c", "ReportFolder:STL_Reports",
    }  # fmt: skip
    board = found.resources[Address("Dashboard", "STL_Dashboards/STL_Speed_To_Lead")]
    reports = {f"Report:STL_Reports/STL_{word.title()}" for word in WORDS}
    assert reports | {"DashboardFolder:STL_Dashboards"} <= {str(address) for address in needs(board, found)}
    assert not {str(address) for address in needs(board, found)} & {f"{word}_emea" for word in reports}


def findings(document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    _, said = load_target("salesforce").desire(compiled(document), read(document).locate)
    return [(item.code, item.severity, item.pointer, item.detail) for item in said]


def test_what_cannot_be_counted_is_said_and_left_out() -> None:
    asked = document(include=["conversion_funnel", "rejection_reasons", "trend"], stages=None)
    del asked["recycling"], asked["targets"]
    assert findings(asked) == [
        ("S225", "warning", "/reports/include/0", "The report conversion_funnel needs telemetry.stages, which the "
         "design does not have; it is not deployed."),
        ("S225", "warning", "/reports/include/1", "The report rejection_reasons needs recycling.reasons, which the "
         "design does not have; it is not deployed."),
    ]  # fmt: skip
    made = [item.address.name for item in of_kind(snapshot(compiled(asked)), "Report")]
    assert made == ["STL_Reports/STL_Trend"]


def test_targets_without_a_gauge_and_long_titles_are_said() -> None:
    board = EMEA | {"label": "L" * 41}
    assert findings(document(include=["trend"], folder="F" * 41, dashboards=[board])) == [
        ("S226", "info", "/targets/compliance", "The dashboard has no gauge of compliance: no report counts it."),
        ("S226", "info", "/targets/systems_delay", "The dashboard has no gauge of the systems delay: no report counts "
         "it."),
        ("S227", "warning", "/reports/folder", f"'{'F' * 41}' has 41 characters; people will read the first 40."),
        ("S227", "warning", "/reports/dashboards/0/label", f"'{'L' * 41}' has 41 characters; people will read the "
         "first 40."),
    ]  # fmt: skip
    assert findings(document(include=["trend"], dashboard=False)) == []


def test_a_folder_is_called_by_what_fits() -> None:
    asked = document(include=["trend"], folder=f"{'F' * 39} and more")
    folders = of_kind(snapshot(compiled(asked)), "ReportFolder", "DashboardFolder")
    assert [item.attributes["name"] for item in folders] == ["F" * 39] * 2


def test_a_dashboard_needs_a_report() -> None:
    asked = document(include=["conversion_funnel"], stages=None)
    assert list(boards(compiled(asked))) == []
    assert of_kind(snapshot(compiled(asked)), "Dashboard", "DashboardFolder") == []


def test_the_name_of_a_stage_has_room_for_what_counts_it() -> None:
    """33 characters, the prefix, and `_Reached`."""
    id = "x" * 33
    said = findings(document(stages={id: "A"}))
    assert [(item[0], item[3]) for item in said if item[0] == "S217"] == [
        ("S217", f"The stage {id!r} needs a field STL_{id.title()}_Reached (45 characters).")
    ]
    assert findings(document(stages={id: "A"}, include=["compliance_by_type", "delay_split"])) == []


def test_how_exact_it_is() -> None:
    def told(design: Design) -> dict[str, str]:
        return {
            item.feature: item.grade
            for item in statement(design)
            if "report" in item.feature or "board" in item.feature
        }

    assert told(FULL) == {"reports": "exact", "reports by rep and team": "approximated", "dashboards": "approximated"}
    assert told(replace(FULL, reports=None)) == {}
    assert told(design(include=["trend"], dashboard=False)) == {"reports": "exact"}

"""The Analytics API, SOQL and listing over HTTP, as a client meets them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from analytics_packages import (
    DASHBOARDS,
    FIELDS,
    FOLDER,
    column,
    down,
    fields_of,
    formula,
    frame,
    report,
    xml_file,
    zipped,
)

BASE = "/services/data/v66.0"
ADMIN = "005000000000001AAA"


class Client:
    """The administrator of the running emulator."""

    def __init__(self, emulator: Any) -> None:
        self.emulator = emulator

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.emulator.call(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def soql(self, text: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.emulator.query(text)
        return found

    def deploy(self, members: dict[str, list[str]], files: dict[str, str]) -> None:
        options = json.dumps({"deployOptions": {"rollbackOnError": True, "singlePackage": True}})
        parts = {
            "json": (None, options, "application/json"),
            "file": ("d.zip", zipped(members, files), "application/zip"),
        }
        started = self.emulator.call("POST", "metadata/deployRequest", files=parts).json()["id"]
        for _ in range(5):
            path = f"metadata/deployRequest/{started}?includeDetails=true"
            result = self.call("GET", path)["deployResult"]
            if result["done"]:
                break
        assert result["success"], result


COUNT = "<chartSummary><column>RowCount</column></chartSummary>"
SHARE = "<chartSummary><column>FORMULA1</column></chartSummary>"


def component(kind: str, body: str, name: str = "SLA/By_Source", left: int = 0, more: str = "") -> str:
    return (
        f"<dashboardGridComponents><colSpan>3</colSpan><columnIndex>{left}</columnIndex><dashboardComponent>"
        "<autoselectColumnsFromReport>false</autoselectColumnsFromReport>"
        f"{body}<componentType>{kind}</componentType><dashboardFilterColumns><column>LEAD_SOURCE</column>"
        f"</dashboardFilterColumns>{more}<header>{kind}</header><report>{name}</report></dashboardComponent>"
        "<rowIndex>0</rowIndex><rowSpan>4</rowSpan></dashboardGridComponents>"
    )


BOARD = xml_file(
    "Dashboard",
    "<backgroundEndColor>#FFFFFF</backgroundEndColor><backgroundFadeDirection>Diagonal</backgroundFadeDirection>"
    "<backgroundStartColor>#FFFFFF</backgroundStartColor><dashboardFilters><dashboardFilterOptions>"
    "<operator>equals</operator><values>Web</values></dashboardFilterOptions><dashboardFilterOptions>"
    "<operator>equals</operator><values>Other</values><values>Partner, Referral</values></dashboardFilterOptions>"
    "<name>Source</name></dashboardFilters><dashboardGridLayout>"
    + component("Metric", COUNT)
    + component(
        "Gauge",
        SHARE,
        left=3,
        more="<gaugeMax>100</gaugeMax><gaugeMin>0</gaugeMin><indicatorBreakpoint1>75</indicatorBreakpoint1>"
        "<indicatorBreakpoint2>85</indicatorBreakpoint2><indicatorHighColor>#00FF00</indicatorHighColor>"
        "<indicatorLowColor>#FF0000</indicatorLowColor><indicatorMiddleColor>#FFFF00</indicatorMiddleColor>",
    )
    + component(
        "Bar",
        COUNT,
        left=6,
        more="<groupingColumn>LEAD_SOURCE</groupingColumn><maxValuesDisplayed>1</maxValuesDisplayed>"
        "<sortBy>RowValueDescending</sortBy>",
    )
    + component("Table", "<dashboardTableColumn><column>LAST_NAME</column></dashboardTableColumn>", "SLA/Flat", 9)
    + "<numberOfColumns>12</numberOfColumns><rowHeight>36</rowHeight></dashboardGridLayout>"
    "<runningUser>gone@x.example</runningUser><textColor>#000000</textColor><title>A board</title>"
    "<titleColor>#000000</titleColor><titleSize>12</titleSize>",
)
BY_SOURCE = report(
    formula("Lead.Breached__c:SUM / RowCount * 100", scale=1)
    + column("LAST_NAME")
    + column("Lead.Minutes__c", "Average")
    + down("LEAD_SOURCE")
    + frame("INTERVAL_CURY")
)
FLAT = report(
    column("LAST_NAME") + "<rowLimit>2</rowLimit><sortColumn>LAST_NAME</sortColumn><sortOrder>Asc</sortOrder>",
    "Tabular",
)


@pytest.fixture
def client(emulator: Any) -> Client:
    """An org that was deployed to over HTTP, with four leads that came over HTTP."""
    client = Client(emulator)
    grants = "".join(
        f"<fieldPermissions><editable>{str('formula' not in FIELDS[name]).lower()}</editable><field>Lead.{name}</field>"
        "<readable>true</readable></fieldPermissions>"
        for name in FIELDS
    )
    members = {
        "CustomField": [f"Lead.{name}" for name in FIELDS], "PermissionSet": ["See"],
        "Report": ["SLA", "SLA/By_Source", "SLA/Flat"], "Dashboard": ["SLA", "SLA/Board"],
    }  # fmt: skip
    files = {
        "objects/Lead.object": fields_of("Lead", FIELDS),
        "permissionsets/See.permissionset": xml_file("PermissionSet", f"<label>See</label>{grants}"),
        "reports/SLA-meta.xml": FOLDER, "reports/SLA/By_Source.report": BY_SOURCE, "reports/SLA/Flat.report": FLAT,
        "dashboards/SLA-meta.xml": DASHBOARDS, "dashboards/SLA/Board.dashboard": BOARD,
    }  # fmt: skip
    client.deploy(members, files)
    held = client.soql("SELECT Id FROM PermissionSet WHERE Name = 'See'")[0]["Id"]
    values = {"PermissionSetId": held, "AssigneeId": ADMIN}
    client.call("POST", "sobjects/PermissionSetAssignment", values, 201)
    for name, source, minutes, late in (
        ("Ant", "Web", 10, True), ("Bee", "Web", 20, False), ("Cow", "Other", None, False), ("Dog", None, 3, True),
    ):  # fmt: skip
        lead = {"LastName": name, "Company": "C", "LeadSource": source, "Minutes__c": minutes, "Breached__c": late}
        client.call("POST", "sobjects/Lead", lead, 201)
    return client


def report_id(client: Client, name: str = "By_Source") -> str:
    return str(client.soql(f"SELECT Id FROM Report WHERE DeveloperName = '{name}'")[0]["Id"])


def totals(answer: dict[str, Any]) -> dict[str, list[Any]]:
    return {key: [one["value"] for one in fact["aggregates"]] for key, fact in answer["factMap"].items()}


def test_a_run_with_and_without_details(client: Client) -> None:
    one = report_id(client)
    answer = client.call("GET", f"analytics/reports/{one}")
    assert answer["reportMetadata"]["aggregates"] == ["a!Lead.Minutes__c", "FORMULA1", "RowCount"]
    assert totals(answer) == {
        "T!T": [11.0, 50.0, 4], "0!T": [3.0, 100.0, 1], "1!T": [15.0, 50.0, 2], "2!T": [None, 0.0, 1],
    }  # fmt: skip
    assert "rows" not in answer["factMap"]["T!T"]
    assert answer["attributes"] == {
        "describeUrl": f"{BASE}/analytics/reports/{one}/describe",
        "instancesUrl": f"{BASE}/analytics/reports/{one}/instances",
        "reportId": one, "reportName": "A report", "type": "Report",
    }  # fmt: skip
    full = client.call("GET", f"analytics/reports/{one[:15]}?includeDetails=true")
    assert [row["dataCells"][0]["value"] for row in full["factMap"]["1!T"]["rows"]] == ["Ant", "Bee"]
    assert full["factMap"]["T!T"]["rows"] == []
    assert (answer["hasDetailRows"], full["hasDetailRows"], full["allData"]) == (False, True, True)


def test_a_run_with_other_filters(client: Client) -> None:
    one = report_id(client)
    where = f"analytics/reports/{one}"

    def run(**metadata: Any) -> list[Any]:
        return totals(client.call("POST", where, {"reportMetadata": metadata}))["T!T"]

    web = {"column": "LEAD_SOURCE", "operator": "equals", "value": "Web"}
    late = {"column": "Lead.Breached__c", "operator": "equals", "value": "true"}
    assert run(reportFilters=[web]) == [15.0, 50.0, 2]
    assert run(reportFilters=[web, late]) == [10.0, 100.0, 1]
    assert run(reportFilters=[web, late], reportBooleanFilter="1 OR 2") == [11.0, 66.7, 3]
    last = {"column": "CREATED_DATE", "durationValue": "LAST_YEAR", "startDate": None, "endDate": None}
    assert run(standardDateFilter=last) == [None, None, 0]
    assert run(standardDateFilter=last | {"durationValue": "CUSTOM", "startDate": "2026-01-01"}) == [11.0, 50.0, 4]
    assert run(scope="queue") == [None, None, 0]
    described = client.call("GET", f"{where}/describe")["reportMetadata"]
    assert run(**described) == [11.0, 50.0, 4]
    for metadata, code, text in (
        ({"reportFilters": [web | {"column": "Nope"}]}, "BAD_REQUEST", "Invalid value specified: Nope"),
        ({"reportFilters": [late | {"value": "maybe"}]}, "BAD_REQUEST", "Invalid value specified: maybe"),
        ({"standardDateFilter": last | {"durationValue": "SOON"}}, "BAD_REQUEST", "Invalid value specified: SOON"),
        ({"scope": "everyone"}, "BAD_REQUEST", "Invalid value specified: everyone"),
    ):
        refusal = client.call("POST", where, {"reportMetadata": metadata}, 400)
        assert refusal == [{"message": text, "errorCode": code}]
    refusal = client.call("POST", where, {"reportMetadata": {"groupingsDown": []}}, 501)
    assert refusal[0]["message"] == "The emulator does not model a report run with another groupingsDown."


def test_what_is_there_is_listed_and_described(client: Client) -> None:
    one = report_id(client)
    listed = client.call("GET", "analytics/reports")
    assert {entry["id"] for entry in listed} == {one, report_id(client, "Flat")}
    assert listed[0].keys() == {"describeUrl", "id", "instancesUrl", "name", "url"}
    described = client.call("GET", f"analytics/reports/{one}/describe")
    assert described.keys() == {"attributes", "reportExtendedMetadata", "reportMetadata", "reportTypeMetadata"}
    types = client.call("GET", "analytics/reportTypes")
    assert types == client.call("GET", "analytics/report-types")
    assert [(group["label"], [entry["type"] for entry in group["reportTypes"]]) for group in types] == [
        ("Leads", ["LeadList"])
    ]
    leads = client.call("GET", "analytics/reportTypes/LeadList")["reportTypeMetadata"]
    columns = {name: one for group in leads["categories"] for name, one in group["columns"].items()}
    assert set(columns) == {
        "FIRST_NAME", "LAST_NAME", "COMPANY", "TITLE", "STATUS", "LEAD_SOURCE", "OWNER", "RATING", "EMAIL", "PHONE",
        "STREET", "CITY", "STATE", "COUNTRY", "CREATED_DATE", "CONVERTED", "CONVERTED_DATE", "INDUSTRY",
        *(f"Lead.{name}" for name in FIELDS),
    }  # fmt: skip
    assert columns["Lead.Minutes__c"]["dataType"] == "double"
    assert columns["CONVERTED"]["filterValues"] == [
        {"label": "True", "name": "True"}, {"label": "False", "name": "False"},
    ]  # fmt: skip
    assert [one["value"] for one in leads["scopeInfo"]["values"]] == ["user", "team", "queue", "org"]
    assert leads["scopeInfo"]["defaultValue"] == "org"
    months = next(one for one in leads["standardDateFilterDurationGroups"] if one["label"] == "Calendar Month")
    this = next(one for one in months["standardDateFilterDurations"] if one["value"] == "THIS_MONTH")
    assert (this["startDate"], this["endDate"]) == ("2026-01-01", "2026-01-31")


def test_what_is_not_there_is_a_refusal(client: Client) -> None:
    gone = [{"message": "The data you’re trying to access is unavailable.", "errorCode": "NOT_FOUND"}]
    assert client.call("GET", "analytics/reports/00O000000000099AAA", status=404) == gone
    assert client.call("GET", f"analytics/dashboards/{report_id(client)}", status=404) == gone
    assert client.call("GET", "analytics/reportTypes/Nope", status=400) == [
        {"message": 'value "Nope" is not one of the picklist choices.', "errorCode": "BAD_REQUEST"}
    ]
    assert client.emulator.call("GET", "analytics/reports", token="nobody").status_code == 401
    refusal = client.call("DELETE", f"analytics/reports/{report_id(client)}", status=501)
    assert refusal[0]["errorCode"] == "NOT_IMPLEMENTED_BY_EMULATOR"


def test_a_dashboard_gives_the_figures_of_its_components(client: Client) -> None:
    found = client.soql("SELECT Id, Title, FolderName, Type, RunningUser.Username FROM Dashboard")[0]
    one = found.pop("Id")
    found["RunningUser"].pop("attributes")
    assert found == {"Title": "A board", "FolderName": "SLA Boards", "Type": "SpecifiedUser",
                     "RunningUser": {"Username": "admin@example.com"}}  # fmt: skip
    answer = client.call("GET", f"analytics/dashboards/{one}")
    metric, gauge, bar, flat = (entry["reportResult"] for entry in answer["componentData"])
    assert totals(metric) == {"T!T": [4], "0!T": [1], "1!T": [2], "2!T": [1]}
    assert totals(gauge)["T!T"] == [50.0]
    assert totals(bar) == {"T!T": [4], "0!T": [2]}
    assert [group["label"] for group in bar["groupingsDown"]["groupings"]] == ["Web"]
    assert [row["dataCells"][0]["value"] for row in flat["factMap"]["T!T"]["rows"]] == ["Ant", "Bee"]
    status = answer["componentData"][0]["status"]
    assert (status["dataStatus"], status["refreshStatus"]) == ("DATA", "IDLE")
    shown = answer["dashboardMetadata"]
    assert [entry["properties"]["visualizationType"] for entry in shown["components"]] == [
        "Metric", "Gauge", "Bar", "Table",
    ]  # fmt: skip
    assert shown["components"][1]["properties"]["visualizationProperties"]["breakPoints"] == [
        {"aggregateName": "FORMULA1", "breaks": [
            {"color": "FF0000", "lowerBound": 0.0, "upperBound": 75.0},
            {"color": "FFFF00", "lowerBound": 75.0, "upperBound": 85.0},
            {"color": "00FF00", "lowerBound": 85.0, "upperBound": 100.0},
        ]}
    ]  # fmt: skip
    assert client.call("GET", f"analytics/dashboards/{one}/describe") == shown
    assert len(client.call("GET", f"analytics/dashboards/{one}/status")["componentStatus"]) == 4
    assert client.call("PUT", f"analytics/dashboards/{one}", status=201)["statusUrl"].endswith("/status")
    assert [entry["name"] for entry in client.call("GET", "analytics/dashboards")] == ["A board"]


def test_a_dashboard_filter_narrows_every_component(client: Client) -> None:
    one = client.soql("SELECT Id FROM Dashboard")[0]["Id"]
    shown = client.call("GET", f"analytics/dashboards/{one}/describe")
    web, others = (option["id"] for option in shown["filters"][0]["options"])
    answer = client.call("GET", f"analytics/dashboards/{one}?filter1={web}")
    assert totals(answer["componentData"][0]["reportResult"])["T!T"] == [2]
    assert answer["dashboardMetadata"]["filters"][0]["selectedOption"] == web
    answer = client.call("GET", f"analytics/dashboards/{one}?filter1={others}")
    assert totals(answer["componentData"][0]["reportResult"])["T!T"] == [1]
    refusal = client.call("GET", f"analytics/dashboards/{one}?filter1=0IC000000000099AAA", status=400)
    assert refusal == [{"message": "Invalid filter option: 0IC000000000099AAA", "errorCode": "BAD_REQUEST"}]


def test_soql_knows_reports_and_folders(client: Client) -> None:
    found = client.soql("SELECT Name, DeveloperName, FolderName, Format FROM Report ORDER BY DeveloperName")
    assert found == [
        {"Name": "A report", "DeveloperName": "By_Source", "FolderName": "SLA Reports", "Format": "Summary"},
        {"Name": "A report", "DeveloperName": "Flat", "FolderName": "SLA Reports", "Format": "Tabular"},
    ]
    folders = client.soql("SELECT Name, DeveloperName, Type FROM Folder ORDER BY Type")
    assert folders == [
        {"Name": "SLA Boards", "DeveloperName": "SLA", "Type": "Dashboard"},
        {"Name": "SLA Reports", "DeveloperName": "SLA", "Type": "Report"},
    ]
    assert client.soql("SELECT COUNT(Id) n FROM Report WHERE FolderName = 'SLA Reports'") == [{"n": 2}]


def test_metadata_lists_folders_and_what_is_in_them(client: Client) -> None:
    def listed(kind: str, folder: str = "") -> list[str]:
        inside = f"<folder>{folder}</folder>" if folder else ""
        body = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><SessionHeader '
            f'xmlns="http://soap.sforce.com/2006/04/metadata"><sessionId>{client.emulator.token}</sessionId></SessionHeader></e:Header>'
            '<e:Body><listMetadata xmlns="http://soap.sforce.com/2006/04/metadata"><queries>'
            f"{inside}<type>{kind}</type></queries></listMetadata></e:Body></e:Envelope>"
        )
        headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
        where = f"{client.emulator.url}/services/Soap/m/66.0"
        answer = client.emulator.session.post(where, data=body, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        return [part.split("<")[0] for part in answer.text.split("<fullName>")[1:]]

    assert listed("ReportFolder") == ["SLA"]
    assert listed("Report") == []
    assert listed("Report", "SLA") == ["SLA/By_Source", "SLA/Flat"]
    assert listed("DashboardFolder") == ["SLA"]
    assert listed("Dashboard", "SLA") == ["SLA/Board"]


CHART = (
    "<chart><chartSummaries><aggregate>Sum</aggregate><axisBinding>y</axisBinding><column>Lead.Minutes__c</column>"
    "</chartSummaries><chartType>VerticalColumn</chartType><groupingColumn>STATUS</groupingColumn>"
    "<legendPosition>Right</legendPosition><location>CHART_TOP</location><size>Medium</size>"
    "<summaryAxisRange>Auto</summaryAxisRange></chart>"
)


def test_components_group_and_sort_as_they_say(client: Client) -> None:
    text = report(CHART + column("Lead.Minutes__c", "Sum") + down("LEAD_SOURCE") + down("STATUS"))
    bare = BOARD[: BOARD.index("<dashboardGridComponents>")], BOARD[BOARD.index("<numberOfColumns>") :]
    cells = (
        component("Column", "", "SLA/Two", more="<useReportChart>true</useReportChart>"),
        component("Bar", COUNT, "SLA/Two", 3, "<groupingColumn>LEAD_SOURCE</groupingColumn>"
                  "<sortBy>RowLabelDescending</sortBy>"),
        component("BarStacked", COUNT, "SLA/Two", 6,
                  "<groupingColumn>STATUS</groupingColumn><groupingColumn>LEAD_SOURCE</groupingColumn>"
                  "<sortBy>RowValueAscending</sortBy>"),
    )  # fmt: skip
    files = {
        "reports/SLA/Two.report": text, "dashboards/SLA/Second.dashboard": bare[0] + "".join(cells) + bare[1],
    }  # fmt: skip
    client.deploy({"Report": ["SLA/Two"], "Dashboard": ["SLA/Second"]}, files)
    one = client.soql("SELECT Id FROM Dashboard WHERE DeveloperName = 'Second'")[0]["Id"]
    answer = client.call("GET", f"analytics/dashboards/{one}")
    chart, bar, stacked = (entry["reportResult"] for entry in answer["componentData"])
    assert chart["reportMetadata"]["aggregates"] == ["s!Lead.Minutes__c"]
    assert totals(chart) == {"T!T": [33.0], "0!T": [33.0]}
    assert [one["label"] for one in chart["groupingsDown"]["groupings"]] == ["Open - Not Contacted"]
    assert [one["label"] for one in bar["groupingsDown"]["groupings"]] == ["Other", "Web", "-"]
    inner = stacked["groupingsDown"]["groupings"][0]["groupings"]
    assert [one["label"] for one in inner] == ["-", "Web", "Other"]
    assert totals(stacked)["T!T"] == [4]

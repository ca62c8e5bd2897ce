"""A dashboard's answer: its components, and for each the figures of its report. [docs] Dashboard Results"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from provisioner.emulator.clock import iso
from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.analytics import results
from provisioner.emulator.salesforce.analytics.definition import (
    CHARTS,
    NUMBERS,
    ROW_COUNT,
    Filter,
    Report,
    chart_key,
    components_of,
    read_report,
)
from provisioner.emulator.salesforce.analytics.metadata_json import Json, api_name
from provisioner.emulator.salesforce.analytics.report_types import ReportType, find_type
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import make_id, number_of
from provisioner.emulator.salesforce.state.components import Component
from provisioner.emulator.salesforce.state.rows import Compare

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_ROOM = 100  # component ids of one dashboard; there are at most 20


def dashboard_json(org: Org, one: Component, user_id: str, base: str, chosen: list[str | None]) -> Json:
    """The whole answer. `chosen`: the option ids of filter1 to filter3 (None: the filter is not set).

    Figures are those the running user sees: the file's, or whoever asks when the dashboard is a dynamic one.
    """
    viewer = running_user(org, one.root, user_id)
    data = []
    for place, node in enumerate(components_of(one.root)):
        extra = _chosen_filters(one, chosen)
        data.append(_component_data(org, node, component_id(one, place), viewer, extra))
    return {
        "attributes": _attributes(one, base), "componentData": data,
        "dashboardMetadata": dashboard_metadata(org, one, user_id, base, chosen),
    }  # fmt: skip


def status_json(org: Org, one: Component) -> Json:
    """Every component is finished at once."""
    nodes = list(components_of(one.root))
    status = {"refreshDate": iso(org.now), "refreshStatus": "IDLE"}
    return {"componentStatus": [{"componentId": component_id(one, place)} | status for place in range(len(nodes))]}


def running_user(org: Org, root: etree._Element, user_id: str) -> str:
    """Whose view it is. A named user who has gone is replaced by whoever asks."""
    named = xml.text(root, "runningUser")
    if xml.text(root, "dashboardType") != "SpecifiedUser" or named is None:
        return user_id
    found = org.rows.select("User", Compare("Username", "=", named), limit=1)
    return str(found[0]["Id"]) if found else user_id


def component_id(one: Component, place: int) -> str:
    return make_id("01a", number_of(one.id) * _ROOM + place)


def option_id(one: Component, number: int, place: int) -> str:
    return make_id("0IC", (number_of(one.id) * 10 + number) * _ROOM + place)


def _attributes(one: Component, base: str) -> Json:
    here = f"{base}/analytics/dashboards/{one.id}"
    return {
        "dashboardId": one.id, "dashboardName": xml.text(one.root, "title"), "describeUrl": f"{here}/describe",
        "statusUrl": f"{here}/status", "type": "Dashboard",
    }  # fmt: skip


# -- data --------------------------------------------------------------------------------------------------------------


def _component_data(org: Org, node: etree._Element, own_id: str, viewer: str, extra: list[tuple[int, Filter]]) -> Json:
    status: Json = {"dataStatus": "DATA", "errorCode": None, "errorMessage": None, "errorSeverity": None,
                    "refreshDate": iso(org.now), "refreshStatus": "IDLE"}  # fmt: skip
    found = org.metadata.components.get("Report", str(xml.text(node, "report")))
    kind = None if found is None else find_type(org, str(xml.text(found.root, "reportType")))
    if found is None or kind is None:
        status |= {"dataStatus": "ERROR", "errorCode": "NOT_FOUND", "errorSeverity": "ERROR",
                   "errorMessage": f"The report {xml.text(node, 'report')} is not there."}  # fmt: skip
        return {"componentId": own_id, "reportResult": None, "status": status}
    report = component_report(node, kind, read_report(found.root, found.full_name, found.id))
    columns = [str(xml.text(one, "column")) for one in xml.kids(node, "dashboardFilterColumns")]
    more = tuple(replace(one, token=columns[place]) for place, one in extra)
    report = _with_filters(report, more)
    details = xml.text(node, "componentType") == "FlexTable" or report.format == "Tabular"
    answer = results.run(org, kind, report, viewer, details=details)
    _cut(answer, xml.text(node, "maxValuesDisplayed"))
    if not answer["factMap"]["T!T"]["aggregates"][-1]["value"]:
        status["dataStatus"] = "NODATA"
    if xml.text(node, "componentType") not in ("Table", "FlexTable"):
        _only(answer, node)
    return {"componentId": own_id, "reportResult": answer, "status": status}


def _with_filters(report: Report, more: tuple[Filter, ...]) -> Report:
    if not more:
        return report
    first = len(report.filters)
    logic = report.boolean_filter
    if logic is not None:
        logic = " AND ".join([f"({logic})", *(str(first + place + 1) for place in range(len(more)))])
    return replace(report, filters=(*report.filters, *more), boolean_filter=logic)


def component_report(node: etree._Element, kind: ReportType, report: Report) -> Report:
    """The report as a component shows it: grouped by the component's groupings, sorted as it says."""
    shown = xml.text(node, "componentType")
    names = [xml.own_text(one) for one in xml.kids(node, "groupingColumn")]
    key = next((chart_key(one) for one in xml.kids(node, "chartSummary")), ROW_COUNT)
    if xml.flag(node, "useReportChart") and report.chart is not None:
        names = list(report.chart.groupings)
        key = next(iter(report.chart.summaries), ROW_COUNT)
    if shown not in CHARTS or not names:
        return report
    known = {one.token: one for one in (*report.down, *report.across)}
    groupings = [known[name] for name in names]
    if order := xml.text(node, "sortBy"):
        by_value, down = order.startswith("RowValue"), order.endswith("Descending")
        groupings[0] = replace(groupings[0], descending=down, sort_key=key if by_value else None)
    return replace(report, format="Summary", down=tuple(groupings), across=())


def _cut(answer: Json, most: str | None) -> None:
    """`maxValuesDisplayed`: the first groups only; the totals stay."""
    if most is None:
        return
    groups = answer["groupingsDown"]["groupings"]
    for gone in groups[int(most) :]:
        for key in [one for one in answer["factMap"] if one.split("!")[0].split("_")[0] == gone["key"]]:
            del answer["factMap"][key]
    answer["groupingsDown"]["groupings"] = groups[: int(most)]


def _only(answer: Json, node: etree._Element) -> None:
    """Leave the summaries that the component shows. [docs] example: one aggregate per fact"""
    keys = list(answer["reportMetadata"]["aggregates"])
    wanted = [chart_key(one) for one in xml.kids(node, "chartSummary")]
    chart = answer["reportMetadata"]["chart"]
    if xml.flag(node, "useReportChart") and chart is not None:
        wanted = chart["summaries"]
    wanted = [key for key in wanted if key in keys]
    for entry in answer["factMap"].values():
        entry["aggregates"] = [entry["aggregates"][keys.index(key)] for key in wanted]
    answer["reportMetadata"]["aggregates"] = wanted
    info = answer["reportExtendedMetadata"]["aggregateColumnInfo"]
    answer["reportExtendedMetadata"]["aggregateColumnInfo"] = {key: info[key] for key in wanted}


def _chosen_filters(one: Component, chosen: list[str | None]) -> list[tuple[int, Filter]]:
    found = []
    for number, wanted in enumerate(chosen):
        if wanted is None:
            continue
        filters = xml.kids(one.root, "dashboardFilters")
        options = xml.kids(filters[number], "dashboardFilterOptions") if number < len(filters) else []
        place = next((at for at in range(len(options)) if option_id(one, number, at)[:15] == wanted[:15]), None)
        if place is None:
            raise ApiError("BAD_REQUEST", f"Invalid filter option: {wanted}")
        values = ",".join(f'"{xml.own_text(value)}"' if "," in xml.own_text(value) else xml.own_text(value) for value in
                          xml.kids(options[place], "values"))  # fmt: skip
        found.append((number, Filter("", str(xml.text(options[place], "operator")), values)))
    return found


# -- metadata ----------------------------------------------------------------------------------------------------------


def dashboard_metadata(org: Org, one: Component, user_id: str, base: str, chosen: list[str | None]) -> Json:
    """`dashboardMetadata`, also the answer of `describe`."""
    root, viewer = one.root, running_user(org, one.root, user_id)
    user = org.rows.get("User", viewer) or {}
    folder, _, name = one.full_name.partition("/")
    nodes = list(components_of(root))
    return {
        "attributes": _attributes(one, base), "canChangeRunningUser": False,
        "components": [_component(org, one, node, place) for place, node in enumerate(nodes)],
        "dashboardType": xml.text(root, "dashboardType"), "description": xml.text(root, "description"),
        "developerName": name, "filters": _filters(one, chosen),
        "folderId": results.folder_id(org, "Dashboard", folder), "id": one.id, "layout": _layout(root, len(nodes)),
        "name": xml.text(root, "title"), "runningUser": {"displayName": user.get("Name"), "id": viewer},
    }  # fmt: skip


def _filters(one: Component, chosen: list[str | None]) -> list[Json]:
    found = []
    for number, node in enumerate(xml.kids(one.root, "dashboardFilters")):
        options = []
        for place, option in enumerate(xml.kids(node, "dashboardFilterOptions")):
            values = [xml.own_text(value) for value in xml.kids(option, "values")]
            options.append({
                "alias": None, "endValue": None, "id": option_id(one, number, place),
                "operation": xml.text(option, "operator"), "startValue": None, "value": ",".join(values),
            })  # fmt: skip
        selected = chosen[number] if number < len(chosen) else None
        found.append({"name": xml.text(node, "name"), "options": options, "selectedOption": selected})
    return found


def _component(org: Org, one: Component, node: etree._Element, place: int) -> Json:
    found = org.metadata.components.get("Report", str(xml.text(node, "report")))
    names = [api_name(xml.own_text(grouping)) for grouping in xml.kids(node, "groupingColumn")]
    most = xml.text(node, "maxValuesDisplayed")
    properties = {
        "aggregates": [{"name": chart_key(summary)} for summary in xml.kids(node, "chartSummary")],
        "autoSelectColumns": xml.flag(node, "autoselectColumnsFromReport"),
        "groupings": [{"name": name} for name in names] or None, "maxRows": int(most) if most else None, "sort": None,
        "useReportChart": xml.flag(node, "useReportChart"), "visualizationProperties": _visual(node),
        "visualizationType": xml.text(node, "componentType"),
    }  # fmt: skip
    return {
        "componentData": place, "footer": xml.text(node, "footer"), "header": xml.text(node, "header"),
        "id": component_id(one, place), "properties": properties, "reportId": found.id if found else None,
        "title": xml.text(node, "title"), "type": "Report",
    }  # fmt: skip


def _visual(node: etree._Element) -> Json:
    if xml.text(node, "componentType") not in NUMBERS:
        return {}
    low, high = (xml.text(node, f"indicatorBreakpoint{n}") for n in (1, 2))
    bounds = [
        None if (text := xml.text(node, "gaugeMin")) is None else float(text), None if low is None else float(low),
        None if high is None else float(high), None if (end := xml.text(node, "gaugeMax")) is None else float(end),
    ]  # fmt: skip
    colors = [(xml.text(node, f"indicator{which}Color") or "").lstrip("#") for which in ("Low", "Middle", "High")]
    breaks = [{"color": color, "lowerBound": bounds[at], "upperBound": bounds[at + 1]} for at, color in
              enumerate(colors)]  # fmt: skip
    key = next((chart_key(one) for one in xml.kids(node, "chartSummary")), ROW_COUNT)
    return {"breakPoints": [{"aggregateName": key, "breaks": breaks}], "metricLabel": xml.text(node, "metricLabel")}


def _layout(root: etree._Element, count: int) -> Json:
    grid = xml.kid(root, "dashboardGridLayout")
    if grid is None:
        return {"columns": [{"components": list(range(count))}]}
    cells: list[dict[str, Any]] = [
        {
            "colspan": int(xml.text(one, "colSpan") or 0), "column": int(xml.text(one, "columnIndex") or 0),
            "row": int(xml.text(one, "rowIndex") or 0), "rowspan": int(xml.text(one, "rowSpan") or 0),
        }
        for one in xml.kids(grid, "dashboardGridComponents")
    ]  # fmt: skip
    width, height = (int(xml.text(grid, name) or 0) for name in ("numberOfColumns", "rowHeight"))
    return {"components": cells, "gridLayout": True, "numColumns": width, "rowHeight": height}

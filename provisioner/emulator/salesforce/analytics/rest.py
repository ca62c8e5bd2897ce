"""The Analytics API of reports, report types and dashboards. [docs] Reports and Dashboards REST API guide"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.analytics import dashboards, results
from provisioner.emulator.salesforce.analytics.cells import Cells
from provisioner.emulator.salesforce.analytics.definition import Report, read_report
from provisioner.emulator.salesforce.analytics.metadata_json import (
    Json,
    extended_metadata,
    report_metadata,
    type_metadata,
)
from provisioner.emulator.salesforce.analytics.override import overridden
from provisioner.emulator.salesforce.analytics.report_types import ReportType, all_types, find_type
from provisioner.emulator.salesforce.analytics.run import moment_of
from provisioner.emulator.salesforce.errors import ApiError, not_found
from provisioner.emulator.salesforce.rest.common import DATA, authenticate, body_of
from provisioner.emulator.salesforce.state.components import Component

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

MOST_LISTED = 200  # [docs] recently viewed
Handler = Callable[[Request], Awaitable[Response]]


def _base(request: Request) -> str:
    return f"/services/data/v{request.path_params['version']}"


def _component(org: Org, kind: str, request: Request) -> Component:
    """The report or dashboard of the path's id (15 or 18 characters)."""
    wanted = str(request.path_params["id"])
    for one in org.metadata.components.all(kind):
        if "/" in one.full_name and len(wanted) in (15, 18) and one.id[: len(wanted)] == wanted:
            return one
    raise not_found("The data you’re trying to access is unavailable.")


def _kind(org: Org, name: str) -> ReportType:
    found = find_type(org, name)
    if found is None:
        raise ApiError("BAD_REQUEST", f'value "{name}" is not one of the picklist choices.')  # [community]
    return found


class Analytics:
    """Answers for one org."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def _report(self, request: Request) -> tuple[ReportType, Report]:
        one = _component(self._org, "Report", request)
        report = read_report(one.root, one.full_name, one.id)
        return _kind(self._org, report.type_name), report

    # -- reports ------------------------------------------------------------------------------------------------------

    async def list_reports(self, request: Request) -> Response:
        authenticate(self._org, request)
        found = [one for one in self._org.metadata.components.all("Report") if "/" in one.full_name]
        found.sort(key=lambda one: one.modified_at, reverse=True)
        here = f"{_base(request)}/analytics/reports"
        return JSONResponse([
            {
                "describeUrl": f"{here}/{one.id}/describe", "id": one.id, "instancesUrl": f"{here}/{one.id}/instances",
                "name": xml.text(one.root, "name"), "url": f"{here}/{one.id}",
            }
            for one in found[:MOST_LISTED]
        ])  # fmt: skip

    async def run_report(self, request: Request) -> Response:
        user_id = authenticate(self._org, request)
        kind, report = self._report(request)
        if request.method == "POST" and await request.body():
            shown = self._metadata(kind, report, user_id)
            report = overridden(report, kind, await body_of(request), shown)
        details = request.query_params.get("includeDetails", "false").lower() == "true"
        return JSONResponse(results.run(self._org, kind, report, user_id, details=details, base=_base(request)))

    async def describe_report(self, request: Request) -> Response:
        user_id = authenticate(self._org, request)
        kind, report = self._report(request)
        moment = moment_of(self._org, user_id)
        cells = Cells(self._org, kind, report.buckets, user_id, moment)
        return JSONResponse({
            "attributes": results.attributes(_base(request), report),
            "reportExtendedMetadata": extended_metadata(report, kind, cells),
            "reportMetadata": self._metadata(kind, report, user_id),
            "reportTypeMetadata": type_metadata(kind, moment),
        })  # fmt: skip

    def _metadata(self, kind: ReportType, report: Report, user_id: str) -> Json:
        folder = results.folder_id(self._org, "Report", report.folder)
        moment = moment_of(self._org, user_id)
        return report_metadata(report, kind, moment, folder, details=report.shows_details)

    # -- report types -------------------------------------------------------------------------------------------------

    async def list_types(self, request: Request) -> Response:
        authenticate(self._org, request)
        categories: dict[str, list[Json]] = {}
        for one in all_types(self._org):
            categories.setdefault(one.category, []).append({
                "describeUrl": f"{_base(request)}/analytics/reportTypes/{one.api_name}",
                "description": one.description, "isCustomReportType": one.custom, "isEnableReportType": True,
                "isHidden": False, "label": one.label, "supportsJoinedFormat": False, "type": one.api_name,
            })  # fmt: skip
        return JSONResponse([{"label": label, "reportTypes": found} for label, found in categories.items()])

    async def describe_type(self, request: Request) -> Response:
        user_id = authenticate(self._org, request)
        kind = _kind(self._org, str(request.path_params["type"]))
        moment = moment_of(self._org, user_id)
        empty = Report("", f"New {kind.label} Report", "", "", kind.api_name, "Tabular")
        metadata = report_metadata(empty, kind, moment, None, details=True) | {"id": None, "developerName": None}
        info: Json = {"aggregateColumnInfo": {}, "detailColumnInfo": {}, "groupingColumnInfo": {}}
        return JSONResponse({
            "attributes": {"describeUrl": str(request.url.path), "type": kind.api_name},
            "reportExtendedMetadata": info, "reportMetadata": metadata,
            "reportTypeMetadata": type_metadata(kind, moment),
        })  # fmt: skip

    # -- dashboards ---------------------------------------------------------------------------------------------------

    async def list_dashboards(self, request: Request) -> Response:
        authenticate(self._org, request)
        found = [one for one in self._org.metadata.components.all("Dashboard") if "/" in one.full_name]
        found.sort(key=lambda one: one.modified_at, reverse=True)
        here = f"{_base(request)}/analytics/dashboards"
        return JSONResponse([
            {"id": one.id, "name": xml.text(one.root, "title"), "statusUrl": f"{here}/{one.id}/status",
             "url": f"{here}/{one.id}"}
            for one in found[:MOST_LISTED]
        ])  # fmt: skip

    async def show_dashboard(self, request: Request) -> Response:
        user_id = authenticate(self._org, request)
        one = _component(self._org, "Dashboard", request)
        chosen = [request.query_params.get(f"filter{number}") for number in (1, 2, 3)]
        if "runningUser" in request.query_params:
            raise ApiError("NOT_IMPLEMENTED_BY_EMULATOR", "The emulator does not model runningUser.", status=501)
        return JSONResponse(dashboards.dashboard_json(self._org, one, user_id, _base(request), chosen))

    async def refresh_dashboard(self, request: Request) -> Response:
        authenticate(self._org, request)
        one = _component(self._org, "Dashboard", request)
        return JSONResponse({"statusUrl": f"{_base(request)}/analytics/dashboards/{one.id}/status"}, status_code=201)

    async def describe_dashboard(self, request: Request) -> Response:
        user_id = authenticate(self._org, request)
        one = _component(self._org, "Dashboard", request)
        answer = dashboards.dashboard_metadata(self._org, one, user_id, _base(request), [])
        return JSONResponse(answer)

    async def dashboard_status(self, request: Request) -> Response:
        authenticate(self._org, request)
        return JSONResponse(dashboards.status_json(self._org, _component(self._org, "Dashboard", request)))


def routes(org: Org) -> list[Route]:
    """The routes; `reportTypes` and `report-types` are the same. [docs]"""
    one = Analytics(org)
    here = f"{DATA}/analytics"
    table: list[tuple[str, Handler, list[str]]] = [
        ("reports", one.list_reports, ["GET"]), ("reports/{id}", one.run_report, ["GET", "POST"]),
        ("reports/{id}/describe", one.describe_report, ["GET"]),
        ("reportTypes", one.list_types, ["GET"]), ("report-types", one.list_types, ["GET"]),
        ("reportTypes/{type}", one.describe_type, ["GET"]), ("report-types/{type}", one.describe_type, ["GET"]),
        ("dashboards", one.list_dashboards, ["GET"]), ("dashboards/{id}", one.show_dashboard, ["GET"]),
        ("dashboards/{id}", one.refresh_dashboard, ["PUT"]),
        ("dashboards/{id}/describe", one.describe_dashboard, ["GET"]),
        ("dashboards/{id}/status", one.dashboard_status, ["GET"]),
    ]  # fmt: skip
    return [Route(f"{here}/{path}", handler, methods=methods) for path, handler, methods in table]

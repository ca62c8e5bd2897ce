"""The answer to a run: facts, groups, detail rows. [docs] Reports and Dashboards REST API guide"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.analytics.cells import BLANK, Cells, Record, number_text, to_json
from provisioner.emulator.salesforce.analytics.definition import Report
from provisioner.emulator.salesforce.analytics.metadata_json import (
    Json,
    extended_metadata,
    report_metadata,
    summary_facts,
)
from provisioner.emulator.salesforce.analytics.periods import american
from provisioner.emulator.salesforce.analytics.report_types import ReportType
from provisioner.emulator.salesforce.analytics.run import Group, run_report
from provisioner.emulator.salesforce.errors import ApiError

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

MOST_ROWS = 2000  # [docs] detail rows of one run


def run(
    org: Org, kind: ReportType, report: Report, user_id: str, *, details: bool = False, base: str | None = None
) -> Json:
    """Run a report for a user, with the answer of the API. `base` (`/services/data/v66.0`) adds `attributes`."""
    report = visible(org, kind, report, user_id)
    outcome = run_report(org, kind, report, user_id)
    facts = summary_facts(report, kind)
    rows = {id(one): place for place, one in enumerate(outcome.records)}
    fact_map: Json = {}
    for crossing in outcome.crossings:
        entry: Json = {"aggregates": [_figure(crossing.figures[key], *facts[key][1:]) for key in report.keys]}
        if details:
            shown = [one for one in crossing.records if rows[id(one)] < MOST_ROWS] if crossing.leaf else []
            entry["rows"] = [{"dataCells": _row(outcome.cells, report, one)} for one in shown]
        fact_map[crossing.key] = entry
    folder = folder_id(org, "Report", report.folder)
    return {
        "attributes": None if base is None else attributes(base, report),
        "allData": not details or len(outcome.records) <= MOST_ROWS,
        "factMap": fact_map,
        "groupingsAcross": {"groupings": [_group(one) for one in outcome.across]},
        "groupingsDown": {"groupings": [_group(one) for one in outcome.down]},
        "hasDetailRows": details,
        "reportExtendedMetadata": extended_metadata(report, kind, outcome.cells),
        "reportMetadata": report_metadata(report, kind, outcome.cells.moment, folder, details=details),
    }


def attributes(base: str, report: Report) -> Json:
    here = f"{base}/analytics/reports/{report.id}"
    return {
        "describeUrl": f"{here}/describe", "instancesUrl": f"{here}/instances", "reportId": report.id,
        "reportName": report.name, "type": "Report",
    }  # fmt: skip


def folder_id(org: Org, kind: str, folder: str) -> str:
    """The folder's id; reports that are in none have the org's. [docs]"""
    found = org.metadata.components.get(kind, folder)
    return found.id if found is not None else org.settings.org_id


def visible(org: Org, kind: ReportType, report: Report, user_id: str) -> Report:
    """The report without columns and summaries of fields that the user may not see. ApiError when a grouping, filter
    or formula needs one: what the vendor does then is not known, so nothing is computed."""

    def seen(token: str) -> bool:
        source = next((one.source for one in report.buckets if one.token == token), token)
        column = kind.columns.get(source)
        return column is not None and org.permissions.readable(user_id, column.owner, column.item)

    needed = [one.token for one in (*report.down, *report.across)]
    needed += [one.token for one in report.filters]
    needed += [one.value for one in report.filters if one.to_column]
    needed += [report.dates.token] if report.dates else []
    for column in kind.columns.values():
        if any(f"{column.api_name}:" in one.expression for one in report.formulas if one.active):
            needed.append(column.token)
    hidden = [token for token in dict.fromkeys(needed) if not seen(token)]
    if hidden:
        text = (
            f"The emulator does not model a report whose groupings, filters or formulas need fields that the user may "
            f"not see: {', '.join(hidden)}. Assign a permission set that shows them."
        )
        raise ApiError("NOT_IMPLEMENTED_BY_EMULATOR", text, status=501)
    sort = report.sort_token if report.sort_token is None or seen(report.sort_token) else None
    return replace(
        report, columns=tuple(one for one in report.columns if seen(one)), sort_token=sort,
        aggregates=tuple(one for one in report.aggregates if seen(one.token)),
    )  # fmt: skip


def _figure(value: Any, data_type: str, scale: int) -> Json:
    if value is None:
        return {"label": BLANK, "value": None}
    if isinstance(value, date):
        return {"label": american(value), "value": value.isoformat()}
    whole = int(value) if data_type == "int" else value
    return {"label": number_text(data_type, value, scale), "value": whole}


def _group(one: Group) -> Json:
    return {"groupings": [_group(inner) for inner in one.groups], "key": one.key, "label": one.label,
            "value": one.value}  # fmt: skip


def _row(cells: Cells, report: Report, record: Record) -> Sequence[Json]:
    found = []
    for token in report.columns:
        column, cell = cells.column(token), cells.reader(token)(record)
        if column is None:
            found.append({"label": BLANK if cell.value is None else str(cell.value), "value": cell.value})
        else:
            found.append({"label": cells.shown(column, cell.value), "value": to_json(column, cell.value)})
    return found

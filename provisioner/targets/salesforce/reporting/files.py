"""Folders, reports and dashboards as files of a package. [docs] reference/salesforce.md 1.7, 7.4, 7.5"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.model.design import Design
from provisioner.targets.salesforce.names import Names
from provisioner.targets.salesforce.reporting.dashboards import TITLE_MOST, boards, rows
from provisioner.targets.salesforce.reporting.reports import Report, reports
from provisioner.targets.salesforce.templates import rendered

REPORTS, DASHBOARDS = "Reports", "Dashboards"  # the folders, without the prefix


def reporting_files(design: Design, common: Mapping[str, Any]) -> dict[str, bytes]:
    """Path → content; empty where no reports are wanted."""
    if design.reports is None:
        return {}
    names: Names = common["names"]
    folder = names.of(REPORTS)
    found = {f"reports/{folder}-meta.xml": _folder("ReportFolder", design.reports.folder)}
    for report in reports(design).values():
        found |= _report(report, names, common)
    made = list(boards(design))
    if made:
        found[f"dashboards/{names.of(DASHBOARDS)}-meta.xml"] = _folder("DashboardFolder", design.reports.folder)
    for board in made:
        for report in board.reports:
            found |= _report(report, names, common)
        values = {**common, "board": board, "rows": list(rows(board.tiles)), "folder": folder}
        path = f"dashboards/{names.of(DASHBOARDS)}/{names.of(board.name)}.dashboard"
        found[path] = rendered("reports/dashboard.xml.j2", values)
    return found


def _folder(kind: str, label: str) -> bytes:
    # [inferred] that its name is as short as a title: the org refuses everything that lies in a folder it refuses.
    return rendered("reports/folder.xml.j2", {"kind": kind, "label": label[:TITLE_MOST].strip()})


def _report(report: Report, names: Names, common: Mapping[str, Any]) -> dict[str, bytes]:
    path = f"reports/{names.of(REPORTS)}/{names.of(report.name)}.report"
    return {path: rendered("reports/report.xml.j2", {**common, "report": report})}

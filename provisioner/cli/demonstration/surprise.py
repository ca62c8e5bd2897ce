"""The end of the story: marketing adds a lead source, nobody tells RevOps, and the audit does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from provisioner.cli import drift_files, road
from provisioner.cli.audit import fetched, scope_of
from provisioner.cli.console import Console
from provisioner.connections import Connection
from provisioner.insight.drift import Report
from provisioner.reporting.drift_page import drift_page
from provisioner.reporting.drift_text import closing
from provisioner.reporting.text import safe

_DAYS = timedelta(days=90)


def audited(prepared: road.Prepared, connection: Connection, console: Console, now: datetime) -> Report:
    """`now` is the CRM's (aware): its clock is not ours. The session cannot write."""
    reached = road.reach(prepared.target, connection, console, read_only=True)
    audit = fetched(prepared, reached, scope_of(prepared, now, now - _DAYS), console)
    return drift_files.report_of(audit, prepared, (), (), None)


def lines(report: Report) -> Iterator[str]:
    """Every finding in a sentence with what follows from it, and the closing line."""
    for finding in report.findings:
        yield f"  {finding.severity} {finding.code}: {safe(finding.found.detail)}"
        yield f"    {safe(finding.found.consequence)}"
    yield closing(report)


def kept(report: Report) -> Path:
    """The page, in a folder of its own among the temporary files; it is left there."""
    page = Path(tempfile.mkdtemp(prefix="provisioner-demo-")) / "drift.html"
    page.write_text(drift_page(report), encoding="utf-8")
    return page

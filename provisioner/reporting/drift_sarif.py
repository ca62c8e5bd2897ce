"""A drift report as SARIF 2.1.0, for code scanning: each finding at its place in the design.

What was not checked is a notification of the run, and the run is then not said to have been successful.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from provisioner.insight.checks import FINDINGS
from provisioner.insight.drift import Report
from provisioner.insight.finding import Finding, Kind
from provisioner.reporting.drift_text import closing, evidence_text, news_of
from provisioner.reporting.text import safe

MARK = '{\n  "$schema": "https://json.schemastore.org/sarif-2.1.0.json"'
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def drift_sarif(report: Report) -> str:
    """The whole report as SARIF text. Findings that are accepted are in it, as suppressed."""
    kinds = list(FINDINGS)
    places = {kind.code: number for number, kind in enumerate(kinds)}
    results = [_result(report, item, places) for item in report.findings]
    for accepted in report.accepted:
        why = f"Until {accepted.acceptance.until}: {accepted.acceptance.reason}"
        suppression = {"kind": "external", "status": "accepted", "justification": why}
        results.append(_result(report, accepted.finding, places) | {"suppressions": [suppression]})
    run = {
        "tool": {"driver": _driver(report, kinds)},
        "automationDetails": {"id": f"provisioner-drift/{report.design}/{report.org.get('id')}"},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _driver(report: Report, kinds: Sequence[Kind]) -> dict[str, Any]:
    """The tool, with every kind of finding as a rule."""
    rules = [
        {
            "id": kind.code,
            "shortDescription": {"text": kind.title},
            "fullDescription": {"text": " ".join(kind.page[""].split())},
            "help": {"text": " ".join(kind.page["Fix"].split())},
            "defaultConfiguration": {"level": _LEVELS[kind.severity]},
        }
        for kind in kinds
    ]
    return {"name": "provisioner drift", "semanticVersion": report.tool, "rules": rules}


def _invocation(report: Report) -> dict[str, Any]:
    """How the run went, with what was not checked."""
    return {
        "executionSuccessful": not report.unchecked,
        "endTimeUtc": report.made_at,
        "exitCodeDescription": closing(report),
        "toolExecutionNotifications": [
            {
                "level": "warning",
                "descriptor": {"id": "not-checked"},
                "message": {"text": safe(f"Not checked: {item.part}. {item.why} {item.consequence}")},
            }
            for item in report.unchecked
        ],
    }


def _result(report: Report, finding: Finding, places: dict[str, int]) -> dict[str, Any]:
    found = finding.found
    text = f"{finding.subject}. {found.detail} {found.consequence} What to do: {found.fix}"
    if found.evidence is not None and found.evidence.query:
        text += f" How we know: {evidence_text(found.evidence)}"
    result = {
        "ruleId": finding.code,
        "ruleIndex": places[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": safe(text)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.location.file)},
                    "region": {"startLine": finding.location.line, "startColumn": finding.location.column},
                }
            }
        ],
        "partialFingerprints": {"provisionerDrift/v1": finding.fingerprint},
    }
    news = news_of(report, finding)
    return result | ({"baselineState": "new" if news == "new" else "unchanged"} if news else {})


def _uri(file: str) -> str:
    """The path of the design as a URI reference, relative as it was named."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())

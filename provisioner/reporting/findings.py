"""Findings as text and as data: where, what, why, what now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from provisioner.diagnostics import Diagnostic
from provisioner.reporting.text import PLAIN, Paint, count_text, safe, safe_lines

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def finding_text(finding: Diagnostic, paint: Paint = PLAIN) -> str:
    """`file:line:column: error D101: Title`, then the detail and the advice, indented."""
    severity = paint(finding.severity, _COLOURS[finding.severity], "bold")
    lines = [f"{safe(finding.location)}: {severity} {finding.code}: {safe(finding.title)}"]
    for part in (finding.detail, finding.advice):
        if part:
            lines += [f"  {line}" for line in safe_lines(part).split("\n")]
    return "\n".join(lines)


def findings_text(findings: Sequence[Diagnostic], paint: Paint = PLAIN) -> str:
    """All of them, then the count by severity; empty text when there are none."""
    if not findings:
        return ""
    blocks = [finding_text(finding, paint) for finding in findings]
    return "\n".join([*blocks, counted(findings) + "."])


def counted(findings: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`; `no findings`."""
    severities = [finding.severity for finding in findings]
    words = (("error", "error"), ("warning", "warning"), ("info", "note"))
    parts = [count_text(severities.count(key), word) for key, word in words if key in severities]
    return ", ".join(parts) or "no findings"


def finding_data(finding: Diagnostic) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "title": finding.title,
        "detail": finding.detail,
        "advice": finding.advice,
        "file": finding.location.file,
        "line": finding.location.line,
        "column": finding.location.column,
        "pointer": finding.pointer,
    }

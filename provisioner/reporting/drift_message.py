"""The summary of an audit, as a message: what was found, worst first, never the whole report."""

from __future__ import annotations

from typing import Any

from provisioner.insight.drift import Report
from provisioner.planning.guards import describe_org
from provisioner.reporting.drift_data import FORMAT, drift_data
from provisioner.reporting.drift_text import closing, compared_lines, figures_lines, news_of, unchecked_parts
from provisioner.reporting.text import safe, safe_lines

_SHOWN = 8
_LONG = 300  # characters of one line; a section of Slack holds 3,000, escaped
_SIGNS = {"error": "🔴", "warning": "🟠", "info": "🔵"}


def slack_message(report: Report) -> dict[str, Any]:
    """For an incoming webhook: `text` for notifications, blocks in plain text, which Slack never reads as markup or
    mentions."""
    org = describe_org(report.org)
    head = f"{closing(report)}"
    lines = [org, *figures_lines(report), *compared_lines(report)[:1]]
    blocks = [_section(head), _section("\n".join(_cut(line) for line in lines))]
    for finding in report.findings[:_SHOWN]:
        news = news_of(report, finding)
        mark = f" ({news})" if news else ""
        title = f"{_SIGNS[finding.severity]} {finding.code} {finding.title}: {finding.subject}{mark}"
        blocks.append(
            _section("\n".join(_cut(line) for line in (title, finding.found.detail, finding.found.consequence)))
        )
    if len(report.findings) > _SHOWN:
        blocks.append(_section(f"and {len(report.findings) - _SHOWN} more"))
    if report.unchecked:
        parts = ", ".join(item.part for item in unchecked_parts(report))
        blocks.append(_section(_cut(f"Not checked (unknown, not clean): {parts}")))
    return {"text": _escaped(_cut(f"{org}: {head}")), "blocks": blocks}


def webhook_message(report: Report) -> dict[str, Any]:
    """The JSON report without the long lists: `{"format", "text", "report"}`; findings are the first ones."""
    data = drift_data(report)
    kept = ("made_at", "since", "org", "design", "clean", "summary", "coverage", "unchecked")
    brief = {key: data[key] for key in kept}
    return {
        "format": FORMAT,
        "text": safe(f"{report.org['name']}: {closing(report)}"),
        "report": brief | {"findings": data["findings"][:_SHOWN], "more": max(0, len(report.findings) - _SHOWN)},
    }


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": safe_lines(text), "emoji": False}}


def _cut(text: str) -> str:
    said = safe(text)
    return said if len(said) <= _LONG else said[: _LONG - 1] + "…"


def _escaped(text: str) -> str:
    """The text of a notification is read as markup: without these signs there are no mentions and no links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""A drift report as one HTML page that needs nothing else: no script, no request; the template engine escapes every
value, and the page's policy allows nothing but its own style."""

from __future__ import annotations

import base64
import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner import assets
from provisioner.insight.drift import Report
from provisioner.insight.finding import FAMILIES, Finding
from provisioner.reporting import drift_charts
from provisioner.reporting.drift_text import (
    acceptance_notes,
    closing,
    compared_lines,
    evidence_text,
    figures_lines,
    news_of,
    share_text,
    unchecked_parts,
    untold_lines,
)
from provisioner.reporting.text import safe

if TYPE_CHECKING:
    from jinja2 import Template

MARK = "<!doctype html>\n<!-- provisioner drift -->"
_MOST = 500  # findings of one family: beyond, a browser has too much to hold


@dataclass(frozen=True, slots=True)
class _Entry:
    finding: Finding
    news: str
    evidence: str


@dataclass(frozen=True, slots=True)
class _Section:
    """A family; `left`: how many of its findings the page does not show."""

    name: str
    title: str
    entries: tuple[_Entry, ...]
    left: int
    worst: str


def drift_page(report: Report) -> str:
    """The page, with its style and its charts inside."""
    style = assets.read_text("templates", "reports", "drift.css")
    shown, more = drift_charts.bars(report) if report.values else ((), 0)
    return _template().render(
        report=report,
        closing=closing(report),
        figures=figures_lines(report),
        compared=compared_lines(report),
        entries=acceptance_notes(report),
        unchecked=unchecked_parts(report),
        untold=untold_lines(report),
        sections=_sections(report),
        coverage=share_text(report.coverage.share) if report.coverage else "",
        covered=100 * report.coverage.share if report.coverage else 0,
        bars=shown,
        more_bars=more,
        weeks=drift_charts.weeks(report),
        chart=drift_charts,
        style=_trusted(style),
        style_hash=_hash(style),
    )


def _sections(report: Report) -> list[_Section]:
    sections = []
    for name, title in FAMILIES.values():
        found = [finding for finding in report.findings if finding.family == name]
        if found:
            entries = tuple(_entry(report, finding) for finding in found[:_MOST])
            sections.append(_Section(name, title, entries, len(found) - len(entries), found[0].severity))
    return sections


def _entry(report: Report, finding: Finding) -> _Entry:
    evidence = finding.found.evidence
    told = evidence is not None and (evidence.query or evidence.samples)
    return _Entry(finding, news_of(report, finding), evidence_text(evidence) if evidence and told else "")


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # only a command that makes a page pays for it

    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters.update(shown=safe)
    return environment.from_string(assets.read_text("templates", "reports", "drift.html.j2"))


def _trusted(style: str) -> str:
    from markupsafe import Markup

    return Markup(style)  # noqa: S704 (our own file, without a value in it)


def _hash(style: str) -> str:
    """The page's policy allows exactly this style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")

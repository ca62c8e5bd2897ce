"""A drift report as Markdown, short enough for a pull request or an issue: worst first, details folded.

Text of ours quotes values of the document and the CRM, so every sign that Markdown, HTML or a forge could read (links,
mentions, references to issues) is taken apart before it is written.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from provisioner.insight.drift import Report
from provisioner.insight.finding import FAMILIES, Finding
from provisioner.reporting.drift_text import (
    acceptance_notes,
    closing,
    compared_lines,
    evidence_text,
    figures_lines,
    news_of,
    unchecked_parts,
    untold_lines,
)
from provisioner.reporting.markdown import LIMIT, code, org_code
from provisioner.reporting.text import count_text, safe

MARK = "<!-- provisioner drift -->"
_TAIL = 1_500  # kept free for what is said about the rest
_LONG = 1_200  # characters of one sentence; the JSON report has the whole
_SIGNS = {"error": "🔴", "warning": "🟠", "info": "🔵"}
_LISTED = 40  # entries of a list that is no finding
_SHARE = 10  # each such list takes at most so small a part of the whole: findings come first


def drift_markdown(report: Report, *, limit: int = LIMIT) -> str:
    """At most `limit` bytes of UTF-8; what was left out is counted by family."""
    blocks = [*_head(report, limit // _SHARE)]
    room = limit - _TAIL - _size(blocks)
    left: dict[str, int] = {}
    for name, title in FAMILIES.values():
        found = [finding for finding in report.findings if finding.family == name]
        if not found:
            continue
        heading = ["", f"#### {title} ({len(found)})", ""]
        for finding in found:
            lines = [*heading, *_finding(report, finding)]
            if _size(lines) > room:
                left[title] = left.get(title, 0) + 1
                continue
            heading = []
            room -= _size(lines)
            blocks += lines
    if left:
        counted = ", ".join(f"{count} of {title}" for title, count in left.items())
        blocks += ["", f"**Not everything fits here.** Left out: {counted}. The JSON report has all."]
    return "\n".join(blocks) + "\n"


def plain(text: object, limit: int = _LONG) -> str:
    """`text` as it is, whatever is in it: no markup, no link, no mention."""
    said = safe(text)
    said = said if len(said) <= limit else said[: limit - 1] + "…"
    return "".join(_taken_apart(char) for char in said)


def _taken_apart(char: str) -> str:
    if char in "@#":
        return f"{char}<!-- -->"  # forges look for mentions and references in what is left after Markdown
    if char.isascii() and not char.isalnum() and char not in " ,;?'":
        return f"&#{ord(char)};"
    return html.escape(char)


def _head(report: Report, room: int) -> Iterator[str]:
    org = report.org
    kind = "**PRODUCTION**" if org["is_production"] else "not production"
    yield MARK
    yield f"### {plain(closing(report))}"
    yield ""
    yield f"Org {org_code(org)}, {kind}."
    yield from (f"{plain(line)}  " for line in figures_lines(report))
    yield from _listed("Since the earlier report", compared_lines(report), room)
    unchecked = [f"{item.part}: {item.why} {item.consequence}" for item in unchecked_parts(report)]
    yield from _listed("Not checked: unknown, not clean", unchecked, room)
    yield from _listed("What this CRM does not tell", untold_lines(report), room)
    yield from _listed("Accepted findings to look after", acceptance_notes(report), room)


def _listed(title: str, lines: Sequence[str], room: int) -> Iterator[str]:
    """At most 40 lines, and at most `room` bytes of them; the rest is counted."""
    if not lines:
        return
    yield from ("", f"**{title}**", "")
    shown = 0
    for line in lines[:_LISTED]:
        entry = f"- {plain(line.strip(), 300)}"
        room -= _size([entry])
        if room < 0:
            break
        shown += 1
        yield entry
    if len(lines) > shown:
        yield f"- and {count_text(len(lines) - shown, 'more', 'more')}"


def _finding(report: Report, finding: Finding) -> Iterator[str]:
    found = finding.found
    news = news_of(report, finding)
    mark = f" ({news})" if news else ""
    yield "<details>"
    yield (
        f"<summary>{_SIGNS[finding.severity]} {finding.severity} <b>{finding.code}</b> "
        f"{plain(finding.title)}: <b>{plain(finding.subject, 200)}</b>{mark}</summary>"
    )
    yield ""
    yield f"{plain(found.detail)}  "
    yield f"{plain(found.consequence)}"
    yield ""
    yield f"**What to do:** {plain(found.fix)}"
    if found.evidence is not None and (found.evidence.query or found.evidence.samples):
        yield ""
        yield f"**How we know:** {plain(evidence_text(found.evidence))}"
    yield ""
    yield f"Place {code(str(finding.location))}, fingerprint {code(finding.fingerprint)}"
    yield ""
    yield "</details>"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)

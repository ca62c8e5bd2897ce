"""A drift report as JUnit XML: one test case per kind of finding, so that CI shows what was looked for."""

from __future__ import annotations

from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from provisioner.insight.checks import FINDINGS
from provisioner.insight.drift import Report
from provisioner.insight.finding import Finding, Kind, family_of
from provisioner.reporting.drift_text import evidence_text
from provisioner.reporting.text import safe

FailOn = Literal["error", "warning", "info", "never"]
MARK = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- provisioner drift -->'


def drift_junit(report: Report, fail_on: FailOn = "warning") -> str:
    """Findings are cases, one each: failures from the level `fail_on` on, as the exit code has it; what is below it
    passes, and says in its output what was found. A kind without findings passes, or is skipped when its family was not
    wholly checked. What was not checked is a case with an error: nobody may take it for a pass."""
    failing = () if fail_on == "never" else report.at_level(fail_on)
    cases: list[str] = []
    for kind in FINDINGS:
        if report.only and kind.code not in report.only and kind.family not in report.only:
            continue
        found = [item for item in report.findings if item.code == kind.code]
        cases += [_found(item, item in failing) for item in found] or [_quiet(report, kind)]
    for item in report.unchecked:
        text = safe(f"{item.why} {item.consequence}")
        body = f'<error message={quoteattr(_cut(text))} type="not checked">{escape(text)}</error>'
        cases.append(_case(f"not checked: {item.part}", item.family, body))
    failures = sum("<failure" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    attributes = (
        f'name={quoteattr(safe(f"drift {report.design}"))} tests="{len(cases)}" failures="{failures}" '
        f'errors="{len(report.unchecked)}" skipped="{skipped}" timestamp="{report.made_at.rstrip("Z")}" time="0"'
    )
    suite = "\n".join([f"  <testsuite {attributes}>", *cases, "  </testsuite>"])
    return f'{MARK}\n<testsuites name="provisioner drift">\n{suite}\n</testsuites>\n'


def _found(finding: Finding, is_failure: bool) -> str:
    found = finding.found
    lines = [found.detail, found.consequence, f"What to do: {found.fix}", f"Place: {finding.location}"]
    if found.evidence is not None and found.evidence.query:
        lines.append(f"How we know: {evidence_text(found.evidence)}")
    text = "\n".join(safe(line) for line in [*lines, f"Fingerprint: {finding.fingerprint}"])
    message = _cut(safe(f"{finding.severity}: {finding.title}: {finding.subject}"))
    if not is_failure:
        body = f"<system-out>{escape(message)}\n{escape(text)}</system-out>"
    else:
        body = f"<failure message={quoteattr(message)} type={quoteattr(finding.severity)}>{escape(text)}</failure>"
    return _case(f"{finding.code} {finding.title}: {finding.subject}", family_of(finding.code), body)


def _quiet(report: Report, kind: Kind) -> str:
    name = f"{kind.code} {kind.title}"
    accepted = [item for item in report.accepted if item.finding.code == kind.code]
    if accepted:
        reasons = "; ".join(f"{item.finding.subject}: {item.acceptance.reason}" for item in accepted)
        return _case(name, kind.family, f"<skipped message={quoteattr(_cut(safe(f'accepted: {reasons}')))}/>")
    if any(item.family == kind.family for item in report.unchecked):
        return _case(name, kind.family, '<skipped message="not wholly checked"/>')
    return _case(name, kind.family, "")


def _case(name: str, family: str, body: str) -> str:
    head = f'    <testcase name={quoteattr(_cut(safe(name)))} classname="drift.{family}" time="0"'
    return f"{head}>{body}</testcase>" if body else f"{head}/>"


def _cut(text: str, limit: int = 500) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"

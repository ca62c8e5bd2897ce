"""A drift report on a terminal, and the sentences that every format begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from provisioner.facts import Evidence
from provisioner.insight.accepted import Acceptance
from provisioner.insight.drift import Report
from provisioner.insight.finding import FAMILIES, Finding
from provisioner.insight.unchecked import Unchecked
from provisioner.reporting.plans import org_line
from provisioner.reporting.text import PLAIN, Paint, count_text, safe

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
_SHOWN_SAMPLES = 5
_NAMED = 3


def drift_text(report: Report, paint: Paint = PLAIN, *, verbose: bool = False) -> str:
    """The whole report: org and figures, findings by family, what was not checked, one closing line."""
    lines = [org_line(report.org, paint), *(safe(line) for line in figures_lines(report)), ""]
    for name, title in FAMILIES.values():
        found = [finding for finding in report.findings if finding.family == name]
        if found:
            lines += [paint(title, "bold")]
            for finding in found:
                lines += _finding_lines(report, finding, paint, verbose)
            lines.append("")
    lines += _unchecked_lines(report, paint)
    lines += [f"Not told by this CRM: {safe(line)}" for line in untold_lines(report)]
    lines += _acceptance_lines(report, paint, verbose)
    lines += _compared_lines(report)
    lines += [f"Note: {safe(note)}" for note in report.notes if verbose]
    return "\n".join([*lines, paint(safe(closing(report)), _closing_colour(report), "bold")])


def figures_lines(report: Report) -> list[str]:
    """What was looked at: `Design: …`, `Leads since …`, coverage. Not escaped."""
    since = f"{report.scope.since:%Y-%m-%d}"
    seen = " that this user may see" if report.is_of_part else ""
    lines = [f"Design: {report.design} ({report.design_file})"]
    if report.totals is not None:
        totals = report.totals
        lines.append(
            f"Leads since {since}{seen}: {totals.leads:,}; {totals.typed:,} with a lead type, "
            f"{totals.clocks:,} with a clock, {totals.judged:,} with a verdict"
        )
    else:
        lines.append(f"Leads since {since}: not counted")
    if report.coverage is not None:
        lines.append(
            f"Coverage: {share_text(report.coverage.share)} of {report.coverage.leads:,} leads{seen} have a value of "
            f"{report.coverage.field} that a rule maps{_swept_up(report.coverage.swept_up)}"
        )
    return lines


def _swept_up(leads: int) -> str:
    return f", {leads:,} of them without naming it" if leads else ""


def share_text(share: float) -> str:
    """`93.4 %`; only everything is 100 %."""
    rounded = round(100 * share, 1)
    return f"{min(rounded, 99.9) if share < 1 else 100:g} %"


def closing(report: Report) -> str:
    """One sentence: what was found, and what was not looked at. Never clean when something was not. Not escaped."""
    counts = severity_counts(report)
    count = len(unchecked_parts(report))
    parts = f"{count_text(count, 'part')} {'was' if count == 1 else 'were'} not checked"
    accepted = f" {len(report.accepted)} accepted." if report.accepted else ""
    if report.findings:
        rest = f"; {parts}" if report.unchecked else ""
        return f"Drift: {counts}{rest}.{accepted}"
    if report.unchecked:
        return f"Nothing was found, but {parts}: this is no clean result.{accepted}"
    only = f" in {', '.join(report.only)}" if report.only else ""
    told = " that this CRM tells" if report.untold else ""
    return f"No drift{only}: everything{told} was looked at, and nothing was found.{accepted}"


def severity_counts(report: Report) -> str:
    """`2 errors, 1 warning`."""
    words = (("error", "error"), ("warning", "warning"), ("info", "note"))
    found = [finding.severity for finding in report.findings]
    return ", ".join(count_text(found.count(level), word) for level, word in words if level in found) or "no findings"


def evidence_text(evidence: Evidence) -> str:
    """`37 records by: SELECT …; for example 00Q1, 00Q2`. Not escaped."""
    text = count_text(evidence.count, "record").replace(str(evidence.count), f"{evidence.count:,}", 1)
    if evidence.sampled is not None:
        text += f" of the {evidence.sampled:,} that were looked at"
    if evidence.query:
        text += f", by: {evidence.query}"
    if evidence.samples:
        text += f"; for example {', '.join(evidence.samples[:_SHOWN_SAMPLES])}"
    return text


def news_of(report: Report, finding: Finding) -> str:
    """`new` or `still there`; empty without an earlier report, and for what is accepted."""
    if report.compared is None:
        return ""
    if finding.fingerprint in report.compared.new:
        return "new"
    return "still there" if finding.fingerprint in report.compared.still else ""


def _finding_lines(report: Report, finding: Finding, paint: Paint, verbose: bool) -> Iterator[str]:
    found = finding.found
    severity = paint(finding.severity, _COLOURS[finding.severity], "bold")
    news = news_of(report, finding)
    mark = f" ({news})" if news else ""
    yield f"{safe(finding.location)}: {severity} {finding.code}: {safe(finding.title)}{mark}"
    yield f"  {paint(safe(finding.subject), 'bold')}"
    yield f"  {safe(found.detail)}"
    yield f"  {safe(found.consequence)}"
    yield f"  What to do: {safe(found.fix)}"
    if found.evidence is not None and (found.evidence.query or found.evidence.samples):
        yield paint(f"  How we know: {safe(evidence_text(found.evidence))}", "dim")
    if verbose:
        yield paint(f"  Fingerprint: {finding.fingerprint}", "dim")


def _unchecked_lines(report: Report, paint: Paint) -> Iterator[str]:
    if not report.unchecked:
        return
    yield paint("Not checked (unknown, not clean)", "yellow", "bold")
    for item in unchecked_parts(report):
        yield f"  {safe(item.part)}: {safe(item.why)} {safe(item.consequence)}"
    yield ""


def unchecked_parts(report: Report) -> list[Unchecked]:
    """Each part once: what it means for several families is said in one sentence after the other."""
    found: dict[tuple[str, str], Unchecked] = {}
    for item in report.unchecked:
        key = item.part, item.why
        known = found.get(key)
        said = f"{known.consequence} {item.consequence}" if known is not None else item.consequence
        found[key] = replace(known or item, consequence=said)
    return list(found.values())


def untold_lines(report: Report) -> list[str]:
    """What this CRM does not tell. Not escaped."""
    return [f"{item.part}: {item.why} {item.consequence}" for item in report.untold]


def _acceptance_lines(report: Report, paint: Paint, verbose: bool) -> Iterator[str]:
    if verbose:
        for accepted in report.accepted:
            finding = accepted.finding
            yield paint(
                f"Accepted until {accepted.acceptance.until}: {finding.code} {safe(finding.subject)} "
                f"({safe(accepted.acceptance.reason)})",
                "dim",
            )
    for line in acceptance_notes(report):
        yield paint(safe(line), "yellow")


def acceptance_notes(report: Report) -> list[str]:
    """Entries that do not do anything any more. Not escaped."""
    lines = [
        f"{item.location}: accepted until {item.until}, which is past; it counts again: {_named(item)}"
        for item in report.expired
    ]
    return lines + [f"{item.location}: {_idle(report, item)}" for item in report.unused]


def _idle(report: Report, item: Acceptance) -> str:
    """Why an entry covers nothing."""
    named = [finding.fingerprint for finding in report.findings if item.code and item.names(finding)]
    if named:
        return (
            f"{_named(item)} can be changed again, so that it is accepted by its fingerprint only, which says what was "
            f"changed to: {{fingerprint: {named[0]}, …}}"
        )
    return f"accepts nothing that was found: {_named(item)}"


def _named(item: Acceptance) -> str:
    return f"fingerprint {item.fingerprint}" if item.fingerprint else f"{item.code} {item.subject}"


def _compared_lines(report: Report) -> list[str]:
    return [safe(line) for line in compared_lines(report)]


def compared_lines(report: Report) -> list[str]:
    """What moved since the earlier report. Not escaped."""
    compared = report.compared
    if compared is None:
        return []
    lines = [
        f"Since {compared.made_at}: {len(compared.new)} new, {len(compared.still)} still, {len(compared.gone)} gone"
    ]
    lines += [f"  gone: {item.code} {item.subject}" for item in compared.gone]
    if compared.not_looked_for_then:
        found = count_text(len(compared.not_looked_for_then), "finding")
        lines.append(f"  perhaps not new: {found} that the earlier report did not look for")
    unseen = compared.not_looked_for
    if unseen:
        names = "; ".join(f"{item.code} {item.subject}" for item in unseen[:_NAMED])
        more = f"; and {len(unseen) - _NAMED} more" if len(unseen) > _NAMED else ""
        lines.append(f"  not looked for this time: {names}{more}")
    return lines


def _closing_colour(report: Report) -> str:
    if any(finding.severity == "error" for finding in report.findings):
        return "red"
    return "yellow" if report.findings or report.unchecked else "green"

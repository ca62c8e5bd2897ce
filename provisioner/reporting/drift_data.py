"""A drift report for programs: specs/drift.schema.json. Everything the other formats show is in it."""

from __future__ import annotations

from typing import Any

from provisioner.diagnostics import Location
from provisioner.facts import Evidence, Period, Totals
from provisioner.insight.accepted import Acceptance
from provisioner.insight.drift import Compared, Earlier, Report, ValueRow
from provisioner.insight.finding import Finding, Proposal
from provisioner.insight.stories import Coverage
from provisioner.insight.unchecked import Unchecked

FORMAT = 1
_ORG = ("platform", "id", "name", "is_production", "url", "user")


def drift_data(report: Report) -> dict[str, Any]:
    """The whole report as plain data. Instants are UTC ISO, delays calendar minutes, shares 0..1."""
    return {
        "format": FORMAT,
        "made_at": report.made_at,  # beside the format: by these two a report is told from a plan
        "tool": {"name": "provisioner", "version": report.tool},
        "since": report.scope.since.isoformat().replace("+00:00", "Z"),
        "org": {key: report.org.get(key) for key in _ORG},
        "design": {"id": report.design, "file": report.design_file},
        "only": list(report.only),
        "clean": report.is_clean,
        "summary": _summary(report),
        "totals": _totals(report.totals),
        "coverage": _coverage(report.coverage),
        "findings": [drift_finding(item) for item in report.findings],
        "accepted": [drift_finding(item.finding) | _accepted(item.acceptance) for item in report.accepted],
        "expired": [_entry(item) for item in report.expired],
        "unused": [_entry(item) for item in report.unused],
        "unchecked": [_part(item) for item in report.unchecked],
        "untold": [_part(item) for item in report.untold],
        "notes": list(report.notes),
        "values": [_value(row) for row in report.values],
        "periods": [_period(item) for item in report.periods],
        "compared": _compared(report.compared),
    }


def drift_finding(finding: Finding) -> dict[str, Any]:
    """One finding."""
    found = finding.found
    return {
        "code": finding.code,
        "family": finding.family,
        "severity": finding.severity,
        "title": finding.title,
        "subject": finding.subject,
        "fingerprint": finding.fingerprint,
        "detail": found.detail,
        "consequence": found.consequence,
        "fix": found.fix,
        "place": _place(finding.location) | {"pointer": found.where},
        "address": str(found.address) if found.address else None,
        "lead_types": list(found.lead_types),
        "evidence": _evidence(found.evidence),
        "proposal": _proposal(found.proposal),
        "figures": dict(found.figures),
    }


def _summary(report: Report) -> dict[str, int]:
    levels = {level: sum(item.severity == level for item in report.findings) for level in ("error", "warning", "info")}
    return {**levels, "accepted": len(report.accepted), "unchecked": len(report.unchecked)}


def _totals(totals: Totals | None) -> dict[str, int] | None:
    if totals is None:
        return None
    return {"leads": totals.leads, "typed": totals.typed, "clocks": totals.clocks, "judged": totals.judged}


def _coverage(coverage: Coverage | None) -> dict[str, Any] | None:
    if coverage is None:
        return None
    return {
        "field": coverage.field,
        "leads": coverage.leads,
        "covered": coverage.covered,
        "share": coverage.share,
        "swept_up": coverage.swept_up,
    }


def _value(row: ValueRow) -> dict[str, Any]:
    return {
        "field": row.field,
        "value": row.value,
        "leads": row.leads,
        "lead_type": row.lead_type,
        "mapped": row.mapped,
    }


def _evidence(evidence: Evidence | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    return {
        "query": evidence.query,
        "count": evidence.count,
        "samples": list(evidence.samples),
        "sampled": evidence.sampled,
    }


def _proposal(proposal: Proposal | None) -> dict[str, Any] | None:
    if proposal is None:
        return None
    return {
        "field": proposal.field,
        "value": proposal.value,
        "lead_type": proposal.lead_type or None,
        "confidence": proposal.confidence,
        "why": proposal.why,
        "pointers": list(proposal.pointers),
        "instead_of": proposal.instead_of or None,
        "replaced": list(proposal.replaced),
    }


def _part(item: Unchecked) -> dict[str, Any]:
    return {"part": item.part, "family": item.family, "why": item.why, "consequence": item.consequence}


def _place(location: Location) -> dict[str, Any]:
    return {"file": location.file, "line": location.line, "column": location.column}


def _accepted(acceptance: Acceptance) -> dict[str, Any]:
    return {"reason": acceptance.reason, "until": acceptance.until.isoformat()}


def _entry(acceptance: Acceptance) -> dict[str, Any]:
    return {
        "code": acceptance.code or None,
        "subject": acceptance.subject or None,
        "fingerprint": acceptance.fingerprint or None,
        **_accepted(acceptance),
        "place": _place(acceptance.location),
    }


def _period(period: Period) -> dict[str, Any]:
    return {
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "clocks": period.clocks,
        "hits": period.hits,
        "misses": period.misses,
        "systems_delay": period.systems_delay,
        "human_delay": period.human_delay,
        "sampled": period.sampled,
    }


def _compared(compared: Compared | None) -> dict[str, Any] | None:
    if compared is None:
        return None
    return {
        "made_at": compared.made_at,
        "new": list(compared.new),
        "still": list(compared.still),
        "gone": [_earlier(item) for item in compared.gone],
        "not_looked_for": [_earlier(item) for item in compared.not_looked_for],
        "not_looked_for_then": list(compared.not_looked_for_then),
    }


def _earlier(item: Earlier) -> dict[str, Any]:
    return {
        "code": item.code,
        "subject": item.subject,
        "fingerprint": item.fingerprint,
        "severity": item.severity,
    }

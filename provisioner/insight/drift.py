"""The audit: facts and a plan in, a report out. Pure: no clock, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import Any

from provisioner.diagnostics import Location, Severity
from provisioner.facts import Period, Scope, Totals
from provisioner.insight.accepted import Acceptance, split
from provisioner.insight.audit import Audit
from provisioner.insight.checks import FINDINGS
from provisioner.insight.checks.configuration import ACCOUNT_ZONE
from provisioner.insight.checks.health import health_notes
from provisioner.insight.finding import FAMILIES, Finding, Proposal, at_least, family_of, in_order
from provisioner.insight.stories import Coverage, coverage_of
from provisioner.insight.unchecked import OF_ALL_LEADS, Unchecked, are_leads_hidden, crashed_entry, unchecked_of

ALL_FAMILIES = tuple(name for name, _ in FAMILIES.values())


@dataclass(frozen=True, slots=True)
class Earlier:
    """A finding of an earlier report."""

    code: str
    subject: str
    fingerprint: str
    severity: str
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """How far an earlier report looked: `only` as it was asked for; the families that were not wholly checked; the
    length of its window (None: as long as today's)."""

    only: tuple[str, ...] = ()
    blind: frozenset[str] = frozenset()
    window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """Against an earlier report, made at `made_at` (UTC ISO): fingerprints of findings that are new and still there;
    earlier ones that are gone, and those that nobody looked for this time; and fingerprints of findings that are
    perhaps not new, as the earlier report did not look for them."""

    made_at: str
    new: tuple[str, ...]
    still: tuple[str, ...]
    gone: tuple[Earlier, ...]
    not_looked_for: tuple[Earlier, ...]
    not_looked_for_then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value of a carrier, for charts and tables. `lead_type`: what the design makes of it."""

    field: str
    value: str | None
    leads: int
    lead_type: str | None
    mapped: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that does not count, and why."""

    finding: Finding
    acceptance: Acceptance


@dataclass(frozen=True, slots=True)
class Report:
    """`findings`: those that count, worst first. `only`: what was asked for; empty = everything."""

    org: Mapping[str, Any]
    design: str
    design_file: str
    tool: str
    scope: Scope
    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...] = ()
    expired: tuple[Acceptance, ...] = ()
    unused: tuple[Acceptance, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    untold: tuple[Unchecked, ...] = ()  # what this CRM tells nobody
    notes: tuple[str, ...] = ()
    totals: Totals | None = None
    coverage: Coverage | None = None
    values: tuple[ValueRow, ...] = ()
    periods: tuple[Period, ...] = ()
    compared: Compared | None = None
    only: tuple[str, ...] = ()
    type_names: Mapping[str, str] = field(default_factory=dict)
    is_of_part: bool = False  # not all leads can be seen, or that is not known: every count is of those that are

    @property
    def is_clean(self) -> bool:
        """Everything that the CRM tells was looked at, and nothing was found."""
        return not self.findings and not self.unchecked

    @property
    def made_at(self) -> str:
        """UTC ISO."""
        return f"{self.scope.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def at_level(self, level: Severity) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if at_least(finding.severity, level))

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """Of findings that count, in their order; each value once."""
        found = (finding.found.proposal for finding in self.findings)
        return tuple(dict.fromkeys(proposal for proposal in found if proposal is not None))


def audit(
    subject: Audit,
    located: Callable[[str], Location],
    *,
    tool: str,
    acceptances: Sequence[Acceptance] = (),
    only: Iterable[str] = (),
) -> Report:
    """Every check over the facts. `located(pointer)` finds places in the document; `only` names families or codes."""
    wanted = tuple(only)
    found, crashed = FINDINGS.run(subject, located)
    unchecked = [*unchecked_of(subject.facts, subject.plan), *(crashed_entry(kind, said) for kind, said in crashed)]
    unsure = OF_ALL_LEADS if are_leads_hidden(subject.facts) else ()
    findings = in_order(told_once([one for one in found if _is_wanted(one.code, wanted) and one.code not in unsure]))
    counted, accepted, expired, unused = split(findings, acceptances, subject.now.date())
    stories = subject.stories
    first = stories[0].carrier if stories else None
    return Report(
        org=subject.plan.org,
        design=subject.design.id,
        design_file=subject.design_file,
        tool=tool,
        scope=subject.facts.scope,
        findings=tuple(counted),
        accepted=tuple(Accepted(finding, acceptance) for finding, acceptance in accepted),
        expired=tuple(expired),
        unused=tuple(item for item in unused if not wanted or (item.code and _is_wanted(item.code, wanted))),
        unchecked=tuple(item for item in unchecked if _matters(item, wanted) and not item.untold),
        untold=tuple(item for item in unchecked if _matters(item, wanted) and item.untold),
        notes=tuple(health_notes(subject)) if _family_wanted("health", wanted) else (),
        totals=subject.facts.totals,
        coverage=coverage_of([story for story in stories if story.carrier is first]),
        values=tuple(
            ValueRow(story.field, story.value, story.leads, story.decision.lead_type, story.decision.mapped)
            for story in stories
        ),
        periods=subject.facts.periods or (),
        only=wanted,
        type_names={kind.id: kind.label for kind in subject.design.lead_types},
        is_of_part=are_leads_hidden(subject.facts),
    )


def told_once(findings: Sequence[Finding]) -> list[Finding]:
    """Without those that only repeat what a change by hand says: a calendar whose time zone somebody changed is one
    finding, not two, and an account that was moved to another time zone is told with the calendars that it shifts."""
    told = {part for finding in findings if finding.code in _BY_HAND for part in finding.found.about}
    if any(finding.code == _ZONE for finding in findings):
        told.add(ACCOUNT_ZONE)
    return [
        finding
        for finding in findings
        if finding.code in _BY_HAND or not finding.found.about or not told.issuperset(finding.found.about)
    ]


_BY_HAND, _ZONE = ("C201", "C202"), "B602"


def compare(report: Report, earlier: Sequence[Earlier], made_at: str, looked: Looked | None = None) -> Report:
    """The report, with what is new since an earlier one. A finding that nobody looked for is not said to be gone, and
    one that the earlier report did not look for is not said to be new."""
    then = looked or Looked()
    here = {finding.fingerprint for finding in report.findings}
    known = {finding.finding.fingerprint for finding in report.accepted}
    before = {item.fingerprint for item in earlier}
    blind = {item.family for item in report.unchecked} | _out_of_window(report, then)
    missing = [item for item in earlier if item.fingerprint not in here | known]
    unseen = [item for item in missing if _is_blind(item, blind) or not _is_wanted(item.code, report.only)]
    fresh = [finding for finding in report.findings if finding.fingerprint not in before]
    unsure = [item for item in fresh if item.family in then.blind or not _is_wanted(item.code, then.only)]
    return replace(
        report,
        compared=Compared(
            made_at,
            new=tuple(finding.fingerprint for finding in fresh if finding not in unsure),
            still=tuple(finding.fingerprint for finding in report.findings if finding.fingerprint in before),
            gone=tuple(item for item in missing if item not in unseen),
            not_looked_for=tuple(unseen),
            not_looked_for_then=tuple(finding.fingerprint for finding in unsure),
        ),
    )


def _out_of_window(report: Report, then: Looked) -> set[str]:
    """The families that count the leads of the window, when it is shorter than it was: leads that lie before it are
    not gone."""
    now = report.scope.now - report.scope.since
    return {"lead-types", "data"} if then.window is not None and now < then.window - timedelta(days=1) else set()


def _is_blind(item: Earlier, families: set[str]) -> bool:
    return item.code[:1] not in FAMILIES or family_of(item.code) in families


def _is_wanted(code: str, only: Sequence[str]) -> bool:
    return not only or code in only or (code[:1] in FAMILIES and family_of(code) in only)


def _family_wanted(family: str, only: Sequence[str]) -> bool:
    return (
        not only or family in only or any(name[:1] in FAMILIES and family_of(name) == family for name in _codes(only))
    )


def _codes(only: Sequence[str]) -> list[str]:
    return [name for name in only if name not in ALL_FAMILIES]


def _matters(item: Unchecked, only: Sequence[str]) -> bool:
    """Of a single code, everything of its family that was not checked matters: better once too often."""
    return _family_wanted(item.family, only)


__all__ = [
    "ALL_FAMILIES",
    "Accepted",
    "Audit",
    "Compared",
    "Earlier",
    "Looked",
    "Report",
    "ValueRow",
    "audit",
    "compare",
]

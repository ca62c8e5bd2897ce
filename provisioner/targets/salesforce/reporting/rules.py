"""What reports need of a design, as rules S2xx. Nothing is stopped by them: reports move no clock."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import Design
from provisioner.rules import Finding, Registry
from provisioner.targets.salesforce.reporting import fields
from provisioner.targets.salesforce.reporting.dashboards import TITLE_MOST


def declare(rules: Registry) -> None:
    """Adds the rules about reports to those of Salesforce."""

    @rules.rule("S225", "Report without its data", severity="warning")
    def lacking(design: Design) -> Iterator[Finding]:
        """A report that the design gives nothing to count is not deployed: it would be empty for ever."""
        if design.reports is None:
            return
        for place, word in enumerate(design.reports.include):
            section = fields.lacking(design, word)
            if section:
                detail = f"The report {word} needs {section}, which the design does not have; it is not deployed."
                yield Finding(
                    f"{design.reports.at}/include/{place}", detail, f"Add {section}, or leave the report out."
                )

    @rules.rule("S226", "Target without a gauge", severity="info")
    def without_gauge(design: Design) -> Iterator[Finding]:
        """A gauge shows a figure of a report, so a target shows only beside the report that counts it."""
        asked, targets = design.reports, design.targets
        if asked is None or targets is None or not (asked.dashboard or asked.dashboards):
            return
        found = fields.wanted(design)
        if targets.compliance is not None and not any(word.startswith(fields.COMPLIANCE) for word in found):
            detail = "The dashboard has no gauge of compliance: no report counts it."
            yield Finding(f"{targets.at}/compliance", detail, "Include compliance_by_type, or another one of them.")
        if targets.systems_delay is not None and "delay_split" not in found:
            detail = "The dashboard has no gauge of the systems delay: no report counts it."
            yield Finding(f"{targets.at}/systems_delay", detail, "Include delay_split.")

    @rules.rule("S227", "Title of a dashboard or name of a folder too long", severity="warning")
    def titles(design: Design) -> Iterator[Finding]:
        """The title of a dashboard holds at most 40 characters, so does the name of a folder; the rest is cut off."""
        asked = design.reports
        if asked is None:
            return
        named = [(f"{asked.at}/folder", asked.folder)]
        named += [(f"{board.at}/label", board.label) for board in asked.dashboards]
        for at, title in named:
            if len(title) > TITLE_MOST:
                detail = f"{title!r} has {len(title)} characters; people will read the first {TITLE_MOST}."
                yield Finding(at, detail, f"Shorten it to {TITLE_MOST} characters.")

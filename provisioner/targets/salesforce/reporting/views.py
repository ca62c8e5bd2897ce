"""List views of leads. Filters are on moments, texts and numbers, never on a picklist's value (see `reports`).

[docs] reference/salesforce.md 7.6
"""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.model.design import Design
from provisioner.targets.salesforce.names import Names
from provisioner.targets.salesforce.reporting.reports import Criterion


@dataclass(frozen=True, slots=True)
class View:
    """`scope`: Everything or Mine."""

    name: str
    label: str
    scope: str
    columns: tuple[str, ...]
    criteria: tuple[Criterion, ...]


def views(design: Design) -> list[View]:
    """Only with reports: who asks for none gets no list views either."""
    if design.reports is None:
        return []
    names = Names(design.target.prefix)
    due, touched, result, level = (
        names.field(word) for word in ("SLA_Due_At", "First_Touch_At", "SLA_Result", "Escalation_Level")
    )
    columns = (
        "FULL_NAME", "LEAD.COMPANY", "LEAD.STATUS", names.field("Lead_Type"), due, names.field("SLA_Status"),
        "CORE.USERS.ALIAS",
    )  # fmt: skip
    untouched = Criterion(touched, "equals")
    running = (Criterion(due, "notEqual"), untouched)
    # A reminder before due has raised the level, and the result is still open.
    reminded = (untouched, Criterion(level, "greaterThan", "0"), Criterion(result, "equals"))
    missed = (untouched, Criterion(result, "equals", "Miss"))
    return [
        View("Open_Clocks", "Speed to lead: open clocks", "Everything", columns, running),
        View("Breached", "Speed to lead: missed, untouched", "Everything", columns, missed),
        View("Mine_At_Risk", "Speed to lead: mine, at risk", "Mine", columns, reminded),
    ]

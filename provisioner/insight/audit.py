"""What every check is handed, and the words they share."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from provisioner.diagnostics import Diagnostic
from provisioner.facts import Evidence, Facts, Tally
from provisioner.insight.finding import Proposal, Registry
from provisioner.insight.similar import Offered, offered_by, propose
from provisioner.insight.stories import Story, stories_of
from provisioner.model.design import Design, Duration
from provisioner.planning.plan import Plan
from provisioner.resources import Address
from provisioner.targets.base import Meaning

FINDINGS = Registry()
"""All kinds there are; the rooms below `checks` fill it."""

RECENT = timedelta(days=7)
"""What was last seen within this time is still going on."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The leads of a lead type whose clock started at or after `since` (UTC ISO)."""

    since: str
    evidence: Evidence


@dataclass(frozen=True)
class Audit:
    """One org held against one design. `meanings` are of what was found in the org, not of what a plan would do;
    `misfits` are what the design names and the CRM has not;
    `traced`: what was changed by nothing but the deletion of others, and those others;
    `earlier`: field and value (as the CRM spells it) → its leads from before the window, where that was asked;
    `design_file` and `connection` are for the commands that a fix names."""

    design: Design
    facts: Facts
    plan: Plan
    meanings: Mapping[Address, Sequence[Meaning]] = field(default_factory=dict)
    judged: Mapping[str, Judged] = field(default_factory=dict)
    misfits: tuple[Diagnostic, ...] = ()
    design_file: str = ""
    connection: str = ""
    traced: Mapping[Address, Sequence[Address]] = field(default_factory=dict)
    earlier: Mapping[tuple[str, str], Evidence] = field(default_factory=dict)

    @cached_property
    def stories(self) -> tuple[Story, ...]:
        """Every value of every carrier that was counted."""
        return tuple(story for carrier in self.facts.carriers for story in stories_of(self.design, carrier))

    def is_new(self, story: Story) -> bool:
        """Whether it is known that no lead from before the window has the value, in any spelling."""
        told = [self.earlier.get((story.field, value)) for value in spellings(story)]
        return all(item is not None and not item.count for item in told)

    @cached_property
    def _proposed(self) -> dict[tuple[str, str | None], Proposal | None]:
        return {}

    @cached_property
    def _offered(self) -> dict[str, Offered]:
        return {carrier.field: offered_by(carrier) for carrier in self.facts.carriers}

    def proposal(self, story: Story) -> Proposal | None:
        """The likeliest lead type of a value; worked out once."""
        key = story.field, story.value
        if key not in self._proposed:
            self._proposed[key] = propose(self.design, story, self._offered[story.field])
        return self._proposed[key]

    @property
    def now(self) -> datetime:
        return self.facts.scope.now

    def is_recent(self, instant: str) -> bool:
        """Whether an instant (ISO) lies within the last seven days; what cannot be read counts as recent."""
        try:
            moment = datetime.fromisoformat(instant)
        except ValueError:
            return True
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware > self.now - RECENT

    def type_name(self, lead_type: str | None) -> str:
        """`“Demo request” (SLA 5m)`; what the design does not know is named as it is."""
        if lead_type is None:
            return "no lead type"
        for kind in self.design.lead_types:
            if kind.id == lead_type:
                return f"“{kind.label}” (SLA {sla_text(kind.sla)})"
        return f"“{lead_type}”, which the design does not have"

    def command(self, name: str, *options: str) -> str:
        """`provisioner apply acme.yaml -c sandbox`, ready for a shell."""
        words = ["provisioner", name, self.design_file or "DESIGN", "-c", self.connection or "NAME", *options]
        return " ".join(word if word in ("DESIGN", "NAME") else shlex.quote(word) for word in words)

    @property
    def since_text(self) -> str:
        return f"since {self.facts.scope.since.astimezone(UTC):%Y-%m-%d}"


def spellings(story: Story) -> tuple[str, ...]:
    """The value as leads of the window have it, in upper and lower case."""
    return tuple(dict.fromkeys(tally.value for tally in story.tallies if tally.value))


def sla_text(sla: Duration | str) -> str:
    if isinstance(sla, str):
        return sla.replace("_", " ")
    return sla.text or f"{sla.minutes}m"


def leads_text(count: int) -> str:
    return count_text(count, "lead")


def count_text(count: int, one: str, many: str = "") -> str:
    """`1 lead`, `2 leads`, `1,204 leads`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def day_text(instant: str) -> str:
    """The day of an ISO instant, as written."""
    return instant[:10] or "an unknown day"


def seen_text(story: Story) -> str:
    """`first seen 2026-01-02, last 2026-03-01`."""
    return f"first seen {day_text(story.first)}, last {day_text(story.last)}"


def total(tallies: Sequence[Tally]) -> int:
    return sum(tally.count for tally in tallies)


def by_type(tallies: Sequence[Tally]) -> list[tuple[str | None, int]]:
    """Leads by stamped lead type, most first."""
    counts: dict[str | None, int] = {}
    for tally in tallies:
        counts[tally.lead_type] = counts.get(tally.lead_type, 0) + tally.count
    return sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))

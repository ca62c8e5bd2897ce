"""Which leads: of the window, with which verdict, owned by a person, with a running clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from provisioner.facts import Scope, Verdict
from provisioner.model.design import Design
from provisioner.targets.salesforce.audit.where import Kinds, among, every, instant, matches, some
from provisioner.targets.salesforce.names import Names
from provisioner.targets.salesforce.soql import literals

RUNNING = ("at_risk", "breached", "escalated", "within_sla")
MET, LATE = "met", "touched_late"
VERDICTS: tuple[Verdict | None, ...] = ("Hit", "Miss", None)
STATUS_VERDICTS: dict[str, Verdict] = {
    MET: "Hit",
    LATE: "Miss",
}  # of leads that are not overdue; of others there is none


@dataclass(frozen=True, slots=True)
class Leads:
    """The clauses of one design in one org. `kinds` are the types of the fields of Lead, where they are known;
    `since_when` is when the design was first in the org (None = not known)."""

    design: Design
    scope: Scope
    kinds: Kinds
    since_when: datetime | None = None

    @property
    def names(self) -> Names:
        return Names(self.design.target.prefix)

    def field(self, word: str) -> str:
        return self.names.field(word)

    @property
    def window(self) -> str:
        return f"CreatedDate >= {instant(self.scope.since)} AND CreatedDate <= {instant(self.scope.now)}"

    @property
    def before(self) -> str:
        """Before the window."""
        return f"CreatedDate < {instant(self.scope.since)}"

    @property
    def running(self) -> str:
        """The clock runs: started, and not ended by a touch, an exclusion, or never begun."""
        return among(self.field("SLA_Status"), RUNNING)

    @property
    def overdue(self) -> str:
        """Nobody touched it and its time is up, whether or not a timer has said so already."""
        return every(self.running, f"{self.field('SLA_Due_At')} < {instant(self.scope.now)}")

    @property
    def settled(self) -> str:
        """All the leads that are not overdue: their status tells their verdict."""
        status, due = self.field("SLA_Status"), self.field("SLA_Due_At")
        waiting = every(self.running, some(f"{due} = null", f"{due} >= {instant(self.scope.now)}"))
        return some(f"{status} = null", f"{status} NOT IN {literals(list(RUNNING))}", waiting)

    def verdict(self, verdict: Verdict | None) -> str:
        """The three are complete and do not overlap. They are told by what is stored (status and due), because the
        result is a formula over the present moment, which cannot be grouped. [docs] reference/salesforce.md 2.3"""
        status, due = self.field("SLA_Status"), self.field("SLA_Due_At")
        if verdict == "Hit":
            return among(status, [MET])
        if verdict == "Miss":
            return some(among(status, [LATE]), self.overdue)
        other = f"{status} NOT IN {literals([MET, LATE, *RUNNING])}"
        waiting = every(self.running, some(f"{due} = null", f"{due} >= {instant(self.scope.now)}"))
        return some(f"{status} = null", other, waiting)

    @property
    def owned_by_person(self) -> str:
        """The owner can have a clock: a human user whom nobody ignores, or a queue where queues start clocks."""
        ignored = sorted(set(self.design.telemetry.first_touch.ignore_users))
        if self.design.assignment.queue_starts_clock:
            nobody = ["UserType != 'Standard'", *(among(field, ignored) for field in ("Username", "Email") if ignored)]
            return f"OwnerId NOT IN (SELECT Id FROM User WHERE {some(*nobody)})"  # noqa: S608 - literals
        person = ["UserType = 'Standard'"]
        person += [f"{field} NOT IN {literals(ignored)}" for field in ("Username", "Email") if ignored]
        return f"OwnerId IN (SELECT Id FROM User WHERE {every(*person)})"  # noqa: S608 - literals

    @property
    def excluded(self) -> str:
        """An exclusion holds for the values that the lead has now."""
        return some(*(matches(item.when, self.kinds) for item in self.design.exclusions))

    @property
    def not_excluded(self) -> str:
        return every(*(matches(item.when, self.kinds, negated=True) for item in self.design.exclusions))

    @property
    def tracked(self) -> str:
        """Some lead type, or what stands for the rest, gives it a clock."""
        if self.design.unmatched.track_as is not None:
            return every()
        return some(*(matches(item.when, self.kinds) for item in self.design.lead_types))

    def select(self, what: str, *clauses: str, end: str = "") -> str:
        """A query over leads that meet all clauses."""
        return f"SELECT {what} FROM Lead WHERE {every(*clauses)}{' ' + end if end else ''}"  # noqa: S608 - clauses


def parsed(text: str) -> datetime | None:
    """An instant as the REST API writes it (2026-03-02T13:00:00.000+0000); None when it is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def iso(text: str) -> str:
    """The same instant, UTC, in whole seconds with Z; as it is when it is none."""
    at = parsed(text)
    return text if at is None or at.tzinfo is None else instant(at)

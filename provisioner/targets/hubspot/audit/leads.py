"""Which leads: of the window, with which verdict, with a running clock; and how one that was read is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioner.facts import Scope, Verdict
from provisioner.model.design import Design
from provisioner.targets.hubspot.audit.answers import Filter, Refused, Row, Search
from provisioner.targets.hubspot.audit.where import among, before, between, equals, parsed
from provisioner.targets.hubspot.names import OPEN, UNTRACKED, Names
from provisioner.targets.hubspot.objects import LeadObject, lead_object

OWNER = "hubspot_owner_id"
LATE = ("breached", "escalated", "touched_late")
WAITING_FOR_DUE = ("at_risk", "within_sla")


@dataclass(frozen=True, slots=True)
class Leads:
    """The leads of one design in one account. `properties`: those of their object by name (None: may not be read)."""

    design: Design
    scope: Scope
    properties: Mapping[str, Mapping[str, Any]] | None

    @property
    def names(self) -> Names:
        return Names(self.design.target.prefix)

    @property
    def object(self) -> LeadObject:
        return lead_object(self.design)

    def prop(self, word: str) -> str:
        """A property of the design. Refused when this account is known not to have it."""
        return self.needed(self.names.prop(word))

    def needed(self, name: str) -> str:
        if self.properties is not None and name not in self.properties:
            raise Refused(f"This account has no property {name} of {self.object.words}, or this token does not see it.")
        return name

    def search(self, *filters: Filter) -> Search:
        """Of all times."""
        return Search(self.object.path, (filters,))

    @property
    def window(self) -> Filter:
        return between(self.object.created_at, self.scope.since, self.scope.now)

    def in_window(self, *filters: Filter) -> Search:
        return self.search(self.window, *filters)

    @property
    def running(self) -> Filter:
        """The clock runs: started, and ended neither by a touch nor by an exclusion."""
        return among(self.prop("sla_status"), OPEN)

    def judged(self, verdict: Verdict) -> list[list[Filter]]:
        """OR of ANDs. Missed is also what is past due although no workflow has marked it so far."""
        status = self.prop("sla_status")
        if verdict == "Hit":
            return [[equals(status, "met")]]
        overdue = [among(status, WAITING_FOR_DUE), before(self.prop("sla_due_at"), self.scope.now)]
        return [[among(status, LATE)], overdue]

    def verdict_of(self, row: Row) -> Verdict | None:
        """The same, of a lead that was read (its status and due time among its values)."""
        status, due = row.text(self.prop("sla_status")), parsed(row.text(self.prop("sla_due_at")))
        if status == "met":
            return "Hit"
        if status in LATE or (status in WAITING_FOR_DUE and due is not None and due < self.scope.now):
            return "Miss"
        return None

    def type_of(self, row: Row) -> str | None:
        """The stamped lead type; what has no clock has none."""
        stamped = row.text(self.prop("lead_type"))
        return None if stamped == UNTRACKED else stamped

    def created(self, row: Row) -> datetime | None:
        return parsed(row.text(self.object.created_at))

    def is_in_window(self, row: Row) -> bool:
        at = self.created(row)
        return at is not None and self.scope.since <= at <= self.scope.now

"""What targets and sessions know about leads: counted by audits, filled in by backfills. Protocols.

Everybody imports them from `targets.base`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from provisioner.model.design import Design

if TYPE_CHECKING:  # only an audit and a backfill need them, and every command comes by here
    from datetime import datetime

    from provisioner.facts import Evidence, Facts, Scope
    from provisioner.past import Filled, Past, PastLead, Reason, Row, Seen, Told


@runtime_checkable
class Auditing(Protocol):
    """A session that counts what is in the CRM. Only reads; raises TargetError only when nothing can be read at all:
    a part that may not be asked is in `Facts.unasked`."""

    def audit(self, design: Design, scope: Scope) -> Facts:
        """In a number of calls that does not grow with the number of leads."""
        ...

    def judged(self, since: Mapping[str, str]) -> Mapping[str, Evidence]:
        """Lead type → the leads of it whose clock started at or after an instant (UTC ISO). What cannot be counted is
        left out."""
        ...


@runtime_checkable
class Clocked(Protocol):
    """A session that knows what time it is where the CRM is."""

    def told_at(self) -> datetime | None:
        """UTC, by the date of its last answer; None when none told it."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A session that can look further back than the window of an audit. Only reads."""

    def earlier(
        self, design: Design, scope: Scope, values: Mapping[str, Sequence[str]]
    ) -> Mapping[tuple[str, str], Evidence]:
        """Field and value → the leads that were created before `scope.since` with it, for `values` (field → values as
        the CRM spells them). What cannot be counted is left out."""
        ...


@runtime_checkable
class Recounting(Auditing, Remembering, Protocol):
    """A session that counts the ends of an audit together, in fewer requests than one after the other. Only reads."""

    def recounted(
        self, design: Design, scope: Scope, values: Mapping[str, Sequence[str]], since: Mapping[str, str]
    ) -> tuple[Mapping[tuple[str, str], Evidence], Mapping[str, Evidence]]:
        """What `earlier` says of `values`, and what `judged` says of `since`; for the design that was audited last."""
        ...


@runtime_checkable
class Underway(Protocol):
    """A session that counts the clocks that run."""

    def underway(self, lead_types: Sequence[str], prefix: str) -> Mapping[str, int]:
        """Lead type → leads whose clock of it runs; what may not be counted is left out. One request per lead type at
        most. TargetError when the vendor does not answer."""
        ...


@runtime_checkable
class Filling(Protocol):
    """A target that knows where the facts of the past go. Thinks only."""

    def filled(self, design: Design, lead: PastLead, told: Told) -> Mapping[str, str] | Reason:
        """Column → value of what is missing in the CRM, or why nothing is to be written. Never what starts a clock."""
        ...

    def same_value(self, one: str, other: str) -> bool:
        """Whether two texts of a column say the same."""
        ...


@runtime_checkable
class Backfilling(Protocol):
    """A session that can fill in what was before the clock, in jobs of many leads. Its jobs start no clock."""

    def past(self, design: Design, since: datetime | None, until: datetime | None) -> Past:
        """The leads created in the window (`until` not included) that have no clock facts. In a number of requests
        that grows with the pages only."""
        ...

    def check_writable(self, design: Design) -> None:
        """NotAllowed when this user may not write the columns."""
        ...

    def seen(self, design: Design, ids: Sequence[str]) -> Mapping[str, Seen]:
        """These leads as they are now; those that may not be written any more are left out."""
        ...

    def names(self, ids: Sequence[str]) -> Mapping[str, str]:
        """What people call these leads, by id; who has no name any more is left out."""
        ...

    def begin_job(self) -> str:
        """The id of an empty job. Nothing happens to any lead yet."""
        ...

    def submit_job(self, job: str, rows: Sequence[Row]) -> None:
        """Hand the rows in, and set the job to work; never twice."""
        ...

    def finish_job(self, job: str) -> Filled:
        """Wait for its end. What became of each row."""
        ...

    def settle_job(self, job: str) -> Filled:
        """The same for a job of an earlier run; one that never got its rows is given up."""
        ...

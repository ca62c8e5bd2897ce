"""What a CRM still knows of a lead's life before the clock was there, and what a backfill makes of it. Instants are
UTC, whole seconds. Values and columns are texts as the CRM writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Reason = Literal["converted", "excluded", "no_history", "gap", "engaged_later", "unsure_touch", "unsettled", "recorded",
                 "nothing", "not_wanted"]  # fmt: skip
REASONS: Mapping[Reason, str] = {
    "converted": "converted already",
    "excluded": "excluded by the design, or marked so in the CRM",
    "no_history": "older than the history of its owner",
    "gap": "its history does not lead to what it is now",
    "engaged_later": "engaged again after it was assigned; when it engaged first is not known",
    "unsure_touch": "it is not known when, or by whom, an activity was done",
    "unsettled": "its owner changed, and the automation has yet to look at it",
    "recorded": "the CRM has other facts about it",
    "nothing": "nothing is missing, or nothing is known",
    "not_wanted": "left out with --only",
}


@dataclass(frozen=True, slots=True)
class Who:
    """A user or a queue. `human`: a person, and nobody whom the design ignores."""

    id: str
    is_queue: bool = False
    human: bool = True


@dataclass(frozen=True, slots=True)
class Move:
    """The owner changed."""

    at: datetime
    before: Who
    after: Who


@dataclass(frozen=True, slots=True)
class Edit:
    """A field changed."""

    at: datetime
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class PastTouch:
    """An activity of a listed type. Where it is not `sure` when it was done or by whom, `at` is the earliest it can
    have been."""

    at: datetime
    type: str
    by: Who
    sure: bool = True


@dataclass(frozen=True, slots=True)
class PastLead:
    """A lead without clock facts. `values` are those of now; `moves` and `edits` in the order of time. `recorded` are
    our columns as they are, and `version` tells whether the lead was changed since. `doubt`: why nothing may be told
    of it, whatever the rest says. `knows_stages`: the history of its stage goes back to its creation."""

    id: str
    created_at: datetime
    owner: Who
    values: Mapping[str, str | None]
    moves: tuple[Move, ...] = ()
    edits: tuple[Edit, ...] = ()
    touches: tuple[PastTouch, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    doubt: Reason | None = None
    knows_stages: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """`leads` may be walked once. `left`: leads that were not even read, counted by reason. `calls`: requests that
    reading took."""

    leads: Iterable[PastLead]
    left: Mapping[Reason, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishedClock:
    """A clock that a touch ended. `hours`: the business calendar; None = around the clock."""

    lead_type: str
    hours: str | None
    assigned_to: str
    started_at: datetime
    due_at: datetime
    sla_seconds: int
    response_seconds: int
    status: Literal["met", "touched_late"]


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a lead; None where it is not. ValueError for a clock without a first touch: nothing that a
    timer could wait for is ever told."""

    engaged_at: datetime
    assigned_at: datetime | None = None
    first_touch_at: datetime | None = None
    first_touch_type: str | None = None
    cycle: int = 1
    clock: FinishedClock | None = None
    touch_count: int | None = None
    stage_entered_at: datetime | None = None
    stage_at: Mapping[str, datetime] = field(default_factory=dict)
    recycle_count: int | None = None

    def __post_init__(self) -> None:
        if self.clock is not None and self.first_touch_at is None:
            raise ValueError("A clock without a first touch would start timers.")
        if self.first_touch_at is not None and self.first_touch_at < self.engaged_at:
            raise ValueError("A touch before the engagement would begin a new cycle.")

    @property
    def verdict(self) -> Literal["Hit", "Miss"] | None:
        if self.clock is None:
            return None
        return "Hit" if self.clock.status == "met" else "Miss"


@dataclass(frozen=True, slots=True)
class Row:
    """One lead to be written: columns before and after, only those that differ."""

    id: str
    version: str
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A lead as it is right before it is written."""

    version: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of a job's rows: ids that were written, and id → the vendor's words for those that were not."""

    written: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)

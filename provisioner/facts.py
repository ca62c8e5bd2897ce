"""What is in a CRM right now, counted: what an audit is made from.

Data only. Every vendor answers in these words; names of the CRM (fields, values, ids) appear as data. Instants are UTC
ISO text, delays are calendar minutes. What could not be asked is named in `Facts.unasked` and never taken for clean:
its part of the facts is None (or an empty tuple beside an entry in `unasked`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

Verdict = Literal["Hit", "Miss"]

Check = Literal[
    "assigned_without_clock",  # a person owns it, it is of a tracked lead type and not excluded, and no clock started
    "clock_without_lead_type",
    "touch_before_assignment",  # a first touch earlier than the assignment
    "negative_delay",  # one of the delays is below zero
    "stuck_step",  # a step's time is past by more than `Scope.grace`, untouched, and its status was not moved
    "excluded_with_clock",  # a clock runs although an exclusion holds
    "closed_with_clock",  # converted (or otherwise finished), and the clock still runs
]
"""What can be wrong with the data of single leads."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an audit looks at. `since` ≤ `now`, aware, UTC; leads count by the instant they were created.

    `carriers` are the fields whose values decide the lead type, most important first.
    """

    now: datetime
    since: datetime
    carriers: tuple[str, ...]
    weeks: int = 8  # how many whole weeks (Monday to Sunday, UTC) of health are wanted, the running one besides
    grace: int = 120  # minutes after which an action that did not happen counts as stuck
    samples: int = 5  # record ids per evidence
    waited: datetime | None = None  # who came in before and is nobody's waits for long; None = `grace` before `now`

    @property
    def patience_ended(self) -> datetime:
        """A lead that came in before this instant, and that nobody owns, has waited for long."""
        return self.waited or self.now - timedelta(minutes=self.grace)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How we know. `query` is what a person can repeat by hand; `sampled` is the number of records looked at when not
    all were (None = all were counted)."""

    query: str
    count: int
    samples: tuple[str, ...] = ()
    sampled: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A value that the field offers. `active` False: kept for old records, not offered any more."""

    value: str
    label: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Tally:
    """Leads of the window with one value, one stamped lead type (its id) and one verdict; None is a blank.

    `first` and `last` are the creation of the earliest and the latest of them.
    """

    value: str | None
    lead_type: str | None
    verdict: Verdict | None
    count: int
    first: str
    last: str


def joined(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    """One per value, lead type and verdict: the same leads are counted in several ways, and verdicts come of several
    statuses."""
    found: dict[tuple[str | None, str | None, Verdict | None], Tally] = {}
    for item in tallies:
        key = item.value, item.lead_type, item.verdict
        other = found.get(key)
        if other is not None:
            first, last = min(other.first, item.first), max(other.last, item.last)
            item = Tally(*key, other.count + item.count, first, last)
        found[key] = item
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Carrier:
    """One field whose values decide the lead type. `options` None: the field does not list its values.

    `tallies` has every value that occurs in the window, exactly (see `evidence.sampled` otherwise).
    """

    field: str
    label: str
    options: tuple[Option, ...] | None
    tallies: tuple[Tally, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that lists its values, some of which the design names (stages, exclusions and other conditions).

    `counts`: value → its leads of the window, as the CRM spells it; None: they were not counted. They are only counted
    when something that the design names is not offered. `exactly`: the CRM tells upper from lower case. `queries`:
    value → what a person can repeat for it, where the evidence does not count by value.
    """

    field: str
    label: str
    options: tuple[Option, ...]
    counts: Mapping[str, int] | None
    evidence: Evidence
    exactly: bool = False
    queries: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Entrance:
    """A way in that the CRM knows by name (a form), whether or not a rule mentions it. `values` are the texts it leaves
    in the carrier fields or in conversion fields."""

    id: str
    name: str
    created_at: str
    values: tuple[str, ...] = ()
    leads: int | None = None  # in the window; None = not known
    last: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the CRM. `leads`: unconverted ones owned; `open_clocks`: of those, with a running clock.

    `manager` None: the CRM does not say. `away`: why and until when, empty when present or not known. `frozen`: is an
    active user who may not sign in until somebody lets them.
    """

    id: str
    name: str
    email: str
    active: bool
    leads: int = 0
    open_clocks: int = 0
    manager: bool | None = None
    away: str = ""
    query: str = ""  # what a person can repeat by hand to see their leads; empty = that of `Facts.people_evidence`
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Leads of the window that came in before `Scope.patience_ended`, that a rule would track, that nobody has touched
    and no person owns: in one queue, or (`place` empty) without any owner. `first`: creation of the earliest."""

    place: str
    leads: int
    first: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody the design names (a recipient's id, or `ignore_users`, or `silent_to`) stands in the CRM.

    `members`: of queues, groups and teams, all of them (None otherwise, or when they may not be read). `untold`: no CRM
    tells how such a one stands, so that there is nothing to put right.
    """

    name: str  # the recipient's id in the design; `silent_to`, or `ignore_users` for those
    kind: str  # user, group, queue, slack, …
    value: str  # as the design writes it
    state: Literal["active", "inactive", "missing", "unknown"]
    members: tuple[Person, ...] | None = None
    pointer: str = ""  # where the document names it
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """One week of finished and running clocks, by the instant the clock started: `[start, end)`, dates in UTC.

    `systems_delay`: mean calendar minutes from engagement to assignment; `human_delay`: from assignment to first touch.
    """

    start: date
    end: date
    clocks: int
    hits: int
    misses: int
    systems_delay: float | None = None
    human_delay: float | None = None
    sampled: int | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business hours as they are in the CRM now. `timezone` empty: not kept there. `last_holiday` None: has none.
    `is_shifted`: the account, whose time zone all calendars share, was moved to `timezone`, and their hours with it."""

    id: str
    timezone: str
    last_holiday: date | None
    active: bool = True
    is_shifted: bool = False


@dataclass(frozen=True, slots=True)
class Surge:
    """The switch of the surge, which people of the CRM turn. `saved_at` (UTC ISO): when it was last saved, so that it
    is as it is since then or longer; empty = not told. `by`: who saved it. `place`: where people find it."""

    is_on: bool
    place: str
    saved_at: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Unasked:
    """A part that was not looked at: `carriers/LeadSource`, `entrances`, `people`, `standings`, `checks/stuck_step`,
    `periods`, `alerts`, `calendars`, `totals`, … and why, for people. `leads`: not all leads can be seen, so that every
    count is too low. `untold`: this CRM tells it to nobody, or only to those with a right that an audit should not
    have, so that nothing is to be put right."""

    part: str
    why: str
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the window: all leads; with a lead type stamped; with a clock; with a verdict."""

    leads: int
    typed: int
    clocks: int
    judged: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The answer to one audit of one org."""

    scope: Scope
    totals: Totals | None = None
    carriers: tuple[Carrier, ...] = ()
    choices: tuple[Choice, ...] | None = ()
    entrances: tuple[Entrance, ...] | None = None
    people: tuple[Person, ...] | None = None  # owners who are inactive, frozen, away or unled, and own leads
    people_evidence: Evidence | None = None
    waiting: tuple[Waiting, ...] | None = None  # most leads first
    standings: tuple[Standing, ...] | None = None
    checks: Mapping[Check, Evidence] = field(default_factory=dict)
    periods: tuple[Period, ...] | None = None  # oldest first; the last one is the running week
    alerts: tuple[tuple[Person, int], ...] | None = None  # alerts per owner in the last seven days, most first
    calendars: tuple[Calendar, ...] | None = None
    surge: Surge | None = None  # None: there is no such switch, or it was not read, which is then in `unasked`
    unasked: tuple[Unasked, ...] = ()

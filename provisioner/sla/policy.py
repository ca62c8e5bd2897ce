"""A design resolved for the clock: every lead type with its calendar, its SLA in seconds and its steps in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from provisioner.model.design import (
    Channel,
    Design,
    Duration,
    Exclusion,
    LeadType,
    Quiet,
    Recipient,
    Stages,
    Step,
    StepStatus,
)
from provisioner.sla.calendar import ALWAYS, Calendar

SAME_BUSINESS_DAY: Literal["same_business_day"] = "same_business_day"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a lead. `key` identifies the user or queue; two owners are the same when kind and key are."""

    key: str
    kind: Literal["person", "queue"] = "person"
    human: bool = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Owner) and (self.kind, self.key) == (other.kind, other.key)

    def __hash__(self) -> int:
        return hash((self.kind, self.key))


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A step with its offset: `share` of the SLA counted from S, or `after` seconds of the clock counted from D.
    `status` is what the lead becomes when the step acts (None: stays as it is)."""

    number: int  # 1, 2, … in the order of the document
    share: Fraction | None
    after: int | None
    status: StepStatus | None
    notify: tuple[str, ...]  # recipient ids, each once
    via: tuple[Channel, ...]
    task: str | None
    reassign_to: str | None

    def offset(self, sla_seconds: int) -> int:
        """Seconds of the clock between S and this step, for an SLA of so many."""
        return share_of(sla_seconds, self.share) if self.share is not None else sla_seconds + (self.after or 0)

    def at(self, calendar: Calendar, start: datetime, due: datetime, sla_seconds: int) -> datetime:
        """The instant of this step on a clock."""
        if self.share is not None:
            return calendar.add(start, share_of(sla_seconds, self.share))
        return calendar.add(due, self.after) if self.after else due


@dataclass(frozen=True, slots=True)
class Clock:
    """The instants of one started clock. `sla_seconds` is open time between `start` and `due`."""

    start: datetime
    due: datetime
    sla_seconds: int
    step_at: tuple[datetime, ...]
    after_hours_due: datetime | None = None
    follow_up_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised to leads of one type. `sla_seconds` is None for `same_business_day`. The after-hours promise is
    in calendar seconds, the window of the follow-up in seconds of the type's clock; None without them."""

    lead_type: LeadType
    calendar: Calendar
    sla_seconds: int | None
    steps: tuple[TimedStep, ...]
    after_hours_seconds: int | None = None
    follow_up_seconds: int | None = None

    @property
    def id(self) -> str:
        return self.lead_type.id

    def clock(self, now: datetime, factor: Decimal = Decimal(1)) -> Clock:
        """The clock of a lead that is assigned at `now`, its SLA multiplied by `factor`."""
        start = self.calendar.next_open(now)
        if self.sla_seconds is None:
            due = self.calendar.close_of_business_day(start)
        else:
            due = self.calendar.add(start, int(self.sla_seconds * factor))
        seconds = self.calendar.open_seconds(start, due)
        steps = tuple(step.at(self.calendar, start, due, seconds) for step in self.steps)
        within = self.follow_up_seconds
        follow_up = None if within is None else self.calendar.add(start, within)
        return Clock(start, due, seconds, steps, self._after_hours(now, start, due), follow_up)

    def _after_hours(self, now: datetime, start: datetime, due: datetime) -> datetime | None:
        """When the after-hours promise ends: only while the hours are closed, and only where it is tighter than D."""
        if self.after_hours_seconds is None or start <= now:
            return None
        promised = now + timedelta(seconds=self.after_hours_seconds)
        return promised if promised < due else None

    def response_seconds(self, start: datetime, touched_at: datetime) -> int:
        """Open seconds from S to F on this type's clock; 0 when the touch came before S."""
        return self.calendar.open_seconds(start, touched_at) if touched_at > start else 0


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything the clock needs to know about a design. Rules that change later do not change a policy."""

    promises: tuple[Promise, ...]
    unmatched: str | None
    exclusions: tuple[Exclusion, ...]
    engagement: tuple[str, ...]
    created_field: str | None
    touch_types: frozenset[str]
    ignored: frozenset[str]
    on_reassign: Literal["restart", "keep"]
    queue_starts_clock: bool
    mode: Literal["silent", "live"]
    recipients: Mapping[str, Recipient]
    stages: Stages | None = None
    quiet: tuple[Quiet, ...] = ()
    surge_factor: Decimal | None = None

    @classmethod
    def of(cls, design: Design, *, created_field: str | None = None) -> Policy:
        """The policy of a design. `created_field` names the field that holds the creation time, so that leads whose
        values lack it are still engaged when they are created. ValueError when a clock cannot be computed: a calendar
        that is never open, business days or `same_business_day` on the calendar clock. KeyError for an undefined id."""
        calendars = {id: Calendar.of(hours) for id, hours in design.business_hours.items()}
        if design.unmatched.track_as is not None:
            design.lead_type(design.unmatched.track_as)
        return cls(
            promises=tuple(_promise(design, calendars, lead_type) for lead_type in design.lead_types),
            unmatched=design.unmatched.track_as,
            exclusions=design.exclusions,
            engagement=design.telemetry.engagement,
            created_field=created_field,
            touch_types=frozenset(design.telemetry.first_touch.types),
            ignored=frozenset(user.casefold() for user in design.telemetry.first_touch.ignore_users),
            on_reassign=design.assignment.on_reassign,
            queue_starts_clock=design.assignment.queue_starts_clock,
            mode=design.alerts.mode,
            recipients=design.recipients,
            stages=design.telemetry.stages,
            quiet=design.alerts.quiet,
            surge_factor=design.surge.factor if design.surge is not None else None,
        )

    @property
    def counts_touches(self) -> bool:
        """Touches are only counted where a follow-up was promised to some lead type."""
        return any(promise.lead_type.follow_up is not None for promise in self.promises)

    def stage(self, value: object) -> str | None:
        """Id of the stage that a value of the stage field stands for; None for other values."""
        wanted = str(value).casefold()
        values = self.stages.values.items() if self.stages is not None else ()
        return next((id for id, said in values if said.casefold() == wanted), None)

    def promise(self, lead_type: str) -> Promise:
        """KeyError when the policy has no such lead type."""
        return self.promises[self.index(lead_type)]

    def index(self, lead_type: str) -> int:
        """Place of a lead type in the document. KeyError when the policy has no such lead type."""
        for place, promise in enumerate(self.promises):
            if promise.id == lead_type:
                return place
        raise KeyError(lead_type)

    def is_human(self, key: str, *, human: bool) -> bool:
        """The test of who can make a first touch and of who counts as a person: human, and not ignored."""
        return human and key.casefold() not in self.ignored

    def counts_as_person(self, owner: Owner) -> bool:
        """Whether assigning a lead to this owner starts a clock."""
        if owner.kind == "queue":
            return self.queue_starts_clock
        return self.is_human(owner.key, human=owner.human)

    def named_owner(self, recipient: str) -> Owner:
        """The owner a recipient names by itself. ValueError for roles and channels, which own nothing by themselves."""
        found = self.recipients[recipient]
        if found.kind == "queue" and found.value is not None:
            return Owner(found.value, "queue", human=False)
        if found.kind == "user" and found.value is not None:
            return Owner(found.value)
        raise ValueError(f"Recipient '{recipient}' is a {found.kind}, which names no owner to reassign a lead to.")


def share_of(sla_seconds: int, share: Fraction) -> int:
    """A share of an SLA in whole seconds, half up."""
    return (2 * sla_seconds * share.numerator + share.denominator) // (2 * share.denominator)


def _promise(design: Design, calendars: Mapping[str, Calendar], lead_type: LeadType) -> Promise:
    calendar = ALWAYS if lead_type.clock == "calendar" or lead_type.hours is None else calendars[lead_type.hours]
    sla_seconds: int | None = None
    if lead_type.sla != SAME_BUSINESS_DAY:
        sla_seconds = _seconds(lead_type.sla, calendar, lead_type.id)
    elif calendar.always:
        raise ValueError(f"Lead type '{lead_type.id}': same_business_day needs a business clock.")
    steps = design.escalations[lead_type.escalation].steps if lead_type.escalation is not None else ()
    timed = tuple(_timed(step, number, calendar, lead_type.id) for number, step in enumerate(steps, start=1))
    after_hours, follow_up = lead_type.after_hours, lead_type.follow_up
    return Promise(
        lead_type,
        calendar,
        sla_seconds,
        timed,
        None if after_hours is None else _seconds(after_hours.sla, ALWAYS, lead_type.id),
        None if follow_up is None else _seconds(follow_up.within, calendar, lead_type.id),
    )


def _timed(step: Step, number: int, calendar: Calendar, lead_type: str) -> TimedStep:
    share = None if step.percent is None else Fraction(step.percent) / 100
    after = None if step.after_due is None else _seconds(step.after_due, calendar, lead_type)
    if (share is None) == (after is None):
        raise ValueError(f"Step {number} of lead type '{lead_type}' needs either a percentage or a time after due.")
    return TimedStep(
        number=number,
        share=share,
        after=after,
        status=step.status or _status_at(share, after),
        notify=tuple(dict.fromkeys(step.notify)),
        via=tuple(dict.fromkeys(step.via)),
        task=step.task,
        reassign_to=step.reassign_to,
    )


def _status_at(share: Fraction | None, after: int | None) -> StepStatus | None:
    """What a step makes of a lead when it does not say so itself."""
    past_due = share - 1 if share is not None else after or 0
    if past_due < 0:
        return None
    return "escalated" if past_due > 0 else "breached"


def _seconds(duration: Duration, calendar: Calendar, lead_type: str) -> int:
    """A duration in seconds of a calendar's clock."""
    minutes = duration.minutes
    if duration.business_days:
        if calendar.business_day is None:
            raise ValueError(f"Lead type '{lead_type}': {duration.text or 'bd'} needs a business clock.")
        minutes += duration.business_days * calendar.business_day
    return minutes * 60

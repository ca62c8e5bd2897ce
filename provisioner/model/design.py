"""The typed, frozen design. Values are normalised (defaults filled in); `at` is the JSON pointer of an entity in the
document, so that a rule can point at `entity.at + "/sla"`. No vendor words here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Scalar = str | int | float | bool | date | datetime | None
Op = Literal["in", "not_in", "gt", "gte", "lt", "lte", "starts_with", "ends_with", "contains", "is_blank"]
Clock = Literal["business", "calendar"]
Channel = Literal["bell", "email", "slack"]
StepStatus = Literal["at_risk", "breached", "escalated"]
TouchType = Literal["call", "email", "linkedin", "meeting"]


@dataclass(frozen=True, slots=True)
class Duration:
    """`minutes` of the clock it is used on (d = 1440 of them) plus whole business days (`bd`)."""

    minutes: int = 0
    business_days: int = 0
    has_days: bool = False  # written with `d`: legal on a calendar clock only
    text: str = ""

    @property
    def is_zero(self) -> bool:
        return not self.minutes and not self.business_days


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. `values` has one entry except for in/not_in (1..n; None = blank) and is_blank (one bool)."""

    __test__ = False  # not a pytest class
    field: str
    op: Op
    values: tuple[Scalar, ...]
    at: str


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any_:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = Test | All | Any_ | Not


@dataclass(frozen=True, slots=True)
class Contacts:
    owner: str | None = None
    handoff: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    platform: Literal["salesforce", "hubspot"]
    object: str
    prefix: str
    expect: Mapping[str, Any]  # org_id, sandbox | portal_id
    options: Mapping[str, Any]  # what else the document says under `target` (features, api_version …)
    at: str = "/target"


@dataclass(frozen=True, slots=True)
class FirstTouch:
    types: tuple[TouchType, ...] = ("call", "email", "linkedin", "meeting")
    ignore_users: tuple[str, ...] = ()
    at: str = "/telemetry/first_touch"


@dataclass(frozen=True, slots=True)
class Telemetry:
    engagement: tuple[str, ...]  # field names, the first one that is known
    first_touch: FirstTouch
    stages: Mapping[str, Any] | None = None
    at: str = "/telemetry"


@dataclass(frozen=True, slots=True)
class Holiday:
    day: date
    name: str


@dataclass(frozen=True, slots=True)
class HolidaySource:
    """Where holidays come from: a country's public ones for `years` from `first_year`, and the `extra` days."""

    country: str | None
    subdivision: str | None
    first_year: int
    years: int
    extra: tuple[Holiday, ...]


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """`open[weekday]`: half-open intervals in minutes after local midnight, Monday = 0, sorted, disjoint, 0..1440.
    `holidays` are the concrete whole days of the horizon, so every engine uses the very same set."""

    id: str
    timezone: str
    open: Mapping[int, tuple[tuple[int, int], ...]]
    holidays: tuple[Holiday, ...]
    business_day: int  # minutes that 1bd means
    at: str
    source: HolidaySource | None = None  # None: the document names no holidays


@dataclass(frozen=True, slots=True)
class AfterHours:
    clock: Clock
    sla: Duration
    notify: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    touches: int
    within: Duration
    at: str


@dataclass(frozen=True, slots=True)
class LeadType:
    id: str
    label: str
    when: Condition
    sla: Duration | Literal["same_business_day"]
    clock: Clock
    hours: str | None  # id of a BusinessHours; set exactly when clock is business
    escalation: str | None
    hand_raiser: bool
    after_hours: AfterHours | None
    follow_up: FollowUp | None
    at: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    track_as: str | None = None
    report: bool = True
    at: str = "/unmatched"


@dataclass(frozen=True, slots=True)
class Step:
    """Exactly one of `percent` (of the SLA, before or after due) and `after_due` (zero = at due) is set."""

    percent: Decimal | None
    after_due: Duration | None
    notify: tuple[str, ...]
    via: tuple[Channel, ...]
    status: StepStatus | None
    task: str | None  # text with {lead.name} {company} {rep} {lead_type} placeholders
    reassign_to: str | None
    at: str


@dataclass(frozen=True, slots=True)
class Escalation:
    id: str
    steps: tuple[Step, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """`value` is the user (username or email), group, queue or channel; None for roles."""

    id: str
    kind: Literal["record_owner", "owner_manager", "user", "group", "queue", "slack"]
    value: str | None
    otherwise: str | None  # owner_manager only: the user to tell when the owner has no manager
    at: str
    create: bool = False  # queue only: provisioned by the design, instead of being there already


@dataclass(frozen=True, slots=True)
class Alerts:
    mode: Literal["silent", "live"]
    silent_to: str
    content: tuple[str, ...]
    at: str = "/alerts"


@dataclass(frozen=True, slots=True)
class Exclusion:
    id: str
    when: Condition
    at: str


@dataclass(frozen=True, slots=True)
class Assignment:
    on_reassign: Literal["restart", "keep"] = "restart"
    queue_starts_clock: bool = False


@dataclass(frozen=True, slots=True)
class Design:
    id: str
    client: str
    contacts: Contacts
    target: Target
    telemetry: Telemetry
    business_hours: Mapping[str, BusinessHours]
    lead_types: tuple[LeadType, ...]
    unmatched: Unmatched
    escalations: Mapping[str, Escalation]
    recipients: Mapping[str, Recipient]
    alerts: Alerts
    exclusions: tuple[Exclusion, ...]
    assignment: Assignment
    # Sections whose meaning belongs to later capabilities, checked for shape, kept as plain data:
    enablement: Mapping[str, Any] | None = None
    recycling: Mapping[str, Any] | None = None
    surge: Mapping[str, Any] | None = None
    reports: Mapping[str, Any] | None = None
    targets: Mapping[str, Any] | None = None
    was: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Section of the document → id → its former ids, of what was renamed."""

    def lead_type(self, id: str) -> LeadType:
        """KeyError when there is none (rule D-undefined says so before anyone asks)."""
        for lead_type in self.lead_types:
            if lead_type.id == id:
                return lead_type
        raise KeyError(id)

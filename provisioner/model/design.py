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
RECYCLED = "recycled"  # the stage id of a lead that is sent back, to return later
REJECTIONS = (RECYCLED, "disqualified")


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
class Stages:
    """The stages of a lead: `values` is stage id → value of `field`, in the order of the document."""

    field: str
    values: Mapping[str, str]
    history: bool = False
    at: str = "/telemetry/stages"

    @property
    def rejections(self) -> dict[str, str]:
        """The stages in which a lead is sent back: id → value."""
        return {id: value for id, value in self.values.items() if id in REJECTIONS}


@dataclass(frozen=True, slots=True)
class Conversion:
    """Which records get a copy of the measures when a lead is converted."""

    to: tuple[Literal["contact", "opportunity"], ...]
    at: str = "/telemetry/conversion"


@dataclass(frozen=True, slots=True)
class Telemetry:
    engagement: tuple[str, ...]  # field names, the first one that is known
    first_touch: FirstTouch
    stages: Stages | None = None
    conversion: Conversion | None = None
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
class Quiet:
    """A condition under which a step marks the lead and does nothing else."""

    id: str
    when: Condition
    at: str


@dataclass(frozen=True, slots=True)
class Alerts:
    mode: Literal["silent", "live"]
    silent_to: str
    content: tuple[str, ...]
    quiet: tuple[Quiet, ...] = ()
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
class Recycling:
    """How often a lead may come back (None: as often as people like), and the reasons for which it is rejected."""

    limit: int | None
    reasons: tuple[str, ...]
    at: str = "/recycling"


@dataclass(frozen=True, slots=True)
class Breach:
    """The reasons people choose from when an SLA was missed."""

    reasons: tuple[str, ...]
    at: str = "/breach"


@dataclass(frozen=True, slots=True)
class Surge:
    """A switch that multiplies the SLAs of the clocks that start while it is on. `when` is for people."""

    factor: Decimal
    when: str | None
    at: str = "/surge"


@dataclass(frozen=True, slots=True)
class ReportDashboard:
    """A dashboard about some lead types, besides the one about all of them."""

    id: str
    label: str
    lead_types: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Reports:
    folder: str
    include: tuple[str, ...]
    dashboard: bool = False
    dashboards: tuple[ReportDashboard, ...] = ()
    at: str = "/reports"


@dataclass(frozen=True, slots=True)
class ComplianceTarget:
    """Shares of leads touched in time, in per cent: at least `good`, below `red`."""

    good: Decimal
    red: Decimal


@dataclass(frozen=True, slots=True)
class SystemsDelayTarget:
    """Calendar time from engagement to assignment: at most `good`, at most `yellow`, from `red` and `critical` on."""

    good: Duration
    yellow: Duration
    red: Duration
    critical: Duration


@dataclass(frozen=True, slots=True)
class Targets:
    compliance: ComplianceTarget | None = None
    systems_delay: SystemsDelayTarget | None = None
    at: str = "/targets"


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
    enablement: Mapping[str, Any] | None = None  # read by `golive`; checked for shape, kept as plain data
    recycling: Recycling | None = None
    breach: Breach | None = None
    surge: Surge | None = None
    reports: Reports | None = None
    targets: Targets | None = None
    was: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Section of the document → id → its former ids, of what was renamed."""

    def lead_type(self, id: str) -> LeadType:
        """KeyError when there is none (rule D-undefined says so before anyone asks)."""
        for lead_type in self.lead_types:
            if lead_type.id == id:
                return lead_type
        raise KeyError(id)

"""Small designs for the tests of the clock, built by hand so that a test shows the rule it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from provisioner.model.design import (
    Alerts,
    Assignment,
    BusinessHours,
    Condition,
    Contacts,
    Design,
    Duration,
    Escalation,
    Exclusion,
    FirstTouch,
    Holiday,
    LeadType,
    Recipient,
    Step,
    Target,
    Telemetry,
    Test,
    Unmatched,
)

WORKDAYS = dict.fromkeys(range(5), ((480, 1080),))  # 08:00-18:00


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(text: str) -> int:
    return int(utc(text).timestamp())


def hours(
    timezone: str = "America/New_York",
    open: Mapping[int, tuple[tuple[int, int], ...]] = WORKDAYS,
    holidays: Sequence[date] = (),
    business_day: int = 600,
    id: str = "us",
) -> BusinessHours:
    days_off = tuple(Holiday(day, "day off") for day in holidays)
    return BusinessHours(id, timezone, open, days_off, business_day, f"/business_hours/{id}")


def where(field: str, op: Any, *values: Any) -> Test:
    return Test(field, op, values, "/when")


def step(percent: str | None = None, after: int | None = None, **other: Any) -> Step:
    """A step at a percentage, or `after` minutes after due (`after_bd` business days more)."""
    due = None
    if percent is None:
        due = Duration(minutes=after or 0, business_days=other.pop("after_bd", 0), text="due + x")
    plain: dict[str, Any] = {"notify": ("rep",), "via": ("bell",), "status": None, "task": None, "reassign_to": None}
    return Step(None if percent is None else Decimal(percent), due, at="/step", **(plain | other))


def lead_type(id: str, sla: Any, when: Condition | None = None, **other: Any) -> LeadType:
    """`sla` in minutes, or `same_business_day`, or a Duration."""
    plain: dict[str, Any] = {
        "clock": "calendar",
        "hours": None,
        "escalation": None,
        "hand_raiser": False,
        "after_hours": None,
        "follow_up": None,
    }
    return LeadType(
        id=id,
        label=id,
        when=when or where("Source", "in", id),
        sla=Duration(minutes=sla) if isinstance(sla, int) else sla,
        at=f"/lead_types/{id}",
        **(plain | other),
    )


def business(id: str, sla: Any, **other: Any) -> LeadType:
    return lead_type(id, sla, **({"clock": "business", "hours": "us"} | other))


def design(
    *lead_types: LeadType,
    steps: Sequence[Step] = (),
    mode: Any = "live",
    engagement: Sequence[str] = ("Engaged",),
    ignore: Sequence[str] = (),
    exclude: Sequence[Condition] = (),
    track_as: str | None = None,
    on_reassign: Any = "restart",
    queue_starts_clock: bool = False,
    calendars: Sequence[BusinessHours] = (),
    escalations: Mapping[str, Sequence[Step]] | None = None,
) -> Design:
    """A design whose lead types may use the escalation `ladder` (the given steps) and the calendar `us`."""
    ladders = {"ladder": tuple(steps), **(escalations or {})}
    return Design(
        id="acme",
        client="Acme",
        contacts=Contacts(),
        target=Target("salesforce", "Lead", "STL", {}, {}),
        telemetry=Telemetry(tuple(engagement), FirstTouch(("call", "email"), tuple(ignore))),
        business_hours={calendar.id: calendar for calendar in (hours(), *calendars)},
        lead_types=lead_types,
        unmatched=Unmatched(track_as),
        escalations={id: Escalation(id, tuple(ladder), "/escalation") for id, ladder in ladders.items()},
        recipients={
            "rep": Recipient("rep", "record_owner", None, None, "/recipients/rep"),
            "boss": Recipient("boss", "user", "boss@acme.example", None, "/recipients/boss"),
            "backup": Recipient("backup", "queue", "SDR_Backup", None, "/recipients/backup"),
        },
        alerts=Alerts(mode, "qa@acme.example", ()),
        exclusions=tuple(Exclusion(f"out{n}", condition, "/exclusions") for n, condition in enumerate(exclude)),
        assignment=Assignment(on_reassign, queue_starts_clock),
    )

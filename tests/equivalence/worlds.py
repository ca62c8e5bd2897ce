"""Random designs and random lives of leads, from a seed. Nothing here knows how the product works: a design is a
document as a user would write it, a life is what happens to one lead in a CRM."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

ZONES = ["America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]
SOURCES = ["Demo Request", "Pricing Page", "Contact Form", "Webinar", "Content Download", 'Say "hi" & <go>', "Other"]
COUNTRIES = ["US", "GB", "DE", None]
STATUSES = ["Open - Not Contacted", "Working - Contacted", "Disqualified"]
# A week before to two weeks after the nights on which clocks change in spring 2026 (US 8 March, Europe 29 March).
STARTS = [datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 24, tzinfo=UTC), datetime(2026, 12, 28, tzinfo=UTC)]

PEOPLE = {  # username: (manager username or None, active)
    "ann@acme.example": ("boss@acme.example", True),
    "bob@acme.example": ("boss@acme.example", True),
    "cat@acme.example": (None, True),
    "dan@acme.example": ("gone@acme.example", True),
    "boss@acme.example": (None, True),
    "cro@acme.example": (None, True),
    "qa@acme.example": (None, True),
    "gone@acme.example": (None, False),
    "integration@acme.example": (None, True),
}
REPS = ["ann@acme.example", "bob@acme.example", "cat@acme.example", "dan@acme.example"]
ROBOT = "integration@acme.example"
QUEUES = ["Inbound_Queue", "STL_Backup"]
GROUP = "SDR_On_Call"


CHANNEL = "C0123456789"
SLACK = {"app": "A0123456789", "workspace": "T0123456789", "conversations": [CHANNEL]}


@dataclass(frozen=True)
class Cast:
    """Who is in the org besides its administrator; `people` as PEOPLE. The design's own queues are among `queues`."""

    people: Mapping[str, tuple[str | None, bool]]
    queues: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, str] = field(default_factory=dict)  # username → role


CAST = Cast(PEOPLE, tuple(QUEUES), {GROUP: ("cro@acme.example",)})


@dataclass(frozen=True)
class Event:
    """`kind`: save (values and/or owner change) · touch · convert (`values`: opportunity, as the control door takes
    it). Times are UTC, whole seconds. A save with a `refusal` is refused in these words, and nothing happens."""

    at: datetime
    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    owner: str | None = None
    actor: str | None = None
    subtype: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Life:
    """One lead: `events[0]` creates it."""

    number: int
    events: tuple[Event, ...]


def _hours(rng: random.Random, start: datetime) -> dict[str, Any]:
    days = rng.choice(["mon-fri", "mon-sat", "mon-sun", "tue-thu", "mon,wed,sat"])
    opening = rng.choice(["00:00-24:00", "08:00-18:00", "09:30-17:15", "00:00-06:00", "01:30-03:30", "13:00-21:00"])
    hours: dict[str, Any] = {"timezone": rng.choice(ZONES), "open": {days: opening}}
    if rng.random() < 0.6:
        extra = {(start + timedelta(days=rng.randrange(0, 20))).date().isoformat() for _ in range(rng.randrange(1, 4))}
        hours["holidays"] = {"from": start.year, "years": 2, "extra": sorted(extra)}
        if rng.random() < 0.3:
            hours["holidays"]["country"] = rng.choice(["US", "GB"])
    return hours


def _when(rng: random.Random) -> dict[str, Any]:
    sources = rng.sample(SOURCES, rng.randrange(1, 3))
    kind = rng.randrange(8)
    if kind < 3:
        return {"LeadSource": sources}
    if kind == 3:
        return {"all": [{"LeadSource": sources}, {"NumberOfEmployees": {"gte": rng.choice([50, 1000])}}]}
    if kind == 4:
        return {"LeadSource": sources, "Country": {"in": [rng.choice(["US", "GB"]), None]}}
    if kind == 5:
        return {"any": [{"Company": {"starts_with": "Big"}}, {"all": [{"Country": "DE"}, {"LeadSource": sources}]}]}
    if kind == 6:
        return {"not": {"any": [{"LeadSource": [*sources, None]}, {"NumberOfEmployees": {"lt": 100}}]}}
    return {"all": [{"Country": {"not_in": ["US", "DE"]}}, {"Email": {"contains": "Example"}}]}


def _steps(rng: random.Random, business: bool) -> list[dict[str, Any]]:
    ats = [f"{p}%" for p in sorted(rng.sample([10, 25, 33.3, 50, 75, 80, 99], rng.randrange(0, 3)))]
    if rng.random() < 0.8:
        ats.append("due")
    after = ["10m", "45m", "2h", "9h"]
    ats += [f"due + {x}" for x in [a for a in after if rng.random() < 0.3]]
    if business and rng.random() < 0.4 and "due + 9h" not in ats:
        ats.append("due + 3bd")
    if not ats:
        ats = ["due"]
    steps = []
    for at in ats:
        step: dict[str, Any] = {"at": at}
        step["notify"] = rng.sample(["rep", "manager", "cro"], rng.randrange(1, 4))
        step["via"] = rng.choice([["bell"], ["email"], ["bell", "email"]])
        if step["via"] == ["bell"] and rng.random() < 0.3:
            step["notify"].append(rng.choice(["on_call", "backup"]))
        if at.endswith("%") and rng.random() < 0.6:
            step["status"] = "at_risk"
        if rng.random() < 0.2:
            step["task"] = 'Call {lead.name} & say "now"'
        if at.startswith("due +") and rng.random() < 0.35:
            step["reassign_to"] = rng.choice(["backup", "cro"])
        steps.append(step)
    return steps


def design(seed: int) -> tuple[dict[str, Any], datetime]:
    """A document (plain data) and the instant at which its leads begin to come."""
    rng = random.Random(seed)
    start = rng.choice(STARTS)
    calendars = {f"cal{i}": _hours(rng, start) for i in range(rng.randrange(1, 4))}
    lead_types: list[dict[str, Any]] = []
    for i in range(rng.randrange(1, 6)):
        business = rng.random() < 0.65
        lead_type: dict[str, Any] = {"id": f"type_{i}", "label": rng.choice([f"Type {i}", f'T{i} "&<>'])}
        lead_type["when"] = _when(rng)
        if business:
            lead_type |= {"clock": "business", "hours": rng.choice(list(calendars))}
            lead_type["sla"] = rng.choice(["1m", "5m", "7m", "15m", "4h", "1bd", "same_business_day"])
            lead_type["escalation"] = rng.choice(["biz_a", "biz_b"])
        else:
            lead_type |= {"clock": "calendar", "sla": rng.choice(["1m", "5m", "13m", "1h", "1d"])}
            lead_type["escalation"] = "cal_a"
        if rng.random() < 0.1:
            del lead_type["escalation"]
        lead_types.append(lead_type)
    used = {t.get("escalation") for t in lead_types}
    escalations = {n: _steps(rng, n.startswith("biz")) for n in ("biz_a", "biz_b", "cal_a") if n in used} or {
        "cal_a": _steps(rng, False)
    }
    mode = rng.choice(["silent", "live"])
    document: dict[str, Any] = {
        "apiVersion": "provisioner/v1",
        "design": f"world-{seed}",
        "client": "Acme & Co",
        "target": {
            "platform": "salesforce",
            "object": "Lead",
            "prefix": "STL",
            "expect": {"org_id": "00D000000000001AAA", "sandbox": True},
        },
        "telemetry": {
            "engagement": rng.choice([["CreatedDate"], ["Form_Submitted_At__c", "CreatedDate"]]),
            "first_touch": {
                "types": rng.choice([["call", "email", "linkedin", "meeting"], ["call", "meeting"], ["email"]]),
                "ignore_users": [ROBOT],
            },
        },
        "business_hours": calendars,
        "lead_types": lead_types,
        "unmatched": rng.choice([{"track_as": "type_0"}, {"track_as": "none"}]),
        "escalation": escalations,
        "recipients": {
            "rep": {"role": "record_owner"},
            "manager": {"role": "owner_manager", "otherwise": {"user": "boss@acme.example"}},
            "cro": {"user": "cro@acme.example"},
            "on_call": {"group": GROUP},
            "backup": {"queue": "STL_Backup", "create": True},
        },
        "alerts": {
            "mode": mode,
            "silent_to": rng.choice(["qa@acme.example", "outside@qa.example"]),
            "content": ["lead.name", "lead_type", "company", "rep", "sla", "elapsed", "link"],
        },
        "exclusions": [{"id": "internal", "when": {"Email": {"ends_with": "@acme.example"}}}]
        + ([{"id": "disqualified", "when": {"Status": ["Disqualified"]}}] if rng.random() < 0.7 else []),
        "assignment": {
            "on_reassign": rng.choice(["restart", "keep"]),
            "queue_starts_clock": rng.random() < 0.2,
        },
    }
    _tell_more(random.Random(f"{seed} telling"), document)
    return document, start


def _tell_more(rng: random.Random, document: dict[str, Any]) -> None:
    """Slack channels, quiet conditions and after-hours promises, drawn apart from the rest of the design."""
    document["target"] |= {"slack_app_id": SLACK["app"], "slack_workspace_id": SLACK["workspace"]}
    document["recipients"]["channel"] = {"slack": CHANNEL}
    for step in [step for steps in document["escalation"].values() for step in steps]:
        if rng.random() < 0.25:
            step["notify"].append("channel")
            step["via"] = [*step["via"], "slack"]
    if rng.random() < 0.5:
        when = rng.choice([{"Status": [STATUSES[1]]}, {"Country": ["DE"]}, {"not": {"LeadSource": {"contains": "e"}}}])
        document["alerts"]["quiet"] = [{"id": "hushed", "when": when}]
    for lead_type in document["lead_types"]:
        if lead_type["clock"] == "business" and rng.random() < 0.5:
            told = rng.sample(["rep", "manager", "cro", "on_call", "channel"], rng.randrange(1, 4))
            promise = {"clock": "calendar", "sla": rng.choice(["10m", "1h", "12h"]), "notify": told}
            lead_type["after_hours"] = promise


def _moment(rng: random.Random, start: datetime, hours: float) -> datetime:
    return start + timedelta(seconds=rng.randrange(0, int(hours * 3600)))


def life(seed: int, number: int, start: datetime, interesting: Any = None) -> Life:
    """One lead's life. `interesting(events so far) -> [instants]` may suggest instants worth hitting exactly."""
    rng = random.Random(f"{seed}/{number}")
    created = _moment(rng, start, 7 * 24)
    values: dict[str, Any] = {
        "LastName": f"Lead {number}",
        "Company": rng.choice(["Big & Bold", "small co", '=HYPERLINK("x")', "{!$Record.Id} {{ 7*7 }}"]),
        "LeadSource": rng.choice([*SOURCES, None, "demo request"]),
        "Country": rng.choice(COUNTRIES),
        "NumberOfEmployees": rng.choice([None, 10, 500, 5000]),
        "Email": rng.choice([None, "x@client.EXAMPLE", "y@Acme.Example"]) if rng.random() < 0.4 else "z@client.example",
        "Status": STATUSES[0],
    }
    if rng.random() < 0.5:
        values["Form_Submitted_At__c"] = created - timedelta(seconds=rng.randrange(0, 3600))
    owner = rng.choice([*REPS, *REPS, ROBOT, *QUEUES])
    events = [Event(created, "save", values, owner)]
    at = created
    for _ in range(rng.randrange(0, 5)):
        hot = [t for t in (interesting(tuple(events)) if interesting else []) if t > at]
        if hot and rng.random() < 0.5:
            at = rng.choice(hot[:3]) + timedelta(seconds=rng.choice([-1, 0, 0, 1, 30, 60]))
            at = max(at, events[-1].at + timedelta(seconds=1))
        else:
            at = at + timedelta(seconds=rng.choice([7, 61, 600, 4000, 30_000, 90_000]) + rng.randrange(0, 60))
        again = events[-1].kind == "touch" and rng.random() < 0.4  # a second engagement, for new cycles
        events.append(_engagement(rng, at) if again else _something(rng, at))
        if events[-1].kind == "convert":
            break
    return Life(number, tuple(events))


def _something(rng: random.Random, at: datetime) -> Event:
    kind = rng.choice(["touch", "touch", "touch", "owner", "owner", "status", "source", "engage", "convert"])
    if kind == "touch":
        subtype = rng.choice(["Call", "Email", "LinkedIn", "Event", "Task", "Cadence"])
        return Event(at, "touch", actor=rng.choice([*REPS, ROBOT]), subtype=subtype)
    if kind == "owner":
        return Event(at, "save", owner=rng.choice([*REPS, *REPS, *QUEUES, ROBOT]))
    if kind == "status":
        return Event(at, "save", {"Status": rng.choice(STATUSES)})
    if kind == "source":
        return Event(at, "save", {"LeadSource": rng.choice(SOURCES)})
    if kind == "engage":
        return _engagement(rng, at)
    return Event(at, "convert")


def _engagement(rng: random.Random, at: datetime) -> Event:
    ago = rng.choice([0, 3, rng.randrange(0, 500)])
    return Event(at, "save", {"Form_Submitted_At__c": at - timedelta(seconds=ago)})

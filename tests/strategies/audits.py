"""An org in which nothing is wrong, and the means to make one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from provisioner.document import Document, loads
from provisioner.facts import (
    Calendar,
    Carrier,
    Entrance,
    Evidence,
    Facts,
    Option,
    Period,
    Person,
    Scope,
    Standing,
    Tally,
    Totals,
    Unasked,
)
from provisioner.insight.audit import Audit, Judged
from provisioner.insight.drift import Report
from provisioner.insight.drift import audit as run_audit
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.planning.plan import Cause, Change, Plan, Touched
from provisioner.resources import BY_HAND, Address, Resource
from provisioner.targets.base import Meaning

NOW = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)  # a Monday
SINCE = NOW - timedelta(days=90)
TEXT = """\
apiVersion: provisioner/v1
design: acme
client: Acme
target: {platform: salesforce, object: Lead, prefix: STL}
telemetry: {first_touch: {ignore_users: [bot@acme.example]}}
business_hours:
  us:
    timezone: America/New_York
    open: {mon-fri: "08:00-18:00"}
    holidays: {country: US, from: 2026, years: 3}
lead_types:
  - id: emea_demo
    label: Demo, UK
    when: {LeadSource: [Demo Request], Country: [United Kingdom, Ireland]}
    sla: 15m
    escalation: urgent
  - id: demo
    label: Demo
    when: {LeadSource: [Demo Request, Pricing Page]}  # the fast ones
    sla: 5m
    clock: business
    hours: us
    escalation: urgent
  - id: enterprise
    label: Enterprise inquiry
    when: {all: [{LeadSource: [Contact Form]}, {NumberOfEmployees: {gte: 1000}}]}
    sla: 15m
    escalation: urgent
  - id: event
    label: Event attendee
    when:
      LeadSource:
        - Webinar
        - Trade Show  # the big one
    sla: 1h
    escalation: standard
  - {id: content, label: Content, when: {LeadSource: Content Download}, sla: 4h, escalation: standard}
unmatched: {track_as: content}
escalation:
  urgent: [{at: due, notify: [rep], via: [bell]}, {at: due + 2h, notify: [manager, cro], via: [email]}]
  standard: [{at: due, notify: [rep], via: [bell]}]
recipients:
  rep: {role: record_owner}
  manager: {role: owner_manager}
  cro: {user: cro@acme.example}
  backup: {queue: SDR_Backup}
alerts: {mode: silent, silent_to: qa@acme.example}
"""
VALUES = ("Demo Request", "Pricing Page", "Contact Form", "Webinar", "Trade Show", "Content Download")
TYPES = {"Demo Request": "demo", "Pricing Page": "demo", "Webinar": "event", "Trade Show": "event"}
QUERY = "SELECT LeadSource, COUNT(Id) FROM Lead GROUP BY LeadSource"


def document(text: str = TEXT) -> Document:
    return loads(text, "acme.yaml")


def design(text: str = TEXT) -> Design:
    found, findings = compile_design(document(text), today=NOW.date())
    assert found is not None, findings
    return found


def tally(value: str | None, count: int = 10, lead_type: str | None = "content", **more: Any) -> Tally:
    settings = {"verdict": "Hit", "first": "2026-04-01T09:00:00Z", "last": "2026-06-12T09:00:00Z"} | more
    return Tally(value, lead_type, count=count, **settings)


def carrier(*more: Tally, options: tuple[str, ...] | None = VALUES, hidden: tuple[str, ...] = ()) -> Carrier:
    """The carrying field with ten leads of every mapped value, and `more`."""
    usual = [tally(value, lead_type=TYPES.get(value, "content")) for value in VALUES]
    offered = None
    if options is not None:
        offered = tuple([Option(value, value) for value in options] + [Option(v, v, False) for v in hidden])
    count = sum(item.count for item in (*usual, *more))
    return Carrier("LeadSource", "Lead Source", offered, (*usual, *more), Evidence(QUERY, count, ("00Q1", "00Q2")))


def person(name: str = "Sam Lee", **settings: Any) -> Person:
    email = f"{name.partition(' ')[0].lower()}@acme.example"
    return Person(f"005{name[:3]}", name, email, **{"active": True, "manager": True, **settings})


def standing(name: str, kind: str, value: str, state: Any = "active", **settings: Any) -> Standing:
    return Standing(name, kind, value, state, pointer=settings.pop("pointer", f"/recipients/{name}"), **settings)


STANDINGS = (
    standing("cro", "user", "cro@acme.example"),
    standing("backup", "queue", "SDR_Backup", members=(person("Kim Park"), person("Jo Diaz"))),
    standing("silent_to", "user", "qa@acme.example", pointer="/alerts/silent_to"),
    standing("ignore_users", "user", "bot@acme.example", pointer="/telemetry/first_touch/ignore_users/0"),
)


def week(number: int, *, misses: int = 10, delay: float | None = 2.0, clocks: int = 100) -> Period:
    """Week `number` before the running one (0)."""
    start = NOW.date() - timedelta(days=7 * number)
    return Period(start, start + timedelta(days=7), clocks, clocks - misses, misses, delay, 9.0)


WEEKS = (week(4), week(3), week(2), week(1), week(0, clocks=3, misses=0))
CHECKS = (
    "assigned_without_clock",
    "clock_without_lead_type",
    "touch_before_assignment",
    "negative_delay",
    "stuck_step",
    "excluded_with_clock",
    "closed_with_clock",
)
ORG = {
    "platform": "pretend",
    "id": "00D1",
    "name": "Acme Sandbox",
    "is_production": False,
    "url": "https://acme.example",
    "user": "admin@acme.example",
}


def facts(**changed: Any) -> Facts:
    """Nothing is wrong, and everything was asked."""
    usual: dict[str, Any] = {
        "scope": Scope(NOW, SINCE, ("LeadSource",)),
        "totals": Totals(60, 60, 60, 60),
        "carriers": (carrier(),),
        "entrances": (),
        "people": (),
        "waiting": (),
        "people_evidence": Evidence("SELECT OwnerId FROM Lead", 0),
        "standings": STANDINGS,
        "checks": {check: Evidence(f"count of {check}", 0) for check in CHECKS},
        "periods": WEEKS,
        "alerts": (),
        "calendars": (Calendar("us", "America/New_York", date(2028, 12, 25)),),
    }
    return Facts(**(usual | changed))


def plan(*changes: Change, **settings: Any) -> Plan:
    empty = Plan((), (), (), "acme", "d" * 64, "0.1", ORG, "2026-06-15T08:00:00Z", {})
    return replace(empty, changes=changes, **settings)


def resource(name: str = "Type:demo", **attributes: Any) -> Resource:
    return Resource(Address.parse(name), attributes)


def changed(cause: Cause = Cause.HAND, *, gone: bool = False, touched: Touched | None = None) -> Change:
    """As planned: `before` is what is in the org."""
    return Change(None if gone else resource(minutes=60), resource(minutes=5), cause, touched)


def step(cause: Cause, before: dict[str, Any] | None = None) -> Change:
    address = Address(BY_HAND, "dashboard")
    after = Resource(address, {"title": "Dashboard", "why": "People look at it.", "steps": []})
    return Change(None if before is None else Resource(address, before), after, cause)


def audited(**settings: Any) -> Audit:
    """`facts(...)` and `plan(...)` unless they are given."""
    usual = {"design": design(), "facts": facts(), "plan": plan(), "design_file": "acme.yaml", "connection": "sandbox"}
    return Audit(**(usual | settings))


def report(subject: Audit | None = None, **options: Any) -> Report:
    return run_audit(subject or audited(), document().locate, tool="0.1", **options)


def everything(text: str = "TikTok") -> Audit:
    """A bit of every family, with `text` wherever the CRM says something; one part was not checked."""
    odd = person(text, active=False, leads=3, open_clocks=1)
    meaning = Meaning(f"SLA of {text}: 5 minutes -> 60 minutes", ("demo",))
    hand = changed(touched=Touched(text, "2026-06-03T09:00:00Z"))
    return audited(
        facts=facts(
            carriers=(
                replace(
                    carrier(tally(text, 37), tally("Demo-Request", 18), tally(None, 4)),
                    label=text,
                    evidence=Evidence(text, 119, (text,)),
                ),
            ),
            entrances=(Entrance(text, text, "2026-06-08T09:00:00Z", (text,), 14),),
            people=(odd,),
            standings=tuple(replace(item, value=text, state="missing") for item in STANDINGS),
            checks={check: Evidence(text, 2, (text,)) for check in CHECKS},
            periods=(*WEEKS[:3], week(1, misses=30, delay=9.0), WEEKS[4]),
            alerts=((odd, 140),),
            calendars=(Calendar("us", text, date(2026, 7, 4)),),
            unasked=(Unasked("entrances", text),),
        ),
        plan=plan(hand, step(Cause.NEW), org=ORG | {"name": text}, unread=(Address("Flow", text),)),
        meanings={hand.address: (meaning,)},
        judged={"demo": Judged("2026-06-03T09:00:00Z", Evidence(text, 112, (text,)))},
    )

"""One design, two CRMs: the same stream of leads through both examples, executed by both emulators. Verdicts and alerts
are the same, or differ by no more than the fidelity statement announces. Prints the table (`pytest -s`)."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner import assets
from provisioner.document import load
from provisioner.fidelity import Fidelity
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.sla.calendar import Calendar
from provisioner.targets.hubspot.fidelity import statement

from .compare import files_of
from .portal import Portal
from .world import World, iso

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # a Monday; clocks change in the US on the Sunday after
END = START + timedelta(days=12)
REPS = ["ann@acme.example", "bob@acme.example"]
PEOPLE = [*REPS, "qa@acme.example", "cro@acme.example", "sdr-manager@acme.example", "integration@acme.example"]
SOURCES = {
    "demo_request": "Demo Request",
    "pricing_page": "Pricing Page",
    "contact_form": "Contact Form",
    "webinar": "Webinar",
    "trade_show": "Trade Show",
    "content_download": "Content Download",
    "other": "Other",
}


OURS = assets.path("examples", "starter-salesforce.yaml")
THEIRS = assets.path("examples", "acme-hubspot.yaml")


@dataclass(frozen=True)
class Lead:
    """What happens to one lead; instants are UTC, whole minutes apart."""

    number: int
    at: datetime
    kind: str
    country: str
    employees: int
    owner: str
    touches: tuple[datetime, ...]
    handed_to: tuple[datetime, str] | None = None


@dataclass
class Seen:
    """What became of a lead in one CRM; alerts by (step, channel), in order of time."""

    lead_type: str | None
    result: str | None
    alerts: dict[tuple[int, str], list[datetime]] = field(default_factory=dict)
    due: datetime | None = None


def stream(count: int) -> list[Lead]:
    rng = random.Random("two crms")
    leads = []
    for number in range(count):
        at = START + timedelta(minutes=rng.randrange(0, 7 * 24 * 60), seconds=17)
        wait = rng.choice([2, 4, 11, 45, 170, 600, 2000, 100_000])
        touch = at + timedelta(minutes=wait + rng.randrange(0, 3), seconds=20)
        handed = (at + timedelta(minutes=rng.randrange(1, 400), seconds=5), REPS[number % 2])
        leads.append(
            Lead(
                number,
                at,
                rng.choice(list(SOURCES)),
                rng.choice(["United Kingdom", "France", "United States"]),
                rng.choice([20, 4000]),
                rng.choice(REPS),
                (touch,) if touch < END else (),
                handed if rng.random() < 0.2 and not abs(handed[0] - touch) < timedelta(minutes=1) else None,
            )
        )
    return leads


def happenings(leads: list[Lead]) -> list[tuple[datetime, int, str, Lead]]:
    found = [(lead.at, lead.number, "create", lead) for lead in leads]
    found += [(at, lead.number, "touch", lead) for lead in leads for at in lead.touches]
    found += [(lead.handed_to[0], lead.number, "hand", lead) for lead in leads if lead.handed_to]
    return sorted(found, key=lambda one: one[:3])


def compiled(path: Path) -> Design:
    design, _ = compile_design(load(path), today=date(2026, 3, 1))
    assert design is not None
    return design


def in_salesforce(world: World, leads: list[Lead]) -> dict[int, Seen]:
    world.reset(files_of(compiled(OURS)), START - timedelta(hours=1))
    ids: dict[int, str] = {}
    for at, number, what, lead in happenings(leads):
        world.door("clock", {"to": iso(at)})
        if what == "create":
            values = {"LastName": f"L{number}", "Company": "C", "LeadSource": SOURCES[lead.kind]}
            values |= {
                "Country": lead.country,
                "NumberOfEmployees": lead.employees,
                "Email": f"l{number}@client.example",
            }
            ids[number] = world.call("POST", "sobjects/Lead", values | {"OwnerId": world.ids[lead.owner]})["id"]
        elif what == "touch":
            call = {"WhoId": ids[number], "Subject": "Call", "Status": "Completed", "TaskSubtype": "Call"}
            world.call("POST", "sobjects/Task", call, world.tokens[lead.owner])
        elif lead.handed_to:
            world.call("PATCH", f"sobjects/Lead/{ids[number]}", {"OwnerId": world.ids[lead.handed_to[1]]})
    world.door("clock", {"to": iso(END)})
    numbers = {id: number for number, id in ids.items()}
    seen = {}
    for row in world.query("SELECT Id, STL_Lead_Type__c, STL_SLA_Result__c, STL_SLA_Due_At__c FROM Lead"):
        due = row["STL_SLA_Due_At__c"]
        at = datetime.fromisoformat(due.replace("+0000", "+00:00")) if due else None
        seen[numbers[row["Id"]]] = Seen(row["STL_Lead_Type__c"], row["STL_SLA_Result__c"], due=at)
    for sent in world.door("sent", method="GET"):
        step = re.search(r"Step_(\d+)$", sent["source"])
        if step and sent["channel"] in ("bell", "email"):
            key = (int(step[1]), sent["channel"])
            seen[numbers[sent["record"]]].alerts.setdefault(key, []).append(_instant(sent["at"]))
    return seen


def in_hubspot(portal: Portal, leads: list[Lead], design: Path, folder: Path) -> dict[int, Seen]:
    portal.begin(START - timedelta(hours=1), PEOPLE, "SDR Backup")
    printed = portal.apply(design, folder)
    assert "Switching workflows on (15/15)" in printed, printed
    ids: dict[int, str] = {}
    for at, number, what, lead in happenings(leads):
        portal.door("clock", {"to": iso(at)})
        if what == "create":
            values: dict[str, Any] = {"lastname": f"L{number}", "email": f"l{number}@client.example"}
            values |= {"enquiry_type": lead.kind, "enquiry_country": lead.country, "company_employees": lead.employees}
            values["hubspot_owner_id"] = portal.owners[lead.owner]
            ids[number] = portal.call("POST", "/crm/v3/objects/contacts", {"properties": values})["id"]
        elif what == "touch":
            portal.door("touch", {"contact": ids[number], "type": "call", "by": lead.owner})
        elif lead.handed_to:
            body = {"properties": {"hubspot_owner_id": portal.owners[lead.handed_to[1]]}}
            portal.call("PATCH", f"/crm/v3/objects/contacts/{ids[number]}", body)
    portal.door("clock", {"to": iso(END)})
    numbers = {id: number for number, id in ids.items()}
    seen = {}
    names = "stl_lead_type,stl_sla_result,stl_sla_due_at"
    for id, number in numbers.items():
        found = portal.call("GET", f"/crm/v3/objects/contacts/{id}?properties={names}")["properties"]
        due = _instant(found["stl_sla_due_at"]) if found["stl_sla_due_at"] else None
        seen[number] = Seen(found["stl_lead_type"] or None, found["stl_sla_result"] or None, due=due)
    for sent in portal.door("sent", method="GET"):
        step = re.search(r"Step (\d+),", sent["body"])
        if step and sent["channel"] in ("bell", "email"):
            key = (int(step[1]), sent["channel"])
            seen[numbers[sent["record"]]].alerts.setdefault(key, []).append(_instant(sent["at"]))
    return seen


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Announced:
    """What the fidelity statement allows, in open minutes of a lead type's calendar."""

    def __init__(self, design: Design) -> None:
        self.worst = {(one.lead_type, one.feature): one for one in statement(design)}
        self.calendars = {
            lead_type.id: Calendar.of(design.business_hours[lead_type.hours])
            for lead_type in design.lead_types
            if lead_type.hours
        }

    def minutes(self, lead_type: str, feature: str) -> float:
        found: Fidelity = self.worst[lead_type, feature]
        assert found.worst_minutes is not None
        return abs(found.worst_minutes)

    def steps(self, lead_type: str) -> float:
        """The worst that is announced for any step."""
        return max(self.minutes(id, name) for id, name in self.worst if id == lead_type and name.startswith("step "))

    def apart(self, lead_type: str, a: datetime, b: datetime) -> float:
        return float(self.calendars[lead_type].open_minutes(min(a, b), max(a, b)))


def compare(lead: Lead, one: Seen, other: Seen, announced: Announced, rows: dict[str, list[float]]) -> list[str]:
    """Differences that the statement does not announce, in words."""
    where = f"lead {lead.number} ({lead.kind}, {lead.at})"
    if one.lead_type != other.lead_type:
        return [f"{where}: {one.lead_type} in Salesforce, {other.lead_type} in HubSpot"]
    if one.lead_type is None:
        return []
    id, found = one.lead_type, []
    row = rows.setdefault(id, [0, 0, 0, 0, 0.0])
    row[0] += 1
    if one.due and other.due and announced.apart(id, one.due, other.due) > announced.minutes(id, "due time"):
        found.append(f"{where}: due at {one.due} in Salesforce, at {other.due} in HubSpot")
    if one.result != other.result:
        row[1] += 1
        near = [announced.apart(id, touch, one.due) for touch in lead.touches if one.due]
        if not near or min(near) > announced.minutes(id, "due time"):
            found.append(f"{where}: {one.result} in Salesforce, {other.result} in HubSpot; off by {near} open minutes")
    for key in sorted({*one.alerts, *other.alerts}):
        step = f"step {key[0]}"
        ours, theirs = one.alerts.get(key, []), other.alerts.get(key, [])
        for a, b in zip(ours, theirs, strict=False):
            apart = announced.apart(id, a, b)
            row[2] += 1
            row[4] = max(row[4], apart)
            if apart > announced.minutes(id, step) + 1:
                found.append(f"{where}: {key} at {a} in Salesforce, at {b} in HubSpot: {apart} open minutes apart")
        for alone in [*ours[len(theirs) :], *theirs[len(ours) :]]:
            row[3] += 1
            stops = [*lead.touches, *([lead.handed_to[0]] if lead.handed_to else []), END]
            if min(announced.apart(id, alone, stop) for stop in stops) > announced.minutes(id, step) + 1:
                found.append(
                    f"{where}: {key} at {alone} in one only ({len(ours)} in Salesforce, {len(theirs)} in HubSpot)"
                )
    return found


@pytest.fixture
def world() -> Iterator[World]:
    emulated = World()
    yield emulated
    emulated.close()


@pytest.fixture
def portal() -> Iterator[Portal]:
    emulated = Portal("--run-custom-code")
    yield emulated
    emulated.close()


def with_a_program(folder: Path) -> Path:
    """The same design, with business hours that a program computes."""
    path = folder / "computed.yaml"
    text = THEIRS.read_text(encoding="utf-8")
    path.write_text(
        text.replace("  object: contacts\n", "  object: contacts\n  features: [custom_code]\n"), encoding="utf-8"
    )
    return path


def told_apart(world: World, portal: Portal, count: int, design: Path, folder: Path) -> list[list[float]]:
    """Plays as many leads in both CRMs and prints the table; its rows."""
    leads = stream(count)
    ours, theirs = in_salesforce(world, leads), in_hubspot(portal, leads, design, folder)
    announced = Announced(compiled(design))
    rows: dict[str, list[float]] = {}
    found = [text for lead in leads for text in compare(lead, ours[lead.number], theirs[lead.number], announced, rows)]
    print("\nlead type            leads  verdicts differ  alerts in both  in one only  worst shift  announced")
    for id, (total, differ, both, alone, shift) in sorted(rows.items()):
        allowed = announced.steps(id)
        print(f"{id:20} {total:5} {differ:16} {both:15} {alone:12} {shift:8.1f} min {allowed:10.1f} min")
    assert found == []
    assert len(rows) == 5, "every lead type of the example is in the stream"
    return list(rows.values())


def test_both_crms_tell_the_same_story(world: World, portal: Portal, tmp_path: Path) -> None:
    rows = told_apart(world, portal, 160, THEIRS, tmp_path)
    assert sum(row[2] for row in rows) > 100, "alerts are compared"


def test_with_a_program_they_are_due_at_the_same_second(world: World, portal: Portal, tmp_path: Path) -> None:
    design = with_a_program(tmp_path)
    assert {(item.feature, item.grade) for item in statement(compiled(design)) if item.feature == "due time"} == {
        ("due time", "exact")
    }
    rows = told_apart(world, portal, 70, design, tmp_path)
    assert sum(row[2] for row in rows) > 40, "alerts are compared"
    assert sum(row[1] for row in rows) == 0, "no verdict differs"

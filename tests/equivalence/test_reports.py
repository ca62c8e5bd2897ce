"""Reports and dashboards, deployed on the emulator and asked over the vendor's API, against figures worked out by hand.

The leads, all of March 2026; the instants are minutes after 10:00 of the second, a Monday:

| lead | type | source | owner (role) | touched | result | response | score |
|------|------|--------|--------------|---------|--------|----------|-------|
| A | hot, 10 min | Web | Ann (AMER) | 4 | Hit | 4 | 10 |
| B | hot | Web | Ann | 20 | Miss | 20 | 6 |
| C | warm, 60 min | Partner | Bob (none) | 16 | Hit | 16 | 6 |
| D | warm | Web | Bob | never | Miss from 60 on | | 0 |
| E | none | Web | Bob | never | blank: no clock | | none |
| F | warm | Partner | Ann | a week later, at 5 | Hit | 5 | 10 |
| G | warm | Partner | queue for 12 minutes, then Ann | at 30 that day | Hit | 18 | 6 |
| H | warm | Web | Bob | a week later, not yet after 30 minutes | blank | | none |
| Q | warm | Partner | queue | never | blank: no clock | | none |
| X | hot, but excluded | Web | Ann | 3 | blank | | none |

A went on to working (a sal) after 30 minutes and to qualified (an sql) after 90; B to working after 60; C was sent back
for no budget, F for its bad timing. D went straight to qualified, so it came as far as sal without being one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml

from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.targets.salesforce.desire import render
from provisioner.targets.salesforce.package import artifacts

from .world import World, iso

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
ANN, BOB = "ann@acme.example", "bob@acme.example"
HOT = 'R&D <hot> "ones"'
INCLUDE = [
    "trend", "delay_split", "compliance_by_type", "compliance_by_rep", "compliance_by_team", "compliance_by_source",
    "compliance_by_week", "breaches_today", "aging_open_clocks", "conversion_funnel", "rejection_reasons",
    "rep_scores", "leakage",
]  # fmt: skip
WORKING, QUALIFIED, RECYCLED = "Working - Contacted", "Closed - Converted", "Closed - Not Converted"
DOCUMENT: dict[str, Any] = {
    "apiVersion": "provisioner/v1",
    "design": "counted",
    "client": "Counted",
    "target": {"platform": "salesforce", "object": "Lead", "prefix": "STL"},
    "telemetry": {
        "stages": {
            "field": "Status",
            "values": {"mql": "Open - Not Contacted", "sal": WORKING, "sql": QUALIFIED, "disqualified": RECYCLED},
        },
    },
    "lead_types": [
        {"id": "hot", "label": HOT, "when": {"Rating": ["Hot"]}, "sla": "10m", "escalation": "e"},
        {"id": "warm", "label": "Warm", "when": {"Rating": ["Warm"]}, "sla": "1h", "escalation": "e"},
    ],
    "escalation": {"e": [{"at": "due", "notify": ["rep"], "via": ["bell"]}]},
    "recipients": {"rep": {"role": "record_owner"}, "pool": {"queue": "Pool", "create": True}},
    "alerts": {"mode": "silent", "silent_to": ANN},
    "exclusions": [{"id": "own", "when": {"Industry": ["Banking"]}}],
    "recycling": {"reasons": ["No budget", "Bad & <timing>", "No need", "Competitor", "No authority"]},
    "reports": {
        "folder": '<Speed> to "Lead" & co',
        "include": INCLUDE,
        "dashboard": True,
        "dashboards": [{"id": "hot", "label": "Hot & <new>", "lead_types": ["hot"]}],
    },
    "targets": {
        "compliance": {"good": "90%", "red": "75%"},
        "systems_delay": {"good": "2m", "yellow": "5m", "red": "15m", "critical": "30m"},
    },
}


class Office:
    """An org with the design, and the leads of the table above."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.door("reset")
        world.door("clock", {"to": iso(MONDAY)})
        people = [{"username": ANN, "last": "Ann", "role": "AMER"}, {"username": BOB, "last": "Bob"}]
        planted = world.door("seed", {"roles": [{"name": "AMER"}], "users": people})
        self.users, self.tokens = planted["users"], planted["tokens"]
        design, findings = compile_design(loads(yaml.safe_dump(DOCUMENT), "counted.yaml"), today=date(2026, 3, 1))
        assert design is not None, findings
        assert world.deploy({item.path: item.content for item in artifacts(render(design))}) == []
        mine = [{"user": name, "name": "STL_Speed_To_Lead"} for name in ("admin@example.com", ANN, BOB)]
        world.door("seed", {"permission_sets": mine})
        self.leads: dict[str, str] = {}

    def at(self, minutes: int) -> None:
        self.world.door("clock", {"to": iso(MONDAY + timedelta(minutes=minutes))})

    def lead(self, name: str, rating: str | None, source: str, owner: str, **more: str) -> None:
        values = {"LastName": name, "Company": "C", "LeadSource": source, "Rating": rating, "OwnerId": owner, **more}
        values["Status"] = "Open - Not Contacted"
        self.leads[name] = self.world.call("POST", "sobjects/Lead", values)["id"]

    def touch(self, name: str, by: str) -> None:
        task = {"WhoId": self.leads[name], "Subject": "T", "Status": "Completed", "TaskSubtype": "Call"}
        self.world.call("POST", "sobjects/Task", task, self.tokens[by])

    def change(self, name: str, **values: str) -> None:
        self.world.call("PATCH", f"sobjects/Lead/{self.leads[name]}", values)

    def live(self) -> None:
        """Until the evening of the ninth."""
        ann, bob = self.users[ANN], self.users[BOB]
        pool = self.world.query("SELECT Id FROM Group WHERE DeveloperName = 'Pool'")[0]["Id"]
        self.lead("A", "Hot", "Web", ann)
        self.lead("B", "Hot", "Web", ann)
        self.lead("C", "Warm", "Partner", bob)
        self.lead("D", "Warm", "Web", bob)
        self.lead("E", None, "Web", bob)
        self.lead("Q", "Warm", "Partner", pool)
        self.lead("X", "Hot", "Web", ann, Industry="Banking")
        for minutes, name, by in ((3, "X", ANN), (4, "A", ANN), (16, "C", BOB), (20, "B", ANN)):
            self.at(minutes)
            self.touch(name, by)
        self.at(30)
        self.change("A", Status=WORKING)
        self.at(60)
        self.change("B", Status=WORKING)
        self.at(90)
        self.change("A", Status=QUALIFIED)
        self.change("D", Status=QUALIFIED)
        self.change("C", Status=RECYCLED, STL_Rejection_Reason__c="No budget")
        self.missed = self.figures("STL_Breaches_Today", "RowCount")
        week = 7 * 24 * 60
        self.at(week)
        self.lead("F", "Warm", "Partner", ann)
        self.lead("G", "Warm", "Partner", pool)
        self.at(week + 5)
        self.touch("F", ANN)
        self.at(week + 12)
        self.change("G", OwnerId=ann)
        self.lead("H", "Warm", "Web", bob)
        self.change("F", Status=RECYCLED, STL_Rejection_Reason__c="Bad & <timing>")
        self.at(week + 30)
        self.touch("G", ANN)
        self.at(week + 42)

    def figures(self, name: str, *only: str) -> dict[str, Any]:
        """One figure of each group, or several: those that are named."""
        found = self.world.figures(name, *only)
        return {group: cells[0] if len(only) == 1 else cells for group, cells in found.items()}


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    world = World()
    try:
        office = Office(world)
        office.live()
        yield office
    finally:
        world.close()


RATE = "FORMULA1"
TWO_THIRDS, ONE_THIRD = pytest.approx(66.67, abs=0.05), pytest.approx(33.33, abs=0.05)


def test_compliance(office: Office) -> None:
    """Judged: A, B, C, D, F, G; hits: A, C, F, G. Those that are open, without a clock or excluded are in none."""
    assert office.figures("STL_Compliance_By_Type", RATE, "RowCount") == {
        "all": [TWO_THIRDS, 6], HOT: [50.0, 2], "Warm": [75.0, 4],
    }  # fmt: skip
    assert office.figures("STL_Compliance_By_Rep", RATE) == {"all": TWO_THIRDS, "Ann": 75.0, "Bob": 50.0}
    assert office.figures("STL_Compliance_By_Team", RATE) == {"all": TWO_THIRDS, "AMER": 75.0, "-": 50.0}
    assert office.figures("STL_Compliance_By_Source", RATE) == {"all": TWO_THIRDS, "Web": ONE_THIRD, "Partner": 100.0}
    weeks = {"all": TWO_THIRDS, "3/1/2026 - 3/7/2026": 50.0, "3/8/2026 - 3/14/2026": 100.0}
    assert office.figures("STL_Compliance_By_Week", RATE) == weeks


def test_speed_and_its_two_delays_apart(office: Office) -> None:
    """Only G waited for an owner; D was never touched, so it has a systems delay and no human one."""
    speed = {"all": 15.0, "3/2/2026": pytest.approx(13.33, abs=0.05), "3/9/2026": 17.5}
    assert office.figures("STL_Trend", "a!Lead.STL_Speed_To_Lead_Minutes__c") == speed
    apart = ("a!Lead.STL_Systems_Delay_Minutes__c", "a!Lead.STL_Human_Delay_Minutes__c")
    assert office.figures("STL_Delay_Split", *apart) == {"all": [2.0, 12.6], HOT: [0.0, 12.0], "Warm": [3.0, 13.0]}


def test_what_is_open_and_what_was_missed_today(office: Office) -> None:
    """H waits for 30 minutes, D for a week and 42 minutes. On the second B and D were missed, on the ninth nobody."""
    assert office.figures("STL_Aging_Open_Clocks", "a!Lead.STL_Age_Minutes__c", "RowCount") == {
        "all": [5076.0, 2], "Warm": [5076.0, 2],
    }  # fmt: skip
    assert office.missed == {"all": 2, "Ann": 1, "Bob": 1}
    assert office.figures("STL_Breaches_Today", "RowCount") == {"all": 0}


def test_the_funnel_and_who_was_sent_back(office: Office) -> None:
    """A and D came to sql, B to sal, everybody to mql. E, Q and X have no lead type; they are leads all the same."""
    stages = tuple(f"s!Lead.STL_{stage}_Reached__c" for stage in ("Mql", "Sal", "Sql"))
    assert office.figures("STL_Conversion_Funnel", *stages) == {
        "all": [10.0, 3.0, 2.0], HOT: [2.0, 2.0, 1.0], "Warm": [5.0, 1.0, 1.0], "-": [3.0, 0.0, 0.0],
    }  # fmt: skip
    passed = office.figures("STL_Conversion_Funnel", "FORMULA1", "FORMULA2")
    assert passed == {"all": [30.0, TWO_THIRDS], HOT: [100.0, 50.0], "Warm": [20.0, 100.0], "-": [0.0, 0.0]}
    between = tuple(f"a!Lead.STL_{pair}_Minutes__c" for pair in ("Mql_To_Sal", "Sal_To_Sql"))
    assert office.figures("STL_Conversion_Funnel", *between)["all"] == [45.0, 60.0]
    assert office.figures("STL_Rejection_Reasons", "RowCount") == {
        "all": 2, "No budget": 1, "No budget / Partner": 1, "Bad & <timing>": 1, "Bad & <timing> / Partner": 1,
    }  # fmt: skip


def test_scores(office: Office) -> None:
    """Ann has 10, 6, 10 and 6 points, Bob 6 and 0."""
    all_of_them = pytest.approx(6.33, abs=0.05)
    assert office.figures("STL_Rep_Scores", "a!Lead.STL_Response_Score__c", "RowCount") == {
        "all": [all_of_them, 6], "Ann": [8.0, 4], "Bob": [3.0, 2],
    }  # fmt: skip


def test_leakage(office: Office) -> None:
    """Q never had an owner, E has one and no clock, D was never touched; H is not lost yet, X is nobody's concern."""
    assert office.figures("STL_Leakage", "RowCount") == {
        "all": 3, "Never assigned": 1, "Never assigned / Partner": 1, "Assigned without a clock": 1,
        "Assigned without a clock / Web": 1, "Never touched": 1, "Never touched / Web": 1,
    }  # fmt: skip


def test_reports_about_some_types_count_those_only(office: Office) -> None:
    assert office.figures("STL_Compliance_By_Type_hot", RATE) == {"all": 50.0, HOT: 50.0}
    assert office.figures("STL_Leakage_hot", "RowCount") == {"all": 0}


def test_the_dashboards_show_these_figures(office: Office) -> None:
    boards = office.world.query("SELECT Id, DeveloperName, Title FROM Dashboard ORDER BY DeveloperName")
    assert [(row["DeveloperName"], row["Title"]) for row in boards] == [
        ("STL_Speed_To_Lead", '<Speed> to "Lead" & co'),
        ("STL_Speed_To_Lead_hot", "Hot & <new>"),
    ]
    totals = []
    for row in boards:
        shown = office.world.call("GET", f"analytics/dashboards/{row['Id']}")["componentData"]
        totals.append([tile["reportResult"]["factMap"]["T!T"]["aggregates"][0]["value"] for tile in shown])
    # Compliance, systems delay, missed today, mql, sal, sql; then a chart or two per report.
    assert [total[:6] for total in totals] == [[TWO_THIRDS, 2.0, 0, 10.0, 3.0, 2.0], [50.0, 0.0, 0, 2.0, 2.0, 1.0]]
    assert [len(total) for total in totals] == [18, 18]

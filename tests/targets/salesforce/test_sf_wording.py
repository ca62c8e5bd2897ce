"""What people read, word by word, from an emulated org that executes the deployed flows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from equivalence.compare import files_of
from equivalence.world import World
from equivalence.worlds import Event, Life
from lxml import etree
from strategies.designs import compiled
from test_sf_render import acme, files, flows, nodes

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # 10:00 in New York
CONTENT = ["lead.name", "company", "lead_type", "rep", "sla", "elapsed", "link"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    emulated = World()
    yield emulated
    emulated.close()


def document(mode: str, **lead_type: Any) -> dict[str, Any]:
    steps = [
        {"at": "20%", "notify": ["rep"], "via": ["email"]},
        {"at": "60%", "notify": ["rep"], "via": ["email"], "status": "at_risk"},
        {"at": "due", "notify": ["rep", "manager"], "via": ["bell", "email"]},
        {"at": "due + 2h", "notify": ["cro"], "via": ["email"], "task": "Call {lead.name} now", "reassign_to": "cro"},
    ]
    promise = {"id": "demo", "label": "Demo & pricing", "when": {"LeadSource": ["Demo"]}, "sla": "5m"}
    return {
        "apiVersion": "provisioner/v1",
        "design": "words",
        "client": "Acme",
        "target": {"platform": "salesforce", "object": "Lead", "prefix": "STL"},
        "telemetry": {"engagement": ["CreatedDate"]},
        "business_hours": {"us": {"timezone": "America/New_York", "open": {"mon-fri": "08:00-18:00"}}},
        "lead_types": [promise | {"clock": "business", "hours": "us", "escalation": "urgent"} | lead_type],
        "escalation": {"urgent": steps},
        "recipients": {
            "rep": {"role": "record_owner"},
            "manager": {"role": "owner_manager"},
            "cro": {"user": "cro@acme.example"},
        },
        "assignment": {"on_reassign": "keep"},
        "alerts": {"mode": mode, "silent_to": "qa@acme.example", "content": CONTENT},
    }


def sent(world: World, written: dict[str, Any], **values: Any) -> list[dict[str, Any]]:
    """What went out about one lead that nobody touches for three hours, in order."""
    world.reset(files_of(compiled(written)), MONDAY - timedelta(hours=1))
    lead = {"LastName": "Lovelace", "FirstName": "Ada", "Company": "Engines & Co", "LeadSource": "Demo"} | values
    known = {name: value for name, value in lead.items() if value is not None}
    world.play([Life(0, (Event(MONDAY, "save", known, "ann@acme.example"),))], MONDAY + timedelta(hours=3))
    found: list[dict[str, Any]] = world.door("sent", method="GET")
    assert {row["Last_Error"] for row in world.fields(["OwnerId", "Last_Error"]).values()} == {None}
    assert world.query("SELECT Source__c, Message__c FROM STL_Error__c") == []
    return found


def texts(messages: list[dict[str, Any]], channel: str) -> list[tuple[str, str]]:
    return [(item["subject"], item["body"].strip()) for item in messages if item["channel"] == channel]


def test_live_alerts_say_what_happened(world: World) -> None:
    messages = sent(world, document("live"))
    emails = texts(messages, "email")
    assert [subject for subject, _ in emails] == [
        "Reminder: Ada Lovelace, Engines & Co",
        "SLA at risk: Ada Lovelace, Engines & Co",
        "SLA missed: Ada Lovelace, Engines & Co",
        "Escalated: Ada Lovelace, Engines & Co",
    ]
    lead = world.leads[0]
    *lines, link = emails[2][1].splitlines()
    assert lines == [
        "SLA missed",
        "Lead: Ada Lovelace",
        "Company: Engines & Co",
        "Lead type: Demo & pricing",
        "Owner: ann",
        "SLA: 5 min (business hours us)",
        "Waiting: 5 min since the clock started",
    ]
    assert link.startswith("Link: http") and link.endswith(f"/{lead}")
    last = emails[3][1].splitlines()
    assert last[0] == "Escalated. Handed over to cro. Task created: Call Ada Lovelace now"
    assert last[4] == "Owner: ann (until now)"
    assert last[6] == "Waiting: 125 min since the clock started"
    assert texts(messages, "bell") == [
        (
            "SLA missed: Ada Lovelace, Engines & Co",
            "Lead: Ada Lovelace; Company: Engines & Co; Lead type: Demo & pricing; Owner: ann; "
            "SLA: 5 min (business hours us); Waiting: 5 min since the clock started",
        )
    ]


def acting(mode: str, **step: Any) -> dict[str, Any]:
    """One step, at due, that does something besides telling."""
    written = document(mode)
    written["recipients"] |= {"backup": {"queue": "STL_Backup", "create": True}, "gone": {"user": "gone@acme.example"}}
    written["escalation"]["urgent"] = [{"at": "due", "notify": ["rep", "cro"], "via": ["bell", "email"]} | step]
    return written


def test_everybody_who_is_told_reads_that_the_lead_is_handed_over(world: World) -> None:
    messages = sent(world, acting("live", reassign_to="backup"))
    rest = "Lead: Ada Lovelace; Company: Engines & Co; Lead type: Demo & pricing; Owner: ann (until now); "
    rest += "SLA: 5 min (business hours us); Waiting: 5 min since the clock started"
    assert [body for _, body in texts(messages, "bell")] == ["SLA missed. Handed over to STL_Backup. " + rest]
    ((_, body),) = texts(messages, "email")
    assert body.splitlines()[0] == "SLA missed. Handed over to STL_Backup"
    assert body.splitlines()[4] == "Owner: ann (until now)"
    assert [row["OwnerId"] for row in world.fields(["OwnerId"]).values()] == ["STL_Backup"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"task": "Call {lead.name}"}, "SLA missed. Task created: Call Ada Lovelace"),
        ({"reassign_to": "backup"}, "SLA missed. Handed over to STL_Backup"),
    ],
)
def test_the_owner_alone_reads_it_too(world: World, step: dict[str, str], said: str) -> None:
    """The alert with a template knows of neither: such a step writes the mail itself."""
    messages = sent(world, acting("live", notify=["rep"], via=["email"], **step))
    ((_, body),) = texts(messages, "email")
    assert body.splitlines()[0] == said


def test_nobody_reads_of_a_hand_over_that_finds_nobody(world: World) -> None:
    world.reset(files_of(compiled(acting("live", reassign_to="gone"))), MONDAY - timedelta(hours=1))
    lead = {"LastName": "Lovelace", "Company": "Engines & Co", "LeadSource": "Demo"}
    world.play([Life(0, (Event(MONDAY, "save", lead, "ann@acme.example"),))], MONDAY + timedelta(hours=3))
    ((_, body),) = texts(world.door("sent", method="GET"), "email")
    assert body.splitlines()[0] == "SLA missed. Not handed over: nobody was found for gone"
    assert body.splitlines()[4] == "Owner: ann"
    (row,) = world.query("SELECT Source__c, Message__c FROM STL_Error__c")
    assert row["Message__c"] == "Nobody was found for gone; the lead was not handed over."


def test_a_hand_over_is_read_before_the_bell_is_cut(world: World) -> None:
    """The body of a bell ends at 750 characters, wherever that is."""
    written = acting("live", reassign_to="backup", task="Call now, please" + ", please" * 20)
    bells = texts(sent(world, written, LastName="L" * 80, Company="C" * 255), "bell")
    ((_, body),) = bells
    assert len(body) <= 750
    assert body.startswith("SLA missed. Handed over to STL_Backup. Task created: Call now, please")


def test_silent_alerts_say_first_what_would_have_been_done(world: World) -> None:
    messages = sent(world, document("silent"), FirstName=None)
    emails = texts(messages, "email")
    assert [(subject, body.splitlines()[0]) for subject, body in emails] == [
        ("[Silent] Reminder: Lovelace, Engines & Co", "Silent mode: would have told rep (ann) by email"),
        ("[Silent] SLA at risk: Lovelace, Engines & Co", "Silent mode: would have told rep (ann) by email"),
        (
            "[Silent] SLA missed: Lovelace, Engines & Co",
            "Silent mode: would have told rep (ann), manager (boss) by bell and email",
        ),
        (
            "[Silent] Escalated: Lovelace, Engines & Co",
            "Silent mode: would have told cro (cro) by email, created the task: Call Lovelace now, "
            "handed the lead to cro (cro)",
        ),
    ]
    assert emails[0][1].splitlines()[1:3] == ["", "Lead: Lovelace"]
    ((title, body),) = texts(messages, "bell")
    assert title == "[Silent] SLA missed: Lovelace, Engines & Co"
    note, _, rest = body.partition(" | ")
    assert note == "Silent mode: would have told rep (ann), manager (boss) by bell and email"
    assert rest.startswith("Lead: Lovelace; Company: Engines & Co; ")


def test_a_clock_without_hours_runs_around_the_clock(world: World) -> None:
    written = document("live", clock="calendar", sla="1h")
    del written["lead_types"][0]["hours"]
    bodies = [body for _, body in texts(sent(world, written), "email")]
    assert bodies[2].splitlines()[5:7] == ["SLA: 60 min (around the clock)", "Waiting: 60 min since the clock started"]


def test_waiting_is_counted_on_the_calendar(world: World) -> None:
    """An SLA that lasts over the night: 480 open minutes, but the person has waited 22 hours."""
    written = document("live", sla="8h")
    written["escalation"]["urgent"] = [{"at": "due", "notify": ["rep"], "via": ["email"]}]
    world.reset(files_of(compiled(written)), MONDAY)
    late = MONDAY + timedelta(hours=6)  # 16:00 in New York
    lead = {"LastName": "Lovelace", "Company": "Engines", "LeadSource": "Demo"}
    world.play([Life(0, (Event(late, "save", lead, "ann@acme.example"),))], late + timedelta(days=1))
    ((_, body),) = texts(world.door("sent", method="GET"), "email")
    assert body.splitlines()[4:6] == ["SLA: 480 min (business hours us)", "Waiting: 1320 min since the clock started"]


def test_a_lead_of_the_night_is_told_from_the_opening_on(world: World) -> None:
    """Assigned four hours before the office opens: what is counted from is said."""
    written = document("live", sla="1h")
    written["escalation"]["urgent"] = [{"at": "due", "notify": ["rep"], "via": ["email"]}]
    world.reset(files_of(compiled(written)), MONDAY)
    early = MONDAY.replace(hour=9)  # 04:00 in New York
    lead = {"LastName": "Lovelace", "Company": "Engines", "LeadSource": "Demo"}
    at = early + timedelta(days=1)
    world.play([Life(0, (Event(at, "save", lead, "ann@acme.example"),))], at + timedelta(hours=12))
    ((_, body),) = texts(world.door("sent", method="GET"), "email")
    assert body.splitlines()[4:6] == ["SLA: 60 min (business hours us)", "Waiting: 60 min since the clock started"]


@pytest.mark.parametrize(
    ("source", "minutes", "expected"),
    [
        ("Demo", 239, "the clock has not started"),
        ("Demo", 240, "0 min since the clock started"),
        ("Demo", 250, "10 min since the clock started"),
        ("Other", 250, None),
    ],
)
def test_nobody_waits_before_the_opening(world: World, source: str, minutes: int, expected: str | None) -> None:
    """What everybody can read on the lead, at any time; a lead without a clock says nothing."""
    world.reset(files_of(compiled(document("live", sla="1h"))), MONDAY)
    at = MONDAY.replace(hour=9) + timedelta(days=1)  # 04:00 in New York
    lead = {"LastName": "Lovelace", "Company": "Engines", "LeadSource": source}
    world.play([Life(0, (Event(at, "save", lead, "ann@acme.example"),))], at + timedelta(minutes=minutes))
    assert world.query("SELECT STL_Waiting__c FROM Lead")[0]["STL_Waiting__c"] == expected


def test_only_what_the_design_lists_is_told(world: World) -> None:
    written = document("live")
    written["alerts"]["content"] = ["sla", "company"]
    subject, body = texts(sent(world, written), "email")[2]
    assert (subject, body) == (
        "SLA missed: Engines & Co",
        "SLA missed\nSLA: 5 min (business hours us)\nCompany: Engines & Co",
    )


def test_long_texts_are_cut_where_a_bell_ends(world: World) -> None:
    written = document("silent", label="L" * 80)
    written["escalation"]["urgent"][2]["task"] = "T" * 250
    names = {"FirstName": "F" * 40, "LastName": "N" * 80, "Company": "C" * 255}
    ((title, body),) = texts(sent(world, written, **names), "bell")
    assert title == f"[Silent] SLA missed: {'F' * 40} {'N' * 80}, {'C' * 106}"
    note = f"Silent mode: would have told rep (ann), manager (boss) by bell and email, created the task: {'T' * 250}"
    assert body.startswith(f"{note} | Lead: {'F' * 40} {'N' * 80}; Company: C")
    assert (len(title), len(body)) == (250, 750)


def test_faults_are_cut_to_the_field_that_holds_them() -> None:
    """A note that is too long would be a fault of its own, and lose the first one."""
    design = acme()
    lead = etree.fromstring(files(design)["objects/Lead.object"])
    (length,) = (
        field.findtext("{*}length") for field in lead.iterfind("{*}fields")
        if field.findtext("{*}fullName") == "STL_Last_Error__c"
    )  # fmt: skip
    log = etree.fromstring(files(design)["objects/STL_Error__c.object"])
    assert log.xpath("//*[local-name()='fullName'][.='Message__c']/../*[local-name()='length']")[0].text == length
    for flow in flows(design):
        cut = {e.findtext("{*}name"): e.findtext("{*}expression") for e in flow.iterfind("{*}formulas")}["faultText"]
        assert cut == f"LEFT({{!$Flow.FaultMessage}}, {length})"
        written = [
            (item.findtext("{*}field") or item.findtext("{*}assignToReference") or "", item.find("{*}value"))
            for node in nodes(flow).values()
            for item in (*node.iterfind("{*}inputAssignments"), *node.iterfind("{*}assignmentItems"))
        ]
        notes = [value for name, value in written if name.endswith(("STL_Last_Error__c", "Message__c"))]
        assert "faultText" in {value.findtext("{*}elementReference") for value in notes}
        for value in notes:
            known = value.findtext("{*}elementReference") in ("faultText", "noHeir", "$Record.STL_Last_Error__c")
            assert known or len(value.findtext("{*}stringValue")) < 255

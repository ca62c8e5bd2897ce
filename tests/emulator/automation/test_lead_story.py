"""One lead through its flows: stamp before the save, timers, first touch from a task, a subflow on escalation."""

from __future__ import annotations

from typing import Any

import pytest
from automation_world import World, at
from flow_parts import (
    action,
    after,
    assign,
    before,
    decide,
    filters,
    flow,
    formula,
    get,
    node,
    path,
    rule,
    sets,
    template,
    update_record,
    value,
    variable,
)

OPEN = ("$Record.Touched__c", "IsNull", True)
ASYNC = (
    "<scheduledPaths><connector><targetReference>Tell</targetReference></connector>"
    "<pathType>AsyncAfterCommit</pathType></scheduledPaths>"
)
STAMP = flow(
    before(filters(("Started__c", "IsNull", True), ("IsConverted", "EqualTo", False)), first="Policy"),
    get("Policy", "Policy__mdt", ("Source__c", "EqualTo", "@Key"), ("Is_Active__c", "EqualTo", True), go="Found"),
    decide("Found", rule("Known", "Stamp", ("Policy", "IsNull", False))),
    assign(
        "Stamp",
        ("$Record.Started__c", "@$Flow.CurrentDateTime"), ("$Record.Minutes__c", "@Policy.Minutes__c"),
        ("$Record.Due__c", "@DueAt"), ("$Record.Escalate__c", "@EscalateAt"), ("$Record.Level__c", 0),
    ),
    formula("Key", "String", 'IF(ISBLANK(TEXT({!$Record.LeadSource})), "(blank)", TEXT({!$Record.LeadSource}))'),
    formula("DueAt", "DateTime", "{!$Flow.CurrentDateTime} + {!Policy.Minutes__c} / 1440"),
    formula("EscalateAt", "DateTime", "{!DueAt} + {!Policy.After__c} / 1440"),
    order=100,
)  # fmt: skip
TIMERS = flow(
    after(
        filters(("Due__c", "IsNull", False), ("Touched__c", "IsNull", True), ("IsConverted", "EqualTo", False)),
        path("Warn", "Due__c", "Open_To_Warn", -2),
        path("Breach", "Due__c", "Open_To_Mark"),
        path("Escalate", "Escalate__c", "Open_To_Move"),
        changed=True,
    ),
    decide("Open_To_Warn", rule("Warn_Open", "Bell", OPEN)),
    get("Bell", "CustomNotificationType", ("DeveloperName", "EqualTo", "Alert"), go="Owner"),
    assign("Owner", ("people", "Add", "@$Record.OwnerId"), go="Ring"),
    action("Ring", "customNotificationAction", customNotifTypeId="@Bell.Id", recipientIds="@people",
           title="Due soon: {!$Record.Company}", body="@Body", targetId="@$Record.Id"),
    template("Body", "{!$Record.FirstName} {!$Record.LastName} before {!$Record.Due__c}."),
    decide("Open_To_Mark", rule("Mark_Open", "Mark", OPEN)),
    update_record("Mark", Level__c=1),
    decide("Open_To_Move", rule("Move_Open", "Queue", OPEN, ("$Record.Level__c", "LessThan", 2))),
    get("Queue", "Group", ("DeveloperName", "EqualTo", "Rescue"), ("Type", "EqualTo", "Queue"), go="Move"),
    update_record("Move", OwnerId="@Queue.Id", Level__c=2),
    variable("people", many=True),
)  # fmt: skip
TOUCH = flow(
    after(
        filters(("IsClosed", "EqualTo", True), ("WhoId", "IsNull", False), ("TaskSubtype", "EqualTo", "Call"),
                ("TaskSubtype", "EqualTo", "Email"), logic="1 AND 2 AND (3 OR 4)"),
        first="Actor", changed=True,
    ).replace("<object>Lead", "<object>Task"),
    get("Actor", "User", ("Id", "EqualTo", "@$Record.CreatedById"), go="Human"),
    decide("Human", rule("Is_Human", "Note", ("On_Lead", "EqualTo", True), ("Actor.UserType", "EqualTo", "Standard"))),
    formula("On_Lead", "Boolean", 'LEFT({!$Record.WhoId}, 3) = "00Q"'),
    formula("Moment", "DateTime", "BLANKVALUE({!$Record.CompletedDateTime}, {!$Flow.CurrentDateTime})"),
    node("recordUpdates", "Note", filters(("Id", "EqualTo", "@$Record.WhoId"), ("Touched__c", "IsNull", True)),
         sets(Touched__c="@Moment", Toucher__c="@$Record.CreatedById"), "<object>Lead</object>"),
)  # fmt: skip
TELL = flow(
    "<start><locationX>0</locationX><locationY>0</locationY><connector><targetReference>Mail</targetReference>"
    "</connector></start>",
    action("Mail", "emailSimple", go="Task", emailAddresses="{!to}", emailSubject="Escalated", emailBody="See {!lead}"),
    node("recordCreates", "Task", sets(Subject="Call now", WhoId="@lead"), "<object>Task</object>"),
    variable("to", "String", "<isInput>true</isInput>"),
    variable("lead", "String", "<isInput>true</isInput>"),
    version="64.0",
)
ESCALATED = flow(
    after(filters(("Level__c", "EqualTo", 2)), ASYNC, event="Update", changed=True),
    node(
        "subflows", "Tell", "<flowName>Tell</flowName>",
        f"<inputAssignments><name>to</name>{value('ops@example.com')}</inputAssignments>",
        f"<inputAssignments><name>lead</name>{value('@$Record.Id')}</inputAssignments>",
    ),
)  # fmt: skip


@pytest.fixture
def desk(world: World) -> World:
    world.fields(
        "Lead", Started__c="datetime", Due__c="datetime", Escalate__c="datetime", Touched__c="datetime",
        Toucher__c="User", Minutes__c="number(0)", Level__c="number(0)",
    )  # fmt: skip
    records = {
        "Web": {"Source__c": "Web", "Minutes__c": 5, "After__c": 10, "Is_Active__c": True},
        "Old": {"Source__c": "Other", "Minutes__c": 1, "After__c": 1, "Is_Active__c": False},
    }
    kinds = {"Source__c": "text", "Minutes__c": "number(0)", "After__c": "number(0)", "Is_Active__c": "checkbox"}
    world.metadata_type("Policy__mdt", records, **kinds)
    queue = world.org.rows.insert("Group", {"Name": "Rescue", "DeveloperName": "Rescue", "Type": "Queue"})
    world.org.rows.insert("QueueSobject", {"QueueId": queue, "SobjectType": "Lead"})
    kind = {"DeveloperName": "Alert", "MasterLabel": "Alert", "CustomNotifTypeName": "Alert"}
    world.org.rows.insert("CustomNotificationType", kind)
    for name, text in (
        ("Stamp", STAMP),
        ("Timers", TIMERS),
        ("Touch", TOUCH),
        ("Tell", TELL),
        ("Escalated", ESCALATED),
    ):
        world.active(name, text)
    return world


def facts(world: World, lead: str) -> dict[str, Any]:
    row = world.get("Lead", lead)
    return {name: row[name] for name in ("Due__c", "Touched__c", "Toucher__c", "Level__c", "OwnerId")}


def test_a_lead_nobody_touches(desk: World) -> None:
    lead = desk.lead(LeadSource="web", FirstName="Ann")
    assert desk.waiting() == [
        ("Warn", "2026-01-05T14:03"), ("Breach", "2026-01-05T14:05"), ("Escalate", "2026-01-05T14:15"),
    ]  # fmt: skip
    desk.until(at("2026-01-05T14:10:00"))
    bell = ("bell", ("admin@example.com",), "Due soon: Acme", "Timers/Warn")
    assert desk.sent() == [bell]
    assert desk.org.outbox.messages()[0].body == "Ann Moss before 1/5/2026, 6:05 AM."
    assert facts(desk, lead)["Level__c"] == 1
    desk.until(at("2026-01-05T15:00:00"))
    queue = desk.org.rows.select("Group")[0]["Id"]
    row = facts(desk, lead)
    assert (row["Level__c"], row["OwnerId"], row["Touched__c"]) == (2, queue, None)
    # The update of level 2 is a save of its own: its asynchronous path mails, and assigns a task to the runner.
    mail = ("email", ("ops@example.com",), "Escalated", "Escalated/AsyncAfterCommit")
    task = ("task", ("admin@example.com",), "Call now", "Escalated/AsyncAfterCommit")
    assert desk.sent() == [bell, mail, task]
    assert desk.waiting() == []


def test_a_call_stops_the_clock(desk: World) -> None:
    lead = desk.lead(LeadSource="Web")
    desk.after(minutes=2)
    task = desk.insert("Task", WhoId=lead, Subject="Call", TaskSubtype="Call")
    assert len(desk.waiting()) == 3
    desk.update("Task", task, Status="Completed")
    assert facts(desk, lead)["Touched__c"] == at("2026-01-05T14:02:00")
    assert facts(desk, lead)["Toucher__c"] == desk.admin
    assert desk.waiting() == []
    desk.after(hours=1)
    desk.update("Task", desk.insert("Task", WhoId=lead, TaskSubtype="Call", Subject="Again"), Status="Completed")
    assert facts(desk, lead)["Touched__c"] == at("2026-01-05T14:02:00")
    assert desk.sent() == []


@pytest.mark.parametrize(
    "values", [{"TaskSubtype": "ListEmail"}, {"TaskSubtype": "Task"}, {"TaskSubtype": "Call", "WhoId": None}]
)
def test_what_is_no_touch(desk: World, values: dict[str, Any]) -> None:
    lead = desk.lead(LeadSource="Web")
    desk.insert("Task", **({"WhoId": lead, "Subject": "x", "Status": "Completed"} | values))
    assert facts(desk, lead)["Touched__c"] is None
    assert len(desk.waiting()) == 3


def test_no_policy_no_clock(desk: World) -> None:
    for source in (None, "Other", "Partner Referral"):
        assert facts(desk, desk.lead(LeadSource=source))["Due__c"] is None
    assert desk.waiting() == []


def test_conversion_bypasses_automation_but_the_path_checks_again(desk: World) -> None:
    lead = desk.lead(LeadSource="Web")
    desk.org.rows.update("Lead", lead, {"IsConverted": True, "Touched__c": at("2026-01-05T14:01:00")})
    assert len(desk.waiting()) == 3
    desk.after(hours=1)
    assert (facts(desk, lead)["Level__c"], desk.sent(), desk.waiting()) == (0, [], [])

"""Every element and action of a flow, run."""

# ruff: noqa: E501 (flow XML and tables of whole messages)
from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from automation_world import World, at, formula_field
from flow_parts import (
    action,
    after,
    assign,
    before,
    constant,
    decide,
    filters,
    flow,
    formula,
    get,
    node,
    rule,
    sets,
    start,
    template,
    update_record,
    value,
    variable,
)

FAILED = "We can't save this record because the “Test Flow” process failed. Give your Salesforce admin these details. "


@pytest.fixture
def lab(world: World) -> World:
    world.fields(
        "Lead", Out__c="text", Number__c="number(2)", Flag__c="checkbox", When__c="datetime", Error__c="long",
        Day__c="date", Twice__c=formula_field("Twice__c", "double", "Number__c * 2"),
    )  # fmt: skip
    world.fields("User", Nick__c="text")
    return world


def out(world: World, *parts: str, **values: Any) -> Any:
    """Out__c of a new lead after a before-save flow made of `parts`, beginning at Go."""
    world.active("Probe", flow(before(first="Go"), *parts))
    return world.get("Lead", world.lead(**values))["Out__c"]


def say(name: str, text: str) -> str:
    return assign(name, ("$Record.Out__c", text))


@pytest.mark.parametrize(
    ("operator", "left", "right", "expected"),
    [
        ("EqualTo", "Rating", "hot", True),
        ("EqualTo", "Title", "x", False),
        ("NotEqualTo", "Title", "x", True),
        ("NotEqualTo", "Rating", "HOT", False),
        ("IsNull", "Title", True, True),
        ("IsNull", "Rating", False, True),
        ("GreaterThan", "Number__c", 9.5, True),
        ("GreaterThanOrEqualTo", "Number__c", 10, True),
        ("LessThan", "NumberOfEmployees", 5, False),
        ("GreaterThan", "NumberOfEmployees", 5, False),
        ("LessThanOrEqualTo", "Number__c", 9, False),
        ("StartsWith", "Company", "ACME", True),
        ("EndsWith", "Company", "ltd", True),
        ("Contains", "Company", "e l", True),
        ("Contains", "Title", "x", False),
        ("EqualTo", "Flag__c", False, True),
        ("LessThan", "When__c", "2026-01-05T15:00:01Z", True),
        ("EqualTo", "Twice__c", 20, True),
        ("EqualTo", "CreatedDate", "2026-01-05T14:00:00Z", False),
        ("EqualTo", "Title", "@$Record.Website", False),  # both null
        ("NotEqualTo", "Title", "@$Record.Website", True),
        ("EqualTo", "Day__c", "2026-01-06T02:00:00Z", True),  # still the fifth where the user is
        ("EqualTo", "Day__c", "2026-01-06T09:00:00Z", False),
        ("IsBlank", "Company", False, True),
        ("IsBlank", "Title", True, True),
        ("IsBlank", "Out__c", True, True),  # white space alone is blank …
        ("IsNull", "Out__c", True, False),  # … and yet a value
    ],
)
def test_conditions(lab: World, operator: str, left: str, right: Any, expected: bool) -> None:
    parts = (decide("Go", rule("Yes", "Say", (f"$Record.{left}", operator, right))), say("Say", "yes"))
    facts = {"Rating": "Hot", "Number__c": 10, "Company": "Acme Ltd", "When__c": at("2026-01-05T15:00:00")}
    facts |= {"Day__c": date(2026, 1, 5), "Out__c": "  "}
    assert (out(lab, *parts, **facts) == "yes") is expected


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ("and", None),
        ("or", "yes"),
        ("1 AND (2 OR 3)", "yes"),
        ("(1 AND 2) OR (2 AND 3)", None),
        ("NOT 2 AND 1 AND NOT 3", None),
        ("1 AND NOT 2 AND 3", "yes"),
    ],
)
def test_condition_logic(lab: World, logic: str, expected: str | None) -> None:
    tests = [
        ("$Record.Company", "EqualTo", "Acme"),
        ("$Record.Title", "EqualTo", "x"),
        ("$Record.Rating", "EqualTo", "Hot"),
    ]
    parts = (decide("Go", rule("Yes", "Say", *tests, logic=logic)), say("Say", "yes"))
    assert out(lab, *parts, Rating="Hot") == expected


def test_the_first_true_outcome_wins_and_else_the_default(lab: World) -> None:
    rules = [
        rule(name, name, ("$Record.Number__c", "GreaterThan", n))
        for name, n in (("Big", 100), ("Some", 10), ("Any", 1))
    ]
    parts = (decide("Go", *(one.replace(f"<name>{n}</name>", f"<name>Is_{n}</name>") for one, n in zip(rules, ("Big", "Some", "Any"), strict=True)),
                    otherwise="None"), *(say(name, name.lower()) for name in ("Big", "Some", "Any", "None")))  # fmt: skip
    assert [out(lab, *parts, Number__c=n) for n in (500, 50, 5, 0)] == ["big", "some", "any", "none"]


def test_assignments_to_variables(lab: World) -> None:
    parts = (
        assign(
            "Go",
            ("n", "Add", 2.5), ("n", "Add", "@$Record.Number__c"), ("n", "Subtract", 1),
            ("t", "Add", "b"), ("list", "Add", "x"), ("list", "Add", "y"), ("list", "AddAtStart", "w"),
            ("more", "Assign", "@list"), ("more", "RemoveAll", "x"), ("size", "AssignCount", "@list"),
            ("$Record.Out__c", "{!n} {!t} {!list} {!more} {!size}"),
        ),
        variable("n", "Number", "<scale>2</scale>", value(1)),
        variable("t", "String", value("a")),
        variable("list", many=True), variable("more", many=True), variable("size", "Number", "<scale>0</scale>"),
    )  # fmt: skip
    assert out(lab, *parts, Number__c=10) == "12.5 ab [w, x, y] [w, y] 3"


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ("$Record.Company", "In", "@list", "yes"),
        ("$Record.LastName", "In", "@list", None),
        ("$Record.Title", "In", "@list", None),
        ("$Record.LastName", "NotIn", "@list", "yes"),
        ("$Record.Company", "NotIn", "@list", None),
        ("list", "Contains", "ACME", "yes"),
        ("list", "Contains", "Moss", None),
    ],
)
def test_membership_of_a_collection(lab: World, left: str, operator: str, right: str, expected: str | None) -> None:
    parts = (
        assign("Go", ("list", "Add", "acme"), ("list", "Add", "other"), go="Ask"),
        decide("Ask", rule("Yes", "Say", (left, operator, right))),
        say("Say", "yes"),
        variable("list", many=True),
    )
    assert out(lab, *parts) == expected


def test_counting_begins_at_zero(lab: World) -> None:
    number = variable("n", "Number", "<scale>2</scale>")
    parts = (assign("Go", ("n", "Subtract", 2.5), ("$Record.Out__c", "{!n}")), number)
    assert out(lab, *parts) == "-2.5"


def test_merge_fields_are_read_once(lab: World) -> None:
    lab.org.settings.instance_url = "http://localhost:1"
    parts = (
        assign("Go", ("$Record.Out__c", "@Text")),
        template(
            "Text",
            "{!$Record.Company}|{!fixed}|{!$Record.Number__c}|{!$Record.When__c}|{!$Record.Flag__c}|{!$Record.Title}",
        ),
        constant("fixed", "String", "{!$Record.LastName}"),
    )
    found = out(lab, *parts, Company="{!$User.Username}", Number__c=2.50, When__c=at("2026-01-05T20:05:00"))
    assert found == "{!$User.Username}|{!$Record.LastName}|2.5|1/5/2026, 12:05 PM|false|"


def test_globals(lab: World) -> None:
    lab.org.settings.instance_url = "http://localhost:1"
    lab.org.rows.update("User", lab.admin, {"Nick__c": "boss"})
    parts = (
        say(
            "Go",
            "{!$User.Username} {!$User.Nick__c} {!$Organization.Name} {!$Flow.CurrentDate} {!$GlobalConstant.True} {!$Api.Enterprise_Server_URL_660}",
        ),
    )
    url = "http://localhost:1/services/Soap/c/66.0/00D000000000001"
    assert out(lab, *parts) == f"admin@example.com boss Emulated Org 1/5/2026 true {url}"


def test_formulas_see_blanks_where_references_fault(lab: World) -> None:
    nobody = get("Go", "User", ("Username", "EqualTo", "nobody@example.com"), go="Say")
    parts = (
        nobody,
        assign("Say", ("$Record.Out__c", "@Kind")),
        formula("Kind", "String", 'IF(ISBLANK({!Go.Username}), "none", "some")'),
    )
    assert out(lab, *parts) == "none"
    lab.active("Probe", flow(before(first="Go"), nobody, assign("Say", ("$Record.Out__c", "@Go.Username"))))
    text = "The flow failed to access the value for Go.Username because it hasn't been set or assigned."
    assert lab.refused("insert", "Lead", LastName="A", Company="B") == [f"CANNOT_EXECUTE_FLOW_TRIGGER: {FAILED}{text}"]


def test_get_records(lab: World) -> None:
    for name, rating, number in (("A", "Hot", 1), ("B", "Hot", 3), ("C", "Cold", 2), ("D%", None, 9)):
        lab.lead(LastName=name, Rating=rating, Number__c=number)
    one = get("Go", "Lead", ("Rating", "EqualTo", "hot"), ("Number__c", "GreaterThan", 0), go="Say", sort="Number__c")
    assert out(lab, one, say("Say", "{!Go.LastName} {!Go.Twice__c}"), Rating="Warm") == "B 6"
    either = get(
        "Go", "Lead", ("Rating", "IsNull", True), ("LastName", "StartsWith", "a"), logic="1 OR 2", many=True, go="Loop"
    )
    each = node("loops", "Loop", "<collectionReference>Go</collectionReference><iterationOrder>Desc</iterationOrder>"
                "<nextValueConnector><targetReference>Note</targetReference></nextValueConnector>"
                "<noMoreValuesConnector><targetReference>Say</targetReference></noMoreValuesConnector>")  # fmt: skip
    note = assign("Note", ("names", "Add", "@Loop.LastName"), go="Loop")
    assert (
        out(lab, either, each, note, say("Say", "{!names}"), variable("names", many=True), Rating="Warm") == "[D%, A]"
    )
    literal = get("Go", "Lead", ("LastName", "Contains", "%"), go="Say")
    assert out(lab, literal, say("Say", "{!Go.LastName}"), Rating="Warm") == "D%"


def test_a_null_filter_value_fails_the_interview(lab: World) -> None:
    lab.active("Probe", flow(before(first="Go"), get("Go", "User", ("Username", "EqualTo", "@$Record.Title"))))
    text = "The value of the filter on User.Username in Go is null."
    assert lab.refused("insert", "Lead", LastName="A", Company="B") == [f"CANNOT_EXECUTE_FLOW_TRIGGER: {FAILED}{text}"]


def test_get_records_by_a_list(lab: World) -> None:
    lab.lead(LastName="A")
    lab.lead(LastName="B")
    names = assign("Go", ("names", "Add", "b"), ("names", "Add", "z"), go="Find")
    find = get("Find", "Lead", ("LastName", "In", "@names"), go="Say")
    assert out(lab, names, find, say("Say", "{!Find.LastName}"), variable("names", many=True)) == "B"


def test_fault_path_keeps_the_work_done_and_knows_the_message(lab: World) -> None:
    lab.active(
        "Probe",
        flow(
            after(filters(("Title", "IsNull", True)), first="Task"),
            node("recordCreates", "Task", sets(Subject="Call", Status="Not Started", Priority="High", OwnerId="@$Record.OwnerId",
                 WhoId="@$Record.Id"), "<object>Task</object><storeOutputAutomatically>true</storeOutputAutomatically>", go="Break"),
            node("recordUpdates", "Break", filters(("Id", "EqualTo", "@$Record.Id")), sets(Company="@$GlobalConstant.EmptyString"),
                 "<object>Lead</object>", fault="Note"),
            update_record("Note", Error__c="@$Flow.FaultMessage", Out__c="@Task"),
        ),
    )  # fmt: skip
    lead = lab.get("Lead", lab.lead())
    task = lab.org.rows.select("Task")[0]
    assert lead["Out__c"] == task["Id"]
    assert lead["Error__c"] == (
        "This error occurred when the flow tried to update records: REQUIRED_FIELD_MISSING: "
        "Required fields are missing: [Company]. You can look up ExceptionCode values in the SOAP API Developer Guide."
    )
    assert lab.sent() == [("task", ("admin@example.com",), "Call", "Probe/Immediate")]


def test_a_fault_without_a_path_undoes_the_save(lab: World) -> None:
    lab.active(
        "Probe",
        flow(
            after(first="Task"),
            node("recordCreates", "Task", sets(Subject="Call"), "<object>Task</object>", go="Break"),
            update_record("Break", Company="@$GlobalConstant.EmptyString"),
        ),
    )
    text = (
        "This error occurred when the flow tried to update records: REQUIRED_FIELD_MISSING: "
        "Required fields are missing: [Company]. You can look up ExceptionCode values in the SOAP API Developer Guide."
    )
    assert lab.refused("insert", "Lead", LastName="A", Company="B") == [f"CANNOT_EXECUTE_FLOW_TRIGGER: {FAILED}{text}"]
    assert lab.org.rows.select("Lead") == lab.org.rows.select("Task") == []
    assert lab.sent() == []


def test_changing_and_deleting_other_records(lab: World) -> None:
    lab.lead(LastName="Old", Rating="Cold")
    lab.lead(LastName="Gone", Rating="Warm")
    lab.active(
        "Probe",
        flow(
            after(filters(("Rating", "EqualTo", "Hot")), first="All"),
            node(
                "recordUpdates",
                "All",
                filters(("Rating", "EqualTo", "Cold")),
                sets(Out__c="seen"),
                "<object>Lead</object>",
                go="Drop",
            ),
            node("recordDeletes", "Drop", filters(("Rating", "EqualTo", "Warm")), "<object>Lead</object>", go="Held"),
            get("Held", "User", ("Id", "EqualTo", "@$Record.OwnerId"), go="Name"),
            assign("Name", ("Held.Nick__c", "nick"), go="Save"),
            node("recordUpdates", "Save", "<inputReference>Held</inputReference>"),
        ),
    )
    lab.lead(LastName="New", Rating="Hot")
    assert [(row["LastName"], row["Out__c"]) for row in lab.org.rows.select("Lead")] == [("Old", "seen"), ("New", None)]
    assert lab.get("User", lab.admin)["Nick__c"] == "nick"


def test_record_variables_and_collections_are_created(lab: World) -> None:
    lab.active(
        "Probe",
        flow(
            after(filters(("Rating", "EqualTo", "Hot")), first="Fill"),
            assign(
                "Fill",
                ("one.LastName", "Made"),
                ("one.Company", "@$Record.Company"),
                ("many", "Add", "@one"),
                go="Make",
            ),
            node("recordCreates", "Make", "<inputReference>many</inputReference>"),
            variable("one", "SObject", "<objectType>Lead</objectType>"),
            variable("many", "SObject", "<objectType>Lead</objectType>", many=True),
        ),
    )
    lab.lead(Rating="Hot", Company="Initech")
    assert sorted((row["LastName"], row["Company"]) for row in lab.org.rows.select("Lead")) == [
        ("Made", "Initech"),
        ("Moss", "Initech"),
    ]


def test_subflows_take_and_give_variables(lab: World) -> None:
    inward, outward = "<isInput>true</isInput>", "<isOutput>true</isOutput>"
    child = flow(
        "<start><locationX>0</locationX><locationY>0</locationY><connector><targetReference>Work</targetReference></connector></start>",
        assign("Work", ("answer", "{!question}!")),
        variable("question", "String", inward), variable("answer", "String", outward),
    )  # fmt: skip
    lab.active("Child", child)
    given = "<inputAssignments><name>question</name><value><elementReference>$Record.Company</elementReference></value></inputAssignments>"
    taken = "<outputAssignments><assignToReference>kept</assignToReference><name>answer</name></outputAssignments>"
    lab.active(
        "Probe",
        flow(
            after(filters(("Title", "IsNull", True)), first="Call"),
            node("subflows", "Call", "<flowName>Child</flowName>", given, taken, go="Auto"),
            node(
                "subflows",
                "Auto",
                "<flowName>Child</flowName>",
                given,
                "<storeOutputAutomatically>true</storeOutputAutomatically>",
                go="Note",
            ),
            update_record("Note", Out__c="{!kept}{!Auto.answer}", Title="t"),
            variable("kept"),
        ),
    )
    assert lab.get("Lead", lab.lead())["Out__c"] == "Acme!Acme!"


def ring(lab: World, **changes: Any) -> list[str]:
    kind = {"DeveloperName": "Bell", "MasterLabel": "Bell", "CustomNotifTypeName": "Bell"}
    inputs = {"customNotifTypeId": lab.org.rows.insert("CustomNotificationType", kind), "recipientIds": "@ids",
              "title": "Hi", "body": "There", "targetId": "@$Record.Id"} | changes  # fmt: skip
    lab.active(
        "Probe",
        flow(
            after(filters(("Error__c", "IsNull", True)), first="Add"),
            assign("Add", ("ids", "Add", "@$Record.OwnerId"), go="Ring"),
            action("Ring", "customNotificationAction", fault="Note", **inputs),
            update_record("Note", Error__c="@$Flow.FaultMessage"),
            variable("ids", many=True), variable("none", many=True),
        ),
    )  # fmt: skip
    error = lab.get("Lead", lab.lead())["Error__c"]
    return [] if error is None else [error]


def test_custom_notification(lab: World) -> None:
    queue = lab.org.rows.insert("Group", {"Name": "Team", "DeveloperName": "Team", "Type": "Queue"})
    lab.org.rows.insert("QueueSobject", {"QueueId": queue, "SobjectType": "Lead"})
    assert ring(lab, title="x" * 250, body="y" * 750) == []
    lab.lead(OwnerId=queue)
    assert [(to, subject) for _, to, subject, _ in lab.sent()] == [
        (("admin@example.com",), "x" * 250),
        (("Team",), "x" * 250),
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"title": "x" * 251}, "The title of a custom notification can have up to 250 characters, not 251."),
        ({"body": "x" * 751}, "The body of a custom notification can have up to 750 characters, not 751."),
        ({"body": "{!$Record.Title}"}, "Missing required input parameter: body"),
        ({"recipientIds": "@none"}, "Missing required input parameter: recipientIds"),
        (
            {"customNotifTypeId": "0ML000000000009AAA"},
            "The customNotifTypeId isn't the ID of a custom notification type.",
        ),
    ],
)
def test_custom_notification_faults(lab: World, changes: dict[str, str], text: str) -> None:
    assert ring(lab, **changes) == [text]
    assert lab.sent() == []


@pytest.mark.parametrize(("version", "name"), [("64.0", "emailAddresses"), ("65.0", "recipientAddresses")])
def test_email(lab: World, version: str, name: str) -> None:
    mail = action(
        "Mail",
        "emailSimple",
        fault="Note",
        **{name: "{!$Record.Email},b@example.com", "emailSubject": "S", "emailBody": "B"},
    )
    note = update_record("Note", Error__c="@$Flow.FaultMessage")
    lab.active("Probe", flow(after(filters(("Error__c", "IsNull", True)), first="Mail"), mail, note, version=version))
    lab.lead(Email="a@example.com")
    assert lab.sent() == [("email", ("a@example.com", "b@example.com"), "S", "Probe/Immediate")]
    broken = lab.lead(Email="nonsense")
    assert lab.get("Lead", broken)["Error__c"] == "INVALID_EMAIL_ADDRESS: Invalid email address: nonsense"


def test_chatter_post(lab: World) -> None:
    lab.active(
        "Probe", flow(after(first="Post"), action("Post", "chatterPost", text="Late", subjectNameOrId="@$Record.Id"))
    )
    lead = lab.lead()
    assert lab.sent() == [("chatter", (lead,), "", "Probe/Immediate")]


def test_a_flow_that_never_ends_is_stopped(lab: World) -> None:
    parts = (say("Go", "a").replace("</assignments>", "<connector><targetReference>On</targetReference></connector></assignments>"),
             assign("On", ("$Record.Out__c", "b"), go="Go"))  # fmt: skip
    lab.active("Probe", flow(before(first="Go"), *parts))
    text = f"{FAILED}The emulator stops a flow after 100,000 elements."
    assert lab.refused("insert", "Lead", LastName="A", Company="B") == [f"CANNOT_EXECUTE_FLOW_TRIGGER: {text}"]


def test_entry_formula_and_prior_values(lab: World) -> None:
    changed = "<filterFormula>ISCHANGED({!$Record.Rating})</filterFormula>"
    lab.active(
        "Probe",
        flow(
            start("RecordBeforeSave", "Update", changed, first="Go"),
            say("Go", "{!$Record__Prior.Rating} to {!$Record.Rating}"),
        ),
    )
    lead = lab.lead(Rating="Cold")
    lab.update("Lead", lead, Title="x")
    assert lab.get("Lead", lead)["Out__c"] is None
    lab.update("Lead", lead, Rating="Hot")
    assert lab.get("Lead", lead)["Out__c"] == "Cold to Hot"

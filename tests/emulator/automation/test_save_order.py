"""The order of a save and what system validation refuses."""

# ruff: noqa: E501 (flow XML and tables of whole messages)
from __future__ import annotations

from typing import Any

import pytest
from automation_world import World, at, formula_field
from flow_parts import after, assign, before, decide, filters, flow, rule, update_record


@pytest.fixture
def team(world: World) -> World:
    world.fields("Lead", Log__c="text", Level__c="picklist Low|High", Score__c="number(2)", Boss__c="User")
    return world


def other_user(world: World, username: str, *, active: bool = True) -> str:
    admin = world.get("User", world.admin)
    return world.org.rows.insert(
        "User", {**admin, "Id": None, "Username": username, "LastName": "X", "IsActive": active}
    )


def log(name: str, text: str) -> str:
    return assign(name, ("$Record.Log__c", "Add", text))


def test_before_save_flows_run_by_trigger_order(team: World) -> None:
    for name, order in (("Zed", 2), ("Beta", 1), ("Alpha", 1), ("Last", 1001), ("Middle", None)):
        team.active(name, flow(before(first="Go", event="Create"), log("Go", name[0]), order=order))
    assert team.get("Lead", team.lead())["Log__c"] == "ABZML"


def test_defaults_come_first_and_flows_may_fill_required_fields(team: World) -> None:
    team.active("Fill", flow(before(first="Go"), assign("Go", ("$Record.Company", "{!$Record.Status}"))))
    found = team.auto.save("insert", "Lead", [{"LastName": "A"}], user_id=team.admin)[0]
    assert found.success
    row = team.get("Lead", str(found.id))
    assert (row["Company"], row["OwnerId"], row["Name"]) == ("Open - Not Contacted", team.admin, "A")


def test_after_save_flows_see_the_owner_that_assignment_gave(team: World) -> None:
    rep = other_user(team, "rep@example.com")
    team.org.settings.assignment_rules = [{"when": {"LeadSource": "web"}, "owner": "rep@example.com"}]
    team.active("Before", flow(before(first="Go", event="Create"), log("Go", "{!$Record.OwnerId} ")))
    team.active("After", flow(after(first="Go", event="Create"), update_record("Go", Title="{!$Record.OwnerId}")))
    row = team.get("Lead", team.lead(LeadSource="Web"))
    assert (row["Log__c"].strip(), row["Title"], row["OwnerId"]) == (team.admin, rep, rep)
    assert team.get("Lead", team.lead(LeadSource="Web", OwnerId=team.admin))["OwnerId"] == team.admin
    skipped = team.auto.save(
        "insert", "Lead", [{"LastName": "A", "Company": "B", "LeadSource": "Web"}], user_id=team.admin, assign=False
    )
    assert team.get("Lead", str(skipped[0].id))["OwnerId"] == team.admin


def test_a_recursive_save_runs_before_save_flows_but_no_after_save_flows(team: World) -> None:
    team.active("Before", flow(before(first="Go"), log("Go", "b")))
    team.active("One", flow(after(first="Go"), update_record("Go", Title="one"), order=1))
    team.active(
        "Two",
        flow(after(filters(("Title", "EqualTo", "one")), first="Go"), update_record("Go", Industry="Energy"), order=2),
    )
    row = team.get("Lead", team.lead())
    assert (row["Log__c"], row["Title"], row["Industry"]) == ("bb", "one", None)


def test_another_record_gets_a_whole_save_of_its_own(team: World) -> None:
    touch = (
        "<recordUpdates><name>Go</name><label>Go</label><locationX>0</locationX><locationY>0</locationY>"
        "<filterLogic>and</filterLogic><filters><field>Id</field><operator>EqualTo</operator><value><elementReference>$Record.WhoId"
        "</elementReference></value></filters><inputAssignments><field>Rating</field><value><stringValue>Hot</stringValue></value>"
        "</inputAssignments><object>Lead</object></recordUpdates>"
    )
    team.active("Task", flow(after(first="Go", event="Create").replace("<object>Lead", "<object>Task"), touch))
    team.active(
        "Lead",
        flow(after(filters(("Rating", "EqualTo", "Hot")), first="Go", changed=True), update_record("Go", Title="hot")),
    )
    lead = team.lead()
    team.insert("Task", WhoId=lead, Subject="Call")
    assert team.get("Lead", lead)["Title"] == "hot"


@pytest.mark.parametrize(
    ("event", "changed", "steps", "expected"),
    [
        ("Create", False, [{"Rating": "Hot"}, {"Title": "x"}], "r"),
        ("Update", False, [{"Rating": "Hot"}, {"Title": "x"}, {"Title": "y"}], "rr"),
        ("CreateAndUpdate", False, [{"Rating": "Hot"}, {"Title": "x"}], "rr"),
        ("CreateAndUpdate", True, [{"Rating": "Hot"}, {"Title": "x"}], "r"),
        ("CreateAndUpdate", True, [{"Rating": "Cold"}, {"Rating": "Hot"}, {"Rating": "Cold"}, {"Rating": "hot"}], "rr"),
        ("Update", True, [{"Rating": "Hot"}, {"Title": "x"}], None),
        ("Update", True, [{}, {"Rating": "Hot"}], "r"),
    ],
)
def test_when_a_flow_fires(
    team: World, event: str, changed: bool, steps: list[dict[str, Any]], expected: str | None
) -> None:
    entry = filters(("Rating", "EqualTo", "Hot"))
    team.active("Flow", flow(before(entry, first="Go", event=event, changed=changed), log("Go", "r")))
    lead = team.lead(**steps[0])
    for step in steps[1:]:
        team.update("Lead", lead, **step)
    assert team.get("Lead", lead)["Log__c"] == expected


def test_the_prior_record_and_the_moment_of_creation(team: World) -> None:
    team.active(
        "Before",
        flow(
            before(first="Go"),
            decide("Go", rule("New", "A", ("$Record.CreatedDate", "IsNull", True)), otherwise="B"),
            log("A", "new[{!$Record__Prior.LastName}]"),
            log("B", "old[{!$Record__Prior.LastName}]"),
        ),
    )
    lead = team.lead(LastName="First")
    team.update("Lead", lead, LastName="Second")
    assert team.get("Lead", lead)["Log__c"] == "new[]old[First]"


def test_tasks_keep_their_derived_fields(team: World) -> None:
    task = team.insert("Task", Subject="Call")
    row = team.get("Task", task)
    assert (row["Status"], row["TaskSubtype"], row["IsClosed"], row["CompletedDateTime"]) == (
        "Not Started",
        "Task",
        False,
        None,
    )
    team.after(minutes=3)
    team.update("Task", task, Status="Completed")
    team.after(minutes=3)
    team.update("Task", task, Subject="Called")
    row = team.get("Task", task)
    assert (row["IsClosed"], row["CompletedDateTime"]) == (True, at("2026-01-05T14:03:00"))
    team.update("Task", task, Status="In Progress")
    row = team.get("Task", task)
    assert (row["IsClosed"], row["CompletedDateTime"]) == (False, None)


READ_ONLY = "Please check the security settings of this field and verify that it is read/write for your profile or permission set."


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"Company": None}, ["REQUIRED_FIELD_MISSING: Required fields are missing: [Company]"]),
        ({"Ghost__c": 1}, ["INVALID_FIELD: No such column 'Ghost__c' on sobject of type Lead"]),
        ({"IsConverted": True}, [f"INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create fields: IsConverted. {READ_ONLY}"]),
        ({"Title": "x" * 129}, [f"STRING_TOO_LONG: Title: data value too large: {'x' * 129} (max length=128)"]),
        ({"Level__c": "Medium"}, ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Level__c: bad value for restricted picklist field: Medium"]),
        ({"Score__c": 10.0**16}, ["NUMBER_OUTSIDE_VALID_RANGE: Score__c: value outside of valid range on numeric field: 1e+16"]),
        ({"Boss__c": "005000000000099AAA"}, ["INVALID_CROSS_REFERENCE_KEY: invalid cross reference id"]),
        ({"Boss__c": "00Q000000000099AAA"}, ["FIELD_INTEGRITY_EXCEPTION: Boss__c: id value of incorrect type: 00Q000000000099AAA"]),
        ({"Boss__c": "nobody"}, ["MALFORMED_ID: Boss__c: id value of incorrect type: nobody"]),
        ({"Score__c": "much"}, ["INVALID_TYPE_ON_FIELD_IN_RECORD: Score__c: value not of required type: much"]),
    ],
)  # fmt: skip
def test_system_validation(team: World, values: dict[str, Any], errors: list[str]) -> None:
    assert team.refused("insert", "Lead", **({"LastName": "A", "Company": "B"} | values)) == errors
    assert team.org.rows.select("Lead") == []


def test_data_may_hold_values_outside_an_open_picklist(team: World) -> None:
    assert team.get("Lead", team.lead(LeadSource="Never heard of"))["LeadSource"] == "Never heard of"


def test_owners(team: World) -> None:
    away = other_user(team, "away@example.com", active=False)
    lead = team.lead()
    text = f"INACTIVE_OWNER_OR_USER: operation performed with inactive user [{away}] as owner of lead"
    assert team.refused("update", "Lead", Id=lead, OwnerId=away) == [text]
    queue = team.org.rows.insert("Group", {"Name": "Q", "DeveloperName": "Q", "Type": "Queue"})
    text = "FIELD_INTEGRITY_EXCEPTION: Queue not associated with this SObject type"
    assert team.refused("update", "Lead", Id=lead, OwnerId=queue) == [text]
    team.org.rows.insert("QueueSobject", {"QueueId": queue, "SobjectType": "Lead"})
    team.update("Lead", lead, OwnerId=queue)
    # A record keeps an owner who has left; only a new owner is judged.
    team.org.rows.update("Lead", lead, {"OwnerId": away})
    team.update("Lead", lead, Title="still fine")


def test_subtypes_and_converted_leads_cannot_be_changed(team: World) -> None:
    task = team.insert("Task", Subject="Call", TaskSubtype="Call")
    text = f"INVALID_FIELD_FOR_INSERT_UPDATE: Unable to update fields: TaskSubtype. {READ_ONLY}"
    assert team.refused("update", "Task", Id=task, TaskSubtype="Email") == [text]
    lead = team.lead()
    team.org.rows.update("Lead", lead, {"IsConverted": True})
    text = "CANNOT_UPDATE_CONVERTED_LEAD: cannot reference converted lead"
    assert team.refused("update", "Lead", Id=lead, Title="x") == [text]


def test_numbers_are_rounded_half_up_to_their_scale(team: World) -> None:
    assert team.get("Lead", team.lead(Score__c=2.675))["Score__c"] == 2.68
    assert team.get("Lead", team.lead(Score__c=-1.005))["Score__c"] == -1.01


def test_a_batch_saves_what_it_can_unless_it_is_all_or_none(team: World) -> None:
    rows = [{"LastName": "A", "Company": "X"}, {"LastName": "B"}, {"LastName": "C", "Company": "X"}]
    found = team.auto.save("insert", "Lead", rows, user_id=team.admin)
    assert [(one.success, one.created, bool(one.id)) for one in found] == [
        (True, True, True),
        (False, False, False),
        (True, True, True),
    ]
    found = team.auto.save("insert", "Lead", rows, user_id=team.admin, all_or_none=True)
    undone = "ALL_OR_NONE_OPERATION_ROLLED_BACK: Record rolled back because not all records were valid and the request was using AllOrNone header"
    missing = "REQUIRED_FIELD_MISSING: Required fields are missing: [Company]"
    assert [[str(error) for error in one.errors] for one in found] == [[undone], [missing], [undone]]
    assert [row["LastName"] for row in team.org.rows.select("Lead")] == ["A", "C"]


def test_validation_rules_stand_between_the_flows_and_the_store(team: World) -> None:
    rule_text = (
        '<active>true</active><errorConditionFormula>AND(ISPICKVAL(Rating, "Hot"), ISBLANK(Title))</errorConditionFormula>'
        "<errorMessage>Hot leads need a title.</errorMessage><errorDisplayField>Title</errorDisplayField>"
    )
    team.deployed.rules["Lead"] = [rule_text, rule_text.replace("true", "false").replace("Hot leads", "Never")]
    team.auto.rebuild()
    facts = {"LastName": "A", "Company": "B", "Rating": "Hot"}
    assert team.refused("insert", "Lead", **facts) == ["FIELD_CUSTOM_VALIDATION_EXCEPTION: Hot leads need a title."]
    team.active("Fill", flow(before(first="Go"), assign("Go", ("$Record.Title", "from the flow"))))
    assert team.get("Lead", team.lead(**facts))["Title"] == "from the flow"


def test_formula_fields_round_on_reading_only(team: World) -> None:
    team.fields(
        "Lead",
        Third__c=formula_field("Third__c", "double", "Score__c / 3"),
        Whole__c=formula_field("Whole__c", "double", "Third__c * 3", scale=6),
        Zero__c=formula_field("Zero__c", "double", "Score__c + 1", zero=True),
        Warn__c=formula_field("Warn__c", "datetime", "CreatedDate - 5 / 1440"),
        Owner_Name__c=formula_field("Owner_Name__c", "string", "Boss__r.Username & \"!\""),
        Mine__c=formula_field("Mine__c", "boolean", "OwnerId = $User.Id"),
    )  # fmt: skip
    row = team.get("Lead", team.lead(Score__c=1, Boss__c=team.admin))
    empty = team.get("Lead", team.lead())
    definition = team.org.schema.sobject("Lead")

    def read(name: str, of: dict[str, Any]) -> Any:
        return team.auto.formula_value("Lead", definition.field(name), of, team.admin)

    assert [read(name, row) for name in ("Third__c", "Whole__c", "Owner_Name__c", "Mine__c")] == [
        0.33,
        1.0,
        "admin@example.com!",
        True,
    ]
    assert read("Warn__c", row) == at("2026-01-05T13:55:00")
    assert [read(name, empty) for name in ("Third__c", "Zero__c", "Owner_Name__c")] == [None, 1.0, "!"]


def test_a_transaction_that_is_undone_leaves_nothing_behind(team: World) -> None:
    team.active("After", flow(after(first="Go", event="Create"), update_record("Go", Title="t")))
    with pytest.raises(RuntimeError), team.org.transaction():
        team.lead()
        raise RuntimeError
    assert team.org.rows.select("Lead") == []
    assert team.get("Lead", team.lead())["Title"] == "t"


def test_a_flow_whose_field_has_gone_fails_its_own_saves_only(team: World) -> None:
    team.active("Probe", flow(before(filters(("Rating", "EqualTo", "Hot")), first="Go"), log("Go", "x")))
    team.org.schema.remove_field("Lead", "Log__c")
    team.auto.rebuild()
    text = (
        "CANNOT_EXECUTE_FLOW_TRIGGER: We can't save this record because the “Test Flow” process failed. Give your Salesforce "
        'admin these details. field integrity exception: unknown (The field "Log__c" for the object "Lead" doesn\'t exist.)'
    )
    assert team.refused("insert", "Lead", LastName="A", Company="B", Rating="Hot") == [text]
    team.lead(Rating="Cold")


def test_asynchronous_work_of_a_refused_row_is_forgotten(team: World) -> None:
    go = (
        "<scheduledPaths><connector><targetReference>Go</targetReference></connector>"
        "<pathType>AsyncAfterCommit</pathType></scheduledPaths>"
    )
    team.active("Async", flow(after(go, event="Create"), update_record("Go", Title="async"), order=1))
    break_it = filters(("Rating", "EqualTo", "Hot"))
    team.active(
        "Late", flow(after(break_it, first="Go", event="Create"), update_record("Go", Level__c="Medium"), order=2)
    )
    rows = [{"LastName": "A", "Company": "B", "Rating": rating} for rating in ("Hot", "Cold")]
    found = team.auto.save("insert", "Lead", rows, user_id=team.admin)
    assert [one.success for one in found] == [False, True]
    assert [(row["Rating"], row["Title"]) for row in team.org.rows.select("Lead")] == [("Cold", "async")]
    team.auto.save("insert", "Lead", rows, user_id=team.admin, all_or_none=True)
    team.lead(LastName="Next")
    assert [row["Title"] for row in team.org.rows.select("Lead")] == ["async", "async"]


def test_two_saves_in_one_instant_are_two_saves(team: World) -> None:
    """ISCHANGED and PRIORVALUE are about the save before, whatever the clock says."""
    team.deployed.rules["Lead"] = [
        '<active>true</active><errorConditionFormula>AND(ISCHANGED(Title), PRIORVALUE(Title) = "two")'
        "</errorConditionFormula><errorMessage>Not from two.</errorMessage>"
    ]
    seen = assign("Go", ("$Record.Log__c", "Add", "{!$Record__Prior.Title}>{!$Record.Title} "))
    entry = filters(("Title", "IsChanged", True))
    team.active("Log", flow(before(entry, first="Go", event="Update"), seen))
    lead = team.lead(Title="one")
    for title in ("two", "two"):
        team.update("Lead", lead, Title=title)
    assert team.get("Lead", lead)["Log__c"].split() == ["one>two"]
    assert team.refused("update", "Lead", Id=lead, Title="three") == [
        "FIELD_CUSTOM_VALIDATION_EXCEPTION: Not from two."
    ]
    team.update("Lead", lead, Description="meanwhile")
    row = team.get("Lead", lead)
    assert (row["Title"], row["Log__c"].split()) == ("two", ["one>two"])

"""Outcomes that need a change of the record, records handed over by value, flows on what leads become."""

from __future__ import annotations

import pytest
from built_org import Built
from flow_parts import after, assign, before, decide, flow, node, rule, start, update_record, value, variable

NEWLY = "<doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria>"


def newly(name: str, go: str, *conditions: tuple[str, str, str | float | bool], logic: str = "and") -> str:
    return rule(name, go, *conditions, logic=logic).replace("</conditionLogic>", "</conditionLogic>" + NEWLY)


COUNT = "<formulas><name>More</name><dataType>Number</dataType><expression>BLANKVALUE({!$Record.NumberOfEmployees}, 0) + 1</expression><scale>0</scale></formulas>"  # noqa: E501


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("Title", "a")], 0),
        ([("Title", "vip")], 1),
        ([("Title", "vip"), ("Website", "x")], 1),
        ([("Title", "vip"), ("Title", "vip")], 1),
        ([("Title", "vip"), ("Title", "a"), ("Title", "vip")], 2),
    ],
)
def test_an_outcome_fires_when_its_conditions_begin_to_hold(
    built: Built, steps: list[tuple[str, str]], expected: int
) -> None:
    outcome = newly("Vip", "U", ("$Record.Title", "EqualTo", "vip"))
    built.flow("F", flow(after(first="D"), decide("D", outcome), update_record("U", NumberOfEmployees="@More"), COUNT))
    lead = built.lead()
    for name, given in steps:
        built.update("Lead", lead, **{name: given})
    assert (built.get("Lead", lead)["NumberOfEmployees"] or 0) == expected


def test_a_new_record_that_meets_the_conditions_is_enough(built: Built) -> None:
    outcome = newly("Vip", "U", ("$Record.Title", "EqualTo", "vip"))
    built.flow("F", flow(after(first="D"), decide("D", outcome), update_record("U", NumberOfEmployees="@More"), COUNT))
    assert built.get("Lead", built.lead(Title="vip"))["NumberOfEmployees"] == 1


def test_an_outcome_of_a_flow_that_never_updates_cannot_ask_for_a_change(built: Built) -> None:
    outcome = newly("Vip", "U", ("$Record.Title", "EqualTo", "vip"))
    body = flow(after(first="D", event="Create"), decide("D", outcome), update_record("U", Website="x"))
    text = "F: RULE_REQUIRE_RECORD_CHANGED_NEVER_CHECKED: The outcome Vip needs a flow that runs on update."
    assert built.flow_failures("F", body) == [text]


def test_records_are_added_to_a_collection_by_value(built: Built) -> None:
    """Two tasks out of one variable that is filled twice."""
    record = "<objectType>Task</objectType>"
    first = assign("First", ("one.Subject", "Call"), ("one.WhoId", "@$Record.Id"), ("one.Status", "Not Started"),
                   ("one.Priority", "Normal"), ("many", "Add", "@one"), go="Second")  # fmt: skip
    second = assign("Second", ("one.Subject", "Write"), ("many", "Add", "@one"), go="Make")
    make = node("recordCreates", "Make", "<inputReference>many</inputReference>")
    built.flow(
        "F",
        flow(
            after(first="First", event="Create"), first, second, make,
            variable("one", "SObject", "<isInput>false</isInput><isOutput>false</isOutput>", record),
            variable("many", "SObject", record, many=True),
        ),
    )  # fmt: skip
    lead = built.lead()
    assert sorted(built.all("Task", "Subject", "WhoId")) == [("Call", lead), ("Write", lead)]
    assert [(channel, subject) for channel, _, subject, _ in built.sent()] == [("task", "Call"), ("task", "Write")]


def test_a_collection_is_created_whole_or_not_at_all(built: Built) -> None:
    """The second task is refused; the fault path finds no first one."""
    record = "<objectType>Task</objectType>"
    shared = (("one.WhoId", "@$Record.Id"), ("one.Status", "Not Started"), ("one.Priority", "Normal"))
    first = assign("First", ("one.Subject", "Call"), *shared, ("many", "Add", "@one"), go="Second")
    second = assign("Second", ("one.Subject", "@Long"), ("many", "Add", "@one"), go="Make")
    make = node("recordCreates", "Make", "<inputReference>many</inputReference>", fault="Note")
    long = "<constants><name>Long</name><dataType>String</dataType>" + value("x" * 256) + "</constants>"
    built.flow(
        "F",
        flow(
            after(first="First", event="Create"), first, second, make, long,
            update_record("Note", Description="@$Flow.FaultMessage"),
            variable("one", "SObject", "<isInput>false</isInput><isOutput>false</isOutput>", record),
            variable("many", "SObject", record, many=True),
        ),
    )  # fmt: skip
    lead = built.lead()
    assert (built.all("Task", "Id"), built.sent()) == ([], [])
    assert "STRING_TOO_LONG: Subject: data value too large" in built.get("Lead", lead)["Description"]


@pytest.mark.parametrize("sobject", ["Contact", "Opportunity", "Account"])
def test_flows_run_on_what_leads_become(built: Built, sobject: str) -> None:
    body = start("RecordBeforeSave", "Create", first="A", sobject=sobject)
    built.flow("F", flow(body, assign("A", ("$Record.Description", "by flow"))))
    needed = {
        "Contact": {"LastName": "Moss"},
        "Account": {"Name": "Acme"},
        "Opportunity": {"Name": "Deal", "StageName": "Prospecting", "CloseDate": built.org.now.date()},
    }
    made = built.insert(sobject, **needed[sobject])
    assert built.get(sobject, made)["Description"] == "by flow"


def test_flows_of_one_object_run_in_their_order(built: Built) -> None:
    def adds(letter: str, order: int | None) -> str:
        text = f"<formulas><name>Next</name><dataType>String</dataType><expression>BLANKVALUE({{!$Record.Title}}, &quot;&quot;) + &quot;{letter}&quot;</expression></formulas>"  # noqa: E501
        return flow(before(first="A", event="Create"), assign("A", ("$Record.Title", "@Next")), text, order=order)

    for name, letter, order in (("Z", "3", 1001), ("B", "2", None), ("A", "1", 20), ("C", "0", 10), ("D", "1", 20)):
        built.flow(name, adds(letter, order))
    assert built.get("Lead", built.lead())["Title"] == "01123"


def test_an_entry_may_ask_what_changed_and_what_was(built: Built) -> None:
    entry = (
        "<filterFormula>AND(ISCHANGED({!$Record.OwnerId}), NOT(ISBLANK(PRIORVALUE({!$Record.OwnerId}))))"
        "</filterFormula>"
    )
    built.flow("F", flow(after(entry, first="U", event="Update"), update_record("U", Title="@$Record__Prior.OwnerId")))
    lead = built.lead()
    built.update("Lead", lead, Website="x")
    assert built.get("Lead", lead)["Title"] is None
    built.update("Lead", lead, OwnerId=built.user("ann@x.example", "Ann"))
    assert built.get("Lead", lead)["Title"] == built.admin


def test_a_subflow_gets_values_and_gives_them_back(built: Built) -> None:
    child = flow(
        "<start><locationX>0</locationX><locationY>0</locationY><connector><targetReference>A</targetReference>"
        "</connector></start>",
        assign("A", ("answer", "@greeting"), ("answer", "Add", "!")),
        variable("greeting", "String", "<isInput>true</isInput><isOutput>false</isOutput>"),
        variable("answer", "String", "<isInput>false</isInput><isOutput>true</isOutput>"),
    )
    built.flow("Child", child)
    given = f"<inputAssignments><name>greeting</name>{value('@$Record.Company')}</inputAssignments>"
    call = node("subflows", "Call", "<flowName>Child</flowName>", given,
                "<storeOutputAutomatically>true</storeOutputAutomatically>", go="U")  # fmt: skip
    built.flow("Parent", flow(after(first="Call", event="Create"), call, update_record("U", Title="@Call.answer")))
    assert built.get("Lead", built.lead())["Title"] == "Acme!"

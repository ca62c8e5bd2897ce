"""At the edge of what a flow may be: the last good one and the first refused one."""

# ruff: noqa: E501 (flow XML and tables of whole messages)
from __future__ import annotations

import pytest
from automation_world import World
from flow_parts import after, before, decide, filters, flow, path, rule, start, update_record, value, variable
from test_flow_checks import ASYNC, MARK, SET

ONE = ("$Record.Title", "EqualTo", "x")
NAME_80, NAME_81 = "A" * 80, "A" * 81
NEVER = "RULE_REQUIRE_RECORD_CHANGED_NEVER_CHECKED: doesRequireRecordChangedToMeetCriteria needs entry conditions and a flow that runs on update."
TIMED = path("P", "Due__c", "Mark")
EDGES: list[tuple[str, list[str]]] = [
    # names, labels, order
    (flow(after(first=NAME_80), update_record(NAME_80, Title="x")), []),
    (flow(after(first=NAME_81), update_record(NAME_81, Title="x")), [f"ELEMENT_NAME_INVALID: {NAME_81} isn't a valid API name."]),
    (flow(after(first="A_"), update_record("A_", Title="x")), ["ELEMENT_NAME_INVALID: A_ isn't a valid API name."]),
    (flow(after(first="Mark"), MARK, label="L" * 255), []),
    (flow(after(first="Mark"), MARK, label="L" * 256), ["The label of the flow can have up to 255 characters."]),
    *((flow(after(first="Mark"), MARK, order=order), []) for order in (1, 2000)),
    (flow(after(first="Mark"), MARK, order=0), ["FLOW_TRIGGER_ORDER_OUT_OF_BOUNDS: 0 isn't between 1 and 2000."]),
    (flow(after(first="Mark"), MARK, version="66.0"), []),
    # conditions
    (flow(after(first="D"), decide("D", rule("R", "", ONE, logic="((1))" + " OR 1" * 199))), []),
    (flow(after(first="D"), decide("D", rule("R", "", ONE, logic="1" + " OR 1" * 200))), ["CONDITION_LOGIC_INVALID: The outcome R has no valid condition logic."]),
    # the start
    (flow(after(filters(("Title", "IsChanged", True)), first="Mark", event="Update"), MARK), []),
    (flow(after("<filterFormula>ISCHANGED({!$Record.Title})</filterFormula>", first="Mark", event="Update", changed=True), MARK), []),
    (flow(before(SET, first="Set", event="Create", changed=True), MARK.replace("Mark", "Set")), [NEVER]),
    (flow(start("", "", SET, first="Mark").replace("<triggerType></triggerType>", "").replace("<recordTriggerType></recordTriggerType>", ""), MARK),
        ["FLOW_TRIGGER_TYPE_MISSING: A start with an object needs a triggerType."]),
    # paths
    (flow(after(SET, TIMED, event="Create"), MARK), []),
    (flow(after(filters(("Due__c", "IsChanged", True)), ASYNC, event="Update"), MARK), []),
    (flow(after(ASYNC, event="Create"), MARK), []),
    (flow(after(SET, TIMED.replace(">0<", "><"), changed=True), MARK), ["FLOW_SCHEDULED_PATH_REQUIRED_FIELDS_MISSING: The scheduled path P lacks offsetNumber."]),
    (flow(after(SET, TIMED.replace("<offsetUnit>Minutes</offsetUnit>", ""), changed=True), MARK), ["FLOW_SCHEDULED_PATH_REQUIRED_FIELDS_MISSING: The scheduled path P lacks offsetUnit."]),
    (flow(after(SET, TIMED.replace("<recordField>Due__c</recordField>", ""), changed=True), MARK), ["FLOW_SCHEDULED_PATH_REQUIRED_FIELDS_MISSING: The scheduled path P lacks recordField."]),
    (flow(after(SET, TIMED.replace("<recordField>", "<maxBatchSize>few</maxBatchSize><recordField>"), changed=True), MARK), ["FLOW_SCHEDULED_PATH_INVALID_BATCH_SIZE: P has the batch size few."]),
    (flow(after(SET, TIMED.replace(">0<", ">-5<"), changed=True), MARK), []),
    # resources
    (flow(after(first="Mark"), MARK, variable("many", "String", many=True)), []),
    (flow(after(first="Mark"), MARK, variable("one", "String", value("x"))), []),
    (flow(after(first="Mark"), MARK, variable("count", "Number", "<scale>0</scale>")), []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EDGES)
def test_the_edges_of_flows(world: World, text: str, expected: list[str]) -> None:
    world.fields("Lead", Due__c="datetime", Done__c="checkbox")
    found = world.deploy("Edge", text)
    assert [problem.text if problem.kind == "Error" else f"Warning: {problem.text}" for problem in found] == expected

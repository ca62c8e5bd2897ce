"""What a deploy says about wrong flows: one mistake per row, the whole answer."""

# ruff: noqa: E501 (a table: one mistake per row)

from __future__ import annotations

import pytest
from automation_world import World
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
    path,
    rule,
    start,
    template,
    update_record,
    value,
    variable,
)

MARK = update_record("Mark", Title="x")
SET = filters(("Due__c", "IsNull", False))
ASYNC = "<scheduledPaths><connector><targetReference>Mark</targetReference></connector><pathType>AsyncAfterCommit</pathType></scheduledPaths>"
NOTE = {"customNotifTypeId": "x", "recipientIds": "@ids", "title": "t", "body": "b", "targetId": "@$Record.Id"}
IDS = variable("ids", many=True)

NEVER_CHECKED = "RULE_REQUIRE_RECORD_CHANGED_NEVER_CHECKED: doesRequireRecordChangedToMeetCriteria needs entry conditions and a flow that runs on update."


def field_missing(name: str, sobject: str = "Lead") -> str:
    return f'field integrity exception: unknown (The field "{name}" for the object "{sobject}" doesn\'t exist.)'


MISTAKES = [
    # names, labels, connectors
    (flow(after(first="Mark"), MARK, label=""), ["Required field is missing: label"]),
    (flow(after(first="9Mark"), update_record("9Mark", Title="x")), ["ELEMENT_NAME_INVALID: 9Mark isn't a valid API name."]),
    (flow(after(first="A__B"), update_record("A__B", Title="x")), ["ELEMENT_NAME_INVALID: A__B isn't a valid API name."]),
    (flow(after(first="Mark"), MARK, variable("mark")), [
        "DUPLICATE_DEVELOPER_NAME: The name Mark is used more than once.",
        "DUPLICATE_DEVELOPER_NAME: The name mark is used more than once."]),
    (flow(after(first="Mark"), MARK.replace("<label>Mark</label>", "")), ["ELEMENT_MISSING_LABEL: The element Mark has no label."]),
    (flow(after(first="Mark"), MARK.replace("<locationX>0</locationX>", "")), ["ELEMENT_COORDINATES_INVALID: The element Mark has no location."]),
    (flow(after(first="Nowhere"), ), ["ELEMENT_INVALID_CONNECTOR: The start references Nowhere, which doesn't exist."]),
    (flow(after(first="Mark"), update_record("Mark", go="Gone", Title="x")), ["ELEMENT_INVALID_CONNECTOR: Mark references Gone, which doesn't exist."]),
    (flow(after(first="Mark"), update_record("Mark", go="Mark", Title="x")), ["ELEMENT_CONNECTS_TO_SELF: The element Mark connects to itself."]),
    (flow(after(first="Mark"), MARK, update_record("Island", Title="x")), ['Warning: The element "Island" isn\'t connected']),
    (flow(after()), ["Warning: NO_ELEMENTS_IN_RUN_IMMEDIATELY_PATH: The flow has nothing to run."]),
    (flow(after(first="Mark"), MARK, version="67.0"), ['The Bad apiVersion can\'t be "67"']),
    (flow(MARK), ["START_ELEMENT_MISSING: The flow has no start element.", 'Warning: The element "Mark" isn\'t connected',
        "REFERENCED_ELEMENT_NOT_FOUND: Mark updates $Record, which doesn't exist here."]),
    (flow(after(first="Mark"), MARK, "<waits><name>W</name></waits>"), ["The emulator does not model waits in flows."]),
    (flow(after(first="Mark"), MARK, order=2001), ["FLOW_TRIGGER_ORDER_OUT_OF_BOUNDS: 2001 isn't between 1 and 2000."]),
    # decisions and conditions
    (flow(after(first="D"), decide("D")), ["DECISION_MISSING_OUTCOME: The decision D has no outcome."]),
    (flow(after(first="D"), decide("D", rule("R", "", ("$Record.Title", "EqualTo", "x"))).replace("<defaultConnectorLabel>Otherwise</defaultConnectorLabel>", "")),
        ["DECISION_DEFAULT_CONNECTOR_MISSING_LABEL: The decision D has no default label."]),
    (flow(after(first="D"), decide("D", rule("R", ""))), ["RULE_MISSING_CONDITION: The outcome R has no condition."]),
    (flow(after(first="D"), decide("D", rule("R", "", ("Ghost", "EqualTo", "x")))),
        ["field integrity exception: unknown (A condition has a reference to Ghost, which doesn't exist.)"]),
    (flow(after(first="D"), decide("D", rule("R", "", ("$Record.Ghost__c", "EqualTo", "x")))), [field_missing("Ghost__c")]),
    (flow(after(first="D"), decide("D", rule("R", "", ("$Record.Title", "EqualTo", True)))),
        ["CONDITION_OPERAND_DATATYPES_INCOMPATIBLE: $Record.Title is Text and is compared with Boolean."]),
    (flow(after(first="D"), decide("D", rule("R", "", ("$Record.Title", "EqualTo", "x"), logic="1 AND 2"))),
        ["CONDITION_LOGIC_INVALID: '1 AND 2' names condition 2, and there are 1."]),
    (flow(after(first="D"), decide("D", rule("R", "", ("$Record.Title", "WasVisited", "x")))), ["The emulator does not model the operator WasVisited."]),
    # values and resources
    (flow(after(first="A"), assign("A", ("ids", "x")).replace("<stringValue>x</stringValue>", "<stringValue>x</stringValue><numberValue>1</numberValue>"), variable("ids")),
        ["ELEMENT_MORE_THAN_ONE_FIELD: A value of A has more than one field."]),
    (flow(after(first="A"), assign("A", ("Ghost", "x"))), ["ASSIGNMENTITEM_NONEXISTENT_REFERENCE: Ghost doesn't exist."]),
    (flow(after(first="A"), assign("A", ("fixed", "x")), constant("fixed", "String", "y")), ["ASSIGNMENTITEM_MODIFIES_NONVARIABLE: fixed isn't a variable."]),
    (flow(after(first="A"), assign("A", ("$Record__Prior.Title", "x"))), ["FLOW_RECORD_PRIOR_READ_ONLY: $Record__Prior can't be changed."]),
    (flow(after(first="A"), assign("A", ("$Record.Done__c", "x"))), ["ASSIGNMENTITEM_INCOMPATIBLE_DATATYPES: $Record.Done__c is Boolean and can't hold Text."]),
    (flow(after(first="A"), assign("A", ("ids", "@Ghost")), variable("ids")), ["REFERENCED_ELEMENT_NOT_FOUND: ids references Ghost, which doesn't exist."]),
    (flow(after(first="Mark"), MARK, variable("list", "String", value("x"), many=True)),
        ['The value field isn\'t supported when isCollection is set to true and dataType is "Text"']),
    (flow(after(first="Mark"), MARK, variable("count", "Number")), ["VARIABLE_SCALE_NULL: The variable count of type Number needs a scale."]),
    (flow(after(first="Mark"), MARK, formula("f", "Number", "{!$Record.Ghost__c} + 1")), ["The formula expression of f is invalid: " + field_missing("Ghost__c")]),
    (flow(after(first="Mark"), MARK, formula("f", "String", "1 + 1")),
        ["The formula expression of f is invalid: Error: Formula result is data type (Number), incompatible with expected data type (Text)."]),
    (flow(after(first="Mark"), MARK, formula("f", "Number", "{!f} + 1")), ["The formula expression of f is invalid: The formula expression of f is invalid: Formula contains a circular reference: f"]),
    (flow(after(first="Mark"), MARK, template("t", "Hello {!Ghost}")), ["REFERENCED_ELEMENT_NOT_FOUND: A merge field references Ghost, which doesn't exist."]),
    (flow(after(first="Mark"), MARK, constant("fixed", "String", "Hello {!Ghost}")), ["REFERENCED_ELEMENT_NOT_FOUND: A merge field references Ghost, which doesn't exist."]),
    (flow(after(first="Mark"), update_record("Mark", Title="Hello {!Ghost}")), ["REFERENCED_ELEMENT_NOT_FOUND: A merge field references Ghost, which doesn't exist."]),
    (flow(after(first="A"), assign("A", ("ids", "{!Ghost}")), variable("ids")), ["REFERENCED_ELEMENT_NOT_FOUND: A merge field references Ghost, which doesn't exist."]),
    (flow(after(first="G"), get("G", "User", ("Username", "EqualTo", "{!Ghost}"))), ["REFERENCED_ELEMENT_NOT_FOUND: A merge field references Ghost, which doesn't exist."]),
    (flow(after(first="D"), decide("D", rule("R", "", ("$Record.Title", "EqualTo", "{!Ghost}")))), ["REFERENCED_ELEMENT_NOT_FOUND: A merge field references Ghost, which doesn't exist."]),
    (flow(after(first="Mark"), update_record("Mark", Title="@$Label.X")), ["The emulator does not model $Label in flows."]),
    # records
    (flow(after(first="Mark"), update_record("Mark")), ["TRIGGERING_RECORD_UPDATE_REQUIRES_INPUTASSIGNMENTS: Mark has no assignments."]),
    (flow(after(first="Mark"), update_record("Mark", Ghost__c="x")), [field_missing("Ghost__c")]),
    (flow(after(first="U"), node("recordUpdates", "U", "<object>Lead</object>")), ["RECORDUPDATE_MISSING_FILTERS: U needs filters."]),
    (flow(after(first="G"), get("G", "Ghost__c")), ["OBJECT_NOT_FOUND: G uses the object Ghost__c, which doesn't exist."]),
    (flow(after(first="G"), get("G", "User", ("Ghost__c", "EqualTo", "x"))), [field_missing("Ghost__c", "User")]),
    (flow(after(first="G"), get("G", "User", ("Username", "IsChanged", True))), ["RECORDFILTER_INVALID_OPERATOR: IsChanged cannot filter User.Username (G)."]),
    (flow(after(first="G"), get("G", "User", ("IsActive", "EqualTo", "yes"))), ["RECORDFILTER_INVALID_DATATYPE: the filter on User.IsActive (G)."]),
    (flow(after(first="G"), get("G", "User", ("IsActive", "EqualTo", True)).replace("<object>", "<outputReference>ids</outputReference><object>"), IDS),
        ["G has both storeOutputAutomatically and outputReference."]),
    (flow(after(first="Mark"), update_record("Mark", Due__c="soon")), ["FIELDASSIGNMENT_INVALID_DATATYPE: Due__c of Mark takes one value of its type."]),
    # actions
    (flow(after(first="N"), action("N", "customNotificationAction", **(NOTE | {"colour": "red"})), IDS), ["ACTIONCALL_INVALID_INPUT_PARAM_NAME: N has no input parameter colour."]),
    (flow(after(first="N"), action("N", "customNotificationAction", **{k: v for k, v in NOTE.items() if k != "title"}), IDS),
        ["ACTIONCALL_MISSING_REQUIRED_PARAM: N lacks the input parameter title."]),
    (flow(after(first="N"), action("N", "emailSimple", recipientAddresses="a@b.co", emailSubject="s", emailBody="b"), version="64.0"),
        ["ACTIONCALL_INVALID_INPUT_PARAM_NAME: N has no input parameter recipientAddresses."]),
    (flow(after(first="N"), action("N", "emailSimple", emailAddresses="a@b.co", emailSubject="s", emailBody="b"), version="65.0"),
        ["ACTIONCALL_INVALID_INPUT_PARAM_NAME: N has no input parameter emailAddresses."]),
    (flow(after(first="N"), action("N", "emailSimple", emailSubject="s", emailBody="b"), version="64.0"),
        ["ACTIONCALL_MISSING_REQUIRED_PARAM: N lacks the input parameter emailAddresses."]),
    (flow(after(first="N"), action("N", "emailSimple", emailSubject="s", emailBody="b"), version="65.0"),
        ["ACTIONCALL_MISSING_REQUIRED_PARAM: N lacks the input parameter recipientAddresses."]),
    (flow(after(first="N"), action("N", "quickAction", contextId="x")), ["The emulator does not model the action type quickAction (quickAction)."]),
    (flow(after(first="S"), node("subflows", "S", "<flowName>Nobody</flowName>")), ["SUBFLOW_NO_ACTIVE_VERSION: The flow Nobody of S has no active version."]),
    # before-save
    (flow(before(first="N"), action("N", "emailSimple", recipientAddresses="a@b.co", emailSubject="s", emailBody="b")),
        ["ACTIONCALL_NOT_SUPPORTED_FOR_TRIGGERTYPE: N can't be used in a before-save flow."]),
    (flow(before(first="U"), update_record("U", fault="V", Title="x"), update_record("V", Title="y")), ["BEFORE_SAVE_FLOW_RECORD_UPDATE_CANNOT_HAVE_FAULT_CONNECTOR: U"]),
    (flow(before(first="C"), node("recordCreates", "C", "<object>Task</object>")), ["TRIGGER_TYPE_ELEMENT_NOT_SUPPORTED: C can't be used in a before-save flow."]),
    (flow(before(SET, path("P", "Due__c", "Mark"), first="Mark", changed=True), MARK),
        ["FLOW_SCHEDULED_PATH_INCOMPATIBLE_WITH_FLOW_TRIGGER_TYPE: Scheduled paths need an after-save flow."]),
    # entry conditions
    (flow(after(filters(("Ghost__c", "IsNull", True)), first="Mark"), MARK), [field_missing("Ghost__c")]),
    (flow(after(SET, "<filterFormula>TRUE</filterFormula>", first="Mark"), MARK), ["ENTRY_CONDITION_CONFLICTING_FILTERS: The start has both filters and filterFormula."]),
    (flow(after("<filterFormula>{!$Record.Ghost__c}</filterFormula>", first="Mark"), MARK), ["The entry condition formula is invalid: " + field_missing("Ghost__c")]),
    (flow(start("RecordAfterSave", "Delete", first="Mark"), MARK), ["FLOW_TRIGGER_TYPE_INCOMPATIBLE_WITH_RECORD_TRIGGER_TYPE: Delete with RecordAfterSave."]),
    (flow(start("RecordAfterSave", "Create", first="Mark", sobject="Ghost__c"), MARK),
        ["OBJECT_NOT_FOUND: The start uses the object Ghost__c, which doesn't exist.", "REFERENCED_ELEMENT_NOT_FOUND: Mark updates $Record, which doesn't exist here."]),
    (flow(after(SET, first="Mark", event="Create", changed=True), MARK), [NEVER_CHECKED]),
    (flow(after(first="Mark", event="Update", changed=True), MARK), [NEVER_CHECKED]),
    (flow(after(filters(("Due__c", "IsChanged", True)), first="Mark", event="Create"), MARK), ["IsChanged can't be used in a flow that runs on create only."]),
    # scheduled paths
    (flow(after(SET, path("P", "Due__c", "Mark")), MARK),
        ["FLOW_SCHEDULED_PATH_REQUIRES_RECORD_CHANGED_TO_MEET_CRITERIA: Scheduled paths of a flow that runs on update need doesRequireRecordChangedToMeetCriteria and entry conditions."]),
    (flow(after(filters(("Due__c", "IsChanged", True)), path("P", "Due__c", "Mark"), changed=True), MARK), ["FLOW_SCHEDULED_PATH_CANNOT_USE_IS_CHANGED: The entry conditions use IsChanged."]),
    (flow(after(SET, path("P", "Due__c", "Mark"), changed=True), update_record("Mark", Title="@$Record__Prior.Title")),
        ["FLOW_SCHEDULED_PATH_INCOMPATIBLE_WITH_RECORD_PRIOR: The flow uses $Record__Prior."]),
    (flow(after(SET, path("P", "Due__c", "Mark").replace("<label>P</label>", ""), changed=True), MARK), ["FLOW_SCHEDULED_PATH_REQUIRED_FIELDS_MISSING: The scheduled path P lacks label."]),
    (flow(after(SET, path("P", "Title", "Mark"), changed=True), MARK), ["FLOW_SCHEDULED_PATH_INCOMPATIBLE_TIME_SOURCE: P uses Lead.Title, which is no Date or DateTime."]),
    (flow(after(SET, path("P", "Ghost__c", "Mark"), changed=True), MARK), [field_missing("Ghost__c")]),
    (flow(after(SET, path("P", "Due__c", "Mark").replace("<recordField>", "<maxBatchSize>201</maxBatchSize><recordField>"), changed=True), MARK),
        ["FLOW_SCHEDULED_PATH_INVALID_BATCH_SIZE: P has the batch size 201."]),
    (flow(after(SET, path("P", "Due__c", "Mark").replace("<recordField>", "<maxBatchSize>0</maxBatchSize><recordField>"), changed=True), MARK),
        ["FLOW_SCHEDULED_PATH_INVALID_BATCH_SIZE: P has the batch size 0."]),
    *((flow(after(SET, path("P", "Due__c", "Mark").replace("<recordField>", f"<maxBatchSize>{size}</maxBatchSize><recordField>"), changed=True), MARK), [])
      for size in (1, 200)),
    (flow(after(SET, path("P", "Due__c", "Mark").replace(">0<", ">0.5<"), changed=True), MARK), ["FLOW_SCHEDULED_PATH_INVALID_OFFSET: P has the offset 0.5."]),
    (flow(after(SET, ASYNC), MARK),
        ["FLOW_SCHEDULED_PATH_ASYNCAFTERCOMMIT_REQUIRES_RECORD_CHANGED_OR_ISCHANGED: The asynchronous path needs doesRequireRecordChangedToMeetCriteria."]),
    (flow(after(SET, ASYNC, ASYNC, changed=True), MARK), ["FLOW_SCHEDULED_PATH_ALLOWED_ONE_ASYNCAFTERCOMMIT_PATH: The flow has more than one."]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_is_named(world: World, text: str, expected: list[str]) -> None:
    world.fields("Lead", Due__c="datetime", Done__c="checkbox")
    found = world.deploy("Bad", text)
    assert [problem.text if problem.kind == "Error" else f"Warning: {problem.text}" for problem in found] == expected


def test_scheduled_paths_need_the_default_workflow_user(world: World) -> None:
    world.fields("Lead", Due__c="datetime")
    world.org.settings.default_workflow_user = None
    found = world.deploy("Timers", flow(after(SET, path("P", "Due__c", "Mark"), changed=True), MARK))
    text = "Set the default workflow user in Process Automation Settings."
    assert [problem.text for problem in found] == [f"FLOW_SCHEDULED_PATH_REQUIRES_DEFAULT_WORKFLOW_USER: {text}"]


def test_a_formula_field_is_no_time_source(world: World) -> None:
    from automation_world import formula_field

    world.fields("Lead", Due__c="datetime", Warn__c=formula_field("Warn__c", "datetime", "Due__c - 5 / 1440"))
    found = world.deploy("Timers", flow(after(SET, path("P", "Warn__c", "Mark"), changed=True), MARK))
    text = "FLOW_TRIGGER_DERIVED_FIELD_NOT_SUPPORTED: P uses the formula field Lead.Warn__c."
    assert [problem.text for problem in found] == [text]


def test_subflow_variables(world: World) -> None:
    child = flow("<start><locationX>0</locationX><locationY>0</locationY></start>", variable("secret"))
    world.active("Child", child)
    inputs = "".join(
        f"<inputAssignments><name>{name}</name>{value('x')}</inputAssignments>" for name in ("ghost", "secret")
    )
    parent = flow(after(first="S"), node("subflows", "S", "<flowName>Child</flowName>", inputs))
    assert [problem.text for problem in world.deploy("Parent", parent)] == [
        "SUBFLOW_INPUT_VARIABLE_NOT_FOUND_IN_REFERENCEDFLOW: Child has no variable ghost.",
        "SUBFLOW_INPUT_VARIABLE_NO_INPUT_ACCESS: secret of Child isn't an input.",
    ]

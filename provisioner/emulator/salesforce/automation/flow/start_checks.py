"""Checks of the start element: trigger, entry conditions, scheduled paths ([wsdl] and [docs] reference 4.1, 4.8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.emulator.salesforce.automation.flow.definition import (
    Assignment,
    Call,
    Decision,
    Flow,
    Loop,
    Node,
    Path,
    RecordNode,
    Start,
)
from provisioner.emulator.salesforce.automation.flow.names import Names, no_field
from provisioner.emulator.salesforce.state.schema import SObjectDef

Found = Iterator[tuple[str, str]]
_RECORD_TRIGGERS = ("RecordBeforeSave", "RecordAfterSave", "RecordBeforeDelete")
_EVENTS = {
    "RecordBeforeSave": ("Create", "Update", "CreateAndUpdate"),
    "RecordAfterSave": ("Create", "Update", "CreateAndUpdate"),
    "RecordBeforeDelete": ("Delete",),
}
_UNITS = ("Minutes", "Hours", "Days", "Weeks", "Months")
MAX_BATCH = 200
MAX_ORDER = 2000
_PRIOR = "$Record__Prior"


def _mentions(text: str, name: str) -> bool:
    return name in text


def node_texts(node: Node) -> Iterator[str]:
    """Every reference and text of a node."""
    if isinstance(node, Decision):
        for rule in node.rules:
            for condition in rule.conditions:
                yield condition.left
                yield condition.right.text
    elif isinstance(node, Assignment):
        for item in node.items:
            yield item.target
            yield item.value.text
    elif isinstance(node, RecordNode):
        yield node.input_reference
        yield from (one.value.text for one in node.filters)
        yield from (one.value.text for one in node.inputs)
    elif isinstance(node, Call):
        yield from (one.value.text for one in node.inputs)


def uses_prior(node: Node) -> bool:
    return any(_mentions(text, _PRIOR) for text in node_texts(node))


def check_start(names: Names, flow: Flow, start: Start) -> Found:
    """Problems of the start as (text, kind)."""
    if start.scheduled or start.trigger == "Scheduled":
        yield "The emulator does not model schedule-triggered flows.", "Error"
        return
    if not start.trigger:
        if start.object or start.filters or start.paths:
            yield "FLOW_TRIGGER_TYPE_MISSING: A start with an object needs a triggerType.", "Error"
        return
    if start.trigger not in _RECORD_TRIGGERS:
        yield f"The emulator does not model the trigger {start.trigger}.", "Error"
        return
    if start.record_trigger not in _EVENTS[start.trigger]:
        text = f"{start.record_trigger or '(none)'} with {start.trigger}."
        yield f"FLOW_TRIGGER_TYPE_INCOMPATIBLE_WITH_RECORD_TRIGGER_TYPE: {text}", "Error"
    sobject = names.object(start.object)
    if sobject is None:
        yield f"OBJECT_NOT_FOUND: The start uses the object {start.object}, which doesn't exist.", "Error"
        return
    if flow.order is not None and not 1 <= flow.order <= MAX_ORDER:
        yield f"FLOW_TRIGGER_ORDER_OUT_OF_BOUNDS: {flow.order} isn't between 1 and {MAX_ORDER}.", "Error"
    yield from _entry(names, flow, start, sobject)
    yield from _paths(names, flow, start, sobject)


def _entry(names: Names, flow: Flow, start: Start, sobject: SObjectDef) -> Found:
    if start.filters and start.formula.strip():
        yield "ENTRY_CONDITION_CONFLICTING_FILTERS: The start has both filters and filterFormula.", "Error"
    for given in start.filters:
        if not sobject.has(given.field):
            yield no_field(given.field, sobject.name), "Error"
        if given.operator == "IsChanged" and start.record_trigger == "Create":
            yield "IsChanged can't be used in a flow that runs on create only.", "Error"
    has_conditions = bool(start.filters or start.formula.strip())
    if start.only_when_changed and (not has_conditions or start.record_trigger in ("Create", "Delete")):
        text = "needs entry conditions and a flow that runs on update."
        yield f"RULE_REQUIRE_RECORD_CHANGED_NEVER_CHECKED: doesRequireRecordChangedToMeetCriteria {text}", "Error"
    if start.trigger == "RecordAfterSave" and not start.connector and not start.paths:
        yield "NO_ELEMENTS_IN_RUN_IMMEDIATELY_PATH: The flow has nothing to run.", "Warning"


def _uses_is_changed(start: Start) -> bool:
    in_formula = re.search(r"\bISCHANGED\s*\(", start.formula, re.IGNORECASE) is not None
    return in_formula or any(given.operator == "IsChanged" for given in start.filters)


def _paths(names: Names, flow: Flow, start: Start, sobject: SObjectDef) -> Found:
    if not start.paths:
        return
    if start.trigger != "RecordAfterSave":
        yield (
            "FLOW_SCHEDULED_PATH_INCOMPATIBLE_WITH_FLOW_TRIGGER_TYPE: Scheduled paths need an after-save flow.",
            "Error",
        )
        return
    timed = [path for path in start.paths if path.type != "AsyncAfterCommit"]
    asynchronous = [path for path in start.paths if path.type == "AsyncAfterCommit"]
    if len(asynchronous) > 1:
        yield "FLOW_SCHEDULED_PATH_ALLOWED_ONE_ASYNCAFTERCOMMIT_PATH: The flow has more than one.", "Error"
    updates = start.record_trigger in ("Update", "CreateAndUpdate")
    if asynchronous and updates and not (start.only_when_changed or _uses_is_changed(start)):
        yield (
            "FLOW_SCHEDULED_PATH_ASYNCAFTERCOMMIT_REQUIRES_RECORD_CHANGED_OR_ISCHANGED: The asynchronous path needs "
            "doesRequireRecordChangedToMeetCriteria.",
            "Error",
        )
    if timed:
        yield from _timed_rules(names, flow, start, updates)
    for path in timed:
        yield from _path(path, sobject)


def _on_timed_paths(flow: Flow, start: Start) -> list[Node]:
    """Every element that a timed path can come to."""
    nodes = {node.name.lower(): node for node in flow.nodes}
    waiting = [path.connector for path in start.paths if path.type != "AsyncAfterCommit"]
    found: dict[str, Node] = {}
    while waiting:
        node = nodes.get(waiting.pop().lower())
        if node is None or node.name in found:
            continue
        found[node.name] = node
        waiting += [node.connector, node.fault]
        if isinstance(node, Decision):
            waiting += [rule.connector for rule in node.rules]
        if isinstance(node, Loop):
            waiting.append(node.done)
    return list(found.values())


def _timed_rules(names: Names, flow: Flow, start: Start, updates: bool) -> Found:
    if updates and not start.only_when_changed:
        yield (
            "FLOW_SCHEDULED_PATH_REQUIRES_RECORD_CHANGED_TO_MEET_CRITERIA: Scheduled paths of a flow that runs on "
            "update need doesRequireRecordChangedToMeetCriteria and entry conditions.",
            "Error",
        )
    if _uses_is_changed(start):
        yield "FLOW_SCHEDULED_PATH_CANNOT_USE_IS_CHANGED: The entry conditions use IsChanged.", "Error"
    texts = [text for node in _on_timed_paths(flow, start) for text in node_texts(node)]
    used = " ".join(texts)
    texts += [start.formula, *(item.text for item in flow.resources if _mentions(used, item.name))]
    if any(_mentions(text, _PRIOR) for text in texts):
        yield "FLOW_SCHEDULED_PATH_INCOMPATIBLE_WITH_RECORD_PRIOR: The flow uses $Record__Prior.", "Error"
    for node in flow.nodes:
        if isinstance(node, Decision) and any(rule.only_when_changed for rule in node.rules):
            text = f"The decision {node.name} requires a changed record."
            yield f"FLOW_SCHEDULED_PATH_INCOMPATIBLE_WHEN_DECISION_REQUIRES_RECORD_CHANGED: {text}", "Error"
    if not names.org.settings.default_workflow_user:
        yield (
            "FLOW_SCHEDULED_PATH_REQUIRES_DEFAULT_WORKFLOW_USER: Set the default workflow user in Process Automation "
            "Settings.",
            "Error",
        )


def _path(path: Path, sobject: SObjectDef) -> Found:
    if path.type:
        yield f"The emulator does not model the path type {path.type}.", "Error"
        return
    needed = {
        "name": path.name,
        "label": path.label,
        "offsetNumber": path.offset,
        "offsetUnit": path.unit,
        "timeSource": path.source,
    }
    if path.source == "RecordField":
        needed["recordField"] = path.field
    missing = [name for name, value in needed.items() if not value]
    if missing:
        text = f"The scheduled path {path.name or '(unnamed)'} lacks {', '.join(missing)}."
        yield f"FLOW_SCHEDULED_PATH_REQUIRED_FIELDS_MISSING: {text}", "Error"
    if path.offset and not re.fullmatch(r"-?\d+", path.offset):
        yield f"FLOW_SCHEDULED_PATH_INVALID_OFFSET: {path.name} has the offset {path.offset}.", "Error"
    if path.unit and path.unit not in _UNITS:
        yield f"'{path.unit}' is not a valid value for the enum 'FlowScheduledPathOffsetUnit'", "Error"
    if path.batch and not (path.batch.isdigit() and 1 <= int(path.batch) <= MAX_BATCH):
        yield f"FLOW_SCHEDULED_PATH_INVALID_BATCH_SIZE: {path.name} has the batch size {path.batch}.", "Error"
    if not path.connector:
        yield f"NO_ELEMENTS_IN_SCHEDULED_PATH: {path.name} leads nowhere.", "Warning"
    if path.source == "RecordField" and path.field:
        yield from _time_source(path, sobject)


def _time_source(path: Path, sobject: SObjectDef) -> Found:
    item = sobject.get(path.field)
    if item is None:
        yield no_field(path.field, sobject.name), "Error"
    elif item.formula is not None:
        text = f"{path.name} uses the formula field {sobject.name}.{item.name}."
        yield f"FLOW_TRIGGER_DERIVED_FIELD_NOT_SUPPORTED: {text}", "Error"
    elif item.type not in ("date", "datetime"):
        text = f"{path.name} uses {sobject.name}.{item.name}, which is no Date or DateTime."
        yield f"FLOW_SCHEDULED_PATH_INCOMPATIBLE_TIME_SOURCE: {text}", "Error"

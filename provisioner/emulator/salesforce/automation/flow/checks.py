"""What a deploy says about a flow: structure first, then everything that compiling it brings to light.

Texts: reference section 10 where it has them, else the name of the server's own check (the WSDL's
ExtendedErrorCode, reference 4.8) and a short sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from provisioner.emulator.salesforce.automation.flow.actions import input_problems
from provisioner.emulator.salesforce.automation.flow.definition import (
    Call,
    Decision,
    Flow,
    Loop,
    Node,
    RecordNode,
    Resource,
    Value,
)
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.names import DATA_KINDS, NameProblem, Names, no_field
from provisioner.emulator.salesforce.automation.flow.program import compile_entry
from provisioner.emulator.salesforce.automation.flow.start_checks import check_start, uses_prior
from provisioner.emulator.salesforce.automation.flow.steps import compile_node
from provisioner.emulator.salesforce.automation.flow.surroundings import Surroundings
from provisioner.emulator.salesforce.automation.formula import FormulaError

MAX_API_VERSION = 66.0
MAX_NAME, MAX_LABEL, MAX_LOGIC, MAX_FORMULA = 80, 255, 1000, 3900
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SHOWN = {"String": "Text"}
_BEFORE_SAVE = ("assignments", "decisions", "recordLookups", "loops", "recordUpdates")


@dataclass(frozen=True, slots=True)
class Problem:
    """`kind`: Error or Warning."""

    text: str
    kind: str = "Error"


def check(automation: Surroundings, flow: Flow) -> list[Problem]:
    """Every problem of a flow, each once, in the order of the checks."""
    names = Names(automation, flow)
    found: list[Problem] = []
    for part in (_basics, _names, _nodes, _connectors, _resources):
        found.extend(part(flow))
    if flow.start is not None:
        found.extend(Problem(text, kind) for text, kind in check_start(names, flow, flow.start))
    found.extend(_subflows(automation, flow))
    found.extend(_compiled(names, flow))
    return list(dict.fromkeys(found))


def _basics(flow: Flow) -> Iterator[Problem]:
    if not _good_name(flow.api_name):
        yield Problem(f"ELEMENT_NAME_INVALID: {flow.api_name} isn't a valid API name.")
    if not flow.label:
        yield Problem("Required field is missing: label")
    elif len(flow.label) > MAX_LABEL:
        yield Problem(f"The label of the flow can have up to {MAX_LABEL} characters.")
    if flow.api_version > MAX_API_VERSION:
        shown = f"{flow.api_version:g}"
        yield Problem(f'The {flow.api_name} apiVersion can\'t be "{shown}"')
    if flow.process_type != "AutoLaunchedFlow":
        yield Problem(f"The emulator does not model flows of type {flow.process_type or '(none)'}.")
    for tag in flow.unmodelled:
        yield Problem(f"The emulator does not model {tag} in flows.")
    if flow.start is None and not flow.start_reference:
        yield Problem("START_ELEMENT_MISSING: The flow has no start element.")
    if flow.start is not None and flow.start_reference:
        yield Problem("BOTH_START_NODE_AND_REFERENCE_FOUND: The flow has both start and startElementReference.")


def _good_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and "__" not in name and not name.endswith("_") and len(name) <= MAX_NAME


def _named(flow: Flow) -> Iterator[tuple[str, str]]:
    for node in flow.nodes:
        yield node.name, node.tag
        if isinstance(node, Decision):
            for rule in node.rules:
                yield rule.name, "rules"
    for path in flow.start.paths if flow.start else ():
        if path.type != "AsyncAfterCommit" or path.name:
            yield path.name, "scheduledPaths"
    for item in flow.resources:
        yield item.name, item.tag


def _names(flow: Flow) -> Iterator[Problem]:
    counted = Counter(name.lower() for name, _ in _named(flow))
    for name, tag in _named(flow):
        if not name and tag != "scheduledPaths":
            yield Problem(f"ELEMENT_NAME_INVALID: An element in {tag} has no name.")
        elif name and not _good_name(name):
            yield Problem(f"ELEMENT_NAME_INVALID: {name} isn't a valid API name.")
        elif name and counted[name.lower()] > 1:
            yield Problem(f"DUPLICATE_DEVELOPER_NAME: The name {name} is used more than once.")


def _nodes(flow: Flow) -> Iterator[Problem]:
    for node in flow.nodes:
        if not node.label:
            yield Problem(f"ELEMENT_MISSING_LABEL: The element {node.name} has no label.")
        elif len(node.label) > MAX_LABEL:
            yield Problem(f"The label of {node.name} can have up to {MAX_LABEL} characters.")
        if not all(re.fullmatch(r"-?\d+", part) for part in node.location):
            yield Problem(f"ELEMENT_COORDINATES_INVALID: The element {node.name} has no location.")
        for value in _values(node):
            if value.count > 1:
                yield Problem(f"ELEMENT_MORE_THAN_ONE_FIELD: A value of {node.name} has more than one field.")
        if isinstance(node, Decision):
            yield from _decision(node)
        if isinstance(node, RecordNode):
            yield from _record_node(flow, node)
        if isinstance(node, Call) and node.tag == "actionCalls":
            yield from _action(flow, node)


def _values(node: Node) -> Iterator[Value]:
    if isinstance(node, Decision):
        yield from (condition.right for rule in node.rules for condition in rule.conditions)
    elif isinstance(node, RecordNode):
        yield from (one.value for one in node.filters)
        yield from (one.value for one in node.inputs)
    elif isinstance(node, Call):
        yield from (one.value for one in node.inputs)
    elif node.tag == "assignments":
        yield from (one.value for one in getattr(node, "items", ()))


def _decision(node: Decision) -> Iterator[Problem]:
    if not node.rules:
        yield Problem(f"DECISION_MISSING_OUTCOME: The decision {node.name} has no outcome.")
    if not node.default_label:
        yield Problem(f"DECISION_DEFAULT_CONNECTOR_MISSING_LABEL: The decision {node.name} has no default label.")
    for rule in node.rules:
        if not rule.label:
            yield Problem(f"ELEMENT_MISSING_LABEL: The outcome {rule.name} has no label.")
        if not rule.conditions:
            yield Problem(f"RULE_MISSING_CONDITION: The outcome {rule.name} has no condition.")
        if not rule.logic or len(rule.logic) > MAX_LOGIC:
            yield Problem(f"CONDITION_LOGIC_INVALID: The outcome {rule.name} has no valid condition logic.")
        for condition in rule.conditions:
            if not condition.right.kind:
                yield Problem(f"CONDITION_RIGHTOPERAND_NULL: A condition of {rule.name} has no value.")


def _record_node(flow: Flow, node: RecordNode) -> Iterator[Problem]:
    before = flow.start is not None and flow.start.trigger == "RecordBeforeSave"
    for tag in node.unmodelled:
        yield Problem(f"The emulator does not model {tag} in {node.name}.")
    if node.tag == "recordUpdates":
        if node.input_reference == "$Record":
            if not node.inputs:
                yield Problem(f"TRIGGERING_RECORD_UPDATE_REQUIRES_INPUTASSIGNMENTS: {node.name} has no assignments.")
            if node.object or node.filters:
                yield Problem(f"SPECIFIC_FIELD_VALUE_MAKES_OTHER_FIELD_UNSUPPORTED: {node.name} has an object.")
            if before and node.fault:
                yield Problem(f"BEFORE_SAVE_FLOW_RECORD_UPDATE_CANNOT_HAVE_FAULT_CONNECTOR: {node.name}")
        elif before:
            yield Problem(f"BEFORE_SAVE_FLOW_RECORD_UPDATE_INVALID_REFERENCE: {node.name} can only update $Record.")
        elif not node.input_reference and not node.filters:
            yield Problem(f"RECORDUPDATE_MISSING_FILTERS: {node.name} needs filters.")
    if node.tag == "recordLookups" and node.automatic and node.output_reference:
        yield Problem(f"{node.name} has both storeOutputAutomatically and outputReference.")
    for name, count in Counter(one.name.lower() for one in node.inputs).items():
        if count > 1:
            yield Problem(f"FIELDASSIGNMENT_MULTIPLE_REFERENCES_SAME_FIELD: {node.name} assigns {name} more than once.")


def _action(flow: Flow, node: Call) -> Iterator[Problem]:
    try:
        for text in input_problems(node, flow.api_version):
            yield Problem(text)
    except NameProblem as problem:
        yield Problem(str(problem))
    if flow.start is not None and flow.start.trigger == "RecordBeforeSave":
        yield Problem(f"ACTIONCALL_NOT_SUPPORTED_FOR_TRIGGERTYPE: {node.name} can't be used in a before-save flow.")
    if node.model not in ("CurrentTransaction", "NewTransaction", "Automatic", ""):
        yield Problem(f"'{node.model}' is not a valid value for the enum 'FlowTransactionModel'")


# -- connectors -----------------------------------------------------------------------------
def targets(node: Node) -> list[str]:
    """Where a node can lead."""
    found = [node.connector, node.fault]
    if isinstance(node, Decision):
        found += [rule.connector for rule in node.rules]
    if isinstance(node, Loop):
        found.append(node.done)
    return [name for name in found if name]


def starts(flow: Flow) -> list[str]:
    """Where a flow can begin."""
    found = [flow.start_reference]
    if flow.start is not None:
        found += [flow.start.connector, *(path.connector for path in flow.start.paths)]
    return [name for name in found if name]


def _connectors(flow: Flow) -> Iterator[Problem]:
    nodes = {node.name: node for node in flow.nodes}
    for node in flow.nodes:
        for name in targets(node):
            if name not in nodes:
                yield Problem(f"ELEMENT_INVALID_CONNECTOR: {node.name} references {name}, which doesn't exist.")
            elif name == node.name:
                yield Problem(f"ELEMENT_CONNECTS_TO_SELF: The element {node.name} connects to itself.")
    for name in starts(flow):
        if name not in nodes:
            yield Problem(f"ELEMENT_INVALID_CONNECTOR: The start references {name}, which doesn't exist.")
    reached: set[str] = set()
    waiting = [name for name in starts(flow) if name in nodes]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [target for target in targets(nodes[name]) if target in nodes]
    for node in flow.nodes:
        if node.name not in reached:
            yield Problem(f'The element "{node.name}" isn\'t connected', "Warning")


# -- resources ------------------------------------------------------------------------------
def _resources(flow: Flow) -> Iterator[Problem]:
    for item in flow.resources:
        shown = _SHOWN.get(item.type, item.type)
        if item.type not in DATA_KINDS:
            yield Problem(f"The emulator does not model the data type {item.type} of {item.name}.")
        if item.value.count > 1:
            yield Problem(f"ELEMENT_MORE_THAN_ONE_FIELD: The value of {item.name} has more than one field.")
        if item.tag == "variables":
            yield from _variable(item, shown)
        if item.tag == "constants" and item.value.kind in ("", "elementReference"):
            yield Problem(f"The constant {item.name} needs a literal value.")
        if item.tag == "formulas" and len(item.text) > MAX_FORMULA:
            yield Problem(f"The formula expression of {item.name} can have up to {MAX_FORMULA:,} characters.")


def _variable(item: Resource, shown: str) -> Iterator[Problem]:
    if item.collection and item.value.kind:
        yield Problem(f'The value field isn\'t supported when isCollection is set to true and dataType is "{shown}"')
    if item.type in ("Number", "Currency") and not item.scale:
        yield Problem(f"VARIABLE_SCALE_NULL: The variable {item.name} of type {item.type} needs a scale.")
    if item.type == "SObject" and not item.object:
        yield Problem(f"VARIABLE_FIELD_REQUIRED_FOR_DATATYPE: The variable {item.name} needs an objectType.")


# -- subflows -------------------------------------------------------------------------------
def _subflows(automation: Surroundings, flow: Flow) -> Iterator[Problem]:
    for node in flow.nodes:
        if not isinstance(node, Call) or node.tag != "subflows":
            continue
        if node.action.lower() == flow.api_name.lower():
            yield Problem(f"SUBFLOW_REFERENCES_MASTERFLOW: {node.name} calls its own flow.")
            continue
        child = automation.active_flow(node.action)
        if child is None:
            yield Problem(f"SUBFLOW_NO_ACTIVE_VERSION: The flow {node.action} of {node.name} has no active version.")
            continue
        if child.start is not None and child.start.trigger:
            yield Problem(f"TRIGGER_TYPE_NOT_ALLOWED_FOR_SUBFLOW: {node.action} has a trigger.")
        variables = {item.name: item for item in child.resources if item.tag == "variables"}
        for given in node.inputs:
            item = variables.get(given.name)
            if item is None:
                yield Problem(
                    f"SUBFLOW_INPUT_VARIABLE_NOT_FOUND_IN_REFERENCEDFLOW: {node.action} has no variable {given.name}."
                )
            elif not item.is_input:
                yield Problem(f"SUBFLOW_INPUT_VARIABLE_NO_INPUT_ACCESS: {given.name} of {node.action} isn't an input.")
        for output in node.outputs:
            item = variables.get(output.name)
            if item is None or not item.is_output:
                yield Problem(f"SUBFLOW_OUTPUT_VARIABLE_NOT_FOUND_IN_REFERENCEDFLOW: {output.name} of {node.action}.")


# -- compiling ------------------------------------------------------------------------------
def _compiled(names: Names, flow: Flow) -> Iterator[Problem]:
    for item in flow.resources:
        yield from _attempt(lambda item=item: _compile_resource(names, item))  # type: ignore[misc]
    yield from _attempt(lambda: compile_entry(names))
    for node in flow.nodes:
        yield from _attempt(lambda node=node: _compile_node(names, flow, node))  # type: ignore[misc]


def _attempt(work: Callable[[], object]) -> Iterator[Problem]:
    try:
        work()
    except (NameProblem, FlowFault) as problem:
        yield Problem(str(problem))


def _compile_resource(names: Names, item: Resource) -> None:
    if item.tag == "formulas":
        try:
            names.formula(item)
        except FormulaError as problem:
            raise NameProblem(f"The formula expression of {item.name} is invalid: {problem}") from problem
    elif item.tag == "textTemplates":
        names.template(item.text)
    elif item.value.kind and names.value(item.value) is None:
        raise NameProblem(
            f"REFERENCED_ELEMENT_NOT_FOUND: {item.name} references {item.value.text}, which doesn't exist."
        )


def _compile_node(names: Names, flow: Flow, node: Node) -> None:
    start = flow.start
    before = start is not None and start.trigger == "RecordBeforeSave"
    if before and node.tag not in (*_BEFORE_SAVE, "actionCalls"):
        raise NameProblem(f"TRIGGER_TYPE_ELEMENT_NOT_SUPPORTED: {node.name} can't be used in a before-save flow.")
    if start is not None and start.record_trigger == "Create" and uses_prior(node):
        raise NameProblem(f"FLOW_RECORD_PRIOR_INVALID_IN_RECORD_CREATE: {node.name} uses $Record__Prior.")
    compile_node(names, node)


__all__ = ["Problem", "check", "no_field", "starts", "targets"]

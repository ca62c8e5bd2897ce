"""Elements compiled to steps: a step does its work in an interview and names the next element ("" ends)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provisioner.emulator.salesforce.automation.flow.actions import compile_action
from provisioner.emulator.salesforce.automation.flow.conditions import Test, compile_condition, like_kinds
from provisioner.emulator.salesforce.automation.flow.definition import (
    Assignment,
    Call,
    Decision,
    Item,
    Loop,
    Node,
    RecordNode,
    Rule,
)
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview, copied
from provisioner.emulator.salesforce.automation.flow.logic import LogicError, compile_logic, parse_logic
from provisioner.emulator.salesforce.automation.flow.names import NameProblem, Names, Ref
from provisioner.emulator.salesforce.automation.flow.records import RECORD_WORK
from provisioner.emulator.salesforce.automation.flow.targets import Write, no_reference, resolved, writer
from provisioner.emulator.salesforce.automation.formula import Kind
from provisioner.emulator.salesforce.automation.formula.kinds import ARITHMETIC

Step = Callable[[Interview], str]
Work = Callable[[Interview], None]
MAX_SUBFLOWS = 50


@dataclass(frozen=True, slots=True)
class Compiled:
    step: Step
    fault: str


def compile_node(names: Names, node: Node) -> Compiled:
    """The step of a node. NameProblem when it cannot run."""
    if isinstance(node, Decision):
        return Compiled(_decision(names, node), "")
    if isinstance(node, Loop):
        return Compiled(_loop(names, node), "")
    if isinstance(node, Assignment):
        work = _sequence([_assignment(names, item) for item in node.items])
    elif isinstance(node, RecordNode):
        work = RECORD_WORK[node.tag](names, node)
    elif isinstance(node, Call) and node.tag == "actionCalls":
        work = compile_action(names, node)
    elif isinstance(node, Call):
        work = _subflow(names, node)
    else:
        raise NameProblem(f"The emulator does not model the element {node.tag}.")
    after = node.connector

    def step(interview: Interview) -> str:
        work(interview)
        return after

    return Compiled(step, node.fault)


def _sequence(works: list[Work]) -> Work:
    def run(interview: Interview) -> None:
        for work in works:
            work(interview)

    return run


# -- assignments ----------------------------------------------------------------------------
def _assignment(names: Names, item: Item) -> Work:
    write, target = writer(names, item.target)
    value = resolved(names, item, item.target)
    name = item.operator or "Assign"
    if target.collection:
        return _collection_assignment(name, target, value, write)
    if name == "Assign":
        if value.collection or not like_kinds(target.kind, value.kind):
            raise NameProblem(
                f"ASSIGNMENTITEM_INCOMPATIBLE_DATATYPES: {item.target} is {target.kind.value} and can't hold "
                f"{'a collection' if value.collection else value.kind.value}."
            )
        read = value.read
        return lambda interview: write(interview, copied(read(interview)))
    if name == "AssignCount" and value.collection:
        return lambda interview: write(interview, ARITHMETIC.create_decimal(len(value.read(interview) or [])))
    if name not in ("Add", "Subtract"):
        raise NameProblem(f"The emulator does not model the assignment operator {name} on {item.target}.")
    return _arithmetic(name, item, target, value, write)


def _arithmetic(name: str, item: Item, target: Ref, value: Ref, write: Write) -> Work:
    if target.kind is Kind.TEXT and name == "Add" and value.kind in (Kind.TEXT, Kind.PICKLIST):
        return lambda interview: write(interview, (target.read(interview) or "") + (value.read(interview) or ""))
    if target.kind is not Kind.NUMBER or value.kind is not Kind.NUMBER:
        raise NameProblem(f"ASSIGNMENTITEM_INVALID_OPERATOR: {name} can't be used with {item.target}.")
    sign = 1 if name == "Add" else -1
    return lambda interview: write(
        interview, ARITHMETIC.add(target.read(interview) or 0, sign * (value.read(interview) or 0))
    )


def _collection_assignment(name: str, target: Ref, value: Ref, write: Write) -> Work:
    if not like_kinds(target.kind, value.kind):
        raise NameProblem("ASSIGNMENTITEM_INCOMPATIBLE_DATATYPES: the collection holds another data type.")

    def given(interview: Interview) -> list[Any]:
        found = value.read(interview)
        return [copied(one) for one in found or []] if value.collection else [copied(found)]

    def assign(interview: Interview) -> None:
        write(interview, given(interview))

    def add(interview: Interview) -> None:
        write(interview, [*(target.read(interview) or []), *given(interview)])

    def add_first(interview: Interview) -> None:
        write(interview, [*given(interview), *(target.read(interview) or [])])

    def remove_all(interview: Interview) -> None:
        gone = given(interview)
        write(interview, [one for one in target.read(interview) or [] if one not in gone])

    works: dict[str, Work] = {"Add": add, "AddAtStart": add_first, "RemoveAll": remove_all}
    if value.collection:
        works["Assign"] = assign
    if name not in works:
        raise NameProblem(f"The emulator does not model the assignment operator {name} on a collection.")
    return works[name]


# -- decisions and loops --------------------------------------------------------------------
def _decision(names: Names, node: Decision) -> Step:
    rules = [(_rule(names, rule), rule.connector) for rule in node.rules]
    otherwise = node.connector

    def step(interview: Interview) -> str:
        for test, connector in rules:
            if test(interview):
                return connector
        return otherwise

    return step


def _rule(names: Names, rule: Rule) -> Test:
    tests = []
    for condition in rule.conditions:
        left, right = names.find(condition.left), names.value(condition.right)
        for found, name in ((left, condition.left), (right, condition.right.text)):
            if found is None:
                raise NameProblem(no_reference(name))
        if left is not None and right is not None:
            tests.append(compile_condition(names, condition, left, right))
    try:
        logic = parse_logic(rule.logic, len(tests))
    except LogicError as problem:
        raise NameProblem(f"CONDITION_LOGIC_INVALID: {problem}") from problem
    test = compile_logic(logic, tests)
    return _newly(names, rule, test) if rule.only_when_changed else test


def _newly(names: Names, rule: Rule, test: Test) -> Test:
    """The conditions hold now and did not before the save; of a new record it is enough that they hold ([docs] 4.1)."""
    start = names.flow.start
    if start is None or start.record_trigger not in ("Update", "CreateAndUpdate"):
        text = f"The outcome {rule.name} needs a flow that runs on update."
        raise NameProblem(f"RULE_REQUIRE_RECORD_CHANGED_NEVER_CHECKED: {text}")

    def changed(interview: Interview) -> bool:
        if not test(interview):
            return False
        if interview.prior is None:
            return True
        now = interview.record
        interview.record = interview.prior
        try:
            return not test(interview)
        finally:
            interview.record = now

    return changed


def _loop(names: Names, node: Loop) -> Step:
    collection = names.find(node.collection)
    if collection is None or not collection.collection:
        raise NameProblem(f"LOOP_COLLECTION_NOT_FOUND: {node.name} loops over {node.collection or 'nothing'}.")
    backwards = node.order == "Desc"
    name, body, done, variable = node.name, node.connector, node.done, node.variable
    write = writer(names, variable)[0] if variable else None

    def step(interview: Interview) -> str:
        entries, at = interview.loops.get(name, (None, 0))
        if entries is None:
            entries = list(collection.read(interview) or [])
            if backwards:
                entries.reverse()
        if at >= len(entries):
            interview.loops.pop(name, None)
            return done
        interview.loops[name] = (entries, at + 1)
        if write is not None:
            write(interview, entries[at])
        else:
            interview.values[name] = entries[at]
        return body

    return step


# -- subflows -------------------------------------------------------------------------------
def _subflow(names: Names, node: Call) -> Work:
    automation = names.automation
    inputs = [(given.name, resolved(names, given, f"{node.name}.{given.name}").read) for given in node.inputs]
    outputs = [(given.name, writer(names, given.target)[0]) for given in node.outputs]
    flow_name, key, automatic = node.action, node.name, node.automatic

    def run(interview: Interview) -> None:
        child = automation.program(flow_name)
        if child is None:
            raise FlowFault(f"SUBFLOW_NO_ACTIVE_VERSION: the flow {flow_name} has no active version.")
        if interview.depth >= MAX_SUBFLOWS:
            raise FlowFault("MAX_DEPTH_IN_FLOW_EXECUTION: the flow called itself too often.")
        values = {name: read(interview) for name, read in inputs}
        inner = child.call(interview, values)
        for name, write in outputs:
            write(interview, inner.values.get(name))
        if automatic:
            interview.values.update({f"{key}.{name}": value for name, value in inner.values.items()})

    return run

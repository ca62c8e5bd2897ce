"""Elements compiled to steps: a step does its work in an interview and names the next element ("" ends)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provisioner.emulator.salesforce.automation.flow.actions import compile_action
from provisioner.emulator.salesforce.automation.flow.conditions import (
    Make,
    Test,
    combine,
    compile_condition,
    compile_row_filter,
    like_kinds,
)
from provisioner.emulator.salesforce.automation.flow.definition import (
    Assignment,
    Call,
    Decision,
    Input,
    Item,
    Loop,
    Node,
    RecordNode,
    Rule,
)
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview, Record
from provisioner.emulator.salesforce.automation.flow.logic import LogicError, compile_logic, parse_logic
from provisioner.emulator.salesforce.automation.flow.names import NameProblem, Names, Ref, no_field
from provisioner.emulator.salesforce.automation.formula import Kind
from provisioner.emulator.salesforce.automation.formula.kinds import ARITHMETIC
from provisioner.emulator.salesforce.automation.save import SaveRefused
from provisioner.emulator.salesforce.automation.values import accept
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.rows import Row
from provisioner.emulator.salesforce.schema import FieldDef, SObjectDef

Step = Callable[[Interview], str]
Work = Callable[[Interview], None]
Write = Callable[[Interview, Any], None]
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
        work = _RECORD_WORK[node.tag](names, node)
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


# -- values and targets ---------------------------------------------------------------------
def resolved(names: Names, given: Input | Item, where: str) -> Ref:
    """The value of an input; NameProblem when it references nothing."""
    found = names.value(given.value)
    if found is None:
        raise NameProblem(f"REFERENCED_ELEMENT_NOT_FOUND: {where} references {given.value.text}, which doesn't exist.")
    return found


def field_of(sobject: SObjectDef, name: str) -> FieldDef:
    item = sobject.get(name)
    if item is None:
        raise NameProblem(no_field(name, sobject.name))
    return item


def put(item: FieldDef, value: Any) -> Any:
    """A flow's value for a field; FlowFault when it does not fit."""
    if isinstance(value, Record):
        raise FlowFault(f"A record cannot be stored in {item.name}.")
    try:
        return accept(item, value)
    except ApiError as problem:
        raise FlowFault(f"{problem.code}: {problem.message}") from problem


def _writer(names: Names, target: str) -> tuple[Write, Ref]:
    head, _, rest = target.partition(".")
    found = names.find(target)
    if found is None:
        raise NameProblem(f"ASSIGNMENTITEM_NONEXISTENT_REFERENCE: {target} doesn't exist.")
    if head == "$Record__Prior":
        raise NameProblem("FLOW_RECORD_PRIOR_READ_ONLY: $Record__Prior can't be changed.")
    item = found.item
    if head == "$Record" and item is not None and "." not in rest:
        name, kept = item.name, item
        if item.formula is not None:
            raise NameProblem(f"ASSIGNMENTITEM_INVALID_ASSIGNTOREFERENCE: {target} is a formula.")

        def to_record(interview: Interview, value: Any) -> None:
            interview.record[name] = put(kept, value)

        return to_record, found
    if rest and item is not None and "." not in rest and not head.startswith("$"):
        key = _key(names, head)
        name, kept = item.name, item
        sobject = names.find(head)
        owner = sobject.sobject.name if sobject is not None and sobject.sobject is not None else ""

        def to_field(interview: Interview, value: Any) -> None:
            held = interview.values.get(key)
            if held is None:
                held = interview.values[key] = Record(owner)
            held[name] = put(kept, value)
            held.changed[name] = None

        return to_field, found
    resource = names.resources.get(head.lower())
    if resource is None or resource.tag != "variables" or rest:
        raise NameProblem(f"ASSIGNMENTITEM_MODIFIES_NONVARIABLE: {target} isn't a variable.")
    key = resource.name

    def to_variable(interview: Interview, value: Any) -> None:
        interview.values[key] = value

    return to_variable, found


def _key(names: Names, head: str) -> str:
    resource = names.resources.get(head.lower())
    return resource.name if resource is not None else names.nodes[head.lower()].name


# -- assignments ----------------------------------------------------------------------------
def _assignment(names: Names, item: Item) -> Work:
    write, target = _writer(names, item.target)
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
        return lambda interview: write(interview, read(interview))
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
        return list(found or []) if value.collection else [found]

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
    if rule.only_when_changed:
        raise NameProblem(f"The emulator does not model outcome {rule.name} that needs a change of the record.")
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
    return compile_logic(logic, tests)


def no_reference(name: str) -> str:
    """Row 23 of the table of deploy errors ([community] reference 10)."""
    return f"field integrity exception: unknown (A condition has a reference to {name}, which doesn't exist.)"


def _loop(names: Names, node: Loop) -> Step:
    collection = names.find(node.collection)
    if collection is None or not collection.collection:
        raise NameProblem(f"LOOP_COLLECTION_NOT_FOUND: {node.name} loops over {node.collection or 'nothing'}.")
    backwards = node.order == "Desc"
    name, body, done, variable = node.name, node.connector, node.done, node.variable
    write = _writer(names, variable)[0] if variable else None

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


# -- records --------------------------------------------------------------------------------
def _target_object(names: Names, node: RecordNode) -> SObjectDef:
    sobject = names.object(node.object)
    if sobject is None:
        raise NameProblem(f"OBJECT_NOT_FOUND: {node.name} uses the object {node.object}, which doesn't exist.")
    return sobject


def _where(names: Names, node: RecordNode, sobject: SObjectDef) -> Make | None:
    makers = []
    for given in node.filters:
        item = field_of(sobject, given.field)
        if item.formula is not None:
            raise NameProblem(f"The emulator does not model filters on the formula field {sobject.name}.{item.name}.")
        value = names.value(given.value)
        if value is None:
            raise NameProblem(no_reference(given.value.text))
        makers.append(compile_row_filter(sobject, item, given, value, node.name))
    if not makers or node.logic == "no_conditions":
        return None
    try:
        return combine(parse_logic(node.logic, len(makers)), makers)
    except LogicError as problem:
        raise NameProblem(f"CONDITION_LOGIC_INVALID: {problem}") from problem


def _lookup(names: Names, node: RecordNode) -> Work:
    sobject = _target_object(names, node)
    where = _where(names, node, sobject)
    if not node.automatic:
        raise NameProblem(f"The emulator models Get Records with storeOutputAutomatically only ({node.name}).")
    order = [(field_of(sobject, node.sort_field).name, (node.sort_order or "Asc").lower())] if node.sort_field else []
    key, name, single = node.name, sobject.name, node.first_only
    for field in node.queried:
        field_of(sobject, field)

    def run(interview: Interview) -> None:
        condition = None if where is None else where(interview)
        found = interview.org.rows.select(name, condition, order, 1 if single else None)
        if single:
            interview.values[key] = Record(name, found[0]) if found else None
        else:
            interview.values[key] = [Record(name, row) for row in found]

    return run


def _inputs(names: Names, node: RecordNode, sobject: SObjectDef) -> Callable[[Interview], Row]:
    pairs = []
    for given in node.inputs:
        item = field_of(sobject, given.name)
        value = resolved(names, given, f"{node.name}.{given.name}")
        if value.collection or value.kind is Kind.RECORD:
            raise NameProblem(f"FIELDASSIGNMENT_INVALID_DATATYPE: {given.name} of {node.name} takes one plain value.")
        pairs.append((item, value.read))

    def make(interview: Interview) -> Row:
        return {item.name: put(item, read(interview)) for item, read in pairs}

    return make


def _refusal(verb: str, refused: SaveRefused) -> FlowFault:
    """[community] text of a failed element."""
    first = refused.errors[0]
    return FlowFault(
        f"This error occurred when the flow tried to {verb} records: {first.code}: {first.message}. "
        "You can look up ExceptionCode values in the SOAP API Developer Guide."
    )


def _no_dml(sobject: SObjectDef, node: RecordNode, allowed: bool, code: str) -> None:
    if sobject.name.endswith("__mdt") or not allowed:
        raise NameProblem(f"{code}: {node.name} can't change {sobject.name}.")


def _update(names: Names, node: RecordNode) -> Work:
    if node.input_reference == "$Record":
        return _update_triggering(names, node)
    if node.input_reference:
        return _update_held(names, node)
    sobject = _target_object(names, node)
    _no_dml(sobject, node, sobject.updateable, "OBJECT_CANNOT_BE_UPDATED")
    where = _where(names, node, sobject)
    if where is None:
        raise NameProblem(f"RECORDUPDATE_MISSING_FILTERS: {node.name} needs filters.")
    make = _inputs(names, node, sobject)
    name = sobject.name

    def run(interview: Interview) -> None:
        found = interview.org.rows.select(name, where(interview))
        if found:
            values = make(interview)
            _save_all(interview, "update", name, [values | {"Id": row["Id"]} for row in found])

    return run


def _save_all(interview: Interview, op: Any, sobject: str, rows: list[Row]) -> list[str]:
    """All rows of one element or none of them."""
    if interview.before_save:
        raise FlowFault("A before-save flow cannot save other records.")
    verb = {"insert": "create", "update": "update", "delete": "delete"}[op]
    saver = interview.automation.saver
    try:
        with interview.org.transaction():
            return [saver.nested(op, sobject, row, interview.user_id) for row in rows]
    except SaveRefused as refused:
        raise _refusal(verb, refused) from refused


def _update_triggering(names: Names, node: RecordNode) -> Work:
    sobject = names.sobject
    if sobject is None:
        raise NameProblem(f"REFERENCED_ELEMENT_NOT_FOUND: {node.name} updates $Record, which doesn't exist here.")
    make = _inputs(names, node, sobject)
    name = sobject.name

    def run(interview: Interview) -> None:
        values = make(interview)
        if not interview.before_save:
            _save_all(interview, "update", name, [values | {"Id": interview.record["Id"]}])
        interview.record.update(values)

    return run


def _update_held(names: Names, node: RecordNode) -> Work:
    held = names.find(node.input_reference)
    if held is None or held.kind is not Kind.RECORD or node.inputs:
        raise NameProblem(f"The emulator does not model how {node.name} updates {node.input_reference}.")

    def run(interview: Interview) -> None:
        found = held.read(interview)
        records = [one for one in (found if held.collection else [found]) if one is not None] if found else []
        for record in records:
            if record.changed:
                changes = {name: record[name] for name in record.changed}
                _save_all(interview, "update", record.sobject, [changes | {"Id": record.get("Id")}])

    return run


def _create(names: Names, node: RecordNode) -> Work:
    if node.input_reference:
        return _create_held(names, node)
    sobject = _target_object(names, node)
    _no_dml(sobject, node, sobject.createable, "OBJECT_CANNOT_BE_CREATED")
    make = _inputs(names, node, sobject)
    keep = _writer(names, node.id_reference)[0] if node.id_reference else None
    name, key = sobject.name, node.name

    def run(interview: Interview) -> None:
        values = make(interview)
        created = _save_all(interview, "insert", name, [values])[0]
        interview.values[key] = created
        if keep is not None:
            keep(interview, created)
        if name == "Task":
            _task_message(interview, created)

    return run


def _task_message(interview: Interview, task_id: str) -> None:
    """A task assigned by a flow reaches a person."""
    org = interview.org
    task = org.rows.get("Task", task_id) or {}
    to = org.automation.addressees([task["OwnerId"]])
    about = task.get("WhoId") or task.get("WhatId")
    body = task.get("Description") or ""
    org.outbox.record(interview.now, "task", to, task.get("Subject") or "", body, about, interview.source)


def _create_held(names: Names, node: RecordNode) -> Work:
    held = names.find(node.input_reference)
    if held is None or held.kind is not Kind.RECORD or held.sobject is None:
        raise NameProblem(f"The emulator does not model how {node.name} creates {node.input_reference}.")
    name = held.sobject.name
    _no_dml(held.sobject, node, held.sobject.createable, "OBJECT_CANNOT_BE_CREATED")

    def run(interview: Interview) -> None:
        found = held.read(interview)
        for record in (found or []) if held.collection else [found]:
            values = {field: record[field] for field in record.changed}
            record["Id"] = _save_all(interview, "insert", name, [values])[0]
            if name == "Task":
                _task_message(interview, record["Id"])

    return run


def _delete(names: Names, node: RecordNode) -> Work:
    if node.input_reference:
        held = names.sobject if node.input_reference == "$Record" else None
        if held is None:
            raise NameProblem(f"The emulator does not model how {node.name} deletes {node.input_reference}.")
        name = held.name
        return lambda interview: _discard(interview, name, [{"Id": interview.record["Id"]}])
    sobject = _target_object(names, node)
    _no_dml(sobject, node, sobject.deletable, "OBJECT_CANNOT_BE_DELETED")
    where = _where(names, node, sobject)
    if where is None:
        raise NameProblem(f"RECORDFILTER_MISSING: {node.name} needs filters.")
    name = sobject.name
    return lambda interview: _discard(interview, name, interview.org.rows.select(name, where(interview)))


def _discard(interview: Interview, sobject: str, rows: list[Row]) -> None:
    if rows:
        _save_all(interview, "delete", sobject, rows)


_RECORD_WORK: dict[str, Callable[[Names, RecordNode], Work]] = {
    "recordLookups": _lookup,
    "recordUpdates": _update,
    "recordCreates": _create,
    "recordDeletes": _delete,
}


# -- subflows -------------------------------------------------------------------------------
def _subflow(names: Names, node: Call) -> Work:
    automation = names.automation
    inputs = [(given.name, resolved(names, given, f"{node.name}.{given.name}").read) for given in node.inputs]
    outputs = [(given.name, _writer(names, given.target)[0]) for given in node.outputs]
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

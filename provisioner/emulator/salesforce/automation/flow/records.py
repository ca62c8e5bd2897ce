"""Get, Create, Update and Delete Records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.emulator.salesforce.automation.fields import field_kind
from provisioner.emulator.salesforce.automation.flow.conditions import Make, combine, compile_row_filter, like_kinds
from provisioner.emulator.salesforce.automation.flow.definition import RecordNode
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview, Record
from provisioner.emulator.salesforce.automation.flow.logic import LogicError, parse_logic
from provisioner.emulator.salesforce.automation.flow.names import NameProblem, Names
from provisioner.emulator.salesforce.automation.flow.targets import field_of, no_reference, put, resolved, writer
from provisioner.emulator.salesforce.automation.formula import Kind
from provisioner.emulator.salesforce.automation.refusals import SaveRefused
from provisioner.emulator.salesforce.state.rows import Row
from provisioner.emulator.salesforce.state.schema import SObjectDef

Work = Callable[[Interview], None]


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
        if value.collection or not like_kinds(field_kind(item), value.kind):
            raise NameProblem(
                f"FIELDASSIGNMENT_INVALID_DATATYPE: {given.name} of {node.name} takes one value of its type."
            )
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
    interview.wrote = True
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
        by_object: dict[str, list[Row]] = {}
        for record in records:
            if record.changed:
                row = {name: record[name] for name in record.changed} | {"Id": record.get("Id")}
                by_object.setdefault(record.sobject, []).append(row)
        for sobject, rows in by_object.items():
            _save_all(interview, "update", sobject, rows)

    return run


def _create(names: Names, node: RecordNode) -> Work:
    if node.input_reference:
        return _create_held(names, node)
    sobject = _target_object(names, node)
    _no_dml(sobject, node, sobject.createable, "OBJECT_CANNOT_BE_CREATED")
    make = _inputs(names, node, sobject)
    keep = writer(names, node.id_reference)[0] if node.id_reference else None
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
        records = [one for one in (found or [] if held.collection else [found]) if one is not None]
        rows = [{field: record[field] for field in record.changed} for record in records]
        for record, made in zip(records, _save_all(interview, "insert", name, rows), strict=True):
            record["Id"] = made
            if name == "Task":
                _task_message(interview, made)

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


RECORD_WORK: dict[str, Callable[[Names, RecordNode], Work]] = {
    "recordLookups": _lookup,
    "recordUpdates": _update,
    "recordCreates": _create,
    "recordDeletes": _delete,
}

"""Where a flow's values come from and go to: inputs, fields, variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.emulator.salesforce.automation.flow.definition import Input, Item
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview, Record
from provisioner.emulator.salesforce.automation.flow.names import NameProblem, Names, Ref, no_field
from provisioner.emulator.salesforce.automation.values import accept
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef

Write = Callable[[Interview, Any], None]


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


def writer(names: Names, target: str) -> tuple[Write, Ref]:
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


def no_reference(name: str) -> str:
    """Row 23 of the table of deploy errors ([community] reference 10)."""
    return f"field integrity exception: unknown (A condition has a reference to {name}, which doesn't exist.)"

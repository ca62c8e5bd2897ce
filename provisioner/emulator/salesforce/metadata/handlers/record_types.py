"""RecordType and BusinessProcess, children of an object's file. [wsdl] RecordType, [docs] BusinessProcess

A file replaces what the type offers of the picklists it names, and says nothing of the others ([community] Copado
Essentials on deploying record types; AutoRABIT on picklistValues).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import check_values, is_api_name
from provisioner.emulator.salesforce.metadata.normalise import normal_plain
from provisioner.emulator.salesforce.metadata.problems import limit, refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.record_types import PICKLISTS, PROCESSES
from provisioner.emulator.salesforce.state.schema import FieldDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.components import Component
    from provisioner.emulator.salesforce.state.org import Org

_RESERVED = re.compile(r"[^\w .\-]", re.ASCII)


def encoded(value: str) -> str:
    """A value as these files name it: `Proposal%2FPrice Quote` ([community] for the slash, [inferred] beyond it)."""
    return _RESERVED.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), value)


def put_business_process(work: Work, item: Item) -> Saved:
    """The statuses of a lead process, or the stages of a sales process."""
    if item.parent not in PROCESSES:
        raise unmodelled(f"business processes of {item.parent}", item.element)
    field = work.org.schema.sobject(item.parent).field(PROCESSES[item.parent])
    values = _values(item.element, field)
    if not values:
        raise refuse("Required field is missing: values", item.element)
    saved = work.keep(item, body=xml.printed(normal_plain(item.element)))
    for component in work.components.below("RecordType", item.parent):
        if xml.text(component.root, "businessProcess") == item.name:
            work.org.record_types.select(component.id, field.name, values)
    return saved


def put_record_type(work: Work, item: Item) -> Saved:
    """A record type: a row of RecordType, and what it offers of each picklist that the file names."""
    node, name = item.element, item.name
    if not work.org.schema.has(item.parent) or item.parent.endswith("__mdt"):
        raise refuse(f"no CustomObject named {item.parent} found")
    if not is_api_name(name, 80):
        raise refuse(f"The record type name {name} is not a valid API name.", node)
    if xml.kid(node, "compactLayoutAssignment") is not None:
        raise unmodelled("compactLayoutAssignment of a RecordType", xml.kid(node, "compactLayoutAssignment"))
    limit(node, "label", 80)
    limit(node, "description", 255)
    chosen = _selections(work, item) | _of_process(work, item)
    owner = work.org.schema.sobject(item.parent).name
    record_type, types = _row(work, owner, name, node), work.org.record_types
    for field, values in chosen.items():
        types.select(record_type, field, values)
    shell = _shell(node)
    _print_values(shell, work.org, record_type, work.org.schema.sobject(owner).fields)
    return work.keep(item, component_id=record_type, body=xml.printed(shell))


def _row(work: Work, owner: str, name: str, node: etree._Element) -> str:
    """The row that stands for the type; a new one offers everything at first."""
    facts = {"Name": xml.text(node, "label"), "IsActive": xml.flag(node, "active")}
    facts["Description"] = xml.text(node, "description")
    known, rows = work.org.record_types.find(owner, name), work.org.rows
    if known is None:
        made = rows.insert("RecordType", facts | {"DeveloperName": name, "SobjectType": owner}, user_id=work.user_id)
        work.org.record_types.begin(made, owner)
        return made
    record_type = str(known["Id"])
    if any(known[key] != value for key, value in facts.items()):
        rows.update("RecordType", record_type, facts, user_id=work.user_id)
    return record_type


def _selections(work: Work, item: Item) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = {}
    for node in xml.kids(item.element, "picklistValues"):
        name = str(xml.text(node, "picklist"))
        field = work.org.schema.sobject(item.parent).get(name)
        if field is None or field.type not in PICKLISTS:
            raise refuse(f"Picklist: {name} not found", node)  # [inferred] the text
        if name == PROCESSES.get(item.parent):
            raise unmodelled(f"{name} among the picklistValues of a RecordType: its businessProcess selects it", node)
        found[field.name] = _values(node, field)
    return found


def _of_process(work: Work, item: Item) -> dict[str, dict[str, bool]]:
    """The values of the process, for the objects that have one. That it must be named: [docs] BusinessProcess."""
    name, field = xml.text(item.element, "businessProcess"), PROCESSES.get(item.parent)
    if field is None and name is None:
        return {}
    if field is None:
        raise refuse(f"businessProcess is not allowed for a record type of {item.parent}", item.element)
    if name is None:
        raise refuse("Required field is missing: businessProcess", item.element)
    process = work.components.get("BusinessProcess", f"{item.parent}.{name}")
    if process is None:
        raise refuse(f"In field: businessProcess - no BusinessProcess named {item.parent}.{name} found", item.element)
    return {field: _values(process.root, work.org.schema.sobject(item.parent).field(field))}


def _values(node: etree._Element, field: FieldDef) -> dict[str, bool]:
    """Value → whether it is the default. Refuses what the picklist does not have (reference 10, row 18)."""
    check_values(xml.kids(node, "values"))
    known = {one.value.lower(): one.value for one in field.picklist if one.active}
    found: dict[str, bool] = {}
    for value in xml.kids(node, "values"):
        name = unquote(str(xml.text(value, "fullName")))
        if name.lower() not in known:
            raise refuse(f"Picklist value: {name} in picklist: {field.name} not found", value)
        found[known[name.lower()]] = xml.flag(value, "default")
    return found


def _shell(node: etree._Element) -> etree._Element:
    shell = xml.copy_of(node)
    for child in xml.kids(shell, "picklistValues"):
        shell.remove(child)
    return normal_plain(shell)


def _print_values(root: etree._Element, org: Org, record_type: str, fields: tuple[FieldDef, ...]) -> None:
    """What the type offers of these fields, both by name."""
    for field in sorted(fields, key=lambda one: one.name):
        if not (offered := org.record_types.offered(record_type, field)):
            continue
        node = xml.add(root, "picklistValues")
        xml.add(node, "picklist", field.name)
        for value in sorted(offered, key=lambda one: one.value):
            entry = xml.add(node, "values")
            xml.add(entry, "fullName", encoded(value.value))
            xml.add(entry, "default", value.default)
    xml.sort_children(root, ("fullName",))


def record_type_file(org: Org, component: Component, asked: set[tuple[str, str]]) -> etree._Element:
    """The type as retrieved: standard picklists always, custom ones when their field is retrieved with it.

    [community] Copado Essentials on deploying record types.
    """
    owner = component.full_name.partition(".")[0]
    process = PROCESSES.get(owner)
    root = _shell(component.root)
    shown = tuple(
        field
        for field in org.schema.sobject(owner).fields
        if field.name != process and (not field.custom or ("CustomField", f"{owner}.{field.name}") in asked)
    )
    _print_values(root, org, component.id, shown)
    return root

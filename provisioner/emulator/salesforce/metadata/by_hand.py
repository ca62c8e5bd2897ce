"""Somebody changes a component in the setup pages: the component as it stands, with the change, saved as that user.

The pages have the same checks as a deployment, no queue and no tests; so this passes the queue.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.kinds import CHILD_OF, KINDS
from provisioner.emulator.salesforce.metadata.handlers.objects import renamed
from provisioner.emulator.salesforce.metadata.handlers.record_types import encoded
from provisioner.emulator.salesforce.metadata.options import DeployOptions
from provisioner.emulator.salesforce.metadata.store import MetadataStore
from provisioner.emulator.salesforce.state.record_types import PROCESSES

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_TYPED = {"double": "double", "percent": "double", "boolean": "boolean", "date": "date", "datetime": "dateTime"}
_VALUES = {"StandardValueSet": ("", "standardValue"), "CustomField": ("valueSet/valueSetDefinition", "value")}


def edit(org: Org, kind: str, name: str, change: dict[str, Any], user_id: str) -> None:
    """`change`: `set` (element or field of a custom metadata record → value; null takes it away), `add_value`,
    `deactivate_value` (of a picklist), `select_values`, `deselect_values` (of a record type: {field: values}), or
    `deleted`. Raises ValueError with the org's words when it refuses."""
    if kind not in KINDS and kind not in CHILD_OF:
        raise ValueError(f"There are no components of type {kind!r} that could be changed by hand.")
    if change.get("deleted"):
        _save(org, {"package.xml": _manifest({}), "destructiveChanges.xml": _manifest({kind: name})}, user_id)
        return
    found = MetadataStore.of(org).reader.element(kind, name)
    if found is None or (kind in KINDS and KINDS[kind].content):  # the pages edit no code
        raise ValueError(f"There is no {kind} {name!r} that could be changed by hand.")
    element = xml.copy_of(found)
    for key, value in change.get("set", {}).items():
        if kind == "CustomMetadata" and key != "label":
            _set_field(org, element, name, key, value)
        else:
            _set(element, key, value)
    for key in ("add_value", "deactivate_value"):
        if key in change:
            _change_values(kind, name, element, str(change[key]), add=key == "add_value")
    for key in ("select_values", "deselect_values"):
        for field, values in change.get(key, {}).items():
            _choose(kind, name, element, field, values, select=key == "select_values")
    xml.sort_children(element)
    path, body = _file(kind, name, element)
    _save(org, {"package.xml": _manifest({kind: name}), path: body}, user_id)


def _set(element: etree._Element, key: str, value: Any) -> None:
    for old in xml.kids(element, key):
        element.remove(old)
    if value is not None:
        xml.add(element, key, value)


def _set_field(org: Org, element: etree._Element, name: str, key: str, value: Any) -> None:
    definition = org.schema.sobject(f"{name.partition('.')[0]}__mdt")
    item = definition.get(key)
    if item is None or not item.custom:
        raise ValueError(f"{definition.name} has no field {key!r}.")
    for entry in xml.kids(element, "values"):
        if xml.text(entry, "field") == item.name:
            element.remove(entry)
    entry = xml.add(element, "values")
    xml.add(entry, "field", item.name)
    kept = xml.add(entry, "value", value)
    if value is None:
        kept.set(f"{{{xml.XSI}}}nil", "true")
    else:
        kept.set(f"{{{xml.XSI}}}type", f"xsd:{_TYPED.get(item.type, 'string')}")


def _change_values(kind: str, name: str, element: etree._Element, value: str, *, add: bool) -> None:
    path, tag = _VALUES.get(kind, ("", ""))
    holder: etree._Element | None = element if tag else None
    for step in path.split("/") if path else ():
        holder = xml.kid(holder, step) if holder is not None else None
    if holder is None:
        raise ValueError(f"{kind} {name} has no values of its own.")
    same = [entry for entry in xml.kids(holder, tag) if xml.text(entry, "fullName") == value]
    if add and same and not xml.flag(same[0], "isActive", default=True):
        holder.remove(same[0])  # an inactive value is activated, in the last place
    if add:
        entry = xml.add(holder, tag)
        for key, text in (("fullName", value), ("default", "false"), ("label", value)):
            xml.add(entry, key, text)
        return
    if not same:
        raise ValueError(f"{kind} {name} has no value {value!r}.")
    holder.remove(same[0])


def _choose(kind: str, name: str, record_type: etree._Element, field: str, values: list[str], *, select: bool) -> None:
    """Values move between those that the record type has chosen of a picklist and those that it has not."""
    if kind != "RecordType":
        raise ValueError(f"{kind} {name} is no record type.")
    found = [node for node in xml.kids(record_type, "picklistValues") if xml.text(node, "picklist") == field]
    node = found[0] if found else xml.add(record_type, "picklistValues")
    if not found:
        xml.add(node, "picklist", field)
    there = {unquote(str(xml.text(entry, "fullName"))): entry for entry in xml.kids(node, "values")}
    for value in values:
        if select and value not in there:
            entry = xml.add(node, "values")
            xml.add(entry, "fullName", encoded(value))
            xml.add(entry, "default", False)
        if not select:
            if value not in there:
                raise ValueError(f"{kind} {name} does not offer {value!r} of {field}.")
            node.remove(there[value])


def plant_record_type(org: Org, facts: dict[str, Any], user_id: str) -> str:
    """`{sobject, name, label, active, offers: {field: values}, defaults: {field: value}, statuses}`: made in the setup
    pages, as a copy of the master but for `offers`. An object with processes gets one of its own of the same name,
    with all statuses or these. Answers the id. Raises ValueError."""
    owner, name, files = str(facts["sobject"]), str(facts["name"]), xml.new_root("CustomObject")
    members = {"RecordType": f"{owner}.{name}"}
    node = xml.add(files, "recordTypes")
    for key, value in (("fullName", name), ("active", bool(facts.get("active", True)))):
        xml.add(node, key, value)
    if owner in PROCESSES:
        xml.add(node, "businessProcess", name)
    xml.add(node, "label", str(facts.get("label", name)))
    defaults = facts.get("defaults", {})
    for field, values in facts.get("offers", {}).items():
        _add_values(xml.add(node, "picklistValues"), values, defaults.get(field), picklist=field)
    if owner in PROCESSES:
        status = org.schema.sobject(owner).field(PROCESSES[owner])
        own = next((one.value for one in status.picklist if one.default), None)
        process = xml.add(files, "businessProcesses")
        xml.add(process, "fullName", name)
        xml.add(process, "isActive", True)
        chosen = facts.get("statuses") or [one.value for one in status.picklist if one.active]
        _add_values(process, chosen, defaults.get(status.name, own))
        members["BusinessProcess"] = f"{owner}.{name}"
    xml.sort_children(files)
    _save(org, {"package.xml": _manifest(members), KINDS["CustomObject"].path(owner): xml.printed(files)}, user_id)
    row = org.record_types.find(owner, name)
    if row is None:
        raise AssertionError(f"The record type {owner}.{name} was not kept.")
    return str(row["Id"])


def _add_values(node: etree._Element, values: list[str], default: str | None, picklist: str | None = None) -> None:
    if picklist is not None:
        xml.add(node, "picklist", picklist)
    for value in values:
        entry = xml.add(node, "values")
        xml.add(entry, "fullName", encoded(value))
        xml.add(entry, "default", value == default)


def _file(kind: str, name: str, element: etree._Element) -> tuple[str, bytes]:
    """The path and content of the file that holds the component."""
    if kind not in CHILD_OF:
        return KINDS[kind].path(name), xml.printed(element, schema_prefixes=kind == "CustomMetadata")
    parent_kind, tag = CHILD_OF[kind]
    owner, _, child = name.partition(".")
    root, inside = xml.new_root(parent_kind), renamed(element, tag)
    for old in xml.kids(inside, "fullName"):
        inside.remove(old)
    full = xml.add(inside, "fullName", child)
    inside.insert(0, full)
    root.append(inside)
    return KINDS[parent_kind].path(owner), xml.printed(root)


def _manifest(members: dict[str, str]) -> bytes:
    root = xml.new_root("Package")
    for kind, name in members.items():
        types = xml.add(root, "types")
        xml.add(types, "members", name)
        xml.add(types, "name", kind)
    xml.add(root, "version", "66.0")
    return xml.printed(root)


def _save(org: Org, files: dict[str, bytes], user_id: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, body in files.items():
            archive.writestr(path, body)
    options = DeployOptions(rollback_on_error=True, single_package=True)
    outcome = MetadataStore.of(org).deploy(buffer.getvalue(), options, user_id)
    if not outcome.success:
        problems = [f"{one.full_name}: {one.problem}" for one in outcome.failures]
        raise ValueError("; ".join(problems) or str(outcome.error))

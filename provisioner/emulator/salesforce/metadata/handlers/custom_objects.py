"""The shape of a custom object: its name field, who owns its records, activities, and how its records depend.

Names, sharing and relations: [wsdl] CustomObject, [docs] reference 2.1; that neither User nor Lead can be a master,
and that deleting a master deletes its details: [docs] the help page on relationships.
"""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Work
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef
from provisioner.emulator.salesforce.state.standard import make, read_line

_NO_MASTER = ("Lead", "User")
_FORMAT = re.compile(r"[^{}]*\{0+\}[^{}]*")
_BY_PARENT = "ControlledByParent"
_NO_DETAIL = "Cannot set sharingModel to ControlledByParent on a CustomObject without a MasterDetail relationship field"


def check_custom_object(work: Work, item: Item) -> None:
    """What the object's own file must say. Raises Refused."""
    for field in ("deploymentStatus", "nameField", "sharingModel"):
        if xml.kid(item.element, field) is None:
            raise refuse(f"Required field is missing: {field}")
    name_field(item.element)
    sharing = xml.kid(item.element, "sharingModel")
    if xml.text(item.element, "sharingModel") == _BY_PARENT and not _has_master(work, item):
        raise refuse(_NO_DETAIL, sharing)
    known = work.org.schema.sobject(item.full_name) if work.org.schema.has(item.full_name) else None
    if known is not None and known.has("OwnerId") == (xml.text(item.element, "sharingModel") == _BY_PARENT):
        raise unmodelled("a change of sharingModel from or to ControlledByParent", sharing)


def _has_master(work: Work, item: Item) -> bool:
    if any(xml.text(field, "type") == "MasterDetail" for field in xml.kids(item.element, "fields")):
        return True
    return any(
        xml.text(one.root, "type") == "MasterDetail" for one in work.components.below("CustomField", item.full_name)
    )


def name_field(root: etree._Element) -> FieldDef:
    """The Name field that `nameField` describes: Text, or AutoNumber with its display format. Raises Refused."""
    node = xml.kid(root, "nameField")
    if node is None:
        raise refuse("Required field is missing: nameField")
    kind, label = xml.text(node, "type"), xml.text(node, "label")
    if label is None:
        raise refuse("Required field is missing: label", node)
    if kind == "Text":
        return replace(read_line("Name string(80) !"), label=label)
    if kind != "AutoNumber":
        raise unmodelled("name fields other than Text and AutoNumber", node)
    shape = xml.text(node, "displayFormat")
    if shape is None:
        raise refuse("Required field is missing: displayFormat", node)
    if not _FORMAT.fullmatch(shape):
        raise unmodelled(f"the display format {shape}", xml.kid(node, "displayFormat"))
    start = int(xml.text(node, "startingNumber") or 1)
    return replace(read_line("Name string(80) ro"), label=label, auto_number=shape, first_number=start)


def custom_object(item: Item, label: str, plural: str, prefix: str) -> SObjectDef:
    """The definition of a new custom object: details of a master have no owner of their own."""
    owned = xml.text(item.element, "sharingModel") != _BY_PARENT
    lines = "IsDeleted boolean ro = false\nName string(80) !\n"
    lines += "OwnerId reference ! ->Group,User as Owner\n" if owned else ""
    made = make(item.full_name, label, prefix, lines, custom=True, label_plural=plural)
    name = name_field(item.element)
    return replace(made, fields=tuple(name if one.name == "Name" else one for one in made.fields))


def follow_file(work: Work, item: Item) -> None:
    """What may change later: the name's label and format, and whether activities can relate to the records."""
    schema = work.org.schema
    if schema.sobject(item.full_name).field("Name") != (name := name_field(item.element)):
        schema.replace_field(item.full_name, name)
    if not xml.flag(item.element, "enableActivities"):
        return
    full_name = schema.sobject(item.full_name).name
    for activity in ("Task", "Event"):
        what = schema.sobject(activity).field("WhatId")
        if full_name not in what.reference_to:
            schema.replace_field(activity, replace(what, reference_to=(*what.reference_to, full_name)))


def check_relation(work: Work, item: Item, new: FieldDef) -> None:
    """A lookup or master-detail field: its target, the name of the way back. Raises Refused."""
    for target in new.reference_to:
        if not work.org.schema.has(target):
            raise refuse(f"referenceTo value of '{target}' does not resolve to a valid sObject type", item.element)
    if new.metadata_type == "MasterDetail":
        if work.org.schema.sobject(item.parent).has("OwnerId") or not item.parent.endswith("__c"):
            raise refuse(
                "A master-detail field needs a custom object with sharingModel ControlledByParent", item.element
            )
        if new.reference_to[0] in _NO_MASTER:
            raise refuse(f"{new.reference_to[0]} cannot be the master of a master-detail relationship", item.element)
    relation = xml.text(item.element, "relationshipName")
    if new.metadata_type not in ("Lookup", "MasterDetail") or relation is None:
        return
    for other in work.components.all("CustomField"):
        same = xml.text(other.root, "relationshipName") == relation
        parent = xml.text(other.root, "referenceTo")
        if same and parent == new.reference_to[0] and other.full_name.lower() != item.full_name.lower():
            raise refuse(f"Duplicate child relationship name: {relation} on {parent}", item.element)


def forget_activities(work: Work, name: str) -> None:
    """An object that goes is nothing that activities relate to any more."""
    schema = work.org.schema
    for activity in ("Task", "Event"):
        what = schema.sobject(activity).field("WhatId")
        if name in what.reference_to:
            left = tuple(one for one in what.reference_to if one != name)
            schema.replace_field(activity, replace(what, reference_to=left))

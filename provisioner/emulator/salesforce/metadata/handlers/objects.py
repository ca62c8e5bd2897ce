"""CustomObject, CustomField, ListView and ValidationRule. [docs] reference/salesforce.md 2.1, 5, 7.6"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import (
    check_field,
    field_def,
    is_api_name,
    merged_values,
    read_values,
)  # fmt: skip
from provisioner.emulator.salesforce.metadata.handlers.custom_objects import (
    check_custom_object,
    check_relation,
    custom_object,
    follow_file,
)
from provisioner.emulator.salesforce.metadata.handlers.history import (
    check_tracking,
    follow_history,
    put_standard_field,
)
from provisioner.emulator.salesforce.metadata.normalise import normal_field, normal_plain
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.metadata.reports.list_views import check_list_view
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.components import Components
from provisioner.emulator.salesforce.state.schema import FieldDef, PicklistValue
from provisioner.emulator.salesforce.state.standard import make

CHILDREN = frozenset(("businessProcesses", "fields", "listViews", "recordTypes", "validationRules"))
_HARMLESS = frozenset((
    "enableActivities", "enableBulkApi", "enableFeeds", "enableHistory", "enableReports", "enableSearch",
    "enableSharing", "enableStreamingApi", "enableLicensing", "allowInChatterGroups", "enableDivisions",
))  # fmt: skip
_OF_TYPE = _HARMLESS | {"label", "pluralLabel", "description", "visibility", "gender", "startsWith"}
_OF_CUSTOM = _OF_TYPE | {"nameField", "deploymentStatus", "sharingModel", "externalSharingModel"}
_MDT_FIELDS = """
DeveloperName string(40) !
MasterLabel string(40) !
Label string(40)
Language picklist
NamespacePrefix string(15) ro
QualifiedApiName string(70)
"""
_PLAIN_CHILDREN = (
    ("BusinessProcess", "businessProcesses"), ("CustomField", "fields"), ("ListView", "listViews"),
    ("ValidationRule", "validationRules"),
)  # fmt: skip
_OWNED = frozenset(("Mine", "MineAndMyGroups", "Queue", "Delegated"))
_SCOPES = frozenset(
    ("Everything", "Mine", "MineAndMyGroups", "Queue", "Delegated", "MyTerritory", "MyTeamTerritory", "Team")
)


def put_object(work: Work, item: Item) -> Saved:
    """The object itself, without its children."""
    name = item.full_name
    if "__" not in name:
        return _put_standard(work, item)
    if not name.endswith(("__c", "__mdt")):
        raise unmodelled(f"objects such as {name}")
    base = name.rsplit("__", 1)[0]
    if not is_api_name(base):
        raise refuse(
            f"The object name {name} must begin with a letter, use only letters, digits and single "
            "underscores, and has at most 40 characters."
        )
    allowed = _OF_TYPE if name.endswith("__mdt") else _OF_CUSTOM
    _only(item, allowed)
    for field in ("label", "pluralLabel"):
        if xml.text(item.element, field) is None:
            raise refuse(f"Required field is missing: {field}")
    if name.endswith("__mdt"):
        if (xml.text(item.element, "visibility") or "Public") != "Public":
            raise refuse(
                f"visibility: {xml.text(item.element, 'visibility')} - a custom metadata type can be Protected only "
                "in a package",
                xml.kid(item.element, "visibility"),
            )
    else:
        check_custom_object(work, item)
    _shape(work, item)
    if not name.endswith("__mdt"):
        follow_file(work, item)
        follow_history(work, item)
    return work.keep(item, body=xml.printed(object_shell(item.element)))


def _put_standard(work: Work, item: Item) -> Saved:
    if not work.org.schema.has(item.full_name):
        raise refuse(f"no CustomObject named {item.full_name} found")
    _only(item, _HARMLESS)
    follow_history(work, item)
    return work.keep(item, body=xml.printed(object_shell(item.element)))


def _only(item: Item, allowed: frozenset[str]) -> None:
    for child in xml.kids(item.element):
        if xml.local(child) not in allowed | CHILDREN:
            raise unmodelled(f"{xml.local(child)} of the CustomObject {item.full_name}", child)


def object_shell(root: etree._Element) -> etree._Element:
    """The object's file without its children."""
    shell = xml.copy_of(root)
    for child in xml.kids(shell):
        if xml.local(child) in CHILDREN:
            shell.remove(child)
    return normal_plain(shell)


def _shape(work: Work, item: Item) -> None:
    """Create the object in the schema, or bring its label up to date."""
    schema, root = work.org.schema, item.element
    label, plural = str(xml.text(root, "label")), str(xml.text(root, "pluralLabel"))
    if schema.has(item.full_name):
        known = schema.sobject(item.full_name)
        if (known.label, known.label_plural) != (label, plural):
            schema.replace_object(replace(known, label=label, label_plural=plural))
        return
    prefix = _free_prefix(work, "m" if item.full_name.endswith("__mdt") else "a")
    if item.full_name.endswith("__mdt"):
        definition = make(item.full_name, label, prefix, _MDT_FIELDS, custom=True, label_plural=plural,
                          createable=False, updateable=False, deletable=False)  # fmt: skip
    else:
        definition = custom_object(item, label, plural, prefix)
    schema.add_object(definition)


def _free_prefix(work: Work, letter: str) -> str:
    used = {one.key_prefix for one in work.org.schema}
    return next(prefix for number in range(36 * 36) if (prefix := f"{letter}{number:02d}") not in used)


def put_field(work: Work, item: Item) -> Saved:
    """A custom field without its formula's check (`check_formula` follows when everything it may name is there)."""
    schema, node = work.org.schema, item.element
    if not schema.has(item.parent):
        raise refuse(f"no CustomObject named {item.parent} found")
    owner = schema.sobject(item.parent)
    if item.parent in ("Task", "Event"):
        raise refuse(f"Custom fields of {item.parent} are deployed on Activity", node)
    if owner.has(item.name) and not owner.field(item.name).custom:
        return put_standard_field(work, item)
    standard = frozenset(one.name.lower() for one in owner.fields if not one.custom)
    check_field(item.parent, node, standard_names=standard)
    check_tracking(work, item)
    values = _global_values(work, node)
    new, old = field_def(node, values), owner.get(item.name)
    check_relation(work, item, new)
    if old is not None:
        _check_change(work, item, old, new)
        new = replace(new, name=old.name, picklist=merged_values(old.picklist, new.picklist))
    elif work.org.settings.deleted_names_held and work.components.recycled(item.full_name):
        raise refuse(f"{item.name} already exists or has been previously used. Please choose a different name.", node)
    printed = normal_field(node, new.picklist, custom_metadata=item.parent.endswith("__mdt"))
    saved = work.keep(item, body=xml.printed(printed))
    if old is None:
        schema.add_field(item.parent, new)
        _fill_checkbox(work, owner.name, new)
    elif old != new:
        schema.replace_field(item.parent, new)
    for name in ("Task", "Event") if item.parent == "Activity" else (owner.name,):
        work.org.record_types.admit(name, old, new)
    return saved


def _fill_checkbox(work: Work, sobject: str, new: FieldDef) -> None:
    """A checkbox is never null: rows that are already there get its default."""
    if new.type != "boolean" or not new.stored:
        return
    for name in ("Task", "Event") if sobject == "Activity" else (sobject,):
        work.org.store.execute(f'UPDATE "{name}" SET "{new.name}" = ?', (int(bool(new.default)),))  # noqa: S608


def _global_values(work: Work, node: etree._Element) -> tuple[PicklistValue, ...]:
    name = xml.text(node, "valueSet/valueSetName")
    if name is None:
        return ()
    found = work.components.get("GlobalValueSet", name)
    if found is None:
        raise refuse(f"In field: valueSet - no GlobalValueSet named {name} found", node)
    return read_values(xml.kids(found.root, "customValue"))


def _check_change(work: Work, item: Item, old: FieldDef, new: FieldDef) -> None:
    if (old.formula is None) != (new.formula is None):
        if old.formula is not None:
            raise refuse("Cannot update a field from a Formula to something else", item.element)
        raise refuse("Cannot update a field to a Formula from something else", item.element)
    stored = work.components.get("CustomField", item.full_name)
    if stored is not None:
        used, asked = (xml.text(node, "valueSet/valueSetName") for node in (stored.root, item.element))
        if used != asked and old.metadata_type == new.metadata_type:
            raise refuse("Cannot change which global value set this picklist uses", item.element)
    if old.metadata_type == new.metadata_type:
        return
    if old.formula is not None or old.type == "reference" or new.type == "reference":
        raise refuse(f"Cannot update a field to a {new.metadata_type} from something else", item.element)
    owners = ("Task", "Event") if item.parent == "Activity" else (item.parent,)
    for owner in owners:
        count = work.org.store.execute(
            f'SELECT count(*) FROM "{work.org.schema.sobject(owner).name}" WHERE "{old.name}" IS NOT NULL'  # noqa: S608
        ).fetchone()[0]
        if count:
            raise refuse("Cannot change type due to existing data", item.element)


def undo_field(work: Work, item: Item, before: FieldDef | None, stored: bytes | None) -> None:
    """Take back a field whose formula turned out wrong."""
    schema = work.org.schema
    if before is None:
        schema.remove_field(item.parent, item.name)
        work.components.remove("CustomField", item.full_name)
        return
    schema.replace_field(item.parent, before)
    if stored is not None:
        work.components.put("CustomField", item.full_name, item.file_name, stored, work.user_id)


def put_list_view(work: Work, item: Item) -> Saved:
    """A list view: label, scope and filters on fields that exist."""
    node = item.element
    if not work.org.schema.has(item.parent):
        raise refuse(f"no CustomObject named {item.parent} found")
    for name in ("label", "filterScope"):
        if xml.text(node, name) is None:
            raise refuse(f"Required field is missing: {name}")
    scope = str(xml.text(node, "filterScope"))
    # nobody owns records of an object without an owner, so nothing is "mine" there ([inferred] reference 7.6)
    if scope not in _SCOPES or (scope in _OWNED and not work.org.schema.sobject(item.parent).has("OwnerId")):
        raise refuse(f"Invalid scope:{scope}, not allowed", xml.kid(node, "filterScope"))
    if scope == "Queue" and xml.text(node, "queue") is None:
        raise refuse("Required field is missing: queue")
    check_list_view(work.org.schema.sobject(item.parent), node)
    return work.keep(item, body=xml.printed(normal_plain(node)))


def put_validation_rule(work: Work, item: Item) -> Saved:
    """A validation rule with a formula the org can evaluate."""
    from provisioner.emulator.salesforce.automation.formula import FormulaError

    node = item.element
    if not work.org.schema.has(item.parent):
        raise refuse(f"no CustomObject named {item.parent} found")
    if not is_api_name(item.name):
        raise refuse(f"The validation rule name {item.name} is not a valid API name.")
    try:
        work.org.automation.check_formula(
            str(xml.text(node, "errorConditionFormula")), item.parent, "Checkbox", "validation"
        )
    except FormulaError as error:
        raise refuse(str(error), xml.kid(node, "errorConditionFormula")) from error
    return work.keep(item, body=xml.printed(normal_plain(node)))


def whole_object(components: Components, name: str) -> etree._Element:
    """`objects/X.object` as retrieved with CustomObject X: the shell and its children but record types, by name."""
    shell = components.get("CustomObject", name)
    root = xml.copy_of(shell.root) if shell else xml.new_root("CustomObject")
    for kind, element in _PLAIN_CHILDREN:
        for child in components.below(kind, name):
            root.append(renamed(child.root, element))
    xml.sort_children(root)
    return root


def renamed(node: etree._Element, name: str) -> etree._Element:
    """A copy of an element under another name."""
    out = xml.new_root(name)
    out.extend([xml.copy_of(child) for child in xml.kids(node)])
    return out

"""Permission sets: what a deployed one leaves out is switched off ([docs] reference/salesforce.md 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.normalise import normal_permission_set
from provisioner.emulator.salesforce.metadata.problems import Problem, Refused, limit, refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.rows import Compare
from provisioner.emulator.salesforce.state.schema import FieldDef
from provisioner.emulator.salesforce.state.user_permissions import FIELDS, USER_PERMISSIONS

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

MODELLED = frozenset((
    "classAccesses", "customMetadataTypeAccesses", "description", "fieldPermissions", "flowAccesses",
    "hasActivationRequired", "label", "objectPermissions", "userPermissions", "fullName",
))  # fmt: skip
# Each object permission and those it needs.
_NEEDS: dict[str, tuple[str, ...]] = {
    "allowCreate": ("allowRead",), "allowEdit": ("allowRead",), "allowDelete": ("allowRead", "allowEdit"),
    "viewAllRecords": ("allowRead",), "modifyAllRecords": ("allowRead", "allowEdit", "allowDelete", "viewAllRecords"),
}  # fmt: skip
_WORDS = {"allowCreate": "Create", "allowEdit": "Edit", "allowDelete": "Delete", "allowRead": "Read",
          "viewAllRecords": "ViewAllRecords", "modifyAllRecords": "ModifyAllRecords"}  # fmt: skip


def put_permission_set(work: Work, item: Item) -> Saved:
    """Save a permission set and make the FieldPermissions rows equal to the file."""
    node = item.element
    if not is_api_name(item.full_name, 80):
        raise refuse(f"The permission set name {item.full_name} is not a valid API name.")
    limit(node, "label", 80)
    limit(node, "description", 255)
    for child in xml.kids(node):
        if xml.local(child) not in MODELLED:
            raise unmodelled(f"{xml.local(child)} of a PermissionSet", child)
    problems = [problem for entry in xml.kids(node, "fieldPermissions") for problem in _field_problems(work, entry)]
    problems += [problem for entry in xml.kids(node, "objectPermissions") for problem in _object_problems(work, entry)]
    problems += _other_problems(work, node)
    if problems:
        raise Refused(*problems)
    row_id = work.upsert("PermissionSet", "Name", item.full_name, {
        "Label": xml.text(node, "label"), "Description": xml.text(node, "description"), "IsCustom": True,
        "IsOwnedByProfile": False, "HasActivationRequired": xml.flag(node, "hasActivationRequired"), "Type": "Regular",
        **_user_permissions(node),
    })  # fmt: skip
    rows_changed = _grant(work, row_id, node) | _grant_objects(work, row_id, node)
    saved = work.keep(item, component_id=row_id, body=xml.printed(normal_permission_set(node)))
    return Saved(saved.id, saved.created, saved.changed or rows_changed)


def _user_permissions(node: etree._Element) -> dict[str, object]:
    """Every user permission as a field of the row: whether the file switches it on."""
    on = {xml.text(entry, "name") for entry in xml.kids(node, "userPermissions") if xml.flag(entry, "enabled")}
    return {field: name in on for name, field in FIELDS.items()}


def _named_field(work: Work, full: str) -> FieldDef | None:
    owner, _, name = full.partition(".")
    return work.org.schema.sobject(owner).get(name) if work.org.schema.has(owner) else None


def _field_problems(work: Work, entry: etree._Element) -> list[Problem]:
    full = str(xml.text(entry, "field"))
    field = _named_field(work, full)
    editable, readable = xml.flag(entry, "editable"), xml.flag(entry, "readable")
    if field is None:
        return [Problem(f"In field: field - no CustomField named {full} found", entry)]
    required = not field.nillable and field.type != "boolean"
    if required:
        return [Problem(f"You cannot deploy to a required field: {full}", entry)]
    if editable and (field.formula is not None or (field.custom and not field.updateable)):
        return [Problem(f"Field {full} cannot be edited", entry)]
    if editable and not readable:
        return [Problem(f"Field {full} cannot be editable without being readable", entry)]
    return []


def _object_problems(work: Work, entry: etree._Element) -> list[Problem]:
    name = str(xml.text(entry, "object"))
    if not work.org.schema.has(name):
        return [Problem(f"In field: object - no CustomObject named {name} found", entry)]
    return [
        Problem(f"Permission {_WORDS[permission]} {name} depends on permission(s): {_WORDS[need]} {name}", entry)
        for permission, needs in _NEEDS.items()
        if xml.flag(entry, permission)
        for need in needs
        if not xml.flag(entry, need)
    ]


def _other_problems(work: Work, node: etree._Element) -> list[Problem]:
    found: list[Problem] = []
    for entry in xml.kids(node, "classAccesses"):
        name = str(xml.text(entry, "apexClass"))
        if work.components.get("ApexClass", name) is None:
            found.append(Problem(f"In field: apexClass - no ApexClass named {name} found", entry))
    for entry in xml.kids(node, "customMetadataTypeAccesses"):
        name = str(xml.text(entry, "name"))
        if not (name.endswith("__mdt") and work.org.schema.has(name)):
            found.append(Problem(f"In field: customMetadataType - no CustomObject named {name} found", entry))
    for entry in xml.kids(node, "flowAccesses"):
        name = str(xml.text(entry, "flow"))
        if not work.components.versions(name):
            found.append(Problem(f"In field: flow - no Flow named {name} found", entry))
    for entry in xml.kids(node, "userPermissions"):
        name = str(xml.text(entry, "name"))
        if name not in USER_PERMISSIONS:
            found.append(Problem(f"Unknown user permission: {name}", entry))
    return found


def _grant(work: Work, parent: str, node: etree._Element) -> bool:
    """Make the FieldPermissions of the set exactly those of the file (entries that grant nothing have no row)."""
    rows, changed = work.org.rows, False
    wanted: dict[str, dict[str, bool]] = {}
    for entry in xml.kids(node, "fieldPermissions"):
        owner, _, name = str(xml.text(entry, "field")).partition(".")
        definition = work.org.schema.sobject(owner)
        if xml.flag(entry, "readable"):
            full = f"{definition.name}.{definition.field(name).name}"
            wanted[full] = {"PermissionsRead": True, "PermissionsEdit": xml.flag(entry, "editable")}
    for row in rows.select("FieldPermissions", Compare("ParentId", "=", parent)):
        values = wanted.pop(str(row["Field"]), None)
        if values is None:
            rows.delete("FieldPermissions", str(row["Id"]))
            changed = True
        elif any(row[name] != value for name, value in values.items()):
            rows.update("FieldPermissions", str(row["Id"]), values, user_id=work.user_id)
            changed = True
    for full, values in wanted.items():
        facts: dict[str, object] = {"ParentId": parent, "SobjectType": full.partition(".")[0], "Field": full}
        rows.insert("FieldPermissions", facts | values, user_id=work.user_id)
        changed = True
    return changed


def _grant_objects(work: Work, parent: str, node: etree._Element) -> bool:
    """Make the ObjectPermissions of the set exactly those of the file."""
    rows, changed = work.org.rows, False
    wanted = {
        work.org.schema.sobject(str(xml.text(entry, "object"))).name: {
            f"Permissions{word}": xml.flag(entry, permission) for permission, word in _WORDS.items()
        }
        for entry in xml.kids(node, "objectPermissions")
        if xml.flag(entry, "allowRead")
    }
    for row in rows.select("ObjectPermissions", Compare("ParentId", "=", parent)):
        values = wanted.pop(str(row["SobjectType"]), None)
        if values is None:
            rows.delete("ObjectPermissions", str(row["Id"]))
            changed = True
        elif any(row[name] != value for name, value in values.items()):
            rows.update("ObjectPermissions", str(row["Id"]), values, user_id=work.user_id)
            changed = True
    for name, values in wanted.items():
        facts: dict[str, object] = {"ParentId": parent, "SobjectType": name}
        rows.insert("ObjectPermissions", facts | values, user_id=work.user_id)
        changed = True
    return changed


def permission_set_file(org: Org, row_id: str, body: etree._Element, asked: set[tuple[str, str]]) -> etree._Element:
    """As retrieved: only permissions for components of the same request; field grants from the rows as they are.

    `asked` holds (type, full name) of everything else in the request; a whole CustomObject stands for its fields.
    """
    root = xml.copy_of(body)
    for entry in xml.kids(root, "fieldPermissions"):
        root.remove(entry)
    for row in org.rows.select("FieldPermissions", Compare("ParentId", "=", row_id)):
        entry = xml.add(root, "fieldPermissions")
        xml.add(entry, "editable", bool(row["PermissionsEdit"]))
        xml.add(entry, "field", str(row["Field"]))
        xml.add(entry, "readable", bool(row["PermissionsRead"]))
    for entry in xml.kids(root):
        if not _asked_for(entry, asked):
            root.remove(entry)
    return normal_permission_set(root)


def _asked_for(entry: etree._Element, asked: set[tuple[str, str]]) -> bool:
    match xml.local(entry):
        case "fieldPermissions":
            full = str(xml.text(entry, "field"))
            owner, _, name = full.partition(".")
            shared = ("CustomField", f"Activity.{name}") in asked and owner in ("Task", "Event")
            return shared or ("CustomField", full) in asked or ("CustomObject", owner) in asked
        case "objectPermissions":
            return ("CustomObject", str(xml.text(entry, "object"))) in asked
        case "classAccesses":
            return ("ApexClass", str(xml.text(entry, "apexClass"))) in asked
        case "customMetadataTypeAccesses":
            return ("CustomObject", str(xml.text(entry, "name"))) in asked
        case "flowAccesses":
            return ("Flow", str(xml.text(entry, "flow"))) in asked
    return True

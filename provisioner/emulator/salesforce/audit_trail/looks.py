"""A component as it stands before and after a change, for what the setup audit trail says of the difference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.state.rows import Compare
from provisioner.emulator.salesforce.state.schema import FieldDef
from provisioner.emulator.salesforce.state.standard import VALUE_SETS

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


@dataclass(frozen=True)
class Look:
    """A component as it stands: its names, the facts that entries are about, and lists that may grow or shrink."""

    label: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    item: FieldDef | None = None
    version: int = 0


def look(org: Org, kind: str, name: str) -> Look | None:
    """A component before or after a change; None when it is not there."""
    match kind:
        case "CustomField" | "StandardValueSet":
            return _look_at_field(org, kind, name)
        case "CustomMetadata":
            return _look_at_record(org, name)
        case "PermissionSet":
            return _look_at_permissions(org, name)
        case "Queue" | "Group":
            return _look_at_group(org, name)
        case "Flow":
            versions = org.metadata.components.versions(name)
            return Look(xml.text(versions[-1].root, "label") or name, version=len(versions)) if versions else None
        case "Settings":
            return _look_at_hours(org) if name == "BusinessHours" else Look(name)
    component = org.metadata.components.get(kind, name)
    if component is None:
        return None
    facts = {tag: xml.text(component.root, tag) for tag in ("active", "errorConditionFormula", "errorMessage")}
    label = xml.text(component.root, "label") or xml.text(component.root, "masterLabel") or name
    return Look(label, facts)


def _look_at_field(org: Org, kind: str, name: str) -> Look | None:
    if kind == "StandardValueSet":
        owner, field_name = VALUE_SETS.get(name, (("", ""),))[0]
    else:
        owner, _, field_name = name.partition(".")
    item = org.schema.sobject(owner).get(field_name) if org.schema.has(owner) else None
    if item is None:
        return None
    component = org.metadata.components.get("CustomField", f"{owner}.{field_name}")
    required = xml.flag(component.root, "required") if component else False
    return Look(owner, {"required": required}, item)


def _look_at_record(org: Org, name: str) -> Look | None:
    type_name, _, record = name.partition(".")
    sobject = f"{type_name}__mdt"
    if not org.schema.has(sobject):
        return None
    found = org.rows.select(sobject, Compare("DeveloperName", "=", record), limit=1)
    if not found:
        return None
    owner = org.schema.sobject(sobject)
    return Look(str(found[0]["MasterLabel"]), {one.label: found[0][one.name] for one in owner.fields if one.custom})


def _look_at_permissions(org: Org, name: str) -> Look | None:
    found = org.rows.select("PermissionSet", Compare("Name", "=", name), limit=1)
    component = org.metadata.components.get("PermissionSet", name)
    if not found or component is None:
        return None
    facts: dict[str, Any] = {}
    for row in org.rows.select("FieldPermissions", Compare("ParentId", "=", found[0]["Id"])):
        owner, _, field_name = str(row["Field"]).partition(".")
        known = org.schema.sobject(owner) if org.schema.has(owner) else None
        item = known.get(field_name) if known else None
        shown = f"{known.label if known else owner}: {item.label if item else field_name}"
        facts[f"fls {shown}"] = "Edit" if row["PermissionsEdit"] else "Read"
    for entry in xml.kids(component.root, "userPermissions"):
        facts[f"user {xml.text(entry, 'name')}"] = xml.flag(entry, "enabled")
    for entry in xml.kids(component.root, "classAccesses"):
        facts[f"class {xml.text(entry, 'apexClass')}"] = xml.flag(entry, "enabled")
    return Look(str(found[0]["Label"]), facts)


def _look_at_group(org: Org, name: str) -> Look | None:
    found = org.rows.select("Group", Compare("DeveloperName", "=", name), limit=1)
    if not found:
        return None
    members = org.rows.select("GroupMember", Compare("GroupId", "=", found[0]["Id"]))
    return Look(str(found[0]["Name"]), {"members": sorted(str(one["UserOrGroupId"]) for one in members)})


def _look_at_hours(org: Org) -> Look:
    stamps = ("LastModifiedDate", "LastModifiedById", "SystemModstamp")
    facts: dict[str, Any] = {}
    for row in org.rows.select("BusinessHours"):
        facts[f"hours {row['Name']}"] = {key: value for key, value in row.items() if key not in stamps}
    for row in org.rows.select("Holiday"):
        facts[f"holiday {row['Name']}"] = {key: value for key, value in row.items() if key not in stamps}
    return Look("BusinessHours", facts)

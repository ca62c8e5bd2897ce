"""Metadata as the org holds it now: names, properties and files, for retrieve, list and read alike.

Queues, notification types, permission grants and business hours are read from their rows, so that what was changed
as data (or by hand, in a real org) shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

from provisioner.emulator.clock import START
from provisioner.emulator.salesforce import kinds, xml
from provisioner.emulator.salesforce.metadata.handlers.conversion import lead_settings_file
from provisioner.emulator.salesforce.metadata.handlers.custom_metadata import record_file
from provisioner.emulator.salesforce.metadata.handlers.flows import active_version, version_file
from provisioner.emulator.salesforce.metadata.handlers.groups import queue_file
from provisioner.emulator.salesforce.metadata.handlers.objects import renamed, whole_object
from provisioner.emulator.salesforce.metadata.handlers.permission_sets import permission_set_file
from provisioner.emulator.salesforce.metadata.handlers.picklists import FLAGGED
from provisioner.emulator.salesforce.metadata.handlers.record_types import record_type_file
from provisioner.emulator.salesforce.metadata.handlers.settings import business_hours_file, flow_settings_file
from provisioner.emulator.salesforce.metadata.normalise import value_element
from provisioner.emulator.salesforce.state.components import Component, Components, FlowVersion
from provisioner.emulator.salesforce.state.rows import Compare
from provisioner.emulator.salesforce.state.standard import VALUE_SETS

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

Asked = set[tuple[str, str]]
# Types whose components are not (only) kept as files: looked up among their entries.
_COMPUTED = frozenset((
    "CustomObject", "Flow", "Queue", "Group", "CustomNotificationType", "PermissionSet", "Settings", "StandardValueSet",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One component as listed. `file_name` is its zip path."""

    type: str
    full_name: str
    file_name: str
    id: str
    created_at: datetime
    created_by: str
    modified_at: datetime
    modified_by: str

    def to_values(self, user_name: Callable[[str], str]) -> dict[str, Any]:
        """FileProperties, dates still datetimes."""
        return {
            "createdById": self.created_by, "createdByName": user_name(self.created_by),
            "createdDate": self.created_at, "fileName": self.file_name, "fullName": self.full_name, "id": self.id,
            "lastModifiedById": self.modified_by, "lastModifiedByName": user_name(self.modified_by),
            "lastModifiedDate": self.modified_at, "manageableState": "unmanaged", "namespacePrefix": None,
            "type": self.type,
        }  # fmt: skip


class Reader:
    """Looks at one org."""

    def __init__(self, org: Org, components: Components) -> None:
        self._org, self._components = org, components

    # -- what there is ------------------------------------------------------------------------------------------------

    def entries(self, kind: str) -> list[Entry]:
        """Every component of a type, by name (EmailTemplate: folders too, as in a wildcard-free listing per folder)."""
        match kind:
            case "CustomObject":
                return [self._object_entry(one.name) for one in self._org.schema if _is_listed(one.name)]
            case "Flow":
                return [self._flow_entry(name) for name in self._components.flow_names()]
            case "Queue" | "Group":
                wanted = "Queue" if kind == "Queue" else "Regular"
                rows = self._org.rows.select("Group", Compare("Type", "=", wanted), [("DeveloperName", "asc")])
                return [self._row_entry(kind, str(row["DeveloperName"]), row) for row in rows if row["DeveloperName"]]
            case "CustomNotificationType":
                rows = self._org.rows.select(kind, order=[("DeveloperName", "asc")])
                return [self._row_entry(kind, str(row["DeveloperName"]), row) for row in rows]
            case "PermissionSet":
                rows = self._org.rows.select(kind, Compare("IsOwnedByProfile", "!=", True), [("Name", "asc")])
                return [self._row_entry(kind, str(row["Name"]), row) for row in rows]
            case "Settings":
                return [self._fixed_entry("Settings", name) for name in kinds.SETTINGS]
            case "StandardValueSet":
                return [self._fixed_entry(kind, name) for name in VALUE_SETS]
        return [self._component_entry(one) for one in self._components.all(kind)]

    def entry(self, kind: str, full_name: str) -> Entry | None:
        """One component, or None. A flow may be named with a version (`Name-2`)."""
        if kind not in _COMPUTED:
            component = self._components.get(kind, full_name)
            return None if component is None else self._component_entry(component)
        found = next((one for one in self.entries(kind) if one.full_name.lower() == full_name.lower()), None)
        if found is None and kind == "Flow" and self._version(full_name) is not None:
            return self._flow_entry(full_name.rpartition("-")[0], full_name)
        return found

    # -- how it reads -------------------------------------------------------------------------------------------------

    def element(self, kind: str, full_name: str, asked: Asked | None = None) -> etree._Element | None:
        """The component's XML as retrieved. `asked`: the rest of the request (None: everything counts as asked)."""
        entry = self.entry(kind, full_name)
        if entry is None:
            return None
        match kind:
            case "CustomObject":
                return self._object(entry.full_name)
            case "RecordType":
                component = self._components.get(kind, entry.full_name)
                everything = _Everything() if asked is None else asked
                return None if component is None else record_type_file(self._org, component, everything)
            case "Flow":
                version = self._version(full_name)
                return None if version is None else version_file(version)
            case "FlowDefinition":
                return self._definition(entry.full_name)
            case "CustomMetadata":
                owner = self._org.schema.sobject(entry.full_name.partition(".")[0] + "__mdt")
                component = self._components.get(kind, entry.full_name)
                return None if component is None else record_file(self._components, owner, component)
            case "PermissionSet":
                return self._permission_set(entry, asked)
            case "Queue":
                return queue_file(self._org, self._org.rows.get("Group", entry.id) or {})
            case "Group":
                return self._group(entry.id)
            case "CustomNotificationType":
                return self._notification_type(entry.id)
            case "Settings":
                return self._settings(entry.full_name)
            case "StandardValueSet":
                return self._standard_value_set(entry.full_name)
            case "Workflow":
                return self._workflow(entry.full_name)
        found = self._components.get(kind, entry.full_name)
        return None if found is None else xml.copy_of(found.root)

    def content(self, kind: str, full_name: str) -> bytes | None:
        """The companion of a content type (Apex body, resource, email text)."""
        found = self._components.get(kind, full_name)
        return found.content if found else None

    def user_name(self, user_id: str) -> str:
        """The display name of a user."""
        row = self._org.rows.get("User", user_id)
        return str(row["Name"]) if row else user_id

    # -- parts --------------------------------------------------------------------------------------------------------

    def _version(self, full_name: str) -> FlowVersion | None:
        versions = self._components.versions(full_name)
        if versions:
            return active_version(versions) or versions[-1]
        flow, dash, number = full_name.rpartition("-")
        found = self._components.versions(flow) if dash and number.isdigit() else []
        return next((one for one in found if one.version_number == int(number)), None)

    def _object(self, name: str) -> etree._Element:
        root = whole_object(self._components, name)
        for one in self._components.below("RecordType", name):
            root.append(renamed(record_type_file(self._org, one, _Everything()), "recordTypes"))
        xml.sort_children(root)
        return root

    def _definition(self, name: str) -> etree._Element:
        root = xml.new_root("FlowDefinition")
        active = active_version(self._components.versions(name))
        if active is not None:
            xml.add(root, "activeVersionNumber", active.version_number)
        return root

    def _permission_set(self, entry: Entry, asked: Asked | None) -> etree._Element:
        component = self._components.get("PermissionSet", entry.full_name)
        body = component.root if component else self._bare_permission_set(entry.id)
        return permission_set_file(self._org, entry.id, body, _Everything() if asked is None else asked)

    def _bare_permission_set(self, row_id: str) -> etree._Element:
        root = xml.new_root("PermissionSet")
        xml.add(root, "label", str((self._org.rows.get("PermissionSet", row_id) or {}).get("Label")))
        return root

    def _group(self, row_id: str) -> etree._Element:
        row, root = self._org.rows.get("Group", row_id) or {}, xml.new_root("Group")
        xml.add(root, "doesIncludeBosses", bool(row.get("DoesIncludeBosses")))
        xml.add(root, "name", str(row.get("Name")))
        return root

    def _notification_type(self, row_id: str) -> etree._Element:
        row = self._org.rows.get("CustomNotificationType", row_id) or {}
        root = xml.new_root("CustomNotificationType")
        xml.add(root, "customNotifTypeName", str(row.get("CustomNotifTypeName")))
        if row.get("Description"):
            xml.add(root, "description", str(row["Description"]))
        xml.add(root, "desktop", bool(row.get("Desktop")))
        xml.add(root, "masterLabel", str(row.get("MasterLabel")))
        xml.add(root, "mobile", bool(row.get("Mobile")))
        return root

    def _settings(self, name: str) -> etree._Element:
        if name == "BusinessHours":
            return business_hours_file(self._org, self._components)
        if name == "LeadConfig":
            return lead_settings_file(self._org)
        return flow_settings_file(self._org)

    def _standard_value_set(self, name: str) -> etree._Element:
        owner, field = VALUE_SETS[name][0]
        root, flagged = xml.new_root("StandardValueSet"), FLAGGED.get(name)
        rows = self._org.rows.select(flagged.sobject) if flagged else []
        with_flag = {row["ApiName"] for row in rows if flagged and row[flagged.field]}
        xml.add(root, "sorted", False)
        for value in self._org.schema.sobject(owner).field(field).picklist:
            node = value_element(value, "standardValue")
            if flagged:
                xml.add(node, flagged.element, value.value in with_flag)
            root.append(node)
        return root

    def _workflow(self, name: str) -> etree._Element:
        root = xml.new_root("Workflow")
        for alert in self._components.below("WorkflowAlert", name):
            root.append(renamed(alert.root, "alerts"))
        return root

    # -- entries ------------------------------------------------------------------------------------------------------

    def _component_entry(self, one: Component) -> Entry:
        return Entry(one.type, one.full_name, one.file_name, one.id, one.created_at, one.created_by,
                     one.modified_at, one.modified_by)  # fmt: skip

    def _row_entry(self, kind: str, name: str, row: dict[str, Any]) -> Entry:
        return Entry(kind, name, kinds.KINDS[kind].path(name), str(row["Id"]), row["CreatedDate"],
                     str(row["CreatedById"]), row["LastModifiedDate"], str(row["LastModifiedById"]))  # fmt: skip

    def _fixed_entry(self, kind: str, name: str) -> Entry:
        component = self._components.get(kind, name)
        if component is not None:
            return self._component_entry(component)
        admin = self._org.admin_id
        return Entry(kind, name, kinds.KINDS[kind].path(name), "", START, admin, START, admin)

    def _object_entry(self, name: str) -> Entry:
        return self._fixed_entry("CustomObject", name)

    def _flow_entry(self, flow: str, shown: str | None = None) -> Entry:
        version = self._version(shown or flow)
        if version is None:
            raise AssertionError(f"The flow {flow} has no version.")
        return Entry("Flow", shown or flow, f"flows/{shown or flow}.flow", version.version_id, version.created_at,
                     version.created_by, version.modified_at, version.modified_by)  # fmt: skip


class _Everything(set[tuple[str, str]]):
    """A request for everything."""

    def __contains__(self, item: object) -> bool:
        return True


def _is_listed(name: str) -> bool:
    """Setup objects and tooling twins are no CustomObject of the Metadata API."""
    return "__" in name or name in ("Lead", "Contact", "Account", "Opportunity", "Task", "Event", "Activity", "User")

"""Report, Dashboard and Folder as objects that SOQL can ask for: rows made from what is deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce import kinds, xml
from provisioner.emulator.salesforce.analytics.dashboards import running_user
from provisioner.emulator.salesforce.state.components import Component
from provisioner.emulator.salesforce.state.standard import make

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

Row = dict[str, Any]
_VIEW = {"setup": True, "createable": False, "updateable": False, "deletable": False}
OBJECTS = (
    make("Report", "Report", "00O",
         "OwnerId reference ->Folder,Organization as Owner\nFolderName string(80)\nIsDeleted boolean ro = false\n"
         "Name string(40)\nDescription string(255)\nDeveloperName string(80)\nNamespacePrefix string(15)\n"
         "LastRunDate datetime\nFormat picklist\n", label_plural="Reports", **_VIEW),
    make("Dashboard", "Dashboard", "01Z",
         "IsDeleted boolean ro = false\nFolderId reference ->Folder,Organization as Folder\nFolderName string(80)\n"
         "Title string(80)\nDeveloperName string(80)\nNamespacePrefix string(15)\nDescription string(255)\n"
         "Type picklist\nRunningUserId reference ->User as RunningUser\n", label_plural="Dashboards", **_VIEW),
    make("Folder", "Folder", "00l",
         "ParentId reference ->Folder as Parent\nName string(80)\nDeveloperName string(80)\nAccessType picklist\n"
         "IsReadonly boolean = false\nType picklist\nNamespacePrefix string(15)\n", label_plural="Folders", **_VIEW),
)  # fmt: skip
_TYPES = {"EmailTemplate": "Email", "Report": "Report", "Dashboard": "Dashboard"}


def register(org: Org) -> None:
    """Add the objects to an org's schema and have them filled before each query; called when an org begins."""
    for definition in OBJECTS:
        if not org.schema.has(definition.name):
            org.schema.add_object(definition)
        org.refreshers[definition.name.lower()] = _refresher(org)


def _refresher(org: Org) -> Callable[[], None]:
    def refresh() -> None:
        # All three at once: reports and dashboards are joined with their folders.
        for definition in OBJECTS:
            org.store.execute(f'DELETE FROM "{definition.name}"')  # noqa: S608
        for kind in kinds.FOLDERS.values():
            for component in org.metadata.components.all(kind):
                name, row = ("Folder", _folder(component)) if "/" not in component.full_name else _held(org, component)
                if row is not None:
                    org.rows.insert(name, row | dict(_stamps(component)))

    return refresh


def _stamps(one: Component) -> Iterator[tuple[str, Any]]:
    yield from (("CreatedDate", one.created_at), ("CreatedById", one.created_by))
    yield from (("LastModifiedDate", one.modified_at), ("LastModifiedById", one.modified_by))
    yield "SystemModstamp", one.modified_at


def _folder(one: Component) -> Row:
    access = xml.text(one.root, "accessType") or "Shared"
    return {"Id": one.id, "Name": xml.text(one.root, "name"), "DeveloperName": one.full_name, "AccessType": access,
            "Type": _TYPES[one.type]}  # fmt: skip


def _held(org: Org, one: Component) -> tuple[str, Row | None]:
    folder, _, name = one.full_name.partition("/")
    holder = org.metadata.components.get(one.type, folder)
    where = holder.id if holder is not None else org.settings.org_id
    label = xml.text(holder.root, "name") if holder is not None else "Public Reports"
    common = {
        "Id": one.id,
        "FolderName": label,
        "DeveloperName": name,
        "Description": xml.text(one.root, "description"),
    }
    if one.type == "Report":
        shown = xml.text(one.root, "format")
        return "Report", common | {"OwnerId": where, "Name": xml.text(one.root, "name"), "Format": shown}
    if one.type == "Dashboard":
        return "Dashboard", common | {
            "FolderId": where, "Title": xml.text(one.root, "title"), "Type": xml.text(one.root, "dashboardType"),
            "RunningUserId": running_user(org, one.root, one.modified_by),
        }  # fmt: skip
    return one.type, None

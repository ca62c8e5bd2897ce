"""Public groups and queues. [docs] reference/salesforce.md 7.1"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.normalise import normal_plain, normal_queue
from provisioner.emulator.salesforce.metadata.problems import limit, refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.rows import And, Compare

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_QUEUEABLE_STANDARD = frozenset(("Lead", "Case", "Task", "Contact", "Opportunity", "Account"))


def _group_row(work: Work, item: Item, kind: str, values: dict[str, object]) -> str:
    """The Group row of this name and kind; both kinds share one set of names."""
    if not is_api_name(item.full_name, 80):
        raise refuse(f"The name {item.full_name} is not a valid API name.")
    found = work.org.rows.select("Group", Compare("DeveloperName", "=", item.full_name), limit=1)
    if not found:
        return work.org.rows.insert(
            "Group", {"DeveloperName": item.full_name, "Type": kind} | values, user_id=work.user_id
        )
    row = found[0]
    if row["Type"] != kind:
        raise refuse(f"DUPLICATE_DEVELOPER_NAME: {item.full_name} is the name of a group of type {row['Type']}")
    if any(row.get(name) != value for name, value in values.items()):
        work.org.rows.update("Group", str(row["Id"]), values, user_id=work.user_id)
    return str(row["Id"])


def put_group(work: Work, item: Item) -> Saved:
    """A public group. Its members are data (GroupMember) and stay as they are."""
    limit(item.element, "name", 40)
    values: dict[str, object] = {
        "Name": xml.text(item.element, "name"),
        "DoesIncludeBosses": xml.flag(item.element, "doesIncludeBosses", default=True),
    }
    row_id = _group_row(work, item, "Regular", values)
    return work.keep(item, component_id=row_id, body=xml.printed(normal_plain(item.element)))


def put_queue(work: Work, item: Item) -> Saved:
    """A queue with its objects; the member list is replaced by the file's ([inferred] 7.1)."""
    node = item.element
    limit(node, "name", 40)
    if xml.kid(node, "queueRoutingConfig") is not None:
        raise unmodelled("queueRoutingConfig of a Queue", xml.kid(node, "queueRoutingConfig"))
    members, objects = _members(work, node), _objects(work, node)
    row_id = _group_row(work, item, "Queue", {
        "Name": xml.text(node, "name"), "Email": xml.text(node, "email"),
        "DoesSendEmailToMembers": xml.flag(node, "doesSendEmailToMembers"),
    })  # fmt: skip
    if xml.kid(node, "queueMembers") is not None:
        _replace(work, "GroupMember", "GroupId", row_id, "UserOrGroupId", members)
    _replace(work, "QueueSobject", "QueueId", row_id, "SobjectType", objects)
    return work.keep(item, component_id=row_id, body=xml.printed(normal_queue(node)))


def _objects(work: Work, node: etree._Element) -> list[str]:
    found = []
    for entry in xml.kids(node, "queueSobject"):
        name = str(xml.text(entry, "sobjectType"))
        queueable = name in _QUEUEABLE_STANDARD or name.endswith("__c")
        if not work.org.schema.has(name) or not queueable:
            raise refuse(f"In field: sobjectType - no CustomObject named {name} found", entry)
        found.append(work.org.schema.sobject(name).name)
    return found


def _members(work: Work, node: etree._Element) -> list[str]:
    members = xml.kid(node, "queueMembers")
    if members is None:
        return []
    for kind in ("roles", "roleAndSubordinates", "roleAndSubordinatesInternal"):
        if xml.kid(members, kind) is not None:
            raise unmodelled(f"{kind} of a Queue", xml.kid(members, kind))
    ids: list[str] = []
    missing: list[str] = []
    for user in (one for block in xml.kids(members, "users") for one in xml.kids(block, "user")):
        found = work.org.rows.select("User", Compare("Username", "=", xml.own_text(user)), limit=1)
        ids.extend(str(row["Id"]) for row in found)
        missing.extend([] if found else [xml.own_text(user)])
    if missing:
        raise refuse(f"Cannot find a user that matches any of the following usernames: {', '.join(missing)}", members)
    for group in (one for block in xml.kids(members, "publicGroups") for one in xml.kids(block, "publicGroup")):
        name = xml.own_text(group)
        where = And(Compare("DeveloperName", "=", name), Compare("Type", "=", "Regular"))
        rows = work.org.rows.select("Group", where, limit=1)
        if not rows:
            raise refuse(f"In field: publicGroup - no Group named {name} found", group)
        ids.append(str(rows[0]["Id"]))
    return ids


def _replace(work: Work, sobject: str, key: str, parent: str, value_field: str, wanted: list[str]) -> None:
    """Make the detail rows of `parent` hold exactly the wanted values."""
    rows = work.org.rows
    present = {str(row[value_field]): str(row["Id"]) for row in rows.select(sobject, Compare(key, "=", parent))}
    for value, row_id in present.items():
        if value not in wanted:
            rows.delete(sobject, row_id)
    for value in dict.fromkeys(wanted):
        if value not in present:
            rows.insert(sobject, {key: parent, value_field: value}, user_id=work.user_id)


def queue_file(org: Org, row: dict[str, Any]) -> etree._Element:
    """The queue as retrieved: from the rows, so that members changed as data show."""
    root, queue_id = xml.new_root("Queue"), str(row["Id"])
    deployed = org.metadata.get("Queue", str(row["DeveloperName"]))
    description = xml.text(deployed.root, "description") if deployed is not None else None
    if description:
        xml.add(root, "description", description)
    xml.add(root, "doesSendEmailToMembers", bool(row.get("DoesSendEmailToMembers")))
    if row.get("Email"):
        xml.add(root, "email", str(row["Email"]))
    xml.add(root, "name", str(row["Name"]))
    users, groups = [], []
    for member in org.rows.select("GroupMember", Compare("GroupId", "=", queue_id)):
        user = org.rows.get("User", str(member["UserOrGroupId"]))
        group = org.rows.get("Group", str(member["UserOrGroupId"]))
        users.extend([str(user["Username"])] if user else [])
        groups.extend([str(group["DeveloperName"])] if group else [])
    if users or groups:
        members = xml.add(root, "queueMembers")
        for names, outer, inner in ((groups, "publicGroups", "publicGroup"), (users, "users", "user")):
            if names:
                block = xml.add(members, outer)
                for name in sorted(names):
                    xml.add(block, inner, name)
    for entry in org.rows.select("QueueSobject", Compare("QueueId", "=", queue_id), [("SobjectType", "asc")]):
        xml.add(xml.add(root, "queueSobject"), "sobjectType", str(entry["SobjectType"]))
    return root

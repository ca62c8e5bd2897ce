"""The setup audit trail of what is changed as data: people, memberships, assignments, grants, hours.

Texts: a public reference of real entries [community]; for business hours [inferred].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from provisioner.emulator.salesforce.audit_trail import trail
from provisioner.emulator.salesforce.state.rows import Row

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_USERS = "Manage Users"
_STAMPS = frozenset(("LastModifiedDate", "LastModifiedById", "SystemModstamp"))
WATCHED = frozenset(
    ("User", "GroupMember", "Group", "PermissionSetAssignment", "FieldPermissions", "BusinessHours", "Holiday")
)


def write(org: Org, sobject: str, before: Row | None, after: Row | None, user_id: str) -> None:
    """Enter what happened to one row of a watched object; `before` or `after` is None when it was not or is gone."""
    for line in _lines(org, sobject, before, after):
        trail.write(org, line, user_id)


def _lines(org: Org, sobject: str, before: Row | None, after: Row | None) -> Iterator[trail.Line]:
    shown = after or before
    if shown is None or (before and after and not _changed(before, after)):
        return
    match sobject:
        case "User":
            yield from _of_user(org, before, shown)
        case "GroupMember":
            group = org.rows.get("Group", shown["GroupId"]) or {}
            yield trail.of_membership(str(group.get("Type")), str(group.get("Name")))
        case "Group":
            yield _of_group(before, after, shown)
        case "PermissionSetAssignment":
            yield _of_assignment(org, shown, assigned=after is not None)
        case "FieldPermissions":
            yield _of_grant(org, before, after, shown)
        case "Holiday":
            verb, action = ("Created", "holiday_insert") if before is None else ("Changed", "holiday_update")
            if after is None:
                verb, action = "Deleted", "holiday_delete"
            yield action, "Holidays", f"{verb} holiday {shown['Name']}"
        case "BusinessHours":
            verb = "Changed" if before else "Created"
            yield f"{verb.lower()}BusinessHours", "Business Hours", f"{verb} business hours {shown['Name']}"


def _changed(before: Row, after: Row) -> bool:
    return any(before[name] != after.get(name) for name in before if name not in _STAMPS)


def _person(org: Org, user_id: object) -> str:
    row = org.rows.get("User", str(user_id)) if user_id else None
    return str(row["Name"]) if row else "null"


def _of_user(org: Org, before: Row | None, now: Row) -> Iterator[trail.Line]:
    name, who = now["Name"], f"{now['Name']} (UserID: [{str(now['Id'])[:15]}])"
    if before is None:
        yield "createduser", _USERS, f"Created new user {name}"
        return
    if before["IsActive"] != now["IsActive"]:
        verb = "Activated" if now["IsActive"] else "Deactivated"
        yield f"{verb.lower()}user", _USERS, f"{verb} user {who}"
    if before["ManagerId"] != now["ManagerId"]:
        was, new = _person(org, before["ManagerId"]), _person(org, now["ManagerId"])
        yield "changedManager", _USERS, f"The manager for user {who} changed from {was} to {new}"
    if before["Email"] != now["Email"]:
        text = f"Changed email for user {who} from {before['Email']} to {now['Email']}"
        yield "changedemail", _USERS, text
    if before["Username"] != now["Username"]:
        text = f"Changed username for {str(now['Id'])[:15]} from {before['Username']} to {now['Username']}"
        yield "changedusername", _USERS, text


def _of_group(before: Row | None, after: Row | None, shown: Row) -> trail.Line:
    queue = shown["Type"] == "Queue"
    word, section, end = ("Queue", "Data Management", "queue") if queue else ("Public Group", "Groups", "group")
    if before is None or after is None:
        verb = "Created" if before is None else "Deleted"
        return f"{verb.lower()}{end}", section, f"{verb} {word} {shown['Name']}"
    changes = ", ".join(
        f"{name} from {before[name]} to {after[name]}"
        for name in ("Name", "DeveloperName", "Email")
        if before[name] != after[name]
    )
    return f"updated{end}", section, f"Updated {word} {shown['Name']}" + (f": Changed {changes}" if changes else "")


def _of_assignment(org: Org, row: Row, *, assigned: bool) -> trail.Line:
    held = org.rows.get("PermissionSet", row["PermissionSetId"]) or {}
    user = org.rows.get("User", row["AssigneeId"]) or {}
    word = "assigned to" if assigned else "unassigned from"
    who = f"{user.get('Name')} (UserID: [{str(row['AssigneeId'])[:15]}])"
    action = "PermSetAssign" if assigned else "PermSetUnassign"
    return action, _USERS, f"Permission set {held.get('Label')}: {word} user {who}"


def _of_grant(org: Org, before: Row | None, after: Row | None, shown: Row) -> trail.Line:
    held = org.rows.get("PermissionSet", shown["ParentId"]) or {}
    owner, _, name = str(shown["Field"]).partition(".")
    definition = org.schema.sobject(owner) if org.schema.has(owner) else None
    item = definition.get(name) if definition else None
    field = f"{definition.label if definition else owner}: {item.label if item else name}"
    return trail.of_grant(str(held.get("Label")), f"fls {field}", _level(before), _level(after))


def _level(row: Row | None) -> str | None:
    if row is None or not row["PermissionsRead"]:
        return None
    return "Edit" if row["PermissionsEdit"] else "Read"

"""Whose leads a user sees where the org keeps them private, and whose leads a user may change.

[docs] Organization-wide defaults: private leads are for their owner and for everybody above the owner's role; whoever
has View All Data, or View All Records of the object, sees all. [docs] Queues: what a private queue holds is for its
members and for everybody above their roles. Sharing rules, teams and records shared one by one are not modelled. [docs]
Data outside of a user's sharing is simply not returned by the API. What a change of a hidden record is answered with is
[community]. Automation does not ask: it runs in the mode of the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.access import Access
from provisioner.emulator.salesforce.state.rows import Row
from provisioner.emulator.salesforce.state.schema import SObjectDef
from provisioner.emulator.salesforce.state.tables import Tables

_SHARED: Final = "Lead"
_HISTORY: Final = "LeadHistory"  # seen by whoever sees the lead
_PRIVATE: Final = "None"
_READ: Final = "Read"
_FOR_ALL: Final = """
SELECT max(max(o."PermissionsViewAllRecords", o."PermissionsModifyAllRecords")), max(o."PermissionsModifyAllRecords")
FROM "ObjectPermissions" o JOIN "PermissionSetAssignment" a ON a."PermissionSetId" = o."ParentId"
WHERE a."AssigneeId" = ? AND o."SobjectType" = ?
"""


class Sharing:
    """Answers per user, read from the rows at every question."""

    def __init__(self, tables: Tables, access: Access) -> None:
        self._tables = tables
        self._access = access

    def visible(self, user_id: str, definition: SObjectDef, table: str) -> str | None:
        """SQL that holds for the rows of `table` (an alias) that the user sees; None when all are seen."""
        if definition.name not in (_SHARED, _HISTORY) or self._default() != _PRIVATE or self._sees_all(user_id):
            return None
        owned = f'"OwnerId" IN ({", ".join(_quoted(one) for one in sorted(self._owners(user_id)))})'
        if definition.name == _SHARED:
            return f"{table}.{owned}"
        return f'{table}."LeadId" IN (SELECT "Id" FROM "{_SHARED}" WHERE {owned})'  # noqa: S608

    def sees(self, user_id: str, definition: SObjectDef, row: Mapping[str, Any]) -> bool:
        """One stored record."""
        if definition.name == _HISTORY:
            lead = self._tables.rows.get(_SHARED, row["LeadId"], deleted=True)
            return lead is None or self.sees(user_id, self._tables.schema.sobject(_SHARED), lead)
        if definition.name != _SHARED or self._default() != _PRIVATE:
            return True
        return self._sees_all(user_id) or row["OwnerId"] in self._owners(user_id)

    def seen(self, user_id: str, definition: SObjectDef, rows: list[Row]) -> list[Row]:
        """Those of the stored records that the user sees."""
        if self.visible(user_id, definition, definition.name) is None:
            return rows
        return [row for row in rows if self.sees(user_id, definition, row)]

    def refusal(self, user_id: str, definition: SObjectDef, record_id: str) -> ApiError | None:
        """Why the user may not change or delete a record; None when that is allowed, or when there is none."""
        if definition.name != _SHARED or self._default() not in (_PRIVATE, _READ) or self._changes_all(user_id):
            return None
        row = self._tables.rows.get(_SHARED, record_id)
        if row is None or row["OwnerId"] in self._owners(user_id):
            return None
        return ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)

    def _default(self) -> str:
        found = self._tables.store.execute('SELECT "DefaultLeadAccess" FROM "Organization"').fetchone()
        return str(found[0])

    def _sees_all(self, user_id: str) -> bool:
        return self._access.holds(user_id, "ViewAllData") or self._granted(user_id)[0]

    def _changes_all(self, user_id: str) -> bool:
        return self._access.holds(user_id) or self._granted(user_id)[1]

    def _granted(self, user_id: str) -> tuple[bool, bool]:
        """View All Records and Modify All Records, by the user's permission sets; a profile counts as one."""
        sees, changes = self._tables.store.execute(_FOR_ALL, (user_id, _SHARED)).fetchone()
        return bool(sees), bool(changes)

    def _owners(self, user_id: str) -> frozenset[str]:
        """Everybody, and every queue, whose leads the user sees."""
        people = {user_id, *self._below(user_id)}
        return frozenset(people | self._groups_of(people))

    def _below(self, user_id: str) -> set[str]:
        """Users in the roles under the user's own; colleagues of the same role are not among them."""
        own = (self._tables.rows.get("User", user_id) or {}).get("UserRoleId")
        if own is None:
            return set()
        above = self._parents()
        under = {role for role in above if own in _chain(above, role)[1:]}
        return {str(row["Id"]) for row in self._tables.rows.select("User") if row["UserRoleId"] in under}

    def _groups_of(self, people: Iterable[str]) -> set[str]:
        """Queues and groups with one of these people in them, by name, by role, or through another group."""
        rows, known = self._tables.rows, set(people)
        above = self._parents()
        roles = {row["UserRoleId"] for row in rows.select("User") if row["Id"] in known and row["UserRoleId"]}
        over = {role for one in roles for role in _chain(above, one)}
        for group in rows.select("Group"):
            by_role = {"Role": roles, "RoleAndSubordinates": over}.get(str(group["Type"]), set())
            if group["Type"] == "Organization" or group["RelatedId"] in by_role:
                known.add(str(group["Id"]))
        members = [(str(row["GroupId"]), str(row["UserOrGroupId"])) for row in rows.select("GroupMember")]
        while more := {group for group, member in members if member in known} - known:
            known |= more
        return known

    def _parents(self) -> dict[str, str | None]:
        return {str(row["Id"]): row["ParentRoleId"] for row in self._tables.rows.select("UserRole")}


def _chain(above: Mapping[str, str | None], role: str) -> list[str]:
    """The role and those above it, from below."""
    found: list[str] = []
    at: str | None = role
    while at is not None and at not in found:
        found.append(at)
        at = above.get(at)
    return found


def _quoted(record_id: str) -> str:
    """An id of the store as an SQL text. Ids are letters and digits; anything else is our own mistake."""
    if not record_id.isalnum():
        raise ValueError(f"{record_id!r} is no id.")
    return f"'{record_id}'"

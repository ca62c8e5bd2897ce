"""What a user with few permissions may do. Users of whom nothing was said may do everything.

What a user holds was said of the user, or comes with a permission set; a profile counts as one ([docs] PermissionSet).

Facts: the Metadata API needs one of two permissions, for reading as well ([docs] reference 1.1), with its refusal in
public logs [community]; `API Enabled`, `View Setup` for the audit trail and permission sets ([docs]); objects without
read access are unknown to SOQL ([docs] 8.3). Which other setup objects need `View Setup` is [inferred].
"""

from __future__ import annotations

from typing import Any, Literal

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.schema import SObjectDef
from provisioner.emulator.salesforce.state.settings import OrgSettings
from provisioner.emulator.salesforce.state.user_permissions import FIELDS
from provisioner.emulator.store import Store

PERMISSIONS = (
    "ApiEnabled", "ViewSetup", "ViewAllData", "ModifyAllData", "ModifyMetadata", "CustomizeApplication", "ManageUsers",
    "AssignPermissionSets",
)  # fmt: skip
LEVELS = ("read", "edit")
_SETUP_ONLY = frozenset((
    "SetupAuditTrail", "PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions",
    "ApexClass", "ApexTrigger", "FlowDefinitionView", "FlowVersionView",
))  # fmt: skip
_WRITERS = {"User": "ManageUsers", "PermissionSetAssignment": "AssignPermissionSets"}
_GRANTED = """
SELECT max(o."PermissionsEdit") FROM "ObjectPermissions" o
JOIN "PermissionSetAssignment" a ON a."PermissionSetId" = o."ParentId"
WHERE a."AssigneeId" = ? AND o."SobjectType" = ?
"""
_GIVEN = """
SELECT max(p."{}") FROM "PermissionSet" p
JOIN "PermissionSetAssignment" a ON a."PermissionSetId" = p."Id" WHERE a."AssigneeId" = ?
"""
_METADATA = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"


def read_access(permissions: Any, objects: Any) -> dict[str, Any]:
    """What a seed says of a user: a list of PERMISSIONS, and object → `read` or `edit`. Raises ValueError."""
    if not isinstance(permissions, list) or (unknown := [one for one in permissions if one not in PERMISSIONS]):
        what = repr(unknown[0]) if isinstance(permissions, list) else repr(permissions)
        raise ValueError(f"'permissions' is a list of {', '.join(PERMISSIONS)}, not {what}.")
    if not isinstance(objects, dict) or (odd := [one for one in objects.values() if one not in LEVELS]):
        what = repr(odd[0]) if isinstance(objects, dict) else repr(objects)
        raise ValueError(f"'objects' says read or edit for each object, not {what}.")
    return {"permissions": list(permissions), "objects": {name.lower(): level for name, level in objects.items()}}


class Access:
    """Answers for users; what they hold is kept in the settings, by user id."""

    def __init__(self, store: Store, settings: OrgSettings) -> None:
        self._store = store
        self._settings = settings

    def holds(self, user_id: str, *permissions: str) -> bool:
        """Has the user one of these permissions? Modify All Data includes View All Data and the Metadata API."""
        return any(self.has(user_id, one) for one in ("ModifyAllData", *permissions))

    def has(self, user_id: str, permission: str) -> bool:
        """Exactly this one of USER_PERMISSIONS; who may change all data may see all data."""
        held = self._settings.access.get(user_id)
        if held is None or permission in held["permissions"] or self._given(user_id, permission):
            return True
        return permission == "ViewAllData" and self.has(user_id, "ModifyAllData")

    def check_api(self, user_id: str, *, soap: bool = False) -> None:
        """Raises ApiError 403 API_DISABLED_FOR_ORG."""
        if not self.has(user_id, "ApiEnabled"):
            which = "API is not enabled for this Organization or Partner" if soap else None
            text = which or "The REST API is not enabled for this Organization."
            raise ApiError("API_DISABLED_FOR_ORG", text, status=403)

    def check_metadata(self, user_id: str) -> None:
        """Raises ApiError 403 INSUFFICIENT_ACCESS."""
        if not self.holds(user_id, "ModifyMetadata"):
            raise ApiError("INSUFFICIENT_ACCESS", _METADATA, status=403)

    def readable(self, user_id: str, definition: SObjectDef) -> bool:
        """May the user see this object at all?"""
        if definition.name in _SETUP_ONLY or definition.name.startswith("tooling."):
            return self.holds(user_id, "ViewSetup")
        if definition.name == "UserLogin":  # [docs] Object Reference, UserLogin
            return self.holds(user_id, "ManageUsers")
        if definition.name.endswith("__mdt"):
            return self.holds(user_id, "ViewSetup", "CustomizeApplication")
        return definition.setup or self.holds(user_id, "ViewAllData") or self._level(user_id, definition) != ""

    def check_write(self, user_id: str, definition: SObjectDef, op: Literal["insert", "update", "delete"]) -> None:
        """Raises ApiError when the user may not change records of this object."""
        if definition.setup or definition.name.endswith("__mdt"):
            allowed = self.holds(user_id, _WRITERS.get(definition.name, "CustomizeApplication"))
        else:
            allowed = self.holds(user_id) or self._level(user_id, definition) == "edit"
        if allowed:
            return
        if op == "insert":
            text = f"entity type cannot be inserted: {definition.label}"
            raise ApiError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text)
        text = "insufficient access rights on object id"
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", text, status=403)

    def _given(self, user_id: str, permission: str) -> bool:
        """By one of the user's permission sets."""
        return bool(self._store.execute(_GIVEN.format(FIELDS[permission]), (user_id,)).fetchone()[0])

    def _level(self, user_id: str, definition: SObjectDef) -> str:
        """`edit`, `read` or "": what was said of the user, or what a permission set gives."""
        held = self._settings.access.get(user_id, {})
        said = str(held.get("objects", {}).get(definition.name.lower(), ""))
        found = self._store.execute(_GRANTED, (user_id, definition.name)).fetchone()[0]
        return said if said == "edit" or found is None else ("edit" if found else "read")

"""The object in which whoever asks finds their own permissions.

[docs] UserPermissionAccess: one field for each permission, as in PermissionSet, for the user who asks: one row,
described and queried only; seen without View Setup. Its id is [inferred]: of an object without stored rows.
"""

from __future__ import annotations

from typing import Final

from provisioner.emulator.salesforce.state.org import Org
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef
from provisioner.emulator.salesforce.state.user_permissions import FIELDS

_OWN: Final = SObjectDef(
    "UserPermissionAccess",
    "User Permission Access",
    "000",
    fields=(
        FieldDef("Id", "User Permission Access ID", "id", length=18, nillable=False, createable=False,
                 updateable=False),
        FieldDef("LastCacheUpdate", "Last Cache Update", "datetime", createable=False, updateable=False),
        *(FieldDef(field, name, "boolean", nillable=False, createable=False, updateable=False)
          for name, field in FIELDS.items()),
    ),
    createable=False,
    updateable=False,
    deletable=False,
    setup=True,
)  # fmt: skip
_ID: Final = "000000000000000AAA"


def register(org: Org) -> None:
    """Add the object to an org's schema and have its row made for whoever asks; called when an org begins."""
    if not org.schema.has(_OWN.name):
        org.schema.add_object(_OWN)

    def refresh(user_id: str) -> None:
        org.store.execute(f'DELETE FROM "{_OWN.name}"')  # noqa: S608
        held = {field: org.access.has(user_id, name) for name, field in FIELDS.items()}
        org.rows.insert(_OWN.name, {"Id": _ID, "LastCacheUpdate": org.now} | held)

    org.personal[_OWN.name.lower()] = refresh

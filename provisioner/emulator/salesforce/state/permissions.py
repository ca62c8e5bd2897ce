"""Field-level security: a custom field is hidden from everyone until a permission set they hold shows it. [docs] 2.5"""

from __future__ import annotations

from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef
from provisioner.emulator.store import Store

_GRANTS = """
SELECT f."Field", max(f."PermissionsRead"), max(f."PermissionsEdit") FROM "FieldPermissions" f
JOIN "PermissionSetAssignment" a ON a."PermissionSetId" = f."ParentId" WHERE a."AssigneeId" = ? GROUP BY f."Field"
"""


class Permissions:
    """Answers per user. Automation in system context does not ask. [docs] 2.5"""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, dict[str, tuple[bool, bool]]] = {}
        self._changes = -1

    def readable(self, user_id: str, definition: SObjectDef, item: FieldDef) -> bool:
        return self._free(definition, item) or self._grant(user_id, definition, item)[0]

    def editable(self, user_id: str, definition: SObjectDef, item: FieldDef) -> bool:
        """May the user write it, as far as field-level security goes?"""
        return self._free(definition, item) or self._grant(user_id, definition, item)[1]

    def visible(self, user_id: str, definition: SObjectDef) -> list[FieldDef]:
        return [item for item in definition.fields if self.readable(user_id, definition, item)]

    def snapshot(self) -> None:
        """Nothing to remember: what is known is read from the store."""

    def restore(self, snapshot: None) -> None:
        """Forget grants that the store has rolled back."""
        self._known.clear()

    @staticmethod
    def _free(definition: SObjectDef, item: FieldDef) -> bool:
        # Required custom fields are never subject to field-level security; custom metadata is configuration.
        exempt = definition.setup or definition.name.endswith("__mdt")
        return not item.custom or exempt or not (item.nillable or item.type == "boolean")

    def _grant(self, user_id: str, definition: SObjectDef, item: FieldDef) -> tuple[bool, bool]:
        return self._grants(user_id).get(f"{definition.name}.{item.name}".lower(), (False, False))

    def _grants(self, user_id: str) -> dict[str, tuple[bool, bool]]:
        changes = self._store.connection.total_changes
        if changes != self._changes:
            self._known.clear()
            self._changes = changes
        if user_id not in self._known:
            found = self._store.execute(_GRANTS, (user_id,)).fetchall()
            grants = {field.lower(): (bool(read), bool(edit)) for field, read, edit in found}
            # Task and Event share their custom fields, and so does a grant on either. [code: sfdx-hardis] 2.5
            for field, grant in list(grants.items()):
                owner, name = field.split(".", 1)
                if owner in ("task", "event", "activity"):
                    for other in ("task", "event"):
                        grants.setdefault(f"{other}.{name}", grant)
            self._known[user_id] = grants
        return self._known[user_id]

"""What becomes of records that point to one that is deleted: emptied, in the way, or deleted with it.

[docs] reference 2.1 for the three; the refusal's text [community]. Emptying runs no automation ([inferred]).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.automation.refusals import SaveRefused
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.rows import Compare, Row
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


def release(org: Org, definition: SObjectDef, record_id: str, delete: Callable[[SObjectDef, Row], Any]) -> None:
    """Settle everything that points to the record by a custom lookup. SaveRefused when something stands in the way."""
    for owner, item in _pointing(org, definition):
        found = org.rows.select(owner.name, Compare(item.name, "=", record_id))
        if found and item.delete_constraint == "Restrict":
            plural = (owner.label_plural or f"{owner.label}s").lower()
            names = ", ".join(str(row.get("Name") or row["Id"]) for row in found[:5])
            text = (
                f"Your attempt to delete {_shown(org, definition, record_id)} could not be completed because it is "
                f"associated with the following {plural}.: {names}"
            )
            raise SaveRefused([ApiError("DELETE_FAILED", text)])
        for row in found:
            if item.delete_constraint == "Cascade":
                delete(owner, {"Id": row["Id"]})
            else:
                org.rows.update(owner.name, str(row["Id"]), {item.name: None})


def _pointing(org: Org, definition: SObjectDef) -> Iterator[tuple[SObjectDef, FieldDef]]:
    for owner in org.schema:
        for item in owner.fields:
            if item.delete_constraint and definition.name in item.reference_to:
                yield owner, item


def _shown(org: Org, definition: SObjectDef, record_id: str) -> str:
    row = org.rows.get(definition.name, record_id) or {}
    return str(row.get("Name") or record_id)

"""Classic email templates: {!Object.Field} filled in from the record, the running user and the org.

Merge fields: [docs] the help page on the merge language of classic templates; `OwnerFullName`, `Link` [community].
Values look as in a flow's texts ([inferred]); a blank field leaves nothing. Formulas are refused when deployed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.state.rows import Row
from provisioner.emulator.salesforce.state.schema import SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.automation.fields import FieldFormulas, Viewer
    from provisioner.emulator.salesforce.state.org import Org

_FIELD = re.compile(r"\{!\s*(.*?)\s*\}", re.DOTALL)
_NAME = re.compile(r"(\w+)\.(\w+)")
_SPECIAL = ("Link", "OwnerFullName")
_OTHERS = ("User", "Organization")


def problems(org: Org, text: str, sobject: str | None = None) -> Iterator[str]:
    """What is wrong with the merge fields of a template; with `sobject`, for an alert of that object."""
    for match in _FIELD.finditer(text):
        named = _NAME.fullmatch(match[1])
        if named is None:
            yield f"NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the merge formula {match[0]}."
            continue
        owner, field = named[1], named[2]
        if not org.schema.has(owner):
            yield f"NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the merge field {match[0]}."
        elif sobject is not None and owner not in (sobject, *_OTHERS):
            yield f"NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model {match[0]} in an alert of {sobject}."
        elif not (org.schema.sobject(owner).has(field) or (field in _SPECIAL and owner not in _OTHERS)):
            yield f"Field {owner}.{field} does not exist. Check spelling."


def merged(org: Org, formulas: FieldFormulas, text: str, definition: SObjectDef, row: Row, viewer: Viewer) -> str:
    """The text with its merge fields filled in; each replaced once."""

    def fill(match: re.Match[str]) -> str:
        owner, _, field = match[1].partition(".")
        if owner == "User":
            reader = org.rows.get("User", viewer.user_id) or {}
            return _shown(formulas, org.schema.sobject("User"), reader, field, viewer)
        if owner == "Organization":
            held = org.rows.get("Organization", org.settings.org_id) or {}
            return _shown(formulas, org.schema.sobject("Organization"), held, field, viewer)
        if not definition.has(field) and field in _SPECIAL:
            return _special(org, field, row)
        return _shown(formulas, definition, row, field, viewer)

    return _FIELD.sub(fill, text)


def _special(org: Org, field: str, row: Row) -> str:
    if field == "Link":
        return f"{org.settings.instance_url}/{row['Id']}"
    owner = org.rows.get("User", row.get("OwnerId")) or org.rows.get("Group", row.get("OwnerId")) or {}
    return str(owner.get("Name") or "")


def _shown(formulas: FieldFormulas, definition: SObjectDef, row: Row, field: str, viewer: Viewer) -> str:
    from provisioner.emulator.salesforce.automation.flow.interview import shown

    path = formulas.path(definition, field)
    value: Any = path.read(viewer, row) if path is not None else None
    return shown(value, viewer.zone)

"""The fields behind the tokens of list views, and the columns that they make.

Custom fields go by their API name, `FULL_NAME` is the name, `CORE.USERS.ALIAS` the owner's ([real]
reference/salesforce.md 7.6). Other tokens are taken for the API name in capitals (`LEAD.LEAD_SOURCE`), which holds for
those of the reference and is [inferred] beyond; one that fits no field is refused by name when the view is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from provisioner.emulator.salesforce.errors import not_modelled
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef

HIDDEN = ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp")  # [docs] example
_OWNER = re.compile(r"CORE\.USERS\.([A-Z_]+)")
_OWNER_FIELDS = {"ALIAS": "Alias", "FULL_NAME": "Name", "FIRST_NAME": "FirstName", "LAST_NAME": "LastName"}
_TEXTS = ("string", "email", "url", "reference")
_SORTED = dict.fromkeys(_TEXTS, ("Z-A", "A-Z")) | {  # [docs] of string, phone and picklist; [inferred] of the rest
    "phone": ("9-0", "0-9"),
    "picklist": ("Low to High", "High to Low"),
}
_UNSORTED = ("longtextarea", "multipicklist", "base64")


@dataclass(frozen=True)
class Column:
    """`path` as SOQL has it (`Owner.Alias`); `item` the field at its end; `held` the field of the object itself."""

    path: str
    label: str
    item: FieldDef
    held: FieldDef
    hidden: bool = False

    @property
    def select_item(self) -> str:
        return f"toLabel({self.path})" if self.item.type == "picklist" else self.path

    def to_json(self, sort_index: int | None) -> dict[str, Any]:
        """An entry of `columns`; `sort_index` is its place in the order, None when it does not sort."""
        up, down = (None, None) if self.hidden else _SORTED.get(self.item.type, (None, None))
        shown = None if self.hidden else sort_index
        return {
            "ascendingLabel": up,
            "descendingLabel": down,
            "fieldNameOrPath": self.path,
            "hidden": self.hidden,
            "label": self.label,
            "selectListItem": self.select_item,
            "sortDirection": None if shown is None else "ascending",
            "sortIndex": shown,
            "sortable": not self.hidden and self.item.type not in _UNSORTED,
            "type": "textarea" if self.item.type == "longtextarea" else self.item.type,
        }


def column_of(owner: SObjectDef, token: str) -> Column:
    """What a token names. ApiError: the emulator does not know a field behind it."""
    if token.endswith("__c") and owner.has(token):
        return _custom(owner.field(token))
    user = _OWNER.fullmatch(token)
    if user is not None and owner.has("OwnerId") and user[1] in _OWNER_FIELDS:
        name = _OWNER_FIELDS[user[1]]
        item = FieldDef(name, name, "string", length=80)
        label = "Owner Alias" if name == "Alias" else f"Owner {name}"
        return Column(f"Owner.{name}", f"{owner.label} {label}", item, owner.field("OwnerId"))
    name = token.rpartition(".")[2]
    wanted = "NAME" if name == "FULL_NAME" else name
    for item in owner.fields:
        if not item.custom and item.type not in ("id", "reference") and _capitals(item.name) == wanted:
            return Column(item.name, item.label, item, item)
    raise not_modelled(f"the list view column {token} of {owner.name}")


def hidden_columns(owner: SObjectDef, shown: list[Column]) -> list[Column]:
    """What every list view selects besides. A date that is shown is not selected twice. [inferred]"""
    there = {column.path for column in shown}
    found = [owner.field(name) for name in HIDDEN if owner.has(name) and name not in there]
    label = {"Id": f"{owner.label} ID"}
    return [Column(item.name, label.get(item.name, item.label), item, item, hidden=True) for item in found]


def _custom(item: FieldDef) -> Column:
    """A lookup shows the name of what it points to. [inferred]"""
    if item.type != "reference":
        return Column(item.name, item.label, item, item)
    end = replace(item, type="string", reference_to=(), relationship_name=None)
    return Column(f"{item.name.removesuffix('__c')}__r.Name", item.label, end, item)


def _capitals(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()

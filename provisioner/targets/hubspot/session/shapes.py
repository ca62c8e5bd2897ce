"""What resources look like between the thinking half and this one.

    Address                              attributes
    PropertyGroup:<object>.<name>        PropertyGroupCreate: name, label, displayOrder?
    Property:<object>.<name>             PropertyCreate: name, label, groupName, type, fieldType, description? …
    List:<key>                           ListCreateRequest: name, objectTypeId, processingType, filterBranch
    Flow:<key>                           flow create request: type, objectTypeId, flowType, name, isEnabled, actions …
    ManualStep:<key>                     anything; live exactly when a person ticked it

`<object>` is the vendor's path word (`contacts`, `leads`); `<key>` is ours and never changes, names may. Bodies are
those of the vendor's create calls ([spec] reference/hubspot.md 2.2, 4.2, 6.5), with references instead of ids
(`targets/hubspot/resolve.py`). `description` is the part a person reads; `isEnabled` is the state wanted at the end.

What `read` returns has the same shape: the vendor's answer without what only the server knows (ids, times, revisions,
who), without our mark, own ids turned back into references. Defaults the server adds are left in: `compare` drops them.
A manual step that was ticked is live with the attributes of the desired step; when the step or what it needs has
changed since, with `{"opened": <why it no longer counts>}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.errors import TargetError
from provisioner.resources import BY_HAND, Address, Resource

GROUP, PROPERTY, LIST, FLOW, STEP = "PropertyGroup", "Property", "List", "Flow", BY_HAND
KINDS = (GROUP, PROPERTY, LIST, FLOW, STEP)
OBJECT = "contacts"  # where nothing else is said
OBJECT_TYPES = {"contacts": "0-1", "companies": "0-2", "deals": "0-3", "tickets": "0-5", "leads": "0-136"}

# [spec] reference/hubspot.md 2.6 and 4.2: what the server adds and moves by itself, never compared, never sent.
SERVER_PROPERTY = frozenset({
    "createdAt", "updatedAt", "createdUserId", "updatedUserId", "archived", "archivedAt", "calculated",
    "hubspotDefined", "modificationMetadata", "sensitiveDataCategories", "dateDisplayHint",
})  # fmt: skip
SERVER_GROUP = frozenset({"archived"})
SERVER_FLOW = frozenset({
    "id", "revisionId", "createdAt", "updatedAt", "crmObjectCreationStatus", "nextAvailableActionId", "uuid",
})  # fmt: skip
LIST_KEYS = ("name", "objectTypeId", "processingType", "filterBranch")


def split(address: Address) -> tuple[str, str]:
    """(`contacts`, `stl_lead_type`) of a property's or group's address. TargetError when it has no object."""
    object, dot, name = address.name.partition(".")
    if not (object and dot and name):
        raise TargetError(f"{address} does not say which object it belongs to (expected OBJECT.NAME).")
    return object, name


def object_of(resources: Iterable[Resource]) -> str:
    """The object that holds the leads of a design: that of its properties."""
    found = {split(resource.address)[0] for resource in resources if resource.address.kind == PROPERTY}
    return min(found, default=OBJECT)


def property_attributes(raw: Mapping[str, Any], description: str) -> dict[str, Any]:
    """A property as it is compared; `description` without our mark."""
    kept = {key: value for key, value in raw.items() if key not in SERVER_PROPERTY and value is not None}
    return {**kept, "description": description}


def group_attributes(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in SERVER_GROUP and value is not None}


def list_attributes(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: raw[key] for key in LIST_KEYS if raw.get(key) is not None}


def flow_attributes(raw: Mapping[str, Any], description: str) -> dict[str, Any]:
    kept = {key: value for key, value in raw.items() if key not in SERVER_FLOW and value is not None}
    return {**kept, "description": description}

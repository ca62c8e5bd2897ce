"""From resources to the bodies of requests: our mark added, references replaced, only what a call accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.errors import Rejected
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.marker import Mark, mark
from provisioner.targets.hubspot.resolve import Reference, is_reference, own_address, references
from provisioner.targets.hubspot.session.state import INTEGER_KEYS, Raw, State

# [spec] reference/hubspot.md 2.2: what can be set only once; 4.2: what a PUT does not know.
IMMUTABLE = ("name", "hasUniqueValue", "dataSensitivity", "externalOptions", "referencedObjectType")
NOT_IN_PUT = ("objectTypeId", "flowType", "dataSources")


def property_body(resource: Resource, note: Mark) -> Raw:
    """PropertyCreate."""
    text = str(resource.attributes.get("description") or "")
    return {**resource.attributes, "description": mark(text, note)}


def property_changes(resource: Resource, live: Raw, note: Mark) -> Raw:
    """PropertyUpdate: what differs, and the description with its new mark. Options are merged, never shortened."""
    body = {
        key: value
        for key, value in resource.attributes.items()
        if key not in IMMUTABLE and key != "options" and live.get(key) != value
    }
    if "options" in resource.attributes:
        body["options"] = merged_options(resource.attributes["options"], live.get("options") or ())
    text = str(resource.attributes.get("description") or "")
    return {**body, "description": mark(text, note)}


def merged_options(ours: Any, live: Any) -> list[Raw]:
    """Ours in our order, then what only the portal has: PATCH replaces the whole list, and records keep the values.

    Two options cannot have one label: an old one whose label ours has taken over (a renamed lead type) shows its value
    besides.
    """
    known = {option["value"] for option in ours}
    labels = {str(option.get("label")).casefold() for option in ours}
    extra = [_apart(_option(option), labels) for option in live if option.get("value") not in known]
    options = [*map(dict, ours), *({**option, "displayOrder": -1} for option in extra)]
    return [{**option, "displayOrder": option.get("displayOrder", place)} for place, option in enumerate(options)]


def _apart(option: Raw, labels: set[str]) -> Raw:
    label = str(option.get("label") or "")
    return {**option, "label": f"{label} ({option.get('value')})"} if label.casefold() in labels else option


def _option(option: Mapping[str, Any]) -> Raw:
    keys = ("label", "value", "description", "hidden")
    return {"hidden": False, **{key: option[key] for key in keys if option.get(key) is not None}}


def with_ids(resource: Resource, state: State) -> Raw:
    """The attributes with ids for references to our own. Rejected while one of them is not there."""

    def walk(value: Any, key: str) -> Any:
        if is_reference(value):
            return _id(value, key, resource.address, state)
        if isinstance(value, Mapping):
            return {name: walk(inner, name) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [walk(inner, key) for inner in value]
        return value

    result: Raw = walk(resource.attributes, "")
    return result


def _id(value: Mapping[str, Any], key: str, used_by: Address, state: State) -> str | int:
    kind, _, name = str(value["$ref"]).partition(":")
    address = own_address(kind, name)
    id = state.id_of(address) if address is not None else None
    if id is None:
        raise Rejected(f"{used_by} refers to {kind}:{name}, which is not there.")
    return int(id) if key in INTEGER_KEYS else id


def own_references(resource: Resource) -> set[Address]:
    """The lists and flows of ours that a resource refers to."""
    found = (own_address(item.kind, item.name) for item in _references(resource))
    return {address for address in found if address is not None}


def _references(resource: Resource) -> list[Reference]:
    return references([resource])


def flow_body(resource: Resource, state: State, note: Mark, *, enabled: bool) -> Raw:
    """A flow's create request; `nextAvailableActionId` is checked by the server ([docs] reference/hubspot.md 4.2)."""
    text = str(resource.attributes.get("description") or "")
    body = with_ids(resource, state)
    numbers = [int(action["actionId"]) for action in body.get("actions") or () if str(action.get("actionId")).isdigit()]
    body["nextAvailableActionId"] = str(max(numbers, default=0) + 1)
    return {**body, "description": mark(text, note), "isEnabled": enabled}


def put_body(body: Raw, revision: str) -> Raw:
    """The same flow as a full replacement of the revision that was read."""
    return {**{key: value for key, value in body.items() if key not in NOT_IN_PUT}, "revisionId": revision}

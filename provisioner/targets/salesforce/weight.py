"""What a change does to data and people in Salesforce. [docs] reference/salesforce.md 1.8, 2, 5"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.planning.diff import differences
from provisioner.planning.plan import Action, Change, Risk

_TEXTS = frozenset({"label", "description", "inlineHelpText", "pluralLabel", "masterLabel"})


_SIZES = ("length", "precision", "scale")


def weigh(change: Change) -> Risk | None:
    """Fields of records hold data, and so do picklist values; metadata types are settings. Labels are cosmetic."""
    if change.action is Action.DELETE:
        return Risk.DATA if _holds_data(change) else Risk.BEHAVIOUR
    if change.action is not Action.UPDATE:
        return None
    if change.address.kind == "CustomField" and loses_values(change):
        return Risk.DATA
    paths = [item.path for item in differences(change)]
    if change.address.kind == "CustomField" and any("valueSet" in path for path in paths):
        return Risk.BEHAVIOUR
    return Risk.COSMETIC if all(path.rpartition(".")[2] in _TEXTS for path in paths) else None


def _holds_data(change: Change) -> bool:
    address = change.address
    if address.kind == "CustomObject":
        return not address.name.endswith("__mdt")
    if address.kind != "CustomField" or address.name.partition(".")[0].endswith("__mdt"):
        return False
    return change.before is None or not change.before.attributes.get("formula")


def loses_values(change: Change) -> bool:
    """Another type, a formula where values were, less room, or a value that is offered no more."""
    assert change.before is not None and change.after is not None, "an update has both sides"
    before, after = change.before.attributes, change.after.attributes
    if before.get("formula"):
        return before.get("type") != after.get("type")
    return bool(
        before.get("type") != after.get("type")
        or after.get("formula")
        or any(_size(after, key) < _size(before, key) for key in _SIZES if key in before and key in after)
        or withdrawn(change)
    )


def withdrawn(change: Change) -> frozenset[str]:
    """The picklist values that are offered no more."""
    assert change.before is not None and change.after is not None, "an update has both sides"
    return frozenset(offered(change.before.attributes)) - frozenset(offered(change.after.attributes))


def _size(attributes: Mapping[str, Any], key: str) -> int:
    text = str(attributes[key])
    return int(text) if text.isascii() and text.isdigit() else 0


def offered(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that a field lists, in its order; none when it is no picklist."""
    values = attributes.get("valueSet")
    inner = values.get("valueSetDefinition") if isinstance(values, Mapping) else None
    listed = inner.get("value") if isinstance(inner, Mapping) else None
    return tuple(str(item.get("fullName")) for item in listed or () if isinstance(item, Mapping))

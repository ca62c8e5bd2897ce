"""What a change does to data and people in Salesforce. [docs] reference/salesforce.md 1.8, 2, 5"""

from __future__ import annotations

from provisioner.planning.diff import differences
from provisioner.planning.plan import Action, Change, Risk

_TEXTS = frozenset({"label", "description", "inlineHelpText", "pluralLabel", "masterLabel"})


def weigh(change: Change) -> Risk | None:
    """Fields of records hold data, and so do picklist values; metadata types are settings. Labels are cosmetic."""
    if change.action is Action.DELETE:
        return Risk.DATA if _holds_data(change) else Risk.BEHAVIOUR
    if change.action is not Action.UPDATE:
        return None
    found = differences(change)
    if change.address.kind == "CustomField" and any(item.path == "type" or "valueSet" in item.path for item in found):
        return Risk.DATA if _loses_values(change) else Risk.BEHAVIOUR
    return Risk.COSMETIC if all(item.path.rpartition(".")[2] in _TEXTS for item in found) else None


def _holds_data(change: Change) -> bool:
    address = change.address
    if address.kind == "CustomObject":
        return not address.name.endswith("__mdt")
    if address.kind != "CustomField" or address.name.partition(".")[0].endswith("__mdt"):
        return False
    return change.before is None or not change.before.attributes.get("formula")


def _loses_values(change: Change) -> bool:
    """Another type, or a value that is offered no more."""
    assert change.before is not None and change.after is not None, "an update has both sides"
    before, after = change.before.attributes, change.after.attributes
    return before.get("type") != after.get("type") or not _values(before) <= _values(after)


def _values(attributes: object) -> set[str]:
    if not isinstance(attributes, dict):
        return set()
    inner = (attributes.get("valueSet") or {}).get("valueSetDefinition") or {}
    return {str(item.get("fullName")) for item in inner.get("value") or () if isinstance(item, dict)}

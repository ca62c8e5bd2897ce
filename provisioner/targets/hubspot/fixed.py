"""What HubSpot fixes when it makes something, and no update changes. [spec] [inferred] reference/hubspot.md 2.2, 4.2"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.planning.plan import Action, Change

_DEFAULTS: dict[str, Any] = {
    "hasUniqueValue": False,
    "externalOptions": False,
    "dataSensitivity": "non_sensitive",
}
_OF_PROPERTIES = ("type", *_DEFAULTS)


def not_changed(change: Change) -> str:
    """What is one thing there and another in the design, and stays so; empty when everything can be brought about."""
    if change.action is not Action.UPDATE or change.before is None or change.after is None:
        return ""
    keys = _OF_PROPERTIES if change.address.kind == "Property" else ("objectTypeId",)
    have, want = change.before.attributes, change.after.attributes
    return "; ".join(_clash(key, have, want) for key in keys if _differ(key, have, want))


def _differ(key: str, have: Mapping[str, Any], want: Mapping[str, Any]) -> bool:
    return key in want and have.get(key, _DEFAULTS.get(key)) not in (want[key], None)


def _clash(key: str, have: Mapping[str, Any], want: Mapping[str, Any]) -> str:
    there = have.get(key, _DEFAULTS.get(key))
    if key != "type":
        return f"its {key} is {there} in HubSpot and {want[key]} in the design, and HubSpot does not change that"
    return (
        f"its type is {_typed(have)} in HubSpot and {_typed(want)} in the design, and HubSpot does not turn the one "
        "into the other"
    )


def _typed(attributes: Mapping[str, Any]) -> str:
    field = attributes.get("fieldType")
    return f"{attributes.get('type')} ({field})" if field else str(attributes.get("type"))

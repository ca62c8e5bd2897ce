"""What a change does to data and people in HubSpot. [docs] reference/hubspot.md 2.2, 2.4, 2.6"""

from __future__ import annotations

from provisioner.planning.diff import differences
from provisioner.planning.plan import Action, Change, Risk

_TEXTS = frozenset({"label", "description", "displayOrder"})


def weigh(change: Change) -> Risk | None:
    """Properties hold data unless they are calculated; an option that goes stays in the portal for the records that
    carry it. Labels and the place on a page are cosmetic."""
    is_property = change.address.kind == "Property"
    if change.action is Action.DELETE:
        calculated = change.before is not None and bool(change.before.attributes.get("calculationFormula"))
        return Risk.DATA if is_property and not calculated else Risk.BEHAVIOUR
    if change.action is not Action.UPDATE:
        return None
    assert change.before is not None and change.after is not None, "an update has both sides"
    before, after = change.before.attributes, change.after.attributes
    if is_property and before.get("type") != after.get("type"):
        return Risk.DATA
    paths = [item.path for item in differences(change)]
    return Risk.COSMETIC if all(path.rpartition(".")[2] in _TEXTS for path in paths) else None

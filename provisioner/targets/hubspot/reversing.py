"""Taking changes back: what no call brings back."""

from __future__ import annotations

from provisioner.planning.plan import Action, Change


def not_restored(change: Change) -> str:
    """A property that is made again holds nothing that can be relied on; workflows and lists forget who was in them."""
    if change.action is not Action.CREATE or change.after is None:
        return ""
    kind, name = change.address.kind, change.address.name
    if kind == "Property" and not change.after.attributes.get("calculationFormula"):
        return f"{name} is made again: what was recorded in it is not brought back."
    if kind == "Flow":
        return f"Workflow {name} is made again: contacts that waited in it have left it."
    return ""

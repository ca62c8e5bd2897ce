"""Taking changes back, and going on with them: what no call brings back, and what lies on the way."""

from __future__ import annotations

from provisioner.planning.plan import Action, Change
from provisioner.resources import Resource


def halfway(change: Change) -> Resource | None:
    """New workflows are made switched off and switched on last; those that go are switched off before."""
    found = change.after if change.action is Action.CREATE else change.before
    if change.action not in (Action.CREATE, Action.DELETE) or found is None or change.address.kind != "Flow":
        return None
    return Resource(found.address, {**found.attributes, "isEnabled": False})


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

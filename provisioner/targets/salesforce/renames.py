"""What Salesforce keeps through a rename: nothing that bears the id, because API names are what it knows things by.

A metadata deployment identifies every component by its full name; deploying another name makes another component
([docs] reference/salesforce.md 1.3). So the old goes and the new comes. Records hold ids of lead types, escalations and
calendars as values, which no deployment rewrites.
"""

from __future__ import annotations

from provisioner.model.design import Design
from provisioner.model.renaming import Rename, before, renames
from provisioner.planning.plan import Remade
from provisioner.targets.base import Renames
from provisioner.targets.salesforce.desire import render
from provisioner.targets.salesforce.names import Names

_FIELDS = {"lead_types": "Lead_Type", "escalation": "Escalation", "business_hours": "Business_Hours"}


def renamed(design: Design) -> Renames:
    """Every rename that anything in the org bears is remade; none moves."""
    now = render(design).resources.keys() if design.was else frozenset()
    found = {}
    for rename in renames(design):
        bearing = frozenset(render(before(design, rename)).resources.keys() - now)
        if bearing:
            found[_remade(rename, Names(design.target.prefix))] = bearing
    return Renames(remade=found)


def _remade(rename: Rename, names: Names) -> Remade:
    if rename.section not in _FIELDS:
        return Remade(rename.old, rename.new, "Salesforce knows it by its API name, which cannot change.", False)
    reason = (
        f"Salesforce knows it by its API name, which cannot change, and leads hold the old id in "
        f"{names.field(_FIELDS[rename.section])}: those with a running clock would get no further alerts, and reports "
        "would count them apart."
    )
    return Remade(rename.old, rename.new, reason, True)

"""What clocks hang on: found in what a plan deletes."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.planning.plan import Action, Change
from provisioner.targets.salesforce.names import Names


def retired(changes: Iterable[Change], prefix: str) -> list[str]:
    """The timers look a lead's type up in its custom metadata record; without the record there is no step to take."""
    stem = f"{Names(prefix).of('Lead_Type')}."
    gone = (item.address for item in changes if item.action is Action.DELETE)
    return sorted(
        address.name.removeprefix(stem)
        for address in gone
        if address.kind == "CustomMetadata" and address.name.startswith(stem)
    )

"""Which lead types' clocks nothing carries on. reference/hubspot.md 4.2"""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.planning.plan import Action, Change

_STEM = "open_"  # the workflow that starts the clock of a lead type; every one has it


def retired(changes: Iterable[Change], prefix: str) -> list[str]:
    """A workflow that goes takes the waiting of the records in it along; its namesakes of other closing times
    (`open_demo.2`) belong to the same lead type."""
    gone = (item.address for item in changes if item.action is Action.DELETE)
    return sorted(
        address.name.removeprefix(_STEM)
        for address in gone
        if address.kind == "Flow" and address.name.startswith(_STEM) and "." not in address.name
    )

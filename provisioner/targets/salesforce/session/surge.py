"""Is the surge on, and since when? Answered from the last look at the org, in no further request.

What a retrieve tells of a component has the date of its last save ([docs] reference/salesforce.md 1.9): turning the
switch saves its record, and so does an apply that deploys the record anew, as it then stands. It is on since that
instant, or longer.
"""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.facts import Surge, Unasked
from provisioner.model.design import Design
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.salesforce import theirs
from provisioner.targets.salesforce.session.soap import Property
from provisioner.targets.salesforce.session.touched import instant

PART, NAME = "surge", "Surge"
PLACE = "Setup, Custom Metadata Types, SLA Switch, Manage Records, Surge, Active"
UNREAD = "The org was not read, so that nothing is known of its switch."
NOTICE = f"The surge is on: clocks that start get its factor times their SLA, until somebody turns it off ({PLACE})."


def address(prefix: str) -> Address:
    """Of the record that people turn."""
    return Address(theirs.KIND, f"{prefix}{theirs.TYPE}.{NAME}")


def notices(live: Iterable[Resource]) -> list[str]:
    """What is worth knowing of the switches that were read."""
    named = (item for item in live if theirs.is_switch(item.address) and item.address.name.endswith(f".{NAME}"))
    return [NOTICE for item in named if theirs.is_on(item)]


def look(design: Design, live: Snapshot | None, seen: Iterable[Property]) -> tuple[Surge | None, tuple[Unasked, ...]]:
    """The switch as it stands, and why nothing is known of it. `live`: what was read of the org for this design; None
    where it was not. What is not there, or could not be read, the plan says."""
    if design.surge is None:
        return None, ()
    if live is None:
        return None, (Unasked(PART, UNREAD),)
    where = address(design.target.prefix)
    switch = live.resources.get(where)
    if switch is None:
        return None, ()
    told = next((item for item in seen if Address(item.kind, item.full_name) == where), None)
    saved = instant(told.changed_at) if told is not None else None
    at = saved.strftime("%Y-%m-%dT%H:%M:%SZ") if saved is not None else ""
    return Surge(theirs.is_on(switch), PLACE, at, told.changed_by if told is not None else ""), ()

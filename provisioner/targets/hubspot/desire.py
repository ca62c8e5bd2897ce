"""A design → the resources of its portal: built, written as the JSON that would be sent, and read back from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from provisioner.diagnostics import Diagnostic, has_errors
from provisioner.model.design import Design
from provisioner.resources import Resource, Snapshot
from provisioner.targets.hubspot.clock import clock_flows
from provisioner.targets.hubspot.limits import RULES
from provisioner.targets.hubspot.lists import lists
from provisioner.targets.hubspot.manual import manual_steps
from provisioner.targets.hubspot.properties import group, properties
from provisioner.targets.hubspot.render import parse, text
from provisioner.targets.hubspot.stamp import stamp_flows
from provisioner.targets.hubspot.timers import timer_flows
from provisioner.targets.hubspot.touches import stage_flow, touch_flow


def desire(design: Design, located: Callable[[str], Any]) -> tuple[Snapshot, list[Diagnostic]]:
    """What the design wants to be in the portal, and what HubSpot would say to it (rules H3xx). The snapshot is empty
    when a rule finds an error. `located(pointer) -> Location`."""
    found = RULES.run(design, located)
    if has_errors(found):
        return Snapshot(), found
    return Snapshot.of(parse(item.address, text(item)) for item in build(design)), found


def build(design: Design) -> Iterator[Resource]:
    """Every resource of the design, each once, nothing that differs from one day to the next."""
    yield group(design)
    yield from properties(design)
    yield from lists(design)
    yield from stamp_flows(design)
    yield from clock_flows(design)
    yield from timer_flows(design)
    yield touch_flow(design)
    yield from stage_flow(design)
    yield from manual_steps(design)

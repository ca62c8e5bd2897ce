"""A design → the resources of its org: built, written as the files that would be deployed, and read back from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from provisioner.diagnostics import Diagnostic, has_errors
from provisioner.model.design import Design
from provisioner.resources import Resource, Snapshot
from provisioner.targets.salesforce.apex import apex
from provisioner.targets.salesforce.fields import lead_fields, metadata_types, permission_set
from provisioner.targets.salesforce.limits import RULES
from provisioner.targets.salesforce.package import artifacts
from provisioner.targets.salesforce.parse import parse_package
from provisioner.targets.salesforce.records import calendars, notification_type, queues, records
from provisioner.targets.salesforce.stamp import stamp_flow
from provisioner.targets.salesforce.timers import timers_flow
from provisioner.targets.salesforce.touches import owner_settled_flow, touch_flows


def desire(design: Design, located: Callable[[str], Any]) -> tuple[Snapshot, list[Diagnostic]]:
    """What the design wants to be in the org, and what Salesforce would say to it (rules S2xx). The snapshot is empty
    when a rule finds an error. `located(pointer) -> Location`."""
    found = RULES.run(design, located)
    if has_errors(found):
        return Snapshot(), found
    return parse_package({item.path: item.content for item in artifacts(render(design))}), found


def render(design: Design) -> Iterator[Resource]:
    """Every component of the design, each once, nothing that differs from one day to the next."""
    yield from lead_fields(design)
    yield from metadata_types(design)
    yield from records(design)
    yield from calendars(design)
    yield from queues(design)
    yield notification_type(design)
    yield permission_set(design)
    yield from apex(design)
    yield stamp_flow(design)
    yield timers_flow(design)
    yield owner_settled_flow(design)
    yield from touch_flows(design)

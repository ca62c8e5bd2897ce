"""The lists that people and reports use, and the one that keeps excluded leads out. [docs] reference/hubspot.md 6.5"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.conditions import groups, kinds
from provisioner.targets.hubspot.filters import Groups, any_of, branch, lately, truth
from provisioner.targets.hubspot.names import Names
from provisioner.targets.hubspot.objects import lead_object


def lists(design: Design) -> Iterator[Resource]:
    names = Names(design.target.prefix)
    status = names.prop("sla_status")
    if design.exclusions:
        kind_of = kinds(design)
        found = [group for item in design.exclusions for group in groups(item.when, kind_of)]
        yield _list(design, "excluded", "excluded from the SLA", found)
    yield _list(design, "running", "clock running", [[any_of(status, ["waiting", "within_sla", "at_risk"])]])
    late = [any_of(status, ["breached", "escalated"]), lately(names.prop("sla_due_at"), 1)]
    yield _list(design, "breached_today", "breached today", [late])
    if design.unmatched.report:
        yield _list(design, "unmatched", "unmapped lead type", [[truth(names.prop("unmatched"), True)]])


def _list(design: Design, key: str, title: str, found: Groups) -> Resource:
    attributes = {
        "name": Names(design.target.prefix).title(title),
        "objectTypeId": lead_object(design).type_id,
        "processingType": "DYNAMIC",
        "filterBranch": branch(found),
    }
    return Resource(Address("List", key), attributes)

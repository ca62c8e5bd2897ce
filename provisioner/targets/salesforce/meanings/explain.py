"""The table of kinds, and whom of the design a change is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from provisioner.model.design import Design
from provisioner.planning.plan import Change
from provisioner.targets.base import Meaning
from provisioner.targets.meaning import explained, step
from provisioner.targets.salesforce.meanings import flows, mail, parts, records, reporting
from provisioner.targets.salesforce.meanings.words import Told
from provisioner.targets.salesforce.names import used_hours

TELLERS: dict[str, Callable[[Told], Iterator[Meaning]]] = {
    "ApexClass": parts.code,
    "ApexTrigger": parts.code,
    "BusinessHours": parts.hours,
    "CustomField": parts.field,
    "CustomMetadata": records.record,
    "CustomNotificationType": parts.notification,
    "CustomObject": parts.object_type,
    "Dashboard": reporting.dashboard,
    "DashboardFolder": reporting.folder,
    "EmailFolder": mail.folder,
    "EmailTemplate": mail.template,
    "Flow": flows.flow,
    "Holiday": parts.holiday,
    "LeadConvertMapping": parts.mapping,
    "ListView": reporting.view,
    "ManualStep": step,
    "PermissionSet": parts.permission_set,
    "Queue": parts.queue,
    "Report": reporting.report,
    "ReportFolder": reporting.folder,
    "ValidationRule": parts.validation_rule,
    "WorkflowAlert": mail.alert,
}


def meanings(change: Change, design: Design) -> list[Meaning]:
    """One per thing that behaves in another way, from what `change` has before to what it has after; never empty."""
    told = Told(change, design)
    about = tuple(_about(told))
    return [replace(meaning, about=about) for meaning in explained(told, TELLERS)]


def _about(told: Told) -> Iterator[str]:
    """The calendar that a resource is, or the recipients."""
    kind, design = told.change.address.kind, told.design
    if kind == "BusinessHours":
        yield from (
            f"business_hours/{item.id}" for item in used_hours(design) if told.names.hours(item.id) == told.name
        )
    elif kind == "Queue":
        yield from (
            f"recipients/{item.id}"
            for item in design.recipients.values()
            if (item.kind, item.value) == ("queue", told.name)
        )

"""Resources and plans for the session's tests; what they contain does not matter to the session."""

from __future__ import annotations

from typing import Any

from scripted_org import ORG_ID

from provisioner.planning.plan import Cause, Change, Plan
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger
from provisioner.targets.salesforce.package import artifacts


def field(name: str, label: str = "x") -> Resource:
    return Resource(Address("CustomField", name), {"label": label, "type": "DateTime"})


def flow(name: str, status: str = "Active") -> Resource:
    return Resource(Address("Flow", name), {"label": name, "processType": "AutoLaunchedFlow", "status": status})


def apex(name: str, body: str = "class X {}") -> Resource:
    return Resource(Address("ApexClass", name), {"apiVersion": "66.0", "body": body, "status": "Active"})


def hours(name: str) -> Resource:
    return Resource(
        Address("BusinessHours", name), {"active": "true", "default": "false", "name": name, "timeZoneId": "UTC"}
    )


def holiday(name: str) -> Resource:
    attributes = {"activityDate": "2026-12-25", "businessHours": ["STL us"], "isRecurring": "false", "name": name}
    return Resource(Address("Holiday", name), attributes)


def record(name: str, **values: str | None) -> Resource:
    rows = [{"field": key, "type": "string", "value": value} for key, value in sorted(values.items())]
    return Resource(Address("CustomMetadata", name), {"label": "x", "protected": "false", "values": rows})


def mdt(name: str) -> Resource:
    return Resource(Address("CustomObject", name), {"label": "x", "pluralLabel": "x", "visibility": "Public"})


def files(*resources: Resource) -> dict[str, bytes]:
    """What a retrieve of these would hold."""
    return {f"unpackaged/{artifact.path}": artifact.content for artifact in artifacts(resources)}


def snapshot(*resources: Resource) -> Snapshot:
    return Snapshot.of(resources)


def ledger_of(*resources: Resource, design: str = "acme") -> Ledger:
    return Ledger(design, {resource.address: resource.fingerprint() for resource in resources}, {"plan": "p1"})


def make_plan(
    create: tuple[Resource, ...] = (),
    update: tuple[Resource, ...] = (),
    delete: tuple[Resource, ...] = (),
    keep: tuple[Resource, ...] = (),
    **more: Any,
) -> tuple[Plan, Ledger]:
    """A plan and the ledger it ends in; `keep` is owned and untouched."""
    changes = [
        *(Change(None, after, Cause.NEW) for after in create),
        *(Change(Resource(after.address, {"was": "other"}), after, Cause.DESIGN) for after in update),
        *(Change(before, None, Cause.ORPHANED) for before in delete),
    ]
    final = ledger_of(*create, *update, *keep)
    settings: dict[str, Any] = {"org": {"id": ORG_ID}, "prefix": "STL"} | more
    plan = Plan(
        changes=tuple(sorted(changes, key=lambda change: change.address)),
        conflicts=(),
        unread=(),
        design="acme",
        design_digest="d",
        tool="provisioner 1",
        created_at="2026-03-02T13:00:00Z",
        fingerprints=final.fingerprints,
        **settings,
    )
    return plan, final

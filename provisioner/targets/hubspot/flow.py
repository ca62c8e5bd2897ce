"""The envelope of a workflow. [docs] reference/hubspot.md 4.2"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.names import Names
from provisioner.targets.hubspot.objects import lead_object


def flow(
    design: Design,
    key: str,
    text: str,
    enrolment: dict[str, Any],
    actions: Sequence[dict[str, Any]],
    *,
    windows: Sequence[dict[str, Any]] = (),
    blocked: Sequence[dict[str, Any]] = (),
    suppressed: Sequence[Any] = (),
) -> Resource:
    """A workflow on the object that holds the leads, wanted enabled. `windows` and `blocked` are in the portal's time
    zone. Only workflows on contacts know suppression lists ([spec] reference/hubspot.md 4.2)."""
    object = lead_object(design)
    contacts_only = {"canEnrollFromSalesforce": False, "suppressionListIds": list(suppressed)}
    attributes = {
        "type": object.flow_type,
        "flowType": "WORKFLOW",
        "objectTypeId": object.type_id,
        "isEnabled": True,
        "name": Names(design.target.prefix).title(key.replace("_", " ")),
        "description": text,
        "startActionId": "1",
        "nextAvailableActionId": str(len(actions) + 1),
        **(contacts_only if object.flow_type == "CONTACT_FLOW" else {}),
        "timeWindows": list(windows),
        "blockedDates": list(blocked),
        "customProperties": {},
        "dataSources": [],
        "enrollmentCriteria": enrolment,
        "actions": list(actions),
    }
    return Resource(Address("Flow", key), attributes)

"""The envelope of a workflow. [docs] reference/hubspot.md 4.2"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.names import OBJECT_TYPES, Names


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
    """A workflow on contacts, wanted enabled. `windows` and `blocked` are in the portal's time zone."""
    attributes = {
        "type": "CONTACT_FLOW",
        "flowType": "WORKFLOW",
        "objectTypeId": OBJECT_TYPES[design.target.object],
        "isEnabled": True,
        "name": Names(design.target.prefix).title(key.replace("_", " ")),
        "description": text,
        "startActionId": "1",
        "nextAvailableActionId": str(len(actions) + 1),
        "canEnrollFromSalesforce": False,
        "suppressionListIds": list(suppressed),
        "timeWindows": list(windows),
        "blockedDates": list(blocked),
        "customProperties": {},
        "dataSources": [],
        "enrollmentCriteria": enrolment,
        "actions": list(actions),
    }
    return Resource(Address("Flow", key), attributes)

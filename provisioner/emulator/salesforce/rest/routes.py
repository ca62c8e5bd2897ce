"""All routes of the data side; paths carry no trailing slash and the version as `66.0`."""

from __future__ import annotations

from starlette.routing import Route

from provisioner.emulator.salesforce.rest import (
    actions,
    collections,
    composite,
    describe,
    information,
    login,
    oauth,
    object_info,
    queries,
    records,
)
from provisioner.emulator.salesforce.state.org import Org


def routes(org: Org) -> list[Route]:
    parts = (information, oauth, login, queries, describe, object_info, actions, collections, composite, records)
    return [route for part in parts for route in part.routes(org)]

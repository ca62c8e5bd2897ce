"""The data side of the vendor's HTTP surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.org import Org


def routes(org: Org) -> list[Route]:
    """All routes of this side; paths carry no trailing slash and the version as `66.0`."""
    from provisioner.emulator.salesforce.analytics import rest as analytics
    from provisioner.emulator.salesforce.bulk import rest as bulk
    from provisioner.emulator.salesforce.rest import (
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

    parts = (
        bulk,
        analytics,
        information,
        oauth,
        login,
        queries,
        describe,
        object_info,
        collections,
        composite,
        records,
    )
    return [route for part in parts for route in part.routes(org)]

"""Everything the metadata side answers: REST deploy, tooling writes, SOAP."""

from __future__ import annotations

from starlette.routing import Route

from provisioner.emulator.salesforce.metadata.surface import rest, soap
from provisioner.emulator.salesforce.state.org import Org


def routes(org: Org) -> list[Route]:
    return [*rest.routes(org), *soap.routes(org)]

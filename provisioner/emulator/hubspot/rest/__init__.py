"""The portal's HTTP interface, one module per area."""

from __future__ import annotations

from provisioner.emulator.hubspot.rest import account, associations, flows, forms, lists, objects, people, properties
from provisioner.emulator.hubspot.rest.calls import Route


def routes() -> list[Route]:
    """Literal paths before those with a name in their place."""
    areas = (account, properties, objects, associations, people, lists, forms, flows)
    return [one for area in areas for one in area.routes()]

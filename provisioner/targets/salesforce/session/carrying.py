"""What is deployed carries over what belongs to the people of the org, as it stands at that moment."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.resources import Resource
from provisioner.targets.salesforce import package, theirs
from provisioner.targets.salesforce.parse import parse_package
from provisioner.targets.salesforce.session.soap import Soap


def carried(soap: Soap, resources: Iterable[Resource]) -> list[Resource]:
    """The same resources, switches as they are in the org. One retrieve when there is a switch among them, else none.

    TargetError when the org does not answer: a switch is never turned by a deployment that could not look at it.
    """
    items = list(resources)
    switches = [item.address for item in items if theirs.is_switch(item.address)]
    if not switches:
        return items
    live = parse_package(soap.retrieve(package.members(switches)).files).resources
    return [theirs.with_theirs(item, live[item.address]) if item.address in live else item for item in items]

"""What is deployed carries over what belongs to the people of the org, as it stands at that moment."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.resources import Address, Resource
from provisioner.targets.salesforce import package, theirs
from provisioner.targets.salesforce.parse import parse_package
from provisioner.targets.salesforce.session.soap import Soap

MAPPING, SETTINGS = "LeadConvertMapping", "LeadConvertSettings"
CONVERSION = frozenset({MAPPING, SETTINGS})


def carried(soap: Soap, resources: Iterable[Resource]) -> list[Resource]:
    """The same resources, switches as they are in the org, and with ours the org's other mappings of the conversion,
    whose file is replaced as a whole. One retrieve when there is one of these among them, else none.

    TargetError when the org does not answer: nothing of theirs is overwritten by a deployment that could not look.
    """
    items = list(resources)
    shared = [item.address for item in items if theirs.is_switch(item.address) or item.address.kind == MAPPING]
    if not shared:
        return items
    live = _live(soap, shared)
    found = [theirs.with_theirs(item, live[item.address]) if item.address in live else item for item in items]
    ours = {item.address for item in items}
    return [*found, *(item for address, item in live.items() if address.kind in CONVERSION and address not in ours)]


def without(soap: Soap, doomed: Iterable[Address]) -> list[Resource]:
    """What is left of the conversion's file without these mappings; nothing when none of them is one.

    TargetError when the org does not answer.
    """
    gone = {address for address in doomed if address.kind == MAPPING}
    if not gone:
        return []
    live = _live(soap, gone)
    left = [item for address, item in live.items() if address.kind in CONVERSION and address not in gone]
    return left or [Resource(Address(SETTINGS, SETTINGS), {})]


def _live(soap: Soap, addresses: Iterable[Address]) -> dict[Address, Resource]:
    return dict(parse_package(soap.retrieve(package.members(addresses)).files).resources)

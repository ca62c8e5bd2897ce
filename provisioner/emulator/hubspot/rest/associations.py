"""Associations between records over HTTP, as far as activities and leads need them. [spec] associations v4"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.crm import activities, records
from provisioner.emulator.hubspot.errors import Json, invalid, missing, unmodelled
from provisioner.emulator.hubspot.rest.calls import Call, Reply, Route, batch, paged, route
from provisioner.emulator.hubspot.rest.objects import LINK, readers, writers
from provisioner.emulator.hubspot.standard import DEFAULT_LINKS, ObjectType, object_type


def _ends(call: Call) -> tuple[ObjectType, Json, ObjectType, str]:
    where, other = call.type, object_type(call.path["other"])
    record = call.portal.record(where.id, call.path["id"])
    if record is None:
        raise missing(f"{where.label} {call.path['id']} does not exist.")
    return where, record, other, call.path["to"]


def _join(call: Call, kind: int) -> None:
    where, record, other, to_id = _ends(call)
    if call.portal.record(other.id, to_id) is None:
        raise missing(f"{other.label} {to_id} does not exist.")
    records.link(call.portal, where.id, record["id"], other.id, to_id, kind)
    for type_id, one in ((where.id, record), (other.id, call.portal.record(other.id, to_id))):
        if one is not None:
            activities.logged(call.portal, type_id, one)


def associate(call: Call) -> Reply:
    where, record, other, to_id = _ends(call)
    kind = DEFAULT_LINKS.get((where.id, other.id))
    if kind is None:
        back = DEFAULT_LINKS.get((other.id, where.id))
        if back is None:
            raise unmodelled(f"associations from {where.plural} to {other.plural}")
        kind = back + 1
    _join(call, kind)
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind}
    return batch(call, [{"from": {"id": record["id"]}, "to": {"id": to_id}, "associationSpec": spec}], [])


def associate_labelled(call: Call) -> Reply:
    where, record, other, to_id = _ends(call)
    fit(call.body, [LINK], call.strict)
    if not call.body:
        raise invalid("At least one association type is needed.")
    for one in call.body:
        _join(call, one["associationTypeId"])
    ends = {"fromObjectTypeId": where.id, "fromObjectId": record["id"], "toObjectTypeId": other.id, "toObjectId": to_id}
    return Reply(201, ends | {"labels": []})


def listing(call: Call) -> Reply:
    where, other = call.type, object_type(call.path["other"])
    record = call.portal.record(where.id, call.path["id"])
    if record is None:
        raise missing(f"{where.label} {call.path['id']} does not exist.")
    found = [
        {"toObjectId": to_id, "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": kind} for kind in kinds]}
        for to_id, kinds in record["links"].get(other.id, {}).items()
        if call.portal.record(other.id, to_id) is not None
    ]
    return Reply(200, paged(call, found, call.count("limit", 500, 500)))


def routes() -> Iterator[Route]:
    base = "/crm/v4/objects/{type}/{id}/associations"
    yield from route("PUT", {"v3": base + "/default/{other}/{to}"}, associate, writers)
    yield from route("PUT", {"v3": base + "/{other}/{to}"}, associate_labelled, writers)
    yield from route("GET", {"v3": base + "/{other}"}, listing, readers, "limit after")

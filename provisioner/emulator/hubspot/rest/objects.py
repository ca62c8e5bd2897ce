"""Records over HTTP: CRUD, batches, search. [spec] reference/hubspot.md 1.5, 6.3, 6.4"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.crm import activities, records, search
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid, missing, unmodelled
from provisioner.emulator.hubspot.rest.calls import Call, Reply, Route, batch, crm, each, paged, route
from provisioner.emulator.hubspot.standard import CONTACT, ENDS, LEAD, OF_COMPANIES, TYPES, USER, object_type
from provisioner.emulator.hubspot.times import show_full

DEFAULTS = {
    CONTACT: ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    LEAD: ("hs_createdate", "hs_lastmodifieddate", "hs_lead_name", "hs_object_id"),
}
LINK = {"associationCategory!": ("HUBSPOT_DEFINED", "USER_DEFINED"), "associationTypeId!": "integer"}
NEW = {
    "properties!": {"*": "any"},
    "associations": [{"to!": {"id!": "any"}, "types!": [LINK]}],
    "objectWriteTraceId": "string",
}
_QUERY = "properties propertiesWithHistory associations archived idProperty"


def _scopes(call: Call, verb: str) -> tuple[str, ...]:
    kind = call.type.id
    if kind == LEAD:
        return (f"crm.objects.leads.{verb}",)
    return (f"crm.objects.users.{verb}",) if kind == USER else (f"crm.objects.contacts.{verb}",)


def readers(call: Call) -> tuple[str, ...]:
    return _scopes(call, "read")


def writers(call: Call) -> tuple[str, ...]:
    return _scopes(call, "write")


def shown(call: Call, record: Json, names: list[str], history: list[str] | None = None) -> Json:
    """The asked properties (blank ones null, unknown ones left out) besides those always given."""
    where = call.type
    always = DEFAULTS.get(where.id, (where.created, where.modified, "hs_object_id"))
    wanted = [name for name in dict.fromkeys([*names, *always]) if call.portal.definition(where.id, name)]
    body: Json = {
        "id": record["id"],
        "properties": {name: record["values"].get(name) for name in wanted},
        "createdAt": show_full(record["created"]),
        "updatedAt": show_full(record["updated"]),
        "archived": record["archived"],
    }
    if record["archived"]:
        body["archivedAt"] = show_full(record["archived_at"])
    if history:
        known = [name for name in history if call.portal.definition(where.id, name)]
        body["propertiesWithHistory"] = {name: _history(record, name) for name in known}
    return body


def _history(record: Json, name: str) -> list[Json]:
    """Newest first. [community]"""
    told = record["history"].get(name, [])
    return [
        {"value": value, "timestamp": show_full(at), "sourceType": kind}
        | ({"sourceId": source} if source else {})
        | ({"sourceLabel": label} if label else {})
        | ({"updatedByUserId": int(source.removeprefix("userId:"))} if source.startswith("userId:") else {})
        for at, value, kind, source, label in reversed(told)
    ]


def _find(call: Call, record_id: str, key: str = "") -> Json:
    """By id, or by the value of a property with unique values. Raises ApiError 404."""
    where = call.type
    if key:
        definition = call.portal.definition(where.id, key)
        if definition is None or not definition["hasUniqueValue"]:
            raise invalid(f"{key} is not a property with unique values.")
        found = records.by_value(call.portal, where, key, record_id)
    else:
        found = call.portal.record(where.id, record_id)
    if found is None:
        raise missing(f"Object not found. objectId are usually numeric. {where.label} {record_id} does not exist.")
    return found


def listing(call: Call) -> Reply:
    archived = call.flag("archived")
    found = [one for one in call.portal.records(call.type.id) if one["archived"] == archived]
    found.sort(key=lambda one: int(one["id"]))
    page = paged(call, found, call.count("limit", 10, 100))
    page["results"] = [_full(call, one) for one in page["results"]]
    return Reply(200, page)


def _full(call: Call, record: Json) -> Json:
    body = shown(call, record, call.names("properties"), call.names("propertiesWithHistory"))
    for name in call.names("associations"):
        other = object_type(name)
        listed = [
            {"id": one, "type": f"{call.type.singular}_to_{other.singular}"}
            for one in records.linked(call.portal, record, other.id)
        ]
        if listed:
            body.setdefault("associations", {})[other.plural] = {"results": listed}
    return body


def _find_archived(call: Call, record_id: str) -> Json:
    found = call.portal.records(call.type.id).get(record_id)
    if found is None or not found["archived"]:
        raise missing(f"{call.type.label} {record_id} does not exist.")
    return found


def _find_either(call: Call, record_id: str) -> Json:
    """Of a batch: living ones, or with `archived=true` archived ones only."""
    if call.flag("archived"):
        return _find_archived(call, record_id)
    return _find(call, record_id, call.body.get("idProperty") or "")


def fetch(call: Call) -> Reply:
    if call.flag("archived"):
        return Reply(200, _full(call, _find_archived(call, call.path["id"])))
    return Reply(200, _full(call, _find(call, call.path["id"], call.one("idProperty"))))


def _links(call: Call, body: Json) -> list[records.Link]:
    links: list[records.Link] = []
    for one in body.get("associations") or []:
        for kind in one["types"]:
            if kind["associationTypeId"] in OF_COMPANIES:
                raise unmodelled("associations to companies")
            end = ENDS.get(kind["associationTypeId"])
            if end is None:
                raise invalid(f"Association type {kind['associationTypeId']} does not exist.")
            to_id = str(one["to"]["id"])
            if call.portal.record(end, to_id) is None:
                raise invalid(f"{TYPES[end].label} {to_id} does not exist.")
            links.append((end, to_id, kind["associationTypeId"]))
    return links


def _create(call: Call, body: Json) -> Json:
    fit(body, NEW, call.strict)
    made = records.create(call.portal, call.type, body["properties"], _links(call, body), records.API)
    activities.logged(call.portal, call.type.id, made)
    return shown(call, made, list(body["properties"]))


def create(call: Call) -> Reply:
    return Reply(201, _create(call, call.body))


def _change(call: Call, record: Json, properties: Json) -> Json:
    records.change(call.portal, call.type, record, properties, records.API)
    activities.logged(call.portal, call.type.id, record)
    return shown(call, record, list(properties))


def update(call: Call) -> Reply:
    fit(call.body, {"properties!": {"*": "any"}}, call.strict)
    found = _find(call, call.path["id"], call.one("idProperty"))
    return Reply(200, _change(call, found, call.body["properties"]))


def archive(call: Call) -> Reply:
    """204, also when it is not there."""
    found = call.portal.record(call.type.id, call.path["id"])
    if found is not None:
        records.archive(call.portal, call.type, found)
    return Reply(204)


def _inputs(call: Call, shape: Json, most: int = 100) -> list[Json]:
    fit(call.body, shape, call.strict)
    inputs: list[Json] = call.body["inputs"]
    if not 1 <= len(inputs) <= most:
        raise invalid(f"A batch holds 1 to {most} inputs, not {len(inputs)}.")
    return inputs


def batch_create(call: Call) -> Reply:
    """Partial success only when every input carries its own objectWriteTraceId. [docs] 1.4"""
    inputs = _inputs(call, {"inputs!": [NEW]})
    traces = {one.get("objectWriteTraceId") for one in inputs} - {None}
    if len(traces) < len(inputs):
        _all_or_none(call, inputs)
        return batch(call, [_create(call, one) for one in inputs], [], made=True)
    results: list[Json] = []
    errors: list[Json] = []
    for number, one in enumerate(inputs):
        try:
            call.fails(number)
            results.append(_create(call, one) | {"objectWriteTraceId": one["objectWriteTraceId"]})
        except ApiError as error:
            trace = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
            errors.append(error.in_batch() | {"context": error.context | trace})
    return batch(call, results, errors, made=True)


def _all_or_none(call: Call, inputs: list[Json]) -> None:
    seen: dict[str, int] = {}
    for number, one in enumerate(inputs):
        call.fails(number)
        wanted = records.checked(call.portal, call.type, one["properties"], {})
        records.unique(call.portal, call.type, wanted, None)
        _links(call, one)
        email = (wanted.get("email") or "").lower() if call.type.id == CONTACT else ""
        if email and seen.setdefault(email, number) != number:
            raise invalid(f"Duplicate email {email} in the inputs of the batch.")


def batch_read(call: Call) -> Reply:
    """Ids that are not there: 207 with one error that names them. History lowers the maximum to 50. [docs] 6.4"""
    shape = {
        "inputs!": [{"id!": "any"}],
        "properties!": ["string"],
        "propertiesWithHistory!": ["string"],
        "idProperty": "string",
    }
    most = 50 if isinstance(call.body, dict) and call.body.get("propertiesWithHistory") else 100
    inputs = _inputs(call, shape, most)
    names, history = call.body["properties"], call.body["propertiesWithHistory"]
    results: list[Json] = []
    absent: list[str] = []
    for number, one in enumerate(inputs):
        call.fails(number)
        try:
            found = _find_either(call, str(one["id"]))
            results.append(shown(call, found, names, history))
        except ApiError as error:
            if error.status != 404:
                raise
            absent.append(str(one["id"]))
    text = f"Could not get some {call.type.label.upper()} objects, they may be deleted or not exist."
    errors = [ApiError(404, "OBJECT_NOT_FOUND", text, context={"ids": absent}).in_batch()] if absent else []
    return batch(call, results, errors)


_CHANGE = {"id!": "any", "properties!": {"*": "any"}, "idProperty": "string", "objectWriteTraceId": "string"}


def batch_update(call: Call) -> Reply:
    def one(body: Json) -> Json:
        found = _find(call, str(body["id"]), body.get("idProperty") or "")
        return _change(call, found, body["properties"])

    return batch(call, *each(call, _inputs(call, {"inputs!": [_CHANGE]}), one))


def batch_upsert(call: Call) -> Reply:
    def one(body: Json) -> Json:
        key = body.get("idProperty") or ""
        if not key:
            raise invalid("idProperty names a property with unique values.")
        try:
            found = _find(call, str(body["id"]), key)
        except ApiError as error:
            if error.status != 404:
                raise
            made = _create(call, {"properties": {key: body["id"]} | body["properties"], "associations": []})
            return made | {"new": True}
        return _change(call, found, body["properties"]) | {"new": False}

    return batch(call, *each(call, _inputs(call, {"inputs!": [_CHANGE]}), one))


def batch_archive(call: Call) -> Reply:
    for one in _inputs(call, {"inputs!": [{"id!": "any"}]}):
        found = call.portal.record(call.type.id, str(one["id"]))
        if found is not None:
            records.archive(call.portal, call.type, found)
    return Reply(204)


def find(call: Call) -> Reply:
    found, total, after = search.run(call.portal, call.type, call.body, call.strict)
    names = call.body.get("properties") or []
    body: Json = {"total": total, "results": [shown(call, one | {"values": values}, names) for one, values in found]}
    if after is not None:
        body["paging"] = {"next": {"after": after}}
    return Reply(200, body)


def routes() -> Iterator[Route]:
    base, one = "/{type}", "/{type}/{id}"
    area = "objects"
    yield from route("POST", crm(area, base + "/search"), find, readers, search=True, exempt=True)
    yield from route("POST", crm(area, base + "/batch/create"), batch_create, writers)
    yield from route("POST", crm(area, base + "/batch/read"), batch_read, readers, "archived")
    yield from route("POST", crm(area, base + "/batch/update"), batch_update, writers)
    yield from route("POST", crm(area, base + "/batch/upsert"), batch_upsert, writers)
    yield from route("POST", crm(area, base + "/batch/archive"), batch_archive, writers)
    yield from route("GET", crm(area, base), listing, readers, _QUERY + " limit after")
    yield from route("POST", crm(area, base), create, writers)
    yield from route("GET", crm(area, one), fetch, readers, _QUERY)
    yield from route("PATCH", crm(area, one), update, writers, "idProperty")
    yield from route("DELETE", crm(area, one), archive, writers)

"""Lists over HTTP. [spec] reference/hubspot.md 6.5"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.errors import Json, invalid, missing
from provisioner.emulator.hubspot.lists import lists
from provisioner.emulator.hubspot.rest.calls import Call, Reply, Route, crm, paged, route
from provisioner.emulator.hubspot.standard import object_type

READ = ("crm.lists.read",)
CREATE = ("crm.lists.write",)
WRITE = ("crm.lists.read crm.lists.write",)  # both
_SEARCH = {
    "additionalProperties": ["string"],
    "count": "integer",
    "listIds": ["string"],
    "objectTypeId": "string",
    "offset": "integer",
    "processingTypes": ["string"],
    "query": "string",
    "sort": "string",
}
_HIDDEN = ("filterBranch", "size", "listPermissions")


def create(call: Call) -> Reply:
    return Reply(200, {"list": lists.create(call.portal, call.body)})


def fetch(call: Call) -> Reply:
    found = lists.find(call.portal, call.path["id"])
    return Reply(200, {"list": lists.shown(call.portal, found, call.flag("includeFilters"))})


def fetch_many(call: Call) -> Reply:
    """Those of `listIds` that there are; without ids none."""
    known = [call.portal.shelves["list"].get(one) for one in call.names("listIds")]
    found = [one for one in known if one is not None and "deletedAt" not in one]
    return Reply(200, {"lists": [lists.shown(call.portal, one, call.flag("includeFilters")) for one in found]})


def by_name(call: Call) -> Reply:
    found = lists.named(call.portal, object_type(call.path["type"]).id, call.path["name"])
    if found is None:
        raise missing(f"List with name {call.path['name']} does not exist.")
    return Reply(200, {"list": lists.shown(call.portal, found, call.flag("includeFilters"))})


def find(call: Call) -> Reply:
    """By name, type and ids; `offset` and `count` (20, at most 500) instead of a cursor."""
    fit(call.body, _SEARCH, call.strict)
    body: Json = call.body
    offset, count = body.get("offset") or 0, body.get("count") or 20
    if not 1 <= count <= 500:
        raise invalid(f"count is a number from 1 to 500, not {count}.")
    words = (body.get("query") or "").lower()
    ids, kinds, where = body.get("listIds"), body.get("processingTypes"), body.get("objectTypeId")
    found = [
        one
        for one in call.portal.shelves["list"]
        if "deletedAt" not in one
        and words in one["name"].lower()
        and (not ids or one["listId"] in ids)
        and (not kinds or one["processingType"] in kinds)
        and (not where or one["objectTypeId"] == where)
    ]
    page = [_result(call, one) for one in found[offset : offset + count]]
    end = offset + len(page)
    return Reply(200, {"lists": page, "offset": end, "hasMore": end < len(found), "total": len(found)})


def _result(call: Call, one: Json) -> Json:
    shown = lists.shown(call.portal, one, with_filters=False)
    extra = {"hs_list_size": str(shown["size"])}
    return {key: value for key, value in shown.items() if key not in _HIDDEN} | {"additionalProperties": extra}


def change_filters(call: Call) -> Reply:
    if call.flag("enrollObjectsInWorkflows"):
        raise invalid(
            "enrollObjectsInWorkflows=true is refused here: enrolling by a change of filters is not modelled."
        )
    fit(call.body, {"filterBranch!": "any"}, call.strict)
    return Reply(200, {"updatedList": lists.change_filters(call.portal, call.path["id"], call.body["filterBranch"])})


def rename(call: Call) -> Reply:
    changed = lists.rename(call.portal, call.path["id"], call.one("listName"))
    return Reply(200, {"updatedList": lists.shown(call.portal, changed, call.flag("includeFilters"))})


def delete(call: Call) -> Reply:
    lists.delete(call.portal, call.path["id"])
    return Reply(204)


def restore(call: Call) -> Reply:
    lists.restore(call.portal, call.path["id"])
    return Reply(204)


def members(call: Call) -> Reply:
    found = lists.members(call.portal, lists.find(call.portal, call.path["id"]))
    return Reply(200, paged(call, found, call.count("limit", 100, 250)) | {"total": len(found)})


def add(call: Call) -> Reply:
    fit(call.body, ["any"], call.strict)
    added, absent = lists.put_in(call.portal, call.path["id"], [str(one) for one in call.body])
    return Reply(200, {"recordsIdsAdded": added, "recordIdsRemoved": [], "recordIdsMissing": absent})


def remove(call: Call) -> Reply:
    fit(call.body, ["any"], call.strict)
    removed = lists.take_out(call.portal, call.path["id"], [str(one) for one in call.body])
    return Reply(200, {"recordsIdsAdded": [], "recordIdsRemoved": removed, "recordIdsMissing": []})


def routes() -> Iterator[Route]:
    area, one = "lists", "/{id}"
    yield from route("POST", crm(area), create, CREATE)
    yield from route("GET", crm(area), fetch_many, READ, "listIds includeFilters")
    yield from route("POST", crm(area, "/search"), find, READ)
    yield from route("GET", crm(area, "/object-type-id/{type}/name/{name}"), by_name, READ, "includeFilters")
    yield from route("GET", crm(area, one), fetch, READ, "includeFilters")
    yield from route("DELETE", crm(area, one), delete, WRITE)
    yield from route("PUT", crm(area, one + "/restore"), restore, WRITE)
    path = one + "/update-list-filters"
    yield from route("PUT", crm(area, path), change_filters, WRITE, "enrollObjectsInWorkflows")
    yield from route("PUT", crm(area, one + "/update-list-name"), rename, WRITE, "listName includeFilters")
    yield from route("GET", crm(area, one + "/memberships"), members, READ, "limit after")
    yield from route("PUT", crm(area, one + "/memberships/add"), add, WRITE)
    yield from route("PUT", crm(area, one + "/memberships/remove"), remove, WRITE)

"""Workflows over HTTP. [spec] reference/hubspot.md 4.1"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.errors import Json, missing
from provisioner.emulator.hubspot.rest.calls import DATED, Call, Reply, Route, batch, each, paged, route
from provisioner.emulator.hubspot.workflows import flows

SCOPES = ("automation",)
_LISTED = ("id", "name", "flowType", "objectTypeId", "isEnabled", "revisionId", "createdAt", "updatedAt", "uuid")


def listing(call: Call) -> Reply:
    found = sorted(call.portal.shelves["flow"], key=lambda one: int(one["id"]))
    page = paged(call, found, call.count("limit", 100, 100))
    page["results"] = [{key: one[key] for key in _LISTED if key in one} for one in page["results"]]
    return Reply(200, page)


def create(call: Call) -> Reply:
    made = flows.create(call.portal, call.body)
    return Reply(201, made, {"Location": f"{call.url}/{made['id']}"})


def fetch(call: Call) -> Reply:
    return Reply(200, flows.find(call.portal, call.path["id"]))


def replace(call: Call) -> Reply:
    return Reply(200, flows.replace(call.portal, call.path["id"], call.body))


def delete(call: Call) -> Reply:
    flows.delete(call.portal, call.path["id"])
    return Reply(204)


def batch_read(call: Call) -> Reply:
    fit(call.body, {"inputs!": [{"flowId!": "string", "type!": ("FLOW_ID",)}]}, call.strict)

    def one(body: Json) -> Json:
        return flows.find(call.portal, body["flowId"])

    return batch(call, *each(call, call.body["inputs"], one))


def revision(call: Call) -> Reply:
    found = call.portal.shelves["revision"].get(f"{call.path['id']}/{call.path['revision']}")
    if found is None:
        raise missing(f"Flow {call.path['id']} has no revision {call.path['revision']}.")
    body = {"id": found["id"], "revisionId": found["revisionId"], "revisionCreatedAt": found["updatedAt"]}
    return Reply(200, body | {"flow": found})


def routes() -> Iterator[Route]:
    beta = f"/automation/{DATED}-beta/flows"
    base = {"v3": "/automation/v4/flows", DATED: beta}
    one = {key: path + "/{id}" for key, path in base.items()}
    yield from route("POST", {key: path + "/batch/read" for key, path in base.items()}, batch_read, SCOPES)
    yield from route("GET", base, listing, SCOPES, "limit after")
    yield from route("POST", base, create, SCOPES, exempt=True)
    yield from route("GET", one, fetch, SCOPES)
    yield from route("PUT", one, replace, SCOPES, exempt=True)
    yield from route("DELETE", one, delete, SCOPES)
    yield from route("GET", {DATED: beta + "/{id}/revisions/{revision}"}, revision, SCOPES)

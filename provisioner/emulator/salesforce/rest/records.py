"""Records one at a time: create, read, change, upsert, delete, and the body of a blob."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.errors import ApiError, not_found, not_modelled
from provisioner.emulator.salesforce.ids import is_id
from provisioner.emulator.salesforce.rest.common import (
    DATA,
    Refused,
    authenticate,
    body_of,
    object_named,
    ordered_failure,
)
from provisioner.emulator.salesforce.rest.writing import auto_assign, prepare, record_json, save, save_one
from provisioner.emulator.salesforce.state.rows import Compare, Row
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef
from provisioner.emulator.salesforce.state.values import coerce

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

# What may follow an object's name instead of an id or a field ([docs] REST guide, resources list), in lower case.
_RESOURCES = frozenset(
    {
        "approvallayouts",
        "compactlayouts",
        "deleted",
        "describe",
        "listviews",
        "quickactions",
        "relevantitems",
        "updated",
    }
)


def routes(org: Org) -> list[Route]:
    every = ["GET", "PATCH", "DELETE"]
    return [
        Route(f"{DATA}/sobjects/{{sobject}}", partial(create, org), methods=["POST"]),
        Route(f"{DATA}/sobjects/{{sobject}}/{{id}}", partial(record, org), methods=every),
        Route(f"{DATA}/sobjects/{{sobject}}/{{field}}/{{value}}", partial(by_parts, org), methods=every),
    ]


async def create(org: Org, request: Request) -> Response:
    user_id = authenticate(org, request)
    definition = object_named(org, request.path_params["sobject"], user_id)
    row = prepare(org, user_id, definition, await body_of(request), "insert")
    ordered_failure(request, 0)
    result = save_one(org, "insert", definition, row, user_id=user_id, assign=auto_assign(request))
    return JSONResponse({"id": result.id, "success": True, "errors": []}, status_code=201)


async def record(org: Org, request: Request) -> Response:
    user_id = authenticate(org, request)
    definition = object_named(org, request.path_params["sobject"], user_id)
    _refuse_resource(request, request.path_params["id"])
    row = existing(org, definition, request.path_params["id"])
    if request.method == "GET":
        _check_shared(org, user_id, definition, row)
        return _shown(org, request, user_id, definition, row)
    ordered_failure(request, 0)
    if request.method == "DELETE":
        save_one(org, "delete", definition, {"Id": row["Id"]}, user_id=user_id)
    else:
        values = prepare(org, user_id, definition, await body_of(request), "update")
        assign = auto_assign(request)
        save_one(org, "update", definition, {"Id": row["Id"]} | values, user_id=user_id, assign=assign)
    return Response(status_code=204)


async def blob(org: Org, request: Request) -> Response:
    user_id = authenticate(org, request)
    definition = object_named(org, request.path_params["sobject"], user_id)
    row = existing(org, definition, request.path_params["id"])
    _check_shared(org, user_id, definition, row)
    item = definition.get(request.path_params["field"])
    if item is None or item.type != "base64" or row[item.name] is None:
        raise not_found()
    return Response(base64.b64decode(row[item.name]), media_type="application/octetstream")


async def external(org: Org, request: Request) -> Response:
    user_id = authenticate(org, request)
    definition = object_named(org, request.path_params["sobject"], user_id)
    _refuse_resource(request, request.path_params["field"])
    item = _external_id(org, user_id, definition, request.path_params["field"])
    value = coerce(item, request.path_params["value"])
    found = org.rows.select(definition.name, Compare(item.name, "=", value))
    if request.method == "GET":
        found = [row for row in found if org.sharing.sees(user_id, definition, row)]
    if len(found) > 1:
        base = f"/services/data/v{request.path_params['version']}/sobjects/{definition.name}"
        return JSONResponse([f"{base}/{row['Id']}" for row in found], status_code=300)
    if request.method == "PATCH":
        return await _upsert(org, request, user_id, definition, {item.name: value}, found)
    if not found:
        raise not_found()
    if request.method == "GET":
        return _shown(org, request, user_id, definition, found[0])
    save_one(org, "delete", definition, {"Id": found[0]["Id"]}, user_id=user_id)
    return Response(status_code=204)


async def by_parts(org: Org, request: Request) -> Response:
    """`X/{id}/Body` and `X/{external id field}/{value}` look alike; a record id in the middle decides."""
    if is_id(request.path_params["field"]) and request.method == "GET":
        request.path_params.update({"id": request.path_params["field"], "field": request.path_params["value"]})
        return await blob(org, request)
    return await external(org, request)


def _refuse_resource(request: Request, name: str) -> None:
    """Layouts, list views and the like: named, lest they look like a record that is missing."""
    if name.lower() in _RESOURCES:
        raise not_modelled(f"{request.method} {request.url.path}")


def existing(org: Org, definition: SObjectDef, record_id: str) -> Row:
    """Raises ApiError: NOT_FOUND, or ENTITY_IS_DELETED for what lies in the recycle bin."""
    row = org.rows.get(definition.name, record_id, deleted=True)
    if row is None:
        text = "The requested resource does not exist"
        if not is_id(record_id):
            text = f"Provided external ID field does not exist or is not accessible: {record_id}"
        raise not_found(text)
    if row.get("IsDeleted"):
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return row


def _check_shared(org: Org, user_id: str, definition: SObjectDef, row: Row) -> None:
    """Raises ApiError NOT_FOUND for a record that is not shared with the user. [inferred]"""
    if not org.sharing.sees(user_id, definition, row):
        raise not_found()


def _shown(org: Org, request: Request, user_id: str, definition: SObjectDef, row: Row) -> Response:
    wanted = request.query_params.get("fields")
    names = [name.strip() for name in wanted.split(",")] if wanted else None
    base = f"/services/data/v{request.path_params['version']}"
    return JSONResponse(record_json(org, user_id, definition, row, base, names))


def _external_id(org: Org, user_id: str, definition: SObjectDef, name: str) -> FieldDef:
    item = definition.get(name)
    usable = item is not None and (item.external_id or item.type == "id")
    if item is None or not usable or not org.permissions.readable(user_id, definition, item):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return item


async def _upsert(
    org: Org, request: Request, user_id: str, definition: SObjectDef, key: Row, found: list[Row]
) -> Response:
    """201 when created, 200 when updated; both say which."""
    body = await body_of(request)
    assign = auto_assign(request)
    if found:
        row = {"Id": found[0]["Id"]} | prepare(org, user_id, definition, body, "update")
        result = save(org, "update", definition, [row], user_id=user_id, assign=assign)[0]
    else:
        row = prepare(org, user_id, definition, body, "insert") | {k: v for k, v in key.items() if k != "Id"}
        result = save(org, "insert", definition, [row], user_id=user_id, assign=assign)[0]
    if not result.success:
        raise Refused(result.errors)
    answer: dict[str, Any] = {"id": result.id, "success": True, "errors": [], "created": not found}
    return JSONResponse(answer, status_code=200 if found else 201)

"""composite/sobjects: up to 200 records in one request, in order, optionally all or none."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.errors import ApiError, SaveResult, not_modelled
from provisioner.emulator.salesforce.ids import normal_id
from provisioner.emulator.salesforce.rest.common import DATA, authenticate, body_of, object_named, ordered_failure
from provisioner.emulator.salesforce.rest.writing import auto_assign, prepare, record_json, save
from provisioner.emulator.salesforce.state.engines import Operation
from provisioner.emulator.salesforce.state.rows import Row
from provisioner.emulator.salesforce.state.schema import SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

MOST = 200
_UNDONE = "Record rolled back because not all records were valid and the request was using AllOrNone header"


class _Undo(Exception):
    """Ends the transaction of an all-or-none request in which a record failed."""


def routes(org: Org) -> list[Route]:
    async def write(request: Request) -> Response:
        user_id = authenticate(org, request)
        body = await body_of(request)
        records = body.get("records")
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise ApiError("JSON_PARSER_ERROR", "'records' must be a list of objects")
        if request.method == "PUT":
            raise not_modelled("PUT composite/sobjects")
        op: Operation = "insert" if request.method == "POST" else "update"
        return _answer(org, op, [_typed(one) for one in records], user_id, bool(body.get("allOrNone")), request)

    async def remove(request: Request) -> Response:
        user_id = authenticate(org, request)
        listed = [part for part in request.query_params.get("ids", "").split(",") if part]
        every = request.query_params.get("allOrNone", "false").lower() == "true"
        return _answer(org, "delete", [(_type_of(org, one), {"id": one}) for one in listed], user_id, every, request)

    async def read(request: Request) -> Response:
        user_id = authenticate(org, request)
        definition = object_named(org, request.path_params["sobject"], user_id)
        if request.method == "POST":
            body = await body_of(request)
            listed, names = body.get("ids", []), body.get("fields", [])
        else:
            listed = request.query_params.get("ids", "").split(",")
            names = request.query_params.get("fields", "").split(",")
        base = f"/services/data/v{request.path_params['version']}"
        rows = [org.rows.get(definition.name, one) for one in listed]
        seen = [row if row and org.sharing.sees(user_id, definition, row) else None for row in rows]
        return JSONResponse(
            [record_json(org, user_id, definition, row, base, list(names)) if row else None for row in seen]
        )

    path = f"{DATA}/composite/sobjects"
    return [
        Route(path, write, methods=["POST", "PATCH", "PUT"]),
        Route(path, remove, methods=["DELETE"]),
        Route(f"{path}/{{sobject}}", read, methods=["GET", "POST"]),
    ]


def _typed(record: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    attributes = record.get("attributes")
    if not isinstance(attributes, dict) or not isinstance(attributes.get("type"), str):
        raise ApiError("INVALID_INPUT", "Include the attributes parameter with the type of each record")
    return attributes["type"], {name: value for name, value in record.items() if name != "attributes"}


def _type_of(org: Org, record_id: str) -> str:
    definition = org.schema.by_prefix(record_id)
    return definition.name if definition else ""


def _answer(
    org: Org,
    op: Operation,
    records: list[tuple[str, dict[str, Any]]],
    user_id: str,
    all_or_none: bool,
    request: Request,
) -> Response:
    if len(records) > MOST:
        raise ApiError("EXCEEDED_MAX_SIZE_REQUEST", f"record limit reached. cannot submit more than {MOST} records")
    results: list[SaveResult] = []
    try:
        with org.transaction():
            for sobject, group in groupby(records, key=lambda one: one[0]):
                results += _save_group(org, op, sobject, [body for _, body in group], user_id, (request, len(results)))
            if all_or_none and not all(result.success for result in results):
                raise _Undo
    except _Undo:
        undone = ApiError("ALL_OR_NONE_OPERATION_ROLLED_BACK", _UNDONE)
        results = [SaveResult(None, False, False, [undone]) if one.success else one for one in results]
    return JSONResponse([result.to_json() for result in results])


def _save_group(
    org: Org, op: Operation, sobject: str, bodies: list[dict[str, Any]], user_id: str, at: tuple[Request, int]
) -> list[SaveResult]:
    """Records of one object, from a place in the request on: what cannot be prepared fails on its own, the others
    are saved together."""
    request, first = at
    results: list[SaveResult | None] = []
    rows: list[Row] = []
    try:
        definition = object_named(org, sobject, user_id)
    except ApiError:
        text = f"sObject type '{sobject}' is not supported."
        return [SaveResult(None, False, False, [ApiError("INVALID_TYPE", text)]) for _ in bodies]
    for place, body in enumerate(bodies, first):
        try:
            ordered_failure(request, place)
            rows.append(_row(org, op, definition, body, user_id))
            results.append(None)
        except ApiError as error:
            if error.status == 501:
                raise
            results.append(SaveResult(None, False, False, [error]))
    saved: Iterable[SaveResult] = (
        save(org, op, definition, rows, user_id=user_id, assign=auto_assign(request)) if rows else ()
    )
    remaining = iter(saved)
    return [result or next(remaining) for result in results]


def _row(org: Org, op: Operation, definition: SObjectDef, body: dict[str, Any], user_id: str) -> Row:
    if op == "insert":
        return prepare(org, user_id, definition, body, op)
    key = next((name for name in body if name.lower() == "id"), None)
    record_id = normal_id(str(body[key])) if key else None
    if record_id is None:
        if key is None:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call", ["Id"])
        raise ApiError("MALFORMED_ID", f"malformed id {body[key]}", ["Id"])
    row = org.rows.get(definition.name, record_id, deleted=True)
    if row is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row.get("IsDeleted"):
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted")
    values = {name: value for name, value in body.items() if name != key}
    return {"Id": record_id} | (prepare(org, user_id, definition, values, op) if op == "update" else {})

"""What every REST handler needs: who asks, what was sent, how to answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from provisioner.emulator.faults import Fault
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.schema import SObjectDef
from provisioner.emulator.server import FAILING

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

DATA = "/services/data/v{version}"
_GONE = "The requested resource does not exist"


def user_of_token(org: Org, token: str | None) -> str:
    """The user a session belongs to. Raises ApiError 401 INVALID_SESSION_ID. [docs] 8.3"""
    user_id = org.settings.tokens.get(token or "")
    user = org.rows.get("User", user_id) if user_id else None
    if user is None or not user["IsActive"]:
        raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
    return str(user["Id"])


def authenticate(org: Org, request: Request) -> str:
    """The user id behind `Authorization: Bearer …` (or `OAuth …`).

    Raises ApiError 401 INVALID_SESSION_ID, 403 API_DISABLED_FOR_ORG.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    user_id = user_of_token(org, token.strip() if kind in ("Bearer", "OAuth") else None)
    org.access.check_api(user_id)
    return user_id


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises ApiError 415 for XML, JSON_PARSER_ERROR for anything else that is none."""
    if "xml" in request.headers.get("content-type", ""):
        text = f"Content-Type {request.headers['content-type']} is not supported for this resource"
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", text, status=415)
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        text = f"The HTTP entity body is required, but this request has no valid JSON body: {error}"
        raise ApiError("JSON_PARSER_ERROR", text) from error
    if not isinstance(body, dict):
        raise ApiError("JSON_PARSER_ERROR", "The body must be one JSON object at [line:1, column:1]")
    return body


def refusal(errors: Sequence[ApiError]) -> JSONResponse:
    """The vendor's error list, with the status of the first."""
    return JSONResponse([error.to_json() for error in errors], status_code=errors[0].status)


def object_named(org: Org, name: str, user_id: str, *, tooling: bool = False) -> SObjectDef:
    """Raises ApiError 404 NOT_FOUND for an object the API does not show to the user."""
    wanted = f"tooling.{name}" if tooling and org.schema.has(f"tooling.{name}") else name
    if "." in name or not org.schema.has(wanted) or not org.schema.sobject(wanted).queryable:
        raise ApiError("NOT_FOUND", _GONE, status=404)
    definition = org.schema.sobject(wanted)
    if not org.access.readable(user_id, definition):
        raise ApiError("NOT_FOUND", _GONE, status=404)
    return definition


def ordered_failure(request: Request, place: int) -> None:
    """Raise the ApiError that the control door ordered for the row at this place of the request, if any."""
    fault = request.scope.get(FAILING)
    if isinstance(fault, Fault) and place in fault.rows:
        raise ApiError(fault.code, fault.message)


class Refused(Exception):
    """Several refusals of one request; the app answers them as one list."""

    def __init__(self, errors: Sequence[ApiError]) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = list(errors)

"""The emulated HubSpot as a web app: who calls, how often, with which scopes, which handler; and the control door."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from provisioner.emulator.clock import iso
from provisioner.emulator.control import door
from provisioner.emulator.hubspot.assembly import assembled
from provisioner.emulator.hubspot.control.world import World
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid
from provisioner.emulator.hubspot.rest import routes
from provisioner.emulator.hubspot.rest.calls import Call, Reply, Route
from provisioner.emulator.hubspot.state.limits import told
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.workflows.enrolments import TooManySteps
from provisioner.emulator.server import CONTROL, FAILING, Front


def create(
    path: Path | None, url: str, start: datetime | None, apex_twin: bool, run_code: bool = False
) -> tuple[ASGIApp, dict[str, Any]]:
    """The app of one portal, and what a client must know to use it. `apex_twin` has no meaning here.

    `run_code`: custom code of workflows is executed, in processes of this machine.
    """
    portal = assembled(path, start, run_code)
    token = next(iter(portal.settings.tokens), None)
    return build(portal), {"access_token": token, "portal_id": portal.settings.portal_id}


def build(portal: Portal) -> Front:
    """Routes in front of a portal, without a server."""
    front: list[Front] = []
    control = Starlette(routes=door(World(portal), lambda: front[0]), exception_handlers={ApiError: _at_the_door})
    front.append(Front(_Vendor(portal, control), lambda: iso(portal.now), _expired, says=_says))
    return front[0]


async def _at_the_door(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


def _expired() -> tuple[int, Any]:
    text = "The OAuth token used to make this call expired 7 second(s) ago."
    return 401, ApiError(401, "EXPIRED_AUTHENTICATION", text).body()


def _says(status: int) -> Any:
    """The body of an ordered fault that brings none; 500 and gateway errors have none. [docs] 1.3, 1.4"""
    if status == 429:
        return told("You have reached your ten_secondly_rolling limit.", "TEN_SECONDLY_ROLLING", "publicapi")
    return ApiError(423, "LOCKED", "The resource is locked.").body() if status == 423 else None


class _Vendor:
    """Every call: authentication, limits, route, scopes, body, handler. Refusals leave in the vendor's words."""

    def __init__(self, portal: Portal, control: ASGIApp) -> None:
        self.portal = portal
        self.control = control
        self.routes = routes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self.control(scope, receive, send)
            if scope["type"] == "http":
                self.portal.flush()
            return
        request = Request(scope, receive)
        response = self._answer(request, await request.body())
        await response(scope, receive, send)

    def _answer(self, request: Request, content: bytes) -> Response:
        token = _bearer(request)
        try:
            scopes = self._scopes_of(token)
            found, parts = self._route(request.method, request.url.path.rstrip("/"))
            refused = self.portal.limits.refusal(token, found.search, found.exempt)
            if refused is not None:
                return JSONResponse(refused, status_code=429)
            reply = self._handle(found, parts, request, content, scopes)
        except TooManySteps as error:
            # What the real service does with workflows that chase each other is not known; here the call says so.
            reply = Reply(500, ApiError(500, "INTERNAL_ERROR", str(error)).body())
            return _response(reply, self.portal.limits.headers(token))
        except ApiError as error:
            reply = Reply(error.status, None if error.empty else error.body())
            return _response(reply, self.portal.limits.headers(token))
        finally:
            self.portal.flush()
        return _response(reply, {} if found.search else self.portal.limits.headers(token))

    def _scopes_of(self, token: str) -> list[str]:
        scopes = self.portal.settings.tokens.get(token)
        if scopes is None:
            text = (
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
                "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
            )
            raise ApiError(401, "INVALID_AUTHENTICATION", text)
        return scopes

    def _route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The first that fits; literal parts come before named ones in the table."""
        other = False
        for one in self.routes:
            match = one.pattern.fullmatch(path)
            if match and one.method == method:
                return one, match.groupdict()
            other = other or match is not None
        if other:
            raise ApiError(405, "METHOD_NOT_ALLOWED", f"The emulator does not model {method} {path}.")
        raise ApiError(404, "RESOURCE_NOT_FOUND", f"The emulator does not model {method} {path}.")

    def _handle(
        self, found: Route, parts: dict[str, str], request: Request, content: bytes, scopes: list[str]
    ) -> Reply:
        portal = self.portal
        query = {name: request.query_params.getlist(name) for name in request.query_params}
        unknown = sorted(query.keys() - found.query)
        call = Call(portal, found.family, str(request.url.replace(query="")), parts, query, None)
        needed = found.scopes(call)
        if needed and not any(set(one.split()) <= set(scopes) for one in needed):
            raise _missing_scopes(needed)
        if unknown and portal.settings.strict_bodies:
            raise ApiError(
                501, "NOT_IMPLEMENTED_BY_EMULATOR", f"The emulator does not model the parameter {unknown[0]}."
            )
        call.body = _json(content) if request.method not in ("GET", "DELETE") else None
        call.failing = request.scope.get(FAILING)
        reply = found.handler(call)
        portal.automation.settle()
        return reply


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _missing_scopes(needed: tuple[str, ...]) -> ApiError:
    detail: Json = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(dict.fromkeys(word for one in needed for word in one.split()))},
    }
    text = "This app hasn't been granted all required scopes to make this call."
    return ApiError(403, "MISSING_SCOPES", text, errors=[detail])


def _json(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError as error:
        raise invalid(f"Invalid input JSON: {error}") from error


def _response(reply: Reply, headers: dict[str, str]) -> Response:
    told = headers | reply.headers | {"X-HubSpot-Correlation-Id": str(uuid.uuid4())}
    if reply.body is None:
        return Response(status_code=reply.status, headers=told)
    return JSONResponse(reply.body, status_code=reply.status, headers=told)

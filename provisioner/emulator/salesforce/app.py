"""The emulated Salesforce as a web app: routes, versions, errors, the usage header, and the control door."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provisioner.emulator.clock import iso
from provisioner.emulator.control import door
from provisioner.emulator.salesforce.analytics import rest as analytics
from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.bulk import rest as bulk
from provisioner.emulator.salesforce.control.world import World
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.list_views import rest as list_views
from provisioner.emulator.salesforce.metadata.surface import routes as metadata
from provisioner.emulator.salesforce.rest import routes as data
from provisioner.emulator.salesforce.rest.common import Refused, refusal
from provisioner.emulator.salesforce.rest.information import NEWEST, OLDEST
from provisioner.emulator.salesforce.state.org import Org
from provisioner.emulator.server import Front

_VERSIONED = re.compile(r"(/services/(?:data/v|Soap/[a-z]/))(\d+)(?:\.\d)?(?=/|$)")


def create(path: Path | None, url: str, start: datetime | None, apex_twin: bool) -> tuple[ASGIApp, dict[str, Any]]:
    """The app of one org at its own address, and what a client must know to use it. An old org keeps its clock."""
    org = assembled(path, start)
    org.defaults = {"instance_url": url, "apex_twin": apex_twin}
    org.settings.change(org.defaults)
    org.keep_settings()
    token = next(iter(org.settings.tokens), None)
    return build(org), {"access_token": token, "org_id": org.settings.org_id}


def build(org: Org) -> Front:
    """Routes in front of an org, without a server."""
    front: list[Front] = []
    listed: list[Route] = [*door(World(org), lambda: front[0]), *_routes(org)]
    handlers: Any = {Exception: _unexpected, ApiError: _refuse_one, Refused: _refuse, HTTPException: _http_error}
    inner = Starlette(routes=listed, exception_handlers=handlers)
    front.append(Front(_Vendor(org, inner), lambda: iso(org.now), _expired))
    return front[0]


def _routes(org: Org) -> list[Route]:
    """The first that fits answers."""
    sides = (metadata, bulk, analytics, list_views, data)
    return [route for side in sides for route in side.routes(org)]


async def _refuse_one(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return refusal([error])


async def _refuse(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return refusal(error.errors)


async def _unexpected(request: Request, error: Exception) -> Response:
    """A mistake of the emulator, in the vendor's words; the traceback goes to the server's log. [docs] 8.3"""
    text = (
        "An unexpected error occurred. Please include this ErrorId if you contact support: "
        f"1-1 (1) {type(error).__name__} in the emulator"
    )
    return JSONResponse([{"message": text, "errorCode": "UNKNOWN_EXCEPTION"}], status_code=500)


async def _http_error(request: Request, error: Exception) -> Response:
    """No such route: what is not modelled says so by name."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        text = f"HTTP Method '{request.method}' not allowed. Allowed are GET,POST,PATCH,DELETE where modelled"
        return JSONResponse([{"message": text, "errorCode": "METHOD_NOT_ALLOWED"}], status_code=405)
    text = f"The emulator does not model {request.method} {request.url.path}."
    return JSONResponse([{"message": text, "errorCode": "NOT_IMPLEMENTED_BY_EMULATOR"}], status_code=501)


def _expired() -> tuple[int, Any]:
    return 401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


class _Vendor:
    """Around every call to the vendor's own paths: versions, trailing slashes, usage. [docs] 8.1, 8.3"""

    def __init__(self, org: Org, app: ASGIApp) -> None:
        self.org = org
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].lstrip("/").startswith("services/"):
            await self.app(scope, receive, send)
            return
        path, problem = _normal(scope["path"])
        self.org.requests += 1
        used, most = self.org.requests, self.org.settings.daily_api_requests
        usage = (b"sforce-limit-info", f"api-usage={used}/{most}".encode())

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), usage]
            await send(message)

        if problem is None and self.org.settings.enforce_limit and used > most:
            problem = (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if problem is not None:
            status, code, text = problem
            answer = Response(json.dumps([{"message": text, "errorCode": code}]), status, media_type="application/json")
            await answer(scope, receive, marked)
            return
        await self.app({**scope, "path": path, "raw_path": path.encode()}, receive, marked)


def _normal(path: str) -> tuple[str, tuple[int, str, str] | None]:
    """The path without superfluous slashes and with the version as `66.0`; or why there is no such version."""
    path = "/" + path.strip("/")  # the sf CLI doubles the first slash
    match = _VERSIONED.match(path)
    if match is None:
        return path, None
    version = int(match[2])
    if version > NEWEST or version < 21:
        return path, (404, "NOT_FOUND", "The requested resource does not exist")
    if version < OLDEST:
        return path, (410, "UNSUPPORTED_API_VERSION", f"API version {version}.0 has been retired.")
    return f"{match[1]}{version}.0{path[match.end() :]}", None

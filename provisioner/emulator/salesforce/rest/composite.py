"""composite: several requests in one, each answered as if it had come alone. `@{ref.id}` uses an earlier answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Scope

from provisioner.emulator.salesforce.errors import ApiError, not_modelled
from provisioner.emulator.salesforce.rest.common import DATA, authenticate, body_of

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

MOST = 25
_REFERENCE = re.compile(r"@\{(\w+)\.([\w.\[\]]+)\}")
_HALTED = {"errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back since another operation in the same transaction failed."}  # noqa: E501  # fmt: skip


class _Undo(Exception):
    """Ends the transaction of an all-or-none request."""


def routes(org: Org) -> list[Route]:
    async def composite(request: Request) -> Response:
        authenticate(org, request)
        body = await body_of(request)
        parts = body.get("compositeRequest")
        if not isinstance(parts, list) or not parts:
            raise ApiError("JSON_PARSER_ERROR", "'compositeRequest' must be a list of requests")
        if len(parts) > MOST:
            raise ApiError("LIMIT_EXCEEDED", f"Limit exceeded. Composite requests are limited to {MOST} subrequests.")
        for part in parts:
            _check(part)
        answers: list[dict[str, Any]] = []
        try:
            with org.transaction():
                for part in parts:
                    answers.append(await _one(request, part, answers))
                    if body.get("allOrNone") and answers[-1]["httpStatusCode"] >= 400:
                        raise _Undo
        except _Undo:
            answers = _halted(parts, answers[-1])
        return JSONResponse({"compositeResponse": answers})

    async def batch(request: Request) -> Response:
        authenticate(org, request)
        raise not_modelled(f"composite/{request.path_params['kind']}")

    return [
        Route(f"{DATA}/composite", composite, methods=["POST"]),
        Route(f"{DATA}/composite/{{kind:path}}", batch, methods=["GET", "POST", "PATCH", "DELETE"]),
    ]


def _check(part: object) -> None:
    """Every part says what is asked of whom, and under which name."""
    for name in ("method", "url", "referenceId"):
        if not isinstance(part, dict) or not isinstance(part.get(name), str) or not part[name]:
            raise ApiError("JSON_PARSER_ERROR", f"Every request of 'compositeRequest' needs the text {name!r}")


def _halted(parts: list[dict[str, Any]], failed: dict[str, Any]) -> list[dict[str, Any]]:
    others = {"body": [_HALTED], "httpHeaders": {}, "httpStatusCode": 400}
    names = [part["referenceId"] for part in parts]
    return [failed if name == failed["referenceId"] else others | {"referenceId": name} for name in names]


async def _one(outer: Request, part: dict[str, Any], answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Run one part through the app itself."""
    known = {answer["referenceId"]: answer["body"] for answer in answers}
    url = urlsplit(_filled(str(part["url"]), known))
    content = json.dumps(_deep(part.get("body"), known)).encode() if part.get("body") is not None else b""
    kept = [pair for pair in outer.scope["headers"] if pair[0] in (b"authorization", b"sforce-auto-assign")]
    scope: Scope = {
        key: value for key, value in outer.scope.items() if key not in ("path_params", "endpoint", "route", "state")
    } | {
        "method": part["method"],
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [*kept, (b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())],
    }
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await outer.app(scope, receive, send)
    text = b"".join(message.get("body", b"") for message in messages[1:])
    return {
        "body": json.loads(text) if text else None,
        "httpHeaders": {},
        "httpStatusCode": messages[0]["status"],
        "referenceId": part["referenceId"],
    }


def _deep(value: Any, known: dict[str, Any]) -> Any:
    if isinstance(value, str):
        return _filled(value, known)
    if isinstance(value, dict):
        return {name: _deep(one, known) for name, one in value.items()}
    return [_deep(one, known) for one in value] if isinstance(value, list) else value


def _filled(text: str, known: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        found = known.get(match[1])
        for step in re.findall(r"\w+", match[2]):
            if isinstance(found, list) and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            elif isinstance(found, dict) and step in found:
                found = found[step]
            else:
                text = f"Invalid reference specified. No value for {match[1]}.{match[2]} found"
                raise ApiError("PROCESSING_HALTED", text)
        return str(found)

    return _REFERENCE.sub(value, text)

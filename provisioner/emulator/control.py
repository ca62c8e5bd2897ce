"""The control door `/_emulator/*`: what a test may do that no vendor offers.

GET|POST clock · POST reset · POST seed · GET|POST settings · GET|DELETE sent (`?since=` an instant, inclusive) ·
GET|POST|DELETE faults · GET|DELETE requests · GET timers, and what the vendor adds.
Errors are `{"error": "…"}` with status 400.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.clock import ClockError, iso, parse_duration, parse_instant
from provisioner.emulator.faults import read_faults
from provisioner.emulator.server import CONTROL, Front


class World(Protocol):
    """What the door needs of an emulated vendor."""

    @property
    def now(self) -> datetime: ...

    def advance(self, until: datetime) -> None: ...

    def reset(self) -> None: ...

    def seed(self, document: Any) -> dict[str, Any]: ...

    def show_settings(self) -> dict[str, Any]: ...

    def change_settings(self, values: dict[str, Any]) -> None: ...

    def sent(self) -> list[dict[str, Any]]: ...

    def clear_sent(self) -> None: ...

    def timers(self) -> list[dict[str, Any]]: ...

    def extras(self) -> dict[str, Callable[[Any], Any]]:
        """Further POST doors: name → function of the JSON body. They raise ValueError for bad input."""


def door(world: World, front: Callable[[], Front]) -> list[Route]:
    """The routes of the door."""
    doors: dict[str, dict[str, Callable[[Any], Any]]] = {
        "clock": {"GET": lambda query: {"now": iso(world.now)}, "POST": lambda body: _move(world, body)},
        "reset": {"POST": lambda body: _reset(world, front())},
        "seed": {"POST": world.seed},
        "settings": {"GET": lambda query: world.show_settings(), "POST": lambda body: _settings(world, body)},
        "sent": {"GET": lambda query: sent_since(world, query), "DELETE": lambda body: _none(world.clear_sent)},
        "faults": {
            "GET": lambda query: [fault.to_json() for fault in front().faults.armed],
            "POST": lambda body: _arm(front(), body),
            "DELETE": lambda body: _none(front().faults.clear),
        },
        "requests": {"GET": lambda query: list(front().log), "DELETE": lambda body: _none(front().log.clear)},
        "timers": {"GET": lambda query: world.timers()},
    }
    doors |= {name: {"POST": act} for name, act in world.extras().items()}
    return [_route(name, methods) for name, methods in doors.items()]


def _route(name: str, methods: dict[str, Callable[[Any], Any]]) -> Route:
    """GET is given the query's parameters, other methods the JSON body (None without one)."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json() if await request.body() else None
            return JSONResponse(
                methods[request.method](dict(request.query_params) if request.method == "GET" else body)
            )
        except (ClockError, ValueError, KeyError) as error:
            text = f"Missing: {error}" if isinstance(error, KeyError) else str(error)
            return JSONResponse({"error": text}, status_code=400)

    return Route(f"{CONTROL}/{name}", endpoint, methods=list(methods))


def _none(act: Callable[[], None]) -> list[Any]:
    act()
    return []


def _settings(world: World, body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ValueError("Settings are an object.")
    world.change_settings(body)
    return world.show_settings()


def _reset(world: World, front: Front) -> dict[str, Any]:
    world.reset()
    front.faults.clear()
    front.log.clear()
    return {"now": iso(world.now)}


def _arm(front: Front, body: Any) -> list[dict[str, Any]]:
    front.faults.armed.extend(read_faults(body))
    return [fault.to_json() for fault in front.faults.armed]


def sent_since(world: World, query: Any) -> list[dict[str, Any]]:
    """The messages of `?since=` an instant (inclusive), or all. Raises ClockError."""
    since = parse_instant(query["since"]) if "since" in query else None
    return [one for one in world.sent() if since is None or parse_instant(one["at"]) >= since]


def _move(world: World, body: Any) -> dict[str, Any]:
    """`{"to": instant}` or `{"advance": duration}`; answers `{"now"}`."""
    if not isinstance(body, dict) or len(body) != 1 or not body.keys() <= {"to", "advance"}:
        raise ClockError('Say {"to": "2026-01-05T15:00:00Z"} or {"advance": "PT5M"}.')
    until = parse_instant(body["to"]) if "to" in body else world.now + parse_duration(body["advance"])
    if until < world.now:
        raise ClockError(f"The clock stands at {iso(world.now)} and never goes back (asked for {iso(until)}).")
    world.advance(until)
    return {"now": iso(world.now)}

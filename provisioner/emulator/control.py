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
from provisioner.emulator.faults import read_fault
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

    def route(name: str, methods: dict[str, Callable[[Any], Any]]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                body = await request.json() if await request.body() else None
                if request.method == "GET":
                    body = dict(request.query_params)
                return JSONResponse(methods[request.method](body))
            except (ClockError, ValueError, KeyError) as error:
                text = f"Missing: {error}" if isinstance(error, KeyError) else str(error)
                return JSONResponse({"error": text}, status_code=400)

        return Route(f"{CONTROL}/{name}", endpoint, methods=list(methods))

    def settings(body: Any) -> dict[str, Any]:
        if not isinstance(body, dict):
            raise ValueError("Settings are an object.")
        world.change_settings(body)
        return world.show_settings()

    def reset(body: Any) -> dict[str, Any]:
        world.reset()
        front().faults.armed.clear()
        front().log.clear()
        return {"now": iso(world.now)}

    def arm(body: Any) -> list[dict[str, Any]]:
        front().faults.armed.append(read_fault(body))
        return [fault.to_json() for fault in front().faults.armed]

    def disarm(body: Any) -> list[dict[str, Any]]:
        front().faults.armed.clear()
        return []

    def forget(body: Any) -> list[dict[str, Any]]:
        front().log.clear()
        return []

    def unsend(body: Any) -> list[dict[str, Any]]:
        world.clear_sent()
        return []

    return [
        route("clock", {"GET": lambda body: {"now": iso(world.now)}, "POST": lambda body: _move(world, body)}),
        route("reset", {"POST": reset}),
        route("seed", {"POST": world.seed}),
        route("settings", {"GET": lambda body: world.show_settings(), "POST": settings}),
        route("sent", {"GET": lambda query: sent_since(world, query), "DELETE": unsend}),
        route(
            "faults", {"GET": lambda body: [f.to_json() for f in front().faults.armed], "POST": arm, "DELETE": disarm}
        ),
        route("requests", {"GET": lambda body: list(front().log), "DELETE": forget}),
        route("timers", {"GET": lambda body: world.timers()}),
        *(route(name, {"POST": act}) for name, act in world.extras().items()),
    ]


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

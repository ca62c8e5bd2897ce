"""The HTTP front of an emulated vendor: one process, one event loop, one line of events.

Handlers never give way to each other while they work, so requests to an org happen one after another.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from provisioner.emulator.faults import Fault, Faults

_LINGER_NONE = struct.pack("ii", 1, 0)  # closing then resets the connection instead of ending it politely
_transports: dict[tuple[str, int], asyncio.Transport] = {}
CONTROL = "/_emulator"
FAILING = "emulator.failing_rows"  # in the scope of a request: the fault that makes some of its rows fail


class Connection(H11Protocol):
    """Remembers its transport, so that a fault can break the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        plug = transport.get_extra_info("socket")
        # Head and body go out in two writes; without this the second waits 40 ms for the client's acknowledgement.
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _transports[transport.get_extra_info("peername")[:2]] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _transports.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)


@dataclass
class Front:
    """Around the app: the request log and the faults. `expired` makes the vendor's answer to a dead session,
    `says` the vendor's body for a status when the fault brings none."""

    app: ASGIApp
    now: Callable[[], str]
    expired: Callable[[], tuple[int, Any]]
    faults: Faults = field(default_factory=Faults)
    says: Callable[[int], Any] = lambda status: None
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=100_000))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self.app(scope, receive, send)
            return
        entry = {"method": scope["method"], "path": scope["path"], "status": 0, "at": self.now()}
        self.log.append(entry)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        fault = self.faults.take(scope["method"], scope["path"])
        if fault is None and self.faults.dead and _authorization(scope) in self.faults.dead:
            entry["fault"] = "expired_session"
            await _answer(noted, *self.expired(), {})
        elif fault is None:
            await self.app(scope, receive, noted)
        else:
            entry["fault"] = fault.kind
            await self._suffer(fault, scope, receive, noted)

    async def _suffer(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "slow":
            await self._slowly(fault, scope, receive, send)
            return
        if fault.kind == "partial_failure":
            await self.app({**scope, FAILING: fault}, receive, send)
            return
        if fault.after:
            await self.app(scope, receive, _nowhere)
        if fault.kind == "status":
            body = self.says(fault.status) if fault.body is None else fault.body
            await _answer(send, fault.status, body, fault.headers)
        elif fault.kind == "expired_session":
            if fault.lasting and (bearer := _authorization(scope)):
                self.faults.dead.add(bearer)
            await _answer(send, *self.expired(), {})
        else:
            if fault.kind == "timeout":
                await asyncio.sleep(fault.seconds)
            if fault.kind == "partial":
                await _half_answer(send)
            _break(scope)
            await _gone(receive)

    async def _slowly(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """The work late, or with `after` the work at once and only its answer late."""
        if not fault.after:
            await asyncio.sleep(fault.seconds)
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self.app(scope, receive, hold)
        await asyncio.sleep(fault.seconds)
        for message in held:
            await send(message)


def _authorization(scope: Scope) -> str:
    """What the request calls itself with; empty where it does not."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")


async def _nowhere(message: Message) -> None:
    """The answer nobody gets."""


async def _answer(send: Send, status: int, body: Any, headers: dict[str, str]) -> None:
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    kind = "text/html" if isinstance(body, str) else "application/json"
    listed = {"content-type": kind, "content-length": str(len(content))} | {k.lower(): v for k, v in headers.items()}
    encoded = [(name.encode(), value.encode()) for name, value in listed.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": content})


async def _half_answer(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"half": ', "more_body": True})


async def _gone(receive: Receive) -> None:
    """Wait until the server knows that the connection is lost."""
    while (await receive())["type"] != "http.disconnect":
        continue


def _break(scope: Scope) -> None:
    transport = _transports.get(tuple(scope["client"] or ()))
    if transport is not None:
        plug = transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        transport.abort()


class _Server(uvicorn.Server):
    """Says when it listens, and stops without fuss."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop politely and end with status 0: being stopped is no failure."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket (port 0: any free one), so that the address is known before the app starts."""
    plug = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    plug.bind((host, port))
    return plug


def serve(app: ASGIApp, plug: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until interrupted or terminated."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=600,
        timeout_graceful_shutdown=1,
    )
    _Server(config, ready).run(sockets=[plug])

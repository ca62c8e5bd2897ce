from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hs_direct import VirtualTime
from hs_portal import TOKEN, Portal, Server

from provisioner.connections import Connection
from provisioner.secrets import Secret
from provisioner.targets.hubspot.session import HubSpotSession, connect
from provisioner.targets.hubspot.session.pace import Pace


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def server(portal: Portal) -> Iterator[Server]:
    server = Server(portal)
    yield server
    server.close()


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


Opened = Callable[..., HubSpotSession]


@pytest.fixture
def opened(server: Server, time: VirtualTime) -> Iterator[Opened]:
    """Makes sessions to the portal's server; closes them afterwards."""
    made: list[HubSpotSession] = []

    def make(auth: dict[str, Any] | None = None, **more: Any) -> HubSpotSession:
        settings: dict[str, Any] = {"instance_url": server.url, "timeout_seconds": 5.0} | more
        chosen = auth or {"method": "access_token", "access_token": Secret(TOKEN)}
        made.append(
            connect(
                Connection("acme", "hubspot", chosen, **settings),
                Pace(sleep=time.sleep, now=time.now, jitter=lambda: 0.0),
            )
        )
        return made[-1]

    yield make
    for session in made:
        session.close()


@pytest.fixture
def session(opened: Opened) -> HubSpotSession:
    return opened()


@pytest.fixture(scope="session")
def openapi_paths() -> set[str]:
    """Every path of the vendor's contract files. Skips where they are not at hand."""
    folder = Path(__file__).parents[5] / "shared" / "contracts" / "hubspot"
    if not folder.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    return {path for file in folder.glob("*.json") for path in json.loads(file.read_text(encoding="utf-8"))["paths"]}

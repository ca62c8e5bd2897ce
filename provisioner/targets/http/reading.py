"""A session that may only read: what would change something never leaves this machine."""

from __future__ import annotations

from collections.abc import Callable

Reads = Callable[[str, str, bytes | None], bool]
"""(method, path with its query, body) → whether the vendor only reads when it is asked that."""


class WouldWrite(RuntimeError):
    """Our own mistake: something that may change the CRM was about to be sent through a session that only reads."""

    def __init__(self, server: str, method: str, path: str) -> None:
        super().__init__(f"{method} {path} may change something, and this session with {server} only reads.")


def safe_method(method: str) -> bool:
    """GET, which no vendor changes anything for."""
    return method == "GET"

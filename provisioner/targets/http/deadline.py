"""An end to every answer: `requests` bounds the pause between two bytes, nothing bounds their number.

A server (or a proxy on the way) that sends one byte now and then would hold us for days. Here the socket itself is
shut down when the time is over, wherever the library stands: in the status line, in the headers or in the body.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

Watch = Callable[[Any], None]


class Deadline:
    """Shuts the watched socket down after `seconds`. `passed` says that it did."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._seconds = seconds
        self._timer: threading.Timer | None = None

    def watch(self, plug: Any) -> None:
        """The request is sent; from now on the answer has its time."""
        self.end()
        self._timer = threading.Timer(self._seconds, self._cut, (plug,))
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """The answer is read, or nobody waits for it any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut(self, plug: Any) -> None:
        self.passed = True
        while not isinstance(plug, socket.socket):
            plug = plug.socket  # TLS inside the TLS of a proxy
        try:
            # Of the plain socket, also under TLS: the TLS object belongs to the thread that reads.
            socket.socket.shutdown(plug, socket.SHUT_RDWR)
        except OSError:
            return  # closed in the meantime: there is nothing left to cut


def session(watch: Watch) -> requests.Session:
    """A session that calls `watch` with the socket before it waits for an answer, and that looks at no redirection.

    `requests` parses the target of a redirection and reads its body without a limit even when it is told not to
    follow.
    """
    import requests
    from requests.adapters import HTTPAdapter

    class Direct(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> str | None:
            return None

    class Watched(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **more: Any) -> None:
            super().init_poolmanager(*args, **more)
            self.poolmanager.pool_classes_by_scheme = _pools(watch)

        def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
            manager = super().proxy_manager_for(*args, **more)
            manager.pool_classes_by_scheme = _pools(watch)
            return manager

    made = Direct()
    made.mount("https://", Watched())
    made.mount("http://", Watched())
    return made


def _pools(watch: Watch) -> dict[str, Any]:
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Plain(HTTPConnection):
        def getresponse(self) -> Any:
            if self.sock is not None:
                watch(self.sock)
            return super().getresponse()

    class Encrypted(HTTPSConnection):
        def getresponse(self) -> Any:
            if self.sock is not None:
                watch(self.sock)
            return super().getresponse()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}

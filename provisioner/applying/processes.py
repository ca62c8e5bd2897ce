"""Which process it was: number and start, because numbers are used again."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_SAME = 2.0  # seconds; what a system says about a start may be rounded


@dataclass(frozen=True, slots=True)
class Process:
    """`started` is in seconds since 1970, as the system tells it."""

    host: str
    pid: int
    started: float

    def data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, data: Any) -> Process | None:
        """From what `data()` gave; None when it is anything else."""
        if not isinstance(data, Mapping):
            return None
        host, pid, started = data.get("host"), data.get("pid"), data.get("started")
        if isinstance(pid, bool) or not isinstance(pid, int) or pid <= 0:
            return None
        if isinstance(host, str) and isinstance(started, int | float):
            return cls(host, pid, float(started))
        return None


def this() -> Process:
    import psutil

    return Process(socket.gethostname(), os.getpid(), psutil.Process().create_time())


def is_alive(process: Process | None) -> bool:
    """Whether that very process is still there. Of another machine nothing is known: it counts as alive."""
    import psutil

    if process is None:
        return False
    if process.host != socket.gethostname():
        return True
    try:
        found = psutil.Process(process.pid)
        if found.status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(float(found.create_time()) - process.started) < _SAME
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True

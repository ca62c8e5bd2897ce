"""One apply at a time: while it writes, an apply says so in the ledger property, and takes it back with its last write.

HubSpot has no queue of deployments and no locks. The note says who, since when, and which process of which machine; it
ends with the run, with its process (seen on the same machine), or by itself after a while, so that a run that died
keeps nobody out. It is no lock either: two runs that begin within the same second are told apart by looking again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LASTS = timedelta(minutes=15)  # by the clocks of both machines; a longer run renews it
RENEWED = 300.0  # seconds, at the next stage of a run
KEY = "applying"


@dataclass(frozen=True, slots=True)
class Lease:
    """`since` is UTC ISO; `host` a digest of the machine's name, for a client's CRM need not know it."""

    run: str
    by: str
    since: str
    host: str
    pid: int

    def as_data(self) -> dict[str, Any]:
        return {"run": self.run, "by": self.by, "since": self.since, "host": self.host, "pid": self.pid}

    def is_over(self, now: datetime) -> bool:
        """The run is known to have ended without saying so, or has been silent for too long."""
        until = self.until()
        return until is None or until <= now or (self.host == _host() and not _runs(self.pid))

    def is_ours(self) -> bool:
        return self.host == _host() and self.pid == os.getpid()

    def until(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.since).astimezone(UTC) + LASTS
        except ValueError:
            return None

    def __str__(self) -> str:
        where = "this machine" if self.host == _host() else "another machine"
        return f"{self.by or 'somebody'} (process {self.pid} of {where}, since {self.since})"


def taken(by: str) -> Lease:
    """A new lease of this process."""
    return Lease(secrets.token_hex(8), by, _instant(datetime.now(UTC)), _host(), os.getpid())


def renewed(lease: Lease) -> Lease:
    return Lease(lease.run, lease.by, _instant(datetime.now(UTC)), lease.host, lease.pid)


def read(about: Mapping[str, Any]) -> Lease | None:
    """From the description of a ledger property; None when there is none, or one that nobody can have written."""
    found = about.get(KEY)
    if not isinstance(found, Mapping):
        return None
    texts = {key: found.get(key) for key in ("run", "by", "since", "host")}
    pid = found.get("pid")
    if not all(isinstance(text, str) for text in texts.values()) or isinstance(pid, bool) or not isinstance(pid, int):
        return None
    return Lease(pid=pid, **{key: str(text) for key, text in texts.items()})


def in_the_way(lease: Lease | None, now: datetime) -> bool:
    """Somebody else's run that is not known to be over."""
    return lease is not None and not lease.is_ours() and not lease.is_over(now)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode("utf-8")).hexdigest()[:16]


def _runs(pid: int) -> bool:
    """Whether a process of this machine has this number. Asking is not harmless on Windows: there it is believed."""
    if sys.platform == "win32" or pid <= 0:
        return pid > 0
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

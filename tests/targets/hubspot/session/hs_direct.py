"""Virtual time, and sessions that talk to the portal without HTTP between."""

from __future__ import annotations

from collections.abc import Mapping

from hs_portal import TOKEN, Answer, Portal, request_of

from provisioner.connections import Connection
from provisioner.secrets import Secret
from provisioner.targets.http.reply import NoAnswer, Reply
from provisioner.targets.hubspot.session import HubSpotSession, connect
from provisioner.targets.hubspot.session.pace import Pace


class VirtualTime:
    """Sleeping moves this clock and takes no time."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def now(self) -> float:
        return self.at


class DirectWire:
    """The portal without HTTP between, for tests of many runs. `dies_at`: (nth request, after it was carried out)."""

    def __init__(self, portal: Portal, dies_at: tuple[int, bool] | None = None) -> None:
        self.portal = portal
        self.dies_at = dies_at
        self.calls = 0

    def exchange(self, method: str, url: str, sent: Mapping[str, str], body: bytes | None = None) -> Reply:
        self.calls += 1
        due = self.dies_at is not None and self.calls == self.dies_at[0]
        if due and self.dies_at is not None and not self.dies_at[1]:
            raise Killed
        answer: Answer = self.portal.respond(request_of(method, url, dict(sent), body))
        if due:
            raise Killed
        if answer.drop:
            raise NoAnswer("the connection broke", sent=True)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status, headers, answer.content, "HubSpot")

    def close(self) -> None:
        """Nothing is open."""


class Killed(BaseException):
    """The process is gone; nothing may catch this."""


def direct(portal: Portal, time: VirtualTime, dies_at: tuple[int, bool] | None = None) -> HubSpotSession:
    """A session without HTTP."""
    auth = {"method": "access_token", "access_token": Secret(TOKEN)}
    connection = Connection("acme", "hubspot", auth, instance_url="http://127.0.0.1:1")
    session = connect(connection, Pace(sleep=time.sleep, now=time.now))
    session._transport._wire = DirectWire(portal, dies_at)  # type: ignore[assignment]
    return session

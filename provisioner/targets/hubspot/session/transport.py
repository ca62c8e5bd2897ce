"""Requests to one portal: paced, retried only where that is harmless, faults turned into our errors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from provisioner.secrets import Secret
from provisioner.targets.http.discreet import masked
from provisioner.targets.http.pace import Backoff
from provisioner.targets.http.policy import Kind, Trouble, goes_again
from provisioner.targets.http.reply import NoAnswer, Reply, instant, unanswered
from provisioner.targets.http.retry import persist
from provisioner.targets.http.wire import Wire
from provisioner.targets.hubspot.session import faults
from provisioner.targets.hubspot.session.faults import Verdict
from provisioner.targets.hubspot.session.pace import Limits, Pace
from provisioner.targets.hubspot.session.versions import Versions

# At least as long as HubSpot's own client waits ([client] reference/hubspot.md 1.3), and a sixth more by chance, so
# that clients do not come back in step; a locked resource: [docs] 1.4.
CHANCE = 1 / 6
BACKOFF = {
    Verdict.WINDOW: Backoff(12.0, "linear", spread=CHANCE),
    Verdict.SECOND: Backoff(1.2, "linear", spread=CHANCE),
    Verdict.MOVING: Backoff(12.0, "linear", spread=CHANCE),
    Verdict.LOCKED: Backoff(2.4, "none", spread=CHANCE),
    Verdict.BUSY: Backoff(0.4, "linear", spread=0.5),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `what` completes the sentence "HubSpot … when asked to …"; `path` is in classic form.

    `repeatable`: sending it twice does no more than sending it once. What is sent again says `targets.http.policy`; a
    change that is not raises Lost, and the caller looks.
    """

    what: str
    method: str
    path: str
    repeatable: bool
    query: str = ""
    body: Any = field(default=None)
    changes: bool = True

    @property
    def kind(self) -> Kind:
        if not self.changes:
            return Kind.LOOK
        return Kind.SET if self.repeatable else Kind.MAKE

    @property
    def is_search(self) -> bool:
        return self.path.endswith("/search") and "/objects/" in self.path


class Transport:
    def __init__(self, origin: str, token: Secret, wire: Wire, pace: Pace, versions: Versions) -> None:
        self.origin = origin
        self.limits = Limits(pace)
        self._token = token
        self._wire = wire
        self._pace = pace
        self._versions = versions
        self.told_at: datetime | None = None  # the portal's own time, of its last answer that said it

    def secrets(self) -> list[Secret]:
        """What this session signs in with; no text may show it."""
        return [self._token]

    @property
    def calls(self) -> int:
        return self._wire.calls

    def close(self) -> None:
        self._wire.close()

    def send(self, call: Call) -> Reply:
        """A fine answer. Lost when a change was sent and nothing is known of it; other TargetErrors as they are."""
        path = self._versions.route(call.path)
        try:
            reply = persist(self._pace, lambda: self._exchange(call, path), lambda came: _backoff(call, came))
        except NoAnswer as lost:
            raise unanswered("HubSpot", call.what, lost, changes=call.changes) from None
        verdict = faults.judge(reply)
        if verdict is Verdict.FINE:
            return reply
        raise faults.to_error(reply, verdict, call.what, changes=call.changes)

    def _exchange(self, call: Call, path: str) -> Reply:
        self.limits.take(search=call.is_search)
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self._token.reveal()}"}
        body = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(call.body, ensure_ascii=False).encode("utf-8")
        url = self.origin + path + (f"?{call.query}" if call.query else "")
        reply = masked(self._wire.exchange(call.method, url, headers, body), self._token)
        self.limits.learn(reply.headers)
        self.told_at = instant(reply.headers.get("date", "")) or self.told_at
        return reply


def _backoff(call: Call, came: Reply | NoAnswer) -> Backoff | None:
    """None: this call is not sent again after that."""
    verdict = Verdict.BUSY if isinstance(came, NoAnswer) else faults.judge(came)
    trouble = _trouble(came, verdict)
    return BACKOFF[verdict] if trouble is not None and goes_again(call.kind, trouble) else None


def _trouble(came: Reply | NoAnswer, verdict: Verdict) -> Trouble | None:
    """None: a usable answer, or trouble that stays."""
    if isinstance(came, NoAnswer):
        if came.final:
            return None
        return Trouble.UNANSWERED if came.sent else Trouble.UNSENT
    if verdict in faults.NOT_CARRIED_OUT:
        return Trouble.LIMITED
    return Trouble.FAILED if verdict is Verdict.BUSY else None

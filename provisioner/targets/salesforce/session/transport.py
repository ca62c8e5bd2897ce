"""Requests to one org: signed in, retried only where that is harmless, faults turned into our errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from provisioner.errors import TargetError
from provisioner.secrets import Secret
from provisioner.targets.http.discreet import masked
from provisioner.targets.http.pace import Backoff
from provisioner.targets.http.policy import Kind, Trouble, goes_again
from provisioner.targets.http.reply import NoAnswer, Reply, instant, unanswered
from provisioner.targets.http.retry import persist
from provisioner.targets.http.wire import Wire
from provisioner.targets.salesforce.session import faults
from provisioner.targets.salesforce.session.auth import Credentials, Grant
from provisioner.targets.salesforce.session.faults import Expected, Verdict
from provisioner.targets.salesforce.session.pace import Pace

PASSING = {Verdict.BUSY: Trouble.FAILED, Verdict.LIMITED: Trouble.LIMITED}


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `what` completes the sentence "Salesforce … when asked to …".

    `kind` decides what is sent again when (`targets.http.policy`).
    `body` may need the token (SOAP carries it inside); `bearer` puts it into the header.
    """

    what: str
    method: str
    path: str
    kind: Kind
    expected: Expected = "json"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Callable[[Secret], bytes] | None = None
    bearer: bool = True


class Transport:
    def __init__(self, credentials: Credentials, wire: Wire, pace: Pace) -> None:
        self._credentials = credentials
        self._wire = wire
        self._pace = pace
        self._grant: Grant | None = None
        self._tokens: list[Secret] = []
        self.told_at: datetime | None = None  # the org's own time, of its last answer that said it

    def secrets(self) -> list[Secret]:
        """Every credential of this session so far: what it signs in with, and the tokens it was given."""
        return [*self._credentials.secrets, *self._tokens]

    @property
    def calls(self) -> int:
        return self._wire.calls

    def close(self) -> None:
        self._wire.close()

    @property
    def origin(self) -> str:
        return self._signed_in().origin

    def send(self, call: Call) -> Reply:
        """A fine answer. Lost when a change was sent and nothing usable came back; other TargetErrors as they are."""
        if not call.path.startswith("/") or call.path.startswith("//"):
            raise TargetError(f"Salesforce pointed to {call.path!r}, which is not a path inside the org.")
        renewed = False

        def signed_in() -> Reply:
            nonlocal renewed
            reply = self._exchange(call)
            expired = faults.judge(reply, call.expected) is Verdict.EXPIRED
            if expired and not renewed and self._credentials.renewable:
                renewed, self._grant = True, None
                return self._exchange(call)
            return reply

        try:
            reply = persist(self._pace, signed_in, lambda came: self._backoff(call, came))
        except NoAnswer as lost:
            raise unanswered("Salesforce", call.what, lost, changes=call.kind is not Kind.LOOK) from None
        verdict = faults.judge(reply, call.expected)
        if verdict is Verdict.FINE:
            return reply
        raise faults.to_error(reply, verdict, call.what, changes=call.kind is not Kind.LOOK)

    def _exchange(self, call: Call) -> Reply:
        grant = self._signed_in()
        headers = {"Accept": "application/json" if call.expected == "json" else "*/*", **call.headers}
        if call.bearer:
            headers["Authorization"] = f"Bearer {grant.token.reveal()}"
        body = call.body(grant.token) if callable(call.body) else call.body
        reply = self._wire.exchange(call.method, grant.origin + call.path, headers, body)
        self.told_at = instant(reply.headers.get("date", "")) or self.told_at
        as_it_is = call.expected == "bytes" and faults.judge(reply, call.expected) is Verdict.FINE
        return reply if as_it_is else masked(reply, grant.token)

    def _signed_in(self) -> Grant:
        if self._grant is None:
            self._grant = self._credentials.sign_in(self._wire)
            if self._grant.token not in self._tokens:
                self._tokens.append(self._grant.token)
        return self._grant

    def _backoff(self, call: Call, came: Reply | NoAnswer) -> Backoff | None:
        """None: this call is not sent again after that."""
        trouble = _trouble(call, came)
        return self._pace.backoff if trouble is not None and goes_again(call.kind, trouble) else None


def _trouble(call: Call, came: Reply | NoAnswer) -> Trouble | None:
    """None: a usable answer, or trouble that stays."""
    if isinstance(came, NoAnswer):
        if came.final:
            return None
        return Trouble.UNANSWERED if came.sent else Trouble.UNSENT
    return PASSING.get(faults.judge(came, call.expected))

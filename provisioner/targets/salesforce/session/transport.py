"""Requests to one org: signed in, retried only where that is harmless, faults turned into our errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

from provisioner.errors import TargetError, Unreachable
from provisioner.secrets import Secret
from provisioner.targets.salesforce.session import faults
from provisioner.targets.salesforce.session.auth import Credentials, Grant
from provisioner.targets.salesforce.session.faults import Expected, Lost, Reply, Unsent, Verdict
from provisioner.targets.salesforce.session.pace import Pace
from provisioner.targets.salesforce.session.wire import NoAnswer, Wire


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `what` completes the sentence "Salesforce … when asked to …".

    `idempotent`: sending it twice does no more than sending it once; only such calls are retried.
    `body` may need the token (SOAP carries it inside); `bearer` puts it into the header.
    """

    what: str
    method: str
    path: str
    idempotent: bool
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
        attempt = 0
        while True:
            attempt += 1
            last = attempt >= self._pace.attempts or not call.idempotent
            try:
                reply = self._exchange(call)
            except NoAnswer as lost:
                if last or lost.final:
                    _raise_no_answer(call, lost)
                self._pace.sleep(self._pace.retry_delay(attempt))
                continue
            verdict = faults.judge(reply, call.expected)
            if verdict is not Verdict.FINE or call.expected != "bytes":
                reply = self._masked(reply)
            if verdict is Verdict.FINE:
                return reply
            if verdict is Verdict.EXPIRED and not renewed and self._credentials.renewable:
                renewed, self._grant = True, None
                attempt -= 1
                continue
            wait = self._wait(reply, attempt)
            if verdict not in (Verdict.BUSY, Verdict.LIMITED) or last or wait is None:
                raise faults.to_error(reply, verdict, call.what, changes=not call.idempotent)
            self._pace.sleep(wait)

    def _exchange(self, call: Call) -> Reply:
        grant = self._signed_in()
        headers = {"Accept": "application/json" if call.expected == "json" else "*/*", **call.headers}
        if call.bearer:
            headers["Authorization"] = f"Bearer {grant.token.reveal()}"
        body = call.body(grant.token) if callable(call.body) else call.body
        return self._wire.exchange(call.method, grant.origin + call.path, headers, body)

    def _signed_in(self) -> Grant:
        if self._grant is None:
            self._grant = self._credentials.sign_in(self._wire)
            if self._grant.token not in self._tokens:
                self._tokens.append(self._grant.token)
        return self._grant

    def _masked(self, reply: Reply) -> Reply:
        """No text that is shown may carry the token, even if the server quotes it."""
        token = self._signed_in().token.reveal().encode("ascii")
        return Reply(reply.status, reply.headers, reply.body.replace(token, b"(token)"))

    def _wait(self, reply: Reply, attempt: int) -> float | None:
        """Seconds until the next attempt; None when the server asks for more than our patience."""
        delay = self._pace.retry_delay(attempt)
        asked = retry_after(reply.headers.get("retry-after", ""), datetime.now(UTC))
        if asked is None:
            return delay
        return max(delay, asked) if asked <= self._pace.patience else None


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or the time until a date. None: it says neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _raise_no_answer(call: Call, lost: NoAnswer) -> NoReturn:
    if call.idempotent or not lost.sent:
        raise (Unreachable if call.idempotent else Unsent)(
            f"Salesforce did not answer when asked to {call.what}: {lost.reason}. The request changed nothing.",
            advice="Check the network, the instance_url and proxy settings, and run the command again.",
        ) from None
    raise Lost(f"The answer was lost when Salesforce was asked to {call.what}: {lost.reason}.") from None

"""Requests to one portal: paced, retried only where that is harmless, faults turned into our errors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from provisioner.errors import NotAllowed, TargetError, Unreachable
from provisioner.secrets import Secret
from provisioner.targets.hubspot.session import faults
from provisioner.targets.hubspot.session.faults import Lost, Reply, Verdict
from provisioner.targets.hubspot.session.pace import Limits, Pace
from provisioner.targets.hubspot.session.versions import Versions
from provisioner.targets.hubspot.session.wire import NoAnswer, Wire


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `what` completes the sentence "HubSpot … when asked to …"; `path` is in classic form.

    `repeatable`: sending it twice does no more than sending it once. Others are sent again only when the answer says
    that nothing was done (429, 423, 477); after any other failure they raise Lost, and the caller looks.
    """

    what: str
    method: str
    path: str
    repeatable: bool
    query: str = ""
    body: Any = field(default=None)
    changes: bool = True

    @property
    def is_search(self) -> bool:
        return self.path.endswith("/search") and "/objects/" in self.path


def checked_token(value: object, name: str) -> Secret:
    """A token that is safe in an HTTP header. The refusal never quotes it."""
    text = value.reveal() if isinstance(value, Secret) else ""
    if not text or not all(33 <= ord(character) < 127 for character in text):
        raise NotAllowed(
            f"The access token of connection {name!r} is empty or holds characters that no token has.",
            advice="Copy it again without quotes, blanks and line ends; a redacted token is not a token.",
        )
    return Secret(text)


class Transport:
    def __init__(self, origin: str, token: Secret, wire: Wire, pace: Pace, versions: Versions) -> None:
        self.origin = origin
        self.limits = Limits(pace)
        self._token = token
        self._wire = wire
        self._pace = pace
        self._versions = versions

    @property
    def calls(self) -> int:
        return self._wire.calls

    def close(self) -> None:
        self._wire.close()

    def send(self, call: Call) -> Reply:
        """A fine answer. Lost when a change was sent and nothing is known of it; other TargetErrors as they are."""
        path = self._versions.route(call.path)
        attempt = 0
        while True:
            attempt += 1
            last = attempt >= self._pace.attempts
            try:
                reply = self._exchange(call, path)
            except NoAnswer as lost:
                again = call.repeatable or not lost.sent
                if last or lost.final or not again:
                    _raise_no_answer(call, lost)
                self._pace.sleep(self._pace.busy_delay * attempt)
                continue
            verdict = faults.judge(reply)
            if verdict is Verdict.FINE:
                return reply
            wait = self._wait(reply, verdict, attempt)
            again = verdict in faults.NOT_CARRIED_OUT or (verdict is Verdict.BUSY and call.repeatable)
            if last or not again or wait is None:
                raise faults.to_error(reply, verdict, call.what, changes=call.changes)
            self._pace.sleep(wait)

    def _exchange(self, call: Call, path: str) -> Reply:
        self.limits.take(search=call.is_search)
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self._token.reveal()}"}
        body = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(call.body, ensure_ascii=False).encode("utf-8")
        url = self.origin + path + (f"?{call.query}" if call.query else "")
        reply = self._masked(self._wire.exchange(call.method, url, headers, body))
        self.limits.learn(reply.headers)
        return reply

    def _masked(self, reply: Reply) -> Reply:
        """No text that is shown may carry the token, even if the server quotes it."""
        token = self._token.reveal().encode("ascii")
        return Reply(reply.status, reply.headers, reply.body.replace(token, b"(token)"))

    def _wait(self, reply: Reply, verdict: Verdict, attempt: int) -> float | None:
        """Seconds until the next attempt; None when the server asks for more than our patience."""
        delays = {
            Verdict.WINDOW: self._pace.window_delay * attempt,
            Verdict.SECOND: self._pace.second_delay * attempt,
            Verdict.LOCKED: self._pace.locked_delay,
            Verdict.MOVING: self._pace.window_delay * attempt,
        }
        delay = delays.get(verdict, self._pace.busy_delay * attempt)
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
    if not call.changes or not lost.sent:
        raise Unreachable(
            f"HubSpot did not answer when asked to {call.what}: {lost.reason}. The request changed nothing.",
            advice="Check the network, the instance_url and proxy settings, and run the command again.",
        ) from None
    raise Lost(
        f"The answer was lost when HubSpot was asked to {call.what}: {lost.reason}.",
        advice="Run the command again; it starts by reading what is there.",
    ) from None


__all__ = ["Call", "TargetError", "Transport", "checked_token", "retry_after"]

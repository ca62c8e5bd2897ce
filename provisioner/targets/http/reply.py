"""What one exchange ended in: an answer, or none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from provisioner.errors import Unreachable

LONGEST_QUOTE = 600  # characters of a server's own words in one message


class Lost(Unreachable):
    """A request that changes something was sent and its answer is not known: it may have been carried out."""


class Unsent(Unreachable):
    """A request that changes something did not leave: it has no effect."""


class NoAnswer(Exception):
    """The exchange did not end in an answer. `sent` False = the request never left; `final` = trying again is idle."""

    def __init__(self, reason: str, *, sent: bool, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.final = final


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, read completely. Header names are in lower case. `server` is whose it is, for messages."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    server: str = "The server"

    def json(self, what: str) -> Any:
        """Unreachable when the body is not JSON. `what` completes "…'s answer to …"."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreachable(f"{self.server}'s answer to {what} is not JSON (HTTP {self.status}).") from None


def instant(header: str) -> datetime | None:
    """A date of HTTP (`Thu, 01 Oct 2026 09:00:00 GMT`, RFC 9110) in UTC; None when it is none."""
    try:
        moment = parsedate_to_datetime(header.strip())
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)


def unanswered(server: str, what: str, lost: NoAnswer, *, changes: bool) -> Unreachable:
    """The error for a request without an answer. `changes`: it was not a mere read, so it matters whether it left."""
    if changes and lost.sent:
        return Lost(
            f"The answer was lost when {server} was asked to {what}: {lost.reason}.",
            advice="Run the command again; it starts by reading what is there.",
        )
    return (Unsent if changes else Unreachable)(
        f"{server} did not answer when asked to {what}: {lost.reason}. The request changed nothing.",
        advice="Check the network, the instance_url and proxy settings, and run the command again.",
    )


def shortened(words: str) -> str:
    """A server's own words, as long as a message bears."""
    return words if len(words) <= LONGEST_QUOTE else words[:LONGEST_QUOTE] + "…"

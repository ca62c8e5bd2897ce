"""What an answer means: fine, try again, or an error in our words ([docs] reference/hubspot.md 1.3 and 1.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from provisioner.errors import NotAllowed, RateLimited, Rejected, TargetError, Unreachable
from provisioner.targets.http.reply import Lost, Reply, shortened

BUSY_STATUSES = frozenset({500, 502, 503, 504, *range(521, 527)})
LOCKED, MOVING = 423, 477  # a resource in use; an account on its way to another region


class Answered(Rejected):
    """The vendor said no to one request. `status` is HTTP's; `category` and `sub_category` are the vendor's."""

    def __init__(self, message: str, reply: Reply, *, advice: str = "") -> None:
        super().__init__(message, problems=list(problems_in(body_of(reply))), advice=advice)
        body = body_of(reply)
        self.status = reply.status
        self.category = str(body.get("category") or "")
        self.sub_category = str(body.get("subCategory") or "")
        self.said = quote(reply)


class MissingScopes(NotAllowed):
    """403: this request is not allowed to this token; others may be."""


def body_of(reply: Reply) -> Mapping[str, Any]:
    """The error body; every field of it is optional ([docs] 1.4)."""
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


class Verdict(Enum):
    FINE = "fine"
    WINDOW = "too many requests in ten seconds"
    SECOND = "too many requests in a second"
    SPENT = "the daily limit is used up"
    LOCKED = "the resource is locked"
    MOVING = "the account is being moved"
    BUSY = "the server failed"
    REFUSED = "understood and refused"


# Verdicts that mean "not carried out, come again": such a request may be repeated whatever it does.
NOT_CARRIED_OUT = frozenset({Verdict.WINDOW, Verdict.SECOND, Verdict.LOCKED, Verdict.MOVING})


def judge(reply: Reply) -> Verdict:
    if 200 <= reply.status < 300:
        return Verdict.BUSY if reply.body.lstrip()[:1] == b"<" else Verdict.FINE
    if reply.status == 429:
        return _limit(body_of(reply))
    if reply.status == LOCKED:
        return Verdict.LOCKED
    if reply.status == MOVING:
        return Verdict.MOVING
    return Verdict.BUSY if reply.status in BUSY_STATUSES else Verdict.REFUSED


def _limit(body: Mapping[str, Any]) -> Verdict:
    policy, message = str(body.get("policyName") or "").upper(), str(body.get("message") or "").casefold()
    if policy == "DAILY" or "daily limit" in message:
        return Verdict.SPENT
    if policy == "SECONDLY" or ("secondly" in message and "ten_secondly" not in message):
        return Verdict.SECOND
    return Verdict.WINDOW


def problems_in(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(code, text) pairs: the message itself, then each detail with its context."""
    if body.get("message"):
        code = body.get("subCategory") or body.get("category") or body.get("errorType") or ""
        yield str(code), str(body["message"])
    details = body.get("errors")
    for item in details if isinstance(details, list) else []:
        if isinstance(item, dict) and item.get("message"):
            context = item.get("context")
            known = f" ({_context(context)})" if isinstance(context, dict) and context else ""
            yield str(item.get("code") or item.get("subCategory") or ""), f"{item['message']}{known}"


def _context(context: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}" for key, value in context.items()
    )


def quote(reply: Reply) -> str:
    """The vendor's own words, shortened, with the correlation id; the status when there are no words."""
    return quote_body(body_of(reply)) or f"HTTP {reply.status} without a word"


def quote_body(body: Mapping[str, Any]) -> str:
    words = shortened("; ".join(text for _, text in problems_in(body)))
    trace = body.get("correlationId")
    return f"{words} (correlationId {trace})" if words and trace else words


def to_error(reply: Reply, verdict: Verdict, what: str, *, changes: bool) -> TargetError:
    """The exception for an answer that is not FINE. `changes`: the request was not a mere read."""
    said = quote(reply)
    if verdict is Verdict.SPENT:
        return RateLimited(
            f"The account's API requests for today are used up (asked to {what}: {said})",
            advice="They are counted for all apps together until midnight in the portal's time zone; not retried.",
        )
    if verdict in (Verdict.WINDOW, Verdict.SECOND):
        return RateLimited(
            f"HubSpot asks us to slow down and was still busy after our retries ({what}: {said})",
            advice="Run the command again in a few minutes, when fewer other integrations are at work.",
        )
    if verdict is Verdict.MOVING:
        return RateLimited(
            f"HubSpot is moving this account to another region ({what}: {said})",
            advice="Run the command again once the move is over.",
        )
    if verdict is Verdict.LOCKED:
        return Unreachable(
            f"HubSpot keeps the resource locked ({what}: {said})",
            advice="Someone or something else is changing it; run the command again.",
        )
    if verdict is Verdict.BUSY:
        return (Lost if changes else Unreachable)(
            f"HubSpot failed when asked to {what}: {said}",
            advice="Look at HubSpot's status page and run the command again; it starts by reading what is there.",
        )
    return _refusal(reply, what, said)


def _refusal(reply: Reply, what: str, said: str) -> TargetError:
    if 300 <= reply.status < 400:
        return TargetError(
            f"HubSpot answered the request to {what} with a redirection, which is not followed.",
            advice="Set instance_url to https://api.hubapi.com, or leave it out.",
        )
    if reply.status == 401:
        return NotAllowed(
            f"HubSpot did not accept the token when asked to {what}: {said}",
            advice="Create a service key (Development, Keys, Service keys) and refer to it in provisioner.toml.",
        )
    if reply.status == 403:
        return MissingScopes(f"HubSpot does not allow this token to {what}: {said}", advice=_scopes(reply))
    return Answered(f"HubSpot refused to {what}: {said}", reply)


def _scopes(reply: Reply) -> str:
    found: dict[str, None] = {}
    details = body_of(reply).get("errors")
    for item in details if isinstance(details, list) else []:
        context = item.get("context") if isinstance(item, dict) else None
        scopes = context.get("requiredGranularScopes") if isinstance(context, dict) else None
        found.update(dict.fromkeys(map(str, scopes if isinstance(scopes, list) else [])))
    if found:
        return f"Give the key one of these scopes: {', '.join(found)}."
    return "The key lacks a scope, its creator has left, or the account's subscription lacks the feature."

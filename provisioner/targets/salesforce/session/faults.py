"""What an answer means: fine, try again, sign in again, or an error in our words."""

from __future__ import annotations

import json
from enum import Enum
from typing import Literal

from provisioner.errors import NotAllowed, RateLimited, Rejected, TargetError, Unreachable
from provisioner.targets.http.reply import Lost, Reply, shortened
from provisioner.targets.salesforce.session import xmltext
from provisioner.targets.salesforce.session.advice import advice_for

Expected = Literal["json", "xml", "bytes"]

BUSY_STATUSES = frozenset({502, 503, 504})
LIMIT_STATUSES = frozenset({420, 429})
# [code: SDR] [code: salto] reference/salesforce.md 1.5: states of the server that pass.
PASSING_TEXTS = (
    "INVALID_QUERY_LOCATOR",
    "Unexpected internal servlet state",
    "UNABLE_TO_LOCK_ROW",
    "SERVER_UNAVAILABLE",
    "REQUEST_RUNNING_TOO_LONG",
    "no healthy upstream",
    "down for maintenance",
    "retry your request",
    "Polling time out",
)
PERMISSION_CODES = frozenset({
    "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "FUNCTIONALITY_NOT_ENABLED", "INSUFFICIENT_ACCESS",
    "INSUFFICIENT_ACCESS_OR_READONLY", "INVALID_LOGIN", "LOGIN_MUST_USE_SECURITY_TOKEN",
})  # fmt: skip


class SignedOut(NotAllowed):
    """The session itself is not accepted (any more): this says nothing about what it may see."""


class Verdict(Enum):
    FINE = "fine"
    EXPIRED = "the session is not accepted"
    BUSY = "a passing state of the server"
    LIMITED = "too many requests at once"
    SPENT = "the daily limit is used up"
    BROKEN = "the server failed"
    REFUSED = "understood and refused"


def problems_in(reply: Reply) -> list[tuple[str, str]]:
    """(error code, text) pairs of a REST, OAuth or SOAP error body ([docs] reference/salesforce.md 8.3)."""
    fault = xmltext.fault_in(reply.body)
    if fault is not None:
        return [fault]
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        return []
    found = []
    for item in body if isinstance(body, list) else [body]:
        if isinstance(item, dict):
            code = item.get("errorCode") or item.get("error")
            text = item.get("message") or item.get("error_description")
            if code or text:
                found.append((str(code or ""), str(text or "")))
    return found


def judge(reply: Reply, expected: Expected) -> Verdict:
    if 200 <= reply.status < 300:
        return Verdict.BUSY if expected != "bytes" and _is_page(reply) else Verdict.FINE
    problems = problems_in(reply)
    codes = {code for code, _ in problems}
    if reply.status == 401 or "INVALID_SESSION_ID" in codes:
        return Verdict.EXPIRED
    if "REQUEST_LIMIT_EXCEEDED" in codes:
        concurrent = any("ConcurrentRequests" in text for _, text in problems)
        return Verdict.LIMITED if concurrent else Verdict.SPENT
    if reply.status in LIMIT_STATUSES:
        return Verdict.LIMITED
    if reply.status in BUSY_STATUSES or _is_passing(reply):
        return Verdict.BUSY
    if reply.status >= 500 and ("UNKNOWN_EXCEPTION" in codes or not problems):
        return Verdict.BUSY if _is_page(reply) else Verdict.BROKEN
    return Verdict.REFUSED


def to_error(reply: Reply, verdict: Verdict, what: str, *, changes: bool) -> TargetError:
    """The exception for an answer that is not FINE. `changes`: the request was not a mere read."""
    said = quote(reply)
    if verdict is Verdict.EXPIRED:
        return SignedOut(
            f"Salesforce did not accept the credentials when asked to {what}: {said}",
            advice="Sign in again (or renew the token) and check the connection in provisioner.toml.",
        )
    if verdict is Verdict.SPENT:
        return RateLimited(
            f"The org's API requests for today are used up (asked to {what}: {said})",
            advice="Wait until the rolling 24 hours free some, or ask Salesforce for more; nothing was retried.",
        )
    if verdict is Verdict.LIMITED:
        return RateLimited(
            f"Salesforce asks us to slow down and was still busy after our retries ({what}: {said})",
            advice="Run the command again in a few minutes, when fewer other integrations are at work.",
        )
    if verdict in (Verdict.BUSY, Verdict.BROKEN):
        kind = Lost if changes else Unreachable
        return kind(
            f"Salesforce could not answer when asked to {what}: {said}",
            advice="Look at the org's status page and run the command again; it starts by reading what is there.",
        )
    return _refusal(reply, what, said)


def _refusal(reply: Reply, what: str, said: str) -> TargetError:
    problems = problems_in(reply)
    if 300 <= reply.status < 400:
        return TargetError(
            f"Salesforce answered the request to {what} with a redirection, which is not followed.",
            advice="Set instance_url to the org's own My Domain address (https://….my.salesforce.com).",
        )
    if reply.status == 403 or any(code in PERMISSION_CODES for code, _ in problems):
        return NotAllowed(
            f"Salesforce does not allow this user to {what}: {said}",
            advice="The user needs API Enabled and Modify Metadata Through Metadata API Functions.",
        )
    advice = advice_for(f"{code} {text}" for code, text in problems)
    return Rejected(f"Salesforce refused to {what}: {said}", problems=problems, advice=advice)


def quote(reply: Reply) -> str:
    """The vendor's own words, shortened; the status when there are none."""
    problems = problems_in(reply)
    words = "; ".join(f"{code}: {text}" if code and text else code or text for code, text in problems)
    return shortened(words) if words else f"HTTP {reply.status}"


def _is_page(reply: Reply) -> bool:
    """A maintenance or error page where data was expected."""
    start = reply.body[:200].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _is_passing(reply: Reply) -> bool:
    text = reply.body[:8192].decode("utf-8", "replace")
    return any(passing in text for passing in PASSING_TEXTS)

"""Sending again, where the vendor's session says that it is harmless."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from provisioner.targets.http.pace import Backoff, Pace
from provisioner.targets.http.reply import NoAnswer, Reply, instant

LOG = logging.getLogger("provisioner.http")  # who runs us decides where this goes
NOTICED = 0.5  # seconds


def persist(pace: Pace, send: Callable[[], Reply], after: Callable[[Reply | NoAnswer], Backoff | None]) -> Reply:
    """The last answer to `send`. `after` says how to wait before the next attempt; None: this was the last one.

    Ends with `pace.attempts`, or when the server asks for a longer pause than `pace.patience`. NoAnswer when the last
    attempt had none; its `sent` is about all of them: an earlier one may have been carried out.
    """
    sent = False
    for attempt in count(1):
        came = _tried(send)
        backoff = after(came) if attempt < pace.attempts else None
        wait = None if backoff is None else _wait(pace, came, backoff, attempt)
        if isinstance(came, NoAnswer):
            sent = sent or came.sent
            if wait is None:
                raise NoAnswer(came.reason, sent=sent, final=came.final)
        elif wait is None:
            return came
        _tell(pace, came, wait, attempt)
        pace.sleep(wait)
    raise AssertionError("counting does not end")


def _tell(pace: Pace, came: Reply | NoAnswer, wait: float, attempt: int) -> None:
    """Nobody should look at a silent screen; a pause that is not noticed is not worth a line."""
    if wait >= NOTICED:
        why = f"No answer: {came.reason}" if isinstance(came, NoAnswer) else f"Busy (HTTP {came.status})"
        LOG.warning("%s. Trying again in %.0f s (attempt %d of %d).", why, max(1, wait), attempt + 1, pace.attempts)


def _tried(send: Callable[[], Reply]) -> Reply | NoAnswer:
    try:
        return send()
    except NoAnswer as lost:
        return lost


def _wait(pace: Pace, came: Reply | NoAnswer, backoff: Backoff, attempt: int) -> float | None:
    """Seconds until the next attempt; None when the server asks for more than our patience."""
    delay = backoff.delay(attempt, pace.jitter())
    asked = retry_after(came.headers.get("retry-after", ""), datetime.now(UTC)) if isinstance(came, Reply) else None
    if asked is None:
        return delay
    return max(delay, asked) if asked <= pace.patience else None


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or the time until a date. None: it says neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    moment = instant(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())

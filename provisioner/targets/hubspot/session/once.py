"""A creation is sent again only after looking: the answer may be lost while the thing is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.errors import Rejected
from provisioner.targets.http.reply import Lost
from provisioner.targets.hubspot.session.faults import Answered
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.state import Raw

ATTEMPTS = 3
CONFLICT, NOT_FOUND = 409, 404


class NotDone(Rejected):
    """The vendor failed every time, and looking showed that nothing was done."""


def create_once(pace: Pace, send: Callable[[], Any], look: Callable[[], Raw | None], what: str) -> Raw:
    """What was created, or found to be ours already. `look` finds only what this very creation would have made."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return dict(send() or {})
        except Lost as lost:
            if (found := _look_twice(pace, look)) is not None:
                return found
            if attempt == ATTEMPTS:
                raise NotDone(
                    f"HubSpot failed {ATTEMPTS} times when asked to {what}, and it is not there: {lost.message}",
                    advice="A server error that stays is often HubSpot's way of not accepting the content.",
                ) from lost
        except Answered as refused:
            if refused.status != CONFLICT or (found := _look_twice(pace, look)) is None:
                raise
            return found
    raise AssertionError("the last attempt returns or raises")


def _look_twice(pace: Pace, look: Callable[[], Raw | None]) -> Raw | None:
    """What was created may be invisible for a moment ([community, live] reference/hubspot.md 2.5)."""
    for delay in (pace.visible_first, 4 * pace.visible_first):
        pace.sleep(delay)
        if (found := look()) is not None:
            return found
    return None


def delete_once(send: Callable[[], Any]) -> bool:
    """False when it was not there any more."""
    try:
        send()
    except Answered as refused:
        if refused.status == NOT_FOUND:
            return False
        raise
    return True


def wait_until(pace: Pace, holds: Callable[[], bool]) -> bool:
    """Ask at growing distances until it holds; False when it does not within `visible_limit` seconds."""
    delay, waited = pace.visible_first, 0.0
    while not holds():
        if waited >= pace.visible_limit:
            return False
        pace.sleep(delay)
        waited += delay
        delay = min(2.0, delay * 2)
    return True

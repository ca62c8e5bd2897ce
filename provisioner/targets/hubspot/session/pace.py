"""How long we wait, how often we try, how many requests per second. One value, so that tests need no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from provisioner.targets.http import pace

BURST = 190  # requests per window of a Professional account; the reply's headers say what the account has
BURST_SECONDS = 10.0
LONGEST_WINDOW = 120.0  # seconds that we wait for a window, whatever a header says
SEARCHES = 4  # per second; [docs] 5, older material 4: reference/hubspot.md 1.3


@dataclass(frozen=True, slots=True)
class Pace(pace.Pace):
    """All times in seconds."""

    visible_first: float = 0.25  # a new property can be read after 250-700 ms ([community, live] 2.5)
    visible_limit: float = 15.0


class Bucket:
    """At most `limit` requests in any `seconds`: `take` waits until one more is allowed."""

    def __init__(self, limit: int, seconds: float, pace: Pace) -> None:
        self.limit = limit
        self.seconds = seconds
        self._pace = pace
        self._taken: deque[float] = deque()
        self._closed_until = 0.0

    def take(self) -> None:
        while (wait := self._wait()) > 0:
            self._pace.sleep(wait)
        self._taken.append(self._pace.now())

    def close_for(self, seconds: float) -> None:
        """Nothing is sent for so long: the vendor says that the window is used up."""
        self._closed_until = self._pace.now() + seconds

    def _wait(self) -> float:
        now = self._pace.now()
        while self._taken and self._taken[0] <= now - self.seconds:
            self._taken.popleft()
        full = self._taken[0] + self.seconds - now if len(self._taken) >= self.limit else 0.0
        return max(full, self._closed_until - now)


class Limits:
    """The account's limits as its replies state them ([docs] reference/hubspot.md 1.3)."""

    def __init__(self, pace: Pace) -> None:
        self.burst = Bucket(BURST, BURST_SECONDS, pace)
        self.search = Bucket(SEARCHES, 1.0, pace)
        self.daily_remaining: int | None = None  # shared by all apps of the account; None = not said

    def take(self, *, search: bool) -> None:
        (self.search if search else self.burst).take()

    def learn(self, headers: Mapping[str, str]) -> None:
        """From lower-case headers of a reply; search replies carry none."""
        most = _number(headers.get("x-hubspot-ratelimit-max"))
        window = _number(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
        if most:
            self.burst.limit = most
        if window:
            self.burst.seconds = min(window / 1000.0, LONGEST_WINDOW)
        if most and _number(headers.get("x-hubspot-ratelimit-remaining")) == 0:
            self.burst.close_for(self.burst.seconds)
        daily = _number(headers.get("x-hubspot-ratelimit-daily-remaining"))
        if daily is not None:
            self.daily_remaining = daily


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None

"""How long we wait, how often we try. One value, so that tests need no clock and no sleep."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All times in seconds. `sleep`, `now` (monotonic) and `jitter` (0..1) are what a test replaces.

    The polling figures follow [docs] reference/salesforce.md 1.5: 1 s at first, 10 s at most, 90 minutes in all.
    """

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    attempts: int = 5  # of one idempotent request
    first_delay: float = 1.0
    longest_delay: float = 30.0
    patience: float = 120.0  # the longest Retry-After we obey; beyond it the caller is told
    poll_first: float = 1.0
    poll_longest: float = 10.0
    poll_growth: float = 1.6
    retrieve_limit: float = 900.0
    deploy_limit: float = 5400.0
    silence_limit: float = 900.0  # how long status polls of a deployment may fail in a row

    def retry_delay(self, attempt: int) -> float:
        """Exponential, with "equal jitter": between half and all of 1, 2, 4 … seconds."""
        delay = min(self.longest_delay, self.first_delay * 2.0 ** (attempt - 1))
        return delay * (0.5 + self.jitter() / 2.0)

    def poll_delays(self) -> Iterator[float]:
        """Endless: 1 s growing to 10 s."""
        delay = self.poll_first
        while True:
            yield delay
            delay = min(self.poll_longest, delay * self.poll_growth)

"""How long we wait and how often we try, as data, so that tests need no clock and no sleep."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds before the next attempt: `first`, then growing with the attempts, `longest` at most.

    `spread` is the share of the delay that chance may take away, so that clients do not come back in step.
    """

    first: float
    growth: Literal["doubling", "linear", "none"]
    longest: float = math.inf
    spread: float = 0.0

    def delay(self, attempt: int, chance: float) -> float:
        """After the attempt of this number (from 1). `chance` is 0..1; 1 takes nothing away."""
        factors = {"doubling": 2.0 ** (attempt - 1), "linear": float(attempt), "none": 1.0}
        return min(self.longest, self.first * factors[self.growth]) * (1.0 - self.spread + self.spread * chance)


@dataclass(frozen=True, slots=True)
class Pace:
    """All times in seconds. `sleep`, `now` (monotonic) and `jitter` (0..1) are what a test replaces."""

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    attempts: int = 5  # of one request that may be sent again
    patience: float = 120.0  # the longest Retry-After we obey; beyond it the caller is told

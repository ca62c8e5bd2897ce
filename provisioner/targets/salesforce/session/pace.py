"""How long we wait, how often we try. One value, so that tests need no clock and no sleep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.targets.http import pace
from provisioner.targets.http.pace import Backoff

EQUAL_JITTER = Backoff(1.0, "doubling", longest=30.0, spread=0.5)  # between half and all of 1, 2, 4 … seconds


@dataclass(frozen=True, slots=True)
class Pace(pace.Pace):
    """All times in seconds.

    The polling figures follow [docs] reference/salesforce.md 1.5: 1 to 3 s at first, 10 s at most, 90 minutes in all.
    Each poll is a call of the daily limit: a retrieve that takes up to 6 s costs two, one that takes a minute ten.
    """

    backoff: Backoff = EQUAL_JITTER
    poll_first: float = 1.0
    poll_longest: float = 10.0
    poll_growth: float = 1.6
    retrieve_first: float = 2.0
    retrieve_growth: float = 2.0
    retrieve_limit: float = 900.0
    deploy_limit: float = 5400.0
    silence_limit: float = 900.0  # how long status polls of a deployment may fail in a row

    def poll_delays(self) -> Iterator[float]:
        """Of a deployment. Endless: 1 s growing to 10 s."""
        return self._delays(self.poll_first, self.poll_growth)

    def retrieve_delays(self) -> Iterator[float]:
        """Endless: 2, 4, 8 and then 10 s."""
        return self._delays(self.retrieve_first, self.retrieve_growth)

    def _delays(self, delay: float, growth: float) -> Iterator[float]:
        while True:
            yield delay
            delay = min(self.poll_longest, delay * growth)

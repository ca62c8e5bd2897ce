"""Rate limits: calls in any ten seconds, searches in any second, calls in a day. [docs] reference/hubspot.md 1.3"""

from __future__ import annotations

import time
import uuid
from collections import deque

from provisioner.emulator.clock import Clock
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.state.settings import Settings
from provisioner.emulator.hubspot.times import to_ms

INTERVAL = 10.0


class Limits:
    """Counts per token (burst) and per portal (search, day). Time is real or virtual, by the settings."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._bursts: dict[str, deque[float]] = {}
        self._searches: deque[float] = deque()
        self._day = ""
        self.used = 0

    def _seconds(self) -> float:
        if self._settings.rate_clock == "real":
            return time.monotonic()
        return to_ms(self._clock.now) / 1000

    def refusal(self, token: str, search: bool, exempt: bool) -> Json | None:
        """Counts one call; the body of the 429 when it is one too many. A refused call is not counted."""
        settings, now = self._settings, self._seconds()
        if not settings.rate_limits:
            return None
        today = f"{self._clock.now.astimezone(self._settings.zone):%Y-%m-%d}"
        if today != self._day:
            self._day, self.used = today, 0
        if self.used >= settings.daily_limit:
            return told("You have reached your daily limit.", "DAILY", "publicapi:private-app-api-calls-daily")
        if search:
            _drop(self._searches, now - 1.0)
            if len(self._searches) >= settings.search_limit:
                return told("You have reached your secondly limit.", "SECONDLY", "publicapi:crm:search")
            self._searches.append(now)
        elif not exempt:
            burst = self._bursts.setdefault(token, deque())
            _drop(burst, now - INTERVAL)
            if len(burst) >= settings.burst_limit:
                text = "You have reached your ten_secondly_rolling limit."
                return told(text, "TEN_SECONDLY_ROLLING", "publicapi:private-app-api-calls-ten-secondly")
            burst.append(now)
        self.used += 1
        return None

    def headers(self, token: str) -> dict[str, str]:
        """What normal replies carry; search replies carry none."""
        settings = self._settings
        burst = self._bursts.setdefault(token, deque())
        _drop(burst, self._seconds() - INTERVAL)
        return {
            "X-HubSpot-RateLimit-Daily": str(settings.daily_limit),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, settings.daily_limit - self.used)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(settings.burst_limit),
            "X-HubSpot-RateLimit-Remaining": str(max(0, settings.burst_limit - len(burst))),
        }


def _drop(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()


def told(text: str, policy: str, group: str) -> Json:
    """The body of a 429."""
    return {
        "status": "error",
        "message": text,
        "errorType": "RATE_LIMIT",
        "category": "RATE_LIMITS",
        "correlationId": str(uuid.uuid4()),
        "policyName": policy,
        "groupName": group,
    }

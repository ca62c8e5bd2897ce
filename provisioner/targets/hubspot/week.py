"""A usual week of a calendar in minutes, to find out how wrong the workflows can be. No holidays, no clock changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from provisioner.targets.hubspot.windows import DAY, WEEK, Interval

_WEEKS = 12  # how many are written out; instants asked about lie in the first of them


@dataclass(frozen=True, slots=True)
class Week:
    """Open intervals of many equal weeks, from Monday 00:00; `before[i]`: open minutes before interval i."""

    opens: tuple[int, ...]
    closes: tuple[int, ...]
    before: tuple[int, ...]

    @classmethod
    def of(cls, open: Mapping[int, tuple[Interval, ...]]) -> Week:
        """ValueError when nothing is ever open."""
        spans = sorted((day * DAY + a, day * DAY + b) for day, intervals in open.items() for a, b in intervals)
        if not spans:
            raise ValueError("a week without open hours has no next opening")
        every = [(week * WEEK + a, week * WEEK + b) for week in range(_WEEKS) for a, b in spans]
        before = [0]
        for a, b in every:
            before.append(before[-1] + b - a)
        return cls(tuple(a for a, _ in every), tuple(b for _, b in every), tuple(before))

    def next_open(self, at: int) -> int:
        """The first open minute at or after `at`."""
        place = bisect_right(self.closes, at)
        return max(at, self.opens[place])

    def position(self, at: float) -> float:
        """Open minutes from the first Monday to `at`."""
        weeks, rest = divmod(at, WEEK)
        place = bisect_right(self.opens, rest) - 1
        inside = self.before[place] + min(rest, self.closes[place]) - self.opens[place] if place >= 0 else 0
        return weeks * self.before[-1] / _WEEKS + inside

    def add(self, at: float, minutes: float) -> float:
        """`at` plus open minutes; a closing time is an answer."""
        if minutes <= 0:
            return self.next_open(int(at))
        weekly = self.before[-1] / _WEEKS
        weeks = -(-minutes // weekly) - 1  # whole weeks that can be skipped, so that something is left to count
        wanted = self.position(at) + minutes - weeks * weekly
        low, high = 0, len(self.opens)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.before[middle + 1] < wanted else (low, middle)
        return self.closes[low] - (self.before[low + 1] - wanted) + weeks * WEEK

    def close_of_day(self, at: int) -> int:
        """The last closing time of the day on which `at` is open."""
        place = bisect_right(self.opens, at) - 1
        while place + 1 < len(self.opens) and self.opens[place + 1] // DAY == self.opens[place] // DAY:
            place += 1
        return self.closes[place]

"""The clock for many leads at once, on arrays of epoch seconds (int64, UTC). Agrees with the scalar forms to the
second. NEVER stands for "no such instant" and "not measured".

A reassignment, an exclusion or a new cycle in the middle of a lead's life is the timeline's matter, not this module's:
here every lead has one assignment and at most one first touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provisioner.sla.calendar import DAY, Calendar, Table
from provisioner.sla.policy import Policy, Promise

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = int(np.iinfo(np.int64).min)
BLANK, HIT, MISS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Clocks:
    """Clocks of n leads: S, D, step times (n × the longest escalation; NEVER beyond a type's own) and the SLA in open
    seconds. NEVER throughout for a lead without a type or an assignment."""

    start: Ints
    due: Ints
    steps: Ints
    sla_seconds: Ints


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`result`: BLANK, HIT or MISS (int8). `response` and `miss`: open seconds of the SLA's clock, NEVER while
    untouched or without a clock."""

    result: NDArray[np.int8]
    response: Ints
    miss: Ints


def open_seconds(calendar: Calendar, a: Ints, b: Ints) -> Ints:
    """Open seconds between instants a <= b, pair by pair. ValueError when some b is before its a."""
    if np.any(b < a):
        raise ValueError("Open time is measured forwards, but some end is before its beginning.")
    if calendar.always or not a.size:
        return b - a
    ruler = _Ruler(calendar.table(int(a.min()), int(b.max())))
    return ruler.position(b) - ruler.position(a)


def add(calendar: Calendar, t: Ints, n: Ints) -> Ints:
    """`Calendar.add`, pair by pair; `n` in open seconds. ValueError when some n is negative."""
    if np.any(n < 0):
        raise ValueError("Open time is added forwards; some amount is negative.")
    if calendar.always or not t.size:
        return t + n
    ruler = _Ruler(calendar.table_with(int(t.min()), int(t.max()), int(n.max()) + 1))
    return ruler.add(t, ruler.position(t), n)


def clock(policy: Policy, assigned_at: Ints, lead_type_index: Ints) -> Clocks:
    """The clocks of leads that were assigned at `assigned_at` (NEVER: not yet) and are of the type with that index in
    `policy.promises` (negative: none)."""
    count, longest = len(assigned_at), max((len(promise.steps) for promise in policy.promises), default=0)
    clocks = Clocks(_never(count), _never(count), np.full((longest, count), NEVER, np.int64).T, _never(count))
    for calendar, rows in _by_calendar(policy, assigned_at, lead_type_index):
        _fill(clocks, policy, calendar, rows, assigned_at[rows], lead_type_index[rows])
    return clocks


def verdict(policy: Policy, clocks: Clocks, lead_type_index: Ints, first_touch_at: Ints, now: int) -> Verdicts:
    """What becomes of each clock when the first touch is at `first_touch_at` (NEVER: none), seen at `now`."""
    has_clock, touched = clocks.due != NEVER, first_touch_at != NEVER
    result = np.full(len(clocks.due), BLANK, np.int8)
    result[has_clock & touched & (first_touch_at <= clocks.due)] = HIT
    result[has_clock & touched & (first_touch_at > clocks.due)] = MISS
    result[has_clock & ~touched & (now > clocks.due)] = MISS
    response = _never(len(result))
    for calendar, rows in _by_calendar(policy, np.where(touched, clocks.start, NEVER), lead_type_index):
        response[rows] = open_seconds(calendar, clocks.start[rows], np.maximum(first_touch_at, clocks.start)[rows])
    miss = np.where(response == NEVER, NEVER, np.maximum(0, response - clocks.sla_seconds))
    return Verdicts(result, response, miss)


def fired(clocks: Clocks, first_touch_at: Ints, until: int, *, tick: int = 0) -> Bools:
    """Which steps act by `until`, shape as `clocks.steps`. `tick` in seconds, as in the timeline."""
    run_at = clocks.steps if tick <= 1 else -(-clocks.steps // tick) * tick
    last = np.where(first_touch_at == NEVER, until, np.minimum(first_touch_at, until))
    acts: Bools = (clocks.steps != NEVER) & (run_at <= last[:, None])
    for number in range(clocks.steps.shape[1]):  # a step is over once a later one of the list has acted
        earlier_later = clocks.steps[:, number + 1 :] < clocks.steps[:, number : number + 1]
        acts[:, number] &= ~np.any(earlier_later & (clocks.steps[:, number + 1 :] != NEVER), axis=1)
    return acts


class _Ruler:
    """A calendar's table as arrays."""

    def __init__(self, table: Table) -> None:
        self.opens = np.array(table.opens, np.int64)
        self.closes = np.array(table.closes, np.int64)
        self.before = np.array(table.before, np.int64)
        self.after = np.array(table.after, np.int64)
        self.day_close = np.array(table.day_close, np.int64)

    def position(self, t: Ints) -> Ints:
        index = np.searchsorted(self.opens, t, side="right") - 1
        inside = self.before[index] + np.minimum(t, self.closes[index]) - self.opens[index]
        return np.where(index < 0, 0, inside)

    def reached(self, position: Ints) -> Ints:
        index = np.searchsorted(self.after, position, side="left")
        return self.closes[index] - self.after[index] + position

    def next_open(self, t: Ints) -> tuple[Ints, Ints]:
        """Next openings, and the interval each lies in."""
        index = np.searchsorted(self.closes, t, side="right")
        return np.maximum(t, self.opens[index]), index

    def add(self, t: Ints, position: Ints, n: Ints) -> Ints:
        return np.where(n > 0, self.reached(position + n), self.next_open(t)[0])


def _fill(clocks: Clocks, policy: Policy, calendar: Calendar, rows: Ints, assigned_at: Ints, types: Ints) -> None:
    """Clocks of the leads in `rows`, whose types all share a calendar."""
    sla = np.array([promise.sla_seconds or 0 for promise in policy.promises], np.int64)[types]
    if calendar.always:
        _write(clocks, policy, rows, types, assigned_at, assigned_at, assigned_at + sla, sla, None)
        return
    longest = max(map(_longest_reach, policy.promises))
    ruler = _Ruler(calendar.table_with(int(assigned_at.min()), int(assigned_at.max()), longest))
    start, interval = ruler.next_open(assigned_at)
    position = ruler.position(start)
    due = np.where(sla > 0, ruler.reached(position + sla), start)
    same_day = np.array([promise.sla_seconds is None for promise in policy.promises])[types]
    if same_day.any():
        due = np.where(same_day, ruler.day_close[interval], due)
        sla = np.where(same_day, ruler.position(due) - position, sla)
    _write(clocks, policy, rows, types, start, position, due, sla, ruler)


def _write(
    clocks: Clocks,
    policy: Policy,
    rows: Ints,
    types: Ints,
    start: Ints,
    position: Ints,
    due: Ints,
    sla: Ints,
    ruler: _Ruler | None,
) -> None:
    """Stores S, D and the step times, which on any calendar are positions on the same ruler."""
    clocks.start[rows], clocks.due[rows], clocks.sla_seconds[rows] = start, due, sla
    for number in range(clocks.steps.shape[1]):
        offset, at_due, exists = _offsets(policy, types, sla, number)
        moment = position + offset if ruler is None else np.where(offset > 0, ruler.reached(position + offset), start)
        clocks.steps[rows, number] = np.where(exists, np.where(at_due, due, moment), NEVER)


def _offsets(policy: Policy, types: Ints, sla: Ints, number: int) -> tuple[Ints, Bools, Bools]:
    """Of each lead's step `number` (from 0): open seconds from S, whether it is D itself, whether there is one."""
    steps = [promise.steps[number] if number < len(promise.steps) else None for promise in policy.promises]
    fixed = [
        step.offset(promise.sla_seconds or 0) if step else 0
        for step, promise in zip(steps, policy.promises, strict=True)
    ]
    offset = np.array(fixed, np.int64)[types]
    for index, (step, promise) in enumerate(zip(steps, policy.promises, strict=True)):
        if step is not None and promise.sla_seconds is None:
            rows = np.flatnonzero(types == index)
            lengths, code = np.unique(sla[rows], return_inverse=True)
            offset[rows] = np.array([step.offset(int(length)) for length in lengths], np.int64)[code]
    at_due = np.array([step is not None and step.after == 0 for step in steps])[types]
    exists = np.array([step is not None for step in steps])[types]
    return offset, at_due, exists


def _longest_reach(promise: Promise) -> int:
    """An upper bound of the open seconds from S to the last timer of a type, for a table that is long enough."""
    sla = promise.sla_seconds if promise.sla_seconds is not None else 2 * DAY
    return max([sla, *(step.offset(sla) for step in promise.steps)]) + 2 * DAY


def _by_calendar(policy: Policy, assigned_at: Ints, types: Ints) -> list[tuple[Calendar, Ints]]:
    """The rows that have a clock, in groups of one calendar."""
    calendars = list(dict.fromkeys(promise.calendar for promise in policy.promises))
    place = np.array([calendars.index(promise.calendar) for promise in policy.promises] + [-1], np.int64)
    group = np.where(assigned_at == NEVER, -1, place[np.maximum(types, -1)])
    pairs = ((calendar, np.flatnonzero(group == index)) for index, calendar in enumerate(calendars))
    return [(calendar, rows) for calendar, rows in pairs if rows.size]


def _never(count: int) -> Ints:
    return np.full(count, NEVER, np.int64)

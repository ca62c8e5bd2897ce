"""The clock for a million leads × 12 types × 4 steps on business calendars, against a NumPy floor that only does the
arithmetic (one calendar, no types, no steps to look up: binary searches and subtractions).

    python benchmarks/bench_sla.py [leads]
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from provisioner.model.design import (
    Alerts,
    Assignment,
    BusinessHours,
    Contacts,
    Design,
    Duration,
    Escalation,
    FirstTouch,
    Holiday,
    LeadType,
    Recipient,
    Step,
    Target,
    Telemetry,
    Test,
    Unmatched,
)
from provisioner.sla import Policy, classify_many, vector

TYPES, YEAR = 12, 365 * 86_400
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def design() -> Design:
    """Twelve lead types on two calendars, four steps each."""
    week = dict.fromkeys(range(5), ((480, 1080),))
    zones = {"us": "America/New_York", "emea": "Europe/London"}
    days_off = (Holiday(date(2026, 12, 25), "Christmas"),)
    steps = tuple(
        Step(percent, due, ("rep",), ("bell",), None, None, None, "/step")
        for percent, due in (
            (Decimal(50), None),
            (None, Duration()),
            (None, Duration(minutes=120)),
            (None, Duration(business_days=1)),
        )
    )
    return Design(
        id="bench",
        client="Bench",
        contacts=Contacts(),
        target=Target("salesforce", "Lead", "STL", {}, {}),
        telemetry=Telemetry(("Engaged",), FirstTouch()),
        business_hours={id: BusinessHours(id, zone, week, days_off, 600, "/hours") for id, zone in zones.items()},
        lead_types=tuple(_lead_type(number) for number in range(TYPES)),
        unmatched=Unmatched(),
        escalations={"ladder": Escalation("ladder", steps, "/escalation")},
        recipients={"rep": Recipient("rep", "record_owner", None, None, "/recipients/rep")},
        alerts=Alerts("silent", "qa@bench.example", ()),
        exclusions=(),
        assignment=Assignment(),
    )


def _lead_type(number: int) -> LeadType:
    when = Test("Source", "in", (f"Source {number}",), "/when")
    sla, hours = Duration(minutes=5 * (number + 1)), "us" if number % 2 else "emea"
    return LeadType(f"type_{number}", "", when, sla, "business", hours, "ladder", False, None, None, "/lead_types")


def floor(policy: Policy, assigned: vector.Ints, touched: vector.Ints) -> list[vector.Ints]:
    """S, D, four steps and the response of every lead, as if all were of one type."""
    table = policy.promises[0].calendar.table(START, START + 2 * YEAR)
    opens, closes = np.array(table.opens), np.array(table.closes)
    before, after = np.array(table.before), np.array(table.after)

    def position(t: vector.Ints) -> vector.Ints:
        index = np.searchsorted(opens, t, side="right") - 1
        return before[index] + np.minimum(t, closes[index]) - opens[index]

    def reached(p: vector.Ints) -> vector.Ints:
        index = np.searchsorted(after, p)
        return closes[index] - after[index] + p

    start = np.maximum(assigned, opens[np.searchsorted(closes, assigned, side="right")])
    at_start = position(start)
    times = [reached(at_start + offset) for offset in (300, 150, 301, 7_500, 36_300)]
    return [start, *times, position(np.maximum(touched, start)) - at_start]


def timed(what: str, work: Callable[[], Any]) -> tuple[Any, float]:
    begin = time.perf_counter()
    result = work()
    spent = time.perf_counter() - begin
    print(f"{what:<28}{spent:8.3f} s")
    return result, spent


def main(count: int) -> None:
    random = np.random.default_rng(7)
    sources = [f"Source {n}" for n in random.integers(0, TYPES, count)]
    assigned = START + random.integers(0, YEAR, count)
    touched = assigned + random.integers(1, 3 * 86_400, count)
    touched[random.random(count) < 0.2] = vector.NEVER
    policy, now = Policy.of(design()), START + YEAR
    imported = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    print(f"{count:,} leads × {TYPES} types × 4 steps")
    types, classified = timed("classify", lambda: classify_many(policy, {"Source": sources}, count=count))
    clocks, clocked = timed("clock", lambda: vector.clock(policy, assigned, types))
    _, judged = timed("verdict", lambda: vector.verdict(policy, clocks, types, touched, now))
    _, alerted = timed("fired", lambda: vector.fired(clocks, touched, now))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _, least = timed("NumPy floor", lambda: floor(policy, assigned, touched))
    total = classified + clocked + judged + alerted
    print(f"total {total:.2f} s, {total / least:.2f} × the floor; clock and verdict {(clocked + judged) / least:.2f} ×")
    print(f"memory: peak {peak:.0f} MB, of which {imported:.0f} MB are the leads themselves and the imports")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

"""SIGKILL at every HTTP call of an apply or a destroy, then the same command again: the same portal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hubspot_bench import HubBench, hubspot_bench

APPLY = ("apply", "brew.yaml", "-c", "box", "--yes")
DESTROY = ("destroy", "brew.yaml", "-c", "box", "--yes")
Start = Callable[[HubBench], tuple[str, ...]]
SAMPLE = 2  # points per command in the short form


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubBench]:
    with hubspot_bench(tmp_path_factory.mktemp("killed")) as made:
        yield made


def create(bench: HubBench) -> tuple[str, ...]:
    bench.prepare()
    return APPLY


def change(bench: HubBench) -> tuple[str, ...]:
    """Texts and numbers of what is there, new options, and things that come and go."""
    bench.prepare()
    bench(*APPLY)
    bench.edit("sla: 4h", "sla: 6h")
    bench.edit("label: Sample box", "label: Sample")
    quote = (
        "  - {id: quote, label: Quote, when: {brew_interest: [quote]}, sla: 1h, clock: calendar, escalation: cold}\n"
    )
    bench.edit("escalation: cold}\n", f"escalation: cold}}\n{quote}")
    bench.edit('exclusions:\n  - {id: own, when: {email: {ends_with: "@brewline.example"}}}\n', "")
    return APPLY


def remove(bench: HubBench) -> tuple[str, ...]:
    bench.prepare()
    bench(*APPLY)
    return DESTROY


def points(calls: int, *, full: bool) -> list[tuple[int, bool]]:
    """(call, whether the portal had carried it out): all, or a few spread over the run, the last one among them."""
    every = [(number, answered) for number in range(1, calls + 1) for answered in (False, True)]
    return every if full else every[:: -max(1, len(every) // SAMPLE)]


def untouched(bench: HubBench) -> dict[str, Any]:
    """The portal without us; archived names stay behind, as they do in HubSpot."""
    bench.prepare()
    return bench.picture() | {"archived": []}


def trial(bench: HubBench, start: Start, *, full: bool) -> tuple[int, int]:
    """(how many points were tried, how many calls the run has)."""
    before = untouched(bench)
    command = start(bench)
    bench.proxy.begin()
    bench(*command)
    unhurt, expected = [str(call) for call in bench.proxy.calls], bench.picture()
    tried = points(len(unhurt), full=full)
    for number, answered in tried:
        command = start(bench)
        bench.killed(number, *command, answered=answered)
        bench(*command)
        where = f"killed {'after' if answered else 'before'} call {number} of {len(unhurt)}: {unhurt[number - 1]}"
        assert bench.picture() == expected, where
        bench(*DESTROY)
        assert bench.picture() | {"archived": []} == before, f"{where}: something stays behind"
    return len(tried), len(unhurt)


@pytest.mark.parametrize("start", [create, change, remove])
def test_killed_now_and_then(bench: HubBench, start: Start) -> None:
    tried, calls = trial(bench, start, full=False)
    assert (tried >= SAMPLE, calls > 20) == (True, True)


@pytest.mark.full
@pytest.mark.parametrize("start", [create, change, remove])
def test_killed_at_every_call(bench: HubBench, start: Start) -> None:
    tried, calls = trial(bench, start, full=True)
    assert (tried, calls > 20) == (2 * calls, True)


def test_the_points_are_all_of_them() -> None:
    assert points(2, full=True) == [(1, False), (1, True), (2, False), (2, True)]
    assert points(30, full=False)[0] == (30, True)

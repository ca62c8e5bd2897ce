"""Sending again: how often, how long between, and what is known in the end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from provisioner.targets.http.pace import Backoff, Pace
from provisioner.targets.http.reply import Lost, NoAnswer, Reply, Unsent, unanswered
from provisioner.targets.http.retry import LOG, persist, retry_after

FINE = Reply(200, {}, b"{}")
BUSY = Reply(503, {}, b"")
Came = Reply | NoAnswer
LINEAR = Backoff(2.0, "linear")


def sending(*script: Came) -> Callable[[], Reply]:
    rest = list(script)

    def send() -> Reply:
        came = rest.pop(0)
        if isinstance(came, NoAnswer):
            raise came
        return came

    return send


def again(came: Came) -> Backoff | None:
    return None if came is FINE else LINEAR


def paced(slept: list[float], **more: float) -> Pace:
    return Pace(sleep=slept.append, jitter=lambda: 1.0, **more)  # type: ignore[arg-type]


def test_it_comes_again_until_it_is_fine() -> None:
    slept: list[float] = []
    lost = NoAnswer("no connection", sent=False)
    assert persist(paced(slept), sending(BUSY, lost, BUSY, FINE), again) is FINE
    assert slept == [2.0, 4.0, 6.0]


def test_waiting_is_said() -> None:
    said: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    listening = Listening(logging.WARNING)
    LOG.addHandler(listening)  # not the root's: the CLI, tested before, may keep what we say to itself
    try:
        lost = NoAnswer("no connection", sent=False)
        assert persist(paced([]), sending(lost, BUSY, FINE), again) is FINE
        short = Backoff(0.2, "linear")
        assert persist(paced([]), sending(BUSY, FINE), lambda came: None if came is FINE else short) is FINE
    finally:
        LOG.removeHandler(listening)
    assert said == [
        "No answer: no connection. Trying again in 2 s (attempt 2 of 5).",
        "Busy (HTTP 503). Trying again in 4 s (attempt 3 of 5).",
    ]


def test_attempts_end() -> None:
    slept: list[float] = []
    assert persist(paced(slept, attempts=3), sending(*[BUSY] * 3), again) is BUSY
    assert slept == [2.0, 4.0]


def test_what_is_not_to_come_again_does_not() -> None:
    slept: list[float] = []
    assert persist(paced(slept), sending(BUSY), lambda came: None) is BUSY
    with pytest.raises(NoAnswer, match=r"^gone$"):
        persist(paced(slept), sending(NoAnswer("gone", sent=True)), lambda came: None)
    assert slept == []


@pytest.mark.parametrize(("asked", "slept"), [("1", [2.0]), ("77", [77.0]), ("soon", [2.0])])
def test_the_server_may_ask_for_more_than_our_pause(asked: str, slept: list[float]) -> None:
    seen: list[float] = []
    assert persist(paced(seen), sending(Reply(429, {"retry-after": asked}, b""), FINE), again) is FINE
    assert seen == slept


def test_a_server_that_asks_for_too_much_is_told_about() -> None:
    slept: list[float] = []
    asking = Reply(429, {"retry-after": "121"}, b"")
    assert persist(paced(slept), sending(asking), again) is asking
    assert slept == []


def test_an_attempt_that_left_is_remembered() -> None:
    """The last one did not leave; the one before may have been carried out all the same."""
    script = sending(NoAnswer("the connection broke", sent=True), NoAnswer("no connection", sent=False))
    with pytest.raises(NoAnswer) as caught:
        persist(paced([], attempts=2), script, again)
    assert (caught.value.reason, caught.value.sent) == ("no connection", True)


def test_what_is_known_without_an_answer() -> None:
    left, stayed = NoAnswer("no answer in time", sent=True), NoAnswer("no connection", sent=False)
    found = unanswered("Acme", "make a thing", left, changes=True)
    assert (type(found), found.message) == (
        Lost, "The answer was lost when Acme was asked to make a thing: no answer in time.",
    )  # fmt: skip
    nothing = "The request changed nothing."
    found = unanswered("Acme", "make a thing", stayed, changes=True)
    assert (type(found), found.message) == (
        Unsent, f"Acme did not answer when asked to make a thing: no connection. {nothing}",
    )  # fmt: skip
    found = unanswered("Acme", "look", left, changes=False)
    assert type(found).__name__ == "Unreachable"
    assert found.message == f"Acme did not answer when asked to look: no answer in time. {nothing}"


def test_delays_by_growth() -> None:
    doubling, none = Backoff(1.0, "doubling", longest=5.0), Backoff(3.0, "none")
    assert [doubling.delay(attempt, 1.0) for attempt in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 5.0]
    assert [LINEAR.delay(attempt, 0.0) for attempt in (1, 2, 3)] == [2.0, 4.0, 6.0]
    assert [none.delay(attempt, 0.5) for attempt in (1, 9)] == [3.0, 3.0]


@given(attempt=some.integers(1, 50), chance=some.floats(0.0, 1.0), spread=some.floats(0.0, 1.0))
def test_chance_takes_its_share_and_no_more(attempt: int, chance: float, spread: float) -> None:
    whole = Backoff(1.0, "doubling", longest=30.0).delay(attempt, 1.0)
    found = Backoff(1.0, "doubling", longest=30.0, spread=spread).delay(attempt, chance)
    assert whole * (1.0 - spread) - 1e-9 <= found <= whole + 1e-9


def test_retry_after_forms() -> None:
    now = datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert retry_after("5", now) == 5.0
    assert retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True), now) == 90.0
    assert retry_after(format_datetime(now - timedelta(seconds=90), usegmt=True), now) == 0.0
    assert [retry_after(text, now) for text in ("", "soon", "-3", "²")] == [None, None, None, None]

"""Everything that can happen at every call of an apply: run again, and it is as if nothing had happened.

A point is one call of one operation and one thing that happens to it. After it the same command is run until it ends
well (once is enough), and the whole state of the vendor, its ledger included, equals that of a run that was left in
peace: nothing twice, nothing forgotten, nothing that nobody owns. The long form (`-m full -n 4 -s`) tries every call
and prints how many points that were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from crash_bench import APPLY, DESTROY, READY, RENEWABLE, Bench, Benches
from proxy import Answer, Answers, Asked, InPart, Kill, Pass, Resets, Slow, Trouble

PLATFORMS = ("salesforce", "hubspot")
OPERATIONS = ("create", "change", "destroy")
MOMENTS = ("before", "sent", "after")
IMPATIENT = 0.75  # seconds: how long a command waits for an answer where answers are late
LATE = 1.0
READ_EVERY = 3
SIGN_IN, SUBMIT = "POST /services/oauth2/token", "POST /services/data/v66.0/metadata/deployRequest"
REFUSED, REFUSALS = 5, 10  # what is deployed outlives the run that asked for it


def storm(platform: str) -> Answer:
    """Too many requests, in each vendor's words."""
    said: Any = {
        "status": "error", "message": "You have reached your ten_secondly_rolling limit.", "errorType": "RATE_LIMIT",
        "correlationId": "c-1", "policyName": "TEN_SECONDLY_ROLLING",
    }  # fmt: skip
    if platform == "salesforce":
        text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
        said = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": text}]
    return _said(429 if platform == "hubspot" else 403, said)


def expired(platform: str) -> Answer:
    said: Any = {
        "status": "error", "message": "Authentication credentials not found.", "correlationId": "c-1",
        "category": "INVALID_AUTHENTICATION",
    }  # fmt: skip
    if platform == "salesforce":
        said = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    return _said(401, said)


def _said(status: int, body: Any) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


DOWN = Answer(503, b"<!DOCTYPE html><html>down</html>", {"Content-Type": "text/html"})

TROUBLES: dict[str, Callable[[str, int], Trouble]] = {
    "storm": lambda platform, number: Answers(number, 3, storm(platform)),
    "down": lambda platform, number: Answers(number, 2, DOWN),
    "down, but done": lambda platform, number: Answers(number, 1, DOWN, carried_out=True),
    "reset": lambda platform, number: Resets(number, carried_out=False),
    "reset, but done": lambda platform, number: Resets(number, carried_out=True),
    "late": lambda platform, number: Slow(number, LATE),
    "expired": lambda platform, number: Answers(number, 1, expired(platform)),
    "in part": lambda platform, number: InPart(number),
}
# Ends a run that cannot renew its session; the others are outlived by everything that only reads.
FATAL = frozenset({"expired"})


@dataclass
class Story:
    """An operation, left in peace: its calls, and what there is in the end."""

    bench: Bench
    operation: str
    calls: list[str] = field(default_factory=list)
    expected: dict[str, Any] = field(default_factory=dict)

    @property
    def command(self) -> str:
        return DESTROY if self.operation == "destroy" else APPLY

    def begin(self) -> None:
        self.bench.prepare()
        if self.operation != "create":
            self.bench.do(APPLY)
        if self.operation == "change":
            self.bench.edit()

    def told(self) -> Story:
        self.begin()
        self.bench.do(self.command)
        self.calls, self.expected = list(self.bench.proxy.calls), self.bench.picture()
        assert len(self.calls) > 20
        return self

    def is_read(self, number: int) -> bool:
        """Of the calls that this story has when nothing happens."""
        call = self.calls[number - 1]
        return call.startswith("GET ") or call.endswith(("/search", "/batch/read", "/services/Soap/m/66.0"))

    def again(self, where: str) -> None:
        """It ends well, and as expected. While the first run's deployment goes on in the org, it is refused: then it is
        run once more."""
        for _ in range(REFUSALS + 1):
            code, said = self.bench.run(self.command)
            if code != REFUSED:
                break
        assert code == 0, f"{where}, run again: {code}\n{said}"
        self.check(where)

    def check(self, where: str) -> None:
        found = self.bench.picture()
        for part, content in self.expected.items():
            assert found[part] == content, f"{where}: {part}"
        assert found.keys() == self.expected.keys()


def killed(story: Story, numbers: Sequence[int], moment: str) -> int:
    tried = 0
    for number in numbers:
        story.begin()
        code, said = story.bench.run(story.command, Kill(number, moment, lambda: None))
        last = number == len(story.calls) and moment == "after"
        where = f"{story.operation}, killed {moment} call {number} of {len(story.calls)}: {story.calls[number - 1]}"
        assert code == -9 or (last and code == 0), f"{where}: {code}\n{said}"
        story.again(where)
        tried += 1
    return tried


def troubled(story: Story, numbers: Sequence[int], kind: str) -> tuple[int, int]:
    """(points tried, how many needed no second run). What only reads is outlived, what changes is never done twice."""
    tried = unhurt = 0
    for number in numbers:
        story.begin()
        trouble = TROUBLES[kind](story.bench.platform, number)
        code, said = story.bench.run(story.command, trouble)
        where = f"{story.operation}, {kind} at call {number} of {len(story.calls)}: {story.calls[number - 1]}"
        assert code in (0, 1, 4), f"{where}: {code}\n{said}"
        if story.is_read(number) and kind not in FATAL:
            assert code == 0, f"{where}: a read is tried again\n{said}"
        if code == 0:
            unhurt += 1
            story.check(where)
        else:
            assert "Error: " in said, f"{where}: {said}"
            story.again(where)
        tried += 1
    return tried, unhurt


def chosen(story: Story, kind: str) -> list[int]:
    """Every call that changes something; of those that only read, the kinds take turns: each read meets several."""
    numbers = range(1, len(story.calls) + 1)
    if kind == "in part":
        return [number for number in numbers if story.calls[number - 1].endswith("/batch/create")]
    turn = list(TROUBLES).index(kind)
    return [number for number in numbers if not story.is_read(number) or number % READ_EVERY == turn % READ_EVERY]


SAMPLED = (("salesforce", "down, but done"),)  # one point there takes as long as ten on the other platform
BRIEFLY = [("salesforce", "destroy"), *(("hubspot", operation) for operation in OPERATIONS)]
STORIES = [(platform, operation) for platform in PLATFORMS for operation in OPERATIONS]


@pytest.fixture(scope="session")
def stories(benches: Benches) -> Callable[[str, str], Story]:
    told: dict[tuple[str, str], Story] = {}

    def story(platform: str, operation: str) -> Story:
        if (platform, operation) not in told:
            told[platform, operation] = Story(benches(platform), operation).told()
        return told[platform, operation]

    return story


Stories = Callable[[str, str], Story]


@pytest.mark.parametrize(("platform", "operation"), BRIEFLY)
def test_killed_now_and_then(stories: Stories, platform: str, operation: str) -> None:
    story = stories(platform, operation)
    writes = [number for number in range(1, len(story.calls) + 1) if not story.is_read(number)]
    moment = MOMENTS[OPERATIONS.index(operation)]
    assert killed(story, writes[-1:], moment) == 1


@pytest.mark.parametrize(("platform", "kind"), [*SAMPLED, *(("hubspot", kind) for kind in TROUBLES)])
def test_troubled_now_and_then(stories: Stories, platform: str, kind: str) -> None:
    """One call that changes something; the kinds take turns with the operations."""
    place = list(TROUBLES).index(kind)
    story = stories(platform, "create" if kind == "in part" else OPERATIONS[place % len(OPERATIONS)])
    with impatience(story.bench, kind):
        writes = [number for number in chosen(story, kind) if not story.is_read(number)]
        tried, _ = troubled(story, [writes[place % len(writes)]], kind)
    assert tried == 1


@contextmanager
def renewable(bench: Bench) -> Iterator[None]:
    bench.auth = RENEWABLE
    yield
    bench.auth = READY


def renewed(bench: Bench, operation: str, choose: Callable[[Story], Sequence[int]]) -> tuple[int, int]:
    """(points tried, calls): an app whose session expires at a call signs in again, and the run goes on."""
    with renewable(bench):
        story = Story(bench, operation).told()
        numbers = choose(story)
        for number in numbers:
            story.begin()
            code, said = bench.run(story.command, Answers(number, 1, expired(bench.platform)))
            where = f"{operation}, expired at call {number} of {len(story.calls)}: {story.calls[number - 1]}"
            assert code == 0, f"{where}\n{said}"
            assert [call for call in bench.proxy.calls if call == SIGN_IN] == [SIGN_IN] * 2, where
            story.check(where)
        return len(numbers), len(story.calls)


def signed_in(story: Story) -> list[int]:
    """Every call but the login itself."""
    assert story.calls[0] == SIGN_IN
    return list(range(2, len(story.calls) + 1))


def test_an_expired_session_is_renewed_now_and_then(benches: Benches) -> None:
    assert renewed(benches("salesforce"), "create", lambda story: [story.calls.index(SUBMIT) + 1])[0] == 1


@pytest.mark.full
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_expired_session_is_renewed_at_every_call(benches: Benches, operation: str) -> None:
    tried, calls = renewed(benches("salesforce"), operation, signed_in)
    print(f"\nsalesforce {operation}: expired, and renewed: {tried} points of {calls} calls")
    assert tried == calls - 1


def test_polls_that_fail_while_the_deployment_goes_on(benches: Benches) -> None:
    """Nobody answers for a while; the deployment ends by itself, is followed to its end, and handed in once."""

    class Silent(Trouble):
        left = 12

        def __call__(self, asked: Asked, on: Pass) -> Answer:
            if "/metadata/deployRequest/" in asked.path and self.left:
                self.left -= 1
                return DOWN
            return on(asked.body)

    story = Story(benches("salesforce"), "create").told()
    story.begin()
    code, said = story.bench.run(APPLY, Silent())
    assert code == 0, said
    assert [call for call in story.bench.proxy.calls if call == SUBMIT] == [SUBMIT] * 2  # the check, and the real one
    assert "No usable answer about 0Af" in said
    story.check("silent polls")


@pytest.mark.full
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("platform", "operation"), STORIES)
def test_killed_at_every_call(stories: Stories, platform: str, operation: str, moment: str) -> None:
    story = stories(platform, operation)
    tried = killed(story, range(1, len(story.calls) + 1), moment)
    print(f"\n{platform} {operation}: killed {moment}: {tried} points of {len(story.calls)} calls")
    assert tried == len(story.calls)


@pytest.mark.full
@pytest.mark.parametrize("kind", TROUBLES)
@pytest.mark.parametrize(("platform", "operation"), STORIES)
def test_troubled_at_every_call(stories: Stories, platform: str, operation: str, kind: str) -> None:
    story = stories(platform, operation)
    numbers = chosen(story, kind)
    with impatience(story.bench, kind):
        tried, unhurt = troubled(story, numbers, kind)
    print(
        f"\n{platform} {operation}: {kind}: {tried} points of {len(story.calls)} calls, {unhurt} without a second run"
    )
    assert tried == len(numbers)


@contextmanager
def impatience(bench: Bench, kind: str) -> Iterator[None]:
    """Where answers are late, the command does not wait for long."""
    patient = bench.timeout
    bench.timeout = IMPATIENT if kind == "late" else patient
    yield
    bench.timeout = patient

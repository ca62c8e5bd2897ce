"""Trouble on order, the same at the front of either vendor: which request, how often, before or after the work."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator.faults import Faults, read_fault, read_faults

Ask = Callable[..., requests.Response]
PLACES = {
    "hubspot": ("/account-info/v3/details", "/crm/v3/objects/contacts", {"properties": {"email": "a@x.example"}}),
    "salesforce": (
        "/services/data/v66.0/limits",
        "/services/data/v66.0/sobjects/Account",
        {"Name": "Acme"},
    ),
}


@pytest.fixture(params=sorted(PLACES), scope="module")
def vendor(request: pytest.FixtureRequest) -> Iterator[tuple[str, Ask, Ask]]:
    """(platform, a call to the vendor, a knock at the door)"""
    command = [sys.executable, "-m", "provisioner.emulator", "--platform", request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, requests.Session() as session:
        session.trust_env = False
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        headers = {"Authorization": f"Bearer {facts['access_token']}"}

        def ask(method: str, path: str, body: object = None, seconds: float = 20) -> requests.Response:
            return session.request(method, facts["url"] + path, json=body, headers=headers, timeout=seconds)

        def knock(method: str, name: str, body: object = None) -> requests.Response:
            return session.request(method, f"{facts['url']}/_emulator/{name}", json=body, timeout=20)

        yield request.param, ask, knock
        process.terminate()


@pytest.fixture
def trouble(vendor: tuple[str, Ask, Ask]) -> Iterator[tuple[str, Ask, Ask]]:
    yield vendor
    assert vendor[2]("DELETE", "faults").json() == []


def test_a_storm_of_429_with_and_without_a_time_to_wait(trouble: tuple[str, Ask, Ask]) -> None:
    platform, ask, knock = trouble
    storm = [
        {"kind": "status", "status": 429, "times": 2, "headers": {"Retry-After": "3"}},
        {"kind": "status", "status": 429, "times": 1},
    ]
    assert knock("POST", "faults", storm).status_code == 200
    answers = [ask("GET", PLACES[platform][0]) for _ in range(4)]
    assert [one.status_code for one in answers] == [429, 429, 429, 200]
    assert [one.headers.get("Retry-After") for one in answers] == ["3", "3", None, None]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_nth_of_the_matching_requests(trouble: tuple[str, Ask, Ask], status: int) -> None:
    platform, ask, knock = trouble
    read, write, body = PLACES[platform]
    match = {"method": "GET", "path_regex": f"^{read}$"}
    knock("POST", "faults", {"kind": "status", "status": status, "nth": 3, "times": 2, "match": match})
    answers = [ask("GET", read), ask("GET", read), ask("POST", write, body)]
    answers += [ask("GET", read) for _ in range(3)]
    assert [one.status_code for one in answers if one.request.method == "GET"] == [200, 200, status, status, 200]
    (left,) = knock("GET", "faults").json()
    assert left == {"match": match, "kind": "status", "after": False, "nth": 3, "times": 0, "seen": 5}


@pytest.mark.parametrize("after", [False, True])
def test_a_slow_answer_outlasts_the_clients_patience(trouble: tuple[str, Ask, Ask], after: bool) -> None:
    platform, ask, knock = trouble
    knock("POST", "faults", {"kind": "slow", "seconds": 0.6, "after": after})
    with pytest.raises(requests.ReadTimeout):
        ask("GET", PLACES[platform][0], seconds=0.2)
    knock("POST", "faults", {"kind": "slow", "seconds": 0.2, "after": after})
    begun = time.monotonic()
    answer = ask("GET", PLACES[platform][0])
    assert (answer.status_code, time.monotonic() - begun >= 0.2) == (200, True)


def test_a_session_that_expires_in_the_middle_stays_dead(trouble: tuple[str, Ask, Ask]) -> None:
    platform, ask, knock = trouble
    read = PLACES[platform][0]
    knock("POST", "faults", {"kind": "expired_session", "nth": 2, "lasting": True})
    assert [ask("GET", read).status_code for _ in range(4)] == [200, 401, 401, 401]
    assert knock("DELETE", "faults").json() == []
    assert ask("GET", read).status_code == 200


def test_an_expired_session_may_be_a_slip(trouble: tuple[str, Ask, Ask]) -> None:
    platform, ask, knock = trouble
    knock("POST", "faults", {"kind": "expired_session"})
    assert [ask("GET", PLACES[platform][0]).status_code for _ in range(2)] == [401, 200]


def test_the_log_tells_which_requests_suffered(trouble: tuple[str, Ask, Ask]) -> None:
    platform, ask, knock = trouble
    read = PLACES[platform][0]
    knock("DELETE", "requests")
    knock("POST", "faults", [{"kind": "reset"}, {"kind": "status", "status": 502}])
    with pytest.raises(requests.ConnectionError):
        ask("GET", read)
    ask("GET", read)
    ask("GET", read)
    told = [(one["status"], one.get("fault")) for one in knock("GET", "requests").json()]
    assert told == [(0, "reset"), (502, "status"), (200, None)]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("slow", "A fault is an object with at least 'kind'."),
        ({"kind": "status", "times": "3"}, "'times' is a whole number from 1, not '3'."),
        ({"kind": "status", "times": True}, "'times' is a whole number from 1, not True."),
        ({"kind": "status", "nth": 0}, "'nth' is a whole number from 1, not 0."),
        ({"kind": "status", "status": "503"}, "'status' is a status from 200 to 599, not '503'."),
        ({"kind": "status", "status": 99}, "'status' is a status from 200 to 599, not 99."),
        (
            {"kind": "status", "headers": {"Retry-After": 3}},
            "'headers' is an object of header names and texts, not {'Retry-After': 3}.",
        ),
        (
            {"kind": "status", "headers": {"X-A": "a\r\nSet-Cookie: b"}},
            "'headers' is an object of header names and texts, not {'X-A': 'a\\r\\nSet-Cookie: b'}.",
        ),
        ({"kind": "slow", "seconds": "1"}, "'seconds' is a number of real seconds from 0 to 600, not '1'."),
        ({"kind": "slow", "seconds": -1}, "'seconds' is a number of real seconds from 0 to 600, not -1."),
        ({"kind": "slow", "seconds": 601}, "'seconds' is a number of real seconds from 0 to 600, not 601."),
        ({"kind": "reset", "after": "yes"}, "'after' is true or false, not 'yes'."),
        ({"kind": "reset", "lasting": True}, "'lasting' goes with expired_session only."),
        ({"kind": "partial_failure", "rows": ["1"]}, "'rows' is a list of places in the batch, from 0, not ['1']."),
        ({"kind": "partial_failure"}, "A partial_failure needs 'rows', the places in the batch that fail, from 0."),
        ({"kind": "partial_failure", "rows": [0], "code": 1}, "'code' is a text, not 1."),
        ({"kind": "partial_failure", "rows": [0], "message": None}, "'message' is a text, not None."),
        ({"kind": ["slow"]}, "'kind' is one of status, timeout, reset, partial, expired_session, slow, "),
        ({"kind": "slow", "match": "GET"}, "'match' has method and path_regex, not 'GET'."),
        (
            {"kind": "slow", "match": {"method": "get"}},
            "'method' is one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, not 'get'.",
        ),
        ({"kind": "slow", "match": {"method": 5}}, "'method' is one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS,"),
        ({"kind": "slow", "match": {"path_regex": 5}}, "'path_regex' is a text, not 5."),
        ({"kind": "slow", "match": {"path_regex": "("}}, "'path_regex' is no regular expression: "),
        ({"kind": "slow", "when": 1}, "A fault has no 'when'; it has after, body, code, headers, kind, lasting, "),
        ([{"kind": "slow"}, {"kind": "flood"}], "'kind' is one of status, "),
    ],
)
def test_mistakes_in_a_fault_are_explained_and_arm_nothing(
    trouble: tuple[str, Ask, Ask], wrong: object, text: str
) -> None:
    _, _, knock = trouble
    answer = knock("POST", "faults", wrong)
    assert (answer.status_code, answer.json()["error"][: len(text)]) == (400, text)
    assert knock("GET", "faults").json() == []


_SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_ANY = st.recursive(_SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
_KEYS = st.sampled_from(
    [
        "match",
        "nth",
        "times",
        "kind",
        "status",
        "body",
        "headers",
        "seconds",
        "after",
        "lasting",
        "rows",
        "code",
        "message",
        "x",
    ]
)


@given(st.dictionaries(_KEYS, _ANY, max_size=6) | _ANY)
def test_whatever_is_asked_for_is_a_fault_or_a_plain_refusal(document: object) -> None:
    try:
        for fault in read_faults(document):
            assert Faults().take("GET", "/") is None and fault.times >= 1
    except ValueError as error:
        assert str(error).endswith(".")


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 12))
def test_a_fault_happens_from_its_turn_on_as_often_as_ordered(nth: int, times: int, asked: int) -> None:
    armed = Faults()
    armed.armed.append(read_fault({"kind": "reset", "nth": nth, "times": times}))
    happened = [number for number in range(1, asked + 1) if armed.take("GET", "/") is not None]
    assert happened == [number for number in range(1, asked + 1) if nth <= number < nth + times]

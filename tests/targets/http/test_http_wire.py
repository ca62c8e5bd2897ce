"""One exchange with servers that are not what they should be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from provisioner.errors import NotAllowed, TargetError, Unreachable
from provisioner.targets.http import wire
from provisioner.targets.http.deadline import Deadline
from provisioner.targets.http.reply import NoAnswer, Reply
from provisioner.targets.http.trust import checked_origin, checked_token
from provisioner.targets.http.wire import Wire

Say = Callable[[bytes], str]
START = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def say() -> Iterator[Say]:
    """A server that answers every request with these bytes, and then waits until the client goes away."""
    plugs: list[socket.socket] = []

    def serve(plug: socket.socket, answer: bytes) -> None:
        client, _ = plug.accept()
        with client:
            client.recv(65536)
            client.sendall(answer)
            client.recv(1)

    def start(answer: bytes) -> str:
        plug = socket.create_server(("127.0.0.1", 0))
        plugs.append(plug)
        threading.Thread(target=serve, args=(plug, answer), daemon=True).start()
        return f"http://127.0.0.1:{plug.getsockname()[1]}/x"

    yield start
    for plug in plugs:
        plug.close()


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"HT",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        START + b"Content-Length: 100\r\n\r\n{",
        START + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{",
        START + b"\r\n{",
    ],
    ids=["nothing", "status line", "continue", "headers", "body", "chunk", "body without a length"],
)
def test_an_answer_that_never_ends_is_ended(say: Say, monkeypatch: pytest.MonkeyPatch, beginning: bytes) -> None:
    monkeypatch.setattr(wire, "LONGEST_ANSWER", 0.1)
    way = Wire("Acme", 30.0)
    with pytest.raises(NoAnswer) as caught:
        way.exchange("GET", say(beginning), {})
    way.close()
    assert (caught.value.reason, caught.value.sent, caught.value.final) == (
        "the answer did not end in time",
        True,
        True,
    )


def test_the_body_of_a_redirection_is_bounded_and_its_target_not_read(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Wire("Acme", 30.0)
    reply = way.exchange("GET", say(b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"), {})
    assert (reply.status, reply.body) == (302, b"")
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 1000)
    with pytest.raises(TargetError, match=r"^Acme's answer is larger than 0 MB; reading stopped\.$"):
        way.exchange("GET", say(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000), {})
    way.close()


@pytest.mark.parametrize("url", ["http://[::1", "https://acme.example:99999999", "https://[acme]/"])
def test_an_address_that_is_none_is_a_target_error(url: str) -> None:
    with pytest.raises(TargetError) as caught:
        checked_origin(url, "instance URL", "https://acme.example")
    assert caught.value.message == "The instance URL is not an address, or has no valid port."


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://acme.example", "The place http://acme.example is not encrypted; the token would travel in the clear."),
        ("ftp://acme.example", "The place 'ftp://acme.example' is not an address like https://acme.example."),
        ("https://user:pw@acme.example", "The place must not hold a user name or password."),
        ("http://127.0.0.1.evil.example",
         "The place http://127.0.0.1.evil.example is not encrypted; the token would travel in the clear."),
        ("https://a\\b.example", "The place 'https://a\\\\b.example' is not an address like https://acme.example."),
    ],
)  # fmt: skip
def test_where_a_token_may_not_go(url: str, message: str) -> None:
    with pytest.raises(TargetError) as caught:
        checked_origin(url, "place", "https://acme.example")
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Acme.Example/lightning?x=1#y", "https://acme.example"),
        ("https://acme.example:8443/", "https://acme.example:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        (" http://[::1]:8000/x ", "http://[::1]:8000"),
    ],
)
def test_only_the_origin_counts(url: str, origin: str) -> None:
    assert checked_origin(url, "place", "https://acme.example") == origin


@pytest.mark.parametrize("token", ["", "canary\nX: y", "canary token", "canary\0", "canäry"])
def test_a_token_that_cannot_be_a_header(token: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        checked_token(token, "acme")
    assert caught.value.message == (
        "The access token of connection 'acme' is empty or holds characters that no token has."
    )
    assert "can" not in caught.value.advice


def test_tls_inside_a_proxys_tls_is_cut_as_well() -> None:
    class Wrapped:
        def __init__(self, inner: socket.socket) -> None:
            self.socket = inner

    ours, theirs = socket.socketpair()
    with ours, theirs:
        deadline = Deadline(0.01)
        deadline.watch(Wrapped(ours))
        assert theirs.recv(1) == b""
        assert deadline.passed
        deadline.end()


def test_a_word_that_is_no_json_is_no_answer() -> None:
    assert Reply(200, {}, b'{"a": 1}').json("look") == {"a": 1}
    for body in (b"", b"{", b"[" * 200_000):
        with pytest.raises(Unreachable) as caught:
            Reply(200, {}, body, "Acme").json("look")
        assert caught.value.message == "Acme's answer to look is not JSON (HTTP 200)."

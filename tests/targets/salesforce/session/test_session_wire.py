"""One exchange with servers that are not what they should be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from provisioner.errors import TargetError
from provisioner.targets.salesforce.session import wire
from provisioner.targets.salesforce.session.pace import Pace
from provisioner.targets.salesforce.session.wire import NoAnswer, Wire, checked_origin

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
    way = Wire(30.0, Pace())
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
    way = Wire(30.0, Pace())
    reply = way.exchange("GET", say(b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"), {})
    assert (reply.status, reply.body) == (302, b"")
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 1000)
    with pytest.raises(TargetError, match="is larger than 0 MB; reading stopped"):
        way.exchange("GET", say(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000), {})
    way.close()


@pytest.mark.parametrize("url", ["http://[::1", "https://acme.example:99999999", "https://[acme]/"])
def test_an_address_that_is_none_is_a_target_error(url: str) -> None:
    with pytest.raises(TargetError) as caught:
        checked_origin(url, "instance URL")
    assert caught.value.message == "The instance URL is not an address, or has no valid port."

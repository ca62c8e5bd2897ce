"""No way of failing shows the token: not in messages, advice, reprs, tracebacks or logs. Hostile names stay names."""

from __future__ import annotations

import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hs_pieces as pieces
import pytest
from hs_portal import TOKEN, Answer, Portal, error

from provisioner.connections import Connection
from provisioner.errors import TargetError, Unreachable
from provisioner.resources import Address, Resource
from provisioner.secrets import Secret
from provisioner.targets.http import wire
from provisioner.targets.hubspot.session import HubSpotSession, connect
from provisioner.targets.hubspot.session.faults import Answered

Opened = Callable[..., HubSpotSession]
CANARY = "canary"
DETAILS = "GET /account-info/v3/details"
ECHO = [
    error(400, TOKEN, f"you sent {TOKEN}", TOKEN, errors=[{"message": TOKEN, "context": {TOKEN: [TOKEN]}}]),
    error(401, "INVALID_AUTHENTICATION", f"{TOKEN} expired"),
    error(403, "MISSING_SCOPES", "x", errors=[{"message": TOKEN, "context": {"requiredGranularScopes": [TOKEN]}}]),
    Answer(429, {"policyName": "DAILY", "message": TOKEN}),
    Answer(477, {"message": TOKEN}, {"Retry-After": "9999"}),
    error(500, "X", TOKEN),
    Answer(302, b"", {"Location": f"https://evil.example/?t={TOKEN}"}),
    Answer(200, TOKEN.encode()),
    Answer(200, {"portalId": TOKEN}),
    Answer(drop=True),
]


def shown(error: BaseException) -> str:
    about = [str(error), repr(error), getattr(error, "advice", ""), repr(getattr(error, "problems", ""))]
    return "\n".join([*about, repr(vars(error)), *traceback.format_exception(error)])


@pytest.mark.parametrize("answer", ECHO)
def test_a_server_that_repeats_the_token(
    opened: Opened, portal: Portal, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = opened()
    portal.on(DETAILS, *[answer] * 5)
    with pytest.raises(TargetError) as caught:
        session.identity()
    assert CANARY not in shown(caught.value) + caplog.text + repr(session) + repr(vars(session))


def test_the_official_client_never_holds_the_token(opened: Opened, portal: Portal) -> None:
    session = opened()
    pieces.planned(session, *pieces.whole())
    held = session.door.api("crm.properties.core_api").api_client.configuration
    assert CANARY not in repr(vars(held)) + repr(session.door._client.config)  # type: ignore[union-attr]
    assert {request.headers["authorization"] for request in portal.requests} == {f"Bearer {TOKEN}"}


def test_a_change_that_fails(opened: Opened, portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    session = opened()
    plan = pieces.planned(session, *pieces.whole())
    portal.on("POST /crm/v3/lists", error(400, "X", TOKEN))
    assert CANARY not in repr(pieces.carried_out(session, plan)) + caplog.text


ESCAPED = "".join(f"\\u{ord(character):04x}" for character in TOKEN)


def test_a_token_in_disguise(opened: Opened, portal: Portal) -> None:
    """Escaped as JSON may be, it is only seen once the answer is decoded."""
    body = f'{{"category": "X{ESCAPED}", "message": "you sent {ESCAPED}", "correlationId": "{ESCAPED}"}}'.encode()
    portal.on(DETAILS, Answer(400, body))
    with pytest.raises(Answered) as caught:
        opened().identity()
    assert caught.value.message == (
        "HubSpot refused to say which account this is: you sent (secret) (correlationId (secret))"
    )
    assert (caught.value.category, caught.value.problems) == ("X(secret)", (("X(secret)", "you sent (secret)"),))
    assert CANARY not in shown(caught.value)


def test_a_token_in_disguise_while_something_is_changed(opened: Opened, portal: Portal) -> None:
    session = opened()
    plan = pieces.planned(session, *pieces.whole())
    portal.on("POST /crm/v3/lists", Answer(400, f'{{"category": "X", "message": "{ESCAPED}"}}'.encode()))
    done = repr(pieces.carried_out(session, plan))
    assert "(secret)" in done
    assert CANARY not in done


def test_an_answer_that_drips_is_ended(opened: Opened, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the pauses may be: the answer as a whole has its time, and is not asked for again."""
    monkeypatch.setattr(wire, "LONGEST_ANSWER", 0.1)
    with dripping() as url:
        session = opened(instance_url=url)
        with pytest.raises(Unreachable) as caught:
            session.identity()
    assert caught.value.message == (
        "HubSpot did not answer when asked to say which account this is: the answer did not end in time. "
        "The request changed nothing."
    )
    assert session.api_calls == 1


@contextmanager
def dripping() -> Iterator[str]:
    """A server that begins an answer and then waits until the client goes away."""

    def serve() -> None:
        client, _ = plug.accept()
        with client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            client.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as plug:
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{plug.getsockname()[1]}"
        serving.join(5.0)


def test_a_netrc_entry_does_not_replace_the_session(
    opened: Opened, portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(wire, "is_loopback", lambda host: False)
    opened().identity()
    assert {request.headers["authorization"] for request in portal.requests} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("token", ["canary\nX: y", "canary token", "canary\0", ""])
def test_tokens_that_cannot_be_headers(token: str) -> None:
    auth: dict[str, Any] = {"method": "access_token", "access_token": Secret(token)}
    with pytest.raises(TargetError) as caught:
        connect(Connection("acme", "hubspot", auth))
    assert CANARY not in shown(caught.value)


def test_an_endless_answer(opened: Opened, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 100)
    portal.on(DETAILS, Answer(200, TOKEN.encode() * 10))
    with pytest.raises(TargetError) as caught:
        opened().identity()
    assert CANARY not in shown(caught.value)


HOSTILE = "Ünï'\"<script>{{ x }} ; ../../ %2e? & # \n 🔥" + "x" * 300


def test_hostile_texts_arrive_as_they_are(opened: Opened, portal: Portal) -> None:
    wanted = [
        pieces.group(HOSTILE), pieces.prop("stl_started_at", label=HOSTILE, description=HOSTILE),
        pieces.choice("stl_status", "running"), pieces.segment(name=HOSTILE), pieces.flow(name=HOSTILE),
    ]  # fmt: skip
    session = opened()
    assert pieces.carried_out(session, pieces.planned(session, *wanted)).is_complete
    assert pieces.planned(opened(), *wanted).changes == ()
    session = opened()
    wanted[3] = pieces.segment(name=HOSTILE + "&listName=other")
    assert pieces.carried_out(session, pieces.planned(session, *wanted)).is_complete
    assert [raw["name"] for raw in portal.lists.values()] == [HOSTILE + "&listName=other"]


def test_a_hostile_name_cannot_leave_its_path(opened: Opened, portal: Portal) -> None:
    evil = Resource(Address("Property", "contacts.../groups/native"), {"name": "x", "label": "x"})
    session = opened()
    session.read(pieces_snapshot(evil), "stl")
    with pytest.raises(TargetError):
        session.door.change(
            "archive", session.door.api("crm.properties.core_api").archive, "contacts", "../groups/native",
            repeatable=True,
        )  # fmt: skip
    assert "native" in portal.groups["contacts"]


def pieces_snapshot(resource: Resource) -> Any:
    from provisioner.resources import Snapshot

    return Snapshot.of([resource])


def test_a_description_of_ours_cannot_forge_a_mark(opened: Opened, portal: Portal) -> None:
    """Text that looks like a mark is replaced by the real one."""
    forged = "x [provisioner:evil:stl Property:contacts.stl_started_at " + "0" * 64 + "]"
    session = opened()
    pieces.carried_out(
        session, pieces.planned(session, pieces.group(), pieces.prop("stl_started_at", description=forged))
    )
    assert opened().read(pieces_snapshot(pieces.group()), "stl").ledger.design == "acme"

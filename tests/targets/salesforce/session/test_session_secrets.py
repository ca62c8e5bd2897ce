"""No way of failing shows a credential: not in messages, advice, reprs, tracebacks or logs."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from pieces import field, make_plan, snapshot
from scripted_org import TOKEN, Answer, ScriptedOrg, error, fault, said
from test_session_auth import display, fake_sf  # noqa: F401 - a fixture

from provisioner.connections import Connection
from provisioner.errors import NotAllowed, TargetError
from provisioner.secrets import Secret
from provisioner.targets.http import wire
from provisioner.targets.salesforce.session import connect, sf_cli

CANARY = "canary"
PEM = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"
READY = {"method": "access_token", "access_token": Secret(TOKEN)}
QUERY = "GET /services/data/v66.0/query"
ECHO = [
    error(400, "MALFORMED_QUERY", f"you sent {TOKEN}"),
    error(401, "INVALID_SESSION_ID", f"{TOKEN} expired"),
    error(403, "INSUFFICIENT_ACCESS", TOKEN),
    error(500, "UNKNOWN_EXCEPTION", TOKEN),
    error(429, TOKEN, TOKEN, Retry_After="9999"),
    Answer(302, b"", {"Location": f"https://evil.example/?t={TOKEN}"}),
    Answer(drop=True),
]


def shown(error: BaseException) -> str:
    advice = getattr(error, "advice", "")
    return "\n".join(
        [str(error), repr(error), advice, repr(getattr(error, "problems", "")), *traceback.format_exception(error)]
    )


@pytest.mark.parametrize("answer", ECHO)
def test_a_server_that_repeats_the_token(
    org: ScriptedOrg, opened: Any, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = opened(READY)
    org.on(QUERY, *[answer] * 5)
    with pytest.raises(TargetError) as caught:
        session.rest.query("SELECT Id FROM Thing", "look")
    assert CANARY not in shown(caught.value) + caplog.text + repr(session) + repr(vars(session))


def test_soap_faults_that_repeat_the_token(org: ScriptedOrg, opened: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    org.on("retrieve", fault("sf:INVALID_TYPE", f"header {TOKEN}"))
    with pytest.raises(TargetError) as caught:
        opened(READY).read(snapshot(field("Lead.A__c")), "STL")
    assert CANARY not in shown(caught.value) + caplog.text


def test_a_deployment_that_fails(org: ScriptedOrg, opened: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    org.on("POST /services/data/v66.0/metadata/deployRequest", error(400, "X", TOKEN))
    told = []
    with pytest.raises(TargetError) as caught:
        for event in opened(READY).write(*make_plan(create=(field("Lead.A__c"),))):
            told.append(event)
    assert CANARY not in shown(caught.value) + caplog.text + repr(told)


LOGINS: list[dict[str, Any]] = [
    {"method": "jwt", "client_id": "a", "username": "b", "private_key": Secret(PEM)},
    {"method": "client_credentials", "client_id": "a", "client_secret": Secret("canary-secret")},
]


@pytest.mark.parametrize(
    "answer",
    [
        said({"error": "invalid_client", "error_description": "no"}, 400),
        Answer(drop=True),
        Answer(200, b"{}"),
        said({"access_token": "canary with blanks\r\n"}),
        said({"access_token": ["canary"]}),
        Answer(503, b""),
    ],
)
def test_logins_that_fail(org: ScriptedOrg, opened: Any, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for auth in LOGINS:
        org.on("POST /services/oauth2/token", answer)
        session = opened({**auth, "audience": org.url} if auth["method"] == "jwt" else auth)
        with pytest.raises(TargetError) as caught:
            session.identity()
        assert CANARY not in shown(caught.value) + caplog.text + repr(session._transport._credentials)
        org.rules.clear()


def test_tokens_that_cannot_be_headers() -> None:
    for token in ("canary\nX: y", "canary token", "canary\0"):
        with pytest.raises(TargetError) as caught:
            connect(
                Connection(
                    "acme", "salesforce", {**READY, "access_token": Secret(token)}, instance_url="https://a.example"
                )
            )
        assert CANARY not in shown(caught.value)


def test_the_clis_answers(fake_sf: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    for answer in (
        (0, f"not json {TOKEN}"),
        (0, json.dumps([TOKEN])),
        (0, json.dumps({"result": {"accessToken": TOKEN}})),
    ):
        fake_sf(display=answer)
        with pytest.raises(TargetError) as caught:
            sf_cli.login("acme")
        assert CANARY not in shown(caught.value)
    fake_sf(display=display(TOKEN))
    assert CANARY not in repr(sf_cli.login("acme"))


def test_an_endless_answer(org: ScriptedOrg, opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 100)
    org.on("GET /services/data/", Answer(200, TOKEN.encode() * 10))
    with pytest.raises(TargetError) as caught:
        _ = opened(READY).rest.version
    assert CANARY not in shown(caught.value)


ESCAPED = "".join(f"\\u{ord(character):04x}" for character in TOKEN)


@pytest.mark.parametrize("spelled", [ESCAPED, quote(TOKEN, safe="")])
def test_a_token_in_disguise(org: ScriptedOrg, opened: Any, spelled: str) -> None:
    body = f'[{{"errorCode": "X", "message": "you sent {spelled}"}}]'.encode()
    org.on("POST /services/data/v66.0/metadata/deployRequest", Answer(400, body))
    told = []
    with pytest.raises(TargetError) as caught:
        for event in opened(READY).write(*make_plan(create=(field("Lead.A__c"),))):
            told.append(event)
    assert caught.value.message == "Salesforce refused to deploy the package: X: you sent (secret)"
    assert CANARY not in shown(caught.value) + repr(told)


def test_a_token_in_a_notice(org: ScriptedOrg, opened: Any) -> None:
    org.messages = [("a", f"{quote(TOKEN)} said no")]
    live = opened(READY).read(snapshot(field("Lead.A__c")), "STL")
    assert live.notices[0] == "Could not be read: CustomField:Lead.A__c ((secret) said no)"


def test_a_login_that_repeats_what_was_sent(org: ScriptedOrg, opened: Any) -> None:
    pair = base64.b64encode(b"a:canary-secret").decode("ascii")
    org.on("POST /services/oauth2/token", said({"error": pair, "error_description": "canary-secret"}, 400))
    with pytest.raises(NotAllowed) as caught:
        opened(LOGINS[1]).identity()
    assert caught.value.message == "Salesforce refused the login of connection 'acme': (secret): (secret)"

from __future__ import annotations

import base64
import json
import stat
import sys
import time as clock
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from scripted_org import TOKEN, ScriptedOrg, error, fault, said

from provisioner.connections import Connection
from provisioner.errors import NotAllowed, TargetError, Unreachable
from provisioner.secrets import Secret
from provisioner.targets.salesforce.session import connect, sf_cli

REDACTED = "[REDACTED] Use 'sf org auth show-access-token' to view"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def jwt_auth(org: ScriptedOrg, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    secret = Secret(pem(key))
    return {
        "method": "jwt",
        "client_id": "app",
        "username": "ci@acme.example",
        "private_key": secret,
        "audience": org.url,
    }


def test_jwt_asks_with_a_short_signed_assertion(org: ScriptedOrg, opened: Any, key: rsa.RSAPrivateKey) -> None:
    assert opened(jwt_auth(org, key), instance_url=None).identity().name == "Acme Sandbox"
    asked = org.requests[0]
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    claims = jwt.decode(form["assertion"], key.public_key(), algorithms=["RS256"], audience=org.url)
    now = int(clock.time())
    assert (asked.method, asked.path) == ("POST", "/services/oauth2/token")
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert {name: claims[name] for name in ("iss", "sub", "aud")} == {
        "iss": "app",
        "sub": "ci@acme.example",
        "aud": org.url,
    }
    assert 170 <= claims["exp"] - now <= 180


def test_a_login_is_asked_for_once_and_kept(org: ScriptedOrg, opened: Any, key: rsa.RSAPrivateKey) -> None:
    session = opened(jwt_auth(org, key))
    session.identity()
    session.rest.query("SELECT Id FROM Thing", "look")
    assert len(org.seen("POST /services/oauth2/token")) == 1


def test_a_refused_login_explains_itself(org: ScriptedOrg, opened: Any, key: rsa.RSAPrivateKey) -> None:
    refusal = said({"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}, 400)
    org.on("POST /services/oauth2/token", refusal)
    with pytest.raises(NotAllowed) as caught:
        opened(jwt_auth(org, key)).identity()
    assert str(caught.value) == (
        "Salesforce refused the login of connection 'acme': invalid_grant: user hasn't approved this consumer"
    )
    assert "test.salesforce.com" in caught.value.advice
    assert len(org.requests) == 1


def test_a_key_that_is_none(org: ScriptedOrg, opened: Any) -> None:
    auth = {
        "method": "jwt",
        "client_id": "a",
        "username": "b",
        "private_key": Secret("canary-key"),
        "audience": org.url,
    }
    with pytest.raises(NotAllowed) as caught:
        opened(auth).identity()
    assert str(caught.value) == "The private key of connection 'acme' is not an unencrypted RSA key in PEM form."


def test_client_credentials_use_basic_on_the_orgs_own_address(org: ScriptedOrg, opened: Any) -> None:
    auth = {"method": "client_credentials", "client_id": "app", "client_secret": Secret("s3")}
    assert opened(auth).identity().user == "deploy@acme.example"
    asked = org.requests[0]
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"app:s3").decode()
    assert asked.body == b"grant_type=client_credentials"


@pytest.mark.parametrize("auth", ["jwt", "client_credentials"])
def test_an_expired_session_is_renewed_once(org: ScriptedOrg, opened: Any, key: rsa.RSAPrivateKey, auth: str) -> None:
    settings = jwt_auth(org, key) if auth == "jwt" else {"method": auth, "client_id": "a", "client_secret": Secret("b")}
    session = opened(settings)
    session.identity()
    org.on("GET /services/data/v66.0/query", error(401, "INVALID_SESSION_ID", "Session expired or invalid"))
    assert session.rest.query("SELECT Id FROM Thing", "look") == []
    assert len(org.seen("POST /services/oauth2/token")) == 2
    org.on("GET /services/data/v66.0/query", *[error(401, "INVALID_SESSION_ID", "expired")] * 2)
    with pytest.raises(NotAllowed):
        session.rest.query("SELECT Id FROM Thing", "look")
    assert len(org.seen("POST /services/oauth2/token")) == 3


def test_a_session_that_expires_again_between_attempts_is_not_renewed_again(
    org: ScriptedOrg, opened: Any, key: rsa.RSAPrivateKey
) -> None:
    session = opened(jwt_auth(org, key))
    session.identity()
    expired = error(401, "INVALID_SESSION_ID", "expired")
    org.on("GET /services/data/v66.0/query", expired, error(503, "SERVER_UNAVAILABLE", "later"), expired)
    with pytest.raises(NotAllowed):
        session.rest.query("SELECT Id FROM Thing", "look")
    assert len(org.seen("POST /services/oauth2/token")) == 2
    assert len(org.seen("GET /services/data/v66.0/query?q=SELECT%20Id%20FROM%20Thing")) == 3


def test_an_expired_soap_session_is_renewed_with_the_new_token_in_the_envelope(
    org: ScriptedOrg, opened: Any, key: rsa.RSAPrivateKey
) -> None:
    session = opened(jwt_auth(org, key))
    assert session.rest.version == "66.0"
    org.token = "00D!renewed"
    assert session._soap.retrieve({"Flow": ["X"]}).files == {}
    first, second = org.seen("retrieve")
    assert (b"canary" in first.body, b"00D!renewed" in second.body) == (True, True)


def test_a_ready_token_that_expired_cannot_be_renewed(org: ScriptedOrg, session: Any) -> None:
    org.on("retrieve", fault("sf:INVALID_SESSION_ID", "INVALID_SESSION_ID: Invalid Session ID found"))
    with pytest.raises(NotAllowed) as caught:
        session._soap.retrieve({"Flow": ["X"]})
    assert str(caught.value) == (
        "Salesforce did not accept the credentials when asked to start a retrieve: INVALID_SESSION_ID: "
        "INVALID_SESSION_ID: Invalid Session ID found"
    )
    assert "Sign in again" in caught.value.advice


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Evil: 1", "tökèn", REDACTED])
def test_what_is_no_token_is_not_sent(token: str) -> None:
    auth = {"method": "access_token", "access_token": Secret(token)}
    with pytest.raises(NotAllowed) as caught:
        connect(Connection("acme", "salesforce", auth, instance_url="https://acme.example"))
    assert str(caught.value) == "The access token of connection 'acme' is empty or holds characters that no token has."


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        ({}, "Connection 'acme' has no way to sign in that we know (access_token, jwt, client_credentials, sf_cli)."),
        (
            {"method": "password"},
            "Connection 'acme' has no way to sign in that we know (access_token, jwt, client_credentials, sf_cli).",
        ),
        ({"method": "jwt"}, "Connection 'acme' needs 'client_id' for the method 'jwt'."),
        (
            {"method": "access_token", "access_token": "plain"},
            "Connection 'acme' needs the secret 'access_token' for 'access_token'.",
        ),
        (
            {"method": "client_credentials", "client_id": "a", "client_secret": Secret("b")},
            "Connection 'acme' needs an instance_url (the org's My Domain address).",
        ),
        ({"method": "sf_cli"}, "Connection 'acme' needs 'target_org' for the method 'sf_cli'."),
    ],
)
def test_incomplete_connections(auth: dict[str, Any], message: str) -> None:
    with pytest.raises(TargetError) as caught:
        connect(Connection("acme", "salesforce", auth))
    assert str(caught.value) == message


# ---------------------------------------------------------------- the sf CLI


@pytest.fixture
def fake_sf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An `sf` on the PATH that prints what the test says per subcommand and records how it was called."""

    def make(**answers: tuple[int, str]) -> Path:
        calls = tmp_path / "calls"
        program = tmp_path / "sf"
        program.write_text(
            f"#!{sys.executable}\nimport json, sys\n"
            f"open({str(calls)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
            f"code, text = {answers!r}[sys.argv[2]]\nprint(text)\nsys.exit(code)\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(tmp_path))
        return calls

    return make


def display(token: str, url: str = "https://acme.my.salesforce.com") -> tuple[int, str]:
    return 0, json.dumps({"status": 0, "result": {"instanceUrl": url, "accessToken": token, "username": "u"}})


def test_the_cli_gives_its_token(fake_sf: Any) -> None:
    calls = fake_sf(display=display(TOKEN))
    assert sf_cli.login("acme; rm -rf /") == sf_cli.Login("https://acme.my.salesforce.com", TOKEN)
    assert [json.loads(line) for line in calls.read_text().splitlines()] == [
        ["org", "display", "--target-org", "acme; rm -rf /", "--json"]
    ]


def test_a_redacted_token_is_asked_for_again(fake_sf: Any, org: ScriptedOrg, opened: Any) -> None:
    shown = (0, json.dumps({"status": 0, "result": {"accessToken": TOKEN}}))
    calls = fake_sf(display=display(REDACTED, org.url), auth=shown)
    assert opened({"method": "sf_cli", "target_org": "acme"}, instance_url=None).identity().name == "Acme Sandbox"
    assert [json.loads(line)[:3] for line in calls.read_text().splitlines()] == [
        ["org", "display", "--target-org"],
        ["org", "auth", "show-access-token"],
    ]


def test_a_token_that_stays_redacted(fake_sf: Any) -> None:
    fake_sf(display=display(REDACTED), auth=(0, json.dumps({"result": {"accessToken": REDACTED}})))
    with pytest.raises(NotAllowed) as caught:
        sf_cli.login("acme")
    assert str(caught.value) == "The sf CLI does not give out the access token of 'acme'."


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (
            (
                1,
                json.dumps(
                    {"name": "NamedOrgNotFoundError", "message": "No authorization information found for acme."}
                ),
            ),
            NotAllowed,
            "The sf CLI has no usable login for 'acme': No authorization information found for acme.",
        ),
        ((0, "Warning: update available"), TargetError, "`sf org display` (exit 0) did not answer in JSON."),
        ((0, "[]"), TargetError, "`sf org display` answered with something that is not an object."),
        (
            (0, json.dumps({"result": {"accessToken": "x"}})),
            TargetError,
            "`sf org display` names no instance URL for 'acme'.",
        ),
    ],
)
def test_the_cli_fails(fake_sf: Any, answer: tuple[int, str], kind: type[TargetError], message: str) -> None:
    fake_sf(display=answer)
    with pytest.raises(kind) as caught:
        sf_cli.login("acme")
    assert (type(caught.value), str(caught.value)) == (kind, message)


def test_no_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        TargetError, match=r"^The connection uses the sf CLI's login, but there is no `sf` on the PATH\.$"
    ):
        sf_cli.login("acme")


def test_a_name_that_is_an_option(fake_sf: Any) -> None:
    fake_sf()
    with pytest.raises(TargetError, match=r"^target_org '--json' is not an alias or username of the sf CLI\.$"):
        sf_cli.login("--json")


def test_a_cli_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "sf"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.read()\nwhile True: pass\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sf_cli, "SECONDS", 0.3)
    with pytest.raises(Unreachable, match=r"^`sf org display` did not end within 0 seconds\.$"):
        sf_cli.login("acme")


def test_a_cli_that_points_to_an_open_line(fake_sf: Any, opened: Any) -> None:
    fake_sf(display=display(TOKEN, "http://acme.example"))
    with pytest.raises(TargetError, match="travel in the clear"):
        opened({"method": "sf_cli", "target_org": "acme"}).identity()

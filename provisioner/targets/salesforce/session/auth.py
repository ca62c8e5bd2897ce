"""Ways in ([docs] reference/salesforce.md 9.1): ready token, JWT bearer, client credentials, the sf CLI's login."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from provisioner.connections import Connection
from provisioner.errors import NotAllowed, TargetError
from provisioner.secrets import Secret
from provisioner.targets.http.discreet import discreet
from provisioner.targets.http.reply import NoAnswer, Reply, Unsent
from provisioner.targets.http.trust import checked_origin, checked_token
from provisioner.targets.http.wire import Wire
from provisioner.targets.salesforce.session import faults, sf_cli
from provisioner.targets.salesforce.session.faults import Verdict

EXAMPLE = "https://acme.my.salesforce.com"
LOGIN_HOST = "https://login.salesforce.com"
TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - an address, not a secret
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_SECONDS = 180  # the vendor accepts 3 to 5 minutes


@dataclass(frozen=True, slots=True)
class Grant:
    """A session: the token and the origin (`scheme://host[:port]`) it may be sent to."""

    token: Secret
    origin: str


class Credentials(Protocol):
    @property
    def renewable(self) -> bool:
        """Whether signing in again can give a new session."""
        ...

    @property
    def secrets(self) -> Sequence[Secret]:
        """What it signs in with; no text may show it."""
        ...

    def sign_in(self, wire: Wire) -> Grant:
        """A fresh grant. NotAllowed, Unreachable or TargetError."""
        ...


def credentials(connection: Connection) -> Credentials:
    """TargetError when the connection's method is unknown or lacks a key."""
    method = connection.auth.get("method")
    makers: dict[str, Callable[[Connection], Credentials]] = {
        "access_token": _ready_token, "jwt": _jwt, "client_credentials": _client_credentials, "sf_cli": _sf_login,
    }  # fmt: skip
    maker = makers.get(str(method)) if isinstance(method, str) else None
    if maker is None:
        known = ", ".join(makers)
        raise TargetError(f"Connection {connection.name!r} has no way to sign in that we know ({known}).")
    return maker(connection)


@dataclass(frozen=True, slots=True)
class ReadyToken:
    grant: Grant
    renewable: bool = False

    @property
    def secrets(self) -> Sequence[Secret]:
        return (self.grant.token,)

    def sign_in(self, wire: Wire) -> Grant:
        return self.grant


@dataclass(frozen=True, slots=True)
class Jwt:
    connection: str
    client_id: str
    username: str
    private_key: Secret
    audience: str
    instance: str | None
    renewable: bool = True

    @property
    def secrets(self) -> Sequence[Secret]:
        return (self.private_key,)

    def sign_in(self, wire: Wire) -> Grant:
        form = {"grant_type": JWT_GRANT, "assertion": self._assertion()}
        return _ask(wire, self.audience, form, {}, self.connection, self.instance)

    def _assertion(self) -> str:
        import jwt

        claims = {
            "iss": self.client_id, "sub": self.username, "aud": self.audience, "exp": int(time.time()) + JWT_SECONDS,
        }  # fmt: skip
        try:
            return jwt.encode(claims, self.private_key.reveal(), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise NotAllowed(
                f"The private key of connection {self.connection!r} is not an unencrypted RSA key in PEM form.",
                advice="Give the key whose certificate was uploaded to the app in Salesforce.",
            ) from None


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    connection: str
    client_id: str
    client_secret: Secret
    instance: str
    renewable: bool = True

    @property
    def secrets(self) -> Sequence[Secret]:
        return (self.client_secret,)

    def sign_in(self, wire: Wire) -> Grant:
        pair = f"{self.client_id}:{self.client_secret.reveal()}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
        form = {"grant_type": "client_credentials"}
        return _ask(wire, self.instance, form, headers, self.connection, self.instance)


@dataclass(frozen=True, slots=True)
class SfLogin:
    connection: str
    target_org: str
    renewable: bool = True

    @property
    def secrets(self) -> Sequence[Secret]:
        return ()

    def sign_in(self, wire: Wire) -> Grant:
        found = sf_cli.login(self.target_org)
        origin = checked_origin(found.instance_url, "sf login's URL", EXAMPLE)
        return Grant(checked_token(found.token, self.connection), origin)


def _ask(
    wire: Wire, server: str, form: dict[str, str], headers: dict[str, str], name: str, instance: str | None
) -> Grant:
    """POST the form to the token endpoint. Asked once: a refused login must not be hammered."""
    proofs = [form.get("assertion", ""), headers.get("Authorization", "").removeprefix("Basic ")]
    with discreet(lambda: [Secret(proof) for proof in proofs]):
        return _asked(wire, server, form, headers, name, instance)


def _asked(
    wire: Wire, server: str, form: dict[str, str], headers: dict[str, str], name: str, instance: str | None
) -> Grant:
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers}
    try:
        reply = wire.exchange("POST", server + TOKEN_PATH, sent, urlencode(form).encode("ascii"))
    except NoAnswer as lost:
        raise Unsent(f"{server} did not answer the login of connection {name!r}: {lost.reason}.") from None
    if faults.judge(reply, "json") is Verdict.FINE:
        return _granted(reply, name, instance)
    codes = {code for code, _ in faults.problems_in(reply)}
    if reply.status in (400, 401, 403) or codes & {"invalid_grant", "invalid_client", "invalid_client_id"}:
        raise NotAllowed(
            f"Salesforce refused the login of connection {name!r}: {faults.quote(reply)}", advice=_advice(codes)
        )
    raise faults.to_error(reply, faults.judge(reply, "json"), f"sign in as connection {name!r}", changes=False)


def _advice(codes: set[str]) -> str:
    if "invalid_grant" in codes:
        return (
            "Pre-authorise the user for the app; for a sandbox set audience to https://test.salesforce.com "
            "or to the org's My Domain."
        )
    return "Check client id and secret, and that the app allows this flow (client credentials need a Run As user)."


def _granted(reply: Reply, name: str, instance: str | None) -> Grant:
    body = reply.json("the login")
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(token, str):
        raise NotAllowed(f"The login of connection {name!r} was answered without an access token.")
    url = instance or str(body.get("instance_url") or "")
    return Grant(checked_token(token, name), checked_origin(url, "instance URL of the login's answer", EXAMPLE))


def _ready_token(connection: Connection) -> Credentials:
    token = checked_token(_secret(connection, "access_token").reveal(), connection.name)
    return ReadyToken(Grant(token, _instance(connection)))


def _jwt(connection: Connection) -> Credentials:
    audience = connection.auth.get("audience") or LOGIN_HOST
    if not isinstance(audience, str):
        raise TargetError(f"Connection {connection.name!r}: audience is an address, not a secret.")
    return Jwt(
        connection.name,
        _plain(connection, "client_id"),
        _plain(connection, "username"),
        _secret(connection, "private_key"),
        checked_origin(audience, "audience", LOGIN_HOST),
        _instance(connection) if connection.instance_url else None,
    )


def _client_credentials(connection: Connection) -> Credentials:
    return ClientCredentials(
        connection.name, _plain(connection, "client_id"), _secret(connection, "client_secret"), _instance(connection)
    )


def _sf_login(connection: Connection) -> Credentials:
    return SfLogin(connection.name, _plain(connection, "target_org"))


def _instance(connection: Connection) -> str:
    if not connection.instance_url:
        raise TargetError(f"Connection {connection.name!r} needs an instance_url (the org's My Domain address).")
    return checked_origin(connection.instance_url, f"instance_url of connection {connection.name!r}", EXAMPLE)


def _plain(connection: Connection, key: str) -> str:
    value = connection.auth.get(key)
    if isinstance(value, str) and value:
        return value
    raise TargetError(f"Connection {connection.name!r} needs {key!r} for the method {connection.auth['method']!r}.")


def _secret(connection: Connection, key: str) -> Secret:
    value = connection.auth.get(key)
    if isinstance(value, Secret):
        return value
    raise TargetError(f"Connection {connection.name!r} needs the secret {key!r} for {connection.auth['method']!r}.")

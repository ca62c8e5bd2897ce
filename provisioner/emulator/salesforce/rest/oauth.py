"""OAuth: JWT bearer and client credentials; the password grant is refused as new orgs refuse it. [docs] 9.1"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.state.rows import Compare
from provisioner.emulator.salesforce.state.seed import token_for

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
_LONGEST = 300  # real seconds a JWT may live [docs] 9.1


class OAuthError(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.body = {"error": error, "error_description": description}


def routes(org: Org) -> list[Route]:
    async def token(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        try:
            return JSONResponse(_grant(org, form, request.headers))
        except OAuthError as error:
            return JSONResponse(error.body, status_code=400)

    return [Route("/services/oauth2/token", token, methods=["POST"])]


def _grant(org: Org, form: dict[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    match form.get("grant_type"):
        case grant if grant == _JWT:
            return _session(org, _jwt_user(org, form.get("assertion", "")))
        case "client_credentials":
            return _session(org, _client_user(org, form, headers))
        case "password":
            raise OAuthError("invalid_grant", "authentication failure")
    raise OAuthError("unsupported_grant_type", "grant type not supported")


def _session(org: Org, user_id: str) -> dict[str, Any]:
    token = open_session(org, user_id)
    return {
        "access_token": token,
        "scope": "api full",
        "instance_url": org.settings.instance_url,
        "id": f"{org.settings.instance_url}/id/{org.settings.org_id}/{user_id}",
        "token_type": "Bearer",
    }


def open_session(org: Org, user_id: str) -> str:
    """A fresh access token of a user."""
    token = token_for(org.settings.org_id, secrets.token_urlsafe(24))
    org.settings.tokens[token] = user_id
    org.keep_settings()
    return token


def active_user(org: Org, username: str) -> str | None:
    found = org.rows.select("User", Compare("Username", "=", username), limit=1) if username else []
    return str(found[0]["Id"]) if found and found[0]["IsActive"] else None


def _jwt_user(org: Org, assertion: str) -> str:
    """The user of `sub`, once aud, exp, iss and (for a registered app with a certificate) the signature are right."""
    try:
        if jwt.get_unverified_header(assertion).get("alg") != "RS256":
            raise OAuthError("invalid_grant", "algorithm not supported")
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error
    app = _app(org, str(claims.get("iss", "")))
    if app.get("certificate"):
        _verify(assertion, app["certificate"])
    if claims.get("aud") not in (*_AUDIENCES, org.settings.instance_url):
        raise OAuthError("invalid_grant", "audience is invalid")
    expiry = claims.get("exp")
    if not isinstance(expiry, (int, float)) or not time.time() < expiry <= time.time() + _LONGEST:
        raise OAuthError("invalid_grant", "expired authorization code" if expiry else "invalid assertion")
    user_id = active_user(org, str(claims.get("sub", "")))
    if user_id is None:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return user_id


def _verify(assertion: str, key: str) -> None:
    """`key` is the app's public key in PEM."""
    try:
        jwt.decode(assertion, key, algorithms=["RS256"], options={"verify_aud": False, "verify_exp": False})
    except jwt.InvalidTokenError as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error


def _client_user(org: Org, form: dict[str, str], headers: Mapping[str, str]) -> str:
    """The app's Run As user."""
    key, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        try:
            key, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise OAuthError("invalid_client", "invalid client credentials") from error
    app = _app(org, key)
    if app.get("secret") not in (None, secret) or not secret:
        raise OAuthError("invalid_client", "invalid client credentials")
    user_id = active_user(org, app["run_as"]) if app.get("run_as") else org.admin_id
    if user_id is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    return user_id


def _app(org: Org, key: str) -> dict[str, Any]:
    """The registered app of a consumer key. While no app is registered, every key is accepted."""
    apps = org.settings.connected_apps
    if not key or (apps and key not in apps):
        raise OAuthError("invalid_client_id", "client identifier invalid")
    return apps.get(key, {})

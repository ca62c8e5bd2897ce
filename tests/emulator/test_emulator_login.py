import time
import xml.etree.ElementTree as ET

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ADMIN = "admin@example.com"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


def token(emulator, **form):
    auth = form.pop("auth", None)
    answer = requests.post(f"{emulator.url}/services/oauth2/token", data=form, auth=auth, timeout=10)
    return answer.status_code, answer.json()


def assertion(key=KEY, algorithm="RS256", **changes):
    claims = {"iss": "app", "sub": ADMIN, "aud": "https://test.salesforce.com", "exp": time.time() + 180} | changes
    return jwt.encode(claims, key, algorithm=algorithm)


def test_a_jwt_opens_a_session(emulator):
    status, body = token(emulator, grant_type=JWT, assertion=assertion())
    assert status == 200
    assert (body["instance_url"], body["token_type"]) == (emulator.url, "Bearer")
    assert body["id"] == f"{emulator.url}/id/{emulator.org_id}/005000000000001AAA"
    assert body["access_token"].startswith(f"{emulator.org_id}!")
    found = emulator.call("GET", "/services/oauth2/userinfo", token=body["access_token"]).json()
    assert (found["preferred_username"], found["organization_id"]) == (ADMIN, emulator.org_id)


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"aud": "https://evil.example"}, "invalid_grant", "audience is invalid"),
        ({"exp": 1}, "invalid_grant", "expired authorization code"),
        ({"exp": time.time() + 9999}, "invalid_grant", "expired authorization code"),
        ({"sub": "nobody@example.com"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"iss": ""}, "invalid_client_id", "client identifier invalid"),
        ({"key": "x" * 40, "algorithm": "HS256"}, "invalid_grant", "algorithm not supported"),
    ],
)
def test_a_jwt_with_a_wrong_claim(emulator, claims, error, description):
    expected = (400, {"error": error, "error_description": description})
    assert token(emulator, grant_type=JWT, assertion=assertion(**claims)) == expected


def test_a_registered_app_has_its_signature_checked(emulator):
    emulator.control("seed", {"connected_apps": {"app": {"certificate": PUBLIC}}})
    assert token(emulator, grant_type=JWT, assertion=assertion())[0] == 200
    forged = {"error": "invalid_grant", "error_description": "invalid assertion"}
    assert token(emulator, grant_type=JWT, assertion=assertion(key=OTHER_KEY)) == (400, forged)
    unknown = {"error": "invalid_client_id", "error_description": "client identifier invalid"}
    assert token(emulator, grant_type=JWT, assertion=assertion(iss="else")) == (400, unknown)


def test_client_credentials_run_as_the_user_of_the_app(emulator):
    app = {"secret": "s3", "run_as": "bot@example.com"}
    emulator.control("seed", {"users": [{"username": "bot@example.com"}], "connected_apps": {"app": app}})
    status, body = token(emulator, grant_type="client_credentials", auth=("app", "s3"))
    assert (status, body["id"].rpartition("/")[2]) == (200, "005000000000002AAA")
    wrong = (400, {"error": "invalid_client", "error_description": "invalid client credentials"})
    assert token(emulator, grant_type="client_credentials", auth=("app", "no")) == wrong
    assert token(emulator, grant_type="client_credentials", client_id="app", client_secret="s3")[0] == 200


def test_the_password_grant_is_blocked(emulator):
    expected = (400, {"error": "invalid_grant", "error_description": "authentication failure"})
    assert token(emulator, grant_type="password", username=ADMIN, password="x") == expected
    expected = (400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"})
    assert token(emulator, grant_type="magic") == expected


INVALID_LOGIN = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com"><e:Body>'
    "<u:login><u:username>{}</u:username><u:password>{}</u:password></u:login></e:Body></e:Envelope>"
)


def soap(emulator, version, username, password):
    url = f"{emulator.url}/services/Soap/u/{version}"
    return requests.post(url, data=ENVELOPE.format(username, password), timeout=10)


def test_soap_login_up_to_64(emulator):
    emulator.control("settings", {"passwords": {ADMIN: "right"}})
    answer = soap(emulator, "64.0", ADMIN, "right")
    session = answer.text.partition("<sessionId>")[2].partition("</sessionId>")[0]
    assert answer.status_code == 200
    assert f"<serverUrl>{emulator.url}/services/Soap/u/64.0/{emulator.org_id[:15]}</serverUrl>" in answer.text
    assert emulator.call("GET", "limits", token=session).status_code == 200


@pytest.mark.parametrize(
    ("version", "username", "password", "text"),
    [
        ("64.0", ADMIN, "wrong", INVALID_LOGIN),
        ("64.0", "x@y.example", "right", INVALID_LOGIN),
        (
            "65.0",
            ADMIN,
            "right",
            "UNSUPPORTED_API_VERSION: SOAP API login() is not available in API version 65.0.",
        ),
    ],
)  # fmt: skip
def test_soap_login_refused(emulator, version, username, password, text):
    emulator.control("settings", {"passwords": {ADMIN: "right"}})
    answer = soap(emulator, version, username, password)
    assert answer.status_code == 500
    assert f"<faultcode>sf:{text.partition(':')[0]}</faultcode><faultstring>{text}</faultstring>" in answer.text


def test_soap_login_leaves_out_what_xml_cannot_say(emulator):
    person = {"username": "bell@example.com", "last": "Bell\x07 & Co", "password": "right"}
    emulator.control("seed", {"users": [person]})
    answer = soap(emulator, "64.0", "bell@example.com", "right")
    found = ET.fromstring(answer.content).findtext(".//{urn:partner.soap.sforce.com}userFullName")
    assert (answer.status_code, found) == (200, "Bell & Co")


def test_an_inactive_user_has_no_session(emulator):
    seeded = emulator.control("seed", {"users": [{"username": "rep@example.com", "active": False}]})
    token_of_rep = seeded["tokens"]["rep@example.com"]
    answer = emulator.call("GET", "limits", token=token_of_rep)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")

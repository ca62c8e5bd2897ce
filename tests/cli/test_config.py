from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.errors import NoKeyringError

from provisioner import config
from provisioner.connections import Connection
from provisioner.errors import UsageError
from provisioner.secrets import Secret

SCHEMA = json.loads((Path(__file__).parents[2] / "specs" / "config.schema.json").read_text(encoding="utf-8"))
TOKEN = """\
# the client's sandbox
[connections.sandbox]
platform = "salesforce"
instance_url = "https://acme.example/"
access_token = {env = "SF_TOKEN"}
"""
CANARY = "canary-5e1f"


def load(tmp_path: Path, text: str, name: str = "sandbox", environ: dict[str, str] | None = None) -> Connection:
    path = tmp_path / "provisioner.toml"
    path.write_text(text, encoding="utf-8")
    return config.connection(name, paths=(path,), environ={"SF_TOKEN": CANARY} if environ is None else environ)


def fault(tmp_path: Path, text: str, name: str = "sandbox", environ: dict[str, str] | None = None) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text, name, environ)
    assert caught.value.exit_code == 2
    assert CANARY not in repr(caught.value) + caught.value.message + caught.value.advice
    return caught.value.message.replace(str(tmp_path), "."), caught.value.advice.replace(str(tmp_path), ".")


def test_a_token_from_the_environment(tmp_path: Path) -> None:
    assert load(tmp_path, TOKEN) == Connection(
        name="sandbox",
        platform="salesforce",
        auth={"method": "access_token", "access_token": Secret(CANARY)},
        instance_url="https://acme.example",
    )


def test_a_key_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN KEY-----\nx\n")
    text = (
        '[connections.live]\nplatform = "salesforce"\nclient_id = "id"\nusername = "u@acme.example"\n'
        'audience = "https://login.example"\nprivate_key = {file = "key.pem"}\n'
        'api_version = "65.0"\ntimeout_seconds = 5\n'
    )
    assert load(tmp_path, text, "live") == Connection(
        name="live",
        platform="salesforce",
        auth={
            "method": "jwt",
            "private_key": Secret("-----BEGIN KEY-----\nx\n"),
            "client_id": "id",
            "username": "u@acme.example",
            "audience": "https://login.example",
        },
        api_version="65.0",
        timeout_seconds=5.0,
    )


def test_a_secret_from_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_password", lambda service, user: f"{service}+{user}")
    text = (
        '[connections.sandbox]\nplatform = "salesforce"\ninstance_url = "https://acme.example"\n'
        'client_id = "id"\nclient_secret = {keyring = "provisioner/acme/live"}\n'
    )
    found = load(tmp_path, text)
    assert found.auth["client_secret"] == Secret("provisioner+acme/live")
    assert found.auth["method"] == "client_credentials"


def test_a_keyring_that_has_nothing_or_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TOKEN.replace('env = "SF_TOKEN"', 'keyring = "provisioner/acme"')
    monkeypatch.setattr(keyring, "get_password", lambda service, user: None)
    assert fault(tmp_path, text) == (
        "./provisioner.toml:5: [connections.sandbox] access_token: the keyring has no entry 'provisioner/acme'.",
        "Store it: keyring set provisioner acme",
    )

    def fail(service: str, user: str) -> str:
        raise NoKeyringError("no backend")

    monkeypatch.setattr(keyring, "get_password", fail)
    assert fault(tmp_path, text)[0] == (
        "./provisioner.toml:5: [connections.sandbox] access_token: the keyring did not answer: no backend."
    )


def test_the_salesforce_cli(tmp_path: Path) -> None:
    found = load(tmp_path, '[connections.sandbox]\nplatform = "salesforce"\nsf_cli = "acme-uat"\n')
    assert found.auth == {"method": "sf_cli", "target_org": "acme-uat"}


def test_the_project_hides_the_user_and_adds_to_it(tmp_path: Path) -> None:
    user, project = tmp_path / "user.toml", tmp_path / "project.toml"
    user.write_text(TOKEN + TOKEN.replace("sandbox", "other").replace("acme.example", "other.example"))
    project.write_text(TOKEN.replace("acme.example", "project.example"))
    found = [
        config.connection(name, paths=(project, user, tmp_path / "absent.toml"), environ={"SF_TOKEN": "t"}).instance_url
        for name in ("sandbox", "other")
    ]
    assert found == ["https://project.example", "https://other.example"]


def test_a_secret_written_out_is_refused_and_not_repeated(tmp_path: Path) -> None:
    assert fault(tmp_path, TOKEN.replace('{env = "SF_TOKEN"}', f'"{CANARY}"')) == (
        "./provisioner.toml:5: [connections.sandbox] access_token is written out. "
        "Secrets do not belong in this file: it is shared and committed.",
        'Refer to it instead, for example access_token = {env = "NAME_OF_A_VARIABLE"}, '
        "and treat the one that was written here as known to others.",
    )


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("platform =", "plattform ="), 3, "has an unknown key 'plattform'. Did you mean 'platform'?"),
        (('platform = "salesforce"\n', ""), 2, "needs 'platform'."),
        (('"salesforce"', '""'), 3, "platform must be text, and not empty."),
        (('access_token = {env = "SF_TOKEN"}', ""), 2, "does not say how to log in."),
        (
            ('instance_url = "https://acme.example/"\n', ""),
            2,
            "needs 'instance_url' as well (access_token was chosen).",
        ),
        (
            ('{env = "SF_TOKEN"}', '{env = "SF_TOKEN", file = "x"}'),
            5,
            "access_token must refer to exactly one of env, keyring, file.",
        ),
        (('{env = "SF_TOKEN"}', '{vault = "x"}'), 5, "access_token must refer to exactly one of env, keyring, file."),
        (('{env = "SF_TOKEN"}', "{env = 1}"), 5, "access_token.env must be text, and not empty."),
        (('env = "SF_TOKEN"', 'env = "OTHER"'), 5, "access_token: the environment variable OTHER is not set."),
        (
            ('env = "SF_TOKEN"', 'file = "no.pem"'),
            5,
            "access_token: the file ./no.pem cannot be read: No such file or directory.",
        ),
        (("https://acme.example/", "http://acme.example"), 4, "http:// is accepted for this machine only."),
        (("https://acme.example/", "http://127.0.0.1.acme.example"), 4, "http:// is accepted for this machine only."),
        (
            ("https://acme.example/", "https://u:p@acme.example"),
            4,
            "instance_url must look like https://example.my.salesforce.com.",
        ),
        (
            ("https://acme.example/", "ftp://acme.example"),
            4,
            "instance_url must look like https://example.my.salesforce.com.",
        ),
        (("https://acme.example/", "https://acme.example/lightning"), 4, "instance_url must end after the host."),
        (("https://acme.example/", "https://[acme"), 4, "instance_url is not a URL: Invalid IPv6 URL."),
        (("platform =", 'sf_cli = "x"\nplatform ='), 2, "says how to log in 2 times (access_token, sf_cli)."),
        (("platform =", 'username = "x"\nplatform ='), 3, "'username' has no meaning together with 'access_token'."),
        (
            ("platform =", "timeout_seconds = 0\nplatform ="),
            3,
            "timeout_seconds must be a number of seconds between 0 and 600.",
        ),
        (
            ("platform =", "timeout_seconds = nan\nplatform ="),
            3,
            "timeout_seconds must be a number of seconds between 0 and 600.",
        ),
        (
            ("platform =", "timeout_seconds = 600.1\nplatform ="),
            3,
            "timeout_seconds must be a number of seconds between 0 and 600.",
        ),
        (("platform =", "api_version = 66.0\nplatform ="), 3, "api_version must be a number and .0, in quotes."),
        (("platform =", "api_version = 'v66'\nplatform ="), 3, "api_version must be a number and .0, in quotes."),
        (("platform =", "audience = ' '\nplatform ="), 3, "audience must be text, and not empty."),
        (("platform =", "username = 2026-03-02\nplatform ="), 3, "username must be text, and not empty."),
        (
            ("platform =", "timeout_seconds = true\nplatform ="),
            3,
            "timeout_seconds must be a number of seconds between 0 and 600.",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, change: tuple[str, str], line: int, message: str) -> None:
    expected = f"./provisioner.toml:{line}: [connections.sandbox] {message}"
    assert fault(tmp_path, TOKEN.replace(*change))[0] == expected


def test_an_empty_secret_is_no_secret(tmp_path: Path) -> None:
    assert fault(tmp_path, TOKEN, environ={"SF_TOKEN": " "})[0] == (
        "./provisioner.toml:5: [connections.sandbox] access_token refers to env 'SF_TOKEN', which is empty."
    )


def test_loopback_may_use_http(tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:8765", "http://localhost:1", "http://[::1]:8765"):
        assert load(tmp_path, TOKEN.replace("https://acme.example/", url)).instance_url == url


def test_an_unknown_connection_gets_a_suggestion(tmp_path: Path) -> None:
    assert fault(tmp_path, TOKEN, "sandbx") == (
        "There is no connection 'sandbx'. Did you mean 'sandbox'?",
        "Known connections: sandbox. Write [connections.sandbx] in ./provisioner.toml.",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[connections.sandbox\n", "./provisioner.toml is not valid TOML: "),
        ("[connexions.sandbox]\n", "./provisioner.toml: there is no section 'connexions'."),
        ("connections = 3\n", "./provisioner.toml: connections are tables."),
        ("[connections]\nsandbox = 3\n", "./provisioner.toml: connections are tables."),
        ("", "There is no connection 'sandbox'."),
    ],
)
def test_a_broken_file_is_said(tmp_path: Path, text: str, message: str) -> None:
    assert fault(tmp_path, text)[0].startswith(message)


def test_a_broken_file_and_a_missing_key_file_come_with_the_way_out(tmp_path: Path) -> None:
    message, advice = fault(tmp_path, TOKEN + "instance_url\n")
    assert "line 6" in message
    assert advice == "Look at that line: brackets, quotes, and one key per line."
    _, advice = fault(tmp_path, TOKEN.replace('env = "SF_TOKEN"', 'file = "no.pem"'))
    assert advice == "A path is relative to the folder of this file; correct it, or put the file there."


def test_the_schema_and_the_code_know_the_same_keys() -> None:
    shape = SCHEMA["$defs"]["connection"]
    assert set(shape["properties"]) == set(config.KEYS)
    assert set(SCHEMA["$defs"]["secret"]["properties"]) == set(config.SOURCES)
    assert [set(branch["required"]) for branch in shape["oneOf"]] == [
        set(needed) for _, needed, _ in config.METHODS.values()
    ]
    jsonschema.Draft202012Validator(SCHEMA).validate(tomllib.loads(TOKEN))


def test_hubspot_has_one_address_for_all(tmp_path: Path) -> None:
    text = '[connections.portal]\nplatform = "hubspot"\napi_version = "2026-09"\naccess_token = {env = "SF_TOKEN"}\n'
    assert load(tmp_path, text, "portal") == Connection(
        name="portal",
        platform="hubspot",
        auth={"method": "access_token", "access_token": Secret(CANARY)},
        api_version="2026-09",
    )
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(tomllib.loads(text))
    other = tomllib.loads(text.replace("hubspot", "salesforce").replace("2026-09", "66.0"))
    assert [error.message for error in validator.iter_errors(other)] == ["'instance_url' is a required property"]


@given(st.text(max_size=60))
def test_no_text_makes_it_crash(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("toml") / "provisioner.toml"
    path.write_bytes(("[connections.x]\n" + text).encode("utf-8", "replace"))
    outcome: Any = None
    try:
        outcome = config.connection("x", paths=(path,), environ={})
    except UsageError as error:
        outcome = error.message
    assert outcome


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (f'{{env = "00D!{CANARY}"}}', "access_token.env is not the name of an environment variable."),
        (f'{{file = "-----BEGIN KEY-----{CANARY}"}}', "access_token.file is not the path of a file."),
        (f'{{file = "a\\u0000{CANARY}"}}', "access_token.file is not the path of a file."),
        ('{file = "~nobody-of-that-name/key"}', "access_token: '~nobody-of-that-name/key' names a home directory that"),
        ('{file = "large"}', "access_token: the file ./large is too large to hold a credential."),
    ],
)
def test_a_credential_where_its_name_belongs_is_not_repeated(tmp_path: Path, reference: str, message: str) -> None:
    (tmp_path / "large").write_bytes(b"x" * 65_537)
    said, _ = fault(tmp_path, TOKEN.replace('{env = "SF_TOKEN"}', reference))
    assert said.startswith(f"./provisioner.toml:5: [connections.sandbox] {message}")


def test_no_depth_makes_a_traceback(tmp_path: Path) -> None:
    for depth in range(20, 600, 20):
        said, _ = fault(tmp_path, TOKEN + f"username = {'[' * depth}{']' * depth}\n")
        assert said.endswith(("username must be text, and not empty.", "nested too deeply to be read."))


def test_deep_nesting_is_said(tmp_path: Path) -> None:
    said, _ = fault(tmp_path, "a = " + "[" * 5000)
    assert said == "./provisioner.toml is nested too deeply to be read."


@pytest.mark.parametrize("url", ["https://acme .example", "https://acmé.example", "https://acme.example\\\\x"])
def test_an_address_holds_no_character_that_no_address_has(tmp_path: Path, url: str) -> None:
    said, _ = fault(tmp_path, TOKEN.replace("https://acme.example/", url))
    assert said == "./provisioner.toml:4: [connections.sandbox] instance_url holds a character that no address has."

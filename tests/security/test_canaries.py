"""A distinct credential in every place that can hold one, for both CRMs, and every command with it: when all goes well,
when the login or the CRM fails, when a server repeats what it was sent, and when there is a bug. None of them is found
on the terminal, in a log, or in anything that was written."""

from __future__ import annotations

import base64
import http.server
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import keyring
import keyring.backend
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from provisioner import assets
from provisioner.cli.demonstration.door import Door
from provisioner.cli.demonstration.hubspot import HubSpotCrm
from provisioner.cli.demonstration.process import EmulatorProcess
from provisioner.cli.demonstration.salesforce import SalesforceCrm
from provisioner.cli.emulator import arguments as emulator_arguments

sys.path.insert(0, str(Path(__file__).parent))
from leaks import Trap, holds

SMALL = {
    "salesforce": """\
apiVersion: provisioner/v1
design: acme
client: Acme
target: {platform: salesforce, object: Lead, prefix: STL, expect: {org_id: 00D000000000001AAA}}
lead_types: [{id: demo, label: Demo, when: {LeadSource: [Web]}, sla: 5m, escalation: urgent}]
escalation: {urgent: [{at: due, notify: [rep], via: [bell]}]}
recipients: {rep: {role: record_owner}}
alerts: {mode: silent, silent_to: qa@acme.example}
""",
    "hubspot": """\
apiVersion: provisioner/v1
design: acme
client: Acme
target:
  platform: hubspot
  object: contacts
  prefix: STL
  expect: {portal_id: 1234567}
  timezone: America/New_York
  fields: {enquiry_type: enumeration}
lead_types: [{id: demo, label: Demo, when: {enquiry_type: [demo_request]}, sla: 5m, escalation: urgent}]
escalation: {urgent: [{at: due, notify: [rep], via: [bell]}]}
recipients: {rep: {role: record_owner}}
alerts: {mode: silent, silent_to: qa@acme.example}
""",
}
CLOCK = "2026-03-02T13:00:00Z"
TOKEN = "00D000000000001AAA!AQ.Canary+Token/Of~This_Test-{}=="


class Keys(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def trap(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Trap]:
    caplog.set_level(logging.DEBUG)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "PROVISIONER_STATE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["provisioner"])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    before = keyring.get_keyring()
    keyring.set_keyring(Keys())
    yield Trap(tmp_path, capsys, caplog)
    keyring.set_keyring(before)


def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode("ascii")


def heart(key: str) -> str:
    """A line from the middle of a key."""
    return key.splitlines()[8]


def every_position(trap: Trap, monkeypatch: pytest.MonkeyPatch, platform: str, address: str, token: str) -> list[str]:
    """Connections that take `token` (and whatever else they need) from each place that can hold a credential."""
    where = [f'platform = "{platform}"', f'instance_url = "{address}"']
    monkeypatch.setenv("CANARY_TOKEN", token)
    trap.keep("token.txt", token)
    keyring.set_password("provisioner", platform, token)
    trap.canaries["the token"] = token
    trap.connect("by_env", *where, 'access_token = {env = "CANARY_TOKEN"}')
    trap.connect("by_file", *where, 'access_token = {file = "token.txt"}')
    trap.connect("by_keyring", *where, f'access_token = {{keyring = "provisioner/{platform}"}}')
    if platform == "hubspot":
        return ["by_env", "by_file", "by_keyring"]
    key, secret = pem(), "Canary/Client+Secret=of~this_test"
    trap.canaries |= {"the key": heart(key), "the client's secret": secret}
    trap.keep("server.key", key)
    monkeypatch.setenv("CANARY_SECRET", secret)
    person = ['client_id = "3MVG9"', 'username = "cro@acme.example"']
    trap.connect("by_jwt", *where, *person, f'audience = "{address}"', 'private_key = {file = "server.key"}')
    trap.connect("by_client", *where, person[0], 'client_secret = {env = "CANARY_SECRET"}')
    answer = {"status": 0, "result": {"accessToken": token, "instanceUrl": address, "username": "admin@acme.example"}}
    trap.keep("bin/sf", f"#!/bin/sh\ncat <<'END'\n{json.dumps(answer)}\nEND\n")
    monkeypatch.setenv("PATH", f"{trap.folder / 'bin'}:/usr/bin:/bin")
    trap.connect("by_cli", f'platform = "{platform}"', 'sf_cli = "acme"')
    return ["by_env", "by_file", "by_keyring", "by_jwt", "by_client", "by_cli"]


def test_the_search_finds_what_is_written_in_other_ways() -> None:
    canary = TOKEN.format("x")
    for form in (
        canary,
        quote(canary, safe=""),
        json.dumps({"a": canary}),
        "Basic " + base64.b64encode(f"client:{canary}".encode()).decode(),
        "?t=" + base64.urlsafe_b64encode(canary.encode()).decode().rstrip("="),
        "".join(f"\\u{ord(letter):04x}" for letter in canary),
    ):
        assert holds(f"before {form} after", canary), form
    assert not holds(canary[1:], canary)


class Echo:
    """A server that repeats whatever credential it was sent, in its own words and in every spelling."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.asked = 0
        echo = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                echo.asked += 1
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
                shown = self.headers.get("Authorization", "") + " " + sent
                bare = shown.split(" ", 1)[-1].strip()
                spelled = f"{quote(bare, safe='')} {base64.b64encode(bare.encode()).decode()} {echo.decoded(bare)}"
                text = f"{self.path} {shown} {spelled}"
                body = json.dumps({
                    "status": "error", "message": text, "category": text, "error": text, "error_description": text,
                })  # fmt: skip
                self.send_response(echo.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Location", f"https://elsewhere.example/?token={quote(bare, safe='')}")
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    @staticmethod
    def decoded(bare: str) -> str:
        """What a server that knows the protocol would quote: the pair inside of a Basic header."""
        found = re.fullmatch(r"[A-Za-z0-9+/]+=*", bare)
        return base64.b64decode(bare + "==").decode("latin-1") if found else bare

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def echo() -> Iterator[Callable[[int], Echo]]:
    made: list[Echo] = []

    def make(status: int) -> Echo:
        made.append(Echo(status))
        return made[-1]

    yield make
    for server in made:
        server.stop()


# ------------------------------------------------------------------ all is well


@pytest.mark.parametrize("platform", ["salesforce", "hubspot"])
def test_nothing_that_works_shows_a_credential(
    trap: Trap, monkeypatch: pytest.MonkeyPatch, echo: Callable[[int], Echo], platform: str
) -> None:
    """But for the webhook, which fails and repeats the address it was called by."""
    (trap.folder / "acme.yaml").write_text(SMALL[platform], encoding="utf-8")
    with EmulatorProcess(emulator_arguments(platform, clock=CLOCK)) as emulator:
        company = {"salesforce": SalesforceCrm, "hubspot": HubSpotCrm}[platform]
        company(Door(emulator.url, emulator.access_token)).settle()
        names = every_position(trap, monkeypatch, platform, emulator.url, emulator.access_token)
        hook = echo(500)
        trap.canaries["the webhook"] = "T0Canary/B0Hook/of~this+test"
        monkeypatch.setenv("CANARY_HOOK", f"{hook.address}/services/{trap.canaries['the webhook']}")
        trap.notify("hook", 'kind = "webhook"', 'url = {env = "CANARY_HOOK"}')
        for name in names:
            assert trap("plan", "acme.yaml", "-c", name, "-vv") == 0, trap.last
        codes = {" ".join(command): trap(*command) for command in ROAD}
    said = {command: text[-600:] for command, text in trap.heard}
    failed = [said[command] for command, code in codes.items() if code in (1, 2) and not command.startswith("drift")]
    assert hook.asked
    assert failed == [], "what fails before it has done anything proves nothing"
    assert trap.leaks() == []
    written = {path.suffix for path in trap.folder.rglob("*") if path.is_file()}
    assert {".plan", ".html", ".md", ".jsonl", ".json"} <= written, "plans, reports and journals were searched"


ROAD = (
    ("validate", "acme.yaml", "-vv"),
    ("render", "acme.yaml", "-o", "out"),
    ("plan", "acme.yaml", "-c", "by_env", "-vv", "-o", "a.plan", "--html", "a.html", "--markdown", "a.md"),
    ("plan", "acme.yaml", "-c", "by_env", "--json"),
    ("plan", "show", "a.plan", "-v"),
    ("apply", "a.plan", "-c", "by_env", "--yes", "-vv"),
    ("apply", "acme.yaml", "-c", "by_file", "--yes", "--json"),
    ("import", "acme.yaml", "-c", "by_env", "--all", "--yes", "-vv"),
    ("history", "-v"),
    ("history", "--json"),
    ("golive", "acme.yaml", "-c", "by_env", "-vv"),
    (
        "drift",
        "acme.yaml",
        "-c",
        "by_env",
        "-o",
        "d.json",
        "--html",
        "d.html",
        "--fail-on",
        "never",
        "-vv",
        "--post",
        "hook",
    ),
    ("done", "acme.yaml", "-c", "by_keyring", "-vv"),
    ("destroy", "acme.yaml", "-c", "by_env", "--yes", "-vv"),
)


# ---------------------------------------------------------------- all goes wrong


COMMANDS = (
    ("plan", "acme.yaml", "-c", "{}", "-vv"),
    ("plan", "acme.yaml", "-c", "{}", "--json"),
    ("apply", "acme.yaml", "-c", "{}", "--yes", "-vv"),
    ("destroy", "acme.yaml", "-c", "{}", "--yes", "--json"),
    ("import", "acme.yaml", "-c", "{}", "--all", "--yes"),
    ("drift", "acme.yaml", "-c", "{}", "-vv"),
    ("golive", "acme.yaml", "-c", "{}", "--json"),
    ("done", "acme.yaml", "-c", "{}", "-vv"),
)


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once."""
    from provisioner.targets.http.pace import Pace

    defaults = Pace.__init__.__defaults__
    assert defaults is not None
    for kind in (Pace, *Pace.__subclasses__()):
        old = kind.__init__.__defaults__
        assert old is not None
        monkeypatch.setattr(kind.__init__, "__defaults__", (lambda seconds: None, *old[1:]))


RARER = [pytest.param(status, marks=pytest.mark.full) for status in (302, 403, 404)]


@pytest.mark.parametrize("status", [200, 400, 401, 500, *RARER])
@pytest.mark.parametrize("platform", ["salesforce", "hubspot"])
def test_a_server_that_repeats_credentials(
    trap: Trap, monkeypatch: pytest.MonkeyPatch, echo: Callable[[int], Echo], platform: str, status: int
) -> None:
    (trap.folder / "acme.yaml").write_text(assets.read_text("examples", f"acme-{platform}.yaml"), encoding="utf-8")
    import provisioner.targets.hubspot.session
    import provisioner.targets.salesforce.session  # noqa: F401

    impatient(monkeypatch)
    server = echo(status)
    names = every_position(trap, monkeypatch, platform, server.address, TOKEN.format(status))
    codes = [trap(*(part.format(name) for part in COMMANDS[0])) for name in names]
    codes += [trap(*(part.format("by_env") for part in command)) for command in COMMANDS[1:]]
    assert not set(codes) & {0}, trap.heard
    assert server.asked >= len(names)
    assert trap.leaks() == []


@pytest.mark.parametrize("platform", ["salesforce", "hubspot"])
def test_a_server_that_is_not_there(
    trap: Trap, monkeypatch: pytest.MonkeyPatch, echo: Callable[[int], Echo], platform: str
) -> None:
    (trap.folder / "acme.yaml").write_text(assets.read_text("examples", f"acme-{platform}.yaml"), encoding="utf-8")
    import provisioner.targets.hubspot.session
    import provisioner.targets.salesforce.session  # noqa: F401

    impatient(monkeypatch)
    gone = echo(200)
    gone.stop()
    gone.stop = lambda: None  # type: ignore[method-assign]
    for name in every_position(trap, monkeypatch, platform, gone.address, TOKEN.format("gone")):
        assert trap("plan", "acme.yaml", "-c", name, "-vv") == 1
    assert trap.leaks() == []


def test_credentials_that_are_none(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before anything is sent, and not quoted in the refusal."""
    (trap.folder / "acme.yaml").write_text(assets.read_text("examples", "starter-salesforce.yaml"), encoding="utf-8")
    where = ['platform = "salesforce"', 'instance_url = "http://127.0.0.1:9"']
    token = TOKEN.format("broken")
    wrong = f"{token} with blanks\nand lines"
    trap.canaries |= {"the token": token, "the key": "CanaryKey" * 9, "its half": f"{token} with blanks"}
    monkeypatch.setenv("WRONG", wrong)
    monkeypatch.setenv("KEY", f"-----BEGIN PRIVATE KEY-----\n{'CanaryKey' * 9}\n-----END PRIVATE KEY-----\n")
    person = ['client_id = "3MVG9"', 'username = "cro@acme.example"']
    trap.connect("token", *where, 'access_token = {env = "WRONG"}')
    trap.connect("key", *where, *person, 'audience = "http://127.0.0.1:9"', 'private_key = {env = "KEY"}')
    trap.connect("secret", *where, person[0], 'client_secret = {env = "WRONG"}')
    trap.connect(
        "address", where[0], f'instance_url = "https://user:{token}@acme.example"', 'access_token = {env = "X"}'
    )
    trap.allowed.add("provisioner.toml")
    for name in ("token", "key", "secret", "address"):
        assert trap("plan", "acme.yaml", "-c", name, "-vv") in (1, 2)
    assert trap.leaks() == []


def test_a_credential_written_into_the_settings_is_not_repeated(trap: Trap) -> None:
    (trap.folder / "acme.yaml").write_text(assets.read_text("examples", "starter-salesforce.yaml"), encoding="utf-8")
    trap.canaries["the token"] = TOKEN.format("written")
    trap.connect("written", 'platform = "salesforce"', f'access_token = "{trap.canaries["the token"]}"')
    trap.allowed.add("provisioner.toml")
    assert trap("plan", "acme.yaml", "-c", "written", "-vv") == 2
    assert trap.leaks() == []


def test_a_login_of_the_cli_that_fails_with_its_token_in_the_text(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    (trap.folder / "acme.yaml").write_text(assets.read_text("examples", "starter-salesforce.yaml"), encoding="utf-8")
    trap.canaries["the token"] = TOKEN.format("expired")
    said = {"status": 1, "message": f"expired access token {trap.canaries['the token']} for acme"}
    trap.keep("bin/sf", f"#!/bin/sh\necho '{json.dumps(said)}'\nexit 1\n")
    monkeypatch.setenv("PATH", f"{trap.folder / 'bin'}:/usr/bin:/bin")
    trap.connect("by_cli", 'platform = "salesforce"', 'sf_cli = "acme"')
    assert trap("plan", "acme.yaml", "-c", "by_cli", "-vv") == 1
    assert "expired access token" in trap.last
    assert trap.leaks() == []


@pytest.mark.parametrize("loud", [(), ("-vv",), ("--json",)])
def test_a_bug_that_has_the_credential_in_its_words(
    trap: Trap, monkeypatch: pytest.MonkeyPatch, loud: tuple[str, ...]
) -> None:
    """A crash with the token in the message, in a cause and in local variables: the trace shows where, not what."""
    (trap.folder / "acme.yaml").write_text(assets.read_text("examples", "starter-salesforce.yaml"), encoding="utf-8")
    names = every_position(trap, monkeypatch, "salesforce", "http://127.0.0.1:9", TOKEN.format("crash"))

    def broken(target: object, connection: object, console: object, **more: object) -> None:
        shown = [value.reveal() for value in connection.auth.values() if hasattr(value, "reveal")]  # type: ignore[attr-defined]
        words = " ".join(f"{one} {quote(one, safe='')} {base64.b64encode(one.encode()).decode()}" for one in shown)
        try:
            raise ValueError(f"inner {words}")
        except ValueError as error:
            raise KeyError(words, connection) from error

    monkeypatch.setattr("provisioner.cli.road.reach", broken)
    for name in names:
        assert trap("plan", "acme.yaml", "-c", name, *loud) == 1
        assert "this is a bug in provisioner (KeyError" in trap.last
        assert ("Traceback" in trap.last) is ("-vv" in loud)
    assert trap.leaks() == []

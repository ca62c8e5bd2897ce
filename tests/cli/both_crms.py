"""An org of either CRM behind a proxy that tells of every call, and the commands as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brewline
import requests
from launching import launched
from launching.orgs import new_org

PLATFORMS = ("salesforce", "hubspot")
SALESFORCE_DESIGN = """\
apiVersion: provisioner/v1
design: brewline
client: Brewline Coffee
target: {platform: salesforce, object: Lead, prefix: BRW, expect: {org_id: 00D000000000001AAA, sandbox: true}}
lead_types:
  - {id: sample, label: Sample box, when: {LeadSource: [Web]}, sla: 4h, clock: calendar, escalation: cold}
escalation:
  cold:
    - {at: due, notify: [rep], via: [email, bell], task: "Call {lead.name}"}
recipients:
  rep: {role: record_owner}
alerts: {mode: silent, silent_to: admin@example.com}
exclusions:
  - {id: own, when: {Email: {ends_with: "@brewline.example"}}}
"""
HELD = ("content-length", "connection", "transfer-encoding", "host", "accept-encoding", "date", "server")


@dataclass
class Watch:
    """Hands every call on; `on_call` is told of it first, in the thread that serves it."""

    upstream: str
    on_call: Callable[[str, str], None] = lambda method, path: None

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        self.http.close()

    def _handler(watch: Watch) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or the body of each answer waits 40 ms for the headers

            def pass_on(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                watch.on_call(self.command, self.path)
                kept = {name: value for name, value in self.headers.items() if name.lower() not in HELD}
                answer = watch.http.request(
                    self.command, watch.upstream + self.path, data=raw, headers=kept, timeout=60
                )
                try:
                    self.send_response(answer.status_code)
                    for name, value in answer.headers.items():
                        if name.lower() not in (*HELD, "content-encoding"):
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # whoever asked is gone

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        return Handler


@dataclass
class Place:
    """A folder with a design and a connection to a fresh org."""

    platform: str
    folder: Path
    watch: Watch
    token: str
    lines: list[str] = field(default_factory=list)

    def edit(self, old: str, new: str) -> None:
        brewline.edit(self.folder, old, new)

    def start(self, *options: str) -> subprocess.Popen[str]:
        return brewline.started(options, self.folder, self.environment(), subprocess.STDOUT)

    def __call__(self, *options: str, code: int = 0) -> str:
        ended, out, _ = launched(options, self.folder, self.environment(), merged=True)
        assert ended == code, f"{' '.join(options)}: {ended}\n{out}"
        assert self.token not in out and "Traceback" not in out
        return out

    def interrupted(
        self, *options: str, at: Callable[[str, str], bool], signals: Callable[[Any], None], code: int = 130
    ) -> str:
        """Run a command; `signals` gets it at the first call that `at` knows, before the org sees that call. What it
        printed: each line is kept before the process can be told anything more."""
        process: list[subprocess.Popen[str]] = []
        started, hit = threading.Event(), threading.Event()

        def on_call(method: str, path: str) -> None:
            if not hit.is_set() and at(method, path):
                hit.set()
                started.wait(30)
                signals(process[0])

        self.lines.clear()
        self.watch.on_call = on_call
        process.append(self.start(*options))
        started.set()
        assert process[0].stdout is not None
        for line in process[0].stdout:
            self.lines.append(line)
            with _TOLD:
                _TOLD.notify_all()
        process[0].stdout.close()
        process[0].wait(60)
        self.watch.on_call = lambda method, path: None
        said = "".join(self.lines)
        assert hit.is_set(), f"that call never came: {said}"
        assert process[0].returncode == code, f"{process[0].returncode}: {said}"
        assert "Traceback" not in said and self.token not in said
        return said

    def converges(self, *options: str) -> str:
        """Run it until it is done: what was under way when its predecessor ended may still come to its end, and is then
        refused rather than overwritten."""
        for _ in range(20):
            code, out, _ = launched(options, self.folder, self.environment(), merged=True)
            if code == 0 or "This plan was carried out already" in out:
                return out
            assert code == 5, out
            said = ("is busy", "applied to the org again", "changed in the org", "This plan was begun already")
            assert any(words in out for words in said), out
        raise AssertionError(f"it never came to its end: {out}")

    def data(self, *options: str) -> Any:
        """What the command says to programs."""
        done = launched((*options, "--json"), self.folder, self.environment())
        assert done.code == 0, done.out + done.err
        return json.loads(done.out)

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "CRM_TOKEN": self.token,
            "XDG_CONFIG_HOME": str(self.folder),
            "PROVISIONER_STATE_DIR": str(self.folder / "state"),
        }

    def has_said(self, words: str) -> None:
        """Wait until the command has printed this."""
        with _TOLD:
            assert _TOLD.wait_for(lambda: any(words in line for line in self.lines), timeout=60), self.lines

    def runs(self) -> list[dict[str, Any]]:
        return list(self.data("history")["runs"])

    def door(self, name: str, body: Any) -> Any:
        answer = self.watch.http.post(f"{self.watch.upstream}/_emulator/{name}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.watch.http.request(method, self.watch.upstream + path, headers=headers, timeout=60, **options)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def differs(self) -> int:
        """How many changes apply would make now; steps that people do are left out."""
        counted = self.data("plan", "brew.yaml", "-c", "box")["summary"]
        return sum(count for kind, count in counted.items() if kind != "by_hand")


_TOLD = threading.Condition()


@contextmanager
def place(platform: str, folder: Path) -> Iterator[Place]:
    emulator = new_org(platform)
    with closing(Watch(emulator.url)) as watch:
        made = Place(platform, folder, watch, emulator.access_token)
        design = SALESFORCE_DESIGN if platform == "salesforce" else brewline.DESIGN
        brewline.write(folder, platform, watch.url, "CRM_TOKEN", design)
        _furnish(made)
        yield made


def _furnish(made: Place) -> None:
    if made.platform == "hubspot":
        made.door("settings", {"rate_limits": False})
        made.door("seed", {"owners": brewline.owners()})
        made.call("POST", "/crm/v3/properties/contacts", json=brewline.INTEREST)

"""The command line against an emulated HubSpot portal, through a proxy that remembers every call and may interrupt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import brewline
import requests
from brewline import DESIGN
from launching import launched
from launching.orgs import new_org


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer; `reply` None when it had no body."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    status: int
    reply: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Proxy:
    """Hands calls on. `before` and `after` are told the number of each call (1, 2, …); True leaves it unanswered."""

    upstream: str
    calls: list[Call] = field(default_factory=list)
    count: int = 0
    before: Callable[[int], bool] = lambda number: False
    after: Callable[[int], bool] = lambda number: False

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        self.http.close()

    def begin(self) -> None:
        """Forget what was; no interruptions."""
        self.calls.clear()
        self.count = 0
        self.before = self.after = lambda number: False


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or the body of each answer waits 40 ms for the headers

        def pass_on(self) -> None:
            proxy.count += 1
            number = proxy.count
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if proxy.before(number):
                self.close_connection = True
                return
            kept = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
            answer = proxy.http.request(self.command, proxy.upstream + self.path, data=raw, headers=kept, timeout=30)
            asked = urlsplit(self.path)
            proxy.calls.append(
                Call(self.command, asked.path, parse_qs(asked.query), json.loads(raw) if raw else None,
                     answer.status_code, json.loads(answer.content) if answer.content else None)
            )  # fmt: skip
            if proxy.after(number):
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

    return Handler


@dataclass
class HubBench:
    """A folder with a design and a connection, a portal, and the commands."""

    folder: Path
    proxy: Proxy
    token: str

    def prepare(self, design: str = DESIGN) -> None:
        """An account as a client has it, before we come; the design beside it."""
        brewline.write(self.folder, "hubspot", self.proxy.url, "HUB_TOKEN", design)
        self.proxy.begin()
        self.door("reset", {})
        self.door("settings", {"rate_limits": False})
        owners = brewline.owners()
        owners[0]["teams"] = ["Sales Pool"]
        made = self.door(
            "seed", {"teams": [{"name": "Sales Pool"}], "owners": owners, "forms": [{"name": "Quote request"}]}
        )
        self.owners = {one["email"].partition("@")[0]: one["id"] for one in made["owners"]}
        self.forms = {one["name"]: one["id"] for one in made["forms"]}
        self.call("POST", "/crm/v3/properties/contacts", brewline.INTEREST)

    def edit(self, old: str, new: str) -> None:
        brewline.edit(self.folder, old, new)

    # ------------------------------------------------------------ commands

    def start(self, *options: str) -> subprocess.Popen[str]:
        return brewline.started(options, self.folder, self.environment(), subprocess.PIPE)

    def __call__(self, *options: str, code: int = 0) -> str:
        """What the command printed: standard output, then errors."""
        ended, out, err = launched(options, self.folder, self.environment())
        assert ended == code, f"{' '.join(options)}: {ended}\n{out}{err}"
        assert self.token not in out + err
        assert "Traceback" not in out + err
        return out + err

    def code(self, *options: str) -> int:
        """How the command ended, whatever it said."""
        ended, out, err = launched(options, self.folder, self.environment())
        assert self.token not in out + err
        assert "Traceback" not in out + err
        return ended

    def environment(self) -> dict[str, str]:
        return os.environ | {"HUB_TOKEN": self.token, "XDG_CONFIG_HOME": str(self.folder)}

    def killed(self, number: int, *options: str, answered: bool) -> None:
        """SIGKILL the command at its call `number`: before the portal sees it, or once it is carried out."""
        self.proxy.begin()
        process: list[subprocess.Popen[str]] = []
        started = threading.Event()

        def kill(now: int) -> bool:
            if now != number:
                return False
            started.wait(10)
            process[0].send_signal(signal.SIGKILL)
            return True

        if answered:
            self.proxy.after = kill
        else:
            self.proxy.before = kill
        process.append(self.start(*options))
        started.set()
        out, err = process[0].communicate(timeout=120)
        assert process[0].returncode == -signal.SIGKILL, f"call {number} of {self.proxy.count} never came: {out}{err}"
        self.proxy.begin()

    # -------------------------------------------------------------- portal

    def door(self, name: str, body: Any = None) -> Any:
        """The emulator's control door, past the proxy."""
        method = "GET" if body is None else "POST"
        answer = self.proxy.http.request(method, f"{self.proxy.upstream}/_emulator/{name}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The vendor's API, past the proxy."""
        answer = self.proxy.http.request(
            method, self.proxy.upstream + path, json=body, headers={"Authorization": f"Bearer {self.token}"}, timeout=30
        )
        assert answer.status_code < 400, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def flows(self) -> list[dict[str, Any]]:
        rows = self.call("GET", "/automation/v4/flows?limit=100")["results"]
        return [self.call("GET", f"/automation/v4/flows/{row['id']}") for row in rows]

    def flow(self, name: str) -> dict[str, Any]:
        (found,) = [flow for flow in self.flows() if flow["name"] == name]
        return found

    def lists(self) -> list[dict[str, Any]]:
        body = {"query": "", "offset": 0, "count": 500, "additionalProperties": []}
        rows = self.call("POST", "/crm/v3/lists/search", body)["lists"]
        return [self.call("GET", f"/crm/v3/lists/{row['listId']}?includeFilters=true")["list"] for row in rows]

    def properties(self, *, archived: bool = False) -> dict[str, dict[str, Any]]:
        rows = self.call("GET", f"/crm/v3/properties/contacts?archived={str(archived).lower()}")["results"]
        return {row["name"]: row for row in rows if not row["hubspotDefined"]}

    def picture(self) -> dict[str, Any]:
        """All that was made by anybody, without ids, times and revisions."""
        lists, groups = self.lists(), self.call("GET", "/crm/v3/properties/contacts/groups")["results"]
        ids = {int(one["listId"]): f"list:{one['name']}" for one in lists}
        ids |= {int(one["id"]): f"flow:{one['name']}" for one in self.flows()}
        seen = {
            "properties": [_plain(one) for _, one in sorted(self.properties().items())],
            "archived": sorted(self.properties(archived=True)),
            "groups": sorted(json.dumps(one, sort_keys=True) for one in groups),
            "lists": sorted((one["name"], json.dumps(one.get("filterBranch"), sort_keys=True)) for one in lists),
            "flows": sorted(json.dumps(_plain(one), sort_keys=True) for one in self.flows()),
        }
        return _without(seen, ids)


VOLATILE = {
    "id", "revisionId", "createdAt", "updatedAt", "archivedAt", "createdUserId", "updatedUserId", "uuid",
}  # fmt: skip


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in one.items() if key not in VOLATILE}
    if str(one.get("name")).endswith("_ledger"):
        # Its memory of ids, times and plans is different every time; what it owns shows when all of it is destroyed.
        kept["description"] = kept["options"] = None
    return kept


def _without(value: Any, ids: dict[int, str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, ids) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without(inner, ids) for inner in value]
    if isinstance(value, str) and value.startswith(("{", "[")) and value.endswith(("}", "]")):
        inner = json.loads(value)
        return _ids_named(inner, ids)
    return value


def _ids_named(value: Any, ids: dict[int, str]) -> Any:
    """Ids of lists and workflows where they stand in filters and actions."""
    if isinstance(value, dict):
        return {
            key: [ids.get(int(item), item) for item in inner] if key == "suppressionListIds"
            else ids.get(int(inner), inner) if key in ("listId", "flow_id") and str(inner).isdigit()
            else _ids_named(inner, ids)
            for key, inner in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [_ids_named(inner, ids) for inner in value]
    return value


@contextmanager
def hubspot_bench(folder: Path) -> Iterator[HubBench]:
    """A portal and a proxy before it, which is ended afterwards."""
    emulator = new_org("hubspot")
    with closing(Proxy(emulator.url)) as proxy:
        yield HubBench(folder, proxy, emulator.access_token)

"""Between a command and the vendor: counts the calls, and at one of them something happens. No test."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import requests

UNSENT_HEADERS = frozenset({"content-length", "connection", "transfer-encoding", "date", "server"})


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    body: bytes
    number: int  # of the call, from 1

    def __str__(self) -> str:
        return f"{self.method} {urlsplit(self.path).path}"


Pass = Callable[[bytes], Answer]  # hands the call on, with this body


class Cut(Exception):
    """The connection ends here, without an answer."""


@dataclass
class Trouble:
    """What happens to a call; by default nothing. `done` is called once its answer has left."""

    def __call__(self, asked: Asked, on: Pass) -> Answer:
        return on(asked.body)

    def done(self, asked: Asked) -> None:
        """The answer was written."""


class Proxy:
    """One conversation after the other; `calls` are those of the present one."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.calls: list[str] = []
        self.trouble = Trouble()
        self._held = threading.Event()
        self._held.set()
        self.http = requests.Session()
        self.http.trust_env = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def begin(self, trouble: Trouble | None = None) -> None:
        self.calls = []
        self.trouble = trouble or Trouble()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        self.http.close()

    def pass_on(self, asked: Asked, headers: dict[str, str], body: bytes) -> Answer:
        url = self.upstream + asked.path
        answer = self.http.request(asked.method, url, data=body, headers=headers, timeout=60, allow_redirects=False)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in UNSENT_HEADERS}
        return Answer(answer.status_code, answer.content, kept)


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_call(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, raw, len(proxy.calls) + 1)
            proxy.calls.append(str(asked))
            names = ("Authorization", "Content-Type", "Accept", "SOAPAction")
            kept = {name: self.headers[name] for name in names if name in self.headers}
            trouble = proxy.trouble
            try:
                answer = trouble(asked, lambda body: proxy.pass_on(asked, kept, body))
                self.answer(answer)
            except (Cut, BrokenPipeError, ConnectionResetError):
                self.close_connection = True
                return
            trouble.done(asked)

        def answer(self, answer: Answer) -> None:
            head = [f"HTTP/1.1 {answer.status} X"]
            head += [f"{name}: {value}" for name, value in answer.headers.items()]
            if answer.status != 204:
                head.append(f"Content-Length: {len(answer.body)}")
            content = b"" if answer.status == 204 else answer.body
            self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + content)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_call

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

    return Handler


# ------------------------------------------------------------ what happens


@dataclass
class Kill(Trouble):
    """The process ends at call `number`: `before` the vendor sees it, once it was `sent` and carried out but not
    answered, or just `after` its answer."""

    number: int
    moment: str
    kill: Callable[[], None]
    over: bool = False

    def __call__(self, asked: Asked, on: Pass) -> Answer:
        if self.over:
            raise Cut  # what it still sent while it died never arrives
        if asked.number != self.number or self.moment == "after":
            return on(asked.body)
        if self.moment == "sent":
            on(asked.body)
        self.over = True
        self.kill()
        raise Cut

    def done(self, asked: Asked) -> None:
        if asked.number == self.number and not self.over:
            self.over = True
            self.kill()


@dataclass
class Resets(Trouble):
    """The connection breaks at call `number`; `carried_out`: the vendor had done it."""

    number: int
    carried_out: bool

    def __call__(self, asked: Asked, on: Pass) -> Answer:
        if asked.number == self.number:
            if self.carried_out:
                on(asked.body)
            raise Cut
        return on(asked.body)


@dataclass
class Answers(Trouble):
    """From call `number` on, `times` calls get this answer; `carried_out`: the first of them was done all the same."""

    number: int
    times: int
    answer: Answer
    carried_out: bool = False

    def __call__(self, asked: Asked, on: Pass) -> Answer:
        if not self.number <= asked.number < self.number + self.times:
            return on(asked.body)
        if self.carried_out and asked.number == self.number:
            on(asked.body)
        return self.answer


@dataclass
class Slow(Trouble):
    """Call `number` is carried out, and answered when nobody waits any more."""

    number: int
    seconds: float

    def __call__(self, asked: Asked, on: Pass) -> Answer:
        answer = on(asked.body)
        if asked.number == self.number:
            time.sleep(self.seconds)
        return answer


@dataclass
class InPart(Trouble):
    """A batch is carried out for every other input; the answer says so (207)."""

    number: int
    seen: int = 0

    def __call__(self, asked: Asked, on: Pass) -> Answer:
        if asked.number != self.number or not asked.path.endswith("/batch/create"):
            return on(asked.body)
        self.seen += 1
        inputs = json.loads(asked.body)["inputs"]
        done, left = inputs[::2], inputs[1::2]
        answer = on(json.dumps({"inputs": done}).encode())
        body = json.loads(answer.body)
        body["numErrors"] = len(left)
        body["errors"] = [
            {"status": "error", "category": "VALIDATION_ERROR", "message": f"{one['name']} was not created"}
            for one in left
        ]
        return Answer(207, json.dumps(body).encode(), {"Content-Type": "application/json"})

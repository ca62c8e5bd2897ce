"""One emulator process, its control door and its vendor's API; a person in front of a CRM uses no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, ClassVar

import requests


class Emulated:
    """`platform` and `root` (what every path of the vendor's API begins with) are the subclass's; `options` go to the
    emulator's command line."""

    platform: ClassVar[str]
    root: ClassVar[str] = ""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "provisioner.emulator", "--platform", self.platform, "--port", "0", *options],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.url, self.token = ready["url"], ready["access_token"]
        self.http = requests.Session()
        self.http.trust_env = False

    def close(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def door(self, name: str, body: Any = None, method: str = "POST") -> Any:
        answer = self.http.request(method, f"{self.url}/_emulator/{name}", json=body, timeout=60)
        assert answer.status_code < 400, f"{name} {body}: {answer.text}"
        return answer.json()

    def call(self, method: str, path: str, body: Any = None, token: str | None = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        url = f"{self.url}{self.root}{path}"
        answer = self.http.request(method, url, json=body, headers=headers, timeout=60, **more)
        assert answer.status_code < 400, f"{method} {path} {body}: {answer.text}"
        return answer.json() if answer.content else None

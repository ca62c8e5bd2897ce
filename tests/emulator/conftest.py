"""Fixtures of every emulator test: an org without HTTP, and the emulator as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.state.org import Org


@pytest.fixture
def org_in_process() -> Iterator[Org]:
    """A fresh org in memory, without a server."""
    org = assembled()
    yield org
    org.close()


@dataclass
class Emulator:
    """A running emulator: `url`, the administrator's `token`, and its control door."""

    url: str
    token: str
    org_id: str
    session: requests.Session

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any) -> Any:
        """A request to the vendor's side; paths start below /services/data/v66.0 unless they begin with /services."""
        where = path if path.startswith("/services") else f"/services/data/v66.0/{path.lstrip('/')}"
        headers = {"Authorization": f"Bearer {token or self.token}"} | more.pop("headers", {})
        return self.session.request(method, self.url + where, json=body, headers=headers, timeout=20, **more)

    def query(self, soql: str, *, token: str | None = None) -> list[dict[str, Any]]:
        """The records of one batch, without their attributes."""
        answer = self.call("GET", "query", params={"q": soql}, token=token)
        assert answer.status_code == 200, answer.text
        return [{k: v for k, v in record.items() if k != "attributes"} for record in answer.json()["records"]]

    def create(self, sobject: str, *, token: str | None = None, **values: Any) -> str:
        answer = self.call("POST", f"sobjects/{sobject}", values, token=token)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def control(self, name: str, body: Any = None, method: str | None = None) -> Any:
        """GET without a body, POST with one; `method` to say otherwise. The decoded answer of a success."""
        answer = self.door(name, body, method)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def door(self, name: str, body: Any = None, method: str | None = None) -> requests.Response:
        verb = method or ("GET" if body is None else "POST")
        return self.session.request(verb, f"{self.url}/_emulator/{name}", json=body, timeout=60)

    def move(self, to: str) -> None:
        """Let the virtual clock come to an instant such as 2026-01-05T15:00:00Z."""
        self.control("clock", {"to": to})


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[Emulator]:
    """One emulator for the whole session."""
    command = [sys.executable, "-m", "provisioner.emulator", "--platform", "salesforce"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the emulator did not start"
        facts = json.loads(line)
        with requests.Session() as session:
            session.trust_env = False
            yield Emulator(facts["url"], facts["access_token"], facts["org_id"], session)
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def emulator(emulator_process: Emulator) -> Emulator:
    """The running emulator with a fresh org at 2026-01-05T14:00:00Z."""
    emulator_process.control("reset", method="POST")
    return emulator_process

"""Talking to the emulator as its users do (REST), and as its owner does (the control door)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import requests

from provisioner.errors import ProvisionerError
from provisioner.planning.planfile import instant

_VERSION = "v66.0"
_SECONDS = 60.0
_LOOKS, _PAUSE = 200, 0.05  # at what is being deployed; seconds between two of them


class Door:
    """One connection to one emulator. ProvisionerError when it refuses or does not answer."""

    def __init__(self, url: str, access_token: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.trust_env = False  # loopback needs no proxy
        self._http.headers["Authorization"] = f"Bearer {access_token}"

    def settings(self, values: dict[str, Any]) -> None:
        self._send("POST", "/_emulator/settings", values)

    def touch(self, facts: dict[str, Any]) -> None:
        """Somebody reached out, logged as the vendor's own pages log it."""
        self._send("POST", "/_emulator/touch", facts)

    def by_hand(self, deed: dict[str, Any]) -> None:
        """Somebody changes something at the setup pages."""
        self._send("POST", "/_emulator/by_hand", deed)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """A request of the vendor's own API."""
        return self._send(method, path, body)

    def deploy(self, files: Mapping[str, str]) -> None:
        """Files of metadata by path, saved as the vendor's own API saves them."""
        packed = BytesIO()
        with ZipFile(packed, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        options = json.dumps({"deployOptions": {"singlePackage": True, "rollbackOnError": True}})
        parts = {
            "json": (None, options, "application/json"),
            "file": ("deploy.zip", packed.getvalue(), "application/zip"),
        }
        path = f"/services/data/{_VERSION}/metadata/deployRequest"
        begun = self._send("POST", path, files=parts)
        for _ in range(_LOOKS):
            ended = self._send("GET", f"{path}/{begun['id']}")["deployResult"]
            if ended["done"]:
                break
            time.sleep(_PAUSE)
        if not ended.get("success"):
            raise ProvisionerError(f"The emulator did not deploy {', '.join(files)}: {ended}")

    def seed(self, content: dict[str, Any]) -> dict[str, Any]:
        return dict(self._send("POST", "/_emulator/seed", content))

    def move_to(self, moment: datetime) -> None:
        """The virtual clock; what falls due on the way happens."""
        self._send("POST", "/_emulator/clock", {"to": instant(moment)})

    def sent(self) -> list[dict[str, Any]]:
        """Everything that reached a person, oldest first."""
        return list(self._send("GET", "/_emulator/sent"))

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = self._send("GET", f"/services/data/{_VERSION}/query", params={"q": soql})
        records = list(answer["records"])
        while not answer["done"]:
            answer = self._send("GET", answer["nextRecordsUrl"])
            records += answer["records"]
        return records

    def _send(
        self, method: str, path: str, body: object = None, params: dict[str, str] | None = None, files: Any = None
    ) -> Any:
        try:
            answer = self._http.request(
                method, self._url + path, json=body, params=params, files=files, timeout=_SECONDS
            )
            content = answer.json() if answer.content else None
        except (requests.RequestException, ValueError) as error:
            raise ProvisionerError(f"The emulator did not answer {method} {path}: {error}") from error
        if not answer.ok:
            raise ProvisionerError(f"The emulator refused {method} {path}: {content}")
        return content

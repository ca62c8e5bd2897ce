"""A vendor, a proxy before it, and the commands; the whole state of the vendor as its public API shows it. No test."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from launching import Launcher
from proxy import Kill, Proxy, Trouble

READY = 'access_token = {env = "CRASH_TOKEN"}\n'
RENEWABLE = 'client_id = "robot"\nclient_secret = {env = "CRASH_SECRET"}\n'
Benches = Callable[[str], "Bench"]
APPLY, DESTROY = "apply", "destroy"
ESCALATION = """\
escalation:
  cold:
    - {at: due, notify: [rep, boss], via: [email, bell], task: "Call {lead.name}"}
recipients:
  rep: {role: record_owner}
  boss: {user: boss@brewline.example}
alerts: {mode: silent, silent_to: qa@brewline.example}
"""
SALESFORCE = f"""\
apiVersion: provisioner/v1
design: brewline
client: Brewline Coffee
target: {{platform: salesforce, object: Lead, prefix: BRW, expect: {{org_id: 00D000000000001AAA, sandbox: true}}}}
business_hours:
  shop: {{timezone: America/New_York, open: {{mon-fri: "08:00-18:00"}}, holidays: {{extra: [2027-01-04]}}}}
lead_types:
  - {{id: sample, label: Sample box, when: {{LeadSource: [Web]}}, sla: 4h, clock: business, hours: shop,
     escalation: cold}}
{ESCALATION}exclusions:
  - {{id: own, when: {{Email: {{ends_with: "@brewline.example"}}}}}}
"""
HUBSPOT = f"""\
apiVersion: provisioner/v1
design: brewline
client: Brewline Coffee
target:
  platform: hubspot
  object: contacts
  prefix: BRW
  expect: {{portal_id: 1234567}}
  timezone: America/New_York
  fields: {{brew_interest: enumeration}}
lead_types:
  - {{id: sample, label: Sample box, when: {{brew_interest: [sample]}}, sla: 4h, clock: calendar, escalation: cold}}
{ESCALATION}exclusions:
  - {{id: own, when: {{email: {{ends_with: "@brewline.example"}}}}}}
"""
# Texts and numbers of what is there, and things that come and go.
EDITS = {
    "salesforce": (
        ("sla: 4h", "sla: 6h"),
        ("label: Sample box", "label: Sample"),
        (
            "escalation: cold}\n",
            "escalation: cold}\n  - {id: quote, label: Quote, when: {LeadSource: [Phone Inquiry]}, sla: 1h, "
            "clock: calendar, escalation: cold}\n",
        ),
        ("[2027-01-04]", "[2027-01-05]"),
    ),
    "hubspot": (
        ("sla: 4h", "sla: 6h"),
        ("label: Sample box", "label: Sample"),
        (
            "escalation: cold}\n",
            "escalation: cold}\n  - {id: quote, label: Quote, when: {brew_interest: [quote]}, sla: 1h, "
            "clock: calendar, escalation: cold}\n",
        ),
        ('exclusions:\n  - {id: own, when: {email: {ends_with: "@brewline.example"}}}\n', ""),
    ),
}


@dataclass
class Bench:
    """`auth`: the lines of provisioner.toml that say how to sign in."""

    platform: str
    folder: Path
    proxy: Proxy
    launcher: Launcher
    token: str
    auth: str = READY
    timeout: float = 30.0

    # ------------------------------------------------------------ commands

    def prepare(self) -> None:
        """An org as a client has it before we come; the design beside it."""
        self.write_design(SALESFORCE if self.platform == "salesforce" else HUBSPOT)
        (self.folder / "provisioner.toml").write_text(
            f'[connections.box]\nplatform = "{self.platform}"\ninstance_url = "{self.proxy.url}"\n'
            f"timeout_seconds = {self.timeout}\n{self.auth}",
            encoding="utf-8",
        )
        self.proxy.begin()
        self.door("reset", {})
        if self.platform == "hubspot":
            self._client_of_hubspot()
        elif self.auth == RENEWABLE:
            app = {"secret": SECRET, "run_as": "robot@brewline.example"}
            self.door("seed", {"users": [{"username": app["run_as"]}], "connected_apps": {"robot": app}})

    def write_design(self, text: str) -> None:
        (self.folder / "brew.yaml").write_text(text, encoding="utf-8")

    def edit(self) -> None:
        text = (self.folder / "brew.yaml").read_text(encoding="utf-8")
        for old, new in EDITS[self.platform]:
            assert old in text, old
            text = text.replace(old, new, 1)
        self.write_design(text)

    def run(self, command: str, trouble: Trouble | None = None) -> tuple[int, str]:
        """How the command ended, and what it said."""
        return self.ran(command, "brew.yaml", "-c", "box", "--yes", trouble=trouble)

    def ran(self, *argv: str, trouble: Trouble | None = None) -> tuple[int, str]:
        self.proxy.begin(trouble)
        self.launcher.start(argv, self.folder, command_environment(self.token, self.folder), self.folder / "out.txt")
        if isinstance(trouble, Kill):
            trouble.kill = self.launcher.kill
        code = self.launcher.end()
        said = (self.folder / "out.txt").read_text(encoding="utf-8", errors="replace")
        assert "Traceback" not in said, said
        assert self.token not in said
        return code, said

    def do(self, command: str) -> str:
        """It has to work."""
        code, said = self.run(command)
        assert code == 0, f"{command}: {code}\n{said}"
        return said

    # -------------------------------------------------------------- vendor

    def door(self, name: str, body: Any = None) -> Any:
        """The emulator's control door, past the proxy."""
        method = "GET" if body is None else "POST"
        answer = self.proxy.http.request(method, f"{self.proxy.upstream}/_emulator/{name}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """The vendor's API, past the proxy."""
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        url = self.proxy.upstream + path
        answer = self.proxy.http.request(method, url, json=body, headers=headers, timeout=30, **more)
        assert answer.status_code < 400, f"{method} {path}: {answer.text}"
        return answer

    def picture(self) -> dict[str, Any]:
        """All that is there, without ids, times and whatever else differs from run to run."""
        return _salesforce(self) if self.platform == "salesforce" else _hubspot(self)

    def _client_of_hubspot(self) -> None:
        self.door("settings", {"rate_limits": False})
        self.door("seed", {"owners": [{"email": f"{name}@brewline.example"} for name in ("rep", "boss", "qa")]})
        options = [
            {"label": value, "value": value, "hidden": False, "displayOrder": place}
            for place, value in enumerate(["sample", "quote"])
        ]
        self.call("POST", "/crm/v3/properties/contacts", {
            "name": "brew_interest", "label": "Interest", "groupName": "contactinformation", "type": "enumeration",
            "fieldType": "select", "options": options,
        })  # fmt: skip


def command_environment(token: str, home: Path) -> dict[str, str]:
    homes = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
    return {**os.environ, "CRASH_TOKEN": token, "CRASH_SECRET": SECRET, **dict.fromkeys(homes, str(home))}


SECRET = "a-client-secret-of-the-crash-bench"


@contextmanager
def crash_bench(platform: str, folder: Path) -> Iterator[Bench]:
    """An emulator, a proxy and a launcher, all ended afterwards."""
    command = [sys.executable, "-m", "provisioner.emulator", "--platform", platform, "--port", "0"]
    launcher = Launcher()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        proxy = Proxy(ready["url"])
        try:
            yield Bench(platform, folder, proxy, launcher, ready["access_token"])
        finally:
            proxy.close()
            launcher.close()
            process.terminate()
            process.wait(10)


# ------------------------------------------------------------- Salesforce

KINDS = {
    "CustomObject": ("*", "Lead"), "Flow": ("*",), "ApexClass": ("*",), "ApexTrigger": ("*",), "CustomMetadata": ("*",),
    "Queue": ("*",), "CustomNotificationType": ("*",), "PermissionSet": ("*",), "StaticResource": ("*",),
    "Settings": ("*",),
}  # fmt: skip
RUN = ("plan", "applied_at")  # what a ledger says of the run that wrote it
SOAP = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<e:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body>{body}</e:Body>"
    "</e:Envelope>"
)


def _salesforce(bench: Bench) -> dict[str, Any]:
    files: dict[str, Any] = dict(_retrieved(bench))
    for path in [path for path in files if path.endswith("_Ledger.resource")]:
        files[path] = {key: value for key, value in json.loads(files[path]).items() if key not in RUN}
    versions = "SELECT VersionNumber, Status, Definition.DeveloperName FROM Flow"
    return {
        "files": files,
        "flow versions": sorted(
            (row["Definition"]["DeveloperName"], row["VersionNumber"], row["Status"])
            for row in _rows(bench, versions, "tooling/")
        ),
        "active": sorted(
            (row["ApiName"], row["ActiveVersionId"] is not None)
            for row in _rows(bench, "SELECT ApiName, ActiveVersionId FROM FlowDefinitionView")
        ),
        "holidays": sorted(row["Name"] for row in _rows(bench, "SELECT Name FROM Holiday")),
    }


def _rows(bench: Bench, soql: str, door: str = "") -> list[dict[str, Any]]:
    path = f"/services/data/v66.0/{door}query"
    rows: list[dict[str, Any]] = bench.call("GET", path, params={"q": soql}).json()["records"]
    return rows


def _retrieved(bench: Bench) -> Iterator[tuple[str, str]]:
    types = "".join(
        "<types>" + "".join(f"<members>{name}</members>" for name in names) + f"<name>{kind}</name></types>"
        for kind, names in KINDS.items()
    )
    package = f"<unpackaged>{types}<version>66.0</version></unpackaged>"
    request = f"<apiVersion>66.0</apiVersion><singlePackage>true</singlePackage>{package}"
    job = _found("id", _soap(bench, f"<retrieve><retrieveRequest>{request}</retrieveRequest></retrieve>"))
    ask = f"<asyncProcessId>{job}</asyncProcessId><includeZip>true</includeZip>"
    status = ""
    while "<done>true</done>" not in status:
        status = _soap(bench, f"<checkRetrieveStatus>{ask}</checkRetrieveStatus>")
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(_found("zipFile", status)))) as archive:
        for name in sorted(archive.namelist()):
            yield name, archive.read(name).decode()


def _soap(bench: Bench, body: str) -> str:
    url = f"{bench.proxy.upstream}/services/Soap/m/66.0"
    content = SOAP.format(token=bench.token, body=body)
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
    return bench.proxy.http.post(url, data=content, headers=headers, timeout=30).text


def _found(tag: str, text: str) -> str:
    match = re.search(f"<{tag}>([^<]*)</{tag}>", text)
    assert match is not None, text
    return match[1]


# ---------------------------------------------------------------- HubSpot

VOLATILE = frozenset({
    "id", "revisionId", "createdAt", "updatedAt", "archivedAt", "createdUserId", "updatedUserId", "uuid", "listId",
})  # fmt: skip


def _hubspot(bench: Bench) -> dict[str, Any]:
    flows, lists = _flows(bench), _lists(bench)
    names = {str(one["listId"]): f"list:{one['name']}" for one in lists}
    names |= {str(one["id"]): f"flow:{one['name']}" for one in flows}
    properties = {row["name"]: row for row in _properties(bench, archived=False) if not row["hubspotDefined"]}
    ledger = properties.pop("brw_ledger", None)
    return {
        "properties": [_plain(one, names) for _, one in sorted(properties.items())],
        "archived": sorted({row["name"] for row in _properties(bench, archived=True)}),
        "groups": sorted(json.dumps(one, sort_keys=True) for one in _groups(bench)),
        "lists": sorted(
            (one["name"], json.dumps(_plain(one.get("filterBranch"), names), sort_keys=True)) for one in lists
        ),
        "flows": sorted(json.dumps(_plain(one, names), sort_keys=True) for one in flows),
        "ledger": None if ledger is None else _ledger(ledger, names),
    }


def _ledger(raw: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Its entries, with the names of what their ids lead to; and what it says of itself, without the run."""
    about = json.loads(raw["description"].partition("edit. ")[2])
    entries = {}
    for option in raw["options"]:
        if option["value"] != "format":
            known = json.loads(option["description"])
            entries[option["value"]] = known | ({"id": names.get(known["id"], "nothing")} if "id" in known else {})
    kept = {key: value for key, value in about.items() if key not in RUN}
    return {"entries": entries, "about": kept, "hidden": raw["hidden"], "group": raw["groupName"]}


def _properties(bench: Bench, *, archived: bool) -> list[dict[str, Any]]:
    path = f"/crm/v3/properties/contacts?archived={str(archived).lower()}"
    rows: list[dict[str, Any]] = bench.call("GET", path).json()["results"]
    return rows


def _groups(bench: Bench) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = bench.call("GET", "/crm/v3/properties/contacts/groups").json()["results"]
    return rows


def _flows(bench: Bench) -> list[dict[str, Any]]:
    rows = bench.call("GET", "/automation/v4/flows?limit=100").json()["results"]
    return [bench.call("GET", f"/automation/v4/flows/{row['id']}").json() for row in rows]


def _lists(bench: Bench) -> list[dict[str, Any]]:
    body = {"query": "", "offset": 0, "count": 500, "additionalProperties": []}
    rows = bench.call("POST", "/crm/v3/lists/search", body).json()["lists"]
    return [bench.call("GET", f"/crm/v3/lists/{row['listId']}?includeFilters=true").json()["list"] for row in rows]


def _plain(value: Any, names: dict[str, str]) -> Any:
    """Without what moves by itself; ids of lists and workflows replaced by names, wherever they stand."""
    if isinstance(value, dict):
        return {
            key: names.get(str(inner), inner) if key in ("listId", "flow_id") else _plain(inner, names)
            for key, inner in value.items()
            if key not in VOLATILE or key == "listId"
        }
    if isinstance(value, list):
        return [names.get(str(one), one) if isinstance(one, int | str) else _plain(one, names) for one in value]
    if isinstance(value, str) and value.startswith(("{", "[")) and value.endswith(("}", "]")):
        return _plain(json.loads(value), names)
    return value

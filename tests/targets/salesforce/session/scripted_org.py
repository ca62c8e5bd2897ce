"""An org for the session's tests: real HTTP on loopback, answers in the shapes of the reference, faults on demand.

It is no CRM: it knows just enough state (static resources, packed files, flows, rows) for one conversation.
"""

from __future__ import annotations

import base64
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lxml import etree

ORG_ID = "00D000000000001AAA"
TOKEN = "00D000000000001!canary.TOKEN_that.must_never_be_seen"
METADATA = "http://soap.sforce.com/2006/04/metadata"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
DEPLOY_ID = "0Af000000000001AAA"


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def soql(self) -> str:
        return parse_qs(urlsplit(self.path).query).get("q", [""])[0]

    @property
    def operation(self) -> str:
        """Name of the SOAP operation, or ""."""
        if "/services/Soap/" not in self.path:
            return ""
        return etree.QName(etree.fromstring(self.body).find(f"{{{SOAP}}}Body")[0]).localname

    def part(self, name: str) -> bytes:
        """A part of a multipart body."""
        found = re.search(rb'name="' + name.encode() + rb'"[^\r]*\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--', self.body, re.S)
        assert found is not None, f"no part {name}"
        return found.group(1)

    @property
    def zip(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.part("file"))) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    @property
    def options(self) -> dict[str, Any]:
        return json.loads(self.part("json"))["deployOptions"]


@dataclass
class Answer:
    """`drop`: the request was received (and `then` carried out), but the connection closes without an answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


def said(data: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(data).encode(), {"Content-Type": "application/json", **named})


def error(status: int, code: str, message: str, **headers: str) -> Answer:
    return said([{"errorCode": code, "message": message}], status, **headers)


def page(status: int) -> Answer:
    return Answer(status, b"<!DOCTYPE html><html>down</html>", {"Content-Type": "text/html"})


def envelope(inner: str) -> Answer:
    spaces = f'xmlns:soapenv="{SOAP}" xmlns="{METADATA}"'
    text = f"<soapenv:Envelope {spaces}><soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    return Answer(200, text.encode(), {"Content-Type": "text/xml"})


def fault(code: str, text: str) -> Answer:
    inner = f"<soapenv:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring></soapenv:Fault>"
    answer = envelope(inner)
    answer.status = 500
    return answer


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def deploy_result(status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    """A status answer in the shape of reference 1.2."""
    ended = status not in ("Pending", "InProgress", "Finalizing", "Canceling")
    details = {
        "componentFailures": more.pop("failures", []),
        "componentSuccesses": more.pop("successes", []),
        "retrieveResult": None,
        "runTestResult": more.pop("tests", {"numTestsRun": 0, "failures": [], "codeCoverageWarnings": []}),
    }
    result = {
        "id": DEPLOY_ID,
        "status": status,
        "done": ended,
        "success": status == "Succeeded",
        "numberComponentsTotal": 3,
        "numberComponentsDeployed": 1,
        "numberTestsTotal": 0,
        "numberTestsCompleted": 0,
        "details": details,
        **more,
    }
    return {"id": DEPLOY_ID, "deployResult": result}


@dataclass
class Rule:
    matches: Callable[[Request], bool]
    answer: Answer
    carried_out: bool


class ScriptedOrg:
    """`faults` are used up in order, each by the first request it matches. `requests` is everything that arrived."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.rules: list[Rule] = []
        self.token = TOKEN
        self.organization = {
            "Id": ORG_ID,
            "Name": "Acme Sandbox",
            "IsSandbox": True,
            "OrganizationType": "Enterprise Edition",
            "TrialExpirationDate": None,
        }
        self.versions = ["65.0", "66.0"]
        self.static: dict[str, bytes] = {}
        self.described: dict[str, str] = {}  # what static resources say of themselves
        self.files: dict[str, bytes] = {}
        self.properties: list[tuple[str, str]] = []
        self.messages: list[tuple[str, str]] = []
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.polls = 0  # of a retrieve, before it is done
        self.statuses: list[dict[str, Any]] = []  # of the deployments; empty: success at once
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def on(self, matches: str | Callable[[Request], bool], *answers: Answer, carried_out: bool = False) -> None:
        """The next requests that match get these answers. A text matches method and path, or a SOAP operation."""
        for answer in answers:
            self.rules.append(Rule(_matcher(matches), answer, carried_out))

    def seen(self, text: str) -> list[Request]:
        return [request for request in self.requests if _matcher(text)(request)]

    @property
    def deployments(self) -> list[Request]:
        return self.seen("POST /services/data/v66.0/metadata/deployRequest")

    def _respond(self, request: Request) -> Answer:
        self.requests.append(request)
        for rule in self.rules:
            if rule.matches(request):
                self.rules.remove(rule)
                if rule.carried_out:
                    self._normal(request)
                return rule.answer
        return self._normal(request)

    def _normal(self, request: Request) -> Answer:
        path = urlsplit(request.path).path
        if "/services/Soap/" in path:
            return self._soap(request)
        if path == "/services/oauth2/token":
            return said({"access_token": self.token, "instance_url": self.url})
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if path == "/services/data/":
            return said(
                [{"version": version, "label": "x", "url": f"/services/data/v{version}"} for version in self.versions]
            )
        if path == "/services/oauth2/userinfo":
            return said(
                {
                    "user_id": "005000000000001AAA",
                    "organization_id": ORG_ID,
                    "preferred_username": "deploy@acme.example",
                }
            )
        if path.endswith("/metadata/deployRequest") and request.method == "POST":
            return said({"id": DEPLOY_ID, **deploy_result("Pending")}, 201)
        if f"/metadata/deployRequest/{DEPLOY_ID}" in path:
            return self._deploy_status()
        if path.endswith("/query"):
            return self._query(request.soql)
        if path.endswith("/composite"):
            return self._composite(request)
        if path.endswith("/Body"):
            return Answer(200, self.static[next(iter(self.static))], {"Content-Type": "application/octet-stream"})
        if request.method in ("PATCH", "DELETE"):
            return Answer(204)
        return error(404, "NOT_FOUND", "The requested resource does not exist")

    def _deploy_status(self) -> Answer:
        if not self.statuses:
            return said(deploy_result())
        ended = self.statuses[0]["deployResult"]["done"]
        return said(self.statuses[0] if ended else self.statuses.pop(0))

    def _composite(self, request: Request) -> Answer:
        """Each part is answered as if it came alone; a session or an org that fails does so for all of them."""
        told = []
        for part in json.loads(request.body)["compositeRequest"]:
            one = self._respond(Request(part["method"], part["url"], request.headers, b""))
            if one.drop or one.status == 401 or one.status >= 500:
                return one
            row = {"body": json.loads(one.body), "httpHeaders": {}, "httpStatusCode": one.status}
            told.append({**row, "referenceId": part["referenceId"]})
        return said({"compositeResponse": told})

    def _query(self, soql: str) -> Answer:
        kind = re.search(r"\bFROM (\w+)", soql).group(1)  # type: ignore[union-attr]
        if kind == "Organization":
            rows = [self.organization]
        elif kind == "StaticResource":
            rows = [
                {"Id": "081000000000001AAA", "Name": name, "Description": self.described.get(name)}
                for name in self.static
            ]
        else:
            rows = self.rows.get(kind, [])
        return said({"totalSize": len(rows), "done": True, "records": rows})

    def _soap(self, request: Request) -> Answer:
        session = etree.fromstring(request.body).findtext(f".//{{{METADATA}}}sessionId")
        if session != self.token:
            return fault("sf:INVALID_SESSION_ID", "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader")
        if request.operation == "retrieve":
            return envelope(
                "<retrieveResponse><result><done>false</done><id>09S000000000001AAA</id><state>Queued</state></result></retrieveResponse>"
            )
        if self.polls:
            self.polls -= 1
            return envelope(
                "<checkRetrieveStatusResponse><result><done>false</done><status>InProgress</status></result></checkRetrieveStatusResponse>"
            )
        return envelope(f"<checkRetrieveStatusResponse><result>{self._packed()}</result></checkRetrieveStatusResponse>")

    def _packed(self) -> str:
        from xml.sax.saxutils import escape

        properties = "".join(
            f"<fileProperties><fileName>f</fileName><fullName>{escape(name)}</fullName><type>{kind}</type></fileProperties>"
            for kind, name in self.properties
        )
        messages = "".join(
            f"<messages><fileName>{escape(file)}</fileName><problem>{escape(problem)}</problem></messages>"
            for file, problem in self.messages
        )
        content = base64.b64encode(zipped(self.files)).decode()
        ended = f"<status>Succeeded</status><success>true</success><zipFile>{content}</zipFile>"
        return f"<done>true</done>{properties}<id>09S000000000001AAA</id>{messages}{ended}"

    def _handler(org) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = org._respond(Request(self.command, unquote_path(self.path), headers, self.rfile.read(length)))
                if answer.drop:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(b"" if answer.status == 204 else answer.body)

            do_GET = do_POST = do_PATCH = do_DELETE = _any

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet: tests read `requests`."""

        return Handler


def unquote_path(path: str) -> str:
    """Only the path part; the query keeps its escapes for `Request.soql`."""
    parts = urlsplit(path)
    return unquote(parts.path) + (f"?{parts.query}" if parts.query else "")


def _matcher(matches: str | Callable[[Request], bool]) -> Callable[[Request], bool]:
    if callable(matches):
        return matches
    if " " in matches:
        method, _, start = matches.partition(" ")
        return lambda request: request.method == method and request.path.startswith(start)
    return lambda request: request.operation == matches

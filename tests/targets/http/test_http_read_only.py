"""A session that only reads: what may change something never reaches the vendor, on both platforms."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from provisioner.connections import Connection
from provisioner.secrets import Secret
from provisioner.targets.base import Target
from provisioner.targets.http.reading import WouldWrite
from provisioner.targets.http.wire import Wire
from provisioner.targets.hubspot.session.reads import is_read as hubspot_reads
from provisioner.targets.registry import load_target
from provisioner.targets.salesforce.session.reads import is_read as salesforce_reads

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "MERGE")
DATA = "/services/data/v66.0"
SOAP = "/services/Soap/m/66.0"


class Recorder(ThreadingHTTPServer):
    """Takes everything and notes it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Noting)
        self.seen: list[tuple[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Noting(BaseHTTPRequestHandler):
    server: Recorder
    protocol_version = "HTTP/1.1"
    quiet: ClassVar[bool] = True

    def _note(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_MERGE = _note

    def log_message(self, format: str, *args: object) -> None:
        assert self.quiet


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    server = Recorder()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def envelope(operation: str) -> bytes:
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    inner = f'<m:{operation} xmlns:m="http://soap.sforce.com/2006/04/metadata"/>'
    return f'<e:Envelope xmlns:e="{space}"><e:Header/><e:Body>{inner}</e:Body></e:Envelope>'.encode()


def bundle(*requests: dict[str, object]) -> bytes:
    return json.dumps({"allOrNone": False, "compositeRequest": list(requests)}).encode()


ASKED = {"method": "GET", "url": f"{DATA}/query?q=SELECT%20Id%20FROM%20Lead", "referenceId": "q0"}
WRITTEN = {"method": "POST", "url": f"{DATA}/sobjects/Lead", "referenceId": "q1", "body": {}}

# method, path, body
SALESFORCE_READS: list[tuple[str, str, bytes | None]] = [
    ("GET", f"{DATA}/query?q=SELECT%20Id%20FROM%20Lead", None),
    ("GET", f"{DATA}/sobjects/Lead/describe", None),
    ("POST", "/services/oauth2/token", b"grant_type=client_credentials"),
    ("POST", SOAP, envelope("retrieve")),
    ("POST", SOAP, envelope("checkRetrieveStatus")),
    ("POST", SOAP, envelope("listMetadata")),
    ("POST", f"{DATA}/composite", bundle(ASKED)),
]
SALESFORCE_WRITES: list[tuple[str, str, bytes | None]] = [
    ("POST", f"{DATA}/sobjects/Lead", b"{}"),
    ("POST", f"{DATA}/metadata/deployRequest", b"--x"),
    ("PATCH", f"{DATA}/tooling/sobjects/FlowDefinition/300000000000001AAA", b"{}"),
    ("DELETE", f"{DATA}/sobjects/Lead/00Q000000000001AAA", None),
    ("PUT", f"{DATA}/query?q=SELECT", b"{}"),
    ("POST", f"{DATA}/query?q=SELECT", b"{}"),
    ("GET", f"{DATA}/sobjects/Lead", b"{}"),
    ("POST", SOAP, envelope("deploy")),
    ("POST", SOAP, envelope("deleteMetadata")),
    ("POST", SOAP, envelope("retrieve").replace(b"</e:Body>", b"<deploy/></e:Body>")),
    ("POST", SOAP, None),
    ("POST", f"{DATA}/composite", bundle(ASKED, WRITTEN)),
    ("POST", f"{DATA}/composite", bundle(ASKED | {"body": {}})),
    ("POST", f"{DATA}/composite", bundle(ASKED | {"url": f"{DATA}/sobjects/Lead/00Q000000000001AAA"})),
    ("POST", f"{DATA}/composite", bundle()),
    ("POST", f"{DATA}/composite", b"[]"),
    ("POST", f"{DATA}/composite", b"no json"),
    ("POST", f"{DATA}/composite/sobjects", bundle(ASKED)),
    ("POST", "/services/oauth2/token/../../data/v66.0/sobjects/Lead", b"x"),
    ("POST", "/services/oauth2/revoke", b"token=x"),
]
HUBSPOT_READS: list[tuple[str, str, bytes | None]] = [
    ("GET", "/crm/v3/owners?limit=100", None),
    ("POST", "/crm/v3/objects/contacts/search", b"{}"),
    ("POST", "/crm/objects/2026-09/contacts/search", b"{}"),
    ("POST", "/crm/v3/objects/0-136/batch/read", b"{}"),
    ("POST", "/crm/v3/properties/contacts/batch/read", b"{}"),
    ("POST", "/crm/v3/lists/search", b"{}"),
    ("POST", "/crm/v3/lists/records/memberships/batch/read", b"{}"),
    ("POST", "/automation/v4/flows/batch/read", b"{}"),
]
HUBSPOT_WRITES: list[tuple[str, str, bytes | None]] = [
    ("POST", "/crm/v3/objects/contacts", b"{}"),
    ("POST", "/crm/v3/objects/contacts/batch/create", b"{}"),
    ("POST", "/crm/v3/objects/contacts/batch/read/../../merge", b"{}"),
    ("POST", "/crm/v3/objects/contacts/merge?x=/search", b"{}"),
    ("POST", "/crm/v3/lists", b"{}"),
    ("PUT", "/crm/v3/lists/1/memberships/add", b"[]"),
    ("POST", "/automation/v4/flows", b"{}"),
    ("PUT", "/automation/v4/flows/1", b"{}"),
    ("DELETE", "/crm/v3/properties/contacts/stl_cycle", None),
    ("PATCH", "/crm/v3/objects/contacts/1", b"{}"),
    ("POST", "/oauth/v1/token", b"x"),
    ("GET", "/crm/v3/lists/1", b"{}"),
]


@pytest.mark.parametrize(
    ("reads", "refused", "allowed"),
    [(salesforce_reads, SALESFORCE_WRITES, SALESFORCE_READS), (hubspot_reads, HUBSPOT_WRITES, HUBSPOT_READS)],
    ids=["salesforce", "hubspot"],
)
def test_only_reads_leave_the_machine(recorder: Recorder, reads, refused, allowed) -> None:  # type: ignore[no-untyped-def]
    wire = Wire("Acme", 5.0, reads=reads)
    for method, path, body in refused:
        with pytest.raises(WouldWrite) as caught:
            wire.exchange(method, recorder.url + path, {}, body)
        bare = path.partition("?")[0]
        assert str(caught.value) == f"{method} {bare} may change something, and this session with Acme only reads."
    assert (recorder.seen, wire.calls) == ([], 0)
    for method, path, body in allowed:
        assert wire.exchange(method, recorder.url + path, {}, body).status == 200
    wire.close()
    assert recorder.seen == [(method, path) for method, path, _ in allowed]


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("GET", "POST")])
def test_no_other_method_is_ever_a_read(method: str) -> None:
    paths = [path for _, path, _ in (*SALESFORCE_READS, *HUBSPOT_READS)]
    assert not [path for path in paths for reads in (salesforce_reads, hubspot_reads) if reads(method, path, None)]


def test_a_wire_that_may_write_sends_everything(recorder: Recorder) -> None:
    wire = Wire("Acme", 5.0)
    wire.exchange("DELETE", f"{recorder.url}/crm/v3/lists/1", {}, None)
    wire.close()
    assert recorder.seen == [("DELETE", "/crm/v3/lists/1")]


@pytest.mark.parametrize("platform", ["salesforce", "hubspot"])
def test_a_target_opens_sessions_that_only_read(recorder: Recorder, platform: str) -> None:
    """The switch arrives at the wire: the same transport, once with it and once without."""
    connection = Connection(
        "acme", platform, {"method": "access_token", "access_token": Secret("00D000000000001!secret")},
        instance_url=recorder.url, timeout_seconds=5.0,
    )  # fmt: skip
    target: Target = load_target(platform)
    for read_only, expected in ((True, []), (False, [("DELETE", "/x")])):
        session = target.connect(connection, read_only=read_only)
        wire: Wire = session._transport._wire  # type: ignore[attr-defined]
        if read_only:
            with pytest.raises(WouldWrite):
                wire.exchange("DELETE", f"{recorder.url}/x", {}, None)
        else:
            wire.exchange("DELETE", f"{recorder.url}/x", {}, None)
        wire.close()
        assert recorder.seen == expected

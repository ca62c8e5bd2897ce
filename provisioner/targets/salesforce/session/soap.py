"""The Metadata API's SOAP door, for what REST cannot do: retrieving ([wsdl] [docs] reference/salesforce.md 1.9).

Everything sent here is a read, so everything may be retried.
"""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from provisioner.errors import Rejected, TargetError, Unreachable
from provisioner.secrets import Secret
from provisioner.targets.http.policy import Kind
from provisioner.targets.salesforce.session import xmltext
from provisioner.targets.salesforce.session.pace import Pace
from provisioner.targets.salesforce.session.rest import Rest, number, record_id
from provisioner.targets.salesforce.session.transport import Call

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST_UNZIPPED = 200 * 1024 * 1024  # bytes
MOST_FILES = 10_000  # [docs] reference/salesforce.md 1.6
PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
LIST_LIMIT = 3  # queries per listMetadata call
READ_MOST = 10  # components per readMetadata call. [docs] reference/salesforce.md 1.9


@dataclass(frozen=True, slots=True)
class Property:
    """What the org says about one retrieved or listed component; `id` is empty where it tells none."""

    kind: str
    full_name: str
    file_name: str
    changed_by: str
    changed_at: str  # UTC, ISO 8601
    id: str = ""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """`files` by path inside the package; `messages` are (file, problem) in the vendor's words."""

    files: Mapping[str, bytes]
    properties: tuple[Property, ...]
    messages: tuple[tuple[str, str], ...]


class Soap:
    def __init__(self, rest: Rest, pace: Pace) -> None:
        self._rest = rest
        self._pace = pace

    def retrieve(self, members: Mapping[str, Sequence[str]]) -> Retrieved:
        """The named components as metadata-format files. Blocks until the org has packed them (15 minutes at most)."""
        version = self._rest.version
        started = self._ask("start a retrieve", lambda body: _retrieve_request(body, members, version))
        job = record_id(xmltext.text_of(started, "id"), "retrieve job")
        deadline = self._pace.now() + self._pace.retrieve_limit
        for delay in self._pace.retrieve_delays():
            self._pace.sleep(delay)
            result = self._ask("pack what is retrieved", lambda body: _status_request(body, job))
            if xmltext.text_of(result, "done") == "true":
                return _retrieved(result)
            if self._pace.now() >= deadline:
                break
        raise Unreachable(
            f"The org did not finish packing its metadata within {self._pace.retrieve_limit / 60:.0f} minutes.",
            advice="Nothing was changed. Other deployments may be in its queue: see Setup, Deployment Status.",
        )

    def list_metadata(self, queries: Sequence[tuple[str, str | None]]) -> list[Property]:
        """Components by (type, folder or None), three queries per request."""
        found: list[Property] = []
        for start in range(0, len(queries), LIST_LIMIT):
            part = queries[start : start + LIST_LIMIT]
            response = self._respond("list metadata", partial(self._list_request, queries=part))
            found.extend(_property(row) for row in response.findall("{*}result"))
        return found

    def read_metadata(self, kind: str, names: Sequence[str]) -> list[_Element]:
        """A record per component, empty for what is not there; ten components per request. [docs] 1.9"""
        found: list[_Element] = []
        for start in range(0, len(names), READ_MOST):
            part = names[start : start + READ_MOST]
            result = self._ask("read metadata", partial(_read_request, kind=kind, names=part))
            found.extend(result.findall("{*}records"))
        return found

    def _list_request(self, body: _Element, queries: Iterable[tuple[str, str | None]]) -> None:
        call = xmltext.add(body, "listMetadata")
        for kind, folder in queries:
            query = xmltext.add(call, "queries")
            if folder is not None:
                xmltext.add(query, "folder", folder)
            xmltext.add(query, "type", kind)
        xmltext.add(call, "asOfVersion", self._rest.version)

    def _ask(self, what: str, fill: Callable[[_Element], None]) -> _Element:
        result = self._respond(what, fill).find("{*}result")
        if result is None:
            raise Unreachable(f"Salesforce's answer to {what} holds no result.")
        return result

    def _respond(self, what: str, fill: Callable[[_Element], None]) -> _Element:
        """The response element inside the envelope. Faults have become errors on the way."""
        reply = self._rest.transport.send(
            Call(
                what=what,
                method="POST",
                path=f"/services/Soap/m/{self._rest.version}",
                kind=Kind.LOOK,
                expected="xml",
                headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
                body=lambda token: envelope(token, fill),
                bearer=False,
            )
        )
        body = xmltext.parse(reply.body, what).find(f"{{{xmltext.SOAP}}}Body")
        if body is None or not len(body):
            raise Unreachable(f"Salesforce's answer to {what} is not a SOAP envelope.")
        return body[0]


def envelope(token: Secret, fill: Callable[[_Element], None]) -> bytes:
    """A SOAP request with the session in its header; `fill` adds the operation to the body."""
    from lxml import etree

    root = xmltext.document("Envelope", xmltext.SOAP, "soapenv")
    header = etree.SubElement(root, f"{{{xmltext.SOAP}}}Header")
    session = xmltext.add(header, "SessionHeader")
    xmltext.add(session, "sessionId", token.reveal())
    fill(etree.SubElement(root, f"{{{xmltext.SOAP}}}Body"))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _read_request(body: _Element, kind: str, names: Sequence[str]) -> None:
    call = xmltext.add(body, "readMetadata")
    xmltext.add(call, "type", kind)
    for name in names:
        xmltext.add(call, "fullNames", name)


def _retrieve_request(body: _Element, members: Mapping[str, Sequence[str]], version: str) -> None:
    request = xmltext.add(xmltext.add(body, "retrieve"), "retrieveRequest")
    xmltext.add(request, "apiVersion", f"{number(version):.1f}")
    xmltext.add(request, "singlePackage", "true")
    package = xmltext.add(request, "unpackaged")
    for kind in sorted(members):
        types = xmltext.add(package, "types")
        for member in sorted(members[kind]):
            xmltext.add(types, "members", member)
        xmltext.add(types, "name", kind)
    xmltext.add(package, "version", version)


def _status_request(body: _Element, job: str) -> None:
    call = xmltext.add(body, "checkRetrieveStatus")
    xmltext.add(call, "asyncProcessId", job)
    xmltext.add(call, "includeZip", "true")


def _retrieved(result: _Element) -> Retrieved:
    if xmltext.text_of(result, "success") == "false" or xmltext.text_of(result, "status") == "Failed":
        code, text = xmltext.text_of(result, "errorStatusCode"), xmltext.text_of(result, "errorMessage")
        raise Rejected(
            f"The org could not pack its metadata: {text or code or 'no reason given'}", problems=[(code, text)]
        )
    messages = tuple(
        (xmltext.text_of(message, "fileName"), xmltext.text_of(message, "problem"))
        for message in result.findall("{*}messages")
    )
    properties = tuple(_property(row) for row in result.findall("{*}fileProperties"))
    return Retrieved(_unzipped(xmltext.text_of(result, "zipFile")), properties, messages)


def _property(row: _Element) -> Property:
    return Property(
        kind=xmltext.text_of(row, "type"),
        full_name=xmltext.text_of(row, "fullName"),
        file_name=xmltext.text_of(row, "fileName"),
        changed_by=xmltext.text_of(row, "lastModifiedByName"),
        changed_at=xmltext.text_of(row, "lastModifiedDate"),
        id=xmltext.text_of(row, "id"),
    )


def _unzipped(encoded: str) -> dict[str, bytes]:
    """Path → content; a leading `unpackaged/` is dropped. TargetError on a bomb, Unreachable on damage."""
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(encoded, validate=False))) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if any(entry.compress_type not in PACKED for entry in entries):
                raise Unreachable("The org's metadata package is packed in a way that Salesforce does not use.")
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST_UNZIPPED:
                raise TargetError("The org's metadata package is larger than the vendor's own limits; it was not read.")
            return {entry.filename.removeprefix("unpackaged/"): archive.read(entry) for entry in entries}
    except (ValueError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise Unreachable("The org's metadata package arrived damaged.") from None

"""The Metadata API over SOAP: deploy, retrieve, list, read, describe. Anything else is refused by name. [wsdl] 1.9"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from provisioner.emulator.salesforce import kinds, xml
from provisioner.emulator.salesforce.errors import ApiError, not_modelled
from provisioner.emulator.salesforce.metadata.deploying.jobs import Job, decode_zip
from provisioner.emulator.salesforce.metadata.handlers.settings import is_production
from provisioner.emulator.salesforce.metadata.options import read_options
from provisioner.emulator.salesforce.metadata.packages.manifest import BadManifest, Manifest, Member, from_element
from provisioner.emulator.salesforce.metadata.packages.package import ORG_VERSION
from provisioner.emulator.salesforce.metadata.retrieving.retrieve import retrieve
from provisioner.emulator.salesforce.metadata.store import MetadataStore
from provisioner.emulator.salesforce.metadata.surface.envelope import Call, Raw, answer, fault, read_call
from provisioner.emulator.salesforce.rest.common import user_of_token

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_READ_MOST = {"CustomMetadata": 200, "CustomApplication": 200}


def routes(org: Org) -> list[Route]:
    """`/services/Soap/m/NN` with any tail, as the vendor ignores it (9.2)."""
    door = SoapDoor(org)
    base = "/services/Soap/m/{version}"
    return [Route(path, door.handle, methods=["POST"]) for path in (base, base + "/", base + "/{tail:path}")]


class SoapDoor:
    """Dispatches an envelope to its operation; every ApiError becomes a fault with HTTP 500."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._operations: dict[str, Callable[[Call, str], list[Any]]] = {
            "deploy": self._deploy,
            "deployRecentValidation": self._quick,
            "checkDeployStatus": self._deploy_status,
            "cancelDeploy": self._cancel,
            "retrieve": self._retrieve,
            "checkRetrieveStatus": self._retrieve_status,
            "listMetadata": self._list,
            "readMetadata": self._read,
            "describeMetadata": self._describe,
        }

    async def handle(self, request: Request) -> Response:
        """One SOAP call."""
        status, body = self._answer(await request.body(), request.path_params["version"])
        return Response(body, status_code=status, media_type="text/xml; charset=UTF-8")

    def _answer(self, data: bytes, version: str) -> tuple[int, bytes]:
        try:
            number = float(version) if version.replace(".", "", 1).isdigit() else 0.0
            if not 7 <= number <= ORG_VERSION:
                raise ApiError("UNSUPPORTED_API_VERSION", f"Unsupported API version: {version}")
            call = read_call(data)
            user_id = user_of_token(self._org, call.session)
            self._org.access.check_api(user_id, soap=True)
            self._org.access.check_metadata(user_id)
            operation = self._operations.get(call.name)
            if operation is None:
                raise not_modelled(f"the Metadata API operation {call.name}")
            return 200, answer(call.name, operation(call, user_id))
        except ApiError as error:
            return 500, fault(error)

    # -- deploy -------------------------------------------------------------------------------------------------------

    def _deploy(self, call: Call, user_id: str) -> list[Any]:
        data = xml.text(call.operation, "ZipFile")
        if data is None:
            raise ApiError("INVALID_OPERATION", "Required field is missing: ZipFile")
        node = xml.kid(call.operation, "DeployOptions")
        raw: dict[str, Any] = {}
        for child in [] if node is None else xml.kids(node):
            name = xml.local(child)
            if name == "runTests":
                raw.setdefault("runTests", []).append(xml.own_text(child))
            else:
                raw[name] = xml.own_text(child) or None
        job = MetadataStore.of(self._org).jobs.start(decode_zip(data), read_options(raw), user_id)
        return [{"done": False, "id": job.id, "state": "Queued"}]

    def _quick(self, call: Call, user_id: str) -> list[Any]:
        job = MetadataStore.of(self._org).jobs.quick(xml.text(call.operation, "validationId") or "", user_id)
        return [job.id]

    def _deploy_status(self, call: Call, _user_id: str) -> list[Any]:
        job = MetadataStore.of(self._org).jobs.poll(xml.text(call.operation, "asyncProcessId") or "")
        detailed = xml.flag(call.operation, "includeDetails")
        return [dict(sorted((job.result | {"details": _details(job, detailed=detailed)}).items()))]

    def _cancel(self, call: Call, _user_id: str) -> list[Any]:
        job_id = xml.text(call.operation, "String") or xml.text(call.operation, "id") or ""
        job = MetadataStore.of(self._org).jobs.cancel(job_id)
        return [{"done": False, "id": job.id}]

    # -- retrieve -----------------------------------------------------------------------------------------------------

    def _retrieve(self, call: Call, _user_id: str) -> list[Any]:
        node = xml.kid(call.operation, "retrieveRequest")
        node = xml.kid(call.operation, "request") if node is None else node
        if node is None:
            raise ApiError("INVALID_OPERATION", "Required field is missing: retrieveRequest")
        if xml.kid(node, "packageNames") is not None or xml.kid(node, "rootTypesWithDependencies") is not None:
            raise not_modelled("a retrieve of packages or with dependencies")
        unpackaged = xml.kid(node, "unpackaged")
        if unpackaged is None:
            raise ApiError("INVALID_OPERATION", "Required field is missing: unpackaged")
        try:
            manifest = from_element(unpackaged)
        except BadManifest as error:
            raise ApiError("INVALID_OPERATION", error.text) from error
        wanted = {xml.own_text(one) for one in xml.kids(node, "specificFiles")}
        if wanted:
            manifest = Manifest(manifest.version, [one for one in manifest.members if _path(one) in wanted])
        state = {
            "version": manifest.version or xml.text(node, "apiVersion"),
            "single": xml.flag(node, "singlePackage", default=False),
            "members": [[one.kind, one.name] for one in manifest.members],
        }
        job_id = MetadataStore.of(self._org).components.new_id("Retrieve")
        self._org.store.execute(
            "INSERT INTO metadata_jobs (id, kind, state) VALUES (?, 'Retrieve', ?)", (job_id, json.dumps(state))
        )
        return [{"done": False, "id": job_id, "state": "Queued"}]

    def _retrieve_status(self, call: Call, _user_id: str) -> list[Any]:
        job_id = xml.text(call.operation, "asyncProcessId") or ""
        row = self._org.store.execute(
            "SELECT id, state FROM metadata_jobs WHERE kind = 'Retrieve' AND substr(id, 1, 15) = ?", (job_id[:15],)
        ).fetchone()
        if row is None:
            raise ApiError("INVALID_ID_FIELD", f"invalid cross reference id: {job_id}")
        state = json.loads(row[1])
        manifest = Manifest(state["version"], [Member(kind, name, 1, 1) for kind, name in state["members"]])
        metadata = MetadataStore.of(self._org)
        found = retrieve(self._org, metadata.components, manifest, single_package=state["single"])
        result: dict[str, Any] = {
            "done": True,
            "fileProperties": [one.to_values(metadata.reader.user_name) for one in found.entries],
            "id": row[0],
            "messages": [{"fileName": file, "problem": text} for file, text in found.messages],
            "status": "Succeeded",
            "success": True,
        }
        if xml.flag(call.operation, "includeZip", default=True):
            result["zipFile"] = base64.b64encode(found.zip).decode()
        return [result]

    # -- list, read, describe -----------------------------------------------------------------------------------------

    def _list(self, call: Call, _user_id: str) -> list[Any]:
        queries = xml.kids(call.operation, "queries")
        if len(queries) > 3:
            raise ApiError("EXCEEDED_ID_LIMIT", f"At most 3 queries are allowed, not {len(queries)}")
        reader, found = MetadataStore.of(self._org).reader, []
        for query in queries:
            kind, folder = str(xml.text(query, "type")), xml.text(query, "folder")
            entries = reader.entries(_modelled(kinds.FOLDERS.get(kind, kind)))
            if kind in kinds.FOLDERS:
                entries = [one for one in entries if "/" not in one.full_name]
            elif kind in kinds.FOLDERS.values():
                entries = [one for one in entries if folder and one.full_name.startswith(f"{folder}/")]
            found += [one.to_values(reader.user_name) for one in entries]
        return found

    def _read(self, call: Call, _user_id: str) -> list[Any]:
        asked = str(xml.text(call.operation, "type"))
        kind = _modelled("Settings" if asked in kinds.SETTINGS.values() else asked)
        names = [xml.own_text(one) for one in xml.kids(call.operation, "fullNames")]
        most = _READ_MOST.get(kind, 10)
        if len(names) > most:
            raise ApiError("EXCEEDED_ID_LIMIT", f"At most {most} names can be read at once, not {len(names)}")
        return [Raw("<result>" + "".join(self._record(kind, name) for name in names) + "</result>")]

    def _record(self, kind: str, name: str) -> str:
        """One record; a missing one is nil, not an error (1.9)."""
        reader = MetadataStore.of(self._org).reader
        element = reader.element(kind, name)
        if element is None:
            return '<records xsi:nil="true"/>'
        record = xml.copy_of(element)
        for old in xml.kids(record, "fullName"):
            record.remove(old)
        named: etree._Element = xml.new_root(kind)
        xml.add(named, "fullName", name)
        named.extend(xml.kids(record))
        content = reader.content(kind, name)
        if content is not None:
            xml.add(named, "content", base64.b64encode(content).decode())
        inner = "".join(xml.fragment(child, 0) for child in xml.kids(named))
        shown = kinds.SETTINGS.get(name, kind) if kind == "Settings" else kind
        return f'<records xsi:type="sf:{shown}">{inner}</records>'

    def _describe(self, _call: Call, _user_id: str) -> list[Any]:
        listed = [
            {
                "childXmlNames": [child for _, child in kind.children],
                "directoryName": kind.folder,
                "inFolder": kind.in_folder,
                "metaFile": kind.content,
                "suffix": kind.suffix,
                "xmlName": kind.name,
            }
            for kind in kinds.KINDS.values()
        ]
        production = is_production(self._org)
        return [
            {
                "metadataObjects": listed,
                "organizationNamespace": "",
                "partialSaveAllowed": not production,
                "testRequired": production,
            }
        ]


def _modelled(kind: str) -> str:
    if kind in kinds.REFUSED:
        raise not_modelled(f"the metadata type {kind}")
    if not kinds.is_known(kind):
        raise ApiError("INVALID_TYPE", f"Unknown type: {kind}")
    return kind


def _path(member: Member) -> str:
    kind = kinds.KINDS.get(member.kind)
    return kind.path(member.name) if kind else ""


def _details(job: Job, *, detailed: bool) -> dict[str, Any]:
    return job.details if detailed else {}

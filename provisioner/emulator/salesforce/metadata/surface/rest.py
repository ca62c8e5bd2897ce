"""REST: deployRequest, and the tooling objects that can be written. [docs] reference/salesforce.md 1.2, 1.11"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.errors import ApiError, not_found, not_modelled
from provisioner.emulator.salesforce.metadata.deploying.jobs import Job
from provisioner.emulator.salesforce.metadata.options import read_options
from provisioner.emulator.salesforce.metadata.store import MetadataStore
from provisioner.emulator.salesforce.rest.common import DATA, authenticate, body_of

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_JSON_PARTS = ("json", "entity_content")


def routes(org: Org) -> list[Route]:
    """Routes of the deploy resource and of the tooling writes."""
    doors = RestDoors(org)
    base = f"{DATA}/metadata/deployRequest"
    tooling = f"{DATA}/tooling/sobjects"
    found = []
    for path, methods, handler in (
        (base, ["POST"], doors.start),
        (base + "/validatedDeployRequestId", ["POST"], doors.quick),
        (base + "/{job_id}", ["GET"], doors.status),
        (base + "/{job_id}", ["PATCH"], doors.cancel),
        (tooling + "/SourceMember/describe", ["GET"], doors.no_tracking),
        (tooling + "/FlowDefinition/{row_id}", ["PATCH"], doors.activate),
        (tooling + "/Flow/{row_id}", ["DELETE"], doors.delete_flow),
    ):
        found += [Route(path, handler, methods=methods), Route(path + "/", handler, methods=methods)]
    return found


class RestDoors:
    """The handlers. Each authenticates first; refusals are ApiErrors for the app to answer."""

    def __init__(self, org: Org) -> None:
        self._org = org

    async def start(self, request: Request) -> Response:
        """Start a deployment: multipart with a JSON part and a zip part in any order; JSON alone is a quick deploy."""
        user_id = authenticate(self._org, request)
        self._org.access.check_metadata(user_id)
        if request.headers.get("content-type", "").startswith("application/json"):
            return await self.quick(request)
        body, data = await _parts(request)
        if data is None:
            raise ApiError("INVALID_MULTIPART_REQUEST", "Multipart message must include a binary part named file")
        if "validatedDeployRequestId" in body:
            raise ApiError("INVALID_MULTIPART_REQUEST", "A quick deploy takes no file")
        if set(body) - {"deployOptions"}:
            raise not_modelled(f"{', '.join(sorted(set(body) - {'deployOptions'}))} in a deployRequest")
        options = body.get("deployOptions") or {}
        if not isinstance(options, dict):
            raise ApiError("JSON_PARSER_ERROR", "deployOptions must be an object")
        return self._created(MetadataStore.of(self._org).jobs.start(data, read_options(options), user_id))

    async def quick(self, request: Request) -> Response:
        """Deploy what was validated before."""
        user_id = authenticate(self._org, request)
        self._org.access.check_metadata(user_id)
        body = await body_of(request)
        job_id = body.get("validatedDeployRequestId")
        if not isinstance(job_id, str) or len(body) != 1:
            raise ApiError("JSON_PARSER_ERROR", "A quick deploy takes validatedDeployRequestId and nothing else")
        return self._created(MetadataStore.of(self._org).jobs.quick(job_id, user_id))

    async def status(self, request: Request) -> Response:
        """How a deployment goes; asking is what makes it go."""
        self._org.access.check_metadata(authenticate(self._org, request))
        job = MetadataStore.of(self._org).jobs.poll(request.path_params["job_id"])
        detailed = request.query_params.get("includeDetails", "").lower() == "true"
        return JSONResponse(self._answer(job, detailed=detailed, url=str(request.url)))

    async def cancel(self, request: Request) -> Response:
        """Ask for a deployment to be cancelled; it is `Canceling` until the next poll."""
        self._org.access.check_metadata(authenticate(self._org, request))
        body = await body_of(request)
        if body != {"deployResult": {"status": "Canceling"}}:
            raise ApiError("INVALID_OPERATION", "The only change of a deployRequest is deployResult.status Canceling")
        job = MetadataStore.of(self._org).jobs.cancel(request.path_params["job_id"])
        return JSONResponse(self._answer(job, detailed=False, url=str(request.url)), status_code=202)

    async def activate(self, request: Request) -> Response:
        """Switch a flow version on or off."""
        user_id = authenticate(self._org, request)
        self._org.access.check_metadata(user_id)
        MetadataStore.of(self._org).tooling.activate(request.path_params["row_id"], await body_of(request), user_id)
        return Response(status_code=204)

    async def delete_flow(self, request: Request) -> Response:
        """Delete an inactive flow version."""
        user_id = authenticate(self._org, request)
        self._org.access.check_metadata(user_id)
        MetadataStore.of(self._org).tooling.delete_version(request.path_params["row_id"], user_id)
        return Response(status_code=204)

    async def no_tracking(self, request: Request) -> Response:
        """There is no source tracking here; the official CLI asks and is content with 404."""
        authenticate(self._org, request)
        raise not_found()

    def _created(self, job: Job) -> Response:
        return JSONResponse(self._answer(job, detailed=False, url=None), status_code=201)

    @staticmethod
    def _answer(job: Job, *, detailed: bool, url: str | None) -> dict[str, Any]:
        result = dict(job.result)
        if detailed and job.details:
            result["details"] = job.details
        elif detailed:
            result["details"] = {"componentFailures": [], "componentSuccesses": [], "retrieveResult": None,
                                 "runTestResult": None}  # fmt: skip
        answer: dict[str, Any] = {"id": job.id, "deployResult": result, "deployOptions": job.options.to_json()}
        return answer | ({"url": url} if url else {})


async def _parts(request: Request) -> tuple[dict[str, Any], bytes | None]:
    """The JSON part and the zip part. Raises ApiError."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", "A deployRequest is multipart/form-data", status=415)
    body: dict[str, Any] = {}
    data: bytes | None = None
    async with request.form(max_part_size=64 * 1024 * 1024) as form:
        for name, part in form.multi_items():
            raw = await part.read() if isinstance(part, UploadFile) else part.encode()
            if name in _JSON_PARTS:
                body = _json(raw)
            elif name == "file":
                data = raw
            else:
                raise ApiError("INVALID_MULTIPART_REQUEST", f"Unexpected part {name}")
    return body, data


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise ApiError("JSON_PARSER_ERROR", f"The json part is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise ApiError("JSON_PARSER_ERROR", "The json part must be one JSON object")
    return body

"""The HTTP doors of Bulk API 2.0: jobs/ingest and jobs/query. [docs] Bulk API 2.0 guide, clients.md"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.bulk.jobs import BulkJob
from provisioner.emulator.salesforce.bulk.service import Bulk
from provisioner.emulator.salesforce.errors import ApiError, not_modelled
from provisioner.emulator.salesforce.rest.common import DATA, authenticate, body_of

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_RESULTS = {
    "successfulresults": "successfulResults", "failedresults": "failedResults",
    "unprocessedrecords": "unprocessedrecords",
}  # fmt: skip


def routes(org: Org) -> list[Route]:
    """Routes of both kinds of job."""
    ingest, queries = _IngestDoors(org), _QueryDoors(org)
    return [
        Route(f"{DATA}/jobs/ingest", ingest.every, methods=["GET", "POST"]),
        Route(f"{DATA}/jobs/ingest/{{job_id}}", ingest.one, methods=["GET", "PATCH", "DELETE"]),
        Route(f"{DATA}/jobs/ingest/{{job_id}}/batches", ingest.upload, methods=["PUT"]),
        Route(f"{DATA}/jobs/ingest/{{job_id}}/{{which}}", ingest.results, methods=["GET"]),
        Route(f"{DATA}/jobs/query", queries.every, methods=["GET", "POST"]),
        Route(f"{DATA}/jobs/query/{{job_id}}", queries.one, methods=["GET", "PATCH", "DELETE"]),
        Route(f"{DATA}/jobs/query/{{job_id}}/results", queries.results, methods=["GET"]),
    ]


def _listed(jobs: list[BulkJob]) -> Response:
    return JSONResponse(
        {"done": True, "records": [job.to_json(counters=False) for job in jobs], "nextRecordsUrl": None}
    )


def _csv(request: Request, text: str, headers: dict[str, str] | None = None) -> Response:
    """CSV, compressed for whoever accepts that (the vendor always does)."""
    content, more = text.encode(), dict(headers or {})
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, more = gzip.compress(content, compresslevel=1, mtime=0), more | {"Content-Encoding": "gzip"}
    return Response(content, media_type="text/csv", headers=more)


class _IngestDoors:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def every(self, request: Request) -> Response:
        user_id = authenticate(self._org, request)
        if request.method == "GET":
            return _listed(Bulk.of(self._org).ingest.store.all("ingest"))
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise not_modelled("a bulk job created together with its data")
        job = Bulk.of(self._org).ingest.open(await body_of(request), user_id, request.path_params["version"])
        return JSONResponse(job.to_json(counters=False))

    def _job(self, request: Request) -> BulkJob:
        authenticate(self._org, request)
        return Bulk.of(self._org).ingest.store.get("ingest", request.path_params["job_id"])

    async def one(self, request: Request) -> Response:
        job, ingest = self._job(request), Bulk.of(self._org).ingest
        if request.method == "GET":
            return JSONResponse(ingest.poll(job).to_json(counters=True))
        if request.method == "DELETE":
            ingest.delete(job)
            return Response(status_code=204)
        state = (await body_of(request)).get("state")
        return JSONResponse(ingest.change(job, state).to_json(counters=False))

    async def upload(self, request: Request) -> Response:
        job = self._job(request)
        if not request.headers.get("content-type", "").startswith("text/csv"):
            text = f"Content-Type {request.headers.get('content-type')} is not supported for this resource"
            raise ApiError("UNSUPPORTED_MEDIA_TYPE", text, status=415)
        Bulk.of(self._org).ingest.fill(job, await request.body())
        return Response(status_code=201)

    async def results(self, request: Request) -> Response:
        job = self._job(request)
        which = _RESULTS.get(request.path_params["which"].lower())
        if which is None:
            raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
        return _csv(request, Bulk.of(self._org).ingest.result(job, which))


class _QueryDoors:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def every(self, request: Request) -> Response:
        user_id = authenticate(self._org, request)
        if request.method == "GET":
            return _listed(Bulk.of(self._org).queries.store.all("query"))
        job = Bulk.of(self._org).queries.open(await body_of(request), user_id, request.path_params["version"])
        return JSONResponse(job.to_json(counters=False))

    def _job(self, request: Request) -> BulkJob:
        authenticate(self._org, request)
        return Bulk.of(self._org).queries.store.get("query", request.path_params["job_id"])

    async def one(self, request: Request) -> Response:
        job, queries = self._job(request), Bulk.of(self._org).queries
        if request.method == "GET":
            return JSONResponse(queries.poll(job).to_json(counters=True))
        if request.method == "DELETE":
            queries.delete(job)
            return Response(status_code=204)
        return JSONResponse(queries.abort(job, (await body_of(request)).get("state")).to_json(counters=False))

    async def results(self, request: Request) -> Response:
        job = self._job(request)
        most = request.query_params.get("maxRecords")
        if most is not None and not (most.isdigit() and int(most) > 0):
            raise ApiError("INVALID_QUERY_LOCATOR", f"maxRecords must be a number above 0, not {most}")
        locator = request.query_params.get("locator")
        text, count, following = Bulk.of(self._org).queries.page(job, locator, int(most) if most else None)
        return _csv(request, text, {"Sforce-NumberOfRecords": str(count), "Sforce-Locator": following})

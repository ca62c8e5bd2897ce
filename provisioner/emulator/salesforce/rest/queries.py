"""query, queryAll and the pages that follow. [docs] reference/salesforce.md 8.2"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import make_id
from provisioner.emulator.salesforce.rest.common import DATA, authenticate
from provisioner.emulator.salesforce.soql import Answer, query
from provisioner.emulator.salesforce.soql.run import BATCH

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_CURSORS = 10  # open answers kept; older ones are forgotten


class Cursors:
    """Answers of more than one batch, under the locator that names them."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Answer] = OrderedDict()
        self._count = 0

    def page(self, answer: Answer, start: int, base: str, locator: str | None = None) -> dict[str, Any]:
        """One batch as the API shows it."""
        records = answer.records(start, BATCH)
        done = start + len(records) >= answer.total or answer.plan.counts_rows
        page: dict[str, Any] = {"totalSize": answer.total, "done": done, "records": records}
        if not done:
            locator = locator or self._keep(answer)
            page["nextRecordsUrl"] = f"{base}/{locator}-{start + len(records)}"
        return page

    def find(self, name: str) -> tuple[str, Answer, int]:
        """Raises ApiError INVALID_QUERY_LOCATOR."""
        locator, _, start = name.partition("-")
        if locator not in self._open or not start.isdigit():
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        self._open.move_to_end(locator)
        return locator, self._open[locator], int(start)

    def _keep(self, answer: Answer) -> str:
        self._count += 1
        locator = make_id("01g", self._count)
        self._open[locator] = answer
        if len(self._open) > _CURSORS:
            self._open.popitem(last=False)
        return locator


def routes(org: Org) -> list[Route]:
    cursors = Cursors()

    def start(request: Request, kind: str, prefix: str = "") -> Response:
        user_id = authenticate(org, request)
        version = request.path_params["version"]
        text = request.query_params.get("q")
        if not text:
            raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
        tooling, deleted = bool(prefix), kind == "queryAll"
        answer = query(org, text, user_id=user_id, version=version, tooling=tooling, deleted=deleted)
        if request.query_params.get("columns") == "true":
            metadata = {"columnMetadata": answer.columns(), "entityName": answer.plan.sobject.removeprefix("tooling.")}
            return JSONResponse(metadata | {"groupBy": answer.plan.aggregated, "idSelected": True, "keyPrefix": ""})
        return JSONResponse(cursors.page(answer, 0, f"/services/data/v{version}{prefix}/{kind}"))

    async def plain(request: Request) -> Response:
        return start(request, "query")

    async def everything(request: Request) -> Response:
        return start(request, "queryAll")

    async def tooling(request: Request) -> Response:
        return start(request, "query", "/tooling")

    async def more(request: Request) -> Response:
        authenticate(org, request)
        locator, answer, place = cursors.find(request.path_params["locator"])
        base = request.url.path.rpartition("/")[0]
        return JSONResponse(cursors.page(answer, place, base, locator))

    return [
        Route(f"{DATA}/query", plain),
        Route(f"{DATA}/queryAll", everything),
        Route(f"{DATA}/tooling/query", tooling),
        *(Route(f"{DATA}/{kind}/{{locator}}", more) for kind in ("query", "queryAll", "tooling/query")),
    ]

"""List views over REST: those of an object, one of them, its description, its results. [docs] REST guide, List Views

Views that the vendor brings along (All Open Leads …) are not modelled: there are those that were deployed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.errors import ApiError, not_found, not_modelled
from provisioner.emulator.salesforce.list_views.view import EVERYTHING, QUEUE, ListView, results, view_of
from provisioner.emulator.salesforce.rest.common import DATA, authenticate, object_named
from provisioner.emulator.salesforce.state.components import Component

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

FEWEST, MOST, USUAL = 1, 2000, 25


def routes(org: Org) -> list[Route]:
    base = f"{DATA}/sobjects/{{sobject}}/listviews"
    return [
        Route(base, partial(all_views, org)),
        Route(f"{base}/{{view}}", partial(one_view, org)),
        Route(f"{base}/{{view}}/describe", partial(describe, org)),
        Route(f"{base}/{{view}}/results", partial(run, org)),
    ]


async def all_views(org: Org, request: Request) -> Response:
    user_id = authenticate(org, request)
    sobject = object_named(org, request.path_params["sobject"], user_id)
    found = org.metadata.components.below("ListView", sobject.name)
    listed = [_basic(one, _base(request, sobject.name)) for one in found]
    answer = {"done": True, "listviews": listed, "nextRecordsUrl": None, "size": len(listed)}
    return JSONResponse(answer | {"sobjectType": sobject.name})


async def one_view(org: Org, request: Request) -> Response:
    user_id = authenticate(org, request)
    sobject = object_named(org, request.path_params["sobject"], user_id)
    found = _component(org, sobject.name, request.path_params["view"])
    return JSONResponse(_basic(found, _base(request, sobject.name)))


async def describe(org: Org, request: Request) -> Response:
    view, _ = _asked(org, request)
    answer: dict[str, Any] = {
        "columns": view.columns_json(),
        "id": view.component.id[:15],
        "orderBy": [
            {"fieldNameOrPath": name, "nullsPosition": "first", "sortDirection": "ascending"} for name in view.order
        ],
        "query": view.shown_query,
        "scope": None if view.scope == EVERYTHING else view.scope.lower(),
        "sobjectType": view.sobject.name,
        "whereCondition": None if view.where is None else view.where.to_json(),
    }
    return JSONResponse(answer | ({"scopeEntityId": view.owner} if view.scope == QUEUE else {}))


async def run(org: Org, request: Request) -> Response:
    view, user_id = _asked(org, request)
    limit, offset = _number(request, "limit", USUAL, FEWEST, MOST), _number(request, "offset", 0, 0, None)
    records, done = results(org, view, user_id, limit, offset)
    return JSONResponse(
        {
            "columns": view.columns_json(),
            "developerName": view.name,
            "done": done,
            "id": view.component.id[:15],
            "label": view.label,
            "records": records,
            "size": len(records),
        }
    )


def _asked(org: Org, request: Request) -> tuple[ListView, str]:
    user_id = authenticate(org, request)
    sobject = object_named(org, request.path_params["sobject"], user_id)
    return view_of(org, _component(org, sobject.name, request.path_params["view"]), sobject, user_id), user_id


def _component(org: Org, sobject: str, view: str) -> Component:
    """By id (15 or 18 characters) or developer name. Raises ApiError NOT_FOUND."""
    if view == "recent":
        raise not_modelled("recently used list views")
    for one in org.metadata.components.below("ListView", sobject):
        by_id = len(view) in (15, 18) and one.id[: len(view)] == view
        if by_id or one.full_name.partition(".")[2].lower() == view.lower():
            return one
    raise not_found()


def _number(request: Request, name: str, usual: int, least: int, most: int | None) -> int:
    """A parameter in its range. The text of the refusal is [inferred]."""
    text = request.query_params.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or int(text) < least or (most is not None and int(text) > most):
        allowed = f"between {least} and {most}" if most is not None else f"of at least {least}"
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"{name} must be a number {allowed}, not {text}")
    return int(text)


def _basic(one: Component, base: str) -> dict[str, Any]:
    url = f"{base}/{one.id}"
    return {
        "describeUrl": f"{url}/describe",
        "developerName": one.full_name.partition(".")[2],
        "id": one.id,
        "label": xml.text(one.root, "label"),
        "resultsUrl": f"{url}/results",
        "soqlCompatible": True,
        "url": url,
    }


def _base(request: Request, sobject: str) -> str:
    return f"/services/data/v{request.path_params['version']}/sobjects/{sobject}/listviews"

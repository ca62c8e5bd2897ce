"""What the org says about itself: versions, resources, limits, who am I. [docs] 8.1, clients.md"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.errors import not_modelled
from provisioner.emulator.salesforce.rest.common import DATA, authenticate

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

OLDEST, NEWEST = 31, 66
_SEASONS = ("Spring", "Summer", "Winter")


def label(version: int) -> str:
    """API 66 is Spring '26, and there are three releases a year; Winter carries the number of the next year."""
    steps = version - 66
    year, season = 26 + steps // 3, steps % 3
    return f"{_SEASONS[season]} '{year + (season == 2):02d}"


def routes(org: Org) -> list[Route]:
    every = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    return [
        Route("/services/data", partial(versions, org)),
        Route(DATA, partial(resources, org)),
        Route(f"{DATA}/limits", partial(limits, org)),
        Route(f"{DATA}/analytics/{{rest:path}}", partial(analytics, org), methods=every),
        Route("/services/oauth2/userinfo", partial(userinfo, org), methods=["GET", "POST"]),
        Route("/id/{organization}/{user}", partial(identity, org)),
    ]


async def versions(org: Org, request: Request) -> Response:
    return JSONResponse(
        [{"label": label(n), "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in range(OLDEST, NEWEST + 1)]
    )


async def resources(org: Org, request: Request) -> Response:
    user_id = authenticate(org, request)
    base = f"/services/data/v{request.path_params['version']}"
    names = (
        "actions", "analytics", "composite", "jobs", "limits", "metadata", "query", "queryAll", "sobjects", "tooling",
    )  # fmt: skip
    identity = f"{org.settings.instance_url}/id/{org.settings.org_id}/{user_id}"
    return JSONResponse({name: f"{base}/{name}" for name in names} | {"identity": identity})


async def limits(org: Org, request: Request) -> Response:
    authenticate(org, request)
    maximum = org.settings.daily_api_requests
    daily = {"Max": maximum, "Remaining": max(0, maximum - org.requests)}
    same = {"DailyBulkV2QueryJobs": 10_000, "DailyWorkflowEmails": 1000, "SingleEmail": 5000, "DataStorageMB": 1024}
    return JSONResponse({"DailyApiRequests": daily} | {k: {"Max": n, "Remaining": n} for k, n in same.items()})


async def userinfo(org: Org, request: Request) -> Response:
    return JSONResponse(_userinfo(org, authenticate(org, request)))


async def identity(org: Org, request: Request) -> Response:
    return JSONResponse(_userinfo(org, authenticate(org, request)))


async def analytics(org: Org, request: Request) -> Response:
    authenticate(org, request)
    raise not_modelled(f"analytics/{request.path_params['rest']}")


def _userinfo(org: Org, user_id: str) -> dict[str, Any]:
    user = org.rows.get("User", user_id)
    if user is None:
        raise LookupError(user_id)
    base = org.settings.instance_url
    offset = org.now.astimezone(ZoneInfo(user["TimeZoneSidKey"])).utcoffset() if user["TimeZoneSidKey"] else None
    return {
        "sub": f"{base}/id/{org.settings.org_id}/{user_id}",
        "user_id": user_id,
        "organization_id": org.settings.org_id,
        "preferred_username": user["Username"],
        "username": user["Username"],
        "nickname": user["Alias"],
        "name": user["Name"],
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "email": user["Email"],
        "email_verified": True,
        "zoneinfo": user["TimeZoneSidKey"],
        "locale": user["LocaleSidKey"],
        "language": user["LanguageLocaleKey"],
        "utcOffset": int(offset.total_seconds() * 1000) if offset else 0,
        "user_type": "STANDARD",
        "active": user["IsActive"],
        "urls": {
            "rest": f"{base}/services/data/v{{version}}/",
            "metadata": f"{base}/services/Soap/m/{{version}}/{org.settings.org_id[:15]}",
            "sobjects": f"{base}/services/data/v{{version}}/sobjects/",
            "query": f"{base}/services/data/v{{version}}/query/",
        },
    }

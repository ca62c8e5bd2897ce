"""Who and where: account details, usage, token self-check, limits, pipelines."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.crm.properties import calculated
from provisioner.emulator.hubspot.errors import Json, missing
from provisioner.emulator.hubspot.rest.calls import DATED, Call, Reply, Route, crm, route
from provisioner.emulator.hubspot.standard import TYPES
from provisioner.emulator.hubspot.times import show_full

_READ = ("crm.schemas.contacts.read", "crm.objects.contacts.read", "crm.objects.leads.read", "automation")
_COUNT = ("crm.objects.contacts.read", "crm.objects.leads.read", "crm.objects.users.read")


def details(call: Call) -> Reply:
    settings = call.portal.settings
    shift = call.portal.now.astimezone(call.portal.zone).utcoffset()
    seconds = int(shift.total_seconds()) if shift else 0
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    body = {
        "portalId": settings.portal_id,
        "accountType": settings.account_type,
        "timeZone": settings.timezone,
        "companyCurrency": settings.currency,
        "additionalCurrencies": [],
        "utcOffset": f"{sign}{hours:02d}:{minutes:02d}",
        "utcOffsetMilliseconds": seconds * 1000,
        "uiDomain": settings.ui_domain,
        "dataHostingLocation": settings.hosting,
    }
    return Reply(200, body)


def usage(call: Call) -> Reply:
    now = show_full(call.portal.now_ms)
    one = {"name": "private-apps-api-calls-daily", "usageLimit": call.portal.settings.daily_limit}
    return Reply(
        200,
        {"results": [one | {"currentUsage": call.portal.limits.used, "collectedAt": now, "fetchStatus": "SUCCESS"}]},
    )


def token_info(call: Call) -> Reply:
    """[community] reference/hubspot.md 1.1"""
    fit(call.body, {"tokenKey!": "string"}, call.strict)
    settings = call.portal.settings
    scopes = settings.tokens.get(call.body["tokenKey"])
    if scopes is None:
        raise missing("There is no such token.")
    body = {"hubId": settings.portal_id, "userId": int(settings.api_user_id), "appId": 1, "scopes": scopes}
    return Reply(200, body)


def _usage(used: int, limit: int) -> Json:
    return {"limit": limit, "usage": used, "percentage": used / limit if limit else 0.0}


def _labels(type_id: str) -> Json:
    one = TYPES[type_id]
    return {"objectTypeId": type_id, "singularLabel": one.label, "pluralLabel": f"{one.label}s"}


def _own(call: Call, type_id: str) -> int:
    names = call.portal.shelves["property"].names()
    mine = [call.portal.shelves["property"].get(name) for name in names if name.startswith(f"{type_id}/")]
    return sum(1 for one in mine if one is not None and not one["hubspotDefined"])


def custom_properties(call: Call) -> Reply:
    limit = call.portal.settings.custom_property_limit
    used = {type_id: _own(call, type_id) for type_id in TYPES}
    total = _usage(sum(used.values()), 10 * limit)
    listed = [_labels(type_id) | _usage(count, limit) for type_id, count in used.items() if count]
    return Reply(200, _overall(total) | {"byObjectType": listed})


def calculated_properties(call: Call) -> Reply:
    total = _usage(calculated(call.portal), call.portal.settings.calculated_property_limit)
    return Reply(200, _overall(total) | {"byObjectType": []})


def _overall(total: Json) -> Json:
    return {"overallLimit": total["limit"], "overallUsage": total["usage"], "overallPercentage": total["percentage"]}


def pipelines(call: Call) -> Reply:
    listed = [one["pipeline"] for one in call.portal.shelves["pipeline"] if one["object"] == call.type.id]
    return Reply(200, {"results": listed})


def pipeline(call: Call) -> Reply:
    found = call.portal.shelves["pipeline"].get(f"{call.type.id}/{call.path['id']}")
    if found is None:
        raise missing(f"Pipeline {call.path['id']} does not exist.")
    return Reply(200, found["pipeline"])


def stages(call: Call) -> Reply:
    return Reply(200, {"results": pipeline(call).body["stages"]})


def routes() -> Iterator[Route]:
    info = {"v3": "/account-info/v3", DATED: f"/account-info/{DATED}"}
    yield from route("GET", {key: f"{path}/details" for key, path in info.items()}, details)
    yield from route("GET", {key: f"{path}/api-usage/daily/private-apps" for key, path in info.items()}, usage)
    yield from route("POST", {"v3": "/oauth/v2/private-apps/get/access-token-info"}, token_info)
    yield from route("GET", crm("limits", "/custom-properties"), custom_properties, _COUNT)
    yield from route("GET", crm("limits", "/calculated-properties"), calculated_properties, _COUNT)
    yield from route("GET", crm("pipelines", "/{type}"), pipelines, _READ)
    yield from route("GET", crm("pipelines", "/{type}/{id}"), pipeline, _READ)
    yield from route("GET", crm("pipelines", "/{type}/{id}/stages"), stages, _READ)

"""Owners, users, teams. [spec] reference/hubspot.md 6.1, 6.2"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.emulator.hubspot.errors import Json, invalid, missing
from provisioner.emulator.hubspot.rest.calls import DATED, Call, Reply, Route, paged, route

_USERS = ("settings.users.read", "crm.objects.users.read")
_TEAMS = ("settings.users.teams.read",)


def scopes(call: Call) -> tuple[str, ...]:
    """The second scope that will do differs between the families. [spec] 1.2"""
    return ("crm.objects.owners.read", "automation" if call.family == "v3" else "contacts")


def _owner(owner: Json) -> Json:
    """Archived owners have no userId. [docs]"""
    shown = {key: value for key, value in owner.items() if key != "userId" or not owner["archived"]}
    return shown | {"userIdIncludingInactive": owner["userId"]}


def owners(call: Call) -> Reply:
    archived, email = call.flag("archived"), call.one("email").lower()
    listed = [_owner(one) for one in call.portal.shelves["owner"] if one["archived"] == archived]
    found = [one for one in listed if not email or one["email"].lower() == email]
    return Reply(200, paged(call, found, call.count("limit", 100, 500)))


def owner(call: Call) -> Reply:
    key = call.one("idProperty", "id")
    if key not in ("id", "userId"):
        raise invalid(f"idProperty is id or userId, not {key!r}.")
    archived = call.flag("archived")
    for one in call.portal.shelves["owner"]:
        if str(one[key]) == call.path["id"] and one["archived"] == archived:
            return Reply(200, _owner(one))
    raise missing(f"Owner {call.path['id']} does not exist.")


def _user(user: Json) -> Json:
    return {key: value for key, value in user.items() if not key.startswith("_")}


def users(call: Call) -> Reply:
    listed = [_user(one) for one in call.portal.shelves["user"] if not one["_gone"]]
    return Reply(200, paged(call, listed, call.count("limit", 100, 100)))


def user(call: Call) -> Reply:
    key = call.one("idProperty", "USER_ID")
    if key not in ("USER_ID", "EMAIL"):
        raise invalid(f"idProperty is USER_ID or EMAIL, not {key!r}.")
    for one in call.portal.shelves["user"]:
        if not one["_gone"] and call.path["id"] == one["id" if key == "USER_ID" else "email"]:
            return Reply(200, _user(one))
    raise missing(f"User {call.path['id']} does not exist.")


def teams(call: Call) -> Reply:
    keys = ("id", "name", "userIds", "secondaryUserIds")
    return Reply(200, {"results": [{key: one[key] for key in keys} for one in call.portal.shelves["team"]]})


def teams_beta(call: Call) -> Reply:
    listed = [{"id": one["id"], "name": one["name"]} for one in call.portal.shelves["team"]]
    return Reply(200, paged(call, listed, call.count("limit", 100, 100)))


def routes() -> Iterator[Route]:
    base = {"v3": "/crm/v3/owners", DATED: f"/crm/owners/{DATED}"}
    yield from route("GET", base, owners, scopes, "archived email limit after")
    yield from route("GET", {key: path + "/{id}" for key, path in base.items()}, owner, scopes, "idProperty archived")
    yield from route("GET", {"v3": "/settings/v3/users/teams"}, teams, _TEAMS)
    yield from route("GET", {DATED: f"/settings/teams/{DATED}-beta"}, teams_beta, _TEAMS, "limit after")
    yield from route("GET", {"v3": "/settings/users/v3"}, users, _USERS, "limit after")
    yield from route("GET", {"v3": "/settings/v3/users/{id}"}, user, _USERS, "idProperty")

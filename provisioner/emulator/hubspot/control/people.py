"""Planting people: users, the owners and user records they have, teams, tokens. Ids of the three differ. [docs] 6.1"""

from __future__ import annotations

from typing import Any

from provisioner.emulator.hubspot import times
from provisioner.emulator.hubspot.bodies import only
from provisioner.emulator.hubspot.crm import records
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.standard import TYPES, USER
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show_full


def check_settings(values: dict[str, Any]) -> None:
    """Raises ValueError for a zone that does not exist."""
    zone = values.get("timezone")
    if isinstance(zone, str) and times.zone(zone) is None:
        raise ValueError(f"There is no time zone {zone!r}.")


def plant_team(portal: Portal, body: Any) -> Json:
    facts = only(body, "name id", "name", "A team")
    if any(one["name"] == facts["name"] for one in portal.shelves["team"]):
        raise ValueError(f"There is a team {facts['name']!r} already.")
    team_id = str(facts.get("id") or portal.number("team", 178_588))
    made = {"id": team_id, "name": facts["name"], "userIds": [], "secondaryUserIds": []}
    return portal.shelves["team"].put(team_id, made)


def plant_owner(portal: Portal, body: Any) -> Json:
    """A person: a user, an owner and a user record. Archived: departed, so no user any more."""
    keys = "email first last archived id user_id teams type super_admin availability working_hours timezone"
    facts = only(body, keys, "email", "An owner")
    if any(one["email"].lower() == facts["email"].lower() for one in portal.shelves["owner"]):
        raise ValueError(f"There is an owner {facts['email']!r} already.")
    teams = [_team(portal, name) for name in facts.get("teams", [])]
    owner_id = str(facts.get("id") or portal.number("owner", 41_629_779))
    user_id = int(facts.get("user_id") or portal.number("user", 9_586_504))
    archived, now = bool(facts.get("archived")), show_full(portal.now_ms)
    owner: Json = {
        "id": owner_id,
        "type": facts.get("type", "PERSON"),
        "email": facts["email"],
        "firstName": facts.get("first", ""),
        "lastName": facts.get("last", ""),
        "userId": user_id,
        "createdAt": now,
        "updatedAt": now,
        "archived": archived,
        "teams": [{"id": one["id"], "name": one["name"], "primary": n == 0} for n, one in enumerate(teams)],
    }
    portal.shelves["owner"].put(owner_id, owner)
    for number, one in enumerate(teams):
        one["userIds" if number == 0 else "secondaryUserIds"].append(str(user_id))
        portal.shelves["team"].put(one["id"], one)
    portal.shelves["user"].put(str(user_id), _user(owner, facts, teams) | {"_gone": archived})
    if not archived:
        _user_record(portal, owner, facts)
    return {"id": owner_id, "user_id": str(user_id), "email": facts["email"]}


def _team(portal: Portal, name: str) -> Json:
    for one in portal.shelves["team"]:
        if one["name"] == name:
            return one
    raise ValueError(f"There is no team {name!r}.")


def _user(owner: Json, facts: Json, teams: list[Json]) -> Json:
    user: Json = {
        "id": str(owner["userId"]),
        "email": owner["email"],
        "firstName": owner["firstName"],
        "lastName": owner["lastName"],
        "roleIds": [],
        "superAdmin": bool(facts.get("super_admin")),
        "secondaryTeamIds": [one["id"] for one in teams[1:]],
    }
    return user | ({"primaryTeamId": teams[0]["id"]} if teams else {})


def _user_record(portal: Portal, owner: Json, facts: Json) -> None:
    values: dict[str, str | None] = {
        "hs_email": owner["email"],
        "hs_given_name": owner["firstName"] or None,
        "hs_family_name": owner["lastName"] or None,
        "hs_internal_user_id": str(owner["userId"]),
        "hs_availability_status": facts.get("availability", "available"),
        "hs_working_hours": facts.get("working_hours"),
        "hs_standard_time_zone": facts.get("timezone"),
    }
    known = {name: value for name, value in values.items() if value is not None}
    records.plant(portal, TYPES[USER], known, [], records.Source("CRM_UI"), noticed=False)


def plant_token(portal: Portal, body: Any) -> Json:
    """A bearer with the scopes it has; an empty list is a token that may do nothing."""
    facts = only(body, "token scopes", "token scopes", "A token")
    portal.settings.tokens = portal.settings.tokens | {facts["token"]: list(facts["scopes"])}
    return {"token": facts["token"]}


def owner_by(portal: Portal, who: str) -> Json:
    """A living owner by email or id. Raises ValueError."""
    for one in portal.shelves["owner"]:
        if not one["archived"] and who in (one["id"], one["email"]):
            return one
    raise ValueError(f"There is no owner {who!r}.")

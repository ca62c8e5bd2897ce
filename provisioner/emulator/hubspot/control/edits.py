"""What people do by hand in the portal's own pages: definitions, workflows, lists, people, forms, records.

Whoever did it is named where the vendor names people: `updatedUserId` of a property, `updatedById` of a list, the
source of a value in property history. Workflows tell only that their revision moved. [docs] reference/hubspot.md 2.6, 4
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.emulator.hubspot.bodies import only
from provisioner.emulator.hubspot.crm import properties, records
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.lists import lists
from provisioner.emulator.hubspot.standard import TYPES, USER, ObjectType, object_type
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show_full
from provisioner.emulator.hubspot.workflows import flows

SOMEBODY = "99999999"
_HOW = ("changes", "created", "deleted")


def edit(portal: Portal, body: Any) -> Json:
    """`{WHAT: name, HOW, "by": user id}`, HOW one of `changes`, `created` (a whole definition) and `deleted: true`.

    WHAT: `flow` id, `property` and `group` "contacts/name", `record` "contacts/101", `list` id, `owner` email or id
    (changes: archived, teams), `form` id or name (changes: name, archived). Raises ValueError or ApiError.
    """
    facts = only(body, " ".join([*_KINDS, *_HOW, "by"]), "", "An edit")
    what, how = [kind for kind in _KINDS if kind in facts], [one for one in _HOW if one in facts]
    if len(what) != 1 or len(how) != 1:
        raise ValueError(f"An edit names one of {', '.join(_KINDS)} and has one of {', '.join(_HOW)}.")
    allowed, act = _KINDS[what[0]]
    if how[0] not in allowed:
        raise ValueError(f"A {what[0]} is not {how[0]} through this door; there is {', '.join(allowed)}.")
    if how[0] != "deleted" and not isinstance(facts[how[0]], dict):
        raise ValueError(f"{how[0]!r} is an object.")
    made = act(portal, str(facts[what[0]]), how[0], facts[how[0]], str(facts.get("by", SOMEBODY)))
    portal.automation.settle()
    return made


def _split(name: str) -> tuple[ObjectType, str]:
    kind, _, rest = name.partition("/")
    return object_type(kind), rest


def _flow(portal: Portal, name: str, how: str, what: Any, by: str) -> Json:
    if how == "deleted":
        flows.delete(portal, name)
        return {"id": name}
    saved = flows.edited(portal, name, what)
    return {"id": saved["id"], "revisionId": saved["revisionId"]}


def _property(portal: Portal, name: str, how: str, what: Any, by: str) -> Json:
    where, short = _split(name)
    if how == "deleted":
        properties.archive(portal, where, short)
        return {"name": short}
    if how == "created":
        changed = properties.create(portal, where, {"name": short} | what, "v3")
        changed["createdUserId"] = by
    else:
        changed = properties.update(portal, where, short, what, "v3")
    changed["updatedUserId"] = by
    portal.shelves["property"].put(f"{where.id}/{short}", changed)
    return {"name": short}


def _group(portal: Portal, name: str, how: str, what: Any, by: str) -> Json:
    where, short = _split(name)
    if how == "deleted":
        properties.archive_group(portal, where, short)
    elif how == "created":
        properties.create_group(portal, where, {"name": short} | what)
    else:
        properties.update_group(portal, where, short, what)
    return {"name": short}


def _record(portal: Portal, name: str, how: str, what: Any, by: str) -> Json:
    where, record_id = _split(name)
    record = portal.need_record(where.id, record_id)
    if how == "deleted":
        records.archive(portal, where, record)
    else:
        records.change(portal, where, record, what, records.Source("CRM_UI", f"userId:{by}"))
    return {"id": record_id}


def _list(portal: Portal, name: str, how: str, what: Any, by: str) -> Json:
    if how == "created":
        made = lists.create(portal, {"name": name} | what)
        portal.shelves["list"].put(made["listId"], made | {"createdById": by, "updatedById": by})
        return {"id": made["listId"]}
    if how == "deleted":
        lists.delete(portal, name)
        return {"id": name}
    only(what, "name filterBranch", "", "A changed list")
    if "name" in what:
        lists.rename(portal, name, what["name"])
    if "filterBranch" in what:
        lists.change_filters(portal, name, what["filterBranch"])
    portal.shelves["list"].put(name, lists.find(portal, name) | {"updatedById": by})
    return {"id": name}


def _owner(portal: Portal, name: str, how: str, what: Any, by: str) -> Json:
    """Somebody leaves (archived: true), comes back, or changes teams."""
    only(what, "archived teams", "", "A changed owner")
    owner = next((one for one in portal.shelves["owner"] if name in (one["id"], one["email"])), None)
    if owner is None:
        raise ValueError(f"There is no owner {name!r}.")
    if "teams" in what:
        _join_teams(portal, owner, what["teams"])
    if "archived" in what:
        _depart(portal, owner, bool(what["archived"]))
    owner["updatedAt"] = show_full(portal.now_ms)
    portal.shelves["owner"].put(owner["id"], owner)
    return {"id": owner["id"]}


def _depart(portal: Portal, owner: Json, gone: bool) -> None:
    owner["archived"] = gone
    user = portal.shelves["user"].get(str(owner["userId"]))
    if user is not None:
        portal.shelves["user"].put(user["id"], user | {"_gone": gone})
    for record in portal.records(USER):
        if record["values"].get("hs_internal_user_id") == str(owner["userId"]):
            record["archived"] = gone
            record["archived_at"] = portal.now_ms
            portal.records(USER).put(record["id"], record)
    portal.caches.forget(TYPES[USER].id)
    if gone:
        _join_teams(portal, owner, [])


def _join_teams(portal: Portal, owner: Json, names: list[str]) -> None:
    """The first is the primary one. Raises ValueError for a team that is not there."""
    by_name = {one["name"]: one for one in portal.shelves["team"]}
    if absent := [name for name in names if name not in by_name]:
        raise ValueError(f"There is no team {absent[0]!r}.")
    user_id = str(owner["userId"])
    for team in by_name.values():
        for key in ("userIds", "secondaryUserIds"):
            team[key] = [one for one in team[key] if one != user_id]
        if team["name"] in names:
            team["userIds" if team["name"] == names[0] else "secondaryUserIds"].append(user_id)
        portal.shelves["team"].put(team["id"], team)
    joined = [by_name[name] for name in names]
    owner["teams"] = [{"id": one["id"], "name": one["name"], "primary": n == 0} for n, one in enumerate(joined)]


def _form(portal: Portal, name: str, how: str, what: Any, by: str) -> Json:
    only(what, "name archived", "", "A changed form")
    form = next((one for one in portal.shelves["form"] if name in (one["id"], one["name"])), None)
    if form is None:
        raise ValueError(f"There is no form {name!r}.")
    now = show_full(portal.now_ms)
    kept = {key: value for key, value in form.items() if key != "archivedAt"} | what | {"updatedAt": now}
    kept |= {"archivedAt": form.get("archivedAt", now)} if kept["archived"] else {}
    portal.shelves["form"].put(form["id"], kept)
    return {"id": form["id"]}


Edit = Callable[[Portal, str, str, Any, str], Json]
_KINDS: dict[str, tuple[tuple[str, ...], Edit]] = {
    "flow": (("changes", "deleted"), _flow),
    "property": (_HOW, _property),
    "group": (_HOW, _group),
    "record": (("changes", "deleted"), _record),
    "list": (_HOW, _list),
    "owner": (("changes",), _owner),
    "form": (("changes",), _form),
}

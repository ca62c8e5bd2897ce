"""Lists (segments): dynamic ones hold what meets their filters, manual ones what was put in. [docs] 6.5"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.emulator.hubspot.bodies import fit, without_blanks
from provisioner.emulator.hubspot.conditions import Condition
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid, missing, unmodelled
from provisioner.emulator.hubspot.lists import filters, matching
from provisioner.emulator.hubspot.standard import TYPES
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import DAY_MS, show_full

SHAPE = {
    "name!": "string",
    "objectTypeId!": "string",
    "processingType!": ("DYNAMIC", "MANUAL", "SNAPSHOT"),
    "filterBranch": "any",
    "customProperties": {"*": "string"},
    "listFolderId": "integer",
    "listPermissions": "any",
    "membershipSettings": "any",
}


def find(portal: Portal, list_id: str, deleted: bool = False) -> Json:
    found = portal.shelves["list"].get(list_id)
    if found is None or ("deletedAt" in found) != deleted:
        raise missing(f"List {list_id} does not exist.")
    return found


def named(portal: Portal, type_id: str, name: str) -> Json | None:
    """Names are unique per object; case does not matter."""
    for one in portal.shelves["list"]:
        if "deletedAt" not in one and one["objectTypeId"] == type_id and one["name"].lower() == name.lower():
            return one
    return None


def create(portal: Portal, body: Any) -> Json:
    fit(body, SHAPE, portal.settings.strict_bodies)
    wanted = without_blanks(body)
    for key in ("listFolderId", "listPermissions", "membershipSettings", "customProperties"):
        if wanted.get(key):
            raise unmodelled(f"{key} of lists")
    type_id, kind = wanted["objectTypeId"], wanted["processingType"]
    if type_id not in TYPES:
        raise invalid(f"Object type {type_id} does not exist.")
    _free(portal, type_id, wanted["name"])
    if kind == "DYNAMIC" and "filterBranch" not in wanted:
        raise invalid("A DYNAMIC list needs a filterBranch.")
    if kind == "MANUAL" and "filterBranch" in wanted:
        raise invalid("A MANUAL list has no filterBranch.")
    if "filterBranch" in wanted:
        filters.check_root(portal, type_id, wanted["filterBranch"])
    now, user = show_full(portal.now_ms), portal.settings.api_user_id
    made: Json = {
        "listId": str(portal.number("list", 1842)),
        "listVersion": 1,
        "name": wanted["name"],
        "objectTypeId": type_id,
        "processingType": kind,
        "processingStatus": "COMPLETE" if kind == "MANUAL" else "PROCESSING",
        "createdAt": now,
        "updatedAt": now,
        "createdById": user,
        "updatedById": user,
    }
    if "filterBranch" in wanted:
        made |= {"filterBranch": wanted["filterBranch"], "filtersUpdatedAt": now}
    portal.shelves["list"].put(made["listId"], made)
    if kind == "SNAPSHOT":
        for record in portal.records(type_id):
            if (
                "filterBranch" in made
                and not record["archived"]
                and matching.meets(portal, type_id, record, made["filterBranch"])
            ):
                _join(portal, made["listId"], record["id"])
    return made


def _free(portal: Portal, type_id: str, name: str) -> None:
    if named(portal, type_id, name) is not None:
        raise ApiError(
            400, "VALIDATION_ERROR", f"List with name {name} already exists.", sub="ILS.DUPLICATE_LIST_NAMES"
        )


def shown(portal: Portal, one: Json, with_filters: bool) -> Json:
    """As read: processed, with its size; filters only on request."""
    body = {key: value for key, value in one.items() if key != "filterBranch" or with_filters}
    return body | {"processingStatus": "COMPLETE", "size": size(portal, one)}


def change_filters(portal: Portal, list_id: str, branch: Any) -> Json:
    one = find(portal, list_id)
    if one["processingType"] != "DYNAMIC":
        raise invalid(f"List {list_id} is not DYNAMIC; its filters cannot be changed.")
    filters.check_root(portal, one["objectTypeId"], branch)
    now = show_full(portal.now_ms)
    return _changed(portal, one | {"filterBranch": branch, "filtersUpdatedAt": now, "processingStatus": "PROCESSING"})


def rename(portal: Portal, list_id: str, name: str) -> Json:
    one = find(portal, list_id)
    if not name:
        raise invalid("listName is needed.")
    if one["name"].lower() != name.lower():
        _free(portal, one["objectTypeId"], name)
    return _changed(portal, one | {"name": name})


def _changed(portal: Portal, one: Json) -> Json:
    user = portal.settings.api_user_id
    one |= {"listVersion": one["listVersion"] + 1, "updatedAt": show_full(portal.now_ms), "updatedById": user}
    portal.automation.lists_changed()
    return portal.shelves["list"].put(one["listId"], one)


def delete(portal: Portal, list_id: str) -> None:
    one = find(portal, list_id)
    gone = {"deletedAt": show_full(portal.now_ms), "_deleted": portal.now_ms}
    portal.shelves["list"].put(list_id, one | gone)


def restore(portal: Portal, list_id: str) -> None:
    """Within 90 days, and while its name is free."""
    one = find(portal, list_id, deleted=True)
    if portal.now_ms - one["_deleted"] > 90 * DAY_MS:
        raise missing(f"List {list_id} does not exist.")
    _free(portal, one["objectTypeId"], one["name"])
    kept = {key: value for key, value in one.items() if key not in ("deletedAt", "_deleted")}
    portal.shelves["list"].put(list_id, kept)


# -- members ----------------------------------------------------------------------------------------------------------


def members(portal: Portal, one: Json) -> list[Json]:
    """`{recordId, membershipTimestamp}` by record id. A dynamic list notices joiners when it is read; who is one of a
    crowd joined it just now."""
    population = portal.records(one["objectTypeId"])
    found = [record["id"] for record in population.own() if _holds(portal, one, record)]
    known = [_join(portal, one["listId"], record_id) for record_id in found]
    now = show_full(portal.now_ms)
    crowded = _crowded(portal, one)
    known += [
        {"recordId": str(record_id), "membershipTimestamp": now}
        for crowd in population.crowds
        for record_id in (crowd.ids(crowded) if crowded is not None else ())
    ]
    return sorted(known, key=lambda member: int(member["recordId"]))


def _holds(portal: Portal, one: Json, record: Json) -> bool:
    return matching.holds(portal, one["listId"], one["objectTypeId"], record)


def _crowded(portal: Portal, one: Json) -> Condition | None:
    """What records of a crowd must meet; None: who was put into a list left the crowd."""
    dynamic = one["processingType"] == "DYNAMIC" and "deletedAt" not in one
    return matching.condition(portal, one["objectTypeId"], one["filterBranch"]) if dynamic else None


def size(portal: Portal, one: Json) -> int:
    """How many are in a list, without looking at every record of a crowd."""
    population, crowded = portal.records(one["objectTypeId"]), _crowded(portal, one)
    mine = sum(1 for record in population.own() if _holds(portal, one, record))
    return mine + (sum(crowd.count(crowded) for crowd in population.crowds) if crowded is not None else 0)


def _join(portal: Portal, list_id: str, record_id: str) -> Json:
    key = f"{list_id}/{record_id}"
    known = portal.shelves["member"].get(key)
    if known is None and find(portal, list_id)["processingType"] != "DYNAMIC":
        portal.records(find(portal, list_id)["objectTypeId"]).hold(record_id)
    fresh = {"recordId": record_id, "membershipTimestamp": show_full(portal.now_ms)}
    return known or portal.shelves["member"].put(key, fresh)


def put_in(portal: Portal, list_id: str, record_ids: Iterable[str]) -> tuple[list[str], list[str]]:
    """(added, missing); records that are in already are neither. Only manual and snapshot lists."""
    one = _by_hand(portal, list_id)
    added, absent = [], []
    for record_id in record_ids:
        if portal.record(one["objectTypeId"], record_id) is None:
            absent.append(record_id)
        elif f"{list_id}/{record_id}" not in portal.shelves["member"]:
            _join(portal, list_id, record_id)
            added.append(record_id)
    portal.automation.membership_changed(one["objectTypeId"], added)
    return added, absent


def take_out(portal: Portal, list_id: str, record_ids: Iterable[str]) -> list[str]:
    """Those that were in."""
    one = _by_hand(portal, list_id)
    removed = []
    for record_id in record_ids:
        if f"{list_id}/{record_id}" in portal.shelves["member"]:
            portal.shelves["member"].remove(f"{list_id}/{record_id}")
            removed.append(record_id)
    portal.automation.membership_changed(one["objectTypeId"], removed)
    return removed


def _by_hand(portal: Portal, list_id: str) -> Json:
    one = find(portal, list_id)
    if one["processingType"] == "DYNAMIC":
        raise invalid(f"List {list_id} is DYNAMIC; its members follow from its filters.")
    return one

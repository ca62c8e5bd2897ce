"""Records: written values, their history, what the portal keeps up itself, calculated properties, associations.

A record: `id`, `values` (name → text), `history` (name → [[ms, value, source type, source id, label]], oldest first),
`created`, `updated` (ms UTC), `archived`, `links` (object id → record id → association type ids).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.emulator.hubspot import formula
from provisioner.emulator.hubspot.crm import pipelines
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid
from provisioner.emulator.hubspot.standard import (
    CONTACT,
    DEFAULT_LINKS,
    LEAD,
    LIFECYCLE,
    TYPES,
    ObjectType,
)
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show
from provisioner.emulator.hubspot.values import BadValue, milliseconds, normal, term

STAGES = {name for name, _ in LIFECYCLE}
_ENTERED = (("lifecyclestage", "_date"), ("v2_date_entered", ""))
_ENGAGED = (
    "hs_sa_first_engagement_date",
    "hs_sa_first_engagement_object_type",
    "hs_sa_first_engagement_descr",
    "hs_first_engagement_object_id",
    "hs_time_to_first_engagement",
)


@dataclass(frozen=True)
class Source:
    """Who wrote a value, as property history tells it. [spec] 6.4"""

    kind: str
    id: str = ""
    label: str = ""


API = Source("INTEGRATION", "1", "provisioned app")
SYSTEM = Source("CALCULATED")
Link = tuple[str, str, int]  # to object id, record id, association type id


def checked(
    portal: Portal, where: ObjectType, raw: Mapping[str, Any], current: Mapping[str, str]
) -> dict[str, str | None]:
    """Raw values → what to keep. Raises ApiError 400 that lists every value refused. [community]"""
    wanted: dict[str, str | None] = {}
    problems: list[Json] = []
    for name, value in raw.items():
        definition = portal.definition(where.id, name)
        if definition is None:
            problems.append(_problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
        elif definition["modificationMetadata"]["readOnlyValue"]:
            text = f'"{name}" is a read only property; its value cannot be set.'
            problems.append(_problem(name, "READ_ONLY_VALUE", text))
        else:
            try:
                wanted[name] = normal(definition, value, current.get(name), lambda one: portal.owner(one) is not None)
            except BadValue as error:
                problems.append(_problem(name, error.code, str(error)))
    if problems:
        details = [
            {"message": one["message"], "code": one["error"], "context": {"propertyName": [one["name"]]}}
            for one in problems
        ]
        raise invalid(f"Property values were not valid: {json.dumps(problems)}", errors=details)
    return wanted


def _problem(name: str, code: str, text: str) -> Json:
    return {"isValid": False, "message": text, "error": code, "name": name, "localizedErrorMessage": text}


def unique(portal: Portal, where: ObjectType, values: Mapping[str, str | None], own: str | None) -> None:
    """Raises ApiError 409 when another record holds a value that must be unique."""
    for name, value in values.items():
        definition = portal.definition(where.id, name)
        if value is None or definition is None or not definition["hasUniqueValue"]:
            continue
        other = by_value(portal, where, name, value)
        if other is not None and other["id"] != own:
            text = f"{where.label} already exists. Existing ID: {other['id']}"
            raise ApiError(409, "CONFLICT", text)


def by_value(portal: Portal, where: ObjectType, name: str, value: str) -> Json | None:
    """The record that is not archived and holds this value; case does not matter."""
    index = portal.caches.index(where.id, name)
    found = index.get(value.lower())
    if found is None:
        among = (crowd.find(name, value) for crowd in portal.records(where.id).crowds)
        found = next((one for one in among if one is not None), None)
    return portal.record(where.id, found) if found else None


def create(portal: Portal, where: ObjectType, raw: Mapping[str, Any], links: list[Link], source: Source) -> Json:
    """As the API does it: everything is checked, then automation notices."""
    wanted = checked(portal, where, raw, {})
    if where.id == LEAD:
        _check_lead(wanted, links)
        wanted |= pipelines.placed(portal, where.id, wanted, {})
    unique(portal, where, wanted, None)
    return plant(portal, where, wanted, links, source)


def _check_lead(wanted: Mapping[str, str | None], links: list[Link]) -> None:
    """[docs] 3.2"""
    if not wanted.get("hs_lead_name"):
        raise invalid("Some required properties were not set: [hs_lead_name]")
    if not any(kind == 578 for _, _, kind in links):
        raise invalid("A lead needs an association of type 578 to its primary contact.")


def plant(
    portal: Portal,
    where: ObjectType,
    wanted: Mapping[str, str | None],
    links: list[Link],
    source: Source,
    created: int | None = None,
    noticed: bool = True,
) -> Json:
    """A record with values that were checked. `noticed`: automation hears of it."""
    now = portal.now_ms
    born = now if created is None else created
    record: Json = {
        "id": str(portal.number("record", 101)),
        "values": {},
        "history": {},
        "created": born,
        "updated": born,
        "archived": False,
        "links": {},
    }
    portal.records(where.id).put(record["id"], record)
    for to_type, to_id, kind in links:
        link(portal, where.id, record["id"], to_type, to_id, kind)
    first = _first(where, record, source)
    primary = [to_id for to_type, to_id, kind in links if kind == 578 and to_type == CONTACT]
    if where.id == LEAD and primary:
        first["hs_primary_contact_id"] = primary[0]
    changes = _put(portal, where, record, first | dict(wanted), source, born)
    if noticed:
        portal.automation.noticed(where.id, record["id"], changes, created=True)
    _tell_contacts(portal, where, record, changes, born, noticed)
    return record


def _first(where: ObjectType, record: Json, source: Source) -> dict[str, str | None]:
    """What every record has from the beginning."""
    first: dict[str, str | None] = {where.created: show(record["created"]), "hs_object_id": record["id"]}
    if where.id == CONTACT:
        first |= {"hs_object_source": source.kind, "hs_object_source_label": source.kind}
    return first


def fill(portal: Portal, where: ObjectType, record: Json, given: Mapping[str, str], source: Source, at: int) -> None:
    """Give a record that is nowhere yet its values and what follows from them; nobody hears of it.

    Values that the portal keeps up are followed only where they are not given.
    """
    changes = _keep(portal, where, record, _first(where, record, source) | dict(given), source, at)
    followed = _follow(portal, where, record, changes, at)
    changes |= _keep(portal, where, record, {k: v for k, v in followed.items() if k not in given}, SYSTEM, at)
    _calculate(portal, where, record, set(changes), at)
    _keep(portal, where, record, {where.modified: show(at)}, SYSTEM, at)


def followers(names: Collection[str]) -> set[str]:
    """What the portal keeps up that differs from record to record when these properties do."""
    found: set[str] = set()
    if "hubspot_owner_id" in names:
        found |= {"hubspot_owner_assigneddate", "hubspot_team_id"}
    if "lifecyclestage" in names:
        found |= {f"hs_{kind}_{stage}{end}" for stage in STAGES for kind, end in _ENTERED}
    if {"hubspot_owner_id", "hubspot_owner_assigneddate", "notes_last_updated"} & set(names):
        found |= {"hs_is_unworked", "hs_count_is_unworked", "hs_count_is_worked"}
    return found


def change(portal: Portal, where: ObjectType, record: Json, raw: Mapping[str, Any], source: Source) -> None:
    """A write through the API: checked, then put."""
    wanted = checked(portal, where, raw, record["values"])
    wanted |= pipelines.placed(portal, where.id, wanted, record["values"])
    unique(portal, where, wanted, record["id"])
    put(portal, where, record, wanted, source)


def put(portal: Portal, where: ObjectType, record: Json, values: Mapping[str, str | None], source: Source) -> None:
    """Keep values that were checked, what follows from them, and tell automation. A same value is no change."""
    changes = _put(portal, where, record, values, source, portal.now_ms)
    if changes:
        portal.automation.noticed(where.id, record["id"], changes, created=False)
        _tell_contacts(portal, where, record, changes, portal.now_ms, noticed=True)


def _tell_contacts(
    portal: Portal, where: ObjectType, record: Json, changes: Mapping[str, str | None], at: int, noticed: bool
) -> None:
    """A lead that came into an open stage: its contacts know when the latest one did. [docs] 3.1"""
    stage = changes.get(pipelines.STAGE)
    if where.id != LEAD or stage is None or not pipelines.is_open(portal, where.id, stage):
        return
    for contact_id in linked(portal, record, CONTACT):
        contact = portal.record(CONTACT, contact_id)
        if contact is not None:
            moved = _put(portal, TYPES[CONTACT], contact, {"hs_latest_open_lead_date": show(at)}, SYSTEM, at)
            if moved and noticed:
                portal.automation.noticed(CONTACT, contact_id, moved, created=False)


def _put(
    portal: Portal, where: ObjectType, record: Json, values: Mapping[str, str | None], source: Source, at: int
) -> dict[str, str | None]:
    """Returns what changed, without the modification date."""
    stale = dict(record["values"])
    changes = _keep(portal, where, record, values, source, at)
    if not changes:
        return changes
    changes |= _keep(portal, where, record, _follow(portal, where, record, changes, at), SYSTEM, at)
    changes |= _calculate(portal, where, record, set(changes), at)
    record["updated"] = at
    _keep(portal, where, record, {where.modified: show(at)}, SYSTEM, at)
    portal.caches.reindex(where.id, record, changes)
    portal.caches.lagging(where.id, record["id"], stale or None)
    portal.records(where.id).put(record["id"], record)
    return changes


def _keep(
    portal: Portal, where: ObjectType, record: Json, values: Mapping[str, str | None], source: Source, at: int
) -> dict[str, str | None]:
    changes: dict[str, str | None] = {}
    for name, value in values.items():
        if record["values"].get(name) == value:
            continue
        changes[name] = value
        if value is None:
            record["values"].pop(name)
        else:
            record["values"][name] = value
        told = record["history"].setdefault(name, [])
        told.append([at, value or "", source.kind, source.id, source.label])
        del told[: -portal.settings.history_limit]
    return changes


def _follow(
    portal: Portal, where: ObjectType, record: Json, changes: Mapping[str, str | None], at: int
) -> dict[str, str | None]:
    """What the portal itself writes because of other changes. [docs] 3.1"""
    found: dict[str, str | None] = {}
    if "hubspot_owner_id" in changes and portal.definition(where.id, "hubspot_owner_assigneddate"):
        owner = portal.owner(changes["hubspot_owner_id"] or "")
        teams = [team for team in owner["teams"] if team["primary"]] if owner else []
        found["hubspot_owner_assigneddate"] = show(at) if changes["hubspot_owner_id"] else None
        found["hubspot_team_id"] = teams[0]["id"] if teams else None
        if where.id == CONTACT:
            found |= dict.fromkeys(_ENGAGED)
    stage = changes.get("lifecyclestage")
    if where.id == CONTACT and stage in STAGES:
        found[f"hs_lifecyclestage_{stage}_date"] = show(at)
        found[f"hs_v2_date_entered_{stage}"] = show(at)
    if where.id == CONTACT:
        found |= _worked(record["values"] | {name: value for name, value in found.items() if value})
    return found


def _worked(values: Mapping[str, str]) -> dict[str, str | None]:
    """Not assigned, or no activity, or none since the assignment: unworked. [docs] 3.1"""
    active = milliseconds(values.get("notes_last_updated"))
    assigned = milliseconds(values.get("hubspot_owner_assigneddate"))
    owned = "hubspot_owner_id" in values
    unworked = not owned or active is None or (assigned is not None and active < assigned)
    return {
        "hs_is_unworked": "true" if unworked else "false",
        "hs_count_is_unworked": "1" if unworked else "0",
        "hs_count_is_worked": "0" if unworked else "1",
    }


def _calculate(portal: Portal, where: ObjectType, record: Json, moved: set[str], at: int) -> dict[str, str | None]:
    """Formulas over what moved, and formulas over those, until nothing moves. Formulas cannot name themselves."""
    changes: dict[str, str | None] = {}
    formulas = portal.caches.formulas(where.id)
    for _ in range(len(formulas) + 1):
        results = {
            name: _result(portal, where, record, node)
            for name, (node, used) in formulas.items()
            if used & moved or (not used and name not in record["values"])
        }
        fresh = _keep(portal, where, record, results, SYSTEM, at)
        if not fresh:
            break
        changes |= fresh
        moved = set(fresh)
    return changes


def _result(portal: Portal, where: ObjectType, record: Json, node: formula.Node) -> str | None:
    terms: dict[str, formula.Value] = {}
    for name in formula.references(node):
        definition, text = portal.definition(where.id, name), record["values"].get(name)
        if definition is not None and text is not None:
            terms[name] = term(definition, text)
    value = formula.evaluate(node, terms, portal.settings.untaken_branch_blanks)
    return None if value is None else formula.written(value)


def recalculate(portal: Portal, where: ObjectType, name: str) -> None:
    """After a formula was made or changed: all records have its value, and no workflow hears of it."""
    node, _ = portal.caches.formulas(where.id)[name]
    for record in portal.records(where.id).own():
        value = _result(portal, where, record, node)
        if _keep(portal, where, record, {name: value}, SYSTEM, portal.now_ms):
            _calculate(portal, where, record, {name}, portal.now_ms)
            portal.records(where.id).put(record["id"], record)


def archive(portal: Portal, where: ObjectType, record: Json) -> None:
    record |= {"archived": True, "archived_at": portal.now_ms}
    portal.records(where.id).put(record["id"], record)
    portal.caches.forget(where.id)
    portal.automation.gone(record["id"])


# -- associations -----------------------------------------------------------------------------------------------------


def link(portal: Portal, from_type: str, from_id: str, to_type: str, to_id: str, kind: int) -> None:
    """Both ways, as the vendor keeps them. Raises ApiError 400 when the other record is not there."""
    if portal.record(to_type, to_id) is None:
        raise invalid(f"{TYPES[to_type].label} {to_id} does not exist.")
    for a, b, c, d, number in (
        (from_type, from_id, to_type, to_id, kind),
        (to_type, to_id, from_type, from_id, DEFAULT_LINKS.get((to_type, from_type), kind + 1)),
    ):
        record = portal.records(a).get(b)
        if record is not None:
            kinds = record["links"].setdefault(c, {}).setdefault(d, [])
            if number not in kinds:
                kinds.append(number)
            portal.records(a).put(b, record)


def linked(portal: Portal, record: Json, to_type: str) -> list[str]:
    """Ids of the records of a type that a record is associated with, without archived ones."""
    return [one for one in record["links"].get(to_type, {}) if portal.record(to_type, one) is not None]

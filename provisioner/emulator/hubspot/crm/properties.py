"""Definitions of properties and groups: what may be created, changed, archived. [docs] reference/hubspot.md 2"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from provisioner.emulator.hubspot import formula
from provisioner.emulator.hubspot.bodies import fit, without_blanks
from provisioner.emulator.hubspot.crm.records import recalculate
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid, missing, unmodelled
from provisioner.emulator.hubspot.standard import ObjectType
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show_full

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
TYPES = ("bool", "date", "datetime", "enumeration", "number", "phone_number", "string")
FIELDS = (
    "booleancheckbox",
    "calculation_equation",
    "checkbox",
    "date",
    "file",
    "html",
    "number",
    "phonenumber",
    "radio",
    "select",
    "text",
    "textarea",
)
MATRIX = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "string": {"text", "textarea", "html", "file", "phonenumber", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "phone_number": {"phonenumber"},  # [spec] only; the pairing is not documented
}
SENSITIVITY = ("highly_sensitive", "non_sensitive", "sensitive")
NUMBER_HINTS = ("currency", "duration", "formatted", "percentage", "probability", "unformatted")
TEXT_HINTS = (
    "domain_name",
    "email",
    "ip_address",
    "multi_line",
    "phone_number",
    "physical_address",
    "postal_code",
    "unformatted_single_line",
)
HINTS: Json = {
    "numberDisplayHint": NUMBER_HINTS,
    "textDisplayHint": TEXT_HINTS,
    "currencyPropertyName": "string",
    "showCurrencySymbol": "boolean",
}
OPTION = {
    "label!": "string",
    "value!": "string",
    "hidden!": "boolean",
    "displayOrder": "integer",
    "description": "string",
}
SHAPE: Json = {
    "label": "string",
    "groupName": "string",
    "type": TYPES,
    "fieldType": FIELDS,
    "description": "string",
    "displayOrder": "integer",
    "hidden": "boolean",
    "formField": "boolean",
    "calculationFormula": "string",
    "options": [OPTION],
}
FIXED: Json = {
    "hasUniqueValue": "boolean",
    "dataSensitivity": SENSITIVITY,
    "externalOptions": "boolean",
    "referencedObjectType": "string",
}
RESULTS = {"number": "number", "bool": "boolean", "string": "text", "enumeration": "text"}


def shape(creating: bool, family: str) -> Json:
    """The body of a create or an update. The dated family knows no display hints and wants every displayOrder."""
    keys = SHAPE | (HINTS if family == "v3" else {})
    if family != "v3":
        keys |= {"options": [{key if key != "displayOrder" else "displayOrder!": kind for key, kind in OPTION.items()}]}
    if not creating:
        return keys
    required = ("label", "groupName", "type", "fieldType")
    return {"name!": "string"} | FIXED | {f"{key}!" if key in required else key: kind for key, kind in keys.items()}


def find(portal: Portal, where: ObjectType, name: str, archived: bool = False) -> Json:
    """Raises ApiError 404, also for a short while after it was created. [community, live]"""
    shelf = portal.shelves["archived property" if archived else "property"]
    found = shelf.get(f"{where.id}/{name}")
    if found is None or not seen(portal, found):
        raise missing(f"Property {name} does not exist for object type {where.id}")
    return found


def seen(portal: Portal, definition: Json) -> bool:
    born = definition.get("_born")
    return born is None or (time.monotonic() - born) * 1000 >= portal.settings.visibility_delay_ms


def listed(portal: Portal, where: ObjectType, archived: bool) -> Iterator[Json]:
    shelf = portal.shelves["archived property" if archived else "property"]
    for name in shelf.names():
        if name.startswith(f"{where.id}/") and (found := shelf.get(name)) and seen(portal, found):
            yield found


def create(portal: Portal, where: ObjectType, body: Any, family: str) -> Json:
    fit(body, shape(True, family), portal.settings.strict_bodies)
    wanted = without_blanks(body)
    name = wanted["name"]
    if not NAME.fullmatch(name):
        raise invalid(f"Property name {name!r} is not valid: lower-case letters, digits and _, starting with a letter.")
    key = f"{where.id}/{name}"
    if key in portal.shelves["property"]:
        text = f"A property named '{name}' already exists."
        raise ApiError(409, "OBJECT_ALREADY_EXISTS", text, sub="Properties.PROPERTY_WITH_NAME_EXISTS")
    if wanted.get("dataSensitivity", "non_sensitive") != "non_sensitive":
        raise unmodelled("sensitive properties")
    made = _blank(portal) | {key: value for key, value in wanted.items() if key in _kept(family)}
    made["calculated"] = made["fieldType"] == "calculation_equation"
    _check(portal, where, made)
    _room(portal, where, made)
    if made["displayOrder"] == -1 and portal.settings.assign_display_order:
        made["displayOrder"] = portal.number("display order")
    old = portal.shelves["archived property"].get(key)
    if old is not None and portal.settings.archived_name == "restore":
        made["createdAt"] = old["createdAt"]
        portal.shelves["archived property"].remove(key)
    elif old is not None:
        _forget(portal, where, name)
    if portal.settings.visibility_delay_ms:
        made["_born"] = time.monotonic()
    portal.shelves["property"].put(key, made)
    portal.caches.definitions_changed()
    if made["calculated"]:
        recalculate(portal, where, name)
    return made


def _kept(family: str) -> set[str]:
    return {key.removesuffix("!") for key in shape(True, family)}


def _blank(portal: Portal) -> Json:
    """Everything the server adds. [docs] 2.6"""
    now, user = show_full(portal.now_ms), portal.settings.api_user_id
    return {
        "description": "",
        "options": [],
        "displayOrder": -1,
        "hidden": False,
        "formField": False,
        "hasUniqueValue": False,
        "externalOptions": False,
        "dataSensitivity": "non_sensitive",
        "createdAt": now,
        "updatedAt": now,
        "createdUserId": user,
        "updatedUserId": user,
        "archived": False,
        "calculated": False,
        "hubspotDefined": False,
        "showCurrencySymbol": False,
        "modificationMetadata": {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False},
    }


def update(portal: Portal, where: ObjectType, name: str, body: Any, family: str) -> Json:
    """A partial change; options are replaced as a whole. [community, live]"""
    old = find(portal, where, name)
    if isinstance(body, dict) and (fixed := sorted(body.keys() & (FIXED.keys() | {"name"}))):
        raise invalid(f"Property {fixed[0]} cannot be changed after creation.")
    fit(body, shape(False, family), portal.settings.strict_bodies)
    changes = {key: value for key, value in without_blanks(body).items() if key in _kept(family)}
    metadata = old["modificationMetadata"]
    closed = changes.keys() - (set() if metadata.get("readOnlyOptions", True) else {"options"})
    if metadata["readOnlyDefinition"] and closed:
        raise invalid(f"Property {name} is defined by HubSpot and cannot be edited.")
    if old["calculated"] != (changes.get("fieldType", old["fieldType"]) == "calculation_equation") and closed:
        raise unmodelled("turning a calculated property into another, or back")
    if changes.get("type", old["type"]) != old["type"]:
        raise unmodelled(f"changing a property's type from {old['type']} to {changes['type']}")
    new = old | changes
    if not old["hubspotDefined"]:
        _check(portal, where, new)
    new |= {"updatedAt": show_full(portal.now_ms), "updatedUserId": portal.settings.api_user_id}
    portal.shelves["property"].put(f"{where.id}/{name}", new)
    portal.caches.definitions_changed()
    if "calculationFormula" in changes:
        recalculate(portal, where, name)
    return new


def archive(portal: Portal, where: ObjectType, name: str) -> None:
    found = portal.shelves["property"].get(f"{where.id}/{name}")
    if found is None:
        raise missing(f"Property {name} does not exist for object type {where.id}")
    if found["hubspotDefined"]:
        raise invalid(f"Property {name} is defined by HubSpot and cannot be deleted.")
    users = list(_users(portal, where, name))
    if users:
        text = f"Property {name} is currently used in {len(users)} places and cannot be deleted"
        detail = [{"message": f"Used by {user}"} for user in users]
        raise invalid(text, sub="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE", errors=detail)
    portal.shelves["property"].remove(f"{where.id}/{name}")
    gone = found | {"archived": True, "archivedAt": show_full(portal.now_ms)}
    portal.shelves["archived property"].put(f"{where.id}/{name}", gone)
    portal.caches.definitions_changed()


def _users(portal: Portal, where: ObjectType, name: str) -> Iterator[str]:
    """Formulas and workflows, disabled ones too, that name the property. [community, live]"""
    for other in listed(portal, where, archived=False):
        if "calculationFormula" in other and name in formula.references(_parsed(portal, where, other)):
            yield f"property {other['name']}"
    for flow in portal.shelves["flow"]:
        if flow["objectTypeId"] == where.id and name in portal.automation.properties_of(flow):
            yield f"workflow {flow['id']}"


def _check(portal: Portal, where: ObjectType, made: Json) -> None:
    kind, field = made["type"], made["fieldType"]
    if f"{where.id}/{made['groupName']}" not in portal.shelves["group"]:
        raise invalid(f"Property group {made['groupName']} does not exist.")
    if field not in MATRIX[kind]:
        raise invalid(f"Field type {field} is not valid for type {kind}; use one of {', '.join(sorted(MATRIX[kind]))}.")
    if kind == "bool" and not made["options"]:
        labels = (("Yes", "true"), ("No", "false"))
        made["options"] = [
            {"label": a, "value": b, "displayOrder": n, "hidden": False} for n, (a, b) in enumerate(labels)
        ]
    _check_options(made)
    calculated = field == "calculation_equation"
    if calculated != ("calculationFormula" in made):
        raise invalid("A calculation_equation property needs a calculationFormula, and no other has one.")
    if calculated:
        result = _parsed(portal, where, made).kind
        if result != RESULTS[kind]:
            raise invalid(f"The formula of {made['name']} yields a {result}, which is no {kind}.")
        made["calculationFormula"] = formula.canonical(made["calculationFormula"])
        made["modificationMetadata"] = made["modificationMetadata"] | {"readOnlyValue": True}
    if made["externalOptions"] and made.get("referencedObjectType") != "OWNER":
        raise unmodelled("external options of anything but owners")


def _check_options(made: Json) -> None:
    options = made["options"]
    if made["type"] == "bool" and {one["value"] for one in options} != {"true", "false"}:
        raise invalid(f"Property {made['name']} is a bool: its options are true and false.")
    if made["type"] not in ("enumeration", "bool") and options:
        raise invalid(f"Property {made['name']} of type {made['type']} cannot have options.")
    if made["type"] == "enumeration" and not options and not made["externalOptions"] and not made["calculated"]:
        raise invalid(f"Property {made['name']} is an enumeration and needs options.")
    for key in ("value", "label"):
        listed = [one[key] for one in options]
        if len(set(listed)) < len(listed):
            twice = next(one for one in listed if listed.count(one) > 1)
            raise invalid(f"Property {made['name']} has the option {key} {twice!r} twice.")
    for one in options:
        if one["value"] == "":
            raise invalid(f"Property {made['name']} has an option without a value.")
        one.setdefault("description", "")
        one.setdefault("displayOrder", options.index(one))


def _parsed(portal: Portal, where: ObjectType, made: Json) -> formula.Node:
    def kinds(name: str) -> str | None:
        if name == made["name"]:
            raise invalid(f"The formula of {name} names {name} itself.")
        found = portal.definition(where.id, name)
        return found["type"] if found else None

    return formula.parse(made["calculationFormula"], kinds)


def _room(portal: Portal, where: ObjectType, made: Json) -> None:
    own = [one for one in listed(portal, where, archived=False) if not one["hubspotDefined"]]
    if len(own) >= portal.settings.custom_property_limit:
        raise invalid(f"The limit of {portal.settings.custom_property_limit} properties for {where.plural} is reached.")
    if made["calculated"] and calculated(portal) >= portal.settings.calculated_property_limit:
        raise invalid(f"The limit of {portal.settings.calculated_property_limit} calculated properties is reached.")
    if made["hasUniqueValue"] and sum(one["hasUniqueValue"] for one in own) >= 10:
        raise invalid("An object can have at most 10 properties with unique values.")


def calculated(portal: Portal) -> int:
    """How many calculated properties of ours there are on all objects."""
    return sum(1 for one in portal.shelves["property"] if one["calculated"] and not one["hubspotDefined"])


def _forget(portal: Portal, where: ObjectType, name: str) -> None:
    """A new property of an old name begins without values."""
    for crowd in portal.records(where.id).crowds:
        crowd.forget(name)
    for record in portal.records(where.id).own():
        if name in record["values"] or name in record["history"]:
            record["values"].pop(name, None)
            record["history"].pop(name, None)
            portal.records(where.id).put(record["id"], record)


# -- groups -----------------------------------------------------------------------------------------------------------


def create_group(portal: Portal, where: ObjectType, body: Any) -> Json:
    shape = {"name!": "string", "label!": "string", "displayOrder": "integer"}
    fit(body, shape, portal.settings.strict_bodies)
    name = body["name"]
    if not NAME.fullmatch(name):
        raise invalid(f"Group name {name!r} is not valid: lower-case letters, digits and _, starting with a letter.")
    if f"{where.id}/{name}" in portal.shelves["group"]:
        text = f"A property group named '{name}' already exists."
        raise ApiError(409, "OBJECT_ALREADY_EXISTS", text, sub="PropertyGroupError.GROUP_ALREADY_EXISTS")
    made = {"name": name, "label": body["label"], "displayOrder": body.get("displayOrder", -1), "archived": False}
    return portal.shelves["group"].put(f"{where.id}/{name}", made)


def find_group(portal: Portal, where: ObjectType, name: str) -> Json:
    found = portal.shelves["group"].get(f"{where.id}/{name}")
    if found is None:
        raise missing(f"Property group {name} does not exist for object type {where.id}")
    return found


def update_group(portal: Portal, where: ObjectType, name: str, body: Any) -> Json:
    fit(body, {"label": "string", "displayOrder": "integer"}, portal.settings.strict_bodies)
    new = find_group(portal, where, name) | without_blanks(body)
    return portal.shelves["group"].put(f"{where.id}/{name}", new)


def archive_group(portal: Portal, where: ObjectType, name: str) -> None:
    """Refused while a property is in it; there is no archived view, the name is free again. [community, live]"""
    find_group(portal, where, name)
    inside = [one["name"] for one in listed(portal, where, archived=False) if one["groupName"] == name]
    if inside:
        text = f'{{"message":"Group {name} has active properties","properties":["{inside[0]}"]}}'
        raise invalid(text, sub="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES")
    portal.shelves["group"].remove(f"{where.id}/{name}")


def groups(portal: Portal, where: ObjectType) -> Iterator[Json]:
    for name in portal.shelves["group"].names():
        if name.startswith(f"{where.id}/"):
            yield find_group(portal, where, name.partition("/")[2])

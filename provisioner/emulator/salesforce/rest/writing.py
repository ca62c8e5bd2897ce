"""DML from outside: what a user may write, checked before the save order begins. [docs] 2.5, 8.3"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from provisioner.emulator.salesforce.audit_trail import row_trail
from provisioner.emulator.salesforce.errors import ApiError, SaveResult, not_modelled
from provisioner.emulator.salesforce.ids import normal_id
from provisioner.emulator.salesforce.rest.common import Refused
from provisioner.emulator.salesforce.state.engines import Operation
from provisioner.emulator.salesforce.state.rows import And, Compare, Row
from provisioner.emulator.salesforce.state.schema import SObjectDef
from provisioner.emulator.salesforce.state.values import coerce

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_SECURITY = (
    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is "
    "read/write for your profile or permission set."
)


def auto_assign(request: Request) -> bool:
    """The header Sforce-Auto-Assign: TRUE (also when absent) or FALSE. [docs] 3.5"""
    value = request.headers.get("sforce-auto-assign", "TRUE").upper()
    if value not in ("TRUE", "FALSE"):
        raise not_modelled("an assignment rule chosen by id in Sforce-Auto-Assign")
    return value == "TRUE"


def prepare(org: Org, user_id: str, definition: SObjectDef, body: Mapping[str, Any], op: Operation) -> Row:
    """The JSON fields of a body as typed values. Raises ApiError: INVALID_FIELD, INVALID_FIELD_FOR_INSERT_UPDATE …"""
    row: Row = {}
    forbidden: list[str] = []
    for name, value in body.items():
        if name == "attributes":
            continue
        if isinstance(value, dict):
            raise not_modelled(f"a related record by external id ({name})")
        item = definition.get(name)
        if item is None or not org.permissions.readable(user_id, definition, item):
            text = f"No such column '{name}' on sobject of type {definition.name.removeprefix('tooling.')}"
            raise ApiError("INVALID_FIELD", text)
        if item.type == "id":
            raise ApiError("INVALID_FIELD", "The Id field should not be specified in the sobject data.", [item.name])
        allowed = item.createable if op == "insert" else item.updateable
        if not allowed or item.formula is not None or not org.permissions.editable(user_id, definition, item):
            forbidden.append(item.name)
        else:
            row[item.name] = coerce(item, value)
    if forbidden:
        raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", _SECURITY.format(", ".join(forbidden)), forbidden)
    return row


def save(
    org: Org,
    op: Operation,
    definition: SObjectDef,
    rows: list[Row],
    *,
    user_id: str,
    assign: bool = True,
    all_or_none: bool = False,
) -> list[SaveResult]:
    """Through the whole save order, after the checks of sharing and uniqueness."""
    allowed = {"insert": definition.createable, "update": definition.updateable, "delete": definition.deletable}[op]
    if not allowed:
        verb = {"insert": "created", "update": "updated", "delete": "deleted"}[op]
        raise ApiError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"{definition.label} records cannot be {verb} here")
    try:
        org.access.check_write(user_id, definition, op)
    except ApiError as error:
        return [SaveResult(normal_id(row["Id"]) if "Id" in row else None, False, False, [error]) for row in rows]
    results: list[SaveResult | None] = [_refusal(org, definition, row, op, user_id) for row in rows]
    clean = [row for row, result in zip(rows, results, strict=True) if result is None]
    watched = definition.name in row_trail.WATCHED
    before = [org.rows.get(definition.name, row.get("Id")) if watched else None for row in clean]
    done = org.automation.save(op, definition.name, clean, user_id=user_id, assign=assign, all_or_none=all_or_none)
    for result, was in zip(done, before, strict=True):
        if watched and result.success:
            row_trail.write(org, definition.name, was, org.rows.get(definition.name, result.id), user_id)
    saved = iter(done)
    return [result or next(saved) for result in results]


def save_one(
    org: Org, op: Operation, definition: SObjectDef, row: Row, *, user_id: str, assign: bool = True
) -> SaveResult:
    """Raises Refused with all errors of the row."""
    result = save(org, op, definition, [row], user_id=user_id, assign=assign)[0]
    if not result.success:
        raise Refused(result.errors)
    return result


def _refusal(org: Org, definition: SObjectDef, row: Row, op: Operation, user_id: str) -> SaveResult | None:
    error = None if op == "insert" else org.sharing.refusal(user_id, definition, str(row.get("Id")))
    if error is None and op != "delete":
        error = _duplicate(org, definition, row)
    return SaveResult(normal_id(row["Id"]) if "Id" in row else None, False, False, [error]) if error else None


def _duplicate(org: Org, definition: SObjectDef, row: Row) -> ApiError | None:
    """A second record with the same unique value, or a second assignment of a permission set. [docs] 2.6"""
    own_id = row.get("Id")
    if definition.name == "PermissionSetAssignment":
        same = (Compare(name, "=", row.get(name)) for name in ("AssigneeId", "PermissionSetId"))
        if org.rows.select(definition.name, And(*same), limit=1):
            text = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
            return ApiError("DUPLICATE_VALUE", text)
    for item in definition.stored_fields:
        if not item.unique or row.get(item.name) is None:
            continue
        found = [other["Id"] for other in org.rows.select(definition.name, Compare(item.name, "=", row[item.name]))]
        if others := [other for other in found if own_id is None or other != normal_id(own_id)]:
            if (definition.name, item.name) == ("User", "Username"):
                return ApiError("DUPLICATE_USERNAME", "Duplicate Username.", ["Username"])
            text = f"duplicate value found: {item.name} duplicates value on record with id: {others[0][:15]}"
            return ApiError("DUPLICATE_VALUE", text, [item.name])
    return None


def record_json(
    org: Org, user_id: str, definition: SObjectDef, row: Row, base: str, names: list[str] | None = None
) -> dict[str, Any]:
    """A record as `GET sobjects/X/id` shows it. Raises ApiError INVALID_FIELD for a name the user cannot see."""
    from provisioner.emulator.salesforce.state.values import to_json

    shown = definition.name.removeprefix("tooling.")
    answer: dict[str, Any] = {"attributes": {"type": shown, "url": f"{base}/sobjects/{shown}/{row['Id']}"}}
    for item in chosen_fields(org, user_id, definition, names):
        if item.type == "base64":
            address = f"{base}/sobjects/{shown}/{row['Id']}/{item.name}"
            answer[item.name] = address if row[item.name] is not None else None
        elif computed := org.computed.get((definition.name.lower(), item.name.lower())):
            answer[item.name] = computed(row["Id"])
        elif item.formula is not None:
            answer[item.name] = to_json(item, org.automation.formula_value(definition.name, item, row, user_id))
        else:
            answer[item.name] = to_json(item, row[item.name])
    return answer


def chosen_fields(org: Org, user_id: str, definition: SObjectDef, names: list[str] | None) -> list[Any]:
    visible = org.permissions.visible(user_id, definition)
    if names is None:
        return visible
    by_name = {item.name.lower(): item for item in visible}
    for name in names:
        if name.lower() not in by_name:
            text = f"No such column '{name}' on sobject of type {definition.name.removeprefix('tooling.')}"
            raise ApiError("INVALID_FIELD", text)
    return [by_name[name.lower()] for name in ["Id", *(name for name in names if name.lower() != "id")]]

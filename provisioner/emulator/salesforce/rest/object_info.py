"""What a record type offers, over the User Interface API. [docs] Get Values for a Picklist Field, Picklist Values"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import normal_id
from provisioner.emulator.salesforce.rest.common import DATA, authenticate, object_named
from provisioner.emulator.salesforce.state.record_types import MASTER, PICKLISTS
from provisioner.emulator.salesforce.state.rows import Compare
from provisioner.emulator.salesforce.state.schema import FieldDef, PicklistValue, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_PATH = f"{DATA}/ui-api/object-info/{{sobject}}/picklist-values/{{record_type}}"


def routes(org: Org) -> list[Route]:
    async def all_fields(request: Request) -> Response:
        user_id, definition, record_type = _asked(org, request)
        visible = org.permissions.visible(user_id, definition)
        found = {
            item.name: _values(org, definition, item, record_type, f"{request.url.path}/{item.name}")
            for item in visible
            if item.type in PICKLISTS
        }
        return JSONResponse({"picklistFieldValues": found})

    async def one_field(request: Request) -> Response:
        user_id, definition, record_type = _asked(org, request)
        item = definition.get(request.path_params["field"])
        if item is None or item.type not in PICKLISTS or not org.permissions.readable(user_id, definition, item):
            raise _gone()
        return JSONResponse(_values(org, definition, item, record_type, request.url.path))

    return [Route(_PATH, all_fields), Route(f"{_PATH}/{{field}}", one_field)]


def _asked(org: Org, request: Request) -> tuple[str, SObjectDef, str]:
    user_id = authenticate(org, request)
    definition = object_named(org, request.path_params["sobject"], user_id)
    record_type = normal_id(request.path_params["record_type"])
    known = {str(row["Id"]) for row in org.record_types.of(definition.name)} | {MASTER}
    if record_type is None or record_type not in known:
        raise _gone()
    return user_id, definition, record_type


def _gone() -> ApiError:
    return ApiError("NOT_FOUND", "The requested resource does not exist", status=404)  # [inferred]


def _values(org: Org, definition: SObjectDef, item: FieldDef, record_type: str, url: str) -> dict[str, Any]:
    lead_status = (definition.name, item.name) == ("Lead", "Status")
    converted = {row["ApiName"] for row in org.rows.select("LeadStatus", Compare("IsConverted", "=", True))}
    offered = org.record_types.offered(record_type, item)
    shown = [_shown(value, value.value in converted if lead_status else None) for value in offered]
    default = next((entry for entry, value in zip(shown, offered, strict=True) if value.default), None)
    return {"controllerValues": {}, "defaultValue": default, "url": url, "values": shown}


def _shown(value: PicklistValue, converted: bool | None) -> dict[str, Any]:
    """`converted`: of a lead status only.

    `picklistAtrributesValueType` is the vendor's spelling. [docs] Lead Status Picklist Value Attributes
    """
    status = {"picklistAtrributesValueType": "LeadStatus", "converted": converted}
    attributes = None if converted is None else status
    return {"attributes": attributes, "label": value.shown, "validFor": [], "value": value.value}

"""sobjects and describe: what the user may see of the schema. [docs] reference/salesforce.md 8.1, 2.5"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.rest.common import DATA, authenticate, object_named
from provisioner.emulator.salesforce.state.record_types import MASTER
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, FieldDef, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_SOAP = {"id": "tns:ID", "reference": "tns:ID", "datetime": "xsd:dateTime", "base64": "xsd:base64Binary"} | {
    kind: f"xsd:{kind}" for kind in ("boolean", "date", "time", "int", "double")
}
_UNFILTERED = frozenset({"longtextarea", "base64"})


def routes(org: Org) -> list[Route]:
    async def everything(request: Request) -> Response:
        user_id = authenticate(org, request)
        base = f"/services/data/v{request.path_params['version']}"
        shown = [one for one in org.schema if one.queryable and not one.name.startswith("tooling.")]
        shown = [one for one in shown if org.access.readable(user_id, one)]
        objects = [describe_object(one, base) for one in sorted(shown, key=lambda one: one.name)]
        return JSONResponse({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})

    async def one(request: Request) -> Response:
        user_id = authenticate(org, request)
        base = f"/services/data/v{request.path_params['version']}"
        definition = object_named(org, request.path_params["sobject"], user_id)
        fields = [
            describe_field(item, org, user_id, definition) for item in org.permissions.visible(user_id, definition)
        ]
        infos = record_type_infos(org, user_id, definition, base)
        lists: dict[str, Any] = {"childRelationships": [], "recordTypeInfos": infos, "supportedScopes": []}
        return JSONResponse(describe_object(definition, base) | {"fields": fields} | lists)

    async def basic(request: Request) -> Response:
        user_id = authenticate(org, request)
        base = f"/services/data/v{request.path_params['version']}"
        definition = object_named(org, request.path_params["sobject"], user_id)
        return JSONResponse({"objectDescribe": describe_object(definition, base), "recentItems": []})

    return [
        Route(f"{DATA}/sobjects", everything),
        Route(f"{DATA}/sobjects/{{sobject}}/describe", one),
        Route(f"{DATA}/sobjects/{{sobject}}", basic),
    ]


def describe_object(definition: SObjectDef, base: str) -> dict[str, Any]:
    """The object-level part of a describe."""
    url = f"{base}/sobjects/{definition.name}"
    prefix = definition.key_prefix.strip()
    return {
        "activateable": False,
        "createable": definition.createable,
        "custom": definition.custom,
        "customSetting": False,
        "deletable": definition.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "keyPrefix": prefix or None,
        "label": definition.label,
        "labelPlural": definition.label_plural or f"{definition.label}s",
        "layoutable": not definition.setup,
        "mergeable": definition.name in ("Lead", "Contact", "Account"),
        "mruEnabled": False,
        "name": definition.name,
        "queryable": definition.queryable,
        "replicateable": True,
        "retrieveable": True,
        "searchable": not definition.setup,
        "triggerable": not definition.setup,
        "undeletable": definition.has("IsDeleted"),
        "updateable": definition.updateable,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def record_type_infos(org: Org, user_id: str, definition: SObjectDef, base: str) -> list[dict[str, Any]]:
    """The types of an object and the master type, which comes last. [code: jsforce] RecordTypeInfo

    Active types are available to everybody: profiles that leave some out are not modelled.
    """
    if definition.setup:
        return []
    default = org.record_types.default_type(definition, user_id) or MASTER
    rows = [
        *org.record_types.of(definition.name),
        {"Id": MASTER, "Name": "Master", "DeveloperName": "Master", "IsActive": True},
    ]
    return [
        {
            "active": row["IsActive"],
            "available": row["IsActive"],
            "defaultRecordTypeMapping": row["Id"] == default,
            "developerName": row["DeveloperName"],
            "master": row["Id"] == MASTER,
            "name": row["Name"],
            "recordTypeId": row["Id"],
            "urls": {"layout": f"{base}/sobjects/{definition.name}/describe/layouts/{row['Id']}"},
        }
        for row in rows
    ]


def describe_field(item: FieldDef, org: Org, user_id: str, definition: SObjectDef) -> dict[str, Any]:
    """One entry of `fields`; createable and updateable are the user's."""
    editable = org.permissions.editable(user_id, definition, item) and item.formula is None
    kind = "textarea" if item.type == "longtextarea" else item.type
    textual = item.type not in NUMBER_TYPES and item.type not in ("boolean", "date", "datetime", "time")
    return (
        {
            "aggregatable": item.type not in _UNFILTERED,
            "autoNumber": False,
            "byteLength": item.length * 3 if textual else 0,
            "calculated": item.formula is not None,
            "calculatedFormula": item.formula,
            "caseSensitive": False,
            "createable": editable and item.createable,
            "custom": item.custom,
            "digits": item.precision if item.type == "int" else 0,
            "externalId": item.external_id,
            "filterable": item.type not in _UNFILTERED,
            "formulaTreatNullNumberAsZero": item.blanks_as_zero,
            "groupable": item.groupable,
            "idLookup": item.type == "id" or item.external_id,
            "inlineHelpText": item.help or None,
            "label": item.label,
            "length": item.length,
            "name": item.name,
            "nameField": item.name == "Name",
            "nillable": item.nillable,
            "polymorphicForeignKey": len(item.reference_to) > 1,
            "precision": item.precision if item.type in ("double", "currency", "percent") else 0,
            "referenceTo": list(item.reference_to),
            "relationshipName": item.relationship_name,
            "restrictedPicklist": item.restricted,
            "scale": item.scale,
            "soapType": _SOAP.get(item.type, "xsd:double" if item.type in NUMBER_TYPES else "xsd:string"),
            "sortable": item.type not in _UNFILTERED and item.type != "multipicklist",
            "type": kind,
            "unique": item.unique,
            "updateable": editable and item.updateable,
        }
        | _defaults(item)
        | {"extraTypeInfo": "personname" if item.name == "Name" and definition.has("LastName") else None}
    )


def _defaults(item: FieldDef) -> dict[str, Any]:
    """What the field holds when nobody says anything, and the values to choose from."""
    checkbox = item.type == "boolean"
    given = checkbox or item.default is not None or item.name == "OwnerId" or any(v.default for v in item.picklist)
    return {
        "defaultValue": item.default if checkbox else None,
        "defaultValueFormula": None if item.default is None or checkbox else str(item.default),
        "defaultedOnCreate": given,
        "picklistValues": [
            {"active": v.active, "defaultValue": v.default, "label": v.shown, "validFor": None, "value": v.value}
            for v in item.picklist
        ],
    }

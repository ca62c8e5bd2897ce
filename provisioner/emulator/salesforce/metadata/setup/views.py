"""The setup objects that are views of metadata: their tables, and the rows that stand for what is deployed. 1.11"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from provisioner.emulator.clock import parse_instant
from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.ids import make_id
from provisioner.emulator.salesforce.metadata.handlers.flows import active_version
from provisioner.emulator.salesforce.state.components import Components, FlowVersion
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef
from provisioner.emulator.salesforce.state.standard import make

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.metadata.deploying.jobs import Job
    from provisioner.emulator.salesforce.state.org import Org

Row = dict[str, Any]
_VIEW = {"setup": True, "createable": False, "updateable": False, "deletable": False}
OBJECTS: tuple[SObjectDef, ...] = (
    make("tooling.FlowDefinition", "Flow Definition", "300",
         "DeveloperName string(80)\nMasterLabel string(255)\nDescription string(1000)\nNamespacePrefix string(15)\n"
         "ManageableState picklist\nActiveVersionId reference ->Flow as ActiveVersion\n"
         "LatestVersionId reference ->Flow as LatestVersion\nFullName string(255)\nMetadata longtextarea(1000000)\n",
         **_VIEW),
    make("tooling.Flow", "Flow Version", "301",
         "DefinitionId reference ->FlowDefinition as Definition\nMasterLabel string(255)\nDescription string(1000)\n"
         "VersionNumber int\nStatus picklist\nProcessType picklist\nApiVersion double(18,1)\nRunInMode picklist\n"
         "ManageableState picklist\nFullName string(255)\nMetadata longtextarea(1000000)\n", **_VIEW),
    make("tooling.CustomField", "Custom Field", "00N",
         "DeveloperName string(80)\nTableEnumOrId picklist\nNamespacePrefix string(15)\nManageableState picklist\n"
         "EntityDefinitionId reference ->EntityDefinition as EntityDefinition\nFullName string(255)\n"
         "Metadata longtextarea(1000000)\n", **_VIEW),
    make("EntityDefinition", "Entity Definition", "4ie",
         "DurableId string(80)\nQualifiedApiName string(80)\nDeveloperName string(80)\nLabel string(80)\n"
         "PluralLabel string(80)\nKeyPrefix string(3)\nNamespacePrefix string(15)\nIsCustomSetting boolean = false\n"
         "IsQueryable boolean = false\n", **_VIEW),
    make("FieldDefinition", "Field Definition", "4if",
         "DurableId string(200)\nQualifiedApiName string(80)\nDeveloperName string(80)\nLabel string(80)\n"
         "DataType string(120)\nDescription string(1000)\nIsCalculated boolean = false\nIsNillable boolean = false\n"
         "IsFieldHistoryTracked boolean = false\nIsFlsEnabled boolean = false\nNamespacePrefix string(15)\n"
         "Length int\nPrecision int\nScale int\nRelationshipName string(80)\n"
         "EntityDefinitionId reference ->EntityDefinition as EntityDefinition\n", **_VIEW),
    make("EntityParticle", "Entity Particle", "4ig",
         "DurableId string(200)\nQualifiedApiName string(80)\nDeveloperName string(80)\nLabel string(80)\n"
         "DataType string(40)\nInlineHelpText string(510)\nIsCalculated boolean = false\nIsNillable boolean = false\n"
         "Length int\nPrecision int\nScale int\n"
         "EntityDefinitionId reference ->EntityDefinition as EntityDefinition\n", **_VIEW),
    make("FlowDefinitionView", "Flow Definition View", "3dd",
         "DurableId string(18)\nApiName string(80)\nLabel string(255)\nDescription string(1000)\n"
         "ActiveVersionId string(18)\nLatestVersionId string(18)\nIsActive boolean = false\n"
         "IsOutOfDate boolean = false\n"
         "IsTemplate boolean = false\nProcessType picklist\nTriggerType picklist\n"
         "TriggerObjectOrEventLabel string(80)\n"
         "TriggerObjectOrEventId string(80)\nRecordTriggerType picklist\nTriggerOrder int\nVersionNumber int\n"
         "ApiVersion double(18,1)\nLastModifiedBy string(121)\nHasAsyncAfterCommitPath boolean = false\n"
         "NamespacePrefix string(15)\nManageableState picklist\n", **_VIEW),
    make("FlowVersionView", "Flow Version View", "3vd",
         "DurableId string(18)\nFlowDefinitionViewId string(18)\nLabel string(255)\nDescription string(1000)\n"
         "Status picklist\nVersionNumber int\nApiVersion double(18,1)\nProcessType picklist\nRunInMode picklist\n"
         "IsTemplate boolean = false\nNamespacePrefix string(15)\n", **_VIEW),
)  # fmt: skip
# The columns that public queries of it name [community]; the values are those of DeployResult [wsdl] 1.3.
DEPLOY_REQUEST = make(
    "tooling.DeployRequest", "Deploy Request", "0Af",
    "Status picklist\nCheckOnly boolean = false\nIgnoreWarnings boolean = false\nRollbackOnError boolean = false\n"
    "RunTestsEnabled boolean = false\nStartDate datetime\nCompletedDate datetime\nStateDetail string(255)\n"
    "NumberComponentsTotal int\nNumberComponentsDeployed int\nNumberComponentErrors int\nNumberTestsTotal int\n"
    "NumberTestsCompleted int\nNumberTestErrors int\nErrorStatusCode string(255)\nErrorMessage string(4000)\n"
    "CanceledById reference ->User as CanceledBy\n", **_VIEW)  # fmt: skip
# API field type → the label FieldDefinition.DataType shows; {} takes sizes or targets.
_LABELS = {
    "string": "Text({length})", "textarea": "Text Area({length})", "longtextarea": "Long Text Area({length})",
    "double": "Number({whole}, {scale})", "int": "Number({precision}, 0)", "currency": "Currency({whole}, {scale})",
    "percent": "Percent({whole}, {scale})", "boolean": "Checkbox", "datetime": "Date/Time", "date": "Date",
    "time": "Time", "picklist": "Picklist", "multipicklist": "Picklist (Multi-Select)", "email": "Email",
    "phone": "Phone", "url": "URL({length})", "reference": "Lookup({targets})", "id": "Lookup()", "base64": "Base64",
}  # fmt: skip
_FORMULA = {"double": "Number", "string": "Text", "boolean": "Checkbox", "date": "Date", "datetime": "Date/Time",
            "currency": "Currency", "percent": "Percent", "time": "Time"}  # fmt: skip


def data_type(item: FieldDef) -> str:
    """`Number(6, 0)`, `Lookup(User)`, `Formula (Text)`: the label, not the type (the trap of 1.11)."""
    if item.formula is not None:
        return f"Formula ({_FORMULA.get(item.type, item.type)})"
    return _LABELS[item.type].format(
        length=item.length, whole=max(item.precision - item.scale, 0), scale=item.scale, precision=item.precision,
        targets=",".join(item.reference_to))  # fmt: skip


def rows_of(org: Org, components: Components, view: str) -> Iterator[Row]:
    """The rows of one view as the org stands."""
    match view:
        case "tooling.FlowDefinition":
            return (_definition(components, name) for name in components.flow_names())
        case "tooling.Flow":
            return (_version(one) for one in components.versions())
        case "tooling.CustomField":
            return _custom_fields(org, components)
        case "EntityDefinition":
            return (_entity(one, number) for number, one in _entities(org))
        case "FieldDefinition" | "EntityParticle":
            return _fields(org, particle=view == "EntityParticle")
        case "FlowDefinitionView":
            return (_definition_view(org, components, name, n) for n, name in enumerate(components.flow_names(), 1))
        case "FlowVersionView":
            return (_version_view(one, number) for number, one in enumerate(components.versions(), 1))
    raise ValueError(f"{view} is no view of metadata.")


def deploy_request(job: Job) -> Row:
    """One deployment of the queue as the Tooling API lists it."""
    result = job.result
    counts = ("ComponentsTotal", "ComponentsDeployed", "ComponentErrors", "TestsTotal", "TestsCompleted", "TestErrors")
    dates = {name: result.get(key) for name, key in (("StartDate", "startDate"), ("CompletedDate", "completedDate"))}
    created, modified = parse_instant(job.created_at), parse_instant(result["lastModifiedDate"])
    return {
        "Id": job.id, "Status": job.status, "CheckOnly": job.options.check_only,
        "IgnoreWarnings": job.options.ignore_warnings, "RollbackOnError": job.options.rollback_on_error,
        "RunTestsEnabled": result["runTestsEnabled"], "ErrorStatusCode": result.get("errorStatusCode"),
        "ErrorMessage": result.get("errorMessage"), "CanceledById": result.get("canceledBy"),
        "CreatedDate": created, "CreatedById": job.user_id, "LastModifiedDate": modified,
        "LastModifiedById": job.user_id, "SystemModstamp": modified,
    } | {f"Number{name}": result[f"number{name}"] for name in counts} | {
        name: parse_instant(value) if value else None for name, value in dates.items()
    }  # fmt: skip


def _stamps(version: FlowVersion) -> Row:
    return {
        "CreatedDate": version.created_at, "CreatedById": version.created_by, "LastModifiedDate": version.modified_at,
        "LastModifiedById": version.modified_by, "SystemModstamp": version.modified_at,
    }  # fmt: skip


def _version(one: FlowVersion) -> Row:
    version = xml.text(one.root, "apiVersion")
    return _stamps(one) | {
        "Id": one.version_id, "DefinitionId": one.definition_id, "MasterLabel": xml.text(one.root, "label"),
        "Description": xml.text(one.root, "description"), "VersionNumber": one.version_number, "Status": one.status,
        "ProcessType": xml.text(one.root, "processType"), "RunInMode": xml.text(one.root, "runInMode"),
        "ApiVersion": float(version) if version else None, "ManageableState": "unmanaged",
    }  # fmt: skip


def _definition(components: Components, name: str) -> Row:
    versions = components.versions(name)
    latest, active = versions[-1], active_version(versions)
    return _stamps(latest) | {
        "Id": latest.definition_id, "DeveloperName": name, "MasterLabel": xml.text(latest.root, "label"),
        "Description": xml.text(latest.root, "description"), "ManageableState": "unmanaged",
        "ActiveVersionId": active.version_id if active else None, "LatestVersionId": latest.version_id,
    }  # fmt: skip


def _definition_view(org: Org, components: Components, name: str, number: int) -> Row:
    versions = components.versions(name)
    latest, active = versions[-1], active_version(versions)
    shown = active or latest
    start = xml.kid(shown.root, "start")
    sobject = xml.text(start, "object") if start is not None else None
    known = org.schema.sobject(sobject) if sobject and org.schema.has(sobject) else None
    order, version = xml.text(shown.root, "triggerOrder"), xml.text(shown.root, "apiVersion")
    paths = xml.kids(start, "scheduledPaths") if start is not None else []
    modifier = org.rows.get("User", shown.modified_by)
    return _stamps(shown) | {
        "Id": make_id("3dd", number), "DurableId": latest.definition_id, "ApiName": name,
        "Label": xml.text(shown.root, "label"), "Description": xml.text(shown.root, "description"),
        "ActiveVersionId": active.version_id if active else None, "LatestVersionId": latest.version_id,
        "IsActive": active is not None and active.version_id == latest.version_id, "IsOutOfDate": False,
        "IsTemplate": False, "ProcessType": xml.text(shown.root, "processType"),
        "TriggerType": xml.text(start, "triggerType") if start is not None else None,
        "TriggerObjectOrEventLabel": known.label if known else None, "TriggerObjectOrEventId": sobject,
        "RecordTriggerType": xml.text(start, "recordTriggerType") if start is not None else None,
        "TriggerOrder": int(order) if order else None, "VersionNumber": shown.version_number,
        "ApiVersion": float(version) if version else None,
        "LastModifiedBy": str(modifier["Name"]) if modifier else None, "ManageableState": "unmanaged",
        "HasAsyncAfterCommitPath": any(xml.text(path, "pathType") == "AsyncAfterCommit" for path in paths),
    }  # fmt: skip


def _version_view(one: FlowVersion, number: int) -> Row:
    version = xml.text(one.root, "apiVersion")
    return _stamps(one) | {
        "Id": make_id("3vd", number), "DurableId": one.version_id, "FlowDefinitionViewId": one.definition_id,
        "Label": xml.text(one.root, "label"), "Description": xml.text(one.root, "description"), "Status": one.status,
        "VersionNumber": one.version_number, "ApiVersion": float(version) if version else None,
        "ProcessType": xml.text(one.root, "processType"), "RunInMode": xml.text(one.root, "runInMode"),
        "IsTemplate": False,
    }  # fmt: skip


def _entities(org: Org) -> Iterator[tuple[int, SObjectDef]]:
    return enumerate((one for one in org.schema if not one.name.startswith("tooling.")), 1)


def _entity(one: SObjectDef, number: int) -> Row:
    return {
        "Id": make_id("4ie", number), "DurableId": one.name, "QualifiedApiName": one.name,
        "DeveloperName": one.name.rsplit("__", 1)[0], "Label": one.label, "PluralLabel": one.label_plural or one.label,
        "KeyPrefix": one.key_prefix.strip() or None, "IsQueryable": one.queryable,
    }  # fmt: skip


def _fields(org: Org, *, particle: bool) -> Iterator[Row]:
    number = 0
    for entity, one in _entities(org):
        for item in one.fields:
            number += 1
            row: Row = {
                "Id": make_id("4ig" if particle else "4if", number), "DurableId": f"{one.name}.{item.name}",
                "QualifiedApiName": item.name, "DeveloperName": item.name.removesuffix("__c"), "Label": item.label,
                "IsCalculated": item.formula is not None, "IsNillable": item.nillable, "Length": item.length,
                "Precision": item.precision, "Scale": item.scale, "EntityDefinitionId": make_id("4ie", entity),
            }  # fmt: skip
            if particle:
                yield row | {"DataType": item.type, "InlineHelpText": item.help}
            else:
                yield row | {"DataType": data_type(item), "Description": item.description,
                             "IsFieldHistoryTracked": item.track_history,
                             "IsFlsEnabled": item.custom and (item.nillable or item.type == "boolean"),
                             "RelationshipName": item.relationship_name}  # fmt: skip


def _custom_fields(org: Org, components: Components) -> Iterator[Row]:
    entity_ids = {one.name: make_id("4ie", number) for number, one in _entities(org)}
    for one in components.all("CustomField"):
        owner, _, name = one.full_name.partition(".")
        if not name.endswith("__c"):
            continue
        yield {
            "Id": one.id, "DeveloperName": name.removesuffix("__c"), "TableEnumOrId": owner,
            "ManageableState": "unmanaged", "EntityDefinitionId": entity_ids.get(owner),
            "CreatedDate": one.created_at, "CreatedById": one.created_by, "LastModifiedDate": one.modified_at,
            "LastModifiedById": one.modified_by, "SystemModstamp": one.modified_at,
        }  # fmt: skip

"""Canonical resources → the deployable files and their manifest, from one list, so that they cannot disagree.

[docs] reference/salesforce.md 1.7 (layout), 1.8 (deleting). A partial package is a normal thing: only some fields of
Lead, one custom metadata record, one holiday. What is not in it is not touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from provisioner.resources import Address, Resource
from provisioner.targets.base import Artifact
from provisioner.targets.salesforce.parse import CONVERSION
from provisioner.targets.salesforce.templates import rendered
from provisioner.targets.salesforce.versions import NEWEST, stated
from provisioner.targets.salesforce.xml import write

API_VERSION = f"{NEWEST}.0"
_SINGLE = {
    "CustomMetadata": "customMetadata/{}.md",
    "Flow": "flows/{}.flow",
    "PermissionSet": "permissionsets/{}.permissionset",
    "CustomNotificationType": "notificationtypes/{}.notiftype",
    "Queue": "queues/{}.queue",
    "Report": "reports/{}.report",
    "Dashboard": "dashboards/{}.dashboard",
}
FOLDERS = {  # a folder is a member of what it holds. 1.7
    "DashboardFolder": ("Dashboard", "dashboards/{}-meta.xml"),
    "EmailFolder": ("EmailTemplate", "email/{}-meta.xml"),
    "ReportFolder": ("Report", "reports/{}-meta.xml"),
}
_CODE = {"ApexClass": "classes/{}.cls", "ApexTrigger": "triggers/{}.trigger"}
_ENTRIES = {"BusinessHours": "businessHours", "Holiday": "holidays"}
_CONVERSION = ("LeadConvertMapping", "LeadConvertSettings")  # a mapped field; what else the same file says
_CHILDREN = {"CustomField": "fields", "ListView": "listViews", "ValidationRule": "validationRules"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest instant a zip can hold
_MAIL = frozenset({"EmailTemplate", "WorkflowAlert"})
KINDS = frozenset({*_SINGLE, *FOLDERS, *_MAIL, *_CODE, *_ENTRIES, *_CONVERSION, "CustomObject", *_CHILDREN})


def artifacts(resources: Iterable[Resource], api_version: str | None = None) -> list[Artifact]:
    """The files of these resources with their package.xml, sorted by path; without `api_version` that is of the newest
    version which one of them is written for. Steps that a person does are in no package. ValueError for a kind we never
    render."""
    items = sorted((item for item in resources if not item.address.is_by_hand), key=lambda item: item.address)
    files = {"package.xml": manifest(members(item.address for item in items), api_version or stated(items))}
    objects: dict[str, dict[str, Any]] = defaultdict(dict)
    settings: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        kind, name = item.address.kind, item.address.name
        if kind in _SINGLE:
            files[_SINGLE[kind].format(name)] = write(kind, item.attributes)
        elif kind in FOLDERS:
            files[FOLDERS[kind][1].format(name)] = write(kind, item.attributes)
        elif kind in _MAIL:
            files |= _template(name, item.attributes) if kind == "EmailTemplate" else {}
        elif kind in _CODE:
            files |= _code(kind, name, item.attributes)
        elif kind == "CustomObject":
            objects[name].update(item.attributes)
        elif kind in _CHILDREN:
            parent, _, child = name.partition(".")
            objects[parent].setdefault(_CHILDREN[kind], []).append({"fullName": child, **item.attributes})
        elif kind not in _CONVERSION:
            settings[_ENTRIES[kind]].append(dict(item.attributes))
    files |= _conversion(items) | _workflows(items)
    files |= {f"objects/{name}.object": write("CustomObject", content) for name, content in objects.items()}
    if settings:
        files["settings/BusinessHours.settings"] = write("BusinessHoursSettings", settings)
    return [Artifact(path, files[path]) for path in sorted(files)]


def _conversion(items: Iterable[Resource]) -> dict[str, bytes]:
    """The one file of the conversion: it says all there is, so mappings of others have to be among `items`."""
    mine = [item for item in items if item.address.kind in _CONVERSION]
    if not mine:
        return {}
    content: dict[str, Any] = {}
    mapped: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for item in mine:
        said = item.attributes
        if item.address.kind == "LeadConvertSettings":
            content.update(said)
            continue
        row = {key: said[key] for key in ("inputField", "outputField")}
        mapped[said["inputObject"], said["outputObject"]].append(row)
    if mapped:
        content["objectMapping"] = [
            {"inputObject": start, "mappingFields": rows, "outputObject": end}
            for (start, end), rows in sorted(mapped.items())
        ]
    return {CONVERSION: write("LeadConvertSettings", content)}


def _template(name: str, attributes: Mapping[str, Any]) -> dict[str, bytes]:
    path = f"email/{name}.email"
    beside = {key: value for key, value in attributes.items() if key != "content"}
    return {path: str(attributes["content"]).encode("utf-8"), f"{path}-meta.xml": write("EmailTemplate", beside)}


def _workflows(items: Iterable[Resource]) -> dict[str, bytes]:
    """Email alerts, one file per object."""
    alerts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in items:
        if item.address.kind == "WorkflowAlert":
            parent, _, name = item.address.name.partition(".")
            alerts[parent].append({"fullName": name, **item.attributes})
    return {f"workflows/{name}.workflow": write("Workflow", {"alerts": rows}) for name, rows in alerts.items()}


def _code(kind: str, name: str, attributes: Mapping[str, Any]) -> dict[str, bytes]:
    path = _CODE[kind].format(name)
    beside = {key: value for key, value in attributes.items() if key != "body"}
    return {path: str(attributes["body"]).encode("utf-8"), f"{path}-meta.xml": write(kind, beside)}


def retired(resource: Resource) -> Resource | None:
    """What is deployed where the vendor knows no deletion: business hours switched off. None: delete it."""
    if resource.address.kind != "BusinessHours":
        return None
    return Resource(resource.address, {**resource.attributes, "active": "false"})


def members(addresses: Iterable[Address]) -> dict[str, list[str]]:
    """Manifest type → sorted member names. ValueError for a kind we never render."""
    found: dict[str, set[str]] = defaultdict(set)
    for address in addresses:
        if address.kind not in KINDS:
            raise ValueError(f"{address} is of a kind that is not deployed to Salesforce")
        if address.kind in _ENTRIES:
            found["Settings"].add("BusinessHours")
        elif address.kind in FOLDERS:
            found[FOLDERS[address.kind][0]].add(address.name)
        elif address.kind in _CONVERSION:
            found["LeadConvertSettings"].add("LeadConvertSettings")
        else:
            found[address.kind].add(address.name)
    return {kind: sorted(names) for kind, names in sorted(found.items())}


def manifest(members: Mapping[str, Sequence[str]], api_version: str = API_VERSION) -> bytes:
    """package.xml. `members` as from `members()`; more types may have been added to it."""
    return _package(members, api_version)


def destructive(members: Mapping[str, Sequence[str]]) -> bytes:
    """destructiveChanges.xml: the same schema without a version. Entries of settings cannot be deleted this way."""
    kept = ("Settings", "LeadConvertSettings")
    return _package({kind: names for kind, names in members.items() if kind not in kept}, None)


def _package(members: Mapping[str, Sequence[str]], api_version: str | None) -> bytes:
    types = [(kind, sorted(names)) for kind, names in sorted(members.items())]
    return rendered("package.xml.j2", {"types": types, "version": api_version})


def build_zip(artifacts: Iterable[Artifact]) -> bytes:
    """The package as a zip: sorted names, one fixed timestamp, so equal content gives equal bytes."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for artifact in sorted(artifacts, key=lambda item: item.path):
            info = ZipInfo(artifact.path, _EPOCH)
            info.compress_type = ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, artifact.content)
    return buffer.getvalue()

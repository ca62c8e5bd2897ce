"""Files of a package (rendered by us, or retrieved from an org) → canonical resources.

Address kinds: CustomObject (types and objects of ours, their own elements only), CustomField, ValidationRule, ListView,
CustomMetadata, Flow, EmailFolder, EmailTemplate, WorkflowAlert, ApexClass, ApexTrigger, PermissionSet,
CustomNotificationType, Queue, BusinessHours and Holiday (one resource per entry of the settings file),
LeadConvertMapping (one per field that a conversion copies), Report, Dashboard, ReportFolder, DashboardFolder. Files of
other kinds are none of our business and are left out, and so is the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.errors import TargetError
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.salesforce.shape import local, tree
from provisioner.targets.salesforce.xml import read

# Folder and suffix → kind. [docs] reference/salesforce.md 1.7
PLACES = {
    ("customMetadata", ".md"): "CustomMetadata",
    ("flows", ".flow"): "Flow",
    ("permissionsets", ".permissionset"): "PermissionSet",
    ("notificationtypes", ".notiftype"): "CustomNotificationType",
    ("queues", ".queue"): "Queue",
}
# Kinds whose components lie in folders: folder of the package → (suffix, kind, kind of the folder). 1.7
IN_FOLDERS = {
    "reports": (".report", "Report", "ReportFolder"),
    "dashboards": (".dashboard", "Dashboard", "DashboardFolder"),
}
CHILDREN = {"listViews": "ListView", "validationRules": "ValidationRule"}
CONVERSION = "LeadConvertSettings/LeadConvertSettings.LeadConvertSetting"
_FOLDERS = frozenset(
    {"objects", "LeadConvertSettings", "settings", "classes", "triggers", "email", "workflows", *IN_FOLDERS}
    | {folder for folder, _ in PLACES}
)
CODE = {("classes", ".cls"): "ApexClass", ("triggers", ".trigger"): "ApexTrigger"}


def parse_package(files: Mapping[str, bytes]) -> Snapshot:
    """`files`: path in the package (mdapi layout, an outer folder such as `unpackaged/` is ignored) → content.

    TargetError when a file of a kind we know is not readable, or when two files describe one thing.
    """
    inner = {_inside(path): content for path, content in files.items()}
    resources = [item for path in sorted(inner) for item in _readable(path, inner)]
    try:
        return Snapshot.of(resources)
    except ValueError as error:
        raise TargetError(f"The package is contradictory: {error}.") from error


def _inside(path: str) -> str:
    outer, _, inner = path.partition("/")
    return inner if "/" in inner and outer not in _FOLDERS else path


def _readable(path: str, files: Mapping[str, bytes]) -> list[Resource]:
    try:
        return list(_resources(path, files))
    except RecursionError as error:
        raise TargetError(f"{path} is nested too deeply for metadata; it was not read.") from error


def _resources(path: str, files: Mapping[str, bytes]) -> Iterator[Resource]:
    folder, _, file = path.rpartition("/")
    stem, dot, ending = file.rpartition(".")
    suffix = dot + ending if stem else ""  # a name that begins with a dot has no ending
    if folder == "objects" and suffix == ".object":
        yield from _object(stem, files[path], path)
    elif path == "settings/BusinessHours.settings":
        yield from _hours(files[path], path)
    elif path == CONVERSION:
        yield from _conversion(files[path], path)
    elif path.startswith("email/"):
        yield from _mail(path.removeprefix("email/"), path, files)
    elif path.partition("/")[0] in IN_FOLDERS:
        yield from _foldered(path, files[path])
    elif (folder, suffix) == ("workflows", ".workflow"):
        yield from _alerts(stem, files[path], path)
    elif (folder, suffix) in CODE:
        yield _code(CODE[folder, suffix], stem, path, files)
    elif (folder, suffix) in PLACES:
        yield Resource(Address(PLACES[folder, suffix], stem), tree(read(files[path], path)))


def _object(name: str, content: bytes, path: str) -> Iterator[Resource]:
    root = read(content, path)
    for element in list(root):
        if local(element) == "fields":
            attributes = tree(element)
            field = attributes.pop("fullName", "")
            if field.endswith("__c"):
                yield Resource(Address("CustomField", f"{name}.{field}"), attributes)
            root.remove(element)
        elif local(element) in CHILDREN:
            kind = CHILDREN[local(element)]
            attributes = tree(element, kind)
            yield Resource(Address(kind, f"{name}.{attributes.pop('fullName', '')}"), attributes)
            root.remove(element)
    if name.endswith(("__mdt", "__c")):
        own = tree(root)
        if own.get("label"):
            yield Resource(Address("CustomObject", name), own)


def _mail(name: str, path: str, files: Mapping[str, bytes]) -> Iterator[Resource]:
    """A folder of templates, or a template: what it is, and as `content` its text."""
    if name.endswith("-meta.xml") and "/" not in name:
        yield Resource(Address("EmailFolder", name.removesuffix("-meta.xml")), tree(read(files[path], path)))
    elif name.endswith(".email"):
        beside = f"{path}-meta.xml"
        attributes: dict[str, Any] = tree(read(files[beside], beside)) if beside in files else {}
        attributes["content"] = _text(files[path], path)
        yield Resource(Address("EmailTemplate", name.removesuffix(".email")), dict(sorted(attributes.items())))


def _foldered(path: str, content: bytes) -> Iterator[Resource]:
    """A folder, called by its name, or what lies in one, called `folder/name`."""
    place, _, name = path.partition("/")
    suffix, kind, folder = IN_FOLDERS[place]
    if name.endswith("-meta.xml") and "/" not in name:
        yield Resource(Address(folder, name.removesuffix("-meta.xml")), tree(read(content, path)))
    elif name.endswith(suffix):
        yield Resource(Address(kind, name.removesuffix(suffix)), tree(read(content, path)))


def _alerts(object: str, content: bytes, path: str) -> Iterator[Resource]:
    """The email alerts of an object; the rest of its workflow is none of our business."""
    for element in read(content, path):
        if local(element) == "alerts":
            attributes = tree(element)
            yield Resource(Address("WorkflowAlert", f"{object}.{attributes.pop('fullName', '')}"), attributes)


def _conversion(content: bytes, path: str) -> Iterator[Resource]:
    """One resource per mapped field, called after where it leads to: nothing leads there twice. What else the file
    says is one more, where it says something."""
    attributes = tree(read(content, path))
    for mapping in attributes.pop("objectMapping", ()):
        ends = {"inputObject": mapping.get("inputObject", ""), "outputObject": mapping.get("outputObject", "")}
        for row in mapping.get("mappingFields", ()):
            place = f"{ends['outputObject']}.{row.get('outputField', '')}"
            yield Resource(Address("LeadConvertMapping", place), dict(sorted({**ends, **row}.items())))
    if attributes:
        yield Resource(Address("LeadConvertSettings", "LeadConvertSettings"), attributes)


def _hours(content: bytes, path: str) -> Iterator[Resource]:
    for element in read(content, path):
        kind = {"businessHours": "BusinessHours", "holidays": "Holiday"}.get(local(element))
        if kind is None:
            continue
        attributes = tree(element)
        # An entry can be switched off but not deleted, so switched off is as good as gone. [docs] 6.1
        if kind == "BusinessHours" and attributes.get("active") == "false":
            continue
        if attributes.get("name"):
            yield Resource(Address(kind, attributes["name"]), attributes)


def _code(kind: str, name: str, path: str, files: Mapping[str, bytes]) -> Resource:
    beside = f"{path}-meta.xml"
    attributes: dict[str, Any] = tree(read(files[beside], beside)) if beside in files else {}
    attributes["body"] = _text(files[path], path)
    return Resource(Address(kind, name), dict(sorted(attributes.items())))


def _text(content: bytes, path: str) -> str:
    """Lines without trailing spaces, none empty around them. TargetError when it is not UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TargetError(f"{path} is not UTF-8 text: {error}") from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"

"""From a zip to the components it holds, and to what is wrong with it before anything is saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from provisioner.emulator.salesforce import kinds, xml
from provisioner.emulator.salesforce.kinds import CHILD_OF, FOLDERS, KINDS, SETTINGS, Kind
from provisioner.emulator.salesforce.metadata.outcome import Message
from provisioner.emulator.salesforce.metadata.packages.archive import Archive
from provisioner.emulator.salesforce.metadata.packages.check import misshapes
from provisioner.emulator.salesforce.metadata.packages.manifest import BadManifest, Manifest, read_manifest
from provisioner.emulator.salesforce.metadata.work import Item

PACKAGE = "package.xml"
DESTRUCTIVE = ("destructiveChangesPre.xml", "destructiveChanges.xml", "destructiveChangesPost.xml")
ORG_VERSION = 66.0


@dataclass(slots=True)
class Package:
    """A read package: what to save, what to remove before and after, and what is wrong already."""

    items: list[Item] = field(default_factory=list)
    before: list[tuple[str, Manifest]] = field(default_factory=list)
    after: list[tuple[str, Manifest]] = field(default_factory=list)
    failures: list[Message] = field(default_factory=list)
    manifest: Manifest = field(default_factory=Manifest)


def read_package(archive: Archive, *, allow_missing: bool = False) -> Package:
    """Read every file of the archive against its manifest. Never raises: faults are messages."""
    package = Package()
    name = f"{archive.root}/{PACKAGE}" if archive.root else PACKAGE
    if PACKAGE not in archive.files:
        package.failures.append(Message(PACKAGE, "", name, "No package.xml found", "Error"))
        return package
    try:
        package.manifest = read_manifest(archive.files[PACKAGE])
        _read_destructive(archive, package)
    except BadManifest as error:
        package.failures.append(Message(PACKAGE, "", name, error.text, "Error", error.line, error.column))
        return package
    version = package.manifest.version
    if version is None or not version.replace(".", "", 1).isdigit() or float(version) > ORG_VERSION:
        text = f"Invalid API version: {version}" if version else "Required field is missing: version"
        package.failures.append(Message(PACKAGE, "", name, text, "Error"))
        return package
    package.failures += _unknown_types(package.manifest)
    files = list(_located(archive, package))
    for kind, full_name, path in files:
        _read_component(archive, package, kind, full_name, path)
    if not allow_missing:
        package.failures += _missing(package)
    return package


def _read_destructive(archive: Archive, package: Package) -> None:
    for name in DESTRUCTIVE:
        if name in archive.files:
            manifest = read_manifest(archive.files[name])
            if any(member.name == "*" for member in manifest.members):
                raise BadManifest(f"{name} must not use the wildcard *")
            (package.after if name == DESTRUCTIVE[2] else package.before).append((name, manifest))


def _unknown_types(manifest: Manifest) -> Iterator[Message]:
    for member in manifest.members:
        if member.kind in kinds.REFUSED:
            text = f"NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model {member.kind}."
            yield Message(member.name, member.kind, PACKAGE, text, "Error", member.line, member.column)
    for kind in dict.fromkeys(member.kind for member in manifest.members):
        if not kinds.is_known(kind):
            yield Message(PACKAGE, "", PACKAGE, f"Unknown type name '{kind}' specified in package.xml", "Error")


def _located(archive: Archive, package: Package) -> Iterator[tuple[Kind, str, str]]:
    """Main files by path; strangers become failures unless the manifest names a type that is refused anyway."""
    refused = any(member.kind in kinds.REFUSED for member in package.manifest.members)
    seen: set[tuple[str, str]] = set()
    for path in sorted(archive.files):
        if path == PACKAGE or path in DESTRUCTIVE:
            continue
        found = kinds.locate(path)
        if found is None:
            if not refused:
                package.failures.append(Message(path, "", path, "Not in package.xml", "Error"))
            continue
        kind, full_name = found
        if (kind.name, full_name) not in seen:
            seen.add((kind.name, full_name))
            yield kind, full_name, path.removesuffix("-meta.xml") if kind.content and "." in path[:-9] else path


def _named(manifest: Manifest, kind: str, full_name: str) -> bool:
    if (kind, full_name) in manifest:
        return True
    custom = kind != "CustomObject" or "__" in full_name
    return (kind, "*") in manifest and custom


def _read_component(archive: Archive, package: Package, kind: Kind, full_name: str, path: str) -> None:
    manifest = package.manifest
    children = [child for _, child in kind.children]
    children_named = any(
        member.kind in children and member.name.startswith(f"{full_name}.") for member in manifest.members
    )
    if not _named(manifest, kind.name, full_name) and not children_named:
        package.failures.append(Message(full_name, kind.name, path, "Not in package.xml", "Error"))
        return
    folder = kind.in_folder and "/" not in full_name
    content = archive.files.get(path) if kind.content and not folder else None
    body_path = f"{kind.folder}/{full_name}-meta.xml" if folder else (f"{path}-meta.xml" if kind.content else path)
    body = archive.files.get(body_path)
    if body is None or (kind.content and not folder and content is None):
        return  # one half of a pair: reported as not found
    root_name = _root_name(kind, full_name, folder)
    if root_name is None:
        text = f"NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the Settings {full_name}."
        package.failures.append(Message(full_name, "Settings", path, text, "Error"))
        return
    shown = root_name if kind.name == "Settings" else kind.name
    try:
        document = xml.parse(body)
    except xml.Malformed as error:
        package.failures.append(Message(full_name, shown, path, error.text, "Error", error.line, error.column))
        return
    whole = Item(kind.name, full_name, path, document.root, document, content)
    _split(package, whole, kind, root_name)


def _root_name(kind: Kind, full_name: str, folder: bool) -> str | None:
    if kind.name == "Settings":
        return SETTINGS.get(full_name)
    return next(name for name, held in FOLDERS.items() if held == kind.name) if folder else kind.name


def _split(package: Package, whole: Item, kind: Kind, root_name: str) -> None:
    """Add the file's component and its children, leaving out those that are misshapen."""
    element_kinds = dict(kind.children)
    broken: set[int] = set()
    for fault in misshapes(whole.document.root, root_name):
        child = _child_of(fault.element, whole.element, element_kinds)
        broken.add(id(child) if child is not None else 0)
        line, column = whole.document.place(fault.element)
        name, shown = whole.full_name, root_name if kind.name == "Settings" else kind.name
        if child is not None:
            name, shown = f"{name}.{xml.text(child, 'fullName') or ''}", element_kinds[xml.local(child)]
        package.failures.append(Message(name, shown, whole.file_name, fault.text, "Error", line, column))
    if _named(package.manifest, kind.name, whole.full_name) and 0 not in broken:
        package.items.append(whole)
    for child in xml.kids(whole.element):
        if xml.local(child) in element_kinds and id(child) not in broken:
            _add_child(package, whole, child, element_kinds[xml.local(child)])


def _child_of(element: etree._Element, root: etree._Element, element_kinds: dict[str, str]) -> etree._Element | None:
    node: etree._Element | None = element
    while node is not None and node.getparent() is not root:
        node = node.getparent()
    return node if node is not None and xml.local(node) in element_kinds else None


def _add_child(package: Package, whole: Item, child: etree._Element, kind: str) -> None:
    name = xml.text(child, "fullName")
    full = f"{whole.full_name}.{name or ''}"
    line, column = whole.document.place(child)
    if name is None:
        text: str | None = "Required field is missing: fullName"
    elif any(item.kind == kind and item.full_name.lower() == full.lower() for item in package.items):
        text = f"duplicate value found: [{full}] is defined multiple times"
    elif not (_named(package.manifest, kind, full) or _named(package.manifest, whole.kind, whole.full_name)):
        text = "Not in package.xml"
    else:
        text = None
    if text is not None:
        package.failures.append(Message(full, kind, whole.file_name, text, "Error", line, column))
        return
    package.items.append(Item(kind, full, whole.file_name, child, whole.document))


def _missing(package: Package) -> Iterator[Message]:
    there = {(item.kind, item.full_name) for item in package.items}
    failed = {(message.component_type, message.full_name) for message in package.failures}
    failed |= {
        ("Settings", message.full_name) for message in package.failures if message.component_type in SETTINGS.values()
    }
    for member in package.manifest.members:
        known = member.kind in KINDS or member.kind in CHILD_OF
        if known and member.name != "*" and (member.kind, member.name) not in there | failed:
            text = (
                f"An object '{member.name}' of type {member.kind} was named in package.xml, "
                "but was not found in zipped directory"
            )
            yield Message(member.name, member.kind, PACKAGE, text, "Error", member.line, member.column)

"""Retrieve: the zip for a manifest, with what could not be found as messages. [wsdl] 1.9, 1.10"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from provisioner.emulator.salesforce import kinds, xml
from provisioner.emulator.salesforce.kinds import CHILD_OF, KINDS
from provisioner.emulator.salesforce.metadata.handlers.objects import renamed
from provisioner.emulator.salesforce.metadata.packages.archive import make_zip
from provisioner.emulator.salesforce.metadata.packages.manifest import Manifest
from provisioner.emulator.salesforce.metadata.packages.package import PACKAGE
from provisioner.emulator.salesforce.metadata.retrieving.reading import Asked, Entry, Reader
from provisioner.emulator.salesforce.state.components import Components

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

NO_WILDCARD = frozenset(("EmailTemplate", "Report", "Dashboard"))


@dataclass(slots=True)
class Retrieved:
    """The zip, what it holds, and (file, problem) messages."""

    zip: bytes = b""
    entries: list[Entry] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)


def retrieve(org: Org, components: Components, manifest: Manifest, *, single_package: bool) -> Retrieved:
    """Everything the manifest names. A missing member is a message, not an error."""
    reader, out = Reader(org, components), Retrieved()
    members = list(_members(reader, manifest, out))
    asked: Asked = set(members)
    files: dict[str, bytes] = {}
    parents: dict[str, etree._Element] = {}
    for kind, name in members:
        entry = reader.entry(kind, name)
        if entry is None:
            out.messages.append((PACKAGE, f"Entity of type '{kind}' named '{name}' cannot be found"))
            continue
        out.entries.append(entry)
        if kind in CHILD_OF:
            _add_child(reader, parents, asked, kind, entry)
            continue
        element = reader.element(kind, name, asked)
        if element is not None:
            files |= _files(reader, kind, entry, element)
    for path, root in parents.items():
        xml.sort_children(root)
        files[path] = xml.printed(root)
    files[PACKAGE] = _package_xml(out.entries, manifest)
    prefix = "" if single_package else "unpackaged/"
    out.zip = make_zip({prefix + path: body for path, body in files.items()})
    return out


def _members(reader: Reader, manifest: Manifest, out: Retrieved) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for member in manifest.members:
        if member.kind in kinds.REFUSED:
            text = f"NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model {member.kind}."
            out.messages.append((PACKAGE, text))
        elif not kinds.is_known(member.kind):
            out.messages.append((PACKAGE, f"Entity type: '{member.kind}' is unknown"))
        elif member.name != "*":
            found[(member.kind, member.name)] = None
        elif member.kind not in NO_WILDCARD:
            for entry in reader.entries(member.kind):
                if member.kind != "CustomObject" or "__" in entry.full_name:
                    found[(member.kind, entry.full_name)] = None
    return list(found)


def _add_child(reader: Reader, parents: dict[str, etree._Element], asked: Asked, kind: str, entry: Entry) -> None:
    """A child goes into its parent's file, unless the whole parent was asked for."""
    parent_kind, element_name = CHILD_OF[kind]
    owner = entry.full_name.partition(".")[0]
    if (parent_kind, owner) in asked:
        return
    element = reader.element(kind, entry.full_name, asked)
    if element is not None:
        path = KINDS[parent_kind].path(owner)
        parents.setdefault(path, xml.new_root(parent_kind)).append(renamed(element, element_name))


def _files(reader: Reader, kind: str, entry: Entry, element: etree._Element) -> dict[str, bytes]:
    body = xml.printed(element, schema_prefixes=kind == "CustomMetadata")
    if not KINDS[kind].content:
        return {entry.file_name: body}
    if kind == "EmailTemplate" and "/" not in entry.full_name:
        return {f"email/{entry.full_name}-meta.xml": body}
    content = reader.content(kind, entry.full_name) or b""
    return {entry.file_name: content, f"{entry.file_name}-meta.xml": body}


def _package_xml(entries: list[Entry], manifest: Manifest) -> bytes:
    root = xml.new_root("Package")
    for kind in sorted({entry.type for entry in entries}):
        block = xml.add(root, "types")
        for name in sorted({entry.full_name for entry in entries if entry.type == kind}):
            xml.add(block, "members", name)
        xml.add(block, "name", kind)
    xml.add(root, "version", manifest.version or "66.0")
    return xml.printed(root)

"""package.xml and the destructive manifests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.xml import Document


@dataclass(frozen=True, slots=True)
class Member:
    """One `<members>` entry: type, full name and where it stands."""

    kind: str
    name: str
    line: int
    column: int


@dataclass(slots=True)
class Manifest:
    """A parsed manifest; `version` is None when the file has none (destructive files)."""

    version: str | None = None
    members: list[Member] = field(default_factory=list)

    def __contains__(self, address: object) -> bool:
        return any((member.kind, member.name) == address for member in self.members)


class BadManifest(Exception):
    """The manifest cannot be used; `text` in the vendor's words."""

    def __init__(self, text: str, line: int = 1, column: int = 1) -> None:
        super().__init__(text)
        self.text, self.line, self.column = text, line, column


def read_manifest(data: bytes) -> Manifest:
    """Parse a manifest file. Raises BadManifest."""
    try:
        document = xml.parse(data)
    except xml.Malformed as error:
        raise BadManifest(error.text, error.line, error.column) from error
    if document.root.tag != f"{{{xml.NS}}}Package":
        raise BadManifest(f"Error parsing file: unexpected root element {xml.local(document.root)}")
    return from_element(document.root, document)


def from_element(root: etree._Element, document: Document | None = None) -> Manifest:
    """The same from an element (SOAP `unpackaged`). Raises BadManifest."""
    manifest = Manifest(version=xml.text(root, "version"))
    for block in xml.kids(root):
        name = xml.local(block)
        if name == "types":
            manifest.members.extend(_members(block, document))
        elif name not in ("version", "fullName"):
            line, column = document.place(block) if document else (1, 1)
            raise BadManifest(f"Element {{{xml.NS}}}{name} invalid at this location in type Package", line, column)
    return manifest


def _members(block: etree._Element, document: Document | None) -> Iterator[Member]:
    kind = xml.text(block, "name")
    if kind is None:
        line, column = document.place(block) if document else (1, 1)
        raise BadManifest("Required field is missing: name", line, column)
    for node in xml.kids(block, "members"):
        line, column = document.place(node) if document else (1, 1)
        yield Member(kind, xml.own_text(node), line, column)

"""Metadata XML: read without trusting it, write it byte for byte the same every time.

What is written was read before: from a rendered template, or from an org. Templates say what a component is; which of
them travel together, in which order and with which indentation is decided here, so that partial packages are right too.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape  # of &, < and > with quote=False; xml.sax.saxutils would load urllib and ssl for the same
from typing import TYPE_CHECKING, Any

from provisioner.errors import TargetError
from provisioner.targets.salesforce.shape import NAMESPACE, NODES, XSD, XSI, ordered

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element, TreeBuilder


def read(content: bytes, path: str) -> Element:
    """The root element of UTF-8 text. No entities, no document types, no network; comments are left out. TargetError
    when it is not such XML."""
    from xml.etree.ElementTree import ParseError, XMLParser  # expat; a package has thousands of small files

    if b"\0" in content:  # UTF-16: the parser would find that out by itself, whatever it is told
        raise TargetError(f"{path} is not readable as XML: it is not UTF-8")
    # The encoding is ours to say, not the file's: so these bytes are how a document type is written.
    target = _no_document_type(path) if b"<!DOCTYPE" in content else None
    parser = XMLParser(target=target, encoding="utf-8")  # noqa: S314 (entities need a document type)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except (ParseError, ValueError) as error:
        raise TargetError(f"{path} is not readable as XML: {error}") from error
    return root


def _no_document_type(path: str) -> TreeBuilder:
    """Slower than the parser's own; for the few files where the words may also stand in a text."""
    from xml.etree.ElementTree import TreeBuilder

    class Refusing(TreeBuilder):
        def doctype(self, name: str, public: str | None, system: str | None) -> None:
            raise TargetError(f"{path} declares a document type, which metadata never does; it was not read.")

    return Refusing()


def write(root: str, content: Mapping[str, Any]) -> bytes:
    """A complete file from a canonical tree (`shape`), in schema order, four spaces per level."""
    typed = f' xmlns:xsi="{XSI}" xmlns:xsd="{XSD}"' if root == "CustomMetadata" else ""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{NAMESPACE}"{typed}>']
    _children(lines, root, content, 1)
    lines.append(f"</{root}>\n")
    return "\n".join(lines).encode("utf-8")


def _children(lines: list[str], parent: str, content: Mapping[str, Any], depth: int) -> None:
    names = list(content)
    if parent in NODES:
        names += ["locationX", "locationY"]
    for name in ordered(parent, names):
        value = content.get(name, "0")
        for item in value if isinstance(value, list) else [value]:
            _element(lines, parent, name, item, depth)


def _element(lines: list[str], parent: str, name: str, item: Any, depth: int) -> None:
    indent = "    " * depth
    if parent == "CustomMetadata" and name == "values":
        lines.append(f"{indent}<values>")
        lines.append(f"{indent}    <field>{escape(item['field'], quote=False)}</field>")
        lines.append(f"{indent}    {_typed(item)}")
        lines.append(f"{indent}</values>")
    elif isinstance(item, Mapping):
        lines.append(f"{indent}<{name}>")
        _children(lines, name, item, depth + 1)
        lines.append(f"{indent}</{name}>")
    else:
        lines.append(f"{indent}<{name}>{escape(str(item), quote=False)}</{name}>")


def _typed(item: Mapping[str, Any]) -> str:
    if item["value"] is None:
        return '<value xsi:nil="true"/>'
    return f'<value xsi:type="xsd:{item["type"]}">{escape(item["value"], quote=False)}</value>'

"""Metadata XML: read without trusting it, write it byte for byte the same every time.

What is written was read before: from a rendered template, or from an org. Templates say what a component is; which of
them travel together, in which order and with which indentation is decided here, so that partial packages are right too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from html import escape  # of &, < and > with quote=False; xml.sax.saxutils would load urllib and ssl for the same
from typing import TYPE_CHECKING, Any

from provisioner.errors import TargetError
from provisioner.targets.salesforce.shape import NAMESPACE, NODES, XSD, XSI, ordered

if TYPE_CHECKING:
    from lxml.etree import XMLParser
    from lxml.etree import _Element as Element


def read(content: bytes, path: str) -> Element:
    """The root element. No entities, no document types, no network. TargetError when it is not such XML."""
    from lxml import etree

    try:
        root = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as error:
        raise TargetError(f"{path} is not readable as XML: {error}") from error
    about: Any = etree.ElementTree(root).docinfo
    if about.doctype:
        raise TargetError(f"{path} declares a document type, which metadata never does; it was not read.")
    return root


@cache
def _parser() -> XMLParser:
    """Made once: a package has thousands of small files."""
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )


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

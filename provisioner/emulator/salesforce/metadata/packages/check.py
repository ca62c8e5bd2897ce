"""Is a file shaped as the schema says? Order does not matter (0.2); everything else does.

Texts: reference 0.2 and rows 4 to 7 of section 10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.types import Element, Types, metadata_types


@dataclass(frozen=True, slots=True)
class Misshape:
    """One violation and the element to point at."""

    text: str
    element: etree._Element


_PATTERNS = {
    "boolean": r"true|false|0|1",
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
    "double": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?",
    "time": r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
    "date": r"\d{4}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?",
    "dateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
    "base64Binary": r"[A-Za-z0-9+/=\s]*",
}
_PRIMITIVE = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}


def misshapes(root: etree._Element, type_name: str) -> list[Misshape]:
    """Every violation of the file against the type, in document order; the root's name included."""
    if root.tag != f"{{{xml.NS}}}{type_name}":
        return [Misshape(f"Error parsing file: Element {root.tag} invalid, expected {type_name}", root)]
    return list(_check(root, type_name, metadata_types()))


def _check(node: etree._Element, type_name: str, types: Types) -> Iterator[Misshape]:
    expected = types.elements(type_name)
    closed: set[str] = set()
    previous: str | None = None
    for child in xml.kids(node):
        name = xml.local(child)
        element = expected.get(name)
        if element is None or child.tag != f"{{{xml.NS}}}{name}":
            yield Misshape(f"Element {child.tag} invalid at this location in type {type_name}", child)
            continue
        repeated = name == previous and not element.many
        if repeated or name in closed:
            yield Misshape(f"Element {name} is duplicated at this location in type {type_name}", child)
        if previous is not None and name != previous:
            closed.add(previous)
        previous = name
        yield from _check_child(child, element, types)
    present = {xml.local(child) for child in xml.kids(node)}
    for element in expected.values():
        if element.required and element.name not in present:
            yield Misshape(f"Required field is missing: {element.name}", node)


def _check_child(child: etree._Element, element: Element, types: Types) -> Iterator[Misshape]:
    if element.type == "anyType":
        return
    if types.is_complex(element.type):
        yield from _check(child, element.type, types)
        return
    if xml.kids(child):
        wrong = xml.kids(child)[0]
        yield Misshape(f"Element {wrong.tag} invalid at this location in type {element.type}", wrong)
        return
    value = xml.own_text(child)
    if types.enums.get(element.type):
        if value not in types.enums[element.type]:
            yield Misshape(f"'{value}' is not a valid value for the enum '{element.type}'", child)
        return
    if not value and element.type != "string" and not element.required:
        return
    if not fits(value, element.type):
        yield Misshape(f"'{value}' is not a valid value for the type xsd:{element.type}", child)


def fits(value: str, primitive: str) -> bool:
    """Whether text is in the lexical space of an XSD primitive (unknown primitives accept all)."""
    pattern = _PRIMITIVE.get(primitive)
    if pattern is None:
        return True
    if not pattern.fullmatch(value):
        return False
    if primitive in ("date", "dateTime"):
        try:
            if primitive == "date":
                date.fromisoformat(value[:10])
            else:
                datetime.fromisoformat(value)
        except ValueError:
            return False
    return True

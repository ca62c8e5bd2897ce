"""The types of the Metadata API, read from the WSDL inside the installed `simple_salesforce` (API 63).

What 66 adds and this emulator accepts is in ADDED (compared by hand with the 66.0 contract, [wsdl]).
"""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from provisioner.emulator.salesforce.xml import XSD


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a sequence: its type without prefix, whether it must be there and may repeat."""

    name: str
    type: str
    required: bool
    many: bool


@dataclass(slots=True)
class Types:
    """Complex types (own elements and base) and enumerations by name."""

    own: dict[str, dict[str, Element]] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)
    enums: dict[str, frozenset[str]] = field(default_factory=dict)
    _merged: dict[str, dict[str, Element]] = field(default_factory=dict)

    def elements(self, name: str) -> dict[str, Element]:
        """All elements of a complex type, those of its bases first (schema order)."""
        if name not in self._merged:
            inherited = self.elements(self.base[name]) if name in self.base else {}
            self._merged[name] = {**inherited, **self.own.get(name, {})}
        return self._merged[name]

    def is_complex(self, name: str) -> bool:
        """Whether the name is a complex type."""
        return name in self.own


# (type, element, its type, repeats): elements of 66.0 that the 63.0 WSDL does not have.
ADDED: tuple[tuple[str, str, str, bool], ...] = (
    ("FlowActionCall", "timeoutPathUsage", "FlowActionCallTimeoutPath", False),
    ("FlowElementReferenceOrValue", "timeValue", "time", False),
    ("CustomField", "displayLocationInDecimal", "boolean", False),
    ("CustomField", "readOnlyProxy", "boolean", False),
    ("Metadata", "module", "string", False),
)
ADDED_VALUES: dict[str, tuple[str, ...]] = {
    "FlowVersionStatus": ("UnderReview",),
    "FlowComparisonOperator": ("HasError",),
    "FlowDataType": ("Time",),
    "FlowActionCallTimeoutPath": ("EnableTimeoutPath", "DisableTimeoutPath"),
}


@lru_cache(maxsize=1)
def metadata_types() -> Types:
    """Load the table (about a tenth of a second, once per process)."""
    source = importlib.resources.files("simple_salesforce") / "metadata.wsdl"
    with importlib.resources.as_file(source) as path:
        root = etree.parse(str(path)).getroot()
    types = Types()
    for node in root.iter(f"{{{XSD}}}complexType"):
        if node.get("name"):
            _read_complex(types, node)
    for node in root.iter(f"{{{XSD}}}simpleType"):
        if node.get("name"):
            values = (str(value.get("value")) for value in node.iter(f"{{{XSD}}}enumeration"))
            types.enums[str(node.get("name"))] = frozenset(values)
    for owner, name, kind, many in ADDED:
        types.own[owner][name] = Element(name, kind, required=False, many=many)
    for enum, values_added in ADDED_VALUES.items():
        types.enums[enum] = types.enums.get(enum, frozenset()) | set(values_added)
    return types


def _read_complex(types: Types, node: etree._Element) -> None:
    name = str(node.get("name"))
    extension = next(node.iter(f"{{{XSD}}}extension"), None)
    if extension is not None:
        types.base[name] = str(extension.get("base")).split(":")[-1]
    types.own[name] = {
        str(element.get("name")): Element(
            str(element.get("name")),
            str(element.get("type")).split(":")[-1],
            required=element.get("minOccurs") != "0",
            many=element.get("maxOccurs") == "unbounded",
        )
        for element in node.iter(f"{{{XSD}}}element")
    }

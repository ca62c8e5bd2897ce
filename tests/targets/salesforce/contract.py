"""The vendor's own schema of metadata files, built from a WSDL as reference/salesforce.md 0.2 does it."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import simple_salesforce
from lxml import etree

XSD = "http://www.w3.org/2001/XMLSchema"
NS = "http://soap.sforce.com/2006/04/metadata"
ROOTS = (
    "ApexClass", "ApexTrigger", "BusinessHoursSettings", "CustomMetadata", "CustomNotificationType", "CustomObject",
    "Dashboard", "DashboardFolder", "Report", "ReportFolder",
    "Flow", "LeadConvertSettings", "EmailFolder", "EmailTemplate", "Package", "PermissionSet", "Queue", "Workflow",
)  # fmt: skip
OLDER = Path(simple_salesforce.__file__).parent / "metadata.wsdl"
CURRENT = Path(__file__).parents[4] / "shared" / "contracts" / "salesforce" / "metadata-66.wsdl"


def schema(wsdl: Path) -> Any:
    source = etree.parse(str(wsdl)).find(f".//{{{XSD}}}schema")
    built = etree.Element(f"{{{XSD}}}schema", nsmap={"xsd": XSD, "tns": NS})
    built.attrib.update(source.attrib)
    built.extend(deepcopy(child) for child in source)
    present = {element.get("name") for element in built.findall(f"{{{XSD}}}element")}
    for name in ROOTS:
        if name not in present:
            etree.SubElement(built, f"{{{XSD}}}element", name=name, type=f"tns:{name}")
    return etree.XMLSchema(etree.ElementTree(built))


def problems(schema: Any, files: dict[str, bytes]) -> list[str]:
    """What the schema, which minds the order of elements, has against these files."""
    found = []
    for path, content in files.items():
        if content.lstrip().startswith(b"<?xml"):
            root = etree.fromstring(content)
            if not schema.validate(root):
                found += [f"{path}: {error}" for error in schema.error_log]
    return found

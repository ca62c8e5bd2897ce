"""CustomMetadata records: typed values, kept as rows of `X__mdt`. [code: salto] [docs] reference/salesforce.md 5"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.packages import check
from provisioner.emulator.salesforce.metadata.problems import refuse
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.components import Component, Components
from provisioner.emulator.salesforce.state.rows import Compare
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef

# API field type → (xsi:type the server wants, the word it uses for it).
_WANTED: dict[str, tuple[str, str]] = {
    "boolean": ("boolean", "Boolean"),
    "double": ("double", "Double"),
    "percent": ("double", "Double"),
    "date": ("date", "Date"),
    "datetime": ("dateTime", "DateTime"),
}


def put_record(work: Work, item: Item) -> Saved:
    """One record, all of its fields: what the file leaves out becomes null."""
    type_name, _, name = item.full_name.partition(".")
    sobject = f"{type_name}__mdt"
    if not work.org.schema.has(sobject):
        raise refuse(f"no CustomObject named {sobject} found")
    if not is_api_name(name):
        raise refuse(
            f"The record name {name} must begin with a letter, use only letters, digits and single "
            "underscores, and has at most 40 characters."
        )
    label = xml.text(item.element, "label")
    if label is None:
        raise refuse("Required field is missing: label")
    if len(label) > 40:
        raise refuse(f"label: data value too large: {label} (max length=40)", xml.kid(item.element, "label"))
    owner = work.org.schema.sobject(sobject)
    row = _values(work, owner, item.element)
    missing = [one.name for one in owner.fields if one.custom and not one.nillable and row.get(one.name) is None]
    if missing:
        raise refuse(f"Required fields are missing: [{', '.join(missing)}]")
    row |= {"MasterLabel": label, "Label": label, "Language": "en_US", "QualifiedApiName": name}
    row_id = work.upsert(owner.name, "DeveloperName", name, row)
    return work.keep(item, component_id=row_id, body=_canonical(item.element))


def _canonical(root: etree._Element) -> bytes:
    out = xml.copy_of(root)
    xml.sort_children(out)
    ordered = sorted(xml.kids(out, "values"), key=lambda node: xml.text(node, "field") or "")
    for node in ordered:
        out.remove(node)
    out.extend(ordered)
    return xml.printed(out, schema_prefixes=True)


def _values(work: Work, owner: SObjectDef, root: etree._Element) -> dict[str, Any]:
    row: dict[str, Any] = {one.name: False if one.type == "boolean" else None for one in owner.fields if one.custom}
    seen: set[str] = set()
    for entry in xml.kids(root, "values"):
        name = xml.text(entry, "field") or ""
        item = owner.get(name)
        if item is None or not item.custom:
            raise refuse(f"no CustomField named {owner.name}.{name} found", entry)
        if item.name in seen:
            raise refuse(f"duplicate value found: [{item.name}] is defined multiple times", entry)
        seen.add(item.name)
        value = xml.kid(entry, "value")
        read = None if value is None else _read(work, item, value)
        row[item.name] = False if read is None and item.type == "boolean" else read
    return row


def _read(work: Work, item: FieldDef, value: etree._Element) -> Any:
    if value.get(f"{{{xml.XSI}}}nil") in ("true", "1"):
        return None
    wanted, word = _WANTED.get(item.type, ("string", "String"))
    prefix, _, kind = (value.get(f"{{{xml.XSI}}}type") or "").rpartition(":")
    if kind != wanted or value.nsmap.get(prefix or None) != xml.XSD:
        raise refuse(f"Invalid value for field {item.name}: a value of type {word} is required", value)
    text = xml.own_text(value)
    if not check.fits(text, wanted):
        raise refuse(f"'{text}' is not a valid value for the type xsd:{wanted}", value)
    if not text:
        return None
    return _typed(work, item, text, value)


def _typed(work: Work, item: FieldDef, text: str, value: etree._Element) -> Any:
    match item.type:
        case "boolean":
            return text in ("true", "1")
        case "double" | "percent":
            return _number(item, float(text), value)
        case "date":
            return date.fromisoformat(text[:10])
        case "datetime":
            instant = datetime.fromisoformat(text)
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
        case "reference":
            return _related(work, item, text, value)
    if item.length and len(text) > item.length:
        raise refuse(f"{item.label}: data value too large: {text} (max length={item.length})", value)
    if item.restricted and text not in {one.value for one in item.picklist if one.active}:
        raise refuse(f"bad value for restricted picklist field: {text}", value)
    return text


def _number(item: FieldDef, number: float, value: etree._Element) -> float:
    if abs(number) >= 10 ** (item.precision - item.scale):
        raise refuse(f"{item.label}: value outside of valid range on numeric field: {number}", value)
    return round(number, item.scale)


def _related(work: Work, item: FieldDef, text: str, value: etree._Element) -> str:
    target = item.reference_to[0]
    name = text.rpartition(".")[2]
    found = work.org.rows.select(target, Compare("DeveloperName", "=", name), limit=1)
    if not found:
        raise refuse(f"no CustomMetadata named {target.removesuffix('__mdt')}.{name} found", value)
    return str(found[0]["Id"])


def record_file(components: Components, owner: SObjectDef, component: Component) -> etree._Element:
    """The record as retrieved: every field of the type, empty ones nil, numbers as `5.0` ([real] 1.10)."""
    out = xml.new_root("CustomMetadata")
    xml.add(out, "label", xml.text(component.root, "label"))
    xml.add(out, "protected", xml.flag(component.root, "protected"))
    given = {xml.text(entry, "field"): xml.kid(entry, "value") for entry in xml.kids(component.root, "values")}
    for item in sorted((one for one in owner.fields if one.custom), key=lambda one: one.name):
        entry = xml.add(out, "values")
        xml.add(entry, "field", item.name)
        value = xml.add(entry, "value")
        source = given.get(item.name)
        text = "" if source is None else xml.own_text(source)
        wanted = _WANTED.get(item.type, ("string", ""))[0]
        if item.type == "boolean" and not text:
            text = "false"
        if not text:
            value.set(f"{{{xml.XSI}}}nil", "true")
            continue
        value.set(f"{{{xml.XSI}}}type", f"xsd:{wanted}")
        value.text = str(float(text)) if wanted == "double" else text
    return out

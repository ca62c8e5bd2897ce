"""Custom fields: the server's rules for their XML (2.1), and the field definition that follows from it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.state.schema import FieldDef, PicklistValue

# Metadata type → the API's field type.
TYPES: dict[str, str] = {
    "Text": "string", "TextArea": "textarea", "LongTextArea": "longtextarea", "Html": "longtextarea",
    "Number": "double", "Currency": "currency", "Percent": "percent", "Checkbox": "boolean", "Date": "date",
    "DateTime": "datetime", "Time": "time", "Email": "email", "Phone": "phone", "Url": "url",
    "Picklist": "picklist", "MultiselectPicklist": "multipicklist", "Lookup": "reference",
    "MasterDetail": "reference", "MetadataRelationship": "reference",
}  # fmt: skip
CMDT_TYPES = frozenset((
    "Checkbox", "Date", "DateTime", "Email", "MetadataRelationship", "Number", "Percent", "Phone", "Picklist", "Text",
    "TextArea", "LongTextArea", "Url",
))  # fmt: skip
FORMULA_TYPES = frozenset(("Number", "Text", "Checkbox", "Date", "DateTime", "Currency", "Percent", "Time"))
NUMERIC = frozenset(("Number", "Currency", "Percent"))
LONG = frozenset(("LongTextArea", "Html"))
RELATIONS = frozenset(("Lookup", "MasterDetail", "MetadataRelationship"))
MASTER = frozenset(("MasterDetail",))
PICKLISTS = frozenset(("Picklist", "MultiselectPicklist"))
INDEXABLE = frozenset(("Text", "Number", "Email"))
# Attribute → metadata types that may carry it at all.
ALLOWED: dict[str, frozenset[str]] = {
    "length": frozenset(("Text", "LongTextArea", "Html")),
    "precision": NUMERIC, "scale": NUMERIC, "visibleLines": LONG | {"MultiselectPicklist"},
    "valueSet": PICKLISTS, "referenceTo": RELATIONS, "relationshipName": RELATIONS,
    "relationshipLabel": RELATIONS, "deleteConstraint": frozenset(("Lookup",)), "lookupFilter": frozenset(("Lookup",)),
    "relationshipOrder": MASTER, "reparentableMasterDetail": MASTER, "writeRequiresMasterRead": MASTER,
}  # fmt: skip
FORMULA_NEVER = ("length", "defaultValue")
FORMULA_NEVER_TRUE = ("required", "unique", "externalId", "trackHistory")
UNMODELLED = (
    "businessOwnerGroup", "businessOwnerUser", "encryptionScheme", "externalDeveloperName", "lookupFilter",
    "metadataRelationshipControllingField", "mktDataLakeFieldAttributes", "mktDataModelFieldAttributes",
    "summarizedField", "customDataType", "caseSensitive", "maskChar", "maskType", "displayFormat", "startingNumber",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
_SUFFIXES = "__c or __kav or __x or __b or __e or __p or __mdt or __dll or __dlm"
LENGTHS: dict[str, int] = {"TextArea": 255, "Email": 80, "Phone": 40, "Url": 255, "MetadataRelationship": 18,
                           "Picklist": 255, "MultiselectPicklist": 4099, "Lookup": 18, "MasterDetail": 18}  # fmt: skip


def is_api_name(name: str, limit: int = 40) -> bool:
    """Letters, digits, single underscores; starts with a letter; no trailing underscore ([docs] 2.1)."""
    return bool(_NAME.fullmatch(name)) and len(name) <= limit


def check_field(sobject: str, node: etree._Element, *, standard_names: frozenset[str]) -> None:
    """The rules that need the file alone. `standard_names`: lower-case names of the object's standard fields.

    Raises Refused with the first violation, as the server reports one per field.
    """
    _check_name(sobject, node, standard_names)
    for name in ("label", "type"):
        if xml.text(node, name) is None:
            raise refuse(f"Required field is missing: {name}", node)
    kind = str(xml.text(node, "type"))
    if kind not in TYPES:
        raise unmodelled(f"custom fields of type {kind}", xml.kid(node, "type"))
    for name in UNMODELLED:
        if xml.kid(node, name) is not None:
            raise unmodelled(f"{name} of a CustomField", xml.kid(node, name))
    custom_metadata = sobject.lower().endswith("__mdt")
    if custom_metadata and (kind not in CMDT_TYPES or xml.kid(node, "formula") is not None):
        shown = "formula" if xml.kid(node, "formula") is not None else kind
        raise refuse(f"Custom metadata types don't support fields of type {shown}", xml.kid(node, "type"))
    if not custom_metadata and (kind == "MetadataRelationship" or xml.kid(node, "fieldManageability") is not None):
        wrong = "type" if kind == "MetadataRelationship" else "fieldManageability"
        raise refuse(f"Can not specify '{wrong}' for a CustomField of type {kind}", xml.kid(node, wrong))
    _check_texts(node)
    _check_attributes(node, kind)
    if xml.kid(node, "formula") is not None:
        _check_formula(node, kind)
    else:
        _check_stored(node, kind)


def _check_name(sobject: str, node: etree._Element, standard_names: frozenset[str]) -> None:
    full = xml.text(node, "fullName")
    if full is None:
        raise refuse("Required field is missing: fullName", node)
    if "__" not in full:
        if full.lower() in standard_names:
            raise unmodelled(f"changes of the standard field {sobject}.{full}", node)
        raise refuse("Could not resolve standard field's name.", node)
    name = full.removesuffix("__c")
    if name == full:
        raise refuse(f"fullName must end with: {_SUFFIXES}", node)
    if not is_api_name(name):
        raise refuse(
            f"The field name {full} can only contain letters, digits and underscores, must begin with a letter, "
            "must not end with an underscore or contain two in a row, and has at most 40 characters before __c.",
            node,
        )


def _check_texts(node: etree._Element) -> None:
    for name, limit in (("label", 40), ("description", 1000), ("inlineHelpText", 510)):
        value = xml.text(node, name) or ""
        if len(value) > limit:
            raise refuse(f"{name}: data value too large: {value} (max length={limit})", xml.kid(node, name))


def _check_attributes(node: etree._Element, kind: str) -> None:
    def wrong(name: str) -> None:
        raise refuse(f"Can not specify '{name}' for a CustomField of type {kind}", xml.kid(node, name))

    for name, types in ALLOWED.items():
        if xml.kid(node, name) is not None and kind not in types:
            wrong(name)
    for name in ("unique", "externalId"):
        if xml.flag(node, name) and (kind not in INDEXABLE):
            wrong(name)
    if kind == "Checkbox" and xml.kid(node, "required") is not None and xml.kid(node, "formula") is None:
        wrong("required")
    if kind == "MasterDetail" and xml.flag(node, "required"):
        wrong("required")
    if xml.kid(node, "formula") is None and xml.kid(node, "formulaTreatBlanksAs") is not None:
        wrong("formulaTreatBlanksAs")


def _check_formula(node: etree._Element, kind: str) -> None:
    for name in FORMULA_NEVER:
        if xml.kid(node, name) is not None:
            raise refuse(f"Can not specify '{name}' for a CustomField of type {kind}", xml.kid(node, name))
    for name in FORMULA_NEVER_TRUE:
        if xml.flag(node, name):
            raise refuse(f"Can not specify '{name}' for a CustomField of type {kind}", xml.kid(node, name))
    if kind not in FORMULA_TYPES:
        raise refuse(f"Can not specify 'formula' for a CustomField of type {kind}", xml.kid(node, "formula"))
    if xml.text(node, "formula") is None:
        raise refuse("Required field is missing: formula", xml.kid(node, "formula"))
    if kind in NUMERIC:
        _check_numbers(node, kind)


def _check_numbers(node: etree._Element, kind: str) -> None:
    for name in ("precision", "scale"):
        if xml.text(node, name) is None:
            raise refuse(f"Must specify '{name}' for a CustomField of type {kind}", node)
    precision, scale = int(str(xml.text(node, "precision"))), int(str(xml.text(node, "scale")))
    if not 1 <= precision <= 18:
        raise refuse(f"precision: must be between 1 and 18, not {precision}", xml.kid(node, "precision"))
    if not 0 <= scale <= precision:
        raise refuse(f"scale: must be between 0 and the precision {precision}, not {scale}", xml.kid(node, "scale"))


def _check_stored(node: etree._Element, kind: str) -> None:
    if kind in ALLOWED["length"]:
        _check_length(node, kind)
    if kind in NUMERIC:
        _check_numbers(node, kind)
    if kind == "Checkbox" and xml.text(node, "defaultValue") not in ("true", "false"):
        raise refuse("Default Value must be specified", node)
    if kind in PICKLISTS:
        _check_value_set(node)
    if kind in ("Lookup", "MasterDetail"):
        for name in ("referenceTo", "relationshipName"):
            if xml.text(node, name) is None:
                raise refuse(f"Required field is missing: {name}", node)
        required = kind == "Lookup" and xml.flag(node, "required")
        if required and xml.text(node, "deleteConstraint") in (None, "SetNull"):
            raise refuse("Can not specify 'SetNull' as deleteConstraint for a required lookup field", node)
    if kind == "MetadataRelationship" and xml.text(node, "referenceTo") is None:
        raise refuse("Required field is missing: referenceTo", node)


def _check_length(node: etree._Element, kind: str) -> None:
    length = xml.text(node, "length")
    if length is None:
        raise refuse("Field length must be specified", node)
    low, high = (1, 255) if kind == "Text" else (256, 131_072)
    if not low <= int(length) <= high:
        raise refuse(f"length: must be between {low} and {high}, not {length}", xml.kid(node, "length"))
    if kind in LONG:
        lines = xml.text(node, "visibleLines")
        if lines is None or int(lines) < 2:
            raise refuse(f"Must specify 'visibleLines' of at least 2 for a CustomField of type {kind}", node)


def _check_value_set(node: etree._Element) -> None:
    value_set = xml.kid(node, "valueSet")
    if value_set is None:
        raise refuse("Required field is missing: valueSet", node)
    if (xml.kid(value_set, "valueSetName") is None) == (xml.kid(value_set, "valueSetDefinition") is None):
        raise refuse("Value set must reference a value set name or define a value set, but not both", value_set)
    for name in ("controllingField", "valueSettings"):
        if xml.kid(value_set, name) is not None:
            raise unmodelled("dependent picklists", xml.kid(value_set, name))
    definition = xml.kid(value_set, "valueSetDefinition")
    if definition is not None:
        check_values(xml.kids(definition, "value"))
        if xml.flag(value_set, "restricted") and len(xml.kids(definition, "value")) > 1000:
            raise refuse("A restricted picklist holds at most 1,000 values", value_set)


def check_values(values: list[etree._Element]) -> None:
    """No value twice, case ignored (section 10 row 19). Raises Refused."""
    seen: set[str] = set()
    for value in values:
        name = xml.text(value, "fullName")
        if name is None:
            raise refuse("Required field is missing: fullName", value)
        if name.lower() in seen:
            raise refuse(f"duplicate value found: [{name}] is defined multiple times", value)
        seen.add(name.lower())


def read_values(nodes: list[etree._Element]) -> tuple[PicklistValue, ...]:
    """Picklist values of `value`, `customValue` or `standardValue` elements."""
    return tuple(
        PicklistValue(
            str(xml.text(node, "fullName")),
            xml.text(node, "label") or str(xml.text(node, "fullName")),
            xml.flag(node, "isActive", default=True),
            xml.flag(node, "default"),
        )
        for node in nodes
    )


def merged_values(old: tuple[PicklistValue, ...], new: tuple[PicklistValue, ...]) -> tuple[PicklistValue, ...]:
    """New values first; what the new list leaves out stays as inactive ([docs] 2.1)."""
    names = {value.value.lower() for value in new}
    gone = (replace(value, active=False, default=False) for value in old if value.value.lower() not in names)
    return (*new, *gone)


def field_def(node: etree._Element, global_values: tuple[PicklistValue, ...] = ()) -> FieldDef:
    """The definition of a checked field. `global_values` are those of its `valueSetName`, if it has one."""
    kind, formula = str(xml.text(node, "type")), xml.text(node, "formula")
    stored, values = formula is None, global_values
    definition = xml.kid(node, "valueSet")
    if definition is not None and (own := xml.kid(definition, "valueSetDefinition")) is not None:
        values = read_values(xml.kids(own, "value"))
    length = int(xml.text(node, "length") or LENGTHS.get(kind, 1300 if formula and kind == "Text" else 0))
    return FieldDef(
        name=str(xml.text(node, "fullName")),
        label=str(xml.text(node, "label")),
        type=TYPES[kind],
        length=length,
        precision=int(xml.text(node, "precision") or 0),
        scale=int(xml.text(node, "scale") or 0),
        nillable=kind not in ("Checkbox", "MasterDetail") and not xml.flag(node, "required"),
        createable=stored,
        updateable=stored and (kind != "MasterDetail" or xml.flag(node, "reparentableMasterDetail")),
        custom=True,
        default=default_of(node, kind),
        formula=formula,
        blanks_as_zero=xml.text(node, "formulaTreatBlanksAs") != "BlankAsBlank" and not stored,
        picklist=values,
        restricted=xml.flag(node, "valueSet/restricted"),
        reference_to=(str(xml.text(node, "referenceTo")),) if kind in RELATIONS else (),
        relationship_name=str(xml.text(node, "fullName")).removesuffix("__c") + "__r" if kind in RELATIONS else None,
        unique=xml.flag(node, "unique"),
        external_id=xml.flag(node, "externalId"),
        description=xml.text(node, "description") or "",
        help=xml.text(node, "inlineHelpText") or "",
        metadata_type=kind,
        delete_constraint=_constraint(node, kind),
        track_history=xml.flag(node, "trackHistory"),
    )


def _constraint(node: etree._Element, kind: str) -> str:
    """What deleting the target does: a lookup is emptied unless it says otherwise, a detail goes with its master."""
    if kind == "MasterDetail":
        return "Cascade"
    return (xml.text(node, "deleteConstraint") or "SetNull") if kind == "Lookup" else ""


def default_of(node: etree._Element, kind: str) -> Any:
    """A literal default value. Formulas other than literals are not modelled. Raises Refused."""
    value = xml.text(node, "defaultValue")
    if value is None or xml.text(node, "formula") is not None:
        return None
    if kind == "Checkbox":
        return value == "true"
    if kind in NUMERIC and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if kind not in NUMERIC and re.fullmatch(r'"[^"\\]*"', value):
        return value[1:-1]
    raise unmodelled(f"the default value formula {value}", xml.kid(node, "defaultValue"))

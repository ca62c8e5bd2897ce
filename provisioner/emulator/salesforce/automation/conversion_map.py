"""Which values of a lead reach the account, the contact and the opportunity.

Standard fields: [docs] the help page on lead conversion mapping, as far as the emulated objects have the fields.
Custom fields: LeadConvertSettings, by the rules of the help page on mapping custom lead fields [docs]; the words of the
refusals are the emulator's own ([inferred]).
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from provisioner.emulator.salesforce.state.schema import FieldDef

TARGETS = ("Account", "Contact", "Opportunity")
STANDARD: dict[str, dict[str, str]] = {
    "Account": {
        "Company": "Name", "Phone": "Phone", "Fax": "Fax", "Website": "Website", "Industry": "Industry",
        "AnnualRevenue": "AnnualRevenue", "NumberOfEmployees": "NumberOfEmployees", "Rating": "Rating",
    },
    "Contact": {
        name: name
        for name in (
            "LastName", "FirstName", "Salutation", "Title", "Phone", "MobilePhone", "Fax", "Email", "LeadSource",
            "Description", "DoNotCall", "HasOptedOutOfEmail",
        )
    },
    "Opportunity": {"LeadSource": "LeadSource"},
}  # fmt: skip
_TEXT = frozenset(("Text", "TextArea"))


def _tag(node: etree._Element, name: str) -> str:
    found = next(node.iterchildren(f"{{*}}{name}"), None)
    return "" if found is None else (found.text or "").strip()


def pairs(root: etree._Element) -> Iterator[tuple[str, str, str, str]]:
    """(input object, input field, output object, output field) of a LeadConvertSettings file."""
    for mapping in root.iterchildren("{*}objectMapping"):
        for pair in mapping.iterchildren("{*}mappingFields"):
            source, target = _tag(mapping, "inputObject"), _tag(mapping, "outputObject")
            yield source, _tag(pair, "inputField"), target, _tag(pair, "outputField")


def misfit(source: FieldDef, target: FieldDef) -> str | None:
    """Why a lead's field cannot be mapped to another object's field; None when it can."""
    if not source.custom or not target.custom:
        return "only custom fields are mapped"
    if target.formula is not None:
        return "the target is a formula"
    one, other = source.metadata_type, target.metadata_type
    if one in _TEXT:
        fits = other in (*_TEXT, "LongTextArea") or (other == "Picklist" and not target.restricted)
    elif one == "Picklist":
        fits = other in _TEXT or (other == "Picklist" and not target.restricted)
    else:
        fits = one == other and (one != "Lookup" or source.reference_to == target.reference_to)
    if not fits:
        return f"a field of type {one} does not fit {other}" + (" (restricted)" if target.restricted else "")
    if other not in ("Picklist", "MultiselectPicklist") and one != "Picklist":
        if target.length < source.length:
            return f"the target holds {target.length} characters, the source {source.length}"
        if (target.precision - target.scale, target.scale) < (source.precision - source.scale, source.scale):
            return "the target holds fewer digits"
    return None

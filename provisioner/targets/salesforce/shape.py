"""The shape of Salesforce metadata: which elements repeat, what they are keyed by, in which order they are written.

Two forms are converted into each other here: an XML element and its canonical tree. The canonical tree is plain data:
an element with children is a dict, a leaf is a str, an element that may repeat is always a list (sorted by its key when
it has one, else in document order). Positions on a canvas and other things without meaning are not part of it.
[docs] reference/salesforce.md 0.2 (schema order), 1.10 (what a server adds).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE, _NIL = f"{{{XSI}}}type", f"{{{XSI}}}nil"
XSD = "http://www.w3.org/2001/XMLSchema"

# Kinds of flow elements that sit on the canvas; all of them are ours in a flow of ours.
FLOW_NODES = (
    "actionCalls", "apexPluginCalls", "assignments", "collectionProcessors", "customErrors", "decisions", "loops",
    "orchestratedStages", "recordCreates", "recordDeletes", "recordLookups", "recordRollbacks", "recordUpdates",
    "screens", "steps", "subflows", "transforms", "waits",
)  # fmt: skip
FLOW_RESOURCES = (
    "choices", "constants", "dynamicChoiceSets", "formulas", "stages", "textTemplates", "variables",
)  # fmt: skip

# (parent, element) → the key its items are sorted by; None = the order has a meaning; "" = plain texts, sorted.
LISTS: dict[tuple[str, str], str | None] = {
    **{("Flow", kind): "name" for kind in FLOW_NODES + FLOW_RESOURCES},
    ("Flow", "processMetadataValues"): "name",
    ("Flow", "environments"): "",
    ("decisions", "rules"): None,
    ("rules", "conditions"): None,
    ("start", "filters"): None,
    ("start", "scheduledPaths"): "name",
    ("recordLookups", "filters"): None,
    ("recordLookups", "queriedFields"): "",
    ("recordUpdates", "filters"): None,
    ("recordUpdates", "inputAssignments"): "field",
    ("recordCreates", "inputAssignments"): "field",
    ("assignments", "assignmentItems"): None,
    ("actionCalls", "inputParameters"): "name",
    ("actionCalls", "outputParameters"): "name",
    ("valueSetDefinition", "value"): None,
    ("CustomMetadata", "values"): "field",
    ("alerts", "recipients"): "type",
    ("WorkflowAlert", "recipients"): "type",
    ("alerts", "ccEmails"): "",
    ("WorkflowAlert", "ccEmails"): "",
    ("PermissionSet", "classAccesses"): "apexClass",
    ("PermissionSet", "customMetadataTypeAccesses"): "name",
    ("PermissionSet", "fieldPermissions"): "field",
    ("PermissionSet", "objectPermissions"): "object",
    ("PermissionSet", "userPermissions"): "name",
    ("LeadConvertSettings", "objectMapping"): None,
    ("objectMapping", "mappingFields"): "outputField",
    ("Report", "aggregates"): "developerName",
    ("Report", "columns"): None,
    ("Report", "groupingsDown"): None,
    ("Report", "groupingsAcross"): None,
    ("Report", "params"): "name",
    ("columns", "aggregateTypes"): "",
    ("filter", "criteriaItems"): None,
    ("dashboardGridLayout", "dashboardGridComponents"): None,
    ("dashboardComponent", "chartSummary"): None,
    ("dashboardComponent", "groupingColumn"): None,
    ("ListView", "columns"): None,
    ("ListView", "filters"): None,
    ("Queue", "queueSobject"): "sobjectType",
    ("holidays", "businessHours"): "",
    ("Holiday", "businessHours"): "",  # the same entry, under the name of its address kind
}

WITHOUT_MEANING = frozenset({"locationX", "locationY", "isGoTo"})
_GAUGES = ("gaugeMax", "gaugeMin", "indicatorBreakpoint1", "indicatorBreakpoint2")
NUMBERS = frozenset(
    {"length", "maxBatchSize", "numberValue", "offsetNumber", "precision", "scale", "triggerOrder", "visibleLines"}
    | set(_GAUGES)
)
# Base types come first, the rest is alphabetical in every type that is written here. [wsdl]
_FIRST = ("fullName", "processMetadataValues", "description", "name")
_NODE_FIRST = (*_FIRST, "label", "locationX", "locationY")
NODES = frozenset({*FLOW_NODES, "start"})
_ELEMENTS = frozenset({*FLOW_RESOURCES, "rules", "scheduledPaths", "inputParameters"})


def ordered(parent: str, names: list[str]) -> list[str]:
    """Element names below `parent` in schema order."""
    if parent in NODES:
        first: tuple[str, ...] = _NODE_FIRST
    elif parent in _ELEMENTS:
        first = _FIRST
    else:
        first = ("fullName",)
    return sorted(names, key=lambda name: (first.index(name) if name in first else len(first), name))


def tree(element: Element, parent: str | None = None) -> dict[str, Any]:
    """The canonical tree of an element with children; `parent` overrides its name as context for lists."""
    context = parent or _LOCAL[element.tag]
    lists, typed = _lists_in(context), context == "CustomMetadata"
    found: dict[str, Any] = {}
    for child in element:  # written out: a big design has hundreds of thousands of elements
        name = _LOCAL[child.tag]
        if name in WITHOUT_MEANING:
            continue
        value: Any
        if typed and name == "values":
            value = _typed_value(child)
        elif len(child):
            value = tree(child)
        else:
            value = (child.text or "").strip()
            if value and name in NUMBERS:
                value = number(value)
        if not value:
            continue
        if name not in found:
            found[name] = [value] if name in lists else value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    if lists:
        for name in lists.keys() & found.keys():
            found[name] = _listed(name, lists[name], found[name])
    return {name: found[name] for name in sorted(found)} if len(found) > 1 else found


@cache
def _lists_in(context: str) -> dict[str, str | None]:
    """`LISTS` of one parent."""
    return {name: key for (parent, name), key in LISTS.items() if parent == context}


class _Local(dict[str, str]):
    """Tag → name without its namespace. There are few, and very many elements."""

    def __missing__(self, tag: str) -> str:
        self[tag] = tag.rpartition("}")[2]
        return self[tag]


_LOCAL = _Local()


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return _LOCAL[element.tag]


def _typed_value(element: Element) -> dict[str, Any]:
    """A value of a custom metadata record: `type` is an xsd name, `value` None when it is nil."""
    answer: dict[str, Any] = {}
    for child in element:
        text = (child.text or "").strip()
        name = _LOCAL[child.tag]
        if name != "value":
            answer[name] = text
            continue
        said = child.attrib
        kind = said.get(_TYPE, "").rpartition(":")[2]
        empty = said.get(_NIL) in ("true", "1") or (kind == "string" and not text)
        answer["value"] = None if empty else number(text) if kind in ("double", "int") else text
        if not empty:
            answer["type"] = "double" if kind == "int" else kind or "string"
    answer.setdefault("value", None)
    return answer


def number(text: str) -> str:
    """`5.0` and `5` are the same number; what is no number stays as it is."""
    if text.isascii() and text.isdigit() and text[0] != "0":
        return text  # most are whole, and need no arithmetic
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    plain = format(value.normalize(), "f")
    return "0" if plain in ("-0", "0") else plain


def _listed(name: str, key: str | None, values: list[Any]) -> list[Any]:
    if key is None:
        # A picklist value that was removed stays behind, switched off. [docs] reference/salesforce.md 2.1
        return [item for item in values if not (name == "value" and item.get("isActive") == "false")]
    if key == "":
        return sorted(values)
    return sorted(values, key=lambda item: str(item.get(key, "")) if isinstance(item, dict) else str(item))

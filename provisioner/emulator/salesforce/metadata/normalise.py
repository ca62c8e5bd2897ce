"""What the server makes of a file it was sent: the defaults it writes and the order it prints (1.10).

A naive comparison of what was deployed with what is retrieved therefore shows changes that nobody made.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import INDEXABLE, NUMERIC, PICKLISTS
from provisioner.emulator.salesforce.state.schema import PicklistValue

_NODE_HEAD = ("name", "label", "locationX", "locationY")
_PARENT_FIRST = ("fullName",)


def _ensure(node: etree._Element, name: str, value: str | bool) -> None:
    if xml.kid(node, name) is None:
        xml.add(node, name, value)


def _drop_empty(node: etree._Element) -> None:
    for child in xml.kids(node):
        _drop_empty(child)
        if (
            not xml.kids(child)
            and not xml.own_text(child)
            and not child.attrib
            and xml.local(child) not in xml.KEPT_EMPTY
        ):
            node.remove(child)


def normal_field(node: etree._Element, values: tuple[PicklistValue, ...], *, custom_metadata: bool) -> etree._Element:
    """A `fields` element with the server's defaults. `values`: all picklist values, inactive ones included."""
    out = xml.copy_of(node)
    kind, formula = str(xml.text(node, "type")), xml.kid(node, "formula") is not None
    _ensure(out, "externalId", False)
    if kind != "Checkbox":
        _ensure(out, "required", False)
    if kind in INDEXABLE:
        _ensure(out, "unique", False)
    if custom_metadata:
        _ensure(out, "fieldManageability", "DeveloperControlled")
    else:
        for name in ("trackFeedHistory", "trackHistory", "trackTrending"):
            _ensure(out, name, False)
    if formula:
        _ensure(out, "formulaTreatBlanksAs", "BlankAsZero")
        if kind in NUMERIC and (precision := xml.kid(out, "precision")) is not None:
            precision.text = "18"
    if kind in PICKLISTS:
        _normal_value_set(out, values)
    xml.sort_children(out, _PARENT_FIRST)
    return out


def _normal_value_set(field: etree._Element, values: tuple[PicklistValue, ...]) -> None:
    value_set = xml.kid(field, "valueSet")
    if value_set is None:
        return
    _ensure(value_set, "restricted", False)
    definition = xml.kid(value_set, "valueSetDefinition")
    if definition is not None:
        _ensure(definition, "sorted", False)
        for old in xml.kids(definition, "value"):
            definition.remove(old)
        for value in values:
            definition.append(value_element(value, "value"))
    xml.sort_children(value_set)


def value_element(value: PicklistValue, name: str) -> etree._Element:
    """A picklist value as printed: `isActive` only when false."""
    node = xml.new_root(name)
    xml.add(node, "fullName", value.value)
    xml.add(node, "default", value.default)
    if not value.active:
        xml.add(node, "isActive", False)
    xml.add(node, "label", value.shown)
    return node


def normal_flow(root: etree._Element) -> etree._Element:
    """A flow as saved: locations zeroed, builder defaults added. `status` stays for the caller."""
    out = xml.copy_of(root)
    _drop_empty(out)
    _ensure(out, "areMetricsLoggedToDataCloud", False)
    _ensure(out, "environments", "Default")
    for node in xml.elements(out):
        if xml.local(node) in ("locationX", "locationY"):
            node.text = "0"
    for action in xml.kids(out, "actionCalls"):
        _ensure(action, "nameSegment", xml.text(action, "actionName") or "")
        _ensure(action, "flowTransactionModel", "CurrentTransaction")
    for lookup in xml.kids(out, "recordLookups"):
        _ensure(lookup, "assignNullValuesIfNoRecordsFound", False)
    if not any(xml.text(one, "name") == "OriginBuilderType" for one in xml.kids(out, "processMetadataValues")):
        origin = xml.add(out, "processMetadataValues")
        xml.add(origin, "name", "OriginBuilderType")
        xml.add(xml.add(origin, "value"), "stringValue", "LightningFlowBuilder")
    for child in xml.kids(out):
        if xml.kids(child):
            xml.sort_children(child, _NODE_HEAD)
    xml.sort_children(out)
    return out


def normal_permission_set(root: etree._Element) -> etree._Element:
    """A permission set: `hasActivationRequired`, only enabled user permissions, entries by name."""
    out = xml.copy_of(root)
    _drop_empty(out)
    _ensure(out, "hasActivationRequired", False)
    for permission in xml.kids(out, "userPermissions"):
        if not xml.flag(permission, "enabled"):
            out.remove(permission)
    keys = {
        "fieldPermissions": "field", "objectPermissions": "object", "userPermissions": "name",
        "classAccesses": "apexClass", "customMetadataTypeAccesses": "name", "flowAccesses": "flow",
    }  # fmt: skip
    for entry in xml.kids(out):
        xml.sort_children(entry)
    ordered = sorted(
        xml.kids(out), key=lambda node: (xml.local(node), xml.text(node, keys.get(xml.local(node), "name")) or "")
    )
    for node in list(out):
        out.remove(node)
    out.extend(ordered)
    return out


def normal_plain(root: etree._Element) -> etree._Element:
    """Any other file: empty elements dropped, top level and entries alphabetical."""
    out = xml.copy_of(root)
    _drop_empty(out)
    for child in xml.kids(out):
        xml.sort_children(child, _PARENT_FIRST)
    xml.sort_children(out)
    return out


def normal_queue(root: etree._Element) -> etree._Element:
    """A queue: its `doesSendEmailToMembers` is explicit."""
    out = normal_plain(root)
    _ensure(out, "doesSendEmailToMembers", False)
    xml.sort_children(out)
    return out


NORMAL: dict[str, Callable[[etree._Element], etree._Element]] = {
    "Flow": normal_flow,
    "PermissionSet": normal_permission_set,
    "Queue": normal_queue,
}


def body_of(kind: str, root: etree._Element) -> bytes:
    """The printed, normalised body of a whole-file component."""
    return xml.printed(NORMAL.get(kind, normal_plain)(root), schema_prefixes=kind == "CustomMetadata")

"""GlobalValueSet and StandardValueSet. Names of the standard sets: [docs] the Metadata API's list of their names."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import check_values, merged_values, read_values
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.schema import FieldDef
from provisioner.emulator.salesforce.state.standard import VALUE_SETS


@dataclass(frozen=True, slots=True)
class Flagged:
    """A set whose values carry a flag and are rows, too: the object, its flag, and the flag's element."""

    sobject: str
    field: str
    element: str


FLAGGED: dict[str, Flagged] = {
    "LeadStatus": Flagged("LeadStatus", "IsConverted", "converted"),
    "TaskStatus": Flagged("TaskStatus", "IsClosed", "closed"),
}


def put_global_value_set(work: Work, item: Item) -> Saved:
    """A global value set, and the picklists that use it."""
    check_values(xml.kids(item.element, "customValue"))
    values = read_values(xml.kids(item.element, "customValue"))
    saved = work.keep(item)
    for component in work.components.all("CustomField"):
        if xml.text(component.root, "valueSet/valueSetName") == item.full_name:
            owner, _, name = component.full_name.partition(".")
            known = work.org.schema.sobject(owner).field(name)
            merged = merged_values(known.picklist, values)
            if merged != known.picklist:
                _swap(work, owner, replace(known, picklist=merged))
    return saved


def put_standard_value_set(work: Work, item: Item) -> Saved:
    """The values of a standard picklist."""
    if item.full_name not in VALUE_SETS:
        raise unmodelled(f"the StandardValueSet {item.full_name}")
    nodes = xml.kids(item.element, "standardValue")
    if not nodes:
        raise refuse("Required field is missing: standardValue")
    check_values(nodes)
    if item.full_name in FLAGGED:
        _put_flagged(work, FLAGGED[item.full_name], nodes)
    values = read_values(nodes)
    for owner, name in VALUE_SETS[item.full_name]:
        known = work.org.schema.sobject(owner).field(name)
        merged = merged_values(known.picklist, values)
        if merged != known.picklist:
            _swap(work, owner, replace(known, picklist=merged))
    return work.keep(item)


def _swap(work: Work, owner: str, new: FieldDef) -> None:
    old = work.org.schema.sobject(owner).field(new.name)
    work.org.schema.replace_field(owner, new)
    for name in ("Task", "Event") if owner == "Activity" else (owner,):
        work.org.record_types.admit(name, old, new)


def _put_flagged(work: Work, kind: Flagged, nodes: list[etree._Element]) -> None:
    """Active values are rows in the order of the file; one of them has the flag ([inferred]: conversion and closing
    need it; what the vendor says is not known)."""
    rows, kept = work.org.rows, set()
    active = [node for node in nodes if xml.flag(node, "isActive", default=True)]
    if not any(xml.flag(node, kind.element) for node in active):
        raise refuse(f"At least one active value of {kind.sobject} must be {kind.element}")
    for place, (node, value) in enumerate(zip(active, read_values(active), strict=True), 1):
        facts = {"MasterLabel": value.shown, "SortOrder": place, "IsDefault": value.default}
        facts[kind.field] = xml.flag(node, kind.element)
        kept.add(work.upsert(kind.sobject, "ApiName", value.value, facts))
    for row in rows.select(kind.sobject):
        if row["Id"] not in kept:
            rows.delete(kind.sobject, str(row["Id"]))

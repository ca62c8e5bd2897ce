"""GlobalValueSet and StandardValueSet."""

from __future__ import annotations

from dataclasses import replace

from provisioner.emulator.salesforce.metadata import xml
from provisioner.emulator.salesforce.metadata.fields import check_values, merged_values, read_values
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work

# StandardValueSet → the fields it feeds. Status sets also feed data rows and are not modelled.
STANDARD: dict[str, tuple[tuple[str, str], ...]] = {
    "LeadSource": (("Lead", "LeadSource"), ("Contact", "LeadSource"), ("Opportunity", "LeadSource")),
    "Industry": (("Lead", "Industry"), ("Account", "Industry")),
    "TaskType": (("Task", "Type"),),
    "EventType": (("Event", "Type"),),
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
                work.org.schema.replace_field(owner, replace(known, picklist=merged))
    return saved


def put_standard_value_set(work: Work, item: Item) -> Saved:
    """The values of a standard picklist."""
    if item.full_name not in STANDARD:
        raise unmodelled(f"the StandardValueSet {item.full_name}")
    nodes = xml.kids(item.element, "standardValue")
    if not nodes:
        raise refuse("Required field is missing: standardValue")
    check_values(nodes)
    values = read_values(nodes)
    for owner, name in STANDARD[item.full_name]:
        known = work.org.schema.sobject(owner).field(name)
        merged = merged_values(known.picklist, values)
        if merged != known.picklist:
            work.org.schema.replace_field(owner, replace(known, picklist=merged))
    return work.keep(item)

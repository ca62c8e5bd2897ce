"""Lead conversion in metadata: the map of fields, the settings of leads. [docs] [wsdl] reference/salesforce.md 3.4"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.automation.conversion_map import TARGETS, misfit
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_SETTINGS = ("doesTrackHistory", "shouldLeadConvertRequireValidation")


def put_map(work: Work, item: Item) -> Saved:
    """The whole map of lead fields; what the file leaves out is mapped no more ([inferred] 3.4)."""
    if item.full_name != "LeadConvertSettings":
        raise refuse(f"no LeadConvertSettings named {item.full_name} found")
    taken: set[tuple[str, str]] = set()
    for mapping in xml.kids(item.element, "objectMapping"):
        source, target = (str(xml.text(mapping, name)) for name in ("inputObject", "outputObject"))
        if source != "Lead" or target not in TARGETS:
            raise refuse(
                f"A mapping leads from Lead to one of {', '.join(TARGETS)}, not from {source} to {target}", mapping
            )
        for pair in xml.kids(mapping, "mappingFields"):
            _check(work, pair, target)
            name = str(xml.text(pair, "outputField"))
            if (target, name.lower()) in taken:
                raise refuse(f"duplicate value found: [{target}.{name}] is mapped multiple times", pair)
            taken.add((target, name.lower()))
    return work.keep(item)


def _check(work: Work, pair: etree._Element, target: str) -> None:
    fields = []
    for owner, element in (("Lead", "inputField"), (target, "outputField")):
        name = str(xml.text(pair, element))
        found = work.org.schema.sobject(owner).get(name)
        if found is None:
            raise refuse(f"In field: {element} - no CustomField named {owner}.{name} found", pair)
        fields.append(found)
    problem = misfit(*fields)
    if problem is not None:
        raise refuse(f"Lead.{fields[0].name} cannot be mapped to {target}.{fields[1].name}: {problem}", pair)


def put_lead_settings(work: Work, item: Item) -> Saved:
    """`settings/LeadConfig.settings`: whether conversion requires validation, whether leads keep a history."""
    for child in xml.kids(item.element):
        if xml.local(child) not in _SETTINGS:
            raise unmodelled(f"{xml.local(child)} of the LeadConfigSettings", child)
    if xml.kid(item.element, "doesTrackHistory") is not None:
        work.org.history.enable("Lead", on=xml.flag(item.element, "doesTrackHistory"))
    if xml.kid(item.element, "shouldLeadConvertRequireValidation") is not None:
        required = xml.flag(item.element, "shouldLeadConvertRequireValidation")

        def switch() -> None:
            work.org.settings.convert_requires_validation = required
            work.org.keep_settings()

        work.after_commit.append(switch)
    return work.keep(item)


def lead_settings_file(org: Org) -> etree._Element:
    """`settings/LeadConfig.settings` as the org stands, as far as it is modelled."""
    root = xml.new_root("LeadConfigSettings")
    xml.add(root, "doesTrackHistory", org.schema.sobject("Lead").tracks_history)
    xml.add(root, "shouldLeadConvertRequireValidation", org.settings.convert_requires_validation)
    return root

"""Field history tracking: objects that keep one, and the fields in it. [docs] [wsdl] reference/salesforce.md 2.1

The refusal of a field whose object keeps no history: [community]. Some reports say that a standard object must have
been switched on by an earlier deployment; the emulator takes both in one ([inferred] from the order of the components).
"""

from __future__ import annotations

from dataclasses import replace

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.normalise import normal_plain
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.field_history import MAX_TRACKED, history_of

_STANDARD_FIELD = frozenset(("fullName", "trackHistory", "trackFeedHistory", "trackTrending", "type", "label"))


def follow_history(work: Work, item: Item) -> None:
    """`enableHistory` of an object's file; a file that does not say leaves it as it is."""
    node = xml.kid(item.element, "enableHistory")
    if node is None:
        return
    on = xml.flag(item.element, "enableHistory")
    if history_of(item.full_name) is None and on:
        raise unmodelled(f"the field history of {item.full_name}", node)
    work.org.history.enable(item.full_name, on=on)


def check_tracking(work: Work, item: Item) -> None:
    """A field that asks to be tracked: its object keeps a history, and not of too many fields. Raises Refused."""
    if not xml.flag(item.element, "trackHistory"):
        return
    owner, node = work.org.schema.sobject(item.parent), xml.kid(item.element, "trackHistory")
    if not owner.tracks_history:
        raise refuse(f"The entity: {owner.name} does not have history tracking enabled", node)
    if owner.has(item.name) and owner.field(item.name).type == "multipicklist":
        raise unmodelled("the history of multi-select picklists", node)
    others = [one for one in owner.fields if one.track_history and one.name.lower() != item.name.lower()]
    if len(others) >= MAX_TRACKED:
        text = f"NUM_HISTORY_FIELDS_BY_SOBJECT_EXCEEDED: {owner.name} tracks {MAX_TRACKED} fields already"
        raise refuse(text, node)


def put_standard_field(work: Work, item: Item) -> Saved:
    """A standard field: whether it is tracked, and nothing else ([code: salto] reference 1.10)."""
    owner = work.org.schema.sobject(item.parent)
    definition = owner.field(item.name)
    for child in xml.kids(item.element):
        if xml.local(child) not in _STANDARD_FIELD:
            raise unmodelled(f"changes of the standard field {item.full_name}", item.element)
    if xml.kid(item.element, "trackHistory") is None or xml.flag(item.element, "trackFeedHistory"):
        raise unmodelled(f"changes of the standard field {item.full_name}", item.element)
    check_tracking(work, item)
    tracked = xml.flag(item.element, "trackHistory")
    if definition.track_history != tracked:
        work.org.schema.replace_field(item.parent, replace(definition, track_history=tracked))
    return work.keep(item, body=xml.printed(normal_plain(item.element)))

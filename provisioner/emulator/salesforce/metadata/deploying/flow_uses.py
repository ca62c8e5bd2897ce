"""Which fields of which object a version of a flow uses: `$Record.X__c` of a flow on leads is no field of a contact.

That references are by object is [inferred] from the org's own page of what uses a field ("Where is this used?",
[community]), which belongs to one field of one object.
"""

from __future__ import annotations

import re

from lxml import etree

from provisioner.emulator.salesforce import xml

_RECORD = ("$record", "$record__prior")
_FIELDS = ("field", "queriedFields", "sortField")  # inside an element that names its object
_REFERENCES = re.compile(r"(\$?[A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")
ANY = ""


def flow_uses(root: etree._Element, field: str) -> set[str]:
    """Names of the objects (lower case) whose field of this name the flow uses; ANY where the flow itself does not say
    which object is meant: behind a relationship, or in what an action or another flow gave."""
    wanted, holders = field.lower(), _holders(root)
    found: set[str] = set()
    for element in xml.kids(root):
        owner = _object_of(element, holders)
        for node in xml.elements(element):
            text = node.text or ""
            if etree.QName(node).localname in _FIELDS and text.strip().lower() == wanted:
                found.add(owner)
            for head, path in _REFERENCES.findall(text):
                names = path.lower().split(".")[1:]
                if wanted in names:
                    found.add(holders.get(head.lower(), ANY) if names[0] == wanted else ANY)
    return found


def _holders(root: etree._Element) -> dict[str, str]:
    """What holds records in this flow (lower case) → their object."""
    found: dict[str, str] = {}
    for element in xml.kids(root):
        kind, name = etree.QName(element).localname, (xml.text(element, "name") or "").lower()
        sobject = (xml.text(element, "object") or xml.text(element, "objectType") or "").lower()
        if kind == "start" and sobject:
            found |= dict.fromkeys(_RECORD, sobject)
        elif name and sobject:
            found[name] = sobject
    loops = [element for element in xml.kids(root) if etree.QName(element).localname == "loops"]
    for element in loops:
        over = (xml.text(element, "collectionReference") or "").lower()
        if over in found:
            found[(xml.text(element, "name") or "").lower()] = found[over]
    return found


def _object_of(element: etree._Element, holders: dict[str, str]) -> str:
    """The object that the fields named inside an element belong to."""
    sobject = xml.text(element, "object")
    if sobject:
        return sobject.lower()
    return holders.get((xml.text(element, "inputReference") or "").lower(), ANY)

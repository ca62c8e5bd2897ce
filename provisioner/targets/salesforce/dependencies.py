"""What a component cannot be without: what it names. [docs] reference/salesforce.md 1.3, 2, 5, 6"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.resources import Address, Resource, Snapshot, texts

_WORD = re.compile(r"[A-Za-z]\w*")
# Named by a whole text.
_WHOLE = frozenset({"BusinessHours", "EmailTemplate", "Group", "Queue", "Report", "WorkflowAlert"})

_FOLDERS = {"Dashboard": "DashboardFolder", "EmailTemplate": "EmailFolder", "Report": "ReportFolder"}


def needs(resource: Resource, snapshot: Snapshot) -> frozenset[Address]:
    """The components of `snapshot` that this one names; those of a custom metadata type's fields and records besides
    their type. A name that two components share counts for both: one too many is harmless, one too few is not. A step
    that a person does needs what it says, by address."""
    if resource.address.is_by_hand:
        stated = {str(key) for key in resource.attributes.get("needs") or ()}
        return frozenset(address for address in snapshot.resources if str(address) in stated)
    whole = set(texts(resource.attributes))
    words = {word for text in whole for word in _WORD.findall(text)}
    own = {*_parents(resource.address)}
    words |= {parent.name for parent in own}  # a record names its type's fields without the type
    found = {address for address in snapshot.resources if address in own or _is_named(address, words, whole)}
    return frozenset(found - {resource.address})


def _parents(address: Address) -> Iterator[Address]:
    """A field belongs to its object, a record to its type; templates, reports and dashboards to their folders."""
    if address.kind == "CustomField":
        yield Address("CustomObject", address.name.partition(".")[0])
    elif address.kind == "CustomMetadata":
        yield Address("CustomObject", f"{address.name.partition('.')[0]}__mdt")
    elif address.kind in _FOLDERS:
        yield Address(_FOLDERS[address.kind], address.name.partition("/")[0])


def _is_named(address: Address, words: set[str], whole: set[str]) -> bool:
    if address.kind in _WHOLE:
        return address.name in whole or address.name in words
    if address.kind == "CustomField":
        object, _, field = address.name.partition(".")
        return field in words and (object in words or not object.endswith("__mdt"))
    if address.kind in ("CustomMetadata", "Holiday"):
        return False  # read as data while a flow runs, never named by one
    return address.name in words

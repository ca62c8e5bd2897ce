"""The memory of what cannot carry a mark: one hidden property of contacts, `<prefix>_ledger`, with an option per thing.

It is created before anything else and deleted after everything else, in a group of HubSpot's own, so that at no moment
something of ours exists that nothing knows of. Its options are the entries (value: the address; description: what is
known of it); its description says which design this is, and who applied which plan when.

An entry of a group or list is written before the thing is created: the name was free then, so what bears it is ours.
Entries of properties and flows are a second memory beside their marks (a person may edit a description away); flows are
also looked for by the ids and names that are kept here. Entries of manual steps say that a person ticked them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from provisioner.errors import TargetError
from provisioner.resources import Address
from provisioner.targets.base import Ledger
from provisioner.targets.hubspot.session import lease
from provisioner.targets.hubspot.session.lease import Lease
from provisioner.targets.hubspot.session.shapes import PROPERTY

OBJECT = "contacts"
SUFFIX = "_ledger"
FORMAT = "1"
MOST_ENTRIES = 450  # about 500 options are possible ([community] reference/hubspot.md 2.5)
TEXTS = ("id", "name", "note", "premises")  # of an entry
META = ("plan", "applied_at", "applied_by", "tool")
OPTIONAL = ("override",)  # only where there is one
PREFIX = re.compile(r"[a-z][a-z0-9_]{0,40}")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
TITLE = "What provisioner applied to this portal. Managed by provisioner; do not edit."


@dataclass(frozen=True, slots=True)
class Entry:
    """`fingerprint` "" = an intention: looked for, but owned only if it carries our mark. `note`: who ticked a step and
    when; `premises`: what the step needed, as it was then (one short digest per need, in address order)."""

    address: Address
    fingerprint: str
    id: str = ""
    name: str = ""
    note: str = ""
    premises: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The ledger property as it was read; `exists` False = there is none."""

    exists: bool = False
    design: str | None = None
    entries: Mapping[Address, Entry] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)
    lease: Lease | None = None  # who is applying right now, or died while applying


def property_name(prefix: str) -> str:
    """TargetError when `prefix` cannot begin a property's name."""
    lowered = prefix.lower()
    if not PREFIX.fullmatch(lowered):
        raise TargetError(f"{prefix!r} cannot begin the name of a HubSpot property.")
    return lowered + SUFFIX


def encode(
    design: str, entries: Mapping[Address, Entry], meta: Mapping[str, Any], held: Lease | None = None
) -> dict[str, Any]:
    """The `description` and `options` of the property. Deterministic. `held`: the run that is writing."""
    about: dict[str, Any] = {"design": design, **{key: str(meta.get(key, "")) for key in META}}
    about |= {key: str(meta[key]) for key in OPTIONAL if meta.get(key)}
    if held is not None:
        about[lease.KEY] = held.as_data()
    kept = _within_limit(entries)
    first = {"label": f"Format {FORMAT}", "value": "format", "description": FORMAT, "displayOrder": 0, "hidden": True}
    options = [first, *(_option(kept[address], place) for place, address in enumerate(sorted(kept), 1))]
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {"description": f"{TITLE} {text}", "options": options}


def _within_limit(entries: Mapping[Address, Entry]) -> Mapping[Address, Entry]:
    """Properties carry marks, so they are the ones that can be left out."""
    if len(entries) <= MOST_ENTRIES:
        return entries
    return {address: entry for address, entry in entries.items() if address.kind != PROPERTY}


def _option(entry: Entry, place: int) -> dict[str, Any]:
    known = {key: getattr(entry, key) for key in ("fingerprint", *TEXTS)}
    text = json.dumps({key: value for key, value in known.items() if value}, sort_keys=True, ensure_ascii=False)
    address = str(entry.address)
    return {"label": address, "value": address, "description": text, "displayOrder": place, "hidden": True}


def creation(prefix: str, group: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The PropertyCreate body."""
    name = property_name(prefix)
    return {
        "name": name, "label": f"provisioner ledger ({prefix})", "groupName": group, "type": "enumeration",
        "fieldType": "select", "hidden": True, "formField": False, "displayOrder": -1, **content,
    }  # fmt: skip


def decode(raw: Mapping[str, Any] | None, name: str) -> Record:
    """TargetError when this is not what we wrote: an unreadable memory must not become "we own nothing"."""
    if raw is None:
        return Record()
    about = about_of(raw, name)
    design = about.get("design")
    if not isinstance(design, str) or not design:
        raise _damaged(name, "it names no design")
    options = [option for option in raw.get("options") or () if isinstance(option, Mapping)]
    formats = [option.get("description") for option in options if option.get("value") == "format"]
    if formats != [FORMAT]:
        raise _damaged(name, f"its format is {formats[0] if formats else None!r}, this version reads {FORMAT!r}")
    entries = (_entry(option, name) for option in options if option.get("value") != "format")
    meta = {key: str(about.get(key, "")) for key in META} | {key: str(about[key]) for key in OPTIONAL if about.get(key)}
    return Record(True, design, {entry.address: entry for entry in entries}, meta, lease.read(about))


def occupied(properties: Mapping[str, Mapping[str, Any]], now: datetime) -> str:
    """A sentence about the first of our ledgers whose design is being applied by somebody else; else empty."""
    for name, raw in sorted(properties.items()):
        if not (name.endswith(SUFFIX) and str(raw.get("description") or "").startswith(TITLE)):
            continue
        about = about_of(raw, name)
        held = lease.read(about)
        if held is not None and lease.in_the_way(held, now):
            return f"The design {about.get('design')!r} is being applied by {held}."
    return ""


def about_of(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a ledger property says of itself. TargetError when it says nothing we wrote."""
    return _json(str(raw.get("description") or "").removeprefix(TITLE), name, "its description")


def _entry(option: Mapping[str, Any], name: str) -> Entry:
    value = str(option.get("value") or "")
    known = _json(str(option.get("description") or ""), name, f"its entry {value!r}")
    fingerprint = str(known.get("fingerprint") or "")
    try:
        address = Address.parse(value)
    except ValueError as error:
        raise _damaged(name, str(error)) from None
    if fingerprint and not FINGERPRINT.fullmatch(fingerprint):
        raise _damaged(name, f"its entry {value!r} holds no fingerprint")
    texts = {key: str(known.get(key) or "") for key in TEXTS}
    return Entry(address, fingerprint, **texts)


def _json(text: str, name: str, what: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(name, f"{what} is not what provisioner wrote") from None
    if not isinstance(data, dict):
        raise _damaged(name, f"{what} is not what provisioner wrote")
    return data


def _damaged(name: str, why: str) -> TargetError:
    return TargetError(
        f"The ledger (contact property {name}) is damaged: {why}.",
        advice="Nothing was changed. Delete that property: what carries our mark is then recognised by it. Groups and "
        "lists carry none; delete those of the design by hand, and plan again.",
    )


def as_ledger(record: Record, marked: Mapping[Address, str], design: str | None) -> Ledger:
    """What planning sees: the mark of a resource counts first, then the entry."""
    remembered = {entry.address: entry.fingerprint for entry in record.entries.values() if entry.fingerprint}
    return Ledger(design, dict(sorted({**remembered, **marked}.items())), dict(record.meta))

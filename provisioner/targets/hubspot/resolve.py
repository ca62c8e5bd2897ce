"""Symbolic references and the ids they mean in one portal. Pure: the session gathers the Directory, this looks it up.

A reference is a value `{"$ref": "KIND:NAME"}` anywhere in a resource's attributes:

    owner:ada@acme.example    owner id, as property values and `owner_assignment` want it
    user:ada@acme.example     user id, as `user_ids` of an action want it
    team:Inbound              team id        form:Demo request   form GUID (by name, or the GUID itself)
    list:KEY                  our list `List:KEY`; otherwise a list of the portal with that name
    flow:KEY                  our flow `Flow:KEY`; otherwise a flow of the portal with that name
    slack:C0123456789         the channel id itself, as the design gives it
    portal:id | portal:ui_domain | portal:time_zone

`"as": "integer"` beside it asks for a number instead of text; for our own lists and flows the place decides that.
References to our own stay symbolic in desired resources, in plans and in fingerprints, because the thing may not exist
yet: the session puts the id in when it writes, and turns it back into the reference when it reads. All others are
replaced here, and so pinned in the plan.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.errors import Rejected
from provisioner.resources import Address, Resource, Snapshot

REF = "$ref"
OWN_KINDS = {"list": "List", "flow": "Flow"}
SLACK_ID = re.compile(r"[CDGU][A-Z0-9]{6,20}")
FORM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Owner:
    """[spec] reference/hubspot.md 6.1. `user_id` is None for archived owners and queues."""

    id: str
    email: str
    name: str
    user_id: str | None
    archived: bool
    is_person: bool = True


@dataclass(frozen=True, slots=True)
class Directory:
    """What can be referred to in one portal. `names` holds (name, id) pairs by kind: team, form, list, flow.

    `own` are lists and flows of ours beyond those of the snapshot that is resolved.
    """

    owners: tuple[Owner, ...] = ()
    names: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    portal: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[Address] = frozenset()

    def with_former(self) -> Directory:
        """Owners who left count as there, where nobody who is there has their email."""
        there = {owner.email.casefold() for owner in self.owners if not owner.archived}
        owners = tuple(
            replace(owner, archived=False) if owner.email.casefold() not in there else owner for owner in self.owners
        )
        return replace(self, owners=owners)


@dataclass(frozen=True, slots=True)
class Reference:
    kind: str
    name: str
    as_integer: bool
    address: Address

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Unresolved(Exception):
    """Why one reference means nothing here; internal to this module."""


def is_reference(value: object) -> bool:
    return isinstance(value, Mapping) and REF in value and set(value) <= {REF, "as"}


def references(snapshot: Iterable[Resource]) -> list[Reference]:
    """Every reference of these resources, in address order, repeated ones once per resource."""
    found: dict[Reference, None] = {}
    for resource in snapshot:
        for value in _values(resource.attributes):
            found.setdefault(_reference(value, resource.address))
    return list(found)


def foreign(snapshot: Snapshot, own: Collection[Address] = ()) -> list[Reference]:
    """The references that need a look into the portal: all but those to resources of the snapshot or of `own`."""
    ours = {*snapshot.resources, *own}
    return [item for item in references(snapshot) if own_address(item.kind, item.name) not in ours]


def own_address(kind: str, name: str) -> Address | None:
    return Address(OWN_KINDS[kind], name) if kind in OWN_KINDS else None


def resolve(snapshot: Snapshot, directory: Directory) -> Snapshot:
    """The same resources with ids instead of references to things that are not ours.

    Rejected when some mean nothing in this portal: one problem per reference, with near matches.
    """
    problems: dict[str, list[str]] = {}
    for item, reason in unresolved(snapshot, directory).items():
        problems.setdefault(f"{item}: {reason}", []).append(str(item.address))
    if problems:
        lines = tuple((", ".join(sorted(used)), text) for text, used in problems.items())
        named = "; ".join(text for _, text in lines[:5])
        more = f"; and {len(lines) - 5} more" if len(lines) > 5 else ""
        raise Rejected(
            f"The design names {len(lines)} that this portal does not have: {named}{more}.",
            problems=lines,
            advice="Correct the names in the design, or create what is missing in HubSpot. Nothing was changed.",
        )

    ids = {item: look_up(item, directory) for item in foreign(snapshot, directory.own)}

    def replace(value: Mapping[str, Any], address: Address) -> Any:
        item = _reference(value, address)
        return _typed(ids[item], item.as_integer, item) if item in ids else {REF: str(item)}

    return Snapshot.of((substituted(resource, replace) for resource in snapshot), snapshot.unread)


def unresolved(snapshot: Snapshot, directory: Directory) -> dict[Reference, str]:
    """The references that mean nothing in this portal, or more than one thing, and why."""
    found: dict[Reference, str] = {}
    for item in foreign(snapshot, directory.own):
        try:
            look_up(item, directory)
        except Unresolved as reason:
            found[item] = str(reason)
    return found


def pins(snapshot: Snapshot, directory: Directory) -> list[str]:
    """What every foreign reference means here, for people: `owner:ada@acme.example is 41629779`."""
    found = {str(item): look_up(item, directory) for item in foreign(snapshot, directory.own)}
    return [f"{name} is {value}" for name, value in sorted(found.items()) if not name.endswith(f":{value}")]


def substituted(resource: Resource, replace: Callable[[Mapping[str, Any], Address], Any]) -> Resource:
    """The resource with every reference replaced by what `replace` makes of it."""

    def walk(value: Any) -> Any:
        if is_reference(value):
            return replace(value, resource.address)
        if isinstance(value, Mapping):
            return {key: walk(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [walk(inner) for inner in value]
        return value

    return Resource(resource.address, walk(resource.attributes))


def look_up(item: Reference, directory: Directory) -> str:
    """The id, as text. Unresolved when nothing, or more than one thing, is called so."""
    if item.kind in ("owner", "user"):
        return _person(item, directory)
    if item.kind == "slack":
        if SLACK_ID.fullmatch(item.name):
            return item.name
        raise Unresolved("is not the id of a Slack channel (C0123456789)")
    if item.kind == "portal":
        if item.name in directory.portal:
            return directory.portal[item.name]
        raise Unresolved(f"there is only {', '.join(sorted(directory.portal))}")
    if item.kind not in ("team", "form", "list", "flow"):
        raise Unresolved("is not a kind of reference")
    known = directory.names.get(item.kind, ())
    if item.kind == "form" and FORM_ID.fullmatch(item.name):
        if any(id.casefold() == item.name.casefold() for _, id in known):
            return item.name
        raise Unresolved("no form has this id")
    return _named(item, known)


def _person(item: Reference, directory: Directory) -> str:
    wanted = item.name.casefold()
    same = [owner for owner in directory.owners if owner.email.casefold() == wanted and owner.is_person]
    active = [owner for owner in same if not owner.archived]
    if len(active) > 1:
        raise Unresolved(f"{len(active)} active owners have this email")
    if not active:
        if same:
            raise Unresolved("has left: the owner is deactivated" + _near(item.name, _emails(directory)))
        queue = any(owner.email.casefold() == wanted for owner in directory.owners)
        raise Unresolved("is a queue, not a person" if queue else "no owner has this email" + _near(
            item.name, _emails(directory)
        ))  # fmt: skip
    if item.kind == "owner":
        return active[0].id
    if active[0].user_id is None:
        raise Unresolved("is an owner without a user")
    return active[0].user_id


def _emails(directory: Directory) -> list[str]:
    return sorted({owner.email for owner in directory.owners if not owner.archived and owner.is_person and owner.email})


def _named(item: Reference, known: Iterable[tuple[str, str]]) -> str:
    pairs = list(known)
    same = [id for name, id in pairs if name == item.name]
    same = same or [id for name, id in pairs if name.casefold() == item.name.casefold()]
    if len(same) > 1:
        raise Unresolved(f"{len(same)} have this name ({', '.join(sorted(same))})")
    if not same:
        raise Unresolved(f"no {item.kind} has this name" + _near(item.name, sorted({name for name, _ in pairs})))
    return same[0]


def _near(name: str, known: list[str]) -> str:
    """` (near: …)` with up to three of the known names, or nothing."""
    by_folded = {text.casefold(): text for text in known}
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    return f" (near: {', '.join(by_folded[match] for match in matches)})" if matches else ""


def _reference(value: Mapping[str, Any], address: Address) -> Reference:
    kind, _, name = str(value[REF]).partition(":")
    return Reference(kind, name, value.get("as") == "integer", address)


def _typed(id: str, as_integer: bool, item: Reference) -> str | int:
    if not as_integer:
        return id
    if not id.isascii() or not id.isdigit():
        raise Rejected(f"{item} should be a number in this portal, but is {id!r}.")
    return int(id)


def _values(value: Any) -> Iterator[Mapping[str, Any]]:
    """In the order of the text. Without recursion: workflows are large, and every command goes through all of them."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            continue  # nearly all there is
        if isinstance(item, list | tuple):
            waiting.extend(reversed(item))
        elif isinstance(item, dict | Mapping):  # dict first: an abstract class is slow to ask
            if is_reference(item):
                yield item
            else:
                waiting.extend(reversed(list(item.values())))


__all__ = [
    "Directory",
    "Owner",
    "Reference",
    "foreign",
    "is_reference",
    "look_up",
    "own_address",
    "pins",
    "references",
    "resolve",
    "substituted",
    "unresolved",
]

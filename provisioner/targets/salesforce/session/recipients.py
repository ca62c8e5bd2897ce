"""Would the people and groups that the design names be found in this org? Two queries, whatever the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.errors import NotAllowed, Rejected
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.soql import literals, portions

GROUP_TYPES = {"group": "Regular", "queue": "Queue"}
WORDS = {"group": "public group", "queue": "queue"}


@dataclass(frozen=True, slots=True)
class Named:
    """One name in the design: `kind` is user, group or queue; `used_as` is what people call it."""

    kind: str
    value: str
    used_as: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a name, as a sentence that begins with it. `nobody`: it leads to nobody at all."""

    named: Named
    text: str
    nobody: bool = True

    def __str__(self) -> str:
        return f"{self.named.used_as}: {self.text}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found about all names of a design; `refused` = why some could not be looked up."""

    troubles: tuple[Trouble, ...] = ()
    unasked: tuple[str, ...] = ()
    refused: str = ""

    @property
    def notices(self) -> list[str]:
        said = [f"The recipients of alerts could not be checked: {self.refused}"] if self.refused else []
        return [*(str(trouble) for trouble in self.troubles), *self.unasked, *said]


def look(rest: Rest, desired: Snapshot, prefix: str) -> Looked:
    """Names that lead nowhere or to more than one person. What may not be asked is said, not raised."""
    wanted = list(named(desired, prefix))
    users = [item for item in wanted if item.kind == "user" and item.value.isprintable()]
    groups = [item for item in wanted if item.kind != "user" and item.value.isprintable()]
    hidden = (item for item in wanted if not item.value.isprintable())
    found = [Trouble(item, f"{item.value!r} holds a control character.") for item in hidden]
    unasked: list[str] = []
    try:
        found += _users(rest, users, unasked)
        found += _groups(rest, [item for item in groups if not _is_made(item, desired)], unasked)
    except SignedOut:
        raise
    except (NotAllowed, Rejected) as refused:
        return Looked(tuple(found), tuple(unasked), refused.message)
    return Looked(tuple(found), tuple(unasked))


def named(desired: Snapshot, prefix: str) -> Iterator[Named]:
    """From the records of <prefix>_Recipient__mdt and <prefix>_Settings__mdt."""
    for resource in desired:
        kind, _, name = resource.address.name.partition(".")
        if resource.address.kind != "CustomMetadata":
            continue
        if kind.removesuffix("__mdt") == f"{prefix}_Settings":
            silent = _values(resource).get("Silent_To__c")
            if silent:
                yield Named("user", silent, "alerts.silent_to")
        elif kind.removesuffix("__mdt") == f"{prefix}_Recipient":
            yield from _recipient(name, _values(resource))


def _recipient(name: str, values: Mapping[str, str]) -> Iterator[Named]:
    kind, value, otherwise = (values.get(key, "") for key in ("Kind__c", "Value__c", "Otherwise__c"))
    if kind in ("user", *GROUP_TYPES) and value:
        yield Named(kind, value, f"recipient {name}")
    if otherwise:
        yield Named("user", otherwise, f"recipient {name} (otherwise)")


def _values(resource: Resource) -> dict[str, str]:
    rows = resource.attributes.get("values") or []
    return {str(row.get("field")): str(row["value"]) for row in rows if row.get("value") is not None}


def _is_made(item: Named, desired: Snapshot) -> bool:
    """A queue that this design creates need not exist yet."""
    return item.kind == "queue" and Address("Queue", item.value) in desired.resources


def _users(rest: Rest, wanted: list[Named], later: list[str]) -> Iterator[Trouble]:
    """A user is meant by username or email; flows take the active one whose username comes first."""
    asked, unasked = _one_portion(item.value for item in wanted)
    if not asked:
        return
    names = literals(asked)
    query = f"SELECT Username, Email, IsActive FROM User WHERE Username IN {names} OR Email IN {names}"  # noqa: S608
    active: dict[str, set[str]] = defaultdict(set)
    inactive: set[str] = set()
    for row in rest.query(query, "look up the recipients of alerts"):
        username = str(row.get("Username") or "")
        for key in {username.casefold(), str(row.get("Email") or "").casefold()}:
            if row.get("IsActive") is True:
                active[key].add(username)
            else:
                inactive.add(key)
    for item in wanted:
        if item.value in unasked:
            continue
        matches = sorted(active[item.value.casefold()])
        if not matches:
            state = "is not active any more" if item.value.casefold() in inactive else "is no user of this org"
            yield Trouble(item, f"{item.value} {state}; nobody would be told.")
        elif len(matches) > 1:
            text = f"{item.value} means {len(matches)} users; {matches[0]} would be told."
            yield Trouble(item, text, nobody=False)
    if unasked:
        later.append(f"{len(unasked)} more users of the design were not looked up.")


def _groups(rest: Rest, wanted: list[Named], later: list[str]) -> Iterator[Trouble]:
    asked, unasked = _one_portion(item.value for item in wanted)
    if not asked:
        return
    query = f"SELECT DeveloperName, Type FROM Group WHERE DeveloperName IN {literals(asked)}"  # noqa: S608 - literals
    rows = rest.query(query, "look up the groups and queues that are alerted")
    there = {(str(row.get("Type")), str(row.get("DeveloperName") or "").casefold()) for row in rows}
    for item in wanted:
        if item.value not in unasked and (GROUP_TYPES[item.kind], item.value.casefold()) not in there:
            text = f"there is no {WORDS[item.kind]} with the developer name {item.value} in this org."
            yield Trouble(item, text)
    if unasked:
        later.append(f"{len(unasked)} more groups and queues of the design were not looked up.")


def _one_portion(values: Iterable[str]) -> tuple[list[str], set[str]]:
    """(what fits into one query, the rest): reading must not take more requests for a larger design."""
    parts: list[Any] = list(portions(values))
    return (list(parts[0]) if parts else []), {value for part in parts[1:] for value in part}

"""Would the people and groups that the design names be found in this org? Two queries, whatever the number; whoever
reads the org sends them along with its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.salesforce.audit.answers import Answer, Answers, Refusal, text
from provisioner.targets.salesforce.soql import literals, portions

USERS, GROUPS = "recipients/users", "recipients/groups"

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


@dataclass(frozen=True, slots=True)
class Search:
    """The names of a design, and how the org is asked for them."""

    users: tuple[Named, ...]
    groups: tuple[Named, ...]
    hidden: tuple[Named, ...]

    @property
    def queries(self) -> dict[str, str]:
        """SOQL by key; none where nobody of that kind is named."""
        users, _ = _one_portion(item.value for item in self.users)
        groups, _ = _one_portion(item.value for item in self.groups)
        names = literals(users) if users else ""
        people = f"SELECT Username, Email, IsActive FROM User WHERE Username IN {names} OR Email IN {names}"  # noqa: S608
        found = {USERS: people} if users else {}
        if groups:
            where = f"DeveloperName IN {literals(groups)}"
            found[GROUPS] = f"SELECT DeveloperName, Type FROM Group WHERE {where}"  # noqa: S608 - literals
        return found

    def look(self, answers: Answers) -> Looked:
        """Names that lead nowhere or to more than one person. What may not be asked is said, not raised."""
        found = [Trouble(item, f"{item.value!r} holds a control character.") for item in self.hidden]
        unasked: list[str] = []
        told = {key: answers[key] for key in self.queries}
        people, groups = told.get(USERS), told.get(GROUPS)
        if isinstance(people, Answer):
            found += _users(people, self.users, unasked)
        if isinstance(groups, Answer):
            found += _groups(groups, self.groups, unasked)
        refused = dict.fromkeys(item.why for item in told.values() if isinstance(item, Refusal))
        return Looked(tuple(found), tuple(unasked), " ".join(refused))


def search(desired: Snapshot, prefix: str) -> Search:
    """Whom to look for; a queue that the design itself makes need not be there."""
    wanted = list(named(desired, prefix))
    shown = [item for item in wanted if item.value.isprintable()]
    return Search(
        tuple(item for item in shown if item.kind == "user"),
        tuple(item for item in shown if item.kind != "user" and not _is_made(item, desired)),
        tuple(item for item in wanted if not item.value.isprintable()),
    )


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


def _users(told: Answer, wanted: Sequence[Named], later: list[str]) -> Iterator[Trouble]:
    """A user is meant by username or email; flows take the active one whose username comes first."""
    _, unasked = _one_portion(item.value for item in wanted)
    active: dict[str, set[str]] = defaultdict(set)
    inactive: set[str] = set()
    for row in told.rows:
        username = text(row, "Username")
        for key in {username.casefold(), text(row, "Email").casefold()}:
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
            said = f"{item.value} means {len(matches)} users; {matches[0]} would be told."
            yield Trouble(item, said, nobody=False)
    if unasked:
        later.append(f"{len(unasked)} more users of the design were not looked up.")


def _groups(told: Answer, wanted: Sequence[Named], later: list[str]) -> Iterator[Trouble]:
    _, unasked = _one_portion(item.value for item in wanted)
    there = {(text(row, "Type"), text(row, "DeveloperName").casefold()) for row in told.rows}
    for item in wanted:
        if item.value not in unasked and (GROUP_TYPES[item.kind], item.value.casefold()) not in there:
            said = f"there is no {WORDS[item.kind]} with the developer name {item.value} in this org."
            yield Trouble(item, said)
    if unasked:
        later.append(f"{len(unasked)} more groups and queues of the design were not looked up.")


def _one_portion(values: Iterable[str]) -> tuple[list[str], set[str]]:
    """(what fits into one query, the rest): reading must not take more requests for a larger design."""
    parts: list[Any] = list(portions(values))
    return (list(parts[0]) if parts else []), {value for part in parts[1:] for value in part}

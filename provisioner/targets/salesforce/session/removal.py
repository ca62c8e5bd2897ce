"""Taking things out of the org, in an order the vendor accepts ([docs] reference/salesforce.md 1.8, 4.9, 6.1)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from provisioner.errors import NotAllowed, Rejected
from provisioner.resources import Address, Resource
from provisioner.targets.base import Artifact, Outcome, Progress
from provisioner.targets.salesforce import package
from provisioner.targets.salesforce.audit.answers import text
from provisioner.targets.salesforce.session import xmltext
from provisioner.targets.salesforce.session.activation import activate, definitions, versions
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest, record_id
from provisioner.targets.salesforce.soql import literal, literals, portions

STAGE = "removing"
TOGETHER = 200  # records in one request. [docs] REST API, sObject Collections
# What refers to other things goes before what is referred to; both halves are one transaction.
REFERRING = (
    "ApexTrigger", "PermissionSet", "ApexClass", "CustomMetadata", "ValidationRule", "WorkflowAlert", "Dashboard",
    "Report", "ListView",
)  # fmt: skip
REMOVED_AS_ROWS = frozenset({"Flow", "Holiday"})
REWRITTEN = frozenset({"BusinessHours", "LeadConvertMapping"})  # goes by deploying what is left
WORD = re.compile(r"\w+")
HELD_BY_FLOWS = frozenset({"CustomField", "CustomObject", "ApexClass", "CustomNotificationType", "WorkflowAlert"})


def remove_flows(rest: Rest, doomed: Collection[str], retained: Collection[str]) -> Iterator[Progress]:
    """Switch the doomed flows off, delete all their versions, and the obsolete versions of the retained ones.

    Any version of a flow, obsolete ones too, holds the fields it names. A version that is already gone is no failure,
    so an interrupted removal can be repeated.
    """
    for name, id in definitions(rest, doomed, "find the flows to remove"):
        activate(rest, name, id, 0)
        yield Progress(STAGE, f"Flow {name} switched off")
    gone: dict[str, int] = defaultdict(int)
    for version in versions(rest, {*doomed, *retained}):
        definition = version.get("Definition")
        name = str(definition.get("DeveloperName") or "") if isinstance(definition, dict) else ""
        if name in doomed or (name in retained and version.get("Status") == "Obsolete"):
            tail = f"tooling/sobjects/Flow/{record_id(version.get('Id'), 'flow version')}"
            rest.delete(tail, f"delete version {version.get('VersionNumber')} of flow {name}")
            gone[name] += 1
    for name, count in sorted(gone.items()):
        kind = "version" if name in doomed else "obsolete version"
        yield Progress(STAGE, f"Flow {name}: {count} {kind}{'' if count == 1 else 's'} deleted")


def remove_holidays(rest: Rest, doomed: Collection[str]) -> Iterator[Outcome]:
    """Holidays are rows; their names are ours and unique. [inferred] that deleting the row ends the holiday."""
    rows: dict[str, list[str]] = defaultdict(list)
    for part in portions(doomed):
        query = f"SELECT Id, Name FROM Holiday WHERE Name IN {literals(part)}"  # noqa: S608 - literals
        for row in rest.query(query, "find the holidays to remove"):
            rows[str(row.get("Name"))].append(record_id(row.get("Id"), "holiday"))
    for name in sorted(doomed):
        address = Address("Holiday", name)
        if len(rows[name]) > 1:
            count = len(rows[name])
            yield Outcome(address, "failed", f"The org has {count} holidays of this name; none was deleted.")
            continue
        for found in rows[name]:
            rest.delete(f"sobjects/Holiday/{found}", f"delete the holiday {name}")
        yield Outcome(address, "done")


def check_queues(rest: Rest, doomed: Collection[str]) -> None:
    """Rejected when one of these queues owns leads: the vendor does not delete it then ([docs] reference/salesforce.md
    1.8), and would say so only when the flows are gone already. Two requests; who may not count is not stopped."""
    try:
        names = _queues(rest, doomed)
        owned = _owned(rest, names)
    except SignedOut:
        raise
    except (NotAllowed, Rejected):
        return
    if owned:
        told = ", ".join(
            f"{names.get(id, id)} ({count:,} lead{'' if count == 1 else 's'})" for id, count in owned.items()
        )
        raise Rejected(
            f"A queue that owns leads cannot be deleted: {told}. Nothing was changed.",
            advice="Give these leads to people, or to another queue, and run this again.",
        )


def _queues(rest: Rest, names: Collection[str]) -> dict[str, str]:
    """Id → name."""
    found: dict[str, str] = {}
    for part in portions(names):
        query = f"SELECT Id, DeveloperName FROM Group WHERE Type = 'Queue' AND DeveloperName IN {literals(part)}"  # noqa: S608 - literals
        for row in rest.query(query, "find the queues to remove"):
            found[record_id(row.get("Id"), "queue")] = str(row.get("DeveloperName"))
    return found


def _owned(rest: Rest, queues: Collection[str]) -> dict[str, int]:
    """Id → leads, of those that own any."""
    found: dict[str, int] = {}
    for part in portions(queues):
        query = f"SELECT OwnerId, COUNT(Id) n FROM Lead WHERE OwnerId IN {literals(part)} GROUP BY OwnerId"  # noqa: S608 - literals
        for row in rest.query(query, "count the leads of the queues to remove"):
            if isinstance(count := row.get("n"), int) and count:
                found[str(row.get("OwnerId"))] = count
    return found


def withdraw(rest: Rest, doomed: Collection[str]) -> Iterator[Progress]:
    """Take the doomed permission sets from everybody who has them: one that is assigned cannot be deleted
    ([inferred]: setup refuses it). Assignments are data ([docs] reference/salesforce.md 2.6). It is said by user name
    who had it, and so kept in the journal: a rollback makes the set again, and gives it to nobody."""
    for name in sorted(doomed):
        query = (
            "SELECT Id, Assignee.Username FROM PermissionSetAssignment "  # noqa: S608 - a literal
            f"WHERE PermissionSet.Name = {literal(name)} ORDER BY Id"
        )
        rows = rest.query(query, f"find who has the permission set {name}")
        for start in range(0, len(rows), TOGETHER):
            part = rows[start : start + TOGETHER]
            ids = [record_id(row.get("Id"), "permission set assignment") for row in part]
            rest.delete_all(ids, f"take the permission set {name} from users")
            people = "1 user" if len(part) == 1 else f"{len(part)} users"
            whose = ", ".join(sorted(text(row, "Assignee.Username") or ids[at] for at, row in enumerate(part)))
            yield Progress(STAGE, f"Permission set {name} taken from {people}: {whose}")


def destructive_files(doomed: Iterable[Resource], also: Mapping[str, list[str]]) -> list[Artifact]:
    """destructiveChangesPre.xml and …Post.xml for what is deleted by deployment; `also` adds members to the latter.

    Fields of a custom metadata type that goes as a whole go with it. Whether the vendor minds the order inside a file
    is not known [inferred: it may]; so what refers to something is always listed before it.
    """
    resources = [item for item in doomed if item.address.kind not in REMOVED_AS_ROWS | REWRITTEN]
    types = {item.address.name for item in resources if item.address.kind == "CustomObject"}
    kept = [item for item in resources if not _goes_with_its_type(item.address, types)]
    members: dict[str, list[str]] = defaultdict(list)
    for address in sorted(referring_first(kept), key=lambda address: address.kind in package.FOLDERS):
        members[package.FOLDERS.get(address.kind, (address.kind,))[0]].append(address.name)
    for kind, names in also.items():
        members[kind] += names
    before = {kind: members[kind] for kind in REFERRING if kind in members}
    after = {kind: members[kind] for kind in sorted(members.keys() - before.keys())}
    files = {"destructiveChangesPre.xml": before, "destructiveChangesPost.xml": after}
    return [Artifact(path, _package(listed)) for path, listed in files.items() if listed]


def _goes_with_its_type(address: Address, types: Collection[str]) -> bool:
    return address.kind == "CustomField" and address.name.partition(".")[0] in types


def referring_first(resources: Iterable[Resource]) -> list[Address]:
    """The addresses so that a resource whose content names another comes before it; else in address order.

    A name is a whole word of the content (a field in a formula, a class in a body). Circles are cut where they are met.
    """
    content = {item.address: frozenset(_words(item.attributes)) for item in resources}
    called: dict[str, list[Address]] = defaultdict(list)
    for address in content:
        called[address.name.rpartition(".")[2]].append(address)
    order: list[Address] = []
    seen: set[Address] = set()

    def visit(address: Address) -> None:
        stack: list[tuple[Address, Iterator[Address]]] = [(address, _named(content[address], called))]
        seen.add(address)
        while stack:
            current, following = stack[-1]
            fresh = next((other for other in following if other not in seen), None)
            if fresh is None:
                order.append(current)
                stack.pop()
            else:
                seen.add(fresh)
                stack.append((fresh, _named(content[fresh], called)))

    for address in sorted(content, reverse=True):
        if address not in seen:
            visit(address)
    return order[::-1]


def _named(words: Iterable[str], called: Mapping[str, list[Address]]) -> Iterator[Address]:
    """What these words name, last address first."""
    return iter(sorted((address for word in words for address in called.get(word, ())), reverse=True))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _words(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _words(part)
    elif isinstance(value, str):
        yield from WORD.findall(value)


def _package(members: Mapping[str, Iterable[str]]) -> bytes:
    from lxml import etree

    root = xmltext.document("Package")
    for kind, names in members.items():
        types = xmltext.add(root, "types")
        for name in names:
            xmltext.add(types, "members", name)
        xmltext.add(types, "name", kind)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)

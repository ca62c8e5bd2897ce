"""Taking things out of the org, in an order the vendor accepts ([docs] reference/salesforce.md 1.8, 4.9, 6.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from provisioner.resources import Address
from provisioner.targets.base import Artifact, Outcome, Progress
from provisioner.targets.salesforce import package
from provisioner.targets.salesforce.session.rest import Rest, record_id
from provisioner.targets.salesforce.session.soql import literals, portions

STAGE = "removing"
# What refers to other things goes before what is referred to; both halves are one transaction.
REFERRING = frozenset({"ApexTrigger", "ApexClass", "PermissionSet", "CustomMetadata"})
REMOVED_AS_ROWS = frozenset({"Flow", "Holiday"})
HELD_BY_FLOWS = frozenset({"CustomField", "CustomObject", "ApexClass", "CustomNotificationType"})


def remove_flows(rest: Rest, doomed: Collection[str], retained: Collection[str]) -> Iterator[Progress]:
    """Switch the doomed flows off, delete all their versions, and the obsolete versions of the retained ones.

    Any version of a flow, obsolete ones too, holds the fields it names. A version that is already gone is no failure,
    so an interrupted removal can be repeated.
    """
    for part in portions(doomed):
        query = f"SELECT Id, DeveloperName FROM FlowDefinition WHERE DeveloperName IN {literals(part)}"  # noqa: S608
        for row in rest.query(query, "find the flows to remove", tooling=True):
            name = str(row.get("DeveloperName"))
            tail = f"tooling/sobjects/FlowDefinition/{record_id(row.get('Id'), 'flow')}"
            rest.patch(tail, {"Metadata": {"activeVersionNumber": 0}}, f"deactivate flow {name}")
            yield Progress(STAGE, f"Flow {name} switched off")
    gone: dict[str, int] = defaultdict(int)
    for version in _versions(rest, {*doomed, *retained}):
        name = str((version.get("Definition") or {}).get("DeveloperName") or "")
        if name in doomed or (name in retained and version.get("Status") == "Obsolete"):
            tail = f"tooling/sobjects/Flow/{record_id(version.get('Id'), 'flow version')}"
            rest.delete(tail, f"delete version {version.get('VersionNumber')} of flow {name}")
            gone[name] += 1
    for name, count in sorted(gone.items()):
        versions = "1 version" if count == 1 else f"{count} versions"
        kind = "" if name in doomed else "obsolete "
        yield Progress(STAGE, f"Flow {name}: {kind}{versions} deleted")


def _versions(rest: Rest, names: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for part in portions(names):
        query = (
            "SELECT Id, VersionNumber, Status, Definition.DeveloperName FROM Flow "  # noqa: S608 - literals
            f"WHERE Definition.DeveloperName IN {literals(part)}"
        )
        yield from rest.query(query, "list the versions of flows", tooling=True)


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


def destructive_files(doomed: Iterable[Address], also: Mapping[str, list[str]]) -> list[Artifact]:
    """destructiveChangesPre.xml and …Post.xml for what is deleted by deployment; `also` adds members to the latter.

    Fields and records of a custom metadata type that goes as a whole: records go first, fields go with their type.
    """
    addresses = [address for address in doomed if address.kind not in REMOVED_AS_ROWS | {"BusinessHours"}]
    types = {address.name for address in addresses if address.kind == "CustomObject"}
    kept = [a for a in addresses if not (a.kind == "CustomField" and a.name.partition(".")[0] in types)]
    before = package.members(address for address in kept if address.kind in REFERRING)
    after = package.members(address for address in kept if address.kind not in REFERRING)
    for kind, names in also.items():
        after[kind] = sorted({*after.get(kind, []), *names})
    files = {"destructiveChangesPre.xml": before, "destructiveChangesPost.xml": after}
    return [Artifact(path, package.destructive(members)) for path, members in files.items() if members]

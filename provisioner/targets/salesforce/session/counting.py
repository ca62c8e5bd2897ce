"""How many records hold a value in fields that are going to be deleted. Aggregates only, no row is downloaded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provisioner.errors import NotAllowed, Rejected
from provisioner.planning.plan import Change
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.audit.leads import RUNNING
from provisioner.targets.salesforce.names import Names
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.soql import literals
from provisioner.targets.salesforce.weight import withdrawn

CONFIGURATION = "__mdt"  # records of custom metadata are configuration, and deployed like it
MOST_TOGETHER = 40  # aggregates in one query, far below the longest URL
API_NAME = re.compile(r"[A-Za-z]\w{0,79}(\.[A-Za-z]\w{0,79})?", re.ASCII)
NOT_COUNTED = frozenset({"LongTextArea", "Html"})  # [inferred] from what cannot be grouped, reference/salesforce.md 8.2

ACTIVITY = "Activity"  # is asked as tasks and as events, which have its fields ([docs] reference/salesforce.md 2.1)
ACTIVITIES = ("Task", "Event")

Counts = dict[Address, int | None]


def running(rest: Rest, prefix: str, lead_types: Sequence[str]) -> dict[str, int]:
    """Lead type → leads whose clock of it runs, in one request; nothing when the org does not answer it."""
    names = Names(prefix)
    kind, status = names.field("Lead_Type"), names.field("SLA_Status")
    query = (
        f"SELECT {kind}, COUNT(Id) n FROM Lead WHERE {kind} IN {literals(lead_types)} "  # noqa: S608 - literals
        f"AND {status} IN {literals(RUNNING)} AND IsConverted = false GROUP BY {kind}"
    )
    try:
        rows = rest.query(query, "count the clocks that run")
    except SignedOut:
        raise
    except (NotAllowed, Rejected):
        return {}
    counted = {str(row.get(kind) or "").casefold(): row.get("n") for row in rows}
    counts = {id: counted.get(id.casefold(), 0) for id in lead_types}
    return {id: count for id, count in counts.items() if isinstance(count, int)}


def records_with(rest: Rest, resources: Iterable[Resource]) -> Counts:
    """Records with a value, per field and per object of records; None = not to be seen by the connection's user.

    Formulas, and everything that is no field and no object, hold no data and are left out. A checkbox counts where it
    is set; a long text, which cannot be counted, as if every record had one. Per object: one request, when it has
    records a second for its fields, and one per 40 fields and per checkbox.
    """
    found: Counts = {}
    fields: dict[str, list[Resource]] = {}
    doomed: set[str] = set()
    for resource in resources:
        kind, name = resource.address.kind, resource.address.name
        if kind in ("CustomObject", "CustomField") and not API_NAME.fullmatch(name):
            found[resource.address] = None  # a plan is a file, and files are edited: it must not speak SOQL
        elif kind == "CustomObject" and not name.endswith(CONFIGURATION):
            doomed.add(name)
            found[resource.address] = _records(rest, name)
        elif kind == "CustomField" and not resource.attributes.get("formula"):
            fields.setdefault(name.partition(".")[0], []).append(resource)
    for object, items in sorted(fields.items()):
        if object == ACTIVITY:
            found |= _together([_of_object(rest, kind, items) for kind in ACTIVITIES])
        elif object not in doomed and not object.endswith(CONFIGURATION):
            found |= _of_object(rest, object, items)
    return found


def records_losing(rest: Rest, changes: Iterable[Change]) -> Counts:
    """Records whose value a change of a field can lose: of a picklist that offers less, those with a value that is
    withdrawn (one request per field); of any other, as `records_with`, all that have a value: no query asks how long
    a text is.

    A withdrawn value stays in the records and is only offered no more ([docs] reference/salesforce.md 2), so one that
    this user may not see is left out, and does not keep a lead type from being renamed by whoever sees no fields.
    """
    found: Counts = {}
    whole: list[Resource] = []
    visible: dict[str, frozenset[str]] = {}
    for change in changes:
        before, after = change.before, change.after
        if before is None or after is None:
            continue
        object, _, name = change.address.name.partition(".")
        gone = withdrawn(change)
        picked = before.attributes.get("type") == after.attributes.get("type") == "Picklist" and gone
        if not picked or object.endswith(CONFIGURATION) or not API_NAME.fullmatch(change.address.name):
            whole.append(before)
            continue
        if object not in visible:
            visible[object] = _visible(rest, object)
        if name.casefold() in visible[object]:
            count = _records(rest, object, f" WHERE {name} IN {literals(sorted(gone))}")
            found |= {change.address: count} if count is not None else {}
    return found | records_with(rest, whole)


def _of_object(rest: Rest, object: str, fields: Sequence[Resource]) -> Counts:
    every = _records(rest, object)
    if not every:
        return {field.address: every for field in fields}
    visible = _visible(rest, object)
    found: Counts = {field.address: None for field in fields}
    plain: list[Resource] = []
    for field in fields:
        kind, name = field.attributes.get("type"), _name(field)
        if name.casefold() not in visible:
            continue
        if kind in NOT_COUNTED:
            found[field.address] = every
        elif kind == "Checkbox":
            found[field.address] = _records(rest, object, f" WHERE {name} = true")
        else:
            plain.append(field)
    for start in range(0, len(plain), MOST_TOGETHER):
        part = plain[start : start + MOST_TOGETHER]
        counts = ", ".join(f"COUNT({_name(field)}) n{place}" for place, field in enumerate(part))
        row = _ask(rest, f"SELECT {counts} FROM {object}", len(part))  # noqa: S608 - API names
        found |= {field.address: row.get(f"n{place}") for place, field in enumerate(part)}
    return found


def _together(counts: Sequence[Counts]) -> Counts:
    """The sums; unknown as soon as one of them is."""
    return {
        address: None if any(part[address] is None for part in counts) else sum(part[address] or 0 for part in counts)
        for address in counts[0]
    }


def _records(rest: Rest, object: str, where: str = "") -> int | None:
    return _ask(rest, f"SELECT COUNT(Id) n0 FROM {object}{where}", 1).get("n0")  # noqa: S608 - API names


def _visible(rest: Rest, object: str) -> frozenset[str]:
    """The fields the connection's user may see, in lower case. A deployed field is invisible without a permission."""
    try:
        body = rest.read_json(f"sobjects/{object}/describe", f"describe {object}")
    except SignedOut:
        raise
    except (NotAllowed, Rejected):
        return frozenset()
    rows = body.get("fields")
    return frozenset(str(row.get("name")).casefold() for row in rows or () if isinstance(row, dict))


def _ask(rest: Rest, query: str, size: int) -> Mapping[str, int]:
    """The aggregates n0, n1 … of a query with one row; empty when the org does not answer it (no permission, or too
    many records to count in time)."""
    try:
        rows: list[dict[str, Any]] = rest.query(query, "count what is recorded")
    except SignedOut:
        raise
    except (NotAllowed, Rejected):
        return {}
    row = rows[0] if len(rows) == 1 else {}
    named = {f"n{place}": row.get(f"n{place}") for place in range(size)}
    return {name: value for name, value in named.items() if isinstance(value, int)}


def _name(field: Resource) -> str:
    return field.address.name.partition(".")[2]

"""Looking up in the portal what references may mean; only what is referred to is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from provisioner.targets.hubspot.resolve import Directory, Owner, Reference
from provisioner.targets.hubspot.session.account import Portal
from provisioner.targets.hubspot.session.door import Door, paged, rows

PAGE = 100
FORMS_PAGE = 50


def read_directory(
    door: Door, wanted: Iterable[Reference], portal: Portal, own: Directory, people: dict[str, str] | None = None
) -> Directory:
    """At most four requests and further pages. `own` brings the lists and flows that were read anyway; into `people`
    goes whose user ids the owners have."""
    kinds = {reference.kind for reference in wanted}
    names = dict(own.names)
    if "team" in kinds:
        names["team"] = _teams(door)
    if "form" in kinds:
        names["form"] = _forms(door)
    owners = _owners(door, {} if people is None else people) if kinds & {"owner", "user"} else ()
    return Directory(owners, names, portal.facts(), own.own)


def _owners(door: Door, people: dict[str, str]) -> tuple[Owner, ...]:
    """Both states: `archived` is a switch, not "include" ([spec] reference/hubspot.md 6.1)."""
    rows = [(row, archived) for archived in (False, True) for row in owner_rows(door, archived)]
    people.update(people_in(row for row, _ in rows))
    return tuple(_owner(row, archived) for row, archived in rows)


def people_in(owners: Iterable[dict[str, Any]]) -> dict[str, str]:
    """User id → email, of former users too ([spec] [docs] reference/hubspot.md 6.1)."""
    found = {}
    for row in owners:
        user = row.get("userId") or row.get("userIdIncludingInactive")
        name = row.get("email") or " ".join(str(row[key]) for key in ("firstName", "lastName") if row.get(key))
        if user and name:
            found[str(user)] = str(name)
    return found


def owner_rows(door: Door, archived: bool) -> Collection[dict[str, Any]]:
    what = "list its owners" if not archived else "list its former owners"
    method = door.api("crm.owners.owners_api").get_page

    def page(after: str | None) -> Any:
        extra = {"after": after} if after else {}
        return door.look(what, method, limit=PAGE, archived=archived, **extra)

    return list(paged(what, page))


def _owner(row: dict[str, Any], archived: bool) -> Owner:
    name = " ".join(str(row[key]) for key in ("firstName", "lastName") if row.get(key))
    user_id = row.get("userId") or (row.get("userIdIncludingInactive") if archived else None)
    return Owner(
        id=str(row.get("id") or ""),
        email=str(row.get("email") or ""),
        name=name,
        user_id=None if user_id is None else str(user_id),
        archived=archived,
        is_person=row.get("type") != "QUEUE",
    )


def _teams(door: Door) -> tuple[tuple[str, str], ...]:
    return tuple((str(row.get("name") or ""), str(row.get("id") or "")) for row in team_rows(door))


def team_rows(door: Door) -> tuple[dict[str, Any], ...]:
    """With `userIds` and `secondaryUserIds`."""
    what = "list its teams"
    return tuple(rows(door.get(what, "/settings/v3/users/teams"), "results", what))


def _forms(door: Door) -> tuple[tuple[str, str], ...]:
    return tuple((str(row.get("name") or ""), str(row.get("id") or "")) for row in form_rows(door))


def form_rows(door: Door) -> Iterator[dict[str, Any]]:
    """`formTypes=all` must be sent: what comes back without it is not stated ([spec] section 7)."""
    query = {"formTypes": "all", "archived": False, "limit": FORMS_PAGE}
    yield from door.pages("list its forms", "/marketing/v3/forms", query)

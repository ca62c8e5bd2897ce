"""Counting and paging records by search ([spec] [docs] reference/hubspot.md 6.3); four requests a second at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.errors import TargetError, Unreachable
from provisioner.targets.hubspot.session.door import Door, mapping, paged, rows

PAGE = 200
MOST_GROUPS, MOST_FILTERS, MOST_TOGETHER = 5, 6, 18  # per query: groups, filters in a group, filters in all
MOST_RECORDS = 10_000  # per query; HubSpot answers 400 beyond

Filters = Sequence[Sequence[dict[str, Any]]]
"""Groups of filters: a record matches when all filters of one group hold."""


def count(door: Door, object: str, groups: Filters) -> int:
    """How many records match, in one request. New and changed records appear in the index with a delay."""
    what = f"count {object}"
    body = _body(groups, [], 1)
    method = door.api("crm.objects.search_api").do_search
    return _total(mapping(door.look(what, method, object, body), what), what)


@dataclass(frozen=True, slots=True)
class Page:
    """`total` counts all records that match; `after` asks for the next ones (None: there are none)."""

    total: int
    rows: tuple[dict[str, Any], ...]
    after: str | None


ORDERS = {
    "id": ("hs_object_id", "ASCENDING"),
    "oldest": ("createdate", "ASCENDING"),
    "newest": ("createdate", "DESCENDING"),
}
CREATED = {"contacts": "createdate"}  # of every other object it is hs_createdate. [docs] reference/hubspot.md 3


def page(
    door: Door, object: str, groups: Filters, properties: Sequence[str], most: int, order: str, after: str | None = None
) -> Page:
    """The first (or next) `most` records, 1 to 200, and how many there are, in one request. `order`: id, oldest or
    newest."""
    what = f"count {object}" if most == 1 else f"search {object}"
    name, direction = ORDERS[order]
    sort = {"propertyName": CREATED.get(object, "hs_createdate") if name == "createdate" else name}
    body = _body(groups, properties, most) | {"sorts": [{**sort, "direction": direction}]}
    body |= {"after": after} if after else {}
    answer = mapping(door.look(what, door.api("crm.objects.search_api").do_search, object, body), what)
    paging = answer.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    more = following.get("after") if isinstance(following, dict) else None
    return Page(_total(answer, what), tuple(rows(answer, "results", what)), None if more is None else str(more))


def _total(answer: dict[str, Any], what: str) -> int:
    total = answer.get("total")
    if isinstance(total, bool) or not isinstance(total, int):
        raise Unreachable(f"HubSpot's answer names no total ({what}).")
    return total


def search(door: Door, object: str, groups: Filters, properties: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Records that match, oldest id first. TargetError when there are more than a query can give."""
    what = f"search {object}"
    total = count(door, object, groups)
    if total > MOST_RECORDS:
        raise TargetError(
            f"{total} {object} match; HubSpot gives at most {MOST_RECORDS} per query.",
            advice="Narrow the search, for example by windows of createdate.",
        )
    method = door.api("crm.objects.search_api").do_search
    body = _body(groups, properties, PAGE) | {"sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]}
    yield from paged(what, lambda after: door.look(what, method, object, body | ({"after": after} if after else {})))


def _body(groups: Filters, properties: Sequence[str], limit: int) -> dict[str, Any]:
    sizes = [len(group) for group in groups]
    if len(sizes) > MOST_GROUPS or max(sizes, default=0) > MOST_FILTERS or sum(sizes) > MOST_TOGETHER:
        raise TargetError(
            f"A search may have {MOST_GROUPS} groups of {MOST_FILTERS} filters, {MOST_TOGETHER} in all; this one has "
            f"{len(sizes)} groups with {sum(sizes)} filters."
        )
    filters = [{"filters": list(group)} for group in groups]
    return {"filterGroups": filters, "properties": list(properties), "sorts": [], "limit": limit, "after": "0"}

"""Finding our lists and flows among all of a portal's: by remembered id, by name, by mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provisioner.resources import Address, Snapshot
from provisioner.targets.hubspot.marker import Mark, unmark
from provisioner.targets.hubspot.session.door import MOST_PAGES, Door, rows
from provisioner.targets.hubspot.session.faults import Answered
from provisioner.targets.hubspot.session.ledger import Entry
from provisioner.targets.hubspot.session.shapes import FLOW, LIST
from provisioner.targets.hubspot.session.state import Raw, State

FLOWS = "/automation/v4/flows"
PORTION = 100  # ids per batch read; the vendor states no limit
LIST_PAGE = 500

Located = tuple[Address, Raw, Mark | None]


def portions(values: Iterable[str]) -> Iterator[list[str]]:
    items = list(values)
    for start in range(0, len(items), PORTION):
        yield items[start : start + PORTION]


class Finder:
    """`has_marks`: something of ours is there, so without a ledger every flow must be looked at."""

    def __init__(self, door: Door, desired: Snapshot, state: State, *, has_marks: bool) -> None:
        self._door = door
        self._desired = desired
        self._state = state
        self._look_everywhere = has_marks and not state.record.exists
        self._listing: list[Raw] | None = None
        self._searched: list[Raw] | None = None
        self.notices: list[str] = []
        self.usurped: dict[Address, str] = {}  # lists of ours that are gone, and a stranger has the name

    @property
    def flow_names(self) -> tuple[tuple[str, str], ...]:
        return tuple((str(row.get("name") or ""), str(row.get("id"))) for row in self._listing or ())

    @property
    def list_names(self) -> tuple[tuple[str, str], ...]:
        return tuple((str(row.get("name") or ""), str(row.get("listId"))) for row in self._searched or ())

    def all_flow_names(self) -> tuple[tuple[str, str], ...]:
        self._list_flows()
        return self.flow_names

    def all_list_names(self) -> tuple[tuple[str, str], ...]:
        self._search_lists()
        return self.list_names

    # ------------------------------------------------------------- flows

    def flows(self) -> list[Located]:
        """Our flows, and foreign ones that bear the name of a desired one (for the conflict they are)."""
        ids = [str(row.get("id")) for row in self._list_flows() if self._is_candidate(row)]
        raws = {str(raw.get("id")): raw for raw in read_flows(self._door, ids)}
        located: dict[Address, tuple[Raw, Mark | None]] = {}
        for raw in sorted(raws.values(), key=lambda raw: (str(raw.get("createdAt") or ""), str(raw.get("id")))):
            mark = self._mark(raw)
            if mark is None:
                continue
            if mark.address not in located or str(raw.get("id")) == self._remembered(mark.address).id:
                self._copy(located.get(mark.address), mark.address)
                located[mark.address] = (raw, mark)
            else:
                self._copy((raw, mark), mark.address)
        self._unmarked(raws, located)
        return [(address, raw, mark) for address, (raw, mark) in sorted(located.items())]

    def _is_candidate(self, row: Raw) -> bool:
        entries = [entry for entry in self._state.record.entries.values() if entry.address.kind == FLOW]
        if self._look_everywhere or str(row.get("id")) in {entry.id for entry in entries if entry.id}:
            return True
        wanted = {str(item.attributes.get("name")) for item in self._desired if item.address.kind == FLOW}
        return str(row.get("name") or "") in wanted | {entry.name for entry in entries if entry.name}

    def _mark(self, raw: Raw) -> Mark | None:
        _, mark = unmark(raw.get("description"))
        ours = mark is not None and mark.address.kind == FLOW and mark.prefix == self._state.prefix
        return mark if ours else None

    def _remembered(self, address: Address) -> Entry:
        return self._state.record.entries.get(address) or Entry(address, "")

    def _copy(self, other: tuple[Raw, Mark | None] | None, address: Address) -> None:
        if other is not None:
            raw = other[0]
            self.notices.append(
                f"Workflow {raw.get('name')!r} ({raw.get('id')}) carries the mark of {address} but is a copy of it: "
                "it is left alone. If it is switched on, people are alerted twice."
            )

    def _unmarked(self, raws: dict[str, Raw], located: dict[Address, tuple[Raw, Mark | None]]) -> None:
        """The mark was edited away, but the id is remembered; or the name is taken by a stranger."""
        used = {str(raw.get("id")) for raw, _ in located.values()}
        free = {id: raw for id, raw in raws.items() if id not in used and self._mark(raw) is None}
        for entry in self._state.record.entries.values():
            if entry.address.kind == FLOW and entry.id in free and entry.address not in located:
                located[entry.address] = (free.pop(entry.id), None)
        for item in self._desired:
            if item.address.kind != FLOW or item.address in located or self._remembered(item.address).fingerprint:
                continue  # what was ours is gone: a stranger of the same name is no successor
            same = [id for id, raw in free.items() if raw.get("name") == item.attributes.get("name")]
            if same:
                self._state.namesakes[item.address] = len(same)
                located[item.address] = (free.pop(same[0]), None)

    def _list_flows(self) -> list[Raw]:
        if self._listing is None:
            self._listing = list_flows(self._door)
        return self._listing

    # ------------------------------------------------------------- lists

    def lists(self) -> dict[Address, Raw]:
        """By remembered id; what has none, or is not there any more, by name."""
        entries = {item.address: item for item in self._state.record.entries.values() if item.address.kind == LIST}
        names = {address: entry.name for address, entry in entries.items() if entry.name}
        names |= {item.address: str(item.attributes.get("name")) for item in self._desired if item.address.kind == LIST}
        ids = {address: entry.id for address, entry in entries.items() if entry.id}
        known = read_lists(self._door, ids.values())
        located = {address: known[id] for address, id in ids.items() if id in known}
        missing = {address: name for address, name in names.items() if address not in located}
        if not missing:
            return located
        by_name = {str(row.get("name")): str(row.get("listId")) for row in self._search_lists()}
        found = {address: by_name[name] for address, name in missing.items() if name in by_name}
        taken = {str(raw.get("listId")) for raw in located.values()}
        found = {address: id for address, id in found.items() if id not in taken}
        self.usurped = {address: names[address] for address in found if address in ids}
        more = read_lists(self._door, (id for address, id in found.items() if address not in ids))
        return located | {address: more[id] for address, id in found.items() if id in more}

    def _search_lists(self) -> list[Raw]:
        if self._searched is None:
            self._searched = list(search_lists(self._door))
        return self._searched


def list_flows(door: Door) -> list[Raw]:
    return list(door.pages("list its workflows", FLOWS, {"limit": PORTION}))


def read_flows(door: Door, ids: Iterable[str]) -> Iterator[Raw]:
    """Whole flows ([spec] reference/hubspot.md 4.1); one request per hundred."""
    what = "read workflows"
    for portion in portions(ids):
        body = {"inputs": [{"flowId": id, "type": "FLOW_ID"} for id in portion]}
        yield from rows(door.post_read(what, f"{FLOWS}/batch/read", body), "results", what)


def read_lists(door: Door, ids: Iterable[str]) -> dict[str, Raw]:
    """Lists with their filters by id; one request per hundred. What is not there is left out."""
    what, found = "read lists", {}
    for portion in portions(sorted(ids)):
        method = door.api("crm.lists.lists_api").get_all
        try:
            body = door.look(what, method, list_ids=portion, include_filters=True)
        except Answered as refused:
            if refused.status != 404:
                raise
            continue
        found.update({str(raw.get("listId")): raw for raw in rows(body, "lists", what) if not raw.get("deletedAt")})
    return found


def search_lists(door: Door) -> Iterator[Raw]:
    """Every list of the portal, without filters: offset paging ([spec] reference/hubspot.md 1.5)."""
    what, offset = "list its lists", 0
    method = door.api("crm.lists.lists_api").do_search
    for _ in range(MOST_PAGES):
        body = {"query": "", "offset": offset, "count": LIST_PAGE, "additionalProperties": []}
        answer = door.look(what, method, body)
        found = rows(answer, "lists", what)
        yield from found
        if not answer.get("hasMore") or not found:
            return
        offset = int(answer.get("offset") or offset + len(found))

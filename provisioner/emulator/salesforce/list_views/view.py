"""One list view as a user has it: its columns, its conditions, its SOQL, and what comes of it.

Rows come through SOQL: sharing, field-level security and formulas are its. Converted leads are in no list view: the
vendor's list of the places that show them has none but the recently viewed ([docs] help, View and Edit Converted
Leads). A column that the user may not read is left out ([inferred]); a filter on such a field is refused as SOQL
refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.analytics.filters import Moment
from provisioner.emulator.salesforce.errors import not_modelled
from provisioner.emulator.salesforce.list_views.columns import Column, column_of, hidden_columns
from provisioner.emulator.salesforce.list_views.conditions import (
    Condition,
    Several,
    Single,
    by_logic,
    condition_of,
    joined,
    quoted,
)
from provisioner.emulator.salesforce.soql import query
from provisioner.emulator.salesforce.state.components import Component
from provisioner.emulator.salesforce.state.rows import And, Compare
from provisioner.emulator.salesforce.state.schema import SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

EVERYTHING, MINE, QUEUE = "Everything", "Mine", "Queue"
_ALL_SHARED = frozenset(("allInternalUsers",))


@dataclass(frozen=True)
class ListView:
    """`where` are the filters alone; `owner` the id that the scope asks for, None for everybody's records."""

    component: Component
    sobject: SObjectDef
    columns: tuple[Column, ...]
    where: Condition | None
    scope: str
    owner: str | None

    @property
    def name(self) -> str:
        return self.component.full_name.partition(".")[2]

    @property
    def label(self) -> str:
        return str(xml.text(self.component.root, "label"))

    @property
    def order(self) -> tuple[str, ...]:
        """By name, then by id. [docs] example"""
        return ("Name", "Id") if self.sobject.has("Name") else ("Id",)

    @property
    def shown_query(self) -> str:
        """As the vendor tells it: with labels of picklists, and the user's own records as a scope."""
        mine = " USING SCOPE mine" if self.scope == MINE else ""
        names = [column.select_item for column in self.columns]
        owner = self.owner if self.scope == QUEUE else None
        return self._query(names, mine, owner)

    def query(self, limit: int, offset: int) -> str:
        """What is run; `offset` counts from 0."""
        names = [column.path for column in self.columns]
        return f"{self._query(names, '', self.owner)} LIMIT {limit} OFFSET {offset}"

    def _query(self, names: list[str], using: str, owner: str | None) -> str:
        tests = [] if self.where is None else [self.where]
        if owner is not None:
            tests.insert(0, Single("OwnerId", "equals", (quoted(owner),)))
        where = f" WHERE {joined('and', tests).soql()}" if tests else ""
        order = ", ".join(f"{name} ASC NULLS FIRST" for name in self.order)
        return f"SELECT {', '.join(names)} FROM {self.sobject.name}{using}{where} ORDER BY {order}"  # noqa: S608

    def columns_json(self) -> list[dict[str, Any]]:
        places = {name: place for place, name in enumerate(self.order)}
        return [column.to_json(places.get(column.path)) for column in self.columns]


def view_of(org: Org, component: Component, sobject: SObjectDef, user_id: str) -> ListView:
    """The deployed view for a user, now. ApiError: the emulator does not model one of its parts."""
    root = component.root
    _check_shared(component)
    scope = str(xml.text(root, "filterScope"))
    if scope not in (EVERYTHING, MINE, QUEUE):
        raise not_modelled(f"the list view scope {scope}")
    shown = [column_of(sobject, xml.own_text(node)) for node in xml.kids(root, "columns")]
    if not shown and sobject.has("Name"):
        item = sobject.field("Name")
        shown = [Column(item.name, item.label, item, item)]
    columns = [*shown, *hidden_columns(sobject, shown)]
    seen = tuple(column for column in columns if org.permissions.readable(user_id, sobject, column.held))
    owner = {MINE: user_id, QUEUE: _queue(org, xml.text(root, "queue"))}.get(scope)
    return ListView(component, sobject, seen, _where(org, component, sobject, user_id), scope, owner)


def results(org: Org, view: ListView, user_id: str, limit: int, offset: int) -> tuple[list[dict[str, Any]], bool]:
    """Up to `limit` records from `offset` (0: the first) on, and whether they are the last."""
    found = query(org, view.query(limit + 1, offset), user_id=user_id).records(0, limit + 1)
    rows = [{"columns": [_cell(column, record) for column in view.columns]} for record in found[:limit]]
    return rows, len(found) <= limit


def _where(org: Org, component: Component, sobject: SObjectDef, user_id: str) -> Condition | None:
    user = org.rows.get("User", user_id) or {}
    moment = Moment(org.now, ZoneInfo(str(user.get("TimeZoneSidKey") or org.settings.timezone)))
    filters = [
        condition_of(
            column_of(sobject, str(xml.text(node, "field"))),
            str(xml.text(node, "operation")),
            xml.text(node, "value") or "",
            moment,
        )
        for node in xml.kids(component.root, "filters")
    ]
    own = by_logic(xml.text(component.root, "booleanFilter"), filters)
    if sobject.name != "Lead":
        return own
    open_only = Single("IsConverted", "equals", ("FALSE",))
    if own is None:
        return open_only
    together = own.parts if isinstance(own, Several) and own.conjunction == "and" else (own,)
    return Several("and", (open_only, *together))


def _check_shared(component: Component) -> None:
    """Who may open a view that is not for all is not modelled."""
    shared = xml.kid(component.root, "sharedTo")
    if shared is not None and not {xml.local(node) for node in xml.kids(shared)} <= _ALL_SHARED:
        raise not_modelled(f"the list view {component.full_name}, which is shared with some people only")


def _queue(org: Org, name: str | None) -> str | None:
    """The id of a queue. A queue that is gone has no records."""
    if name is None:
        return None
    found = org.rows.select("Group", And(Compare("Type", "=", "Queue"), Compare("DeveloperName", "=", name)))
    return str(found[0]["Id"]) if found else "000000000000000AAA"


def _cell(column: Column, record: dict[str, Any]) -> dict[str, Any]:
    value: Any = record
    for name in column.path.split("."):
        value = None if value is None else value[name]
    return {"fieldNameOrPath": column.path, "value": _text(column, value)}


def _text(column: Column, value: Any) -> str | None:
    """Every value is a text: labels of picklists, instants as `Fri Aug 01 21:15:46 GMT 2014` ([docs] example); dates in
    ISO and numbers as JSON has them ([inferred])."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if column.item.type == "datetime":
        return _java(datetime.fromisoformat(str(value)))
    if column.item.type == "picklist":
        return next((one.shown for one in column.item.picklist if one.value == value), str(value))
    return str(value)


def _java(instant: datetime) -> str:
    """In English whatever the locale of the process."""
    at = instant.astimezone(UTC)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[at.weekday()]
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day} {months[at.month - 1]} {at:%d %H:%M:%S} GMT {at.year}"

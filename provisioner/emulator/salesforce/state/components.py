"""Where metadata is kept: components and flow versions, in tables of the org's store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from provisioner.emulator.clock import iso, parse_instant
from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.ids import make_id
from provisioner.emulator.salesforce.state.tables import Tables

_TABLES = (
    "CREATE TABLE IF NOT EXISTS metadata_components (type TEXT, full_name TEXT COLLATE NOCASE, id TEXT, file_name TEXT,"
    " body BLOB, content BLOB, created_at TEXT, created_by TEXT, modified_at TEXT, modified_by TEXT,"
    " PRIMARY KEY (type, full_name)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS metadata_flow_versions (flow TEXT COLLATE NOCASE, number INTEGER, id TEXT UNIQUE,"
    " definition_id TEXT, body BLOB, status TEXT, created_at TEXT, created_by TEXT, modified_at TEXT,"
    " modified_by TEXT, PRIMARY KEY (flow, number)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS metadata_ids (prefix TEXT PRIMARY KEY, last INTEGER)",
    "CREATE TABLE IF NOT EXISTS metadata_jobs (number INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, state TEXT,"
    " zip BLOB)",
    "CREATE TABLE IF NOT EXISTS metadata_recycled (full_name TEXT PRIMARY KEY COLLATE NOCASE, deleted_at TEXT)",
)
_HELD = timedelta(days=15)  # [community] reference 1.8
PREFIXES = {
    "CustomObject": "01I", "CustomField": "00N", "CustomMetadata": "m0R", "ListView": "00B", "ValidationRule": "03d",
    "GlobalValueSet": "0Nt", "StandardValueSet": "0Sv", "Settings": "0Se", "EmailTemplate": "00X", "EmailFolder": "00l",
    "Workflow": "01I", "WorkflowAlert": "01W", "LeadConvertSettings": "0LC", "FlowDefinition": "300", "Flow": "301",
    "ReportType": "070", "Report": "00O", "Dashboard": "01Z", "Holiday": "0C0", "Deploy": "0Af", "Retrieve": "09S",
    "BusinessProcess": "019",
}  # fmt: skip
"""Id prefixes of things that have no data object of their own; those that have one take its row's id."""


@dataclass(frozen=True, slots=True)
class Component:
    """A saved component. `body` is the file as the server would print it, `content` the companion (Apex, …)."""

    type: str
    full_name: str
    id: str
    file_name: str
    body: bytes
    content: bytes | None
    created_at: datetime
    created_by: str
    modified_at: datetime
    modified_by: str

    @property
    def root(self) -> etree._Element:
        """The parsed body; read-only (shared)."""
        return xml.parse(self.body).root


@dataclass(frozen=True, slots=True)
class FlowVersion:
    """One version of a flow. `status` is Active, Draft, Obsolete …, whatever the body says."""

    api_name: str
    version_number: int
    version_id: str
    definition_id: str
    body: bytes
    status: str
    created_at: datetime
    created_by: str
    modified_at: datetime
    modified_by: str

    @property
    def root(self) -> etree._Element:
        """The parsed body; read-only (shared)."""
        return xml.parse(self.body).root


class Components:
    """Reads and writes the tables; every change joins the caller's transaction."""

    def __init__(self, org: Tables) -> None:
        self._org = org
        for statement in _TABLES:
            org.store.execute(statement)

    def new_id(self, kind: str) -> str:
        """A fresh 18-character id for a kind of PREFIXES. Rolled-back numbers are given again."""
        prefix = PREFIXES[kind]
        self._org.store.execute(
            "INSERT INTO metadata_ids VALUES (?, 1) ON CONFLICT (prefix) DO UPDATE SET last = last + 1", (prefix,)
        )
        row = self._org.store.execute("SELECT last FROM metadata_ids WHERE prefix = ?", (prefix,)).fetchone()
        return make_id(prefix, int(row[0]))

    def recycle(self, full_name: str) -> None:
        """A deleted custom field lies in the recycle bin from now on."""
        self._org.store.execute(
            "INSERT OR REPLACE INTO metadata_recycled VALUES (?, ?)", (full_name, iso(self._org.now))
        )

    def recycled(self, full_name: str) -> bool:
        """Whether a deleted field still holds this name: for 15 days."""
        row = self._org.store.execute(
            "SELECT deleted_at FROM metadata_recycled WHERE full_name = ?", (full_name,)
        ).fetchone()
        return row is not None and self._org.now < parse_instant(row[0]) + _HELD

    def get(self, kind: str, full_name: str) -> Component | None:
        """A component by type and name (names ignore case)."""
        row = self._org.store.execute(
            "SELECT * FROM metadata_components WHERE type = ? AND full_name = ?", (kind, full_name)
        ).fetchone()
        return _component(row) if row else None

    def all(self, kind: str) -> list[Component]:
        """Components of a type by name."""
        rows = self._org.store.execute("SELECT * FROM metadata_components WHERE type = ? ORDER BY full_name", (kind,))
        return [_component(row) for row in rows.fetchall()]

    def below(self, kind: str, parent: str) -> list[Component]:
        """Components of a child type whose full name starts with `parent.`."""
        start = parent.lower() + "."
        return [one for one in self.all(kind) if one.full_name.lower().startswith(start)]

    def put(
        self, kind: str, full_name: str, file_name: str, body: bytes, user_id: str, *,
        content: bytes | None = None, component_id: str | None = None,
    ) -> tuple[str, bool, bool]:  # fmt: skip
        """Save. Answers (id, created, changed); an equal component is left alone."""
        old = self.get(kind, full_name)
        if old is not None and (old.body, old.content) == (body, content):
            return old.id, False, False
        now = iso(self._org.now)
        new_id = old.id if old else (component_id or self.new_id(kind))
        created = (iso(old.created_at), old.created_by) if old else (now, user_id)
        name = old.full_name if old else full_name
        values = (kind, name, new_id, file_name, body, content, *created, now, user_id)
        self._org.store.execute("INSERT OR REPLACE INTO metadata_components VALUES (?,?,?,?,?,?,?,?,?,?)", values)
        return new_id, old is None, True

    def remove(self, kind: str, full_name: str) -> None:
        """Forget a component, if it is there."""
        self._org.store.execute("DELETE FROM metadata_components WHERE type = ? AND full_name = ?", (kind, full_name))

    def versions(self, flow: str | None = None) -> list[FlowVersion]:
        """Versions of one flow (or of all), by name and number."""
        where, values = ("WHERE flow = ?", (flow,)) if flow is not None else ("", ())
        rows = self._org.store.execute(
            f"SELECT * FROM metadata_flow_versions {where} ORDER BY flow, number",  # noqa: S608
            values,
        )
        return [_version(row) for row in rows.fetchall()]

    def add_version(self, flow: str, definition_id: str, body: bytes, status: str, user_id: str) -> FlowVersion:
        """Append a version with the next number."""
        numbers = [one.version_number for one in self.versions(flow)]
        number, now = max(numbers, default=0) + 1, iso(self._org.now)
        values = (flow, number, self.new_id("Flow"), definition_id, body, status, now, user_id, now, user_id)
        self._org.store.execute("INSERT INTO metadata_flow_versions VALUES (?,?,?,?,?,?,?,?,?,?)", values)
        return _version(values)

    def set_status(self, version: FlowVersion, status: str, user_id: str) -> None:
        """Change the status of a version."""
        self._org.store.execute(
            "UPDATE metadata_flow_versions SET status = ?, modified_at = ?, modified_by = ? WHERE id = ?",
            (status, iso(self._org.now), user_id, version.version_id),
        )

    def remove_version(self, version: FlowVersion) -> None:
        """Delete a version."""
        self._org.store.execute("DELETE FROM metadata_flow_versions WHERE id = ?", (version.version_id,))

    def flow_names(self) -> Iterator[str]:
        """API names of all flows."""
        rows = self._org.store.execute("SELECT DISTINCT flow FROM metadata_flow_versions ORDER BY flow")
        yield from (str(row[0]) for row in rows.fetchall())


def _component(row: tuple[Any, ...]) -> Component:
    kind, name, component_id, file_name, body, content, created, creator, modified, modifier = row
    return Component(
        kind, name, component_id, file_name, bytes(body), None if content is None else bytes(content),
        parse_instant(created), creator, parse_instant(modified), modifier,
    )  # fmt: skip


def _version(row: tuple[Any, ...]) -> FlowVersion:
    flow, number, version_id, definition_id, body, status, created, creator, modified, modifier = row
    return FlowVersion(
        flow, int(number), version_id, definition_id, bytes(body), status,
        parse_instant(created), creator, parse_instant(modified), modifier,
    )  # fmt: skip

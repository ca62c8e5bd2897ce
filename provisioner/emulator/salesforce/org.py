"""One emulated org: the place where its parts meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from provisioner.emulator.clock import START, Clock, iso, parse_instant
from provisioner.emulator.outbox import Outbox
from provisioner.emulator.salesforce.access import Access
from provisioner.emulator.salesforce.field_history import FieldHistory, history_object
from provisioner.emulator.salesforce.permissions import Permissions
from provisioner.emulator.salesforce.record_types import RecordTypes
from provisioner.emulator.salesforce.rows import Rows
from provisioner.emulator.salesforce.schema import Schema
from provisioner.emulator.salesforce.seed import ADMIN_ID, plant
from provisioner.emulator.salesforce.settings import OrgSettings
from provisioner.emulator.salesforce.sharing import Sharing
from provisioner.emulator.salesforce.standard import OBJECTS
from provisioner.emulator.salesforce.user_permissions import register as register_user_permissions
from provisioner.emulator.store import Store

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.automation import Automation
    from provisioner.emulator.salesforce.bulk import Bulk
    from provisioner.emulator.salesforce.metadata import MetadataStore


class Participant(Protocol):
    """Memory that must follow the store when a transaction is undone."""

    def snapshot(self) -> Any: ...

    def restore(self, snapshot: Any) -> None: ...


class Org:
    """A Salesforce org on one SQLite database (`path` None: in memory). Single-threaded: one line of events."""

    def __init__(self, path: Path | None = None, start: datetime | None = None) -> None:
        self.store = Store(path)
        self._start = start or START
        self.defaults: dict[str, Any] = {}  # settings that a reset comes back to
        self._begin()

    def _begin(self) -> None:
        kept = self.store.load("clock")
        self.clock = Clock(parse_instant(kept) if kept else self._start)
        self.settings = OrgSettings()
        self.settings.change(self.store.load("settings") or {})
        self.outbox = Outbox(self.store)
        self.schema = Schema(self.store)
        self.rows = Rows(self)
        self.permissions = Permissions(self)
        self.access = Access(self)
        self.sharing = Sharing(self)
        self.history = FieldHistory(self)
        self.record_types = RecordTypes(self)
        self.admin_id = ADMIN_ID
        self.requests = 0  # answered by this process, for the usage header
        self.refreshers: dict[str, Callable[[], None]] = {}  # lower-case object name → fill its rows before a query
        self.personal: dict[str, Callable[[str], None]] = {}  # the same, for rows that are those of the user who asks
        # (object, field), lower case → the JSON value for a record id, given only when a query finds one row
        self.computed: dict[tuple[str, str], Callable[[str], Any]] = {}
        self._participants: list[Participant] = [self.schema, self.permissions]
        if not self.schema.has("User"):
            with self.transaction():
                for definition in OBJECTS:
                    self.schema.add_object(definition)
                for name in ("Lead", "Contact", "Opportunity"):
                    self.schema.add_object(history_object(name, name))
                plant(self)
                self.keep_settings()
                self.store.keep("clock", iso(self.now))
        from provisioner.emulator.salesforce.analytics.views import register as register_analytics

        # Both at once, so that they take part in every transaction from the first.
        self.metadata.tooling.register()
        register_analytics(self)
        register_user_permissions(self)
        self.automation.rebuild()

    @cached_property
    def metadata(self) -> MetadataStore:
        from provisioner.emulator.salesforce.metadata import MetadataStore

        return MetadataStore(self)

    @cached_property
    def automation(self) -> Automation:
        from provisioner.emulator.salesforce.automation import Automation

        return Automation(self)

    @cached_property
    def bulk(self) -> Bulk:
        from provisioner.emulator.salesforce.bulk import Bulk

        return Bulk(self)

    @property
    def now(self) -> datetime:
        return self.clock.now

    def move_clock(self, instant: datetime) -> None:
        """Move the clock without running anything. Raises ClockError when `instant` is in the past."""
        self.clock.move_to(instant)
        self.store.keep("clock", iso(instant))

    def advance(self, until: datetime) -> None:
        """Let time pass: everything that falls due up to and including `until` runs at its own minute."""
        self.bulk.settle()
        self.automation.run_due(until)
        self.move_clock(until)

    def keep_settings(self) -> None:
        self.store.keep("settings", asdict(self.settings))

    def join(self, participant: Participant) -> None:
        """Have `participant` restored whenever a transaction is undone."""
        self._participants.append(participant)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, in the store and in memory; nestable."""
        before = [(participant, participant.snapshot()) for participant in self._participants]
        try:
            with self.store.savepoint():
                yield
        except BaseException:
            for participant, snapshot in before:
                participant.restore(snapshot)
            raise

    def reset(self) -> None:
        """Back to an empty org at the first instant, with the settings it was started with."""
        self.store.wipe()
        for part in ("metadata", "automation", "bulk"):
            self.__dict__.pop(part, None)
        self._begin()
        self.settings.change(self.defaults)
        self.keep_settings()

    def close(self) -> None:
        self.store.close()

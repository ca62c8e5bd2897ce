"""One emulated org: the place where its parts meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from provisioner.emulator.clock import iso
from provisioner.emulator.outbox import Outbox
from provisioner.emulator.salesforce.state.access import Access
from provisioner.emulator.salesforce.state.engines import AutomationEngine, BulkEngine, MetadataEngine
from provisioner.emulator.salesforce.state.field_history import FieldHistory, history_object
from provisioner.emulator.salesforce.state.permissions import Permissions
from provisioner.emulator.salesforce.state.record_types import RecordTypes
from provisioner.emulator.salesforce.state.seed import plant
from provisioner.emulator.salesforce.state.sharing import Sharing
from provisioner.emulator.salesforce.state.standard import OBJECTS
from provisioner.emulator.salesforce.state.tables import Tables


class Participant(Protocol):
    """Memory that must follow the store when a transaction is undone."""

    def snapshot(self) -> Any: ...

    def restore(self, snapshot: Any) -> None: ...


@dataclass(frozen=True)
class Engines:
    """Who works on an org: made anew for it when it is opened, and when it is reset."""

    metadata: Callable[[Org], MetadataEngine]
    automation: Callable[[Org], AutomationEngine]
    bulk: Callable[[Org], BulkEngine]
    objects: tuple[Callable[[Org], None], ...]  # each enters objects whose rows are made when they are asked for


class Org(Tables):
    """A Salesforce org on one SQLite database (`path` None: in memory). Single-threaded: one line of events."""

    metadata: MetadataEngine
    automation: AutomationEngine
    bulk: BulkEngine

    def __init__(self, engines: Engines, path: Path | None = None, start: datetime | None = None) -> None:
        super().__init__(path, start)
        self._engines = engines
        self.defaults: dict[str, Any] = {}  # settings that a reset comes back to
        self._begin()

    def _begin(self) -> None:
        self.open()
        self.outbox = Outbox(self.store)
        self.permissions = Permissions(self.store)
        self.access = Access(self.store, self.settings)
        self.sharing = Sharing(self, self.access)
        self.history = FieldHistory(self)
        self.record_types = RecordTypes(self)
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
        self.metadata = self._engines.metadata(self)
        self.automation = self._engines.automation(self)
        self.bulk = self._engines.bulk(self)
        for enter in self._engines.objects:  # all at once, so that they take part in every transaction from the first
            enter(self)
        self.automation.rebuild()

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
        self._begin()
        self.settings.change(self.defaults)
        self.keep_settings()

    def close(self) -> None:
        self.store.close()

"""What an org stores: its settings, its schema and its rows, at the instant at which its clock stands.

Nothing here knows who may see a row, or what follows from a change of one: that is `org` and its engines.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from provisioner.emulator.clock import START, Clock, parse_instant
from provisioner.emulator.salesforce.ids import ADMIN_ID
from provisioner.emulator.salesforce.state.rows import Rows
from provisioner.emulator.salesforce.state.schema import Schema
from provisioner.emulator.salesforce.state.settings import OrgSettings
from provisioner.emulator.store import Store


class Tables:
    """One SQLite database (`path` None: in memory), and the clock that stands at `start` when it is new."""

    admin_id: Final = ADMIN_ID
    clock: Clock
    settings: OrgSettings
    schema: Schema
    rows: Rows

    def __init__(self, path: Path | None = None, start: datetime | None = None) -> None:
        self.store = Store(path)
        self._start = start or START

    def open(self) -> None:
        """Take up what the store keeps; what it does not keep is as in a new org."""
        kept = self.store.load("clock")
        self.clock = Clock(parse_instant(kept) if kept else self._start)
        self.settings = OrgSettings()
        self.settings.change(self.store.load("settings") or {})
        self.schema = Schema(self.store)
        self.rows = Rows(self.store, self.schema, self.clock, self.admin_id)

    @property
    def now(self) -> datetime:
        return self.clock.now

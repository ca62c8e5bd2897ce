"""An org with all that works on it: the only place that knows both the org and its engines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from provisioner.emulator.salesforce.analytics import views
from provisioner.emulator.salesforce.automation.engine import Automation
from provisioner.emulator.salesforce.bulk.service import Bulk
from provisioner.emulator.salesforce.metadata.store import MetadataStore
from provisioner.emulator.salesforce.state import own_permissions
from provisioner.emulator.salesforce.state.org import Engines, Org


def _setup_objects(org: Org) -> None:
    MetadataStore.of(org).tooling.register()


ENGINES = Engines(MetadataStore, Automation, Bulk, (_setup_objects, views.register, own_permissions.register))


def assembled(path: Path | None = None, start: datetime | None = None) -> Org:
    """An org as it was kept in `path`, or a new one whose clock stands at `start` (UTC)."""
    return Org(ENGINES, path, start)

"""A portal with all that works on it: the only place that knows both the state and its engines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from provisioner.emulator.hubspot.crm import activities
from provisioner.emulator.hubspot.crm.crowd import Crowd
from provisioner.emulator.hubspot.state.portal import Engines, Portal
from provisioner.emulator.hubspot.workflows.automation import Automation

ENGINES = Engines(workflows=Automation, crowd=Crowd, occasion=activities.happen)


def assembled(path: Path | None = None, start: datetime | None = None, run_code: bool = False) -> Portal:
    """A portal as it was kept in `path`, or a new one whose clock stands at `start` (UTC)."""
    return Portal(ENGINES, path, start, run_code)

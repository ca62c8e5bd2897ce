"""The org as the control door sees it: what a test may do that the vendor offers nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from provisioner.emulator.salesforce.automation.engine import Automation
from provisioner.emulator.salesforce.bulk.service import Bulk
from provisioner.emulator.salesforce.control.planting import (
    change_by_hand,
    change_settings,
    convert_lead,
    count_stored,
    plant_deployment,
    plant_document,
)
from provisioner.emulator.salesforce.state.org import Org


class World:
    """Extra doors: bulk, by_hand, convert, count, deployment, expire, mishaps. Bad input raises ValueError."""

    def __init__(self, org: Org) -> None:
        self.org = org

    @property
    def now(self) -> datetime:
        return self.org.now

    def advance(self, until: datetime) -> None:
        self.org.advance(until)

    def reset(self) -> None:
        self.org.reset()

    def seed(self, document: Any) -> dict[str, Any]:
        return plant_document(self.org, document)

    def show_settings(self) -> dict[str, Any]:
        return self.org.settings.to_json()

    def change_settings(self, values: dict[str, Any]) -> None:
        change_settings(self.org, values)

    def sent(self) -> list[dict[str, Any]]:
        return [message.to_json() for message in self.org.outbox.messages()]

    def clear_sent(self) -> None:
        self.org.outbox.clear()

    def timers(self) -> list[dict[str, Any]]:
        return self.org.automation.pending()

    def extras(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "bulk": lambda body: Bulk.of(self.org).ingest.plant(body),
            "by_hand": lambda body: change_by_hand(self.org, body),
            "convert": lambda body: convert_lead(self.org, body),
            "count": lambda body: count_stored(self.org, body),
            "deployment": lambda body: plant_deployment(self.org, body),
            "expire": self._expire,
            "mishaps": lambda body: Automation.of(self.org).mishaps.order(body),
        }

    def _expire(self, body: Any) -> dict[str, Any]:
        """End every session: clients must log in again."""
        self.org.settings.tokens = {}
        self.org.keep_settings()
        return {"sessions": 0}

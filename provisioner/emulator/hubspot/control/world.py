"""The portal as the control door sees it: what a test may do that the vendor offers nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from provisioner.emulator.hubspot.control import crowding, edits, people, planting
from provisioner.emulator.hubspot.state.portal import Portal


class World:
    """Extra doors: touch, submit, edit, enroll, log. Bad input raises ValueError with what is wrong."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    @property
    def now(self) -> datetime:
        return self.portal.now

    def advance(self, until: datetime) -> None:
        self.portal.advance(until)

    def reset(self) -> None:
        self.portal.reset()

    def seed(self, document: Any) -> dict[str, Any]:
        return planting.plant_document(self.portal, document)

    def show_settings(self) -> dict[str, Any]:
        return self.portal.settings.to_json()

    def change_settings(self, values: dict[str, Any]) -> None:
        people.check_settings(values)
        self.portal.settings.change(values)

    def sent(self) -> list[dict[str, Any]]:
        return [message.to_json() for message in self.portal.outbox.messages()]

    def clear_sent(self) -> None:
        self.portal.outbox.clear()

    def timers(self) -> list[dict[str, Any]]:
        return self.portal.automation.pending()

    def extras(self) -> dict[str, Callable[[Any], Any]]:
        portal = self.portal
        return {
            "touch": lambda body: planting.touch(portal, body),
            "count": lambda body: crowding.count(portal, body),
            "submit": lambda body: planting.submit(portal, body),
            "edit": lambda body: edits.edit(portal, body),
            "enroll": lambda body: portal.automation.enroll_by_hand(body),
            "log": lambda body: portal.automation.log(body),
        }

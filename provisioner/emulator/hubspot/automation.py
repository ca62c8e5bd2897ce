"""Workflows: placeholder of the first slice, a portal that has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.portal import Portal


class Automation:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def wake(self) -> None:
        pass

    def settle(self) -> None:
        pass

    def noticed(self, type_id: str, record_id: str, changes: Mapping[str, str | None], created: bool) -> None:
        pass

    def planted(self, type_id: str, record_id: str) -> None:
        pass

    def submitted(self, record_id: str, form_id: str) -> None:
        pass

    def gone(self, type_id: str, record_id: str) -> None:
        pass

    def look(self) -> None:
        pass

    def next_look(self) -> int | None:
        return None

    def due(self, n: int, kind: str, name: str) -> None:
        pass

    def pending(self) -> list[Json]:
        return []

    def log(self, body: Any) -> list[Json]:
        return []

    def properties_of(self, flow: Json) -> set[str]:
        return set()

    def edited(self, flow_id: str, changes: Json) -> Json:
        raise ValueError(f"There is no workflow {flow_id!r}.")

    def enroll_by_hand(self, body: Any) -> Json:
        raise ValueError("There is no workflow.")

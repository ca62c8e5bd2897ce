"""Who is in which workflow and at which action, what was done there, and how often in one instant."""

from __future__ import annotations

from collections import deque
from typing import Any

from provisioner.emulator.clock import iso
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import from_ms


class TooManySteps(ValueError):
    """Workflows keep each other going at one instant."""


class Enrolments:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._steps: tuple[int, int] = (0, 0)
        self._log: deque[Json] = deque(maxlen=50_000)

    def active(self, flow_id: str, record_id: str) -> Json | None:
        return self._portal.shelves["enrolment"].get(f"{flow_id}/{record_id}")

    def active_of(self, record_id: str) -> list[Json]:
        """Where a record is enrolled, by workflow."""
        found = [self.active(flow_id, record_id) for flow_id in self._portal.shelves["flow"].names()]
        return [one for one in found if one is not None]

    def leave(self, enrolment: Json, why: str) -> None:
        self._portal.shelves["enrolment"].remove(enrolment["id"])
        self.told(enrolment["flow"], enrolment["record"], enrolment["action"], f"left: {why}")

    def count_step(self) -> None:
        """Raises TooManySteps when workflows go round in circles without time passing."""
        now, steps = self._portal.now_ms, self._steps[1]
        self._steps = (now, steps + 1 if self._steps[0] == now else 1)
        if self._steps[1] > self._portal.settings.max_steps:
            self._steps = (now, 0)
            raise TooManySteps(f"More than {self._portal.settings.max_steps} steps at {iso(from_ms(now))}.")

    def told(self, flow_id: str, record_id: str, action: str | None, what: str) -> None:
        at = iso(self._portal.now)
        self._log.append({"at": at, "flow": flow_id, "record": record_id, "action": action, "what": what})

    def log(self, body: Any) -> list[Json]:
        """What workflows did, oldest first; `{"flow", "record"}` narrow it down."""
        wanted = {key: str(value) for key, value in (body or {}).items() if key in ("flow", "record")}
        return [one for one in self._log if all(one[key] == value for key, value in wanted.items())]

    def pending(self) -> list[Json]:
        """What waits: `{at, flow, record, action, why}`, and activities that lie ahead."""
        waiting = [
            {
                "at": iso(from_ms(one["due"])),
                "flow": one["flow"],
                "name": (self._portal.shelves["flow"].get(one["flow"]) or {}).get("name", ""),
                "record": one["record"],
                "action": one["action"],
                "why": one["why"],
            }
            for one in sorted(self._portal.shelves["enrolment"], key=lambda one: (one["due"], one["n"]))
        ]
        ahead = [
            {"at": iso(from_ms(one["due"])), "record": one["about"], "why": one["kind"]}
            for one in self._portal.shelves["occasion"]
        ]
        return waiting + ahead

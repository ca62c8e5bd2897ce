"""One emulated portal: its clock, its settings, its shelves, its outbox, and what waits for its time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from provisioner.emulator.clock import START, Clock, iso, parse_instant
from provisioner.emulator.hubspot import standard, times
from provisioner.emulator.hubspot.errors import Json, invalid
from provisioner.emulator.hubspot.state.caches import Caches
from provisioner.emulator.hubspot.state.engines import Crowd, Workflows
from provisioner.emulator.hubspot.state.limits import Limits
from provisioner.emulator.hubspot.state.population import Population
from provisioner.emulator.hubspot.state.settings import Settings
from provisioner.emulator.hubspot.state.shelf import Shelves
from provisioner.emulator.outbox import Outbox
from provisioner.emulator.store import Store

TOKEN = "pat-na1-00000000-0000-4000-8000-000000000001"  # noqa: S105
VERBS = ("read", "write")
ALL_SCOPES = sorted(
    {
        "oauth",
        "automation",
        "forms",
        "sales-email-read",
        *(f"crm.schemas.{name}.{verb}" for name in ("contacts", "custom", "deals", "companies") for verb in VERBS),
        *(f"crm.objects.{name}.{verb}" for name in ("contacts", "leads", "users") for verb in VERBS),
        "crm.objects.owners.read",
        *(f"crm.lists.{verb}" for verb in VERBS),
        *(f"settings.users.{verb}" for verb in VERBS),
        "settings.users.teams.read",
    }
)


@dataclass(frozen=True)
class Engines:
    """Who works on the state: made anew for it when it is opened, and when it is reset."""

    workflows: Callable[[Portal], Workflows]
    crowd: Callable[[Portal, Json], Crowd]  # of what is known of it
    occasion: Callable[[Portal, str], None]  # an activity that lay ahead takes place


class Portal:
    """State lives on shelves; `automation` runs the workflows."""

    automation: Workflows
    caches: Caches
    limits: Limits

    def __init__(
        self, engines: Engines, path: Path | None = None, start: datetime | None = None, run_code: bool = False
    ) -> None:
        """`run_code`: custom code of workflows is executed on this machine; nothing but the start can say so."""
        self._engines = engines
        self.store = Store(path)
        self.lasting = path is not None
        self.first = start or START
        self.run_code = run_code
        self.settings = Settings()
        self._load()

    def _load(self) -> None:
        self._populations: dict[str, Population] = {}
        self.shelves = Shelves(self.store, self.lasting)
        self.outbox = Outbox(self.store)
        stored = self.store.load("clock")
        self.clock = Clock(parse_instant(stored) if stored else self.first)
        self.settings.change(self.store.load("settings") or {"tokens": {TOKEN: ALL_SCOPES}})
        self.caches = Caches(self.shelves, self.settings, self.clock)
        self.limits = Limits(self.settings, self.clock)
        if stored is None:
            self._found()
        self._queue: list[tuple[int, int, str, str]] = []
        self.automation = self._engines.workflows(self)
        for occasion in self.shelves["occasion"]:
            heapq.heappush(self._queue, (occasion["due"], occasion["n"], "occasion", occasion["id"]))
        self.automation.wake()

    def _found(self) -> None:
        """A new portal: what HubSpot defines."""
        for where, group in standard.groups():
            self.shelves["group"].put(f"{where}/{group['name']}", group)
        created = times.show_full(self.now_ms)
        for where, definition in standard.definitions():
            dated = definition | {"createdAt": created, "updatedAt": created}
            self.shelves["property"].put(f"{where}/{definition['name']}", dated)
        self.flush()

    def reset(self) -> None:
        """A new portal with the settings of a new one."""
        self.store.wipe()
        self.store.execute("DROP TABLE IF EXISTS _outbox")
        self.settings = Settings()
        self._load()

    def close(self) -> None:
        self.store.close()

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def now_ms(self) -> int:
        return times.to_ms(self.clock.now)

    @property
    def zone(self) -> ZoneInfo:
        """The portal's time zone, which time windows and day filters use. [docs] 4.8"""
        return self.settings.zone

    def flush(self) -> None:
        """Keep everything that changed, when there is a file to keep it in."""
        self.shelves.flush()
        self.store.keep("clock", iso(self.clock.now))
        self.store.keep("settings", self.settings.to_json())

    def number(self, kind: str, first: int = 1) -> int:
        """The next number of a kind: ids are never used twice."""
        counter = self.shelves["counter"].get(kind) or {"next": first}
        self.shelves["counter"].put(kind, {"next": counter["next"] + 1})
        return int(counter["next"])

    def numbers(self, kind: str, first: int, count: int) -> int:
        """The first of so many numbers in a row."""
        begin = self.number(kind, first)
        self.shelves["counter"].put(kind, {"next": begin + count})
        return begin

    def records(self, type_id: str) -> Population:
        """Records of one object type, archived ones included, by id."""
        if type_id not in self._populations:
            crowds = [self._engines.crowd(self, one) for one in self.shelves["crowd"] if one["object"] == type_id]

            def leaving(before: Json) -> None:
                self.automation.met_before(type_id, before)

            self._populations[type_id] = Population(self.shelves[f"record {type_id}"], crowds, leaving)
        return self._populations[type_id]

    def crowds_changed(self) -> None:
        """A crowd was planted."""
        self._populations.clear()

    def record(self, type_id: str, record_id: str) -> Json | None:
        """A record that is not archived."""
        found = self.records(type_id).get(record_id)
        return None if found is None or found["archived"] else found

    def definition(self, type_id: str, name: str) -> Json | None:
        return self.shelves["property"].get(f"{type_id}/{name}")

    def owner(self, owner_id: str) -> Json | None:
        """An owner who is still there."""
        found = self.shelves["owner"].get(owner_id)
        return None if found is None or found["archived"] else found

    def owner_of_user(self, user_id: str) -> Json | None:
        return next(
            (one for one in self.shelves["owner"] if str(one["userId"]) == user_id and not one["archived"]), None
        )

    # -- time -------------------------------------------------------------------------------------------------------

    def wait(self, due_ms: int, kind: str, name: str) -> int:
        """Have something happen at `due_ms`; of things at one instant the first that was asked for comes first."""
        n = self.number("waiting")
        heapq.heappush(self._queue, (due_ms, n, kind, name))
        return n

    def rewait(self, due_ms: int, n: int, kind: str, name: str) -> None:
        """Put back what waited when the portal was closed."""
        heapq.heappush(self._queue, (due_ms, n, kind, name))

    def advance(self, until: datetime) -> None:
        """Let time pass to `until`; what falls due on the way happens at its own instant, in order."""
        goal = times.to_ms(until)
        while True:
            look = self.automation.next_look()
            first = self._queue[0][0] if self._queue else None
            due = min((at for at in (look, first) if at is not None), default=None)
            if due is None or due > goal:
                break
            self.clock.move_to(max(self.clock.now, times.from_ms(due)))
            if first is not None and first <= due:
                _, n, kind, name = heapq.heappop(self._queue)
                self._happen(n, kind, name)
            else:
                self.automation.look()
        self.clock.move_to(until)
        self.flush()

    def _happen(self, n: int, kind: str, name: str) -> None:
        if kind == "occasion":
            self._engines.occasion(self, name)
            self.automation.settle()
        else:
            self.automation.due(n, kind, name)

    def need_record(self, type_id: str, record_id: str) -> Json:
        """The record, of its own. Raises ApiError 400 for the control door's sake."""
        found = self.records(type_id).hold(record_id)
        if found is None or found["archived"]:
            raise invalid(f"There is no {standard.TYPES[type_id].singular} {record_id!r}.")
        return found

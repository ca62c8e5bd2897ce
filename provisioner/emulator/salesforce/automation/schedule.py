"""Scheduled paths: what is pending, when it runs, and the truth table of [docs-2nd] reference 4.8.

A path due at t runs at the first whole minute at or after t; within a minute by due time, then by the order
of the paths in their flow. A path whose time has passed when it is scheduled runs at the first whole minute
from then on. Failed runs are tried again after 15, 30, 60, 120 and 240 minutes. More runs than the org may have in
24 hours wait until the window frees.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from provisioner.emulator.clock import iso
from provisioner.emulator.salesforce.automation.flow.definition import Path
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.program import Entry, Program
from provisioner.emulator.salesforce.state.org import Org
from provisioner.emulator.salesforce.state.rows import Row

RETRIES = (15, 30, 60, 120, 240)  # minutes, [docs-2nd] reference 4.8
_TABLE = """
CREATE TABLE IF NOT EXISTS _paths (
    flow TEXT, path TEXT, record TEXT, sobject TEXT, version INTEGER, user TEXT, due INTEGER, run INTEGER,
    place INTEGER, attempts INTEGER, PRIMARY KEY (record, flow, path)) WITHOUT ROWID
"""
_RUNS = "CREATE TABLE IF NOT EXISTS _path_runs (minute INTEGER PRIMARY KEY, count INTEGER)"
_DAY = 86_400  # seconds
_INDEX = "CREATE INDEX IF NOT EXISTS _paths_run ON _paths (run, due, place, flow, record)"
_COLUMNS = "flow, path, record, sobject, version, user, due, run, place, attempts"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pending:
    """One waiting path. `due` and `run` are seconds since 1970; it runs at `run`."""

    flow: str
    path: str
    record: str
    sobject: str
    version: int
    user: str
    due: int
    run: int
    place: int
    attempts: int


def seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def instant(value: int) -> datetime:
    return _EPOCH + timedelta(seconds=value)


def next_minute(value: int) -> int:
    """The first whole minute at or after."""
    return -(-value // 60) * 60


def shifted(moment: datetime, number: int, unit: str) -> datetime:
    """`number` of Minutes, Hours, Days, Weeks or Months later; months keep the day, or take the month's last."""
    if unit == "Months":
        index = moment.year * 12 + moment.month - 1 + number
        year, month = divmod(index, 12)
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day)
    spans = {"Minutes": 60, "Hours": 3600, "Days": 86400, "Weeks": 604800}
    return moment + timedelta(seconds=number * spans[unit])


class PathRunner(Protocol):
    """What runs the paths that fall due."""

    @property
    def org(self) -> Org: ...
    def org_zone(self) -> ZoneInfo: ...
    def program(self, api_name: str) -> Program | None: ...
    def runner(self, user_id: str) -> str: ...
    def async_mark(self) -> int: ...
    def drop_async(self, mark: int) -> None: ...
    def run_async(self) -> None: ...
    def report_failure(self, program: Program, path: str, record: str, fault: FlowFault) -> None: ...


class Scheduler:
    """The pending paths of an org, in its store."""

    def __init__(self, automation: PathRunner) -> None:
        self.automation = automation
        self.org = automation.org
        self.ensure()

    def ensure(self) -> None:
        """The table may have been undone with the transaction it was made in."""
        self.org.store.execute(_TABLE)
        self.org.store.execute(_INDEX)
        self.org.store.execute(_RUNS)

    # -- reacting to saves ------------------------------------------------------------------
    def react(self, entries: Sequence[tuple[Program, Entry]], row: Row, old: Row | None, user_id: str) -> None:
        """Schedule, re-time or remove the paths of every flow for one saved record."""
        timed = [(program, entry) for program, entry in entries if program.timed]
        if not timed:
            return
        record = row["Id"]
        waiting = self._of_record(record) if old is not None else {}
        for program, entry in timed:
            name = program.flow.api_name
            if not entry.met:
                for key in [key for key in waiting if key[0] == name]:
                    self._remove(record, *key)
                continue
            kind = program.flow.start.record_trigger if program.flow.start else ""
            starts = entry.created and kind != "Update"
            starts = starts or (not entry.created and not entry.was_met and kind != "Create")
            for place, path in enumerate(program.timed):
                current = waiting.get((name, path.name))
                if starts:
                    self._start(program, path, place, row, user_id)
                elif not entry.created and old is not None:
                    self._keep(program, path, place, row, old, current, user_id)

    def _start(self, program: Program, path: Path, place: int, row: Row, user_id: str) -> None:
        due = self.due(program, path, row, self.org.now)
        if due is None:
            self._remove(row["Id"], program.flow.api_name, path.name)
        else:
            self._put(program, path, place, row, due, user_id)

    def _keep(
        self,
        program: Program,
        path: Path,
        place: int,
        row: Row,
        old: Row,
        current: Pending | None,
        user_id: str,
    ) -> None:
        """Still met: the schedule stays, unless the time source has changed."""
        if path.source == "RecordTriggerEvent" or row.get(path.field) == old.get(path.field):
            return
        due = self.due(program, path, row, self.org.now)
        if due is None:
            self._remove(row["Id"], program.flow.api_name, path.name)
        elif current is not None or old.get(path.field) is None or due > seconds(self.org.now):
            self._put(program, path, place, row, due, user_id)

    def due(self, program: Program, path: Path, row: Row, event: datetime) -> int | None:
        """When a path is due, in seconds; None when its time source is empty."""
        moment: Any = event if path.source == "RecordTriggerEvent" else row.get(path.field)
        if moment is None:
            return None
        if isinstance(moment, date) and not isinstance(moment, datetime):
            # A day begins at midnight of the org's time zone ([inferred]).
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=self.automation.org_zone())
        return seconds(shifted(moment, int(path.offset), path.unit))

    def _put(self, program: Program, path: Path, place: int, row: Row, due: int, user_id: str) -> None:
        run = next_minute(max(due, seconds(self.org.now)))
        name = program.flow.start.object if program.flow.start else ""
        values = (program.flow.api_name, path.name, row["Id"], name, program.version, user_id, due, run, place, 0)
        self.org.store.execute(f"INSERT OR REPLACE INTO _paths ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", values)  # noqa: S608

    def _remove(self, record: str, flow: str, path: str) -> None:
        self.org.store.execute("DELETE FROM _paths WHERE record = ? AND flow = ? AND path = ?", (record, flow, path))

    def remove_record(self, record: str) -> None:
        self.org.store.execute("DELETE FROM _paths WHERE record = ?", (record,))

    def _of_record(self, record: str) -> dict[tuple[str, str], Pending]:
        found = self._select("WHERE record = ?", (record,))
        return {(one.flow, one.path): one for one in found}

    def _select(self, rest: str, values: Sequence[Any] = ()) -> list[Pending]:
        statement = f"SELECT {_COLUMNS} FROM _paths {rest}"  # noqa: S608
        return [Pending(*row) for row in self.org.store.execute(statement, values)]

    # -- running ----------------------------------------------------------------------------
    def pending(self) -> list[dict[str, Any]]:
        """All waiting paths in running order, as the control door shows them."""
        return [
            {
                "flow": one.flow,
                "path": one.path,
                "record": one.record,
                "object": one.sobject,
                "version": one.version,
                "user": one.user,
                "due": iso(instant(one.due)),
                "runs_at": iso(instant(one.run)),
                "attempts": one.attempts,
            }
            for one in self._select("ORDER BY run, due, place, flow, record")
        ]

    def run_due(self, until: datetime) -> None:
        """Run everything that falls due up to `until`, the clock standing at each minute meanwhile."""
        while True:
            found = self._select("WHERE run <= ? ORDER BY run, due, place, flow, record LIMIT 1", (seconds(until),))
            if not found:
                return
            one = found[0]
            moment = instant(one.run)
            if moment > self.org.now:
                self.org.move_clock(moment)
            self._run(one)

    def _postponed(self, one: Pending) -> bool:
        """Whether the org's runs of the last 24 hours are used up: then the path waits until the oldest of them are a
        day old. [docs-2nd] reference 4.8"""
        now = seconds(self.org.now)
        used, oldest = self.org.store.execute(
            "SELECT total(count), min(minute) FROM _path_runs WHERE minute > ?", (now - _DAY,)
        ).fetchone()
        if used < self.org.settings.scheduled_path_limit:
            self.org.store.execute(
                "INSERT INTO _path_runs VALUES (?, 1) ON CONFLICT (minute) DO UPDATE SET count = count + 1", (now,)
            )
            return False
        self.org.store.execute(
            "UPDATE _paths SET run = ? WHERE record = ? AND flow = ? AND path = ?",
            (next_minute((now if oldest is None else oldest) + _DAY), one.record, one.flow, one.path),
        )
        return True

    def _run(self, one: Pending) -> None:
        if self._postponed(one):
            return
        self._remove(one.record, one.flow, one.path)
        program = self.automation.program(one.flow)
        path = program.path(one.path) if program is not None else None
        row = self.org.rows.get(one.sobject, one.record)
        if program is None or path is None or row is None:
            return
        if program.version != one.version and not program.entry(row, row, one.user).met:
            return
        user_id = self.automation.runner(one.user)
        waiting = self.automation.async_mark()
        try:
            with self.org.transaction():
                program.run_path(path, row, user_id)
        except FlowFault as fault:
            self.automation.drop_async(waiting)
            self._failed(program, one, fault)
        self.automation.run_async()

    def _failed(self, program: Program, one: Pending, fault: FlowFault) -> None:
        """The error e-mail, and the next try."""
        self.automation.report_failure(program, one.path, one.record, fault)
        if one.attempts >= len(RETRIES):
            return
        run = seconds(self.org.now) + RETRIES[one.attempts] * 60
        values = (*(getattr(one, name) for name in _COLUMNS.split(", ")[:7]), next_minute(run), one.place)
        statement = f"INSERT OR IGNORE INTO _paths ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)"  # noqa: S608
        self.org.store.execute(statement, (*values, one.attempts + 1))

"""A plan carried out with everything that keeps it safe: one at a time, written down, backed up, interruptible."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from provisioner.applying import backup, lock, processes, runs
from provisioner.applying.apply import Applied, Comparing, Event, Witnessed, apply
from provisioner.applying.interruption import Interruption
from provisioner.applying.journal import BEGIN, FORMAT, Journal
from provisioner.applying.record import Recorder
from provisioner.cli import failures
from provisioner.cli.console import Console
from provisioner.cli.login import login
from provisioner.cli.road import Reached
from provisioner.cli.ticking import Ticker
from provisioner.connections import is_loopback
from provisioner.errors import Refused, TargetError
from provisioner.planning import planfile
from provisioner.planning.plan import Action, Plan
from provisioner.reporting.applied import Outcomes, event_text, is_worth_a_line
from provisioner.reporting.text import duration_text, safe
from provisioner.resources import Address
from provisioner.targets.base import Archiving, Occupied

_FIRST_LOOK, _LAST_LOOK = 2.0, 15.0  # seconds between two looks while waiting for somebody else
_GIVE_UP = 3600.0  # seconds
_ACTIONS = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete", Action.BY_HAND: "by_hand"}


@dataclass(frozen=True, slots=True)
class Errand:
    """What a run is for. `again` is how to continue after an interruption; `notes` are further facts for its journal,
    `plan_id` the digest of the whole plan when this is the rest of it, `begun` what that touches."""

    kind: str
    again: str
    design_file: str = ""
    override: str = ""
    plan_id: str = ""
    begun: frozenset[Address] = frozenset()
    notes: Mapping[str, Any] = field(default_factory=dict)


def walk(
    plan: Plan, reached: Reached, target: Comparing, console: Console, errand: Errand, *, state: Path, wait: bool
) -> tuple[str, Applied]:
    """The run's id and how it ended. Raises what `applying.apply` raises, Interrupted, and JournalError before the
    first write when the run cannot be written down; Refused while somebody else is at work in the org."""
    run = runs.new_id()
    key = org_key(reached.org)
    with ExitStack() as stack:
        stack.enter_context(lock.released(state, key, run))
        alone(reached, state, key, run, console, wait=wait)
        stop = stack.enter_context(Interruption(tell_stopping))
        journal = Journal(runs.runs_folder(state) / run, failures.masked_data)
        stack.callback(journal.close)
        plan_id = errand.plan_id or planfile.digest(plan)
        journal.write(BEGIN, **_beginning(plan, reached, errand, plan_id))
        console.note(f"Run {run}: provisioner history show {run}")
        recorder = Recorder(plan, journal, _keeper(journal.path.parent, run, plan_id, plan, target), stop, errand.again)
        events = apply(
            plan,
            reached.session,
            target,
            plan_id=plan_id,
            applied_at=planfile.instant(datetime.now(UTC)),
            applied_by=str(reached.org["user"]),
            override=errand.override,
            begun=errand.begun,
        )
        last = _tell(recorder.walk(events), console, stack.enter_context(Ticker(sys.stderr)))
    assert last is not None, "apply ends with Applied"
    return run, last


def _tell(events: Generator[Event, None, None], console: Console, ticker: Ticker) -> Applied | None:
    """Says what happens while it does; how it ended. An interruption while we speak is one of the work as well."""
    lines = Outcomes(console.paint)
    try:
        return _told(events, lines, console, ticker)
    finally:  # an error comes after the outcomes
        if rest := lines.rest():
            ticker.clear()
            console.note(rest)


def _told(events: Generator[Event, None, None], lines: Outcomes, console: Console, ticker: Ticker) -> Applied | None:
    last: Applied | None = None
    start, told_at = time.monotonic(), 0.0
    for event in events:
        try:
            text, elapsed = lines.text(event), time.monotonic() - start
            ticker.show(event_text(event))
            if is_worth_a_line(event, elapsed - told_at):
                told_at = elapsed
                ticker.clear()
                console.note(f"{text} [{duration_text(elapsed)}]" if text and elapsed >= 1 else text)
        except KeyboardInterrupt as stop:
            events.throw(stop)
        if isinstance(event, Applied):
            last = event
    return last


def org_key(org: Mapping[str, Any]) -> str:
    """One org, one lock: by its id; orgs of this machine, which share ids, also by their address."""
    address = urlsplit(str(org["url"]))
    local = f"-{address.port}" if is_loopback(address.hostname or "") else ""
    return f"{org['platform']}-{str(org['id'])[:15]}{local}"


def tell_stopping() -> None:
    """Called inside a signal handler: no buffered stream."""
    text = "\nFinishing the step under way; then it stops. Press Ctrl-C again to stop at once.\n"
    with suppress(OSError):  # the terminal may be gone, and that may be why
        os.write(2, text.encode("ascii"))


def _beginning(plan: Plan, reached: Reached, errand: Errand, plan_id: str) -> dict[str, Any]:
    file = errand.design_file or plan.design_file
    return {
        "format": FORMAT,
        "kind": errand.kind,
        "plan": plan_id,
        "design": plan.design,
        "design_file": str(Path(file).absolute()) if file else "",
        "prefix": plan.prefix,
        "goes_live": plan.goes_live,
        "org": dict(plan.org),
        "connection": reached.connection,
        "by": str(reached.org["user"]),
        "login": login(),
        "tool": plan.tool,
        "process": processes.this().data(),
        "changes": [{"address": str(change.address), "action": _ACTIONS[change.action]} for change in plan.changes],
        **({"override": errand.override} if errand.override else {}),
        **errand.notes,
    }


def _keeper(folder: Path, run: str, plan_id: str, plan: Plan, target: Comparing) -> Any:
    """Writes the backup when the witnesses have held; where the vendor can, also as deployable files."""

    def keep(seen: Witnessed) -> dict[str, Any]:
        facts = backup.write(folder, run, plan_id, plan, seen.snapshot, seen.ledger, failures.masked_data)
        befores = [change.before for change in plan.to_write if change.before is not None]
        if befores and isinstance(target, Archiving):
            try:
                facts["files"] = len(backup.write_artifacts(folder, target.archive(befores)))
            except TargetError as error:  # backup.json has everything; the files are for a person with other tools
                facts["no_files"] = error.message
        return facts

    return keep


# ------------------------------------------------------------ one at a time


def alone(reached: Reached, state: Path, key: str, run: str, console: Console, *, wait: bool) -> None:
    """Refused while another apply of this machine, or any deployment the org tells of, is under way; with `wait`, when
    it is still so after an hour."""
    start, pause = time.monotonic(), _FIRST_LOOK
    said = ""
    while who := _busy(reached, state, key, run):
        waited = time.monotonic() - start
        if not wait or waited > _GIVE_UP:
            after = f" after {duration_text(waited)}" if wait else ""
            raise Refused(
                f"The org is busy{after}: {who.rstrip('.')}. Nothing was changed.",
                advice="Wait until it has ended and run the same command again, or give --wait.",
            )
        if who != said:
            console.note(f"Waiting: {safe(who)}")
        said = who
        time.sleep(pause)
        pause = min(_LAST_LOOK, pause * 1.5)
    if said:
        console.note(f"The org is free after {duration_text(time.monotonic() - start)}.")


def _busy(reached: Reached, state: Path, key: str, run: str) -> str:
    """Who is at work, in words; empty when nobody is, and then the lock is ours."""
    held = lock.take(state, key, run)
    if held is not None and held.run != run:
        return str(held)
    return reached.session.occupied() if isinstance(reached.session, Occupied) else ""

"""An apply with its journal: every event is written down before the work goes on, and a signal ends it at a good
moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

from provisioner.applying import runs
from provisioner.applying.apply import Applied, Event, Stage, Witnessed
from provisioner.applying.interruption import Interruption
from provisioner.applying.journal import END, Journal, JournalError
from provisioner.errors import Interrupted, PartlyApplied, ProvisionerError, Refused
from provisioner.planning.plan import Plan
from provisioner.targets.base import Outcome, Progress

_SYNC_EVERY = 0.1  # seconds between synchronised outcomes of one step; the next step waits for the disk anyway
Keep = Callable[[Witnessed], dict[str, Any]]
"""Writes the backup, gives the facts for the journal. JournalError when it cannot."""


class Recorder:
    """Walks the events of one apply, writing each down. `progress_of` is what to say about continuing."""

    def __init__(self, plan: Plan, journal: Journal, keep: Keep, stop: Interruption, again: str) -> None:
        self._plan = plan
        self._journal = journal
        self._keep = keep
        self._stop = stop
        self._again = again
        self._done: set[str] = set()
        self._told = ""
        self._synced = 0.0
        self._broken: JournalError | None = None

    def walk(self, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        """Every event, written down before it is handed on; the journal gets its end however this ends.

        Raises what `events` raises. Interrupted (exit 130) when a signal came: after the step under way, or at once.
        """
        try:
            for event in events:
                self._note(event)
                yield event
                if self._stop.asked and _may_stop(event):
                    events.close()
                    self._end(runs.INTERRUPTED, done=len(self._done))
                    raise self._interrupted()
        except KeyboardInterrupt:
            events.close()
            self._end(runs.INTERRUPTED, done=len(self._done), at_once=True)
            raise self._stopped() from None
        except Refused as error:
            self._end(runs.REFUSED, message=error.message, advice=error.advice)
            raise
        except Interrupted:
            raise
        except ProvisionerError as error:
            how = runs.PARTLY if isinstance(error, PartlyApplied) or self._done else runs.FAILED
            self._end(how, message=error.message, advice=error.advice)
            raise

    def _note(self, event: Event) -> None:
        """A journal that fails before the first write stops everything; later, the step under way is finished first."""
        try:
            with self._stop.shielded():
                self._write(event)
        except JournalError as error:
            if not self._stop.is_writing:
                raise
            self._broken = error
            self._stop.ask()

    def _write(self, event: Event) -> None:
        if isinstance(event, Witnessed):
            self._journal.write("backup", **self._keep(event))
            self._stop.begin_writing()
        elif isinstance(event, Stage):
            self._journal.write("stage", stage=event.name, message=event.message)
        elif isinstance(event, Outcome):
            if event.status == "done":
                self._done.add(str(event.address))
            due = time.monotonic() - self._synced > _SYNC_EVERY
            self._journal.write(
                "outcome", sync=due, address=str(event.address), status=event.status, message=event.message
            )
            self._synced = time.monotonic() if due else self._synced
        elif isinstance(event, Progress):
            text = f"{event.message} {event.done}/{event.total}"
            if text != self._told or event.at_rest:
                self._journal.write(
                    "progress", stage=event.stage, message=event.message, done=event.done, total=event.total
                )
            self._told = text
        elif isinstance(event, Applied):
            self._finish(event)

    def _finish(self, applied: Applied) -> None:
        done = applied.count("done")
        how = runs.COMPLETED if applied.is_complete else runs.PARTLY if done else runs.FAILED
        surprises = [{"address": str(item.address), "message": item.message} for item in applied.surprises]
        self._journal.write(END, how=how, done=done, surprises=surprises)

    def _end(self, how: str, **facts: Any) -> None:
        if self._broken is not None:
            return  # it cannot be written any more, and that is what is told
        with self._stop.shielded():
            self._journal.write(END, how=how, **facts)

    def _count(self) -> str:
        total = len(self._plan.to_write)
        return f"{len(self._done)} of {total} {'change' if total == 1 else 'changes'}"

    def _interrupted(self) -> ProvisionerError:
        if self._broken is not None:
            return PartlyApplied(
                f"{self._broken.message} {self._count()} done; the step under way was finished, and nothing more was "
                "begun.",
                advice=f"{self._broken.advice} Then {_lower(self._again)}",
            )
        return Interrupted(
            f"Interrupted: {self._count()} done, nothing is under way.",
            advice=self._again,
        )

    def _stopped(self) -> Interrupted:
        if not self._stop.is_writing:
            return Interrupted("Interrupted before anything was written. Nothing was changed.")
        return Interrupted(
            f"Stopped at once: {self._count()} known to be done; the CRM may still be working on what was under way.",
            advice=f"Give it a moment. {self._again}",
        )


def _may_stop(event: Event) -> bool:
    """Nothing is under way after this event: between two steps, or before what is only reading."""
    return (isinstance(event, Progress) and event.at_rest) or (isinstance(event, Stage) and event.name == "verify")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]

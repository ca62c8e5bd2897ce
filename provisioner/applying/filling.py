"""A backfill carried out: chunk by chunk, each looked at once more, backed up, written as one job, and accounted for.

A chunk's job is in the journal before it gets its rows, so a run that was killed in between leaves nothing unknown: the
next run settles that job first. Only values are written, and a lead that has them already is passed over, so whatever
is done twice changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.applying import runs
from provisioner.applying.backup import write_file
from provisioner.applying.interruption import Interruption
from provisioner.applying.journal import END, Journal, Mask, Run
from provisioner.errors import Interrupted
from provisioner.past import Filled, Row, Seen

CHUNK = 5000  # leads per job
KIND = "backfill"


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the leads of a backfill."""

    written: int = 0
    already: int = 0
    moved: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)

    def plus(self, other: Tally) -> Tally:
        return Tally(
            self.written + other.written,
            self.already + other.already,
            self.moved + other.moved,
            {**self.failed, **other.failed},
        )


@dataclass(frozen=True, slots=True)
class Doors:
    """What a chunk needs of the CRM: leads as they are now, and jobs."""

    seen: Callable[[Sequence[str]], Mapping[str, Seen]]
    begin: Callable[[], str]
    submit: Callable[[str, Sequence[Row]], None]
    finish: Callable[[str], Filled]
    same: Callable[[str, str], bool]


def chunks(rows: Sequence[Row], size: int = CHUNK) -> list[tuple[str, Sequence[Row]]]:
    """Address and rows of each: `Leads:1-5000`."""
    parts = [(start, rows[start : start + size]) for start in range(0, len(rows), size)]
    return [(f"Leads:{start + 1}-{start + len(part)}", part) for start, part in parts]


def fill(rows: Sequence[Row], doors: Doors, journal: Journal, stop: Interruption, size: int = CHUNK) -> Iterator[Tally]:
    """The tally so far, after every chunk. Interrupted between two chunks when that was asked for; what the CRM raises
    is raised with the chunks before it accounted for."""
    tally = Tally()
    folder = journal.path.parent
    journal.write("stage", stage="write", message="Writing what was before the clock")
    stop.begin_writing()
    for number, (address, part) in enumerate(chunks(rows, size), start=1):
        if stop.asked:
            raise Interrupted(
                f"Interrupted: {tally.written} leads written, nothing is under way.",
                advice="The same command again goes on with the rest.",
            )
        found = _chunk(number, address, part, doors, journal, folder)
        tally = tally.plus(found)
        if found.failed:
            write_file(folder / f"failed-{number:04}.csv", failed_csv(found.failed))
        yield tally


def _chunk(number: int, address: str, part: Sequence[Row], doors: Doors, journal: Journal, folder: Path) -> Tally:
    now = doors.seen([row.id for row in part])
    todo, already, moved = sort(part, now, doors.same)
    if not todo:
        journal.write("outcome", address=address, status="done", message=_words(Tally(0, already, moved)))
        return Tally(0, already, moved)
    file = f"before-{number:04}.csv"
    write_file(folder / file, before_csv(todo))
    job = doors.begin()
    journal.write("job", address=address, job=job, rows=len(todo), file=file)
    doors.submit(job, todo)
    result = doors.finish(job)
    known = {row.id[:15]: row.id for row in todo}
    failed = {known.get(id[:15], id): text for id, text in result.failed.items()}
    unknown = set(known.values()) - {known.get(id[:15], id) for id in result.written} - failed.keys()
    failed |= dict.fromkeys(sorted(unknown), "The CRM does not say what became of this row.")
    found = Tally(len(todo) - len(failed), already, moved, failed)
    journal.write("outcome", address=address, status="failed" if failed else "done", message=_words(found))
    return found


def sort(part: Sequence[Row], now: Mapping[str, Seen], same: Callable[[str, str], bool]) -> tuple[list[Row], int, int]:
    """Rows still to be written, how many are as wanted already, and how many leads were changed since (or are gone):
    of those the plan knows nothing, and they are left alone."""
    todo: list[Row] = []
    already = moved = 0
    for row in part:
        seen = now.get(row.id)
        if seen is not None and all(same(seen.columns.get(name, ""), value) for name, value in row.after.items()):
            already += 1
        elif seen is None or seen.version != row.version:
            moved += 1
        else:
            todo.append(row)
    return todo, already, moved


def unsettled(state: Path, is_here: Callable[[Mapping[str, Any]], bool]) -> list[tuple[Run, str]]:
    """Runs of the org that `is_here` knows by its data, which ended without accounting for a job; and that job's id. A
    job that was settled by a later run is none."""
    found: list[tuple[Run, str]] = []
    settled: set[str] = set()
    for run in runs.every(state)[0]:
        if run.begin.get("kind") != KIND or not is_here(run.org):
            continue
        settled |= {str(job) for job in run.begin.get("settled") or ()}
        if runs.ended(run) == runs.RUNNING:
            continue
        jobs = {str(line.facts.get("address")): str(line.facts.get("job")) for line in run.lines if line.event == "job"}
        found += [(run, job) for address, job in jobs.items() if address not in run.outcomes]
    return [(run, job) for run, job in found if job not in settled]


def account(run: Run, job: str, found: Filled, mask: Mask) -> None:
    """Into the journal of `run`, which has ended: what became of a job that it left under way, and how it stands now.
    Nothing where the journal's end was lost: whoever settles the job says so in a run of their own."""
    if run.is_cut:
        return
    line = next(line for line in run.lines if line.event == "job" and str(line.facts.get("job")) == job)
    address, rows = str(line.facts.get("address")), line.facts.get("rows")
    whole = len(found.written) == rows
    message = f"{len(found.written)} written, {len(found.failed)} refused; settled by a later run"
    known = {**run.outcomes, address: "done" if whole else "failed"}
    begun = [str(change.get("address")) for change in run.begin.get("changes") or ()]
    completed = all(known.get(item) == "done" for item in begun)
    journal = Journal.reopened(run, mask)
    try:
        journal.write("outcome", address=address, status=known[address], message=message)
        journal.write(END, how=runs.COMPLETED if completed else runs.PARTLY)
    finally:
        journal.close()


def before_csv(rows: Sequence[Row]) -> bytes:
    """Id and the values as they were; blank is an empty cell."""
    columns = dict.fromkeys(name for row in rows for name in row.after)
    return _csv(["Id", *columns], ([row.id, *(row.before.get(name, "") for name in columns)] for row in rows))


def failed_csv(failed: Mapping[str, str]) -> bytes:
    """Id and the vendor's words."""
    return _csv(["Id", "Error"], ([id, text] for id, text in sorted(failed.items())))


def _csv(header: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in line] for line in lines)
    return text.getvalue().encode("utf-8")


def _cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _words(tally: Tally) -> str:
    said = [(tally.written, "written"), (len(tally.failed), "refused"), (tally.already, "as wanted already"),
            (tally.moved, "changed since the plan, left alone")]  # fmt: skip
    return ", ".join(f"{count} {word}" for count, word in said if count)

"""Runs, for people and for programs: the list, and one of them step by step."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from provisioner.applying import runs
from provisioner.applying.journal import Line, Run
from provisioner.planning.guards import describe_org
from provisioner.reporting.text import PLAIN, Paint, count_text, duration_text, safe

_COLOURS = {runs.COMPLETED: "green", runs.RUNNING: "cyan", runs.REFUSED: "yellow", runs.INTERRUPTED: "yellow"}
_FEW = 12  # plain successes in a row that are listed one by one
_WORDS = {
    runs.COMPLETED: "completed",
    runs.PARTLY: "partly done",
    runs.FAILED: "failed, nothing is known to be done",
    runs.REFUSED: "refused, nothing was changed",
    runs.INTERRUPTED: "interrupted",
    runs.KILLED: "killed: it never said how it ended",
    runs.RUNNING: "still running",
}


def history_text(found: Iterable[Run], troubles: Iterable[str], paint: Paint = PLAIN) -> str:
    """One line per run, the newest first."""
    lines = [_row(run, paint) for run in reversed(list(found))]
    lines += [paint(f"Not readable: {safe(trouble)}", "yellow") for trouble in troubles]
    return "\n".join(lines or ["No run is recorded here yet."])


def _row(run: Run, paint: Paint) -> str:
    how = runs.ended(run)
    org = _org(run)
    state = paint(f"{how:<11}", _COLOURS.get(how, "red"))
    what = f"{run.text('kind'):<8} {run.text('design')}"
    return f"{safe(run.id)}  {_short(run.began_at)}  {state}  {safe(what)}  in {safe(org)}  {_share(run)}"


def _share(run: Run) -> str:
    total, done = _total(run), _done(run)
    return f"{done} of {count_text(total, 'change')}" if total else "no changes"


def _through(run: Run) -> str:
    """` (connection box)`; nothing where whom it ran as says so already."""
    name = run.text("connection")
    return "" if name and run.text("by") == f"connection {name}" else f" (connection {safe(name) or 'unknown'})"


def run_text(run: Run, paint: Paint = PLAIN, *, verbose: bool = False) -> str:
    """What the journal knows, in the order it happened; many plain successes in a row are counted, unless `verbose`.
    Times are UTC."""
    how = runs.ended(run)
    lines = [
        f"{paint(safe(run.id), 'bold')}: {safe(run.text('kind'))} of {safe(run.text('design'))} in {safe(_org(run))}",
        f"  {_short(run.began_at)}, by {safe(run.text('login'))} as {safe(run.text('by'))}"
        f"{_through(run)}, provisioner {safe(run.text('tool'))}",
        f"  plan {safe(run.text('plan'))}",
    ]
    for key, words in (
        ("override", "Gate passed all the same"),
        ("rolls_back", "Takes back"),
        ("continues", "Goes on"),
    ):
        if run.text(key):
            lines.append(f"  {words}: {safe(run.text(key))}")
    lines += ["", *_story(run, paint, verbose), ""]
    lines.append(paint(f"{_WORDS.get(how, how)}: {_share(run)} known to be done", _COLOURS.get(how, "red")))
    lines += _ending(run, how)
    return "\n".join(lines)


def _story(run: Run, paint: Paint, verbose: bool) -> Iterator[str]:
    lines = run.lines if verbose else _once(run.lines)
    for plain, group in groupby(lines, _is_plain):
        found = list(group)
        if verbose or not plain or len(found) <= _FEW:
            yield from (line for item in found for line in _line(item, run, paint))
        else:
            yield f"{paint(f'{_after(run, found[-1].at):>9}', 'dim')}    done     {_kinds(found)}"


def _once(lines: Iterable[Line]) -> Iterator[Line]:
    """Without a progress that only says again what the one before said, as a count that goes up does."""
    last = None
    for item in lines:
        if item.event == "progress":
            if item.facts.get("message") == last:
                continue
            last = item.facts.get("message")
        yield item


def _is_plain(item: Line) -> bool:
    """A change that was done, without anything to say about it."""
    return item.event == "outcome" and item.facts.get("status") == "done" and not item.facts.get("message")


def _kinds(found: list[Line]) -> str:
    """`139 changes: 62 Holiday, 45 CustomField, … (-v lists them)`, the most frequent first."""
    counts = Counter(str(item.facts.get("address")).partition(":")[0] for item in found)
    kinds = ", ".join(f"{count} {safe(kind)}" for kind, count in sorted(counts.items(), key=lambda it: (-it[1], it[0])))
    return f"{len(found)} changes: {kinds} (-v lists them)"


def _line(item: Line, run: Run, paint: Paint) -> Iterator[str]:
    at = paint(f"{_after(run, item.at):>9}", "dim")
    facts = item.facts
    if item.event == "stage":
        yield f"{at}  {safe(facts.get('message'))}"
    elif item.event == "progress":
        yield f"{at}    {safe(facts.get('message'))}"
    elif item.event == "backup":
        files = f", {facts['files']} deployable files" if facts.get("files") else ""
        kept = count_text(_number(facts.get("resources")), "resource")
        yield f"{at}  Backed up: {kept}{safe(files)} ({safe(facts.get('digest'))})"
    elif item.event == "outcome":
        message = f": {safe(facts['message'])}" if facts.get("message") else ""
        yield f"{at}    {safe(facts.get('status')):<7}  {safe(facts.get('address'))}{message}"
    elif item.event == "end":
        for surprise in facts.get("surprises") or ():
            yield f"{at}  ! {safe(surprise.get('address'))} {safe(surprise.get('message'))}"
        if facts.get("message"):
            yield f"{at}  {safe(facts['message'])}"


def _ending(run: Run, how: str) -> Iterator[str]:
    if run.is_cut:
        yield "  Its last line was cut off."
    if how in (runs.KILLED, runs.PARTLY, runs.INTERRUPTED, runs.FAILED) and run.wrote:
        yield f"  What to do: {_go_on(run)}"
    if (run.folder / "backup.json").exists():
        yield f"  To take it back: provisioner rollback {safe(run.id)} -c {safe(run.text('connection')) or 'NAME'}"
    yield f"  Kept in {safe(run.folder)}"


def _go_on(run: Run) -> str:
    """Who destroys must not be sent to a plan, which would make everything anew. It says nothing of a backfill."""
    if run.text("kind") in ("destroy", "backfill"):
        return f"the same command again goes on: {_command(run.text('kind'), run)}"
    return f"the same command again goes on. Where the org stands: {_command('plan', run)}"


def _command(name: str, run: Run) -> str:
    """`provisioner plan acme.yaml -c sandbox`, with the path that the design had."""
    file, connection = (run.text(key) for key in ("design_file", "connection"))
    design = shlex.quote(safe(file)) if file.endswith((".yaml", ".yml")) else "DESIGN"
    return f"provisioner {name} {design} -c {shlex.quote(safe(connection)) if connection else 'NAME'}"


def run_data(run: Run) -> dict[str, Any]:
    """One run as plain data: what the list has, and with it every line."""
    return {**row_data(run), "lines": [{"at": item.at, "event": item.event, **item.facts} for item in run.lines]}


def row_data(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "kind": run.text("kind"),
        "how": runs.ended(run),
        "began_at": run.began_at,
        "ended_at": run.ended_at or None,
        "design": run.text("design"),
        "org": dict(run.begin.get("org") or {}),
        "connection": run.text("connection"),
        "plan": run.text("plan"),
        "by": run.text("by"),
        "login": run.text("login"),
        "changes": _total(run),
        "done": _done(run),
        "folder": str(run.folder),
    }


def _total(run: Run) -> int:
    changes = run.begin.get("changes") or ()
    return sum(isinstance(item, Mapping) and item.get("action") != "by_hand" for item in changes)


def _done(run: Run) -> int:
    return sum(status == "done" for status in run.outcomes.values())


def _org(run: Run) -> str:
    org = run.begin.get("org") or {}
    return describe_org({"name": org.get("name"), "id": org.get("id")})


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _short(at: str) -> str:
    """`2026-03-02 13:00:00Z`"""
    return safe(f"{at[:10]} {at[11:19]}Z")


def _after(run: Run, at: str) -> str:
    """Since the run began."""
    try:
        return "+" + duration_text((datetime.fromisoformat(at) - datetime.fromisoformat(run.began_at)).total_seconds())
    except (ValueError, TypeError):
        return "?"

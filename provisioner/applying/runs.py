"""Where runs are kept: `<state folder>/runs/<run id>/`, for their owner only, the newest last."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from provisioner.applying import journal, processes
from provisioner.applying.journal import JournalError, Run
from provisioner.errors import UsageError

VARIABLE = "PROVISIONER_STATE_DIR"
COMPLETED, PARTLY, FAILED, REFUSED, INTERRUPTED = "completed", "partly", "failed", "refused", "interrupted"
KILLED, RUNNING = "killed", "running"  # of a journal without an end


def state_folder(given: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """What the user said, else PROVISIONER_STATE_DIR, else the user's own state folder. It need not exist. UsageError
    when the user has none."""
    import platformdirs

    found = str(given) if given is not None else (os.environ if environ is None else environ).get(VARIABLE, "")
    if found:
        return Path(found).absolute()
    try:
        return platformdirs.user_state_path("provisioner")
    except RuntimeError as error:
        raise UsageError(
            "There is no home folder to keep journals and backups in.",
            advice=f"Say where: --state-dir DIR, or {VARIABLE}.",
        ) from error


def runs_folder(state: Path) -> Path:
    return state / "runs"


def new_id(now: datetime | None = None) -> str:
    """`20260302T130000250-3fa8c1`: UTC to the millisecond, so that ids sort by time, and six random digits."""
    when = (now or datetime.now(UTC)).astimezone(UTC)
    return f"{when:%Y%m%dT%H%M%S}{when.microsecond // 1000:03d}-{secrets.token_hex(3)}"


def every(state: Path) -> tuple[list[Run], list[str]]:
    """All runs, oldest first, and a sentence for each folder whose journal cannot be read."""
    folder = runs_folder(state)
    found: list[Run] = []
    troubles: list[str] = []
    for name in _names(folder):
        try:
            found.append(journal.read(folder / name))
        except JournalError as error:
            troubles.append(error.message)
    return found, troubles


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalError(f"The runs in {folder} cannot be listed: {error.strerror}.") from error


def find(state: Path, given: str) -> Run:
    """The one run whose id begins (or ends) with `given`. UsageError when there is none, or more than one."""
    folder = runs_folder(state)
    names = _names(folder)
    matching = [name for name in names if given and (name.startswith(given) or name.endswith(given))]
    if given in names:
        matching = [given]
    if len(matching) == 1:
        return journal.read(folder / matching[0])
    listed = ", ".join(matching[:5]) + (f" and {len(matching) - 5} more" if len(matching) > 5 else "")
    if matching:
        raise UsageError(f"{len(matching)} runs are called {given}…: {listed}.", advice="Give more of the run's id.")
    raise UsageError(
        f"There is no run {given!r} in {folder}.",
        advice="provisioner history lists the runs; those of another machine are kept there.",
    )


def ended(run: Run) -> str:
    """How the run ended: one of the words above. Without an end, whether its process is still there decides."""
    if run.end is not None:
        return str(run.end.get("how") or FAILED)
    alive = processes.is_alive(processes.Process.of(run.begin.get("process")))
    return RUNNING if alive else KILLED

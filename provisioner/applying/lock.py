"""One apply per org at a time on this machine: a small file that says who is at it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from provisioner.applying import processes
from provisioner.applying.journal import cannot_write, content_of, make_folder, moment

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody is at work. `since` is UTC ISO; `run` the id of the run."""

    process: processes.Process
    run: str
    since: str

    path: str = field(default="", compare=False)  # where the lock lies

    def __str__(self) -> str:
        what = f"process {self.process.pid}, run {self.run}, since {self.since}"
        if self.process.host == processes.this().host:
            return f"another provisioner of this machine ({what})"
        return (
            f"another provisioner on {self.process.host} ({what}); whether it is still there cannot be seen from here. "
            f"If it is not, remove {self.path}"
        )


def take(state: Path, org_key: str, run: str) -> Held | None:
    """Take the lock of an org; None when it is ours now, else who has it. JournalError when it cannot be written.

    A lock whose process is gone, or whose number belongs to a later process, is left behind and taken over.
    """
    path = _path(state, org_key)
    content = {"run": run, "since": moment(), "process": processes.this().data()}
    try:
        make_folder(path.parent)
        for _ in range(_ATTEMPTS):
            if _create(path, content):
                return None
            found = _read(path)
            if found is not None and processes.is_alive(found.process):
                return replace(found, path=str(path))
            _clear(path, found)
        return _read(path) or Held(processes.this(), "unknown", "unknown")
    except OSError as error:
        raise cannot_write(path, error) from error


def release(state: Path, org_key: str, run: str) -> None:
    """Give it back; nothing happens when it is not (any more) that of `run`."""
    path = _path(state, org_key)
    try:
        found = _read(path)
        if found is not None and found.run == run:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


@contextmanager
def released(state: Path, org_key: str, run: str) -> Iterator[None]:
    try:
        yield
    finally:
        release(state, org_key, run)


def _path(state: Path, org_key: str) -> Path:
    kept = "".join(char if char.isalnum() or char in "-." else "_" for char in org_key)
    return state / "locks" / f"{kept}.lock"


def _create(path: Path, content: dict[str, Any]) -> bool:
    """The lock appears with its content or not at all: it is linked into its place."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(content, file)
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _read(path: Path) -> Held | None:
    """None when there is none, or when it is not what we write (then nobody holds it)."""
    try:
        data = json.loads(content_of(path))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return None
    process = processes.Process.of(data.get("process")) if isinstance(data, dict) else None
    if process is None:
        return None
    return Held(process, str(data.get("run")), str(data.get("since")))


def _clear(path: Path, stale: Held | None) -> None:
    """Remove a lock left behind, unless somebody took it over since we looked."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    try:
        if _read(aside) != stale:
            os.link(aside, path)  # it was taken over by another process in this moment: put it back
    except FileExistsError:
        return
    finally:
        aside.unlink(missing_ok=True)

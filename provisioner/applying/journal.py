"""What a run did, line by line, kept beside the work: append-only JSON lines (specs/run.schema.json), synchronised to
disk before and after every step. A line is one system call, so a killed process leaves whole lines; after a
power cut the last line may be half, and the reader leaves it out.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner.errors import ProvisionerError

FILE = "journal.jsonl"
FORMAT = 1
BEGIN, END = "begin", "end"
Mask = Callable[[Any], Any]
"""Takes JSON-like data, gives it back without secrets."""


class JournalError(ProvisionerError):
    """The journal, or the backup beside it, cannot be written or read."""


def moment(now: datetime | None = None) -> str:
    """UTC, ISO 8601, milliseconds: 2026-03-02T13:00:00.250Z."""
    return (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """One run's journal, open for writing. `mask` takes secrets out of every line."""

    def __init__(self, folder: Path, mask: Mask) -> None:
        """JournalError when `folder` (made here, for its owner only) cannot be written."""
        self.path = folder / FILE
        self._mask = mask
        self._lines = 0
        try:
            make_folder(folder.parent)
            folder.mkdir(mode=0o700)
            self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            sync_folder(folder)
        except OSError as error:
            raise cannot_write(folder, error) from error

    @classmethod
    def reopened(cls, run: Run, mask: Mask) -> Journal:
        """The journal of a run that has ended, whole to its last line, for what became known of it since. JournalError
        when it cannot be written."""
        journal = cls.__new__(cls)
        journal.path, journal._mask, journal._lines = run.folder / FILE, mask, len(run.lines)
        try:
            journal._handle = os.open(journal.path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise cannot_write(journal.path, error) from error
        return journal

    def write(self, event: str, *, sync: bool = True, **facts: Any) -> None:
        """Append one line. `sync` False leaves it to the next line that is synchronised: it survives a killed process,
        not a power cut. JournalError when it cannot be written."""
        self._lines += 1
        line = self._mask({"line": self._lines, "at": moment(), "event": event, **facts})
        content = (json.dumps(line, separators=(",", ":")) + "\n").encode("ascii")
        try:
            while content:
                content = content[os.write(self._handle, content) :]
            if sync:
                os.fsync(self._handle)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def close(self) -> None:
        os.close(self._handle)


def make_folder(folder: Path) -> None:
    """`folder` and those above it, for their owner only where they are new. OSError when one cannot be made."""
    missing = [item for item in (folder, *folder.parents) if not item.exists()]
    for item in reversed(missing):
        item.mkdir(mode=0o700, exist_ok=True)


def cannot_write(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"The journal of this run cannot be written: {path}: {error.strerror}.",
        advice="Free or allow that place, or choose another with --state-dir DIR (or PROVISIONER_STATE_DIR).",
    )


def sync_folder(folder: Path) -> None:
    """A new file's name is on disk as well, where a folder can be synchronised."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ------------------------------------------------------------------ reading


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is UTC ISO with milliseconds; `facts` is everything else, as specs/run.schema.json says per event."""

    at: str
    event: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A journal, read. `begin` and `end` are the facts of those lines; `end` None = it was never closed."""

    id: str
    folder: Path
    begin: Mapping[str, Any]
    lines: tuple[Line, ...]
    end: Mapping[str, Any] | None = None
    began_at: str = ""
    ended_at: str = ""
    is_cut: bool = False  # the last line was not complete
    outcomes: Mapping[str, str] = field(default_factory=dict)  # address → status, the last word about each

    def text(self, key: str) -> str:
        """A fact of the first line, as text; empty when it is not there."""
        return str(self.begin.get(key) or "")

    @property
    def org(self) -> Mapping[str, Any]:
        """Where it was. JournalError when the journal does not say."""
        found = self.begin.get("org")
        if not _names_org(found):
            raise JournalError(f"{self.folder / FILE} is damaged: its first line does not say which org it was.")
        return found or {}

    @property
    def wrote(self) -> bool:
        """Whether the run came as far as writing to the org."""
        return any(line.event == "stage" and line.facts.get("stage") == "write" for line in self.lines)


def content_of(path: Path) -> bytes:
    """What is in a file of ours. OSError when it is none: nobody waits for a pipe, or reads a device to its end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    return path.read_bytes()


def _is_list_of_objects(found: object) -> bool:
    """Or not there at all."""
    return found is None or (isinstance(found, list) and all(isinstance(item, Mapping) for item in found))


def _names_org(found: object) -> bool:
    return isinstance(found, Mapping) and all(isinstance(found.get(key), str) for key in ("platform", "id", "name"))


def read(folder: Path) -> Run:
    """The run kept in `folder`. JournalError when it is no journal; a line that was cut off at the end is left out."""
    path = folder / FILE
    try:
        content = content_of(path)
    except OSError as error:
        raise JournalError(f"The journal {path} cannot be read: {error.strerror}.") from error
    *whole, rest = content.split(b"\n")
    lines = list(_parsed(whole, path, is_last_whole=bool(rest)))
    if not lines or lines[0].event != BEGIN:
        raise JournalError(f"{path} is no journal: it does not begin with what was begun.")
    if lines[0].facts.get("format") != FORMAT:
        raise JournalError(f"{path} has format {lines[0].facts.get('format')!r}; this version reads {FORMAT}.")
    if not isinstance(lines[0].facts.get("org"), Mapping | None) or not _is_list_of_objects(
        lines[0].facts.get("changes")
    ):
        raise JournalError(f"{path} is damaged: line 1 is not what was written.")
    last = lines[-1] if lines[-1].event == END else None
    if last is not None and not _is_list_of_objects(last.facts.get("surprises")):
        raise JournalError(f"{path} is damaged: line {len(lines)} is not what was written.")
    said = [line.facts for line in lines if line.event == "outcome"]
    return Run(
        folder.name,
        folder,
        lines[0].facts,
        tuple(lines),
        last.facts if last else None,
        lines[0].at,
        last.at if last else "",
        bool(rest) or len(lines) < len(whole),
        {str(facts.get("address")): str(facts.get("status")) for facts in said},
    )


def _parsed(whole: list[bytes], path: Path, *, is_last_whole: bool) -> Iterator[Line]:
    """After a power cut, blocks of the end may be missing or zero: the last line is allowed to be nothing."""
    for number, raw in enumerate(whole, 1):
        try:
            data = json.loads(raw)
            at, event = str(data.pop("at")), str(data.pop("event"))
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            if number == len(whole) and not is_last_whole:
                return
            raise JournalError(f"{path} is damaged: line {number} is not what was written.") from error
        yield Line(at, event, data)

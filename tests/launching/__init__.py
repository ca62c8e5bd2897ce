"""Commands of the CLI as processes of their own, forked off one that has imported everything. No tests.

A command costs a fork instead of a second of imports, and its pauses cost no time; see server.py. What is about how a
process starts, or how much a pause takes, starts a process of its own instead.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

LONGEST = 240.0  # seconds for one command, on a machine with much else to do


class Ended(NamedTuple):
    """How a command ended (negative: the signal that ended it), and what it printed."""

    code: int
    out: str
    err: str


class Launcher:
    """The process that forks the commands, one after another."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("server.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._said() == {"ready": True}
        self.pid = 0

    def start(
        self, argv: Sequence[str], folder: Path, env: Mapping[str, str], out: Path, err: Path | None = None
    ) -> None:
        """`env` is the whole environment. Without `err`, errors go where the output goes."""
        assert self.process.stdin is not None
        job = {"argv": argv, "cwd": str(folder), "env": dict(env), "out": str(out), "err": str(err) if err else None}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        self.pid = int(self._said()["pid"])

    def end(self) -> int:
        """The exit code; the number of the signal, negative, when it was killed."""
        return int(self._said()["code"])

    def kill(self, number: int = signal.SIGKILL) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return  # its last answer had arrived, and it came to its end

    def _said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@functools.cache
def _shared() -> Launcher:
    """One for all tests of this process; ended with it."""
    made = Launcher()
    atexit.register(made.close)
    return made


def launched(argv: Sequence[str], folder: Path, env: Mapping[str, str], *, merged: bool = False) -> Ended:
    """Run a command to its end. One that does not come to it says where each of its threads stands, and fails the
    test. `merged`: errors stand in `out`, in the order in which all was printed."""
    launcher = _shared()
    with tempfile.TemporaryDirectory(prefix="launched-") as place:
        out, err = Path(place, "out"), Path(place, "err")
        launcher.start(argv, folder, env, out, None if merged else err)
        overdue = threading.Timer(LONGEST, launcher.kill, [signal.SIGABRT])
        overdue.start()
        code = launcher.end()
        overdue.cancel()
        said = [path.read_text(encoding="utf-8") if path.exists() else "" for path in (out, err)]
    assert code != -signal.SIGABRT, f"{' '.join(argv)} had not ended after {LONGEST:.0f} s:\n{''.join(said)}"
    return Ended(code, *said)

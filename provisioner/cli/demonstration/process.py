"""The emulator as a child process: started, waited for, and always stopped."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self

from provisioner.errors import ProvisionerError

_READY_SECONDS = 30.0
_STOP_SECONDS = 5.0


class EmulatorProcess:
    """`url`, `access_token` and `org_id` once it is ready. With `keep()` it outlives us."""

    def __init__(self, arguments: Sequence[str]) -> None:
        # The command line is ours alone; it is started without a shell, and in a session of its own so that a Ctrl-C
        # meant for us does not reach it before we stop it ourselves.
        self._child = subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._kept = False
        self._errors: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._readers: list[threading.Thread] = []
        for stream, sink in ((self._child.stdout, self._lines.put), (self._child.stderr, self._errors.append)):
            assert stream is not None
            reader = threading.Thread(target=_drain, args=(stream, sink), daemon=True)
            reader.start()
            self._readers.append(reader)
        try:
            self._ready = self._wait()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def url(self) -> str:
        return str(self._ready["url"])

    @property
    def access_token(self) -> str:
        return str(self._ready["access_token"])

    @property
    def org_id(self) -> str:
        """What the vendor calls it: an org, or a portal."""
        return str(self._ready.get("org_id", self._ready.get("portal_id")))

    def keep(self) -> None:
        """Leave it running when we are done."""
        self._kept = True

    def stop(self) -> None:
        """End it: politely, then not."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        for reader in self._readers:
            reader.join(_STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._kept or kind is not None:
            self.stop()

    def _wait(self) -> dict[str, object]:
        try:
            line = self._lines.get(timeout=_READY_SECONDS)
        except queue.Empty:
            raise ProvisionerError(f"The emulator was not ready after {_READY_SECONDS:.0f} seconds.") from None
        try:
            ready = json.loads(line)
        except ValueError:
            ready = None
        if not isinstance(ready, dict) or not {"url", "access_token"} <= ready.keys():
            self.stop()
            reason = "".join(self._errors).strip().splitlines()
            raise ProvisionerError(f"The emulator did not start: {reason[-1] if reason else 'it said nothing'}.")
        return ready


def _drain(stream: IO[str], sink: object) -> None:
    """Every line to the sink, then an empty one: the end."""
    assert callable(sink)
    with stream:
        for line in stream:
            sink(line)
    sink("")

"""One line on a terminal that says what is going on, and for how long: it takes its own place, and is gone afterwards.

Off a terminal there is none of it: logs hold whole lines only.
"""

from __future__ import annotations

import shutil
import threading
import time
from types import TracebackType
from typing import TextIO

from provisioner.reporting.text import duration_text, safe

_EVERY = 1.0  # seconds
_CLEAR = "\r\x1b[K"


class Ticker:
    """Shows `message [12.0 s]` on `stream` from the second second on, while nothing else is said."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._on = stream.isatty()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._message = ""
        self._since = time.monotonic()
        self._shown = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Ticker:
        if self._on:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._on:
            self._thread.join()
            self.clear()

    def show(self, message: str) -> None:
        """From now on, this is what is going on; empty = what was said before still is."""
        with self._lock:
            if message:
                self._message, self._since = safe(message.strip().removesuffix("…").strip()), time.monotonic()

    def clear(self) -> None:
        """Make room for a line."""
        with self._lock:
            if self._shown:
                self._put(_CLEAR)
                self._shown = False

    def _run(self) -> None:
        while not self._ended.wait(_EVERY):
            with self._lock:
                elapsed = time.monotonic() - self._since
                if not self._message or elapsed < _EVERY:
                    continue
                width = shutil.get_terminal_size().columns - 1
                self._put(f"{_CLEAR}{f'  {self._message} [{duration_text(elapsed)}]'[:width]}")
                self._shown = True

    def _put(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone; what is under way goes on without words
            self._ended.set()

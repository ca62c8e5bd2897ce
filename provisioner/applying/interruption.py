"""Ctrl-C, SIGTERM and a lost terminal while something is written: the first lets the step under way be finished, the
second stops."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOST: signal.Signals | None = getattr(signal, "SIGHUP", None)  # the terminal, or the connection to it, is gone


class Interruption:
    """While this is entered, a signal raises KeyboardInterrupt at once as long as nothing is written; while `writing`,
    the first one only sets `asked` (and calls `tell`), and the second one raises.

    `tell` runs inside a signal handler: it must not use buffered streams. Outside the main thread nothing is done.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self.asked = False
        self._tell = tell
        self._writing = False
        self._shields = 0
        self._pending = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            is_heard = _LOST is not None and signal.getsignal(_LOST) is not signal.SIG_IGN  # as with nohup
            heard = [*_SIGNALS, *([_LOST] if _LOST is not None and is_heard else [])]
            self._before = {number: signal.signal(number, self._on) for number in heard}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def is_writing(self) -> bool:
        return self._writing

    def begin_writing(self) -> None:
        self._writing = True

    def ask(self) -> None:
        """As if a signal had come: stop when the step under way is finished."""
        self.asked = True

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """What is inside is never cut in two; a second signal takes effect afterwards."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        if self._pending and not self._shields:
            self._pending = False
            raise KeyboardInterrupt

    def _on(self, number: int, frame: FrameType | None) -> None:
        if self._writing and not self.asked:
            self.asked = True
            self._tell()
        elif self._shields:
            self._pending = True
        else:
            raise KeyboardInterrupt

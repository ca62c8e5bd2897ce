from __future__ import annotations

import io
import threading

import pytest

from provisioner.cli import ticking
from provisioner.cli.ticking import Ticker


class Terminal(io.StringIO):
    def __init__(self, on: bool) -> None:
        super().__init__()
        self.on = on
        self.ticked = threading.Event()

    def isatty(self) -> bool:
        return self.on

    def write(self, text: str) -> int:
        done = super().write(text)
        if "[" in text.removeprefix("\r\x1b[K"):
            self.ticked.set()
        return done


def test_on_a_terminal_one_line_tells_what_goes_on_and_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "_EVERY", 0.01)
    monkeypatch.setenv("COLUMNS", "80")
    terminal = Terminal(on=True)
    with Ticker(terminal) as ticker:
        ticker.show("  Deploying\x1b[2J …")
        assert terminal.ticked.wait(30)
    said = terminal.getvalue()
    assert said.startswith("\r\x1b[K  Deploying\\x1b[2J [0.0 s]")
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said


def test_off_a_terminal_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "_EVERY", 0.001)
    terminal = Terminal(on=False)
    with Ticker(terminal) as ticker:
        ticker.show("Deploying")
        assert not terminal.ticked.wait(0.05)
        ticker.clear()
    assert terminal.getvalue() == ""

"""Looking for a credential wherever it could have gone, however it was written down."""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from provisioner.cli.app import run


def written(canary: str) -> Iterator[str]:
    """Every way to write it down: as it is, in an address, in JSON, and in base64 wherever it begins in what is
    encoded (without the letters at both ends that depend on what stands beside it)."""
    yield from (canary, quote(canary, safe=""), quote_plus(canary), json.dumps(canary)[1:-1])
    yield "".join(f"\\u{ord(letter):04x}" for letter in canary)
    for before in range(3):
        text = base64.b64encode(b"\0" * before + canary.encode()).decode().rstrip("=")
        core = text[(0, 2, 3)[before] : -1]
        yield from (core, core.replace("+", "-").replace("/", "_"))


def holds(text: str, canary: str) -> bool:
    return any(form in text for form in written(canary))


@dataclass
class Trap:
    """The command line in a folder of its own. Everything it says, logs and writes is kept to be searched."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    logs: pytest.LogCaptureFixture
    canaries: dict[str, str] = field(default_factory=dict)
    allowed: set[str] = field(default_factory=set)  # files in which we put a canary
    heard: list[tuple[str, str]] = field(default_factory=list)

    def connect(self, name: str, *lines: str) -> None:
        self._set(f"connections.{name}", lines)

    def notify(self, name: str, *lines: str) -> None:
        self._set(f"notifications.{name}", lines)

    def _set(self, section: str, lines: tuple[str, ...]) -> None:
        with (self.folder / "provisioner.toml").open("a", encoding="utf-8") as file:
            file.write("\n".join([f"[{section}]", *lines, ""]))

    def keep(self, name: str, text: str) -> None:
        """A file of the user's that holds a credential."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o700)
        self.allowed.add(name)

    def __call__(self, *arguments: str) -> int:
        """One command, the crash path included: what nobody foresaw goes to the excepthook, as Python would have it."""
        self.capture.readouterr()
        self.logs.clear()
        sys.argv = ["provisioner", *arguments]
        try:
            code = run(arguments)
        except Exception:  # noqa: BLE001 (whatever it is, it is for the excepthook)
            kind, error, trace = sys.exc_info()
            assert kind is not None and error is not None
            sys.excepthook(kind, error, trace)
            code = 1
        said = self.capture.readouterr()
        logged = "\n".join(logging.Formatter().format(record) for record in self.logs.records)
        self.heard.append((" ".join(arguments), f"{said.out}\n{said.err}\n{logged}"))
        return code

    @property
    def last(self) -> str:
        return self.heard[-1][1]

    def leaks(self) -> list[str]:
        """Each place that shows a canary, and which."""
        found = [
            f"{where} shows {name}: {text}" for where, text in self.heard for name, canary in self.canaries.items()
            if holds(text, canary)
        ]  # fmt: skip
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            if path.is_file() and name not in self.allowed:
                text = path.read_bytes().decode("latin-1")
                found += [f"{name} holds {what}" for what, canary in self.canaries.items() if holds(text, canary)]
        return found

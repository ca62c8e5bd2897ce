"""`provisioner drift` as its user runs it, against an org that lies behind a recording proxy."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from unittest import mock

from crash.proxy import Proxy

from provisioner.cli.app import run
from provisioner.targets.hubspot.session.pace import Pace

from .recording import Recording

Key = tuple[str, str]  # code and subject


@dataclass(frozen=True)
class Ran:
    """One run of a command: exit code, both outputs, and what it asked of the org."""

    code: int
    out: str
    err: str
    wire: Recording

    @property
    def report(self) -> dict[str, Any]:
        data = json.loads(self.out)
        assert isinstance(data, dict)
        return data

    @property
    def findings(self) -> dict[Key, dict[str, Any]]:
        return {(item["code"], item["subject"]): item for item in self.report["findings"]}

    @property
    def keys(self) -> set[Key]:
        return set(self.findings)

    @property
    def unchecked(self) -> set[str]:
        return {item["part"] for item in self.report["unchecked"]}


class _Clock:
    """Passes when somebody waits for it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


def _hurried() -> Pace:
    """An account on this machine need not be spared four searches a second."""
    clock = _Clock()
    return Pace(sleep=clock.wait, now=lambda: clock.seconds)


class Desk:
    """A folder with a design and a connection to one org."""

    def __init__(self, folder: Path, platform: str, url: str, token: str, design: str) -> None:
        self.folder = folder
        self.token = token
        self.proxy = Proxy(url)
        self.design = design
        (folder / "provisioner.toml").write_text(
            f'[connections.local]\nplatform = "{platform}"\ninstance_url = "{self.proxy.url}"\n'
            'access_token = {env = "ORG_TOKEN"}\n',
            encoding="utf-8",
        )
        self.write(design)

    def close(self) -> None:
        self.proxy.close()

    def write(self, design: str, name: str = "acme.yaml") -> None:
        (self.folder / name).write_text(design, encoding="utf-8")

    def edited(self, *edits: tuple[str, str]) -> str:
        """The design with these texts in place of others; each must be there."""
        text = self.design
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        return text

    def __call__(self, *words: str, wire: Recording | None = None, token: str = "") -> Ran:
        wire = wire or Recording()
        self.proxy.begin(wire)
        out, err = io.StringIO(), io.StringIO()
        environment = {"ORG_TOKEN": token or self.token, "XDG_CONFIG_HOME": str(self.folder)}
        with (
            mock.patch.dict(os.environ, environment),
            contextlib.chdir(self.folder),
            mock.patch("provisioner.targets.hubspot.session.Pace", _hurried),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(words)
        assert (token or self.token) not in out.getvalue() + err.getvalue()
        return Ran(code, out.getvalue(), err.getvalue(), wire)

    def apply(self) -> None:
        ran = self("apply", "acme.yaml", "-c", "local", "--yes")
        assert ran.code == 0, ran.out + ran.err

    def tick(self, file: str = "acme.yaml") -> None:
        """People have done what only people can do."""
        steps = self("done", file, "-c", "local", "--json").report["steps"]
        names = [one["step"] for one in steps if one["state"] == "open"]
        if names:
            ran = self("done", file, *names, "-c", "local", "--by", "Ana Ruiz")
            assert ran.code == 0, ran.out + ran.err

    def drift(self, now: str, *words: str, file: str = "acme.yaml", **more: Any) -> Ran:
        return self("drift", file, "-c", "local", "--now", now, "--json", *words, **more)

    def told(self, now: str, *words: str) -> str:
        """What people read."""
        return self("drift", "acme.yaml", "-c", "local", "--now", now, *words).out


class Audited(Protocol):
    """An org with a desk before it, and its own clock."""

    desk: Desk

    @property
    def now(self) -> str: ...


Org = TypeVar("Org", bound=Audited)


@dataclass
class Told(Generic[Org]):
    """What the audit said at each stage, and the leads that were made for it."""

    org: Org
    stages: dict[str, Ran] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)

    def audit(self, stage: str, *words: str, now: str = "", file: str = "acme.yaml") -> None:
        self.stages[stage] = self.org.desk.drift(now or self.org.now, *words, file=file)

"""What every command has in common: its options, and how it speaks."""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from provisioner.cli import failures
from provisioner.errors import ProvisionerError
from provisioner.reporting.text import Paint, duration_text

Command = TypeVar("Command", bound=Callable[..., Any])
_PATIENCE = 1.0  # seconds before we say what we are doing


def _print(text: str, paint: Paint) -> None:
    """On stdout. A closed pipe is no error of ours: BrokenPipeError; anything else is said."""
    try:
        click.echo(text, color=paint.on)
    except BrokenPipeError:
        raise
    except OSError as error:
        failures.hush(sys.stdout)
        raise ProvisionerError(
            f"The output cannot be written: {error.strerror}.",
            advice="What was carried out, if anything: provisioner history.",
        ) from error


@dataclass(frozen=True, slots=True)
class Console:
    """Results go to stdout, everything else to stderr. With `json`, stdout carries one JSON document only."""

    json: bool
    verbosity: int
    paint: Paint

    @property
    def verbose(self) -> bool:
        return self.verbosity > 0

    @property
    def can_ask(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()

    def say(self, text: str) -> None:
        """For people; silent with --json."""
        if not self.json and text:
            _print(text, self.paint)

    def data(self, data: Any) -> None:
        """For programs; silent without --json. In ASCII, so that nothing in it steers a terminal either."""
        if self.json:
            _print(json.dumps(data, indent=2), self.paint)

    def note(self, text: str) -> None:
        """Where nobody listens any more (a closed pipe, a lost terminal, a full disk), work goes on without words."""
        if not text:
            return
        try:
            click.echo(text, err=True, color=self.paint.on)
        except OSError:
            failures.hush(sys.stderr)

    def ask(self, question: str) -> bool:
        return click.confirm(question, err=True)

    @contextmanager
    def working(self, message: str) -> Iterator[None]:
        """Names work that takes longer than a second, and says how long it took."""
        start, told = time.monotonic(), threading.Event()

        def tell() -> None:
            told.set()
            self.note(f"{message} …")

        timer = threading.Timer(_PATIENCE, tell)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if told.is_set():
                self.note(f"{message}: {duration_text(time.monotonic() - start)}")


def speaks(command: Command) -> Command:
    """Adds --json, --no-color and -v; the command gets a `console` instead."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
    @click.option("--no-color", is_flag=True, help="No colours (also: NO_COLOR).")
    @click.option("-v", "verbosity", count=True, help="Say more; -vv shows where a bug happened.")
    @functools.wraps(command)
    def wrapped(*args: Any, as_json: bool, no_color: bool, verbosity: int, **options: Any) -> Any:
        failures.for_programs(as_json)
        coloured = sys.stdout.isatty() and not (as_json or no_color or os.environ.get("NO_COLOR"))
        return command(*args, console=Console(as_json, verbosity, Paint(coloured)), **options)

    return wrapped  # type: ignore[return-value]


def connects(command: Command) -> Command:
    """Adds --connection."""
    option = click.option(
        "-c", "--connection", "connection", required=True, metavar="NAME", help="A connection of provisioner.toml."
    )
    return option(command)


def consents(command: Command) -> Command:
    """Adds --yes and --confirm."""
    yes = click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
    confirm = click.option("--confirm", metavar="NAME", help="The org's exact name; production needs it.")
    return yes(confirm(command))

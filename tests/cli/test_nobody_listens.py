"""Closed pipes, full disks and closed streams: what is under way goes on without words, and programs get their JSON."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from desk import Desk

from provisioner.cli import failures
from provisioner.resources import Address

APPLY = ("apply", "acme.yaml", "-c", "sandbox", "--yes")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROVISIONER_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EIO])
def test_an_apply_that_nobody_listens_to_comes_to_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    echo = click.echo
    hushed: list[object] = []

    def failing(message: Any = None, *args: Any, **options: Any) -> None:
        if options.get("err"):
            raise OSError(number, os.strerror(number))
        echo(message, *args, **options)

    monkeypatch.setattr(click, "echo", failing)
    monkeypatch.setattr(failures, "hush", hushed.append)
    assert desk(*APPLY).code == 0
    assert hushed
    assert len(desk.org.resources) == 3
    assert json.loads(desk("history", "--json").out)["runs"][0]["how"] == "completed"


def test_a_full_disk_below_stdout_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    echo = click.echo

    def failing(message: Any = None, *args: Any, **options: Any) -> None:
        if not options.get("err"):
            raise OSError(errno.ENOSPC, "No space left on device")
        echo(message, *args, **options)

    monkeypatch.setattr(click, "echo", failing)
    monkeypatch.setattr(failures, "hush", lambda stream: None)
    done = desk(*APPLY)
    assert (done.code, desk.org.resources) == (1, {})
    assert done.err == (
        "Error: The output cannot be written: No space left on device.\n"
        "  What to do: What was carried out, if anything: provisioner history.\n"
    )


def test_ctrl_c_while_something_is_said_ends_the_journal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner.cli.console import Console

    note = Console.note

    def interrupted(self: Console, text: str) -> None:
        if text.startswith("Writing"):
            raise KeyboardInterrupt
        note(self, text)

    monkeypatch.setattr(Console, "note", interrupted)
    done = desk(*APPLY)
    assert done.code == 130
    assert "Error: Stopped at once: 0 of 3 changes known to be done;" in done.err
    assert json.loads(desk("history", "--json").out)["runs"][0]["how"] == "interrupted"
    assert Address("Type", "demo") not in desk.org.resources


@pytest.mark.skipif(os.name != "posix", reason="streams are closed by a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m provisioner.cli schema policy {closed}', sys.executable],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plan", "--json"), "Missing argument 'DESIGN'."),
        (("plan", "acme.yaml", "--json"), "Missing option '-c' / '--connection'."),
        (("plan", "acme.yaml", "-c", "sandbox", "--json", "--bogus"), "No such option '--bogus'."),
        (("aply", "acme.yaml", "--json"), "There is no command 'aply'. Did you mean 'apply'?"),
    ],
)
def test_json_is_promised_for_wrong_usage_too(desk: Desk, arguments: tuple[str, ...], message: str) -> None:
    done = desk(*arguments)
    assert done.code == 2
    said = json.loads(done.out)
    assert said["error"]["message"].startswith(message.removesuffix("."))
    assert (said["error"]["exit_code"], said["findings"]) == (2, [])
    assert message.removesuffix(".") in done.err
    assert desk(*(item for item in arguments if item != "--json")).out == ""

"""The command line as a process: exit codes, streams, signals, start-up."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from provisioner import __version__
from provisioner.cli.app import COMMANDS, cli

ROOT = Path(__file__).parents[2]


def call(*arguments: str, code: str = "", **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(["-c", code] if code else ["-m", "provisioner.cli"]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_version() -> None:
    done = call("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"provisioner {__version__}\n", "")


def test_help_names_every_command_with_its_own_summary() -> None:
    import click

    done = call("--help")
    assert done.returncode == 0
    context = click.Context(cli)
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name}" in done.stdout
        command = cli.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(limit=200) == summary


def test_help_imports_click_and_the_standard_library_only() -> None:
    code = (
        "import sys\nfrom provisioner.cli.app import run\nrun(['--help'])\n"
        "ours = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(name for name in ours if not name.startswith('_')), file=sys.stderr)"
    )
    done = call(code=code)
    loaded = {name for name in ast.literal_eval(done.stderr) if name not in ("sitecustomize", "encodings")}
    assert loaded <= {"click", "provisioner"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "Usage: provisioner [OPTIONS] COMMAND [ARGS]..."),
        (("plan",), "Error: Missing argument 'DESIGN'."),
        (("plan", "x.yaml"), "Error: Missing option '-c' / '--connection'."),
        (("plan", "--nonsense"), "Error: No such option '--nonsense'."),
        (("schema", "nonsense"), "'nonsense' is not one of 'design', 'plan', 'policy', 'drift', 'config'."),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...], text: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert text in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


BUG = """
import sys
from provisioner.cli import app, failures
from provisioner.secrets import Secret
import click
failures.remember(Secret("canary-77"))
@click.command()
@click.option("-v", count=True)
def broken(v):
    raise {error}
app.cli.add_command(broken, "schema")
app.LazyGroup.get_command = lambda self, context, name: broken
sys.exit(app.run(sys.argv[1:]))
"""


def test_a_bug_says_that_it_is_one() -> None:
    code = BUG.format(error='KeyError("secret canary-77 \\x1b[2J")')
    done = call("schema", code=code)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: this is a bug in provisioner (KeyError: 'secret Secret(…) \\x1b[2J').\n"
        "  Nothing more was done. provisioner plan shows where things stand.\n"
        "  What to do: report it, with the output of the same command and -vv.\n"
    )
    verbose = call("schema", "-vv", code=code)
    assert verbose.returncode == 1
    assert "Traceback (most recent call last):" in verbose.stderr
    assert "canary-77" not in verbose.stderr


def test_ctrl_c_is_130_and_a_sentence() -> None:
    done = call("schema", code=BUG.format(error="KeyboardInterrupt"))
    assert done.returncode == 130
    assert done.stderr.endswith(
        "Interrupted. If something was being written, the CRM may still be working on it; "
        "provisioner plan shows where things stand.\n"
    )
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_ends_it_quietly() -> None:
    """Not with 0: what was asked for may not be done."""
    read, write = os.pipe()
    os.close(read)
    child = subprocess.Popen(
        [sys.executable, "-m", "provisioner.cli", "schema"], stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    _, errors = child.communicate(timeout=60)
    assert (child.returncode, errors) == (1, "")


def test_an_output_that_cannot_show_a_character_is_no_reason_to_fail() -> None:
    done = call("validate", "ř.yaml", env=os.environ | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "1"})
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("\\u0159.yaml:1:1: error ")


def test_the_emulator_serves_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "provisioner.cli", "emulator", "serve", "--platform", "salesforce"]
    child = subprocess.Popen(
        [*command, "--clock", "2026-03-02T13:00:00Z"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    ready = json.loads(child.stdout.readline())
    assert ready["pid"] == child.pid
    assert ready["org_id"] == "00D000000000001AAA"
    assert requests.get(f"{ready['url']}/_emulator/clock", timeout=10).json() == {"now": "2026-03-02T13:00:00.000Z"}
    child.send_signal(signal.SIGTERM)
    _, errors = child.communicate(timeout=60)
    assert "Traceback" not in errors
    assert "bug" not in errors
    assert child.returncode in (0, -signal.SIGTERM)


def test_the_emulators_own_refusal_of_an_option_is_wrong_usage() -> None:
    done = call("emulator", "serve", "--platform", "nonsense")
    assert done.returncode == 2
    assert done.stderr == (
        "Usage: provisioner emulator serve [OPTIONS]\nTry 'provisioner emulator serve --help' for help.\n\n"
        "Error: Invalid value for '--platform': 'nonsense' is not one of 'salesforce', 'hubspot'.\n"
    )


def test_an_emulator_that_cannot_start_says_why(tmp_path: Path) -> None:
    serve = ("emulator", "serve", "--platform", "salesforce")
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        plug.listen()
        port = plug.getsockname()[1]
        taken = call(*serve, "--port", str(port))
    assert (taken.returncode, taken.stdout) == (2, "")
    assert taken.stderr == (
        f"Error: The emulator cannot listen on 127.0.0.1, port {port}: Address already in use.\n"
        "  What to do: Choose another --port (0 takes a free one), or stop what is listening there.\n"
    )
    file = tmp_path / "notes.txt"
    file.write_text("no database, and longer than nothing\n" * 50)
    other = call(*serve, "--db", str(file))
    assert (other.returncode, other.stderr) == (
        2,
        f"Error: The org cannot be kept in {file}: file is not a database.\n"
        "  What to do: Name a new file in a folder that exists, or one that an emulator wrote.\n",
    )
    assert file.read_text().startswith("no database")
    assert call(*serve, "--port", "99999").returncode == 2

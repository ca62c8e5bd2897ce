"""The group of all commands, and the one place where errors become exit codes.

0 done and nothing differs · 1 failed · 2 wrong usage or invalid design · 3 differences or findings · 4 partly applied ·
5 refused by a guard · 130 interrupted. Only click and the standard library are imported before a command is chosen.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence

import click

from provisioner import __version__
from provisioner.cli import failures
from provisioner.errors import ProvisionerError

_GARBAGE = 1_000_000
"""Objects made before a collection: a big design makes millions that stay, and walking them again and again takes a
sixth of the time of a plan. Python's own number (700) is for programs that run for long."""

# name → where the command is, and what the group's help says about it
COMMANDS = {
    "validate": ("provisioner.cli.validate:validate", "Check a design: shape, meaning, and what the CRM allows."),
    "render": ("provisioner.cli.render:render", "Write the deployable files of a design into a directory."),
    "plan": ("provisioner.cli.plan:plan", "Show what would change in an org, and why."),
    "apply": ("provisioner.cli.apply:apply", "Carry out a plan, and read back what was written."),
    "import": ("provisioner.cli.import_:import_", "Make this design's own what is in the org already."),
    "done": ("provisioner.cli.done:done", "Say that a step done by hand is done; without STEP, list the steps."),
    "golive": ("provisioner.cli.golive:golive", "Let alerts reach their real recipients; the only way from silent."),
    "rollback": ("provisioner.cli.rollback:rollback", "Take back what a run changed, as a plan of its own."),
    "history": ("provisioner.cli.history:history", "Show what was carried out from this machine, run by run."),
    "destroy": ("provisioner.cli.destroy:destroy", "Remove everything a design made in an org, and nothing else."),
    "drift": ("provisioner.cli.drift:drift", "Audit an org: unknown lead types, changes by hand, people who left."),
    "backfill": (
        "provisioner.cli.backfill:backfill",
        "Fill in when leads from before the clock were assigned and touched.",
    ),
    "schema": ("provisioner.cli.schema:schema", "Print the JSON Schema of a file, for editors."),
    "emulator": ("provisioner.cli.emulator:emulator", "Run a local CRM to try things on."),
    "demo": ("provisioner.cli.demo:demo", "Run the whole story on a local CRM: no account, no network."),
}

EPILOG = """\b
Examples:
  provisioner demo
  provisioner validate acme.yaml
  provisioner plan acme.yaml -c sandbox -o acme.plan
  provisioner apply acme.plan -c sandbox

\b
Exit codes:
  0 done, nothing differs · 1 failed · 2 wrong usage or invalid design
  3 differences · 4 partly applied · 5 refused by a guard"""


class LazyGroup(click.Group):
    """Commands are imported when they are run; their one-line help is in the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command), f"{module}:{attribute} is not a command"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", message="provisioner %(version)s")
def cli() -> None:
    """Speed-to-lead SLAs for a CRM, from one design document: check it, see what would change, apply it.

    It has been run against the local emulator only, never yet against a live org. Start with a sandbox.
    """


def _open_closed() -> None:
    """Whoever starts us with closed outputs wants no words; Python then has no stream at all."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8"))


def run(args: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. What nobody foresaw goes through `failures.unforeseen`."""
    sys.excepthook = failures.unforeseen
    gc.set_threshold(_GARBAGE)
    failures.for_programs(False)  # until a command says otherwise
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an output that cannot show a character is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        result = cli.main(list(args) if args is not None else None, prog_name="provisioner", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = failures.misused(error.format_message(), "--json" in (sys.argv[1:] if args is None else args))
    except (click.Abort, KeyboardInterrupt):
        code = failures.interrupted()
    except ProvisionerError as error:
        code = failures.explain(error)
    except BrokenPipeError:
        # Whoever read our output is gone; the interpreter must not stumble over that again when it exits.
        failures.hush(sys.stdout)
        code = 1
    return code

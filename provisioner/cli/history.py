"""provisioner history"""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.console import Console, speaks
from provisioner.cli.keeping import keeps

_SHOWN = 20


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  provisioner history
  provisioner history --design acme-speed-to-lead -n 5
  provisioner history --org 00D000000000001AAA --json
  provisioner history show 20260302T130000250""",
)
@click.option("--design", metavar="ID", help="Runs of this design only.")
@click.option("--org", metavar="ID", help="Runs in this org only: its id or its name.")
@click.option("-n", "count", type=click.IntRange(1), default=_SHOWN, show_default=True, help="How many, newest first.")
@keeps
@speaks
@click.pass_context
def history(
    context: click.Context, design: str | None, org: str | None, count: int, state_dir: Path | None, console: Console
) -> int | None:
    """Show what was carried out from this machine, run by run.

    A run is one apply, destroy, golive or rollback. `show RUN` tells everything about one; the beginning of its id is
    enough.
    """
    if context.invoked_subcommand is not None:
        context.obj = state_dir
        return None
    from provisioner.applying import runs
    from provisioner.planning.guards import same_org
    from provisioner.reporting.history import history_text, row_data

    found, troubles = runs.every(runs.state_folder(state_dir))
    for trouble in troubles if console.json else ():
        console.note(trouble)
    chosen = [
        run
        for run in found
        if (design is None or run.text("design") == design)
        and (org is None or same_org(_org(run, "id"), org) or _org(run, "name") == org)
    ][-count:]
    console.data({"runs": [row_data(run) for run in reversed(chosen)]})
    console.say(history_text(chosen, troubles, console.paint))
    return 0


def _org(run: object, key: str) -> str:
    from provisioner.applying.journal import Run

    assert isinstance(run, Run)
    return str((run.begin.get("org") or {}).get(key))


@history.command(
    epilog="\b\nExamples:\n  provisioner history show 20260302T130000250\n  provisioner history show 3fa8c1"
)
@click.argument("run")
@keeps
@speaks
@click.pass_context
def show(context: click.Context, run: str, state_dir: Path | None, console: Console) -> int:
    """Tell everything about one run: its steps with their times, what was backed up, how it ended."""
    from provisioner.applying import runs
    from provisioner.reporting.history import run_data, run_text

    found = runs.find(runs.state_folder(state_dir or context.obj), run)
    console.data(run_data(found))
    console.say(run_text(found, console.paint, verbose=console.verbose))
    return 0

"""provisioner destroy"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner.cli.console import Console, connects, consents, speaks
from provisioner.cli.keeping import keeps, loses, waits
from provisioner.cli.policies import policed


@click.command(
    epilog="""\b
Examples:
  provisioner destroy acme.yaml -c sandbox
  provisioner destroy acme.yaml -c sandbox --yes
  provisioner destroy acme.yaml -c sandbox --yes --allow-data-loss=1204"""
)
@click.argument("design", type=click.Path(path_type=Path))
@connects
@consents
@loses
@waits
@keeps
@policed
@speaks
def destroy(
    design: Path,
    connection: str,
    yes: bool,
    confirm: str | None,
    allow_data_loss: Any,
    wait: bool,
    state_dir: Path | None,
    policy: Path | None,
    console: Console,
) -> int:
    """Remove everything a design made in an org, and nothing else.

    What was recorded in deleted fields is lost with them: when there is any, --allow-data-loss names how much. The plan
    of deletions is shown before.
    """
    from provisioner.cli.carry_out import Consent, carry_out
    from provisioner.cli.quiet import quietens
    from provisioner.cli.road import draft, find_connection, prepare, reach
    from provisioner.cli.walk import Errand
    from provisioner.planning.commands import typed

    prepared = prepare(design, console)
    reached = reach(prepared.target, find_connection(connection, prepared.design.target.platform), console)
    plan = draft(prepared, reached, console, destroy=True)
    consent = Consent(yes, confirm, allow_data_loss=allow_data_loss, wait=wait, state_dir=state_dir, policy=policy)
    again = f"To go on: {typed('destroy', design, '-c', connection)}"
    notes = {"alerts": "none", "quietens": quietens(plan, prepared.design, prepared.target)}
    errand = Errand("destroy", again, str(design), notes=notes)
    return carry_out(
        plan, reached, prepared.target, consent, console, errand, question="Delete all of this", removes=True
    )

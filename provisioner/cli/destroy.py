"""provisioner destroy"""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.console import Console, connects, consents, speaks


@click.command(
    epilog="""\b
Examples:
  provisioner destroy acme.yaml -c sandbox
  provisioner destroy acme.yaml -c sandbox --yes"""
)
@click.argument("design", type=click.Path(path_type=Path))
@connects
@consents
@speaks
def destroy(design: Path, connection: str, yes: bool, confirm: str | None, console: Console) -> int:
    """Remove everything a design made in an org, and nothing else.

    What was recorded in deleted fields is lost with them. The plan of deletions is shown before.
    """
    from provisioner.cli.carry_out import Consent, carry_out
    from provisioner.cli.road import draft, find_connection, prepare, reach

    prepared = prepare(design, console)
    reached = reach(prepared.target, find_connection(connection, prepared.design.target.platform), console)
    plan = draft(prepared, reached, console, destroy=True)
    consent = Consent(yes, confirm)
    return carry_out(plan, reached, prepared.target, consent, console, question="Delete all of this", removes=True)

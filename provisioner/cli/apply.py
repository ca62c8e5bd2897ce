"""provisioner apply"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.console import Console, connects, consents, speaks

if TYPE_CHECKING:
    from provisioner.cli.road import Reached
    from provisioner.planning.plan import Plan
    from provisioner.targets.base import Target


@click.command(
    epilog="""\b
Examples:
  provisioner apply acme.plan -c sandbox
  provisioner apply acme.yaml -c sandbox --yes
  provisioner apply acme.plan -c production --confirm 'Acme Corp' --yes"""
)
@click.argument("file", metavar="DESIGN|PLANFILE", type=click.Path(path_type=Path))
@connects
@consents
@click.option("--allow-deletes", type=click.IntRange(0), metavar="N", help="More than 30 % may go: exactly N.")
@click.option("--allow-live-alerts", is_flag=True, help="Alerts may go to their real recipients from now on.")
@speaks
def apply(
    file: Path,
    connection: str,
    yes: bool,
    confirm: str | None,
    allow_deletes: int | None,
    allow_live_alerts: bool,
    console: Console,
) -> int:
    """Carry out a plan, and read back what was written.

    A plan file is carried out exactly as it was shown, or refused: in another org, after a change of the design or
    of what it touches, or when it has expired. A design is planned first. Either way the plan is shown before.
    """
    from provisioner.cli import road
    from provisioner.cli.carry_out import Consent, carry_out

    consent = Consent(yes, confirm, allow_deletes, allow_live_alerts)
    if _is_plan(file):
        plan, target, reached = _from_plan(file, connection, console)
    else:
        prepared = road.prepare(file, console)
        target = prepared.target
        reached = road.reach(target, road.find_connection(connection, prepared.design.target.platform), console)
        plan = road.draft(prepared, reached, console)
    return carry_out(plan, reached, target, consent, console, question="Carry this plan out")


def _is_plan(file: Path) -> bool:
    from provisioner.planning import planfile

    return file.suffix not in (".yaml", ".yml") and planfile.looks_like_plan(file)


def _from_plan(file: Path, connection: str, console: Console) -> tuple[Plan, Target, Reached]:
    from datetime import UTC, datetime

    from provisioner import __version__
    from provisioner.cli import road
    from provisioner.document import load
    from provisioner.planning import guards, planfile
    from provisioner.targets.registry import load_target

    plan = planfile.read(file, tool=__version__, now=datetime.now(UTC))
    design = file.parent / plan.design_file
    if design.exists():
        planfile.check_design(plan, design, load(design).digest)
    else:
        console.note(f"The design {design} is not here; the plan is carried out as it was shown.")
    platform = str(plan.org["platform"])
    target = load_target(platform)
    reached = road.reach(target, road.find_connection(connection, platform), console)
    guards.check_same_org(plan, reached.org)
    return plan, target, reached

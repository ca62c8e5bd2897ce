"""provisioner apply"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.cli.console import Console, connects, consents, speaks
from provisioner.cli.keeping import keeps, loses, waits
from provisioner.cli.policies import policed

if TYPE_CHECKING:
    from provisioner.cli.road import Reached
    from provisioner.cli.walk import Errand
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
@loses
@waits
@keeps
@policed
@speaks
def apply(
    file: Path,
    connection: str,
    yes: bool,
    confirm: str | None,
    allow_deletes: int | None,
    allow_data_loss: Any,
    wait: bool,
    state_dir: Path | None,
    policy: Path | None,
    console: Console,
) -> int:
    """Carry out a plan, and read back what was written.

    A plan file is carried out exactly as it was shown, or refused: in another org, after a change of the design or
    of what it touches, or when it has expired. A design is planned first. Either way the plan is shown before.
    """
    from provisioner.applying import runs
    from provisioner.cli import quiet, road
    from provisioner.cli.carry_out import Consent, carry_out
    from provisioner.cli.quiet import believed
    from provisioner.cli.walk import Errand
    from provisioner.planning.commands import typed

    consent = Consent(yes, confirm, allow_deletes, allow_data_loss, wait=wait, state_dir=state_dir, policy=policy)
    errand = Errand("apply", f"To go on: {typed('apply', file, '-c', connection)}", str(file))
    if _is_plan(file):
        plan, target, reached = _from_plan(file, connection, console)
        design = file.parent / plan.design_file
        plan = believed(plan, design, target, runs.state_folder(state_dir))
        quiet.check_asked_for(plan, design, reached.session)
        said = quiet.notes_from(plan, design, target)
        file_of_design = str(design) if plan.design_file else ""
        errand = replace(errand, kind=_kind(plan), design_file=file_of_design, notes=said)
        plan, errand = _rest(plan, target, reached, errand, consent.state_dir, console)
    else:
        prepared = road.prepare(file, console)
        target = prepared.target
        reached = road.reach(target, road.find_connection(connection, prepared.design.target.platform), console)
        plan = road.draft(prepared, reached, console)
        errand = replace(errand, notes=quiet.notes(plan, prepared.design, target))
    return carry_out(plan, reached, target, consent, console, errand, question="Carry this plan out")


def _kind(plan: Plan) -> str:
    """What the run is called in the history: a plan that was kept does not stop being a rollback, or an import."""
    from provisioner.planning.plan import Cause

    causes = {change.cause for change in plan.changes}
    return "rollback" if Cause.TAKEN_BACK in causes else "import" if Cause.ADOPTED in causes else "apply"


def _rest(
    plan: Plan, target: Target, reached: Reached, errand: Errand, state_dir: Path | None, console: Console
) -> tuple[Plan, Errand]:
    """What is left of a plan that was begun on this machine and did not come to its end; else the plan as it is."""
    from provisioner.applying import resume, runs
    from provisioner.applying.promise import sides
    from provisioner.planning import planfile
    from provisioner.reporting.text import safe

    plan_id = planfile.digest(plan)
    run = resume.begun(runs.state_folder(state_dir), plan, plan_id)
    if run is None:
        return plan, errand
    with console.working(f"Looking how far run {run.id} came"):
        live = reached.session.read(sides(plan), plan.prefix)
    left = resume.rest(plan, run, plan_id, live, target)
    if left is None:
        return plan, errand  # its witnesses say what moved
    done, total = len(plan.to_write) - len(left.to_write), len(plan.to_write)
    console.note(f"Run {safe(run.id)} began this plan: {done} of {total} changes are done. This is the rest of it.")
    begun = frozenset(address for change in plan.changes for address in change.addresses)
    return left, replace(errand, plan_id=plan_id, begun=begun, notes={**errand.notes, "continues": run.id})


def _is_plan(file: Path) -> bool:
    from provisioner.planning import planfile

    return file.suffix not in (".yaml", ".yml") and planfile.looks_like_plan(file)


def _from_plan(file: Path, connection: str, console: Console) -> tuple[Plan, Target, Reached]:
    """A plan whose design is not here is judged as far as it can be, by `quiet.believed`."""
    from datetime import UTC, datetime

    from provisioner import __version__
    from provisioner.cli import road
    from provisioner.document import load
    from provisioner.planning import guards, planfile
    from provisioner.targets.registry import load_target

    plan = planfile.read(file, tool=__version__, now=datetime.now(UTC))
    design = file.parent / plan.design_file
    if plan.design_file and design.exists():
        planfile.check_design(plan, design, load(design).digest)
    platform = str(plan.org["platform"])
    target = load_target(platform)
    reached = road.reach(target, road.find_connection(connection, platform), console)
    guards.check_same_org(plan, reached.org, connection)
    return plan, target, reached

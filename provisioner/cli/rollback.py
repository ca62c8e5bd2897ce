"""provisioner rollback"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.cli.console import Console, connects, consents, speaks
from provisioner.cli.keeping import keeps, loses, waits
from provisioner.cli.policies import policed

if TYPE_CHECKING:
    from provisioner.applying.journal import Run
    from provisioner.cli.road import Reached
    from provisioner.cli.walk import Errand
    from provisioner.planning.plan import Plan
    from provisioner.targets.base import Target


@click.command(
    epilog="""\b
Examples:
  provisioner rollback 20260302T130000250 -c sandbox
  provisioner rollback 3fa8c1 -c sandbox -o back.plan
  provisioner rollback 3fa8c1 -c production --confirm 'Acme Corp' --allow-deletes=12"""
)
@click.argument("run")
@connects
@consents
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="PLANFILE", help="Keep the plan; change nothing.")
@click.option("--discard-later-changes", is_flag=True, help="Also lose what was changed after that run.")
@click.option("--allow-deletes", type=click.IntRange(0), metavar="N", help="More than 30 % may go: exactly N.")
@click.option("--override", metavar="REASON", help="Alerts may reach real recipients again; the reason is recorded.")
@loses
@waits
@keeps
@policed
@speaks
def rollback(
    run: str,
    connection: str,
    yes: bool,
    confirm: str | None,
    out: Path | None,
    discard_later_changes: bool,
    allow_deletes: int | None,
    override: str | None,
    allow_data_loss: Any,
    wait: bool,
    state_dir: Path | None,
    policy: Path | None,
    console: Console,
) -> int:
    """Take back what a run changed, as a plan of its own.

    What the run created goes, what it changed or deleted becomes as its backup has it. The plan is computed from what
    is in the org now, so a run that was interrupted or killed can be taken back too. RUN may be shortened.
    """
    from provisioner.applying import runs
    from provisioner.cli import policies
    from provisioner.cli.carry_out import Consent, carry_out
    from provisioner.cli.golive import reason_text
    from provisioner.cli.reports import keep_plan

    reason = reason_text(override)
    state = runs.state_folder(state_dir)
    found = runs.find(state, run)
    _check_kind(found)
    target, reached = _reach(found, connection, console)
    plan = _plan(found, target, reached, console, state, discard=discard_later_changes)
    rules = policies.find(found.text("design_file"), policy) if policy or found.text("design_file") else None
    plan = replace(plan, policy=rules.digest if rules is not None else "")
    if out is not None:
        return keep_plan(plan, out, rules, console)
    _check_switch(plan, found, reason)
    live = reason is not None
    consent = Consent(
        yes, confirm, allow_deletes, allow_data_loss, live=live, wait=wait, state_dir=state_dir, policy=policy
    )
    errand = _errand(plan, found, connection, reason)
    return carry_out(plan, reached, target, consent, console, errand, question=f"Take run {found.id} back")


def _check_kind(run: Run) -> None:
    """Refused for a run that wrote to leads: it changed no configuration, so no plan takes it back."""
    from provisioner.errors import Refused

    if run.begin.get("kind") == "backfill":
        raise Refused(
            f"Run {run.id} filled in facts of leads, which rollback does not take back. Nothing was changed.",
            advice=f"The values before are in before-….csv in {run.folder}, lead by lead; an empty cell was blank.",
        )


def _reach(run: Run, connection: str, console: Console) -> tuple[Target, Reached]:
    """Refused when the run was in another org."""
    from provisioner.applying import runs
    from provisioner.cli import road
    from provisioner.errors import Refused
    from provisioner.planning import guards
    from provisioner.targets.registry import load_target

    if runs.ended(run) == runs.RUNNING:
        raise Refused(f"Run {run.id} is still at work.", advice="Wait until it has ended, or end it with Ctrl-C.")
    org = run.org
    target = load_target(str(org["platform"]))
    reached = road.reach(target, road.find_connection(connection, str(org["platform"])), console)
    if not guards.same_org(org["id"], reached.org["id"]):
        raise Refused(
            f"Run {run.id} was in {guards.describe_org(org)}, but the connection leads to "
            f"{guards.describe_org(reached.org)}. Nothing was changed.",
            advice=f"Use the connection of that org (then it was: {run.text('connection') or 'unknown'}).",
        )
    return target, reached


def _plan(run: Run, target: Target, reached: Reached, console: Console, state: Path, *, discard: bool) -> Plan:
    from datetime import UTC, datetime

    from provisioner import __version__
    from provisioner.applying import backup, rollback, runs
    from provisioner.cli import leaving
    from provisioner.planning import guards
    from provisioner.planning.planfile import instant
    from provisioner.planning.risk import unweighed, weighed
    from provisioner.targets.base import Weighing

    kept = backup.read(run.folder)
    with console.working(f"Reading {reached.org['name']}"):
        live = reached.session.read(rollback.sides(kept), kept.prefix)
    guards.check_ledger(live.ledger.design, kept.design, reached.org)
    found = rollback.look(kept, live, target.compare)
    rollback.check_later(found, discard, run.id)
    now = instant(datetime.now(UTC))
    plan = rollback.make(kept, live, found, tool=__version__, org=reached.org, created_at=now, target=target)
    plan = weighed(plan, target.weigh if isinstance(target, Weighing) else unweighed)
    plan = leaving.with_warning(replace(plan, connection=reached.connection), target, reached.session)
    return rollback.with_switch(plan, rollback.quietened(run, kept, runs.every(state)[0]))


def _check_switch(plan: Plan, run: Run, reason: str | None) -> None:
    from provisioner.errors import Refused
    from provisioner.planning.guards import describe_org

    if not plan.goes_live or reason is not None:
        return
    raise Refused(
        f"Alerts were live before run {run.id}, or nobody knows whether they were: taking it back may let them reach "
        f"their real recipients in {describe_org(plan.org)}.",
        advice="If people are trained and expect them, give --override REASON; it is recorded.",
    )


def _errand(plan: Plan, run: Run, connection: str, reason: str | None) -> Errand:
    from provisioner.cli.walk import Errand
    from provisioner.planning.commands import typed

    return Errand(
        "rollback",
        f"To go on: {typed('rollback', run.id, '-c', connection)}",
        run.text("design_file"),
        override=reason or "" if plan.goes_live else "",
        notes={"rolls_back": run.id, "quietens": bool(run.begin.get("goes_live")), "alerts": _mode(plan, run)},
    )


def _mode(plan: Plan, run: Run) -> str | None:
    """What alerts are after it: silent when that run made them live; None = not known."""
    if run.begin.get("goes_live") and not plan.goes_live:
        return "silent"
    return "live" if plan.goes_live else None

"""What apply and destroy share: show the plan, let the guards speak, ask, carry it out, report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from provisioner.applying import losses, runs
from provisioner.applying.apply import Applied, Comparing
from provisioner.applying.losses import Unknown
from provisioner.cli import policies
from provisioner.cli.console import Console
from provisioner.cli.road import Reached
from provisioner.cli.walk import Errand, org_key, walk
from provisioner.errors import Refused
from provisioner.planning import guards, planfile
from provisioner.planning.commands import design_of, done_command
from provisioner.planning.diff import ledger_digest
from provisioner.planning.plan import Plan
from provisioner.reporting.applied import applied_data, applied_text
from provisioner.reporting.plans import plan_text
from provisioner.reporting.steps import left_text
from provisioner.reporting.text import duration_text, safe
from provisioner.targets.base import Finishing

PARTLY = 4


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user said on the command line."""

    yes: bool
    confirm: str | None
    allow_deletes: int | None = None
    allow_data_loss: int | Unknown | None = None
    live: bool = False  # alerts may reach their real recipients: only golive says so
    state_dir: Path | None = None
    wait: bool = False
    policy: Path | None = None  # the file; without it, the one beside the design


def carry_out(
    plan: Plan,
    reached: Reached,
    target: Comparing,
    consent: Consent,
    console: Console,
    errand: Errand,
    *,
    question: str,
    removes: bool = False,
) -> int:
    """Exit code 0 when the org is as the plan promised. Raises Refused before anything is written.

    `removes`: everything of the design shall go, so the brake on deletions (for plans meant otherwise) is off.
    """
    show = console.note if console.json else console.say
    show(plan_text(plan, console.paint, verbose=console.verbose, removes=removes))
    guards.check_clear(plan)
    policies.enforce(plan, consent.policy, errand.design_file)
    unfinished = isinstance(reached.session, Finishing) and reached.session.is_unfinished()
    if not plan.to_write and not unfinished and ledger_digest(plan.fingerprints) == plan.ledger:
        console.data({"run": None, **applied_data(Applied((), ()), plan, planfile.digest(plan))})
        console.say(_left(plan, reached, console))
        return 0
    if not removes:
        guards.check_deletions(plan, consent.allow_deletes)
    guards.check_alerts(plan, consent.live)
    if removes:
        errand = _counted(plan, reached, consent, console, errand)
    else:
        losses.check(plan, losses.count(plan, reached.session), consent.allow_data_loss)
    consented(reached.org, consent, console, question)
    start = time.monotonic()
    state = runs.state_folder(consent.state_dir)
    run, applied = walk(plan, reached, target, console, errand, state=state, wait=consent.wait)
    console.data({"run": run, **applied_data(applied, plan, errand.plan_id or planfile.digest(plan))})
    console.say(applied_text(applied, plan, duration_text(time.monotonic() - start), console.paint))
    console.say(_left(plan, reached, console))
    if applied.is_complete:
        return 0
    return PARTLY if applied.count("done") else 1


def _counted(plan: Plan, reached: Reached, consent: Consent, console: Console, errand: Errand) -> Errand:
    """The guard over recorded data of a destroy; its journal remembers the count, because a destroy that is stopped has
    taken the permission set, and with it perhaps the right to count again."""
    here = org_key(reached.org)
    found = runs.every(runs.state_folder(consent.state_dir))[0]
    counts = losses.count(plan, reached.session)
    counts, run = losses.remembered(
        counts, plan, (item for item in found if "url" in item.org and org_key(item.org) == here), datetime.now(UTC)
    )
    if run is not None:
        console.note(f"What cannot be counted any more is taken from run {safe(run.id)}, which counted it.")
    losses.check(plan, counts, consent.allow_data_loss)
    known = {str(address): number for address, number in counts.items() if number is not None}
    return replace(errand, notes={**errand.notes, losses.RECORDED: known})


def _left(plan: Plan, reached: Reached, console: Console) -> str:
    return left_text(plan.by_hand, done_command(design_of(plan), reached.connection), console.paint)


def consented(org: Mapping[str, Any], consent: Consent, console: Console, question: str) -> None:
    """A yes for the org that the connection leads to, whatever a plan calls it: asked for on a terminal, given as --yes
    elsewhere; production is named besides."""
    confirm = consent.confirm
    if org["is_production"] and confirm is None and console.can_ask and not consent.yes:
        confirm = click.prompt(f"Production. Type the name of the org ({safe(org['name'])})", err=True)
    guards.check_confirmed(org, confirm)
    if consent.yes:
        return
    if not console.can_ask:
        raise Refused(
            "Nobody can be asked here (no terminal), and --yes was not given. Nothing was changed.",
            advice="Read the plan; then run the same command with --yes.",
        )
    if not console.ask(f"{question} in {safe(guards.describe_org(org))}?"):
        raise Refused("Not confirmed. Nothing was changed.", advice="Run the command again when you are sure.")

"""What apply and destroy share: show the plan, let the guards speak, ask, carry it out, report."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from provisioner.applying.apply import Applied, Comparing, apply
from provisioner.cli.console import Console
from provisioner.cli.road import Reached
from provisioner.errors import Refused
from provisioner.planning import guards, planfile
from provisioner.planning.diff import ledger_digest
from provisioner.planning.plan import Plan
from provisioner.reporting.applied import applied_data, applied_text, event_text
from provisioner.reporting.plans import plan_text
from provisioner.reporting.steps import left_text
from provisioner.reporting.text import duration_text, safe

PARTLY = 4


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user said on the command line."""

    yes: bool
    confirm: str | None
    allow_deletes: int | None = None
    allow_live_alerts: bool = False


def carry_out(
    plan: Plan,
    reached: Reached,
    target: Comparing,
    consent: Consent,
    console: Console,
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
    if not plan.to_write and ledger_digest(plan.fingerprints) == plan.ledger:
        console.data(applied_data(Applied((), ()), plan, planfile.digest(plan)))
        console.say(_left(plan, reached, console))
        return 0
    if not removes:
        guards.check_deletions(plan, consent.allow_deletes)
    guards.check_alerts(plan, consent.allow_live_alerts)
    _consented(plan, consent, console, question)
    start = time.monotonic()
    applied = _walk(plan, reached, target, console)
    console.data(applied_data(applied, plan, planfile.digest(plan)))
    console.say(applied_text(applied, plan, duration_text(time.monotonic() - start), console.paint))
    console.say(_left(plan, reached, console))
    if applied.is_complete:
        return 0
    return PARTLY if applied.count("done") else 1


def _left(plan: Plan, reached: Reached, console: Console) -> str:
    design = plan.design_file or "DESIGN"
    return left_text(plan.by_hand, f"provisioner done {design} STEP -c {reached.connection or 'NAME'}", console.paint)


def _consented(plan: Plan, consent: Consent, console: Console, question: str) -> None:
    """A yes for this org: asked for on a terminal, given as --yes elsewhere; production is named besides."""
    org = plan.org
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


def _walk(plan: Plan, reached: Reached, target: Comparing, console: Console) -> Applied:
    now = datetime.now(UTC)
    who = str(reached.org["user"])
    events = apply(
        plan, reached.session, target, plan_id=planfile.digest(plan), applied_at=planfile.instant(now), applied_by=who
    )
    last: Applied | None = None
    start = time.monotonic()
    for event in events:
        text, elapsed = event_text(event, console.paint), time.monotonic() - start
        console.note(f"{text} [{duration_text(elapsed)}]" if text and elapsed >= 1 else text)
        if isinstance(event, Applied):
            last = event
    assert last is not None, "apply ends with Applied"
    return last

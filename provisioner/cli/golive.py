"""provisioner golive"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.cli.console import Console, connects, consents, speaks
from provisioner.cli.keeping import keeps, loses, waits
from provisioner.cli.policies import policed

if TYPE_CHECKING:
    from provisioner.applying.gate import Condition


@click.command(
    epilog="""\b
Examples:
  provisioner golive acme.yaml -c sandbox
  provisioner golive acme.yaml -c production --confirm 'Acme Corp' --yes
  provisioner golive acme.yaml -c production --override 'Agreed with the CRO on 2 March; training follows'"""
)
@click.argument("design", type=click.Path(path_type=Path))
@connects
@consents
@click.option("--override", metavar="REASON", help="Go live although something is missing; the reason is recorded.")
@click.option("--allow-deletes", type=click.IntRange(0), metavar="N", help="More than 30 % may go: exactly N.")
@loses
@waits
@keeps
@policed
@speaks
def golive(
    design: Path,
    connection: str,
    yes: bool,
    confirm: str | None,
    override: str | None,
    allow_deletes: int | None,
    allow_data_loss: Any,
    wait: bool,
    state_dir: Path | None,
    policy: Path | None,
    console: Console,
) -> int:
    """Let alerts reach their real recipients; the only way from silent.

    The design says `alerts.mode: live`, and under `enablement` when sales and leadership were trained and since when
    alerts run silently. Steps done by hand that alerts wait for are ticked. What is missing is named, and nothing is
    changed. Then the plan is shown and carried out like any other.
    """
    from datetime import datetime

    from provisioner.applying import gate
    from provisioner.cli import road
    from provisioner.cli.carry_out import Consent, carry_out
    from provisioner.cli.walk import Errand
    from provisioner.planning.commands import done_command, typed
    from provisioner.planning.guards import describe_org
    from provisioner.reporting.text import safe
    from provisioner.targets.base import Awaiting

    reason = reason_text(override)
    prepared = road.prepare(design, console)
    _check_meant(design, prepared.design.alerts.mode)
    reached = road.reach(prepared.target, road.find_connection(connection, prepared.design.target.platform), console)
    live, desired = road.look(prepared, reached, console)
    plan = road.made_from(prepared, reached, live, desired)
    if not plan.goes_live and live.ledger.design is not None:
        console.data({"live": True, "gate": [], "run": None})
        console.say(f"Alerts are live in {safe(describe_org(reached.org))} already. Other changes: provisioner apply.")
        return 0
    found = gate.conditions(
        prepared.design.enablement, datetime.now().astimezone().date(), applied=live.ledger.design is not None
    )
    if isinstance(prepared.target, Awaiting):
        found += gate.by_hand(
            desired, plan, prepared.target.alerts_await, lambda step: done_command(str(design), connection, step)
        )
    forced = _passed(found, reason, describe_org(reached.org), console)
    consent = Consent(
        yes, confirm, allow_deletes, allow_data_loss, live=True, wait=wait, state_dir=state_dir, policy=policy
    )
    again = f"To go on: {typed('golive', design, '-c', connection)}"
    notes = {"gate": _data(found), "quietens": False, "alerts": "live"}
    errand = Errand("golive", again, str(design), override=forced, notes=notes)
    return carry_out(plan, reached, prepared.target, consent, console, errand, question="Let alerts go live")


def _check_meant(design: Path, mode: str) -> None:
    """Refused while the design itself wants silence."""
    from provisioner.errors import Refused

    if mode != "live":
        raise Refused(
            f"{design} says alerts.mode: {mode}. Nothing was changed.",
            advice="Set alerts.mode to live in the design, and run this again.",
        )


def reason_text(override: str | None) -> str | None:
    """One line of text. UsageError when it says nothing, or too much."""
    from provisioner.applying.gate import LONGEST_REASON
    from provisioner.errors import UsageError

    if override is None:
        return None
    text = " ".join(override.split())
    if not text or not text.isprintable() or len(text) > LONGEST_REASON:
        raise UsageError(f"--override needs a reason of at most {LONGEST_REASON} characters.")
    return text


def _passed(found: tuple[Condition, ...], reason: str | None, org: str, console: Console) -> str:
    """Shows the gate. The reason why it is passed although something is missing; empty when nothing is. Refused."""
    from provisioner.applying import gate
    from provisioner.reporting.text import safe

    show = console.note if console.json else console.say
    show(_table(found, console))
    gate.check(found, reason, org)
    if not gate.missing(found):
        return ""
    console.note(console.paint(f"Passed all the same: {safe(reason)}", "yellow"))
    return str(reason)


def _table(found: tuple[Condition, ...], console: Console) -> str:
    from provisioner.reporting.text import safe

    width = max(len(condition.name) for condition in found)
    lines = ["Before alerts go live:"]
    for condition in found:
        mark = console.paint("ok     ", "green") if condition.holds else console.paint("missing", "red")
        lines.append(f"  {mark}  {condition.name:<{width}}  {safe(condition.found)}")
    return "\n".join([*lines, ""])


def _data(found: tuple[Condition, ...]) -> list[dict[str, object]]:
    return [{"name": item.name, "holds": item.holds, "found": item.found} for item in found]

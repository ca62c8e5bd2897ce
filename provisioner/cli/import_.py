"""provisioner import"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.cli.console import Console, connects, consents, speaks
from provisioner.cli.keeping import keeps, waits
from provisioner.cli.policies import policed

if TYPE_CHECKING:
    from provisioner.planning.plan import Change, Plan
    from provisioner.planning.policy import Policy


@click.command(
    "import",
    epilog="""\b
Examples:
  provisioner import acme.yaml -c sandbox
  provisioner import acme.yaml CustomField:Lead.STL_Assigned_At__c -c sandbox
  provisioner import acme.yaml -c sandbox --all -o acme.plan""",
)
@click.argument("design", type=click.Path(path_type=Path))
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1)
@connects
@click.option("--all", "everything", is_flag=True, help="Everything that is there under the design's names.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="PLANFILE", help="Keep the plan, for apply.")
@policed
@consents
@waits
@keeps
@speaks
def import_(
    design: Path,
    addresses: tuple[str, ...],
    connection: str,
    everything: bool,
    out: Path | None,
    policy: Path | None,
    yes: bool,
    confirm: str | None,
    wait: bool,
    state_dir: Path | None,
    console: Console,
) -> int:
    """Make this design's own what is in the org already.

    Without ADDRESS it shows what stands under the design's names and was not made by it, and how it differs. What is
    named (or everything, with --all) is brought to what the design asks for and belongs to it from then on: also to
    be deleted by it. That is a plan like any other: shown, asked for, carried out or kept with -o.
    """
    from provisioner.cli import policies, road
    from provisioner.cli.choose import LOOKING, Wishes, check_adoptable, unchangeable
    from provisioner.errors import UsageError

    if addresses and everything:
        raise UsageError("--all was given, and addresses too.", advice="Leave one of them out.")
    prepared = road.prepare(design, console)
    reached = road.reach(prepared.target, road.find_connection(connection, prepared.design.target.platform), console)
    rules = policies.find(design, policy)
    live, desired = road.look(prepared, reached, console)
    whole = road.made_from(prepared, reached, live, desired, wishes=Wishes(adopt_all=True, remake=LOOKING.remake))
    found = {str(change.address): change for change in whole.changes if change.cause.name == "ADOPTED"}
    if not found or not (addresses or everything):
        stuck = {str(address): why for address, why in unchangeable(whole, prepared.target).items()}
        _show(found, whole, console, f"provisioner import {design} -c {connection}", stuck)
        if addresses:
            raise UsageError(f"import: nothing that is in the way is called {addresses[0]!r}.")
        return 0
    chosen = addresses or tuple(found)
    file = _seen_from(design, out)
    wishes = Wishes(adopt=chosen, targets=chosen)
    plan = road.made_from(prepared, reached, live, desired, design_file=file, wishes=wishes)
    check_adoptable(plan, prepared.target)
    plan = replace(plan, policy=rules.digest if rules is not None else "")
    if out is not None:
        return _keep(plan, out, rules, console)
    return _carry_out(
        plan, design, connection, prepared, reached, console, _consent(yes, confirm, wait, state_dir, policy)
    )


def _seen_from(design: Path, out: Path | None) -> str:
    from provisioner.cli.plan import seen_from

    return seen_from(design, out)


def _consent(yes: bool, confirm: str | None, wait: bool, state_dir: Path | None, policy: Path | None) -> Any:
    from provisioner.cli.carry_out import Consent

    return Consent(yes, confirm, wait=wait, state_dir=state_dir, policy=policy)


def _carry_out(
    plan: Plan, design: Path, connection: str, prepared: Any, reached: Any, console: Console, consent: Any
) -> int:
    from provisioner.cli.carry_out import carry_out
    from provisioner.cli.walk import Errand

    again = f"To go on: provisioner import {design} -c {connection}"
    errand = Errand("import", again, str(design))
    question = "Make these this design's own"
    return carry_out(plan, reached, prepared.target, consent, console, errand, question=question)


def _keep(plan: Plan, out: Path, rules: Policy | None, console: Console) -> int:
    from provisioner.cli import policies
    from provisioner.cli.reports import tell_next
    from provisioner.planning import planfile
    from provisioner.reporting.plans import plan_text

    planfile.write(plan, out)
    console.data(planfile.to_data(plan))
    console.say(plan_text(plan, console.paint, verbose=console.verbose))
    tell_next(plan, out, console, policies.warn(plan, rules, console))
    return 0


def _show(found: dict[str, Change], whole: Plan, console: Console, command: str, stuck: dict[str, str]) -> None:
    """`stuck`: what cannot be adopted, and why."""
    from provisioner.planning.diff import differences
    from provisioner.planning.guards import describe_org
    from provisioner.reporting.differences import shown
    from provisioner.reporting.text import count_text, safe

    rows = {address: differences(change) for address, change in found.items()}
    data = [
        {"address": address, "identical": not found_rows, "differences": [item.path for item in found_rows]}
        for address, found_rows in rows.items()
    ]
    console.data({"org": dict(whole.org), "found": data})
    org = safe(describe_org(whole.org))
    if not rows:
        console.say(f"Nothing in {org} stands under this design's names that it did not make.")
        return
    console.say(f"In {org}, under this design's names, and not made by it:")
    for address, found_rows in rows.items():
        how = "as the design wants it" if not found_rows else f"{count_text(len(found_rows), 'difference')}"
        console.say(f"  {safe(address)}  ({how})")
        if address in stuck:
            console.say(f"      cannot be adopted: {safe(stuck[address])}")
        for row in found_rows if console.verbose else found_rows[:5]:
            item = shown(row)
            console.say(f"      {item.sign} {item}")
        if not console.verbose and len(found_rows) > 5:
            console.say(f"      … and {count_text(len(found_rows) - 5, 'more difference')} (-v shows all)")
    console.say(f"Make them this design's own (or name some of them instead of --all): {command} --all")

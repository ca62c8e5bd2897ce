"""provisioner import"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.console import Console, connects, consents, speaks
from provisioner.cli.keeping import keeps, waits
from provisioner.cli.policies import policed

if TYPE_CHECKING:
    from provisioner.planning.plan import Change, Plan
    from provisioner.resources import Address


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
    from provisioner.cli.carry_out import Consent, carry_out
    from provisioner.cli.choose import LOOKING, Wishes, check_adoptable, unchangeable
    from provisioner.cli.plan import seen_from
    from provisioner.cli.reports import keep_plan
    from provisioner.cli.walk import Errand
    from provisioner.errors import UsageError
    from provisioner.planning.commands import typed

    if addresses and everything:
        raise UsageError("--all was given, and addresses too.", advice="Leave one of them out.")
    again = typed("import", design, "-c", connection)
    prepared = road.prepare(design, console)
    reached = road.reach(prepared.target, road.find_connection(connection, prepared.design.target.platform), console)
    rules = policies.find(design, policy)
    live, desired = road.look(prepared, reached, console)
    whole = road.made_from(prepared, reached, live, desired, wishes=Wishes(adopt_all=True, remake=LOOKING.remake))
    found = {str(change.address): change for change in whole.changes if change.cause.name == "ADOPTED"}
    if not found or not (addresses or everything):
        _show(found, whole, console, again, unchangeable(whole, prepared.target))
        if addresses:
            raise UsageError(f"import: nothing that is in the way is called {addresses[0]!r}.")
        return 0
    chosen = addresses or tuple(found)
    file = seen_from(design, out)
    wishes = Wishes(adopt=chosen, targets=chosen)
    plan = road.made_from(prepared, reached, live, desired, design_file=file, wishes=wishes)
    check_adoptable(plan, prepared.target)
    plan = replace(plan, policy=rules.digest if rules is not None else "")
    if out is not None:
        return keep_plan(plan, out, rules, console)
    errand = Errand("import", f"To go on: {again}", str(design))
    consent = Consent(yes, confirm, wait=wait, state_dir=state_dir, policy=policy)
    question = "Make these this design's own"
    return carry_out(plan, reached, prepared.target, consent, console, errand, question=question)


def _show(
    found: Mapping[str, Change], whole: Plan, console: Console, command: str, stuck: Mapping[Address, str]
) -> None:
    """`stuck`: what cannot be adopted, and why."""
    from provisioner.planning.diff import differences
    from provisioner.planning.guards import describe_org
    from provisioner.reporting.differences import shown
    from provisioner.reporting.text import count_text, safe

    why = {str(address): reason for address, reason in stuck.items()}
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
        if address in why:
            console.say(f"      cannot be adopted: {safe(why[address])}")
        for row in found_rows if console.verbose else found_rows[:5]:
            item = shown(row)
            console.say(f"      {item.sign} {item}")
        if not console.verbose and len(found_rows) > 5:
            console.say(f"      … and {count_text(len(found_rows) - 5, 'more difference')} (-v shows all)")
    console.say(f"Make them this design's own (or name some of them instead of --all): {command} --all")

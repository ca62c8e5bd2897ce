"""provisioner done"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.console import Console, connects, speaks
from provisioner.cli.keeping import keeps, waits
from provisioner.cli.login import login

if TYPE_CHECKING:
    from provisioner.cli.road import Prepared, Reached
    from provisioner.planning.plan import Plan
    from provisioner.resources import Address, Resource

_LONGEST_NAME = 80  # characters


@click.command(
    epilog="""\b
Examples:
  provisioner done acme.yaml -c sandbox
  provisioner done acme.yaml report_trend -c sandbox
  provisioner done acme.yaml report_trend dashboard -c sandbox --by 'Ana Ruiz'
  provisioner done acme.yaml report_trend -c sandbox --undo"""
)
@click.argument("design", type=click.Path(path_type=Path))
@click.argument("names", metavar="[STEP]...", nargs=-1)
@connects
@click.option("--by", metavar="NAME", help="Who did it; without it, the name you are logged in with here.")
@click.option("--undo", is_flag=True, help="The steps are not done after all: open them again.")
@waits
@keeps
@speaks
def done(
    design: Path,
    names: tuple[str, ...],
    connection: str,
    by: str | None,
    undo: bool,
    wait: bool,
    state_dir: Path | None,
    console: Console,
) -> int:
    """Say that a step done by hand is done; without STEP, list the steps.

    Some things have no API. Plan shows them as `! manual`, with the exact clicks. Who did a step and when is recorded
    in the CRM. A step opens again by itself when what it relies on is gone or was made anew.
    """
    from provisioner.cli import road
    from provisioner.errors import UsageError
    from provisioner.planning.commands import done_command

    if undo and not names:
        raise UsageError("--undo needs to know which step.", advice="Name it: provisioner done DESIGN STEP --undo.")
    who = _person(by)
    prepared = road.prepare(design, console)
    reached = road.reach(prepared.target, road.find_connection(connection, prepared.design.target.platform), console)
    if names:
        with _alone(reached, state_dir, console, wait=wait):
            plan, steps = _read(prepared, reached, console)
            chosen = list({step.address: step for step in (_chosen(name, steps) for name in names)}.values())
            (_open_again if undo else _tick)(chosen, prepared, reached, plan, who, console)
    plan, steps = _read(prepared, reached, console)
    _show(plan, steps, console, done_command(str(design), connection))
    return 0


@contextmanager
def _alone(reached: Reached, state_dir: Path | None, console: Console, *, wait: bool) -> Iterator[None]:
    """Recording a step deploys the ledger, so it is one at a time with whatever else writes to this org."""
    from provisioner.applying import lock, runs
    from provisioner.cli.walk import alone, org_key

    state, key, run = runs.state_folder(state_dir), org_key(reached.org), runs.new_id()
    with lock.released(state, key, run):
        alone(reached, state, key, run, console, wait=wait)
        yield


def _person(by: str | None) -> str:
    """One line of text. UsageError when it is none."""
    from provisioner.errors import UsageError

    name = " ".join((by if by is not None else login()).split())
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise UsageError(f"--by needs a name of at most {_LONGEST_NAME} characters that can all be seen.")
    return name


def _read(prepared: Prepared, reached: Reached, console: Console) -> tuple[Plan, dict[Address, Resource]]:
    """The plan of now, and every step of the design as this org has it."""
    from provisioner.cli import road
    from provisioner.cli.choose import LOOKING

    live, desired = road.look(prepared, reached, console)
    steps = {item.address: item for item in desired if item.address.is_by_hand}
    return road.made_from(prepared, reached, live, desired, wishes=LOOKING), steps


def _chosen(name: str, steps: dict[Address, Resource]) -> Resource:
    """`report_trend`, or its whole address."""
    import difflib

    from provisioner.errors import UsageError
    from provisioner.resources import BY_HAND, Address

    short = name.removeprefix(f"{BY_HAND}:")
    found = steps.get(Address(BY_HAND, short))
    if found is not None:
        return found
    known = [address.name for address in steps]
    near = difflib.get_close_matches(short, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    advice = f"Its steps: {', '.join(known)}." if known else "Everything in it is deployed by apply."
    raise UsageError(f"This design has no step {name!r} to be done by hand.{hint}", advice=advice)


def _tick(chosen: list[Resource], prepared: Prepared, reached: Reached, plan: Plan, who: str, console: Console) -> None:
    """Refused while the step relies on what apply has not brought about yet."""
    from datetime import UTC, datetime

    from provisioner.errors import Refused
    from provisioner.planning.planfile import instant
    from provisioner.reporting.text import safe
    from provisioner.targets.base import Ticking

    assert isinstance(reached.session, Ticking), "a vendor with steps by hand remembers them"
    already = {tick.address: tick for tick in plan.ticked}
    pending = {str(change.address) for change in plan.to_write}
    for step in chosen:
        waits = sorted(pending & set(step.attributes.get("needs") or ()))
        if waits:
            raise Refused(
                f"{step.address.name} relies on {waits[0]}, which is not as the design wants it. Nothing was recorded.",
                advice="Apply the design first: provisioner plan shows what differs.",
            )
    for step in chosen:
        if step.address in already:
            tick = already[step.address]
            console.note(f"{safe(step.address.name)} was done already, by {safe(tick.by)}, {safe(tick.at)}.")
    new = [step for step in chosen if step.address not in already]
    if not new:
        return
    at = instant(datetime.now(UTC))
    with console.working(f"Recording it in {reached.org['name']}"):
        reached.session.tick(new, prepared.design.id, prepared.design.target.prefix, by=who, at=at)
    for step in new:
        console.say(console.paint(f"Done: {safe(step.address.name)}, by {safe(who)}, {at}.", "green"))


def _open_again(
    chosen: list[Resource], prepared: Prepared, reached: Reached, plan: Plan, who: str, console: Console
) -> None:
    from provisioner.reporting.text import safe
    from provisioner.targets.base import Ticking

    assert isinstance(reached.session, Ticking), "a vendor with steps by hand remembers them"
    with console.working(f"Recording it in {reached.org['name']}"):
        opened = reached.session.untick([step.address for step in chosen], prepared.design.target.prefix)
    for step in chosen:
        console.say(f"{'Open again' if step.address in opened else 'Was not done'}: {safe(step.address.name)}.")


def _show(plan: Plan, steps: dict[Address, Resource], console: Console, command: str) -> None:
    from provisioner.planning.guards import describe_org
    from provisioner.reporting.steps import left_text, steps_data, ticked_lines
    from provisioner.reporting.text import safe

    console.data({"org": dict(plan.org), "steps": steps_data(plan, steps)})
    if not steps:
        console.say("This design has no steps to be done by hand.")
        return
    if plan.ticked:
        console.say("\n".join(["Done by hand:", *ticked_lines(plan)]))
    console.say(left_text(plan.by_hand, command, console.paint))
    if not plan.by_hand:
        console.say(console.paint(f"Nothing is left to be done by hand in {safe(describe_org(plan.org))}.", "green"))

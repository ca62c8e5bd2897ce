"""provisioner plan"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.console import Console, connects, speaks
from provisioner.cli.family import Family
from provisioner.cli.policies import policed
from provisioner.cli.reports import reported, tell_next, write_reports

if TYPE_CHECKING:
    from provisioner.planning.plan import Plan

DIFFERS = 3


@click.command(
    cls=Family,
    members={"show": ("provisioner.cli.plan_show:show", "Show a plan file: as text, Markdown, HTML or JSON.")},
    epilog="""\b
Examples:
  provisioner plan acme.yaml -c sandbox
  provisioner plan acme.yaml -c sandbox -o acme.plan
  provisioner plan acme.yaml -c sandbox --target 'CustomMetadata:*' -o acme.plan
  provisioner plan acme.yaml -c sandbox --keep-drift CustomMetadata:STL_Lead_Type.demo_request
  provisioner plan acme.yaml -c sandbox --accept-drift '*'
  provisioner plan acme.yaml -c sandbox --markdown comment.md --html acme.html
  provisioner plan acme.yaml -c sandbox --detailed-exitcode --json
  provisioner plan show acme.plan""",
)
@click.argument("design", type=click.Path(path_type=Path))
@connects
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="PLANFILE", help="Keep the plan, for apply.")
@click.option("--target", "-target", "targets", multiple=True, metavar="ADDRESS", help="Only this, and what it needs.")
@click.option("--keep-drift", multiple=True, metavar="ADDRESS", help="Leave a change by hand as it is.")
@click.option("--accept-drift", multiple=True, metavar="ADDRESS", help="Write a change by hand into the design.")
@click.option("--remake", multiple=True, metavar="ID", help="A rename may leave behind what refers to this old id.")
@click.option("--yes", is_flag=True, help="With --accept-drift: change the design without asking.")
@policed
@reported
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when anything differs.")
@speaks
def plan(
    design: Path,
    connection: str,
    out: Path | None,
    targets: tuple[str, ...],
    keep_drift: tuple[str, ...],
    accept_drift: tuple[str, ...],
    remake: tuple[str, ...],
    yes: bool,
    policy: Path | None,
    markdown: Path | None,
    html: Path | None,
    detailed_exitcode: bool,
    console: Console,
) -> int:
    """Show what would change in an org, and why. Changes nothing there.

    ADDRESS is KIND:NAME as a plan shows it, or a pattern with * and ?; options with it can be given several times.
    --accept-drift changes the design file: the value that somebody set in the CRM is written into it, after the change
    was shown.
    """
    from provisioner.cli import policies
    from provisioner.cli.choose import Wishes
    from provisioner.cli.road import draft, find_connection, prepare, reach
    from provisioner.planning import planfile
    from provisioner.reporting.plans import plan_text

    prepared = prepare(design, console)
    found = find_connection(connection, prepared.design.target.platform)
    reached = reach(prepared.target, found, console, read_only=True)
    rules = policies.find(design, policy)
    if accept_drift:
        from provisioner.cli.accept import accept

        prepared = accept(accept_drift, prepared, reached, console, yes=yes)
    wishes = Wishes(keep=keep_drift, targets=targets, remake=remake)
    made = draft(prepared, reached, console, design_file=seen_from(design, out), wishes=wishes)
    made = replace(made, policy=rules.digest if rules is not None else "")
    if out is not None:
        planfile.write(made, out)
    console.data(planfile.to_data(made))
    console.say(plan_text(made, console.paint, verbose=console.verbose))
    found_breaches = policies.warn(made, rules, console)
    write_reports(made, markdown, html, out, found_breaches)
    tell_next(made, out, console, found_breaches)
    return DIFFERS if detailed_exitcode and _differs(made) else 0


def _differs(made: Plan) -> bool:
    """Whether the org is not what the design says: also what stays so, because the plan was told to leave it."""
    left = made.kept or made.aim.left_out
    return bool(made.changes or made.conflicts or made.unread or left)


def seen_from(design: Path, out: Path | None) -> str:
    """The design's path as a plan file names it: relative to itself, so that both can move together."""
    import os

    if out is None:
        return str(design)
    try:
        return os.path.relpath(design, out.parent)
    except ValueError:  # on another drive
        return str(design.resolve())

"""provisioner plan"""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.console import Console, connects, speaks
from provisioner.cli.family import Family
from provisioner.cli.reports import reported, write_reports

DIFFERS = 3


@click.command(
    cls=Family,
    members={"show": ("provisioner.cli.plan_show:show", "Show a plan file: as text, Markdown, HTML or JSON.")},
    epilog="""\b
Examples:
  provisioner plan acme.yaml -c sandbox
  provisioner plan acme.yaml -c sandbox -o acme.plan
  provisioner plan acme.yaml -c sandbox --markdown comment.md --html acme.html
  provisioner plan acme.yaml -c sandbox --detailed-exitcode --json
  provisioner plan show acme.plan""",
)
@click.argument("design", type=click.Path(path_type=Path))
@connects
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="PLANFILE", help="Keep the plan, for apply.")
@reported
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when anything differs.")
@speaks
def plan(
    design: Path,
    connection: str,
    out: Path | None,
    markdown: Path | None,
    html: Path | None,
    detailed_exitcode: bool,
    console: Console,
) -> int:
    """Show what would change in an org, and why. Changes nothing."""
    from provisioner.cli.road import draft, find_connection, prepare, reach
    from provisioner.planning import planfile
    from provisioner.reporting.plans import plan_text

    prepared = prepare(design, console)
    found = find_connection(connection, prepared.design.target.platform)
    reached = reach(prepared.target, found, console, read_only=True)
    made = draft(prepared, reached, console, design_file=_seen_from(design, out))
    if out is not None:
        planfile.write(made, out)
    write_reports(made, markdown, html, out)
    console.data(planfile.to_data(made))
    console.say(plan_text(made, console.paint, verbose=console.verbose))
    if out is not None and not made.is_empty:
        console.note(f"Kept in {out}. Carry it out within 24 hours: provisioner apply {out} -c {connection}")
    return DIFFERS if detailed_exitcode and not (made.is_empty and not made.conflicts and not made.unread) else 0


def _seen_from(design: Path, out: Path | None) -> str:
    """The design's path as a plan file names it: relative to itself, so that both can move together."""
    import os

    if out is None:
        return str(design)
    try:
        return os.path.relpath(design, out.parent)
    except ValueError:  # on another drive
        return str(design.resolve())

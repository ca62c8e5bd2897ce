"""provisioner drift"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from provisioner.cli.console import Console, connects, speaks

if TYPE_CHECKING:
    from provisioner.cli.road import Prepared, Reached
    from provisioner.insight.drift import Report

FOUND = 3
UNCHECKED = 1
_FILE = click.Path(path_type=Path)
_LEVELS = ("error", "warning", "info", "never")


@click.command(
    epilog="""\b
Examples:
  provisioner drift acme.yaml -c production
  provisioner drift acme.yaml -c production --since 30d --only lead-types --only P302
  provisioner drift acme.yaml -c production -o monday.json --previous last-monday.json
  provisioner drift acme.yaml -c production --html drift.html --sarif drift.sarif --junit drift.xml
  provisioner drift acme.yaml -c production --write-patch mapping.patch
  provisioner drift acme.yaml -c production --post revops

\b
Exit codes:
  0 everything was looked at, and nothing was found at the level of --fail-on
  1 nothing was found, but something was not checked (see --allow-unchecked), or a report could not be posted
  3 there are findings"""
)
@click.argument("design", type=click.Path(path_type=Path))
@connects
@click.option("--since", default="90d", show_default=True, metavar="90d|DATE", help="Look at leads created since then.")
@click.option("--only", multiple=True, metavar="FAMILY|CODE", help="Report these only; again for more.")
@click.option("--fail-on", type=click.Choice(_LEVELS), default="warning", show_default=True, help="Exit with 3 from.")
@click.option("--allow-unchecked", is_flag=True, help="Parts that could not be checked do not change the exit code.")
@click.option("--accepted", type=_FILE, metavar="FILE", help="Known findings; provisioner.accepted.yaml by itself.")
@click.option("--previous", type=_FILE, metavar="FILE", help="An earlier report (-o): say what is new, still, gone.")
@click.option("-o", "--out", type=_FILE, metavar="FILE", help="Keep the report as JSON, for --previous.")
@click.option("--html", type=_FILE, metavar="FILE", help="Keep it as one HTML page.")
@click.option("--markdown", type=_FILE, metavar="FILE", help="Keep it as Markdown, short enough for a comment.")
@click.option("--sarif", type=_FILE, metavar="FILE", help="Keep it as SARIF 2.1.0, for code scanning.")
@click.option("--junit", type=_FILE, metavar="FILE", help="Keep it as JUnit XML, for CI.")
@click.option(
    "--post",
    multiple=True,
    metavar="NAME",
    help="Send a summary to [notifications.NAME] of provisioner.toml; again for more.",
)
@click.option("--write-patch", type=_FILE, metavar="FILE", help="Write the proposed mappings as a patch of the design.")
@click.option("--fix", is_flag=True, help="Put the proposed mappings into a copy of the design, and show its plan.")
@click.option("--in-place", is_flag=True, help="With --fix: into the design itself.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1),
    default=0.8,
    show_default=True,
    help="How sure a proposal must be to be written.",
)
@click.option("--now", metavar="INSTANT", help="Audit as of this instant (ISO, UTC); for a CRM with its own clock.")
@speaks
def drift(
    design: Path, connection: str, since: str, only: tuple[str, ...], now: str | None, console: Console, **options: Any
) -> int:
    """Audit an org: unknown lead types, changes by hand, people who left.

    Is what was built still true, and does it still fit the business? Changes nothing in the CRM. Looks for lead types
    that no rule knows, changes by hand, people who left, leads without clocks, a bad week, and calendars that run out.
    What could not be read is reported as not checked, and is never taken for clean.
    """
    from provisioner.cli import drift_files, road
    from provisioner.cli.audit import fetched, now_there, scope_of
    from provisioner.reporting.drift_data import drift_data
    from provisioner.reporting.drift_text import drift_text

    _check_options(options, design)
    drift_files.check_places(options)
    wanted = drift_files.check_only(only)
    moment = drift_files.read_now(now)
    begin = drift_files.read_since(since, moment)
    earlier = drift_files.read_earlier(options["previous"])
    prepared = road.prepare(design, console)
    acceptances = drift_files.read_acceptances(options["accepted"], design)
    found = road.find_connection(connection, prepared.design.target.platform)
    channels = [drift_files.find_channel(name) for name in dict.fromkeys(options["post"])]
    reached = road.reach(prepared.target, found, console, read_only=True)
    if now is None:
        moment = now_there(reached, moment, console)
        begin = drift_files.read_since(since, moment)
    audit = fetched(prepared, reached, scope_of(prepared, moment, begin), console)
    report = drift_files.report_of(audit, prepared, acceptances, wanted, earlier)
    drift_files.write_all(report, options)
    console.data(drift_data(report))
    console.say(drift_text(report, console.paint, verbose=console.verbose))
    unplanned = _propose(report, prepared, reached, options, console)
    posted = [drift_files.post(report, channel, console) for channel in channels]
    told = exit_code(report, options["fail_on"], options["allow_unchecked"])
    return told or unplanned or (0 if all(posted) else UNCHECKED)


def exit_code(report: Report, fail_on: Literal["error", "warning", "info", "never"], allow_unchecked: bool) -> int:
    """3 when something was found at the level; 1 when nothing was, and something was not checked."""
    if fail_on != "never" and report.at_level(fail_on):
        return FOUND
    return UNCHECKED if report.unchecked and not allow_unchecked else 0


def _check_options(options: dict[str, Any], design: Path) -> None:
    from provisioner.errors import UsageError

    if options["in_place"] and not options["fix"]:
        raise UsageError("--in-place goes with --fix.", advice="Without --fix nothing is put anywhere.")
    if math.isnan(options["confidence"]):  # passes any range
        raise UsageError("--confidence is no number.", advice="Write one between 0.5 and 1.")
    if options["fix"] and not options["in_place"]:
        from provisioner.cli import mending

        mending.check_copy(design)


def _propose(report: Report, prepared: Prepared, reached: Reached, options: dict[str, Any], console: Console) -> int:
    """The patch, the copy, and the plan of the copy, as asked for. The exit code of what kept that plan from being
    made; else 0."""
    if not (options["write_patch"] or options["fix"]):
        return 0
    from provisioner.cli import mending

    mended = mending.mend(report, prepared, options["confidence"], console)
    if options["write_patch"]:
        mending.write_patch(mended, options["write_patch"], console, design=Path(prepared.file))
    return mending.fix(mended, prepared, reached, options["in_place"], console) if options["fix"] else 0

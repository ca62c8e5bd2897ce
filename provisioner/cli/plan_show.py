"""provisioner plan show"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from provisioner.cli.console import Console, speaks
from provisioner.cli.policies import policed
from provisioner.errors import UsageError

if TYPE_CHECKING:
    from provisioner.planning.planfile import Paper
    from provisioner.planning.policy import Breach

Shown = Literal["text", "markdown", "html", "json"]


@click.command(
    epilog="""\b
Examples:
  provisioner plan show acme.plan
  provisioner plan show acme.plan --format markdown -o comment.md
  provisioner plan show acme.plan --format html -o acme.html"""
)
@click.argument("file", metavar="PLANFILE", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    help="How it is shown; text unless said otherwise.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it into a file.")
@policed
@speaks
def show(file: Path, form: Shown, out: Path | None, policy: Path | None, console: Console) -> int:
    """Show a plan file: on the terminal, as a pull-request comment, as a page, as JSON.

    Nothing is asked of any org. A plan that has expired is shown too, and said to have; so is one that the policy it
    was made under forbids, and one whose policy has changed.
    """
    from datetime import UTC, datetime

    from provisioner.cli import reports
    from provisioner.planning import planfile

    paper = planfile.peek(file)
    if datetime.now(UTC) >= paper.expires_at:
        console.note(f"This plan has expired: it was valid until {planfile.instant(paper.expires_at)}.")
    if console.json and form not in ("text", "json"):
        raise UsageError(f"--json prints JSON, and --format asks for {form}.", advice="Leave one of them out.")
    form = "json" if console.json else form
    text, begins = _text(paper, form, console, _breaches(paper, policy, console), coloured=out is None)
    if out is None:
        click.echo(text.rstrip("\n"), color=console.paint.on)
        return 0
    reports.write_report(text.rstrip("\n") + "\n", out, begins)
    console.data({"report": str(out), "format": form})
    return 0


def _breaches(paper: Paper, given: Path | None, console: Console) -> list[Breach]:
    """What the policy of now forbids about it, said on stderr. A plan that was made under none is held against one that
    is named only; one whose policy is not here, or has changed, is said to be refused by apply."""
    from provisioner.cli import policies
    from provisioner.planning.commands import design_of

    plan = paper.plan
    if not plan.policy and given is None:
        return []
    beside = design_of(plan)
    rules = policies.find(beside, given) if beside or given is not None else None
    if rules is None:
        console.note("This plan was made under a policy, which is not here: apply refuses it without (--policy FILE).")
    elif plan.policy and rules.digest != plan.policy:
        console.note(f"{rules.file} was changed after this plan was made: apply refuses it.")
    return policies.warn(plan, rules, console)


def _text(paper: Paper, form: Shown, console: Console, breaches: list[Breach], *, coloured: bool) -> tuple[str, str]:
    """The plan as `form`, and how a file of that form begins."""
    import shlex

    from provisioner.cli import reports
    from provisioner.planning import planfile
    from provisioner.reporting.plans import plan_text
    from provisioner.reporting.text import PLAIN

    plan = paper.plan
    if form == "json":
        import json

        return json.dumps(planfile.to_data(plan), indent=2), "{"
    if form == "text":
        return plan_text(plan, console.paint if coloured else PLAIN, verbose=console.verbose), "Org: "
    again = f"provisioner plan show {shlex.quote(plan.file)}"
    text = reports.rendered(plan, paper.digest, form, show_with=again, breaches=breaches)
    return text, reports.mark(form)

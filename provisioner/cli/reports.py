"""Reports that are kept in files: each takes the place of an earlier report only."""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from provisioner.errors import UsageError

if TYPE_CHECKING:
    from provisioner.cli.console import Console
    from provisioner.planning.plan import Plan
    from provisioner.planning.policy import Breach, Policy

Command = TypeVar("Command", bound=Callable[..., Any])
Format = Literal["markdown", "html"]


def reported(command: Command) -> Command:
    """Adds --markdown and --html."""
    kind = click.Path(path_type=Path)
    markdown = click.option("--markdown", type=kind, metavar="FILE", help="Keep it as a pull-request comment.")
    html = click.option("--html", type=kind, metavar="FILE", help="Keep it as one HTML page.")
    return markdown(html(command))


def write_reports(
    plan: Plan, markdown: Path | None, html: Path | None, planfile: Path | None, breaches: Sequence[Breach] = ()
) -> None:
    """The reports that were asked for; `planfile` is where the plan itself was kept, which the reports then name.
    `breaches`: what the policy of now forbids about it."""
    if markdown is None and html is None:
        return
    from provisioner.planning.plandata import digest

    plan_id = digest(plan) if planfile else ""
    show_with = f"provisioner plan show {shlex.quote(str(planfile))}" if planfile else ""
    wanted: tuple[tuple[Format, Path | None], ...] = (("markdown", markdown), ("html", html))
    for form, path in wanted:
        if path is not None:
            text = rendered(_in_file(plan, planfile), plan_id, form, show_with=show_with, breaches=breaches)
            write_report(text, path, mark(form))


def _in_file(plan: Plan, planfile: Path | None) -> Plan:
    from dataclasses import replace

    return replace(plan, file=str(planfile)) if planfile else plan


def rendered(plan: Plan, plan_id: str, form: Format, *, show_with: str = "", breaches: Sequence[Breach] = ()) -> str:
    """The plan as Markdown or HTML. `show_with` is the command that shows all of it, where a comment cannot."""
    from provisioner.reporting.next_step import next_step
    from provisioner.reporting.report import report_of

    step = next_step(plan, breached=bool(breaches))
    said = tuple(f"{item} {item.advice}" for item in breaches)
    report = report_of(plan, plan_id, breaches=said, next=step if plan.file or step.is_refused else None)
    if form == "html":
        from provisioner.reporting.pages import plan_page

        return plan_page(report)
    from provisioner.reporting.markdown import plan_markdown

    return plan_markdown(report, whole=show_with)


def tell_next(plan: Plan, planfile: Path | None, console: Console, breaches: Sequence[Breach] = ()) -> None:
    """Where the plan was kept, and what comes after reading it. A plan that apply would refuse is not recommended."""
    from provisioner.reporting.next_step import next_step

    if plan.is_empty and not plan.conflicts and not plan.unread:
        return
    step = next_step(_in_file(plan, planfile), breached=bool(breaches))
    if step.is_refused:
        console.note(f"{f'Kept in {planfile}, but ' if planfile else ''}{step}")
    elif planfile:
        console.note(f"Kept in {planfile}. {step.words} within 24 hours: {step.command}")


def keep_plan(plan: Plan, out: Path, rules: Policy | None, console: Console) -> int:
    """Show a plan and write it to `out` instead of carrying it out. The exit code."""
    from provisioner.cli import policies
    from provisioner.planning import planfile
    from provisioner.reporting.plans import plan_text

    planfile.write(plan, out)
    console.data(planfile.to_data(plan))
    console.say(plan_text(plan, console.paint, verbose=console.verbose))
    tell_next(plan, out, console, policies.warn(plan, rules, console))
    return 0


def mark(form: Format) -> str:
    """What a report of ours begins with."""
    from provisioner.reporting import markdown, pages

    return pages.MARK if form == "html" else markdown.MARK


def write_report(text: str, path: Path, begins: str) -> None:
    """All or nothing. UsageError when the place cannot be written, or holds something that does not begin as we do."""
    check_place(path, begins)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write(text)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"The report cannot be written to {path}: {error.strerror}.") from error


def check_place(path: Path, begins: str) -> None:
    """A report is written where nothing is, or an earlier one: never over a design that somebody mistyped. UsageError
    for any other place; also asked before long work, so that it is not done for nothing."""
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; the report needs the name of a file.")
        if not path.exists() or (path.is_file() and _begins(path, begins)):
            return
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    raise UsageError(
        f"{path} is there already and is no such report. It was not overwritten.",
        advice="Give the report a new name, or the name of an earlier one.",
    )


def _begins(path: Path, begins: str) -> bool:
    with path.open("rb") as file:
        found = file.read(len(begins.encode()))
    return not found or found == begins.encode()

"""Proposals of an audit, written into the design: as a patch, as a copy, or in place; and what the plan of that is."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
from datetime import datetime
from pathlib import Path

from provisioner.cli import failures, road
from provisioner.cli.console import Console
from provisioner.cli.drift_files import PATCH_MARK
from provisioner.cli.reports import write_report
from provisioner.cli.road import Prepared, Reached
from provisioner.errors import DesignError, PlanError, TargetError, UsageError
from provisioner.insight.drift import Report
from provisioner.insight.finding import Proposal
from provisioner.insight.patch import Patched, patched, unified
from provisioner.reporting.plans import plan_text
from provisioner.reporting.text import count_text, safe


def mend(report: Report, prepared: Prepared, least: float, console: Console) -> Patched:
    """The design's text with the proposals that are sure enough; what was left out is said."""
    path = Path(prepared.file)
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read again.") from error
    if road.check(path).document.digest != prepared.digest:
        raise UsageError(f"{path} was changed while the audit ran.", advice="Run the audit again.")
    today = datetime.now().astimezone().date()
    mended = patched(text, prepared.design, report.proposals, least=least, today=today)
    for proposal in mended.written:
        console.note(safe(f"{_written(proposal)}: {proposal.why}."))
    for skipped in mended.skipped:
        named = skipped.proposal
        perhaps = named.lead_type or f"in place of “{named.instead_of}”"
        console.note(safe(f"Left to you: {named.field} “{named.value}” (perhaps {perhaps}). {skipped.why}"))
    return mended


def _written(proposal: Proposal) -> str:
    """What was done with it."""
    value = f"{proposal.field} “{proposal.value}”"
    if proposal.lead_type:
        return f"Mapped {value} to {proposal.lead_type}"
    ways = [word for word, places in (("in place of", proposal.replaced), ("beside", proposal.pointers)) if places]
    return f"Named {value} {' and '.join(ways)} “{proposal.instead_of}”"


def write_patch(mended: Patched, path: Path, console: Console, *, design: Path) -> None:
    """The patch file, relative to the working directory. Nothing is written when there is nothing to propose."""
    if not mended.written:
        console.note("No patch was written: no proposal is sure enough (see --confidence).")
        return
    named = _seen_from_here(design)
    write_report(unified(mended.before, mended.after, named), path, PATCH_MARK)
    console.note(
        safe(
            f"{count_text(len(mended.written), 'mapping')} in {path}. Read it, then: git apply {shlex.quote(str(path))}"
        )
    )


def fix(mended: Patched, prepared: Prepared, reached: Reached, in_place: bool, console: Console) -> int:
    """The mended design, in a copy or in place, and the plan of it: what an apply would do. Applies nothing. The exit
    code of what kept the plan from being made, which is said; else 0."""
    if not mended.written:
        console.note("Nothing was fixed: no proposal is sure enough (see --confidence).")
        return 0
    path = Path(prepared.file) if in_place else copy_of(Path(prepared.file))
    if in_place:
        _replace(path, mended)
    else:
        _copy(path, mended)
    try:
        plan = road.draft(road.prepare(path, console), reached, console)
    except (DesignError, PlanError, TargetError) as error:
        console.note(safe(f"{count_text(len(mended.written), 'mapping')} in {path}. No plan of it could be made:"))
        console.note(failures.in_words(error))
        return error.exit_code
    console.note(safe(f"{count_text(len(mended.written), 'mapping')} in {path}. This is its plan:"))
    console.say(plan_text(plan, console.paint, verbose=console.verbose))
    words = ["provisioner", "apply", str(path), "-c", reached.connection]
    console.note(safe(f"Carry it out: {' '.join(map(shlex.quote, words))}"))
    return 0


def _replace(path: Path, mended: Patched) -> None:
    """All or nothing, with the permissions that the file has. UsageError when it is not what was read."""
    try:
        if path.read_bytes() != mended.before.encode("utf-8"):
            raise UsageError(f"{path} was changed meanwhile; it was not touched.", advice="Run the audit again.")
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with temporary.open("xb") as file:
                file.write(mended.after.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(path, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def copy_of(design: Path) -> Path:
    """Where the mended copy goes: `acme.fixed.yaml` beside `acme.yaml`."""
    return design.with_name(f"{design.stem}.fixed{design.suffix}")


def check_copy(design: Path) -> None:
    """UsageError when something is there already; asked before the audit, so that it is not done for nothing."""
    path = copy_of(design)
    if path.exists():
        raise _in_the_way(path)


def _in_the_way(path: Path) -> UsageError:
    return UsageError(f"{path} is there already. It was not overwritten.", advice="Move it away, or use --in-place.")


def _copy(path: Path, mended: Patched) -> None:
    """Beside the design; never over something else."""
    try:
        with path.open("xb") as file:
            file.write(mended.after.encode("utf-8"))
    except FileExistsError as error:
        raise _in_the_way(path) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _seen_from_here(path: Path) -> str:
    """With forward slashes, from the working directory where it lies below it."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.name

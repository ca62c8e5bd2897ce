"""A backfill that is carried out: settled with what was left under way, asked for, alone in the org, written down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioner.applying.backfill_plan import FillPlan
    from provisioner.applying.filling import Doors, Tally
    from provisioner.applying.interruption import Interruption
    from provisioner.applying.journal import Journal
    from provisioner.cli.console import Console
    from provisioner.cli.road import Prepared, Reached
    from provisioner.targets.base import Backfilling, Filling

PARTLY = 4


def settle(session: Backfilling, reached: Reached, console: Console, options: Any) -> list[str]:
    """Jobs that an earlier run left under way are waited for, or given up when they never got their rows, and that run
    says so from now on. Their ids."""
    from provisioner.applying import filling, runs
    from provisioner.cli import failures
    from provisioner.cli.walk import org_key
    from provisioner.reporting.text import safe

    settled = []
    here = org_key(reached.org)
    for run, job in filling.unsettled(
        runs.state_folder(options["state_dir"]), lambda org: "url" in org and org_key(org) == here
    ):
        with console.working(f"Settling job {job} of run {run.id}"):
            found = session.settle_job(job)
        settled.append(job)
        filling.account(run, job, found, failures.masked_data)
        console.note(
            f"Run {safe(run.id)} left job {safe(job)}: {len(found.written)} leads written, {len(found.failed)} refused."
        )
    return settled


def carry_out(
    plan: FillPlan,
    reached: Reached,
    prepared: Prepared,
    session: Backfilling,
    target: Filling,
    console: Console,
    options: Any,
) -> int:
    """Asks first. The exit code: PARTLY when the CRM refused some leads. PartlyApplied, Interrupted, Refused."""
    from provisioner.applying import runs
    from provisioner.cli.carry_out import Consent, consented
    from provisioner.reporting.backfill import tally_data, tally_text

    consent = Consent(options["yes"], options["confirm"])
    consented(reached.org, consent, console, f"Write these {len(plan.rows)} leads")
    session.check_writable(prepared.design)
    state = runs.state_folder(options["state_dir"])
    run, tally = _run(plan, reached, prepared, session, target, console, state, options)
    folder = str(runs.runs_folder(state) / run)
    console.data(tally_data(tally, run, folder))
    console.say(tally_text(tally, run, folder, console.paint))
    return PARTLY if tally.failed else 0


def _run(
    plan: FillPlan,
    reached: Reached,
    prepared: Prepared,
    session: Backfilling,
    target: Filling,
    console: Console,
    state: Path,
    options: Any,
) -> tuple[str, Tally]:
    """One run: alone in the org, written down, interruptible between two jobs."""
    from contextlib import ExitStack

    from provisioner.applying import lock, runs
    from provisioner.applying.filling import Doors
    from provisioner.applying.interruption import Interruption
    from provisioner.applying.journal import BEGIN, Journal
    from provisioner.cli import failures, walk

    run, key = runs.new_id(), walk.org_key(reached.org)
    doors = Doors(
        lambda ids: session.seen(prepared.design, ids),
        session.begin_job,
        session.submit_job,
        session.finish_job,
        target.same_value,
    )
    with ExitStack() as stack:
        stack.enter_context(lock.released(state, key, run))
        walk.alone(reached, state, key, run, console, wait=options["wait"])
        stop = stack.enter_context(Interruption(walk.tell_stopping))
        journal = Journal(runs.runs_folder(state) / run, failures.masked_data)
        stack.callback(journal.close)
        journal.write(BEGIN, **_beginning(plan, reached, options["settled"]))
        console.note(f"Run {run}: provisioner history show {run}")
        tally = _filled(plan, doors, journal, stop, console)
    return run, tally


def _filled(plan: FillPlan, doors: Doors, journal: Journal, stop: Interruption, console: Console) -> Tally:
    """Every chunk, and the journal's last line. PartlyApplied when the CRM stopped it; Interrupted."""
    from provisioner.applying import runs
    from provisioner.applying.filling import Tally, fill
    from provisioner.applying.journal import END
    from provisioner.errors import Interrupted, PartlyApplied, ProvisionerError

    tally = Tally()
    try:
        for tally in fill(plan.rows, doors, journal, stop):
            console.note(f"{tally.written + tally.already:,} of {len(plan.rows):,} leads")
    except KeyboardInterrupt:
        journal.write(END, how=runs.INTERRUPTED, done=tally.written)
        raise Interrupted(
            f"Stopped at once: {tally.written} leads known to be written; the CRM may still be at work.",
            advice="The same command again settles what was under way, and goes on.",
        ) from None
    except Interrupted as error:
        journal.write(END, how=runs.INTERRUPTED, done=tally.written, message=error.message, advice=error.advice)
        raise
    except ProvisionerError as error:
        journal.write(END, how=runs.PARTLY, done=tally.written, message=error.message, advice=error.advice)
        again = "Running the same command again settles what was under way, and goes on with the rest."
        raise PartlyApplied(
            f"{error.message} {tally.written} leads are known to be written.", advice=f"{error.advice} {again}"
        ) from error
    journal.write(END, how=runs.PARTLY if tally.failed else runs.COMPLETED, done=tally.written)
    return tally


def _beginning(plan: FillPlan, reached: Reached, settled: list[str]) -> dict[str, Any]:
    from provisioner.applying import processes
    from provisioner.applying.backfill_plan import digest
    from provisioner.applying.filling import KIND, chunks
    from provisioner.applying.journal import FORMAT
    from provisioner.cli.login import login

    return {
        "format": FORMAT,
        "kind": KIND,
        "plan": digest(plan),
        "design": plan.design,
        "design_file": plan.design_file,
        "prefix": plan.prefix,
        "goes_live": False,
        "org": dict(plan.org),
        "connection": reached.connection,
        "by": str(reached.org["user"]),
        "login": login(),
        "tool": plan.tool,
        "process": processes.this().data(),
        "changes": [{"address": address, "action": "update"} for address, _ in chunks(plan.rows)],
        "settled": settled,
    }

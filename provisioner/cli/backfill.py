"""provisioner backfill"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.cli.console import Console, connects, consents, speaks
from provisioner.cli.keeping import keeps, waits

if TYPE_CHECKING:
    from provisioner.applying.backfill_plan import FillPlan, Gathering
    from provisioner.cli.road import Prepared, Reached
    from provisioner.past import Past
    from provisioner.targets.base import Backfilling, Filling

WORDS = ("touched", "untouched")


@click.command(
    epilog="""\b
Examples:
  provisioner backfill acme.yaml -c sandbox
  provisioner backfill acme.yaml -c production --since 365d --out leads.plan
  provisioner backfill leads.plan -c production --confirm 'Acme Corp' --yes
  provisioner backfill acme.yaml -c sandbox --only touched --only demo_request

\b
Exit codes:
  0 everything was written, or nothing is missing
  4 some leads were refused by the CRM; they are listed with its words
  5 refused by a guard: another org, not deployed, an expired plan"""
)
@click.argument("design", type=click.Path(path_type=Path))
@connects
@click.option("--since", metavar="90d|DATE", help="Leads created since then; without it, from the beginning.")
@click.option("--until", metavar="90d|DATE", help="Leads created before then.")
@click.option("--only", multiple=True, metavar="WORD", help="touched, untouched, or a lead type; again for more.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Keep the plan; change nothing.")
@consents
@waits
@keeps
@speaks
def backfill(design: Path, connection: str, out: Path | None, console: Console, **options: Any) -> int:
    """Fill in when leads from before the clock were assigned and touched.

    Reads the history, tasks and meetings of leads without clock facts, and computes by the rules of the design what
    the clock would have said. A lead that was touched gets a finished clock; one that was not gets no clock, so
    nothing falls due and nobody is told. What the history does not tell stays blank. DESIGN may be a plan (--out).
    """
    from provisioner.applying import backfill_plan
    from provisioner.cli.backfill_run import carry_out
    from provisioner.planning.commands import typed
    from provisioner.reporting.backfill import fill_plan_data, fill_plan_text

    made, reached, prepared = _made(design, connection, console, options)
    session, target = _able(prepared, reached)
    show = console.note if console.json and out is None else console.say
    names = session.names([row.id for row in made.sample]) if made.sample else {}
    show(fill_plan_text(made, console.paint, names))
    if out is not None:
        backfill_plan.write(made, out)
        console.data(fill_plan_data(made))
        console.say(f"Kept in {out}. To carry it out: {typed('backfill', out, '-c', connection)}")
        return 0
    if not made.rows:
        console.data({**fill_plan_data(made), "run": None, "written": 0})
        return 0
    return carry_out(made, reached, prepared, session, target, console, options)


def _made(file: Path, connection: str, console: Console, options: Any) -> tuple[FillPlan, Reached, Prepared]:
    """The plan of a design, made now, or the one that was kept. Refused in an org that the design is not in."""
    from provisioner import __version__
    from provisioner.applying import backfill_plan
    from provisioner.cli import road
    from provisioner.cli.backfill_run import settle
    from provisioner.errors import Refused
    from provisioner.planning import guards

    kept = None
    if file.suffix not in (".yaml", ".yml") and backfill_plan.looks_like_one(file):
        kept = backfill_plan.read(file, tool=__version__, now=datetime.now(UTC))
        file = _design_of(kept, file, options)
    prepared = road.prepare(file, console)
    _check_able(prepared)
    wanted = _wanted(options["only"], prepared)
    found = road.find_connection(connection, prepared.design.target.platform)
    reached = road.reach(prepared.target, found, console)
    if kept is not None and not guards.same_org(kept.org["id"], reached.org["id"]):
        raise Refused(
            f"This plan was made for {guards.describe_org(kept.org)}, but the connection leads to "
            f"{guards.describe_org(reached.org)}.",
            advice="Use the connection of that org, or make a new plan.",
        )
    if kept is not None and kept.design_digest != prepared.digest:
        raise Refused(f"{file} changed since this plan was made.", advice="Make a new plan.")
    _check_deployed(prepared, reached, console)
    session, _ = _able(prepared, reached)
    options["settled"] = settle(session, reached, console, options)
    return kept or _planned(prepared, reached, wanted, console, options), reached, prepared


def _design_of(plan: FillPlan, file: Path, options: Any) -> Path:
    from provisioner.errors import UsageError

    if options["since"] or options["until"] or options["only"]:
        raise UsageError("--since, --until and --only go with a design; a plan says which leads it is about.")
    beside = file.parent / Path(plan.design_file).name
    if plan.design_file.isprintable() and not Path(plan.design_file).is_file() and beside.is_file():
        return beside  # both were brought here from another machine
    if not plan.design_file.isprintable() or not Path(plan.design_file).is_file():
        raise UsageError(
            f"{file} was made from {plan.design_file!r}, which is not there.",
            advice="Put the design back, or make a new plan.",
        )
    return Path(plan.design_file)


def _check_able(prepared: Prepared) -> None:
    """UsageError for a platform that nothing can be filled in on."""
    from provisioner.errors import UsageError
    from provisioner.targets.base import Filling

    if not isinstance(prepared.target, Filling):
        raise UsageError(
            f"Leads of the past are not filled in on {prepared.design.target.platform}: the workflows of the design "
            "react to these fields, so that old leads could start clocks. Nothing was done.",
            advice="New leads have their clock from the day the design is applied.",
        )


def _able(prepared: Prepared, reached: Reached) -> tuple[Backfilling, Filling]:
    from provisioner.errors import UsageError
    from provisioner.targets.base import Backfilling, Filling

    if not isinstance(reached.session, Backfilling) or not isinstance(prepared.target, Filling):
        raise UsageError(f"Leads of the past cannot be filled in on {prepared.design.target.platform}.")
    return reached.session, prepared.target


def _check_deployed(prepared: Prepared, reached: Reached, console: Console) -> None:
    """The org is exactly as the design says: what an update of a lead sets off is known then, and only then."""
    from provisioner.cli import road
    from provisioner.errors import Refused
    from provisioner.planning.commands import typed
    from provisioner.planning.guards import describe_org

    plan = road.draft(prepared, reached, console)
    differences = len(plan.to_write) + len(plan.conflicts) + len(plan.unread)
    if differences:
        raise Refused(
            f"{describe_org(reached.org)} is not as {prepared.file} says (differences: {differences}), so nobody knows "
            "what writing to a lead would set off there. Nothing was changed.",
            advice=f"First: {typed('apply', prepared.file, '-c', reached.connection or 'NAME')}",
        )


def _wanted(only: tuple[str, ...], prepared: Prepared) -> frozenset[str]:
    from provisioner.errors import UsageError

    ids = [item.id for item in prepared.design.lead_types]
    unknown = sorted(set(only) - {*ids, *WORDS})
    if unknown:
        raise UsageError(
            f"--only {unknown[0]!r} is neither a lead type of the design nor one of {', '.join(WORDS)}.",
            advice=f"Lead types: {', '.join(ids)}.",
        )
    return frozenset(only)


def _planned(prepared: Prepared, reached: Reached, wanted: frozenset[str], console: Console, options: Any) -> FillPlan:
    from provisioner import __version__
    from provisioner.applying.backfill_plan import FillPlan, Gathering
    from provisioner.planning.planfile import instant

    session, target = _able(prepared, reached)
    session.check_writable(prepared.design)
    since, until = (_moment(options[name], name) for name in ("since", "until"))
    found = Gathering()
    with console.working("Reading leads, their history and activities"):
        past = session.past(prepared.design, since, until)
        notices = (*past.notices, *_gather(past, found, prepared, target, wanted))
    found.left.update(past.left)
    return FillPlan(
        design=prepared.design.id,
        design_digest=prepared.digest,
        design_file=str(Path(prepared.file).absolute()),
        prefix=prepared.design.target.prefix,
        tool=__version__,
        org=reached.org,
        connection=reached.connection,
        created_at=instant(datetime.now(UTC)),
        since=instant(since) if since else "",
        until=instant(until) if until else "",
        rows=tuple(sorted(found.rows, key=lambda row: row.id)),
        counts=dict(found.counts),
        left=dict(found.left),
        notices=notices,
    )


def _gather(
    past: Past, found: Gathering, prepared: Prepared, target: Filling, wanted: frozenset[str]
) -> tuple[str, ...]:
    """Every lead once: a row, or a reason. What is worth saying about the rows."""
    from provisioner.applying.backfill_plan import group_of
    from provisioner.insight.backfill import holidays_from, policy_of, told

    policy, known_from = policy_of(prepared.design), holidays_from(prepared.design)
    early: Counter[str] = Counter()
    for lead in past.leads:
        facts = told(policy, lead)
        if isinstance(facts, str):
            found.left[facts] += 1
            continue
        columns = target.filled(prepared.design, lead, facts)
        if isinstance(columns, str):
            found.left[columns] += 1
        elif not _is_wanted(group_of(facts)[0], wanted):
            found.left["not_wanted"] += 1
        else:
            found.take(lead, facts, columns)
            clock = facts.clock
            begins = known_from.get(clock.hours or "") if clock is not None else None
            if clock is not None and begins is not None and clock.started_at.date() < begins:
                early[clock.hours or ""] += 1
    return tuple(_holidays(early, known_from))


def _holidays(early: Counter[str], known_from: Mapping[str, date]) -> Iterator[str]:
    for hours, count in sorted(early.items()):
        year = known_from[hours].year
        yield (
            f"{count} clocks on the hours {hours} began before {year}, the first year whose holidays the design names: "
            f"holidays before that count as open days. If that matters, set holidays.from of {hours}, and apply first."
        )


def _is_wanted(group: str, wanted: frozenset[str]) -> bool:
    from provisioner.applying.backfill_plan import UNTOUCHED

    return not wanted or group in wanted or ("untouched" if group == UNTOUCHED else "touched") in wanted


def _moment(text: str | None, name: str) -> datetime | None:
    from provisioner.cli.drift_files import read_since
    from provisioner.errors import UsageError

    if text is None:
        return None
    try:
        return read_since(text, datetime.now(UTC)).replace(microsecond=0)
    except UsageError as error:
        raise UsageError(error.message.replace("--since", f"--{name}"), advice=error.advice) from error

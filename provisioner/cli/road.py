"""The road that every command walks a part of: document → design → desired; connection → live → plan."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from provisioner import __version__
from provisioner.cli import choose, failures, leaving
from provisioner.cli.choose import NO_WISHES, Wishes
from provisioner.cli.console import Console
from provisioner.cli.fit import fitted
from provisioner.connections import Connection
from provisioner.diagnostics import Diagnostic, has_errors, in_order
from provisioner.document import Document, load
from provisioner.errors import DesignError, Rejected, UsageError
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.planning import guards
from provisioner.planning.choices import Choices
from provisioner.planning.diff import attribute_changes, make_plan
from provisioner.planning.hands import in_doubt, told
from provisioner.planning.plan import Plan
from provisioner.planning.planfile import instant
from provisioner.planning.risk import unweighed, weighed
from provisioner.reporting.findings import findings_text
from provisioner.resources import Snapshot
from provisioner.secrets import Secret
from provisioner.targets.base import Live, Looking, Referring, Renames, Session, Target, Telling, Weighing
from provisioner.targets.registry import load_target


@dataclasses.dataclass(frozen=True, slots=True)
class Checked:
    """A document and everything found in it; `design`, `target` and `desired` as far as the findings allow."""

    document: Document
    findings: tuple[Diagnostic, ...]
    design: Design | None = None
    target: Target | None = None
    desired: Snapshot | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """A design without errors, and what it asks for."""

    file: str
    digest: str
    design: Design
    target: Target
    desired: Snapshot
    findings: tuple[Diagnostic, ...]
    document: Document  # where things stand, for what is found later


@dataclasses.dataclass(frozen=True, slots=True)
class Reached:
    """An open session, and which org it leads to (as plans carry it)."""

    session: Session
    org: Mapping[str, Any]
    connection: str = ""  # its name in provisioner.toml


def today() -> date:
    """Here, now: holidays are counted from it."""
    return datetime.now().astimezone().date()


def check(path: Path, *, today: date | None = None) -> Checked:
    """Load, compile, render, check the vendor's limits. `today` decides how far holidays reach."""
    document = load(path)
    design, findings = compile_design(document, today=today or datetime.now().astimezone().date())
    if design is None:
        return Checked(document, tuple(in_order(findings)))
    target = load_target(design.target.platform)
    if has_errors(findings):
        return Checked(document, tuple(in_order(findings)), design, target)
    desired, more = target.desire(design, document.locate)
    return Checked(
        document, tuple(in_order([*findings, *more, *fitted(design, target, document.locate)])), design, target, desired
    )


def prepare(path: Path, console: Console, *, today: date | None = None) -> Prepared:
    """The same, for commands that need a valid design: warnings are shown, errors raise DesignError."""
    with console.working("Checking the design"):
        checked = check(path, today=today)
    if has_errors(checked.findings) or checked.design is None or checked.target is None or checked.desired is None:
        raise DesignError(
            f"{path} is not valid.", findings=checked.findings, advice="Mend the errors above; nothing was done."
        )
    worth_saying = [item for item in checked.findings if item.severity == "warning"]
    console.note(findings_text(worth_saying, console.paint))
    document, design = checked.document, checked.design
    return Prepared(str(path), document.digest, design, checked.target, checked.desired, checked.findings, document)


def find_connection(name: str, platform: str) -> Connection:
    """The named connection, its secrets masked from now on. UsageError when it leads to another platform."""
    from provisioner import config  # only who connects pays for it

    found = config.connection(name)
    for value in found.auth.values():
        if isinstance(value, Secret):
            failures.remember(value)
    if found.platform != platform:
        raise UsageError(
            f"The connection {name!r} leads to {found.platform}, but {platform} is wanted.",
            advice="Choose another connection, or correct target.platform in the design.",
        )
    return found


def reach(target: Target, connection: Connection, console: Console, *, read_only: bool = False) -> Reached:
    """Open a session and ask where it leads to. From now on, what is tried again is said.

    `read_only`: for commands that change nothing; such a session cannot.
    """
    from provisioner.cli.notes import listen  # what logging costs, only who connects pays for

    listen(console)
    with console.working(f"Connecting to {connection.name}"):
        session = target.connect(connection, read_only=read_only)
        identity = session.identity()
    from provisioner.applying.apply import org_data

    return Reached(session, org_data(identity), connection.name)


def draft(
    prepared: Prepared,
    reached: Reached,
    console: Console,
    *,
    destroy: bool = False,
    design_file: str = "",
    wishes: Wishes = NO_WISHES,
) -> Plan:
    """Read the org and make the plan; with `destroy`, the plan that leaves nothing of ours. UsageError when a wish is
    about nothing that is there; Refused when a rename would leave behind what records refer to."""
    live, desired = look(prepared, reached, console, destroy=destroy)
    plan = made_from(prepared, reached, live, desired, destroy=destroy, design_file=design_file, wishes=wishes)
    if not destroy:
        plan = leaving.with_warning(plan, prepared.target, reached.session)
    return asked_who(plan, prepared, reached, live, console)


def look(prepared: Prepared, reached: Reached, console: Console, *, destroy: bool = False) -> tuple[Live, Snapshot]:
    """What is in the org, and what the design asks for with the org's own ids. Refused in an org it is not for."""
    design = prepared.design
    guards.check_expected(design.target.expect, reached.org)
    desired = Snapshot() if destroy else prepared.desired
    try:
        with console.working(f"Reading {reached.org['name']}"):
            live = reached.session.read(desired, design.target.prefix)
    except Rejected:
        if not destroy:
            tuple(_held(prepared, reached, console))  # says where in the document, when that is the reason
        raise
    guards.check_ledger(live.ledger.design, design.id, reached.org)
    if not destroy:
        guards.check_prefix(live.elsewhere, design.id, design.target.prefix, reached.org)
        live = dataclasses.replace(live, notices=(*live.notices, *_held(prepared, reached, console)))
    return live, desired if live.resolved is None else live.resolved


def _held(prepared: Prepared, reached: Reached, console: Console) -> Iterator[str]:
    """What the design names must be in the org: errors raise DesignError, warnings are shown, and what is only worth
    knowing becomes notices of the plan."""
    if not isinstance(prepared.target, Referring) or not isinstance(reached.session, Looking):
        return
    named = prepared.target.references(prepared.design)
    with console.working(f"Looking for what the design names in {reached.org['name']}"):
        found = in_order(reached.session.missing(named, prepared.document))
    if has_errors(found):
        raise DesignError(
            f"{prepared.file} does not fit {guards.describe_org(reached.org)}.",
            findings=found,
            advice="Mend the errors above, or the org; nothing was done.",
        )
    console.note(findings_text([item for item in found if item.severity == "warning"], console.paint))
    for item in found:
        if item.severity == "info":
            yield f"{item.location}: {item.code}: {item.detail} {item.advice}"


def made_from(
    prepared: Prepared,
    reached: Reached,
    live: Live,
    desired: Snapshot,
    *,
    destroy: bool = False,
    design_file: str = "",
    wishes: Wishes = NO_WISHES,
) -> Plan:
    """The plan that takes `live` to `desired`, as far as the user wishes."""
    renames = Renames() if destroy else choose.renames_of(prepared.target, prepared.design)

    def made(choices: Choices) -> Plan:
        return _plan(prepared, reached, live, desired, choices, design_file or prepared.file)

    plan = made(Choices(renamed=renames.moved))
    if wishes != NO_WISHES:
        choices, aim = choose.chosen(wishes, plan, prepared.target, live, desired, renames)
        plan = made(choices)
        choose.check_kept(wishes, plan)
        plan = dataclasses.replace(plan, aim=choose.limited(aim, plan))
    plan = weighed(plan, prepared.target.weigh if isinstance(prepared.target, Weighing) else unweighed)
    plan = choose.check_remade(wishes, renames, plan)
    stuck = choose.unchangeable(plan, prepared.target)
    said = tuple(f"{address} cannot be brought about, and apply is refused: {why}." for address, why in stuck.items())
    plan = dataclasses.replace(plan, notices=(*plan.notices, *said))
    return dataclasses.replace(plan, goes_live=not destroy and goes_live(plan, prepared.design, prepared.target))


def _plan(
    prepared: Prepared, reached: Reached, live: Live, desired: Snapshot, choices: Choices, design_file: str
) -> Plan:
    design = prepared.design
    plan = make_plan(
        desired,
        live.snapshot,
        live.ledger.fingerprints,
        prepared.target.compare,
        design=design.id,
        design_digest=prepared.digest,
        tool=__version__,
        org=reached.org,
        created_at=instant(datetime.now(UTC)),
        notices=live.notices,
        prefix=design.target.prefix,
        design_file=design_file,
        ticked=live.ticked,
        choices=choices,
    )
    changed = {change.address.kind for change in plan.to_write}
    said = [text for kind, text in live.notices_of.items() if kind in changed]
    if design.assignment.on_reassign == "restart" and any(change.after is not None for change in plan.to_write):
        said += filter(None, [guards.beside(live.elsewhere, design.id)])
    return dataclasses.replace(plan, connection=reached.connection, notices=(*plan.notices, *said))


def asked_who(plan: Plan, prepared: Prepared, reached: Reached, live: Live, console: Console) -> Plan:
    """The plan with who changed by hand what it overwrites or keeps, and when, where the vendor tells."""
    wanted = in_doubt(plan)
    if not wanted or not isinstance(reached.session, Telling):
        return plan
    with console.working("Asking who changed what"):
        found = reached.session.touched(wanted, str(live.ledger.meta.get("applied_at") or ""))
    return told(plan, found, live.ledger.fingerprints, prepared.target.compare)


def goes_live(plan: Plan, design: Design, target: Target) -> bool:
    """Whether the plan moves an attribute that a silent form of the same design would have otherwise.

    Rendering the design both ways tells which attributes carry the switch, whatever the vendor calls them.
    """
    if design.alerts.mode != "live":
        return False
    silent = dataclasses.replace(design, alerts=dataclasses.replace(design.alerts, mode="silent"))
    quiet, _ = target.desire(silent, lambda pointer: pointer)
    for change in plan.to_write:
        other = quiet.get(change.address)
        if change.after is None or (other is not None and other == change.after):
            continue
        switch = {item.path for item in attribute_changes(other.attributes if other else {}, change.after.attributes)}
        before = change.before.attributes if change.before else {}
        if switch & {item.path for item in attribute_changes(before, change.after.attributes)}:
            return True
    return False

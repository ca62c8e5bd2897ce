"""Carrying out a plan: one atomic deployment for what is created or changed, then the removals, then the memory of it.

Stage 1  creates and updates + the ledger, which still lists what is doomed. All or nothing. Then flows are switched on
         or off where a deployment does not do it.
Stage 2  flows switched off and deleted, holidays deleted: rows, one by one.
Stage 3  one destructive deployment of the rest + the final ledger (or, when nothing remains, without it).
A crash between any two steps leaves a ledger that lists everything that may still be there: running again converges.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from provisioner.errors import Rejected, TargetError
from provisioner.planning.plan import Action, Change, Plan
from provisioner.resources import Address, Resource
from provisioner.targets.base import Artifact, Ledger, OrgIdentity, Outcome, Progress
from provisioner.targets.salesforce import package
from provisioner.targets.salesforce.session import activation, removal, steps
from provisioner.targets.salesforce.session import ledger as ledgers
from provisioner.targets.salesforce.session.carrying import carried, without
from provisioner.targets.salesforce.session.deploy import Deployer, Deployment, Options
from provisioner.targets.salesforce.session.org import same_id
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.session.soap import Soap
from provisioner.targets.salesforce.session.ticks import Ticks

Events = Iterator[Progress | Outcome]
APEX = frozenset({"ApexClass", "ApexTrigger"})


class Writer:
    """Writes one plan to one org. `recorded` is the ledger as it was last read, `ticks` the steps it remembers;
    `as_active` whether a production org deploys flows as active, None where that is not known."""

    def __init__(
        self,
        rest: Rest,
        soap: Soap,
        deployer: Deployer,
        org: OrgIdentity,
        plan: Plan,
        recorded: Ledger,
        as_active: bool | None = None,
        ticks: Ticks | None = None,
    ) -> None:
        planned = str(plan.org.get("id") or "")
        if planned and not same_id(planned, org.id):
            raise TargetError(
                f"The plan was made for org {planned}, but this connection leads to {org.id} ({org.name}).",
                advice="Nothing was changed. Use the connection of the planned org, or plan again.",
            )
        _check_renames(plan)
        self._rest = rest
        self._soap = soap
        self._deployer = deployer
        self._org = org
        self._plan = plan
        self._recorded = recorded
        self._as_active = as_active
        self._name = ledgers.resource_name(plan.prefix)
        self._ticks = ticks or {}
        self._steps = [change for change in plan.changes if change.address.is_by_hand]
        deployed = [change for change in plan.changes if not change.address.is_by_hand]
        self._kept = [change for change in deployed if change.action is not Action.DELETE]
        self._doomed = [change for change in deployed if change.action is Action.DELETE]
        self._removing = False  # whether deletions have been begun

    def check(self) -> None:
        """Validate creates and updates with their ledger, saving nothing.

        Deletions cannot be validated: what blocks them (flow versions) is removed by the write itself. What blocks them
        all the same, leads of a queue that goes, is asked for.
        """
        for _ in self.rehearse():
            pass

    def rehearse(self) -> Iterator[Progress]:
        """The same, telling how it goes."""
        queues = [change.address.name for change in self._doomed if change.address.kind == "Queue"]
        if queues:
            removal.check_queues(self._rest, queues)
        if self._kept:
            final = Ledger(self._plan.design, self._plan.fingerprints, {"tool": self._plan.tool})
            yield from self._deploy_kept(final, check_only=True)

    def write(self, final: Ledger) -> Events:
        """Every change gets exactly one Outcome; the error that stopped the work is raised after them."""
        final = self._signed(final)
        open_changes = {change.address: change for change in self._plan.changes}
        try:
            for event in self._stages(final):
                if isinstance(event, Outcome):
                    del open_changes[event.address]
                yield event
        except TargetError as error:
            untried = [] if self._removing else [change.address for change in self._doomed]
            yield from _not_done(open_changes.values(), error, untried)
            raise

    def _stages(self, final: Ledger) -> Events:
        yield from self._by_hand()
        if self._kept or not self._doomed:
            if final.fingerprints or self._doomed:
                yield from self._deploy_kept(final, check_only=False)
                yield from self._switch()
            else:
                yield from self._deploy_removal(final)
        if self._doomed:
            self._removing = True
            yield Progress(removal.STAGE, "Removing what is no longer wanted", at_rest=True)
            yield from self._remove(final)

    def _by_hand(self) -> Events:
        """What a person does is not done here; of what nobody wants any more, the ledger forgets that it was."""
        for change in self._steps:
            if change.after is None:
                yield Outcome(change.address, "done", "forgotten; what was done by hand stays")
            else:
                yield Outcome(change.address, "skipped", "manual")

    def _switch(self) -> Events:
        """What was deployed runs, or does not, as it is wanted; then everything that is kept has its outcome."""
        names = {change.address.name for change in self._kept if _does_not_run(change)}
        yield from activation.switch_off(self._rest, names)
        if not self._org.is_production:
            names = {change.address.name for change in self._kept if _only_switches_on(change)}
            yield from activation.switch_on(self._rest, names)
            yield from (Outcome(change.address, "done") for change in self._kept)
            return
        running = [change.after for change in self._kept if change.after is not None and _runs(change.after)]
        late = {flow.address for flow in running}
        yield from (Outcome(change.address, "done") for change in self._kept if change.address not in late)
        yield from activation.switch_over(self._rest, running)

    def _deploy_kept(self, final: Ledger, *, check_only: bool) -> Deployment:
        still = {change.address: self._fingerprint(change) for change in self._doomed}
        staged = replace(final, fingerprints={**final.fingerprints, **still})
        resources = [change.after for change in self._kept if change.after is not None]
        files = self._package(carried(self._soap, resources), staged)
        tests = self._tests(resources)
        return (yield from self._deployer.run(files, Options(check_only, tests)))

    def _remove(self, final: Ledger) -> Events:
        doomed = [change.address for change in self._doomed]
        flows = {address.name for address in doomed if address.kind == "Flow"}
        held = any(address.kind in removal.HELD_BY_FLOWS for address in doomed)
        retained = {address.name for address in final.fingerprints if address.kind == "Flow"} if held else set()
        # First, because it takes a right of its own: whoever has it not is refused before clocks are switched off.
        yield from removal.withdraw(self._rest, {item.name for item in doomed if item.kind == "PermissionSet"})
        yield from removal.remove_flows(self._rest, flows, retained)
        yield from (Outcome(Address("Flow", name), "done") for name in sorted(flows))
        remaining = dict(final.fingerprints)
        holidays = {address.name for address in doomed if address.kind == "Holiday"}
        for outcome in removal.remove_holidays(self._rest, holidays):
            if outcome.status != "done":
                remaining[outcome.address] = self._recorded.fingerprints.get(outcome.address, "0" * 64)
            yield outcome
        yield from self._deploy_removal(replace(final, fingerprints=remaining))
        rest = (address for address in doomed if address.kind not in removal.REMOVED_AS_ROWS)
        yield from (Outcome(address, "done", _how(address)) for address in rest)

    def _deploy_removal(self, final: Ledger) -> Generator[Progress, None, None]:
        """The destructive deployment; with nothing left to remember, the ledger goes too."""
        doomed = [change.before for change in self._doomed if change.before is not None]
        retired = [resource for resource in map(package.retired, doomed) if resource is not None]
        for resource in retired:
            name = resource.address.name
            yield Progress(removal.STAGE, f"Business hours {name!r} cannot be deleted in Salesforce; switched off")
        also = {} if final.fingerprints else {ledgers.KIND: [self._name]}
        files = removal.destructive_files(doomed, also)
        left = without(self._soap, (item.address for item in doomed))
        content = self._package([*retired, *left], final if final.fingerprints else None, files)
        yield from self._deployer.run(content, Options(check_only=False, deletes=bool(files)))

    def _package(self, resources: Iterable[Resource], kept: Ledger | None, more: Iterable[Artifact] = ()) -> bytes:
        """The zip of these resources with the ledger; package.xml lists exactly what is in it."""
        items = list(resources)
        version = self._rest.version
        rendered = _deployable(items, version)
        members = package.members(resource.address for resource in items)
        files = [file for file in rendered if file.path != "package.xml"]
        if kept is not None:
            members[ledgers.KIND] = [self._name]
            files += ledgers.artifacts(self._name, kept, steps.kept(self._ticks, kept.fingerprints, self._steps))
        files += [*more, Artifact("package.xml", package.manifest(members, version))]
        return package.build_zip(files)

    def _tests(self, resources: Iterable[Resource]) -> list[str] | None:
        """Our test classes when Apex goes to production ([docs] reference/salesforce.md 1.4), or flows that run from
        that moment on (4.9): tests must launch them. Else None: the org decides."""
        if not self._org.is_production:
            return None
        if not any(item.address.kind in APEX or (self._as_active and _runs(item)) for item in resources):
            return None
        ours = (address.name for address in self._plan.fingerprints if address.kind == "ApexClass")
        return sorted(name for name in ours if name.endswith("_Test")) or None

    def _fingerprint(self, change: Change) -> str:
        recorded = self._recorded.fingerprints.get(change.address)
        assert change.before is not None, "a deletion has a before"
        return recorded or change.before.fingerprint()

    def _signed(self, final: Ledger) -> Ledger:
        meta: Mapping[str, str] = {
            "applied_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "applied_by": self._org.user,
            "tool": self._plan.tool,
            **{key: str(value) for key, value in final.meta.items() if value},
        }
        return replace(final, design=final.design or self._plan.design, meta=meta)


def _only_switches_on(change: Change) -> bool:
    """A flow of ours that somebody switched off, and that is otherwise as it should be."""
    if change.address.kind != "Flow" or change.before is None or change.after is None:
        return False
    before, after = dict(change.before.attributes), dict(change.after.attributes)
    switched = after.pop("status", None) == "Active" != before.pop("status", None)
    return switched and before == after


def _runs(resource: Resource) -> bool:
    return resource.address.kind == "Flow" and resource.attributes.get("status") == "Active"


def _does_not_run(change: Change) -> bool:
    """A flow that is wanted switched off: what a rollback puts back can be one."""
    if change.address.kind != "Flow" or change.after is None:
        return False
    return change.before is not None and change.after.attributes.get("status") != "Active"


def _check_renames(plan: Plan) -> None:
    """Rejected: a deployment cannot rename; a new name is a new component ([docs] reference/salesforce.md 4.9)."""
    moved = [change for change in plan.changes if change.before and change.after]
    moved = [change for change in moved if change.before and change.before.address != change.address]
    if moved:
        problems = [(str(change.address), f"was {change.before.address}") for change in moved if change.before]
        first = f"{problems[0][0]} {problems[0][1]}"
        raise Rejected(
            f"Salesforce cannot rename a component in place ({first}).",
            problems=problems,
            advice="Nothing was changed. Plan it as a new component and a deletion of the old one.",
        )


def _deployable(resources: list[Resource], version: str) -> list[Artifact]:
    """TargetError when these have not the form of their kind: a plan is a file, and files are edited."""
    try:
        files = package.artifacts(resources, api_version=version)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise TargetError(
            f"The plan holds a resource in a form that cannot be deployed ({type(error).__name__}).",
            advice="Nothing was changed. Make a new plan: provisioner plan DESIGN -c NAME.",
        ) from error
    astray = [file.path for file in files if ".." in file.path.split("/")]
    if astray:
        raise TargetError(f"The plan names a component {astray[0]!r}, which is no place in a package.")
    return files


def _how(address: Address) -> str:
    return "switched off; Salesforce cannot delete business hours" if address.kind == "BusinessHours" else ""


def _not_done(changes: Iterable[Change], error: TargetError, untried: Collection[Address]) -> Iterator[Outcome]:
    """Deployments are all or nothing: what has no outcome yet did not happen (or nobody knows, says the error).
    `untried`: what was not even begun."""
    problems: dict[str, list[str]] = {}
    if isinstance(error, Rejected):
        for component, problem in error.problems:
            problems.setdefault(component, []).append(problem)
    for change in changes:
        own = problems.get(str(change.address))
        if own:
            yield Outcome(change.address, "failed", "; ".join(own))
        elif isinstance(error, Rejected):
            yield Outcome(change.address, "skipped", "not carried out: the deployment was refused as a whole")
        elif change.address in untried:
            yield Outcome(change.address, "skipped", "not tried: what comes before deletions did not succeed")
        else:
            yield Outcome(change.address, "failed", error.message)

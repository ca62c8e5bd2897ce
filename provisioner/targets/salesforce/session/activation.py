"""Which version of a flow runs ([docs] reference/salesforce.md 1.11, 4.9).

A sandbox runs what is deployed as active. Production does so only where its setting "Deploy processes and flows as
active" is on; else what was deployed lies there, an older active version runs on, and somebody with the right to do so
activates the new one: by hand, or as here, through the Tooling API, which asks for no test coverage ([inferred]).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from provisioner.errors import NotAllowed, Rejected, TargetError
from provisioner.resources import Address, Resource
from provisioner.targets.base import Outcome, Progress
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest, record_id
from provisioner.targets.salesforce.soql import literals, portions
from provisioner.targets.salesforce.xml import read

SETTINGS = "settings/Flow.settings"
SETTING = "enableFlowDeployAsActiveEnabled"
STAGE = "activating"
BY_HAND = "Switch it on in Setup, Flows, or give this user View All Data and apply again."
HELD_BACK = (
    "It was deployed, and left as it was: clocks would start without {}, which could not be switched on. See to that "
    "one, and apply again."
)
NOT_TRIED = "It was deployed, but switching it on was not tried: before it, {} could not be. Apply again."


def deploys_as_active(files: Mapping[str, bytes]) -> bool | None:
    """What the org's FlowSettings say, among retrieved files; None when they do not tell."""
    if SETTINGS not in files:
        return None
    told = read(files[SETTINGS], SETTINGS).findtext(f"{{*}}{SETTING}")
    return None if told is None else told.strip() == "true"


def switch_on(rest: Rest, names: Collection[str]) -> Iterator[Progress]:
    """Activate the latest version of those flows that have none active: a deployment of the same content does not
    ([community] reference/salesforce.md 4.9; how it is done: 1.11)."""
    latest, active = _standing(rest, names)
    wanted = [name for name in names if name in latest and name not in active]
    for name, definition in definitions(rest, wanted, "find the flows to switch on"):
        activate(rest, name, definition, latest[name])
        yield Progress("deploying", f"Flow {name} switched on again")


def switch_off(rest: Rest, names: Collection[str]) -> Iterator[Progress]:
    """Leave none of these flows with an active version. A deployment does not do it: with the same content a different
    status has no effect, and with other content the version that is active goes on running ([community]
    reference/salesforce.md 4.9; how it is done: 1.11)."""
    _, active = _standing(rest, names)
    for name, definition in definitions(rest, active, "find the flows to switch off"):
        activate(rest, name, definition, 0)
        yield Progress("deploying", f"Flow {name} switched off")


def switch_over(rest: Rest, flows: Collection[Resource]) -> Iterator[Progress | Outcome]:
    """Activate the latest version of each of these flows, which were just deployed, where another or none is active.
    One outcome for each, also when the org stops answering. What a save starts first comes last, and not at all after a
    refusal, so that no clock starts without its timers."""
    order = {flow.address.name: _begins(flow) for flow in flows}
    latest, active = _standing(rest, order)
    late = {name for name in order if name in latest and active.get(name) != latest[name]}
    known = definitions(rest, late, "find the flows to switch on")
    found = {name: id for name, id in known if name in late}
    names = sorted(order, key=lambda name: (order[name], name))
    refused = ""
    for place, name in enumerate(names):
        problem = ""
        if name in found and refused and order[name]:
            yield Outcome(Address("Flow", name), "skipped", HELD_BACK.format(refused))
            continue
        if name in found:
            try:
                problem = _tried(rest, name, found[name], latest[name])
            except TargetError as error:
                yield Outcome(Address("Flow", name), "failed", f"It was deployed; switching it on: {error.message}")
                yield from _left(names[place + 1 :], found, name)
                raise
            refused = refused or (name if problem else "")
            if not problem:
                yield Progress(STAGE, f"Flow {name} switched on (version {latest[name]})", at_rest=True)
        yield Outcome(Address("Flow", name), "failed" if problem else "done", problem)


def _left(names: Iterable[str], to_do: Collection[str], failed: str) -> Iterator[Outcome]:
    """What becomes of those that come after the one at which the org stopped answering."""
    for name in names:
        waits = name in to_do
        yield Outcome(Address("Flow", name), "skipped" if waits else "done", NOT_TRIED.format(failed) if waits else "")


def _begins(flow: Resource) -> bool:
    return dict(flow.attributes.get("start") or {}).get("triggerType") == "RecordBeforeSave"


def _tried(rest: Rest, name: str, definition: str, version: int) -> str:
    """Why it could not be switched on; empty when it was."""
    try:
        activate(rest, name, definition, version)
    except SignedOut:
        raise
    except (NotAllowed, Rejected) as refused:
        return f"It was deployed, but not switched on: {refused.message} {BY_HAND}"
    return ""


def _standing(rest: Rest, names: Collection[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Flow → the number of its latest version; and of its active one, where there is one."""
    latest: dict[str, int] = {}
    active: dict[str, int] = {}
    for version in versions(rest, names):
        definition = version.get("Definition")
        name = str(definition.get("DeveloperName") or "") if isinstance(definition, dict) else ""
        number = version.get("VersionNumber")
        if isinstance(number, int):
            latest[name] = max(latest.get(name, 0), number)
            if version.get("Status") == "Active":
                active[name] = number
    return latest, active


def definitions(rest: Rest, names: Iterable[str], purpose: str) -> Iterator[tuple[str, str]]:
    """(name, id) of what the versions of each flow belong to."""
    for part in portions(names):
        query = f"SELECT Id, DeveloperName FROM FlowDefinition WHERE DeveloperName IN {literals(part)}"  # noqa: S608
        for row in rest.query(query, purpose, tooling=True):
            yield str(row.get("DeveloperName")), record_id(row.get("Id"), "flow")


def activate(rest: Rest, name: str, definition: str, version: int) -> None:
    """`version` 0: none runs."""
    what = f"{'activate' if version else 'deactivate'} flow {name}"
    rest.patch(f"tooling/sobjects/FlowDefinition/{definition}", {"Metadata": {"activeVersionNumber": version}}, what)


def versions(rest: Rest, names: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for part in portions(names):
        query = (
            "SELECT Id, VersionNumber, Status, Definition.DeveloperName FROM Flow "  # noqa: S608 - literals
            f"WHERE Definition.DeveloperName IN {literals(part)}"
        )
        yield from rest.query(query, "list the versions of flows", tooling=True)

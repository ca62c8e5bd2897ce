"""Live state: desired and owned addresses only, in at most five requests whatever their number; two
more at most where leads have record types, and people choose from lists of ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Live, OrgIdentity
from provisioner.targets.salesforce import package
from provisioner.targets.salesforce.audit.answers import Answers, Refusal, text
from provisioner.targets.salesforce.manual import CONVERTED
from provisioner.targets.salesforce.parse import parse_package
from provisioner.targets.salesforce.session import ledger, recipients, record_types, steps, surge, together
from provisioner.targets.salesforce.session.activation import deploys_as_active
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.session.soap import Property, Retrieved, Soap
from provisioner.targets.salesforce.session.ticks import Ticks
from provisioner.targets.salesforce.shape import tree
from provisioner.targets.salesforce.soql import literals, portions
from provisioner.targets.salesforce.xml import read

# [community] the vendor's message for a member of the manifest that is not in the org.
NOT_FOUND = re.compile(r"^Entity of type '(?P<kind>[^']+)' named '(?P<name>.+)' cannot be found\.?$")
ACTIVE = "flows"  # key of the question which flows are active
SETTINGS_KINDS = frozenset({"BusinessHours", "Holiday"})
# By what the org's setting "Deploy processes and flows as active" says; None: it could not be read. [docs] 4.9
PRODUCTION_FLOWS = {
    True: "This is a production org that deploys flows as active: when flows change it runs tests, which must "
    "launch as many of its active flows as it asks for.",
    False: "This is a production org that does not deploy flows as active: new versions are switched on one by one, "
    "right after the deployment. For moments old and new ones run side by side.",
    None: "This is a production org, and whether it deploys flows as active could not be read. What is not active "
    "after the deployment is switched on.",
}
# An apply that could not switch a flow on looks like somebody's work, because the ledger has what was deployed. What
# somebody switches off is Obsolete, not Draft. [docs] reference/salesforce.md 1.11, 4.9
NEVER_ON = (
    "Flow {} was deployed, and its version was never switched on: its difference may be nobody's doing, but what an "
    "apply left undone. Applying switches it on."
)
OLDER_ON = (
    "Flow {} has a newer version that is not active: an apply could not switch it on, or somebody went back to the one "
    "before. Where the plan calls that changed by hand, it may be nobody's doing."
)


@dataclass(slots=True)
class _Found:
    resources: dict[Address, Resource] = field(default_factory=dict)
    unread: set[Address] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)

    def hide(self, addresses: Iterable[Address], why: str) -> None:
        """These could not be read: unknown, which is neither there nor absent."""
        hidden = sorted(set(addresses) - self.unread)
        if hidden:
            self.unread.update(hidden)
            shown = ", ".join(str(address) for address in hidden[:3])
            more = f" and {len(hidden) - 3} more" if len(hidden) > 3 else ""
            self.notices.append(f"Could not be read: {shown}{more} ({why})")


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the org. `components`: what the retrieve said of each; `saved`: when the org saved our ledger;
    `ticks`: the steps that it remembers; `steps`: what those are judged by."""

    live: Live
    people: recipients.Looked
    components: tuple[Property, ...]
    saved: ledger.Saved
    offers: record_types.RecordTypes
    ticks: Ticks
    steps: steps.Seen
    as_active: bool | None = None  # whether a production org deploys flows as active, where that was read


def read_live(rest: Rest, soap: Soap, desired: Snapshot, prefix: str, org: OrgIdentity) -> Reading:
    """The ledger, what is there of desired and owned things, and what is worth saying about recipients and flows."""
    remembered = ledger.read(rest, prefix)
    recorded = remembered.ledger
    wanted = frozenset(desired.resources) | frozenset(recorded.fingerprints)
    wanted = frozenset(address for address in wanted if not address.is_by_hand)
    found = _Found()
    known = {address for address in wanted if address.kind in package.KINDS}
    found.hide(wanted - known, "a kind that this version of provisioner does not know")
    asks_of_flows = org.is_production and any(address.kind == "Flow" for address in desired.resources)
    retrieved = soap.retrieve(_members(known, asks_of_flows)) if known else Retrieved({}, (), ())
    if known:
        _sort(retrieved, known, found)
    flows = sorted(address.name for address in found.resources if address.kind == "Flow")
    search = recipients.search(desired, prefix)
    asked = steps.asked(desired)
    by_hand = steps.queries(asked, found.resources)
    choices = record_types.choices([*desired, *steps.relied_on(asked, desired, found.resources)])
    queries = _flow_query(flows) | search.queries | record_types.questions(choices) | by_hand
    answers = together.ask_all(rest, queries, "say which flows are active and who is there")
    _check_flows(flows, answers, found)
    people = search.look(answers)
    found.notices += [*people.notices, *surge.notices(found.resources.values())]
    as_active = deploys_as_active(retrieved.files)
    there = Snapshot.of((item for item in found.resources.values() if item.address not in found.unread), found.unread)
    offers = record_types.look(soap, choices, answers, there)
    seen = steps.seen(there, retrieved.properties, answers, _converts(retrieved), offers)
    judged = steps.judge(desired, remembered.ticks, seen)
    live = Live(
        Snapshot.of([*there, *judged.resources], there.unread),
        recorded,
        tuple(found.notices),
        resolved=_without(desired, judged.unneeded),
        ticked=judged.ticked,
        elsewhere=remembered.elsewhere,
        notices_of={"Flow": PRODUCTION_FLOWS[as_active]} if asks_of_flows else {},
    )
    active = as_active if known else None
    return Reading(live, people, retrieved.properties, remembered.saved, offers, remembered.ticks, seen, active)


def _without(desired: Snapshot, unneeded: Collection[Address]) -> Snapshot | None:
    """What is desired of this org, where that is less than the design says."""
    if not unneeded:
        return None
    return Snapshot.of((item for item in desired if item.address not in unneeded), desired.unread)


def _members(known: Collection[Address], asks_of_flows: bool) -> dict[str, list[str]]:
    """The components, and what flows depend on: the org's setting for flows, and the one for conversions."""
    members = package.members(known)
    if asks_of_flows:
        members["Settings"] = sorted({*members.get("Settings", ()), "Flow"})
    if any(address.kind == "Flow" and address.name.endswith(CONVERTED) for address in known):
        members["Settings"] = sorted({*members.get("Settings", ()), "LeadConfig"})
    return members


def _converts(retrieved: Retrieved) -> bool | None:
    """Whether conversions run automation, which by default they do not; None where it was not read. [docs]
    reference/salesforce.md 3.4"""
    path = "settings/LeadConfig.settings"
    if path not in retrieved.files:
        return None
    return bool(tree(read(retrieved.files[path], path)).get("shouldLeadConvertRequireValidation") == "true")


def _sort(retrieved: Retrieved, wanted: Collection[Address], found: _Found) -> None:
    """There, absent, or unknown. Only the vendor's own "cannot be found" makes a reported thing absent."""
    for resource in parse_package(retrieved.files):
        if resource.address in wanted:
            found.resources[resource.address] = resource
    for file_name, problem in retrieved.messages:
        match = NOT_FOUND.match(problem)
        if match is None:
            found.hide(_meant(file_name, problem, wanted, found), problem)
        elif (match["kind"], match["name"]) == ("Settings", "BusinessHours"):
            found.hide((address for address in wanted if address.kind in SETTINGS_KINDS), problem)
    listed = {Address(row.kind, row.full_name) for row in retrieved.properties}
    missing = (listed & set(wanted)) - found.resources.keys()
    found.hide(missing, "the org sent it in a form that was not understood")
    if "settings/BusinessHours.settings" not in retrieved.files:
        hours = {address for address in wanted if address.kind in SETTINGS_KINDS}
        found.hide(hours, "the org sent no business hours")


def _meant(file_name: str, problem: str, wanted: Collection[Address], found: _Found) -> set[Address]:
    """The addresses a message can be about: those it names, else those of the type it names, else all that lack."""
    text = f"{file_name} {problem}"
    named = {address for address in wanted if re.search(rf"(?<![\w.]){re.escape(address.name)}(?![\w])", text)}
    if named:
        return named
    lacking = {address for address in wanted if address not in found.resources}
    typed = {address for address in lacking if re.search(rf"\b{_type(address)}\b", problem)}
    return typed or lacking


def _type(address: Address) -> str:
    return "Settings" if address.kind in SETTINGS_KINDS else address.kind


def _flow_query(flows: Sequence[str]) -> dict[str, str]:
    """By name while the names fit into one query, else all flows of the org."""
    if not flows:
        return {}
    where = f" WHERE ApiName IN {literals(flows)}" if len(list(portions(flows))) == 1 else ""
    query = f"SELECT ApiName, ActiveVersionId, LatestVersionId FROM FlowDefinitionView{where}"  # noqa: S608 - literals
    return {ACTIVE: query}


def _check_flows(flows: Sequence[str], answers: Answers, found: _Found) -> None:
    """A flow without an active version does nothing, whatever its latest version says of itself (reference 1.11)."""
    told = answers.get(ACTIVE)
    if isinstance(told, Refusal):
        found.hide((Address("Flow", name) for name in flows), told.why)
        return
    seen = {text(row, "ApiName").casefold(): row for row in told.rows} if told is not None else {}
    for name in flows:
        address, row = Address("Flow", name), seen.get(name.casefold())
        if row is None:
            found.hide([address], "the org does not say whether it is active")
        elif not row.get("ActiveVersionId"):
            if found.resources[address].attributes.get("status") == "Draft":
                found.notices.append(NEVER_ON.format(name))
            found.resources[address] = _inactive(found.resources[address])
        elif row.get("LatestVersionId") not in (None, row["ActiveVersionId"]):
            found.notices.append(OLDER_ON.format(name))


def _inactive(flow: Resource) -> Resource:
    if flow.attributes.get("status") != "Active":
        return flow
    return Resource(flow.address, {**flow.attributes, "status": "Draft"})

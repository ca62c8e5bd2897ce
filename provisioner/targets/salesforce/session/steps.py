"""Steps that a person did: whether they still count, and remembering them in the ledger.

A step says in `needs` what it relies on. What was made anew under the same name is another thing, told by its id: the
assignments and shares of the old one went with it. Some of what a step is for can be looked up; then it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from provisioner.errors import TargetError
from provisioner.planning.plan import Change, Tick
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.salesforce.audit.answers import Answer, Answers, text
from provisioner.targets.salesforce.manual import CONVERSION, RECORD_TYPES
from provisioner.targets.salesforce.session.record_types import RecordTypes
from provisioner.targets.salesforce.session.soap import Property
from provisioner.targets.salesforce.session.ticks import Ticked, Ticks
from provisioner.targets.salesforce.soql import literals

MEMBERS = "steps/members"
# [inferred] that the id of these stays the same while they are deployed again; of a flow it may be a version's.
LASTING = frozenset({"CustomField", "Dashboard", "DashboardFolder", "PermissionSet", "Queue", "ReportFolder"})
NOT_WANTED = {"opened": "The design does not ask for it any more."}


@dataclass(frozen=True, slots=True)
class Seen:
    """What steps are judged by: what is there, the ids of components, the queues without members, whether conversions
    run automation (None: not read), and what record types do not offer."""

    there: Snapshot = field(default_factory=Snapshot)
    ids: Mapping[Address, str] = field(default_factory=dict)
    empty: Collection[Address] = frozenset()
    converts: bool | None = None
    offers: RecordTypes = field(default_factory=RecordTypes)


def asked(desired: Snapshot) -> list[Resource]:
    """The steps that a design asks for; not what this module itself said of one that does not count."""
    return [item for item in desired if item.address.is_by_hand and "opened" not in item.attributes]


def relied_on(steps: Iterable[Resource], desired: Snapshot, there: Mapping[Address, Resource]) -> list[Resource]:
    """What these steps need and nothing else asks for, as it is there: a step is ticked by itself."""
    wanted = {address for step in steps for address in needs(step)} - desired.resources.keys()
    return [there[address] for address in sorted(wanted & there.keys())]


def queries(steps: Iterable[Resource], there: Collection[Address]) -> dict[str, str]:
    """SOQL by key for the queues that these steps need and that are there: one query, or none."""
    needed = {address for step in steps for address in needs(step)} & set(there)
    queues = sorted(item.name for item in needed if item.kind == "Queue")
    if not queues:
        return {}
    # Whoever is in it: users, roles and groups. [docs] reference/salesforce.md, queues: direct members only
    return {
        MEMBERS: "SELECT Group.DeveloperName, COUNT(Id) n FROM GroupMember "  # noqa: S608 - literals
        f"WHERE Group.Type = 'Queue' AND Group.DeveloperName IN {literals(queues)} GROUP BY Group.DeveloperName"
    }


def seen(
    there: Snapshot, components: Iterable[Property], answers: Answers, converts: bool | None, offers: RecordTypes
) -> Seen:
    """`offers`: of the picklists that people choose from, as this very look found them."""
    ids = {Address(item.kind, item.full_name): item.id for item in components if item.kind in LASTING and item.id}
    told = answers.get(MEMBERS)
    empty = frozenset[Address]()
    if isinstance(told, Answer):
        some = {text(row, "Group.DeveloperName").casefold() for row in told.rows}
        queues = (item.address for item in there if item.address.kind == "Queue")
        empty = frozenset(item for item in queues if item.name.casefold() not in some)
    return Seen(there, ids, empty, converts, offers)


def needs(step: Resource) -> list[Address]:
    """What it relies on, in order."""
    return sorted(Address.parse(str(key)) for key in step.attributes.get("needs") or ())


def ids_of(step: Resource, found: Seen) -> dict[Address, str]:
    return {address: found.ids[address] for address in needs(step) if address in found.ids}


def missing(step: Resource, found: Seen) -> Iterator[tuple[str, str]]:
    """What is not as the step says that it is once it is done, said of then and of now; what could not be looked at is
    not said."""
    for address in needs(step):
        if address in found.there.unread:
            continue
        if found.there.get(address) is None:
            yield f"{address} was missing", f"{address} is missing"
        elif address.kind == "Queue" and address in found.empty:
            yield f"the queue {address.name} had no members", f"the queue {address.name} has no members"


def otherwise(step: Resource, found: Seen) -> list[str]:
    """What the org is known to have otherwise than the step would leave it, in words. People may want it so: the org's
    own rules would hold for conversions too, and a record type need not offer everything."""
    if step.address.name == CONVERSION and found.converts is False:
        return ["Require Validation for Converted Leads was off"]
    if step.address.name == RECORD_TYPES:
        return [f"the record type {label} did not offer all values" for label in _lacking(step, found)]
    return []


def _lacking(step: Resource, found: Seen) -> list[str]:
    """Labels of the record types that do not offer what the fields of this step hold, as far as they were looked at."""
    fields = {address.name.partition(".")[2] for address in needs(step)}
    return sorted(label for label, lacks in found.offers.lacking.items() if fields & lacks.keys())


def _is_unneeded(step: Resource, found: Seen) -> bool:
    """Whether this org is known to be as the step would leave it."""
    if step.address.name == CONVERSION:
        return found.converts is True
    return step.address.name == RECORD_TYPES and not found.offers.unread and not _lacking(step, found)


def why_open(step: Resource, ticked: Ticked, found: Seen) -> str:
    """Why a step that was ticked no longer counts; empty when it does."""
    if step.fingerprint() != ticked.fingerprint:
        return "The step is another one than when it was ticked."
    if ticked.opened:
        return ticked.opened
    news = [then for then, _ in missing(step, found)]
    news += [then for then in otherwise(step, found) if then not in ticked.known]
    if news:
        return f"It was ticked; since then {news[0]}."
    for address, id in ids_of(step, found).items():
        if ticked.ids.get(address, id) != id:
            return f"It was ticked; since then {address} was made anew."
    return ""


@dataclass(frozen=True, slots=True)
class Judged:
    """Ticked steps as resources, which of them still count, and the design's steps that this org needs nobody for."""

    resources: tuple[Resource, ...]
    ticked: tuple[Tick, ...]
    unneeded: frozenset[Address]


def judge(desired: Snapshot, ticks: Ticks, found: Seen) -> Judged:
    """As a plan wants it: a tick that counts is live as the step, one that does not is live and says why."""
    wanted = {step.address: step for step in asked(desired)}
    resources, still = [], []
    for address, ticked in ticks.items():
        step = wanted.get(address)
        reason = why_open(step, ticked, found) if step is not None else ""
        if step is None or reason:
            resources.append(Resource(address, {"opened": reason} if reason else NOT_WANTED))
        else:
            resources.append(step)
            still.append(Tick(address, ticked.by, ticked.at))
    unneeded = {address for address, step in wanted.items() if address not in ticks and _is_unneeded(step, found)}
    return Judged(tuple(resources), tuple(still), frozenset(unneeded))


def kept(ticks: Ticks, addresses: Collection[Address], changes: Iterable[Change]) -> dict[Address, Ticked]:
    """The ticks that stay in a ledger with these addresses. One that an apply has seen not to count stays open, also
    when what was gone comes back."""
    reasons = {
        change.address: str(change.before.attributes.get("opened") or "")
        for change in changes
        if change.address.is_by_hand and change.before is not None and change.after is not None
        if change.after.fingerprint() == (ticks[change.address].fingerprint if change.address in ticks else "")
    }
    return {
        address: replace(ticked, opened=reasons.get(address) or ticked.opened)
        for address, ticked in ticks.items()
        if address in addresses
    }


def ticked_now(steps: Iterable[Resource], found: Seen, by: str, at: str) -> dict[Address, Ticked]:
    """TargetError when one of them cannot be done yet."""
    done = {}
    for step in steps:
        if not step.address.is_by_hand:
            raise TargetError(f"{step.address} is not a step that a person does.")
        for _, now in missing(step, found):
            raise TargetError(
                f"{step.address.name} cannot be done yet: {now}.",
                advice="See to that first; provisioner done without a step lists the clicks. Nothing was recorded.",
            )
        known = tuple(otherwise(step, found))
        done[step.address] = Ticked(step.fingerprint(), by, at, ids_of(step, found), known=known)
    return done

"""Live state: desired and owned addresses only, in at most eight requests and further pages whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from provisioner.planning.plan import Tick
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger, Live
from provisioner.targets.hubspot import resolve
from provisioner.targets.hubspot.compare import compare
from provisioner.targets.hubspot.marker import Mark, unmark
from provisioner.targets.hubspot.session import ledger, needs, shapes
from provisioner.targets.hubspot.session.account import Portal
from provisioner.targets.hubspot.session.directory import read_directory
from provisioner.targets.hubspot.session.door import Door, rows
from provisioner.targets.hubspot.session.elsewhere import elsewhere
from provisioner.targets.hubspot.session.faults import MissingScopes
from provisioner.targets.hubspot.session.find import Finder
from provisioner.targets.hubspot.session.premises import missing
from provisioner.targets.hubspot.session.shapes import FLOW, GROUP, LIST, PROPERTY, STEP
from provisioner.targets.hubspot.session.state import Raw, State, symbolic

_MOST_TRIED = 8  # options that only the portal has; of more, all or none are taken for made by hand
_MOST_BACK = 3  # of them come back at once


@dataclass(slots=True)
class _Found:
    desired: Snapshot
    state: State
    resources: dict[Address, Resource] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    unread: set[Address] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    names: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    ticked: list[Tick] = field(default_factory=list)

    def wanted(self, kind: str) -> list[Address]:
        """Desired and remembered addresses of a kind."""
        both = {*self.desired.resources, *self.state.record.entries}
        return sorted(address for address in both if address.kind == kind)

    def keep(self, address: Address, attributes: Mapping[str, Any]) -> None:
        self.resources[address] = Resource(address, attributes)


def read_live(door: Door, desired: Snapshot, state: State, portal: Portal, *, former: bool = False) -> Live:
    """What is there, whose it is, and what the references of the design mean here. `state` is empty and is filled as
    far as the reading comes.

    Rejected when a reference means nothing (with `former`, people who left mean whom they were); NotAllowed when
    properties may not be read. What else may not be read is `unread`.
    """
    name = ledger.property_name(state.prefix)
    found = _Found(desired, state)
    objects = sorted({shapes.split(address)[0] for address in desired.resources if address.kind in (PROPERTY, GROUP)})
    for object in dict.fromkeys([ledger.OBJECT, *objects]):
        state.properties[object] = read_properties(door, object)
    state.record = ledger.decode(state.properties[ledger.OBJECT].get(name), name)
    found.notices += _of_other_runs(state)
    for object in _remembered_objects(state) - state.properties.keys():
        state.properties[object] = read_properties(door, object)
    _unknown_kinds(found)
    _properties(door, found)
    _groups(door, found)
    finder = Finder(door, desired, state, has_marks=bool(found.marks))
    _guarded(found, FLOW, lambda: _flows(finder, found))
    _guarded(found, LIST, lambda: _lists(finder, found))
    _name_own(found)
    resolved, pinned = _resolved(door, found, portal, finder, former=former)
    _steps(found, resolved)
    for item in missing(resolved, state.properties, resolved.resources):
        found.notices.append(f"{item.address} {item}. Applying this is refused until it is there.")
    recorded = _ledger(found)
    kept = set(desired.resources) | set(recorded.fingerprints)
    there = [item for item in found.resources.values() if item.address in kept and item.address not in found.unread]
    notices = (*found.notices, *pinned)
    others = elsewhere(state.properties, state.prefix)
    return Live(Snapshot.of(there, found.unread), recorded, notices, resolved, tuple(found.ticked), others)


def _of_other_runs(state: State) -> list[str]:
    held = state.record.lease
    if held is None or held.is_ours():
        return []
    if held.is_over(datetime.now(UTC)):
        return [f"An apply by {held} did not come to its end. Applying carries on where it stopped."]
    return [f"An apply by {held} is under way."]


def read_properties(door: Door, object: str, *, archived: bool = False) -> dict[str, Raw]:
    """All properties of an object by name. One request; not paged ([spec] reference/hubspot.md 1.5)."""
    what = f"list the {'archived ' if archived else ''}properties of {object}"
    method = door.api("crm.properties.core_api").get_all
    found = rows(door.look(what, method, object, archived=archived), "results", what)
    return {str(row.get("name")): row for row in found}


def read_groups(door: Door, object: str) -> dict[str, Raw]:
    what = f"list the property groups of {object}"
    found = rows(door.look(what, door.api("crm.properties.groups_api").get_all, object), "results", what)
    return {str(row.get("name")): row for row in found if not row.get("archived")}


def _remembered_objects(state: State) -> set[str]:
    return {shapes.split(address)[0] for address in state.record.entries if address.kind in (PROPERTY, GROUP)}


def _unknown_kinds(found: _Found) -> None:
    unknown = sorted(address for address in found.desired.resources if address.kind not in shapes.KINDS)
    if unknown:
        found.unread.update(unknown)
        found.notices.append(f"Could not be read: {_listed(unknown)} (a kind that this version does not know)")


def _properties(door: Door, found: _Found) -> None:
    state, own = found.state, ledger.property_name(found.state.prefix)
    for object, raws in state.properties.items():
        for name, raw in raws.items():
            address = Address(PROPERTY, f"{object}.{name}")
            text, mark = unmark(raw.get("description"))
            if name == own and object == ledger.OBJECT:
                continue
            if mark is not None and mark.address == address and mark.prefix == state.prefix:
                found.marks.append(mark)
            found.keep(address, shapes.property_attributes(raw, text))
    missing = [address for address in found.desired.resources if address.kind == PROPERTY]
    missing = [address for address in missing if address not in found.resources]
    for object in sorted({shapes.split(address)[0] for address in missing}):
        state.archived[object] = read_properties(door, object, archived=True)
    for address in missing:
        object, name = shapes.split(address)
        if (old := state.archived[object].get(name)) is not None:
            found.notices.append(
                f"{address} was archived{_on(old.get('archivedAt'))}. Creating the name again may bring the old "
                "property back with its values, or start a new one beside it: look at it after the apply."
            )
    _hand_made_options(found)


def _hand_made_options(found: _Found) -> None:
    """Options that only the portal has are spoken of and kept: no difference, for no apply would take them away.

    They are new lead types made by hand, or old ones that records still carry ([inferred] reference/hubspot.md 2.6).
    What was applied with the others and left the design since is no work of anybody's hand: that is a difference once,
    until the next apply.
    """
    applied = {mark.address: mark.fingerprint for mark in found.marks}
    for wanted in found.desired:
        live = found.resources.get(wanted.address)
        if wanted.address.kind != PROPERTY or live is None or not wanted.attributes.get("options"):
            continue
        ours = {option.get("value") for option in wanted.attributes["options"]}
        options = live.attributes.get("options") or ()
        extra = [str(option.get("value")) for option in options if option.get("value") not in ours]
        if extra:
            found.notices.append(f"{wanted.address} has options the design does not know: {', '.join(extra)}. Kept.")
        if extra:
            found.keep(wanted.address, _without_hand_made(wanted, live, extra, applied.get(wanted.address)))


def _without_hand_made(wanted: Resource, live: Resource, extra: list[str], applied: str | None) -> dict[str, Any]:
    """`live` without the options that were made by hand: the fewest whose absence gives what was `applied`.

    Else without those that an earlier apply left and that are `wanted` again (a rename that is taken back): they were
    not what was applied, so they are still to come. When neither gives it (more was changed by hand), without `extra`.
    """
    options = live.attributes["options"]
    back = [value for option in options if (value := str(option.get("value"))) not in extra]
    for made in (*_some(extra, len(extra) - 1), *_some(back, _MOST_BACK)):
        kept = {**live.attributes, "options": [item for item in options if str(item.get("value")) not in made]}
        if compare(wanted, Resource(live.address, kept)).fingerprint() == applied:
            return kept
    return {**live.attributes, "options": [item for item in options if str(item.get("value")) not in extra]}


def _some(values: list[str], most: int) -> Iterator[tuple[str, ...]]:
    """None of them, one, two … up to `most`; of many only none."""
    for count in range(most + 1 if len(values) <= _MOST_TRIED else 1):
        yield from combinations(values, count)


def _groups(door: Door, found: _Found) -> None:
    wanted = found.wanted(GROUP)
    for object in sorted({shapes.split(address)[0] for address in wanted}):
        found.state.groups[object] = read_groups(door, object)
    for address in wanted:
        object, name = shapes.split(address)
        raw = found.state.groups[object].get(name)
        if raw is not None:
            found.keep(address, shapes.group_attributes(raw))


def _guarded(found: _Found, kind: str, read: Callable[[], None]) -> None:
    """A missing scope makes these unknown, which is neither there nor absent."""
    wanted = found.wanted(kind)
    if not wanted and not (kind == FLOW and found.marks and not found.state.record.exists):
        return
    try:
        read()
    except MissingScopes as refused:
        found.unread.update(wanted)
        found.notices.append(f"Could not be read: {_listed(wanted)} ({refused.message} {refused.advice})")


def _flows(finder: Finder, found: _Found) -> None:
    for address, raw, mark in finder.flows():
        found.state.flows[address] = raw
        if mark is not None:
            found.marks.append(mark)
    found.notices += finder.notices
    found.names["flow"] = finder.flow_names


def _lists(finder: Finder, found: _Found) -> None:
    found.state.lists.update(finder.lists())
    found.names["list"] = finder.list_names
    for address, name in sorted(finder.usurped.items()):
        found.unread.add(address)
        found.notices.append(
            f"{address} was deleted, and another list is called {name!r} now. Rename or delete it, then plan again."
        )


def _name_own(found: _Found) -> None:
    """Flows and lists as resources, once the ids of all of them are known. Lists that may not be read are told by the
    ids that are remembered, so that a workflow that names one is not taken for changed."""
    entries = [entry for entry in found.state.record.entries.values() if entry.address in found.unread]
    unread = {(LIST, entry.id): f"list:{entry.address.name}" for entry in entries if entry.address.kind == LIST}
    names = unread | found.state.names()
    for address, raw in found.state.flows.items():
        text, _ = unmark(raw.get("description"))
        found.keep(address, symbolic(shapes.flow_attributes(raw, text), names))
    for address, raw in found.state.lists.items():
        found.keep(address, symbolic(shapes.list_attributes(raw), names))


def _resolved(door: Door, found: _Found, portal: Portal, finder: Finder, *, former: bool) -> tuple[Snapshot, list[str]]:
    own = frozenset({*found.state.lists, *found.state.flows, *found.state.record.entries})
    wanted = resolve.foreign(found.desired, own)
    names = dict(found.names)
    if any(item.kind == "list" for item in wanted):
        names["list"] = finder.all_list_names()
    if any(item.kind == "flow" for item in wanted):
        names["flow"] = finder.all_flow_names()
    elsewhere = resolve.Directory(names=names, own=own)
    directory = read_directory(door, wanted, portal, elsewhere, found.state.people)
    found.state.has_all_people = bool(directory.owners)
    problems = resolve.unresolved(found.desired, directory)
    found.state.unresolved = {str(item): reason for item, reason in problems.items()}
    directory = directory.with_former() if former else directory
    return resolve.resolve(found.desired, directory), resolve.pins(found.desired, directory)


def _steps(found: _Found, resolved: Snapshot) -> None:
    for address, entry in found.state.record.entries.items():
        if address.kind != STEP:
            continue
        step = resolved.get(address)
        if step is None or "opened" in step.attributes:  # not in the design, or this very answer asked for again
            found.keep(address, {"opened": "The design does not ask for it any more."})
            continue
        reason = needs.why_open(step, entry, found.state, found.unread)
        if reason:
            found.keep(address, {"opened": reason})
            continue
        found.keep(address, step.attributes)
        by, _, at = entry.note.rpartition(" ")
        found.ticked.append(Tick(address, by, at))


def _ledger(found: _Found) -> Ledger:
    """Marks of another design under our prefix are not ours: `design` then says whose the prefix is."""
    record = found.state.record
    designs = sorted({mark.design for mark in found.marks})
    design = record.design or (designs[0] if designs else None)
    ours = {mark.address: mark.fingerprint for mark in found.marks if mark.design == design}
    return ledger.as_ledger(record, ours, design)


def _on(instant: object) -> str:
    return f" on {str(instant)[:10]}" if instant else ""


def _listed(addresses: Iterable[Address]) -> str:
    items = [str(address) for address in addresses]
    more = f" and {len(items) - 3} more" if len(items) > 3 else ""
    return ", ".join(items[:3]) + more

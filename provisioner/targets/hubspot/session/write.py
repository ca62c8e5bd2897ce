"""Carrying out a plan, one outcome per change, so that a kill at any point leaves something that runs on.

The ledger first; then groups, properties, formulas, lists; then flows switched off, doomed flows removed, flows
switched on; then lists, formulas, properties and groups that go; at last the ledger with what is there now. A failure
stops what depends on it, the switching on of new flows, and all deletions; the rest is carried out. Running again
converges, for all that was made carries a mark or an entry, and nothing is created without having looked for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from provisioner.errors import RateLimited, Rejected, TargetError
from provisioner.planning.plan import Action, Change, Plan
from provisioner.resources import Address, Resource
from provisioner.targets.base import Ledger, Outcome, Progress
from provisioner.targets.hubspot.marker import Mark
from provisioner.targets.hubspot.session import needs, shapes
from provisioner.targets.hubspot.session.account import Portal
from provisioner.targets.hubspot.session.bodies import own_references
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.faults import MissingScopes
from provisioner.targets.hubspot.session.flows import Flows
from provisioner.targets.hubspot.session.ledger import FINGERPRINT, Entry
from provisioner.targets.hubspot.session.lists import Lists
from provisioner.targets.hubspot.session.memory import Memory
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.properties import Properties, in_levels, is_calculated
from provisioner.targets.hubspot.session.shapes import FLOW, GROUP, LIST, PROPERTY, STEP
from provisioner.targets.hubspot.session.state import State

Events = Iterator[Progress | Outcome]
MANUAL = "manual"
_WORDS = {FLOW: "workflows", LIST: "lists", PROPERTY: "properties", GROUP: "property groups"}
CALLS_PER_CHANGE, CALLS_BESIDE = 3, 20  # a generous estimate, compared with what is left of the day


class Writer:
    """Writes one plan to one portal. `state` is what was last read there."""

    def __init__(self, door: Door, pace: Pace, portal: Portal, plan: Plan, state: State) -> None:
        planned = str(plan.org.get("id") or "")
        if planned and planned != portal.id:
            raise TargetError(
                f"The plan was made for portal {planned}, but this connection leads to {portal.id} ({portal.name}).",
                advice="Nothing was changed. Use the connection of the planned portal, or plan again.",
            )
        self._door = door
        self._pace = pace
        self._plan = plan
        self._state = state
        self._properties = Properties(door, pace, state, self._note)
        self._lists = Lists(door, pace, state)
        self._flows = Flows(door, pace, state, self._note)
        self._finals = {change.address: change.after for change in plan.changes}
        self._outcomes: dict[Address, Outcome] = {}

    def write(self, final: Ledger) -> Events:
        """Every change gets exactly one Outcome; the error that stopped the work is raised after them."""
        self._check_daily()
        memory = Memory(self._door, self._pace, self._state, self._plan.design, self._signed(final))
        try:
            for event in self._stages(memory):
                if isinstance(event, Outcome):
                    self._outcomes[event.address] = event
                yield event
        except TargetError as error:
            for change in self._plan.changes:
                if change.address not in self._outcomes:
                    yield Outcome(change.address, "failed", error.message)
            raise

    def _stages(self, memory: Memory) -> Events:
        self._intend(memory)
        yield from self._manual()
        for stage in (self._write_groups, self._write_properties, self._write_lists, self._write_flows, self._remove):
            memory.renew()
            yield from stage()
        self._remember(memory)

    # ------------------------------------------------------------ keeping

    def _kept(self, kind: str) -> list[Change]:
        return [c for c in self._plan.changes if c.address.kind == kind and c.action is not Action.DELETE]

    def _doomed(self, kind: str) -> list[Change]:
        return [c for c in self._plan.changes if c.address.kind == kind and c.action is Action.DELETE]

    def _manual(self) -> Events:
        yield from (Outcome(change.address, "skipped", MANUAL) for change in self._kept(STEP))
        for change in self._doomed(STEP):
            yield Outcome(change.address, "done", "forgotten; what was built by hand stays")

    def _each(self, what: str, changes: list[Change], carry_out: Callable[[Change], str]) -> Events:
        for place, change in enumerate(changes, 1):
            yield Progress("write", f"Writing {what}", place, len(changes), at_rest=True)
            yield self._blocked(change) or _attempt(change, carry_out)

    def _write_groups(self) -> Events:
        return self._each("property groups", self._kept(GROUP), self._write_group)

    def _write_lists(self) -> Events:
        return self._each("lists", self._in_order(self._kept(LIST)), self._write_list)

    def _write_group(self, change: Change) -> str:
        resource = _after(change)
        create = change.action is Action.CREATE
        return self._properties.create_group(resource) if create else self._properties.change_group(resource)

    def _write_list(self, change: Change) -> str:
        return self._lists.create(_after(change)) if change.action is Action.CREATE else self._lists.change(change)

    def _write_properties(self) -> Events:
        kept = self._kept(PROPERTY)
        plain = [change for change in kept if not is_calculated(_after(change))]
        formulas = {change.address: change for change in kept if is_calculated(_after(change))}
        yield from self._write_level(plain)
        for level in in_levels(_after(change) for change in formulas.values()):
            yield from self._write_level([formulas[resource.address] for resource in level])

    def _write_level(self, changes: list[Change]) -> Events:
        free = []
        for change in changes:
            blocked = self._blocked(change)
            if blocked is not None:
                yield blocked
            else:
                free.append(change)
        new = [_after(change) for change in free if change.action is Action.CREATE]
        if new:
            yield Progress("write", "Creating properties", 0, len(new), at_rest=True)
        for address, result in self._properties.create(new):
            yield _outcome(address, result)
        yield from self._each("properties", [c for c in free if c.action is Action.UPDATE], self._properties.change)

    # -------------------------------------------------------------- flows

    def _write_flows(self) -> Events:
        changes = self._in_order(self._kept(FLOW))
        new = [_after(change) for change in changes if change.action is Action.CREATE]
        if new:
            self._flows.find_made(new)
        waiting: list[Change] = []
        for place, change in enumerate(changes, 1):
            yield Progress("write", "Writing workflows, new ones switched off", place, len(changes), at_rest=True)
            outcome = self._blocked(change) or _attempt(change, self._write_flow)
            if outcome.status != "done" or not self._is_waiting(change):
                yield outcome
            else:
                waiting.append(change)
        if not self._failures():
            yield from self._remove_flows()
        yield from self._switch_on(waiting)

    def _write_flow(self, change: Change) -> str:
        resource = _after(change)
        live = self._state.flows.get(change.address)
        if live is None and change.action is Action.CREATE:
            return self._flows.create(resource)
        runs = live is not None and live.get("isEnabled") is True
        return self._flows.replace(resource, enabled=runs and resource.attributes.get("isEnabled") is True)

    def _is_waiting(self, change: Change) -> bool:
        """Written, but not yet switched on as the design wants it."""
        wanted = _after(change).attributes.get("isEnabled") is True
        return wanted and self._state.flows.get(change.address, {}).get("isEnabled") is not True

    def _switch_on(self, waiting: list[Change]) -> Events:
        failures = self._failures()
        for place, change in enumerate(waiting, 1):
            if failures:
                yield Outcome(
                    change.address, "failed", f"written, but left switched off because {_named(failures)} failed"
                )
                continue
            yield Progress("write", "Switching workflows on", place, len(waiting), at_rest=True)
            yield _attempt(change, lambda item: self._flows.replace(_after(item), enabled=True))

    # ------------------------------------------------------------ removing

    def _remove_flows(self) -> Events:
        doomed = [change.address for change in self._doomed(FLOW)]
        for address in doomed:
            yield Progress("write", f"Removing workflow {address.name}", at_rest=True)
            yield _attempt_at(address, self._remove_flow)

    def _remove_flow(self, address: Address) -> str:
        self._flows.switch_off(address)
        return self._flows.delete(address)

    def _remove(self) -> Events:
        failures = self._failures()
        order: list[tuple[str, Callable[[Address], str]]] = [
            (FLOW, self._remove_flow), (LIST, self._lists.delete), (PROPERTY, self._properties.delete),
            (GROUP, self._properties.delete_group),
        ]  # fmt: skip
        for kind, delete in order:
            doomed = [change for change in self._doomed(kind) if change.address not in self._outcomes]
            if kind == PROPERTY:
                doomed = _formulas_first(doomed)
            if failures and doomed:
                message = f"not deleted, because {_named(failures)} failed"
                yield from (Outcome(change.address, "skipped", message) for change in doomed)
                continue
            for place, change in enumerate(doomed, 1):
                yield Progress("write", f"Removing {_WORDS[kind]}", place, len(doomed), at_rest=True)
                yield _attempt_at(change.address, delete)
            if kind == PROPERTY:
                self._properties.wait_until_gone(c.address for c in doomed if self._is_done(c.address))

    def _is_done(self, address: Address) -> bool:
        return address in self._outcomes and self._outcomes[address].status == "done"

    # -------------------------------------------------------- dependencies

    def _failures(self) -> list[Address]:
        """What did not work, or was not tried because of that; manual steps are no failure."""
        return [o.address for o in self._outcomes.values() if o.status != "done" and o.address.kind != STEP]

    def _blocked(self, change: Change) -> Outcome | None:
        needed = [address for address in self._failures() if _mentions(_after(change), address)]
        if not needed:
            return None
        return Outcome(change.address, "skipped", f"not carried out: it needs {_named(needed)}, which failed")

    def _in_order(self, changes: list[Change]) -> list[Change]:
        """What is referred to first; in a circle, address order (the first of it is then refused)."""
        remaining, ordered = list(changes), []
        while remaining:
            open_ones = {change.address for change in remaining}
            ready = [c for c in remaining if not own_references(_after(c)) & (open_ones - {c.address})] or remaining[:1]
            ordered += ready
            remaining = [change for change in remaining if change not in ready]
        return ordered

    # -------------------------------------------------------------- memory

    def _intend(self, memory: Memory) -> None:
        """What carries no mark, or is looked for by name, is written down before it exists."""
        news = [change for kind in (GROUP, LIST, FLOW) for change in self._kept(kind) if change.action is Action.CREATE]
        intents = {c.address: self._entry(_after(c), owned=c.address.kind != FLOW) for c in news}
        memory.begin({**memory.entries, **intents})

    def _remember(self, memory: Memory) -> None:
        changed = {change.address for change in self._plan.changes}
        still = changed | self._plan.fingerprints.keys()  # the plan saw that nothing else is there any more
        entries = {address: entry for address, entry in memory.entries.items() if address in still}
        for change in self._plan.changes:
            address, done = change.address, self._is_done(change.address)
            if change.after is None and done:
                entries.pop(address, None)
            elif change.after is not None and done:
                entries[address] = self._entry(change.after, owned=True)
            elif address.kind == STEP and address in entries:
                entries[address] = _still_open(change, entries[address])
            elif change.action is Action.CREATE and address.kind in (GROUP, LIST) and address in entries:
                entries.pop(address)
            elif change.before is not None and change.before.address in memory.entries:
                entries.setdefault(change.before.address, memory.entries[change.before.address])
        if not entries and not self._plan.fingerprints:
            memory.forget()
            return
        for address, fingerprint in self._plan.fingerprints.items():
            if address.kind != STEP and address not in changed:
                known = entries.get(address) or Entry(address, "")
                entries[address] = replace(known, fingerprint=fingerprint, id=self._state.id_of(address) or known.id)
        memory.write(entries, final=True)

    def _entry(self, resource: Resource, *, owned: bool) -> Entry:
        name = str(resource.attributes.get("name") or "") if resource.address.kind in (LIST, FLOW) else ""
        id = self._state.id_of(resource.address) or ""
        return Entry(resource.address, self._recorded(resource) if owned else "", id, name)

    def _note(self, resource: Resource) -> Mark:
        return Mark(self._plan.design, self._plan.prefix, resource.address, self._recorded(resource))

    def _recorded(self, resource: Resource) -> str:
        """What the plan says that the ledger holds afterwards; of a state on the way there, its own fingerprint. They
        differ when a run is taken back: what is restored is what was read, and the ledger knows what was applied."""
        planned = self._plan.fingerprints.get(resource.address, "")
        is_final = self._finals.get(resource.address) == resource and FINGERPRINT.fullmatch(planned)
        return planned if is_final else resource.fingerprint()

    def _signed(self, final: Ledger) -> Mapping[str, str]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        given = {key: str(value) for key, value in final.meta.items() if value}
        return {"applied_at": now, "tool": self._plan.tool, **given}

    def _check_daily(self) -> None:
        left = self._door.transport.limits.daily_remaining
        needed = CALLS_PER_CHANGE * len(self._plan.changes) + CALLS_BESIDE
        if left is not None and left < needed:
            raise RateLimited(
                f"This account has {left} API requests left for today; this plan may need {needed}. "
                "Nothing was changed.",
                advice="Apply it after midnight in the portal's time zone.",
            )


def _after(change: Change) -> Resource:
    assert change.after is not None, "a kept change has an after"
    return change.after


def _still_open(change: Change, entry: Entry) -> Entry:
    """A step that was ticked and is open again, because of what it needs and not because the design changed it."""
    reason = change.before.attributes.get("opened") if change.before is not None else None
    return needs.opened(entry, str(reason)) if reason and _after(change).fingerprint() == entry.fingerprint else entry


def _attempt(change: Change, carry_out: Callable[[Change], str]) -> Outcome:
    return _attempt_at(change.address, lambda _: carry_out(change))


def _attempt_at(address: Address, carry_out: Callable[[Address], str]) -> Outcome:
    """A refusal is this change's own; what says nothing about this change (no answer, no token) goes on upwards."""
    try:
        return Outcome(address, "done", carry_out(address))
    except (Rejected, MissingScopes) as refused:
        return _outcome(address, refused)


def _outcome(address: Address, result: str | TargetError) -> Outcome:
    if isinstance(result, TargetError):
        joint = " " if not result.advice or result.message.endswith((".", "!", "?")) else ". "
        return Outcome(address, "failed", f"{result.message}{joint}{result.advice}".strip())
    return Outcome(address, "done", result)


def _mentions(resource: Resource, address: Address) -> bool:
    """Whether a resource needs what failed: a reference, or the bare name of a property or group."""
    if address == resource.address:
        return False
    if address.kind in (LIST, FLOW):
        return address in own_references(resource)
    name = shapes.split(address)[1] if address.kind in (PROPERTY, GROUP) else address.name
    text = json.dumps(resource.attributes, ensure_ascii=False)
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text) is not None


def _named(addresses: Iterable[Address]) -> str:
    items = sorted(str(address) for address in addresses)
    more = f" and {len(items) - 3} more" if len(items) > 3 else ""
    return ", ".join(items[:3]) + more


def _formulas_first(changes: list[Change]) -> list[Change]:
    """HubSpot refuses to archive what a formula uses."""
    resources = {change.address: change for change in changes}
    befores = [change.before for change in changes if change.before is not None]
    formulas = [resource for resource in befores if is_calculated(resource)]
    ordered = [resource for level in reversed(in_levels(formulas)) for resource in level]
    rest = [resource for resource in befores if not is_calculated(resource)]
    return [resources[resource.address] for resource in (*ordered, *rest)]
